//! `memspice devices [NAME]`: what parts there are, their pins and parameters; the same as Markdown for `docs/devices.md`.

use std::fmt::Write;

use clap::Args;

use super::Exit;
use super::terminal::{complain, print};
use crate::circuit::kind::{Kind, ModelUse, Param, Place, ValueKind};
use crate::device::registry::REGISTRY;
use crate::diag::closest;
use crate::lab::number::exact;

/// Lists the built-in parts, or the pins and parameters of one.
#[derive(Args, Debug)]
pub struct Devices {
    /// A kind (`resistor`), its letter (`r`) or the type of its models (`nmos`)
    pub name: Option<String>,
}

pub fn run(args: &Devices) -> Exit {
    match &args.name {
        None => print(&list()),
        Some(name) => match find(name) {
            found if !found.is_empty() => print(&found.into_iter().map(describe).collect::<Vec<_>>().join("\n")),
            _ => {
                let help = suggestion(name).map(|s| format!("; did you mean `{s}`?")).unwrap_or_default();
                complain(&format!("error: there is no device `{name}`{help}\n`memspice devices` lists all of them\n"));
                return Exit::Netlist;
            }
        },
    }
    Exit::Passed
}

fn kinds() -> impl Iterator<Item = &'static Kind> {
    REGISTRY.iter().map(|r| r.kind)
}

/// By name, else by letter or type of model: several kinds may share a letter.
fn find(name: &str) -> Vec<&'static Kind> {
    let name = name.to_lowercase();
    let named: Vec<_> = kinds().filter(|k| k.name == name).collect();
    if !named.is_empty() {
        return named;
    }
    let letter = |k: &Kind| k.letter.is_some_and(|l| l.to_string() == name);
    kinds().filter(|k| letter(k) || k.models.contains(&&name[..])).collect()
}

fn suggestion(name: &str) -> Option<&'static str> {
    closest(name, kinds().flat_map(|k| std::iter::once(&*k.name).chain(k.models.iter().copied())))
}

/// One line a kind.
fn list() -> String {
    let width = kinds().map(|k| k.name.len()).max().unwrap_or(0);
    kinds().fold(String::new(), |mut text, k| {
        let letter = k.letter.map_or("X".into(), |l| l.to_uppercase().to_string());
        let _ = writeln!(text, "{letter}  {:width$}  {}", k.name, k.doc);
        text
    })
}

/// How a line that uses it looks: `Rname p n [model] [r] name=value …`
fn usage(kind: &Kind) -> String {
    let start = kind.letter.map_or("Xname".to_string(), |l| format!("{}name", l.to_uppercase()));
    let mut words = vec![start];
    for pin in kind.pins.iter() {
        words.push(match (pin.optional, pin.repeats) {
            (_, true) => format!("{} …", pin.name),
            (true, _) => format!("[{}]", pin.name),
            _ => pin.name.to_string(),
        });
    }
    if kind.letter.is_none() {
        words.push(kind.name.to_string());
    } else {
        match kind.model {
            ModelUse::None => {}
            ModelUse::Optional => words.push("[model]".into()),
            ModelUse::Required => words.push("model".into()),
        }
    }
    words.extend(kind.positional.iter().map(|p| format!("[{p}]")));
    words.push("name=value …".into());
    words.join(" ")
}

fn default(param: &Param) -> String {
    match (param.value, param.default) {
        (_, Some(v)) => exact(v),
        (ValueKind::Number, None) => "–".into(),
        (ValueKind::Numbers, None) => "numbers".into(),
        (ValueKind::Choice(words), None) => words.first().copied().unwrap_or_default().into(),
        (ValueKind::Equation, None) => "expression".into(),
        (ValueKind::Part, None) => "part".into(),
        (ValueKind::Nets, None) => "nets".into(),
        (ValueKind::Wave, None) => "waveform".into(),
    }
}

fn place(param: &Param) -> &'static str {
    match param.place {
        Place::Instance => "line",
        Place::Model => "model",
        Place::Both => "both",
    }
}

fn names(param: &Param) -> String {
    std::iter::once(&*param.name).chain(param.aliases.iter().copied()).collect::<Vec<_>>().join(", ")
}

