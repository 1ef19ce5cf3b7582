//! Transients of a deck under way ⇄ files beside `--checkpoint FILE`, so that a run that was killed goes on where it was.
//!
//! `FILE` says of what it is; `FILE.points` are finished points of experiments, `FILE.points-KEY` those under way; `FILE.tran-K-A` is the last state kept of analysis A at step point K, `FILE.rows-K-A` its rows
//! up to there, which are given once more when the run goes on: files, measures and plots come out the same.

use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::analysis::sink::{Keep, Restart, Stats};

/// Where a run keeps itself.
#[derive(Clone, Debug)]
pub struct Checkpoint {
    pub file: PathBuf,
    /// From one state kept to the next
    pub every: Duration,
    /// What the run is of: netlist, parameters, seed, version
    pub of: u64,
}

/// What `FILE` holds.
#[derive(Serialize, Deserialize)]
struct Head {
    version: String,
    of: u64,
}

/// What is known of a transient.
#[derive(Serialize, Deserialize)]
struct Known {
    /// Rows up to the state
    rows: u64,
    /// It came to its end.
    done: Option<Stats>,
    state: Vec<u8>,
}

impl Checkpoint {
    /// Begins anew: what an earlier run kept there is taken away.
    pub fn begin(&self) -> io::Result<()> {
        for path in self.companions() {
            fs::remove_file(path)?;
        }
        let head = Head { version: env!("CARGO_PKG_VERSION").into(), of: self.of };
        fs::write(&self.file, serde_json::to_string_pretty(&head)? + "\n")
    }

    /// Goes on from what is there; false where that is of another run.
    pub fn goes_on(&self) -> io::Result<bool> {
        let head: Head = serde_json::from_slice(&fs::read(&self.file)?)?;
        Ok(head.of == self.of && head.version == env!("CARGO_PKG_VERSION"))
    }

    /// The file of finished points of experiments.
    pub fn points(&self) -> PathBuf {
        self.beside("points")
    }

    fn beside(&self, what: &str) -> PathBuf {
        let mut name = self.file.clone().into_os_string();
        name.push(format!(".{what}"));
        name.into()
    }

    /// Files of this checkpoint.
    fn companions(&self) -> Vec<PathBuf> {
        let folder = self.file.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let stem = self.file.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let own = |name: &str| {
            name.strip_prefix(&stem).is_some_and(|rest| {
                rest == ".points"
                    || rest.starts_with(".points-")
                    || rest.starts_with(".tran-")
                    || rest.starts_with(".rows-")
            })
        };
        let Ok(list) = fs::read_dir(folder) else { return Vec::new() };
        list.flatten().filter(|f| own(&f.file_name().to_string_lossy())).map(|f| f.path()).collect()
    }

    /// Of analysis `a` at step point `k`.
    pub fn keeper(&self, k: usize, a: usize) -> Keeper {
        Keeper {
            state: self.beside(&format!("tran-{k}-{a}")),
            rows: self.beside(&format!("rows-{k}-{a}")),
            every: self.every,
            out: None,
            count: 0,
            last: Instant::now(),
        }
    }
}

/// Keeps one transient.
pub struct Keeper {
    state: PathBuf,
    rows: PathBuf,
    every: Duration,
    out: Option<BufWriter<File>>,
    count: u64,
    last: Instant,
}

impl Keeper {
    fn known(&self) -> Option<Known> {
        postcard::from_bytes(&fs::read(&self.state).ok()?).ok()
    }

    fn write(&mut self, known: &Known) -> io::Result<()> {
        if let Some(out) = &mut self.out {
            out.flush()?;
        }
        let bytes = postcard::to_stdvec(known).map_err(io::Error::other)?;
        // All of it or nothing.
        let fresh = self.state.with_extension("new");
        fs::write(&fresh, bytes)?;
        fs::rename(&fresh, &self.state)
    }
}

impl Keep for Keeper {
    fn restart(&mut self, columns: usize, give: &mut dyn FnMut(f64, &[f64]) -> io::Result<()>) -> io::Result<Restart> {
        let width = 8 * (columns as u64 + 1);
        let known = self.known();
        let rows = known.as_ref().map_or(0, |k| k.rows);
        let mut file = File::options().read(true).write(true).create(true).truncate(false).open(&self.rows)?;
        if file.metadata()?.len() < rows * width {
            return Err(io::Error::other(format!("{} is shorter than it should be", self.rows.display())));
        }
        file.set_len(rows * width)?;
        let mut bytes = vec![0; width as usize];
        {
            let mut reader = BufReader::new(&file);
            let mut row = Vec::with_capacity(columns);
            for _ in 0..rows {
                reader.read_exact(&mut bytes)?;
                let mut values = bytes.chunks_exact(8).map(|b| f64::from_le_bytes(b.try_into().unwrap_or_default()));
                let time = values.next().unwrap_or_default();
                row.clear();
                row.extend(values);
                give(time, &row)?;
            }
        }
        file.seek(SeekFrom::End(0))?;
        (self.out, self.count, self.last) = (Some(BufWriter::new(file)), rows, Instant::now());
        Ok(match known {
            None => Restart::Begin,
            Some(Known { done: Some(stats), .. }) => Restart::Done(stats),
            Some(known) => Restart::From(known.state),
        })
    }

    fn row(&mut self, time: f64, values: &[f64]) -> io::Result<()> {
        let Some(out) = &mut self.out else { return Ok(()) };
        self.count += 1;
        out.write_all(&time.to_le_bytes())?;
        values.iter().try_for_each(|v| out.write_all(&v.to_le_bytes()))
    }

    fn is_due(&self) -> bool {
        self.last.elapsed() >= self.every
    }

    fn keep(&mut self, state: Vec<u8>) -> io::Result<()> {
        self.last = Instant::now();
        self.write(&Known { rows: self.count, done: None, state })
    }

    fn done(&mut self, stats: Stats) -> io::Result<()> {
        self.write(&Known { rows: self.count, done: Some(stats), state: Vec::new() })
    }
}
