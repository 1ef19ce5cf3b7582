//! `.variation`: what a draw makes of the parts of a deck.

use super::{Deck, codes, deck, deck_with};
use crate::circuit::Setting;
use crate::circuit::unsteady::Telegraph;
use crate::elab::{Draw, Overrides};
use crate::random::Stream;

const CELL: &str = "
.param sig=10% p=0
.device cell (u d) {
  param g=1m in 0.5m:2m ; S
  param k=1 b={2*k} w=3
  state x = 0
  I(u,d) = g*V(u,d)
  ddt(x) = k + b
  cycle when V(u,d) > 1
}
V1 a 0 1
X1 a 0 cell
X2 a 0 cell k=4
.op
";

fn drawn_with(text: &str, run: u64, point: u64) -> Deck {
    let overrides = Overrides { draw: Some(Draw { seed: 1, run, point }), ..Overrides::default() };
    let (deck, found) = deck_with(text, &overrides);
    deck.unwrap_or_else(|| panic!("{found:#?}"))
}

fn drawn(text: &str) -> Deck {
    drawn_with(text, 0, 0)
}

fn z(path: &str, purpose: &str, run: u64) -> f64 {
    Stream::new(1, run, path, purpose).normal(0)
}

#[test]
fn nothing_varies_outside_of_a_draw() {
    let text = format!("{CELL}.variation cell {{\n device g ~ normal(sig)\n stuck p=1\n cycle w ~ normal(5%)\n}}");
    let d = deck(&text);
    assert_eq!([d.value("X1", "g"), d.value("X1", "k")], [1e-3, 1.0]);
    assert!(d.circuit.unsteady.is_empty() && d.circuit.part(d.id("X1")).settings.is_empty());
    assert!(d.varies && !deck(CELL).varies);
}

#[test]
fn a_device_draw_is_keyed_by_seed_run_path_and_parameter() {
    let text = format!("{CELL}.variation cell {{\n device g ~ normal(sig)\n}}");
    for run in [0, 7] {
        let d = drawn_with(&text, run, 0);
        for path in ["X1", "X2"] {
            assert_eq!(d.value(path, "g"), 1e-3 * (1.0 + 0.1 * z(path, "device:g", run)));
        }
        // The same at every point of a sweep, and beside other parts and draws.
        let more =
            text.replace(".op", "X0 a 0 cell\nR1 a 0 1k\n.op").replace("device g", "device w ~ normal(1%)\n device g");
        assert_eq!(drawn_with(&more, run, 3).value("X2", "g"), d.value("X2", "g"));
    }
    assert_eq!((drawn_with(&text, 2, 5).plan.options.run, drawn_with(&text, 2, 5).plan.options.point), (2, 5));
}

#[test]
fn draws_are_clipped_to_their_range_and_that_of_the_parameter() {
    let block = |range: &str| format!("{CELL}.variation cell {{\n device g ~ normal(1m, 10) {range}\n}}");
    let far = z("X1", "device:g", 0).signum();
    let at = |low: f64, high: f64| if far > 0.0 { high } else { low };
    assert_eq!(drawn(&block("in 0.9m:1.1m")).value("X1", "g"), at(0.9e-3, 1.1e-3));
    assert_eq!(drawn(&block("")).value("X1", "g"), at(0.5e-3, 2e-3));
}

#[test]
fn blocks_add_parameter_by_parameter_and_the_last_wins() {
    let d = drawn(&format!(
        "{CELL}.variation cell {{\n device k, w ~ normal(1%)\n}}\n.variation CELL {{\n device k ~ uniform(8, 8)\n}}"
    ));
    assert_eq!([d.value("X1", "k"), d.value("X2", "k")], [8.0, 8.0]);
    assert_eq!(d.value("X1", "w"), 3.0 * (1.0 + 0.01 * z("X1", "device:w", 0)));
    // A default that follows k follows what was drawn; where it is drawn itself it is relative to that.
    assert_eq!(d.value("X1", "b"), 16.0);
    let d = drawn(&format!("{CELL}.variation cell {{\n device b ~ lognormal(0.1)\n device k ~ choice([8])\n}}"));
    let expected = 16.0 * crate::model::math::exp(0.1 * z("X1", "device:b", 0));
    assert_eq!([d.value("X1", "k"), d.value("X1", "b")], [8.0, expected]);
}

