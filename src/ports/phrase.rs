//! Phrases: what someone plays until they pause.

use crate::music::{Note, PedalChange, Performance, Pitch, Velocity};

const SUSTAIN: u8 = 64;

/// Something that came in.
#[derive(Clone, Debug, PartialEq)]
pub enum MidiEvent {
    /// Someone begins to play.
    PhraseBegan,
    /// A pause ended what they played.
    Phrase(Performance),
}

/// A message that matters here.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Key {
    Down { pitch: Pitch, velocity: Velocity },
    Up { pitch: Pitch },
    Pedal { value: u8 },
}

impl Key {
    /// Of any channel; `None` for other messages and for keys that no piano has.
    pub fn of(message: &[u8]) -> Option<Key> {
        let [status, number, value] = *message else { return None };
        match (status & 0xF0, number, value) {
            (0x90, _, 1..) => {
                Some(Key::Down { pitch: Pitch::new(number)?, velocity: Velocity::clamped(value.into()) })
            }
            (0x80 | 0x90, ..) => Some(Key::Up { pitch: Pitch::new(number)? }),
            (0xB0, SUSTAIN, _) => Some(Key::Pedal { value: value.min(127) }),
            _ => None,
        }
    }
}

/// Collects keys into phrases. Times are seconds of any clock.
#[derive(Debug)]
pub struct Phrases {
    pause_secs: f64,
    /// Where a key went down that is still down.
    down: [Option<(f64, Velocity)>; Pitch::COUNT],
    notes: Vec<Note>,
    pedal: Vec<PedalChange>,
    pedal_now: u8,
    /// When a key last went down or up.
    last_secs: f64,
}

impl Phrases {
    /// A phrase ends when no key has been down for `pause_secs`.
    pub fn new(pause_secs: f64) -> Phrases {
        Phrases {
            pause_secs,
            down: [None; Pitch::COUNT],
            notes: Vec::new(),
            pedal: Vec::new(),
            pedal_now: 0,
            last_secs: 0.0,
        }
    }

    pub fn set_pause(&mut self, pause_secs: f64) {
        self.pause_secs = pause_secs;
    }

    /// Takes a key in; true if a phrase begins with it.
    pub fn key(&mut self, key: Key, now_secs: f64) -> bool {
        let is_first = self.notes.is_empty() && !self.is_any_down();
        match key {
            Key::Down { pitch, velocity } => {
                self.release(pitch, now_secs);
                if is_first && self.pedal_now > 0 {
                    self.pedal = vec![PedalChange { time_secs: now_secs, value: self.pedal_now }];
                }
                self.down[pitch.key_index()] = Some((now_secs, velocity));
                self.last_secs = now_secs;
                is_first
            }
            Key::Up { pitch } => {
                self.release(pitch, now_secs);
                false
            }
            Key::Pedal { value } => {
                self.pedal_now = value;
                if !is_first {
                    self.pedal.push(PedalChange { time_secs: now_secs, value });
                }
                false
            }
        }
    }

    fn is_any_down(&self) -> bool {
        self.down.iter().any(Option::is_some)
    }

    fn release(&mut self, pitch: Pitch, now_secs: f64) {
        if let Some((onset_secs, velocity)) = self.down[pitch.key_index()].take() {
            let duration_secs = (now_secs - onset_secs).max(0.001);
            self.notes.push(Note { pitch, onset_secs, duration_secs, velocity });
            self.last_secs = now_secs;
        }
    }

    /// The phrase that ended by `now_secs`, from its first note on.
    pub fn ended(&mut self, now_secs: f64) -> Option<Performance> {
        if self.notes.is_empty() || self.is_any_down() || now_secs < self.last_secs + self.pause_secs {
            return None;
        }
        let (mut notes, mut pedal) = (std::mem::take(&mut self.notes), std::mem::take(&mut self.pedal));
        let start = notes.iter().map(|n| n.onset_secs).fold(f64::INFINITY, f64::min);
        let end = self.last_secs - start;
        for note in &mut notes {
            note.onset_secs -= start;
        }
        for change in &mut pedal {
            change.time_secs = (change.time_secs - start).max(0.0);
        }
        // A foot that stays down would hold the phrase through all that follows.
        pedal.retain(|change| change.time_secs < end);
        if pedal.last().is_some_and(|change| change.is_down()) {
            pedal.push(PedalChange { time_secs: end, value: 0 });
        }
        Some(Performance::new(notes, pedal))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(message: [u8; 3]) -> Key {
        Key::of(&message).unwrap()
    }

    #[test]
    fn messages_of_any_channel_are_read_and_others_left() {
        assert_eq!(key([0x95, 60, 0]), Key::Up { pitch: Pitch::new(60).unwrap() });
        assert_eq!(key([0xB3, 64, 100]), Key::Pedal { value: 100 });
        assert!(matches!(key([0x90, 60, 1]), Key::Down { velocity, .. } if velocity.value() == 1));
        for other in [&[0xF8][..], &[0xB0, 1, 64], &[0x90, 5, 64], &[0xF0, 1, 2, 3], &[]] {
            assert_eq!(Key::of(other), None, "{other:?}");
        }
    }

    #[test]
    fn a_pause_without_keys_ends_a_phrase() {
        let mut phrases = Phrases::new(1.0);
        assert!(phrases.key(key([0x90, 60, 80]), 100.0));
        assert!(!phrases.key(key([0x90, 64, 70]), 100.5));
        phrases.key(key([0xB0, 64, 127]), 100.6);
        phrases.key(key([0x80, 60, 64]), 100.7);
        assert_eq!(phrases.ended(105.0), None, "a key is still down");
        phrases.key(key([0x90, 64, 0]), 105.5);
        assert_eq!(phrases.ended(106.49), None);
        let phrase = phrases.ended(106.5).unwrap();
        let times = phrase.notes().iter().map(|n| (n.pitch.number(), n.onset_secs, n.duration_secs));
        let times: Vec<_> = times.collect();
        assert_eq!((times[0].0, times[0].1), (60, 0.0));
        assert!((times[0].2 - 0.7).abs() < 1e-9 && (times[1].1 - 0.5).abs() < 1e-9);
        assert!((times[1].2 - 5.0).abs() < 1e-9);
        let pedal: Vec<u8> = phrase.pedal().iter().map(|p| p.value).collect();
        assert_eq!(pedal, [127, 0], "the foot comes up with the last key");
        assert_eq!(phrases.ended(200.0), None);
        assert!(phrases.key(key([0x90, 72, 50]), 201.0), "another phrase begins");
    }
}
