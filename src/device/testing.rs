//! A bench for unit tests of devices: a hand-made circuit in, dense F, Q, G, C at any x out, Jacobians checked against
//! finite differences. No analysis involved.

use nalgebra::{DMatrix, DVector};

use super::layout::{DeviceLayout, Role};
use super::{Device, Environment, Layout, Memory, Mode, Point, Review, Stamps, Ticks, Unknown};
use crate::circuit::kind::KindRef;
use crate::circuit::{Circuit, Model, ModelId, Net, NetId, Part, PartId, Setting};
use crate::device::registry::Build;
use crate::diag::{FileId, Span};

const NOWHERE: Span = Span { file: FileId(0), start: 0, end: 0 };

/// A circuit with these nets (ground is there already, as "0") and no parts.
pub fn circuit(nets: &[&str]) -> Circuit {
    let mut circuit = Circuit { title: "test".into(), ..Circuit::default() };
    for (n, name) in ["0"].iter().chain(nets).enumerate() {
        circuit.nets.push(Net { name: name.to_string(), span: NOWHERE });
        circuit.net_names.insert(name.to_lowercase(), NetId(n as u32));
    }
    circuit
}

/// The net of this name.
pub fn net(circuit: &Circuit, name: &str) -> NetId {
    circuit.net_names[&name.to_lowercase()]
}

