//! Titles, blocks, skipped sections and included files.

use std::fs;
use std::path::Path;

use memspice::syntax::ast::Ast;
use memspice::syntax::{LoadOptions, parse_file, parse_str, print, report};

/// Codes of all findings of a netlist whose title line is given here.
fn codes(lines: &str) -> Vec<&'static str> {
    parse_str("test", &format!("title\n{lines}")).2.iter().map(|d| d.code).collect()
}

/// Reads `main.cir` of a folder with these files.
fn folder(files: &[(&str, &str)]) -> (Ast, Vec<&'static str>, String) {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let root = Some(dir.path().to_path_buf());
    let search = vec![dir.path().join("search")];
    let (ast, sources, findings) = parse_file(&dir.path().join("main.cir"), &LoadOptions { root, search });
    let drawn = findings.iter().map(|d| report::render(d, &sources, false)).collect();
    (ast.unwrap(), findings.iter().map(|d| d.code).collect(), drawn)
}

fn names(ast: &Ast) -> String {
    print::print(ast).lines().skip(1).filter_map(|l| l.split_whitespace().next()).collect::<Vec<_>>().join(" ")
}

#[test]
fn the_first_line_is_the_title() {
    assert_eq!(parse_str("t", "* A deck \r\nR1 a 0 1").0.title, "* A deck");
    assert_eq!(parse_str("t", "A deck\n.title Better\nR1 a 0 1").0.title, "Better");
    assert_eq!(parse_str("t", "R1 a 0 1k\n").2[0].code, "syntax::title");
    assert_eq!(parse_str("t", ".tran 1n 1u\n").2[0].code, "syntax::title");
    assert!(parse_str("t", "RC low pass 2\n").2.is_empty());
    assert!(parse_str("t", "").2.is_empty());
}

#[test]
fn all_errors_in_one_run() {
    let wrong = "R1 a b {1+}\nR2 a b 1\n.trann 1n\n.param a\n+ b\nC1 a b {(1]}\n.model\n.subckt x a\n";
    assert_eq!(
        codes(wrong),
        [
            "syntax::element",
            "syntax::unknown-card",
            "syntax::param",
            "syntax::bracket",
            "syntax::model",
            "syntax::no-ends",
        ]
    );
}

#[test]
fn blocks_must_close() {
    assert_eq!(codes(".ends\n}\n"), ["syntax::stray-ends", "syntax::brace"]);
    assert_eq!(codes(".for i = 0:1 {\nR1 a b 1\n"), ["syntax::no-brace"]);
    assert_eq!(codes(".subckt a b\n.for i = 0:1 {\nR1 a b 1\n.ends\nR2 a b 1"), ["syntax::no-brace"]);
    assert_eq!(codes(".for i = 0:1 {\n.subckt a b\nR1 b 0 1\n}\nR2 a b 1"), ["syntax::no-ends"]);
    assert_eq!(codes(".subckt a b\n.subckt c d\n.ends a\n.ends a\n"), ["syntax::ends-name"]);
    assert_eq!(codes(".for i = 0:1\nR1 a b 1"), ["syntax::for"]);
    assert_eq!(codes(&".subckt a b\n".repeat(200)).len(), 101);
    assert_eq!(codes(&".for i=0:1 {".repeat(200)).first(), Some(&"syntax::block-depth"));
}

#[test]
fn control_sections_are_skipped_with_advice() {
    let (ast, _, findings) =
        parse_str("t", "title\n.control\nrun 'it\ntran 1n 1u\nalter r1=2\n.endc\nR1 a 0 1\n.end\nrubbish {");
    assert_eq!(names(&ast), "R1");
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].help.as_deref(), Some("write cards outside of it instead: .tran, .step"));
}

#[test]
fn included_files_stand_where_they_are_included() {
    let (ast, codes, _) = folder(&[
        ("main.cir", "title\nR1 a 0 1\n.include sub/one.inc\nR4 a 0 1\n"),
        ("sub/one.inc", "* no title here\nR2 a 0 1\n.inc \"two.inc\"\n.include models/m.lib\n.include far.lib\n"),
        ("sub/two.inc", "R3 a 0 1\n"),
        ("models/m.lib", ".model d d\n"),
        ("search/far.lib", "C1 a 0 1n\n"),
    ]);
    assert_eq!(codes, [""; 0]);
    assert_eq!(names(&ast), "R1 R2 R3 .model C1 R4");
}

#[test]
fn library_sections() {
    let library =
        ".lib tt\nR1 a 0 1\n.lib 'm.lib' common\n.endl tt\n.lib ff\nR2 a 0 1\n.endl\n.lib common\nR3 a 0 1\n.endl\n";
    let (ast, codes, _) = folder(&[("main.cir", "title\n.lib m.lib TT\n"), ("m.lib", library)]);
    assert_eq!((names(&ast).as_str(), codes.len()), ("R1 R3", 0));
    let (ast, codes, drawn) = folder(&[("main.cir", "title\n.lib \"m.lib\" tf\n.include m.lib"), ("m.lib", library)]);
    assert_eq!((names(&ast).as_str(), codes.as_slice()), ("", ["syntax::section"].as_slice()));
    assert!(drawn.contains("did you mean `tt`"), "{drawn}");
}

#[test]
fn loops_and_missing_files_show_the_chain() {
    let (_, codes, drawn) = folder(&[
        ("main.cir", "title\n\n.include a.inc\n"),
        ("a.inc", ".include b.inc\n"),
        ("b.inc", "\n.include a.inc\n.include c.inc\nR1 a b {"),
    ]);
    assert_eq!(codes, ["syntax::include-loop", "syntax::missing-file", "syntax::unclosed"]);
    assert!(drawn.contains("a.inc:1") && drawn.contains("main.cir:3"), "{drawn}");
    assert!(drawn.contains("did you mean"), "{drawn}");
}

#[test]
fn inclusions_that_multiply_are_stopped() {
    let text: Vec<(String, String)> =
        (0..40).map(|i| (format!("f{i}.inc"), format!(".include f{0}.inc\n.include f{0}.inc\n", i + 1))).collect();
    let mut files: Vec<(&str, &str)> = text.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
    files.extend([("main.cir", "title\n.include f0.inc\n"), ("f40.inc", "R1 a 0 1\n")]);
    assert!(folder(&files).1.contains(&"syntax::too-much"));
}

#[test]
fn unreadable_files_are_reports() {
    let read = |path: &Path| parse_file(path, &LoadOptions::default());
    let dir = tempfile::tempdir().unwrap();
    let huge = dir.path().join("huge.cir");
    fs::File::create(&huge).unwrap().set_len(1 << 30).unwrap();
    for path in [dir.path(), &dir.path().join("none.cir"), &huge] {
        let (ast, _, findings) = read(path);
        assert_eq!((ast, findings[0].code), (None, "syntax::unreadable"));
    }
    let (_, codes, _) = folder(&[("main.cir", "title\n.include huge\n"), ("huge", "ab\0c")]);
    assert_eq!(codes, ["syntax::binary"]);
}

#[test]
fn no_more_reports_than_a_person_reads() {
    let found = codes(&".trann\n".repeat(1000));
    assert_eq!((found.len(), found.last()), (101, Some(&"syntax::more")));
}
