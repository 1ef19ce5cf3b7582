//! Recorded rows: named columns of numbers and arrays.

use serde::{Deserialize, Serialize};

use std::collections::HashMap;

use crate::diag::Span;
use crate::value::fault::Fault;
use crate::value::{Value, index};

/// The axes of a value in a row; a number and a text have none.
fn shape(v: &Value) -> &[usize] {
    if let Value::Array(a) = v { a.shape() } else { &[] }
}

/// The table of an experiment. All rows have the same columns.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Table {
    names: Vec<String>,
    /// The first columns, which sweeps made
    keys: usize,
    rows: Vec<Vec<Value>>,
    /// Columns made so far, by lower-case name, and of how many rows
    #[serde(skip)]
    made: HashMap<String, (usize, Value)>,
}

impl Table {
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    pub fn len(&self) -> usize {
        self.rows.len()
    }

    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// How many of the first columns sweeps made.
    pub fn keys(&self) -> usize {
        self.keys
    }

    /// Says it.
    pub fn set_keys(&mut self, keys: usize) {
        self.keys = keys;
    }

    pub fn rows(&self) -> &[Vec<Value>] {
        &self.rows
    }

    /// Adds a row.
    pub fn push(&mut self, row: Vec<(String, Value)>, span: Span) -> Result<(), Fault> {
        let names: Vec<String> = row.iter().map(|(n, _)| n.clone()).collect();
        let same =
            |a: &[String], b: &[String]| a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.eq_ignore_ascii_case(b));
        if self.rows.is_empty() {
            self.names = names;
        } else if !same(&self.names, &names) {
            let message = "a table has the same columns in all its rows";
            return Err(Fault::new("lab::columns", span, message, format!("this row has {}", names.join(", ")))
                .with_help(format!("rows before it have {}; two tables want two experiments", self.names.join(", "))));
        }
        if let Some(first) = self.rows.first() {
            let other = first.iter().zip(&row).find(|(a, (_, b))| shape(a) != shape(b));
            if let Some((before, (name, now))) = other {
                let message = format!("the column {name} is {} here", now.describe());
                let before = before.describe();
                return Err(Fault::new("lab::columns", span, message, format!("in the rows before it was {before}"))
                    .with_help("the rows of a table are alike: record how many there are, or fill a row up"));
            }
        }
        self.rows.push(row.into_iter().map(|(_, v)| v).collect());
        Ok(())
    }

    /// The rows of another table behind its own.
    pub fn append(&mut self, other: Table, span: Span) -> Result<(), Fault> {
        if !other.is_empty() {
            self.keys = other.keys;
        }
        for row in other.rows {
            self.push(other.names.iter().cloned().zip(row).collect(), span)?;
        }
        Ok(())
    }

    /// A column, its rows stacked along the first axis; None where there is none.
    pub fn column(&mut self, name: &str, span: Span) -> Result<Option<Value>, Fault> {
        let Some(place) = self.names.iter().position(|n| n.eq_ignore_ascii_case(name)) else { return Ok(None) };
        let lower = name.to_ascii_lowercase();
        if let Some((count, value)) = self.made.get(&lower)
            && *count == self.rows.len()
        {
            return Ok(Some(value.clone()));
        }
        let list: Vec<Value> = self.rows.iter().map(|r| r[place].clone()).collect();
        let value = match &list[..] {
            [Value::Text(_), ..] => Value::Number(f64::NAN),
            _ => index::stack(&list, span)?,
        };
        self.made.insert(lower, (self.rows.len(), value.clone()));
        Ok(Some(value))
    }
}