/// Adds a `.model` card.
pub fn model(circuit: &mut Circuit, name: &str, base: &str, settings: &[(&'static str, f64)]) -> ModelId {
    let settings = settings.iter().map(|&(n, v)| (n.into(), Setting::Number(v))).collect();
    circuit.models.push(Model { name: name.into(), base: base.into(), settings, span: NOWHERE });
    ModelId(circuit.models.len() as u32 - 1)
}

/// Adds a part between nets.
pub fn part(
    circuit: &mut Circuit,
    kind: impl Into<KindRef>,
    path: &str,
    pins: &[&str],
    model: Option<ModelId>,
    settings: Vec<(&'static str, Setting)>,
) -> PartId {
    let id = PartId(circuit.parts.len() as u32);
    let pins = pins.iter().map(|n| net(circuit, n)).collect();
    let settings = settings.into_iter().map(|(n, s)| (n.into(), s)).collect();
    let kind = kind.into();
    circuit.parts.push(Part { path: path.into(), kind, pins, model, settings, span: NOWHERE });
    circuit.part_names.insert(path.to_lowercase(), id);
    id
}

/// Numbers as settings: `numbers(&[("r", 1e3)])`.
pub fn numbers(settings: &[(&'static str, f64)]) -> Vec<(&'static str, Setting)> {
    settings.iter().map(|&(n, v)| (n, Setting::Number(v))).collect()
}

/// Everything the devices say at one x, over all unknowns (index 0 is ground: its row and column are there too).
#[derive(Clone, Debug)]
pub struct Loaded {
    pub f: DVector<f64>,
    pub q: DVector<f64>,
    pub g: DMatrix<f64>,
    pub c: DMatrix<f64>,
    /// Some device evaluated somewhere else than at x.
    pub limited: bool,
}

/// One device, laid out, with its memory.
pub struct Unit {
    pub device: Box<dyn Device>,
    pub layout: DeviceLayout,
    pub memory: Memory,
    terms: Vec<u32>,
}

/// Devices under test with everything a run would own. Two lanes with the same x, so that lane mistakes show.
pub struct Bench {
    pub units: Vec<Unit>,
    /// Of each unknown; index 0 is ground.
    pub roles: Vec<Role>,
    pub branches: std::collections::HashMap<PartId, Unknown>,
    pub env: Environment,
    /// s
    pub time: f64,
    pub gmin: f64,
    pub source: f64,
    pub mode: Mode,
    pub transient: bool,
    /// The last accepted point.
    pub last: Vec<f64>,
}

const LANES: usize = 2;

/// Defaults of a run: 27 °C, gmin 1 pS, a transient of 1 ms.
pub fn environment() -> Environment {
    Environment {
        temp: 27.0,
        tnom: 27.0,
        gmin: 1e-12,
        tstep: 1e-6,
        tstop: 1e-3,
        defl: 1e-4,
        defw: 1e-4,
        defad: 0.0,
        defas: 0.0,
        seed: 1,
        draw: 0,
        point: 0,
    }
}

/// What the points of all units share.
struct Clock {
    time: [f64; LANES],
    ticks: [Ticks; LANES],
    gmin: f64,
    source: f64,
    mode: Mode,
    transient: bool,
}

impl Clock {
    fn point<'a>(&'a self, (x, last): (&'a [f64], &'a [f64]), terms: &'a [u32], width: usize) -> Point<'a> {
        Point {
            lanes: LANES,
            x,
            last,
            time: &self.time,
            ticks: &self.ticks,
            gmin: self.gmin,
            source: self.source,
            mode: self.mode,
            transient: self.transient,
            terms,
            width,
            part: 0.0,
        }
    }
}

impl Bench {
    /// Lays out what `build` makes of `parts` and sets it up.
    pub fn new(circuit: &Circuit, build: Build, parts: &[PartId]) -> Bench {
        Bench::in_environment(circuit, build, parts, environment())
    }

    pub fn in_environment(circuit: &Circuit, build: Build, parts: &[PartId], env: Environment) -> Bench {
        let mut layout = Layout::new(circuit);
        let mut units = Vec::new();
        for mut device in build(circuit, parts) {
            layout.device = DeviceLayout::default();
            device.layout(&mut layout);
            let mut laid = std::mem::take(&mut layout.device);
            assert_eq!(laid.terms.len(), laid.parts.len() * laid.width);
            laid.slots.params = circuit.part(laid.parts[0]).kind.params.len();
            let mut memory = Memory::new(laid.parts.len(), laid.slots, LANES);
            for (i, &part) in laid.parts.iter().enumerate() {
                for (k, v) in circuit.numbers(part).into_iter().enumerate() {
                    (0..LANES).for_each(|lane| memory.set_param(i, k, lane, v));
                }
            }
            let terms = laid.terms.iter().map(|u| u.0).collect();
            units.push(Unit { device, layout: laid, memory, terms });
        }
        let last = vec![0.0; layout.roles.len()];
        let (roles, branches) = (layout.roles, layout.branches);
        let mut bench = Bench {
            units,
            roles,
            branches,
            env,
            time: 0.0,
            gmin: env.gmin,
            source: 1.0,
            mode: Mode::Linearize,
            transient: false,
            last,
        };
        bench.setup();
        bench
    }

    fn clock(&self) -> Clock {
        Clock {
            time: [self.time; LANES],
            ticks: [Ticks::from_seconds(self.time); LANES],
            gmin: self.gmin,
            source: self.source,
            mode: self.mode,
            transient: self.transient,
        }
    }

    /// Again after a parameter or the temperature changed.
    pub fn setup(&mut self) {
        for unit in &mut self.units {
            (0..LANES).for_each(|lane| unit.device.setup(&self.env, &mut unit.memory, lane));
        }
    }

    /// States at their start.
    pub fn start(&mut self, x: &mut [f64]) {
        for Unit { device, layout, memory, terms } in &mut self.units {
            let mut put = |i: usize, t: usize, value: f64| x[terms[i * layout.width + t] as usize] = value;
            (0..LANES).for_each(|lane| device.start(memory, lane, &mut put));
        }
    }

    /// Sets a parameter of every instance; call [`Bench::setup`] afterwards.
    pub fn set(&mut self, name: &str, value: f64, circuit: &Circuit) {
        for unit in &mut self.units {
            for (i, &part) in unit.layout.parts.iter().enumerate() {
                let slot = circuit.part(part).kind.param(name).expect("a parameter of the kind");
                (0..LANES).for_each(|lane| unit.memory.set_param(i, slot, lane, value));
            }
        }
    }

    /// How many unknowns there are, ground included.
    pub fn unknowns(&self) -> usize {
        self.roles.len()
    }

    /// The current unknown of a part.
    pub fn branch(&self, part: PartId) -> usize {
        self.branches[&part].0 as usize
    }

    /// The unknown that the devices call by this name: an inner node or a state.
    pub fn inner(&self, name: &str) -> usize {
        self.find_inner(name).expect("an inner unknown of this name")
    }

    /// As [`Bench::inner`], where there may be none.
    pub fn find_inner(&self, name: &str) -> Option<usize> {
        let named = |r: &Role| matches!(r, Role::Inner(_, n) | Role::State(_, n, _) if n.eq_ignore_ascii_case(name));
        self.roles.iter().position(named)
    }

    /// All of F, Q, G, C at x (`x[0]` is ground).
    pub fn load(&mut self, x: &[f64]) -> Loaded {
        let clock = self.clock();
        let n = self.unknowns();
        assert_eq!(x.len(), n);
        let wide = |v: &[f64]| -> Vec<f64> { v.iter().flat_map(|&v| [v; LANES]).collect() };
        let (x_lanes, zero, last) = (wide(x), vec![0.0; n * LANES], wide(&self.last));
        let mut all = Loaded {
            f: DVector::zeros(n),
            q: DVector::zeros(n),
            g: DMatrix::zeros(n, n),
            c: DMatrix::zeros(n, n),
            limited: false,
        };
        for unit in &mut self.units {
            let Unit { device, layout, memory, terms } = unit;
            let (instances, width, linear) = (layout.parts.len(), layout.width, layout.linear);
            // A linear device is loaded at x for its charges at rest only.
            let linear = linear && self.mode != Mode::Initial;
            let (entries_g, entries_c) = (layout.pattern_g.len(), layout.pattern_c.len());
            let mut f = vec![0.0; instances * width * LANES];
            let mut q = f.clone();
            let mut g = vec![0.0; instances * entries_g * LANES];
            let mut c = vec![0.0; instances * entries_c * LANES];
            let point = clock.point((if linear { &zero } else { &x_lanes }, &last), terms, width);
            memory.limited.fill(false);
            let stamps =
                &mut Stamps { lanes: LANES, width, f: &mut f, q: &mut q, g: &mut g, c: &mut c, entries_g, entries_c };
            device.load(&point, memory, stamps);
            if linear {
                stamps.f.fill(0.0);
                stamps.q.fill(0.0);
                device.excite(&Point { x: &x_lanes, ..point }, memory, stamps);
            }
            all.limited |= memory.limited[0];
            for v in [&f, &q, &g, &c] {
                v.chunks(LANES).for_each(|v| assert_eq!(v[0].to_bits(), v[1].to_bits(), "lanes differ"));
            }
            for i in 0..instances {
                let unknown = |t: usize| terms[i * width + t] as usize;
                for t in 0..width {
                    all.f[unknown(t)] += f[(i * width + t) * LANES];
                    all.q[unknown(t)] += q[(i * width + t) * LANES];
                }
                for (e, &(row, col)) in layout.pattern_g.iter().enumerate() {
                    let value = g[(i * entries_g + e) * LANES];
                    all.g[(unknown(row), unknown(col))] += value;
                    if linear {
                        all.f[unknown(row)] += value * x[unknown(col)];
                    }
                }
                for (e, &(row, col)) in layout.pattern_c.iter().enumerate() {
                    let value = c[(i * entries_c + e) * LANES];
                    all.c[(unknown(row), unknown(col))] += value;
                    if linear {
                        all.q[unknown(row)] += value * x[unknown(col)];
                    }
                }
            }
        }
        all
    }

    /// Takes x as an accepted point: trial becomes state, `last` becomes x. True if a device says that something jumped.
    pub fn accept(&mut self, x: &[f64]) -> bool {
        let clock = self.clock();
        let last: Vec<f64> = self.last.iter().flat_map(|&v| [v; LANES]).collect();
        let x_lanes: Vec<f64> = x.iter().flat_map(|&v| [v; LANES]).collect();
        let mut jumped = false;
        for unit in &mut self.units {
            let Unit { device, layout, memory, terms } = unit;
            memory.state.copy_from_slice(&memory.trial);
            let point = clock.point((&x_lanes, &last), terms, layout.width);
            (0..LANES).for_each(|lane| jumped |= device.accept(&point, memory, lane));
        }
        self.last.copy_from_slice(x);
        jumped
    }

    /// What the devices say to a step from `last` to x: the deepest cut.
    pub fn review(&mut self, x: &[f64]) -> Review {
        let clock = self.clock();
        let wide = |v: &[f64]| -> Vec<f64> { v.iter().flat_map(|&v| [v; LANES]).collect() };
        let (x, last) = (wide(x), wide(&self.last));
        let mut least = Review::Accept;
        for unit in &mut self.units {
            let point = clock.point((&x, &last), &unit.terms, unit.layout.width);
            if let Review::Cut(f) = unit.device.review(&point, &mut unit.memory, 0) {
                least = match least {
                    Review::Cut(g) if g < f => least,
                    _ => Review::Cut(f),
                };
            }
        }
        least
    }

    /// A probe of the first instance at x; NaN where there is none of this name.
    pub fn probe(&self, name: &str, x: &[f64]) -> f64 {
        let clock = self.clock();
        let wide = |v: &[f64]| -> Vec<f64> { v.iter().flat_map(|&v| [v; LANES]).collect() };
        let (x, last) = (wide(x), wide(&self.last));
        let probe = |unit: &Unit| {
            let point = clock.point((&x, &last), &unit.terms, unit.layout.width);
            unit.device.probe(0, name, &point, &unit.memory, 0)
        };
        self.units.iter().find_map(probe).unwrap_or(f64::NAN)
    }

    /// The next landing of any device.
    pub fn landing(&self, after: Ticks) -> Option<Ticks> {
        self.units.iter().filter_map(|u| u.device.landing(&u.memory, 0, after)).min()
    }

    /// The next corner of any device.
    pub fn corner(&self, after: Ticks) -> Option<Ticks> {
        self.units.iter().filter_map(|u| u.device.corner(&u.memory, 0, after)).min()
    }

    /// Compares G and C at x with central differences of F and Q; `tolerance` is relative to the largest entry of a column.
    pub fn check_jacobians(&mut self, x: &[f64], tolerance: f64) {
        let here = self.load(x);
        assert!(!here.limited, "limited at x: no derivative to compare");
        for col in 1..self.unknowns() {
            let step = 1e-6 * x[col].abs().max(1e-3);
            let mut at = |v: f64| {
                let mut x = x.to_vec();
                x[col] = v;
                self.load(&x)
            };
            let (up, down) = (at(x[col] + step), at(x[col] - step));
            let width = (x[col] + step) - (x[col] - step);
            for (what, exact, up, down) in [("G", &here.g, &up.f, &down.f), ("C", &here.c, &up.q, &down.q)] {
                let difference = (up - down) / width;
                let noise = f64::EPSILON * up.amax() / width;
                let scale = exact.column(col).amax().max(difference.amax());
                for row in 0..self.unknowns() {
                    let (exact, difference) = (exact[(row, col)], difference[row]);
                    assert!(
                        (exact - difference).abs() <= tolerance * scale + 8.0 * noise,
                        "{what}[{row}, {col}] = {exact:e}, by differences {difference:e}, at {x:?}"
                    );
                }
            }
        }
    }
}

mod tests {
    use super::*;
    use crate::device::resistor;

    #[test]
    fn a_resistor_of_1_kohm_at_1_volt_draws_1_ma() {
        let mut c = circuit(&["a", "b"]);
        let r = part(&mut c, &resistor::KIND, "R1", &["a", "b"], None, numbers(&[("r", 1e3)]));
        let mut bench = Bench::new(&c, resistor::build, &[r]);
        let x = [0.0, 1.5, 0.5];
        let at = bench.load(&x);
        assert!((at.f[1] - 1e-3).abs() < 1e-18 && (at.f[2] + 1e-3).abs() < 1e-18, "{}", at.f);
        bench.check_jacobians(&x, 1e-6);
    }
}
