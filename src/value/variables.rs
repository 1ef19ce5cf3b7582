//! Variables of running statements: declared in blocks, hidden by calls.

use std::sync::Arc;

use super::fault::Fault;
use super::{MAX_ELEMENTS, Value};
use crate::diag::Span;

/// Numbers that all variables together may hold.
const MAX_HELD: usize = 4 * MAX_ELEMENTS;

/// A stack of variables. Names are lower case; the innermost declaration counts.
#[derive(Clone, Debug, Default)]
pub struct Variables {
    list: Vec<(String, Value)>,
    /// Where those of the running call begin
    base: usize,
    /// Numbers held by all of them
    held: usize,
}

/// How things stood before a block or a call.
#[derive(Clone, Copy, Debug)]
pub struct Mark {
    count: usize,
    base: usize,
}

impl Variables {
    /// Begins a block.
    pub fn block(&self) -> Mark {
        Mark { count: self.list.len(), base: self.base }
    }

    /// Begins a call: what is declared so far is out of sight.
    pub fn call(&mut self) -> Mark {
        let mark = self.block();
        self.base = self.list.len();
        mark
    }

    /// Ends a block or a call, and with it what it declared.
    pub fn leave(&mut self, mark: Mark) {
        for (_, v) in self.list.drain(mark.count.min(self.list.len())..) {
            self.held -= size(&v);
        }
        self.base = mark.base;
    }

    /// A variable in sight.
    pub fn get(&self, lower: &str) -> Option<&Value> {
        self.list[self.base..].iter().rev().find(|(n, _)| n == lower).map(|(_, v)| v)
    }

    /// A variable in sight, to change in place without changing its shape.
    pub fn get_mut(&mut self, lower: &str) -> Option<&mut Value> {
        self.list[self.base..].iter_mut().rev().find(|(n, _)| n == lower).map(|(_, v)| v)
    }

    /// Declares a variable up to the end of the block.
    pub fn declare(&mut self, lower: String, value: Value, span: Span) -> Result<(), Fault> {
        self.hold(0, size(&value), span)?;
        self.list.push((lower, value));
        Ok(())
    }

    /// Gives a variable another value; false where it is not declared.
    pub fn set(&mut self, lower: &str, value: Value, span: Span) -> Result<bool, Fault> {
        let Some(before) = self.get(lower).map(size) else { return Ok(false) };
        self.hold(before, size(&value), span)?;
        if let Some(slot) = self.get_mut(lower) {
            *slot = value;
        }
        Ok(true)
    }

    /// Takes over the values that a copy of these variables has of them; what the copy declared itself is left out. True
    /// if any is another.
    pub fn take_over(&mut self, copy: &Variables) -> bool {
        let mut changed = false;
        for ((name, own), (other, value)) in self.list.iter_mut().zip(&copy.list) {
            if name == other && !same(own, value) {
                self.held = self.held - size(own) + size(value);
                *own = value.clone();
                changed = true;
            }
        }
        changed
    }

    /// Names in sight.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.list[self.base..].iter().map(|(n, _)| n.as_str())
    }

    fn hold(&mut self, before: usize, after: usize, span: Span) -> Result<(), Fault> {
        let held = self.held - before + after;
        if held > MAX_HELD && after > before {
            let message = format!("the variables would hold {held} numbers");
            return Err(Fault::new("value::array-too-big", span, message, "too much for memory")
                .with_help(format!("together they may hold {MAX_HELD}")));
        }
        self.held = held;
        Ok(())
    }
}

/// Equal to the bit.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a.to_bits() == b.to_bits(),
        (Value::Array(a), Value::Array(b)) => Arc::ptr_eq(a, b) || a == b,
        _ => a == b,
    }
}

fn size(v: &Value) -> usize {
    match v {
        Value::Array(a) => a.len(),
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::FileId;

    #[test]
    fn what_a_copy_changed_is_taken_over_and_no_more() {
        let span = Span::new(FileId(0), 0, 0);
        let mut v = Variables::default();
        v.declare("a".into(), Value::Number(1.0), span).unwrap();
        v.declare("b".into(), Value::Number(2.0), span).unwrap();
        let mut copy = v.clone();
        assert!(!v.take_over(&copy));
        copy.declare("own".into(), Value::Number(0.0), span).unwrap();
        copy.set("a", Value::vector(vec![5.0, 6.0]), span).unwrap();
        assert!(v.take_over(&copy) && !v.take_over(&copy));
        assert_eq!(v.get("a").map(Value::numbers), Some(vec![5.0, 6.0]));
        assert_eq!([v.get("b"), v.get("own")], [Some(&Value::Number(2.0)), None]);
        assert_eq!(v.held, 3);
    }

    #[test]
    fn blocks_shadow_and_calls_hide() {
        let span = Span::new(FileId(0), 0, 0);
        let mut v = Variables::default();
        v.declare("a".into(), Value::Number(1.0), span).unwrap();
        let block = v.block();
        v.declare("a".into(), Value::Number(2.0), span).unwrap();
        assert_eq!(v.get("a"), Some(&Value::Number(2.0)));
        let call = v.call();
        assert_eq!(v.get("a"), None);
        assert!(!v.set("a", Value::Number(3.0), span).unwrap());
        v.leave(call);
        assert!(v.set("a", Value::Number(3.0), span).unwrap());
        v.leave(block);
        assert_eq!(v.get("a"), Some(&Value::Number(1.0)));
    }
}
