//! The parser on random input: nothing panics, and what the printer writes reads back the same.

use memspice::diag::{FileId, Span};
use memspice::syntax::ast::*;
use memspice::syntax::{LoadOptions, parse_bytes, parse_expr, parse_str, print, report};
use proptest::prelude::*;

const SPAN: Span = Span { file: FileId(0), start: 0, end: 0 };

/// A tree as text without its places.
fn bare(tree: &impl std::fmt::Debug) -> String {
    let text = format!("{tree:?}");
    let mut out = String::new();
    let mut rest = text.as_str();
    while let Some(at) = rest.find("Span {") {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        rest = &rest[rest.find('}').map_or(rest.len(), |end| end + 1)..];
    }
    out + rest
}

/// Before a bracket these are probes, whose arguments are nodes.
const PROBES: [&str; 12] = ["v", "vm", "vp", "vr", "vi", "vdb", "i", "im", "ip", "ir", "ii", "idb"];
/// Words that begin or divide statements.
const WORDS: [&str; 40] = [
    "force", "float", "pulse", "ramp", "wait", "settle", "repeat", "for", "if", "else", "par", "let", "sweep", "op",
    "dc", "ac", "tran", "noise", "tf", "record", "assert", "plot", "save", "when", "to", "limit", "in", "until", "max",
    "first", "seed", "every", "within", "vs", "bins", "fit", "with", "slow", "state", "cycle",
];

fn name() -> impl Strategy<Value = Name> {
    "[a-z_][a-z0-9_]{0,5}"
        .prop_filter("words of the language", |s| {
            !["and", "or", "not", "table", "p"].contains(&s.as_str())
                && !PROBES.contains(&s.as_str())
                && !WORDS.contains(&s.as_str())
        })
        .prop_map(|text| Name { text, span: SPAN })
}

fn expr() -> impl Strategy<Value = Expr> {
    let leaf = prop_oneof![
        (0.0..1e12).prop_map(ExprKind::Number),
        proptest::num::f64::POSITIVE.prop_map(ExprKind::Number),
        "[a-z :/;]{0,6}".prop_map(|t| ExprKind::Text(t.replace("//", "/"))),
        name().prop_map(|n| ExprKind::Name(n.text)),
        (node(), node()).prop_map(|(a, b)| call("V", vec![a, b])),
        (node(), name()).prop_map(|(a, b)| {
            let b = ExprKind::Node(Word { text: b.text, index: Vec::new(), span: SPAN });
            call("@", vec![a, Expr { span: SPAN, kind: b }])
        }),
    ];
    leaf.prop_map(|kind| Expr { span: SPAN, kind }).prop_recursive(5, 60, 4, |inner| {
        let boxed = || inner.clone().prop_map(Box::new);
        let slot = prop_oneof![
            inner.clone().prop_map(Slot::At),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| Slot::Range(a, b)),
            Just(Slot::All(SPAN)),
        ];
        let arg =
            (proptest::option::of(name()), inner.clone()).prop_map(|(name, value)| ExprArg { name, value }).boxed();
        let unary = prop_oneof![Just(Unary::Neg), Just(Unary::Plus), Just(Unary::Not)];
        prop_oneof![
            (unary, boxed()).prop_map(|(op, e)| ExprKind::Unary(op, e)),
            (binary(), boxed(), boxed()).prop_map(|(op, a, b)| ExprKind::Binary(op, a, b)),
            (boxed(), boxed(), boxed()).prop_map(|(a, b, c)| ExprKind::Cond(a, b, c)),
            (boxed(), boxed(), tolerance(inner.clone())).prop_map(|(a, b, t)| ExprKind::Near(a, b, Box::new(t))),
            (name(), name(), proptest::collection::vec(arg.clone(), 0..3)).prop_map(|(n, name, args)| {
                ExprKind::Method { base: Box::new(Expr { span: SPAN, kind: ExprKind::Name(n.text) }), name, args }
            }),
            (name(), proptest::collection::vec(slot, 1..3)).prop_map(|(n, slots)| ExprKind::Index(
                Box::new(Expr { span: SPAN, kind: ExprKind::Name(n.text) }),
                slots
            )),
            (boxed(), name())
                .prop_map(|(e, n)| ExprKind::Field(Box::new(Expr { span: SPAN, kind: ExprKind::List(vec![*e]) }), n)),
            (name(), proptest::collection::vec(arg, 0..3)).prop_map(|(name, args)| ExprKind::Call { name, args }),
            proptest::collection::vec(inner.clone(), 0..3).prop_map(ExprKind::List),
        ]
        .prop_map(|kind| Expr { span: SPAN, kind })
    })
}