#[test]
fn built_in_parts_vary_through_their_model() {
    let text = ".param sigma_vos=1m\n.model ad8034 opamp (a0=100k vos=0.5m)\n.model plain opamp ()\nV1 a 0 0\n\
                X1 a 0 b ad8034\nR1 b 0 1k\nX2 a 0 c plain\nR2 c 0 1k\n\
                .variation ad8034 {\n device vos ~ normal(0, sigma_vos)\n device a0 ~ normal(10%)\n}\n.op";
    let d = drawn(text);
    assert_eq!(d.value("X1", "vos"), 1e-3 * z("X1", "device:vos", 0));
    assert_eq!(d.value("X1", "a0"), 1e5 * (1.0 + 0.1 * z("X1", "device:a0", 0)));
    assert_eq!([deck(text).value("X1", "vos"), d.value("X2", "vos")], [0.5e-3, 0.0]);
}

#[test]
fn a_model_adds_to_its_device() {
    let d = drawn(&format!(
        "{CELL}.model fast cell (k=100)\nX3 a 0 fast\n.variation cell {{\n device k ~ normal(1%)\n device w ~ normal(1%)\n}}\n\
         .variation fast {{\n device k ~ normal(2%)\n}}"
    ));
    assert_eq!(d.value("X3", "k"), 100.0 * (1.0 + 0.02 * z("X3", "device:k", 0)));
    assert_eq!(d.value("X3", "w"), 3.0 * (1.0 + 0.01 * z("X3", "device:w", 0)));
    assert_eq!(d.value("X1", "k"), 1.0 + 0.01 * z("X1", "device:k", 0));
}

#[test]
fn inside_a_subcircuit_only_its_parts_vary() {
    let d = drawn(&format!(
        "{CELL}.subckt pair a s=0\nX1 a 0 cell\n.variation cell {{\n device k ~ normal(s)\n}}\n.ends\nX8 a pair s=5%\nX9 a pair\n\
         .variation cell {{\n device w ~ normal(1%)\n}}"
    ));
    assert_eq!(d.value("X8.X1", "k"), 1.0 + 0.05 * z("X8.X1", "device:k", 0));
    assert_eq!([d.value("X9.X1", "k"), d.value("X1", "k")], [1.0, 1.0]);
    assert_eq!(d.value("X8.X1", "w"), 3.0 * (1.0 + 0.01 * z("X8.X1", "device:w", 0)));
}

#[test]
fn a_spread_of_nothing_is_nominal() {
    let text = format!(
        "{CELL}.variation cell {{\n device g ~ normal(p)\n device k ~ lognormal(p, mean=1)\n device w ~ uniform(3, 3)\n \
         stuck p=p g ~ loguniform(1m, 1m)\n}}"
    );
    let (nominal, d) = (deck(&text), drawn(&text));
    for path in ["X1", "X2"] {
        assert_eq!(nominal.circuit.part(nominal.id(path)).settings, d.circuit.part(d.id(path)).settings);
        assert_eq!(d.circuit.part(d.id(path)).kind.param("stuck"), None);
    }
}

#[test]
fn one_option_switches_all_of_it_off() {
    let text = format!("{CELL}.param off=1\n.variation cell {{\n device g ~ normal(sig)\n stuck p=1\n}}\n.options ");
    let d = drawn(&format!("{text} variation={{1-off}}"));
    assert_eq!(d.value("X1", "g"), 1e-3);
    assert!(!d.varies && !d.plan.options.variation);
    assert_ne!(drawn(&format!("{text} variation=1")).value("X1", "g"), 1e-3);
    assert_eq!(codes(&format!("{text} variation=2")), ["elab::option-value"]);
}

