//! Rows → files as they come, in bounded memory: csv, npy, SPICE rawfile; attempts at time steps.

mod array;
mod csv;
mod npy;
mod raw;
mod trace;

use std::io;
use std::str::FromStr;

use num_complex::Complex64;

pub use array::save_array;
pub use csv::CsvWriter;
pub use npy::NpyWriter;
pub use raw::RawWriter;
pub use trace::TraceWriter;

use crate::analysis::sink::{Header, Row, Sink};

/// A kind of result file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Csv,
    Npy,
    Raw,
}

impl FromStr for Format {
    type Err = String;

    fn from_str(text: &str) -> Result<Format, String> {
        match text {
            "csv" => Ok(Format::Csv),
            "npy" => Ok(Format::Npy),
            "raw" => Ok(Format::Raw),
            _ => Err(format!("unknown format `{text}`: csv, raw, npy or none")),
        }
    }
}

/// Gives every row to several sinks.
pub struct Fan<'a>(pub Vec<Box<dyn Sink + 'a>>);

impl Sink for Fan<'_> {
    fn begin(&mut self, header: &Header) -> io::Result<()> {
        self.0.iter_mut().try_for_each(|s| s.begin(header))
    }

    fn row(&mut self, scale: f64, row: Row) -> io::Result<()> {
        self.0.iter_mut().try_for_each(|s| s.row(scale, row))
    }

    /// Ends all of them, also if one fails.
    fn end(&mut self) -> io::Result<()> {
        let ended: Vec<io::Result<()>> = self.0.iter_mut().map(|s| s.end()).collect();
        ended.into_iter().collect()
    }
}

/// Passes on some columns, in an order of its own.
pub struct Pick<S> {
    columns: Vec<usize>,
    inner: S,
    real: Vec<f64>,
    complex: Vec<Complex64>,
}

impl<S> Pick<S> {
    pub fn new(columns: Vec<usize>, inner: S) -> Pick<S> {
        Pick { columns, inner, real: Vec::new(), complex: Vec::new() }
    }
}

impl<S: Sink> Sink for Pick<S> {
    fn begin(&mut self, header: &Header) -> io::Result<()> {
        let columns = self.columns.iter().filter_map(|&k| header.columns.get(k).cloned()).collect();
        self.inner.begin(&Header { columns, ..header.clone() })
    }

    fn row(&mut self, scale: f64, row: Row) -> io::Result<()> {
        match row {
            Row::Real(v) => {
                self.real.clear();
                self.real.extend(self.columns.iter().filter_map(|&k| v.get(k)));
                self.inner.row(scale, Row::Real(&self.real))
            }
            Row::Complex(v) => {
                self.complex.clear();
                self.complex.extend(self.columns.iter().filter_map(|&k| v.get(k)));
                self.inner.row(scale, Row::Complex(&self.complex))
            }
        }
    }

    fn end(&mut self) -> io::Result<()> {
        self.inner.end()
    }
}

/// Puts the values of `.step` cards in front of the analysis' own steps.
pub struct Stepped<S> {
    pub steps: Vec<(String, f64)>,
    pub inner: S,
}

impl<S: Sink> Sink for Stepped<S> {
    fn begin(&mut self, header: &Header) -> io::Result<()> {
        let steps = self.steps.iter().chain(&header.steps).cloned().collect();
        self.inner.begin(&Header { steps, ..header.clone() })
    }

    fn row(&mut self, scale: f64, row: Row) -> io::Result<()> {
        self.inner.row(scale, row)
    }

    fn end(&mut self) -> io::Result<()> {
        self.inner.end()
    }
}

/// Counts rows.
pub struct Count<'a, S> {
    pub rows: &'a mut u64,
    pub inner: S,
}

impl<S: Sink> Sink for Count<'_, S> {
    fn begin(&mut self, header: &Header) -> io::Result<()> {
        self.inner.begin(header)
    }

    fn row(&mut self, scale: f64, row: Row) -> io::Result<()> {
        *self.rows += 1;
        self.inner.row(scale, row)
    }

    fn end(&mut self) -> io::Result<()> {
        self.inner.end()
    }
}

/// Stops with [`TooMuch`] before more than `room` values are passed on.
pub struct Limit<'a, S> {
    pub room: &'a mut u64,
    pub inner: S,
}

/// Without `.save` a run has written all it may.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("more values than are kept without .save")]
pub struct TooMuch;

impl<S: Sink> Sink for Limit<'_, S> {
    fn begin(&mut self, header: &Header) -> io::Result<()> {
        self.inner.begin(header)
    }

    fn row(&mut self, scale: f64, row: Row) -> io::Result<()> {
        let values = match row {
            Row::Real(v) => v.len(),
            Row::Complex(v) => v.len(),
        };
        match self.room.checked_sub(values as u64) {
            Some(left) => *self.room = left,
            None => return Err(io::Error::other(TooMuch)),
        }
        self.inner.row(scale, row)
    }

    fn end(&mut self) -> io::Result<()> {
        self.inner.end()
    }
}

/// Whether a failure to write was [`TooMuch`].
pub fn is_too_much(error: &io::Error) -> bool {
    error.get_ref().is_some_and(|e| e.is::<TooMuch>())
}

impl<S: Sink + ?Sized> Sink for &mut S {
    fn begin(&mut self, header: &Header) -> io::Result<()> {
        (**self).begin(header)
    }

    fn row(&mut self, scale: f64, row: Row) -> io::Result<()> {
        (**self).row(scale, row)
    }

    fn end(&mut self) -> io::Result<()> {
        (**self).end()
    }
}

impl<S: Sink + ?Sized> Sink for Box<S> {
    fn begin(&mut self, header: &Header) -> io::Result<()> {
        (**self).begin(header)
    }

    fn row(&mut self, scale: f64, row: Row) -> io::Result<()> {
        (**self).row(scale, row)
    }

    fn end(&mut self) -> io::Result<()> {
        (**self).end()
    }
}

/// A row must fit the file begun with the first header.
fn same_columns(first: &Header, now: &Header) -> io::Result<()> {
    let names = |h: &Header| h.columns.iter().map(|c| c.name.clone()).collect::<Vec<_>>();
    let steps = |h: &Header| h.steps.iter().map(|s| s.0.clone()).collect::<Vec<_>>();
    match names(first) == names(now) && steps(first) == steps(now) {
        true => Ok(()),
        false => Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "a step changes which nets there are: name the columns to keep with .save",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::wave::{Full, Recorder, tests::tran_header};

    #[test]
    fn a_limit_keeps_what_came_before_it() {
        let mut recorder = Recorder::new(usize::MAX, Full::Drop);
        let mut room = 5;
        let mut sink = Limit { room: &mut room, inner: Pick::new(vec![1], &mut recorder) };
        sink.begin(&tran_header(&["V(a)", "V(b)"])).unwrap();
        assert!(sink.row(0.0, Row::Real(&[1.0, 2.0])).is_ok());
        assert!(sink.row(1.0, Row::Real(&[3.0, 4.0])).is_ok());
        assert!(is_too_much(&sink.row(2.0, Row::Real(&[5.0, 6.0])).unwrap_err()));
        assert_eq!(&*recorder.waves[0].real(0), &[2.0, 4.0]);
    }
}
