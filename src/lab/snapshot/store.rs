//! Snapshot files: where they lie, how they are read, written, accepted and rejected.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::front::{self, Front};
use super::read;
use super::sheet::Sheet;
use super::text;

/// The folder beside the netlist.
pub const FOLDER: &str = "snapshots";
/// Between the netlist's name and the experiment's, as insta has it between module and test.
const JOINT: &str = "__";

/// A snapshot as it lies in a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Stored {
    pub front: Front,
    pub sheets: Vec<Sheet>,
}

#[derive(Debug, Error)]
pub enum StoreError {
    #[error("{}: {source}", path.display())]
    File { path: PathBuf, source: io::Error },
    #[error("{}:{line}: {why}", path.display())]
    Text { path: PathBuf, line: usize, why: String },
}

impl Stored {
    /// The file's text.
    pub fn write(&self) -> String {
        front::write(&self.front, &text::write(&self.sheets, self.front.within))
    }

    /// Reads a `.snap` or a `.snap.new`; None where there is none.
    pub fn load(path: &Path) -> Result<Option<Stored>, StoreError> {
        match fs::read(path) {
            Ok(bytes) => Stored::read(&String::from_utf8_lossy(&bytes), path).map(Some),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(StoreError::File { path: path.into(), source }),
        }
    }

    /// Reads a file's text; `path` for messages.
    pub fn read(file: &str, path: &Path) -> Result<Stored, StoreError> {
        let text_error = |line: usize, why: String| StoreError::Text { path: path.into(), line, why };
        let file = file.replace("\r\n", "\n");
        let (front, lines, text) = front::read(&file).map_err(|why| text_error(1, why))?;
        let sheets = read::read(text).map_err(|e| text_error(lines + e.line, e.why))?;
        Ok(Stored { front, sheets })
    }
}

/// The file of the `ordinal`th snapshot (from 1) of an experiment: `snapshots/rc__step.snap`, `snapshots/rc__step-2.snap`.
pub fn path(netlist: &Path, experiment: &str, ordinal: usize) -> PathBuf {
    let number = if ordinal > 1 { format!("-{ordinal}") } else { String::new() };
    let folder = netlist.parent().unwrap_or(Path::new("")).join(FOLDER);
    folder.join(format!("{}{experiment}{number}.snap", prefix(netlist)))
}

/// What the names of all snapshots of a netlist begin with.
pub fn prefix(netlist: &Path) -> String {
    // `rc.cir` and `rc.net` are two netlists.
    let name = match netlist.extension() == Some(OsStr::new("cir")) {
        true => netlist.file_stem(),
        false => netlist.file_name(),
    };
    name.unwrap_or(OsStr::new("netlist")).to_string_lossy().into_owned() + JOINT
}

/// Where a snapshot waits to be looked at.
pub fn pending(snap: &Path) -> PathBuf {
    let mut name = snap.as_os_str().to_os_string();
    name.push(".new");
    name.into()
}

/// Writes a file and the folder it lies in; a reader sees the old one or the new one.
pub fn write(path: &Path, text: &str) -> Result<(), StoreError> {
    let failed = |source| StoreError::File { path: path.into(), source };
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    let mut name = path.as_os_str().to_os_string();
    name.push(format!(".{}~", std::process::id()));
    let beside = PathBuf::from(name);
    fs::write(&beside, text).and_then(|()| fs::rename(&beside, path)).map_err(|e| {
        let _ = fs::remove_file(&beside);
        failed(e)
    })
}

/// A pending snapshot becomes the one that is kept.
pub fn accept(snap: &Path) -> Result<(), StoreError> {
    let new = pending(snap);
    let text = fs::read_to_string(&new).map_err(|source| StoreError::File { path: new, source })?;
    write(snap, &front::kept(&text))?;
    reject(snap)
}

/// Removes a pending snapshot, where there is one; what is kept stays as it is.
pub fn reject(snap: &Path) -> Result<(), StoreError> {
    let new = pending(snap);
    match fs::remove_file(&new) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(StoreError::File { path: new, source: e }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::within::Within;
    use super::*;

    fn stored(v: f64) -> Stored {
        let front = Front {
            source: "rc.cir".into(),
            line: Some(7),
            expression: "V(out), \"x\\y\" every 10u within 1%".into(),
            within: Within::Percent(1.0),
            shift: 5e-6,
        };
        Stored { front, sheets: vec![Sheet::values([("mu", "V", v)])] }
    }

    #[test]
    fn files_are_named_as_insta_names_them() {
        let name = |netlist: &str, n| path(Path::new(netlist), "step", n).to_string_lossy().into_owned();
        assert_eq!(name("rc.cir", 1), "snapshots/rc__step.snap");
        assert_eq!(name("a/rc.cir", 3), "a/snapshots/rc__step-3.snap");
        assert_eq!(name("rc.net", 1), "snapshots/rc.net__step.snap");
        assert_eq!(pending(Path::new("a/b.snap")), Path::new("a/b.snap.new"));
    }

    #[test]
    fn accepting_keeps_the_new_one_without_its_line() {
        let dir = tempfile::tempdir().unwrap();
        let snap = path(&dir.path().join("rc.cir"), "step", 1);
        assert_eq!(Stored::load(&snap).unwrap(), None);
        write(&pending(&snap), &stored(0.5).write()).unwrap();
        accept(&snap).unwrap();
        let kept = Stored::load(&snap).unwrap().unwrap();
        assert_eq!((kept.front.line, &kept.sheets), (None, &stored(0.5).sheets));
        assert!(!pending(&snap).exists());
        write(&pending(&snap), &stored(0.7).write()).unwrap();
        reject(&snap).unwrap();
        reject(&snap).unwrap();
        assert_eq!(Stored::load(&snap).unwrap(), Some(kept));
        assert_eq!(fs::read_dir(snap.parent().unwrap()).unwrap().count(), 1);
        assert!(matches!(accept(&snap), Err(StoreError::File { .. })));
    }

    #[test]
    fn instas_own_reader_reads_the_file_and_we_read_what_it_writes() {
        let dir = tempfile::tempdir().unwrap();
        let snap = path(&dir.path().join("rc.cir"), "step", 2);
        write(&pending(&snap), &stored(0.5).write()).unwrap();
        let seen = insta::Snapshot::from_file(&pending(&snap)).unwrap();
        assert_eq!(seen.metadata().source(), Some("rc.cir"));
        assert_eq!(seen.metadata().assertion_line(), Some(7));
        assert_eq!(seen.metadata().expression(), Some(&*stored(0.5).front.expression));
        assert_eq!(seen.as_text().unwrap().to_string(), "[values]\nmu  500  mV");
        let named = insta::Snapshot::from_file(&{
            write(&snap, &stored(0.5).write()).unwrap();
            snap.clone()
        });
        assert_eq!(named.as_ref().unwrap().module_name(), "rc");
        assert_eq!(named.unwrap().snapshot_name(), Some("step-2"));
        // What `cargo insta accept` does
        seen.save(&snap).unwrap();
        let kept = Stored::load(&snap).unwrap().unwrap();
        assert_eq!(kept, Stored { front: Front { line: None, ..stored(0.5).front }, sheets: stored(0.5).sheets });
    }

    #[test]
    fn a_broken_file_is_reported_with_its_line() {
        let file = stored(0.5).write().replace("500", "five");
        let error = Stored::read(&file, Path::new("rc.snap")).unwrap_err().to_string();
        let line = file.lines().position(|l| l.contains("five")).unwrap() + 1;
        assert_eq!(error, format!("rc.snap:{line}: `five` is not a number"));
    }
}
