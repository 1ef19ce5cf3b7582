//! What an experiment kept → its files: `table.csv`, arrays, pictures, snapshots.

use std::collections::HashSet;
use std::path::{Component, Path};

use super::notes::{Notes, Sketch};
use super::page::element_names;
use super::pictures;
use super::spool::{self, Held, Spool};
use super::table::Table;
use super::{Entry, Settings};
use crate::analysis::sink::Sink;
use crate::diag::{Diagnostic, Span};
use crate::lab::plot::picture;
use crate::lab::writer::{CsvWriter, Fan, Format, NpyWriter, RawWriter, save_array};

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
    waves(entry, notes, settings, &folder, &mut out);
    if settings.plots {
        for (k, sketch) in notes.sketches.iter().enumerate() {
            let stem = if k == 0 { "plot".to_string() } else { format!("plot-{}", k + 1) };
            drawn(entry, sketch, &folder, &stem, &mut out);
        }
    }
    let taken = [&out.tables, &out.waves, &out.plots].into_iter().flatten();
    let mut taken: HashSet<String> =
        taken.filter_map(|f| Some(f.strip_prefix(&entry.name)?.get(1..)?.into())).collect();
    for (file, value) in &notes.saves {
        let file = &free_name(file, &taken);
        taken.insert(file.clone());
        let path = folder.join(file);
        if Path::new(file).components().any(|c| !matches!(c, Component::Normal(_) | Component::CurDir)) {
            out.troubles.push(unwritable(&path, "arrays are saved below the folder of the experiment"));
            continue;
        }
        let made = path.parent().map_or(Ok(()), std::fs::create_dir_all).map_err(|e| e.to_string());
        let array = value.to_array().unwrap_or_default();
        match made.and_then(|()| save_array(&path, &array).map_err(|e| e.to_string())) {
            Ok(()) => out.tables.push(format!("{}/{file}", entry.name)),
            Err(why) => out.troubles.push(unwritable(&path, &why)),
        }
    }
    out
}

/// A name that no file of the experiment has: `g.npy`, at the next point of a sweep `g-2.npy`.
fn free_name(file: &str, taken: &HashSet<String>) -> String {
    let (stem, ending) = file.rsplit_once('.').unwrap_or((file, ""));
    let numbered = (2_u64..).map(|k| format!("{stem}-{k}{}{ending}", if ending.is_empty() { "" } else { "." }));
    std::iter::once(file.to_string()).chain(numbered).find(|name| !taken.contains(name)).unwrap_or_default()
}

/// The rows of analyses and transients, in the formats asked for.
fn waves(entry: &Entry, notes: &Notes, settings: &Settings, folder: &Path, out: &mut Written) {
    let mut results = Results::new(entry, settings, folder);
    let mut places: Vec<(Span, String)> = Vec::new();
    for one in &notes.analyzed {
        if !places.iter().any(|(span, _)| *span == one.span) {
            let same = places.iter().filter(|(_, name)| name.split('-').next() == Some(one.name)).count();
            let name = if same == 0 { one.name.to_string() } else { format!("{}-{}", one.name, same + 1) };
            places.push((one.span, name));
        }
    }
    let mut outcome = Ok(());
    for (span, name) in &places {
        outcome = outcome.and_then(|()| {
            let mut sink = results.open(name, out)?;
            notes.analyzed.iter().filter(|a| a.span == *span).try_for_each(|a| a.write(&mut sink))
        });
    }
    if !notes.spools.is_empty() {
        let trace = folder.join("tran-trace.csv");
        let (waves, attempts): (Vec<Spool>, Vec<Spool>) =
            notes.spools.iter().filter(|s| s.advanced()).cloned().partition(|s| matches!(s.held, Held::Waves(_)));
        outcome = outcome.and_then(|()| {
            if !waves.is_empty() {
                let mut sink = results.open("tran", out)?;
                spool::replay(&waves, &mut sink, &trace)?;
            }
            if !attempts.is_empty() {
                spool::replay(&attempts, &mut Fan(Vec::new()), &trace)?;
                out.tables.push(format!("{}/tran-trace.csv", entry.name));
            }
            Ok(())
        });
        // Whoever goes on with the run wants them again.
        if settings.journal.is_none() {
            spool::remove(&notes.spools);
        }
        if waves.iter().any(|w| w.cut.load(std::sync::atomic::Ordering::Relaxed) > 0) {
            let message = format!("of the waves of {} only the beginning is written", entry.name);
            let d = Diagnostic::note("lab::too-much", message);
            out.troubles.push(d.help(".save V(out) I(V1) names what is needed, and all of it is written"));
        }
    }
    if let Err(error) = outcome {
        out.troubles.push(unwritable(folder, &error.to_string()));
    }
}

