//! Where the parser stopped → what is wrong there in our own words, with the form that the statement should have.

use pest::error::{Error, InputLocation};

use crate::diag::{Diagnostic, FileId, Span, closest};
use crate::syntax::forms;
use crate::syntax::lines::{Logical, MAX_DEPTH, MAX_LINE, Trouble};
use crate::syntax::parser::{Place, Rule};

/// Errors shown in one run; the rest are counted.
pub const MAX_ERRORS: usize = 100;

/// The findings of a run, not more than a person reads.
#[derive(Default)]
pub struct Findings {
    list: Vec<Diagnostic>,
    errors: usize,
    others: usize,
    hushed: Vec<Span>,
}

impl Findings {
    /// Says no more of a line: what else seems wrong with it follows from what has been said.
    pub fn hush(&mut self, line: Span) {
        self.hushed.push(line);
    }

    pub fn add(&mut self, finding: Diagnostic) {
        let within = |h: &Span, at: Span| h.file == at.file && h.start <= at.start && at.start < h.end;
        if finding.labels.first().is_some_and(|l| self.hushed.iter().any(|h| within(h, l.span))) {
            return;
        }
        let count = if finding.is_error() { &mut self.errors } else { &mut self.others };
        *count += 1;
        if *count <= MAX_ERRORS {
            self.list.push(finding);
        }
    }

    /// Everything found; a last one says how many more there were.
    pub fn finish(mut self) -> Vec<Diagnostic> {
        let more = |n: usize| n.saturating_sub(MAX_ERRORS);
        if more(self.errors) > 0 {
            let text = format!("… and {} more errors", more(self.errors));
            self.list.push(
                Diagnostic::error("syntax::more", text).help("mend the first ones: the others may follow from them"),
            );
        }
        if more(self.others) > 0 {
            self.list.push(Diagnostic::warning(
                "syntax::more-warnings",
                format!("… and {} more warnings", more(self.others)),
            ));
        }
        self.list
    }
}

/// What pest expected at the place where it gave up, as a person would say it.
fn expected(error: &Error<Rule>) -> Option<&'static str> {
    let pest::error::ErrorVariant::ParsingError { positives, .. } = &error.variant else { return None };
    let has = |rules: &[Rule]| positives.iter().any(|r| rules.contains(r));
    let follows = [
        (Rule::width, "`for` and a width"),
        (Rule::lasting, "`in` and a time"),
        (Rule::until, "`until` and a condition"),
        (Rule::results, "`-> RESULT` or `{`"),
        (Rule::versus, "`,` or `vs`"),
        (Rule::update, "`=`"),
        (Rule::extent, "`=` and a start value"),
        (Rule::slow, "`with`, `slow` or `{`"),
    ];
    if has(&[Rule::number, Rule::primary, Rule::paren, Rule::list, Rule::call, Rule::expr]) {
        Some("a value")
    } else if has(&[Rule::assign, Rule::params]) {
        Some("NAME=VALUE")
    } else if has(&[Rule::point, Rule::spot]) {
        Some("points (x, y)")
    } else if has(&[Rule::iter, Rule::formals, Rule::formal, Rule::name]) {
        Some("a name")
    } else if has(&[Rule::raw, Rule::stem, Rule::word, Rule::arg]) {
        Some("a word")
    } else {
        follows.iter().find(|(rule, _)| positives.contains(rule)).map(|(_, words)| *words)
    }
}

/// The report on a statement that does not parse.
pub fn explain(rule: Rule, text: &str, place: Place, error: &Error<Rule>) -> Diagnostic {
    let (code, what, form) = forms::of(rule, text);
    let at = match error.location {
        InputLocation::Pos(at) | InputLocation::Span((at, _)) => at.min(text.len()),
    };
    let at = text.len() - text[at..].trim_start_matches([' ', '\t']).len();
    let rest = &text[at..];
    let found = found(rest);
    let expected = match (rule, expected(error)) {
        (Rule::param_line, Some("a name")) if text[..at].trim_end().ends_with(is_word) => Some("`=` and a value"),
        (Rule::func_line, Some("a name")) if rest.starts_with('(') => Some("`(x, y)`, names between commas,"),
        (Rule::for_line, None) => Some("`:` and the last value"),
        (Rule::loop_line, None) => Some("`= FIRST:LAST` or `in [LIST]`"),
        (Rule::force_line | Rule::pulse_line | Rule::ramp_line | Rule::let_line | Rule::param_item, None) => {
            Some("`=` and a value")
        }
        (Rule::vary_item | Rule::stuck_item, None) => Some("`~` and a distribution"),
        (Rule::save_line, None) => Some("`to \"FILE\"`"),
        (_, expected) => expected,
    };
    let message = match (found, expected) {
        ("", Some(expected)) => format!("this {what} ends where {expected} should follow"),
        ("", None) => format!("this {what} is not complete"),
        (found, Some(expected)) => format!("unexpected `{found}` in this {what}: {expected} should be here"),
        (found, None) => format!("unexpected `{found}` in this {what}"),
    };
    let label = if found.is_empty() { "something is missing here" } else { "not understood from here on" };
    let report = Diagnostic::error(code, message).at(place.range(at, at + found.len()), label);
    match hint(rule, &text[..at], rest) {
        Some(hint) => report.help(format!("{hint}\nthe form is: {form}")),
        None => report.help(format!("the form is: {form}")),
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '.')
}

