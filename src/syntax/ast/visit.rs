//! Statements and expressions → the expressions in them.

use super::{Argument, Drive, Expr, ExprKind, Iter, Over, Slot, Stmt, StmtKind, Tolerance, Value};

impl Expr {
    /// The expressions directly inside.
    pub fn children<'a>(&'a self, see: &mut dyn FnMut(&'a Expr)) {
        match &self.kind {
            ExprKind::Number(_) | ExprKind::Text(_) | ExprKind::Name(_) => {}
            ExprKind::Node(w) => slots(&w.index, see),
            ExprKind::Index(base, index) => {
                see(base);
                slots(index, see);
            }
            ExprKind::Call { args, .. } => args.iter().for_each(|a| see(&a.value)),
            ExprKind::Method { base, args, .. } => {
                see(base);
                args.iter().for_each(|a| see(&a.value));
            }
            ExprKind::Field(base, _) | ExprKind::Unary(_, base) => see(base),
            ExprKind::Binary(_, a, b) => [a, b].into_iter().for_each(|e| see(e)),
            ExprKind::Cond(c, a, b) => [c, a, b].into_iter().for_each(|e| see(e)),
            ExprKind::Near(a, b, within) => {
                see(a);
                see(b);
                tolerance(within, see);
            }
            ExprKind::List(items) => items.iter().for_each(see),
        }
    }

    /// This expression and all inside it.
    pub fn each<'a>(&'a self, see: &mut dyn FnMut(&'a Expr)) {
        let mut stack = vec![self];
        while let Some(e) = stack.pop() {
            see(e);
            e.children(&mut |inner| stack.push(inner));
        }
    }
}

/// The expressions among the arguments of a line, whole.
pub fn expressions(args: &[Argument]) -> Vec<&Expr> {
    let mut found = Vec::new();
    for a in args {
        match a {
            Argument::Value(v) => of_value(v, &mut found),
            Argument::Setting(s) => found.extend(&s.values),
            Argument::Equal { left, right, .. } => {
                of_value(left, &mut found);
                found.push(right);
            }
        }
    }
    found
}

fn of_value<'a>(value: &'a Value, found: &mut Vec<&'a Expr>) {
    match value {
        Value::Word(_) | Value::Text(..) => {}
        Value::Expr(e) => found.push(e),
        Value::Call { args, .. } => found.extend(expressions(args)),
        Value::Table { input, points, .. } => {
            found.push(input);
            found.extend(points.iter().flat_map(|(x, y)| [x, y]));
        }
    }
}

fn slots<'a>(index: &'a [Slot], see: &mut dyn FnMut(&'a Expr)) {
    for slot in index {
        match slot {
            Slot::At(e) => see(e),
            Slot::Range(a, b) => [a, b].into_iter().for_each(&mut *see),
            Slot::All(_) => {}
        }
    }
}

fn tolerance<'a>(within: &'a Tolerance, see: &mut dyn FnMut(&'a Expr)) {
    if let Tolerance::Absolute(e) = within {
        see(e);
    }
}

/// Every statement of a list and of the blocks in it, the outer ones first.
pub fn statements<'a>(list: &'a [Stmt], see: &mut dyn FnMut(&'a Stmt)) {
    for s in list {
        see(s);
        s.blocks(&mut |inner| statements(inner, see));
    }
}

impl Stmt {
    /// The lists of statements inside.
    pub fn blocks<'a>(&'a self, see: &mut dyn FnMut(&'a [Stmt])) {
        match &self.kind {
            StmtKind::Repeat { body, .. }
            | StmtKind::Forever(body)
            | StmtKind::For { body, .. }
            | StmtKind::Par { body, .. }
            | StmtKind::Block(body)
            | StmtKind::Sweep { body, .. }
            | StmtKind::MonteCarlo { body, .. } => see(body),
            StmtKind::If { branches, otherwise } => {
                branches.iter().for_each(|(_, body)| see(body));
                otherwise.iter().for_each(|body| see(body));
            }
            _ => {}
        }
    }

    /// The expressions of the statement itself, those of its blocks left out. Places that are written to are among them.
    pub fn expressions<'a>(&'a self, see: &mut dyn FnMut(&'a Expr)) {
        match &self.kind {
            StmtKind::Force(list) => drives(list, see),
            StmtKind::Float(nets) => nets.iter().for_each(see),
            StmtKind::Pulse { drives: list, width: e } | StmtKind::Ramp { drives: list, time: e } => {
                drives(list, see);
                see(e);
            }
            StmtKind::Wait(e) | StmtKind::Call(e) | StmtKind::Save { value: e, .. } => see(e),
            StmtKind::WaitUntil { condition, timeout } => {
                see(condition);
                timeout.iter().for_each(see);
            }
            StmtKind::Repeat { until, max, .. } => {
                see(until);
                max.iter().for_each(see);
            }
            StmtKind::For { loops, .. } | StmtKind::Sweep { loops, .. } => {
                loops.iter().for_each(|l| iter(l, see));
            }
            StmtKind::If { branches, .. } => branches.iter().for_each(|(test, _)| see(test)),
            StmtKind::Let(l) => l.values.iter().for_each(see),
            StmtKind::Assign(a) => {
                a.targets.iter().for_each(&mut *see);
                a.values.iter().for_each(see);
            }
            StmtKind::MonteCarlo { count, seed, .. } => {
                see(count);
                seed.iter().for_each(see);
            }
            StmtKind::Measure(columns) | StmtKind::Record(columns) => {
                columns.iter().for_each(|c| see(&c.value));
            }
            StmtKind::Assert { condition, .. } => see(condition),
            StmtKind::Snapshot { values, every, within, shift } => {
                values.iter().chain(every).chain(shift).for_each(&mut *see);
                within.iter().for_each(|w| tolerance(w, see));
            }
            StmtKind::Plot(traces) => traces.iter().for_each(|t| {
                see(&t.y);
                t.x.iter().for_each(&mut *see);
            }),
            StmtKind::Histogram { value, .. } => see(value),
            StmtKind::Settle
            | StmtKind::Forever(_)
            | StmtKind::Par { .. }
            | StmtKind::Block(_)
            | StmtKind::Analysis(_) => {}
        }
    }
}

fn drives<'a>(list: &'a [Drive], see: &mut dyn FnMut(&'a Expr)) {
    for d in list {
        see(&d.net);
        see(&d.value);
        d.to.iter().chain(&d.limit).for_each(&mut *see);
    }
}

fn iter<'a>(iter: &'a Iter, see: &mut dyn FnMut(&'a Expr)) {
    match &iter.over {
        Over::Range(a, b) => [a, b].into_iter().for_each(see),
        Over::List(e) => see(e),
    }
}
