//! Rows → a binary SPICE rawfile, one plot a `begin`, that ngspice's `load` and waveform viewers open.
//!
//! Format: ngspice manual, "Rawfile formats". The number of points of each plot is written when it ends.

use std::fs::File;
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::analysis::sink::{Header, Row, Sink};

/// Digits kept free for the number of points.
const ROOM: usize = 20;

/// Appends plots to one file.
pub struct RawWriter<W: Write + Seek = BufWriter<File>> {
    out: W,
    title: String,
    points: u64,
    /// Where the number of points of the present plot stands; None between plots.
    points_at: Option<u64>,
    has_scale: bool,
    record: Vec<u8>,
}

impl RawWriter {
    pub fn create(path: &Path, title: &str) -> io::Result<RawWriter> {
        Ok(RawWriter::to(BufWriter::new(File::create(path)?), title))
    }
}

impl<W: Write + Seek> RawWriter<W> {
    pub fn to(out: W, title: &str) -> RawWriter<W> {
        let title = title.replace(['\n', '\r'], " ");
        RawWriter { out, title, points: 0, points_at: None, has_scale: false, record: Vec::new() }
    }
}

/// What ngspice calls an analysis.
fn plot_name(analysis: &str) -> &str {
    match analysis {
        "op" => "Operating Point",
        "dc" => "DC transfer characteristic",
        "ac" => "AC Analysis",
        "noise" => "Noise Spectral Density Curves",
        "tran" => "Transient Analysis",
        other => other,
    }
}

/// What ngspice calls the type of a vector of this unit.
fn vector_type(unit: &str) -> &'static str {
    match unit {
        "V" => "voltage",
        "A" => "current",
        "s" => "time",
        "Hz" => "frequency",
        "dB" => "decibel",
        "W" => "power",
        "C" => "charge",
        "F" => "capacitance",
        "ohm" => "impedance",
        "°C" => "temp-sweep",
        _ => "notype",
    }
}

/// `Mon Feb  3 04:05:06  2025` (UTC) of seconds since 1970. Days to dates: H. Hinnant, chrono-compatible low-level date algorithms.
fn date(seconds: u64) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let days = seconds / 86400;
    let z = days + 719_468;
    let era = z / 146_097;
    let day_of_era = z % 146_097;
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    let month = (from_march + 2) % 12;
    let year = era * 400 + year_of_era + u64::from(month < 2);
    let (h, m, s) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    format!("{} {} {day:2} {h:02}:{m:02}:{s:02}  {year}", DAYS[(days % 7) as usize], MONTHS[month as usize])
}

impl<W: Write + Seek> Sink for RawWriter<W> {
    fn begin(&mut self, header: &Header) -> io::Result<()> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs());
        let steps: String = header.steps.iter().map(|(name, v)| format!(" {name}={v:e}")).collect();
        let variables: Vec<_> = header.scale.iter().chain(&header.columns).collect();
        let mut head = format!("Title: {}{steps}\nDate: {}\n", self.title, date(now));
        head += &format!("Plotname: {}\n", plot_name(header.analysis));
        head += &format!("Flags: {}\n", if header.complex { "complex" } else { "real" });
        head += &format!("No. Variables: {}\nNo. Points: ", variables.len());
        let at = self.out.seek(SeekFrom::End(0))? + head.len() as u64;
        head += &format!("{:<ROOM$}\nVariables:\n", 0);
        for (k, column) in variables.iter().enumerate() {
            let name: String = column.name.to_lowercase().split_whitespace().collect();
            head += &format!("\t{k}\t{name}\t{}\n", vector_type(&column.unit));
        }
        head += "Binary:\n";
        self.out.write_all(head.as_bytes())?;
        (self.points, self.points_at, self.has_scale) = (0, Some(at), header.scale.is_some());
        Ok(())
    }

    fn row(&mut self, scale: f64, row: Row) -> io::Result<()> {
        let mut record = std::mem::take(&mut self.record);
        record.clear();
        let mut put = |v: f64| record.extend(v.to_le_bytes());
        if self.has_scale {
            put(scale);
            if matches!(row, Row::Complex(_)) {
                put(0.0);
            }
        }
        match row {
            Row::Real(v) => v.iter().for_each(|v| put(*v)),
            Row::Complex(v) => v.iter().for_each(|v| {
                put(v.re);
                put(v.im);
            }),
        }
        self.points += 1;
        let written = self.out.write_all(&record);
        self.record = record;
        written
    }

    fn end(&mut self) -> io::Result<()> {
        if let Some(at) = self.points_at.take() {
            self.out.seek(SeekFrom::Start(at))?;
            write!(self.out, "{:<ROOM$}", self.points)?;
            self.out.seek(SeekFrom::End(0))?;
        }
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates() {
        assert_eq!(date(0), "Thu Jan  1 00:00:00  1970");
        assert_eq!(date(951_782_400), "Tue Feb 29 00:00:00  2000");
        assert_eq!(date(1_735_689_599), "Tue Dec 31 23:59:59  2024");
    }
}
