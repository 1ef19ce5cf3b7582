//! Attempts at time steps → a csv file, one line each.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use super::csv::field;
use crate::analysis::Attempt;
use crate::lab::number::exact;
use crate::mna::System;

const COLUMNS: &str = "time,h,order,iterations,verdict,error,unknown,device";

/// Writes what became of each attempt at a time step: where it ends, its length, order and Newton iterations, what became
/// of it, its truncation error as a multiple of what is allowed (empty where Newton failed) with the unknown that
/// dominates it, and the devices that limited it.
pub struct TraceWriter<W: Write = BufWriter<File>> {
    out: W,
    /// `step values,`
    prefix: String,
    begun: bool,
    trouble: Option<io::Error>,
}

impl TraceWriter {
    pub fn create(path: &Path) -> io::Result<TraceWriter> {
        Ok(TraceWriter::to(BufWriter::new(File::create(path)?)))
    }
}

impl<W: Write> TraceWriter<W> {
    pub fn to(out: W) -> TraceWriter<W> {
        TraceWriter { out, prefix: String::new(), begun: false, trouble: None }
    }

    /// What follows belongs to this step point.
    pub fn begin(&mut self, steps: &[(String, f64)]) -> io::Result<()> {
        if !self.begun {
            self.begun = true;
            let names: String = steps.iter().map(|s| field(&s.0) + ",").collect();
            writeln!(self.out, "{names}{COLUMNS}")?;
        }
        self.prefix = steps.iter().map(|s| exact(s.1) + ",").collect();
        Ok(())
    }

    /// Adds a line; a failure to write is kept for [`TraceWriter::end`].
    pub fn attempt(&mut self, system: &System, a: &Attempt) {
        let error = if a.error.is_nan() { String::new() } else { exact(a.error) };
        let names = [a.unknown_name(system), a.limiter_name(system)].map(|n| field(&n));
        let written = writeln!(
            self.out,
            "{}{},{},{},{},{},{error},{}",
            self.prefix,
            exact(a.time),
            exact(a.step),
            a.order,
            a.iterations,
            a.verdict.name(),
            names.join(",")
        );
        if let Err(error) = written {
            self.trouble.get_or_insert(error);
        }
    }

    /// Brings all lines to the file.
    pub fn end(&mut self) -> io::Result<()> {
        match self.trouble.take() {
            Some(error) => Err(error),
            None => self.out.flush(),
        }
    }
}
