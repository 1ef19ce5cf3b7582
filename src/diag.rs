//! What is wrong with a netlist, where, and what to do about it: one type for every pass, drawn by miette.

use serde::{Deserialize, Serialize};

use std::fmt;

/// One file of a netlist, an index into [`crate::syntax::source::Sources`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FileId(pub u32);

/// A range of bytes in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Span {
    pub file: FileId,
    pub start: u32,
    pub end: u32,
}

impl Span {
    pub fn new(file: FileId, start: usize, end: usize) -> Span {
        Span { file, start: start as u32, end: end as u32 }
    }

    /// The smallest range that holds both; `self` where they are in different files.
    pub fn to(self, other: Span) -> Span {
        if self.file != other.file {
            return self;
        }
        Span { file: self.file, start: self.start.min(other.start), end: self.end.max(other.end) }
    }
}

/// How bad it is. Only an error stops a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Severity {
    Note,
    Warning,
    Error,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Severity::Note => "note",
            Severity::Warning => "warning",
            Severity::Error => "error",
        })
    }
}

/// A place and what it has to do with the matter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Label {
    pub span: Span,
    pub text: String,
}

/// A name for serde, which would borrow a reference from what it reads.
pub type Code = &'static str;

/// One finding. `code` is stable and unique to the kind of mistake: `syntax::number`, `elab::unknown-model`, …
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Diagnostic {
    #[serde(deserialize_with = "code")]
    pub code: Code,
    pub severity: Severity,
    pub message: String,
    /// The first label is the place itself, the others are related places.
    pub labels: Vec<Label>,
    pub help: Option<String>,
    /// The name that nothing has, where that is the matter: it may be that of a line which is reported already.
    pub missing: Option<String>,
}

/// A code that was written: the program has it somewhere, and keeps this copy of it.
fn code<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Code, D::Error> {
    String::deserialize(from).map(|text| &*text.leak())
}

impl Diagnostic {
    fn new(severity: Severity, code: &'static str, message: impl Into<String>) -> Diagnostic {
        Diagnostic { code, severity, message: message.into(), labels: Vec::new(), help: None, missing: None }
    }

    pub fn error(code: &'static str, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(Severity::Error, code, message)
    }

    pub fn warning(code: &'static str, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(Severity::Warning, code, message)
    }

    pub fn note(code: &'static str, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(Severity::Note, code, message)
    }

    /// Adds a place; the first one added is the place of the mistake.
    pub fn at(mut self, span: Span, text: impl Into<String>) -> Diagnostic {
        self.labels.push(Label { span, text: text.into() });
        self
    }

    pub fn help(mut self, text: impl Into<String>) -> Diagnostic {
        self.help = Some(text.into());
        self
    }

    /// Says that the matter is a name that nothing has.
    pub fn missing(mut self, name: impl Into<String>) -> Diagnostic {
        self.missing = Some(name.into());
        self
    }

    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// A name behind its article: `a resistor`, `an opamp`.
pub fn a(name: &str) -> String {
    let article = if name.starts_with(['a', 'e', 'i', 'o', 'u', 'A', 'E', 'I', 'O', 'U']) { "an" } else { "a" };
    format!("{article} {name}")
}

/// At most so many findings are told one by one.
const MOST: usize = 100;

/// The first errors and the first others; how many more there are is said at the end.
pub fn first_of(findings: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let (mut errors, mut others) = (0, 0);
    let mut few: Vec<Diagnostic> = Vec::new();
    for d in findings {
        let count = if d.is_error() { &mut errors } else { &mut others };
        *count += 1;
        if *count <= MOST {
            few.push(d);
        }
    }
    if errors > MOST {
        few.push(Diagnostic::error("elab::more", format!("… and {} more errors", errors - MOST)));
    }
    if others > MOST {
        few.push(Diagnostic::warning(
            "elab::more-warnings",
            format!("… and {} more warnings and notes", others - MOST),
        ));
    }
    few
}

/// Whether any finding is an error.
pub fn any_error(diagnostics: &[Diagnostic]) -> bool {
    diagnostics.iter().any(Diagnostic::is_error)
}

/// The known name most like `name`, if one is like it enough to suggest.
pub fn closest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let name = name.to_lowercase();
    let letters = name.chars().count();
    let limit = (1 + letters / 4).min(letters.saturating_sub(1));
    known
        .into_iter()
        .map(|k| (strsim::damerau_levenshtein(&name, &k.to_lowercase()), k))
        .filter(|(d, _)| *d <= limit)
        .min_by_key(|(d, _)| *d)
        .map(|(_, k)| k)
}
