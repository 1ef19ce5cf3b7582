//! `docs/memspice.tmLanguage.json` colors every word of `grammar/netlist.pest` and every dot card.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

fn file(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// All words in the patterns of the highlighting.
fn colored() -> BTreeSet<String> {
    let grammar: Value = serde_json::from_str(&file("docs/memspice.tmLanguage.json")).unwrap();
    let mut words = BTreeSet::new();
    let mut rest = vec![&grammar["repository"]];
    while let Some(value) = rest.pop() {
        match value {
            Value::Object(map) => {
                for (key, inner) in map {
                    match inner {
                        Value::String(pattern) if key == "match" => {
                            let plain = pattern.replace("(?i)", "").replace("\\w", " ").replace("\\s", " ");
                            words.extend(plain.split(|c: char| !c.is_ascii_alphanumeric()).map(str::to_owned));
                        }
                        inner => rest.push(inner),
                    }
                }
            }
            Value::Array(list) => rest.extend(list),
            _ => {}
        }
    }
    words
}

#[test]
fn every_word_of_the_grammar_is_colored() {
    let colored = colored();
    let grammar = file("grammar/netlist.pest");
    let words: BTreeSet<&str> = grammar.split("^\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    let words: Vec<&&str> =
        words.iter().filter(|w| w.len() > 1 && w.bytes().all(|b| b.is_ascii_alphabetic())).collect();
    assert!(words.len() > 60, "{words:?}");
    let missing: Vec<&&str> = words.into_iter().filter(|w| !colored.contains(**w)).collect();
    assert!(missing.is_empty(), "words of the grammar that docs/memspice.tmLanguage.json does not know: {missing:?}");
}

#[test]
fn every_card_is_colored() {
    let colored = colored();
    let source = file("src/syntax/error.rs");
    for list in ["pub const CARDS", "const OWN"] {
        let list = source.split(list).nth(1).unwrap().split("];").next().unwrap();
        let missing: Vec<&str> = list.split('"').skip(1).step_by(2).filter(|card| !colored.contains(*card)).collect();
        assert!(missing.is_empty(), "cards that docs/memspice.tmLanguage.json does not know: {missing:?}");
    }
}
