//! Every `.always` and `.protocol` of a netlist, compiled once however many copies there are.

use std::sync::Arc;

use super::code::Code;
use super::compile;
use super::machine::Machine;
use super::program::InstanceId;
use crate::diag::Span;
use crate::syntax::ast::{Always, Name, Stmt, StmtKind};

/// Which of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyKind {
    Always,
    Protocol,
    Experiment,
}

/// One of them.
#[derive(Clone, Debug)]
pub struct Body {
    pub kind: BodyKind,
    /// The first instance that has it
    pub at: InstanceId,
    /// `X1.tune`
    pub path: String,
    pub name: Name,
    pub code: Arc<Code>,
}

/// In the order of the files.
pub fn bodies(machine: &Machine) -> Vec<Body> {
    let mut out: Vec<Body> = Vec::new();
    let mut seen: std::collections::HashSet<Span> = std::collections::HashSet::new();
    for (k, instance) in machine.program.instances.iter().enumerate() {
        let at = InstanceId(k as u32);
        let path = |name: &str| match instance.path.as_str() {
            "" => name.to_string(),
            path => format!("{path}.{name}"),
        };
        for always in &instance.always {
            if seen.insert(always.name.span) {
                let (path, code) = (path(&always.name.text), Arc::new(always_code(machine, at, always)));
                out.push(Body { kind: BodyKind::Always, at, path, name: always.name.clone(), code });
            }
        }
        for (lower, routine) in &instance.protocols {
            if seen.insert(routine.name.span)
                && let Some(code) = machine.code(at, lower)
            {
                let path = path(&routine.name.text);
                out.push(Body { kind: BodyKind::Protocol, at, path, name: routine.name.clone(), code });
            }
        }
    }
    out.sort_by_key(|b| b.name.span);
    out
}

/// The body of an experiment: a sweep stands for a loop, though each of its points begins anew.
pub fn experiment(machine: &Machine, name: &Name, list: &[Stmt]) -> Body {
    let at = InstanceId::TOP;
    let code = compile::body(&name.text, &without_sweeps(list), &machine.callables(at));
    Body { kind: BodyKind::Experiment, at, path: name.text.clone(), name: name.clone(), code: Arc::new(code) }
}

fn without_sweeps(list: &[Stmt]) -> Vec<Stmt> {
    list.iter()
        .map(|s| {
            let kind = match s.kind.clone() {
                StmtKind::Sweep { loops, body } | StmtKind::For { loops, body } => {
                    StmtKind::For { loops, body: without_sweeps(&body) }
                }
                StmtKind::MonteCarlo { body, .. } | StmtKind::Block(body) => StmtKind::Block(without_sweeps(&body)),
                StmtKind::If { branches, otherwise } => StmtKind::If {
                    branches: branches.into_iter().map(|(c, b)| (c, without_sweeps(&b))).collect(),
                    otherwise: otherwise.map(|b| without_sweeps(&b)),
                },
                other => other,
            };
            Stmt { span: s.span, kind }
        })
        .collect()
}

/// The code of an `.always`: its body begins again for ever.
pub(super) fn always_code(machine: &Machine, at: InstanceId, always: &Always) -> Code {
    let forever = Stmt { span: always.name.span, kind: StmtKind::Forever(always.body.clone()) };
    compile::body(&always.name.text, &[forever], &machine.callables(at))
}
