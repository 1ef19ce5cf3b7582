//! Calls: whether what they call exists, and takes what it is given.

use super::expressions::numeric;
use super::{Around, Checker, Local, Sample, Seen};
use crate::diag::Span;
use crate::process::groups::instance;
use crate::process::leaves::looks_back;
use crate::process::machine::Functions;
use crate::process::program::{Instance, InstanceId};
use crate::syntax::ast::{Expr, ExprArg, ExprKind, Name, Routine};
use crate::value::Value;
use crate::value::assign::fit;
use crate::value::builtin::{self, Body};
use crate::value::fault::{Fault, did_you_mean};
use crate::value::network::Part;
use crate::value::scope::Scope;

impl<'c> Checker<'c> {
    pub(super) fn call(&mut self, name: &Name, args: &[ExprArg], span: Span) -> Local {
        let lower = name.lower();
        let machine = self.machine;
        let own = machine.program.instances.get(self.at.0 as usize).and_then(|i| i.protocols.get(&lower));
        if let Some(routine) = own.filter(|_| self.seen != Seen::Software) {
            self.arguments(args);
            let outcome = fit(name, &routine.formals, args.len(), &|k| args[k].name.as_ref(), span);
            self.kept(outcome);
            return None;
        }
        let functions = self.functions();
        let formals = match (functions.blocks.get(&lower), functions.expressions.get(&lower)) {
            (Some(block), _) => Some(&block.formals),
            (None, Some(func)) => Some(&func.formals),
            _ => None,
        };
        if let Some(formals) = formals {
            self.arguments(args);
            let outcome = fit(name, formals, args.len(), &|k| args[k].name.as_ref(), span);
            self.kept(outcome);
            self.function(&lower);
            return None;
        }
        if let Some((base, _)) = crate::process::study::aspect(&lower).filter(|_| self.seen == Seen::Circuit) {
            return self.circuit(base, args, span);
        }
        match lower.as_str() {
            "map" => return self.map(args, span),
            "v" | "i" | "e" | "q" if self.seen == Seen::Circuit => return self.circuit(&lower, args, span),
            "rise" | "fall" if self.seen == Seen::Circuit => {
                self.arguments(args);
                return None;
            }
            "elapsed" if self.seen == Seen::Circuit && args.is_empty() => {
                return Some(Sample { value: Value::Number(0.0), real: false });
            }
            _ => {}
        }
        let array = matches!(lower.as_str(), "first" | "last" | "max" | "min" | "mean");
        if self.seen == Seen::Circuit && looks_back(&lower, args) {
            let names = |a: &&ExprArg| a.name.as_ref().is_some_and(|n| !n.is("from") && !n.is("until"));
            if let Some(n) = args.iter().find(names).and_then(|a| a.name.as_ref()) {
                let message = format!("{lower}( ) has no argument '{}'", n.text);
                self.wrong(Fault::new("process::wave", n.span, message, "here").with_help("from= and until= bound it"));
            }
            if !array || args.iter().any(|a| a.name.is_some()) {
                self.arguments(args);
                return None;
            }
        }
        if let Some(part) = self.network(&lower, name.span) {
            self.layers(&part, args);
            return None;
        }
        let samples = self.arguments(args);
        let Some(builtin) = builtin::find(&lower) else {
            self.no_function(name, args.is_empty());
            return None;
        };
        let positional = args.iter().filter(|a| a.name.is_none()).count();
        let named: Vec<(Name, Value)> =
            args.iter().filter_map(|a| a.name.clone()).map(|n| (n, Value::Number(0.0))).collect();
        let outcome = builtin.takes(positional, &named, span);
        self.kept(outcome)?;
        let samples: Vec<Sample> = samples.into_iter().collect::<Option<_>>()?;
        match builtin.body {
            Body::Scalar(f) if named.is_empty() => self.applied(f, &samples, span),
            Body::Converter(_) | Body::Table if samples.iter().all(|s| s.real) => {
                let values: Vec<Value> = samples.into_iter().map(|s| s.value).collect();
                let outcome = self.sight(|s| builtin.call(&values, &[], span, s.tools()));
                self.kept(outcome).map(|answer| Sample { value: answer.first(), real: true })
            }
            Body::Extreme(f, _) if named.is_empty() && samples.len() == 2 => self.applied(f, &samples, span),
            Body::Extreme(..) | Body::Array(_)
                if named.is_empty()
                    && matches!(lower.as_str(), "max" | "min" | "sum" | "mean" | "median" | "std" | "any" | "all")
                    && samples.len() == 1
                    && numeric(&samples[0]) =>
            {
                Some(Sample { value: Value::Number(0.0), real: false })
            }
            _ => None,
        }
    }

