//! Cards with a block of their own language: `.device .variation .always .protocol .func .experiment .network`, and the
//! cards `.smu` and `.signal` that belong to them.

use crate::diag::{Diagnostic, Span, any_error};
use crate::syntax::ast::{Always, Content, Device, Experiment, Item, Network, Routine, Statement, Variation};
use crate::syntax::blocks::{Here, Reader};
use crate::syntax::bodies::{Bodies, Unclosed};
use crate::syntax::forms;
use crate::syntax::heads;
use crate::syntax::lines::{Kind, Lines, Logical};
use crate::syntax::parser::Place;

/// Whether a card is one of these; a `.func` is when it names results.
pub fn is_program(card: &str, text: &str) -> bool {
    matches!(card, "device" | "variation" | "always" | "protocol" | "experiment" | "network" | "smu" | "signal")
        || card == "func" && text.contains("->")
}

impl Reader<'_> {
    /// One of these cards, with its block.
    pub(super) fn program(
        &mut self,
        card: &str,
        line: &Logical<'_>,
        lines: &mut Lines<'_>,
        here: &Here,
        span: Span,
        items: &mut Vec<Item>,
    ) {
        let place = Place { file: here.file, base: line.start };
        let mut bodies = Bodies::new(lines, here.file, line.start, here.depth());
        if line.kind != Kind::Opens {
            let statement = self.without_block(card, line, place, span);
            items.extend(statement.map(|kind| Item { span, kind }));
            return;
        }
        let statement = match card {
            "device" => {
                let head = self.read(line, place, heads::device);
                bodies.block(span, Bodies::device_item).map(|(items, end)| {
                    let device = head.map(|head| Device { name: head.name, pins: head.pins, items });
                    (device.map(Statement::Device), end)
                })
            }
            "variation" => {
                let name = self.read(line, place, heads::named);
                bodies
                    .block(span, Bodies::variation_item)
                    .map(|(items, end)| (name.map(|name| Statement::Variation(Variation { name, items })), end))
            }
            "always" => {
                let name = self.read(line, place, heads::named);
                bodies
                    .block(span, Bodies::statement)
                    .map(|(body, end)| (name.map(|name| Statement::Always(Always { name, body })), end))
            }
            "network" => {
                let name = self.read(line, place, heads::named);
                bodies
                    .block(span, Bodies::layer)
                    .map(|(layers, end)| (name.map(|name| Statement::Network(Network { name, layers })), end))
            }
            "experiment" => {
                let head = self.read(line, place, heads::experiment);
                bodies.block(span, Bodies::statement).map(|(body, end)| {
                    let experiment = head.map(|head| Experiment {
                        name: head.name,
                        content: match head.formals {
                            Some(formals) => Content::Template(formals, body),
                            None => Content::Body(body),
                        },
                        with: head.with,
                        slow: head.slow,
                    });
                    (experiment.map(Statement::Experiment), end)
                })
            }
            "protocol" | "func" => {
                let head = self.read(line, place, heads::routine);
                bodies.block(span, Bodies::statement).map(|(body, end)| {
                    let routine = head.map(|head| {
                        let heads::RoutineHead { name, formals, results } = head;
                        Routine { name, formals, results, body }
                    });
                    let kind = if card == "func" { Statement::Function } else { Statement::Protocol };
                    (routine.map(kind), end)
                })
            }
            _ => {
                self.findings.add(
                    Diagnostic::error("syntax::block-here", format!(".{card} has no block"))
                        .at(span, "begins one")
                        .help(format!("the form is: {}", forms::card(card))),
                );
                bodies.block(span, Bodies::statement).map(|(_, end)| (None, end))
            }
        };
        let Bodies { findings, open, askew, .. } = bodies;
        match statement {
            Ok((kind, end)) => {
                // Half a block would be reported again for what it lacks.
                let whole = !any_error(&findings);
                findings.into_iter().for_each(|finding| self.findings.add(finding));
                match kind {
                    Some(kind) if whole => items.push(Item { span: span.to(end), kind }),
                    _ => self.lose(line),
                }
            }
            Err(Unclosed) => {
                self.findings.add(never_closed(card, &open, askew));
                self.lost.all = true;
                self.torn = Some((here.file, lines.at()));
            }
        }
    }

    /// What needs no block, or lacks the one it needs.
    fn without_block(&mut self, card: &str, line: &Logical<'_>, place: Place, span: Span) -> Option<Statement> {
        match card {
            "smu" => return self.read(line, place, heads::smu).map(Statement::Smu),
            "signal" => return self.read(line, place, heads::signals).map(Statement::Signal),
            "experiment" => {
                let head = self.read(line, place, heads::experiment)?;
                let heads::ExperimentHead { name, call, with, slow, .. } = head;
                if let Some(call) = call {
                    return Some(Statement::Experiment(Experiment { name, content: Content::Call(call), with, slow }));
                }
            }
            _ => {}
        }
        if line.trouble.is_some() {
            return self.read(line, place, |_, _| Ok(None)).flatten();
        }
        self.findings.add(
            Diagnostic::error("syntax::no-block", format!("this .{card} has no block"))
                .at(span, "no `{` follows")
                .help(format!("the form is: {}", forms::card(card))),
        );
        None
    }
}

/// The one report on a card whose block does not end; `open` are the blocks still open, the card first.
fn never_closed(card: &str, open: &[Span], askew: Option<(Span, Span)>) -> Diagnostic {
    let mut report = Diagnostic::error("syntax::no-brace", format!("the block of this .{card} is never closed"));
    if let Some(&first) = open.first() {
        report = report.at(first, "begins here");
    }
    if let [_, .., last] = open {
        report = report.at(*last, "and so does this one inside it");
    }
    match askew {
        Some((head, close)) => report
            .at(head, "the `}` of this one stands elsewhere:")
            .at(close, "is this the `}` of another?")
            .help("each `{` needs its `}`; one seems to be missing inside the marked block"),
        None => report.help("put `}` below its last line"),
    }
}
