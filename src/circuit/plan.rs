//! What to run on a circuit and what to keep of it: the analysis cards of a deck with their numbers resolved.

use super::equation::Equation;
use super::kind::Label;
use super::{NetId, PartId};
use crate::diag::Span;

/// Everything a deck asks for.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    pub analyses: Vec<Analysis>,
    /// `.step` cards, the first is the outermost loop.
    pub steps: Vec<Sweep>,
    /// Everything a card wants to look at, each expression once; the other lists refer to it by index.
    pub observations: Vec<Observation>,
    /// What `.save` and `.probe` name; None: no such card, all nets and source currents are kept.
    pub saves: Option<Vec<usize>>,
    pub prints: Vec<Print>,
    pub plots: Vec<Print>,
    pub measures: Vec<Measure>,
    /// `.ic`: held during the operating point of a transient; start values with UIC.
    pub initial: Vec<(NetId, f64)>,
    /// `.nodeset`: guesses.
    pub nodeset: Vec<(NetId, f64)>,
    pub options: Options,
}

#[derive(Clone, Debug)]
pub struct Analysis {
    pub kind: AnalysisKind,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub enum AnalysisKind {
    Op,
    /// The first sweep is the inner loop.
    Dc(Vec<Sweep>),
    Ac {
        scale: AcScale,
        points: usize,
        start: f64,
        stop: f64,
    },
    /// Hertz
    Noise {
        /// V(first, second)
        output: (NetId, NetId),
        input: PartId,
        scale: AcScale,
        points: usize,
        start: f64,
        stop: f64,
    },
    /// Seconds. `step` is the printing step of SPICE; it sets pulse edges left out and, with `stop`, the default largest step.
    Tran {
        step: f64,
        stop: f64,
        start: f64,
        max_step: Option<f64>,
        uic: bool,
    },
}

impl AnalysisKind {
    /// As its card is called.
    pub fn name(&self) -> &'static str {
        match self {
            AnalysisKind::Op => "op",
            AnalysisKind::Dc(_) => "dc",
            AnalysisKind::Ac { .. } => "ac",
            AnalysisKind::Noise { .. } => "noise",
            AnalysisKind::Tran { .. } => "tran",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AcScale {
    /// points a decade
    Decade,
    /// points an octave
    Octave,
    /// points in all
    Linear,
}

/// A loop over values of one thing.
#[derive(Clone, Debug)]
pub struct Sweep {
    pub target: Target,
    /// What the column is called: `V1`, `temp`, `rload`.
    pub label: String,
    pub values: Vec<f64>,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Target {
    /// The DC value of an independent source.
    Source(PartId),
    /// A parameter of an element: `R1(r)`, or the main value of `R1`.
    Part(PartId, Label),
    /// `.step nch(vto)`: model name in lower case, parameter
    Model(String, Label),
    /// A `.param`, lower case
    Param(String),
    /// Degrees Celsius
    Temperature,
}

/// Something to look at and its name as written: `V(out)`, `I(V1)`, `VDB(out)`.
#[derive(Clone, Debug)]
pub struct Observation {
    pub label: String,
    pub equation: Equation,
    pub span: Span,
}

/// A `.print` or `.plot` card.
#[derive(Clone, Debug)]
pub struct Print {
    /// `tran dc ac op`; None: every analysis
    pub analysis: Option<String>,
    pub observations: Vec<usize>,
    /// `vs V(a)` of a plot: what they are drawn over instead of time, frequency or what is swept.
    pub against: Option<usize>,
    pub span: Span,
}

/// A `.meas` card.
#[derive(Clone, Debug)]
pub struct Measure {
    /// `tran dc ac`, lower case
    pub analysis: String,
    pub name: String,
    pub kind: MeasureKind,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub enum MeasureKind {
    /// TRIG … TARG …: the difference of two places
    Delay {
        from: Event,
        to: Event,
    },
    /// FIND x WHEN …: the value of `find` there
    FindWhen {
        find: usize,
        when: Event,
    },
    /// FIND x AT=t
    FindAt {
        find: usize,
        at: f64,
    },
    /// WHEN …: the place itself
    When(Event),
    /// DERIV x WHEN …
    DerivWhen {
        of: usize,
        when: Event,
    },
    DerivAt {
        of: usize,
        at: f64,
    },
    /// AVG RMS PP MIN MAX MIN_AT MAX_AT INTEG of `of` from `from` to `to`
    Over {
        what: Reduction,
        of: usize,
        from: Option<f64>,
        to: Option<f64>,
    },
    /// PARAM='expr' of other measures and parameters: [`ParamExpr`]
    Param(ParamExpr),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reduction {
    Average,
    Rms,
    PeakToPeak,
    Minimum,
    Maximum,
    MinimumAt,
    MaximumAt,
    Integral,
}

/// The place where `left` crosses `right`.
#[derive(Clone, Debug)]
pub struct Event {
    pub left: Place,
    pub right: f64,
    /// The other curve, if it is `WHEN a=b` with two expressions; `right` is then unused.
    pub right_of: Option<usize>,
    pub edge: Edge,
    /// The n-th such crossing, from 1; `LAST` is `usize::MAX`.
    pub count: usize,
    /// TD: look only from here on
    pub after: f64,
    pub from: Option<f64>,
    pub to: Option<f64>,
}

/// What a trigger watches.
#[derive(Clone, Debug)]
pub enum Place {
    /// An observation
    Curve(usize),
    /// `AT=t`: a fixed place
    At(f64),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edge {
    Rise,
    Fall,
    Cross,
}

/// An expression over measures: leaves are numbers (parameters resolved) and names of earlier measures.
#[derive(Clone, Debug, PartialEq)]
pub enum ParamExpr {
    Number(f64),
    Measure(String),
    Apply(super::equation::Function, Vec<ParamExpr>),
}

/// `.options` and `.temp`, in SI units but for the temperatures.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    pub reltol: f64,
    /// A
    pub abstol: f64,
    /// V
    pub vntol: f64,
    pub trtol: f64,
    /// s: no step of a transient is longer
    pub max_step: f64,
    /// S
    pub gmin: f64,
    /// Newton iterations of an operating point, of a DC sweep point, of a time point
    pub itl1: usize,
    pub itl2: usize,
    pub itl4: usize,
    pub method: Method,
    pub maxord: usize,
    /// °C
    pub temp: f64,
    /// °C
    pub tnom: f64,
    /// A resistor from every net to ground; infinite: none
    pub rshunt: f64,
    /// A capacitor from every net to ground
    pub cshunt: f64,
    /// Pivot tolerances of the sparse LU
    pub pivtol: f64,
    pub pivrel: f64,
    /// Default sizes of MOS transistors
    pub defl: f64,
    pub defw: f64,
    pub defad: f64,
    pub defas: f64,
    /// Fixed time step for tests of convergence order; None: truncation error decides
    pub fixed_step: Option<f64>,
    /// Whether `.variation` may act at all
    pub variation: bool,
    /// Of all random numbers: `--seed`
    pub seed: u64,
    /// Number of the draw and of the sweep point, which random numbers are keyed by too
    pub run: u64,
    pub point: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// The trapezoidal rule, and Gear-2 where something rings much faster than what was asked to see
    Automatic,
    Trapezoidal,
    Gear,
    Euler,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            reltol: 1e-3,
            abstol: 1e-12,
            vntol: 1e-6,
            trtol: 7.0,
            max_step: f64::INFINITY,
            gmin: 1e-12,
            itl1: 100,
            itl2: 50,
            itl4: 10,
            method: Method::Automatic,
            maxord: 2,
            temp: 27.0,
            tnom: 27.0,
            rshunt: f64::INFINITY,
            cshunt: 0.0,
            pivtol: 1e-13,
            pivrel: 1e-3,
            defl: 1e-4,
            defw: 1e-4,
            defad: 0.0,
            defas: 0.0,
            fixed_step: None,
            variation: true,
            seed: 1,
            run: 0,
            point: 0,
        }
    }
}