/// The files of the analyses of an experiment.
struct Results<'a> {
    entry: &'a Entry,
    formats: &'a [Format],
    folder: &'a Path,
    raw: Option<RawWriter>,
}

impl<'a> Results<'a> {
    fn new(entry: &'a Entry, settings: &'a Settings, folder: &'a Path) -> Results<'a> {
        Results { entry, formats: &settings.formats, folder, raw: None }
    }

    /// Where the rows of an analysis go; the rawfile is one for all.
    fn open(&mut self, name: &str, out: &mut Written) -> std::io::Result<Fan<'_>> {
        std::fs::create_dir_all(self.folder)?;
        let mut list: Vec<Box<dyn Sink + '_>> = Vec::new();
        for format in self.formats {
            let extension = match format {
                Format::Csv => "csv",
                Format::Npy => "npy",
                Format::Raw => continue,
            };
            let path = self.folder.join(format!("{name}.{extension}"));
            match format {
                Format::Npy => list.push(Box::new(NpyWriter::create(&path, Vec::new())?)),
                _ => list.push(Box::new(CsvWriter::create(&path, Vec::new())?)),
            }
            out.waves.push(format!("{}/{name}.{extension}", self.entry.name));
        }
        if self.formats.contains(&Format::Raw) {
            if self.raw.is_none() {
                let path = self.folder.join(format!("{}.raw", self.entry.name));
                self.raw = Some(RawWriter::create(&path, &self.entry.name)?);
                out.waves.push(format!("{0}/{0}.raw", self.entry.name));
            }
            list.extend(self.raw.as_mut().map(|r| Box::new(r) as Box<dyn Sink + '_>));
        }
        Ok(Fan(list))
    }
}

/// The picture of a `plot` or `histogram` statement, and its curves as a table.
fn drawn(entry: &Entry, sketch: &Sketch, folder: &Path, stem: &str, out: &mut Written) {
    let path = folder.join(format!("{stem}.svg"));
    let title = format!("{}: {}", entry.name, sketch.text);
    match picture(&pictures::picture(sketch, &title)) {
        Ok(svg) => match std::fs::create_dir_all(folder).and_then(|()| std::fs::write(&path, svg)) {
            Ok(()) => out.plots.push(format!("{}/{stem}.svg", entry.name)),
            Err(error) => out.troubles.push(unwritable(&path, &error.to_string())),
        },
        Err(error) => {
            let d = Diagnostic::warning("lab::plot", format!("no picture of {}: {error}", sketch.text));
            out.troubles.push(d.at(sketch.span, "this plot"));
        }
    }
    let Some(rows) = pictures::rows(sketch) else { return };
    let path = folder.join(format!("{stem}.csv"));
    let write = || -> Result<(), csv::Error> {
        std::fs::create_dir_all(folder)?;
        let mut writer = csv::Writer::from_path(&path)?;
        rows.iter().try_for_each(|r| writer.write_record(r))?;
        writer.flush()?;
        Ok(())
    };
    match write() {
        Ok(()) => out.waves.push(format!("{}/{stem}.csv", entry.name)),
        Err(error) => out.troubles.push(unwritable(&path, &error.to_string())),
    }
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