fn tolerance(expr: impl Strategy<Value = Expr>) -> impl Strategy<Value = Tolerance> {
    prop_oneof![
        (0.0..200.0).prop_map(Tolerance::Percent),
        proptest::num::f64::POSITIVE.prop_map(Tolerance::Percent),
        expr.prop_map(Tolerance::Absolute),
    ]
}

fn call(name: &str, nodes: Vec<Expr>) -> ExprKind {
    let args = nodes.into_iter().map(|value| ExprArg { name: None, value }).collect();
    ExprKind::Call { name: Name { text: name.into(), span: SPAN }, args }
}

fn node() -> impl Strategy<Value = Expr> {
    "[a-z0-9][a-z0-9+#_.-]{0,4}"
        .prop_map(|text| Expr { span: SPAN, kind: ExprKind::Node(Word { text, index: Vec::new(), span: SPAN }) })
}

fn binary() -> impl Strategy<Value = Binary> {
    use Binary::*;
    prop::sample::select(vec![Add, Sub, Mul, Div, Pow, Lt, Le, Gt, Ge, Eq, Ne, And, Or])
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        3 => "[a-z0-9][a-z0-9+#_.-]{0,5}".prop_filter("operators", |w| w != "or" && w != "and").prop_map(|text| Value::Word(Word { text, index: Vec::new(), span: SPAN })),
        1 => ("[a-z][a-z0-9]{0,3}", expr()).prop_map(|(text, e)| Value::Word(Word { text, index: vec![Slot::At(e)], span: SPAN })),
        1 => expr().prop_map(Value::Expr),
        1 => "[a-z ;/]{0,6}".prop_map(|t| Value::Text(t.replace("//", "/"), SPAN)),
        1 => ("pulse|sin|pwl|V|I", proptest::collection::vec("[a-z0-9][a-z0-9_.]{0,4}", 1..4)).prop_map(|(name, words)| {
            let word = |text| Argument::Value(Value::Word(Word { text, index: Vec::new(), span: SPAN }));
            Value::Call { name: Name { text: name, span: SPAN }, args: words.into_iter().map(word).collect(), span: SPAN }
        }),
    ]
}

fn setting() -> impl Strategy<Value = Setting> {
    (name(), proptest::collection::vec(expr(), 1..3)).prop_map(|(name, values)| Setting { name, values, span: SPAN })
}

