//! `op dc ac tran` within experiments: rows that statements see, and files.

use std::process::Command;

use serde_json::Value;

/// Runs a netlist with these arguments; its report, its exit code, what it said, and a file of its results.
struct Ran {
    report: Value,
    code: i32,
    said: String,
    folder: tempfile::TempDir,
}

fn run(text: &str, args: &[&str]) -> Ran {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("test.cir");
    std::fs::write(&file, format!("a test\n{text}\n")).unwrap();
    let out = folder.path().join("out");
    let mut command = Command::new(env!("CARGO_BIN_EXE_memspice"));
    let output = command.arg("run").arg(&file).arg("-o").arg(&out).args(args).env("NO_COLOR", "1").output().unwrap();
    let report = serde_json::from_str(&std::fs::read_to_string(out.join("report.json")).unwrap()).unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    Ran { report, code: output.status.code().unwrap_or(-1), said, folder }
}

impl Ran {
    fn path(&self, file: &str) -> std::path::PathBuf {
        self.folder.path().join("out").join(file)
    }

    fn text(&self, file: &str) -> String {
        std::fs::read_to_string(self.path(file)).unwrap_or_else(|e| panic!("{file}: {e}; {}", self.said))
    }

    /// Heading and rows of a csv file.
    fn table(&self, file: &str) -> (Vec<String>, Vec<Vec<f64>>) {
        let text = self.text(file);
        let mut lines = text.lines().map(|l| l.split(',').map(str::to_string).collect::<Vec<_>>());
        let head = lines.next().unwrap();
        (head, lines.map(|l| l.iter().map(|v| v.parse().unwrap_or(f64::NAN)).collect()).collect())
    }

    fn measure(&self, name: &str) -> f64 {
        let list = self.report["experiments"].as_array().unwrap();
        let found = list.iter().find_map(|e| e["measures"][name].as_f64());
        found.unwrap_or_else(|| panic!("{name}: {}", self.said))
    }
}

fn near(got: f64, want: f64, share: f64) {
    assert!((got - want).abs() <= share * want.abs(), "{got:e} is not {want:e}");
}

const DIVIDER: &str = "
V1 in 0 3
R1 in out 1k
R2 out 0 2k
.smu b
Rb b 0 4k
";

