//! The commands of a `.control` section, which are not carried out → the cards that do the same.

/// What to write instead of the commands of a `.control` section.
pub fn instead(body: &str) -> String {
    let mut cards: Vec<&str> = Vec::new();
    for line in body.lines().take(1000) {
        let command = line.split_whitespace().next().unwrap_or("").to_ascii_lowercase();
        let card = match command.as_str() {
            "op" => ".op",
            "dc" => ".dc",
            "ac" => ".ac",
            "tran" => ".tran",
            "noise" => ".noise",
            "tf" => ".tf",
            "meas" | "measure" => ".meas",
            "save" => ".save",
            "print" | "plot" | "wrdata" | "write" => ".print (every run writes its waves as CSV)",
            "let" | "set" => ".param",
            "option" | "options" => ".options",
            "alter" | "alterparam" | "foreach" | "while" | "repeat" | "dowhile" => ".step",
            "fourier" => ".four",
            _ => continue,
        };
        if !cards.contains(&card) {
            cards.push(card);
        }
    }
    if cards.is_empty() {
        "write the analyses as cards: .op .dc .ac .tran .step .meas".to_owned()
    } else {
        format!("write cards outside of it instead: {}", cards.join(", "))
    }
}
