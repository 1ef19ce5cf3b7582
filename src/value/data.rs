//! Numbers from files: csv npy npz idx.

use std::collections::{BTreeMap, HashMap};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use npyz::NpyFile;

use super::fault::{Fault, did_you_mean};
use super::{Value, check_size, shaped};
use crate::diag::{FileId, Span};
use crate::syntax::ast::Name;

pub const NAMES: &[&str] = &["csv", "npy", "npz", "idx"];

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
    /// Beside the file that names it, in the folders around that one, then in the extra folders.
    pub fn find(&self, file: FileId, name: &str) -> Option<PathBuf> {
        let path = Path::new(name);
        if path.is_absolute() {
            return path.is_file().then(|| path.to_path_buf());
        }
        let own = self.folders.get(file.0 as usize);
        let around = own.into_iter().flat_map(|f| f.ancestors().take(4));
        around.chain(self.extra.iter().map(PathBuf::as_path)).map(|f| f.join(path)).find(|p| p.is_file())
    }
}

/// Data files, each read once.
#[derive(Debug, Default)]
pub struct Files {
    pub roots: DataRoots,
    /// By path and by how it is read
    read: Mutex<HashMap<(PathBuf, String), Value>>,
}

impl Files {
    pub fn new(roots: DataRoots) -> Files {
        Files { roots, read: Mutex::default() }
    }

    fn known(&self, key: &(PathBuf, String)) -> Option<Value> {
        self.read.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }

    fn keep(&self, key: (PathBuf, String), value: Value) {
        self.read.lock().unwrap_or_else(PoisonError::into_inner).insert(key, value);
    }
}

/// `csv(path, cols="a:b", else=path2)`, `npy(path)`, `npz(path)`, `idx(path)`.
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
    let Some(path) = names.iter().find_map(|n| files.roots.find(span.file, n)) else {
        return Err(missing(name, span));
    };
    let key = (path.clone(), format!("{kind} {columns}"));
    if let Some(v) = files.known(&key) {
        return Ok(v);
    }
    // A stand-in may be of another kind: idx("train.gz", else="digits.npy").
    let extension = path.extension().and_then(|e| e.to_str()).unwrap_or("").to_ascii_lowercase();
    let kind = if NAMES.contains(&extension.as_str()) { extension.as_str() } else { kind };
    let bytes = load(&path).map_err(|e| unreadable(name, &e.to_string(), span))?;
    let value = match kind {
        "csv" => csv_table(&bytes, &columns, name, span),
        "npy" => npy(&bytes, name, span),
        "npz" => npz(bytes, name, span),
        _ => idx(&bytes, name, span),
    }?;
    files.keep(key, value.clone());
    Ok(value)
}

pub fn missing(name: &str, span: Span) -> Fault {
    Fault::new("value::no-file", span, format!("there is no file '{name}'"), "not found")
        .with_help("it is looked for beside the netlist that names it, in the folders around that, and in --data")
}

fn unreadable(name: &str, why: &str, span: Span) -> Fault {
    Fault::new("value::bad-file", span, format!("'{name}' cannot be read: {why}"), "this file")
}

/// A file's bytes, unpacked if it is gzipped.
pub fn load(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(MAX_BYTES).read_to_end(&mut bytes)?;
    if bytes.starts_with(&[0x1f, 0x8b]) {
        let mut plain = Vec::new();
        flate2::read::MultiGzDecoder::new(&bytes[..]).take(MAX_BYTES).read_to_end(&mut plain)?;
        return Ok(plain);
    }
    Ok(bytes)
}

