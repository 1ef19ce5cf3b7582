//! `memspice review [PATH…]`: walks through the snapshots that wait to be looked at.

mod show;

use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

use clap::Args;
use console::{Key, Term};

use super::Exit;
use super::terminal::{Paint, color_out, complain, print};
use crate::lab::snapshot::{pending, store};
use show::{list, view};

/// Walks through snapshots that are new or changed: accept, reject, skip.
#[derive(Args, Debug)]
pub struct Review {
    /// Folders, netlists or snapshots
    #[arg(default_value = ".")]
    pub paths: Vec<PathBuf>,
}

pub fn run(args: &Review) -> Exit {
    let snaps = match pending::snapshots(&args.paths) {
        Ok(snaps) => snaps,
        Err(why) => {
            complain(&format!("error: {why}\n"));
            return Exit::Netlist;
        }
    };
    if snaps.is_empty() {
        print("no snapshots to review\n");
        return Exit::Passed;
    }
    if !(io::stdin().is_terminal() && io::stdout().is_terminal()) {
        print(&list(&snaps));
        return Exit::Failed;
    }
    let term = Term::stdout();
    let answers = walk(&snaps, &mut || term.read_key(), &mut print, color_out());
    match answers {
        Ok(answers) => {
            print(&answers.summary());
            Exit::Passed
        }
        Err(why) => {
            complain(&format!("error: {why}\n"));
            Exit::Netlist
        }
    }
}

/// The snapshots that were accepted, rejected and left.
#[derive(Debug, Default, PartialEq)]
struct Answers {
    accepted: Vec<PathBuf>,
    rejected: Vec<PathBuf>,
    skipped: Vec<PathBuf>,
}

impl Answers {
    fn summary(&self) -> String {
        let lists = [("accepted", &self.accepted), ("rejected", &self.rejected), ("skipped", &self.skipped)];
        let mut text = String::from("\n");
        for (what, list) in lists.into_iter().filter(|(_, list)| !list.is_empty()) {
            text += &format!("{what}:\n");
            text.extend(list.iter().map(|snap| format!("  {}\n", snap.display())));
        }
        text
    }
}

const KEYS: &str = "\n  a accept   keep the new one\n  r reject   keep the old one\n  s skip     decide later\n  q quit     skip all that are left\n";

/// Shows each, asks, does what the answer is.
fn walk(
    snaps: &[PathBuf],
    key: &mut dyn FnMut() -> io::Result<Key>,
    print: &mut dyn FnMut(&str),
    color: bool,
) -> io::Result<Answers> {
    let mut answers = Answers::default();
    for (k, snap) in snaps.iter().enumerate() {
        let count = format!("snapshot {} of {}", k + 1, snaps.len());
        print(&format!("\n{}\n", Paint::Bold.on(&count, color)));
        match view(snap, color) {
            Ok(text) => print(&text),
            // Not ours to judge
            Err(why) => {
                print(&format!("{why}\n"));
                answers.skipped.push(snap.clone());
                continue;
            }
        }
        print(KEYS);
        match answer(key)? {
            Answer::Accept => {
                done(store::accept(snap))?;
                answers.accepted.push(snap.clone());
            }
            Answer::Reject => {
                done(store::reject(snap))?;
                answers.rejected.push(snap.clone());
            }
            Answer::Skip => answers.skipped.push(snap.clone()),
            Answer::Quit => {
                answers.skipped.extend_from_slice(&snaps[k..]);
                break;
            }
        }
    }
    Ok(answers)
}

fn done(result: Result<(), store::StoreError>) -> io::Result<()> {
    result.map_err(|e| io::Error::other(e.to_string()))
}

enum Answer {
    Accept,
    Reject,
    Skip,
    Quit,
}

/// Waits for a key that is an answer.
fn answer(key: &mut dyn FnMut() -> io::Result<Key>) -> io::Result<Answer> {
    loop {
        return Ok(match key()? {
            Key::Char('a' | 'A') => Answer::Accept,
            Key::Char('r' | 'R') => Answer::Reject,
            Key::Char('s' | 'S' | ' ') => Answer::Skip,
            Key::Char('q' | 'Q') | Key::Escape | Key::CtrlC => Answer::Quit,
            _ => continue,
        });
    }
}

