//! Plays on a port what the audio callback plays, when it is heard.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::instrument::{Instrument, Message};
use super::port::{OutPort, PortError};
use crate::music::Pitch;
use crate::player::{PlayedEvent, PlayerCommand, PlayerHandle, TapReader};

/// Each message is sent this much after the moment at which it would be heard on the sound card, so that it is never
/// late, however late the thread wakes up.
const LEAD: Duration = Duration::from_millis(5);
/// How long a key stays down that was clicked.
const AUDITION: Duration = Duration::from_millis(400);
/// Waits for the player to take a command.
const PATIENCE: Duration = Duration::from_millis(200);

pub(super) struct Output {
    player: PlayerHandle,
    tap: TapReader,
    port: Option<Box<dyn OutPort>>,
    instrument: Instrument,
    has_local_sound: bool,
    /// What was read of the tap and is not due yet, in order.
    waiting: VecDeque<(Instant, PlayedEvent)>,
    /// Clicked keys that are down, and until when.
    auditions: Vec<(Instant, Pitch)>,
}

impl Output {
    pub fn new(player: PlayerHandle, tap: TapReader) -> Output {
        Output {
            player,
            tap,
            port: None,
            instrument: Instrument::default(),
            has_local_sound: true,
            waiting: VecDeque::new(),
            auditions: Vec::new(),
        }
    }

    pub fn is_open(&self) -> bool {
        self.port.is_some()
    }

    pub fn open(&mut self, port: Box<dyn OutPort>) {
        self.port = Some(port);
        self.instrument = Instrument::default();
        // What is left in the tap is of an earlier port.
        while self.tap.next().is_some() {}
        self.tell(PlayerCommand::SetTapped(true));
        self.tell(PlayerCommand::SetLocalSound(self.has_local_sound));
    }

    /// Lets go of all keys; the sound comes from here again.
    pub fn close(&mut self) {
        if let Some(mut port) = self.port.take() {
            // The port may be gone, which is why it is closed.
            self.instrument.let_go(&mut |message| _ = port.send(&message));
            self.tell(PlayerCommand::SetTapped(false));
            self.tell(PlayerCommand::SetLocalSound(true));
        }
        self.waiting.clear();
        self.auditions.clear();
    }

    pub fn set_local_sound(&mut self, has_local_sound: bool) {
        if self.has_local_sound != has_local_sound {
            self.has_local_sound = has_local_sound;
            if self.is_open() {
                self.tell(PlayerCommand::SetLocalSound(has_local_sound));
            }
        }
    }

    /// Waits for room: without this command the sound would stay off, or on.
    fn tell(&self, command: PlayerCommand) {
        if self.player.send_within(command, PATIENCE).is_err() {
            tracing::warn!("the player took no command of the MIDI thread");
        }
    }

    /// When the next message is due, as far as that is known.
    pub fn next_due(&self) -> Option<Instant> {
        let note_off = self.auditions.iter().map(|(until, _)| *until);
        note_off.chain(self.waiting.front().map(|(due, _)| *due)).min()
    }

    /// Sends everything that is due.
    ///
    /// # Errors
    /// If the port takes no more messages; it is then closed.
    pub fn play_due(&mut self, now: Instant) -> Result<(), PortError> {
        let Some(port) = &mut self.port else { return Ok(()) };
        while let Some(played) = self.tap.next() {
            self.waiting.push_back((self.tap.instant(played.heard_at_secs) + LEAD, played.event));
        }
        let mut result = Ok(());
        let mut send = |message: Message| {
            if result.is_ok() {
                result = port.send(&message);
            }
        };
        while let Some((_, event)) = self.waiting.pop_front_if(|(due, _)| *due <= now) {
            match event {
                PlayedEvent::Music(event) => self.instrument.play(event, &mut send),
                PlayedEvent::Audition { pitch, velocity } => {
                    self.instrument.press(pitch, velocity, &mut send);
                    self.auditions.retain(|(_, other)| *other != pitch);
                    self.auditions.push((now + AUDITION, pitch));
                }
            }
        }
        for (_, pitch) in self.auditions.extract_if(.., |(until, _)| *until <= now) {
            self.instrument.release(pitch, &mut send);
        }
        if result.is_err() {
            self.close();
        }
        result
    }
}
