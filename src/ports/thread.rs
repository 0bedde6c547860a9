//! The thread `midi`.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded, unbounded};

use super::input::Input;
use super::output::Output;
use super::phrase::MidiEvent;
use super::port::{PortError, Ports, VIRTUAL_PORT};
use crate::player::{PlayerHandle, TapReader, Wake};

/// Commands that may wait.
const COMMANDS: usize = 16;
/// The thread looks for something to do this often while a port is open …
const POLL: Duration = Duration::from_millis(2);
/// … and while none is.
const IDLE: Duration = Duration::from_millis(200);
/// Waits between looks at whether the ports are there; while one is missing they double.
const FIRST_LOOK: Duration = Duration::from_secs(2);
const LAST_LOOK: Duration = Duration::from_secs(30);

/// Which ports to use, and how.
#[derive(Clone, Debug, PartialEq)]
pub struct MidiChoice {
    /// The name of the port to play on; `None` for none.
    pub output: Option<String>,
    /// Takes sound here too.
    pub has_local_sound: bool,
    /// The name of the port to listen to; `None` for none.
    pub input: Option<String>,
    /// What comes in sounds here.
    pub hears_input: bool,
    /// The pause that ends a phrase.
    pub pause_secs: f64,
}

impl Default for MidiChoice {
    fn default() -> MidiChoice {
        MidiChoice { output: None, has_local_sound: false, input: None, hears_input: true, pause_secs: 1.0 }
    }
}

/// The state of a port.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum PortState {
    /// None is chosen.
    #[default]
    Off,
    Open {
        name: String,
    },
    /// It is tried again from time to time.
    Failed {
        why: PortError,
    },
}

/// A look at the ports.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MidiStatus {
    pub output: PortState,
    pub input: PortState,
    pub outputs: Arc<[String]>,
    pub inputs: Arc<[String]>,
}

enum Command {
    Use(MidiChoice),
    List,
}

/// The handle of the thread; dropping it lets go of all keys and closes the ports.
pub struct MidiThread {
    commands: Option<Sender<Command>>,
    events: Receiver<MidiEvent>,
    status: Arc<Mutex<MidiStatus>>,
    thread: Option<JoinHandle<()>>,
}

impl MidiThread {
    /// # Errors
    /// If no thread can be started.
    pub fn start(
        ports: Box<dyn Ports>,
        choice: MidiChoice,
        player: PlayerHandle,
        tap: TapReader,
        wake: Wake,
    ) -> io::Result<MidiThread> {
        let (commands, inbox) = bounded(COMMANDS);
        let (outbox, events) = unbounded();
        let status = Arc::new(Mutex::new(MidiStatus::default()));
        let shared = Arc::clone(&status);
        let run = move || {
            let (output, input) = (Output::new(player.clone(), tap), Input::new(player));
            let thread = Thread {
                ports,
                choice: MidiChoice::default(),
                output,
                input,
                status: shared,
                outbox,
                wake,
                look: FIRST_LOOK,
                look_at: Instant::now() + FIRST_LOOK,
            };
            thread.run(choice, &inbox);
        };
        let thread = std::thread::Builder::new().name("midi".to_owned()).spawn(run)?;
        Ok(MidiThread { commands: Some(commands), events, status, thread: Some(thread) })
    }

    /// Uses other ports, or the same ones otherwise.
    pub fn choose(&self, choice: MidiChoice) {
        self.send(Command::Use(choice));
    }

    /// Looks for ports; calls the wake function once the status has them.
    pub fn refresh(&self) {
        self.send(Command::List);
    }

    fn send(&self, command: Command) {
        let sent = self.commands.as_ref().map(|commands| commands.try_send(command).is_ok());
        if sent != Some(true) {
            tracing::warn!("the MIDI thread is busy");
        }
    }

