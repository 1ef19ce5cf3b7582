//! What all processes of a run share: the program, its code compiled so far, software functions, files.

use std::collections::HashMap;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};

use super::code::Code;
use super::compile::{self, Callables};
use super::groups::Groups;
use super::program::{Instance, InstanceId, Member, Program};
use crate::circuit::{Circuit, NetId};
use crate::process::program::SmuId;
use crate::syntax::ast::{Expr, ExprKind, Func, Routine};
use crate::value::Value;
use crate::value::data::Files;
use crate::value::memo::Memo;
use crate::value::network::Part;
use crate::value::scope::Budget;
use crate::value::software::{Definition, Found, Library};

/// `.func`s and constants of the netlist itself, or of an instance with those around it.
#[derive(Debug, Default)]
pub struct Functions {
    /// 0 for the netlist itself
    pub number: u64,
    pub expressions: HashMap<String, Arc<Func>>,
    pub blocks: HashMap<String, Arc<Routine>>,
    /// `.param`s of the netlist itself, lower case
    pub values: HashMap<String, Value>,
}

impl Library for Functions {
    fn id(&self) -> u64 {
        self.number
    }

    fn value(&self, lower: &str) -> Option<Value> {
        self.values.get(lower).cloned()
    }

    fn function(&self, lower: &str) -> Option<Found<'_>> {
        let definition = match (self.blocks.get(lower), self.expressions.get(lower)) {
            (Some(block), _) => Definition::Block(block),
            (None, Some(func)) => Definition::Expression(func),
            (None, None) => return None,
        };
        Some(Found { definition, library: self })
    }

    fn known(&self) -> Vec<String> {
        self.values.keys().chain(self.expressions.keys()).chain(self.blocks.keys()).cloned().collect()
    }
}

/// Shared by all processes of a run and by all branches of its maps.
pub struct Machine {
    pub circuit: Arc<Circuit>,
    pub program: Arc<Program>,
    pub functions: Arc<Functions>,
    pub files: Arc<Files>,
    pub memo: Memo,
    pub groups: Groups,
    pub smus: HashMap<NetId, SmuId>,
    /// That may work on branches of a `map`, or on one value
    pub threads: usize,
    /// Raised by whoever wants processes to stop
    pub interrupted: Arc<AtomicBool>,
    compiled: Mutex<HashMap<(InstanceId, String), Arc<Code>>>,
}

impl Machine {
    pub fn new(circuit: Arc<Circuit>, program: Arc<Program>, functions: Arc<Functions>, files: Arc<Files>) -> Machine {
        let smus = program.smus.iter().enumerate().map(|(k, s)| (s.net, SmuId(k as u32))).collect();
        Machine {
            circuit,
            program,
            functions,
            files,
            memo: Memo::default(),
            groups: Groups::default(),
            smus,
            threads: std::thread::available_parallelism().map_or(1, usize::from),
            interrupted: Arc::default(),
            compiled: Mutex::default(),
        }
    }

    /// With at most so many threads.
    pub fn with_threads(self, threads: usize) -> Machine {
        Machine { threads: threads.max(1), ..self }
    }

    /// That stops when this is raised.
    pub fn with_interrupt(self, interrupted: Arc<AtomicBool>) -> Machine {
        Machine { interrupted, ..self }
    }

    /// What statements of an instance may call.
    pub fn functions_of(&self, at: InstanceId) -> &Functions {
        let mut next = Some(at);
        while let Some(instance) = next.and_then(|at| self.program.instances.get(at.0 as usize)) {
            if let Some(functions) = &instance.functions {
                return functions;
            }
            next = instance.parent;
        }
        &self.functions
    }

    /// What a run of its processes may spend.
    pub fn budget(&self) -> Budget {
        Budget { interrupted: Some(self.interrupted.clone()), ..Budget::default() }
    }

    /// What bodies of an instance may call.
    pub fn callables(&self, at: InstanceId) -> impl Callables {
        Visible { machine: self, at, depth: 0 }
    }

    /// The code of a protocol of an instance, or of a function whose expression calls one.
    pub fn code(&self, at: InstanceId, lower: &str) -> Option<Arc<Code>> {
        let key = (at, lower.to_string());
        if let Some(code) = self.compiled.lock().ok()?.get(&key) {
            return Some(code.clone());
        }
        let callables = self.callables(at);
        let protocol = self.program.instances.get(at.0 as usize).and_then(|i| i.protocols.get(lower));
        let code = Arc::new(match protocol {
            Some(routine) => compile::routine(routine, &callables),
            None => {
                let func = self.functions_of(at).expressions.get(lower)?;
                compile::expression(&func.name, &func.formals, &func.body, &callables)
            }
        });
        self.compiled.lock().ok()?.insert(key, code.clone());
        Some(code)
    }
}

struct Visible<'m> {
    machine: &'m Machine,
    at: InstanceId,
    /// Functions that call functions
    depth: usize,
}

impl Callables for Visible<'_> {
    fn takes_time(&self, lower: &str) -> bool {
        let instance = self.machine.program.instances.get(self.at.0 as usize);
        if instance.is_some_and(|i| i.protocols.contains_key(lower)) {
            return true;
        }
        let deeper = Visible { machine: self.machine, at: self.at, depth: self.depth + 1 };
        let func = self.machine.functions_of(self.at).expressions.get(lower).filter(|_| self.depth < 20);
        func.is_some_and(|f| compile::takes_time(&f.body, &deeper))
    }

    fn is_protocol(&self, path: &Expr) -> bool {
        let (instance, name) = match &path.kind {
            ExprKind::Name(n) => (self.instance(self.at), n.to_ascii_lowercase()),
            ExprKind::Field(base, name) => (self.inside(base), name.lower()),
            _ => return false,
        };
        instance.is_some_and(|i| i.protocols.contains_key(&name))
    }

    fn network(&self, lower: &str) -> Option<Part> {
        let mut at = self.instance(self.at);
        let own = std::iter::from_fn(|| {
            let here = at?;
            at = here.parent.and_then(|p| self.instance(p));
            Some(&here.params)
        });
        let found = own.chain([&self.machine.functions.values]).find_map(|values| values.get(lower))?;
        if let Value::Network(part) = found { Some(part.clone()) } else { None }
    }
}

impl<'m> Visible<'m> {
    fn instance(&self, at: InstanceId) -> Option<&'m Instance> {
        self.machine.program.instances.get(at.0 as usize)
    }

    /// The instance that a path leads to, or the first of a bus of them.
    fn inside(&self, path: &Expr) -> Option<&'m Instance> {
        let (instance, name) = match &path.kind {
            ExprKind::Name(n) => (self.instance(self.at)?, n.to_ascii_lowercase()),
            ExprKind::Index(base, _) => return self.inside(base),
            ExprKind::Field(base, name) => (self.inside(base)?, name.lower()),
            _ => return None,
        };
        instance.members.get(&name)?.items.iter().flatten().find_map(|m| match m {
            Member::Instance(i) => self.instance(*i),
            Member::Part(_) => None,
        })
    }
}
