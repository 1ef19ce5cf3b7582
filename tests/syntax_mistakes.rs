//! Mistakes inside blocks: each gets one report, and the rest of the file is read.

use memspice::syntax::{parse_str, report};

/// Codes of all findings below a title.
fn codes(lines: &str) -> Vec<&'static str> {
    parse_str("test", &format!("title\n{lines}")).2.iter().map(|d| d.code).collect()
}

/// All reports drawn.
fn drawn(lines: &str) -> String {
    let (_, sources, findings) = parse_str("test", &format!("title\n{lines}"));
    findings.iter().map(|d| report::render(d, &sources, false)).collect()
}

/// The only finding of one statement in a protocol: its code, message and help.
fn statement(line: &str) -> (String, String, String) {
    let (_, _, mut findings) = parse_str("test", &format!("title\n.protocol p() {{\n  {line}\n}}\nR1 a 0 1k\n"));
    assert_eq!(findings.len(), 1, "{line}: {findings:#?}");
    let found = findings.remove(0);
    (found.code.into(), found.message, found.help.unwrap_or_default())
}

#[test]
fn each_statement_says_what_it_lacks() {
    for (line, code, says) in [
        ("force bl", "syntax::force", "`=` and a value"),
        ("force bl = ", "syntax::force", "a value"),
        ("force bl 2", "syntax::force", "unexpected `2`"),
        ("pulse bl = 2", "syntax::pulse", "`for` and a width"),
        ("pulse bl = 2 to 3 for 1n", "syntax::to", "only a ramp"),
        ("ramp bl = 0 to 2", "syntax::ramp", "`in` and a time"),
        ("ramp bl = 2 in 1m", "syntax::ramp", "does not say where it goes"),
        ("wait", "syntax::wait", "a value"),
        ("wait until x > 1 timout 3", "syntax::wait", "unexpected `timout`"),
        ("settle 3", "syntax::settle", "unexpected `3`"),
        ("float", "syntax::float", "not complete"),
        ("let x", "syntax::let", "`=` and a value"),
        ("let a, b = 1, 2, 3", "syntax::values", "2 names and 3 values"),
        ("a, b, c = 1, 2", "syntax::values", "3 names and 2 values"),
        ("assert a ~= 3", "syntax::near", "how near"),
        ("save x \"f.npy\"", "syntax::save", "`to \"FILE\"`"),
        ("x = 1 +", "syntax::assignment", "a value"),
        ("a + b", "syntax::no-effect", "not used"),
        ("repeat until x", "syntax::no-block", "`repeat` has no block"),
        ("else { x = 1 }", "syntax::else", "has no `if`"),
        ("repeat x > 1 { y = 1 }", "syntax::repeat", "`until`"),
        ("for k { y = 1 }", "syntax::loop", "`= FIRST:LAST` or `in [LIST]`"),
        ("sweep k = 1 { y = 1 }", "syntax::sweep", "sweep"),
        ("if { y = 1 }", "syntax::no-block", "no block"),
        ("x = (1 + 2", "syntax::unclosed", "never closed"),
        ("x = 1 + 2)", "syntax::bracket", "closes nothing"),
        ("if x) > 3 { y = 1 }", "syntax::bracket", "closes nothing"),
    ] {
        let (found, message, help) = statement(line);
        assert_eq!(found, code, "{line}: {message}");
        assert!(message.contains(says), "{line}: {message}");
        assert!(!help.is_empty(), "{line}");
        assert!(!format!("{message}{help}").contains("_line"), "{message} {help}");
    }
}

#[test]
fn misspelled_words_are_guessed() {
    for (line, like) in [
        ("forse bl = 2", "force"),
        ("recrod n", "record"),
        ("repaet until x { y = 1 }", "repeat"),
        ("snaphot V(a) within 1%", "snapshot"),
    ] {
        let (code, _, help) = statement(line);
        assert_eq!((code.as_str(), help.as_str()), ("syntax::unknown-statement", &*format!("did you mean `{like}`?")));
    }
    assert!(drawn(".device d (a b) {\n  parm r=1\n  stat x = 0\n}\n").contains("did you mean `param`?"));
    assert!(drawn(".variation d {\n  devise r ~ normal(1)\n}\n").contains("did you mean `device`?"));
    assert!(drawn(".protocl read() -> g {\n  g = 1\n}\nR1 a 0 1").contains("did you mean .protocol?"));
    assert_eq!(codes(".protocl read() -> g {\n  g = 1\n}\n"), ["syntax::unknown-card"]);
    assert_eq!(codes("protocol read() -> g {\n  g = 1\n}\nR1 a 0 1k\n"), ["syntax::no-dot"]);
}

#[test]
fn every_mistake_of_a_block_is_reported_in_one_run() {
    let text = ".experiment e {\n  forse a = 1\n  if x > {\n    wait\n  } else {\n    record\n  }\n  y = 1 +\n}\n.device d {\n}\nR1 a b {1+}\n";
    assert_eq!(
        codes(text),
        [
            "syntax::unknown-statement",
            "syntax::if",
            "syntax::wait",
            "syntax::record",
            "syntax::assignment",
            "syntax::device",
            "syntax::element",
        ]
    );
}

#[test]
fn a_block_never_closed_is_one_report() {
    for text in [
        ".protocol p() {\n  x = 1\nR1 a 0 1k\nC1 a 0 1n\n",
        ".protocol p() {\n  if x {\n    y = 1\n}\n.experiment e {\n  op\n}\n",
        ".device d (a b) {\n  param r=1\n  I(a,b) = V(a,b)/r\nR1 a 0 1k\n.tran 1n 1u\n.end\n",
        ".for i = 0:3 {\n  R[i] a b 1k\n.protocol p() {\n  x = 1\n}\n.tran 1n 1u\n",
        ".for i = 0:3 {\n.for j = 0:3 {\n  R[i,j] a b 1k\n.op\n",
        ".subckt s a\n.for i = 0:3 {\n  R[i] a b 1k\n.ends\nR1 a b 1k\n",
        ".subckt s a\n.protocol p() {\n  x = 1\n.ends\nR1 a b 1k\n",
    ] {
        assert_eq!(codes(text), ["syntax::no-brace"], "{text}");
    }
    let report = drawn(".protocol p() {\n  if x {\n    y = 1\n\n  z = 2\n}\n.op\n");
    assert!(report.contains(".protocol is never closed") && report.contains("is this the `}` of another?"), "{report}");
}

#[test]
fn blocks_where_none_belong() {
    assert_eq!(codes(".variation v {\n  if x {\n    y\n  }\n}\n"), ["syntax::block-here"]);
    assert_eq!(codes(".always a\nR1 a 0 1"), ["syntax::no-block"]);
    assert_eq!(codes(".experiment e\n.op"), ["syntax::no-block"]);
    assert_eq!(codes(".experiment e = 3 + 4\n"), ["syntax::template"]);
    assert_eq!(codes(".protocol p() {\n  .param x=1\n  y = x\n}\n"), ["syntax::card-inside"]);
    assert_eq!(codes(".smu\n"), ["syntax::smu"]);
    assert_eq!(codes(".smu {x}\n"), ["syntax::smu"]);
    assert_eq!(codes(".signal x\n"), ["syntax::signal"]);
    assert_eq!(codes(".signal a.b=1\n"), ["syntax::signal"]);
}
