//! `.include` and `.lib`: which file is meant, reading it within bounds, and loops.

use std::collections::HashMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::diag::{Diagnostic, Span};
use crate::syntax::decode::{Finding, decode};
use crate::syntax::source::Text;

/// Largest file in bytes.
pub const MAX_FILE: u64 = 256 << 20;
/// Bytes of all files of a netlist together, repeated ones counted each time.
const MAX_TOTAL: usize = 512 << 20;
/// Inclusions of a netlist, and how deep they may be inside each other.
const MAX_INCLUDES: usize = 10_000;
const MAX_CHAIN: usize = 50;
/// How many folders, from that of the including file up, may hold the `.git` that marks the library root.
const LEVELS_UP: usize = 8;

/// Where files are looked for beside the folder of the including file.
#[derive(Clone, Debug, Default)]
pub struct LoadOptions {
    /// The library root: above it no search goes. When none is given it is the nearest folder with a `.git`, and where
    /// there is none the folder above the including file's.
    pub root: Option<PathBuf>,
    /// Folders to look in at last, in this order.
    pub search: Vec<PathBuf>,
}

/// Files read so far, by their real paths, and the limits on them.
#[derive(Default)]
pub struct Library {
    texts: HashMap<PathBuf, (Arc<Text>, Option<Finding>)>,
    total: usize,
    count: usize,
    /// Real paths of the files being read, the main file first.
    pub open: Vec<(PathBuf, Option<String>)>,
}

/// A file that was found and read.
pub struct Loaded {
    /// As reports name it.
    pub path: PathBuf,
    pub real: PathBuf,
    pub text: Arc<Text>,
    pub finding: Option<Diagnostic>,
}

/// Why a file cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error("it is a folder")]
    Folder,
    #[error("it is larger than {} MiB", MAX_FILE >> 20)]
    TooLarge,
    #[error("{0}")]
    Io(#[from] std::io::Error),
}

impl ReadError {
    /// What to do about it.
    pub fn help(&self) -> &'static str {
        match self {
            ReadError::Folder => "name a file in it",
            ReadError::TooLarge => "data belong in csv, npy or idx files, which a netlist names",
            ReadError::Io(_) => "check the path and its permissions",
        }
    }
}

/// All bytes of a file, refused from its metadata when it is too large.
pub fn read(path: &Path) -> Result<Vec<u8>, ReadError> {
    let data = std::fs::metadata(path)?;
    if data.is_dir() {
        return Err(ReadError::Folder);
    }
    if data.len() > MAX_FILE {
        return Err(ReadError::TooLarge);
    }
    read_from(File::open(path)?)
}

/// All bytes of a stream, within the same bound.
pub fn read_from(stream: impl Read) -> Result<Vec<u8>, ReadError> {
    let mut bytes = Vec::new();
    stream.take(MAX_FILE + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_FILE { Err(ReadError::TooLarge) } else { Ok(bytes) }
}

impl Library {
    /// Finds and reads the file that an `.include` at `span` in `from` names.
    pub fn load(
        &mut self,
        name: &str,
        section: Option<&str>,
        from: &Path,
        span: Span,
        options: &LoadOptions,
    ) -> Result<Loaded, Box<Diagnostic>> {
        let candidates = candidates(name, from, options);
        let Some(path) = candidates.iter().find(|path| path.is_file()) else {
            return Err(Box::new(missing(name, span, &candidates)));
        };
        let refuse = |code, text: String, help: &str| {
            Box::new(Diagnostic::error(code, text).at(span, "included here").help(help))
        };
        let real = std::fs::canonicalize(path).unwrap_or_else(|_| path.clone());
        let section = section.map(str::to_ascii_lowercase);
        if self.open.iter().any(|(p, s)| *p == real && (*s == section || s.is_none())) {
            let text = format!("{} includes itself", path.display());
            return Err(refuse("syntax::include-loop", text, "take one of the inclusions of this chain out"));
        }
        if self.open.len() > MAX_CHAIN {
            let text = format!("files included more than {MAX_CHAIN} deep");
            return Err(refuse("syntax::include-depth", text, "include the innermost files directly"));
        }
        self.count += 1;
        if !self.texts.contains_key(&real) {
            let bytes = read(path).map_err(|e| {
                let text = format!("cannot read {}: {e}", path.display());
                refuse("syntax::unreadable", text, e.help())
            })?;
            let decoded = decode(&bytes);
            self.texts.insert(real.clone(), (Arc::new(Text::new(decoded.content)), decoded.finding));
        }
        let Some((text, finding)) = self.texts.get_mut(&real) else {
            return Err(Box::new(missing(name, span, &candidates)));
        };
        self.total += text.content.len();
        if self.total > MAX_TOTAL || self.count > MAX_INCLUDES {
            let text = format!("more than {} MiB or {MAX_INCLUDES} files are included", MAX_TOTAL >> 20);
            return Err(refuse("syntax::too-much", text, "are files including each other many times over?"));
        }
        let path = path.clone();
        let finding = finding.take().map(|f| f.report(crate::diag::FileId(u32::MAX), &path.to_string_lossy()));
        Ok(Loaded { path, real, text: text.clone(), finding })
    }
}

/// The paths to try in order: beside `from`, then its parents, then the search folders.
fn candidates(name: &str, from: &Path, options: &LoadOptions) -> Vec<PathBuf> {
    let name = Path::new(name);
    if name.is_absolute() {
        return vec![name.to_path_buf()];
    }
    let folder = from.parent().unwrap_or(Path::new(""));
    let mut paths = vec![folder.join(name)];
    let real = |p: &Path| std::fs::canonicalize(if p.as_os_str().is_empty() { Path::new(".") } else { p });
    if let Ok(start) = real(folder) {
        let given = options.root.as_deref().and_then(|r| real(r).ok()).filter(|r| start.starts_with(r));
        let parent = || start.parent().map(Path::to_path_buf).filter(|_| options.root.is_none());
        let root = given
            .or_else(|| start.ancestors().take(LEVELS_UP).find(|a| a.join(".git").exists()).map(Path::to_path_buf));
        if let Some(root) = root.or_else(parent) {
            paths.extend(start.ancestors().skip(1).take_while(|a| a.starts_with(&root)).map(|a| a.join(name)));
        }
    }
    paths.extend(options.search.iter().map(|folder| folder.join(name)));
    paths
}

fn missing(name: &str, span: Span, tried: &[PathBuf]) -> Diagnostic {
    let mut help = String::from("looked for");
    for path in tried.iter().take(6) {
        help.push_str(&format!("\n  {}", path.display()));
    }
    if let Some(like) = tried.iter().find_map(|path| like(path)) {
        help = format!("did you mean {like}? {help}");
    }
    Diagnostic::error("syntax::missing-file", format!("there is no file `{name}`")).at(span, "included here").help(help)
}

/// A file of nearly the same name in the same folder.
fn like(path: &Path) -> Option<String> {
    let wanted = path.file_name()?.to_str()?;
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let entries = std::fs::read_dir(folder).ok()?.take(1000);
    let names: Vec<String> = entries.filter_map(|e| e.ok()?.file_name().into_string().ok()).collect();
    crate::diag::closest(wanted, names.iter().map(String::as_str)).map(str::to_owned)
}
