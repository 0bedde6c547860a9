//! MIDI ports: takes are played on a piano outside, and what is played there comes in as phrases.
//!
//! The thread `midi` owns the ports. It polls what the audio callback played ([`TapReader`](crate::player::TapReader)) and sends each message at
//! the moment at which the note would be heard on the sound card, a constant moment later; and it collects what comes
//! in until a pause ends the phrase. Where the ports come from is behind [`Ports`], so that tests can record them.

mod input;
mod instrument;
mod output;
mod phrase;
mod port;
mod recorded;
mod system;
mod thread;

pub use phrase::MidiEvent;
pub use port::{OnMessage, OutPort, PortError, Ports, VIRTUAL_PORT};
pub use recorded::{RecordedPorts, Sent};
pub use system::SystemPorts;
pub use thread::{MidiChoice, MidiStatus, MidiThread, PortState};
