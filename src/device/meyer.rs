//! Meyer's gate capacitances of a MOS transistor: what the gate sees of source, drain and bulk, by region.
//!
//! Source: J. E. Meyer, "MOS models and circuit simulation", RCA Review 32 (1971), with the bridge over the threshold of
//! SPICE3 and ngspice 39 (a saturation voltage of at least 25 mV). They are capacitances of no charge function of the
//! voltages; a device integrates them from its last accepted point.

/// The saturation voltage is taken at least this large, V.
const LEAST_VDSAT: f64 = 0.025;

/// Capacitances (F) from the gate to source, drain and bulk, overlaps not included.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct GateCapacitance {
    pub gs: f64,
    pub gd: f64,
    pub gb: f64,
}

/// For vds ≥ 0: `over` is vgs − von; `phi` the surface potential; `cox` the capacitance of the oxide over the channel.
#[inline]
pub fn gate_capacitance(over: f64, vds: f64, vdsat: f64, phi: f64, cox: f64) -> GateCapacitance {
    if over <= -0.5 * phi {
        return GateCapacitance { gs: 0.0, gd: 0.0, gb: if over <= -phi { cox } else { -over / phi * cox } };
    }
    // Weak inversion takes from the bulk what the channel gets.
    let (channel, gb) =
        if over <= 0.0 { (cox * (over / (0.75 * phi) + 1.0 / 1.5), -over / phi * cox) } else { (cox / 1.5, 0.0) };
    let vdsat = vdsat.max(LEAST_VDSAT);
    if vds >= vdsat {
        return GateCapacitance { gs: channel, gd: 0.0, gb };
    }
    let scale = 1.0 / (2.0 * vdsat - vds);
    let (drain, source) = (vdsat * scale, (vdsat - vds) * scale);
    GateCapacitance { gs: channel * (1.0 - source * source), gd: channel * (1.0 - drain * drain), gb }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oxide_is_shared_as_meyer_says() {
        let c = |over, vds| gate_capacitance(over, vds, f64::max(over, 0.0), 0.6, 3.0);
        assert_eq!(c(-1.0, 1.0), GateCapacitance { gs: 0.0, gd: 0.0, gb: 3.0 });
        assert_eq!(c(1.0, 2.0), GateCapacitance { gs: 2.0, gd: 0.0, gb: 0.0 });
        let resistive = c(1.0, 0.0);
        assert!((resistive.gs - 1.5).abs() < 1e-15 && (resistive.gd - 1.5).abs() < 1e-15);
        assert!((c(-0.45, 1.0).gb - 2.25).abs() < 1e-15);
    }

    #[test]
    fn regions_meet() {
        for (over, vds) in [(-0.6, 1.0), (-0.3, 1.0), (0.0, 1.0), (0.0, 0.01), (0.5, 0.5)] {
            let at = |d: f64| gate_capacitance(over + d, vds, f64::max(over + d, 0.0), 0.6, 1.0);
            let (below, above) = (at(-1e-9), at(1e-9));
            for (a, b) in [(below.gs, above.gs), (below.gd, above.gd), (below.gb, above.gb)] {
                assert!((a - b).abs() < 1e-7, "at {over}, {vds}: {a} {b}");
            }
        }
    }
}
