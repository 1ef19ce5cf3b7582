//! Points of sweeps, and whole experiments, that came to their end ⇄ a file they are appended to, so that a run that was
//! killed does not compute them again. A point under way has a file of its own ([`UnderWay`]).
//!
//! A record is the length of what follows (8 bytes), its hash (8 bytes), and key and notes. A torn record at the end is left
//! out.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use super::notes::Notes;
use super::tape::Under;
use crate::syntax::ast::Stmt;
use crate::syntax::ast::visit::statements;

/// See the module.
#[derive(Debug)]
pub struct Journal {
    known: HashMap<String, Vec<u8>>,
    file: Mutex<File>,
    path: PathBuf,
    every: Duration,
}

/// Where a point under way is kept, and how often.
#[derive(Clone, Debug)]
pub struct UnderWay {
    path: PathBuf,
    every: Duration,
    last: Instant,
}

impl UnderWay {
    /// What an earlier run kept.
    pub fn read(&self) -> Option<Under> {
        postcard::from_bytes(&std::fs::read(&self.path).ok()?).ok()
    }

    pub fn is_due(&self) -> bool {
        self.last.elapsed() >= self.every
    }

    /// Where it is written before it takes the place of the one before.
    fn fresh(&self) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(".new");
        name.into()
    }

    /// It is under way no more.
    fn remove(&self) {
        [&self.path, &self.fresh()].into_iter().for_each(|p| drop(std::fs::remove_file(p)));
    }

    /// All of it or nothing.
    pub fn write(&mut self, under: &Under) -> io::Result<()> {
        self.last = Instant::now();
        let bytes = postcard::to_stdvec(under).map_err(io::Error::other)?;
        let fresh = self.fresh();
        std::fs::write(&fresh, bytes)?;
        std::fs::rename(&fresh, &self.path)
    }
}

/// FNV-1a.
fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |h, b| (h ^ u64::from(*b)).wrapping_mul(0x0000_0100_0000_01b3))
}

impl Journal {
    /// Opens the file, with everything that is in it.
    pub fn open(path: &Path, every: Duration) -> io::Result<Journal> {
        let mut file = File::options().read(true).write(true).create(true).truncate(false).open(path)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let mut known = HashMap::new();
        let mut at = 0;
        while let Some((key, notes, end)) = record(&bytes, at) {
            known.insert(key, notes);
            at = end;
        }
        file.set_len(at as u64)?;
        file.seek(SeekFrom::End(0))?;
        Ok(Journal { known, file: Mutex::new(file), path: path.to_path_buf(), every })
    }

    /// What a point kept in an earlier run; `body` is the experiment's.
    pub fn find(&self, key: &str, body: &[Stmt]) -> Option<Notes> {
        let mut notes: Notes = postcard::from_bytes(self.known.get(key)?).ok()?;
        for shot in &mut notes.shots {
            statements(body, &mut |s| {
                if s.span == shot.span {
                    shot.statement.clone_from(s);
                }
            });
        }
        Some(notes)
    }

    /// Where a point is kept while it is under way.
    pub fn under_way(&self, key: &str) -> UnderWay {
        let mut name = self.path.clone().into_os_string();
        name.push(format!("-{:016x}", hash(key.as_bytes())));
        UnderWay { path: name.into(), every: self.every, last: Instant::now() }
    }

    /// Appends what a point kept. What cannot be written is computed again next time.
    pub fn keep(&self, key: &str, notes: &Notes) {
        let Ok(notes) = postcard::to_stdvec(notes) else { return };
        let Ok(text) = postcard::to_stdvec(&(key, notes)) else { return };
        let mut bytes = (text.len() as u64).to_le_bytes().to_vec();
        bytes.extend(hash(&text).to_le_bytes());
        bytes.extend(text);
        if let Ok(mut file) = self.file.lock() {
            let _ = file.write_all(&bytes);
        }
        self.under_way(key).remove();
    }
}

/// Key and notes of the record at a place, and where it ends.
fn record(bytes: &[u8], at: usize) -> Option<(String, Vec<u8>, usize)> {
    let number = |k: usize| Some(u64::from_le_bytes(bytes.get(k..k + 8)?.try_into().ok()?));
    let (length, sum) = (usize::try_from(number(at)?).ok()?, number(at + 8)?);
    let end = (at + 16).checked_add(length)?;
    let text = bytes.get(at + 16..end)?;
    if hash(text) != sum {
        return None;
    }
    let (key, notes): (String, Vec<u8>) = postcard::from_bytes(text).ok()?;
    Some((key, notes, end))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::{FileId, Span};
    use crate::value::Value;

    fn notes(v: f64) -> Notes {
        let mut notes = Notes::default();
        let span = Span::new(FileId(0), 1, 2);
        notes.table.push(vec![("v".into(), Value::Number(v))], span).unwrap();
        notes.measure("m", Value::vector(vec![v, -0.0]));
        notes
    }

    #[test]
    fn finished_points_are_there_and_a_torn_one_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("points");
        let journal = Journal::open(&path, Duration::ZERO).unwrap();
        (0..3).for_each(|k| journal.keep(&format!("e/0.{k}"), &notes(f64::from(k))));
        drop(journal);
        let whole = std::fs::read(&path).unwrap();
        std::fs::write(&path, &whole[..whole.len() - 3]).unwrap();
        let journal = Journal::open(&path, Duration::ZERO).unwrap();
        let found = |k: usize| journal.find(&format!("e/0.{k}"), &[]);
        assert_eq!(found(1).map(|n| n.measures), Some(notes(1.0).measures));
        assert_eq!(found(0).map(|n| n.table.len()), Some(1));
        assert!(found(2).is_none());
        // What comes now stands where the torn one stood.
        journal.keep("e/0.2", &notes(2.0));
        assert!(Journal::open(&path, Duration::ZERO).unwrap().find("e/0.2", &[]).is_some());
    }
}
