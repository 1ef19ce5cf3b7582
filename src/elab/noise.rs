//! `.noise V(out[, ref]) source dec|oct|lin points fstart fstop [points per summary]`, and its results as names.

use super::cards::{Args, Planner};
use super::fault::Fault;
use super::quantity::Quantities;
use crate::circuit::equation::{Equation, Quantity};
use crate::circuit::plan::{Analysis, AnalysisKind};
use crate::circuit::{NetId, PartId};
use crate::diag::{Span, a};
use crate::syntax::ast::{Argument, Value, Word};

const FORM: &str = ".noise V(out[, ref]) source dec|oct|lin points fstart fstop";

impl<'p, 'a> Planner<'p, 'a> {
    pub fn noise(&mut self, args: &mut Args<'a>, span: Span) -> Result<(), Fault> {
        let at = args.span();
        let wrong = |text: &str| Fault::new("elab::noise", at, text, "here").with_help(FORM);
        let output = match args.take() {
            Some(Argument::Value(value)) => self.output(value)?.ok_or_else(|| wrong("the output must be a voltage"))?,
            _ => return Err(wrong("the output is missing")),
        };
        let source = args.span();
        let input = match args.take() {
            Some(Argument::Value(Value::Word(w))) => self.source(w)?,
            _ => {
                let message = "the source that noise is referred to is missing";
                return Err(Fault::new("elab::noise", source, message, "here").with_help(FORM));
            }
        };
        let (scale, points, start, stop) = self.frequencies(args, "noise", FORM)?;
        if start <= 0.0 {
            return Err(Fault::new("elab::noise", span, "flicker noise has no end towards 0 Hz", "begins at 0 Hz")
                .with_help("begin above 0"));
        }
        // How often ngspice writes shares of parts; here they are always columns.
        if args.peek().is_some() {
            self.number(args, "points per summary")?;
        }
        self.nothing_more(args);
        let kind = AnalysisKind::Noise { output, input, scale, points, start, stop };
        self.plan.analyses.push(Analysis { kind, span });
        Ok(())
    }

    /// The nets of `V(a)` or `V(a, b)`.
    fn output(&mut self, value: &Value) -> Result<Option<(NetId, NetId)>, Fault> {
        let [observed] = self.observe(value)?[..] else { return Ok(None) };
        Ok(match self.plan.observations.get(observed).map(|o| &o.equation) {
            Some(Equation::Quantity(Quantity::Voltage(plus, minus))) => Some((*plus, *minus)),
            _ => None,
        })
    }

    /// An independent source.
    fn source(&self, word: &Word) -> Result<PartId, Fault> {
        let text = self.context().word(word)?;
        let view = self.view();
        let Some(part) = view.part(&text) else { return Err(super::quantity::unknown_part(&text, word.span)) };
        match self.circuit.part(part).kind.letter {
            Some('v' | 'i') => Ok(part),
            _ => {
                let message = format!("{text} is {}", a(&self.circuit.part(part).kind.name));
                Err(Fault::new("elab::noise", word.span, message, "not an independent source").with_help(FORM))
            }
        }
    }

    /// `onoise` and `inoise` in `.print noise`, `.plot noise` and `.meas noise`.
    pub fn density(&mut self, name: &str, span: Span) -> Option<usize> {
        let label = ["onoise", "inoise"].into_iter().find(|n| name.eq_ignore_ascii_case(n))?;
        Some(self.add(Equation::Const(0.0), Some(label.into()), span))
    }
}
