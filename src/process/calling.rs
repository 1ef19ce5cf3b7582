//! A call in a statement → the answer of software, or the frame of a protocol with its arguments bound.

use super::frame::Frame;
use super::groups::instance;
use super::run::Run;
use crate::diag::Span;
use crate::syntax::ast::{Expr, ExprKind};
use crate::value::answer::Answer;
use crate::value::assign::{self, Store};
use crate::value::eval::owner;
use crate::value::fault::Fault;
use crate::value::network;
use crate::value::{HandleKind, Value};

impl Run<'_> {
    /// The answer of a call through a path that takes no time: of a network or one of its layers.
    pub(super) fn software(&mut self, frame: &mut Frame, callee: &Expr) -> Result<Option<Answer>, Fault> {
        match &callee.kind {
            ExprKind::Method { base, name, args } => {
                network::method(base, name, args, callee.span, &mut self.sight(frame))
            }
            _ => Ok(None),
        }
    }

    /// The frame of a call, its arguments bound and its results at 0.
    pub(super) fn call(&mut self, frame: &mut Frame, callee: &Expr, into: String) -> Result<Frame, Fault> {
        let (at, name, args) = match &callee.kind {
            ExprKind::Call { name, args } => (frame.at, name, args),
            ExprKind::Method { base, name, args } => {
                let Value::Handle(handle) = owner(base, &mut self.sight(frame))?.first() else {
                    return Err(Fault::new(
                        "process::path",
                        base.span,
                        "this is not an instance",
                        "it has no protocols",
                    )
                    .with_help("X1.read(…) calls the protocol read of the instance X1"));
                };
                if handle.kind != HandleKind::Part {
                    let message = format!("{} has no protocols", handle.describe());
                    return Err(Fault::new("process::path", base.span, message, "here"));
                }
                (instance(&self.machine.groups, &handle, base.span)?, name, args)
            }
            _ => return Err(Fault::new("process::call", callee.span, "this is no call", "here")),
        };
        let machine = self.machine;
        let Some(code) = machine.code(at, &name.lower()) else {
            let known = machine.program.instances.get(at.0 as usize).into_iter().flat_map(|i| i.protocols.keys());
            return Err(super::groups::unknown("protocol", &name.text, name.span, known.map(String::as_str)));
        };
        let given = assign::given(args, &mut self.sight(frame))?;
        let mut inner = Frame::new(code.clone(), at);
        inner.into = Some(into);
        bind(self, &mut inner, &given, callee.span, name)?;
        Ok(inner)
    }
}

/// Arguments and results of a call.
pub(super) fn bind(
    run: &mut Run,
    frame: &mut Frame,
    given: &[assign::Given],
    span: Span,
    name: &crate::syntax::ast::Name,
) -> Result<(), Fault> {
    let code = frame.code.clone();
    let mut sight = run.sight(frame);
    assign::bind(name, &code.formals, given, span, &mut sight)?;
    for result in &code.results {
        if sight.variables.get(&result.lower()).is_none() {
            sight.declare(result, Value::Number(0.0))?;
        }
    }
    Ok(())
}
