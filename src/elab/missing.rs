//! What a wrong line names: nets, parts and definitions of which the circuit knows less than the netlist says, and the
//! findings that only follow from that.

use std::collections::HashSet;
use std::rc::Rc;

use super::fault::Fault;
use super::instance::Instance;
use super::scope::reads;
use crate::circuit::Circuit;
use crate::diag::{Diagnostic, Span, any_error};
use crate::syntax::ast::{Argument, Expr, ExprKind, Lost, Value, Word};

/// Names of wrong lines.
#[derive(Default)]
pub struct Missing {
    /// Lines that could not be read: they may define what they name.
    pub unread: Lost,
    /// Lines that could not be elaborated: nets and parts they name may have more to them.
    pub refused: Lost,
    /// Lines refused, each with the instance it stands in
    seen: HashSet<(Span, *const Instance)>,
}

/// Lines looked at; of more, nothing is said about what they name.
const MOST_LINES: usize = 10_000;

impl Missing {
    /// Whether more may belong to a net than the circuit shows.
    pub fn doubts(&self, net: &str) -> bool {
        self.all() || self.names(net)
    }

    /// Nothing is known of what is missing.
    pub fn all(&self) -> bool {
        self.unread.all || self.refused.all
    }

    pub fn names(&self, name: &str) -> bool {
        self.unread.names(name) || self.refused.names(name)
    }

    /// Whether this line is refused in this instance for the first time.
    pub fn is_new(&mut self, line: Span, instance: &Rc<Instance>) -> bool {
        self.refused.all |= self.seen.len() >= MOST_LINES;
        !self.refused.all && self.seen.insert((line, Rc::as_ptr(instance)))
    }

    /// Takes in the names of a line that is refused, but for the one that nothing has: that is its own mistake. Inside an
    /// instance its ports stand for nets of other names.
    pub fn refuse(&mut self, name: &str, args: &[Argument], fault: &Fault, nets: &[String]) {
        let mut line = Lost::default();
        line.word(name);
        lose(&mut line, args);
        nets.iter().for_each(|net| line.net(net));
        self.refused_but(line, std::slice::from_ref(fault));
    }

    /// The same for an expression alone.
    pub fn refuse_expression(&mut self, e: &Expr, faults: &[Fault]) {
        let mut line = Lost::default();
        lose_expr(&mut line, e);
        self.refused_but(line, faults);
    }

    fn refused_but(&mut self, mut line: Lost, faults: &[Fault]) {
        for fault in faults {
            if let Fault::Wrong(d) = fault
                && let Some(own) = &d.missing
            {
                line.forget(own);
            }
        }
        self.refused.add(line);
    }

    /// Whether a finding only says that something is not there which a wrong line may have brought.
    fn explains(&self, d: &Diagnostic) -> bool {
        let Some(name) = &d.missing else { return false };
        let suggests = d.help.as_ref().is_some_and(|h| h.starts_with("did you mean"));
        let of_circuit = matches!(d.code, "elab::unknown-node" | "elab::unknown-part" | "elab::unknown-source");
        self.unread.names(name) || self.all() && !suggests || of_circuit && self.refused.names(name)
    }

    /// The findings that do not follow from a wrong line, if the wrong line itself is among them or was told before.
    pub fn not_explained(&self, findings: Vec<Diagnostic>) -> Vec<Diagnostic> {
        let kept: Vec<Diagnostic> = findings.iter().filter(|d| !self.explains(d)).cloned().collect();
        if self.unread.is_empty() && any_error(&findings) && !any_error(&kept) { findings } else { kept }
    }
}

/// The nets that the ports named on a line stand for.
pub fn outer_nets(args: &[Argument], instance: &Instance, circuit: &Circuit) -> Vec<String> {
    let mut words = Lost::default();
    lose(&mut words, args);
    let named = instance.ports.iter().filter(|(name, _)| words.names(name));
    named.map(|(_, port)| circuit.net(port.net.get()).name.clone()).collect()
}

/// Takes in every name among the arguments of a line.
fn lose(lost: &mut Lost, args: &[Argument]) {
    for a in args {
        match a {
            Argument::Value(v) => lose_value(lost, v),
            Argument::Setting(s) => {
                lost.word(&s.name.text);
                s.values.iter().for_each(|e| lose_expr(lost, e));
            }
            Argument::Equal { left, right, .. } => {
                lose_value(lost, left);
                lose_expr(lost, right);
            }
        }
    }
}

fn lose_value(lost: &mut Lost, value: &Value) {
    match value {
        Value::Word(w) => lose_word(lost, w),
        Value::Expr(e) => lose_expr(lost, e),
        Value::Call { args, .. } => lose(lost, args),
        Value::Table { input, .. } => lose_expr(lost, input),
        Value::Text(..) => {}
    }
}

fn lose_word(lost: &mut Lost, word: &Word) {
    lost.word(&word.text);
    // A path names each of its components.
    word.text.split('.').for_each(|part| lost.word(part));
}

/// Takes in every name of an expression.
fn lose_expr(lost: &mut Lost, e: &Expr) {
    reads(e, &mut |name, _| lost.word(name));
    let mut stack = vec![e];
    while let Some(e) = stack.pop() {
        match &e.kind {
            ExprKind::Node(w) => lose_word(lost, w),
            ExprKind::Call { args, .. } => stack.extend(args.iter().map(|a| &a.value)),
            ExprKind::Index(base, _) | ExprKind::Field(base, _) | ExprKind::Unary(_, base) => stack.push(base),
            ExprKind::Method { base, args, .. } => {
                stack.push(base);
                stack.extend(args.iter().map(|a| &a.value));
            }
            ExprKind::Binary(_, a, b) | ExprKind::Near(a, b, _) => stack.extend([&**a, &**b]),
            ExprKind::Cond(c, a, b) => stack.extend([&**c, &**a, &**b]),
            ExprKind::List(items) => stack.extend(items),
            ExprKind::Number(_) | ExprKind::Text(_) | ExprKind::Name(_) => {}
        }
    }
}