fn statement() -> impl Strategy<Value = Statement> {
    let arg = prop_oneof![3 => value().prop_map(Argument::Value), 1 => setting().prop_map(Argument::Setting)];
    let element = ("[a-z][a-z0-9_]{1,4}", proptest::collection::vec(arg, 0..5)).prop_map(|(text, args)| {
        Statement::Element(Element { name: Word { text, index: Vec::new(), span: SPAN }, args })
    });
    let assign = || (name(), expr()).prop_map(|(name, value)| Assign { name, value });
    let leaf = prop_oneof![
        4 => element,
        1 => proptest::collection::vec(assign(), 1..3).prop_map(Statement::Param),
        1 => (name(), name(), proptest::collection::vec(setting(), 0..3))
            .prop_map(|(name, base, settings)| Statement::Model(Model { name, base, settings })),
        1 => (name(), proptest::collection::vec((name(), proptest::option::of(expr())), 0..3), expr())
            .prop_map(|(name, formals, body)| Statement::Func(Func { name, formals, body })),
        1 => (value(), expr()).prop_filter("a call", |(v, _)| matches!(v, Value::Call { .. })).prop_map(|(left, right)| {
            let args = vec![Argument::Equal { left, right, span: SPAN }];
            Statement::Card(Card { name: Name { text: "ic".into(), span: SPAN }, args })
        }),
    ];
    leaf.prop_recursive(2, 10, 4, move |inner| {
        let items = || proptest::collection::vec(inner.clone().prop_map(|kind| Item { span: SPAN, kind }), 0..3);
        prop_oneof![
            (
                name(),
                proptest::collection::vec("[a-z0-9]{1,3}", 1..4),
                proptest::collection::vec((name(), expr()), 0..3),
                items()
            )
                .prop_map(|(name, ports, params, items)| {
                    let ports = ports.into_iter().map(|text| Word { text, index: Vec::new(), span: SPAN }).collect();
                    let params = params.into_iter().map(|(name, value)| Assign { name, value }).collect();
                    Statement::Subckt(Subckt { name, ports, params, items })
                }),
            (name(), expr(), expr(), items()).prop_map(|(name, from, to, items)| {
                Statement::For(For { loops: vec![Loop { name, over: Over::Range(from, to) }], items })
            }),
        ]
    })
}

fn few<T: std::fmt::Debug>(one: impl Strategy<Value = T>) -> impl Strategy<Value = Vec<T>> {
    proptest::collection::vec(one, 1..3)
}

/// A path: a name with an index or a field.
fn path() -> impl Strategy<Value = Expr> {
    let of = |kind| Expr { span: SPAN, kind };
    (name(), expr(), name(), 0..3).prop_map(move |(name, at, field, form)| {
        let base = of(ExprKind::Name(name.text));
        match form {
            0 => base,
            1 => of(ExprKind::Index(Box::new(base), vec![Slot::At(at)])),
            _ => of(ExprKind::Field(Box::new(base), field)),
        }
    })
}

fn drive(ramps: bool) -> impl Strategy<Value = Drive> {
    let quantity = prop_oneof![Just(Quantity::Voltage), Just(Quantity::Current)];
    (quantity, path(), expr(), expr(), proptest::option::of(expr())).prop_map(
        move |(quantity, net, value, to, limit)| Drive {
            quantity,
            net,
            value,
            to: Some(to).filter(|_| ramps),
            limit,
            span: SPAN,
        },
    )
}

fn iter() -> impl Strategy<Value = Iter> {
    let over = prop_oneof![(expr(), expr()).prop_map(|(a, b)| Over::Range(a, b)), expr().prop_map(Over::List)];
    (few(name()), over).prop_map(|(names, over)| Iter { names, over })
}

fn column() -> impl Strategy<Value = Column> {
    (proptest::option::of(name()), expr()).prop_map(|(name, value)| Column { name, value })
}

fn binding() -> impl Strategy<Value = Let> {
    let doc = Doc::default();
    (few(name()), expr()).prop_map(move |(names, value)| Let {
        names,
        values: vec![value],
        doc: doc.clone(),
        span: SPAN,
    })
}

