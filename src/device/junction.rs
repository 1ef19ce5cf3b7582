//! What p–n junctions of diodes and MOS transistors share: limiting of their voltage between Newton iterations,
//! depletion charge, and how potential, capacitance and saturation current depend on temperature.
//!
//! Source: SPICE2 (L. W. Nagel, ERL-M520, 1975); constants and laws as in ngspice 39, so that operating points agree.

/// J/K, C: CODATA 2014, as in ngspice 39
pub const BOLTZMANN: f64 = 1.38064852e-23;
pub const CHARGE: f64 = 1.6021766208e-19;
/// K at 0 °C
pub const KELVIN: f64 = 273.15;
/// K: where the laws of the potential are anchored
pub const REFERENCE: f64 = 300.15;

/// k·T/q in volts; `t` in K.
pub fn thermal_voltage(t: f64) -> f64 {
    BOLTZMANN / CHARGE * t
}

/// The band gap of silicon, eV; `t` in K.
pub fn band_gap(t: f64) -> f64 {
    1.16 - 7.02e-4 * t * t / (t + 1108.0)
}

/// What ni(T)² adds to a potential in volts; `t` in K.
pub fn potential_shift(t: f64) -> f64 {
    let half = 2.0 * BOLTZMANN;
    let energy = 1.1150877 / (half * REFERENCE) - band_gap(t) / (half * t);
    -2.0 * thermal_voltage(t) * (1.5 * (t / REFERENCE).ln() + CHARGE * energy)
}

/// The potential as it would be at the reference temperature, V; `v` holds at `tnom` (K).
pub fn potential_at_reference(v: f64, tnom: f64) -> f64 {
    (v - potential_shift(tnom)) * REFERENCE / tnom
}

/// A built-in potential at `t` (K), V; `v` holds at `tnom` (K).
pub fn potential(v: f64, tnom: f64, t: f64) -> f64 {
    potential_shift(t) + t / REFERENCE * potential_at_reference(v, tnom)
}

/// The factor on a depletion capacitance of grading `m` between `tnom` and `t` (K), whose potential is `v` at `tnom`.
pub fn capacitance_factor(v: f64, m: f64, tnom: f64, t: f64) -> f64 {
    let reference = potential_at_reference(v, tnom);
    let law = |v: f64, t: f64| 1.0 + m * (4e-4 * (t - REFERENCE) - (v - reference) / reference);
    law(potential(v, tnom, t), t) / law(v, tnom)
}

/// Forward exponential, or below −3·vte the cube law that meets it: current and conductance per saturation current.
#[inline]
pub fn ideal(v: f64, vte: f64) -> (f64, f64) {
    if v >= -3.0 * vte {
        let e = (v / vte).min(700.0).exp();
        (e - 1.0, e / vte)
    } else {
        let cube = (3.0 * vte / (v * std::f64::consts::E)).powi(3);
        (-1.0 - cube, 3.0 * cube / v)
    }
}

/// The voltage above which an exponential of this saturation current (A) must be limited; `vte` is n·k·T/q.
pub fn critical_voltage(vte: f64, saturation: f64) -> f64 {
    vte * (vte / (std::f64::consts::SQRT_2 * saturation)).ln()
}

/// Limits the change of a junction voltage between iterations to what its exponential bears. True where it did.
/// Rule of SPICE's pnjlim with A. Gillespie's bound on the way back.
#[inline]
pub fn limit(new: f64, old: f64, vte: f64, critical: f64) -> (f64, bool) {
    if new > critical && (new - old).abs() > 2.0 * vte {
        let step = (new - old) / vte;
        let limited = if old <= 0.0 {
            vte * (new / vte).ln()
        } else if step > 0.0 {
            old + vte * (2.0 + (step - 2.0).ln())
        } else {
            old - vte * (2.0 + (2.0 - step).ln())
        };
        return (limited, true);
    }
    if new < 0.0 {
        let floor = if old > 0.0 { -old - 1.0 } else { 2.0 * old - 1.0 };
        if new < floor {
            return (floor, true);
        }
    }
    (new, false)
}

/// Depletion charge of a junction: C = C0·(1 − v/φ)^−m below fc·φ, continued along its tangent above.
#[derive(Clone, Copy, Debug)]
pub struct Depletion {
    /// F, at 0 V
    pub c0: f64,
    /// V
    pub potential: f64,
    pub grading: f64,
    /// V: fc·φ
    pub knee: f64,
    /// C and F at the knee, and the slope there in F/V
    pub knee_charge: f64,
    pub knee_c: f64,
    pub knee_slope: f64,
}

