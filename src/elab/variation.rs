//! `.variation` blocks → how the parameters of a device or model scatter, seen from where a part stands.
//!
//! A block belongs to the device or model that its name means where the block stands. All blocks around a part count, from
//! outside in: they add, parameter by parameter, the last one wins.

use std::rc::Rc;

use super::builder::Builder;
use super::eval::Context;
use super::fault::{Fault, did_you_mean};
use super::scope::Scope;
use super::value::Value;
use crate::circuit::kind::{Kind, KindRef, Label, Place, ValueKind};
use crate::circuit::unsteady::Telegraph;
use crate::diag::{Diagnostic, Span};
use crate::random::law::LawError;
use crate::random::{Law, Spread};
use crate::syntax::ast::{self, Device, Each, Expr, ExprKind, Name, Stuck, Variation, VariationItem, Vary};

/// How the parts of one device or model differ.
#[derive(Clone, Debug, Default)]
pub struct Scatter {
    pub device: Vec<Drawn>,
    pub cycles: Vec<Drawn>,
    pub telegraphs: Vec<(Label, Telegraph)>,
    pub stuck: Option<Lot>,
}

/// A parameter, by its canonical name, and the law that it is drawn by.
#[derive(Clone, Debug)]
pub struct Drawn {
    pub name: Label,
    pub spread: Spread,
    pub span: Span,
}

/// The share of parts that are stuck, and what these draw.
#[derive(Clone, Debug)]
pub struct Lot {
    pub share: f64,
    pub draws: Vec<Drawn>,
}

impl Scatter {
    /// Whether some parts are stuck.
    pub fn sticks(&self) -> bool {
        self.stuck.as_ref().is_some_and(|s| s.share > 0.0)
    }

    /// Where it is said that a parameter varies.
    pub fn varies(&self, name: &str) -> Option<Span> {
        let stuck = self.stuck.iter().flat_map(|s| &s.draws);
        let all = self.device.iter().chain(&self.cycles).chain(stuck);
        all.map(|d| (&d.name, d.span)).find(|(n, _)| *n == name).map(|(_, span)| span)
    }
}

/// What a block may belong to: the device of a part and the model card it goes through.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Owner {
    device: Option<usize>,
    card: Option<usize>,
}

impl Owner {
    pub fn new(device: Option<&Device>, card: Option<&ast::Model>) -> Owner {
        Owner {
            device: device.map(|d| std::ptr::from_ref(d) as usize),
            card: card.map(|c| std::ptr::from_ref(c) as usize),
        }
    }
}

/// Adds or replaces what is drawn of a parameter.
fn put(list: &mut Vec<Drawn>, drawn: Drawn) {
    list.retain(|d| d.name != drawn.name);
    list.push(drawn);
}

impl<'a> Builder<'a> {
    /// How a part of this owner scatters that stands in `scope`; None where nothing is said of it.
    pub fn scatter(&mut self, owner: Owner, kind: &KindRef, scope: &Scope<'a>) -> Option<Rc<Scatter>> {
        let innermost = scope.chain().find(|s| !s.definitions.variations.is_empty())?.id;
        if let Some(known) = self.scatters.get(&(innermost, owner)) {
            return known.clone();
        }
        let links: Vec<&Scope<'a>> = scope.chain().filter(|s| !s.definitions.variations.is_empty()).collect();
        let mut found: Option<Scatter> = None;
        for link in links.into_iter().rev() {
            for &block in &link.definitions.variations {
                if belongs(block, owner, link) {
                    let (scatter, reports) = self.read_variation(block, kind, link, found.take().unwrap_or_default());
                    found = Some(scatter);
                    self.read_variations.insert(std::ptr::from_ref(block) as usize);
                    for fault in reports {
                        self.fault(fault);
                    }
                }
            }
        }
        let found = found.map(Rc::new);
        self.scatters.insert((innermost, owner), found.clone());
        found
    }

    /// Blocks of a body that name nothing, and those of which there is no part.
    pub fn other_variations(&mut self, scope: &Scope<'a>) {
        for &block in &scope.definitions.variations {
            if self.read_variations.contains(&(std::ptr::from_ref(block) as usize)) {
                continue;
            }
            let lower = block.name.lower();
            let device = scope.device(&lower);
            let card = if device.is_none() { scope.model(&lower) } else { None };
            let base = card.map(|(card, home)| (card.base.lower(), home));
            let of = device.or_else(|| base.as_ref().and_then(|(base, home)| home.device(base)));
            let kind = match (of, &base) {
                (Some((device, home)), _) => {
                    self.definition(device, home, &Default::default(), Default::default()).map(KindRef::Defined)
                }
                (None, Some((base, _))) => self.kinds.by_model(base).map(KindRef::from),
                (None, None) => {
                    self.unknown_owner(block, scope);
                    None
                }
            };
            if let Some(kind) = kind {
                self.scatter(Owner::new(device.map(|d| d.0), card.map(|c| c.0)), &kind, scope);
            }
        }
    }