/// Rows of numbers, with or without a line of column names; `#` starts a comment. One column or one row of a file is
/// still a matrix; one column picked by name is a vector.
fn csv_table(bytes: &[u8], columns: &str, name: &str, span: Span) -> Result<Value, Fault> {
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
pub fn rows_of(bytes: &[u8], name: &str, span: Span) -> Result<Vec<Vec<String>>, Fault> {
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

fn npy(bytes: &[u8], name: &str, span: Span) -> Result<Value, Fault> {
    let file = NpyFile::new(bytes).map_err(|e| unreadable(name, &e.to_string(), span))?;
    npy_array(file, name, span)
}

fn npy_array<R: Read>(file: NpyFile<R>, name: &str, span: Span) -> Result<Value, Fault> {
    let shape: Vec<usize> = file.shape().iter().map(|&n| n as usize).collect();
    check_size(&shape, span)?;
    let fortran = file.order() == npyz::Order::Fortran;
    let description = file.dtype().descr();
    let wrong = |e: std::io::Error| unreadable(name, &e.to_string(), span);
    let text = description.trim_matches(['\'', '"']).trim_start_matches(['<', '>', '|', '=']).to_string();
    let data: Vec<f64> = match text.as_str() {
        "f8" => file.into_vec().map_err(wrong)?,
        "f4" => file.into_vec::<f32>().map_err(wrong)?.into_iter().map(f64::from).collect(),
        "i8" => file.into_vec::<i64>().map_err(wrong)?.into_iter().map(|v| v as f64).collect(),
        "u8" => file.into_vec::<u64>().map_err(wrong)?.into_iter().map(|v| v as f64).collect(),
        "i4" => file.into_vec::<i32>().map_err(wrong)?.into_iter().map(f64::from).collect(),
        "u4" => file.into_vec::<u32>().map_err(wrong)?.into_iter().map(f64::from).collect(),
        "i2" => file.into_vec::<i16>().map_err(wrong)?.into_iter().map(f64::from).collect(),
        "u2" => file.into_vec::<u16>().map_err(wrong)?.into_iter().map(f64::from).collect(),
        "i1" => file.into_vec::<i8>().map_err(wrong)?.into_iter().map(f64::from).collect(),
        "u1" => file.into_vec::<u8>().map_err(wrong)?.into_iter().map(f64::from).collect(),
        "b1" => file.into_vec::<bool>().map_err(wrong)?.into_iter().map(|v| v as u8 as f64).collect(),
        other => return Err(unreadable(name, &format!("numbers of type {other}"), span)),
    };
    if fortran {
        let reversed: Vec<usize> = shape.iter().rev().copied().collect();
        let Value::Array(a) = shaped(reversed, data, span)? else { return Ok(Value::Number(f64::NAN)) };
        return Ok(Value::array(a.t().as_standard_layout().into_owned()));
    }
    shaped(shape, data, span)
}

fn npz(bytes: Vec<u8>, name: &str, span: Span) -> Result<Value, Fault> {
    let wrong = |e: std::io::Error| unreadable(name, &e.to_string(), span);
    let mut archive = npyz::npz::NpzArchive::new(std::io::Cursor::new(bytes)).map_err(wrong)?;
    let names: Vec<String> = archive.array_names().map(str::to_string).collect();
    let mut arrays = BTreeMap::new();
    for key in names {
        if let Some(file) = archive.by_name(&key).map_err(wrong)? {
            // Arrays of text or objects are left out.
            if let Ok(v) = npy_array(file, name, span) {
                arrays.insert(key, v);
            }
        }
    }
    Ok(Value::Archive(Arc::new(arrays)))
}

/// The format of the MNIST files: two zero bytes, type, number of axes, their sizes, numbers; big-endian.
fn idx(bytes: &[u8], name: &str, span: Span) -> Result<Value, Fault> {
    let short = || unreadable(name, "it is shorter than its header says", span);
    let [0, 0, kind, axes, rest @ ..] = bytes else { return Err(unreadable(name, "it is no idx file", span)) };
    let axes = *axes as usize;
    if rest.len() < 4 * axes {
        return Err(short());
    }
    let (header, body) = rest.split_at(4 * axes);
    let shape: Vec<usize> =
        header.chunks_exact(4).map(|b| u32::from_be_bytes([b[0], b[1], b[2], b[3]]) as usize).collect();
    check_size(&shape, span)?;
    let count: usize = shape.iter().product();
    let data: Vec<f64> = match kind {
        0x08 => body.iter().map(|&b| b as f64).collect(),
        0x09 => body.iter().map(|&b| b as i8 as f64).collect(),
        0x0b => body.chunks_exact(2).map(|b| i16::from_be_bytes([b[0], b[1]]) as f64).collect(),
        0x0c => body.chunks_exact(4).map(|b| i32::from_be_bytes([b[0], b[1], b[2], b[3]]) as f64).collect(),
        0x0d => body.chunks_exact(4).map(|b| f32::from_be_bytes([b[0], b[1], b[2], b[3]]) as f64).collect(),
        0x0e => {
            body.chunks_exact(8).map(|b| f64::from_be_bytes([b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7]])).collect()
        }
        other => return Err(unreadable(name, &format!("numbers of type {other:#x}"), span)),
    };
    if data.len() < count {
        return Err(short());
    }
    shaped(shape, data[..count].to_vec(), span)
}
