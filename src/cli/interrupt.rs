//! Ctrl-C → a flag that runs look at.

use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::Exit;
use super::terminal::complain;

/// Ctrl-C raises the flag; a second one ends the program at once. To be called once.
pub fn listen() -> Arc<AtomicBool> {
    let flag = Arc::new(AtomicBool::new(false));
    let raised = flag.clone();
    let handler = move || {
        if raised.swap(true, Ordering::Relaxed) {
            process::exit(i32::from(Exit::Interrupted.code()));
        }
    };
    if let Err(why) = ctrlc::set_handler(handler) {
        complain(&format!("warning: Ctrl-C will lose what is computed: {why}\n"));
    }
    flag
}
