//! Text tables of numbers: csv, with commas, semicolons or blanks.

use std::path::Path;

use super::super::fault::{Fault, did_you_mean};
use super::super::{Value, shaped};
use super::{load, unreadable};
use crate::diag::Span;

/// Rows of numbers, with or without a line of column names; `#` starts a comment. One column or one row of a file is
/// still a matrix; one column picked by name is a vector.
pub(super) fn csv(bytes: &[u8], columns: &str, name: &str, span: Span) -> Result<Value, Fault> {
    let rows = rows_of(bytes, name, span)?;
    let (header, rows) = match rows.first() {
        Some(first) if first.iter().any(|c| c.parse::<f64>().is_err()) => (Some(first.clone()), &rows[1..]),
        _ => (None, &rows[..]),
    };
    let width = rows.first().map_or(0, Vec::len);
    let (first, last) = match columns.split_once(':') {
        None if columns.is_empty() => (0, width.saturating_sub(1)),
        None => {
            let k = column(columns, header.as_deref(), width, span)?;
            (k, k)
        }
        Some((a, b)) => (column(a, header.as_deref(), width, span)?, column(b, header.as_deref(), width, span)?),
    };
    let mut data = Vec::new();
    for (k, row) in rows.iter().enumerate() {
        if row.len() != width {
            return Err(unreadable(name, &format!("row {} has {} columns, not {width}", k + 1, row.len()), span));
        }
        for cell in &row[first..=last.max(first).min(width.saturating_sub(1))] {
            data.push(
                cell.parse()
                    .map_err(|_| unreadable(name, &format!("'{cell}' in row {} is not a number", k + 1), span))?,
            );
        }
    }
    if !columns.is_empty() && !columns.contains(':') {
        return Ok(Value::vector(data));
    }
    let count = if rows.is_empty() { 0 } else { data.len() / rows.len() };
    shaped(vec![rows.len(), count], data, span)
}

/// The cells of a text table, split at commas, semicolons or blanks.
fn rows_of(bytes: &[u8], name: &str, span: Span) -> Result<Vec<Vec<String>>, Fault> {
    let text = std::str::from_utf8(bytes).map_err(|_| unreadable(name, "it is not text", span))?;
    let mut rows = Vec::new();
    for line in text.lines().map(|l| l.split('#').next().unwrap_or("").trim()).filter(|l| !l.is_empty()) {
        let cells = |c: &str| c.trim().trim_matches('"').to_string();
        rows.push(match [',', ';'].into_iter().find(|c| line.contains(*c)) {
            Some(separator) => line.split(separator).map(cells).collect(),
            None => line.split_whitespace().map(cells).collect(),
        });
    }
    Ok(rows)
}

/// All numbers of a text file, row by row; a line of names at its start is left out. For `PWL file=`.
pub fn columns(path: &Path, name: &str, span: Span) -> Result<Vec<f64>, Fault> {
    let bytes = load(path).map_err(|e| unreadable(name, &e.to_string(), span))?;
    let mut rows = rows_of(&bytes, name, span)?;
    if rows.first().is_some_and(|r| r.iter().any(|c| c.parse::<f64>().is_err())) {
        rows.remove(0);
    }
    let number = |c: &String| match crate::syntax::number::parse(c) {
        Some(n) => Ok(n.value),
        None => Err(unreadable(name, &format!("'{c}' is not a number"), span)),
    };
    rows.iter().flatten().map(number).collect()
}

fn column(key: &str, header: Option<&[String]>, width: usize, span: Span) -> Result<usize, Fault> {
    let key = key.trim();
    let names = header.unwrap_or(&[]);
    if let Some(k) = names.iter().position(|n| n.eq_ignore_ascii_case(key)) {
        return Ok(k);
    }
    match key.parse::<usize>() {
        Ok(k) if k < width => Ok(k),
        _ => {
            let fault = Fault::new("value::no-column", span, format!("the file has no column '{key}'"), "read here");
            Err(match did_you_mean(key, names.iter().map(String::as_str)) {
                Some(help) => fault.with_help(help),
                None => fault.with_help(format!("it has {width} columns, counted from 0 where they have no names")),
            })
        }
    }
}
