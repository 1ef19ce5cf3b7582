//! `.include` and `.lib` cards → the items of the file they name, in their place.

use crate::diag::{Diagnostic, Span, closest};
use crate::syntax::ast::Item;
use crate::syntax::blocks::{Here, Reader};
use crate::syntax::include::Loaded;
use crate::syntax::lines::{Lines, Logical};
use crate::syntax::sections::{argument_text, file_and_section, section_names, seek_section, unquoted};

impl Reader<'_> {
    pub(super) fn include(&mut self, line: &Logical<'_>, here: &Here, span: Span, items: &mut Vec<Item>) {
        let rest = argument_text(&line.text);
        if rest.is_empty() {
            self.lost.all = true;
            self.findings.add(no_file(span));
            return;
        }
        self.bring_in(unquoted(rest), None, here, span, items);
    }

    /// `.lib file section`, `.lib file`, or the head of a section that is not wanted here; whether it was that.
    pub(super) fn library_card(
        &mut self,
        line: &Logical<'_>,
        lines: &mut Lines<'_>,
        here: &Here,
        span: Span,
        items: &mut Vec<Item>,
    ) -> bool {
        let (file, section) = file_and_section(argument_text(&line.text));
        if file.is_empty() {
            self.lost.all = true;
            self.findings.add(no_file(span));
        } else if section.is_empty() && here.sections {
            lines.skip_past(&[".endl"]);
            return true;
        } else {
            self.bring_in(file, Some(section).filter(|s| !s.is_empty()), here, span, items);
        }
        false
    }

    fn bring_in(&mut self, name: &str, section: Option<&str>, here: &Here, span: Span, items: &mut Vec<Item>) {
        let loaded = match self.library.load(name, section, &here.path, span, self.options) {
            Ok(loaded) => loaded,
            Err(report) => {
                self.lost.all = true;
                self.findings.add(*report);
                return;
            }
        };
        let Loaded { path, real, text, finding } = loaded;
        let file = self.sources.add(path.to_string_lossy(), text.clone(), Some(span));
        if let Some(mut finding) = finding {
            finding.labels.iter_mut().for_each(|label| label.span.file = file);
            self.findings.add(finding);
        }
        let inner = Here::new(file, path, &text.content);
        let mut lines = Lines::new(&text.content);
        if let Some(section) = section
            && !seek_section(&mut lines, section)
        {
            let names = section_names(&text.content);
            let report = Diagnostic::error("syntax::section", format!("{name} has no section `{section}`"))
                .at(span, "asked for here");
            let like = closest(section, names.iter().copied());
            self.lost.all = true;
            self.findings.add(match like {
                Some(like) => report.help(format!("did you mean `{like}`?")),
                None => report.help(format!("its sections: {}", names.join(" "))),
            });
            return;
        }
        self.library.open.push((real, section.map(str::to_ascii_lowercase)));
        self.items(&mut lines, &inner, items);
        self.library.open.pop();
    }
}

fn no_file(span: Span) -> Diagnostic {
    Diagnostic::error("syntax::no-file-name", "no file is named")
        .at(span, "which one?")
        .help("write .include \"FILE\" or .lib \"FILE\" SECTION")
}
