//! The text of a netlist → the same text laid out: indented by its blocks, one blank around their braces, no blanks at
//! line ends. Nothing but blanks and line ends changes, so that what the netlist says, its comments and the columns its
//! author aligned stay.
//!
//! Statements, heads and closing braces are found by the same splitter that the parser uses. A continuation line keeps
//! its distance from the line it continues, a comment behind a statement its column where there is room.

use crate::syntax::error;
use crate::syntax::lines::{Inside, Kind, Lines};
use crate::syntax::scan::{comment_at, word_at};

/// Blanks for each block around a line.
const STEP: usize = 2;
/// Columns of a tab.
const TAB: usize = 8;

/// Lays out a whole file.
pub fn format(text: &str) -> String {
    let (mark, text) = match text.strip_prefix('\u{FEFF}') {
        Some(rest) => ("\u{FEFF}", rest),
        None => ("", text),
    };
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    format!("{mark}{}", indent(&braces(&text)))
}

/// Where a statement, the head of a block or a `}` stands.
struct Mark {
    at: usize,
    /// Behind its last letter; of a head before the `{`
    end: usize,
    kind: Kind,
    /// Blocks around it
    depth: usize,
    /// The `{` of a head
    brace: Option<usize>,
}

/// A text cut into marks.
struct Outline {
    marks: Vec<Mark>,
    /// Where the statements begin: behind the title, if there is one
    start: usize,
    /// Ranges to be left as they are: what `.control` sections hold, and what follows `.end`
    verbatim: Vec<(usize, usize)>,
}

fn outline(text: &str) -> Outline {
    let mut lines = Lines::new(text);
    let first = text.trim_start_matches([' ', '\t']);
    if !(first.starts_with('.') && error::is_card(word_at(first, 1))) {
        lines.take_line();
    }
    let mut outline = Outline { marks: Vec::new(), start: lines.at(), verbatim: Vec::new() };
    let mut open: Vec<Inside> = Vec::new();
    loop {
        let inside = open.last().copied().unwrap_or(Inside::Netlist);
        let Some(line) = lines.next_line(inside) else { break };
        let mut depth = open.len();
        let card =
            if inside == Inside::Netlist { line.text.strip_prefix('.').map(|rest| word_at(rest, 0)) } else { None };
        let is = |name: &str| card.is_some_and(|card| card.eq_ignore_ascii_case(name));
        let mut brace = None;
        match line.kind {
            Kind::Closes => {
                open.pop();
                depth = open.len();
            }
            Kind::Opens => {
                open.push(if is("for") { Inside::Netlist } else { Inside::Block });
                brace = lines.at().checked_sub(1).filter(|&at| text.as_bytes()[at] == b'{');
            }
            Kind::Statement => {}
        }
        outline.marks.push(Mark { at: line.start, end: line.end, kind: line.kind, depth, brace });
        if is("control") {
            let from = lines.at();
            lines.skip_past(&[".endc"]);
            outline.verbatim.push((from, lines.at()));
        } else if is("end") && !line.text.contains('=') {
            outline.verbatim.push((lines.at(), text.len()));
            break;
        }
    }
    outline
}

/// One blank before `{`, behind it and around `}` where something else stands in the line; `} else {` in one line.
fn braces(text: &str) -> String {
    let bytes = text.as_bytes();
    let blank = |range: (usize, usize)| text[range.0..range.1].bytes().all(|b| b.is_ascii_whitespace());
    let behind = |from: usize| from + bytes[from..].iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
    let more = |at: usize| at < bytes.len() && bytes[at] != b'\n' && !comment_at(bytes, at);
    let mut gaps: Vec<(usize, usize)> = Vec::new();
    let mut opened = 0;
    for mark in &outline(text).marks {
        if let Some(brace) = mark.brace {
            if mark.at < brace && blank((mark.end, brace)) {
                gaps.push((mark.end, brace));
            }
            let next = behind(brace + 1);
            if more(next) {
                gaps.push((brace + 1, next));
            }
            opened = brace + 1;
        } else if mark.kind == Kind::Closes {
            let before = text[..mark.at].trim_end_matches([' ', '\t']).len();
            if before > opened && bytes[before - 1] != b'\n' {
                gaps.push((before, mark.at));
            }
            let next = behind(mark.end);
            let word = mark.end + text[mark.end..].bytes().take_while(u8::is_ascii_whitespace).count();
            if word_at(text, word).eq_ignore_ascii_case("else") {
                gaps.push((mark.end, word));
            } else if more(next) {
                gaps.push((mark.end, next));
            }
        }
    }
    gaps.dedup();
    let mut out = String::with_capacity(text.len() + gaps.len());
    let mut at = 0;
    for (from, to) in gaps {
        if from >= at {
            out.push_str(&text[at..from]);
            out.push(' ');
            at = to;
        }
    }
    out.push_str(&text[at..]);
    out
}

/// A line laid out so far: by how much it moved, and where its comment went.
#[derive(Clone, Copy, Default)]
struct Moved {
    start: usize,
    by: isize,
    /// Old and new column of a comment behind a statement
    comment: Option<(usize, usize)>,
}

fn indent(text: &str) -> String {
    let outline = outline(text);
    let mut out = String::with_capacity(text.len());
    let mut moved: Vec<Moved> = Vec::new();
    let (mut start, mut blanks) = (0, false);
    for whole in text.split_inclusive('\n') {
        let at = start;
        start += whole.len();
        if at < outline.start {
            out.push_str(whole.trim_end());
            out.push('\n');
            continue;
        }
        if outline.verbatim.iter().any(|&(from, to)| at >= from && at < to && from < to) {
            out.push_str(whole);
            (blanks, moved) = (false, Vec::new());
            continue;
        }
        let line = whole.trim_end();
        if line.is_empty() {
            blanks = true;
            continue;
        }
        if blanks {
            out.push('\n');
            blanks = false;
        }
        moved.push(put(line, at, &outline.marks, &moved, &mut out));
    }
    while out.ends_with("\n\n") {
        out.pop();
    }
    if !out.is_empty() && !out.ends_with('\n') {
        out.push('\n');
    }
    out
}

