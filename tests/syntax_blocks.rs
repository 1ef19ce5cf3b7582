//! Devices, protocols and experiments: what they say, and the design files they come from.

use std::path::{Path, PathBuf};

use memspice::syntax::{LoadOptions, parse_file, parse_str, print, report};

/// The canonical form of a block, its title left out; panics with the reports when there are any.
fn read(text: &str) -> String {
    let (ast, sources, findings) = parse_str("test", &format!("title\n{text}"));
    let drawn: String = findings.iter().map(|d| report::render(d, &sources, false)).collect();
    assert!(findings.is_empty(), "{drawn}");
    print::print(&ast).split_once('\n').unwrap().1.to_owned()
}

fn netlists(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            netlists(&path, found);
        } else if path.extension().is_some_and(|e| e == "cir") {
            found.push(path);
        }
    }
}

#[test]
fn design_files_parse_and_read_back() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/design");
    if !folder.is_dir() {
        println!("skipped: no design files beside the project");
        return;
    }
    let mut files = Vec::new();
    netlists(&folder.join("netlists"), &mut files);
    netlists(&folder.join("examples"), &mut files);
    assert!(files.len() > 30);
    let search = vec![folder.join("netlists")];
    for file in files {
        let (ast, sources, findings) = parse_file(&file, &LoadOptions { root: None, search: search.clone() });
        let drawn: String =
            findings.iter().filter(|d| d.is_error()).map(|d| report::render(d, &sources, false)).collect();
        assert_eq!(drawn, "", "{}", file.display());
        let text = print::print(&ast.unwrap());
        assert_eq!(read(text.split_once('\n').unwrap().1), text.split_once('\n').unwrap().1, "{}", file.display());
    }
}

#[test]
fn the_netlists_of_the_project_parse() {
    let mut files = Vec::new();
    netlists(&Path::new(env!("CARGO_MANIFEST_DIR")).join("netlists"), &mut files);
    for file in files {
        let (_, sources, findings) = parse_file(&file, &LoadOptions::default());
        let drawn: String =
            findings.iter().filter(|d| d.is_error()).map(|d| report::render(d, &sources, false)).collect();
        assert_eq!(drawn, "", "{}", file.display());
    }
}

/// A block reads as itself: `text` is in canonical form.
fn same(text: &str) {
    assert_eq!(read(text), text);
}

#[test]
fn a_device() {
    same(
        ".device drift (p n) {
  param g0=100u in 5u:1m ; S  start
  param af=0.5 ; field concentration; 0: none
  state w[0:N - 1] = ln(g0) in -1:1 reflect settles ; gap
  let v = V(p, n) ; V
  if af > 0 {
    let ve = v * (1 + af)
  } else if lin {
    let ve = 0
  } else {
    let ve = v
  }
  I(p, n) = g0 * $limit(v, 0.1)
  ddt(w[:]) = -w + sqrt(2) * white(N, every=1n)
  cycle when abs(v) > 0.5
  when hazard(v > 0 ? 1k * exp(v) : 0) {
    w = 1 - (1 - w) * uniform(0, 1) ^ 2
  }
}
",
    );
}

#[test]
fn comments_of_a_device_are_kept_with_what_they_explain() {
    let text = ".device d (a, b) {\n  param r=1k c=1p  ; ohm, F  series, parallel\n  state x = 0 // gap\n}\n";
    assert_eq!(
        read(text),
        ".device d (a b) {
  param r=1k ; ohm  series, parallel
  param c=1p ; F  series, parallel
  state x = 0 ; gap
}
"
    );
}

#[test]
fn a_variation() {
    same(
        ".variation tio2 {
  device vs, vr ~ normal(130m) in 0.6:1.45
  cycle xi ~ lognormal(150m, mean=1)
  stuck p=p_stuck g0 ~ loguniform(5u, 120u) w ~ normal(0, 1)
}
",
    );
}

