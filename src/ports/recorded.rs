//! Ports that record what is sent, and through which a test can play.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use super::port::{OnMessage, OutPort, PortError, Ports};

/// The name of its one output and its one input.
const NAME: &str = "Recorded";

/// A message that was sent, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    pub at: Instant,
    pub message: Vec<u8>,
}

/// One output and one input called "Recorded", for tests and measurements; clones share them.
#[derive(Clone, Default)]
pub struct RecordedPorts(Arc<Mutex<Recorded>>);

#[derive(Default)]
struct Recorded {
    sent: Vec<Sent>,
    listener: Option<OnMessage>,
    is_unplugged: bool,
}

impl RecordedPorts {
    /// What was sent since the last call.
    pub fn take_sent(&self) -> Vec<Sent> {
        self.with(|recorded| std::mem::take(&mut recorded.sent))
    }

    /// Plays into the input; false if nobody listens.
    pub fn play(&self, message: &[u8]) -> bool {
        self.with(|recorded| match &mut recorded.listener {
            Some(listener) => {
                listener(message);
                true
            }
            None => false,
        })
    }

    /// Takes the ports away, or plugs them in again.
    pub fn set_unplugged(&self, is_unplugged: bool) {
        self.with(|recorded| recorded.is_unplugged = is_unplugged);
    }

    fn with<T>(&self, look: impl FnOnce(&mut Recorded) -> T) -> T {
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn check(&self, name: &str) -> Result<(), PortError> {
        let is_there = self.with(|recorded| !recorded.is_unplugged) && name == NAME;
        if is_there { Ok(()) } else { Err(PortError::Missing { name: name.to_owned() }) }
    }

    fn names(&self) -> Vec<String> {
        if self.with(|recorded| recorded.is_unplugged) { Vec::new() } else { vec![NAME.to_owned()] }
    }
}

impl Ports for RecordedPorts {
    fn outputs(&self) -> Result<Vec<String>, PortError> {
        Ok(self.names())
    }

    fn inputs(&self) -> Result<Vec<String>, PortError> {
        Ok(self.names())
    }

    fn open_output(&self, name: &str) -> Result<Box<dyn OutPort>, PortError> {
        self.check(name).map(|()| Box::new(self.clone()) as Box<dyn OutPort>)
    }

    fn open_input(&self, name: &str, on_message: OnMessage) -> Result<Box<dyn Send>, PortError> {
        self.check(name)?;
        self.with(|recorded| recorded.listener = Some(on_message));
        Ok(Box::new(Listening(self.clone())))
    }
}

impl OutPort for RecordedPorts {
    fn send(&mut self, message: &[u8]) -> Result<(), PortError> {
        let sent = Sent { at: Instant::now(), message: message.to_vec() };
        self.with(|recorded| {
            if recorded.is_unplugged {
                return Err(PortError::Send { detail: "it was unplugged".to_owned() });
            }
            recorded.sent.push(sent);
            Ok(())
        })
    }
}

/// Ends the listening when it is dropped.
struct Listening(RecordedPorts);

impl Drop for Listening {
    fn drop(&mut self) {
        self.0.with(|recorded| recorded.listener = None);
    }
}
