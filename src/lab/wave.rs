//! Rows of a running analysis → a wave in memory: an independent variable and columns of equal length.

use std::borrow::Cow;
use std::io;

use num_complex::Complex64;

use crate::analysis::sink::{Header, Row, Sink};

/// The values of a wave, one vector a column.
#[derive(Clone, Debug, PartialEq)]
pub enum Columns {
    Real(Vec<Vec<f64>>),
    Complex(Vec<Vec<Complex64>>),
}

/// What one analysis at one step point gave.
#[derive(Clone, Debug, PartialEq)]
pub struct Wave {
    pub header: Header,
    /// The independent variable, a value a row.
    pub scale: Vec<f64>,
    pub columns: Columns,
}

impl Wave {
    /// No rows yet.
    pub fn new(header: &Header) -> Wave {
        let n = header.columns.len();
        let columns = match header.complex {
            true => Columns::Complex(vec![Vec::new(); n]),
            false => Columns::Real(vec![Vec::new(); n]),
        };
        Wave { header: header.clone(), scale: Vec::new(), columns }
    }

    /// A wave without columns and rows.
    pub fn nothing() -> Wave {
        let (steps, columns) = (Vec::new(), Vec::new());
        Wave::new(&Header { analysis: "op", steps, scale: None, columns, complex: false })
    }

    /// The rows of several waves of the same columns one after the other; None of none.
    pub fn join(waves: &[Wave]) -> Option<Wave> {
        let (first, rest) = waves.split_first()?;
        let mut joined = first.clone();
        for wave in rest {
            joined.scale.extend(&wave.scale);
            match (&mut joined.columns, &wave.columns) {
                (Columns::Real(to), Columns::Real(from)) => to.iter_mut().zip(from).for_each(|(t, f)| t.extend(f)),
                (Columns::Complex(to), Columns::Complex(from)) => {
                    to.iter_mut().zip(from).for_each(|(t, f)| t.extend(f));
                }
                _ => return None,
            }
        }
        Some(joined)
    }

    /// Adds a row; real values in a complex wave have no imaginary part, the imaginary part in a real wave is dropped.
    pub fn push(&mut self, scale: f64, row: Row) {
        self.scale.push(scale);
        match (&mut self.columns, row) {
            (Columns::Real(c), Row::Real(r)) => c.iter_mut().zip(r).for_each(|(c, v)| c.push(*v)),
            (Columns::Real(c), Row::Complex(r)) => c.iter_mut().zip(r).for_each(|(c, v)| c.push(v.re)),
            (Columns::Complex(c), Row::Real(r)) => c.iter_mut().zip(r).for_each(|(c, v)| c.push((*v).into())),
            (Columns::Complex(c), Row::Complex(r)) => c.iter_mut().zip(r).for_each(|(c, v)| c.push(*v)),
        }
    }

    /// Forgets every second row.
    fn halve(&mut self) {
        every_second(&mut self.scale);
        match &mut self.columns {
            Columns::Real(c) => c.iter_mut().for_each(every_second),
            Columns::Complex(c) => c.iter_mut().for_each(every_second),
        }
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.scale.len()
    }

    pub fn is_empty(&self) -> bool {
        self.scale.is_empty()
    }

    /// The place of a column by its name, whatever the case.
    pub fn column(&self, name: &str) -> Option<usize> {
        self.header.columns.iter().position(|c| c.name.eq_ignore_ascii_case(name))
    }

    /// A column as real numbers: the real part where the wave is complex (as ngspice measures `V(out)` of an AC analysis).
    pub fn real(&self, column: usize) -> Cow<'_, [f64]> {
        match &self.columns {
            Columns::Real(c) => Cow::Borrowed(&c[column]),
            Columns::Complex(c) => Cow::Owned(c[column].iter().map(|v| v.re).collect()),
        }
    }

    /// A column as phasors.
    pub fn phasors(&self, column: usize) -> Cow<'_, [Complex64]> {
        match &self.columns {
            Columns::Real(c) => Cow::Owned(c[column].iter().map(|&v| v.into()).collect()),
            Columns::Complex(c) => Cow::Borrowed(&c[column]),
        }
    }
}

/// What a [`Recorder`] does when there is no more room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Full {
    /// Later rows are dropped.
    Drop,
    /// Every second row of the present wave is forgotten, and of what follows only as much is taken.
    Halve,
}

