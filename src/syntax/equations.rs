//! One line of a `.device`, `.variation` or `.network` → its item.

use crate::diag::Diagnostic;
use crate::syntax::args;
use crate::syntax::ast::{
    Argument, Cycle, DeviceItem, DeviceParam, Doc, Each, Equation, Expr, Layer, State, Stuck, Value, VariationItem,
    Vary, Warn,
};
use crate::syntax::doc;
use crate::syntax::expr::{self, expr};
use crate::syntax::parser::{Fault, Node, Place, Rule, pieces};
use crate::syntax::statements::{bounds, leading, let_names, unknown};

const ITEMS: [&str; 8] = ["param", "state", "let", "when", "cycle", "warn", "if", "else"];

const VARIATIONS: [&str; 4] = ["device", "cycle", "telegraph", "stuck"];

/// A line of a device that has no block; `comment` stands behind it.
pub fn device_items(place: Place, text: &str, comment: &str, items: &mut Vec<DeviceItem>) -> Result<(), Fault> {
    match leading(text).as_str() {
        "param" => return params(place, text, comment, items),
        "state" => {
            let mut state = state(place, text)?;
            state.doc = doc::read(comment, 0, 1);
            items.push(DeviceItem::State(state));
        }
        "let" => {
            let mut binding = let_names(place, text)?;
            binding.doc = doc::read(comment, 0, 1);
            items.push(DeviceItem::Let(binding));
        }
        "cycle" => {
            let condition = only_expr(Rule::cycle_line, place, text)?;
            items.push(DeviceItem::Cycle(Cycle { condition, span: place.range(0, text.len()) }));
        }
        "warn" => items.push(DeviceItem::Warn(warn(place, text)?)),
        word @ ("when" | "if" | "else") => {
            return Err(Box::new(
                Diagnostic::error("syntax::no-block", format!("this `{word}` has no block"))
                    .at(place.range(0, text.len()), "no `{` follows")
                    .help(format!("the form is: {}", crate::syntax::forms::statement(word))),
            ));
        }
        word if !word.is_empty() && !text[word.len()..].trim_start().starts_with('(') => {
            if word.starts_with('d') && text[word.len()..].starts_with("/dt") {
                let help = format!("the rate of a state is ddt({}) = …", &text[1..word.len()]);
                let written = &text[..word.len() + "/dt".len()];
                return Err(Box::new(unknown(place, written, text, &[], "line of a device", &help)));
            }
            let others =
                "a device has: param, state, let, I(a,b) = …, V(a,b) = …, ddt(x) = …, when, cycle when, warn when, if";
            return Err(Box::new(unknown(place, word, text, &ITEMS, "line of a device", others)));
        }
        _ => {
            foreign(place, text)?;
            items.push(DeviceItem::Equation(equation(place, text)?));
        }
    }
    Ok(())
}

/// Equations as other languages write them, and assignments, which a device has inside a `when` only.
fn foreign(place: Place, text: &str) -> Result<(), Fault> {
    for sign in ["<+", ":="] {
        if let Some(at) = text.find(sign) {
            let report = Diagnostic::error("syntax::equation", format!("`{sign}` is no sign of this language"))
                .at(place.range(at, at + sign.len()), "write `=`")
                .help(format!("the form is: {}", crate::syntax::forms::statement("equation")));
            return Err(Box::new(report));
        }
    }
    let left = text.split('=').next().unwrap_or_default();
    let name = left.split('[').next().unwrap_or_default().trim_end_matches(['+', '-', '*', '/', ' ', '\t']);
    let named = name.starts_with(|c: char| c.is_alphabetic() || c == '_') && !left.contains('(');
    if named && left.len() < text.len() {
        let report = Diagnostic::error("syntax::assignment-here", "a device has assignments inside `when` only")
            .at(place.range(0, left.trim_end().len()), "assigned")
            .help(format!(
                "a state moves by `ddt({name}) = …` or jumps in `when CONDITION {{ {name} = … }}`; what follows from other \
                 values is `let {name} = …`"
            ));
        return Err(Box::new(report));
    }
    Ok(())
}

fn only_expr(rule: Rule, place: Place, text: &str) -> Result<Expr, Fault> {
    let found = pieces(rule, place, text)?.find(|p| p.as_rule() == Rule::expr);
    expr(place, found.ok_or_else(|| expr::fault(place.range(0, text.len())))?)
}

fn warn(place: Place, text: &str) -> Result<Warn, Fault> {
    let span = place.range(0, text.len());
    let (mut condition, mut said) = (None, None);
    for piece in pieces(Rule::warn_line, place, text)? {
        match piece.as_rule() {
            Rule::expr => condition = Some(expr(place, piece)?),
            Rule::string => said = Some(expr::text(&piece)),
            _ => {}
        }
    }
    match (condition, said) {
        (Some(condition), Some(text)) => Ok(Warn { condition, text, span }),
        _ => Err(expr::fault(span)),
    }
}

