//! Listens to a port, and plays along what comes in.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use crossbeam_channel::{Receiver, Sender, bounded};

use super::phrase::{Key, MidiEvent, Phrases};
use super::port::OnMessage;
use crate::player::{PlayerCommand, PlayerHandle};

/// Keys that may wait for the thread; it takes them every few milliseconds.
const KEYS: usize = 1024;

pub(super) struct Input {
    player: PlayerHandle,
    connection: Option<Box<dyn Send>>,
    sender: Sender<(Instant, Key)>,
    keys: Receiver<(Instant, Key)>,
    is_heard: Arc<AtomicBool>,
    phrases: Phrases,
    since: Instant,
}

impl Input {
    pub fn new(player: PlayerHandle) -> Input {
        let (sender, keys) = bounded(KEYS);
        Input {
            player,
            connection: None,
            sender,
            keys,
            is_heard: Arc::new(AtomicBool::new(true)),
            phrases: Phrases::new(1.0),
            since: Instant::now(),
        }
    }

    pub fn is_open(&self) -> bool {
        self.connection.is_some()
    }

    /// What the system calls with each message, on a thread of its own: a key sounds at once, and waits for the
    /// thread `midi`.
    pub fn on_message(&self) -> OnMessage {
        let (player, sender, is_heard) = (self.player.clone(), self.sender.clone(), self.is_heard.clone());
        Box::new(move |message| {
            let Some(key) = Key::of(message) else { return };
            if is_heard.load(Ordering::Relaxed) {
                // A player that is busy plays the next one.
                _ = player.send(match key {
                    Key::Down { pitch, velocity } => {
                        PlayerCommand::PlayKey { pitch, velocity: Some(velocity) }
                    }
                    Key::Up { pitch } => PlayerCommand::PlayKey { pitch, velocity: None },
                    Key::Pedal { value } => PlayerCommand::PlayPedal { is_down: value >= 64 },
                });
            }
            _ = sender.try_send((Instant::now(), key));
        })
    }

    pub fn open(&mut self, connection: Option<Box<dyn Send>>) {
        self.connection = connection;
    }

    pub fn close(&mut self) {
        self.connection = None;
        self.phrases = Phrases::new(1.0);
        while self.keys.try_recv().is_ok() {}
    }

    pub fn set(&mut self, is_heard: bool, pause_secs: f64) {
        self.is_heard.store(is_heard, Ordering::Relaxed);
        self.phrases.set_pause(pause_secs);
    }

    /// What happened since the last call.
    pub fn take_events(&mut self) -> Vec<MidiEvent> {
        let mut events = Vec::new();
        for (at, key) in self.keys.try_iter() {
            if self.phrases.key(key, (at - self.since).as_secs_f64()) {
                events.push(MidiEvent::PhraseBegan);
            }
        }
        let now_secs = self.since.elapsed().as_secs_f64();
        events.extend(self.phrases.ended(now_secs).map(MidiEvent::Phrase));
        events
    }
}
