//! Rows → a csv file: step columns, the independent variable, the columns as SPICE names them; digits that read back exactly.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use super::same_columns;
use crate::analysis::sink::{Header, Row, Sink};
use crate::lab::number::exact;

/// Writes `re(V(out)),im(V(out))` for a complex column, one value for a column known to be real (`VDB(out)`).
/// An operating point without steps is written as lines of `name,value`.
pub struct CsvWriter<W: Write = BufWriter<File>> {
    out: W,
    /// Columns that have no imaginary part; missing ones may have.
    real: Vec<bool>,
    first: Option<Header>,
    /// `step values,` of the rows to come
    prefix: String,
    line: String,
}

impl CsvWriter {
    pub fn create(path: &Path, real: Vec<bool>) -> io::Result<CsvWriter> {
        Ok(CsvWriter::to(BufWriter::new(File::create(path)?), real))
    }
}

impl<W: Write> CsvWriter<W> {
    pub fn to(out: W, real: Vec<bool>) -> CsvWriter<W> {
        CsvWriter { out, real, first: None, prefix: String::new(), line: String::new() }
    }

    fn is_real(&self, column: usize) -> bool {
        self.real.get(column).copied().unwrap_or(false)
    }

    fn is_list(&self) -> bool {
        self.first.as_ref().is_some_and(|h| h.scale.is_none() && h.steps.is_empty())
    }

    fn head(&self, header: &Header) -> String {
        if header.scale.is_none() && header.steps.is_empty() {
            return "name,value\n".into();
        }
        let mut fields: Vec<String> = header.steps.iter().map(|s| field(&s.0)).collect();
        fields.extend(header.scale.iter().map(|c| field(&c.name)));
        for (k, column) in header.columns.iter().enumerate() {
            match header.complex && !self.is_real(k) {
                true => fields.extend(["re", "im"].map(|part| field(&format!("{part}({})", column.name)))),
                false => fields.push(field(&column.name)),
            }
        }
        fields.join(",") + "\n"
    }
}

/// Quoted where a comma, a quote or a line end stands in it.
pub(super) fn field(text: &str) -> String {
    match text.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text.into(),
    }
}

impl<W: Write> Sink for CsvWriter<W> {
    fn begin(&mut self, header: &Header) -> io::Result<()> {
        match &self.first {
            Some(first) => same_columns(first, header)?,
            None => {
                self.out.write_all(self.head(header).as_bytes())?;
                self.first = Some(header.clone());
            }
        }
        self.prefix = header.steps.iter().map(|s| exact(s.1) + ",").collect();
        Ok(())
    }

    fn row(&mut self, scale: f64, row: Row) -> io::Result<()> {
        if self.is_list() {
            let names = self.first.iter().flat_map(|h| &h.columns).map(|c| field(&c.name));
            let values: Vec<f64> = match row {
                Row::Real(v) => v.to_vec(),
                Row::Complex(v) => v.iter().map(|v| v.re).collect(),
            };
            for (name, value) in names.zip(values) {
                writeln!(self.out, "{name},{}", exact(value))?;
            }
            return Ok(());
        }
        let mut line = std::mem::take(&mut self.line);
        line.clear();
        line.push_str(&self.prefix);
        if self.first.as_ref().is_some_and(|h| h.scale.is_some()) {
            line.push_str(&exact(scale));
            line.push(',');
        }
        let mut put = |v: f64| {
            line.push_str(&exact(v));
            line.push(',');
        };
        match row {
            Row::Real(v) => v.iter().for_each(|v| put(*v)),
            Row::Complex(v) => {
                for (k, v) in v.iter().enumerate() {
                    put(v.re);
                    if !self.is_real(k) {
                        put(v.im);
                    }
                }
            }
        }
        line.pop();
        line.push('\n');
        let written = self.out.write_all(line.as_bytes());
        self.line = line;
        written
    }

    fn end(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::sink::Column;
    use crate::lab::wave::tests::tran_header;
    use num_complex::Complex64;

    fn text(real: Vec<bool>, write: impl Fn(&mut CsvWriter<&mut Vec<u8>>)) -> String {
        let mut bytes = Vec::new();
        let mut writer = CsvWriter::to(&mut bytes, real);
        write(&mut writer);
        writer.end().unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn a_stepped_transient_has_its_step_first() {
        let text = text(vec![], |w| {
            for r in [1e3, 2e3] {
                let mut header = tran_header(&["V(a,b)", "I(V1)"]);
                header.steps = vec![("rload".into(), r)];
                w.begin(&header).unwrap();
                w.row(1e-9, Row::Real(&[0.1, -1.0 / 3.0])).unwrap();
                w.end().unwrap();
            }
        });
        let third = "-0.3333333333333333";
        assert_eq!(text, format!("rload,time,\"V(a,b)\",I(V1)\n1000,1e-9,0.1,{third}\n2000,1e-9,0.1,{third}\n"));
    }

    #[test]
    fn an_operating_point_is_a_list_and_with_steps_a_table() {
        let op = |steps: &[(String, f64)]| Header {
            analysis: "op",
            steps: steps.to_vec(),
            scale: None,
            columns: ["V(a)", "V(b)"].map(|n| Column { name: n.into(), unit: "V".into() }).to_vec(),
            complex: false,
        };
        let list = text(vec![], |w| {
            w.begin(&op(&[])).unwrap();
            w.row(0.0, Row::Real(&[1.0, 2.5])).unwrap();
        });
        assert_eq!(list, "name,value\nV(a),1\nV(b),2.5\n");
        let table = text(vec![], |w| {
            for k in [1.0, 2.0] {
                w.begin(&op(&[("k".into(), k)])).unwrap();
                w.row(0.0, Row::Real(&[k, 2.5])).unwrap();
            }
        });
        assert_eq!(table, "k,V(a),V(b)\n1,1,2.5\n2,2,2.5\n");
    }

    #[test]
    fn phasors_have_two_columns_and_decibels_one() {
        let header = Header {
            analysis: "ac",
            steps: vec![],
            scale: Some(Column { name: "frequency".into(), unit: "Hz".into() }),
            columns: vec![
                Column { name: "V(out)".into(), unit: "V".into() },
                Column { name: "VDB(out)".into(), unit: "dB".into() },
            ],
            complex: true,
        };
        let text = text(vec![false, true], |w| {
            w.begin(&header).unwrap();
            w.row(10.0, Row::Complex(&[Complex64::new(1.0, -2.0), Complex64::new(-3.0, 0.0)])).unwrap();
        });
        assert_eq!(text, "frequency,re(V(out)),im(V(out)),VDB(out)\n10,1,-2,-3\n");
    }

    #[test]
    fn a_step_that_changes_the_columns_is_refused() {
        let mut writer = CsvWriter::to(Vec::new(), vec![]);
        writer.begin(&tran_header(&["V(a)"])).unwrap();
        assert!(writer.begin(&tran_header(&["V(a)", "V(b)"])).is_err());
    }
}
