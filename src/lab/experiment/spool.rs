//! Accepted points of a transient, and attempts at time steps → a file of numbers while they come, so that memory stays
//! bounded; when the experiment is over, the files of all its points become what the user asked for, in their order.

use serde::{Deserialize, Serialize};

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use super::place::Place;
use super::trail::trails;
use crate::analysis::Attempt;
use crate::analysis::sink::{Column, Header, Row, Sink};
use crate::circuit::equation::Quantity;
use crate::kernel::Bench;
use crate::lab::writer::TraceWriter;
use crate::mna::System;
use crate::process::history::Kept;
use crate::process::world::Plant;

/// Values written of one experiment without a `.save` card.
pub const ROOM: u64 = 2_000_000;

/// Where the transients of an experiment are kept.
pub struct Spooling {
    folder: PathBuf,
    waves: bool,
    trace: bool,
    /// Values that may still be written
    room: Arc<AtomicU64>,
}

/// What a file holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Held {
    /// Rows of time and values
    Waves(Vec<Column>),
    /// Lines of csv, a head first
    Attempts,
}

/// What one point left.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Spool {
    pub path: PathBuf,
    pub held: Held,
    /// Sweep variables and `run`
    pub point: Vec<(String, f64)>,
    /// There was no room for all of it
    #[serde(skip)]
    pub cut: Arc<AtomicUsize>,
    /// Where its rows go
    #[serde(skip)]
    pub out: Option<Arc<Mutex<Rows>>>,
}

/// A file of rows under way.
#[derive(Debug)]
pub struct Rows {
    file: BufWriter<File>,
    count: u64,
}

impl Rows {
    /// After its first `count` rows, each of `width` bytes, if there are such.
    fn open(path: &Path, count: Option<u64>, width: u64) -> io::Result<Rows> {
        let Some(count) = count else { return Ok(Rows { file: BufWriter::new(File::create(path)?), count: 0 }) };
        let mut file = File::options().read(true).write(true).open(path)?;
        if file.metadata()?.len() < count * width {
            return Err(io::Error::other(format!("{} is shorter than it should be", path.display())));
        }
        file.set_len(count * width)?;
        file.seek(SeekFrom::End(0))?;
        Ok(Rows { file: BufWriter::new(file), count })
    }

    fn put(&mut self, time: f64, values: &[f64]) -> bool {
        let mut put = |v: f64| self.file.write_all(&v.to_le_bytes());
        let written = put(time).is_ok() && values.iter().all(|v| put(*v).is_ok());
        self.count += u64::from(written);
        written
    }

    /// How many are in the file, all of them written.
    pub fn flushed(&mut self) -> io::Result<u64> {
        self.file.flush().map(|()| self.count)
    }
}

impl Spool {
    /// Everything is in the file.
    pub fn closed(self) -> Spool {
        if let Some(out) = &self.out
            && !out.lock().is_ok_and(|mut rows| rows.flushed().is_ok())
        {
            self.cut.fetch_add(1, Ordering::Relaxed);
        }
        Spool { out: None, ..self }
    }

    /// Whether time passed: a point at time 0 alone is no wave.
    pub fn advanced(&self) -> bool {
        let look = || -> io::Result<bool> {
            match &self.held {
                Held::Waves(columns) => {
                    let width = 8 * (columns.len() as u64 + 1);
                    let mut file = File::open(&self.path)?;
                    let rows = file.metadata()?.len() / width;
                    file.seek(SeekFrom::Start(rows.saturating_sub(1) * width))?;
                    let mut time = [0; 8];
                    file.read_exact(&mut time)?;
                    Ok(f64::from_le_bytes(time) > 0.0)
                }
                Held::Attempts => Ok(std::fs::read(&self.path)?.iter().filter(|b| **b == b'\n').count() > 1),
            }
        };
        look().unwrap_or(false)
    }
}

impl Spooling {
    pub fn new(folder: PathBuf, waves: bool, trace: bool) -> Spooling {
        Spooling { folder, waves, trace, room: Arc::new(AtomicU64::new(ROOM)) }
    }

