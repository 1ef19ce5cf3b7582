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

fn name() -> impl Strategy<Value = Name> {
    "[a-z_][a-z0-9_]{0,5}"
        .prop_filter("words of the language", |s| {
            !["and", "or", "not", "v", "i", "vi", "ii", "table", "par"].contains(&s.as_str())
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
        let arg = (proptest::option::of(name()), inner.clone()).prop_map(|(name, value)| ExprArg { name, value });
        let unary = prop_oneof![Just(Unary::Neg), Just(Unary::Plus), Just(Unary::Not)];
        prop_oneof![
            (unary, boxed()).prop_map(|(op, e)| ExprKind::Unary(op, e)),
            (binary(), boxed(), boxed()).prop_map(|(op, a, b)| ExprKind::Binary(op, a, b)),
            (boxed(), boxed(), boxed()).prop_map(|(a, b, c)| ExprKind::Cond(a, b, c)),
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

proptest! {

    #[test]
    fn printed_expressions_read_back(e in expr()) {
        let text = print::expr(&e);
        let back = parse_expr(&text);
        prop_assert!(back.is_ok(), "{}: {:?}", text, back);
        prop_assert_eq!(bare(&back.unwrap()), bare(&e), "{}", text);
    }

    #[test]
    fn printed_netlists_read_back(kinds in proptest::collection::vec(statement(), 0..4)) {
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
