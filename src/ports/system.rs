//! The ports of the system, through midir.

use midir::{MidiIO, MidiInput, MidiInputConnection, MidiOutput, MidiOutputConnection};

use super::port::{OnMessage, OutPort, PortError, Ports, VIRTUAL_PORT};

/// The name that other programs see.
const CLIENT: &str = "Pastiche";

/// ALSA, CoreMIDI or the MIDI of Windows.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemPorts;

impl Ports for SystemPorts {
    fn outputs(&self) -> Result<Vec<String>, PortError> {
        MidiOutput::new(CLIENT).map(|midi| names(&midi)).map_err(no_midi)
    }

    fn inputs(&self) -> Result<Vec<String>, PortError> {
        MidiInput::new(CLIENT).map(|midi| names(&midi)).map_err(no_midi)
    }

    fn open_output(&self, name: &str) -> Result<Box<dyn OutPort>, PortError> {
        let midi = MidiOutput::new(CLIENT).map_err(no_midi)?;
        let connection = if name == VIRTUAL_PORT {
            virtual_output(midi)?
        } else {
            let port = find(&midi, name)?;
            midi.connect(&port, CLIENT).map_err(|e| not_opened(name, &e))?
        };
        Ok(Box::new(connection))
    }

    fn open_input(&self, name: &str, mut on_message: OnMessage) -> Result<Box<dyn Send>, PortError> {
        let midi = MidiInput::new(CLIENT).map_err(no_midi)?;
        let callback = move |_: u64, message: &[u8], (): &mut ()| on_message(message);
        let connection: MidiInputConnection<()> = if name == VIRTUAL_PORT {
            virtual_input(midi, callback)?
        } else {
            let port = find(&midi, name)?;
            midi.connect(&port, CLIENT, callback, ()).map_err(|e| not_opened(name, &e))?
        };
        Ok(Box::new(connection))
    }
}

impl OutPort for MidiOutputConnection {
    fn send(&mut self, message: &[u8]) -> Result<(), PortError> {
        MidiOutputConnection::send(self, message).map_err(|e| PortError::Send { detail: e.to_string() })
    }
}

/// The ports of others, and the one that is made on request.
fn names(midi: &impl MidiIO) -> Vec<String> {
    let ports = midi.ports();
    let others = ports.iter().filter_map(|port| midi.port_name(port).ok());
    // The program's own virtual port is no port to connect to.
    let others = others.filter(|name| !name.starts_with(CLIENT));
    others.chain(cfg!(unix).then(|| VIRTUAL_PORT.to_owned())).collect()
}

fn find<M: MidiIO>(midi: &M, name: &str) -> Result<M::Port, PortError> {
    let is_wanted = |port: &M::Port| midi.port_name(port).is_ok_and(|found| found == name);
    midi.ports().into_iter().find(is_wanted).ok_or_else(|| PortError::Missing { name: name.to_owned() })
}

#[cfg(unix)]
fn virtual_output(midi: MidiOutput) -> Result<MidiOutputConnection, PortError> {
    use midir::os::unix::VirtualOutput;
    midi.create_virtual(CLIENT).map_err(|e| not_opened(VIRTUAL_PORT, &e))
}

#[cfg(not(unix))]
fn virtual_output(_midi: MidiOutput) -> Result<MidiOutputConnection, PortError> {
    Err(PortError::Missing { name: VIRTUAL_PORT.to_owned() })
}

#[cfg(unix)]
fn virtual_input(
    midi: MidiInput,
    callback: impl FnMut(u64, &[u8], &mut ()) + Send + 'static,
) -> Result<MidiInputConnection<()>, PortError> {
    use midir::os::unix::VirtualInput;
    midi.create_virtual(CLIENT, callback, ()).map_err(|e| not_opened(VIRTUAL_PORT, &e))
}

#[cfg(not(unix))]
fn virtual_input(
    _midi: MidiInput,
    _callback: impl FnMut(u64, &[u8], &mut ()) + Send + 'static,
) -> Result<MidiInputConnection<()>, PortError> {
    Err(PortError::Missing { name: VIRTUAL_PORT.to_owned() })
}

fn no_midi(error: midir::InitError) -> PortError {
    PortError::NoMidi { detail: error.to_string() }
}

fn not_opened(name: &str, error: &dyn std::fmt::Display) -> PortError {
    PortError::Open { detail: error.to_string(), name: name.to_owned() }
}
