//! The files of a netlist: what each holds, how its author named it, and which `.include` brought it in.

use std::sync::Arc;

use crate::diag::{FileId, Span};

/// Every file read so far; the first is the main file. A file included twice is here twice, its text shared.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    files: Vec<Source>,
}

/// One file.
#[derive(Clone, Debug)]
pub struct Source {
    /// As reports name it: the path the user gave, or the folder of the including file and the path written there.
    pub path: String,
    pub text: Arc<Text>,
    /// The `.include` or `.lib` that brought it in; none for the main file.
    pub included: Option<Span>,
}

/// A text and where its lines begin.
#[derive(Debug)]
pub struct Text {
    pub content: String,
    line_starts: Vec<u32>,
}

impl Text {
    pub fn new(content: String) -> Text {
        let starts = content.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(i, _)| i as u32 + 1);
        let line_starts = std::iter::once(0).chain(starts).collect();
        Text { content, line_starts }
    }

    /// The line, counted from 0, that holds byte `offset`.
    pub fn line_of(&self, offset: usize) -> usize {
        self.line_starts.partition_point(|&start| start as usize <= offset).saturating_sub(1)
    }

    /// First and last byte (exclusive) of a line counted from 0, its line end left out.
    pub fn line_range(&self, line: usize) -> (usize, usize) {
        let at = |i: usize| self.line_starts.get(i).map_or(self.content.len(), |&s| s as usize);
        let (start, next) = (at(line), at(line + 1));
        let end = start + self.content.get(start..next).unwrap_or("").trim_end_matches(['\r', '\n']).len();
        (start, end)
    }
}

impl Sources {
    /// Takes in a file and says its id.
    pub fn add(&mut self, path: impl Into<String>, text: Arc<Text>, included: Option<Span>) -> FileId {
        self.files.push(Source { path: path.into(), text, included });
        FileId(self.files.len() as u32 - 1)
    }

    pub fn get(&self, file: FileId) -> Option<&Source> {
        self.files.get(file.0 as usize)
    }

    pub fn iter(&self) -> impl Iterator<Item = (FileId, &Source)> {
        self.files.iter().enumerate().map(|(i, source)| (FileId(i as u32), source))
    }

    /// The whole text of a file, empty when there is no such file.
    pub fn text(&self, file: FileId) -> &str {
        self.get(file).map_or("", |source| &source.text.content)
    }

    /// The path of a file as reports name it.
    pub fn path(&self, file: FileId) -> &str {
        self.get(file).map_or("?", |source| &source.path)
    }

    /// What stands in the file at `span`.
    pub fn snippet(&self, span: Span) -> &str {
        self.text(span.file).get(span.start as usize..span.end as usize).unwrap_or("")
    }

    /// Line and column where `span` begins, both from 1; the column counts characters.
    pub fn line_column(&self, span: Span) -> (usize, usize) {
        let Some(source) = self.get(span.file) else { return (1, 1) };
        let line = source.text.line_of(span.start as usize);
        let (start, _) = source.text.line_range(line);
        let before = source.text.content.get(start..span.start as usize).unwrap_or("");
        (line + 1, before.chars().count() + 1)
    }

    /// `path:line` of where `span` begins.
    pub fn place(&self, span: Span) -> String {
        format!("{}:{}", self.path(span.file), self.line_column(span).0)
    }

    /// The `.include` cards that lead to a file, the innermost first.
    pub fn chain(&self, file: FileId) -> Vec<Span> {
        let mut chain = Vec::new();
        let mut next = self.get(file).and_then(|source| source.included);
        while let Some(span) = next {
            chain.push(span);
            next = self.get(span.file).and_then(|source| source.included).filter(|_| chain.len() < 100);
        }
        chain
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_lines_and_characters() {
        let mut sources = Sources::default();
        let file = sources.add("a.cir", Arc::new(Text::new("title\nµ R1 a 0 1k\r\nend".into())), None);
        assert_eq!(sources.line_column(Span::new(file, 9, 11)), (2, 3));
        assert_eq!(sources.snippet(Span::new(file, 9, 11)), "R1");
        assert_eq!(sources.place(Span::new(file, 22, 23)), "a.cir:3");
        let text = &sources.files[0].text;
        let (start, end) = text.line_range(1);
        assert_eq!(&text.content[start..end], "µ R1 a 0 1k");
    }

    #[test]
    fn chain_goes_from_the_inside_out() {
        let mut sources = Sources::default();
        let text = Arc::new(Text::new("x".into()));
        let main = sources.add("main", text.clone(), None);
        let first = Span::new(main, 0, 1);
        let middle = sources.add("middle", text.clone(), Some(first));
        let second = Span::new(middle, 0, 1);
        let inner = sources.add("inner", text, Some(second));
        assert_eq!(sources.chain(inner), [second, first]);
        assert!(sources.chain(main).is_empty());
    }
}
