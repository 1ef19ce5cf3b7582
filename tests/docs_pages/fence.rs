//! A page into its fences.

/// A fence that says what it is: ```` ```spice rc.cir wrong ````.
pub struct Fence {
    /// `spice`, `measures`, `console`, `csv`, `text`, or what the test does not look at.
    pub kind: String,
    /// What stands behind the kind.
    pub words: Vec<String>,
    /// Line of the page, from 1.
    pub line: usize,
    pub body: Vec<String>,
}

impl Fence {
    pub fn says(&self, word: &str) -> bool {
        self.words.iter().any(|w| w == word)
    }

    /// The file it names.
    pub fn file(&self) -> Option<&str> {
        self.words.iter().map(String::as_str).find(|w| w.contains('.'))
    }

    /// Its lines as a file.
    pub fn text(&self) -> String {
        self.body.join("\n") + "\n"
    }
}

/// All fences of a page, those without a word behind their marks left out.
pub fn fences(page: &str) -> Vec<Fence> {
    let mut out = Vec::new();
    let mut lines = page.lines().enumerate();
    while let Some((k, line)) = lines.next() {
        let Some(info) = line.strip_prefix("```").filter(|i| !i.is_empty()) else { continue };
        let body = lines.by_ref().map(|(_, l)| l.to_string()).take_while(|l| !l.starts_with("```")).collect();
        let mut words = info.split_whitespace().map(str::to_string);
        let kind = words.next().unwrap_or_default();
        out.push(Fence { kind, words: words.collect(), line: k + 1, body });
    }
    out
}
