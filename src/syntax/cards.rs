//! One logical line → one statement: elements, `.model`, `.param`, `.func`, heads of `.subckt` and `.for`, other cards.

use crate::syntax::args;
use crate::syntax::ast::{
    Argument, Assign, Card, Element, Expr, For, Func, Loop, Model, Name, Over, Setting, Statement, Subckt, Value,
};
use crate::syntax::expr::{self, expr};
use crate::syntax::parser::{Fault, Node, Place, Rule, pieces};

/// `R1 a b 1k`
pub fn element(place: Place, text: &str) -> Result<Element, Fault> {
    let mut pieces = pieces(Rule::element_line, place, text)?;
    let name = pieces.next().ok_or_else(|| expr::fault(place.range(0, text.len())))?;
    let name = expr::word(place, name)?;
    let mut args = Vec::with_capacity(4);
    for piece in pieces {
        args::argument(place, piece, &mut args)?;
    }
    args.retain(|arg| !matches!(arg, Argument::Value(Value::Word(word)) if word.is("params:")));
    Ok(Element { name, args })
}

/// `.tran 1n 1u`
pub fn card(place: Place, text: &str) -> Result<Card, Fault> {
    let mut pieces = pieces(Rule::card_line, place, text)?;
    let name = first_name(place, &mut pieces)?;
    let mut args = Vec::new();
    for piece in pieces {
        args::argument(place, piece, &mut args)?;
    }
    Ok(Card { name, args })
}

/// `.model nm nmos (level=1 vto=0.7)`
pub fn model(place: Place, text: &str) -> Result<Model, Fault> {
    let mut pieces = pieces(Rule::model_line, place, text)?;
    first_name(place, &mut pieces)?;
    let name = first_name(place, &mut pieces)?;
    let base = first_name(place, &mut pieces)?;
    if base.lower().starts_with("ako:") {
        let report = crate::diag::Diagnostic::error("syntax::ako", "models derived by AKO are not supported")
            .at(base.span, "this one")
            .help(format!("copy the parameters of {} into this .model", &base.text[4..]));
        return Err(Box::new(report));
    }
    let mut settings = Vec::new();
    for piece in pieces {
        match piece.as_rule() {
            Rule::setting => settings.push(args::setting(place, piece)?),
            Rule::flag => {
                let (name, span) = (place.name(&piece), place.span(&piece));
                settings.push(Setting { name, values: Vec::new(), span });
            }
            _ => {}
        }
    }
    Ok(Model { name, base, settings })
}

/// `.param a=1 f(x)={x^2} b=2`: functions become `.func` statements of their own.
pub fn param(place: Place, text: &str) -> Result<Vec<Statement>, Fault> {
    let mut pieces = pieces(Rule::param_line, place, text)?;
    first_name(place, &mut pieces)?;
    let mut assigns = Vec::new();
    let mut statements = Vec::new();
    for piece in pieces.filter(|p| p.as_rule() == Rule::assign) {
        let (assign, formals) = assign(place, piece)?;
        match formals {
            None => assigns.push(assign),
            Some(formals) => statements.push(Statement::Func(Func { name: assign.name, formals, body: assign.value })),
        }
    }
    if !assigns.is_empty() {
        statements.insert(0, Statement::Param(assigns));
    }
    Ok(statements)
}

/// `.func f(a, b=1) = a + b`
pub fn func(place: Place, text: &str) -> Result<Func, Fault> {
    let mut pieces = pieces(Rule::func_line, place, text)?;
    first_name(place, &mut pieces)?;
    let name = first_name(place, &mut pieces)?;
    let wrong = || expr::fault(name.span);
    let formals = formals(place, pieces.next().ok_or_else(wrong)?)?;
    let body = expr(place, pieces.next().ok_or_else(wrong)?)?;
    Ok(Func { name, formals, body })
}

/// `.subckt name ports parameters`, its items still to come.
pub fn subckt(place: Place, text: &str) -> Result<Subckt, Fault> {
    let mut pieces = pieces(Rule::subckt_line, place, text)?;
    first_name(place, &mut pieces)?;
    let name = first_name(place, &mut pieces)?;
    let mut subckt = Subckt { name, ports: Vec::new(), params: Vec::new(), items: Vec::new() };
    for piece in pieces {
        match piece.as_rule() {
            Rule::word => subckt.ports.push(expr::word(place, piece)?),
            Rule::assign => subckt.params.push(assign(place, piece)?.0),
            _ => {}
        }
    }
    Ok(subckt)
}