/// `0 … 1`, `≥ 0`, empty where every number may be.
fn range(param: &Param) -> String {
    const TINY: f64 = f64::MIN_POSITIVE;
    match param.range {
        (TINY, f64::INFINITY) => "> 0".into(),
        (TINY, high) => format!("> 0, ≤ {}", exact(high)),
        (f64::NEG_INFINITY, f64::INFINITY) => String::new(),
        (low, f64::INFINITY) => format!("≥ {}", exact(low)),
        (f64::NEG_INFINITY, high) => format!("≤ {}", exact(high)),
        (low, high) => format!("{} … {}", exact(low), exact(high)),
    }
}

const HEADS: [&str; 6] = ["parameter", "default", "unit", "range", "on", "meaning"];

fn rows(kind: &Kind) -> Vec<[String; 6]> {
    let row = |p: &Param| [names(p), default(p), p.unit.to_string(), range(p), place(p).into(), p.doc.to_string()];
    kind.params.iter().map(row).collect()
}

/// Text for a terminal.
fn describe(kind: &Kind) -> String {
    let mut text = format!("{}: {}\n\n  {}\n", kind.name, kind.doc, usage(kind));
    if !kind.models.is_empty() {
        let _ = writeln!(text, "  .model name {} (name=value …)", kind.models.join("|"));
    }
    text.push_str("\npins\n");
    let width = kind.pins.iter().map(|p| p.name.len()).max().unwrap_or(0);
    for pin in kind.pins.iter() {
        let _ = writeln!(text, "  {:width$}  {}", pin.name, pin.doc);
    }
    let rows = rows(kind);
    let mut table = vec![HEADS.map(String::from)];
    table.extend(rows);
    let widths: Vec<usize> = (0..6).map(|c| table.iter().map(|r| r[c].chars().count()).max().unwrap_or(0)).collect();
    text.push('\n');
    for row in &table {
        let cells: Vec<String> = row.iter().zip(&widths).map(|(cell, w)| format!("{cell:w$}", w = *w)).collect();
        let _ = writeln!(text, "  {}", cells.join("  ").trim_end());
    }
    if !kind.probes.is_empty() {
        text.push_str("\nprobes\n");
        for p in kind.probes.iter() {
            let unit = if p.unit.is_empty() { String::new() } else { format!(" ({})", p.unit) };
            let _ = writeln!(text, "  {}{unit}  {}", p.name, p.doc);
        }
    }
    text
}

/// The reference of all kinds, as `docs/devices.md` holds it.
pub fn markdown() -> String {
    let mut text = String::from(
        "# Devices\n\nMade from the registry of devices: `UPDATE_DOCS=1 cargo test --test docs` writes it anew. \
         `memspice devices NAME` prints the same.\n\nWhere a parameter stands: on the element *line*, in its *model*, \
         or *both* (the line wins). A default of – means absent unless given, or derived as the meaning says.\n",
    );
    for kind in kinds() {
        let _ = write!(text, "\n## {}\n\n{}\n\n    {}\n", kind.name, kind.doc, usage(kind));
        if !kind.models.is_empty() {
            let _ = writeln!(text, "    .model name {} (name=value …)", kind.models.join("|"));
        }
        text.push_str("\n| pin | meaning |\n|---|---|\n");
        for pin in kind.pins.iter() {
            let optional = if pin.optional { " (may be left out)" } else { "" };
            let _ = writeln!(text, "| {} | {}{optional} |", cell(&pin.name), cell(&pin.doc));
        }
        if !kind.params.is_empty() {
            let _ = write!(text, "\n| {} |\n|---|---|---|---|---|---|\n", HEADS.join(" | "));
            for row in rows(kind) {
                let _ = writeln!(text, "| {} |", row.map(|c| cell(&c)).join(" | "));
            }
        }
        if !kind.probes.is_empty() {
            text.push_str("\n| probe | unit | meaning |\n|---|---|---|\n");
            for p in kind.probes.iter() {
                let _ = writeln!(text, "| {} | {} | {} |", cell(&p.name), cell(&p.unit), cell(&p.doc));
            }
        }
    }
    text
}

/// A bar would end the cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_found_by_name_letter_and_model() {
        for name in ["resistor", "R", "res"] {
            assert_eq!(find(name).first().map(|k| &*k.name), Some("resistor"), "{name}");
        }
        assert!(find("resitor").is_empty());
        assert_eq!(suggestion("resitor"), Some("resistor"));
    }

    #[test]
    fn a_description_shows_how_to_write_it() {
        let text = describe(find("resistor")[0]);
        assert!(text.contains("Rname p n [model] [r] name=value …"), "{text}");
        assert!(text.contains("ohm"), "{text}");
    }
}
