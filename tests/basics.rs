//! The gallery `netlists/basics`: what each netlist is there to show.

#[allow(dead_code, reason = "shared by several tests; each uses a part")]
#[path = "models/csv.rs"]
mod csv;
#[allow(dead_code, reason = "shared by several tests; each uses a part")]
#[path = "models/memspice.rs"]
mod memspice;

use std::path::Path;

use csv::Table;

fn run(name: &str) -> Table {
    let netlist = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("netlists/basics/{name}.cir"));
    memspice::run(&netlist).expect(name)
}

/// Area of both lobes of a loop over the rectangle around it.
fn area(v: &[f64], i: &[f64]) -> f64 {
    let range = |x: &[f64]| x.iter().fold(f64::MIN, |m, v| m.max(*v)) - x.iter().fold(f64::MAX, |m, v| m.min(*v));
    let lobe = |side: f64| {
        let corner = |k: usize| if v[k] * side > 0.0 { (v[k], i[k]) } else { (0.0, 0.0) };
        let ends = (1..v.len()).map(|k| (corner(k - 1), corner(k)));
        ends.map(|((v0, i0), (v1, i1))| 0.5 * (i0 + i1) * (v1 - v0)).sum::<f64>().abs()
    };
    (lobe(1.0) + lobe(-1.0)) / (range(v) * range(i))
}

#[test]
fn loops_shrink_with_frequency() {
    let table = run("pinched");
    let models = ["linear", "vteam", "yakopcic", "chang", "laiho", "messaris"];
    for (voltage, model) in ["a", "b", "c", "d", "e", "g"].iter().zip(models) {
        let areas = [1.0, 3.0, 10.0].map(|f| {
            let of = |name: &str| -> Vec<f64> {
                let rows = table.column("f").iter().zip(table.column(name));
                rows.filter(|(g, _)| **g == f).map(|(_, v)| *v).collect()
            };
            area(&of(&format!("V({voltage})")), &of(&format!("I(X{model})")))
        });
        assert!(areas[0] > 1.05 * areas[1] && areas[1] > 1.05 * areas[2], "{model}: {areas:?}");
        assert!(areas[0] > 0.05, "{model}: {areas:?}");
    }
}

#[test]
fn one_keeps_its_state_and_the_other_forgets() {
    let table = run("retention");
    let (written, kept) = (table.at("X1.g", 1.5), table.at("X1.g", 10.0));
    assert!((written - kept).abs() < 1e-12 * kept, "{written} {kept}");
    assert!(table.at("X1.g", 10.0) > 10.0 * table.at("X1.g", 0.9));
    // dx/dt = −x/tau but for what a read of 0.05 V adds: eta1·sinh(4·0.05)·tau
    let (rest, written) = (0.05 * 0.2f64.sinh() * 2.0, table.at("X2.x", 1.5));
    let left = rest + (written - rest) * (-8.5f64 / 2.0).exp();
    assert!((table.at("X2.x", 10.0) - left).abs() < 1e-3, "{} {left}", table.at("X2.x", 10.0));
}

#[test]
fn what_flows_back_restores_the_state() {
    let table = run("with_capacitor");
    let (start, full, back) = (table.at("X1.x", 0.05), table.at("X1.x", 0.99), table.at("X1.x", 1.99));
    // The charge of 10 uF at 1 V moves x by mu·ron/d²·q.
    assert!((full - start - 0.5).abs() < 0.01, "{start} {full}");
    assert!((back - start).abs() < 0.01, "{start} {back}");
}

#[test]
fn a_pair_has_no_polarity() {
    let table = run("antiparallel");
    for k in 0..50 {
        let t = 2.0 + 0.01 * f64::from(k);
        let (up, down) = (table.at("I(V1)", t), table.at("I(V1)", t + 0.5));
        let size = table.column("I(V1)").iter().fold(0.0_f64, |m, i| m.max(i.abs()));
        assert!((up + down).abs() < 0.02 * size, "{t}: {up} {down}");
    }
    assert!(table.column("X1.x").iter().fold(f64::MAX, |m, x| m.min(*x)) < 0.3);
}

/// 400 devices whose thresholds are normal with 10 %: where each switches is its own threshold and the lag of the ramp, and
/// the histogram has the law they were drawn from.
#[test]
fn thresholds_are_those_that_were_drawn() {
    let out = tempfile::tempdir().expect("a folder");
    let netlist = Path::new(env!("CARGO_MANIFEST_DIR")).join("netlists/basics/thresholds.cir");
    let run = std::process::Command::new(env!("CARGO_BIN_EXE_memspice"))
        .args(["run", "--quiet", "-o"])
        .args([out.path(), netlist.as_path()])
        .output()
        .expect("memspice");
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    assert!(out.path().join("thresholds/plot.svg").exists());
    let table = Table::read(&out.path().join("thresholds/table.csv"));
    let (set, drawn) = (table.column("vset"), table.column("vp"));
    assert_eq!(set.len(), 400);
    let mut z: Vec<f64> = drawn.iter().map(|v| (v / 0.9 - 1.0) / 0.1).collect();
    z.sort_by(f64::total_cmp);
    // Kolmogorov and Smirnov against erf by its series: above 1.63 once in a hundred.
    let normal = |x: f64| {
        let mut term = x;
        let sum: f64 = (0..200).fold(0.0, |sum, n| {
            let now = term;
            term *= x * x / f64::from(2 * n + 3);
            sum + now
        });
        0.5 + sum * (-0.5 * x * x).exp() / (2.0 * std::f64::consts::PI).sqrt()
    };
    let apart = z.iter().enumerate().map(|(k, x)| {
        let (below, above) = (k as f64 / 400.0, (k + 1) as f64 / 400.0);
        (normal(*x) - below).abs().max((normal(*x) - above).abs())
    });
    let distance = apart.fold(0.0, f64::max) * 20.0;
    assert!(distance < 1.63, "{distance}");
    for (set, vp) in set.iter().zip(drawn) {
        assert!((0.0..3e-3).contains(&(set - vp)), "{set} {vp}");
    }
}
