//! What is played, as MIDI messages for an instrument.

use crate::music::{Pitch, Velocity};
use crate::synth::PlayheadEvent;

const NOTE_OFF: u8 = 0x80;
const NOTE_ON: u8 = 0x90;
const CONTROL: u8 = 0xB0;
const SUSTAIN: u8 = 64;
const ALL_NOTES_OFF: u8 = 123;
/// The velocity of a release that has none.
const USUAL_RELEASE: u8 = 64;

/// A MIDI message.
pub(super) type Message = [u8; 3];

/// The keys of an instrument outside, which must not stay down.
#[derive(Debug)]
pub(super) struct Instrument {
    is_down: [bool; 128],
    pedal: u8,
}

impl Default for Instrument {
    fn default() -> Instrument {
        Instrument { is_down: [false; 128], pedal: 0 }
    }
}

impl Instrument {
    /// The messages for an event, in order.
    pub fn play(&mut self, event: PlayheadEvent, send: &mut impl FnMut(Message)) {
        match event {
            PlayheadEvent::Strike { pitch, velocity } => self.press(pitch, velocity, send),
            PlayheadEvent::Release { pitch } => self.release(pitch, send),
            PlayheadEvent::Pedal { value, .. } if value != self.pedal => {
                self.pedal = value;
                send([CONTROL, SUSTAIN, value]);
            }
            PlayheadEvent::Pedal { .. } => {}
            // A key that was struck before the jump would have to be struck again, and be heard.
            PlayheadEvent::Restore { .. } => {}
            PlayheadEvent::Cut => self.let_go(send),
        }
    }

    pub fn press(&mut self, pitch: Pitch, velocity: Velocity, send: &mut impl FnMut(Message)) {
        self.release(pitch, send);
        self.is_down[usize::from(pitch.number() & 0x7F)] = true;
        send([NOTE_ON, pitch.number(), velocity.value()]);
    }

    pub fn release(&mut self, pitch: Pitch, send: &mut impl FnMut(Message)) {
        if std::mem::take(&mut self.is_down[usize::from(pitch.number() & 0x7F)]) {
            send([NOTE_OFF, pitch.number(), USUAL_RELEASE]);
        }
    }

    /// Lets go of all keys and the pedal. Each key gets its own message: not every instrument knows "all notes off".
    pub fn let_go(&mut self, send: &mut impl FnMut(Message)) {
        for key in 0..=127u8 {
            if std::mem::take(&mut self.is_down[usize::from(key)]) {
                send([NOTE_OFF, key, USUAL_RELEASE]);
            }
        }
        self.pedal = 0;
        send([CONTROL, SUSTAIN, 0]);
        send([CONTROL, ALL_NOTES_OFF, 0]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(events: &[PlayheadEvent]) -> Vec<Message> {
        let (mut instrument, mut sent) = (Instrument::default(), Vec::new());
        for event in events {
            instrument.play(*event, &mut |message| sent.push(message));
        }
        sent
    }

    #[test]
    fn a_key_goes_down_and_up_once_and_a_cut_lets_go_of_the_rest() {
        let pitch = |number| Pitch::new(number).unwrap();
        let strike = |number| PlayheadEvent::Strike { pitch: pitch(number), velocity: Velocity::clamped(80) };
        let pedal = |value| PlayheadEvent::Pedal { value, has_turned: true };
        let sent = messages(&[
            pedal(0),
            strike(60),
            pedal(90),
            pedal(90),
            PlayheadEvent::Release { pitch: pitch(60) },
            PlayheadEvent::Release { pitch: pitch(60) },
            PlayheadEvent::Restore { pitch: pitch(70), velocity: Velocity::clamped(80) },
            strike(64),
            strike(64),
            PlayheadEvent::Cut,
            PlayheadEvent::Release { pitch: pitch(64) },
        ]);
        let wanted = [
            [0x90, 60, 80],
            [0xB0, 64, 90],
            [0x80, 60, 64],
            [0x90, 64, 80],
            [0x80, 64, 64],
            [0x90, 64, 80],
            [0x80, 64, 64],
            [0xB0, 64, 0],
            [0xB0, 123, 0],
        ];
        assert_eq!(sent, wanted);
    }
}
