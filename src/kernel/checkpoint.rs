//! A bench at an accepted point ⇄ bytes, so that another process can go on to the same bits: the transient
//! ([`crate::analysis::Transient::state`]) and everything beside it that moves.

use serde::{Deserialize, Serialize};

use super::absorbed::Absorbed;
use super::bench::Bench;
use crate::analysis::{Failure, Stats, Warned};
use crate::process::history::{History, Kept, Numbers};

/// Everything beside the circuit's names and equations.
#[derive(Serialize, Deserialize)]
struct State {
    transient: Vec<u8>,
    signals: Vec<f64>,
    tracks: Vec<[f64; 4]>,
    absorbed: Absorbed,
    history: Numbers,
    branches: u64,
    told: (Vec<Warned>, Stats),
}

impl Bench {
    /// Everything that moves, at a point where the transient begins anew.
    pub fn state(&self) -> Result<Vec<u8>, postcard::Error> {
        postcard::to_stdvec(&State {
            transient: self.transient.state()?,
            signals: self.signals.clone(),
            tracks: self.tracks.numbers(),
            absorbed: self.absorbed.clone(),
            history: self.history.numbers(),
            branches: self.branches,
            told: self.told.lock().map(|t| t.clone()).unwrap_or_default(),
        })
    }

    /// Goes on from there, with the same kept and followed. False where it is of another circuit.
    pub fn restore(&mut self, bytes: &[u8]) -> Result<bool, Failure> {
        let Ok(state) = postcard::from_bytes::<State>(bytes) else { return Ok(false) };
        if state.signals.len() != self.signals.len()
            || state.tracks.len() != self.tracks.numbers().len()
            || !self.history.remember(state.history)
            || !self.transient.restore(&state.transient)?
        {
            return Ok(false);
        }
        (self.signals, self.absorbed, self.branches) = (state.signals, state.absorbed, state.branches);
        self.tracks.remember(&state.tracks);
        if let Ok(mut told) = self.told.lock() {
            *told = state.told;
        }
        self.still.begin_anew();
        Ok(true)
    }
}

/// The past that a bench knew, of which this was kept.
pub fn past(bytes: &[u8], keep: &[Kept]) -> Option<History> {
    let state: State = postcard::from_bytes(bytes).ok()?;
    let mut history = History::default();
    for k in keep {
        history.add(k);
    }
    history.remember(state.history).then_some(history)
}
