//! `record` → rows of the table: one, or one for each row of the analysis before it.

use super::page::{Page, label};
use crate::process::notebook::Desk;
use crate::process::study::Curves;
use crate::syntax::ast::{Column, Stmt};
use crate::value::eval::eval;
use crate::value::fault::Fault;
use crate::value::{Value, index};

impl Page<'_> {
    pub(super) fn record(&self, s: &Stmt, columns: &[Column], desk: &mut dyn Desk) -> Result<(), Fault> {
        let curves = desk.curves();
        let mut row: Vec<(String, Value)> = self.point.to_vec();
        for scale in curves.iter().flat_map(|c| &c.scales) {
            row.push((scale.name.clone(), Value::vector(scale.values.clone())));
        }
        let keys = row.len();
        for c in columns {
            let name = label(c);
            if row.iter().any(|(n, _)| n.eq_ignore_ascii_case(&name)) {
                // A sweep variable is a column by itself.
                continue;
            }
            let value = eval(&c.value, desk)?;
            row.push((name, value));
        }
        let table = &mut self.notes.borrow_mut().table;
        table.set_keys(keys);
        match curves {
            None => table.push(row, s.span),
            Some(curves) => {
                for row in apart(row, self.point.len(), &curves, s)? {
                    table.push(row, s.span)?;
                }
                Ok(())
            }
        }
    }
}

/// One row for each of an analysis: of what has as many items, the one of that row.
fn apart(
    row: Vec<(String, Value)>,
    fixed: usize,
    curves: &Curves,
    s: &Stmt,
) -> Result<Vec<Vec<(String, Value)>>, Fault> {
    let count = curves.rows();
    let mut out = vec![Vec::with_capacity(row.len()); count];
    for (k, (name, value)) in row.into_iter().enumerate() {
        let long = matches!(&value, Value::Array(a) if a.shape().first() == Some(&count));
        let items = match k >= fixed && long {
            true => index::items(&value, s.span)?,
            false => vec![value; count],
        };
        out.iter_mut().zip(items).for_each(|(row, v)| row.push((name.clone(), v)));
    }
    Ok(out)
}
