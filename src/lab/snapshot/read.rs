//! The text of a snapshot → its sheets.

use super::sheet::{Cell, Column, Kind, Sheet};
use super::text::{GAP, NO_UNIT, RANGE};
use super::unit::bare;

/// A line that is not what it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// From 1, in the text given
    pub line: usize,
    pub why: String,
}

/// The sheets of a text that [`super::text::write`] wrote, or that a person changed.
pub fn read(text: &str) -> Result<Vec<Sheet>, Unreadable> {
    let mut sheets = Vec::new();
    let mut lines = text.lines().enumerate().map(|(k, line)| (k + 1, line.trim_end())).peekable();
    while let Some((number, line)) = lines.next() {
        if line.is_empty() {
            continue;
        }
        let wrong = |why: &str| Unreadable { line: number, why: why.into() };
        let inner = line.strip_prefix('[').and_then(|l| l.strip_suffix(']'));
        let (kind, keys) = heading(inner.ok_or_else(|| wrong("expected a heading, as [waves by time]"))?)
            .ok_or_else(|| wrong("expected [values], [table], [waves] or [array …]"))?;
        let mut body = Vec::new();
        while let Some((number, line)) = lines.next_if(|(_, line)| !line.is_empty()) {
            body.push((number, cells(line)));
        }
        sheets.push(match kind {
            Kind::Values => values(&body)?,
            kind => rows(kind, keys, number, &body)?,
        });
    }
    Ok(sheets)
}

/// What stands between the brackets: the kind, and how many columns are keys.
fn heading(text: &str) -> Option<(Kind, usize)> {
    let (name, keys) = match text.rsplit_once(" by ") {
        Some((name, keys)) => (name, keys.split(", ").count()),
        None => (text, 0),
    };
    let kind = match name {
        "values" => Kind::Values,
        "table" => Kind::Table,
        "waves" => Kind::Waves,
        _ => Kind::Array(name.strip_prefix("array ")?.trim().into()),
    };
    Some((kind, keys))
}

fn cells(line: &str) -> Vec<&str> {
    line.split(GAP).map(str::trim).filter(|c| !c.is_empty()).collect()
}

type Line<'a> = (usize, Vec<&'a str>);

fn values(body: &[Line]) -> Result<Sheet, Unreadable> {
    let mut columns = Vec::new();
    for (line, cells) in body {
        let (name, value, unit) = match cells[..] {
            [name, value] => (name, value, ""),
            [name, value, unit] => (name, value, unit),
            _ => return Err(Unreadable { line: *line, why: "expected a name, a number and a unit".into() }),
        };
        let (unit, factor) = bare(unit);
        columns.push(Column { name: name.into(), unit: unit.into(), cells: vec![cell(value, factor, *line)?] });
    }
    Ok(Sheet { kind: Kind::Values, keys: Vec::new(), columns })
}

fn rows(kind: Kind, keys: usize, heading: usize, body: &[Line]) -> Result<Sheet, Unreadable> {
    let wrong = |line: usize, why: String| Unreadable { line, why };
    let [(_, names), (at, units), rows @ ..] = body else {
        return match body {
            [] => Ok(Sheet { kind, keys: Vec::new(), columns: Vec::new() }),
            _ => Err(wrong(heading, "a line of names and a line of units should follow".into())),
        };
    };
    if units.len() != names.len() || keys > names.len() {
        return Err(wrong(*at, format!("{} units below {} names", units.len(), names.len())));
    }
    let mut columns = Vec::new();
    let mut factors = Vec::new();
    for (name, unit) in names.iter().zip(units) {
        let (unit, factor) = bare(if *unit == NO_UNIT { "" } else { unit });
        columns.push(Column { name: name.to_string(), unit: unit.into(), cells: Vec::with_capacity(rows.len()) });
        factors.push(factor);
    }
    for (line, cells) in rows {
        if cells.len() != columns.len() {
            return Err(wrong(*line, format!("{} cells below {} names", cells.len(), columns.len())));
        }
        for ((column, factor), text) in columns.iter_mut().zip(&factors).zip(cells) {
            column.cells.push(cell(text, *factor, *line)?);
        }
    }
    let values = columns.split_off(keys);
    let keys = columns.iter().map(|k| Column::key(&k.name, &k.unit, k.cells.iter().map(|c| c.low))).collect();
    Ok(Sheet { kind, keys, columns: values })
}

