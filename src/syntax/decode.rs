//! Bytes of a file → text: UTF-8, UTF-16 with a mark, else Latin-1; binary files are refused.

use crate::diag::{Diagnostic, FileId, Span};

/// What the bytes say, and how they were meant.
pub struct Decoded {
    pub content: String,
    /// What to tell the user about it.
    pub finding: Option<Finding>,
}

/// Something odd about the bytes.
pub enum Finding {
    /// Not a text at all: nothing is kept.
    Binary,
    /// Control characters, the first at this offset; each was made a blank.
    Control { at: usize, count: usize },
    /// Not UTF-8: each byte was taken as a Latin-1 character, the first one that needs it at this offset.
    Latin1 { at: usize },
}

impl Finding {
    pub fn report(&self, file: FileId, path: &str) -> Diagnostic {
        match self {
            Finding::Binary => Diagnostic::error("syntax::binary", format!("{path} is not a text file"))
                .at(Span::new(file, 0, 0), "it holds NUL bytes")
                .help("a netlist is plain text; was an output file or an archive named instead?"),
            Finding::Control { at, count } => {
                Diagnostic::error("syntax::control-character", format!("{path} holds {count} control characters"))
                    .at(Span::new(file, *at, *at + 1), "the first one")
                    .help("remove them; they are often left by a copy from a terminal or a word processor")
            }
            Finding::Latin1 { at } => {
                Diagnostic::note("syntax::latin-1", format!("{path} is not UTF-8, read as Latin-1"))
                    .at(Span::new(file, *at, *at + 1), "the first such character")
                    .help("save the file as UTF-8")
            }
        }
    }
}

/// Decodes a whole file. Blanks that look like blanks (no-break space, vertical tab) become blanks of the same length.
pub fn decode(bytes: &[u8]) -> Decoded {
    let (content, latin1) = match bytes {
        [0xFF, 0xFE, rest @ ..] => (utf16(rest, u16::from_le_bytes), None),
        [0xFE, 0xFF, rest @ ..] => (utf16(rest, u16::from_be_bytes), None),
        _ => {
            let rest = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
            if rest.contains(&0) {
                return Decoded { content: String::new(), finding: Some(Finding::Binary) };
            }
            match std::str::from_utf8(rest) {
                Ok(text) => (text.to_owned(), None),
                Err(error) => (rest.iter().map(|&b| char::from(b)).collect(), Some(error.valid_up_to())),
            }
        }
    };
    let content = content.strip_suffix('\u{1A}').map(str::to_owned).unwrap_or(content);
    // Line ends become one kind; a blank in front keeps offsets.
    let content = if content.contains('\r') { content.replace("\r\n", " \n").replace('\r', "\n") } else { content };
    if content.contains('\0') {
        return Decoded { content: String::new(), finding: Some(Finding::Binary) };
    }
    let odd = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t');
    if !content.contains(|c| odd(c) || c == '\u{A0}') {
        return Decoded { content, finding: latin1.map(|at| Finding::Latin1 { at }) };
    }
    let strange = |c: char| odd(c) && !matches!(c, '\x0B' | '\x0C');
    let count = content.chars().filter(|&c| strange(c)).count();
    let at = content.find(strange).unwrap_or(0);
    let finding =
        if count > 0 { Some(Finding::Control { at, count }) } else { latin1.map(|at| Finding::Latin1 { at }) };
    let mut clean = String::with_capacity(content.len());
    for c in content.chars() {
        if odd(c) || c == '\u{A0}' {
            clean.extend(std::iter::repeat_n(' ', c.len_utf8()));
        } else {
            clean.push(c);
        }
    }
    Decoded { content: clean, finding }
}

fn utf16(bytes: &[u8], word: fn([u8; 2]) -> u16) -> String {
    let words = bytes.chunks_exact(2).map(|pair| word([pair[0], pair[1]]));
    char::decode_utf16(words).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_and_encodings() {
        assert_eq!(decode(b"\xEF\xBB\xBFabc").content, "abc");
        assert_eq!(decode(b"\xFF\xFEa\0b\0").content, "ab");
        assert_eq!(decode(b"\xFE\xFF\0a\0b").content, "ab");
        let latin = decode(b"3.3\xB5F");
        assert_eq!(latin.content, "3.3µF");
        assert!(matches!(latin.finding, Some(Finding::Latin1 { at: 3 })));
    }

    #[test]
    fn line_ends_are_of_one_kind() {
        assert_eq!(decode(b"R1 a b\r\n+ 1k\rend").content, "R1 a b \n+ 1k\nend");
    }

    #[test]
    fn junk_is_found_once() {
        assert!(matches!(decode(b"ab\0cd").finding, Some(Finding::Binary)));
        let odd = decode(b"a\x01b\x02c\x0Cd\x1A");
        assert_eq!(odd.content, "a b c d");
        assert!(matches!(odd.finding, Some(Finding::Control { at: 1, count: 2 })));
    }

    #[test]
    fn no_break_space_is_a_blank_of_its_own_length() {
        assert_eq!(decode("R1\u{A0}a".as_bytes()).content, "R1  a");
    }
}
