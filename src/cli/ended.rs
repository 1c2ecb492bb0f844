//! Commands that end in order when they are asked to.

use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

/// Whether ctrl-c was pressed or the process was asked to end; the second time it ends at once.
pub fn ended_by_signals() -> io::Result<Arc<AtomicBool>> {
    let ended = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        flag::register_conditional_default(signal, ended.clone())?;
        flag::register(signal, ended.clone())?;
    }
    Ok(ended)
}
