//! `.device` blocks and what they must come to.

use crate::circuit::definition::Definition;
use crate::circuit::evaluate::Numbers;
use crate::circuit::kind::Conduct;
use crate::device::registry;
use crate::elab::tests::deck;
use crate::elab::{DataRoots, Kinds, Overrides, elaborate};

/// The definition of the only device.
fn definition(text: &str) -> std::sync::Arc<Definition> {
    let deck = deck(text);
    assert_eq!(deck.devices.len(), 1);
    deck.devices[0].clone()
}

/// ddt of each state and the sum of the contributions, default parameters, all pins but the first at 0.
fn values(d: &Definition, v: f64, states: &[f64]) -> (Vec<f64>, f64) {
    let params = d.parameters(&vec![None; d.kind.params.len()]);
    let mut pins = vec![0.0; d.kind.pins.len()];
    pins[0] = v;
    let at = Numbers { params: &params, states, pins: &pins, time: 0.0, temp: 27.0 };
    let lets = d.lets_at(&at);
    let rates = d.states.iter().map(|s| s.rate.as_ref().map_or(0.0, |r| d.at(r, &at, &lets))).collect();
    (rates, d.contributions.iter().map(|c| d.at(&c.value, &at, &lets)).sum())
}

const VTEAM: &str = "
.device vteam (p n) {
  param ron=50 roff=1000                  ; ohm
  param kon=-10 koff=5e-4                 ; m/s
  param von=-0.2 voff=0.02 in 0:10        ; V
  param d=3n                              ; m
  state w = 0.5 in 0:1
  let R = ron + (roff - ron)*w            ; ohm  of the filament
  let v = V(p,n)
  I(p,n) = v/R
  ddt(w) = v > voff ? koff/d*(v/voff - 1) : v < von ? kon/d*(v/von - 1)^3 : 0
}
";

#[test]
fn vteam_by_hand() {
    let d = definition(&format!("{VTEAM}\nV1 a 0 1\nX1 a 0 vteam roff=2k\n.op"));
    let (rates, i) = values(&d, 0.1, &[0.5]);
    assert!((rates[0] - 5e-4 / 3e-9 * 4.0).abs() < 1e-6, "{rates:?}");
    assert!((i - 0.1 / 525.0).abs() < 1e-18, "{i}");
    assert!((values(&d, -0.6, &[0.5]).0[0] + 10.0 / 3e-9 * 8.0).abs() < 1e-3);
    assert_eq!(d.kind.probes.iter().map(|p| &*p.name).collect::<Vec<_>>(), ["w", "R", "v"]);
    assert_eq!((&*d.kind.probes[1].unit, &*d.kind.probes[1].doc), ("ohm", "of the filament"));
    assert_eq!(d.kind.paths[0].conduct, Conduct::Yes);
    assert_eq!(d.kind.params[5].range, (0.0, 10.0));
}

/// The models of the library: no error, no warning about a device.
#[test]
fn the_library_elaborates() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("netlists/models");
    let mut wrong = String::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let options = crate::syntax::LoadOptions::default();
        let (ast, _, mut found) = crate::syntax::parse_file(&path, &options);
        let ast = ast.unwrap();
        let kinds = Kinds::new(registry::REGISTRY.iter().map(|r| r.kind));
        found.extend(elaborate(&ast, &kinds, &Overrides::default(), &DataRoots::default()).1);
        for d in found.iter().filter(|d| !matches!(d.code, "elab::no-analysis" | "syntax::title")) {
            wrong += &format!("{}: {} {}\n", path.display(), d.code, d.message);
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}
