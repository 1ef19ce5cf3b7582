//! Analysis statements in the body of an experiment → what they ask for. They start from where the circuit is.

use super::bounds;
use super::sight::Sight;
use super::study::{Study, Sweep, Swept};
use crate::circuit::NetId;
use crate::circuit::plan::AcScale;
use crate::diag::Span;
use crate::syntax::ast::{Argument, Card, Expr, ExprKind, Value, Word};
use crate::syntax::number;
use crate::value::eval::number as evaluated;
use crate::value::fault::{Fault, did_you_mean};

pub(super) const DC: &str =
    "dc V1 0 1 10m sweeps a source, dc bl 0 1 10m the voltage of a source-measure unit; a second one may follow";
const NOISE: &str =
    "noise V(out) V1 dec 10 1 1meg: the output, the source it is referred to, and the frequencies of an ac";
pub(super) const AC: &str = "ac dec 10 1 1meg: dec, oct or lin, the number of points, the first and the last frequency";

/// How long a `tran` takes: `tran 3m`, `tran 1u 3m` (the step of SPICE is not needed), `tran {T}`; None where it does not
/// say.
pub fn duration(card: &Card) -> Option<Expr> {
    let mut numbers = card.args.iter().filter_map(expression);
    let first = numbers.next()?;
    Some(numbers.next().unwrap_or(first))
}

/// Whether an analysis exists in experiments and says what it needs to, and no more.
pub fn complete(card: &Card) -> Result<(), Fault> {
    let left_over =
        |from: usize, help: &str| match card.args.get(from) {
            Some(a) => Err(Fault::new("lab::analysis", a.span(), "this has no meaning in an experiment", "left over")
                .with_help(help)),
            None => Ok(()),
        };
    match card.name.lower().as_str() {
        "op" => left_over(0, "op is the operating point now; it takes nothing"),
        "dc" => loops(card).map(|_| ()),
        "ac" => frequencies(card).map(|_| ()),
        "noise" => noisy(card).map(|_| ()),
        "tran" if duration(card).is_none() => {
            Err(Fault::new("lab::tran", card.name.span, "tran takes the time it goes on for", "here")
                .with_help("tran 3m"))
        }
        "tran" => left_over(
            card.args.iter().take(2).take_while(|a| expression(a).is_some()).count(),
            "tran 3m goes on for 3 ms from where the circuit is; nothing else is needed",
        ),
        other => Err(Fault::new("lab::analysis", card.name.span, format!("there is no analysis {other} yet"), "here")
            .with_help("op, dc, ac, noise and tran are there")),
    }
}

/// A loop of a `dc` as it is written.
pub struct Loop<'c> {
    pub target: &'c Word,
    /// First value, last value, step
    pub numbers: [Expr; 3],
}

/// The loops of a `dc`.
pub fn loops(card: &Card) -> Result<Vec<Loop<'_>>, Fault> {
    let wrong = |span: Span, message: &str| Fault::new("lab::dc", span, message, "here").with_help(DC);
    let mut out = Vec::new();
    for group in card.args.chunks(4) {
        let Argument::Value(Value::Word(target)) = &group[0] else {
            return Err(wrong(group[0].span(), "dc needs the name of a source"));
        };
        let numbers: Vec<Expr> = group[1..].iter().filter_map(expression).collect();
        let Ok(numbers) = <[Expr; 3]>::try_from(numbers) else {
            return Err(wrong(target.span, "dc needs a first value, a last value and a step"));
        };
        out.push(Loop { target, numbers });
    }
    match out.len() {
        1 | 2 => Ok(out),
        0 => Err(wrong(card.name.span, "dc needs a source to sweep")),
        _ => Err(wrong(out[2].target.span, "dc has at most two loops")),
    }
}

/// Scale, points, first and last frequency of an `ac`.
pub fn frequencies(card: &Card) -> Result<(AcScale, [Expr; 3]), Fault> {
    band(&card.args, card.name.span)
}

fn band(args: &[Argument], span: Span) -> Result<(AcScale, [Expr; 3]), Fault> {
    let wrong = |message: &str| Fault::new("lab::ac", span, message, "here").with_help(AC);
    let scale = match args.first() {
        Some(Argument::Value(Value::Word(w))) if w.is("dec") => AcScale::Decade,
        Some(Argument::Value(Value::Word(w))) if w.is("oct") => AcScale::Octave,
        Some(Argument::Value(Value::Word(w))) if w.is("lin") => AcScale::Linear,
        _ => return Err(wrong("ac needs dec, oct or lin")),
    };
    let numbers: Vec<Expr> = args[1..].iter().filter_map(expression).collect();
    let numbers = <[Expr; 3]>::try_from(numbers);
    numbers.map(|n| (scale, n)).map_err(|_| wrong("ac needs a number of points and two frequencies"))
}

/// A `noise` as it is written.
pub struct Noisy<'c> {
    /// One net, or two
    pub nets: Vec<Word>,
    pub input: &'c Word,
    pub scale: AcScale,
    /// Number of points, first and last frequency
    pub numbers: [Expr; 3],
}

