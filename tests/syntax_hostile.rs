//! Netlists made to break a parser: each gives a report in bounded time and stack.

use std::time::{Duration, Instant};

use memspice::syntax::parse_str;

/// Codes of the findings, distinct ones in order; fails when reading takes unreasonably long.
fn codes(text: &str) -> Vec<&'static str> {
    let start = Instant::now();
    let (_, _, findings) = parse_str("hostile", &format!("title\n{text}"));
    assert!(start.elapsed() < Duration::from_secs(20), "{} bytes took {:?}", text.len(), start.elapsed());
    let mut codes: Vec<_> = findings.iter().map(|d| d.code).collect();
    codes.dedup();
    codes
}

#[test]
fn deepest_allowed_nesting_fits_the_stack() {
    for (open, core, close) in [
        ("(", "1", ")"),
        ("{", "1", "}"),
        ("[", "1", "]"),
        ("f(", "1", ")"),
        ("a[", "1", "]"),
        ("f(x=-(a[", "1", "]))"),
        ("V(a[", "1", "])"),
        ("1 ? ", "1", " : 1"),
        ("1 ? (", "1", ") : 1"),
    ] {
        let levels = open.matches(['(', '[', '{', '?']).count();
        let n = 98 / levels;
        let line = format!("R1 a b {{{}{core}{}}}", open.repeat(n), close.repeat(n));
        assert_eq!(codes(&line), [""; 0], "{open}");
        let deeper = format!("R1 a b {{{}{core}{}}}", open.repeat(10_000), close.repeat(10_000));
        assert_eq!(codes(&deeper), ["syntax::too-deep"], "{open}");
    }
}

#[test]
fn nested_arguments_are_read_in_linear_time() {
    for (open, core, close) in [
        ("f(", "x", ")y"),
        ("f(", "x", ") y"),
        ("pulse (", "x", ")*"),
        ("pulse (", "x", ")y"),
        ("(", "x", ")y"),
        ("a=(", "x", ")y"),
        ("f(a=(", "x", "),1)"),
        ("f(a=f(", "x", "),1,)"),
        ("table {", "x", "} (1,"),
        ("table (", "x", ") ("),
        ("V(a", "x", ")="),
        ("'{", "x", "}'*"),
        ("a[", "x", "]y"),
    ] {
        let n = 98 / open.matches(['(', '[', '{']).count();
        codes(&format!("R1 a b {}{core}{}", open.repeat(n), close.repeat(n)));
    }
}

#[test]
fn brackets_never_closed_cost_no_more_than_their_lines() {
    assert_eq!(codes(&"R1 a b (1\n".repeat(50_000)), ["syntax::unclosed", "syntax::more"]);
    assert_eq!(codes(&"R1 a b [1,\n".repeat(50_000)), ["syntax::unclosed", "syntax::more"]);
    assert_eq!(codes(&"R1 a b {1\n".repeat(50_000)), ["syntax::unclosed", "syntax::more"]);
    assert_eq!(codes(&"R1 a b '1\n".repeat(50_000)), ["syntax::unclosed", "syntax::more"]);
}

#[test]
fn endless_lines_are_refused() {
    assert_eq!(codes(&format!("R1 a {}", "b ".repeat(5_000_000))), ["syntax::long-line"]);
    assert_eq!(codes(&format!("R1 a b 1\n{}", "+ x=1\n".repeat(1_000_000))), ["syntax::long-line"]);
    assert_eq!(codes(&"(".repeat(5_000_000)), ["syntax::long-line"]);
    assert_eq!(codes(&"\n* comment\n".repeat(300_000)), [""; 0]);
}

#[test]
fn long_rows_of_operators() {
    for row in ["1+", "-", "a?1:", "a^", "not ", "!", "a and ", "V(a)*"] {
        assert_eq!(codes(&format!("B1 a 0 V={}1", row.repeat(900))), [""; 0], "{row}");
        assert_eq!(codes(&format!("B1 a 0 V={}1", row.repeat(100_000))), ["syntax::long-expression"], "{row}");
    }
    assert_eq!(codes(&format!(".param a=[{}1]", "1, ".repeat(200_000))), [""; 0]);
}

#[test]
fn files_in_pieces() {
    for text in [
        "\0", ".", "+", "}", "{", "(", "'", "\"", "=", ".for", ".for {", ".model", ".include", ".lib", ".control",
        "\r", "*", "$",
    ] {
        codes(text);
        codes(&format!("{text}\n{text}\n+{text}"));
    }
    assert_eq!(codes("R1 a b 1k\r\nC1 a b 1n\r\n.end\r\n"), [""; 0]);
}

#[test]
fn blocks_in_blocks_fit_the_stack() {
    for head in ["if x ", "for i = 0:1 ", "repeat until x ", "par ", "", "sweep a in b "] {
        let nested = |n: usize, core: &str| {
            let mut text = format!("{head}{{\n").repeat(n);
            text.push_str(core);
            text + &"}\n".repeat(n)
        };
        let deepest = format!("y = {}1{}\n", "(".repeat(98), ")".repeat(98));
        assert_eq!(codes(&format!(".protocol p() {{\n{}}}\n", nested(99, &deepest))), [""; 0], "{head}");
        assert_eq!(codes(&format!(".protocol p() {{\n{}}}\n", nested(10_000, "y = 1\n"))), ["syntax::block-depth"]);
        assert_eq!(codes(&format!(".protocol p() {{\n{}", format!("{head}{{\n").repeat(10_000))), ["syntax::no-brace"]);
    }
    let chain = "} else if x { y = 1\n".repeat(10_000);
    assert_eq!(codes(&format!(".protocol p() {{\n if x {{\n{chain}}}\n}}\n")), [""; 0]);
    assert_eq!(codes(&".protocol p() {\n".repeat(10_000)), ["syntax::no-brace", "syntax::more"]);
}

#[test]
fn hostile_blocks_in_linear_time() {
    for line in [
        "x = (1",
        "force a = 1,",
        "if x {",
        "}",
        "} else {",
        "x = [1,",
        "{",
        "record \"a",
        ".x",
        "+",
        "let a = 'b",
        "if (x {",
        "repaet x {",
    ] {
        codes(&format!(".protocol p() {{\n{}", format!("{line}\n").repeat(20_000)));
        codes(&format!(".device p (a) {{\n{}}}", format!("{line}\n").repeat(20_000)));
    }
    codes(&format!(".protocol p() {{ x = {}1 ~= 1 within 1\n}}", "1 ~= 1 within ".repeat(50_000)));
    codes(&format!(".protocol p() {{ x = a{}\n}}", ".f(1)".repeat(50_000)));
}