#[test]
fn stuck_parts_draw_what_is_listed() {
    let text = format!(
        "{CELL}.save X1.stuck\n.variation cell {{\n device g ~ normal(sig)\n stuck p=p g ~ uniform(1.5m, 1.6m)\n}}"
    );
    assert_eq!(codes(&text), [""; 0], "X1.stuck can be read where nothing is stuck");
    let with = |p: f64, run: u64| {
        let overrides = Overrides {
            params: vec![("p".into(), crate::value::Value::Number(p))],
            draw: Some(Draw { seed: 1, run, point: 0 }),
            ..Overrides::default()
        };
        deck_with(&text, &overrides).0.unwrap()
    };
    let all = with(1.0, 0);
    assert_eq!(all.setting("X1", "stuck"), Setting::Number(1.0));
    let g = 1.5e-3 + (1.6e-3 - 1.5e-3) * Stream::new(1, 0, "X1", "stuck:g").uniform(0);
    assert_eq!(all.value("X1", "g"), g);
    let stuck = (0..1000).filter(|run| with(0.1, *run).value("X1", "stuck") == 1.0).count();
    assert!((60..140).contains(&stuck), "{stuck} of 1000");
}

#[test]
fn what_changes_in_time_is_left_to_the_run() {
    let d = drawn(&format!(
        "{CELL}.variation cell {{\n cycle g ~ lognormal(0.2) in 0:1.5m\n telegraph w ~ levels(1, 0.9, dwell=[5m, 2m])\n}}"
    ));
    let of = &d.circuit.unsteady[&d.id("X2")];
    assert_eq!(of.cycles[0].1.bounds, Some((0.5e-3, 1.5e-3)));
    assert_eq!((&*of.cycles[0].0, &*of.telegraphs[0].0), ("g", "w"));
    assert_eq!(of.telegraphs[0].1, Telegraph { levels: [1.0, 0.9], dwell: [5e-3, 2e-3] });
}

#[test]
fn mistakes_of_a_variation() {
    for (block, code) in [
        (".variation cel {\n device g ~ normal(1%)\n}", "elab::unknown-variation"),
        (".variation cell {\n device gg ~ normal(1%)\n}", "elab::unknown-parameter"),
        (".variation cell {\n device g ~ normel(1%)\n}", "elab::law"),
        (".variation cell {\n device g ~ normal(1, 2, 3)\n}", "elab::law"),
        (".variation cell {\n device g ~ uniform(2, 1)\n}", "elab::law"),
        (".variation cell {\n device g ~ normal(1%, shape=3)\n}", "elab::law"),
        (".variation cell {\n device g ~ 3\n}", "elab::law"),
        (".variation cell {\n device g ~ normal(1%) in 2:1\n}", "elab::empty-range"),
        (".variation cell {\n stuck p=110%\n}", "elab::share"),
        (".variation cell {\n telegraph g ~ normal(1%)\n}", "elab::levels"),
        (".variation cell {\n telegraph g ~ levels(1, 2)\n}", "elab::levels"),
        (".variation cell {\n telegraph g ~ levels(1, 2, dwell=0)\n}", "elab::levels"),
        (
            ".model op opamp ()\nX7 a 0 b op\nR7 b 0 1\n.variation op {\n cycle vos ~ normal(0, 1)\n}",
            "elab::vary-built-in",
        ),
        (".model op opamp ()\nX7 a 0 b op\nR7 b 0 1\n.variation op {\n stuck p=1\n}", "elab::vary-built-in"),
        (
            ".device many (a b) {\n param n=3\n state s[0:n-1] = 0\n I(a,b) = V(a,b)\n ddt(s[:]) = 1\n}\nX7 a 0 many\n\
          .variation many {\n device n ~ integer(1, 3)\n}",
            "elab::varied-size",
        ),
        (".variation cell {\n device g ~ normal(q)\n}", "elab::unknown-parameter"),
    ] {
        assert_eq!(codes(&format!("{CELL}{block}")), [code], "{block}");
    }
    // A device of which there is no part is read too; one inside a subcircuit is seen from there.
    let unused = CELL.replace("X1 a 0 cell\nX2 a 0 cell k=4", "R1 a 0 1");
    assert_eq!(codes(&format!("{unused}.variation cell {{\n device q ~ normal(1%)\n}}")), ["elab::unknown-parameter"]);
    let inside = "V1 a 0 1\nX1 a s\n.subckt s a\n.device d (a b) {\n param g=1\n I(a,b) = g*V(a,b)\n}\nX1 a 0 d\n\
                  .variation d {\n device g ~ normal(1%)\n}\n.ends\n.op";
    assert_eq!(codes(inside), [""; 0]);
    assert_eq!(drawn(inside).value("X1.X1", "g"), 1.0 + 0.01 * z("X1.X1", "device:g", 0));
}