    fn unknown_owner(&mut self, block: &Variation, scope: &Scope<'a>) {
        let name = &block.name;
        let message = format!("there is no device or model '{}'", name.text);
        let d = Diagnostic::error("elab::unknown-variation", message).at(name.span, "not defined");
        let known = scope.device_names().into_iter().chain(scope.model_names());
        self.report(match did_you_mean(&name.text, known) {
            Some(help) => d.help(help),
            None => d.help(".variation names a .device, or a .model of one or of a built-in part"),
        });
    }

    /// What a block adds to what others said; what is wrong with it.
    fn read_variation(
        &self,
        block: &'a Variation,
        kind: &KindRef,
        scope: &Scope<'a>,
        mut into: Scatter,
    ) -> (Scatter, Vec<Fault>) {
        let mut wrong = Vec::new();
        let reader = Reader { context: Context::constant(self.shared, scope), kind };
        for item in &block.items {
            let read = match item {
                VariationItem::Vary(vary) => reader.vary(vary, &mut into),
                VariationItem::Stuck(stuck) => reader.stuck(stuck).map(|lot| into.stuck = Some(lot)),
            };
            wrong.extend(read.err());
        }
        (into, wrong)
    }
}

/// Whether a block names the owner, as names are where the block stands.
fn belongs(block: &Variation, owner: Owner, scope: &Scope) -> bool {
    let lower = block.name.lower();
    match (scope.device(&lower), scope.model(&lower)) {
        (Some((device, _)), _) => owner.device == Owner::new(Some(device), None).device,
        (None, Some((card, _))) => owner.card == Owner::new(None, Some(card)).card,
        (None, None) => false,
    }
}

/// Reads the lines of a block.
struct Reader<'c, 'a> {
    context: Context<'c, 'a>,
    kind: &'c KindRef,
}

/// Name, arguments, named arguments
type Called = (String, Vec<Value>, Vec<(String, Value)>);

impl Reader<'_, '_> {
    fn vary(&self, vary: &Vary, into: &mut Scatter) -> Result<(), Fault> {
        if vary.each != Each::Device && self.kind.definition().is_none() {
            let message = format!("{} has neither cycles nor jumps", crate::diag::a(&self.kind.name));
            return Err(Fault::new("elab::vary-built-in", vary.span, message, "only a .device has")
                .with_help("what differs from part to part: device NAME ~ LAW"));
        }
        let bounds = match &vary.range {
            Some((low, high)) => {
                let (l, h) = (self.context.number(low)?, self.context.number(high)?);
                if l.is_nan() || h.is_nan() || l > h {
                    let message = format!("nothing lies in {l}:{h}");
                    return Err(Fault::new(
                        "elab::empty-range",
                        low.span.to(high.span),
                        message,
                        "the lower bound first",
                    ));
                }
                Some((l, h))
            }
            None => None,
        };
        if vary.each == Each::Telegraph {
            if let Some((low, high)) = &vary.range {
                return Err(Fault::new("elab::levels", low.span.to(high.span), "levels have no range", "not needed"));
            }
            let telegraph = self.levels(&vary.law)?;
            for name in &vary.names {
                let name = self.param(name)?;
                into.telegraphs.retain(|(n, _)| *n != name);
                into.telegraphs.push((name, telegraph));
            }
            return Ok(());
        }
        let spread = Spread { bounds, ..self.law(&vary.law)? };
        for name in &vary.names {
            let drawn = Drawn { name: self.param(name)?, spread: spread.clone(), span: vary.span };
            put(if vary.each == Each::Device { &mut into.device } else { &mut into.cycles }, drawn);
        }
        Ok(())
    }

    fn stuck(&self, stuck: &Stuck) -> Result<Lot, Fault> {
        let Some(definition) = self.kind.definition() else {
            let message = format!("{} cannot be stuck", crate::diag::a(&self.kind.name));
            return Err(Fault::new("elab::vary-built-in", stuck.span, message, "it has no states of a .device"));
        };
        let states = definition.states.iter().map(|s| &s.name);
        let lets = definition.lets.iter().filter_map(|l| l.name.as_ref());
        if states.chain(lets).any(|n| n.eq_ignore_ascii_case("stuck")) || self.kind.param("stuck").is_some() {
            let message = format!("device '{}' has a 'stuck' of its own", self.kind.name);
            return Err(Fault::new("elab::stuck", stuck.span, message, "cannot tell them apart")
                .with_help("X1.stuck says whether X1 is stuck; give the device's own another name"));
        }
        let share = self.context.number(&stuck.p)?;
        if !(0.0..=1.0).contains(&share) {
            let message = format!("a share of {share} is not possible");
            return Err(Fault::new("elab::share", stuck.p.span, message, "between 0 and 1"));
        }
        let mut draws = Vec::new();
        for (name, law) in &stuck.draws {
            put(&mut draws, Drawn { name: self.param(name)?, spread: self.law(law)?, span: law.span });
        }
        Ok(Lot { share, draws })
    }

