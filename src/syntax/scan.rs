//! Where one logical line ends: brackets and quotes, comments, continuation lines, heads of blocks.

use crate::syntax::error;
use crate::syntax::lines::{Inside, Kind, Lines, MAX_DEPTH, MAX_LINE, Trouble};

/// Cards that may have a block in braces.
const BLOCK_CARDS: [&str; 7] = ["for", "device", "variation", "always", "protocol", "experiment", "network"];
/// Cards that go on after a trailing comma.
const COMMA_CARDS: [&str; 4] = ["for", "param", "func", "experiment"];
/// Statements inside a block that have a block of their own.
pub const BLOCK_WORDS: [&str; 9] = ["if", "else", "for", "repeat", "forever", "par", "sweep", "montecarlo", "when"];
/// Words behind which `{` is a bracket, and the statement where they are such words (none: anywhere).
const VALUE_FOLLOWS: [(&str, &str); 12] = [
    ("if", ""),
    ("until", ""),
    ("when", ""),
    ("montecarlo", ""),
    ("seed", "montecarlo"),
    ("not", ""),
    ("and", ""),
    ("or", ""),
    ("within", ""),
    ("max", "repeat"),
    ("in", "for"),
    ("in", "sweep"),
];

/// Whether a trailing comment begins at `i`: `;`, `//`, or `$` before or behind a blank.
///
/// As ngspice reads it: outside of .control a `$` behind a blank or comma begins a comment, whatever follows; but for
/// `$limit(` of a `.device`.
pub fn comment_at(bytes: &[u8], i: usize) -> bool {
    match bytes[i] {
        b';' => true,
        b'/' => bytes.get(i + 1) == Some(&b'/'),
        b'$' if bytes[i..].starts_with(b"$limit(") => false,
        b'$' => !joined_dollar(bytes, i) || i == 0 || matches!(bytes[i - 1], b' ' | b'\t' | b',' | b'\n'),
        _ => false,
    }
}

/// The word of letters, digits and `_` that begins at `start`.
pub fn word_at(text: &str, start: usize) -> &str {
    let rest = &text[start..];
    let length = rest.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count();
    &rest[..length]
}

/// Whether the `$` at `i` has something right behind it.
fn joined_dollar(bytes: &[u8], i: usize) -> bool {
    !matches!(bytes.get(i + 1), None | Some(b' ' | b'\t' | b'\r' | b'\n'))
}

pub fn line_end(bytes: &[u8], from: usize) -> usize {
    bytes[from..].iter().position(|&b| b == b'\n').map_or(bytes.len(), |n| from + n)
}

/// The state of reading one logical line.
pub struct Scan<'l, 'a> {
    lines: &'l Lines<'a>,
    start: usize,
    /// Reading place; the end of the line when done.
    pub at: usize,
    /// Where the next line begins.
    pub next: usize,
    pub kind: Kind,
    pub trouble: Option<Trouble>,
    pub blanks: Vec<(usize, usize)>,
    /// A comment that begins with a `$` and no blank
    pub dollar: Option<(usize, usize)>,
    /// Open brackets with their places, and how many more of them are open.
    open: Vec<(u8, usize)>,
    beyond: usize,
    quote: Option<(u8, usize)>,
    /// `?` still without its `:`.
    questions: usize,
    /// The last byte that was neither blank nor comment.
    last: u8,
    pub block_card: bool,
    comma_card: bool,
    /// A statement of unknown name: `{` at the end of its line begins a block all the same.
    unknown: bool,
    guess: Option<Guess>,
    pub wasted: usize,
}

/// The first line end that was passed only because a bracket was open.
#[derive(Clone, Copy)]
struct Guess {
    end: usize,
    blanks: usize,
    bracket: usize,
}

impl<'l, 'a> Scan<'l, 'a> {
    pub fn new(lines: &'l Lines<'a>, start: usize, inside: Inside) -> Scan<'l, 'a> {
        let (card, blocks, commas, unknown) = match inside {
            Inside::Netlist if lines.text[start..].starts_with('.') => {
                let card = word_at(lines.text, start + 1);
                (card, &BLOCK_CARDS[..], &COMMA_CARDS[..], !error::is_card(card))
            }
            Inside::Netlist => {
                let word = word_at(lines.text, start);
                ("", &[][..], &[][..], BLOCK_CARDS.iter().any(|card| card.eq_ignore_ascii_case(word)))
            }
            Inside::Block => (word_at(lines.text, start), &BLOCK_WORDS[..], &[][..], true),
        };
        let among = |list: &[&str]| list.iter().any(|c| c.eq_ignore_ascii_case(card));
        Scan {
            lines,
            start,
            at: start,
            next: start,
            kind: Kind::Statement,
            trouble: None,
            blanks: Vec::new(),
            dollar: None,
            open: Vec::new(),
            beyond: 0,
            quote: None,
            questions: 0,
            last: b'=',
            block_card: among(blocks),
            comma_card: inside == Inside::Block || among(commas),
            unknown,
            guess: None,
            wasted: 0,
        }
    }