/// `.for i = 0:19, j in [1, 2]`, its items still to come.
pub fn for_head(place: Place, text: &str) -> Result<For, Fault> {
    let mut pieces = pieces(Rule::for_line, place, text)?;
    first_name(place, &mut pieces)?;
    let mut loops = Vec::new();
    for piece in pieces.filter(|p| p.as_rule() == Rule::iter) {
        let span = place.span(&piece);
        let mut parts = piece.into_inner();
        let name = first_name(place, &mut parts)?;
        let first = expr(place, parts.next().ok_or_else(|| expr::fault(span))?)?;
        let over = match parts.next() {
            Some(last) => Over::Range(first, expr(place, last)?),
            None => Over::List(first),
        };
        loops.push(Loop { name, over });
    }
    Ok(For { loops, items: Vec::new() })
}

/// A text that is one expression.
pub fn expression(place: Place, text: &str) -> Result<Expr, Fault> {
    let mut pieces = pieces(Rule::expr_line, place, text)?;
    expr(place, pieces.next().ok_or_else(|| expr::fault(place.range(0, text.len())))?)
}

fn first_name(place: Place, pieces: &mut pest::iterators::Pairs<'_, Rule>) -> Result<Name, Fault> {
    pieces.next().map(|n| place.name(&n)).ok_or_else(|| expr::fault(place.range(0, 0)))
}

/// Names of arguments and their defaults.
pub type Formals = Vec<(Name, Option<Expr>)>;

fn assign(place: Place, node: Node<'_>) -> Result<(Assign, Option<Formals>), Fault> {
    let span = place.span(&node);
    let mut name = None;
    let mut arguments = None;
    let mut value = None;
    for piece in node.into_inner() {
        match piece.as_rule() {
            Rule::name => name = Some(place.name(&piece)),
            Rule::formals => arguments = Some(formals(place, piece)?),
            _ => value = Some(expr(place, piece)?),
        }
    }
    match (name, value) {
        (Some(name), Some(value)) => Ok((Assign { name, value }, arguments)),
        _ => Err(expr::fault(span)),
    }
}