/// `0.632`, `0.0..5.0`, `nan`, `inf`
fn cell(text: &str, factor: f64, line: usize) -> Result<Cell, Unreadable> {
    let number = |text: &str| match text.parse::<f64>() {
        Ok(v) => Ok(if factor == 1.0 { v } else { v * factor }),
        Err(_) => Err(Unreadable { line, why: format!("`{text}` is not a number") }),
    };
    match text.split_once(RANGE) {
        Some((low, high)) => Ok(Cell { low: number(low)?, high: number(high)? }),
        None => number(text).map(Cell::at),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::text::write;
    use super::super::within::Within;
    use super::*;

    fn number() -> impl Strategy<Value = f64> {
        let magnitudes = (-1.0..1.0f64, -15..9i32).prop_map(|(m, e)| m * 10f64.powi(e));
        prop_oneof![6 => magnitudes, 1 => Just(0.0), 1 => Just(-0.0), 1 => (0..20i32).prop_map(f64::from),
            1 => Just(f64::INFINITY), 1 => Just(f64::NAN)]
    }

    fn column(rows: usize) -> impl Strategy<Value = Column> {
        let name = prop_oneof![
            "[A-Za-z][A-Za-z0-9_\\[\\]().,:|]{0,12}",
            "[a-z]{1,4} [-+*/|] [a-z]{1,4}",
            "[0-9]{1,3}",
            " ?[µΩ°ä]{1,3} "
        ];
        let unit = prop_oneof![
            Just("V"),
            Just("A"),
            Just("s"),
            Just(""),
            Just("mV"),
            Just("ohm"),
            Just("dB"),
            Just("odd unit")
        ];
        let cell = (number(), prop_oneof![4 => Just(0.0), 1 => 0.0..3.0f64])
            .prop_map(|(low, width)| Cell { low, high: low + width });
        (name, unit, proptest::collection::vec(cell, rows))
            .prop_map(|(name, unit, cells)| Column { cells, ..Column::new(&name, unit, []) })
    }

    fn sheet() -> impl Strategy<Value = Sheet> {
        let kind = prop_oneof![
            Just(Kind::Waves),
            Just(Kind::Table),
            "[a-z]{1,3}[(][a-z]{1,3} by [a-z][)]".prop_map(Kind::Array)
        ];
        let table = (kind, 0..5usize).prop_flat_map(|(kind, rows)| {
            let keyed = matches!(kind, Kind::Array(_)) as usize;
            let columns = proptest::collection::vec(column(rows), 1..4);
            let keys = proptest::collection::vec(
                ("[a-z]{1,5}", Just("s"), proptest::collection::vec(-1e3..1e3f64, rows)),
                keyed..3,
            );
            (Just(kind), keys, columns).prop_map(|(kind, keys, columns)| Sheet {
                kind,
                keys: keys.into_iter().map(|(name, unit, values)| Column::key(&name, unit, values)).collect(),
                columns,
            })
        });
        let values = proptest::collection::vec(column(1), 0..4).prop_map(|columns| Sheet {
            kind: Kind::Values,
            keys: vec![],
            columns,
        });
        prop_oneof![4 => table, 1 => values]
    }

    fn within() -> impl Strategy<Value = Within> {
        prop_oneof![
            Just(Within::Percent(1.0)),
            Just(Within::Percent(1e-7)),
            Just(Within::Absolute(0.0)),
            Just(Within::Absolute(1e-4))
        ]
    }

    fn near(a: f64, b: f64, quantum: f64) -> bool {
        a == b || (a.is_nan() && b.is_nan()) || (a - b).abs() <= 1.01 * quantum + 4.0 * f64::EPSILON * a.abs()
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(sheets in proptest::collection::vec(sheet(), 0..4), within in within()) {
            let text = write(&sheets, within);
            let again = read(&text).map_err(|e| TestCaseError::fail(format!("{e:?}\n{text}")))?;
            prop_assert_eq!(again.len(), sheets.len());
            for (sheet, again) in sheets.iter().zip(&again) {
                prop_assert_eq!(&sheet.kind, &again.kind);
                prop_assert_eq!(&sheet.keys, &again.keys, "{}", text);
                prop_assert_eq!(sheet.columns.len(), again.columns.len());
                for (column, again) in sheet.columns.iter().zip(&again.columns) {
                    prop_assert_eq!((&column.name, &column.unit), (&again.name, &again.unit));
                    let quantum = 1e-3 * column.tolerance(within);
                    for (a, b) in column.cells.iter().zip(&again.cells) {
                        prop_assert!(near(a.low, b.low, quantum) && near(a.high, b.high, quantum), "{:?} {:?}\n{}", a, b, text);
                    }
                }
            }
        }

        #[test]
        fn no_text_is_a_panic(text in "[\\[\\]a-z0-9. \\n-]{0,80}") {
            let _ = read(&text);
        }
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        let said = |text: &str| read(text).map_err(|e| format!("{}: {}", e.line, e.why));
        assert_eq!(said("[curves]\n"), Err("1: expected [values], [table], [waves] or [array …]".into()));
        assert_eq!(said("a  b\n"), Err("1: expected a heading, as [waves by time]".into()));
        assert_eq!(said("[table]\na  b\n-  V\n1  2\n1\n"), Err("5: 1 cells below 2 names".into()));
        assert_eq!(said("[table]\na  b\n-\n"), Err("3: 1 units below 2 names".into()));
        assert_eq!(said("\n[values]\nmu  four\n"), Err("3: `four` is not a number".into()));
        assert_eq!(said("[table]\na\n"), Err("1: a line of names and a line of units should follow".into()));
    }
}
