//! Text → [`ast::Ast`]. Knows no circuit.

pub mod ast;
