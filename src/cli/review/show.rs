//! A snapshot that waits and the one that is kept → the lines a reviewer reads.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use super::shown;
use crate::cli::terminal::Paint;
use crate::lab::snapshot::compare::compare;
use crate::lab::snapshot::describe::{Line, Mark, diff, sentences};
use crate::lab::snapshot::{Difference, Stored, store};

/// Rows of a sheet shown in a diff
const MOST_ROWS: usize = 16;
/// Sentences in a list
const MOST_SENTENCES: usize = 3;

/// What waits, what is kept (or why it cannot be read), and how they differ.
struct Pair {
    new: Stored,
    old: Option<Result<Stored, String>>,
    difference: Difference,
}

impl Pair {
    fn read(snap: &Path) -> Result<Pair, String> {
        let gone = || format!("{} is gone", shown(&store::pending(snap)));
        let new = Stored::load(&store::pending(snap)).map_err(|e| e.to_string())?.ok_or_else(gone)?;
        let old = Stored::load(snap).map_err(|e| e.to_string()).transpose();
        let difference = match &old {
            Some(Ok(old)) => compare(&old.sheets, &new.sheets, new.front.within),
            _ => Difference::default(),
        };
        Ok(Pair { new, old, difference })
    }

    fn word(&self) -> &'static str {
        if self.old.is_some() { "changed" } else { "new" }
    }

    fn sentences(&self) -> Vec<String> {
        match &self.old {
            None => Vec::new(),
            Some(Err(why)) => vec![format!("the snapshot that is kept cannot be read: {why}")],
            Some(Ok(_)) if self.difference.is_none() => vec!["the same within the tolerance".into()],
            Some(Ok(old)) => sentences(&old.sheets, &self.new.sheets, &self.difference),
        }
    }

    /// `rc.cir:7`
    fn place(&self) -> String {
        let line = self.new.front.line.map_or(String::new(), |l| format!(":{l}"));
        format!("{}{line}", self.new.front.source)
    }
}

/// A snapshot with its differences, for somebody who is to judge it.
pub fn view(snap: &Path, color: bool) -> Result<String, String> {
    let pair = Pair::read(snap)?;
    let mut text = String::new();
    let _ = writeln!(text, "{}  {}", Paint::Yellow.on(pair.word(), color), shown(snap));
    let _ = writeln!(text, "{}   {}\n", pair.place(), pair.new.front.expression);
    for sentence in pair.sentences() {
        let _ = writeln!(text, "{sentence}");
    }
    let old = match &pair.old {
        Some(Ok(old)) => &old.sheets[..],
        _ => &[],
    };
    let lines = diff(old, &pair.new.sheets, &pair.difference, pair.new.front.within, MOST_ROWS);
    if !lines.is_empty() && pair.old.is_some() {
        text.push('\n');
    }
    let width = lines.iter().map(|l| l.text.chars().count()).max().unwrap_or(0);
    lines.iter().for_each(|l| text += &painted(l, width, color));
    Ok(text)
}

fn painted(line: &Line, width: usize, color: bool) -> String {
    let (sign, paint) = match line.mark {
        Mark::Both => (" ", Paint::Plain),
        Mark::Old => ("-", Paint::Red),
        Mark::New => ("+", Paint::Green),
        Mark::Note => ("…", Paint::Faint),
    };
    let shown = paint.on(&format!("  {sign}  {}", line.text), color);
    match line.note.is_empty() {
        true => format!("{shown}\n"),
        false => {
            let blanks = " ".repeat(3 + width - line.text.chars().count());
            format!("{shown}{blanks}{}\n", Paint::Bold.on(&line.note, color))
        }
    }
}

/// All that wait, a line each and what differs.
pub fn list(snaps: &[PathBuf]) -> String {
    let mut text = String::new();
    for snap in snaps {
        match Pair::read(snap) {
            Err(why) => {
                let _ = writeln!(text, "left     {why}");
            }
            Ok(pair) => {
                let (place, expression) = (pair.place(), &pair.new.front.expression);
                let _ = writeln!(text, "{:<8} {}   {place}   {expression}", pair.word(), shown(snap));
                for sentence in pair.sentences().iter().take(MOST_SENTENCES) {
                    let _ = writeln!(text, "           {sentence}");
                }
            }
        }
    }
    let (snapshots, wait) = if snaps.len() == 1 { ("snapshot", "waits") } else { ("snapshots", "wait") };
    let _ = writeln!(
        text,
        "\n{} {snapshots} {wait} to be reviewed: `memspice review` in a terminal, or `memspice test --accept` takes all",
        snaps.len()
    );
    text
}
