//! `map(protocol, xs)`: one branch for each element of the first axis of `xs`, all from this moment, independent, side by
//! side; results stacked. The circuit is then as it was.

use super::calling::bind;
use super::code::{Code, OpKind};
use super::frame::{Frame, Process};
use super::notebook::NoNotebook;
use super::run::Run;
use super::scheduler::{Halt, Scheduler};
use super::sight::stopped;
use super::world::{Plant, Stop};
use crate::diag::{Diagnostic, Span};
use crate::syntax::ast::{Expr, ExprKind, Name};
use crate::value::answer::Answer;
use crate::value::assign::Given;
use crate::value::eval::{eval, owner};
use crate::value::fault::Fault;
use crate::value::scope::MAX_DEPTH;
use crate::value::{Value, index};

/// Results, as another run reads them.
type Kept = Vec<(String, Value)>;

/// How much of the depth that calls may reach a map takes.
const DEPTH: usize = MAX_DEPTH / 8;

/// What a branch came to.
type Outcome = Result<Answer, Halt>;

pub(super) fn map(run: &mut Run, frame: &mut Frame, call: &Expr) -> Result<Answer, Fault> {
    let ExprKind::Call { args, .. } = &call.kind else { return Err(Fault::Said) };
    let [protocol, xs] = &args[..] else {
        return Err(Fault::new("process::map", call.span, "map takes a protocol and an array", "called here")
            .with_help("map(classify, images)"));
    };
    let (at, name) = match &protocol.value.kind {
        ExprKind::Name(n) => (frame.at, Name { text: n.clone(), span: protocol.value.span }),
        ExprKind::Field(base, name) => match owner(base, &mut run.sight(frame))?.first() {
            Value::Handle(h) => (super::groups::instance(&run.machine.groups, &h, base.span)?, name.clone()),
            _ => return Err(Fault::new("process::map", base.span, "this is not an instance", "here")),
        },
        _ => {
            let message = "the first argument of map is the name of a protocol";
            return Err(Fault::new("process::map", protocol.value.span, message, "this is none")
                .with_help("map(classify, images) calls classify once for each image"));
        }
    };
    let Some(code) = run.machine.code(at, &name.lower()) else {
        let known = run.machine.program.instances.get(at.0 as usize).into_iter().flat_map(|i| i.protocols.keys());
        return Err(super::groups::unknown("protocol", &name.text, name.span, known.map(String::as_str)));
    };
    if run.budget.depth + DEPTH >= MAX_DEPTH {
        let message = "maps are nested too deeply";
        return Err(Fault::new("process::too-deep", call.span, message, "this one is in the branch of another")
            .with_help("does a protocol map itself without end?"));
    }
    let xs_value = eval(&xs.value, &mut run.sight(frame))?;
    let items = index::items(&xs_value, xs.value.span)?;
    run.readings.maps += 1;
    if let Some(answer) = run.world.answered().and_then(|bytes| postcard::from_bytes::<Kept>(&bytes).ok()) {
        return Ok(Answer::Several(answer.into_iter().map(|(name, v)| (name.into(), v)).collect()));
    }
    let threads = run.machine.threads;
    let mut outcomes: Vec<Outcome> = Vec::with_capacity(items.len());
    for (batch, list) in items.chunks(threads).enumerate() {
        let mut plants: Vec<(Box<dyn Plant + Send>, Scheduler, Process)> = Vec::with_capacity(list.len());
        for (k, x) in list.iter().enumerate() {
            let mut plant = run.world.branch().map_err(|s| stopped(s, call.span))?;
            let number = (batch * threads + k) as u64;
            let mut scheduler = Scheduler::branch(run.machine, run.others, run.readings, number);
            scheduler.go_down(run.budget.depth + DEPTH);
            let mut first = Frame::new(code.clone(), at);
            let given = Given { name: None, value: x.clone(), span: xs.value.span };
            scheduler
                .with_run(plant.as_mut(), &NoNotebook, |inner| bind(inner, &mut first, &[given], call.span, &name))?;
            plants.push((plant, scheduler, Process::new(first, call.span)));
        }
        outcomes.extend(side_by_side(plants));
        if outcomes.iter().any(Result::is_err) {
            break;
        }
    }
    let answer = stack(outcomes, &code, call.span)?;
    if let Answer::Several(list) = &answer {
        run.world.answer(&|| {
            let list: Kept = list.iter().map(|(name, v)| (name.to_string(), v.clone())).collect();
            postcard::to_stdvec(&list).unwrap_or_default()
        });
    }
    Ok(answer)
}

/// Every branch to its end, one thread each.
fn side_by_side(plants: Vec<(Box<dyn Plant + Send>, Scheduler, Process)>) -> Vec<Outcome> {
    std::thread::scope(|scope| {
        let threads: Vec<_> = plants
            .into_iter()
            .map(|(mut plant, mut scheduler, main)| {
                scope.spawn(move || {
                    let main = scheduler.run(main, plant.as_mut(), &NoNotebook)?;
                    Ok(main.answer.unwrap_or(Answer::Several(Vec::new())))
                })
            })
            .collect();
        let lost = || {
            let d = Diagnostic::error("process::thread", "a branch of a map ended without a result");
            Err(Halt::Fault(Fault::Wrong(Box::new(d))))
        };
        threads.into_iter().map(|t| t.join().unwrap_or_else(|_| lost())).collect()
    })
}

/// Results of all branches, each stacked along a new first axis.
fn stack(outcomes: Vec<Outcome>, code: &Code, span: Span) -> Result<Answer, Fault> {
    let mut columns: Vec<(std::sync::Arc<str>, Vec<Value>)> = Vec::new();
    if outcomes.is_empty() {
        // A function that is one expression has a result without a name.
        columns.extend(code.results.iter().map(|n| (n.lower().into(), Vec::new())));
        let nameless = code.ops.iter().any(|op| matches!(op.kind, OpKind::Answer(_)));
        columns.extend(nameless.then(|| ("".into(), Vec::new())));
    }
    for outcome in outcomes {
        let list = match outcome {
            Ok(Answer::Several(list)) => list,
            Ok(Answer::One(v)) => vec![("".into(), v)],
            Err(Halt::Fault(fault)) => return Err(fault),
            Err(Halt::Interrupted(Some(d))) => return Err(Fault::Wrong(d)),
            Err(Halt::Interrupted(None)) => return Err(stopped(Stop::Interrupted, span)),
        };
        for (k, (name, value)) in list.into_iter().enumerate() {
            if columns.len() <= k {
                columns.push((name, Vec::new()));
            }
            columns[k].1.push(value);
        }
    }
    let stacked = columns.into_iter().map(|(name, values)| Ok((name, index::stack(&values, span)?)));
    stacked.collect::<Result<Vec<_>, Fault>>().map(Answer::Several)
}