fn simple() -> impl Strategy<Value = StmtKind> {
    use StmtKind::*;
    let update = prop::sample::select(vec![Update::Set, Update::Add, Update::Sub, Update::Mul, Update::Div]);
    let arg = prop_oneof![3 => value().prop_map(Argument::Value), 1 => setting().prop_map(Argument::Setting)];
    let bins = prop_oneof![(expr(), expr()).prop_map(|(a, b)| Bins::Range(a, b)), expr().prop_map(Bins::Count)];
    let trace = (expr(), proptest::option::of(expr())).prop_map(|(y, x)| Trace { y, x });
    prop_oneof![
        few(drive(false)).prop_map(Force),
        few(path()).prop_map(Float),
        (few(drive(false)), expr()).prop_map(|(drives, width)| Pulse { drives, width }),
        (few(drive(true)), expr()).prop_map(|(drives, time)| Ramp { drives, time }),
        expr().prop_map(Wait),
        (expr(), proptest::option::of(expr())).prop_map(|(condition, timeout)| WaitUntil { condition, timeout }),
        Just(Settle),
        binding().prop_map(Let),
        (few(path()), update, expr()).prop_map(|(targets, op, v)| Assign(Assignment { targets, op, values: vec![v] })),
        (name(), few(expr())).prop_map(|(name, values)| {
            let args = values.into_iter().map(|value| ExprArg { name: None, value }).collect();
            Call(Expr { span: SPAN, kind: ExprKind::Call { name, args } })
        }),
        ("op|dc|ac|tran|noise", proptest::collection::vec(arg, 0..3))
            .prop_map(|(text, args)| Analysis(Card { name: Name { text, span: SPAN }, args })),
        few(column()).prop_map(Measure),
        few(column()).prop_map(Record),
        (expr(), proptest::option::of("[a-z ';]{0,6}")).prop_map(|(condition, why)| Assert { condition, why }),
        (
            few(expr()),
            proptest::option::of(expr()),
            proptest::option::of(tolerance(expr())),
            proptest::option::of(expr())
        )
            .prop_map(|(values, every, within, shift)| Snapshot { values, every, within, shift }),
        few(trace).prop_map(Plot),
        (expr(), proptest::option::of(bins), proptest::option::of(name())).prop_map(|(value, bins, fit)| Histogram {
            value,
            bins,
            fit
        }),
        (expr(), "[a-z./]{1,6}").prop_map(|(value, path)| Save { value, path: path.replace("//", "/") }),
    ]
}

fn body() -> impl Strategy<Value = Vec<Stmt>> {
    let stmt = simple().prop_recursive(3, 12, 3, |inner| {
        let list = || proptest::collection::vec(inner.clone().prop_map(|kind| Stmt { span: SPAN, kind }), 0..3);
        let maybe = || proptest::option::of(expr());
        prop_oneof![
            (proptest::option::of(name()), expr(), maybe(), list())
                .prop_map(|(counter, until, max, body)| StmtKind::Repeat { counter, until, max, body }),
            list().prop_map(StmtKind::Forever),
            (few(iter()), list()).prop_map(|(loops, body)| StmtKind::For { loops, body }),
            (few((expr(), list())), proptest::option::of(list()))
                .prop_map(|(branches, otherwise)| StmtKind::If { branches, otherwise }),
            (any::<bool>(), list()).prop_map(|(first, body)| StmtKind::Par { first, body }),
            list().prop_map(StmtKind::Block),
            (few(iter()), list()).prop_map(|(loops, body)| StmtKind::Sweep { loops, body }),
            (expr(), maybe(), list()).prop_map(|(count, seed, body)| StmtKind::MonteCarlo { count, seed, body }),
        ]
    });
    proptest::collection::vec(stmt.prop_map(|kind| Stmt { span: SPAN, kind }), 0..4)
}

