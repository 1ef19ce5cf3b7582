//! Calls of templates in the body of an experiment → their statements, in place, arguments as variables of a block.

use std::collections::HashMap;
use std::sync::Arc;

use crate::diag::{Diagnostic, Span};
use crate::syntax::ast::{Content, Experiment, ExprArg, ExprKind, Let, Name, Stmt, StmtKind};

/// By lower-case name.
pub type Templates = HashMap<String, Arc<Experiment>>;

/// Templates that call templates.
const DEEPEST: usize = 20;

/// Statements with every call of a template replaced by what it stands for.
pub fn expand(list: &[Stmt], templates: &Templates) -> Result<Vec<Stmt>, Box<Diagnostic>> {
    inner(list, templates, 0)
}

fn inner(list: &[Stmt], templates: &Templates, depth: usize) -> Result<Vec<Stmt>, Box<Diagnostic>> {
    list.iter().map(|s| statement(s, templates, depth)).collect()
}

fn statement(s: &Stmt, templates: &Templates, depth: usize) -> Result<Stmt, Box<Diagnostic>> {
    let block = |list: &[Stmt]| inner(list, templates, depth);
    let kind = match &s.kind {
        StmtKind::Call(call) => match &call.kind {
            ExprKind::Call { name, args } => match templates.get(&name.lower()) {
                Some(template) => called(template, name, args, s.span, templates, depth)?,
                None => s.kind.clone(),
            },
            _ => s.kind.clone(),
        },
        StmtKind::Repeat { counter, until, max, body } => {
            StmtKind::Repeat { counter: counter.clone(), until: until.clone(), max: max.clone(), body: block(body)? }
        }
        StmtKind::Forever(body) => StmtKind::Forever(block(body)?),
        StmtKind::For { loops, body } => StmtKind::For { loops: loops.clone(), body: block(body)? },
        StmtKind::Par { first, body } => StmtKind::Par { first: *first, body: block(body)? },
        StmtKind::Block(body) => StmtKind::Block(block(body)?),
        StmtKind::Sweep { loops, body } => StmtKind::Sweep { loops: loops.clone(), body: block(body)? },
        StmtKind::MonteCarlo { count, seed, body } => {
            StmtKind::MonteCarlo { count: count.clone(), seed: seed.clone(), body: block(body)? }
        }
        StmtKind::If { branches, otherwise } => StmtKind::If {
            branches: branches
                .iter()
                .map(|(c, b)| Ok((c.clone(), block(b)?)))
                .collect::<Result<_, Box<Diagnostic>>>()?,
            otherwise: otherwise.as_ref().map(|b| block(b)).transpose()?,
        },
        other => other.clone(),
    };
    Ok(Stmt { span: s.span, kind })
}

fn called(
    template: &Experiment,
    name: &Name,
    args: &[ExprArg],
    span: Span,
    templates: &Templates,
    depth: usize,
) -> Result<StmtKind, Box<Diagnostic>> {
    let (formals, body) = match &template.content {
        Content::Template(formals, body) => (&formals[..], body),
        Content::Body(body) => (&[][..], body),
        Content::Call(_) => return Ok(StmtKind::Block(Vec::new())),
    };
    let wrong = |at: Span, message: String| {
        let list: Vec<&str> = formals.iter().map(|(n, _)| n.text.as_str()).collect();
        let help = format!("it is called as {}({})", template.name.text, list.join(", "));
        Box::new(Diagnostic::error("lab::template-arguments", message).at(at, "called here").help(help))
    };
    if depth >= DEEPEST {
        return Err(wrong(name.span, format!("templates are nested more than {DEEPEST} deep")));
    }
    let positional = args.iter().take_while(|a| a.name.is_none()).count();
    if positional > formals.len() {
        return Err(wrong(span, format!("{} takes {} arguments, not {positional}", name.text, formals.len())));
    }
    for a in args.iter().skip(positional) {
        let Some(n) = &a.name else {
            return Err(wrong(a.value.span, "an argument without a name stands behind one with a name".into()));
        };
        match formals.iter().position(|(f, _)| f.is(&n.text)) {
            None => return Err(wrong(n.span, format!("{} has no argument '{}'", name.text, n.text))),
            Some(k) if k < positional => return Err(wrong(n.span, format!("'{}' is given twice", n.text))),
            Some(_) => {}
        }
    }
    let mut values = Vec::with_capacity(formals.len());
    for (k, (formal, default)) in formals.iter().enumerate() {
        let named = args.iter().find(|a| a.name.as_ref().is_some_and(|n| n.is(&formal.text)));
        let given = args.get(k).filter(|_| k < positional).or(named).map(|a| &a.value).or(default.as_ref());
        let value = given.ok_or_else(|| wrong(span, format!("{} needs its argument '{}'", name.text, formal.text)))?;
        values.push(value.clone());
    }
    let mut list = Vec::new();
    if !formals.is_empty() {
        let names = formals.iter().map(|(n, _)| n.clone()).collect();
        list.push(Stmt { span, kind: StmtKind::Let(Let { names, values, doc: Default::default(), span }) });
    }
    list.extend(inner(body, templates, depth + 1)?);
    Ok(StmtKind::Block(list))
}
