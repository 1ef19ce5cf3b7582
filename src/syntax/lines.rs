//! A file's text → logical lines: continuation lines joined, comments and line ends made blanks of the same length.
//!
//! A line goes on when the next one that says anything begins with `+`; while `(` or `[` is open; and after a trailing
//! comma in a card whose lists tend to be long. The two last give way where the bracket is never closed: then one line is
//! wrong and not the rest of the file.

use std::borrow::Cow;

use crate::syntax::scan::{Scan, comment_at, line_end, word_at};

/// Longest logical line in bytes.
pub const MAX_LINE: usize = 1 << 20;
/// Deepest nesting of brackets (and of `? :`) that is handed to the recursive parser.
pub const MAX_DEPTH: usize = 100;

/// Hands out the logical lines of a text one after another.
pub struct Lines<'a> {
    pub text: &'a str,
    position: usize,
    /// Bytes that may still be read in vain looking for a closing bracket: keeps hopeless files linear.
    pub patience: usize,
}

/// A statement with its continuation lines.
#[derive(Clone, Debug, PartialEq)]
pub struct Logical<'a> {
    /// As long as the source from `start` to `end`.
    pub text: Cow<'a, str>,
    pub start: usize,
    pub end: usize,
    pub kind: Kind,
    pub trouble: Option<Trouble>,
    /// A comment behind the statement that may be meant as a name: `$G_VCC`
    pub dollar: Option<(usize, usize)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Statement,
    /// The head of a block; its `{` has been read.
    Opens,
    /// A `}` that ends a block.
    Closes,
}

/// What a line is read as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inside {
    /// Elements and cards
    Netlist,
    /// What stands between the braces of a block, `.for` apart
    Block,
}

/// Why a line must not be parsed; offsets are those of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    TooLong,
    TooDeep(usize),
    /// The bracket or quote that is never closed.
    Unclosed(usize),
    /// A closing bracket and the opening one that it does not match.
    Mismatched(usize, Option<usize>),
}

impl<'a> Logical<'a> {
    /// A text that is one logical line by itself.
    pub fn of(text: &'a str) -> Logical<'a> {
        let first = Lines::new(text).next();
        let trouble = first.and_then(|line| line.trouble);
        Logical { text: Cow::Borrowed(text), start: 0, end: text.len(), kind: Kind::Statement, trouble, dollar: None }
    }
}

impl<'a> Lines<'a> {
    pub fn new(text: &'a str) -> Lines<'a> {
        Lines { text, position: 0, patience: 4 * text.len() + 1000 }
    }

    /// Where the next line will be looked for.
    pub fn at(&self) -> usize {
        self.position
    }

    /// The rest of the present physical line and its offset.
    pub fn take_line(&mut self) -> (&'a str, usize) {
        let start = self.position;
        let rest = &self.text[start..];
        let length = rest.find('\n').unwrap_or(rest.len());
        self.position = (start + length + 1).min(self.text.len());
        (rest[..length].trim_end_matches('\r'), start)
    }

    /// Goes past the next physical line whose first word is one of `words`; the range of that word.
    pub fn skip_past(&mut self, words: &[&str]) -> Option<(usize, usize)> {
        while self.position < self.text.len() {
            let (line, start) = self.take_line();
            let body = line.trim_start();
            let word = body.split([' ', '\t', ';', ',']).next().unwrap_or("");
            if words.iter().any(|w| word.eq_ignore_ascii_case(w)) {
                let at = start + line.len() - body.len();
                return Some((at, at + word.len()));
            }
        }
        None
    }

    /// Goes past the next physical line whose first word is `word`; what stands behind it there.
    pub fn skip_to_rest(&mut self, word: &str) -> Option<&'a str> {
        let (_, end) = self.skip_past(&[word])?;
        Some(self.text[end..line_end(self.text.as_bytes(), end)].trim())
    }

    /// Goes past the `}` that closes a block whose `{` has been read; the offset after it, or None when there is none.
    pub fn skip_block(&mut self) -> Option<usize> {
        let bytes = self.text.as_bytes();
        let mut depth = 1usize;
        let mut i = self.position;
        let mut fresh = false;
        let mut quoted = false;
        while i < bytes.len() {
            let c = bytes[i];
            if c == b'\n' {
                (fresh, quoted) = (true, false);
            } else if !quoted && (comment_at(bytes, i) || fresh && c == b'*') {
                i = line_end(bytes, i);
                continue;
            } else if !matches!(c, b' ' | b'\t' | b'\r') {
                fresh = false;
                match c {
                    b'"' => quoted = !quoted,
                    b'{' if !quoted => depth += 1,
                    b'}' if !quoted => depth -= 1,
                    _ => {}
                }
                if depth == 0 {
                    self.position = i + 1;
                    return Some(i + 1);
                }
            }
            i += 1;
        }
        self.position = bytes.len();
        None
    }

