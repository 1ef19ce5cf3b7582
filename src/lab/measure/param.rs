//! `PARAM='…'`: an expression of other measures.

use std::collections::HashMap;

use super::Trouble;
use crate::circuit::plan::ParamExpr;

/// Its value; `done` by lower-case name.
pub(super) fn value(expression: &ParamExpr, done: &HashMap<String, f64>) -> Result<f64, Trouble> {
    match expression {
        ParamExpr::Number(v) => Ok(*v),
        ParamExpr::Measure(name) => {
            done.get(&name.to_lowercase()).copied().ok_or_else(|| Trouble::NeedsMeasure(name.clone()))
        }
        ParamExpr::Apply(function, arguments) => {
            let values = arguments.iter().map(|a| value(a, done)).collect::<Result<Vec<f64>, Trouble>>()?;
            function.value(&values).ok_or(Trouble::NotANumber)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::circuit::equation::Function;

    #[test]
    fn an_expression_of_measures() {
        // (t2 − t1)·2
        let measure = |n: &str| ParamExpr::Measure(n.into());
        let difference = ParamExpr::Apply(Function::Sub, vec![measure("T2"), measure("t1")]);
        let double = ParamExpr::Apply(Function::Mul, vec![difference, ParamExpr::Number(2.0)]);
        let mut done = HashMap::from([("t1".to_string(), 1.0)]);
        assert_eq!(value(&double, &done), Err(Trouble::NeedsMeasure("T2".into())));
        done.insert("t2".into(), 4.0);
        assert_eq!(value(&double, &done), Ok(6.0));
    }
}