impl Depletion {
    /// How many numbers it is.
    pub const SLOTS: usize = 7;

    pub fn new(c0: f64, potential: f64, grading: f64, fc: f64) -> Depletion {
        let below = 1.0 - fc;
        let knee_c = c0 * below.powf(-grading);
        Depletion {
            c0,
            potential,
            grading,
            knee: fc * potential,
            knee_charge: if grading == 1.0 {
                -c0 * potential * below.ln()
            } else {
                potential * (c0 - below * knee_c) / (1.0 - grading)
            },
            knee_c,
            knee_slope: knee_c * grading / (below * potential),
        }
    }

    pub fn to_slots(self) -> [f64; Depletion::SLOTS] {
        [self.c0, self.potential, self.grading, self.knee, self.knee_charge, self.knee_c, self.knee_slope]
    }

    pub fn from_slots(slot: impl Fn(usize) -> f64) -> Depletion {
        let [c0, potential, grading, knee, knee_charge, knee_c, knee_slope] = std::array::from_fn(slot);
        Depletion { c0, potential, grading, knee, knee_charge, knee_c, knee_slope }
    }

    /// Charge (C) and capacitance (F) at `v`.
    #[inline]
    pub fn at(&self, v: f64) -> (f64, f64) {
        if self.c0 == 0.0 {
            return (0.0, 0.0);
        }
        if v >= self.knee {
            let over = v - self.knee;
            let charge = self.knee_charge + over * (self.knee_c + 0.5 * over * self.knee_slope);
            return (charge, self.knee_c + over * self.knee_slope);
        }
        let rest = 1.0 - v / self.potential;
        let power = if self.grading == 0.5 { 1.0 / rest.sqrt() } else { rest.powf(-self.grading) };
        let charge = if self.grading == 1.0 {
            -self.c0 * self.potential * rest.ln()
        } else {
            self.potential * self.c0 * (1.0 - rest * power) / (1.0 - self.grading)
        };
        (charge, self.c0 * power)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thermal_voltage_at_27_degrees() {
        // 8.6173303e-5 eV/K, CODATA 2014
        assert!((thermal_voltage(300.15) - 8.6173303e-5 * 300.15).abs() < 1e-9);
    }

    #[test]
    fn nothing_changes_at_the_nominal_temperature() {
        for tnom in [250.0, 300.15, 400.0] {
            assert!((potential(0.8, tnom, tnom) - 0.8).abs() < 1e-14);
            assert!((capacitance_factor(0.8, 0.4, tnom, tnom) - 1.0).abs() < 1e-14);
        }
        assert!(potential(0.8, 300.15, 350.0) < 0.8);
    }

    #[test]
    fn capacitance_is_the_derivative_of_charge_on_both_sides_of_the_knee() {
        for grading in [0.3, 0.5, 1.0] {
            let d = Depletion::new(2e-12, 0.8, grading, 0.5);
            assert!((d.at(0.0).1 - 2e-12).abs() < 1e-24 && d.at(0.0).0 == 0.0);
            for v in [-5.0, -0.3, 0.2, 0.399, 0.401, 0.9] {
                let h = 1e-5;
                let slope = (d.at(v + h).0 - d.at(v - h).0) / (2.0 * h);
                assert!((slope / d.at(v).1 - 1.0).abs() < 1e-7, "m = {grading}, v = {v}");
            }
            let (below, above) = (d.at(0.4 - 1e-9), d.at(0.4 + 1e-9));
            assert!((above.0 - below.0).abs() < 1e-20 && (above.1 / below.1 - 1.0).abs() < 1e-7);
        }
    }

    #[test]
    fn limiting_compresses_large_forward_steps_and_keeps_small_ones() {
        let (vte, critical) = (0.0259, 0.7);
        assert_eq!(limit(0.71, 0.70, vte, critical), (0.71, false));
        let (v, limited) = limit(5.0, 0.7, vte, critical);
        assert!(limited && v > 0.7 && v < 0.9);
        assert_eq!(limit(-100.0, 0.5, vte, critical), (-1.5, true));
        assert!(limit(5.0, 0.0, vte, critical).0 < 0.2);
    }
}
