//! Ctrl-C and broken pipes: a command ends as a user of the shell expects, and leaves no half files behind.

use std::io::Write;
use std::sync::OnceLock;

use pastiche::causes;
use pastiche::display::one_line;
use pastiche::progress::StopFlag;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag::{register, register_conditional_shutdown};

/// What shells say of a program that Ctrl-C has ended.
const INTERRUPTED: u8 = 130;

static STOP: OnceLock<StopFlag> = OnceLock::new();

/// Composing was stopped before there was anything to write.
#[derive(Debug, thiserror::Error)]
#[error("stopped; nothing was written")]
pub struct Interrupted;

/// Set by Ctrl-C, or when the system asks the program to end. From the first call on these no longer end the program
/// by themselves: whoever asks must look at the flag. Pressed a second time it ends at once.
pub fn stop_flag() -> &'static StopFlag {
    STOP.get_or_init(|| {
        let stop = StopFlag::new();
        for signal in [SIGINT, SIGTERM] {
            // In this order: the first time the flag is not set yet.
            let kept = register_conditional_shutdown(signal, INTERRUPTED.into(), stop.switch())
                .and_then(|_| register(signal, stop.switch()));
            if let Err(error) = kept {
                tracing::warn!("Ctrl-C will leave a temporary file: {error}");
            }
        }
        stop
    })
}

/// Says what went wrong, in one line with the whole chain of causes; the status for the shell.
pub fn settle(result: anyhow::Result<()>) -> u8 {
    let Err(error) = result else { return 0 };
    // Paths and texts from files are part of it.
    eprintln!("pastiche: {}", one_line(&causes::chain(error.as_ref()).join(": ")));
    match STOP.get().is_some_and(StopFlag::is_stopped) {
        true => INTERRUPTED,
        false => 1,
    }
}

/// Ends the program without taking libtorch apart: its thousands of operators would be unregistered one by one, for a
/// tenth of a second after every command.
pub fn end(status: u8) -> ! {
    // Whoever no longer reads misses nothing.
    let _ = std::io::stdout().flush();
    signal_hook::low_level::exit(status.into())
}

/// From here on a reader that closes the pipe, such as `head`, ends the program silently. Not for what talks to a
/// sound server or a window: they must survive a closed socket.
pub fn end_with_the_reader() {
    sigpipe::reset();
}
