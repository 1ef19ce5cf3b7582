//! Rows → a numpy file with one structured record a row: `np.load("tran.npy")["V(out)"]`.
//!
//! Format: numpy.lib.format, version 2.0 (3.0 where a name is not ASCII). The number of rows is written at the end.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::path::Path;

use super::same_columns;
use crate::analysis::sink::{Header, Row, Sink};

/// Digits kept free for the number of rows.
const ROOM: usize = 20;

/// Fields: steps, the independent variable, columns; float64, or complex128 for phasors.
pub struct NpyWriter<W: Write + Seek = BufWriter<File>> {
    out: W,
    real: Vec<bool>,
    first: Option<Header>,
    steps: Vec<f64>,
    rows: u64,
    /// Where the number of rows stands in the file.
    shape_at: u64,
    record: Vec<u8>,
}

impl NpyWriter {
    /// `real`: columns that have no imaginary part.
    pub fn create(path: &Path, real: Vec<bool>) -> io::Result<NpyWriter> {
        Ok(NpyWriter::to(BufWriter::new(File::create(path)?), real))
    }
}

impl<W: Write + Seek> NpyWriter<W> {
    pub fn to(out: W, real: Vec<bool>) -> NpyWriter<W> {
        NpyWriter { out, real, first: None, steps: Vec::new(), rows: 0, shape_at: 0, record: Vec::new() }
    }

    fn is_real(&self, column: usize) -> bool {
        self.real.get(column).copied().unwrap_or(false)
    }

    /// The file's header and where in it the number of rows stands.
    fn head(&self, header: &Header) -> (Vec<u8>, u64) {
        let mut taken = HashSet::new();
        let mut fields = String::new();
        let mut add = |name: &str, kind: &str| {
            let mut unique = if name.is_empty() { "f".to_string() } else { name.to_string() };
            let mut copy = 2;
            while !taken.insert(unique.clone()) {
                unique = format!("{name}_{copy}");
                copy += 1;
            }
            fields.push_str(&format!("({}, '{kind}'), ", python(&unique)));
        };
        header.steps.iter().for_each(|s| add(&s.0, "<f8"));
        header.scale.iter().for_each(|c| add(&c.name, "<f8"));
        for (k, column) in header.columns.iter().enumerate() {
            add(&column.name, if header.complex && !self.is_real(k) { "<c16" } else { "<f8" });
        }
        let front = format!("{{'descr': [{fields}], 'fortran_order': False, 'shape': (");
        let mut dict = format!("{front}{:<ROOM$},), }}", 0);
        let lead = 12;
        while (lead + dict.len() + 1) % 64 != 0 {
            dict.push(' ');
        }
        dict.push('\n');
        let version = if dict.is_ascii() { 2 } else { 3 };
        let mut bytes = b"\x93NUMPY".to_vec();
        bytes.extend([version, 0]);
        bytes.extend((dict.len() as u32).to_le_bytes());
        bytes.extend(dict.as_bytes());
        (bytes, (lead + front.len()) as u64)
    }
}

/// A Python string literal.
fn python(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'").replace(['\n', '\r'], " "))
}

impl<W: Write + Seek> Sink for NpyWriter<W> {
    fn begin(&mut self, header: &Header) -> io::Result<()> {
        match &self.first {
            Some(first) => same_columns(first, header)?,
            None => {
                let (bytes, at) = self.head(header);
                self.out.write_all(&bytes)?;
                self.shape_at = at;
                self.first = Some(header.clone());
            }
        }
        self.steps = header.steps.iter().map(|s| s.1).collect();
        Ok(())
    }

    fn row(&mut self, scale: f64, row: Row) -> io::Result<()> {
        let mut record = std::mem::take(&mut self.record);
        record.clear();
        self.steps.iter().for_each(|v| record.extend(v.to_le_bytes()));
        if self.first.as_ref().is_some_and(|h| h.scale.is_some()) {
            record.extend(scale.to_le_bytes());
        }
        match row {
            Row::Real(v) => v.iter().for_each(|v| record.extend(v.to_le_bytes())),
            Row::Complex(v) => {
                for (k, v) in v.iter().enumerate() {
                    record.extend(v.re.to_le_bytes());
                    if !self.is_real(k) {
                        record.extend(v.im.to_le_bytes());
                    }
                }
            }
        }
        self.rows += 1;
        let written = self.out.write_all(&record);
        self.record = record;
        written
    }

    fn end(&mut self) -> io::Result<()> {
        if self.first.is_some() {
            self.out.seek(SeekFrom::Start(self.shape_at))?;
            write!(self.out, "{:<ROOM$}", self.rows)?;
            self.out.seek(SeekFrom::End(0))?;
        }
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::sink::Column;
    use num_complex::Complex64;
    use std::io::Cursor;

    /// The dictionary and the data of a file.
    fn written(header: &Header, real: Vec<bool>, rows: &[(f64, Row)]) -> (String, Vec<f64>) {
        let mut writer = NpyWriter::to(Cursor::new(Vec::new()), real);
        writer.begin(header).unwrap();
        rows.iter().for_each(|(t, row)| writer.row(*t, *row).unwrap());
        writer.end().unwrap();
        let bytes = writer.out.into_inner();
        assert_eq!(&bytes[..6], b"\x93NUMPY");
        let length = u32::from_le_bytes(bytes[8..12].try_into().unwrap()) as usize;
        assert_eq!((12 + length) % 64, 0);
        let dict = String::from_utf8(bytes[12..12 + length].to_vec()).unwrap();
        let values = bytes[12 + length..].chunks(8).map(|b| f64::from_le_bytes(b.try_into().unwrap())).collect();
        (dict, values)
    }

    #[test]
    fn a_record_has_a_field_for_each_column() {
        let header = Header {
            analysis: "ac",
            steps: vec![("r".into(), 50.0)],
            scale: Some(Column { name: "frequency".into(), unit: "Hz".into() }),
            columns: vec![
                Column { name: "V(it's)".into(), unit: "V".into() },
                Column { name: "VDB(a)".into(), unit: "dB".into() },
            ],
            complex: true,
        };
        let row = [Complex64::new(1.0, 2.0), Complex64::new(3.0, 0.0)];
        let (dict, values) = written(&header, vec![false, true], &[(10.0, Row::Complex(&row))]);
        let descr = r"[('r', '<f8'), ('frequency', '<f8'), ('V(it\'s)', '<c16'), ('VDB(a)', '<f8'), ]";
        assert!(dict.starts_with(&format!("{{'descr': {descr}, 'fortran_order': False, 'shape': (1 ")), "{dict}");
        assert_eq!(values, [50.0, 10.0, 1.0, 2.0, 3.0]);
    }
}