    /// The first byte at or after `from` that is not blank, in a comment or a line end.
    pub fn next_word(&self, from: usize) -> usize {
        let bytes = self.text.as_bytes();
        let mut i = from;
        while i < bytes.len() {
            match bytes[i] {
                b' ' | b'\t' | b'\r' | b'\n' => i += 1,
                b'*' => i = line_end(bytes, i),
                _ if comment_at(bytes, i) => i = line_end(bytes, i),
                _ => break,
            }
        }
        i
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = Logical<'a>;

    fn next(&mut self) -> Option<Logical<'a>> {
        self.next_line(Inside::Netlist)
    }
}

impl<'a> Lines<'a> {
    /// The next logical line.
    pub fn next_line(&mut self, inside: Inside) -> Option<Logical<'a>> {
        let start = self.next_word(self.position);
        let bytes = self.text.as_bytes();
        if start >= bytes.len() {
            self.position = start;
            return None;
        }
        let brace = match bytes[start] {
            b'}' => Some(("}", Kind::Closes)),
            b'{' if inside == Inside::Block => Some(("", Kind::Opens)),
            _ => None,
        };
        if let Some((text, kind)) = brace {
            self.position = start + 1;
            return Some(Logical {
                text: Cow::Borrowed(text),
                start,
                end: start + 1,
                kind,
                trouble: None,
                dollar: None,
            });
        }
        let mut scan = Scan::new(self, start, inside);
        scan.run();
        let Scan { at, next, mut kind, trouble, blanks, wasted, dollar, block_card, .. } = scan;
        self.position = next;
        self.patience = self.patience.saturating_sub(wasted);
        let trouble = if at - start > MAX_LINE { Some(Trouble::TooLong) } else { trouble };
        let (text, end) = if trouble == Some(Trouble::TooLong) {
            (Cow::Borrowed(""), at)
        } else {
            let text = blanked(self.text, start, at, &blanks);
            let end = start + text.len();
            (text, end)
        };
        if block_card && trouble.is_some() && text.ends_with('{') {
            kind = Kind::Opens;
        }
        Some(Logical { text, start, end, kind, trouble, dollar })
    }

    /// Whether the next word is `else`.
    pub fn else_follows(&self) -> bool {
        word_at(self.text, self.next_word(self.position)).eq_ignore_ascii_case("else")
    }

    /// The place of a dot card that comes next.
    pub fn card_follows(&self) -> Option<usize> {
        let at = self.next_word(self.position);
        let bytes = self.text.as_bytes();
        (bytes.get(at) == Some(&b'.') && bytes.get(at + 1).is_some_and(u8::is_ascii_alphabetic)).then_some(at)
    }

    /// How far right of the line's start a place stands, when only blanks are before it.
    pub fn indent(&self, at: usize) -> Option<usize> {
        let start = self.text[..at].rfind('\n').map_or(0, |i| i + 1);
        self.text[start..at].bytes().all(|b| matches!(b, b' ' | b'\t')).then_some(at - start)
    }

    /// Goes back to a place, so that it is read again.
    pub fn rewind(&mut self, at: usize) {
        self.position = at;
    }

    /// What the comment behind `at` in the same line says, without its sign.
    pub fn comment_behind(&self, at: usize) -> &'a str {
        let rest = self.text[at..line_end(self.text.as_bytes(), at)].trim();
        [";", "//", "$ "]
            .iter()
            .find_map(|sign| rest.strip_prefix(sign))
            .map_or("", |text| text.trim_matches([';', ' ']))
    }
}