/// The word or sign that begins `rest`.
fn found(rest: &str) -> &str {
    let Some(first) = rest.chars().next() else { return "" };
    let length = if is_word(first) {
        rest.find(|c| !is_word(c)).unwrap_or(rest.len())
    } else {
        rest.char_indices().nth(1).map_or(rest.len(), |(i, _)| i)
    };
    let length = rest
        .char_indices()
        .map(|(i, c)| i + c.len_utf8())
        .take_while(|&end| end <= 40)
        .last()
        .map_or(length, |max| length.min(max));
    &rest[..length]
}

/// What a mistake often made looks like.
fn hint(rule: Rule, before: &str, rest: &str) -> Option<String> {
    let first = rest.chars().next()?;
    let asks = matches!(rule, Rule::when_line | Rule::cycle_line | Rule::warn_line | Rule::if_line | Rule::else_line);
    let like = || closest(found(rest), ["reflect", "settles"]);
    let waits = matches!(rule, Rule::wait_line | Rule::repeat_line | Rule::assert_line);
    match first {
        '=' if asks => Some("`==` compares".into()),
        '=' if waits => Some("`==` compares; a voltage passes a level: V(out) > 0.5, V(out) ~= 0.5 within 1%".into()),
        _ if rule == Rule::state_item && like().is_some() => like().map(|word| format!("did you mean `{word}`?")),
        '=' if before.ends_with('=') || rest.starts_with("==") => Some("`==` compares; a setting has one `=`".into()),
        '=' => Some("a blank or a sign in the name before `=`?".into()),
        '‘' | '’' | '“' | '”' => Some(format!("`{first}` comes from a word processor: write ' or \"")),
        '−' | '–' | '—' => Some(format!("`{first}` is not a minus: write -")),
        '}' | ')' if before.contains('?') => Some("`c ? a : b` needs both values".into()),
        '\'' | '"' => Some("is a quote missing before or after?".into()),
        '%' => Some("`20%` is 0.2; for the remainder write mod(a, b)".into()),
        'i' if found(rest) == "if" => Some("`c ? a : b` chooses a value".into()),
        _ if first.is_ascii_alphanumeric() && before.ends_with(|c: char| c.is_ascii_digit()) => {
            Some("a number goes on after its letters; write 1.5k, not 1k5".into())
        }
        _ => None,
    }
}

/// The report on a line that is not even handed to the parser.
pub fn refuse(trouble: Trouble, line: &Logical<'_>, file: FileId, source: &str) -> Diagnostic {
    let byte =
        |at: usize| Span::new(file, at, at + source.get(at..).and_then(|s| s.chars().next()).map_or(0, char::len_utf8));
    let sign = |at: usize| source.get(at..).and_then(|s| s.chars().next()).unwrap_or(' ');
    match trouble {
        Trouble::TooLong => {
            let end = (line.start..=line.start + 40).rev().find(|&i| source.is_char_boundary(i)).unwrap_or(line.start);
            Diagnostic::error("syntax::long-line", format!("a line of {} bytes is refused", line.end - line.start))
                .at(Span::new(file, line.start, end), "it begins here")
                .help(format!(
                    "a line with its continuations may have {MAX_LINE} bytes; put long data in a file (PWL file=, csv)"
                ))
        }
        Trouble::TooDeep(at) => {
            Diagnostic::error("syntax::too-deep", format!("brackets nested more than {MAX_DEPTH} deep"))
                .at(byte(at), "this one is too deep")
                .help("give names to inner parts with .param or .func")
        }
        Trouble::Unclosed(at) => Diagnostic::error("syntax::unclosed", format!("`{}` is never closed", sign(at)))
            .at(byte(at), "opened here")
            .help(match sign(at) {
                '{' => {
                    "add the missing `}`; an expression in braces that goes on needs `+` at the start of its next line"
                        .to_owned()
                }
                '\'' | '"' => {
                    "add the missing quote; text in quotes that goes on needs `+` at the start of its next line"
                        .to_owned()
                }
                '[' => "add the missing `]`".to_owned(),
                _ => "add the missing `)`".to_owned(),
            }),
        Trouble::Mismatched(at, opened) => {
            let report =
                Diagnostic::error("syntax::bracket", format!("`{}` closes nothing", sign(at))).at(byte(at), "this one");
            match opened {
                Some(open) => report.at(byte(open), "still open").help(format!("close `{}` first", sign(open))),
                None => report.help("remove it, or add the opening one"),
            }
        }
    }
}

