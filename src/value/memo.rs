//! Results of pure functions remembered by their arguments.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use super::answer::Answer;
use super::{Handle, Value};

/// Numbers remembered altogether, arguments included.
const MAX_HELD: usize = 20_000_000;

/// What calls gave. Shared by threads: pure functions give the same whoever calls them.
#[derive(Debug, Default)]
pub struct Memo {
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    /// By [`Key`]; calls of one key are told apart by their arguments
    calls: HashMap<Key, Vec<(Vec<Value>, Answer)>>,
    held: usize,
}

/// Which function with what arguments: scope it was defined in, place of its definition, hash of the arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Key {
    scope: u64,
    function: (u32, u32, u32),
    arguments: u64,
}

/// A function: the scope it was defined in and the span of its name.
pub type Function = (u64, crate::diag::Span);

impl Memo {
    pub fn find(&self, function: Function, args: &[Value]) -> Option<Answer> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let calls = kept.calls.get(&key(function, args))?;
        let same = |known: &[Value]| known.len() == args.len() && known.iter().zip(args).all(|(a, b)| same(a, b));
        calls.iter().find(|(known, _)| same(known)).map(|(_, answer)| answer.clone())
    }

    /// Remembers a result, as long as there is room.
    pub fn keep(&self, function: Function, args: Vec<Value>, answer: Answer) {
        let results: usize = match &answer {
            Answer::One(v) => size(v),
            Answer::Several(list) => list.iter().map(|(_, v)| size(v)).sum(),
        };
        let size = args.iter().map(size).sum::<usize>() + results;
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.held + size <= MAX_HELD {
            kept.held += size;
            kept.calls.entry(key(function, &args)).or_default().push((args, answer));
        }
    }
}

fn size(v: &Value) -> usize {
    match v {
        Value::Array(a) => a.len() + 8,
        _ => 8,
    }
}

fn key((scope, span): Function, args: &[Value]) -> Key {
    let arguments = args.iter().fold(args.len() as u64, |h, v| {
        let part = match v {
            Value::Number(v) => crate::random::key::hash_numbers(&[*v]),
            Value::Array(a) => {
                let shape = a.shape().iter().fold(7, |h: u64, n| h.wrapping_mul(31).wrapping_add(*n as u64));
                a.iter().fold(shape, |h, v| (h ^ v.to_bits()).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29))
            }
            Value::Text(t) => crate::random::key::hash(t),
            Value::Handle(Handle { path, .. }) => crate::random::key::hash(path),
            Value::Network(part) => crate::random::key::hash(&part.network.name),
            Value::Archive(_) | Value::Broken => 0,
        };
        (h.rotate_left(17) ^ part).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    });
    Key { scope, function: (span.file.0, span.start, span.end), arguments }
}

/// Equal to the last bit.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a.to_bits() == b.to_bits(),
        (Value::Array(a), Value::Array(b)) => {
            a.shape() == b.shape() && a.iter().zip(b.iter()).all(|(a, b)| a.to_bits() == b.to_bits())
        }
        _ => a == b,
    }
}
