//! Paths → the snapshots below them that wait to be looked at.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::store::{FOLDER, prefix};

const NEW: &str = ".snap.new";
/// Deeper folders are not looked into.
const MOST_DEEP: usize = 64;

/// Files below `paths` whose name passes, in the order of their names. Folders that are hidden or called `target`, and
/// links to folders, are left out. A path that is no folder is given as it is, whatever its name.
pub fn files(paths: &[PathBuf], wanted: &dyn Fn(&str) -> bool) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for path in paths {
        let about = fs::metadata(path).map_err(|e| io::Error::new(e.kind(), format!("{}: {e}", path.display())))?;
        if about.is_dir() {
            below(path, wanted, 0, &mut found)?;
        } else {
            found.push(path.clone());
        }
    }
    let mut known = std::collections::HashSet::new();
    found.retain(|path| known.insert(fs::canonicalize(path).unwrap_or_else(|_| path.clone())));
    Ok(found)
}

fn below(folder: &Path, wanted: &dyn Fn(&str) -> bool, deep: usize, found: &mut Vec<PathBuf>) -> io::Result<()> {
    let named = |e: io::Error| io::Error::new(e.kind(), format!("{}: {e}", folder.display()));
    let mut entries = fs::read_dir(folder).map_err(named)?.collect::<io::Result<Vec<_>>>().map_err(named)?;
    entries.sort_by_key(|e| e.file_name());
    for entry in entries {
        let (name, kind) = (entry.file_name(), entry.file_type().map_err(named)?);
        let name = name.to_string_lossy();
        let path = if folder == Path::new(".") { PathBuf::from(entry.file_name()) } else { entry.path() };
        if kind.is_dir() {
            if !name.starts_with('.') && name != "target" && deep < MOST_DEEP {
                below(&path, wanted, deep + 1, found)?;
            }
        } else if wanted(&name) {
            found.push(path);
        }
    }
    Ok(())
}

/// The `.snap` files (which need not be there) that have a `.snap.new` beside them. A path may be a folder, a netlist, a
/// `.snap` or a `.snap.new`.
pub fn snapshots(paths: &[PathBuf]) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for path in paths {
        let name = path.file_name().unwrap_or(OsStr::new("")).to_string_lossy().into_owned();
        let new = if name.ends_with(".snap") { path.with_file_name(format!("{name}.new")) } else { path.clone() };
        if name.ends_with(NEW) || name.ends_with(".snap") {
            found.extend(new.is_file().then_some(new));
        } else if path.is_file() {
            let (folder, prefix) = (path.parent().unwrap_or(Path::new("")).join(FOLDER), prefix(path));
            if folder.is_dir() {
                below(&folder, &|n| n.starts_with(&prefix) && n.ends_with(NEW), MOST_DEEP, &mut found)?;
            }
        } else {
            found.extend(files(std::slice::from_ref(path), &|n| n.ends_with(NEW))?);
        }
    }
    let mut snaps: Vec<PathBuf> = found.iter().map(|new| new.with_extension("")).collect();
    snaps.sort();
    snaps.dedup();
    Ok(snaps)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_pending_is_found_by_folder_netlist_or_name() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        for name in [
            "a/rc.cir",
            "a/snapshots/rc__x.snap.new",
            "a/snapshots/rc__x.snap",
            "a/snapshots/rc__y-2.snap.new",
            "a/snapshots/rc2__x.snap.new",
            "b/snapshots/q__x.snap",
            "target/z.snap.new",
            ".git/z.snap.new",
        ] {
            fs::create_dir_all(at(name).parent().unwrap()).unwrap();
            fs::write(at(name), "").unwrap();
        }
        let found = |path: &str| -> Vec<String> {
            let name = |p: &PathBuf| p.strip_prefix(dir.path()).unwrap().to_string_lossy().into_owned();
            snapshots(&[at(path)]).unwrap().iter().map(name).collect()
        };
        let all = ["a/snapshots/rc2__x.snap", "a/snapshots/rc__x.snap", "a/snapshots/rc__y-2.snap"];
        assert_eq!(found(""), all);
        assert_eq!(found("a/rc.cir"), all[1..]);
        assert_eq!(found("a/snapshots/rc__x.snap"), all[1..2]);
        assert_eq!(found("a/snapshots/rc__y-2.snap.new"), all[2..]);
        assert!(found("b").is_empty());
        assert!(snapshots(&[at("absent")]).unwrap_err().to_string().contains("absent"));
        let netlists = files(&[dir.path().to_path_buf(), at("a/rc.cir")], &|n| n.ends_with(".cir")).unwrap();
        assert_eq!(netlists, [at("a/rc.cir")]);
    }
}
