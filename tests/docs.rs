//! `docs/devices.md` is what the registry says. `UPDATE_DOCS=1` writes it anew.

use std::path::Path;

#[test]
fn the_device_reference_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/devices.md");
    let made = memspice::cli::devices::markdown();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &made).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == made, "docs/devices.md is out of date: UPDATE_DOCS=1 cargo test --test docs");
}

#[test]
fn the_function_reference_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/functions.md");
    let made = memspice::value::functions::markdown();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &made).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == made, "docs/functions.md is out of date: UPDATE_DOCS=1 cargo test --test docs");
}
