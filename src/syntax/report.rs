//! A diagnostic → what a person sees: the line with the place marked, code, cause, help and the chain of includes.

use std::fmt;

use miette::{
    GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, MietteSpanContents, SourceCode, SourceSpan,
    SpanContents, ThemeCharacters, ThemeStyles,
};

use crate::diag::{Diagnostic, Label, Severity, Span};
use crate::syntax::source::{Source, Sources};

/// Columns shown of a long source line, around the place.
const WIDTH: usize = 120;
/// Lines that a report spans at most before its labels are drawn apart.
const NEAR: usize = 6;

/// Draws one diagnostic, in color or plain, ending in a line end.
pub fn render(diagnostic: &Diagnostic, sources: &Sources, color: bool) -> String {
    let mut groups = group(&diagnostic.labels, sources).into_iter();
    let first = groups.next();
    let file = first.as_ref().map(|group| group.labels[0].span.file);
    let mut help = diagnostic.help.clone();
    let chain = file.map(|file| sources.chain(file)).unwrap_or_default();
    if !chain.is_empty() {
        let places: Vec<String> = chain.iter().map(|span| format!("included at {}", sources.place(*span))).collect();
        let places = places.join("\n");
        help = Some(help.map_or(places.clone(), |help| format!("{help}\n{places}")));
    }
    let main = Drawing {
        message: diagnostic.message.clone(),
        code: Some(diagnostic.code),
        severity: diagnostic.severity,
        help,
        excerpt: first.and_then(|group| group.excerpt(sources)),
    };
    let mut out = draw(&main, color);
    for group in groups {
        let excerpt = group.excerpt(sources);
        let message = group.labels.iter().map(|l| l.text.as_str()).collect::<Vec<_>>().join("; ");
        out.push_str(&draw(&Drawing { message, code: None, severity: Severity::Note, help: None, excerpt }, color));
    }
    out
}

fn draw(drawing: &Drawing, color: bool) -> String {
    let styles = if color { ThemeStyles::ansi() } else { ThemeStyles::none() };
    let theme = GraphicalTheme { characters: ThemeCharacters::unicode(), styles };
    let handler =
        GraphicalReportHandler::new_themed(theme).with_links(false).with_context_lines(NEAR + 2).with_width(WIDTH + 20);
    let mut out = String::new();
    if handler.render_report(&mut out, drawing).is_err() {
        out = format!("{}: {}\n", drawing.severity, drawing.message);
    }
    out
}

/// Labels near enough to each other to be drawn together.
struct Group<'d> {
    labels: Vec<&'d Label>,
    /// Lines counted from 0.
    lines: (usize, usize),
}

fn group<'d>(labels: &'d [Label], sources: &Sources) -> Vec<Group<'d>> {
    let mut groups: Vec<Group<'d>> = Vec::new();
    for label in labels {
        let Some(source) = sources.get(label.span.file) else { continue };
        let line = source.text.line_of(label.span.start as usize);
        let near = |g: &&mut Group<'d>| {
            let span = g.lines.1.max(line) - g.lines.0.min(line);
            g.labels[0].span.file == label.span.file
                && span <= NEAR
                && short(source, g.lines.0.min(line), g.lines.1.max(line))
        };
        match groups.iter_mut().find(near) {
            Some(group) => {
                group.labels.push(label);
                group.lines = (group.lines.0.min(line), group.lines.1.max(line));
            }
            None => groups.push(Group { labels: vec![label], lines: (line, line) }),
        }
    }
    groups
}

/// Whether all these lines fit in the drawing.
fn short(source: &Source, first: usize, last: usize) -> bool {
    (first..=last).all(|line| {
        let (start, end) = source.text.line_range(line);
        end - start <= WIDTH
    })
}