    /// What may be called here.
    fn functions(&self) -> &'c Functions {
        self.machine.functions_of(self.at)
    }

    /// A function that is one expression sees what its caller sees, but for variables and columns.
    fn function(&mut self, lower: &str) {
        let machine = self.machine;
        let Some(func) = self.functions().expressions.get(lower) else { return };
        if !self.visited.insert(lower.to_string()) {
            return;
        }
        let around = Around { own: None, ..self.around.clone() };
        let mut inner = Checker::new(machine, self.at, &around, self.seen);
        inner.visited = std::mem::take(&mut self.visited);
        inner.formals(&func.formals, &[]);
        inner.expression(&func.body);
        (self.visited, self.found) = (inner.visited, [std::mem::take(&mut self.found), inner.found].concat());
    }

    /// Names of the results of a call, where it is known what is called.
    pub(super) fn results(&mut self, e: &Expr) -> Option<Vec<String>> {
        let names = |r: &Routine| Some(r.results.iter().map(Name::lower).collect());
        let machine = self.machine;
        match &e.kind {
            ExprKind::Call { name, args } if name.is("map") && self.seen != Seen::Software => {
                let called = &args.first()?.value;
                let (base, name) = match &called.kind {
                    ExprKind::Name(n) => (None, n.to_ascii_lowercase()),
                    ExprKind::Field(base, name) => (Some(&**base), name.lower()),
                    _ => return None,
                };
                let at = base.map_or(Some(self.at), |b| self.instance(b))?;
                names(machine.program.instances.get(at.0 as usize)?.protocols.get(&name)?)
            }
            ExprKind::Call { name, .. } => {
                let own = machine.program.instances.get(self.at.0 as usize);
                let own = own.and_then(|i| i.protocols.get(&name.lower())).filter(|_| self.seen != Seen::Software);
                names(own.or_else(|| self.functions().blocks.get(&name.lower()))?)
            }
            ExprKind::Method { base, name, .. } if self.seen == Seen::Circuit && self.owns(base) => {
                let at = self.instance(base)?;
                names(machine.program.instances.get(at.0 as usize)?.protocols.get(&name.lower())?)
            }
            _ => None,
        }
    }

    /// Arguments, one by one.
    fn arguments(&mut self, args: &[ExprArg]) -> Vec<Local> {
        args.iter().map(|a| self.expression(&a.value)).collect()
    }

    /// A question to the circuit.
    fn circuit(&mut self, lower: &str, args: &[ExprArg], span: Span) -> Local {
        let (args, exact) = self.nodes(args);
        let exact = exact && self.around.fixed;
        let outcome = self.sight(|s| s.asked(lower, &args, span));
        let shape = match outcome {
            Ok(asked) => asked?.1,
            Err(fault) => {
                let outcome = super::statements::lenient::<()>(fault, exact);
                self.kept(outcome);
                return None;
            }
        };
        let count: usize = shape.iter().product();
        (exact && !self.studied && count <= 100_000)
            .then(|| Sample { value: crate::process::groups::shaped(vec![0.0; count], &shape), real: false })
    }

    /// `map(protocol, xs)`
    fn map(&mut self, args: &[ExprArg], span: Span) -> Local {
        let [protocol, xs] = args else {
            self.arguments(args.get(1..).unwrap_or(&[]));
            let fault = Fault::new("process::map", span, "map takes a protocol and an array", "called here");
            self.wrong(fault.with_help("map(classify, images)"));
            return None;
        };
        self.expression(&xs.value);
        if self.seen == Seen::Software {
            return None;
        }
        let (at, name) = match &protocol.value.kind {
            ExprKind::Name(n) => (Some(self.at), Name { text: n.clone(), span: protocol.value.span }),
            ExprKind::Field(base, name) => (self.instance(base), name.clone()),
            _ => {
                let message = "the first argument of map is the name of a protocol";
                let fault = Fault::new("process::map", protocol.value.span, message, "this is none");
                self.wrong(fault.with_help("map(classify, images) calls classify once for each image"));
                return None;
            }
        };
        let inside = self.machine.program.instances.get(at?.0 as usize)?;
        match self.machine.code(at?, &name.lower()) {
            Some(code) if code.formals.is_empty() => {
                let message = format!("{} takes no argument: map gives it one", name.text);
                self.wrong(Fault::new("value::arguments", name.span, message, "called here"));
            }
            Some(_) => {}
            None => self.no_protocol(&name, inside),
        }
        None
    }

    /// `X1.tune(…)`, `cnn.conv1.sums(x)`
    pub(super) fn method(&mut self, base: &Expr, name: &Name, args: &[ExprArg], span: Span) -> Local {
        let mut root = base;
        while let ExprKind::Field(inner, _) = &root.kind {
            root = inner;
        }
        if let ExprKind::Name(n) = &root.kind
            && self.local(&n.to_ascii_lowercase()).is_none()
            && let Some(part) = self.network(&n.to_ascii_lowercase(), base.span)
        {
            self.layers(&part, args);
            return None;
        }
        self.arguments(args);
        if self.seen != Seen::Circuit {
            return None;
        }
        if !self.owns(base) {
            self.expression(base);
            return None;
        }
        let at = self.instance(base)?;
        let inside = self.machine.program.instances.get(at.0 as usize)?;
        match inside.protocols.get(&name.lower()) {
            Some(routine) => {
                let outcome = fit(name, &routine.formals, args.len(), &|k| args[k].name.as_ref(), span);
                self.kept(outcome);
            }
            None => self.no_protocol(name, inside),
        }
        None
    }

    /// The instance that a path leads to, or any of those.
    fn instance(&mut self, base: &Expr) -> Option<InstanceId> {
        let (path, exact) = self.path(base);
        if exact {
            let outcome = self.sight(|s| crate::value::eval::eval(&path, s));
            self.kept(outcome)?;
        }
        let handle = self.handle(&path)?;
        instance(&self.machine.groups, &handle, base.span).ok()
    }

    fn no_protocol(&mut self, name: &Name, inside: &Instance) {
        let known: Vec<String> = inside.protocols.keys().cloned().collect();
        let fault = super::paths::unknown(
            "protocol",
            &name.text,
            name.span,
            &known,
            &format!(".protocol {}(…) {{ … }} defines it", name.text),
        );
        self.wrong(fault);
    }

    fn no_function(&mut self, name: &Name, bare: bool) {
        let message = format!("there is no function '{}'", name.text);
        let fault = Fault::new("value::unknown-function", name.span, message, "not known");
        let mut known = self.known();
        let here = self.machine.program.instances.get(self.at.0 as usize);
        known.extend(here.into_iter().flat_map(|i| i.protocols.keys().cloned()));
        known.extend(self.around.templates.iter().cloned());
        let names = builtin::all().map(|b| b.name).chain(known.iter().map(String::as_str));
        let fault = match did_you_mean(&name.lower(), names) {
            Some(help) => fault.with_help(help),
            None if bare => fault.with_help(format!(".protocol {}() {{ … }} defines what takes time", name.text)),
            None => fault.with_help(format!("define it with .func {}(x) = …", name.text)),
        };
        self.wrong(fault);
    }

    /// The network of a name.
    fn network(&mut self, lower: &str, span: Span) -> Option<Part> {
        if self.local(lower).is_some() {
            return None;
        }
        let value = match self.seen {
            Seen::Circuit => self.sight(|s| crate::value::scope::Scope::name(s, lower, span)).ok().flatten(),
            _ => self.machine.functions.values.get(lower).cloned(),
        };
        if let Some(Value::Network(part)) = value { Some(part) } else { None }
    }

    /// Arguments of a network: what stands for a layer may be a function or a protocol.
    fn layers(&mut self, part: &Part, args: &[ExprArg]) {
        for a in args {
            let layer = a.name.as_ref().map(|n| (n, part.network.layer(&n.text)));
            match layer {
                Some((n, None)) => {
                    let message = format!("the network {} has no layer '{}'", part.network.name, n.text);
                    let fault = Fault::new("value::arguments", n.span, message, "not known");
                    let names = part.network.layers.iter().map(String::as_str);
                    let fault = match did_you_mean(&n.text, names.clone()) {
                        Some(help) => fault.with_help(help),
                        None => fault.with_help(format!("its layers are {}", names.collect::<Vec<_>>().join(", "))),
                    };
                    self.wrong(fault);
                }
                Some(_) if matches!(a.value.kind, ExprKind::Name(_) | ExprKind::Field(..)) => {}
                _ => drop(self.expression(&a.value)),
            }
        }
    }
}