/// The source between `start` and `end` with the given ranges made blanks, blanks at its end cut off.
fn blanked<'a>(source: &'a str, start: usize, end: usize, ranges: &[(usize, usize)]) -> Cow<'a, str> {
    let trimmed = |end: usize| start + source[start..end].trim_end_matches([' ', '\t', '\r']).len();
    let mut end = trimmed(end);
    let mut ranges = ranges;
    while let [before @ .., (from, to)] = ranges
        && *to >= end
    {
        (end, ranges) = (trimmed(*from), before);
    }
    if ranges.is_empty() {
        return Cow::Borrowed(&source[start..end]);
    }
    let mut text = String::with_capacity(end - start);
    for &(from, to) in ranges {
        text.push_str(&source[start + text.len()..from]);
        text.extend(std::iter::repeat_n(' ', to - from));
    }
    text.push_str(&source[start + text.len()..end]);
    Cow::Owned(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(text: &str) -> Vec<String> {
        Lines::new(text)
            .map(|l| {
                assert!(l.trouble.is_none(), "{l:?}");
                assert_eq!(l.text.len(), l.end - l.start);
                l.text.split_whitespace().collect::<Vec<_>>().join(" ")
            })
            .collect()
    }

    fn trouble(text: &str) -> Option<Trouble> {
        Lines::new(text).find_map(|l| l.trouble)
    }

    #[test]
    fn continuation_over_comments_and_blank_lines() {
        assert_eq!(
            split("V1 a 0 PULSE(0 1 ; low, high\n* comment\n\n+ 1n 2n) $ done\r\nR1 a 0 1k // load\n"),
            ["V1 a 0 PULSE(0 1 1n 2n)", "R1 a 0 1k"]
        );
    }

    #[test]
    fn comment_signs_inside_quotes_and_words_stay() {
        assert_eq!(
            split("V1 a 0 PWL(file=\"a;b//c\")\nR1 N$01 a$b 1k $ x\nR2 a b 1k $two"),
            ["V1 a 0 PWL(file=\"a;b//c\")", "R1 N$01 a$b 1k", "R2 a b 1k"]
        );
    }

    #[test]
    fn open_brackets_and_commas_continue() {
        assert_eq!(
            split(".param g=[[1, 2],\n  [3,\n* x\n 4]]\n.param a=1,\n b=2\nR1 a b 1,\nR2 c d 1"),
            [".param g=[[1, 2], [3, 4]]", ".param a=1, b=2", "R1 a b 1,", "R2 c d 1"]
        );
    }

    #[test]
    fn blocks_in_braces() {
        let text = ".for i = 0:{n-1}, j = 0:1 { Xm[i,j] a {b} }\n.for k = 0:1\n{\n R[k] a b {k}\n}\nR1 a 0 1";
        let kinds: Vec<_> = Lines::new(text).map(|l| (l.kind, l.text.into_owned())).collect();
        assert_eq!(
            kinds,
            [
                (Kind::Opens, ".for i = 0:{n-1}, j = 0:1".into()),
                (Kind::Statement, "Xm[i,j] a {b}".into()),
                (Kind::Closes, "}".into()),
                (Kind::Opens, ".for k = 0:1".into()),
                (Kind::Statement, "R[k] a b {k}".into()),
                (Kind::Closes, "}".into()),
                (Kind::Statement, "R1 a 0 1".into()),
            ]
        );
    }

    #[test]
    fn a_bracket_never_closed_spoils_one_line_only() {
        let lines: Vec<_> = Lines::new("V1 a 0 PULSE(0 1\nR1 a 0 1k\n.op").collect();
        assert_eq!(lines.iter().map(|l| &*l.text).collect::<Vec<_>>(), ["V1 a 0 PULSE(0 1", "R1 a 0 1k", ".op"]);
        assert_eq!(lines[0].trouble, Some(Trouble::Unclosed(12)));
        assert_eq!(lines[1].trouble, None);
    }

    #[test]
    fn troubles() {
        assert_eq!(trouble("B1 a 0 V={V(a)]}"), Some(Trouble::Mismatched(14, Some(9))));
        assert_eq!(trouble("R1 a 0 'x+1"), Some(Trouble::Unclosed(7)));
        assert!(matches!(
            trouble(&format!("R1 a 0 {{{}1{}}}", "(".repeat(10_000), ")".repeat(10_000))),
            Some(Trouble::TooDeep(_))
        ));
        assert_eq!(trouble(&format!("R1 {}", "a ".repeat(MAX_LINE))), Some(Trouble::TooLong));
        let long = format!("R1 a\n{}R2 b 0 1", "+ x\n".repeat(MAX_LINE));
        let lines: Vec<_> = Lines::new(&long).collect();
        assert_eq!((lines.len(), lines[0].trouble), (2, Some(Trouble::TooLong)));
    }

    #[test]
    fn blocks_are_skipped_by_their_braces() {
        let mut lines = Lines::new("{ when x {\n* not }\n let s = \"}\" ; }\n} }\nR1 a 0 1");
        lines.position = 1;
        lines.skip_block();
        assert_eq!(lines.next().map(|l| l.text.into_owned()), Some("R1 a 0 1".into()));
    }
}
