//! Mistakes between cards of a plan: outputs of analyses that are not asked for, and things swept twice.

use super::fault::did_you_mean;
use super::missing::Missing;
use crate::circuit::plan::{AnalysisKind, Plan, Sweep};
use crate::diag::{Diagnostic, Span};

/// Points that all `.step` cards together may have.
const MOST_STEPS: f64 = 1e6;

/// Findings about `plan`; what wrong lines may have asked for is not missed. Columns of one name get different ones.
pub fn check(plan: &mut Plan, missing: &Missing, has_noise: bool) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    absent(plan, missing, has_noise, &mut found);
    twice(&plan.steps, ".step", &mut found);
    let points = plan.steps.iter().fold(1f64, |n, s| n * s.values.len() as f64);
    if points > MOST_STEPS {
        let last = plan.steps.last().map_or(Span::new(crate::diag::FileId(0), 0, 0), |s| s.span);
        found.push(
            Diagnostic::error("elab::too-many-steps", format!("{points} step points are too many"))
                .at(last, format!("the .step cards multiply to more than {MOST_STEPS}"))
                .help("take fewer values, or run several netlists"),
        );
    }
    for analysis in &plan.analyses {
        let AnalysisKind::Dc(sweeps) = &analysis.kind else { continue };
        twice(sweeps, ".dc", &mut found);
        for step in &mut plan.steps {
            let Some(sweep) = sweeps.iter().find(|s| s.target == step.target) else { continue };
            let message = format!(".dc sweeps {}, so that .step does nothing to it there", sweep.label);
            found.push(
                Diagnostic::warning("elab::step-and-sweep", message)
                    .at(sweep.span, "wins")
                    .at(step.span, "without effect on .dc")
                    .help("step something else, or take out one of the two"),
            );
            // Two columns of a table need two names.
            step.label = format!("step({})", sweep.label);
        }
    }
    found
}

/// `.print .plot .meas` of an analysis that the deck does not run.
fn absent(plan: &Plan, missing: &Missing, has_noise: bool, found: &mut Vec<Diagnostic>) {
    let mut names: Vec<&str> = plan.analyses.iter().map(|a| a.kind.name()).collect();
    names.dedup();
    let mut miss = |analysis: &str, span: Span, what: &str| {
        if names.contains(&analysis) || missing.doubts(analysis) {
            return;
        }
        let d =
            Diagnostic::warning("elab::absent-analysis", format!("{what} of .{analysis}, which the deck does not run"))
                .at(span, "gives nothing");
        found.push(match (did_you_mean(analysis, names.iter().copied()), &names[..]) {
            (Some(help), _) => d.help(help),
            (None, []) => d.help(format!("add .{analysis}")),
            (None, names) => d.help(format!("add .{analysis}; it runs {}", names.join(", "))),
        });
    };
    for (cards, what) in [(&plan.prints, "a .print"), (&plan.plots, "a .plot")] {
        for card in cards {
            // A .noise that is not supported has been spoken of.
            if let Some(analysis) = card.analysis.as_deref().filter(|a| *a != "noise" || !has_noise) {
                miss(analysis, card.span, what);
            }
        }
    }
    for m in &plan.measures {
        if !matches!(m.kind, crate::circuit::plan::MeasureKind::Param(_)) {
            miss(&m.analysis, m.span, &format!("the measure '{}' is", m.name));
        }
    }
}

/// One thing in two loops at once.
fn twice(sweeps: &[Sweep], card: &str, found: &mut Vec<Diagnostic>) {
    for (k, sweep) in sweeps.iter().enumerate() {
        if let Some(other) = sweeps[..k].iter().find(|s| s.target == sweep.target) {
            let d = Diagnostic::error("elab::swept-twice", format!("{card} sets {} twice", sweep.label))
                .at(sweep.span, "set here");
            let d = if other.span == sweep.span { d } else { d.at(other.span, "and here") };
            found.push(d.help("the loops would overwrite each other; take one of them out"));
        }
    }
}
