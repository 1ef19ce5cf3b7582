//! What to do about a data file that is not there.

use std::path::Path;

use super::DataRoots;
use crate::diag::Span;
use crate::value::fault::Fault;

/// Files that netlists name and do not bring along: what they are called, and where they come from.
const KNOWN: &[(&[&str], &str)] = &[(
    &["train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"],
    "fetch it from any mirror of MNIST, such as github.com/fgnt/mnist, gzipped or not",
)];

/// The report of a file that no place has, nor any of those that may stand in for it.
pub fn missing(roots: &DataRoots, name: &str, others: &[&str], span: Span) -> Fault {
    let nor: String = others.iter().map(|o| format!(", nor '{o}'")).collect();
    let fault = Fault::new("value::no-file", span, format!("there is no file '{name}'{nor}"), "not found");
    if Path::new(name).is_absolute() {
        return fault.with_help("a path from the root is looked for there only; without it, beside the netlist");
    }
    let shown = |p: &Path| match p.as_os_str().is_empty() {
        true => format!("./{name}"),
        false => p.join(name).display().to_string(),
    };
    let places: Vec<String> = roots.places(span.file).map(shown).collect();
    let mut help = match places.len() {
        0 => "the netlist stands in no folder; ".to_string(),
        _ => format!("looked for {}; ", places.join(" and ")),
    };
    let file = Path::new(name).file_name().and_then(|f| f.to_str()).unwrap_or(name);
    let plain = file.strip_suffix(".gz").unwrap_or(file);
    if let Some((_, source)) = KNOWN.iter().find(|(names, _)| names.contains(&plain)) {
        help.push_str(&format!("{source}; "));
    }
    help.push_str(&format!(
        "put it beside the netlist as {name}, or into a folder that --data DIR or $MEMSPICE_DATA names"
    ));
    fault.with_help(help)
}
