//! `.save .probe .print .plot` and what any card looks at: names → observations.

use super::cards::{Args, Planner};
use super::eval::Context;
use super::fault::Fault;
use super::functions;
use super::line::word_expr;
use super::quantity::Quantities;
use crate::circuit::equation::{Equation, Quantity};
use crate::circuit::kind::Conduct;
use crate::circuit::plan::{Observation, Print};
use crate::circuit::{NetId, PartId};
use crate::diag::Span;
use crate::syntax::ast::{Argument, Card, Expr, ExprArg, ExprKind, Name, Value, Word};
use crate::syntax::print;

/// Nets and pairs of nets that one argument may name.
const MAX_CURVES: usize = 1_000_000;

/// The word an argument is, or a parameter that is one name.
pub fn argument_word(a: &Argument) -> Option<Word> {
    match a {
        Argument::Value(Value::Word(w)) => Some(w.clone()),
        Argument::Value(Value::Expr(e)) => match &e.kind {
            ExprKind::Node(w) => Some(w.clone()),
            ExprKind::Name(n) => Some(Word { text: n.clone(), index: Vec::new(), span: e.span }),
            ExprKind::Number(v) => Some(Word { text: v.to_string(), index: Vec::new(), span: e.span }),
            _ => None,
        },
        _ => None,
    }
}

impl<'p, 'a> Planner<'p, 'a> {
    /// `.save` and `.probe`: observations to keep; `all` keeps what is kept without the card.
    pub fn save(&mut self, card: &'a Card) -> Result<(), Fault> {
        let mut all = card.args.is_empty();
        let mut kept = Vec::new();
        self.each(&card.args, |planner, a| {
            match a {
                Argument::Value(Value::Word(w)) if w.is("all") || w.is("allv") => all = true,
                Argument::Value(Value::Word(w))
                    if ["tran", "ac", "dc", "op", "noise"].iter().any(|k| w.is(k))
                        && planner.net(&w.text).is_none() => {}
                Argument::Value(v) => kept.extend(planner.observe(v)?),
                other => return Err(not_observable(other.span())),
            }
            Ok(())
        })?;
        if all {
            if kept.is_empty() {
                return Ok(());
            }
            kept.extend(self.everything());
        }
        let saves = self.plan.saves.get_or_insert_with(Vec::new);
        for k in kept {
            if !saves.contains(&k) {
                saves.push(k);
            }
        }
        Ok(())
    }

    /// All node voltages and the currents of all parts that fix a voltage.
    fn everything(&mut self) -> Vec<usize> {
        let span = Span::new(crate::diag::FileId(0), 0, 0);
        let mut out = Vec::new();
        for n in 1..self.circuit.nets.len() as u32 {
            out.push(self.add(Equation::Quantity(Quantity::Voltage(NetId(n), NetId::GROUND)), None, span));
        }
        for (p, part) in self.circuit.parts.iter().enumerate() {
            if super::parts::conducts(&part.kind, Conduct::Voltage) {
                out.push(self.add(Equation::Quantity(Quantity::Current(PartId(p as u32), 0)), None, span));
            }
        }
        out
    }

    /// `.print tran V(a) I(V1)`, `.plot …`
    pub fn print(&mut self, name: &str, args: &mut Args<'a>, span: Span) -> Result<(), Fault> {
        let analysis = args.keyword(&["tran", "dc", "ac", "op", "noise"]);
        let (mut observations, mut against) = (Vec::new(), None);
        while let Some(a) = args.take() {
            match a {
                Argument::Value(Value::Word(w)) if name == "plot" && w.is("vs") && self.net("vs").is_none() => {
                    let Some(Argument::Value(x)) = args.take() else {
                        return Err(Fault::new("elab::plot-vs", w.span, "nothing stands behind vs", "over what?"));
                    };
                    against = self.observe(x)?.first().copied();
                }
                Argument::Value(Value::Word(w)) if w.is("all") => observations.extend(self.everything()),
                Argument::Value(v) => observations.extend(self.observe(v)?),
                other => return Err(not_observable(other.span())),
            }
        }
        let print = Print { analysis, observations, against, span };
        if name == "print" {
            self.plan.prints.push(print)
        } else {
            self.plan.plots.push(print)
        }
        Ok(())
    }

    fn net(&self, name: &str) -> Option<NetId> {
        self.circuit.net_names.get(&name.to_ascii_lowercase()).copied()
    }

    /// The observations of one argument; a bus is one for each net.
    pub fn observe(&mut self, value: &Value) -> Result<Vec<usize>, Fault> {
        match value {
            Value::Expr(e) => Ok(vec![self.observe_expr(e)?]),
            Value::Call { name, args, span } => {
                let mut spreads: Vec<Vec<Word>> = vec![Vec::new()];
                for a in args {
                    let Some(word) = argument_word(a) else {
                        return match a {
                            Argument::Value(Value::Expr(_)) => Ok(vec![self.observe_call(name, args, *span)?]),
                            _ => Err(not_observable(a.span())),
                        };
                    };
                    let names = self.spread_word(&word, &self.context(), &self.instance)?;
                    let words = names.into_iter().map(|text| Word { text, index: Vec::new(), span: word.span });
                    let words: Vec<Word> = words.collect();
                    if words.len().saturating_mul(spreads.len()) > MAX_CURVES {
                        let message = format!("more than {MAX_CURVES} curves in one place");
                        return Err(Fault::new("elab::bus-too-wide", word.span, message, "this bus"));
                    }
                    let each = |s: &Vec<Word>| {
                        let s = s.clone();
                        words.iter().map(move |w| s.iter().chain([w]).cloned().collect())
                    };
                    spreads = spreads.iter().flat_map(each).collect();
                }
                spreads.into_iter().map(|words| self.observe_words(name, words, *span)).collect()
            }
            Value::Word(w) => {
                let names = self.spread_word(w, &self.context(), &self.instance)?;
                let word = |text| Word { text, index: Vec::new(), span: w.span };
                names.into_iter().map(|n| self.observe_word(&word(n))).collect()
            }
            other => Err(not_observable(other.span())),
        }
    }

