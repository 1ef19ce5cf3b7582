//! What `snapshot` statements saw → snapshots, and how they compare with what is kept.

use std::path::{Path, PathBuf};

use super::notes::{Notes, Seen, Shot, Shown};
use super::{Entry, Settings};
use crate::analysis::sink::{self, Header, Row};
use crate::diag::{Diagnostic, Span};
use crate::lab::snapshot::{self, Column, Kind, Mode, Outcome, Place, Sheet, Taken, Verdict, Within, check};
use crate::lab::wave::Wave;
use crate::syntax::ast::visit::statements;
use crate::syntax::ast::{StmtKind, Tolerance};
use crate::syntax::print::expr as text_of;

/// Sentences about one snapshot
const MOST_SENTENCES: usize = 6;

/// Where snapshots are kept, and what is done about those that are new or differ.
#[derive(Clone, Debug)]
pub struct Keeping {
    /// Snapshots lie beside it
    pub netlist: PathBuf,
    pub mode: Mode,
}

/// The verdicts on all snapshots, and what is to be said about them.
pub fn judge(entry: &Entry, notes: &Notes, settings: &Settings) -> (Vec<Verdict>, Vec<Diagnostic>) {
    // Counted as they stand, whatever of them was reached.
    let mut places: Vec<Span> = Vec::new();
    statements(&entry.body, &mut |s| {
        if matches!(s.kind, StmtKind::Snapshot { .. }) && !places.contains(&s.span) {
            places.push(s.span);
        }
    });
    let place = Place { netlist: &settings.keeping.netlist, experiment: &entry.name };
    let (mut verdicts, mut said) = (Vec::new(), Vec::new());
    for shot in &notes.shots {
        let ordinal = places.iter().position(|p| *p == shot.span).unwrap_or(places.len()) + 1;
        let taken = taken(shot, ordinal, (settings.line)(shot.span));
        let number = if ordinal > 1 { format!("-{ordinal}") } else { String::new() };
        let picture = settings.dir.join(&entry.name).join(format!("snapshot{number}.svg"));
        match check(&taken, &place, settings.keeping.mode, Some(&picture)) {
            Ok(verdict) => {
                said.extend(about(&verdict, shot.span, settings.keeping.mode));
                verdicts.push(verdict);
            }
            Err(error) => said.push(Diagnostic::error("lab::snapshot", error.to_string()).at(shot.span, "here")),
        }
    }
    (verdicts, said)
}

/// Pictures of differences, relative to the folder of the report.
pub fn pictures(verdicts: &[Verdict], settings: &Settings) -> Vec<String> {
    let relative = |p: &Path| p.strip_prefix(&settings.dir).unwrap_or(p).to_string_lossy().into_owned();
    verdicts.iter().filter_map(|v| v.picture.as_deref()).map(relative).collect()
}

/// What a user should know of a snapshot.
fn about(verdict: &Verdict, span: Span, mode: Mode) -> Vec<Diagnostic> {
    let trouble = |why: &String| Diagnostic::warning("lab::file", format!("a snapshot is not written: {why}"));
    let mut said: Vec<Diagnostic> = verdict.troubles.iter().map(trouble).collect();
    let waits = "`memspice review` shows it and accepts it";
    said.extend(match (&verdict.outcome, mode) {
        (Outcome::Same | Outcome::Accepted, _) => None,
        (Outcome::New, Mode::Compare) => None,
        (Outcome::New, _) => Some(
            Diagnostic::note("lab::snapshot-new", "a new snapshot: nothing is kept to compare it with")
                .at(span, "taken")
                .help(waits),
        ),
        (Outcome::Changed, _) => {
            let first = verdict.sentences.iter().take(MOST_SENTENCES).cloned().collect::<Vec<_>>().join("; ");
            let more = verdict.sentences.len().saturating_sub(MOST_SENTENCES);
            let more = if more > 0 { format!("; and {more} more") } else { String::new() };
            let d = Diagnostic::warning("lab::snapshot", format!("a snapshot differs: {first}{more}"));
            let picture = verdict.picture.as_ref().map_or(String::new(), |p| format!("{} shows both; ", p.display()));
            let waits = if mode == Mode::Pending { waits } else { "it is compared only, as the run is not as written" };
            Some(d.at(span, "not what is kept").help(format!("{picture}{waits}")))
        }
    });
    said
}

