//! Finds out which channels play drums, and when.
//!
//! Channel 10 plays drums, unless a system message makes it melodic. A GS or XG message for a part, or the drum banks
//! of XG (126, 127) and GM2 (120), can make other channels drums too. In GS these banks are melodic.

use std::collections::HashMap;

use super::track::{Channel, KitEvent, RawNote, RawTrack, System};

const XG_BANKS: [u8; 2] = [126, 127];
const GM2_DRUM_BANK: u8 = 120;

/// The channels of a file over time.
pub(super) struct Drums {
    /// (from this tick on, is it a drum channel?), in order of time.
    turns: HashMap<Channel, Vec<(u64, bool)>>,
}

impl Drums {
    pub fn new(tracks: &[RawTrack]) -> Drums {
        let has = |system| tracks.iter().any(|t| t.systems.contains(&system));
        let has_drum_banks = has(System::Xg) || has(System::Gm2) || !has(System::Gs);
        let mut events: Vec<_> = tracks.iter().flat_map(|t| t.kits.iter().copied()).collect();
        events.sort_by_key(|&(tick, ..)| tick);
        let mut turns: HashMap<Channel, Vec<(u64, bool)>> = HashMap::new();
        for (tick, channel, event) in events {
            let is_drum = match event {
                KitEvent::Part { is_drum } => is_drum,
                KitEvent::Bank(_) if !has_drum_banks || is_tenth(channel) => continue,
                KitEvent::Bank(bank) => XG_BANKS.contains(&bank) || bank == GM2_DRUM_BANK,
            };
            let own = turns.entry(channel).or_default();
            if own.last().map_or(is_tenth(channel), |last| last.1) != is_drum {
                own.push((tick, is_drum));
            }
        }
        Drums { turns }
    }

    /// Is this channel a drum channel at this time?
    pub fn is_drum(&self, channel: Channel, tick: u64) -> bool {
        let turns = self.turns.get(&channel).map_or(&[][..], Vec::as_slice);
        let before = turns.partition_point(|&(from, _)| from <= tick);
        match before.checked_sub(1) {
            Some(last) => turns[last].1,
            None => is_tenth(channel),
        }
    }

    pub fn plays(&self, note: &RawNote) -> bool {
        self.is_drum(note.channel, note.on)
    }
}

fn is_tenth(channel: Channel) -> bool {
    channel % 16 == 9
}