    /// Keeps from now on what a bench does, behind so many rows of each file where it goes on.
    pub fn attach(&self, bench: &mut Bench, place: &Place, rows: Option<&[u64]>) -> io::Result<Vec<Spool>> {
        let saved = place.ready.deck.plan.saves.is_some();
        let waves = self.waves && (place.names.is_empty() || saved);
        let mut out = Vec::new();
        let point: Vec<(String, f64)> =
            place.names.iter().map(|(n, v)| (n.clone(), v.number().unwrap_or(f64::NAN))).collect();
        if waves || self.trace {
            std::fs::create_dir_all(&self.folder)?;
        }
        if waves {
            let list = trails(&place.ready.deck);
            let what: Vec<Kept> = list.iter().map(|t| t.what.clone()).collect();
            let path = self.path("waves", place);
            let width = list.len() as u64 + 1;
            let known = rows.map(|r| r.first().copied().unwrap_or(0));
            let file = Arc::new(Mutex::new(Rows::open(&path, known, 8 * width)?));
            let spool = Spool {
                path,
                held: Held::Waves(list.into_iter().map(|t| t.column).collect()),
                point: point.clone(),
                cut: Arc::default(),
                out: Some(file.clone()),
            };
            let follow: Vec<Quantity> =
                what.iter().filter_map(|k| if let Kept::Quantity(q) = k { Some(q.clone()) } else { None }).collect();
            bench.follow(&follow);
            let (room, cut) = (if saved { None } else { Some(self.room.clone()) }, spool.cut.clone());
            if let (Some(room), Some(known)) = (&room, known) {
                let left = |r: u64| Some(r.saturating_sub(known * width));
                let _ = room.fetch_update(Ordering::Relaxed, Ordering::Relaxed, left);
            }
            bench.record(
                what,
                known.is_none(),
                Box::new(move |time, values| {
                    let enough = room.as_ref().is_none_or(|room| {
                        room.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |r| r.checked_sub(width)).is_ok()
                    });
                    let written = enough && file.lock().is_ok_and(|mut file| file.put(time, values));
                    if !written {
                        cut.fetch_add(1, Ordering::Relaxed);
                    }
                    written
                }),
            );
            out.push(spool);
        }
        if self.trace {
            let path = self.path("trace", place);
            let mut writer = TraceWriter::to(BufWriter::new(File::create(&path)?));
            writer.begin(&point)?;
            let see = move |system: &System, attempt: &Attempt| writer.attempt(system, attempt);
            bench.trace(Box::new(see));
            out.push(Spool { path, held: Held::Attempts, point, cut: Arc::default(), out: None });
        }
        Ok(out)
    }

    /// Named by the point, so that another process finds it.
    fn path(&self, what: &str, place: &Place) -> PathBuf {
        self.folder.join(format!(".{what}-{:016x}", crate::random::key::hash(&place.key)))
    }
}

/// What the user asked for, of all points in their order: waves go to `sinks`, attempts to `trace`.
pub fn replay(list: &[Spool], sinks: &mut dyn Sink, trace: &Path) -> io::Result<()> {
    let mut lines: Option<BufWriter<File>> = None;
    for spool in list {
        match &spool.held {
            Held::Waves(columns) => rows(spool, columns, sinks)?,
            Held::Attempts => {
                let text = std::fs::read(&spool.path)?;
                // The head is that of the first.
                let begin = match lines {
                    None => 0,
                    Some(_) => text.iter().position(|b| *b == b'\n').map_or(text.len(), |k| k + 1),
                };
                let out = match &mut lines {
                    Some(out) => out,
                    None => lines.insert(BufWriter::new(File::create(trace)?)),
                };
                out.write_all(&text[begin..])?;
            }
        }
    }
    lines.map_or(Ok(()), |mut l| l.flush())
}

fn rows(spool: &Spool, columns: &[Column], sink: &mut dyn Sink) -> io::Result<()> {
    let mut file = BufReader::new(File::open(&spool.path)?);
    sink.begin(&Header {
        analysis: "tran",
        steps: spool.point.clone(),
        scale: Some(Column { name: "time".into(), unit: "s".into() }),
        columns: columns.to_vec(),
        complex: false,
    })?;
    let mut bytes = vec![0; 8 * (columns.len() + 1)];
    // A row torn by a killed program is left out.
    while file.read_exact(&mut bytes).is_ok() {
        let mut values = bytes.chunks_exact(8).map(|b| f64::from_le_bytes(b.try_into().unwrap_or_default()));
        let time = values.next().unwrap_or_default();
        sink.row(time, Row::Real(&values.collect::<Vec<_>>()))?;
    }
    sink.end()
}

/// Takes the files away.
pub fn remove(list: &[Spool]) {
    list.iter().for_each(|s| drop(std::fs::remove_file(&s.path)));
}

/// Those of a place, opened when its circuit comes to life.
pub type Opened = Mutex<Vec<Spool>>;
