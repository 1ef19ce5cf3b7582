//! The last accepted points of every lane: values of all unknowns, charges of all rows, step lengths.

use serde::{Deserialize, Serialize};

/// Rings of accepted values, lane-minor: `[unknown * lanes + lane]`. Each lane turns its own rings.
#[derive(Clone, Serialize, Deserialize)]
pub struct History {
    lanes: usize,
    /// Four places for x; `order[lane]` says which is newest, second, third, and next to be overwritten.
    x: [Vec<f64>; 4],
    q: [Vec<f64>; 2],
    /// dQ/dt at the newest point
    dq: Vec<f64>,
    order: Vec<[usize; 4]>,
    charge: Vec<usize>,
    /// Accepted points since the last restart.
    pub points: Vec<usize>,
    /// Steps between the newest, second and third point, s.
    pub steps: Vec<[f64; 2]>,
}

impl History {
    pub fn new(unknowns: usize, lanes: usize) -> History {
        let zeros = || vec![0.0; unknowns * lanes];
        History {
            lanes,
            x: [zeros(), zeros(), zeros(), zeros()],
            q: [zeros(), zeros()],
            dq: zeros(),
            order: vec![[0, 1, 2, 3]; lanes],
            charge: vec![0; lanes],
            points: vec![0; lanes],
            steps: vec![[0.0; 2]; lanes],
        }
    }

    /// A point was accepted `h` after the one before. `dq` = a·q + beta by row.
    pub fn push(&mut self, lane: usize, h: f64, x: &[f64], q: &[f64], a: f64, beta: &[f64]) {
        let [n0, n1, n2, n3] = self.order[lane];
        self.order[lane] = [n3, n0, n1, n2];
        self.charge[lane] ^= 1;
        let (into, charge) = (&mut self.x[n3], &mut self.q[self.charge[lane]]);
        for k in (lane..x.len()).step_by(self.lanes) {
            into[k] = x[k];
            charge[k] = q[k];
            self.dq[k] = a * q[k] + beta[k];
        }
        self.points[lane] += 1;
        self.steps[lane] = [h, self.steps[lane][0]];
    }

    /// What is held does not change: dQ/dt of these rows at the newest point is 0.
    pub fn hold(&mut self, lane: usize, held: &[bool]) {
        for k in (lane..held.len()).step_by(self.lanes).filter(|&k| held[k]) {
            self.dq[k] = 0.0;
        }
    }

    /// dQ/dt of a row at the newest point, where something jumped there.
    pub fn set_rate(&mut self, k: usize, rate: f64) {
        self.dq[k] = rate;
    }

    /// How far Q of a row, `h` after the newest point, is from where it went at the rate that it had there.
    pub fn bend(&self, lane: usize, k: usize, h: f64, q: f64) -> f64 {
        q - self.q[self.charge[lane]][k] - h * self.dq[k]
    }

    /// The newest value of an unknown changes at once, and with it the charge of its own row.
    pub fn deposit(&mut self, lane: usize, k: usize, change: f64) {
        self.x[self.order[lane][0]][k] += change;
        self.q[self.charge[lane]][k] += change;
    }

    /// What came before no longer tells what comes next; the newest point stays.
    pub fn restart(&mut self, lane: usize) {
        self.points[lane] = self.points[lane].min(1);
    }

    /// Fills one lane of `x` with weighted sums of the last three points.
    pub fn predict(&self, lane: usize, weights: [f64; 3], x: &mut [f64]) {
        let [n0, n1, n2, _] = self.order[lane];
        let (x0, x1, x2) = (&self.x[n0], &self.x[n1], &self.x[n2]);
        for k in (lane..x.len()).step_by(self.lanes) {
            x[k] = weights[0] * x0[k] + weights[1] * x1[k] + weights[2] * x2[k];
        }
    }

    /// Weighted sum of the last three values at one place of the lane-minor slices.
    pub fn extrapolate(&self, lane: usize, weights: [f64; 3], k: usize) -> f64 {
        let [n0, n1, n2, _] = self.order[lane];
        weights[0] * self.x[n0][k] + weights[1] * self.x[n1][k] + weights[2] * self.x[n2][k]
    }

    /// Fills one lane of `beta` with b·Q₀ + c·Q₋₁ + d·dQ₀.
    pub fn charge_history(&self, lane: usize, b: f64, c: f64, d: f64, beta: &mut [f64]) {
        let (q0, q1) = (&self.q[self.charge[lane]], &self.q[self.charge[lane] ^ 1]);
        for k in (lane..beta.len()).step_by(self.lanes) {
            beta[k] = b * q0[k] + c * q1[k] + d * self.dq[k];
        }
    }
}
