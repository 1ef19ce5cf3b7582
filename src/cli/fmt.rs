//! `memspice fmt FILE…`: netlists laid out, in place.

use clap::Args;

use super::Exit;
use super::terminal::{color, complain, print};
use crate::syntax::{self, report};

/// Lays netlists out: indentation and blanks, nothing else.
#[derive(Args, Debug)]
pub struct Fmt {
    /// Netlists, rewritten in place; - lays standard input out to standard output
    #[arg(required = true)]
    pub files: Vec<String>,
    /// Write nothing; name the files that would change and exit with 1 if there are any
    #[arg(long)]
    pub check: bool,
}

pub fn run(args: &Fmt) -> Exit {
    let mut exit = Exit::Passed;
    for file in &args.files {
        let one = lay_out(file, args.check);
        if one.code() > exit.code() {
            exit = one;
        }
    }
    exit
}

fn lay_out(file: &str, check: bool) -> Exit {
    let read = match file {
        "-" => syntax::read_from(std::io::stdin().lock()),
        path => syntax::read(path.as_ref()),
    };
    let bytes = match read {
        Ok(bytes) => bytes,
        Err(error) => {
            complain(&format!("cannot read {file}: {error}\n"));
            return Exit::Netlist;
        }
    };
    let text = match syntax::format_bytes(file, &bytes) {
        Ok(text) => text,
        Err((sources, findings)) => {
            findings.iter().for_each(|d| complain(&report::render(d, &sources, color())));
            complain(&format!("{file}: left as it is\n"));
            return Exit::Netlist;
        }
    };
    let same = text.as_bytes() == bytes;
    if check {
        if !same {
            print(&format!("{file}\n"));
        }
        return if same { Exit::Passed } else { Exit::Failed };
    }
    if file == "-" {
        print(&text);
    } else if !same && let Err(error) = std::fs::write(file, &text) {
        complain(&format!("cannot write {file}: {error}\n"));
        return Exit::Netlist;
    }
    Exit::Passed
}