fn params(place: Place, text: &str, comment: &str, items: &mut Vec<DeviceItem>) -> Result<(), Fault> {
    let params: Vec<Node<'_>> = pieces(Rule::param_item, place, text)?.filter(|p| p.as_rule() == Rule::param).collect();
    let count = params.len();
    for (index, param) in params.into_iter().enumerate() {
        let span = place.span(&param);
        let (mut name, mut default, mut range) = (None, None, None);
        for piece in param.into_inner() {
            match piece.as_rule() {
                Rule::name => name = Some(place.name(&piece)),
                Rule::limits => range = Some(bounds(place, piece)?),
                _ => default = Some(expr(place, piece)?),
            }
        }
        let (Some(name), Some(default)) = (name, default) else { return Err(expr::fault(span)) };
        let doc = doc::read(comment, index, count);
        items.push(DeviceItem::Param(DeviceParam { name, default, range, doc, span }));
    }
    Ok(())
}

fn state(place: Place, text: &str) -> Result<State, Fault> {
    let span = place.range(0, text.len());
    let (mut name, mut extent, mut start, mut range) = (None, None, None, None);
    let (mut reflect, mut settles) = (false, false);
    for piece in pieces(Rule::state_item, place, text)? {
        match piece.as_rule() {
            Rule::name => name = Some(place.name(&piece)),
            Rule::extent => extent = Some(bounds(place, piece)?),
            Rule::limits => range = Some(bounds(place, piece)?),
            Rule::reflect => reflect = true,
            Rule::settles => settles = true,
            Rule::expr => start = Some(expr(place, piece)?),
            _ => {}
        }
    }
    match (name, start) {
        (Some(name), Some(start)) => {
            Ok(State { name, extent, start, range, reflect, settles, doc: Doc::default(), span })
        }
        _ => Err(expr::fault(span)),
    }
}

fn equation(place: Place, text: &str) -> Result<Equation, Fault> {
    let span = place.range(0, text.len());
    let mut sides = Vec::with_capacity(2);
    for piece in pieces(Rule::equation, place, text)? {
        match piece.as_rule() {
            Rule::expr => sides.push(expr(place, piece)?),
            Rule::call | Rule::probe => sides.push(expr::leaf(place, piece)?),
            _ => {}
        }
    }
    match (sides.pop(), sides.pop()) {
        (Some(right), Some(left)) => Ok(Equation { left, right, span }),
        _ => Err(expr::fault(span)),
    }
}

/// `device vs ~ normal(13%) in 0.6:1.45` or `stuck p=1.5% g ~ uniform(10u, 100u)`
pub fn variation_item(place: Place, text: &str) -> Result<VariationItem, Fault> {
    match leading(text).as_str() {
        "device" | "cycle" | "telegraph" => vary(place, text).map(VariationItem::Vary),
        "stuck" => stuck(place, text).map(VariationItem::Stuck),
        word => {
            let others = "a variation has: device NAME ~ LAW, cycle NAME ~ LAW, telegraph NAME ~ levels(…), stuck p=SHARE \
                          NAME ~ LAW";
            Err(Box::new(unknown(place, word, text, &VARIATIONS, "line of a .variation", others)))
        }
    }
}

fn vary(place: Place, text: &str) -> Result<Vary, Fault> {
    let span = place.range(0, text.len());
    let (mut each, mut names, mut law, mut range) = (Each::Device, Vec::new(), None, None);
    for piece in pieces(Rule::vary_item, place, text)? {
        match piece.as_rule() {
            Rule::each if piece.as_str().eq_ignore_ascii_case("cycle") => each = Each::Cycle,
            Rule::each if piece.as_str().eq_ignore_ascii_case("telegraph") => each = Each::Telegraph,
            Rule::name => names.push(place.name(&piece)),
            Rule::expr => law = Some(expr(place, piece)?),
            Rule::limits => range = Some(bounds(place, piece)?),
            _ => {}
        }
    }
    Ok(Vary { each, names, law: law.ok_or_else(|| expr::fault(span))?, range, span })
}

fn stuck(place: Place, text: &str) -> Result<Stuck, Fault> {
    let span = place.range(0, text.len());
    let (mut p, mut draws) = (None, Vec::new());
    for piece in pieces(Rule::stuck_item, place, text)? {
        match piece.as_rule() {
            Rule::expr => p = Some(expr(place, piece)?),
            Rule::draw => {
                let mut parts = piece.into_inner();
                let (Some(name), Some(law)) = (parts.next(), parts.next()) else { return Err(expr::fault(span)) };
                draws.push((place.name(&name), expr(place, law)?));
            }
            _ => {}
        }
    }
    Ok(Stuck { p: p.ok_or_else(|| expr::fault(span))?, draws, span })
}

/// `conv 32 5x5 same activation=relu`
pub fn layer(place: Place, text: &str) -> Result<Layer, Fault> {
    let span = place.range(0, text.len());
    let mut parts = pieces(Rule::layer_item, place, text)?;
    let kind = parts.next().map(|n| place.name(&n)).ok_or_else(|| expr::fault(span))?;
    let mut found = Vec::new();
    for piece in parts {
        args::argument(place, piece, &mut found)?;
    }
    let mut layer = Layer { kind, args: Vec::<Value>::new(), settings: Vec::new(), span };
    for argument in found {
        match argument {
            Argument::Value(value) => layer.args.push(value),
            Argument::Setting(setting) => layer.settings.push(setting),
            Argument::Equal { span, .. } => {
                let report = Diagnostic::error("syntax::layer", "a setting of a layer begins with a name")
                    .at(span, "not NAME=VALUE")
                    .help("the form is: conv 32 5x5 same activation=relu weights=\"FILE\"");
                return Err(Box::new(report));
            }
        }
    }
    Ok(layer)
}
