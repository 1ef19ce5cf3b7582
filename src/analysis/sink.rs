//! Where results go, one accepted point at a time: waves, files, measures.

use serde::{Deserialize, Serialize};

use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use num_complex::Complex64;

use super::trace::Attempt;
use super::warned::Warned;
use crate::circuit::kind::Label;
use crate::mna::System;

/// One column of a result.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Column {
    /// As SPICE names it: `V(out)`, `I(V1)`, `Xr.x`
    pub name: String,
    /// `V`, `A`, `s`, `Hz`, `dB`, `°C` or empty
    pub unit: Label,
}

/// What the rows that follow are.
#[derive(Clone, Debug, PartialEq)]
pub struct Header {
    /// `op`, `dc`, `ac`, `tran`
    pub analysis: &'static str,
    /// Columns before the scale that do not change within this run: `.step` and outer `.dc` values are given per row instead.
    pub steps: Vec<(String, f64)>,
    /// The independent variable: `time`, `frequency`, the swept source; none in an operating point.
    pub scale: Option<Column>,
    pub columns: Vec<Column>,
    pub complex: bool,
}

/// The values of one point, as many as the header has columns.
#[derive(Clone, Copy, Debug)]
pub enum Row<'a> {
    Real(&'a [f64]),
    Complex(&'a [Complex64]),
}

/// Takes results as they come.
pub trait Sink {
    fn begin(&mut self, header: &Header) -> io::Result<()>;
    /// `scale` is the independent variable (0 in an operating point).
    fn row(&mut self, scale: f64, row: Row) -> io::Result<()>;
    /// No more rows of this header; also called after a failure.
    fn end(&mut self) -> io::Result<()>;
}

/// How a transient begins.
#[derive(Clone, Debug, PartialEq)]
pub enum Restart {
    /// At its start
    Begin,
    /// At a state that was kept
    From(Vec<u8>),
    /// It is over.
    Done(Stats),
}

/// Keeps a transient under way, so that another process can go on with it.
pub trait Keep {
    /// Gives the rows of `columns` values that were kept of it, and says how it begins.
    fn restart(&mut self, columns: usize, give: &mut dyn FnMut(f64, &[f64]) -> io::Result<()>) -> io::Result<Restart>;

    /// Takes a row.
    fn row(&mut self, time: f64, values: &[f64]) -> io::Result<()>;

    /// Whether it is time to keep the state.
    fn is_due(&self) -> bool;

    /// Keeps a state; the rows taken so far belong to it.
    fn keep(&mut self, state: Vec<u8>) -> io::Result<()>;

    /// The transient came to its end.
    fn done(&mut self, stats: Stats) -> io::Result<()>;
}

/// How far a run is.
#[derive(Clone, Copy, Debug, Default)]
pub struct Progress {
    /// 0 … 1
    pub fraction: f64,
    /// Simulated seconds (transient only)
    pub time: f64,
    pub steps: u64,
}

/// What a run listens to and talks to.
pub struct Control<'a> {
    /// Set by Ctrl-C: stop at the next iteration.
    pub interrupted: &'a Arc<AtomicBool>,
    /// Called now and then.
    pub progress: &'a mut dyn FnMut(Progress),
    /// Called with every attempt at a time step, where somebody wants to know.
    pub trace: Option<Trace<'a>>,
    /// Keeps the transient, where somebody wants to go on with it later
    pub keep: Option<&'a mut dyn Keep>,
    /// What a transient did, also where it came to no end
    pub stats: Option<Stats>,
    /// What models had to say of the analysis
    pub warned: Vec<Warned>,
}

/// Takes attempts at time steps; the system knows the names.
pub type Trace<'a> = &'a mut dyn FnMut(&System, &Attempt);

impl<'a> Control<'a> {
    /// Without a trace.
    pub fn new(interrupted: &'a Arc<AtomicBool>, progress: &'a mut dyn FnMut(Progress)) -> Control<'a> {
        Control { interrupted, progress, trace: None, keep: None, stats: None, warned: Vec::new() }
    }
}

/// What a run did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Stats {
    pub accepted: u64,
    pub rejected: u64,
    pub newton: u64,
}