/// Keeps what it is given, up to a number of values.
#[derive(Debug)]
pub struct Recorder {
    /// One wave for each `begin`.
    pub waves: Vec<Wave>,
    room: usize,
    when_full: Full,
    /// Rows are missing because there was no more room.
    pub full: bool,
    /// Of this many rows one is kept.
    stride: usize,
    /// Rows given since one was kept.
    since: usize,
}

impl Recorder {
    /// Holds at most `room` values (rows × columns, scale included).
    pub fn new(room: usize, when_full: Full) -> Recorder {
        Recorder { waves: Vec::new(), room, when_full, full: false, stride: 1, since: 0 }
    }
}

impl Sink for Recorder {
    fn begin(&mut self, header: &Header) -> io::Result<()> {
        self.waves.push(Wave::new(header));
        self.since = 0;
        Ok(())
    }

    fn row(&mut self, scale: f64, row: Row) -> io::Result<()> {
        let Some(wave) = self.waves.last_mut() else { return Ok(()) };
        self.since += 1;
        if self.since < self.stride && !wave.is_empty() {
            return Ok(());
        }
        self.since = 0;
        let values = wave.header.columns.len() + 1;
        if self.room < values {
            self.full = true;
            if self.when_full == Full::Drop || wave.len() < 2 {
                return Ok(());
            }
            let before = wave.len();
            wave.halve();
            self.room += (before - wave.len()) * values;
            self.stride *= 2;
        }
        self.room -= values;
        wave.push(scale, row);
        Ok(())
    }

    fn end(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Removes every second value, the first stays.
fn every_second<T>(values: &mut Vec<T>) {
    let mut k = 0;
    values.retain(|_| {
        k += 1;
        k % 2 == 1
    });
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::analysis::sink::Column;

    /// The header of a transient that shows these columns (names that start with `I` are currents).
    pub fn tran_header(names: &[&str]) -> Header {
        let unit = |n: &str| if n.starts_with('I') { "A" } else { "V" };
        Header {
            analysis: "tran",
            steps: Vec::new(),
            scale: Some(Column { name: "time".into(), unit: "s".into() }),
            columns: names.iter().map(|n| Column { name: n.to_string(), unit: unit(n).to_string().into() }).collect(),
            complex: false,
        }
    }

    /// A transient wave of functions of time.
    pub fn tran(times: impl Iterator<Item = f64>, curves: &[(&str, &dyn Fn(f64) -> f64)]) -> Wave {
        let names: Vec<&str> = curves.iter().map(|c| c.0).collect();
        let mut wave = Wave::new(&tran_header(&names));
        for t in times {
            let values: Vec<f64> = curves.iter().map(|c| c.1(t)).collect();
            wave.push(t, Row::Real(&values));
        }
        wave
    }

    #[test]
    fn columns_are_found_by_name_in_any_case() {
        let wave = tran([0.0, 1.0].into_iter(), &[("V(out)", &|t| 2.0 * t), ("I(V1)", &|_| 1.0)]);
        assert_eq!(wave.column("v(OUT)"), Some(0));
        assert_eq!(wave.column("v(in)"), None);
        assert_eq!(&*wave.real(0), &[0.0, 2.0]);
    }

    #[test]
    fn a_recorder_keeps_what_it_has_room_for() {
        let mut recorder = Recorder::new(4, Full::Drop);
        recorder.begin(&tran_header(&["V(a)"])).unwrap();
        for k in 0..3 {
            recorder.row(k as f64, Row::Real(&[7.0])).unwrap();
        }
        assert_eq!(recorder.waves[0].len(), 2);
        assert!(recorder.full);
    }

    #[test]
    fn a_recorder_may_thin_a_long_wave() {
        let mut recorder = Recorder::new(20, Full::Halve);
        recorder.begin(&tran_header(&["V(a)"])).unwrap();
        for k in 0..1000 {
            recorder.row(k as f64, Row::Real(&[k as f64])).unwrap();
        }
        let scale = &recorder.waves[0].scale;
        assert!((5..=10).contains(&scale.len()) && scale[0] == 0.0 && scale[scale.len() - 1] > 800.0, "{scale:?}");
        assert_eq!(&*recorder.waves[0].real(0), &scale[..]);
    }

    #[test]
    fn the_real_part_of_a_phasor_is_what_is_measured() {
        let mut header = tran_header(&["V(a)"]);
        header.complex = true;
        let mut wave = Wave::new(&header);
        wave.push(1.0, Row::Complex(&[Complex64::new(3.0, 4.0)]));
        assert_eq!(&*wave.real(0), &[3.0]);
        assert_eq!(wave.phasors(0)[0].norm(), 5.0);
    }
}
