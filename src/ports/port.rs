//! What a MIDI port is, whoever provides it.

/// The name of the port that other programs can connect to, where the system has such ports.
pub const VIRTUAL_PORT: &str = "Virtual port \"Pastiche\"";

/// Why a port cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PortError {
    #[error("MIDI is not available on this system: {detail}")]
    NoMidi { detail: String },
    #[error("the MIDI port is not there; switch the instrument on, or connect it: {name}")]
    Missing { name: String },
    #[error("the MIDI port cannot be opened ({detail}); close other programs that use it: {name}")]
    Open { detail: String, name: String },
    #[error("the MIDI port takes no more messages: {detail}")]
    Send { detail: String },
}

/// A port to send to.
pub trait OutPort: Send {
    /// # Errors
    /// [`PortError::Send`] if the message was not taken.
    fn send(&mut self, message: &[u8]) -> Result<(), PortError>;
}

/// Is called with each message that comes in, on a thread of the system.
pub type OnMessage = Box<dyn FnMut(&[u8]) + Send>;

/// A source of MIDI ports. Every method may take a moment.
pub trait Ports: Send {
    /// The names of the ports to send to.
    ///
    /// # Errors
    /// [`PortError::NoMidi`].
    fn outputs(&self) -> Result<Vec<String>, PortError>;

    /// The names of the ports to listen to.
    ///
    /// # Errors
    /// [`PortError::NoMidi`].
    fn inputs(&self) -> Result<Vec<String>, PortError>;

    /// # Errors
    /// If there is no port of this name, or it does not open.
    fn open_output(&self, name: &str) -> Result<Box<dyn OutPort>, PortError>;

    /// Listens until what is returned is dropped.
    ///
    /// # Errors
    /// If there is no port of this name, or it does not open.
    fn open_input(&self, name: &str, on_message: OnMessage) -> Result<Box<dyn Send>, PortError>;
}
