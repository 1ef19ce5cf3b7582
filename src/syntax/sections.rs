//! What an `.include` or `.lib` card says, and the `.lib NAME … .endl` sections of a library file.

use crate::syntax::lines::Lines;

/// What stands behind the name of a card.
pub fn argument_text(text: &str) -> &str {
    text.find([' ', '\t', '"', '\'']).map_or("", |at| text[at..].trim())
}

pub fn unquoted(text: &str) -> &str {
    text.trim_matches(['"', '\''])
}

/// The file, in quotes or up to a blank, and the section behind it.
pub fn file_and_section(text: &str) -> (&str, &str) {
    let (file, rest) = match text.chars().next() {
        Some(quote @ ('"' | '\'')) => text[1..].split_once(quote).unwrap_or((&text[1..], "")),
        _ => text.split_once([' ', '\t']).unwrap_or((text, "")),
    };
    (file, unquoted(rest.trim()))
}

/// Whether a text has sections: then `.lib NAME` begins one and does not include a file.
pub fn has_sections(text: &str) -> bool {
    Lines::new(text).skip_past(&[".endl"]).is_some()
}

/// The first words of all `.lib NAME` lines.
pub fn section_names(text: &str) -> Vec<&str> {
    let mut lines = Lines::new(text);
    let mut names = Vec::new();
    while let Some((_, end)) = lines.skip_past(&[".lib"]) {
        let rest = text[end..].lines().next().unwrap_or("");
        let (name, section) = file_and_section(rest.trim());
        if section.is_empty() && !name.is_empty() && names.len() < 50 {
            names.push(unquoted(name));
        }
    }
    names
}

/// Goes to the line after `.lib section`; whether there is one.
pub fn seek_section(lines: &mut Lines<'_>, section: &str) -> bool {
    while let Some(rest) = lines.skip_to_rest(".lib") {
        let (name, other) = file_and_section(rest);
        if other.is_empty() && unquoted(name).eq_ignore_ascii_case(section) {
            return true;
        }
    }
    false
}