/// A swept source: its rows are arrays to what follows, rows of the table to `record`, and a file.
#[test]
fn a_source_is_swept() {
    let ran = run(
        &format!(
            "{DIVIDER}
.experiment e {{
  measure before = V(out)
  dc V1 0 1 0.25
  record v = V(out), i = I(R1), both = V(out) + V1, x = 7
  measure top = max(V(out)), count = len(V(out)), slope = (V(out)[4] - V(out)[0])/(V1[4] - V1[0])
  wait 1u
  measure after = V(out), worst = max(abs(v - V1*2/3)) + max(abs(i - V1/3k))
}}"
        ),
        &[],
    );
    assert_eq!(ran.code, 0, "{}", ran.said);
    near(ran.measure("before"), 2.0, 1e-6);
    near(ran.measure("top"), 2.0 / 3.0, 1e-6);
    near(ran.measure("slope"), 2.0 / 3.0, 1e-6);
    near(ran.measure("after"), 2.0, 1e-6);
    assert!(ran.measure("worst") < 1e-6);
    assert_eq!(ran.measure("count"), 5.0);
    let (head, rows) = ran.table("e/table.csv");
    assert_eq!((head.join(",").as_str(), rows.len()), ("V1,v,i,both,x", 5));
    near(rows[2][3], 0.5 + 1.0 / 3.0, 1e-6);
    let (head, rows) = ran.table("e/dc.csv");
    assert_eq!(head.join(","), "V1,V(in),V(out),V(b),I(V1),I(b)");
    assert_eq!(rows.len(), 5);
    near(rows[4][2], 2.0 / 3.0, 1e-6);
    let waves: Vec<&str> =
        ran.report["experiments"][0]["waves"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert_eq!(waves, ["e/dc.csv", "e/tran.csv"]);
}

/// The voltage of a source-measure unit is swept, and a second loop around it; a curve for each of its values.
#[test]
fn a_unit_is_swept_and_loops_nest() {
    let ran = run(
        &format!(
            "{DIVIDER}
.experiment e {{
  dc b 0 1 0.5 V1 1 2 1
  record i = I(b), out = V(out)
  plot I(b)
  measure n = len(V(b))
}}"
        ),
        &[],
    );
    assert_eq!(ran.code, 0, "{}", ran.said);
    assert_eq!(ran.measure("n"), 6.0);
    let (head, rows) = ran.table("e/table.csv");
    assert_eq!(head.join(","), "b,V1,i,out");
    // The first loop is the inner one.
    assert_eq!(rows.iter().map(|r| r[0]).collect::<Vec<_>>(), [0.0, 0.5, 1.0, 0.0, 0.5, 1.0]);
    near(rows[5][2], 0.25e-3, 1e-6);
    near(rows[5][3], 4.0 / 3.0, 1e-6);
    let (head, rows) = ran.table("e/dc.csv");
    assert_eq!((head[0].as_str(), head[1].as_str(), rows.len()), ("V1", "b", 6));
    let curves = ran.text("e/plot.csv");
    assert!(curves.starts_with("b,\"I(b), V1=1 V\",\"I(b), V1=2 V\"") || curves.contains("V1=1 V"), "{curves}");
}

/// Phasors at 1/(2πRC): 3 dB down and 45 degrees behind.
#[test]
fn phasors() {
    let ran = run(
        "
V1 in 0 DC 0 AC 1
R1 in out 1k
C1 out 0 1u
.experiment e {
  let corner = 1/(2*pi*1m)
  ac lin 1 corner corner
  measure db = vdb(out)[0], angle = vp(out)[0], size = V(out)[0], f = frequency[0], re = vr(out)[0], im = vi(out)[0]
  ac dec 2 1 100
  measure n = len(V(out)), last_f = frequency[4]
  plot vdb(out)
}",
        &[],
    );
    assert_eq!(ran.code, 0, "{}", ran.said);
    near(ran.measure("db"), -10.0 * 2f64.log10(), 1e-9);
    near(ran.measure("angle"), -std::f64::consts::FRAC_PI_4, 1e-9);
    near(ran.measure("size"), 0.5f64.sqrt(), 1e-9);
    near(ran.measure("re"), 0.5, 1e-9);
    near(ran.measure("im"), -0.5, 1e-9);
    assert_eq!((ran.measure("n"), ran.measure("last_f")), (5.0, 100.0));
    let (head, rows) = ran.table("e/ac.csv");
    assert_eq!((head[0].as_str(), head[3].as_str(), rows.len()), ("frequency", "re(V(out))", 1));
    near(rows[0][3], 0.5, 1e-9);
    assert_eq!(ran.table("e/ac-2.csv").1.len(), 5);
    assert!(ran.text("e/plot.csv").starts_with("frequency,vdb(out)"), "{}", ran.text("e/plot.csv"));
}

/// 4kTR of a resistor, and of two in parallel as the divider's output sees them.
#[test]
fn noise_of_resistors() {
    let ran = run(
        &format!(
            "{DIVIDER}
.experiment e {{
  noise V(out) V1 dec 1 1 100
  measure density = onoise[0], referred = inoise[2], n = len(frequency)
  record onoise
}}"
        ),
        &[],
    );
    assert_eq!(ran.code, 0, "{}", ran.said);
    let density = (4.0f64 * 1.380_649e-23 * 300.15 * 2000.0 / 3.0).sqrt();
    near(ran.measure("density"), density, 1e-6);
    near(ran.measure("referred"), 1.5 * density, 1e-6);
    assert_eq!(ran.measure("n"), 3.0);
    assert_eq!(ran.table("e/noise.csv").0.join(","), "frequency,onoise,inoise");
    assert_eq!(ran.table("e/table.csv").0.join(","), "frequency,onoise");
}

/// Analyses see the state that devices are in, and leave it alone; what follows them goes on from there.
#[test]
fn states_are_held() {
    let ran = run(
        "
.device cell (a b) {
  state w = 0.5 in 0:1
  ddt(w) = 1k*V(a,b)
  I(a,b) = V(a,b)*(1u + w*99u)
}
.smu a edge=1n
Xm a 0 cell
.experiment e {
  op
  force a = 1
  wait 100u
  let w = Xm.w
  dc a 0 2 1
  measure at_one = I(a)[1], at_two = I(a)[2]
  settle
  measure kept = Xm.w - w, forced = V(a), expected = 1u + w*99u
}",
        &[],
    );
    assert_eq!(ran.code, 0, "{}", ran.said);
    near(ran.measure("at_one"), ran.measure("expected"), 1e-6);
    near(ran.measure("at_two"), 2.0 * ran.measure("expected"), 1e-6);
    assert_eq!(ran.measure("kept"), 0.0);
    near(ran.measure("forced"), 1.0, 1e-6);
    let op = ran.text("e/op.csv");
    assert!(op.starts_with("name,value\n") && op.contains("V(a),"), "{op}");
}

#[test]
fn wrong_analyses() {
    let said = |body: &str| {
        let ran = run(&format!("{DIVIDER}\n.experiment e {{\n{body}\n}}"), &[]);
        assert_eq!(ran.code, 2, "{body}: {}", ran.said);
        ran.said
    };
    assert!(said("dc V2 0 1 0.1").contains("did you mean 'V1'?"));
    assert!(said("dc V1 0 1").contains("a first value, a last value and a step"));
    assert!(said("dc V1 0 1 -1").contains("are no steps"));
    assert!(said("ac 10 1 1k").contains("dec, oct or lin"));
    assert!(said("measure x = vdb(out)").contains("of the phasors of an ac"));
    assert!(said("tf V(out) V1").contains("no analysis tf yet"));
    assert!(said("noise V(outt) V1 dec 10 1 1k").contains("did you mean 'out'?"));
    assert!(said("dc R1 1 2 1").contains("no source or source-measure unit 'R1'"));
}

const RC: &str = "
.param R=1k
.smu in
R1 in out {R}
C1 out 0 1n
";

/// The waves of an experiment are written as those of a deck; in sweeps those that are saved, with the point in front.
#[test]
fn waves_are_written() {
    let body = "
.experiment e {
  force in = 1
  tran 5u
  measure end = V(out)
}
.experiment swept {
  sweep R in [1k, 2k] {
    force in = 1
    wait 2u
    record end = V(out)
  }
}";
    let ran = run(&format!("{RC}{body}"), &["--format", "csv,raw,npy"]);
    assert_eq!(ran.code, 0, "{}", ran.said);
    let (head, rows) = ran.table("e/tran.csv");
    assert_eq!(head.join(","), "time,V(in),V(out),I(in)");
    assert!(rows.len() > 20 && rows.windows(2).all(|w| w[1][0] >= w[0][0]), "{} rows", rows.len());
    let last = rows.last().unwrap();
    near(last[0], 5e-6, 1e-9);
    near(last[2], ran.measure("end"), 1e-15);
    near(last[3], (last[1] - last[2]) / 1e3, 1e-6);
    assert!(ran.path("e/e.raw").exists() && ran.path("e/tran.npy").exists());
    assert!(!ran.path("swept/tran.csv").exists());
    let ran = run(&format!("{RC}{body}\n.save V(out)"), &["-e", "swept"]);
    let (head, rows) = ran.table("swept/tran.csv");
    assert_eq!(head.join(","), "R,time,V(out)");
    let first = rows.iter().take_while(|r| r[0] == 1e3).count();
    assert!(first > 10 && rows[first..].iter().all(|r| r[0] == 2e3) && rows.len() > first + 10);
    let left = std::fs::read_dir(ran.path("swept"))
        .unwrap()
        .filter(|f| f.as_ref().unwrap().file_name().to_string_lossy().starts_with('.'));
    assert_eq!(left.count(), 0);
    // Nobody wants files here.
    let ran = run(&format!("{RC}{body}"), &["--format", "none", "-e", "e"]);
    assert!(!ran.path("e").exists());
}

/// Attempts at time steps are written, and work is counted, of points and of branches of maps too.
#[test]
fn attempts_and_work() {
    let body = "
.protocol charge(v) -> x {
  force in = v
  wait 2u
  x = V(out)
}
.experiment mapped {
  let x = map(charge, [1, 2])
  measure worst = max(abs(x - [1, 2]*(1 - exp(-(2u - 0.5n)/1u))))
}
.experiment swept {
  sweep R in [1k, 2k] {
    force in = 1
    wait 2u
    record end = V(out)
  }
}";
    let ran = run(&format!("{RC}{body}"), &["--trace", "--stats"]);
    assert_eq!(ran.code, 0, "{}", ran.said);
    let stats = |name: &str| {
        let list = ran.report["experiments"].as_array().unwrap();
        list.iter().find(|e| e["name"] == name).unwrap()["stats"]["accepted"].as_u64().unwrap()
    };
    assert!(stats("mapped") > 20, "{}", stats("mapped"));
    let (head, rows) = ran.table("swept/tran-trace.csv");
    assert_eq!(head.join(","), "R,time,h,order,iterations,verdict,error,unknown,device");
    let accepted = ran.text("swept/tran-trace.csv").lines().filter(|l| l.contains(",accepted,")).count();
    assert_eq!(accepted as u64, stats("swept"));
    assert!(rows.iter().any(|r| r[0] == 1e3) && rows.iter().any(|r| r[0] == 2e3));
}

/// Heat maps and histograms say in what unit their numbers are.
#[test]
fn axes_have_units() {
    let ran = run(
        "
.smu r[0:1,0:1]
.for i = 0:1, j = 0:1 { R[i,j] r[i,j] 0 1k }
.experiment e {
  force r[:,:] = [[1, 2], [3, 4]]
  wait 1u
  plot heatmap(V(r[:,:]))
  histogram I(r[:,:]) bins 4
}",
        &[],
    );
    assert_eq!(ran.code, 0, "{}", ran.said);
    assert!(ran.text("e/plot.svg").contains("(V)"));
    assert!(ran.text("e/plot-2.svg").contains("(mA)"));
}

/// However long a transient is, and however often it begins anew with its pivots: a charge is the charge.
#[test]
fn a_long_transient_keeps_its_currents() {
    let ran = run(
        "
V1 in 0 PULSE(0 1 0 1n 1n 1 2)
R1 in out 1k
C1 out 0 1n
.tran 1n 8u 0 2n
.meas tran charge integ I(R1)
.meas tran late find I(R1) at=7u",
        &["--format", "none"],
    );
    assert_eq!(ran.code, 0, "{}", ran.said);
    assert!(ran.report["experiments"][0]["stats"]["accepted"].as_u64().unwrap() > 3000);
    near(ran.measure("charge"), 1e-9 * (1.0 - (-8.0f64).exp()), 1e-3);
    near(ran.measure("late"), 1e-3 * (-7.0f64).exp(), 2e-2);
}

/// Currents of parts at rest, in a transient that begins there, and after the operating point in its midst.
#[test]
fn currents_at_rest() {
    let ran = run(
        "
V1 in 0 3
R1 in out 1k
R2 out 0 2k
C1 out 0 1n
.smu a
R3 a 0 1k
.tran 10n 1u
.meas tran early find I(R1) at=1n
.meas tran late find I(R1) at=1u
.experiment e {
  force a = 1
  wait 10u
  measure before = I(R3)
  settle
  measure settled = I(R3)
  wait 1u
  measure after = I(R3)
}",
        &["--format", "none"],
    );
    assert_eq!(ran.code, 0, "{}", ran.said);
    for name in ["early", "late", "before", "settled", "after"] {
        near(ran.measure(name), 1e-3, 1e-6);
    }
}

/// From the first point on, a pin's current is that of the circuit at rest: no charge moves.
#[test]
fn pins_at_rest() {
    let ran = run(
        "
Vg g 0 2
Vd d 0 3
M1 d g 0 0 nm w=20u l=1u ad=50p as=50p pd=20u ps=20u
.model nm nmos(vto=0.7 kp=100u tox=20n cgso=0.2n cgdo=0.2n cj=0.3m)
V1 a 0 -3
D1 a 0 dm
D2 0 a dn
.model dm d(is=1e-14 rs=1 cjo=10p)
.model dn d(is=1e-14 tt=1n)
R1 b 0 100
V2 b c 5
Q1 c b 0 qn
.model qn npn(bf=100 cje=1p tf=1n)
V3 e 0 2
M2 e e 0 0 nd w=20u l=1u
M3 e e 0 0 ns w=20u l=1u
.model nd nmos(vto=0.7 kp=100u rd=10)
.model ns nmos(vto=0.7 kp=100u rs=10)
.tran 1n 100n
.meas tran drained max I(M2.s)
.meas tran sourced max I(M3.d)
.meas tran most max I(M1)
.meas tran gate max I(M1.g)
.meas tran least min I(D1.c)
.meas tran forward min I(D2)
.meas tran source max I(V1)",
        &["--format", "none"],
    );
    assert_eq!(ran.code, 0, "{}", ran.said);
    near(ran.measure("most"), 1e-3 * 1.3 * 1.3, 1e-6);
    assert!(ran.measure("gate").abs() < 1e-12 && ran.measure("least").abs() < 1e-11);
    assert!(ran.measure("drained") < -1e-3 && ran.measure("sourced") > 1e-3, "one end with a resistance, one without");
    assert!(ran.measure("forward") > 0.1, "3 V across a diode without resistance");
}
