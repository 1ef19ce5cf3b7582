//! What a call gives: one value, or several that have names.

use std::sync::Arc;

use super::Value;

/// Results of a call.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    One(Value),
    /// In the order of their declaration; names are lower case
    Several(Vec<(Arc<str>, Value)>),
}

impl Answer {
    /// What it is worth in an expression: its only value or its first. A call without results is worth nothing, an empty
    /// text.
    pub fn first(self) -> Value {
        match self {
            Answer::One(v) => v,
            Answer::Several(list) => list.into_iter().next().map_or_else(|| Value::Text("".into()), |(_, v)| v),
        }
    }

    /// One of several results by name, case ignored.
    pub fn named(&self, name: &str) -> Option<&Value> {
        match self {
            Answer::One(_) => None,
            Answer::Several(list) => list.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v),
        }
    }
}

impl From<Value> for Answer {
    fn from(v: Value) -> Answer {
        Answer::One(v)
    }
}
