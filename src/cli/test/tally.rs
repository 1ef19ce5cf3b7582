//! Experiments that ran → a line each, what is wrong below it, and the counts at the end.

use std::fmt::Write;

use super::runner::Ran;
use crate::cli::terminal::Paint;
use crate::lab::number::rough;
use crate::lab::report::Status;
use crate::lab::snapshot::{Outcome, Verdict};

/// Sentences about one snapshot
const MOST_SENTENCES: usize = 8;

/// What is said of an experiment in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Word {
    Ok,
    New,
    Accepted,
    Changed,
    Failed,
    Error,
    Interrupted,
}

impl Word {
    fn of(ran: &Ran) -> Word {
        let any = |o: Outcome| ran.verdicts.iter().any(|v| v.outcome == o);
        match ran.status {
            Status::Error => Word::Error,
            Status::Interrupted => Word::Interrupted,
            _ if ran.asserts.iter().any(|a| !a.passed) => Word::Failed,
            _ if any(Outcome::Changed) => Word::Changed,
            _ if any(Outcome::New) => Word::New,
            _ if any(Outcome::Accepted) => Word::Accepted,
            _ => Word::Ok,
        }
    }

    fn text(self) -> (&'static str, Paint) {
        match self {
            Word::Ok => ("ok", Paint::Green),
            Word::New => ("new", Paint::Yellow),
            Word::Accepted => ("accepted", Paint::Green),
            Word::Changed => ("changed", Paint::Red),
            Word::Failed => ("failed", Paint::Red),
            Word::Error => ("error", Paint::Red),
            Word::Interrupted => ("interrupted", Paint::Yellow),
        }
    }
}

/// The line of an experiment, and what is to be said about it.
pub fn lines(file: &str, ran: &Ran, color: bool) -> String {
    let (word, paint) = Word::of(ran).text();
    let blanks = " ".repeat(9usize.saturating_sub(word.len()));
    let seconds = if ran.seconds > 0.0 { format!("  ({})", rough(ran.seconds, "s")) } else { String::new() };
    let name = if ran.name.is_empty() { String::new() } else { format!(" {}", ran.name) };
    let mut text = format!("{}{blanks} {file}{name}{}\n", paint.on(word, color), Paint::Faint.on(&seconds, color));
    for assert in ran.asserts.iter().filter(|a| !a.passed) {
        let _ = writeln!(text, "          assert {}   {file}:{}", assert.text, assert.line);
    }
    let seen = |v: &&Verdict| !matches!(v.outcome, Outcome::Same) || !v.troubles.is_empty();
    for verdict in ran.verdicts.iter().filter(seen) {
        about(&mut text, file, verdict);
    }
    text
}

fn about(text: &mut String, file: &str, verdict: &Verdict) {
    let what = match verdict.outcome {
        Outcome::Same => "as before",
        Outcome::New => "new",
        Outcome::Accepted => "kept from now on",
        Outcome::Changed => "changed",
    };
    let _ = writeln!(text, "          snapshot {}   {file}:{}   {what}", verdict.text, verdict.line);
    for sentence in verdict.sentences.iter().take(MOST_SENTENCES) {
        let _ = writeln!(text, "            {sentence}");
    }
    if verdict.sentences.len() > MOST_SENTENCES {
        let _ = writeln!(text, "            and {} more", verdict.sentences.len() - MOST_SENTENCES);
    }
    if let Some(picture) = &verdict.picture {
        let _ = writeln!(text, "            {}", picture.display());
    }
    for trouble in &verdict.troubles {
        let _ = writeln!(text, "            not written: {trouble}");
    }
}

/// What was counted.
#[derive(Default)]
pub struct Tally {
    words: Vec<Word>,
    /// Netlists that are wrong
    pub wrong: usize,
    /// Experiments left out
    pub slow: usize,
    new: usize,
    changed: usize,
}

impl Tally {
    pub fn count(&mut self, ran: &Ran) {
        self.words.push(Word::of(ran));
        let count = |o: Outcome| ran.verdicts.iter().filter(|v| v.outcome == o).count();
        self.new += count(Outcome::New);
        self.changed += count(Outcome::Changed);
    }

    /// There is nothing that could run.
    pub fn nothing(&self) -> bool {
        self.words.is_empty() && self.wrong == 0 && self.slow == 0
    }

    /// `5 experiments: 3 ok, 1 failed, 1 new in 3.4 s`, and what there is to do.
    pub fn summary(&self, seconds: f64) -> String {
        let all = [Word::Ok, Word::Accepted, Word::New, Word::Changed, Word::Failed, Word::Error, Word::Interrupted];
        let count = |word: Word| self.words.iter().filter(|w| **w == word).count();
        let mut counts: Vec<String> =
            all.into_iter().filter(|w| count(*w) > 0).map(|w| format!("{} {}", count(w), w.text().0)).collect();
        match self.wrong {
            0 => {}
            1 => counts.push("1 netlist is wrong".into()),
            n => counts.push(format!("{n} netlists are wrong")),
        }
        let experiments = if self.words.len() == 1 { "experiment" } else { "experiments" };
        let counts = if counts.is_empty() { String::new() } else { format!(": {}", counts.join(", ")) };
        let slow = match self.slow {
            0 => String::new(),
            1 => "; 1 slow one left out".into(),
            n => format!("; {n} slow ones left out"),
        };
        let mut text = format!("\n{} {experiments}{counts} in {}{slow}\n", self.words.len(), rough(seconds, "s"));
        let waiting: Vec<String> = [(self.new, "new"), (self.changed, "changed")]
            .iter()
            .filter(|w| w.0 > 0)
            .map(|w| format!("{} {}", w.0, w.1))
            .collect();
        let (snapshots, wait) =
            if self.new + self.changed == 1 { ("snapshot", "waits") } else { ("snapshots", "wait") };
        if !waiting.is_empty() {
            let _ = writeln!(text, "{} {snapshots} {wait}: `memspice review` shows and accepts", waiting.join(" and "));
        }
        text
    }
}
