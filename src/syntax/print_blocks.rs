//! Devices, variations, protocols, experiments and networks → text in canonical form.

use crate::syntax::ast::{
    Always, Assign, Assignment, Bins, Column, Content, Device, DeviceItem, Drive, Each, Experiment, Expr, Iter, Layer,
    Let, Name, Network, Over, Quantity, Routine, Signal, Smu, Statement, Stmt, StmtKind, Tolerance, Trace, Update,
    Variation, VariationItem,
};
use crate::syntax::doc;
use crate::syntax::print::{args, expr, join, setting, value, word};

/// Lines being written, blocks indented by two blanks.
pub struct Blocks<'o> {
    pub out: &'o mut String,
    pub depth: usize,
}

impl Blocks<'_> {
    /// A statement of these, indented but without its line end; nothing for others.
    pub fn statement(&mut self, statement: &Statement) {
        match statement {
            Statement::Device(d) => self.device(d),
            Statement::Variation(v) => self.variation(v),
            Statement::Smu(s) => self.out.push_str(&smu(s)),
            Statement::Signal(list) => self.out.push_str(&format!(".signal {}", join(list, " ", signal))),
            Statement::Always(Always { name, body }) => self.body(&format!(".always {} ", name.text), body),
            Statement::Protocol(r) => self.routine("protocol", r),
            Statement::Function(r) => self.routine("func", r),
            Statement::Experiment(e) => self.experiment(e),
            Statement::Network(n) => self.network(n),
            _ => {}
        }
    }

    /// Writes ` {`, one line for each item, and `}`.
    fn braces<T>(&mut self, head: &str, items: &[T], mut one: impl FnMut(&mut Blocks<'_>, &T)) {
        self.out.push_str(head);
        self.out.push_str("{\n");
        for item in items {
            self.out.push_str(&"  ".repeat(self.depth + 1));
            one(&mut Blocks { out: self.out, depth: self.depth + 1 }, item);
            self.out.push('\n');
        }
        self.out.push_str(&"  ".repeat(self.depth));
        self.out.push('}');
    }

    fn body(&mut self, head: &str, body: &[Stmt]) {
        self.braces(head, body, |inner, stmt| inner.stmt(&stmt.kind));
    }

    fn device(&mut self, device: &Device) {
        let head = format!(".device {} ({}) ", device.name.text, join(&device.pins, " ", |p| p.text.clone()));
        self.braces(&head, &device.items, |inner, item| inner.device_item(item));
    }

    fn device_item(&mut self, item: &DeviceItem) {
        let text = match item {
            DeviceItem::Param(p) => {
                format!("param {}={}{}{}", p.name.text, expr(&p.default), limits(&p.range), doc::print(&p.doc))
            }
            DeviceItem::State(s) => {
                let extent =
                    s.extent.as_ref().map_or(String::new(), |(from, to)| format!("[{}:{}]", expr(from), expr(to)));
                let flag = |on, word| if on { word } else { "" };
                let flags = format!("{}{}", flag(s.reflect, " reflect"), flag(s.settles, " settles"));
                let tail = format!("{}{flags}{}", limits(&s.range), doc::print(&s.doc));
                format!("state {}{extent} = {}{tail}", s.name.text, expr(&s.start))
            }
            DeviceItem::Let(l) => format!("{}{}", bindings(l), doc::print(&l.doc)),
            DeviceItem::Equation(e) => format!("{} = {}", expr(&e.left), expr(&e.right)),
            DeviceItem::Cycle(c) => format!("cycle when {}", expr(&c.condition)),
            DeviceItem::Warn(w) => format!("warn when {} \"{}\"", expr(&w.condition), w.text),
            DeviceItem::When(w) => return self.body(&format!("when {} ", expr(&w.condition)), &w.body),
            DeviceItem::If(i) => {
                return self.branches(&i.branches, &i.otherwise, |inner, item: &DeviceItem| inner.device_item(item));
            }
        };
        self.out.push_str(&text);
    }

    fn branches<T>(&mut self, branches: &[(Expr, Vec<T>)], otherwise: &Option<Vec<T>>, one: fn(&mut Blocks<'_>, &T)) {
        for (n, (condition, items)) in branches.iter().enumerate() {
            let before = if n == 0 { "" } else { " else " };
            self.braces(&format!("{before}if {} ", expr(condition)), items, one);
        }
        if let Some(items) = otherwise {
            self.braces(" else ", items, one);
        }
    }

    fn variation(&mut self, variation: &Variation) {
        self.braces(&format!(".variation {} ", variation.name.text), &variation.items, |inner, item| {
            let text = match item {
                VariationItem::Vary(v) => {
                    let each = match v.each {
                        Each::Device => "device",
                        Each::Cycle => "cycle",
                        Each::Telegraph => "telegraph",
                    };
                    format!("{each} {} ~ {}{}", names(&v.names), expr(&v.law), limits(&v.range))
                }
                VariationItem::Stuck(s) => {
                    let draws: String =
                        s.draws.iter().map(|(name, law)| format!(" {} ~ {}", name.text, expr(law))).collect();
                    format!("stuck p={}{draws}", expr(&s.p))
                }
            };
            inner.out.push_str(&text);
        });
    }

    fn routine(&mut self, card: &str, routine: &Routine) {
        let results =
            if routine.results.is_empty() { String::new() } else { format!("-> {} ", names(&routine.results)) };
        let head = format!(".{card} {}({}) {results}", routine.name.text, formals(&routine.formals));
        self.body(&head, &routine.body);
    }

    fn experiment(&mut self, experiment: &Experiment) {
        let given = |a: &Assign| format!("{}={}", a.name.text, expr(&a.value));
        let with = if experiment.with.is_empty() {
            String::new()
        } else {
            format!("with {} ", join(&experiment.with, ", ", given))
        };
        let slow = if experiment.slow { "slow " } else { "" };
        let name = &experiment.name.text;
        match &experiment.content {
            Content::Body(body) => self.body(&format!(".experiment {name} {with}{slow}"), body),
            Content::Template(arguments, body) => {
                self.body(&format!(".experiment {name}({}) {with}{slow}", formals(arguments)), body);
            }
            Content::Call(call) => {
                let text = format!(".experiment {name} = {} {with}{slow}", expr(call));
                self.out.push_str(text.trim_end());
            }
        }
    }

    fn network(&mut self, network: &Network) {
        self.braces(&format!(".network {} ", network.name.text), &network.layers, |inner, l| {
            inner.out.push_str(&layer(l))
        });
    }

    /// One statement of a body.
    fn stmt(&mut self, kind: &StmtKind) {
        let text = match kind {
            StmtKind::Force(list) => format!("force {}", drives(list)),
            StmtKind::Float(nets) => format!("float {}", join(nets, ", ", expr)),
            StmtKind::Pulse { drives: list, width } => format!("pulse {} for {}", drives(list), expr(width)),
            StmtKind::Ramp { drives: list, time } => format!("ramp {} in {}", drives(list), expr(time)),
            StmtKind::Wait(time) => format!("wait {}", expr(time)),
            StmtKind::WaitUntil { condition, timeout } => {
                format!("wait until {}{}", expr(condition), option(" timeout ", timeout))
            }
            StmtKind::Settle => "settle".into(),
            StmtKind::Repeat { counter, until, max, body } => {
                let counter = counter.as_ref().map_or(String::new(), |name| format!("{} ", name.text));
                return self.body(&format!("repeat {counter}until {}{} ", expr(until), option(" max ", max)), body);
            }
            StmtKind::Forever(body) => return self.body("forever ", body),
            StmtKind::For { loops, body } => return self.body(&format!("for {} ", join(loops, ", ", iter)), body),
            StmtKind::If { branches, otherwise } => {
                return self.branches(branches, otherwise, |inner, stmt: &Stmt| inner.stmt(&stmt.kind));
            }
            StmtKind::Par { first, body } => return self.body(if *first { "par first " } else { "par " }, body),
            StmtKind::Block(body) => return self.body("", body),
            StmtKind::Let(l) => bindings(l),
            StmtKind::Assign(a) => assignment(a),
            StmtKind::Call(call) => expr(call),
            StmtKind::Sweep { loops, body } => return self.body(&format!("sweep {} ", join(loops, ", ", iter)), body),
            StmtKind::MonteCarlo { count, seed, body } => {
                return self.body(&format!("montecarlo {}{} ", expr(count), option(" seed ", seed)), body);
            }
            StmtKind::Analysis(card) => format!("{}{}", card.name.text, args(&card.args)),
            StmtKind::Measure(list) => format!("measure {}", join(list, ", ", column)),
            StmtKind::Record(list) => format!("record {}", join(list, ", ", column)),
            StmtKind::Assert { condition, why } => {
                let why = why.as_ref().map_or(String::new(), |why| format!(" \"{why}\""));
                format!("assert {}{why}", expr(condition))
            }
            StmtKind::Snapshot { values, every, within, shift } => {
                let within = within.as_ref().map_or(String::new(), |t| format!(" within {}", tolerance(t)));
                let (every, shift) = (option(" every ", every), option(" shift ", shift));
                format!("snapshot {}{every}{within}{shift}", join(values, ", ", expr))
            }
            StmtKind::Plot(traces) => format!("plot {}", join(traces, ", ", trace)),
            StmtKind::Histogram { value, bins, fit } => {
                let bins = match bins {
                    Some(Bins::Range(from, to)) => format!(" bins {}:{}", expr(from), expr(to)),
                    Some(Bins::Count(n)) => format!(" bins {}", expr(n)),
                    None => String::new(),
                };
                let fit = fit.as_ref().map_or(String::new(), |name| format!(" fit {}", name.text));
                format!("histogram {}{bins}{fit}", expr(value))
            }
            StmtKind::Save { value, path } => format!("save {} to \"{path}\"", expr(value)),
        };
        self.out.push_str(&text);
    }
}

/// What stands behind `within`.
pub fn tolerance(tolerance: &Tolerance) -> String {
    match tolerance {
        Tolerance::Percent(p) if *p == 0.0 || (1e-4..1e6).contains(p) => format!("{p}%"),
        Tolerance::Percent(p) => format!("{p:e}%"),
        Tolerance::Absolute(e) => crate::syntax::print::sum(e),
    }
}

fn option(before: &str, value: &Option<Expr>) -> String {
    value.as_ref().map_or(String::new(), |value| format!("{before}{}", expr(value)))
}

fn limits(range: &Option<(Expr, Expr)>) -> String {
    range.as_ref().map_or(String::new(), |(from, to)| format!(" in {}:{}", expr(from), expr(to)))
}

fn names(list: &[Name]) -> String {
    join(list, ", ", |name| name.text.clone())
}

/// `a, b=1`
pub fn formals(list: &[(Name, Option<Expr>)]) -> String {
    join(list, ", ", |(name, default)| match default {
        Some(value) => format!("{}={}", name.text, expr(value)),
        None => name.text.clone(),
    })
}

fn smu(smu: &Smu) -> String {
    let settings: String = smu.settings.iter().map(|s| format!(" {}", setting(s))).collect();
    format!(".smu {}{settings}", join(&smu.nets, " ", word))
}

fn signal(signal: &Signal) -> String {
    format!("{}={}", word(&signal.name), expr(&signal.start))
}

fn layer(layer: &Layer) -> String {
    let args: String = layer.args.iter().map(|v| format!(" {}", value(v))).collect();
    let settings: String = layer.settings.iter().map(|s| format!(" {}", setting(s))).collect();
    format!("{}{args}{settings}", layer.kind.text)
}

fn bindings(l: &Let) -> String {
    format!("let {} = {}", names(&l.names), join(&l.values, ", ", expr))
}

fn assignment(a: &Assignment) -> String {
    let op = match a.op {
        Update::Set => "=",
        Update::Add => "+=",
        Update::Sub => "-=",
        Update::Mul => "*=",
        Update::Div => "/=",
    };
    format!("{} {op} {}", join(&a.targets, ", ", expr), join(&a.values, ", ", expr))
}

fn drives(list: &[Drive]) -> String {
    join(list, ", ", |drive| {
        let net = match drive.quantity {
            Quantity::Voltage => expr(&drive.net),
            Quantity::Current => format!("I({})", expr(&drive.net)),
        };
        format!("{net} = {}{}{}", expr(&drive.value), option(" to ", &drive.to), option(" limit ", &drive.limit))
    })
}

fn iter(iter: &Iter) -> String {
    match &iter.over {
        Over::Range(from, to) => format!("{} = {}:{}", names(&iter.names), expr(from), expr(to)),
        Over::List(list) => format!("{} in {}", names(&iter.names), expr(list)),
    }
}

fn column(column: &Column) -> String {
    match &column.name {
        Some(name) => format!("{} = {}", name.text, expr(&column.value)),
        None => expr(&column.value),
    }
}

fn trace(trace: &Trace) -> String {
    format!("{}{}", expr(&trace.y), option(" vs ", &trace.x))
}
