//! What a page shows and what came out: the same words, numbers within half a percent, times on the wall left out.

use memspice::syntax::number;

/// A line of a page for lines that it does not show.
const GAP: &str = "…";

/// Words before a time on the wall: `passed in 2.14 ms`, `tran  1016 rows, 1.58 ms`.
const BEFORE_WALL: [&str; 11] =
    ["in", "row,", "rows,", "points,", "passed,", "failed,", "FAILED,", "written,", "new,", "changed,", "interrupted,"];

const SECONDS: [&str; 5] = ["ns", "µs", "ms", "s", "min"];

/// The number that the text gives, where it may be off by half a percent.
pub fn close(found: f64, page: f64) -> bool {
    (found - page).abs() <= 5e-3 * page.abs()
}

/// Where the lines of a page and of a text part. Empty lines do not count, `…` stands for any number of lines.
pub fn difference(page: &[String], found: &str) -> Option<String> {
    let mut found = found.lines().filter(|l| !l.trim().is_empty());
    let mut gap = false;
    for line in page.iter().filter(|l| !l.trim().is_empty()) {
        if line.trim() == GAP {
            gap = true;
            continue;
        }
        let met = if gap { found.find(|f| same(line, f)) } else { found.next() };
        if !met.is_some_and(|f| same(line, f)) {
            return Some(format!("the page says\n    {line}\n  and here stands\n    {}", met.unwrap_or("(the end)")));
        }
        gap = false;
    }
    let more = found.next().filter(|_| !gap)?;
    Some(format!("the page ends before\n    {more}"))
}

fn same(page: &str, found: &str) -> bool {
    let (a, b) = (words(page), words(found));
    if a.len() != b.len() {
        return false;
    }
    let mut k = 0;
    while k < a.len() {
        match (value(a[k]), value(b[k])) {
            (Some(_), Some(_)) if on_the_wall(&a, k) => k += 1,
            (Some(_), Some(_)) if a[0] == "tran" && a.get(k + 1).is_some_and(|w| w.starts_with("rows")) => {}
            (Some(x), Some(y)) if close(y, x) => {}
            _ if a[k] == b[k] => {}
            _ => return false,
        }
        k += 1;
    }
    true
}

/// Whether the number at k is a time on the wall: its value and unit differ from run to run.
fn on_the_wall(words: &[&str], k: usize) -> bool {
    let seconds = words.get(k + 1).is_some_and(|u| SECONDS.contains(&u.trim_end_matches([')', ','])));
    let announced = k > 0 && BEFORE_WALL.contains(&words[k - 1]) || words[k].starts_with('(');
    seconds && announced
}

fn value(word: &str) -> Option<f64> {
    number::parse(word.trim_matches(['(', ')', ',', ':'])).map(|n| n.value)
}

fn words(line: &str) -> Vec<&str> {
    line.split_whitespace().collect()
}
