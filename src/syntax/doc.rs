//! The comment behind a declaration → its unit and what it means: `; S  conductance when the run starts`.

use crate::syntax::ast::Doc;

/// What a comment says of the declaration number `index` of the `count` in its line. Units stand first, between commas,
/// two blanks before the meaning; a comment that is nothing but units may do without a meaning.
pub fn read(comment: &str, index: usize, count: usize) -> Doc {
    let comment = comment.trim();
    let (units, rest) = comment.split_once("  ").unwrap_or((comment, ""));
    let list: Vec<&str> = units.split(',').map(str::trim).collect();
    let fits = (list.len() == count || list.len() == 1) && list.iter().all(|u| is_unit(u));
    let (unit, text) = if fits { (list[if list.len() == count { index } else { 0 }], rest) } else { ("", comment) };
    Doc { unit: unit.to_owned(), text: text.split_whitespace().collect::<Vec<_>>().join(" ") }
}

/// How a declaration's comment is written.
pub fn print(doc: &Doc) -> String {
    match (doc.unit.as_str(), doc.text.as_str()) {
        ("", "") => String::new(),
        ("", text) => format!(" ; {text}"),
        (unit, "") => format!(" ; {unit}"),
        (unit, text) => format!(" ; {unit}  {text}"),
    }
}

/// Symbols of units; a unit is a product of them, with powers.
const SYMBOLS: [&str; 20] =
    ["V", "A", "S", "ohm", "Ω", "s", "Hz", "F", "H", "C", "W", "J", "K", "m", "eV", "rad", "g", "mol", "°C", "1"];
const PREFIXES: [&str; 10] = ["T", "G", "M", "k", "m", "u", "µ", "n", "p", "f"];

fn is_unit(text: &str) -> bool {
    let factor = |factor: &str| {
        let base = factor.split('^').next().unwrap_or("");
        let known = |symbol: &str| SYMBOLS.contains(&symbol);
        known(base) || PREFIXES.iter().any(|p| base.strip_prefix(p).is_some_and(|rest| rest != "1" && known(rest)))
    };
    text == "-"
        || !text.is_empty()
            && text.len() < 30
            && text.split(['/', '*', '·', ' ', '(', ')']).all(|f| f.is_empty() || factor(f))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn doc(comment: &str, index: usize, count: usize) -> (String, String) {
        let doc = read(comment, index, count);
        (doc.unit, doc.text)
    }

    #[test]
    fn units_and_meanings() {
        for (comment, index, count, unit, text) in [
            ("S     conductance when the run starts", 0, 1, "S", "conductance when the run starts"),
            ("s, s, -   growth, decay, field", 2, 3, "-", "growth, decay, field"),
            ("V, S  forming voltage", 1, 2, "S", "forming voltage"),
            ("ohm", 1, 2, "ohm", ""),
            ("1/K   of the conductance", 0, 1, "1/K", "of the conductance"),
            ("m^2/(V s)  mobility", 0, 1, "m^2/(V s)", "mobility"),
            ("this pulse, see .variation", 0, 1, "", "this pulse, see .variation"),
            ("threshold noise: relative sigma", 0, 2, "", "threshold noise: relative sigma"),
            ("pinning", 0, 2, "", "pinning"),
            ("", 0, 1, "", ""),
        ] {
            assert_eq!(doc(comment, index, count), (unit.into(), text.into()), "{comment}");
        }
    }

    #[test]
    fn printed_comments_read_back() {
        for (unit, text) in [("S", "start"), ("", "start of it"), ("1/s", ""), ("", "")] {
            let doc = Doc { unit: unit.into(), text: text.into() };
            assert_eq!(read(print(&doc).trim().trim_start_matches(';'), 0, 1), doc);
        }
    }
}