    /// The canonical name of a parameter that is a number.
    fn param(&self, name: &Name) -> Result<Label, Fault> {
        let kind: &Kind = self.kind;
        let Some(k) = kind.find_at(&name.text, Place::Model) else {
            let message = format!("{} has no parameter '{}'", crate::diag::a(&kind.name), name.text);
            let fault = Fault::new("elab::unknown-parameter", name.span, message, "not known");
            return Err(match did_you_mean(&name.text, super::kinds::param_names(kind)) {
                Some(help) => fault.with_help(help),
                None => fault.with_help(format!("'memspice devices {}' lists its parameters", kind.name)),
            });
        };
        match kind.params[k].value {
            ValueKind::Number => Ok(kind.params[k].name.clone()),
            _ => {
                Err(Fault::new("elab::not-a-number", name.span, format!("'{}' is no number", name.text), "cannot vary"))
            }
        }
    }

    /// Name, arguments and options of a law.
    fn call(&self, e: &Expr) -> Result<Called, Fault> {
        let ExprKind::Call { name, args } = &e.kind else {
            return Err(Fault::new("elab::law", e.span, "a distribution is needed here", "not one").with_help(
                "normal(13%), normal(0, 1m), lognormal(0.3), uniform(1, 2), loguniform(1u, 1m), choice([1, 2])",
            ));
        };
        let (mut plain, mut options) = (Vec::new(), Vec::new());
        for a in args {
            let value = self.context.value(&a.value)?;
            match &a.name {
                Some(name) => options.push((name.lower(), value)),
                None => plain.push(value),
            }
        }
        Ok((name.lower(), plain, options))
    }

    fn law(&self, e: &Expr) -> Result<Spread, Fault> {
        let (name, args, options) = self.call(e)?;
        let wrong = |error: LawError| {
            let fault = Fault::new("elab::law", e.span, error.to_string(), "this distribution");
            match did_you_mean(&name, Law::NAMES.iter().copied()).filter(|_| matches!(error, LawError::Unknown(_))) {
                Some(help) => fault.with_help(help),
                None => fault,
            }
        };
        let option = |wanted: &str| options.iter().find(|(n, _)| n == wanted).map(|(_, v)| v);
        let known = if name == "choice" { "p" } else { "mean" };
        if let Some((other, _)) = options.iter().find(|(n, _)| n != known) {
            let message = format!("{name}( ) has no option '{other}'");
            return Err(Fault::new("elab::law", e.span, message, "this distribution"));
        }
        if name == "choice" {
            let values = args.first().map(Value::numbers).unwrap_or_default();
            let weights = option("p").map(Value::numbers);
            let law = Law::choice(&values, weights.as_deref()).map_err(wrong)?;
            return Ok(Spread { law, relative: false, bounds: None });
        }
        let mut numbers = Vec::new();
        for v in args.iter().chain(option("mean")) {
            numbers.push(v.number().ok_or_else(|| {
                let message = format!("{name}( ) takes numbers, not {}", v.describe());
                Fault::new("elab::law", e.span, message, "this distribution")
            })?);
        }
        let mean = option("mean").and_then(|_| numbers.pop());
        Spread::named(&name, &numbers, mean).map_err(wrong)
    }

    /// `levels(1, 0.9, dwell=[5m, 2m])`
    fn levels(&self, e: &Expr) -> Result<Telegraph, Fault> {
        let wrong = |message: String| {
            Fault::new("elab::levels", e.span, message, "these levels").with_help(
                "levels(1, 0.9, dwell=[5m, 2m]): the parameter times 1 for 5 ms on average, times 0.9 for 2 ms",
            )
        };
        let (name, args, options) = self.call(e)?;
        if name != "levels" {
            return Err(wrong(format!("a telegraph jumps between two levels, {name}( ) is a distribution")));
        }
        let numbers: Vec<f64> = args.iter().filter_map(Value::number).collect();
        let [a, b] = numbers[..] else { return Err(wrong("levels( ) takes two numbers and dwell=".into())) };
        let dwell = match &options[..] {
            [(name, v)] if name == "dwell" => v.numbers(),
            _ => return Err(wrong("levels( ) takes two numbers and dwell=".into())),
        };
        let dwell = match dwell[..] {
            [both] => [both; 2],
            [first, second] => [first, second],
            _ => return Err(wrong("dwell= takes two times".into())),
        };
        if !(a.is_finite() && b.is_finite() && dwell.iter().all(|t| *t > 0.0 && t.is_finite())) {
            return Err(wrong("levels are finite, and times to stay at them above 0".into()));
        }
        Ok(Telegraph { levels: [a, b], dwell })
    }
}