/// `noise V(out) V1 dec 10 1 1meg`
pub fn noisy(card: &Card) -> Result<Noisy<'_>, Fault> {
    let wrong = |message: &str| Fault::new("lab::noise", card.name.span, message, "here").with_help(NOISE);
    let [Argument::Value(output), Argument::Value(Value::Word(input)), band @ ..] = &card.args[..] else {
        return Err(wrong("noise needs an output and the name of a source"));
    };
    let nets: Vec<Word> = match output {
        Value::Call { name, args, .. } if name.is("v") => args
            .iter()
            .filter_map(|a| if let Argument::Value(Value::Word(w)) = a { Some(w.clone()) } else { None })
            .collect(),
        Value::Expr(Expr { kind: ExprKind::Call { name, args }, .. }) if name.is("v") => args
            .iter()
            .filter_map(|a| if let ExprKind::Node(w) = &a.value.kind { Some(w.clone()) } else { None })
            .collect(),
        _ => Vec::new(),
    };
    if !matches!(nets.len(), 1 | 2) {
        return Err(wrong("the noise of V(net) or V(net, net) is asked for"));
    }
    let (scale, numbers) = self::band(band, card.name.span)?;
    Ok(Noisy { nets, input, scale, numbers })
}

/// An argument that is a number, or an expression of one.
fn expression(a: &Argument) -> Option<Expr> {
    match a {
        Argument::Value(Value::Expr(e)) => Some(e.clone()),
        Argument::Value(Value::Word(Word { text, index, span })) if index.is_empty() => {
            let kind = match number::parse(text) {
                Some(n) => ExprKind::Number(n.value),
                None => ExprKind::Name(text.clone()),
            };
            Some(Expr { span: *span, kind })
        }
        _ => None,
    }
}

impl Sight<'_> {
    /// What a `dc`, `ac` or `noise` asks for, and the names of what it sweeps; None of other cards.
    pub fn study(&mut self, card: &Card) -> Result<Option<(Study, Vec<String>)>, Fault> {
        match card.name.lower().as_str() {
            "dc" => {
                let (mut sweeps, mut names) = (Vec::new(), Vec::new());
                for l in loops(card)? {
                    let (what, name) = self.swept(l.target)?;
                    let mut value = |k: usize| evaluated(&l.numbers[k], self);
                    let (start, stop, step) = (value(0)?, value(1)?, value(2)?);
                    let count = bounds::steps([start, stop, step], l.target.span)?;
                    let values = (0..count).map(|k| start + k as f64 * step).collect();
                    sweeps.push(Sweep { what, values });
                    names.push(name);
                }
                Ok(Some((Study::Dc(sweeps), names)))
            }
            "ac" => {
                let (scale, numbers) = frequencies(card)?;
                let (points, start, stop) = self.in_band(card, scale, &numbers)?;
                let study = Study::Ac { scale, points, start, stop };
                Ok(Some((study, vec!["frequency".to_string()])))
            }
            "noise" => {
                let asked = noisy(card)?;
                let (points, start, stop) = self.in_band(card, asked.scale, &asked.numbers)?;
                let mut net = |k: usize| match asked.nets.get(k) {
                    None => Ok(NetId::GROUND),
                    Some(word) => match &self.nets(word)?.0[..] {
                        [one] => Ok(*one),
                        _ => Err(Fault::new("lab::noise", word.span, "these are several nets", "one is needed")
                            .with_help(NOISE)),
                    },
                };
                let output = (net(0)?, net(1)?);
                let (Swept::Source(input), _) = self.swept(asked.input)? else {
                    let message = "noise is referred to a source, not to a source-measure unit";
                    return Err(Fault::new("lab::noise", asked.input.span, message, "here").with_help(NOISE));
                };
                let study = Study::Noise { output, input, scale: asked.scale, points, start, stop };
                Ok(Some((study, vec!["frequency".to_string()])))
            }
            _ => Ok(None),
        }
    }

    /// Number of points, first and last frequency.
    fn in_band(&mut self, card: &Card, scale: AcScale, numbers: &[Expr; 3]) -> Result<(usize, f64, f64), Fault> {
        let mut value = |k: usize| evaluated(&numbers[k], self);
        let (points, start, stop) = (value(0)?, value(1)?, value(2)?);
        let points = bounds::band(&card.name.text, scale, [points, start, stop], card.name.span)?;
        Ok((points, start, stop))
    }

    /// What a `dc` sweeps, an independent source or a net with a source-measure unit, and its name.
    pub fn swept(&mut self, target: &Word) -> Result<(Swept, String), Fault> {
        if let Ok((nets, _)) = self.nets(target)
            && let [net] = nets[..]
            && let Some(smu) = self.machine.smus.get(&net)
        {
            return Ok((Swept::Unit(*smu), self.machine.circuit.net(net).name.clone()));
        }
        let circuit = &self.machine.circuit;
        let independent = |p: &crate::circuit::PartId| matches!(circuit.part(*p).kind.letter, Some('v' | 'i'));
        let name = &target.text;
        if let Some(part) = circuit.part_names.get(&name.to_ascii_lowercase()).filter(|p| independent(p)) {
            return Ok((Swept::Source(*part), circuit.part(*part).path.clone()));
        }
        let names: Vec<&str> = circuit.part_ids().filter(independent).map(|p| circuit.part(p).path.as_str()).collect();
        let units = self.machine.smus.keys().map(|net| circuit.net(*net).name.as_str());
        let message = format!("there is no source or source-measure unit '{name}' to sweep");
        let fault = Fault::new("process::unknown", target.span, message, "not known");
        Err(match did_you_mean(name, names.iter().copied().chain(units)) {
            Some(help) => fault.with_help(help),
            None => fault.with_help("dc sweeps a source; sweep p in [1, 2, 3] { … } a parameter"),
        })
    }
}
