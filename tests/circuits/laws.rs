//! Closed equations of parts, written from their sources and not from the simulator: what flows for given voltages.
//!
//! Sources: ngspice 39 manual, "Junction Diode Model (D)"; H. Shichman, D. A. Hodges, IEEE J. Solid-State Circuits SC-3
//! (1968) 285; J. E. Meyer, RCA Review 32 (1971), with SPICE3's bridge over the threshold. All at 27 °C.

use crate::ledger::Flow;

/// k·T/q at 27 °C with the constants of ngspice 39 (CODATA 2014), V
const VT: f64 = 1.38064852e-23 * 300.15 / 1.6021766208e-19;
/// `.options gmin`, S
const GMIN: f64 = 1e-12;
/// Permittivity of silicon dioxide, F/m
const OXIDE: f64 = 3.9 * 8.854214871e-12;

/// Ohm.
pub fn resistor(a: &'static str, b: &'static str, volts: f64, ohm: f64) -> Flow {
    Flow::Current(a, b, volts / ohm)
}

/// Q = C·V.
pub fn capacitor(a: &'static str, b: &'static str, volts: f64, farad: f64) -> Flow {
    Flow::Charge(a, b, farad * volts)
}

/// ∫C(v)dv of C = c0·(1 − v/φ)^−m, below half of φ, and along the tangent of C there above.
fn depletion(v: f64, c0: f64, phi: f64, m: f64) -> f64 {
    let below = |v: f64| c0 * phi * (1.0 - (1.0 - v / phi).powf(1.0 - m)) / (1.0 - m);
    let knee = 0.5 * phi;
    if v < knee {
        return below(v);
    }
    let c = c0 * 0.5f64.powf(-m);
    let slope = c * m / (0.5 * phi);
    below(knee) + c * (v - knee) + 0.5 * slope * (v - knee).powi(2)
}

/// A `.model … d` card: A, –, s, F, V, –.
pub struct Diode {
    pub is: f64,
    pub n: f64,
    pub tt: f64,
    pub cjo: f64,
    pub vj: f64,
    pub m: f64,
}

impl Diode {
    /// Current and charge from anode to cathode at `v`, far from breakdown.
    pub fn flows(&self, a: &'static str, c: &'static str, v: f64) -> [Flow; 2] {
        let vte = self.n * VT;
        let share = if v >= -3.0 * vte {
            (v / vte).exp() - 1.0
        } else {
            -1.0 - (3.0 * vte / (v * std::f64::consts::E)).powi(3)
        };
        let current = self.is * share + GMIN * v;
        let charge = self.tt * current + depletion(v, self.cjo, self.vj, self.m);
        [Flow::Current(a, c, current), Flow::Charge(a, c, charge)]
    }
}

/// A `.model … nmos` or `pmos` card of level 1 (threshold positive where a channel of its own type must be made), and
/// the size of the transistor: V, A/V², √V, V, 1/V, m, F/m.
#[derive(Clone, Copy)]
pub struct Mos {
    /// 1 for n-channel, −1 for p-channel
    pub sign: f64,
    pub vto: f64,
    pub kp: f64,
    pub gamma: f64,
    pub phi: f64,
    pub lambda: f64,
    pub tox: f64,
    /// Gate to source and to drain, each
    pub cgo: f64,
    pub cgbo: f64,
    pub w: f64,
    pub l: f64,
    /// Junctions to the bulk, 0 V: F of the area and of the edge, saturation current in A
    pub bottom: f64,
    pub side: f64,
    pub is: f64,
}

/// Gradings of area and edge, and potential of every junction to the bulk.
const GRADING: [f64; 2] = [0.5, 0.3];
const POTENTIAL: f64 = 0.9;

impl Mos {
    /// Everything that flows between drain, gate, source and bulk at these voltages.
    pub fn flows(&self, [d, g, s, b]: [&'static str; 4], [vd, vg, vs, vb]: [f64; 4]) -> Vec<Flow> {
        let [vd, vg, vs, vb] = [vd, vg, vs, vb].map(|v| self.sign * v);
        // The end of the channel at the lower potential is the source.
        let turned = vd < vs;
        let [(low, vl), (high, vh)] = if turned { [(d, vd), (s, vs)] } else { [(s, vs), (d, vd)] };
        let (over, vds) = (vg - vl - self.threshold(vb - vl), vh - vl);
        let mut flows = vec![Flow::Current(high, low, self.sign * self.channel(over, vds))];
        let [to_low, to_high, to_bulk] = self.meyer(over, vds);
        let [to_source, to_drain] = if turned { [to_high, to_low] } else { [to_low, to_high] };
        let gate = |end: &'static str, v: f64, c: f64| Flow::Capacitance(g, end, c, self.sign * (vg - v));
        flows.extend([
            gate(s, vs, to_source + self.cgo * self.w),
            gate(d, vd, to_drain + self.cgo * self.w),
            gate(b, vb, to_bulk + self.cgbo * self.l),
        ]);
        for (end, v) in [(d, vb - vd), (s, vb - vs)] {
            let leak = if v <= -3.0 * VT { -self.is } else { self.is * ((v / VT).exp() - 1.0) };
            flows.push(Flow::Current(b, end, self.sign * (leak + GMIN * v)));
            let charge =
                depletion(v, self.bottom, POTENTIAL, GRADING[0]) + depletion(v, self.side, POTENTIAL, GRADING[1]);
            flows.push(Flow::Charge(b, end, self.sign * charge));
        }
        flows
    }

    fn threshold(&self, vbs: f64) -> f64 {
        let root = self.phi.sqrt();
        let body = if vbs <= 0.0 { (self.phi - vbs).sqrt() } else { (root - vbs / (2.0 * root)).max(0.0) };
        self.vto + self.gamma * (body - root)
    }

    fn channel(&self, over: f64, vds: f64) -> f64 {
        let beta = self.kp * self.w / self.l * (1.0 + self.lambda * vds);
        let reach = vds.min(over);
        if over <= 0.0 { 0.0 } else { beta * reach * (over - 0.5 * reach) }
    }

    /// Capacitances from the gate to the source, the drain and the bulk.
    fn meyer(&self, over: f64, vds: f64) -> [f64; 3] {
        let cox = OXIDE / self.tox * self.w * self.l;
        let bulk = cox * (-over / self.phi).clamp(0.0, 1.0);
        if over <= -0.5 * self.phi {
            return [0.0, 0.0, bulk];
        }
        // Rises from nothing half a φ below the threshold.
        let whole = cox * 2.0 / 3.0 * (1.0 + 2.0 * over.min(0.0) / self.phi);
        let vdsat = over.max(0.025);
        if vds >= vdsat {
            return [whole, 0.0, bulk];
        }
        let span = 2.0 * vdsat - vds;
        [whole * (1.0 - ((vdsat - vds) / span).powi(2)), whole * (1.0 - (vdsat / span).powi(2)), bulk]
    }
}
