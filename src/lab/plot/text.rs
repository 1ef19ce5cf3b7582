//! Texts → their widths, lines and shortened forms. The font is the reader's own, so widths are those of a wide one.

/// About how wide a text is in a font of `size` pixels (DejaVu Sans, wider than most).
pub fn width(text: &str, size: f64) -> f64 {
    text.chars().map(em).sum::<f64>() * size
}

fn em(c: char) -> f64 {
    match c {
        'i' | 'j' | 'l' | '.' | ',' | ':' | ';' | '|' | '\'' | '!' | ' ' | 'I' => 0.33,
        '(' | ')' | '[' | ']' | 'f' | 't' | 'r' | '-' | '/' => 0.41,
        'm' | 'M' | 'W' | '%' | '@' => 0.97,
        'w' | '=' | '+' | '−' | '<' | '>' | '×' | '±' => 0.83,
        'A'..='Z' => 0.72,
        _ => 0.63,
    }
}

/// The text in at most `most` lines of at most `room` pixels, broken at spaces; the end of what is longer is left out.
pub fn wrap(text: &str, size: f64, room: f64, most: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let full = lines.len() == most;
        match lines.last_mut() {
            Some(line) if width(line, size) + width(word, size) + width(" ", size) <= room => {
                line.push(' ');
                line.push_str(word);
            }
            Some(line) if full => {
                line.push('…');
                break;
            }
            _ => lines.push(word.into()),
        }
    }
    lines.into_iter().map(|l| shorten_end(&l, size, room)).collect()
}

/// At most `room` pixels; the end of a longer text is left out.
fn shorten_end(text: &str, size: f64, room: f64) -> String {
    if width(text, size) <= room {
        return text.into();
    }
    let kept = fitting(text.trim_end_matches('…').chars(), size, room - width("…", size));
    format!("{}…", text.chars().take(kept).collect::<String>().trim_end())
}

/// At most `room` pixels; the middle of a longer name is left out.
pub fn shorten(text: &str, size: f64, room: f64) -> String {
    if width(text, size) <= room {
        return text.into();
    }
    let half = 0.5 * (room - width("…", size));
    let (head, tail) = (fitting(text.chars(), size, half), fitting(text.chars().rev(), size, half));
    let count = text.chars().count();
    text.chars().take(head).chain(['…']).chain(text.chars().skip(count - tail)).collect()
}

/// How many of the first characters have room.
fn fitting(chars: impl Iterator<Item = char>, size: f64, room: f64) -> usize {
    let ends = chars.scan(0.0, |end, c| {
        *end += em(c) * size;
        Some(*end)
    });
    ends.take_while(|end| *end <= room).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_titles_are_broken_at_spaces() {
        let title = "First layer of a memristive perceptron: 17 x 20 passive crossbar, ten neurons";
        let lines = wrap(title, 17.0, 500.0, 2);
        assert_eq!(lines.len(), 2);
        assert_eq!(lines.join(" "), title);
        assert!(lines.iter().all(|l| width(l, 17.0) <= 500.0));
        let cut = wrap(title, 17.0, 200.0, 2);
        assert!(cut.len() == 2 && cut[1].ends_with('…') && cut.iter().all(|l| width(l, 17.0) <= 200.0), "{cut:?}");
        assert_eq!(wrap("", 17.0, 200.0, 2), Vec::<String>::new());
        assert!(wrap("Donaudampfschifffahrtsgesellschaft", 17.0, 100.0, 2)[0].ends_with('…'));
    }

    #[test]
    fn the_ends_of_long_names_are_kept() {
        let short = shorten("V(X1.Xbar.Xcell[12,7].inner_node)", 12.5, 150.0);
        assert!(short.starts_with("V(X1") && short.ends_with("node)") && short.contains('…'), "{short}");
        assert!(width(&short, 12.5) <= 150.0);
        assert_eq!(shorten("V(a)", 12.5, 150.0), "V(a)");
    }
}
