//! The front matter of insta's files ↔ what a snapshot is of. The part of YAML that insta writes, nothing more.

use super::within::Within;

const RULE: &str = "---";

/// What a snapshot is of.
#[derive(Clone, Debug, PartialEq)]
pub struct Front {
    /// The file name of the netlist
    pub source: String,
    /// Where the statement stands; only of snapshots that nobody has looked at, as lines move
    pub line: Option<usize>,
    /// The statement without its first word: `V(out), I(V1) every 10u within 1%`
    pub expression: String,
    pub within: Within,
    /// The longest common shift in time that was removed, s
    pub shift: f64,
}

/// Front matter and, behind it, `text`.
pub fn write(front: &Front, text: &str) -> String {
    let line = front.line.map_or(String::new(), |l| format!("assertion_line: {l}\n"));
    let shift = if front.shift > 0.0 { format!("  shift: {:?}\n", front.shift) } else { String::new() };
    format!(
        "{RULE}\nsource: {}\n{line}expression: {}\ninfo:\n  within: {}\n{shift}{RULE}\n{text}",
        quoted(&front.source),
        quoted(&front.expression),
        front.within
    )
}

/// A file's front matter, the number of lines it takes, and the text behind it.
pub fn read(file: &str) -> Result<(Front, usize, &str), String> {
    let mut front =
        Front { source: String::new(), line: None, expression: String::new(), within: Within::DEFAULT, shift: 0.0 };
    let mut rest = file.strip_prefix('\u{feff}').unwrap_or(file);
    let mut known = false;
    for number in 0.. {
        let (line, behind) = rest.split_once('\n').ok_or("expected front matter between lines of ---")?;
        rest = behind;
        let line = line.trim_end();
        match (number, line) {
            (0, RULE) => continue,
            (0, _) => return Err("expected --- in the first line".into()),
            (_, RULE) if known => return Ok((front, number + 1, rest)),
            (_, RULE) => return Err("not a snapshot of memspice: its front matter does not say `within`".into()),
            _ => {}
        }
        let Some((key, value)) = line.split_once(':') else { continue };
        let value = unquoted(value.trim());
        let nested = key.starts_with(' ');
        match (nested, key.trim()) {
            (false, "source") => front.source = value,
            (false, "expression") => front.expression = value,
            (false, "assertion_line") => front.line = value.parse().ok(),
            (true, "within") => {
                front.within = value.parse().map_err(|()| format!("`within: {value}` is not a number"))?;
                known = true;
            }
            (true, "shift") => front.shift = value.parse().map_err(|_| format!("`shift: {value}` is not a number"))?,
            _ => {}
        }
    }
    Err("expected front matter between lines of ---".into())
}

/// The same file as it is kept: without what only a reviewer needs.
pub fn kept(file: &str) -> String {
    let mut rules = 0;
    let mut kept = String::with_capacity(file.len());
    for line in file.split_inclusive('\n') {
        rules += usize::from(line.trim_end() == RULE);
        if rules < 2 && line.starts_with("assertion_line:") {
            continue;
        }
        kept += line;
    }
    kept
}

fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '/' | '-');
    match text.starts_with(|c: char| c.is_ascii_alphabetic()) && text.contains('.') && text.chars().all(plain) {
        true => text.into(),
        false => serde_json::Value::from(text).to_string(),
    }
}

fn unquoted(text: &str) -> String {
    let single = text.strip_prefix('\'').and_then(|t| t.strip_suffix('\''));
    match single {
        Some(inner) => inner.replace("''", "'"),
        None => serde_json::from_str::<String>(text).unwrap_or_else(|_| text.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_written_is_read(
            source in "[a-zA-Z0-9_ .:#'\"äµ-]{0,12}", expression in "\\PC{0,30}", line in proptest::option::of(1..9999usize),
            percent in 0.0..5.0f64, shift in prop_oneof![Just(0.0), 1e-9..1e-3f64],
        ) {
            let front = Front { source, line, expression, within: Within::Percent(percent), shift };
            let file = write(&front, "[values]\n---\nassertion_line: 3\n");
            let (again, lines, text) = read(&file).unwrap();
            prop_assert_eq!(&again, &front);
            prop_assert_eq!(text, "[values]\n---\nassertion_line: 3\n");
            prop_assert_eq!(lines, file.lines().count() - 3);
            let kept = kept(&file);
            prop_assert_eq!(read(&kept).unwrap().0, Front { line: None, ..front });
            prop_assert!(kept.ends_with(text));
        }
    }

    #[test]
    fn other_files_are_told_apart() {
        let foreign = "---\nsource: tests/diagnostics.rs\nexpression: text\n---\nsome text\n";
        assert!(read(foreign).unwrap_err().contains("not a snapshot of memspice"));
        assert!(read("time\n1\n").unwrap_err().contains("---"));
        assert!(read("---\nsource: a\n").is_err());
        assert!(read("").is_err());
    }
}
