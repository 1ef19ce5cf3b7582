//! Current of a MOS transistor by Shichman and Hodges, with body effect and channel-length modulation; source and drain
//! change places with the sign of vds. Voltages are those of an n-channel transistor.
//!
//! Source: H. Shichman, D. A. Hodges, IEEE J. Solid-State Circuits SC-3 (1968) 285; equations as in ngspice 39, mos1.

/// What the current depends on, temperature included.
#[derive(Clone, Copy, Debug)]
pub struct Channel {
    /// A/V²: kp·W/L
    pub beta: f64,
    /// V: threshold without body effect, vto − γ·√φ
    pub vbi: f64,
    /// √V
    pub gamma: f64,
    /// V
    pub phi: f64,
    pub sqrt_phi: f64,
    /// 1/V
    pub lambda: f64,
}

/// Drain current and its derivatives in vgs, vds, vbs, whatever the sign of vds.
#[derive(Clone, Copy, Debug, Default)]
pub struct Current {
    /// A, from drain to source through the channel
    pub id: f64,
    /// S
    pub by_vgs: f64,
    pub by_vds: f64,
    pub by_vbs: f64,
    /// Of the transistor as it stands (source and drain exchanged where vds < 0), S
    pub gm: f64,
    pub gds: f64,
    pub gmbs: f64,
    /// V: threshold with body effect
    pub von: f64,
    /// −∂von/∂vbs of the transistor as it stands
    pub body: f64,
    pub vdsat: f64,
}

impl Channel {
    #[inline(always)]
    pub fn current(&self, vgs: f64, vds: f64, vbs: f64) -> Current {
        if vds >= 0.0 {
            let c = self.forward(vgs, vds, vbs);
            return Current { by_vgs: c.gm, by_vds: c.gds, by_vbs: c.gmbs, ..c };
        }
        let c = self.forward(vgs - vds, -vds, vbs - vds);
        Current { id: -c.id, by_vgs: -c.gm, by_vds: c.gm + c.gds + c.gmbs, by_vbs: -c.gmbs, ..c }
    }

    /// For vds ≥ 0.
    #[inline(always)]
    fn forward(&self, vgs: f64, vds: f64, vbs: f64) -> Current {
        // √(φ − vbs) and what −∂von/∂vbs is of γ; forward bias goes on along the tangent at 0.
        let (body, slope) = if vbs <= 0.0 {
            let root = (self.phi - vbs).sqrt();
            (root, 0.5 / root)
        } else {
            let line = self.sqrt_phi - vbs / (2.0 * self.sqrt_phi);
            if line > 0.0 { (line, 0.5 / self.sqrt_phi) } else { (0.0, 0.0) }
        };
        let (von, body) = (self.vbi + self.gamma * body, self.gamma * slope);
        let over = vgs - von;
        if over <= 0.0 {
            return Current { von, body, ..Current::default() };
        }
        let beta = self.beta * (1.0 + self.lambda * vds);
        let (id, gm, gds) = if over <= vds {
            let half = 0.5 * over * over;
            (beta * half, beta * over, self.lambda * self.beta * half)
        } else {
            let area = vds * (over - 0.5 * vds);
            (beta * area, beta * vds, beta * (over - vds) + self.lambda * self.beta * area)
        };
        Current { id, gm, gds, gmbs: gm * body, von, body, vdsat: over, ..Current::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHANNEL: Channel = Channel { beta: 1e-3, vbi: 0.4, gamma: 0.5, phi: 0.64, sqrt_phi: 0.8, lambda: 0.05 };

    #[test]
    fn square_law() {
        // von = 0.4 + 0.5·0.8 = 0.8; id = β/2·(1 V)²·(1 + 0.05·2)
        let c = CHANNEL.current(1.8, 2.0, 0.0);
        assert!((c.id - 0.5e-3 * 1.1).abs() < 1e-18 && (c.von - 0.8).abs() < 1e-15);
        assert_eq!(CHANNEL.current(0.7, 2.0, 0.0).id, 0.0);
    }

    #[test]
    fn source_and_drain_may_change_places() {
        let (forward, reverse) = (CHANNEL.current(2.0, 0.7, -0.3), CHANNEL.current(1.3, -0.7, -1.0));
        assert!((forward.id + reverse.id).abs() < 1e-18);
    }

    #[test]
    fn derivatives_agree_with_differences() {
        let h = 1e-6;
        for (vgs, vds, vbs) in
            [(1.5, 2.0, -1.0), (2.5, 0.3, -0.1), (1.5, 2.0, 0.3), (1.5, -0.6, -1.2), (3.0, -2.5, -4.0)]
        {
            let c = CHANNEL.current(vgs, vds, vbs);
            let d = |a: Current, b: Current| (a.id - b.id) / (2.0 * h);
            let by_vgs = d(CHANNEL.current(vgs + h, vds, vbs), CHANNEL.current(vgs - h, vds, vbs));
            let by_vds = d(CHANNEL.current(vgs, vds + h, vbs), CHANNEL.current(vgs, vds - h, vbs));
            let by_vbs = d(CHANNEL.current(vgs, vds, vbs + h), CHANNEL.current(vgs, vds, vbs - h));
            for (exact, difference) in [(c.by_vgs, by_vgs), (c.by_vds, by_vds), (c.by_vbs, by_vbs)] {
                assert!((exact - difference).abs() < 1e-9, "at {vgs} {vds} {vbs}: {exact} {difference}");
            }
        }
    }
}