/// The statement and what it saw.
fn taken(shot: &Shot, ordinal: usize, line: usize) -> Taken {
    let StmtKind::Snapshot { values, every, within, shift } = &shot.statement.kind else {
        let (text, within) = (String::new(), Within::DEFAULT);
        return Taken { text, line, ordinal, within, shift: 0.0, seen: Vec::new() };
    };
    let mut text = values.iter().map(text_of).collect::<Vec<_>>().join(", ");
    text.extend(every.iter().map(|e| format!(" every {}", text_of(e))));
    text.extend(within.iter().map(|w| match w {
        Tolerance::Percent(p) => format!(" within {p}%"),
        Tolerance::Absolute(e) => format!(" within {}", text_of(e)),
    }));
    text.extend(shift.iter().map(|e| format!(" shift {}", text_of(e))));
    let within = match (within, shot.within) {
        (Some(Tolerance::Percent(p)), _) => Within::Percent(*p),
        (Some(Tolerance::Absolute(_)), Some(v)) => Within::Absolute(v),
        _ => Within::DEFAULT,
    };
    Taken { text, line, ordinal, within, shift: shot.shift, seen: sheets(shot) }
}

/// What was seen at all points, one sheet for what belongs together.
fn sheets(shot: &Shot) -> Vec<snapshot::Seen> {
    let mut out: Vec<snapshot::Seen> = Vec::new();
    for (point, seen) in &shot.list {
        match seen {
            Seen::Waves { times, columns } => {
                let wave = wave(point, times, columns);
                let known = out.iter_mut().find_map(|s| match s {
                    snapshot::Seen::Waves { waves, .. } if waves.iter().all(|w| w.header.steps != *point) => {
                        Some(waves)
                    }
                    _ => None,
                });
                match known {
                    Some(waves) => waves.push(wave),
                    None => {
                        let (every, edge) = (shot.every, shot.edge);
                        out.push(snapshot::Seen::Waves { waves: vec![wave], every, edge });
                    }
                }
            }
            Seen::Table { keys, columns } => {
                let keys = keys.iter().map(|c| Column::key(&c.name, c.unit, c.values.iter().copied())).collect();
                place(&mut out, Kind::Table, keys, columns, point.is_empty());
            }
            Seen::Columns(columns) => {
                let rows = columns.first().map_or(0, |c| c.values.len());
                let of_point = |(name, v): &(String, f64)| Column::key(name, "", std::iter::repeat_n(*v, rows));
                let mut keys: Vec<Column> = point.iter().map(of_point).collect();
                let kind = if rows == 1 && keys.is_empty() { Kind::Values } else { Kind::Array(common(columns)) };
                if rows != 1 {
                    keys.push(Column::key("index", "", (0..rows).map(|k| k as f64)));
                }
                place(&mut out, kind, keys, columns, point.is_empty());
            }
        }
    }
    out
}

fn wave(point: &[(String, f64)], times: &[f64], columns: &[Shown]) -> Wave {
    let column = |c: &Shown| sink::Column { name: c.name.clone(), unit: c.unit.into() };
    let mut wave = Wave::new(&Header {
        analysis: "tran",
        steps: point.to_vec(),
        scale: Some(sink::Column { name: snapshot::sample::TIME.into(), unit: "s".into() }),
        columns: columns.iter().map(column).collect(),
        complex: false,
    });
    let mut row = Vec::with_capacity(columns.len());
    for (k, t) in times.iter().enumerate() {
        row.clear();
        row.extend(columns.iter().map(|c| c.values.get(k).copied().unwrap_or(f64::NAN)));
        wave.push(*t, Row::Real(&row));
    }
    wave
}

/// Adds rows to the sheet of the same columns at other points of a sweep; `alone`: there is no sweep.
fn place(out: &mut Vec<snapshot::Seen>, kind: Kind, keys: Vec<Column>, columns: &[Shown], alone: bool) {
    let columns: Vec<Column> = columns.iter().map(|c| Column::new(&c.name, c.unit, c.values.iter().copied())).collect();
    let sheet = Sheet { kind, keys, columns };
    let names = |s: &Sheet| s.columns.iter().map(|c| c.name.clone()).collect::<Vec<_>>();
    let known = out.iter_mut().find_map(|s| match s {
        snapshot::Seen::Sheet(own) if own.kind == sheet.kind && !alone && names(own) == names(&sheet) => Some(own),
        _ => None,
    });
    match known {
        Some(own) => {
            let add = |(to, from): (&mut Column, &Column)| to.cells.extend_from_slice(&from.cells);
            own.keys.iter_mut().zip(&sheet.keys).for_each(add);
            own.columns.iter_mut().zip(&sheet.columns).for_each(add);
        }
        None => out.push(snapshot::Seen::Sheet(sheet)),
    }
}

/// What columns are elements of: `h` of `h[0]`, `h[1]`.
fn common(columns: &[Shown]) -> String {
    let mut names: Vec<&str> = Vec::new();
    for column in columns {
        let base = match column.name.strip_suffix(']').and_then(|n| n.rsplit_once('[')) {
            Some((base, _)) if columns.len() > 1 => base,
            _ => &column.name,
        };
        if !names.contains(&base) {
            names.push(base);
        }
    }
    names.join(", ")
}