impl Group<'_> {
    /// The lines to show, cut where they are long, with the labels moved to their places in it.
    fn excerpt(&self, sources: &Sources) -> Option<Excerpt> {
        let first = self.labels.first()?;
        let source = sources.get(first.span.file)?;
        let (from, to) = self.lines;
        let (start, _) = source.text.line_range(from);
        let (_, end) = source.text.line_range(to);
        let (start, end) = if short(source, from, to) { (start, end) } else { cut(source, first.span) };
        let (left, right) = (self.elision(source, start), self.elision_after(source, end));
        // A place behind the last character needs something to stand under.
        let behind = if self.labels.iter().any(|label| label.span.start as usize >= end) { " " } else { "" };
        let text = format!("{left}{}{right}{behind}", source.text.content.get(start..end)?);
        let labels = self.labels.iter().map(|label| {
            let at = (label.span.start as usize).clamp(start, end);
            let line_end = source.text.line_range(source.text.line_of(at)).1;
            let stop = (label.span.end as usize).clamp(at, end).min(line_end.max(at));
            LabeledSpan::new(Some(label.text.clone()), at - start + left.len(), (stop - at).max(1))
        });
        let hidden = source.text.content.get(source.text.line_range(from).0..start).map_or(0, |s| s.chars().count());
        Some(Excerpt { name: source.path.clone(), labels: labels.collect(), text, line: from, hidden })
    }

    fn elision(&self, source: &Source, start: usize) -> &'static str {
        if source.text.line_range(self.lines.0).0 < start { "…" } else { "" }
    }

    fn elision_after(&self, source: &Source, end: usize) -> &'static str {
        if source.text.line_range(self.lines.1).1 > end { "…" } else { "" }
    }
}

/// The part of a long line around `span` that is shown.
fn cut(source: &Source, span: Span) -> (usize, usize) {
    let text = &source.text.content;
    let (line_start, line_end) = source.text.line_range(source.text.line_of(span.start as usize));
    let down = |mut i: usize| {
        while !text.is_char_boundary(i) {
            i -= 1;
        }
        i
    };
    let start = (span.start as usize).saturating_sub(WIDTH / 2).max(line_start);
    (down(start), down((start + WIDTH).min(line_end)))
}

/// A few lines of a file as if they were all of it.
#[derive(Debug)]
struct Excerpt {
    name: String,
    labels: Vec<LabeledSpan>,
    text: String,
    /// Number of its first line, from 0.
    line: usize,
    /// Characters cut off before it.
    hidden: usize,
}

impl SourceCode for Excerpt {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let inside = self.text.read_span(span, before, after)?;
        // miette asks for no context where it wants the place for the heading.
        let hidden = if before == 0 && inside.line() == 0 {
            self.hidden.saturating_sub(usize::from(self.hidden > 0))
        } else {
            0
        };
        Ok(Box::new(MietteSpanContents::new_named(
            self.name.clone(),
            inside.data(),
            *inside.span(),
            inside.line() + self.line,
            inside.column() + hidden,
            inside.line_count(),
        )))
    }
}

/// What miette draws.
#[derive(Debug)]
struct Drawing {
    message: String,
    code: Option<&'static str>,
    severity: Severity,
    help: Option<String>,
    excerpt: Option<Excerpt>,
}

impl fmt::Display for Drawing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Drawing {}

impl miette::Diagnostic for Drawing {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.code.map(|code| Box::new(code) as Box<dyn fmt::Display>)
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.severity {
            Severity::Note => miette::Severity::Advice,
            Severity::Warning => miette::Severity::Warning,
            Severity::Error => miette::Severity::Error,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.excerpt.as_ref().map(|excerpt| excerpt as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        self.excerpt.as_ref().map(|e| Box::new(e.labels.iter().cloned()) as Box<dyn Iterator<Item = LabeledSpan>>)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::parse_str;

    fn drawn(text: &str) -> String {
        let (_, sources, findings) = parse_str("deck.cir", text);
        findings.iter().map(|d| render(d, &sources, false)).collect()
    }

    #[test]
    fn a_report_shows_code_place_line_and_help() {
        let report = drawn("title\nR1 a 0 1k\n.trann 1n 1u\n");
        println!("{report}");
        for part in ["syntax::unknown-card", "deck.cir:3:1", ".trann 1n 1u", "did you mean .tran?"] {
            assert!(report.contains(part), "{part} in {report}");
        }
    }

    #[test]
    fn long_lines_are_cut_around_the_place() {
        let report = drawn(&format!("title\nX1 {} = = {}\n", "abc ".repeat(10_000), "def ".repeat(10_000)));
        println!("{report}");
        assert!(report.lines().all(|line| line.chars().count() < 200), "{report}");
        assert!(report.contains("deck.cir:2:40"), "{report}");
    }

    #[test]
    fn far_places_are_drawn_apart() {
        let report = drawn(&format!("title\n.subckt a b\n{}.ends c\n", "R1 b 0 1\n".repeat(50)));
        println!("{report}");
        assert!(report.contains("deck.cir:53:1") && report.contains("deck.cir:2:9"), "{report}");
    }
}