/// Cards that pass the parser; what they mean is the elaborator's business.
pub const CARDS: [&str; 25] = [
    "ac",
    "dc",
    "end",
    "four",
    "global",
    "ic",
    "meas",
    "measure",
    "nodeset",
    "noise",
    "op",
    "opt",
    "option",
    "options",
    "opts",
    "plot",
    "print",
    "probe",
    "save",
    "step",
    "temp",
    "temperature",
    "tf",
    "title",
    "tran",
];
/// Cards with a syntax of their own.
const OWN: [&str; 23] = [
    "param",
    "params",
    "csparam",
    "func",
    "model",
    "subckt",
    "macro",
    "ends",
    "eom",
    "for",
    "include",
    "inc",
    "lib",
    "endl",
    "control",
    "device",
    "protocol",
    "experiment",
    "network",
    "variation",
    "always",
    "smu",
    "signal",
];
/// Cards of other simulators that change nothing about the circuit.
const HARMLESS: [&str; 7] = ["backanno", "width", "protect", "unprotect", "prot", "unprot", "endc"];
/// Cards of other simulators, and what to write here.
const FOREIGN: [(&str, &str); 17] = [
    ("if", "choose values with `c ? a : b`, or whole parts by .lib sections"),
    ("elseif", "choose values with `c ? a : b`, or whole parts by .lib sections"),
    ("else", "choose values with `c ? a : b`, or whole parts by .lib sections"),
    ("endif", "choose values with `c ? a : b`, or whole parts by .lib sections"),
    ("alter", "sweep with .step, or keep the variants in files of their own"),
    ("data", "sweep with .step param NAME list VALUE …"),
    ("enddata", "sweep with .step param NAME list VALUE …"),
    ("mc", "draws are not supported yet"),
    ("wcase", "draws are not supported yet"),
    ("fft", "every run writes its waves; transform them outside"),
    ("sens", "sensitivities are not computed"),
    ("pz", "poles and zeros are not computed; see .ac"),
    ("disto", "distortion is not computed; see .four"),
    ("sp", "scattering parameters are not computed; see .ac"),
    ("pss", "periodic steady states are not computed; see .tran"),
    ("hb", "harmonic balance is not computed; see .tran"),
    ("wave", "sound files are not written; every run writes its waves"),
];

/// The report on a dot card of a name that nobody knows.
pub fn unknown_card(name: &str, span: Span) -> Diagnostic {
    if HARMLESS.contains(&name) {
        return Diagnostic::note("syntax::ignored-card", format!(".{name} has no effect here")).at(span, "left out");
    }
    if let Some((_, instead)) = FOREIGN.iter().find(|(card, _)| *card == name) {
        return Diagnostic::error("syntax::foreign-card", format!(".{name} of other simulators is not understood"))
            .at(span, "left out")
            .help(*instead);
    }
    let report =
        Diagnostic::error("syntax::unknown-card", format!("there is no card .{name}")).at(span, "unknown card");
    match closest(name, CARDS.iter().chain(&OWN).copied()) {
        Some(known) => report.help(format!("did you mean .{known}?")),
        None => report.help("cards: .tran .ac .dc .op .step .meas .save .print .options .param .func .model .subckt .for .include .lib …"),
    }
}

/// Whether `name` is a card of this language, near misses left out.
pub fn is_card(name: &str) -> bool {
    CARDS.iter().chain(&OWN).any(|card| card.eq_ignore_ascii_case(name))
}

/// The report on a block whose card has lost its dot.
pub fn dot_missing(word: &str, place: Place) -> Diagnostic {
    Diagnostic::error("syntax::no-dot", format!("`{word}` begins no element, but .{word} begins a block"))
        .at(place.range(0, word.len()), "without its dot")
        .help(format!("write .{word}"))
}