/// `snapshots/rc__step.snap` for messages.
fn shown(snap: &Path) -> String {
    snap.display().to_string()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::lab::snapshot::{Mode, Place, Seen, Sheet, Taken, Within, check};

    /// Snapshots of two experiments: `a` changed from 4 to 5, `b` is new.
    fn bench() -> (tempfile::TempDir, Vec<PathBuf>) {
        let dir = tempfile::tempdir().unwrap();
        let netlist = dir.path().join("rc.cir");
        let take = |experiment: &str, value: f64, mode| {
            let seen = vec![Seen::Sheet(Sheet::values([("mu", "", value), ("sd", "", 1.0)]))];
            let text = "mu, sd within 1%".to_string();
            let taken = Taken { text, line: 5, ordinal: 1, within: Within::Percent(1.0), shift: 0.0, seen };
            check(&taken, &Place { netlist: &netlist, experiment }, mode, None).unwrap();
        };
        take("a", 4.0, Mode::Accept);
        take("a", 5.0, Mode::Pending);
        take("b", 7.0, Mode::Pending);
        let snaps = pending::snapshots(&[dir.path().to_path_buf()]).unwrap();
        assert_eq!(snaps.len(), 2);
        (dir, snaps)
    }

    fn typed(snaps: &[PathBuf], keys: &str) -> (Answers, String) {
        let mut keys = keys.chars();
        let mut said = String::new();
        let mut key = || Ok(keys.next().map_or(Key::CtrlC, Key::Char));
        let answers = walk(snaps, &mut key, &mut |text| said += text, false).unwrap();
        (answers, said)
    }

    #[test]
    fn a_key_accepts_rejects_or_skips() {
        let (dir, snaps) = bench();
        let value = || fs::read_to_string(&snaps[0]).unwrap().contains("mu  5");
        assert!(!value());
        let (answers, said) = typed(&snaps, "ss");
        assert_eq!((answers.skipped.len(), value()), (2, false));
        for text in
            ["snapshot 1 of 2", "rc.cir:5", "mu, sd within 1%", "-  mu  4", "+  mu  5", "off by 25 tolerances of 0.04"]
        {
            assert!(said.contains(text), "{text}: {said}");
        }
        assert!(!said.contains("-  sd") && said.contains("+  sd"), "of the new one all is shown: {said}");
        let (answers, _) = typed(&snaps, "xar");
        assert_eq!((answers.accepted, answers.rejected, value()), (snaps[..1].to_vec(), snaps[1..].to_vec(), true));
        assert!(pending::snapshots(&[dir.path().to_path_buf()]).unwrap().is_empty());
        assert!(!snaps[1].exists());
    }

    #[test]
    fn quitting_leaves_the_rest() {
        let (_dir, snaps) = bench();
        let (answers, _) = typed(&snaps, "q");
        assert_eq!(answers, Answers { skipped: snaps.clone(), ..Answers::default() });
        assert!(answers.summary().contains("skipped:\n"));
    }

    #[test]
    fn a_snapshot_of_another_program_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let new = dir.path().join("x.snap.new");
        fs::write(&new, "---\nsource: a.rs\n---\ntext\n").unwrap();
        let (answers, said) = typed(&[dir.path().join("x.snap")], "a");
        assert_eq!((answers.skipped.len(), new.exists()), (1, true));
        assert!(said.contains("not a snapshot of memspice"), "{said}");
        assert!(list(&[dir.path().join("x.snap")]).contains("not a snapshot of memspice"));
    }

    #[test]
    fn without_a_terminal_they_are_listed() {
        let (dir, snaps) = bench();
        let text = list(&snaps).replace(&*dir.path().to_string_lossy(), ".");
        let expected = "changed  ./snapshots/rc__a.snap   rc.cir:5   mu, sd within 1%\n           mu is off by 25 tolerances of 0.04: 4 before, 5 now\n\
                        new      ./snapshots/rc__b.snap   rc.cir:5   mu, sd within 1%\n\n2 snapshots wait to be reviewed";
        assert!(text.starts_with(expected), "{text}");
    }
}