    pub fn status(&self) -> MidiStatus {
        self.status.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What came in since the last call; never blocks.
    pub fn events(&self) -> Vec<MidiEvent> {
        self.events.try_iter().collect()
    }
}

impl Drop for MidiThread {
    fn drop(&mut self) {
        self.commands = None;
        if let Some(thread) = self.thread.take() {
            // It cannot have panicked with anything left to do.
            _ = thread.join();
        }
    }
}

struct Thread {
    ports: Box<dyn Ports>,
    choice: MidiChoice,
    output: Output,
    input: Input,
    status: Arc<Mutex<MidiStatus>>,
    outbox: Sender<MidiEvent>,
    wake: Wake,
    /// When the ports are looked at next, and the wait after that.
    look: Duration,
    look_at: Instant,
}

impl Thread {
    fn run(mut self, choice: MidiChoice, inbox: &Receiver<Command>) {
        self.use_ports(choice);
        loop {
            match inbox.recv_timeout(self.wait()) {
                Ok(Command::Use(choice)) => self.use_ports(choice),
                Ok(Command::List) => self.list(),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return self.output.close(),
            }
            if let Err(error) = self.output.play_due(Instant::now()) {
                self.set_status(|status| status.output = PortState::Failed { why: error });
            }
            for event in self.input.take_events() {
                // Without a receiver the window has closed.
                _ = self.outbox.send(event);
                (self.wake)();
            }
            if Instant::now() > self.look_at {
                self.look_at_ports();
            }
        }
    }

    fn wait(&self) -> Duration {
        if !(self.output.is_open() || self.input.is_open()) {
            return IDLE;
        }
        let due = self.output.next_due().map(|due| due.saturating_duration_since(Instant::now()));
        due.map_or(POLL, |due| due.min(POLL))
    }

    fn use_ports(&mut self, choice: MidiChoice) {
        if choice.output != self.choice.output || !self.output.is_open() {
            self.output.close();
            let opened = choice.output.as_deref().map(|name| self.ports.open_output(name));
            let (port, state) = split(opened, choice.output.as_deref());
            if let Some(port) = port {
                self.output.open(port);
            }
            self.set_status(|status| status.output = state);
        }
        self.output.set_local_sound(choice.has_local_sound);
        if choice.input != self.choice.input || !self.input.is_open() {
            self.input.close();
            let opened =
                choice.input.as_deref().map(|name| self.ports.open_input(name, self.input.on_message()));
            let (connection, state) = split(opened, choice.input.as_deref());
            self.input.open(connection);
            self.set_status(|status| status.input = state);
        }
        self.input.set(choice.hears_input, choice.pause_secs);
        self.choice = choice;
        self.look = FIRST_LOOK;
        self.look_at = Instant::now() + self.look;
    }

    fn list(&self) {
        let listed = |names: Result<Vec<String>, PortError>| -> Arc<[String]> {
            let names = names.inspect_err(|error| tracing::info!("{error}"));
            names.unwrap_or_default().into()
        };
        let (outputs, inputs) = (listed(self.ports.outputs()), listed(self.ports.inputs()));
        self.set_status(|status| (status.outputs, status.inputs) = (outputs, inputs));
    }

    /// Notices ports that were taken away, and tries those that are missing.
    fn look_at_ports(&mut self) {
        let is_gone = |names: Result<Vec<String>, PortError>, name: &Option<String>| {
            let name = name.as_ref().filter(|name| *name != VIRTUAL_PORT);
            name.is_some_and(|name| !names.unwrap_or_default().contains(name))
        };
        if self.output.is_open() && is_gone(self.ports.outputs(), &self.choice.output) {
            self.output.close();
        }
        if self.input.is_open() && is_gone(self.ports.inputs(), &self.choice.input) {
            self.input.close();
        }
        let is_missing = (self.choice.output.is_some() && !self.output.is_open())
            || (self.choice.input.is_some() && !self.input.is_open());
        let next = if is_missing { (2 * self.look).min(LAST_LOOK) } else { FIRST_LOOK };
        if is_missing {
            self.use_ports(self.choice.clone());
        }
        self.look = next;
        self.look_at = Instant::now() + next;
    }

    fn set_status(&self, change: impl FnOnce(&mut MidiStatus)) {
        let mut status = self.status.lock().unwrap_or_else(PoisonError::into_inner);
        let before = status.clone();
        change(&mut status);
        let has_changed = *status != before;
        drop(status);
        if has_changed {
            (self.wake)();
        }
    }
}

/// What was opened, and the state that it is in.
fn split<T>(opened: Option<Result<T, PortError>>, name: Option<&str>) -> (Option<T>, PortState) {
    match opened {
        None => (None, PortState::Off),
        Some(Ok(port)) => (Some(port), PortState::Open { name: name.unwrap_or_default().to_owned() }),
        Some(Err(why)) => {
            tracing::warn!("{why}");
            (None, PortState::Failed { why })
        }
    }
}