fn device_item() -> impl Strategy<Value = DeviceItem> {
    let doc = || {
        prop::sample::select(vec![("", ""), ("S", ""), ("1/s", "how fast"), ("", "what it means")])
            .prop_map(|(unit, text)| Doc { unit: unit.into(), text: text.into() })
    };
    let range = || proptest::option::of((expr(), expr()));
    let leaf = prop_oneof![
        (name(), expr(), range(), doc()).prop_map(|(name, default, range, doc)| DeviceItem::Param(DeviceParam {
            name,
            default,
            range,
            doc,
            span: SPAN
        })),
        (name(), range(), expr(), range(), any::<bool>(), any::<bool>(), doc()).prop_map(
            |(name, extent, start, range, reflect, settles, doc)| {
                DeviceItem::State(State { name, extent, start, range, reflect, settles, doc, span: SPAN })
            }
        ),
        binding().prop_map(DeviceItem::Let),
        (node(), node(), expr()).prop_map(|(a, b, right)| {
            let left = Expr { span: SPAN, kind: call("I", vec![a, b]) };
            DeviceItem::Equation(Equation { left, right, span: SPAN })
        }),
        (path(), expr()).prop_map(|(x, right)| {
            let left = Expr { span: SPAN, kind: call("ddt", vec![x]) };
            DeviceItem::Equation(Equation { left, right, span: SPAN })
        }),
        expr().prop_map(|condition| DeviceItem::Cycle(Cycle { condition, span: SPAN })),
        (expr(), "[a-z ';]{0,6}").prop_map(|(condition, text)| DeviceItem::Warn(Warn { condition, text, span: SPAN })),
        (expr(), body()).prop_map(|(condition, body)| DeviceItem::When(When { condition, body, span: SPAN })),
    ];
    leaf.prop_recursive(2, 6, 3, |inner| {
        let list = || proptest::collection::vec(inner.clone(), 0..3);
        (few((expr(), list())), proptest::option::of(list()))
            .prop_map(|(branches, otherwise)| DeviceItem::If(DeviceIf { branches, otherwise, span: SPAN }))
    })
}

fn program() -> impl Strategy<Value = Statement> {
    let named = |expr: Expr, name: &Name| Expr {
        kind: ExprKind::Call { name: name.clone(), args: vec![ExprArg { name: None, value: expr }] },
        span: SPAN,
    };
    let vary = (0..3usize, few(name()), expr(), proptest::option::of((expr(), expr()))).prop_map(
        move |(each, names, e, range)| {
            let law = named(e, &names[0]);
            VariationItem::Vary(Vary {
                each: [Each::Device, Each::Cycle, Each::Telegraph][each],
                names,
                law,
                range,
                span: SPAN,
            })
        },
    );
    let stuck = (expr(), proptest::collection::vec((name(), expr()), 0..3)).prop_map(move |(p, draws)| {
        let draws = draws.into_iter().map(|(name, e)| (name.clone(), named(e, &name))).collect();
        VariationItem::Stuck(Stuck { p, draws, span: SPAN })
    });
    let formals = || proptest::collection::vec((name(), proptest::option::of(expr())), 0..3);
    let routine = || {
        (name(), formals(), few(name()), body()).prop_map(|(name, formals, results, body)| Routine {
            name,
            formals,
            results,
            body,
        })
    };
    let content = prop_oneof![
        body().prop_map(Content::Body),
        (formals(), body()).prop_map(|(formals, body)| Content::Template(formals, body)),
        (name(), expr()).prop_map(move |(name, e)| Content::Call(named(e, &name))),
    ];
    let assign = (name(), expr()).prop_map(|(name, value)| Assign { name, value });
    let layer = (name(), proptest::collection::vec(value(), 0..3), proptest::collection::vec(setting(), 0..2))
        .prop_map(|(kind, args, settings)| Layer { kind, args, settings, span: SPAN });
    let net = "[a-z][a-z0-9]{0,3}".prop_map(|text| Word { text, index: Vec::new(), span: SPAN });
    let signal = (name(), expr(), proptest::option::of(expr())).prop_map(|(name, start, last)| {
        let index =
            last.into_iter().map(|to| Slot::Range(Expr { span: SPAN, kind: ExprKind::Number(0.0) }, to)).collect();
        Signal { name: Word { text: name.text, index, span: SPAN }, start }
    });
    prop_oneof![
        (name(), few(name()), proptest::collection::vec(device_item(), 0..4))
            .prop_map(|(name, pins, items)| Statement::Device(Device { name, pins, items })),
        (name(), proptest::collection::vec(prop_oneof![vary, stuck], 0..3))
            .prop_map(|(name, items)| Statement::Variation(Variation { name, items })),
        (few(net), proptest::collection::vec(setting(), 0..2))
            .prop_map(|(nets, settings)| Statement::Smu(Smu { nets, settings })),
        few(signal).prop_map(Statement::Signal),
        (name(), body()).prop_map(|(name, body)| Statement::Always(Always { name, body })),
        routine().prop_map(Statement::Protocol),
        routine().prop_map(Statement::Function),
        (name(), content, proptest::collection::vec(assign, 0..3), any::<bool>())
            .prop_map(|(name, content, with, slow)| Statement::Experiment(Experiment { name, content, with, slow })),
        (name(), proptest::collection::vec(layer, 0..3))
            .prop_map(|(name, layers)| Statement::Network(Network { name, layers })),
    ]
}

