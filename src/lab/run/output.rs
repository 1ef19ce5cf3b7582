//! The files of one analysis, open over all step points, and what it left in memory.

use std::fs;
use std::io;
use std::path::Path;

use super::Done;
use super::selection::{Curves, Selection};
use crate::analysis::noise_total;
use crate::analysis::sink::{Sink, Stats};
use crate::lab::wave::{Recorder, Wave};
use crate::lab::writer::{Count, CsvWriter, Fan, Format, Limit, NpyWriter, Pick, RawWriter, Stepped, TraceWriter};

/// Where files go.
pub(super) struct Place<'a> {
    pub dir: &'a Path,
    /// The experiment, a folder in `dir`
    pub name: &'a str,
    pub title: &'a str,
}

/// The rawfile of an experiment, shared by its analyses.
#[derive(Default)]
pub(super) struct Raw {
    writer: Option<RawWriter>,
    pub path: Option<String>,
}

/// What one analysis of a step point leaves in memory.
pub(super) struct Recorders {
    /// Every row, as measures need them
    pub measured: Recorder,
    /// Thinned where it is long
    pub drawn: Recorder,
}

/// One analysis of a deck.
pub(super) struct Output {
    pub kind: &'static str,
    pub name: String,
    opened: bool,
    files: Vec<Box<dyn Sink>>,
    devices: Option<CsvWriter>,
    pub trace: Option<TraceWriter>,
    pub trace_path: Option<String>,
    /// Relative to the folder of the report
    pub paths: Vec<String>,
    pub rows: u64,
    stats: Stats,
    pub seconds: f64,
    /// The waves of each step point, in order.
    pub waves: Vec<Wave>,
    pub figures: Vec<Curves>,
    pub real: Vec<bool>,
    values: Vec<(String, String, f64)>,
}

impl Output {
    pub fn new(kind: &'static str, name: String) -> Output {
        Output {
            kind,
            name,
            opened: false,
            files: Vec::new(),
            devices: None,
            trace: None,
            trace_path: None,
            paths: Vec::new(),
            rows: 0,
            stats: Stats::default(),
            seconds: 0.0,
            waves: Vec::new(),
            figures: Vec::new(),
            real: Vec::new(),
            values: Vec::new(),
        }
    }

    /// Creates the files at the first step point.
    pub fn open(&mut self, place: &Place, formats: &[Format], selection: &Selection, raw: &mut Raw) -> io::Result<()> {
        if self.opened || formats.is_empty() {
            return Ok(());
        }
        self.opened = true;
        let folder = place.dir.join(place.name);
        fs::create_dir_all(&folder).map_err(|e| named(&folder, e))?;
        let real = selection.real[..selection.shown].to_vec();
        for format in formats {
            let extension = match format {
                Format::Csv => "csv",
                Format::Npy => "npy",
                Format::Raw => {
                    if raw.writer.is_none() {
                        let path = folder.join(format!("{}.raw", place.name));
                        raw.writer = Some(RawWriter::create(&path, place.title).map_err(|e| named(&path, e))?);
                        raw.path = Some(format!("{0}/{0}.raw", place.name));
                    }
                    continue;
                }
            };
            let path = folder.join(format!("{}.{extension}", self.name));
            let file: io::Result<Box<dyn Sink>> = match format {
                Format::Npy => NpyWriter::create(&path, real.clone()).map(|w| Box::new(w) as Box<dyn Sink>),
                _ => CsvWriter::create(&path, real.clone()).map(|w| Box::new(w) as Box<dyn Sink>),
            };
            self.files.push(file.map_err(|e| named(&path, e))?);
            self.paths.push(format!("{}/{}.{extension}", place.name, self.name));
        }
        if !selection.probes.is_empty() && formats.contains(&Format::Csv) {
            let file = if self.name == "op" { "devices.csv".into() } else { format!("{}-devices.csv", self.name) };
            let path = folder.join(&file);
            self.devices = Some(CsvWriter::create(&path, Vec::new()).map_err(|e| named(&path, e))?);
            self.paths.push(format!("{}/{file}", place.name));
        }
        Ok(())
    }

