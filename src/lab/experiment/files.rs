//! What an experiment kept → its files: `table.csv`, arrays, pictures, snapshots.

use std::path::Path;

use super::notes::Notes;
use super::page::element_names;
use super::table::Table;
use super::{Entry, Settings};
use crate::diag::Diagnostic;

/// What was written; paths are relative to the folder of the report.
#[derive(Default)]
pub struct Written {
    pub tables: Vec<String>,
    pub waves: Vec<String>,
    pub plots: Vec<String>,
    pub troubles: Vec<Diagnostic>,
}

/// Writes the files of an experiment into a folder of its name.
pub fn write(entry: &Entry, notes: &Notes, settings: &Settings) -> Written {
    let mut out = Written::default();
    let folder = settings.dir.join(&entry.name);
    if !notes.table.is_empty() && !settings.formats.is_empty() {
        let path = folder.join("table.csv");
        match std::fs::create_dir_all(&folder).map_err(csv::Error::from).and_then(|()| table(&notes.table, &path)) {
            Ok(()) => out.tables.push(format!("{}/table.csv", entry.name)),
            Err(error) => out.troubles.push(unwritable(&path, &error.to_string())),
        }
    }
    out
}

fn unwritable(path: &Path, why: &str) -> Diagnostic {
    Diagnostic::error("lab::file", format!("{} cannot be written: {why}", path.display()))
}

/// One column for each number of a value.
fn table(table: &Table, path: &Path) -> Result<(), csv::Error> {
    let mut writer = csv::Writer::from_path(path)?;
    let shape = |v: &crate::value::Value| v.to_array().map(|a| a.shape().to_vec()).unwrap_or_default();
    let Some(first) = table.rows().first() else { return Ok(()) };
    let names: Vec<String> = table.names().iter().zip(first).flat_map(|(n, v)| element_names(n, &shape(v))).collect();
    writer.write_record(&names)?;
    for row in table.rows() {
        let cells = row.iter().flat_map(|v| match v {
            crate::value::Value::Text(t) => vec![t.to_string()],
            other => other.numbers().iter().map(f64::to_string).collect(),
        });
        writer.write_record(cells.collect::<Vec<_>>())?;
    }
    writer.flush()?;
    Ok(())
}