/// Names of arguments and their defaults.
pub fn formals(place: Place, node: Node<'_>) -> Result<Formals, Fault> {
    node.into_inner()
        .map(|formal| {
            let mut parts = formal.into_inner();
            let name = first_name(place, &mut parts)?;
            Ok((name, parts.next().map(|default| expr(place, default)).transpose()?))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::syntax::{parse_str, print};

    /// What a netlist of these lines says, in canonical form; the codes of what is wrong with it.
    fn read(lines: &str) -> String {
        let (ast, _, findings) = parse_str("test", &format!("title\n{lines}"));
        let codes: Vec<&str> = findings.iter().map(|d| d.code).collect();
        assert_eq!(codes, [""; 0], "{lines}: {findings:#?}");
        print::print(&ast).lines().skip(1).map(str::trim).collect::<Vec<_>>().join("\n")
    }

    fn reads(line: &str, expected: &str) {
        assert_eq!(read(line), expected, "{line}");
    }

    #[test]
    fn plain_elements() {
        reads("R1 n+ net-1 4.7k tc1 = 1m", "R1 n+ net-1 4.7k tc1=1m");
        reads("r_load a#b 0 'rl*2' tc=1m,2u", "r_load a#b 0 {rl * 2} tc=1m,2u");
        reads("C1 /net/1 x.y {cl} IC=0.5", "C1 /net/1 x.y {cl} IC=0.5");
        reads("K1 L1 L2 0.99", "K1 L1 L2 0.99");
        reads("M1 d g s b nch W=1u L = 0.18u m=2", "M1 d g s b nch W=1u L=180n m=2");
        reads("Q1 c b e ! 2N2222", "Q1 c b e ! 2N2222");
        reads("R1 in vs r=rl*(1+tol)", "R1 in vs r={rl * (1 + tol)}");
        reads("Xm[i,j] col[j] row[0:19] x[:] tio2 g0=g[i,j]", "Xm[i, j] col[j] row[0:19] x[:] tio2 g0={g[i, j]}");
        reads("Xa in out buf PARAMS: gain=2 file=\"x.csv\" mode=open", "Xa in out buf gain=2 file=\"x.csv\" mode=open");
        reads("X1 (a b) sub file=dir/x.csv", "X1 a b sub file=\"dir/x.csv\"");
    }

    #[test]
    fn sources() {
        reads("V1 in 0 PULSE(0 -1.8 1n,0.1n)", "V1 in 0 PULSE(0 -1.8 1n 0.1n)");
        reads("V1 in 0 dc 1 ac 1 90 sin (0 {vo} 1k)", "V1 in 0 dc 1 ac 1 90 sin(0 {vo} 1k)");
        reads("V1 a 0 SIN 0 1 1k", "V1 a 0 SIN 0 1 1k");
        reads("I1 a 0 pwl(0 0 2*t -vdd r=0 file=\"a b.csv\")", "I1 a 0 pwl(0 0 {2 * t} {-vdd} r=0 file=\"a b.csv\")");
        reads("V1 a 0 PWL((0,0) (1n,1))", "V1 a 0 PWL(0 0 1n 1)");
    }

    #[test]
    fn controlled_sources() {
        reads("E1 out 0 POLY(2) (a,b) (c,d) 0 1 1", "E1 out 0 POLY(2) a b c d 0 1 1");
        reads("G1 (a,b) (c,d) 1m", "G1 a b c d 1m");
        reads("E1 a 0 VALUE={V(b)*2}", "E1 a 0 VALUE={V(b) * 2}");
        reads("E1 a 0 VALUE {V(b)*2}", "E1 a 0 VALUE {V(b) * 2}");
        reads("E1 a 0 TABLE {V(b,c)} = (-1, 0) (1,{2*x})", "E1 a 0 TABLE {V(b, c)} = ({-1}, {0}) ({1}, {2 * x})");
        reads("E1 a 0 table(V(b)) = 0 0 1 -1.5", "E1 a 0 TABLE {V(b)} = ({0}, {0}) ({1}, {-1.5})");
        reads("B1 a 0 V = V(a,b) > 0 ? I(V1)*{k} : -1 tc1=0", "B1 a 0 V={V(a, b) > 0 ? I(V1) * k : -1} tc1=0");
        reads("B1 a 0 i=ddt(1u*v(a))+\n+ v(n-)", "B1 a 0 i={ddt(1u * v(a)) + v(n-)}");
        reads("F1 a 0 V1 -2", "F1 a 0 V1 -2");
    }

    #[test]
    fn cards() {
        reads(".tran 1n 1u uic", ".tran 1n 1u uic");
        reads(".ic V(a)=1 v( b , 0 ) = {2*x}", ".ic V(a)=1 v(b 0)=2 * x");
        reads(".save v(n1) @m1[gm] all", ".save v(n1) @m1[gm] all");
        reads(".print tran v(out) vdb (a) {v(a)*2} v(a)-v(b)", ".print tran v(out) vdb(a) {v(a) * 2} {v(a) - v(b)}");
        reads(
            ".meas tran t1 trig v(out) val=0.5 rise=1 targ v(out) val='0.9*vdd' fall=last",
            ".meas tran t1 trig v(out) val=0.5 rise=1 targ v(out) val={0.9 * vdd} fall=last",
        );
        reads(".meas tran x find v(o) when v(in)=v(b)/2", ".meas tran x find v(o) when v(in)=v(b) / 2");
        reads(".meas tran t when X1.x=0.5 rise=1", ".meas tran t when {X1.x}=0.5 rise=1");
        reads(".meas tran p param='a*b'", ".meas tran p param={a * b}");
        reads(".options reltol=1e-4 noacct method=gear", ".options reltol=100u noacct method=gear");
        reads(".step param r list 1 2 3", ".step param r list 1 2 3");
        reads(".temp 27 85", ".temp 27 85");
    }

    #[test]
    fn definitions() {
        reads(".param a=1 b={2*a}, c = a * 2 + 1", ".param a=1 b={2 * a} c={a * 2 + 1}");
        reads(".param f(x)='x^2' y=1", ".param y=1\n.func f(x) = x ^ 2");
        reads(".func f(a, b=1) {a+b}", ".func f(a, b=1) = a + b");
    }

    #[test]
    fn models() {
        reads(".model nm nmos(level=1 vto=0.7\n+ kp = 110u)", ".model nm nmos (level=1 vto=0.7 kp=110u)");
        reads(".model 1N4148 D is=1n, rs=.5", ".model 1N4148 D (is=1n rs=0.5)");
        reads(
            ".model x VDMOS(nchan vto=1 mfg=On.Semi type=2N70)",
            ".model x VDMOS (nchan vto=1 mfg={On.Semi} type=\"2N70\")",
        );
    }

    #[test]
    fn blocks() {
        reads(
            ".subckt inv in out vdd params: w=1u l={2*w}\nM1 out in 0 0 n w={w}\n.ends inv",
            ".subckt inv in out vdd w=1u l={2 * w}\nM1 out in 0 0 n w=w\n.ends",
        );
        reads(
            ".for i = 0:{n-1}, j in [1, 2] { R[i,j] a[i] b[j] {r} }\nR1 a 0 1",
            ".for i = 0:n - 1, j in [1, 2] {\nR[i, j] a[i] b[j] {r}\n}\nR1 a 0 1",
        );
    }
}
