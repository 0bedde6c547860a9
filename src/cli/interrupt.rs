//! Ctrl-C and broken pipes: commands end as shell users expect, and leave no partial files.

use std::io::Write;
use std::sync::OnceLock;

use pastiche::causes;
use pastiche::display::one_line;
use pastiche::progress::StopFlag;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag::{register, register_conditional_shutdown};

/// The exit status of a program that was ended by Ctrl-C.
const INTERRUPTED: u8 = 130;

static STOP: OnceLock<StopFlag> = OnceLock::new();

/// Composing was stopped before there was anything to write.
#[derive(Debug, thiserror::Error)]
#[error("stopped; nothing was written")]
pub struct Interrupted;

/// A flag that Ctrl-C (SIGINT) and SIGTERM set. After the first call of this function they no longer end the program:
/// the caller must watch the flag. A second signal ends the program at once.
pub fn stop_flag() -> &'static StopFlag {
    STOP.get_or_init(|| {
        let stop = StopFlag::new();
        for signal in [SIGINT, SIGTERM] {
            // In this order: at the first signal the flag is not set yet.
            let kept = register_conditional_shutdown(signal, INTERRUPTED.into(), stop.switch())
                .and_then(|_| register(signal, stop.switch()));
            if let Err(error) = kept {
                tracing::warn!("Ctrl-C cannot be caught and may leave a temporary file: {error}");
            }
        }
        stop
    })
}

/// Prints an error as one line with all its causes, and returns the exit status.
pub fn settle(result: anyhow::Result<()>) -> u8 {
    let Err(error) = result else { return 0 };
    // It may quote paths and text from files.
    eprintln!("pastiche: {}", one_line(&causes::chain(error.as_ref()).join(": ")));
    if STOP.get().is_some_and(StopFlag::is_stopped) { INTERRUPTED } else { 1 }
}

/// Exits without running libtorch's destructors, which unregister thousands of operators one by one: a tenth of a
/// second after every command.
pub fn end(status: u8) -> ! {
    // If nobody reads any more, nothing is lost.
    let _ = std::io::stdout().flush();
    signal_hook::low_level::exit(status.into())
}

/// From here on, a closed pipe (such as `| head`) ends the program silently. Not for commands that talk to a sound
/// server or open a window: those must survive a closed socket.
pub fn end_with_the_reader() {
    sigpipe::reset();
}
