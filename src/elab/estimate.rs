//! How many parts nested subcircuits multiply to, before any is made: loops count once.

use std::collections::HashMap;

use crate::syntax::ast::{Argument, Item, Statement, Subckt, Value};

/// Subcircuits deeper than this count nothing; flattening refuses them anyway.
const DEPTH: usize = 100;

/// Parts of a deck if every loop ran once; saturates.
pub fn parts(items: &[Item]) -> u64 {
    count(items, &mut Vec::new(), &mut HashMap::new(), 0)
}

fn count<'a>(
    items: &'a [Item],
    scopes: &mut Vec<HashMap<String, &'a Subckt>>,
    known: &mut HashMap<*const Subckt, u64>,
    depth: usize,
) -> u64 {
    if depth > DEPTH {
        return 0;
    }
    let defined = items.iter().filter_map(|i| match &i.kind {
        Statement::Subckt(s) => Some((s.name.lower(), s)),
        _ => None,
    });
    scopes.push(defined.collect());
    let mut total: u64 = 0;
    for item in items {
        total = total.saturating_add(match &item.kind {
            Statement::Element(e) if e.letter() == 'x' => {
                let named = e.args.iter().rev().find_map(|a| match a {
                    Argument::Value(Value::Word(w)) => Some(w.text.to_ascii_lowercase()),
                    _ => None,
                });
                let found = named.and_then(|n| scopes.iter().rev().find_map(|s| s.get(&n).copied()));
                match found {
                    None => 1,
                    Some(s) => match known.get(&(s as *const Subckt)) {
                        Some(&n) => n,
                        None => {
                            // A subcircuit that contains itself ends here.
                            known.insert(s, 0);
                            let n = count(&s.items, scopes, known, depth + 1);
                            known.insert(s, n);
                            n
                        }
                    },
                }
            }
            Statement::Element(_) => 1,
            Statement::For(f) => count(&f.items, scopes, known, depth + 1),
            _ => 0,
        });
    }
    scopes.pop();
    total
}