    fn observe_words(&mut self, name: &Name, words: Vec<Word>, span: Span) -> Result<usize, Fault> {
        let node = |w: Word| ExprArg { name: None, value: Expr { span: w.span, kind: ExprKind::Node(w) } };
        let call = ExprKind::Call { name: name.clone(), args: words.into_iter().map(node).collect() };
        self.observe_expr(&Expr { span, kind: call })
    }

    /// A function of expressions, outside braces: `par('V(a)*2')`, `sqrt({V(a)})`.
    fn observe_call(&mut self, name: &Name, args: &[Argument], span: Span) -> Result<usize, Fault> {
        let mut list = Vec::new();
        for a in args {
            match a {
                Argument::Value(Value::Expr(e)) => list.push(ExprArg { name: None, value: e.clone() }),
                other => return Err(not_observable(other.span())),
            }
        }
        match (&list[..], name.is("par")) {
            ([one], true) => self.observe_expr(&one.value),
            _ => self.observe_expr(&Expr { span, kind: ExprKind::Call { name: name.clone(), args: list } }),
        }
    }

    /// A bare word: `out`, `V1#branch`, `X1.g`.
    fn observe_word(&mut self, w: &Word) -> Result<usize, Fault> {
        let text = self.context().word(w)?;
        if let Some(source) = text.strip_suffix("#branch") {
            let q = self.view().current(source, w.span)?;
            return Ok(self.add(Equation::Quantity(q), None, w.span));
        }
        if let Some(net) = self.net(&text) {
            return Ok(self.add(Equation::Quantity(Quantity::Voltage(net, NetId::GROUND)), None, w.span));
        }
        if let Some((path, probe)) = text.rsplit_once('.')
            && let Some(part) = self.view().part(path)
        {
            let q = self.view().probe(part, probe, w.span)?;
            return Ok(self.add(Equation::Quantity(q), Some(text.clone()), w.span));
        }
        if let Some(density) = self.density(&text, w.span) {
            return Ok(density);
        }
        if self.scope.value(&text.to_ascii_lowercase()).is_some() {
            return self.observe_expr(&word_expr(w));
        }
        // Says which nodes are like it.
        self.view().net(&text, w.span).map(|_| 0)
    }

    /// An expression as an observation.
    pub fn observe_expr(&mut self, e: &Expr) -> Result<usize, Fault> {
        let view = self.view();
        let equation = Context { live: Some(&view), ..self.context() }.equation(e)?;
        let written = match &e.kind {
            ExprKind::Call { name, .. } if functions::phasor(&name.lower()).is_some() => None,
            ExprKind::Call { name, .. } if name.is("@") => Some(print::expr(e)),
            ExprKind::Call { name, .. } if functions::is_live(&name.lower()) => None,
            _ => Some(print::expr(e)),
        };
        Ok(self.add(equation, written, e.span))
    }

    /// The index of an observation, added if it is new; without a label it is named for what it is.
    pub fn add(&mut self, equation: Equation, label: Option<String>, span: Span) -> usize {
        let label = label.unwrap_or_else(|| self.label(&equation));
        if let Some(&k) = self.observed.get(&label)
            && self.plan.observations[k].equation == equation
        {
            return k;
        }
        self.observed.insert(label.clone(), self.plan.observations.len());
        self.plan.observations.push(Observation { label, equation, span });
        self.plan.observations.len() - 1
    }

    /// `V(out)`, `V(a,b)`, `I(V1)`, `VDB(out)`
    fn label(&self, equation: &Equation) -> String {
        use crate::circuit::equation::Function::*;
        match equation {
            Equation::Quantity(q) => self.quantity_label(q, ""),
            Equation::Apply(f, args) => {
                let kind = match f {
                    Magnitude => "M",
                    Phase => "P",
                    Decibel => "DB",
                    Real => "R",
                    Imaginary => "I",
                    _ => return "expression".to_string(),
                };
                match &args[..] {
                    [Equation::Quantity(q)] => self.quantity_label(q, kind),
                    _ => "expression".to_string(),
                }
            }
            Equation::Const(v) => v.to_string(),
        }
    }

    fn quantity_label(&self, q: &Quantity, kind: &str) -> String {
        let net = |n: &NetId| self.circuit.net(*n).name.as_str();
        match q {
            Quantity::Voltage(a, NetId::GROUND) => format!("V{kind}({})", net(a)),
            Quantity::Voltage(a, b) => format!("V{kind}({},{})", net(a), net(b)),
            Quantity::Current(p, 0) => format!("I{kind}({})", self.circuit.part(*p).path),
            Quantity::Current(p, pin) => {
                let part = self.circuit.part(*p);
                let name = &part.kind.pins[part.kind.pin_of(*pin, part.pins.len())].name;
                format!("I{kind}({}.{name})", part.path)
            }
            Quantity::Probe(p, name) => format!("{}.{name}", self.circuit.part(*p).path),
            Quantity::Time => "time".to_string(),
            Quantity::Frequency => "frequency".to_string(),
            Quantity::Temperature => "temp".to_string(),
            Quantity::Own(own) => format!("{own:?}"),
        }
    }
}

fn not_observable(span: Span) -> Fault {
    Fault::new("elab::not-observable", span, "this is nothing to look at", "here")
        .with_help("V(net), V(a,b), I(V1), @m1[gm], X1.g and {expression} are")
}