/// Lays one line out that begins at `start`; `above` are the lines before it.
fn put(line: &str, start: usize, marks: &[Mark], above: &[Moved], out: &mut String) -> Moved {
    let body = line.trim_start_matches([' ', '\t']);
    let at = start + line.len() - body.len();
    let old = columns(&line[..line.len() - body.len()], 0);
    let mark = marks[..marks.partition_point(|m| m.at <= at)].last();
    let comment = comment_in(body);
    let column = match mark {
        Some(m) if m.at == at => STEP * m.depth,
        Some(m) if at < m.end => {
            let head = above.iter().rev().find(|line| line.start <= m.at).copied().unwrap_or_default();
            (old as isize + head.by).max(0) as usize
        }
        _ => {
            let depth = mark.map_or(0, |m| m.depth + usize::from(m.kind == Kind::Opens));
            let last = above.last().and_then(|line| line.comment);
            match last {
                Some((was, is)) if comment == Some(0) && was == old => is,
                _ => STEP * depth,
            }
        }
    };
    let by = column as isize - old as isize;
    out.extend(std::iter::repeat_n(' ', column));
    let Some(cut) = comment.filter(|&cut| cut > 0) else {
        out.push_str(body);
        out.push('\n');
        let comment = comment.filter(|_| above.last().is_some_and(|line| line.comment.is_some_and(|c| c.1 == column)));
        return Moved { start, by, comment: comment.map(|_| (old, column)) };
    };
    let code = body[..cut].trim_end();
    let was = columns(&body[..cut], old);
    let end = columns(code, column);
    let is = if was > end { was } else { end + STEP };
    out.push_str(code);
    out.extend(std::iter::repeat_n(' ', is - end));
    out.push_str(&body[cut..]);
    out.push('\n');
    Moved { start, by, comment: Some((was, is)) }
}

/// The column behind `text` that begins at a column.
fn columns(text: &str, from: usize) -> usize {
    text.chars().fold(from, |column, c| if c == '\t' { (column / TAB + 1) * TAB } else { column + 1 })
}

/// Where in a line a comment begins that `;`, `//` or `$ ` introduces.
fn comment_in(line: &str) -> Option<usize> {
    let bytes = line.as_bytes();
    if bytes.first() == Some(&b'*') {
        return None;
    }
    let mut quote = None;
    for (i, &c) in bytes.iter().enumerate() {
        match quote {
            Some(open) => quote = Some(open).filter(|_| c != open),
            None if comment_at(bytes, i) => return Some(i),
            None if c == b'"' || c == b'\'' => quote = Some(c),
            None => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::format;

    fn lays_out(text: &str, expected: &str) {
        let once = format(text);
        assert_eq!(once, expected, "{text}");
        assert_eq!(format(&once), once, "again: {text}");
    }

    #[test]
    fn blocks_are_indented() {
        lays_out(
            "title\n.protocol p(){\nx = 1\n      if x{\ny=2\n    }\n  else\n {\n z = 3}\n  }\n\n\n\n  R1 a 0 1k  \n\n",
            "title\n.protocol p() {\n  x = 1\n  if x {\n    y=2\n  } else {\n    z = 3 }\n}\n\nR1 a 0 1k\n",
        );
        lays_out(
            "t\n.for i = 0:3\n{\nR[i] a b 1k\n}\n.for k=0:1 {C[k] a b {1n*k}}\n",
            "t\n.for i = 0:3 {\n  R[i] a b 1k\n}\n.for k=0:1 { C[k] a b {1n*k} }\n",
        );
        lays_out("t\n.always a {}\n.always b {  }\n", "t\n.always a { }\n.always b { }\n");
    }

    #[test]
    fn comments_keep_their_columns_and_their_text() {
        lays_out(
            "t\n.device d (a b) {\nparam r=1k          ; ohm\n                    ; more\n  * star\n   ; alone\nx = 1;tight\n}\n",
            "t\n.device d (a b) {\n  param r=1k        ; ohm\n                    ; more\n  * star\n  ; alone\n  x = 1  ;tight\n}\n",
        );
        lays_out("t\nV1 a 0 PWL(file=\"a;b//c\")   $ it's\n", "t\nV1 a 0 PWL(file=\"a;b//c\")   $ it's\n");
    }

    #[test]
    fn continued_lines_move_with_their_statement() {
        lays_out(
            "t\n.experiment e {\nrecord a = 1,\n       b = [1,\n            2]\nx = 1\n+ + 2\n}\nV1 a 0 PULSE(0 1\n+ 1n 2n)\n",
            "t\n.experiment e {\n  record a = 1,\n         b = [1,\n              2]\n  x = 1\n  + + 2\n}\nV1 a 0 PULSE(0 1\n+ 1n 2n)\n",
        );
    }

    #[test]
    fn what_is_not_a_netlist_stays() {
        lays_out(
            "  title  \n.control\n  run {\n\n\n plot x  \n.endc\n  R1 a b 1\n.end\n  rest  \n",
            "  title\n.control\n  run {\n\n\n plot x  \n.endc\nR1 a b 1\n.end\n  rest  \n",
        );
        lays_out("", "");
        lays_out("title", "title\n");
        lays_out(".param a=1\n   R1 a 0 {a}\n", ".param a=1\nR1 a 0 {a}\n");
        lays_out("t\r\n  R1 a 0 1\r\n", "t\nR1 a 0 1\n");
    }
}
