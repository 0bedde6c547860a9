//! Theme return: does what was heard at the beginning come back much later, in any key?

use crate::tokens::NoteToken;

/// Notes of a block, and of the windows it is compared with.
pub const BLOCK: usize = 32;
/// The note that the first block begins with.
const FIRST_BLOCK: usize = 512;
/// A window must begin at least this many notes before its block.
const DISTANCE: usize = 256;
/// Windows begin this many notes apart: half a block, so that an exact return is found wherever it begins.
const HOP: usize = BLOCK / 2;
/// Semitones that a return may be transposed by, down or up.
const TRANSPOSITION: usize = 6;
/// Share of the pitches that a return has in common with its window.
const RETURN: f64 = 0.85;
const KEYS: usize = 88;

/// How often each key is struck, with room below and above for transposition.
#[derive(Clone, Copy)]
pub struct PitchCounts([u8; KEYS + 2 * TRANSPOSITION]);

impl PitchCounts {
    /// At most 255 strokes of a key are counted.
    pub fn of(notes: &[NoteToken]) -> PitchCounts {
        let mut counts = [0u8; KEYS + 2 * TRANSPOSITION];
        for note in notes.iter().filter(|n| !n.is_end()) {
            let count = &mut counts[usize::from(note.pitch) + TRANSPOSITION];
            *count = count.saturating_add(1);
        }
        PitchCounts(counts)
    }

    /// Notes that both have in common under the best transposition of `other` by up to ± 6 semitones.
    pub fn common(&self, other: &PitchCounts) -> u32 {
        let own: &[u8] = &self.0[TRANSPOSITION..TRANSPOSITION + KEYS];
        let common = |from: usize| -> u32 {
            let pairs = own.iter().zip(&other.0[from..from + KEYS]);
            pairs.map(|(a, b)| u32::from(*a.min(b))).sum()
        };
        (0..=2 * TRANSPOSITION).map(common).max().unwrap_or(0)
    }
}

/// Share (0–1) of the blocks of 32 notes from note 512 of `notes` on that return to a window of `source`: at least
/// 85 % of their pitches, counted with repetition, are those of a window that began at least 256 notes before the
/// block. `source` is the music itself, or other music as a control. `None` when there is no block.
pub fn returned_share(notes: &[NoteToken], source: &[NoteToken]) -> Option<f64> {
    let windows: Vec<PitchCounts> = source.windows(BLOCK).step_by(HOP).map(PitchCounts::of).collect();
    let enough = (RETURN * BLOCK as f64).ceil() as u32;
    let (mut blocks, mut returned) = (0usize, 0usize);
    for (i, block) in notes.get(FIRST_BLOCK..)?.chunks_exact(BLOCK).enumerate() {
        let latest = FIRST_BLOCK + i * BLOCK - DISTANCE;
        let counts = PitchCounts::of(block);
        let mut earlier = windows.iter().take(latest / HOP + 1);
        blocks += 1;
        returned += usize::from(earlier.any(|w| counts.common(w) >= enough));
    }
    (blocks > 0).then(|| returned as f64 / blocks as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(pitch: u8) -> NoteToken {
        NoteToken { pitch, gap: 10, ..NoteToken::default() }
    }

    /// A theme over four keys, then 32 notes of filling on each of other keys.
    fn piece(theme_again: impl Fn(usize) -> u8) -> Vec<NoteToken> {
        let theme = |i: usize| [40u8, 43, 45, 50][i % 4];
        let mut notes: Vec<NoteToken> = (0..32).map(|i| note(theme(i))).collect();
        // 15 blocks of filling: each on one key only, so that none returns and none is like the theme.
        notes.extend((32..512).map(|_| note(70)));
        notes.extend((0..32).map(|i| note(theme_again(i))));
        notes.extend((0..32).map(|i| note(60 + 3 * (i % 7) as u8)));
        notes
    }

    #[test]
    fn a_theme_comes_back_in_another_key_and_with_a_few_other_notes() {
        let theme = |i: usize| [40u8, 43, 45, 50][i % 4];
        // Two blocks: the theme a fourth higher, and one that was never heard.
        let transposed = piece(|i| theme(i) + 5);
        assert_eq!(returned_share(&transposed, &transposed), Some(0.5));
        // 28 of 32 pitches are 87.5 %, 27 are 84.4 %.
        let changed = |n: usize| piece(move |i| if i < n { 80 + (i % 2) as u8 } else { theme(i) });
        let (four, five) = (changed(4), changed(5));
        assert_eq!(returned_share(&four, &four), Some(0.5));
        assert_eq!(returned_share(&five, &five), Some(0.0));
        // Seven semitones are more than is tried.
        let too_far = piece(|i| theme(i) + 7);
        assert_eq!(returned_share(&too_far, &too_far), Some(0.0));
    }

    #[test]
    fn other_music_is_a_control_and_what_was_just_heard_does_not_count() {
        let theme = |i: usize| [40u8, 43, 45, 50][i % 4];
        let own = piece(theme);
        let filling: Vec<NoteToken> = (0..600).map(|i| note(20 + (i % 3) as u8)).collect();
        assert_eq!(returned_share(&own, &filling), Some(0.0));
        // A theme first heard 192 notes before it comes again.
        let mut late: Vec<NoteToken> = (0..320).map(|_| note(70)).collect();
        late.extend((0..32).map(|i| note(theme(i))));
        late.extend((0..160).map(|_| note(70)));
        late.extend((0..32).map(|i| note(theme(i))));
        assert_eq!(returned_share(&late, &late), Some(0.0));
        assert_eq!(returned_share(&own[..543], &own), None);
        assert_eq!(returned_share(&own[..10], &own), None);
    }
}
