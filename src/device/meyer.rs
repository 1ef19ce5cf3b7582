//! Meyer's gate capacitances of a MOS transistor: what the gate sees of source, drain and bulk, by region, with their slopes.
//!
//! Source: J. E. Meyer, "MOS models and circuit simulation", RCA Review 32 (1971), with the bridge over the threshold of
//! SPICE3 and ngspice 39 (a saturation voltage of at least 25 mV). They are capacitances of no charge function of the
//! voltages; a device integrates them from its last accepted point.

use super::slope::Slope;

/// The saturation voltage is taken at least this large, V.
const LEAST_VDSAT: f64 = 0.025;

/// Capacitances (F) from the gate to source, drain and bulk, overlaps not included, and their slopes by `over` and `vds`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GateCapacitance {
    pub gs: Slope,
    pub gd: Slope,
    pub gb: Slope,
}

/// For vds ≥ 0: `over` is vgs − von, which is the saturation voltage where there is a channel; `phi` the surface potential;
/// `cox` the capacitance of the oxide over the channel.
#[inline(always)]
pub fn gate_capacitance(over: f64, vds: f64, phi: f64, cox: f64) -> GateCapacitance {
    let none = Slope::ZERO;
    if over <= -phi {
        return GateCapacitance { gs: none, gd: none, gb: Slope::constant(cox) };
    }
    let (over, vds) = (Slope::voltage(over, 0), Slope::voltage(vds, 1));
    let depleted = over * (-cox / phi);
    if over.v <= -0.5 * phi {
        return GateCapacitance { gs: none, gd: none, gb: depleted };
    }
    // Weak inversion takes from the bulk what the channel gets.
    let (channel, gb) = if over.v <= 0.0 {
        (over * (cox / (0.75 * phi)) + cox / 1.5, depleted)
    } else {
        (Slope::constant(cox / 1.5), none)
    };
    let vdsat = if over.v > LEAST_VDSAT { over } else { Slope::constant(LEAST_VDSAT) };
    if vds.v >= vdsat.v {
        return GateCapacitance { gs: channel, gd: none, gb };
    }
    let whole = vdsat * 2.0 - vds;
    let (drain, source) = (vdsat / whole, (vdsat - vds) / whole);
    let share = |part: Slope| channel - channel * part * part;
    GateCapacitance { gs: share(source), gd: share(drain), gb }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(over: f64, vds: f64, cox: f64) -> [f64; 3] {
        let c = gate_capacitance(over, vds, 0.6, cox);
        [c.gs.v, c.gd.v, c.gb.v]
    }

    #[test]
    fn the_oxide_is_shared_as_meyer_says() {
        assert_eq!(values(-1.0, 1.0, 3.0), [0.0, 0.0, 3.0]);
        assert_eq!(values(1.0, 2.0, 3.0), [2.0, 0.0, 0.0]);
        let [gs, gd, _] = values(1.0, 0.0, 3.0);
        assert!((gs - 1.5).abs() < 1e-15 && (gd - 1.5).abs() < 1e-15);
        assert!((values(-0.45, 1.0, 3.0)[2] - 2.25).abs() < 1e-15);
    }

    #[test]
    fn regions_meet() {
        for (over, vds) in [(-0.6, 1.0), (-0.3, 1.0), (0.0, 1.0), (0.0, 0.01), (0.5, 0.5)] {
            let at = |d: f64| values(over + d, vds, 1.0);
            for (a, b) in at(-1e-9).into_iter().zip(at(1e-9)) {
                assert!((a - b).abs() < 1e-7, "at {over}, {vds}: {a} {b}");
            }
        }
    }

    #[test]
    fn slopes_agree_with_differences() {
        for (over, vds) in [(-0.7, 1.0), (-0.4, 0.5), (-0.2, 0.01), (-0.2, 1.0), (0.01, 0.02), (0.8, 0.3), (0.8, 0.9)] {
            let c = gate_capacitance(over, vds, 0.6, 1.0);
            let by = |o: f64, d: f64| {
                let (above, below) = (values(over + o, vds + d, 1.0), values(over - o, vds - d, 1.0));
                [0, 1, 2].map(|k| (above[k] - below[k]) / 2e-6)
            };
            for (place, differences) in [by(1e-6, 0.0), by(0.0, 1e-6)].into_iter().enumerate() {
                for (slope, difference) in [c.gs, c.gd, c.gb].into_iter().zip(differences) {
                    assert!(
                        (slope.by[place] - difference).abs() < 1e-8 * (1.0 + difference.abs()),
                        "at {over}, {vds}: {slope:?} {difference}"
                    );
                }
            }
        }
    }
}
