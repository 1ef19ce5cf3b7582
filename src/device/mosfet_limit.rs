//! Bounds on how far the voltages of a field-effect transistor may move in one Newton iteration.
//!
//! Source: fetlim and limvds of SPICE3 with A. Gillespie's bounds, as in ngspice 39.

/// The gate–source voltage to evaluate at, after `old`; `von` is the threshold.
#[inline]
pub fn gate(new: f64, old: f64, von: f64) -> f64 {
    let far = 2.0 * (old - von).abs() + 2.0;
    let near = (old - von).abs() + 1.0;
    let step = new - old;
    if old < von {
        return if step <= 0.0 {
            new.max(old - far)
        } else if new <= von + 0.5 {
            new.min(old + near)
        } else {
            von + 0.5
        };
    }
    if old < von + 3.5 {
        return if step <= 0.0 { new.max(von - 0.5) } else { new.min(von + 4.0) };
    }
    if step > 0.0 {
        new.min(old + far)
    } else if new >= von + 3.5 {
        new.max(old - near)
    } else {
        new.max(von + 2.0)
    }
}

/// The drain–source voltage to evaluate at, after `old`; both of the transistor as it stood, so `old` ≥ 0.
#[inline]
pub fn drain(new: f64, old: f64) -> f64 {
    if old >= 3.5 {
        if new > old {
            new.min(3.0 * old + 2.0)
        } else if new < 3.5 {
            new.max(2.0)
        } else {
            new
        }
    } else if new > old {
        new.min(4.0)
    } else {
        new.max(-0.5)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transistor_turns_on_in_steps() {
        assert_eq!(gate(5.0, 0.0, 0.7), 1.2);
        assert_eq!(gate(5.0, 1.2, 0.7), 4.7);
        assert_eq!(gate(5.0, 4.7, 0.7), 5.0);
        assert_eq!(gate(0.0, 5.0, 0.7), 2.7);
        assert_eq!([drain(9.0, 0.1), drain(-9.0, 0.1), drain(20.0, 4.0)], [4.0, -0.5, 14.0]);
    }
}
