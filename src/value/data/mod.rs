//! Numbers from files: csv npy npz idx pgm png, gzipped or not.

mod idx;
mod image;
mod missing;
mod numpy;
mod table;

use std::collections::HashMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

pub use missing::missing;
pub use table::columns;

use super::Value;
use super::fault::Fault;
use crate::diag::{Diagnostic, FileId, Span};
use crate::syntax::ast::Name;

pub const NAMES: &[&str] = &["csv", "npy", "npz", "idx", "pgm", "png"];

/// A data file is at most this long (bytes).
const MAX_BYTES: u64 = 4 << 30;

/// Where data files are looked for.
#[derive(Clone, Debug, Default)]
pub struct DataRoots {
    /// The folder of each netlist file, by [`FileId`].
    pub folders: Vec<PathBuf>,
    /// `--data` and `$MEMSPICE_DATA`
    pub extra: Vec<PathBuf>,
}

impl DataRoots {
    /// The folder of the file that names it, those around that one, then the extra folders.
    fn places(&self, file: FileId) -> impl Iterator<Item = &Path> {
        let own = self.folders.get(file.0 as usize);
        let around = own.into_iter().flat_map(|f| f.ancestors().take(4));
        around.chain(self.extra.iter().map(PathBuf::as_path))
    }

    /// The first file of a name, as it is or gzipped.
    pub fn find(&self, file: FileId, name: &str) -> Option<PathBuf> {
        let path = Path::new(name);
        let in_place = |path: PathBuf| {
            let mut packed = path.clone().into_os_string();
            packed.push(".gz");
            [path, packed.into()].into_iter().find(|p| p.is_file())
        };
        if path.is_absolute() {
            return in_place(path.to_path_buf());
        }
        self.places(file).find_map(|f| in_place(f.join(path)))
    }
}

/// Data files, each read once.
#[derive(Debug, Default)]
pub struct Files {
    pub roots: DataRoots,
    /// By path and by how it is read
    read: Mutex<HashMap<(PathBuf, String), Value>>,
    notes: Mutex<Vec<Diagnostic>>,
}

impl Files {
    pub fn new(roots: DataRoots) -> Files {
        Files { roots, ..Files::default() }
    }

    fn known(&self, key: &(PathBuf, String)) -> Option<Value> {
        self.read.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }

    fn keep(&self, key: (PathBuf, String), value: Value) {
        self.read.lock().unwrap_or_else(PoisonError::into_inner).insert(key, value);
    }

    fn note(&self, d: Diagnostic) {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner).push(d);
    }

    /// What was noted of the files read so far, in the order of the netlist.
    pub fn take_notes(&self) -> Vec<Diagnostic> {
        let mut notes = std::mem::take(&mut *self.notes.lock().unwrap_or_else(PoisonError::into_inner));
        notes.sort_by_key(|d| d.labels.first().map(|l| l.span));
        notes
    }
}

/// `csv(path, cols="a:b", else=path2)`, `npy(path)`, `npz(path)`, `idx(path)`, `pgm(path)`, `png(path)`.
pub fn read(files: &Files, kind: &str, args: &[Value], options: &[(Name, Value)], span: Span) -> Result<Value, Fault> {
    let [Value::Text(name)] = args else {
        return Err(Fault::new("value::arguments", span, format!("{kind}( ) takes the name of a file"), "here")
            .with_help(format!("{kind}(\"data.{kind}\")")));
    };
    let mut columns = String::new();
    let mut names: Vec<&str> = vec![name];
    for (key, v) in options {
        match v {
            Value::Text(t) if key.is("else") => names.push(t),
            Value::Text(t) if key.is("cols") && kind == "csv" => columns = t.to_string(),
            _ => {
                let message = format!("{kind}( ) has no option '{}' with such a value", key.text);
                return Err(Fault::new("value::arguments", key.span, message, "not known")
                    .with_help("cols=\"a:b\" and else=\"file\" are texts"));
            }
        }
    }
    let found = names.iter().enumerate().find_map(|(k, n)| files.roots.find(span.file, n).map(|path| (k, path)));
    let Some((which, path)) = found else {
        return Err(missing(&files.roots, name, &names[1..], span));
    };
    if which > 0 {
        files.note(
            Diagnostic::note(
                "value::stand-in",
                format!("'{}' stands in for '{name}', which was not found", names[which]),
            )
            .at(span, "its numbers are not the ones meant"),
        );
    }
    // A stand-in may be of another kind: idx("train.gz", else="digits.npy").
    open(files, path, kind, &columns, names[which], span)
}

/// The numbers of a file that is named alone, by its extension: `weights="conv1.npy"`.
pub fn named(files: &Files, name: &str, span: Span) -> Result<Value, Fault> {
    let Some(path) = files.roots.find(span.file, name) else { return Err(missing(&files.roots, name, &[], span)) };
    if extension(&path).is_none() {
        let message = format!("'{name}' does not say what it is");
        return Err(Fault::new("value::bad-file", span, message, "this file")
            .with_help(format!("its name ends with {}, perhaps with .gz behind that", NAMES.join(", "))));
    }
    open(files, path, "", "", name, span)
}

/// The kind that a name ends with, `.gz` left out.
fn extension(path: &Path) -> Option<&'static str> {
    let plain = match path.extension() {
        Some(e) if e.eq_ignore_ascii_case("gz") => path.with_extension(""),
        _ => path.to_path_buf(),
    };
    let extension = plain.extension()?.to_str()?.to_ascii_lowercase();
    NAMES.iter().find(|n| **n == extension).copied()
}

/// Reads a file; `kind` counts where its name says none.
fn open(files: &Files, path: PathBuf, kind: &str, columns: &str, name: &str, span: Span) -> Result<Value, Fault> {
    let key = (path.clone(), format!("{kind} {columns}"));
    if let Some(v) = files.known(&key) {
        return Ok(v);
    }
    let bytes = load(&path).map_err(|e| unreadable(name, &e.to_string(), span))?;
    let value = match extension(&path).unwrap_or(kind) {
        "csv" => table::csv(&bytes, columns, name, span),
        "npy" => numpy::npy(&bytes, name, span),
        "npz" => numpy::npz(bytes, name, span),
        "pgm" => image::pgm(&bytes, name, span),
        "png" => image::png(files, &bytes, name, span),
        _ => idx::idx(&bytes, name, span),
    }?;
    files.keep(key, value.clone());
    Ok(value)
}

fn unreadable(name: &str, why: &str, span: Span) -> Fault {
    Fault::new("value::bad-file", span, format!("'{name}' cannot be read: {why}"), "this file")
}

/// A file's bytes, unpacked if it is gzipped.
fn load(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(MAX_BYTES).read_to_end(&mut bytes)?;
    if bytes.starts_with(&[0x1f, 0x8b]) {
        let mut plain = Vec::new();
        flate2::read::MultiGzDecoder::new(&bytes[..]).take(MAX_BYTES).read_to_end(&mut plain)?;
        return Ok(plain);
    }
    Ok(bytes)
}