#[test]
fn cards_of_the_bench() {
    same(".smu bl[0:nc - 1] wl edge=2n noise={0.5 * k}\n");
    same(".signal mode=FLOATING on[0:2]=1 count=0\n");
    same(".always axon {\n  wait until fall(dend)\n  fire = 1\n}\n");
    same(".network cnn {\n  input 28x28\n  conv 32 5x5 same activation=relu weights={weights.w1}\n  dense {n}\n}\n");
    same(".subckt s a\n  .signal k=0\n  .protocol p() -> g {\n    g = I(a)\n  }\n.ends\n");
}

#[test]
fn statements_of_a_protocol() {
    same(
        ".protocol tune(i, j, target, tol=50m) -> n, ok {
  force bl = 2, I(X1.ct[i]) = -1u limit 4, col[:] = 0.2 * image
  float row[:], X1.cb
  pulse ct = v, cb = v / 2 for 500u
  ramp I(c) = 5u to min(k * 1u, 9u) limit 4 in 1m
  wait until V(x) > 1 and not done timeout 1m
  wait 100n
  settle
  let g, was = read(i, j), 0
  mode, X1.Xm[:,:].w = 1, ln(10)
  n[i, j] += 1
  repeat k until abs(target - g) <= tol max 300 {
    apply(i, j)
  }
  for a, b in where(mask), k = 0:3 {
    X1.tune(a, b)
  }
  forever {
    wait 1n
  }
  par first {
    {
      ramp row[:] = 0 to 1 in 1m
    }
    wait until any(I(Xn[:]) > 1u)
  }
  if a {
    x = 1
  } else if b {
    x = 2
  } else {
    x = 3
  }
}
"
        .replace("[:,:]", "[:, :]")
        .as_str(),
    );
}

#[test]
fn statements_of_an_experiment() {
    same(
        ".experiment study(on, kind=\"tight\") with th0=0, heat=[1, 2] slow {
  sweep Ra, Cm in [[25k, 20n], [35k, 14n]], k = 0:3 {
    montecarlo 400 seed 5 {
      op
      tran {60 * (on + off)}
      dc Vin 0 1.8 10m
      record Cm, n = count(rise(V(in) - 1), until=rise(I(Xn) - 20u))
    }
  }
  measure train = mean(n), test
  assert all(z[0:63, :] ~= ref.logits64 within 0.01%) \"why\"
  assert mu ~= 6 within 0.5 and sd ~= 1 within 0.1 * abs(mu)
  snapshot V(out), table every 10u within 1%
  snapshot V(osc) every 10u within 1% shift 5u
  plot mean(n, by=[v, R]) vs v, heatmap(cnn.maxpool1(x)[0, :, :])
  histogram n[v == 0.7] bins -1.9:1.9 fit normal
  histogram n bins 20
  save maps to \"k.npy\"
}
.experiment import30 = through(0.3, 1) with g=[1, 2] slow
.experiment counts() {
}
.func learn(seed) -> a1, a2 {
  a1, a2 = descend(a1, a2)
}
",
    );
}

#[test]
fn lines_go_on_inside_blocks() {
    let text = ".experiment e with a=1,\n  b=2 {   ; comment\n  record x = f(1,\n    2), ; more\n* between\n    y = [1,\n  2]\n  if (a\n    > 1) { y = {a} + 1 } else { y = 2 }\n  z = 1\n  + + 2\n}\n";
    assert_eq!(
        read(text),
        ".experiment e with a=1, b=2 {
  record x = f(1, 2), y = [1, 2]
  if a > 1 {
    y = a + 1
  } else {
    y = 2
  }
  z = 1 + 2
}
"
    );
}

#[test]
fn names_that_are_words_of_statements_elsewhere() {
    same(".protocol p() {\n  float = 1\n  plot[3] += 2\n  first.x = 3\n  on, off = 1, 0\n  op(3)\n}\n");
    same(".experiment e {\n  record float = mean(float, by=p)\n  plot in vs out\n  force in = 1, 5 = 2\n}\n");
}
