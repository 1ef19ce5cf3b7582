//! [`crate::syntax::ast::Ast`] → [`crate::circuit::Circuit`] and [`crate::circuit::plan::Plan`]: names resolved, numbers
//! computed, hierarchy flattened.