    pub fn run(&mut self) {
        let bytes = self.lines.text.as_bytes();
        loop {
            let c = match bytes.get(self.at) {
                None | Some(b'\n') => {
                    if !self.goes_on() {
                        break;
                    }
                    continue;
                }
                Some(&c) => c,
            };
            if let Some((quote, _)) = self.quote {
                if c == quote {
                    self.quote = None;
                }
            } else {
                match c {
                    b' ' | b'\t' | b'\r' => {
                        self.at += 1;
                        continue;
                    }
                    b'"' | b'\'' => self.quote = Some((c, self.at)),
                    b'{' if self.opens_block() => {
                        self.kind = Kind::Opens;
                        self.next = self.at + 1;
                        return;
                    }
                    b'(' | b'[' | b'{' => self.push(c),
                    b'}' if self.beyond == 0 && !self.open.iter().any(|&(b, _)| b == b'{') => {
                        self.next = self.at;
                        self.finish();
                        self.take_back();
                        return;
                    }
                    b')' | b']' | b'}' => self.pop(c),
                    b'?' => {
                        self.questions += 1;
                        self.check_depth();
                    }
                    // `.func f(x) -> y {` is a block too
                    b'>' if self.comma_card && self.last == b'-' => self.block_card = true,
                    b':' => self.questions = self.questions.saturating_sub(1),
                    b';' | b'$' | b'/' if comment_at(bytes, self.at) => {
                        let end = line_end(bytes, self.at);
                        if c == b'$' && joined_dollar(bytes, self.at) {
                            self.dollar.get_or_insert((self.at, end));
                        }
                        self.blank(self.at, end);
                        self.at = end;
                        continue;
                    }
                    _ => {}
                }
            }
            self.last = c;
            self.at += 1;
        }
        self.finish();
        self.take_back();
    }

    /// Where lines were joined only because a bracket was open, and that came to nothing: one line again.
    fn take_back(&mut self) {
        let Some(guess) = self.guess else { return };
        let far = match self.trouble {
            Some(Trouble::Unclosed(_)) => true,
            Some(Trouble::TooDeep(at) | Trouble::Mismatched(at, _)) => at > guess.end,
            Some(Trouble::TooLong) | None => false,
        };
        if far {
            self.wasted = self.at - guess.end;
            (self.at, self.next) = (guess.end, guess.end);
            self.blanks.truncate(guess.blanks);
            self.trouble = Some(Trouble::Unclosed(guess.bracket));
        }
    }

    /// Whether a `{` here begins a block: something complete stands before it.
    fn opens_block(&self) -> bool {
        let complete = !b"=:,+-*/^<>?&|!~".contains(&self.last);
        let head = self.block_card && (complete && !self.value_follows() || self.ends_line());
        self.open.is_empty() && (head || self.unknown && complete && self.ends_line())
    }

    /// Whether the word before this place wants a value behind it.
    fn value_follows(&self) -> bool {
        let before = self.lines.text[self.start..self.at].trim_end_matches([' ', '\t']);
        let blanks = |c: char| !(c.is_ascii_alphanumeric() || c == '_');
        let word = before.rsplit(blanks).next().unwrap_or(before);
        let head = word_at(self.lines.text, self.start);
        VALUE_FOLLOWS
            .iter()
            .any(|(w, h)| w.eq_ignore_ascii_case(word) && (h.is_empty() || h.eq_ignore_ascii_case(head)))
    }

    /// Whether nothing but a comment stands behind this byte in its line.
    fn ends_line(&self) -> bool {
        let bytes = self.lines.text.as_bytes();
        let next = (self.at + 1..bytes.len()).find(|&i| !matches!(bytes[i], b' ' | b'\t' | b'\r'));
        next.is_none_or(|i| bytes[i] == b'\n' || comment_at(bytes, i))
    }

    fn push(&mut self, bracket: u8) {
        if self.open.len() <= MAX_DEPTH {
            self.open.push((bracket, self.at));
        } else {
            self.beyond += 1;
        }
        self.check_depth();
    }

    fn check_depth(&mut self) {
        if self.open.len() + self.questions > MAX_DEPTH && self.trouble.is_none() {
            self.trouble = Some(Trouble::TooDeep(self.at));
        }
    }

    fn pop(&mut self, bracket: u8) {
        if self.beyond > 0 {
            self.beyond -= 1;
            return;
        }
        let wants = match bracket {
            b')' => b'(',
            b']' => b'[',
            _ => b'{',
        };
        match self.open.last() {
            Some(&(open, _)) if open == wants => {
                self.open.pop();
            }
            other => {
                let opened = other.map(|&(_, at)| at);
                self.trouble.get_or_insert(Trouble::Mismatched(self.at, opened));
            }
        }
    }

    fn blank(&mut self, from: usize, to: usize) {
        if from - self.start <= MAX_LINE {
            self.blanks.push((from, to));
        }
    }

    /// At a line end: goes to where the line continues, if it does.
    fn goes_on(&mut self) -> bool {
        let bytes = self.lines.text.as_bytes();
        let end = self.at;
        self.next = end;
        let following = self.lines.next_word(end);
        let Some(&c) = bytes.get(following) else { return false };
        if c == b'+' {
            self.blank(end, following + 1);
            self.at = following + 1;
            return true;
        }
        let card = c == b'.' && bytes.get(following + 1).is_some_and(u8::is_ascii_alphabetic);
        if self.quote.is_some() || card || c == b'}' || self.trouble.is_some() {
            return false;
        }
        let opened = self.open.last().filter(|&&(b, _)| b != b'{').map(|&(_, at)| at);
        let comma = self.open.is_empty() && self.last == b',' && self.comma_card;
        let block = self.open.is_empty() && c == b'{' && self.block_card;
        if !(opened.is_some() || comma || block) || opened.is_some() && self.lines.patience == 0 {
            return false;
        }
        if let (Some(bracket), None) = (opened, self.guess) {
            self.guess = Some(Guess { end, blanks: self.blanks.len(), bracket });
        }
        self.blank(end, following);
        self.at = following;
        true
    }

    fn finish(&mut self) {
        if self.trouble.is_none() {
            let bracket = self.open.last().map(|&(_, at)| at);
            self.trouble = self.quote.map(|(_, at)| at).or(bracket).map(Trouble::Unclosed);
        }
    }
}
