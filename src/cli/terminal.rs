//! Writing to people and pipes: color, progress, readers that go away.

use std::io::{ErrorKind, IsTerminal, Write};
use std::sync::Arc;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::analysis::sink::Progress;
use crate::lab::experiment::Meter;
use crate::lab::number::engineering;

/// Steps of a progress bar from start to end.
const BAR: u64 = 1000;

/// Writes to standard output; a reader that has gone away ends the program quietly, a full disk with a word.
pub fn print(text: &str) {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => {}
        Err(e) if e.kind() == ErrorKind::BrokenPipe => std::process::exit(0),
        Err(e) => {
            complain(&format!("memspice: standard output: {e}\n"));
            std::process::exit(3);
        }
    }
}

/// Writes to standard error; if that is not possible there is nobody to tell.
pub fn complain(text: &str) {
    let mut out = std::io::stderr().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// Whether standard error takes colors.
pub fn color() -> bool {
    std::io::stderr().is_terminal() && colors_wanted()
}

/// Whether standard output takes colors.
pub fn color_out() -> bool {
    std::io::stdout().is_terminal() && colors_wanted()
}

fn colors_wanted() -> bool {
    let unset = |name: &str| std::env::var_os(name).is_none_or(|v| v.is_empty());
    let dumb = std::env::var_os("TERM").is_some_and(|v| v == "dumb");
    unset("NO_COLOR") && !dumb
}

/// How a word stands out on a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paint {
    Plain,
    Bold,
    Faint,
    Red,
    Green,
    Yellow,
}

impl Paint {
    /// The text in this color, if there are colors.
    pub fn on(self, text: &str, color: bool) -> String {
        let code = match self {
            Paint::Plain => return text.into(),
            Paint::Bold => "1",
            Paint::Faint => "2",
            Paint::Red => "31",
            Paint::Green => "32",
            Paint::Yellow => "33",
        };
        if color { format!("\x1b[{code}m{text}\x1b[0m") } else { text.into() }
    }
}

/// With the time left, where it is known how much there is to do.
fn style(known: bool) -> ProgressStyle {
    let template =
        if known { "{bar:30} {percent:>3} %  {msg}  {eta} left" } else { "{spinner} {msg}  {elapsed} so far" };
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

/// A bar on standard error with simulated time, steps and the time left; none where it is no terminal or `quiet`.
pub struct Bar(Option<ProgressBar>);

impl Bar {
    pub fn new(quiet: bool) -> Bar {
        if quiet || !std::io::stderr().is_terminal() {
            return Bar(None);
        }
        let bar = ProgressBar::new(BAR).with_style(style(true));
        bar.enable_steady_tick(Duration::from_millis(200));
        Bar(Some(bar))
    }

    pub fn show(&self, progress: Progress) {
        if let Some(bar) = &self.0 {
            let time =
                if progress.time > 0.0 { format!("t = {}, ", engineering(progress.time, "s")) } else { String::new() };
            bar.set_message(format!("{time}{} points", progress.steps));
            bar.set_position((progress.fraction.clamp(0.0, 1.0) * BAR as f64) as u64);
        }
    }

    /// One that looks at a meter by itself.
    pub fn watching(quiet: bool, meter: Arc<Meter>) -> Bar {
        let bar = Bar::new(quiet);
        if let Some(inner) = bar.0.clone() {
            std::thread::spawn(move || {
                let mut known = true;
                while !inner.is_finished() {
                    let Progress { fraction, time, steps } = meter.progress();
                    if meter.fraction().is_some() != known {
                        known = !known;
                        inner.set_style(style(known));
                    }
                    inner.set_message(format!("t = {}, {steps} points", engineering(time, "s")));
                    inner.set_position((fraction.clamp(0.0, 1.0) * BAR as f64) as u64);
                    std::thread::sleep(Duration::from_millis(200));
                }
            });
        }
        bar
    }

    /// Does something that writes, the bar out of the way.
    pub fn hide(&self, act: impl FnOnce()) {
        match &self.0 {
            Some(bar) => bar.suspend(act),
            None => act(),
        }
    }

    pub fn finish(&self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}
