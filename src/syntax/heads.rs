//! The head of a block, and the cards of the lab bench that have none: `.smu`, `.signal`, an experiment made of a template.

use crate::diag::Diagnostic;
use crate::syntax::ast::{Argument, Assign, Expr, ExprKind, Name, Signal, Smu, Value, Word};
use crate::syntax::cards;
use crate::syntax::expr::{self, expr};
use crate::syntax::parser::{Fault, Place, Rule, pieces};

/// `.device name (a b)`
pub struct DeviceHead {
    pub name: Name,
    pub pins: Vec<Name>,
}

pub fn device(place: Place, text: &str) -> Result<DeviceHead, Fault> {
    let mut names = pieces(Rule::device_line, place, text)?.filter(|p| p.as_rule() == Rule::name).skip(1);
    let name = names.next().map(|n| place.name(&n)).ok_or_else(|| expr::fault(place.range(0, text.len())))?;
    Ok(DeviceHead { name, pins: names.map(|n| place.name(&n)).collect() })
}

/// `.always name`, `.variation name`, `.network name`
pub fn named(place: Place, text: &str) -> Result<Name, Fault> {
    let mut names = pieces(Rule::block_line, place, text)?.filter(|p| p.as_rule() == Rule::name).skip(1);
    names.next().map(|n| place.name(&n)).ok_or_else(|| expr::fault(place.range(0, text.len())))
}

/// `.protocol name(args) -> results`, and `.func` of that form
pub struct RoutineHead {
    pub name: Name,
    pub formals: Vec<(Name, Option<Expr>)>,
    pub results: Vec<Name>,
}

pub fn routine(place: Place, text: &str) -> Result<RoutineHead, Fault> {
    let mut name = None;
    let (mut formals, mut results) = (Vec::new(), Vec::new());
    for piece in pieces(Rule::routine_line, place, text)?.skip(1) {
        match piece.as_rule() {
            Rule::name => name = Some(place.name(&piece)),
            Rule::formals => formals = cards::formals(place, piece)?,
            Rule::results => results = piece.into_inner().map(|n| place.name(&n)).collect(),
            _ => {}
        }
    }
    let name = name.ok_or_else(|| expr::fault(place.range(0, text.len())))?;
    Ok(RoutineHead { name, formals, results })
}

/// `.experiment name(args) with a=1 slow`, or with `= template(…)` in place of the arguments
pub struct ExperimentHead {
    pub name: Name,
    pub formals: Option<Vec<(Name, Option<Expr>)>>,
    pub call: Option<Expr>,
    pub with: Vec<Assign>,
    pub slow: bool,
}

pub fn experiment(place: Place, text: &str) -> Result<ExperimentHead, Fault> {
    let (mut name, mut formals, mut call, mut with, mut slow) = (None, None, None, Vec::new(), false);
    for piece in pieces(Rule::experiment_line, place, text)?.skip(1) {
        match piece.as_rule() {
            Rule::name => name = Some(place.name(&piece)),
            Rule::formals => formals = Some(cards::formals(place, piece)?),
            Rule::expr => call = Some(template(expr(place, piece)?)?),
            Rule::with => {
                for given in piece.into_inner() {
                    let span = place.span(&given);
                    let mut parts = given.into_inner();
                    let (Some(name), Some(value)) = (parts.next(), parts.next()) else { return Err(expr::fault(span)) };
                    with.push(Assign { name: place.name(&name), value: expr(place, value)? });
                }
            }
            Rule::slow => slow = true,
            _ => {}
        }
    }
    let name = name.ok_or_else(|| expr::fault(place.range(0, text.len())))?;
    Ok(ExperimentHead { name, formals, call, with, slow })
}

fn template(call: Expr) -> Result<Expr, Fault> {
    if matches!(call.kind, ExprKind::Call { .. }) {
        return Ok(call);
    }
    Err(Box::new(
        Diagnostic::error("syntax::template", "an experiment is made of the call of a template")
            .at(call.span, "not a call")
            .help("the form is: .experiment NAME = TEMPLATE(VALUE, …) with PARAMETER=VALUE"),
    ))
}

/// `.smu bl[0:7] wl edge=2n noise=0.5%`
pub fn smu(place: Place, text: &str) -> Result<Smu, Fault> {
    let mut smu = Smu { nets: Vec::new(), settings: Vec::new() };
    let wrong = |span| -> Fault {
        Box::new(
            Diagnostic::error("syntax::smu", "a source-measure unit stands on a net")
                .at(span, "not a net")
                .help("the form is: .smu NET … edge=TIME noise=SHARE"),
        )
    };
    for argument in cards::card(place, text)?.args {
        match argument {
            Argument::Value(Value::Word(net)) => smu.nets.push(net),
            Argument::Setting(setting) => smu.settings.push(setting),
            other => return Err(wrong(other.span())),
        }
    }
    if smu.nets.is_empty() { Err(wrong(place.range(0, text.len()))) } else { Ok(smu) }
}

/// `.signal s1=0 on[0:2]=1`
pub fn signals(place: Place, text: &str) -> Result<Vec<Signal>, Fault> {
    pieces(Rule::signal_line, place, text)?
        .filter(|p| p.as_rule() == Rule::signal)
        .map(|piece| {
            let span = place.span(&piece);
            let mut parts = piece.into_inner();
            let (Some(name), Some(start)) = (parts.next(), parts.next()) else { return Err(expr::fault(span)) };
            Ok(Signal { name: signal_name(expr(place, name)?)?, start: expr(place, start)? })
        })
        .collect()
}

fn signal_name(path: Expr) -> Result<Word, Fault> {
    let span = path.span;
    match path.kind {
        ExprKind::Name(text) => Ok(Word { text, index: Vec::new(), span }),
        ExprKind::Index(base, index) => match base.kind {
            ExprKind::Name(text) => Ok(Word { text, index, span }),
            _ => Err(not_a_name(span)),
        },
        _ => Err(not_a_name(span)),
    }
}

fn not_a_name(span: crate::diag::Span) -> Fault {
    Box::new(
        Diagnostic::error("syntax::signal", "a signal has a plain name")
            .at(span, "not a name")
            .help("the form is: .signal NAME=START BUS[0:7]=START …; it belongs to the subcircuit it stands in"),
    )
}