    /// Creates the file of the attempts at time steps at the first step point; what follows belongs to `steps`.
    pub fn open_trace(&mut self, place: &Place, steps: &[(String, f64)]) -> io::Result<()> {
        if self.kind != "tran" {
            return Ok(());
        }
        if self.trace.is_none() {
            let folder = place.dir.join(place.name);
            fs::create_dir_all(&folder).map_err(|e| named(&folder, e))?;
            let file = format!("{}-trace.csv", self.name);
            let path = folder.join(&file);
            self.trace = Some(TraceWriter::create(&path).map_err(|e| named(&path, e))?);
            self.trace_path = Some(format!("{}/{file}", place.name));
        }
        self.trace.iter_mut().try_for_each(|t| t.begin(steps))
    }

    /// Where the rows of one step point go.
    pub fn sink<'a>(
        &'a mut self,
        selection: &Selection,
        steps: &[(String, f64)],
        recorders: &'a mut Recorders,
        raw: &'a mut Raw,
        room: Option<&'a mut u64>,
    ) -> impl Sink + 'a {
        let shown: Vec<usize> = (0..selection.shown).collect();
        let mut sinks: Vec<Box<dyn Sink + 'a>> = Vec::new();
        if selection.is_measured {
            sinks.push(Box::new(Pick::new(selection.measured.clone(), &mut recorders.measured)));
        }
        if !selection.drawn.is_empty() {
            sinks.push(Box::new(Pick::new(selection.drawn.clone(), &mut recorders.drawn)));
        }
        let mut files: Vec<Box<dyn Sink + 'a>> = Vec::new();
        files.extend(self.files.iter_mut().map(|f| Box::new(f) as Box<dyn Sink + 'a>));
        files.extend(raw.writer.as_mut().map(|w| Box::new(w) as Box<dyn Sink + 'a>));
        if !files.is_empty() {
            let files = Pick::new(shown, Fan(files));
            sinks.push(match room {
                Some(room) => Box::new(Limit { room, inner: files }),
                None => Box::new(files),
            });
        }
        if let Some(devices) = &mut self.devices {
            sinks.push(Box::new(Pick::new(selection.probes.clone(), devices)));
        }
        Stepped { steps: steps.to_vec(), inner: Count { rows: &mut self.rows, inner: Fan(sinks) } }
    }

    pub fn add(&mut self, stats: &Stats) {
        self.stats.accepted += stats.accepted;
        self.stats.rejected += stats.rejected;
        self.stats.newton += stats.newton;
    }

    /// Takes the waves of a step point for plots and the summary.
    pub fn keep(&mut self, selection: Selection, waves: Vec<Wave>) {
        if let ("op", [wave]) = (self.kind, &waves[..]) {
            let columns = wave.header.columns.iter().enumerate();
            let value = |k: usize| wave.real(k).first().copied().unwrap_or(f64::NAN);
            self.values = columns.map(|(k, c)| (c.name.clone(), c.unit.to_string(), value(k))).collect();
        }
        if let ("noise", [wave]) = (self.kind, &waves[..]) {
            let named = |name: &str| wave.header.columns.iter().position(|c| c.name == name);
            let totals = [("onoise", "onoise_total"), ("inoise", "inoise_total")];
            self.values = totals
                .into_iter()
                .filter_map(|(density, name)| {
                    let column = named(density)?;
                    let unit = wave.header.columns[column].unit.split('/').next().unwrap_or_default().to_string();
                    Some((name.to_string(), unit, noise_total(&wave.scale, &wave.real(column))))
                })
                .collect();
        }
        self.real = selection.drawn.iter().map(|&c| selection.real[c]).collect();
        self.figures = selection.figures;
        self.waves.extend(waves);
    }

    pub fn done(self) -> Done {
        Done { name: self.name, rows: self.rows, stats: self.stats, seconds: self.seconds, values: self.values }
    }
}

/// An error of the file system with the path it is about.
fn named(path: &Path, error: io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}
