//! Functions of arrays inside a `.device`: sums, extremes, sorting; every step of them a let, so that nothing grows.

use super::author::Author;
use super::cell::Cell;
use crate::circuit::equation::{Equation, Function};
use crate::diag::Span;
use crate::value::fault::Fault;

pub const NAMES: [&str; 14] =
    ["sum", "prod", "mean", "min", "max", "any", "all", "len", "dot", "diff", "cumsum", "concat", "sort", "reverse"];

/// None if there is no such function of so many arguments.
pub fn call(author: &mut Author, name: &str, args: Vec<Cell>, span: Span) -> Option<Result<Cell, Fault>> {
    Some(match (name, args.len()) {
        ("concat", 1..) => {
            let all: Vec<Equation> = args.into_iter().flat_map(Cell::into_elements).collect();
            author.array(all, span)
        }
        ("dot", 2) => dot(author, args, span),
        (_, 1) => {
            let arg = args.into_iter().next()?;
            let count = arg.len().unwrap_or(1);
            let all = |f| {
                move |author: &mut Author, arg: Cell| reduce(author, f, arg.into_elements(), span).map(Cell::Scalar)
            };
            match name {
                "sum" => all(Function::Add)(author, arg),
                "prod" => all(Function::Mul)(author, arg),
                "min" => all(Function::Min)(author, arg),
                "max" => all(Function::Max)(author, arg),
                "any" => all(Function::Or)(author, arg),
                "all" => all(Function::And)(author, arg),
                "mean" => reduce(author, Function::Add, arg.into_elements(), span).and_then(|sum| {
                    author.apply(Function::Div, vec![sum, Equation::Const(count as f64)], span).map(Cell::Scalar)
                }),
                "len" => Ok(Cell::number(count as f64)),
                "diff" => diff(author, arg, span),
                "cumsum" => cumsum(author, arg.into_elements(), span),
                "sort" => sort(author, arg, span),
                "reverse" => Ok(match arg {
                    Cell::Array(mut a) => {
                        a.reverse();
                        Cell::Array(a)
                    }
                    one => one,
                }),
                _ => return None,
            }
        }
        _ => return None,
    })
}

/// f of neighbors, of those neighbors, and so on: a tree as flat as can be.
fn reduce(author: &mut Author, f: Function, mut of: Vec<Equation>, span: Span) -> Result<Equation, Fault> {
    while of.len() > 1 {
        let mut next = Vec::with_capacity(of.len().div_ceil(2));
        let mut rest = of.into_iter();
        while let Some(a) = rest.next() {
            next.push(match rest.next() {
                Some(b) => author.apply(f, vec![a, b], span)?,
                None => a,
            });
        }
        of = next;
    }
    of.pop().ok_or_else(|| Fault::new("elab::empty-array", span, "an array without elements", "empty"))
}

fn dot(author: &mut Author, args: Vec<Cell>, span: Span) -> Result<Cell, Fault> {
    let products = author.combine(Function::Mul, args, span)?;
    reduce(author, Function::Add, products.into_elements(), span).map(Cell::Scalar)
}

/// Each element less the one before.
fn diff(author: &mut Author, of: Cell, span: Span) -> Result<Cell, Fault> {
    let of = author.share_all(of, span)?.into_elements();
    let mut out = Vec::with_capacity(of.len());
    for pair in of.windows(2) {
        out.push(author.apply(Function::Sub, vec![pair[1].clone(), pair[0].clone()], span)?);
    }
    author.array(out, span)
}

fn cumsum(author: &mut Author, of: Vec<Equation>, span: Span) -> Result<Cell, Fault> {
    let mut out: Vec<Equation> = Vec::with_capacity(of.len());
    for e in of {
        let next = match out.last() {
            None => e,
            Some(sum) => author.apply(Function::Add, vec![sum.clone(), e], span)?,
        };
        out.push(author.share(next, span)?);
    }
    author.array(out, span)
}

/// Rising order by a network of comparators (Batcher's merge exchange): no branch depends on a value, so derivatives go
/// through min and max alone.
///
/// Source: D. E. Knuth, The Art of Computer Programming vol. 3, algorithm 5.2.2M.
fn sort(author: &mut Author, of: Cell, span: Span) -> Result<Cell, Fault> {
    let Cell::Array(mut a) = author.share_all(of, span)? else {
        return Err(Fault::new("elab::not-an-array", span, "sort( ) takes an array", "one number"));
    };
    for (i, j) in merge_exchange(a.len()) {
        let pair = vec![a[i].clone(), a[j].clone()];
        let low = author.apply(Function::Min, pair.clone(), span)?;
        let high = author.apply(Function::Max, pair, span)?;
        a[i] = author.share(low, span)?;
        a[j] = author.share(high, span)?;
    }
    Ok(Cell::Array(a))
}

/// Pairs to compare, in order; the smaller goes first.
fn merge_exchange(n: usize) -> Vec<(usize, usize)> {
    let mut out = Vec::new();
    if n < 2 {
        return out;
    }
    let top = n.next_power_of_two() / 2;
    let mut p = top;
    while p > 0 {
        let (mut q, mut r, mut d) = (top, 0, p);
        loop {
            out.extend((0..n - d).filter(|i| i & p == r).map(|i| (i, i + d)));
            if q == p {
                break;
            }
            (d, q, r) = (q - p, q / 2, p);
        }
        p /= 2;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All arrays of zeros and ones are sorted, so all arrays are (the 0-1 principle).
    #[test]
    fn the_network_sorts() {
        for n in 1..=12usize {
            let network = merge_exchange(n);
            for bits in 0..1u32 << n {
                let mut a: Vec<u32> = (0..n).map(|k| bits >> k & 1).collect();
                for &(i, j) in &network {
                    (a[i], a[j]) = (a[i].min(a[j]), a[i].max(a[j]));
                }
                assert!(a.is_sorted(), "{n}: {bits:b}");
            }
        }
        assert_eq!(merge_exchange(8).len(), 19);
    }
}
