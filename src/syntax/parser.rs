//! The parser that pest makes of `grammar/netlist.pest`, and the place of its offsets in a file.

use pest::Parser;
use pest::iterators::{Pair, Pairs};

use crate::diag::{Diagnostic, FileId, Span};
use crate::syntax::ast::Name;
use crate::syntax::error;

/// Made from the grammar; one rule for each kind of statement.
#[derive(pest_derive::Parser)]
#[grammar = "../grammar/netlist.pest"]
struct Netlist;

/// A piece of the parse tree.
pub type Node<'i> = Pair<'i, Rule>;

/// A mistake found while the tree is made; boxed because there is nearly never one.
pub type Fault = Box<Diagnostic>;

/// Where a text begins in its file.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    pub file: FileId,
    pub base: usize,
}

impl Place {
    pub fn range(self, start: usize, end: usize) -> Span {
        Span::new(self.file, self.base + start, self.base + end)
    }

    pub fn span(self, node: &Node<'_>) -> Span {
        let span = node.as_span();
        self.range(span.start(), span.end())
    }

    pub fn name(self, node: &Node<'_>) -> Name {
        Name { text: node.as_str().to_owned(), span: self.span(node) }
    }
}

/// Parses all of `text` as one statement; the pieces inside it.
pub fn parse(rule: Rule, text: &str) -> Result<Pairs<'_, Rule>, Box<pest::error::Error<Rule>>> {
    let mut pairs = Netlist::parse(rule, text).map_err(Box::new)?;
    Ok(pairs.next().map_or(pairs, Pair::into_inner))
}

/// The pieces of `text` read by `rule`, or the report on what is wrong with it.
pub fn pieces<'i>(rule: Rule, place: Place, text: &'i str) -> Result<Pairs<'i, Rule>, Fault> {
    parse(rule, text).map_err(|e| Box::new(error::explain(rule, text, place, &e)))
}