/// A subcircuit with such cards of its own.
fn shell() -> impl Strategy<Value = Statement> {
    (name(), few(program())).prop_map(|(name, kinds)| {
        let items = kinds.into_iter().map(|kind| Item { span: SPAN, kind }).collect();
        Statement::Subckt(Subckt { name, ports: Vec::new(), params: Vec::new(), items })
    })
}

proptest! {

    #[test]
    fn printed_expressions_read_back(e in expr()) {
        let text = print::expr(&e);
        let back = parse_expr(&text);
        prop_assert!(back.is_ok(), "{}: {:?}", text, back);
        prop_assert_eq!(bare(&back.unwrap()), bare(&e), "{}", text);
    }

    #[test]
    fn printed_netlists_read_back(kinds in proptest::collection::vec(prop_oneof![statement(), program(), shell()], 0..4)) {
        let items = kinds.into_iter().map(|kind| Item { span: SPAN, kind }).collect();
        let ast = Ast { title: "title".into(), items, ..Ast::default() };
        let text = print::print(&ast);
        let (back, _, findings) = parse_str("printed", &text);
        prop_assert!(findings.is_empty(), "{}\n{:?}", text, findings);
        prop_assert_eq!(bare(&back), bare(&ast), "{}", text);
    }

    #[test]
    fn bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let (_, sources, findings) = parse_bytes("bytes", &bytes, &LoadOptions::default());
        findings.iter().for_each(|d| drop(report::render(d, &sources, true)));
    }

    #[test]
    fn letters_of_blocks_never_panic(text in "title\n\\.(device d \\(a b\\)|protocol p\\(\\)|experiment e|variation v|network n|func f\\(x\\) -> y) \\{\n([ax1 =(),~'\"\\[\\]:;?.+\n}{-]|if |\\} else |for |force |wait until |within |let |param |state |record |device |\\.param |ddt\\(){0,60}(\n\\}\nR1 a b 1)?") {
        let (ast, sources, findings) = parse_str("letters", &text);
        findings.iter().for_each(|d| drop(report::render(d, &sources, false)));
        let again = print::print(&ast);
        let (back, _, findings) = parse_str("again", &again);
        let errors: Vec<_> = findings.iter().filter(|d| d.is_error()).collect();
        prop_assert!(errors.is_empty(), "{}\n{}\n{:?}", text, again, errors);
        prop_assert_eq!(bare(&back.items), bare(&ast.items), "{}\n{}", text, again);
    }

    #[test]
    fn netlist_letters_never_panic(text in "title\n([RVXBE.+*}{a-c0-2 =(),'\"\\[\\]:;?/\n−µ\t\r-]|V\\(|\\.for |\\.subckt |\\.ends\n|\\.param |pulse\\(|table ){0,80}") {
        let (ast, sources, findings) = parse_str("letters", &text);
        findings.iter().for_each(|d| drop(report::render(d, &sources, false)));
        let again = print::print(&ast);
        let (back, _, findings) = parse_str("again", &again);
        let errors: Vec<_> = findings.iter().filter(|d| d.is_error()).collect();
        prop_assert!(errors.is_empty(), "{}\n{}\n{:?}", text, again, errors);
        prop_assert_eq!(bare(&back.items), bare(&ast.items), "{}\n{}", text, again);
    }
}
