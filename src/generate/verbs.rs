//! Operations on existing music: vary, continue, restyle, blend.
//!
//! Each verb only plans: it encodes the music to one z per decoder window, moves those latents, and decides which notes
//! to keep ([`Given`]). [`Generator::generate`] then composes the plan.

use std::sync::Arc;

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;

use super::given::{Given, Kept, WHOLE};
pub use super::take::MAX_STEPS;
use super::{GenerateError, GenerateRequest, Generator};
use crate::music::{ComposerId, Performance};
use crate::tokens::{Encoded, NoteToken, Silences, encode};

/// How far a variation of amount 1 moves z, in standard deviations of the composer's music.
const VARY_SPREAD: f32 = 0.6;
/// Fields that a restyled note keeps: duration, pedal and gap; pitch and velocity are new.
const RESTYLE_KEPT: Kept = [false, false, true, true, true];
/// Standard deviation, in semitones, of restyled pitches around the source's, so that the contour is kept.
const RESTYLE_REACH: f32 = 7.0;

/// First notes of the successive decoder windows when `notes` notes are composed, each half a segment after the one
/// before. Each window has its own z.
pub fn window_starts(notes: usize, segment_len: usize) -> impl Iterator<Item = usize> {
    let half = (segment_len / 2).max(1);
    (0..notes).step_by(half).filter(move |start| *start == 0 || start + segment_len / 2 < notes)
}

/// Music after encoding.
struct EncodedMusic {
    tokens: Vec<NoteToken>,
    /// The silences that the tokens leave out.
    silences: Silences,
    /// The latent of each window.
    z: Vec<Vec<f32>>,
    /// The composer whose music is nearest.
    nearest: ComposerId,
}

fn encode_music(generator: &Generator, music: &Performance) -> Result<EncodedMusic, GenerateError> {
    let Encoded { tokens, silences, .. } = encode(music);
    let z = generator.encode_windows(&tokens)?;
    let nearest = generator.nearest_composer(&z);
    Ok(EncodedMusic { tokens, silences, z, nearest })
}

fn request(composer: ComposerId, seed: u64, z_path: Vec<Vec<f32>>, given: Option<Given>) -> GenerateRequest {
    GenerateRequest {
        z_path,
        notes: given.as_ref().map_or(0, |g| g.notes.len()),
        given: given.map(Arc::new),
        ..GenerateRequest::new(Some(composer), seed)
    }
}

/// A variation. A share `amount` (0–1) of the chords is replaced, and a share `amount`² of the gaps between them, under
/// latents moved by `amount`; the rest is kept. Amount 0 gives the music itself on the token grid, including its rests;
/// amount 1 gives a new, related piece of the same length. With the same seed, a larger amount changes everything that
/// a smaller one changes. The label is the composer whose music is nearest.
///
/// # Errors
/// [`GenerateError::EmptyPrompt`] without notes.
pub fn vary(
    generator: &Generator,
    music: &Performance,
    amount: f32,
    seed: u64,
) -> Result<GenerateRequest, GenerateError> {
    let encoded = encode_music(generator, music)?;
    let amount = if amount.is_finite() { amount.clamp(0.0, 1.0) } else { 1.0 };
    let mut rng = Pcg64Mcg::seed_from_u64(seed ^ 0x7a72);
    let component = encoded.nearest.index();
    // One step for all windows, so that the piece moves as a whole.
    let drawn = generator.draw_latent(component, &mut rng);
    let away = minus(&drawn, &generator.latent_mean(component));
    let moved = |z: &Vec<f32>| plus(z, &away, amount * VARY_SPREAD);
    let z_path = encoded.z.iter().map(moved).collect();
    let given = Given { silences: encoded.silences, ..keep_partly(encoded.tokens, amount, seed) };
    Ok(request(encoded.nearest, seed, z_path, Some(given)))
}

/// Keeps each chord with probability 1 − `amount`, and often the gap after a replaced one.
fn keep_partly(notes: Vec<NoteToken>, amount: f32, seed: u64) -> Given {
    let mut rng = Pcg64Mcg::seed_from_u64(seed ^ 0x6b65_6570);
    let mut kept = Vec::with_capacity(notes.len());
    let mut draws = (0f32, 0f32);
    let mut is_chord = false;
    for note in &notes {
        if !is_chord {
            draws = (rng.random_range(0.0..1.0), rng.random_range(0.0..1.0));
        }
        is_chord = note.gap == 0;
        let is_note_new = draws.0 < amount;
        let is_gap_new = is_note_new && draws.1 < amount;
        kept.push(match (is_note_new, is_gap_new) {
            (false, _) => WHOLE,
            (true, false) => [false, false, false, false, true],
            (true, true) => [false; 5],
        });
    }
    Given { notes, kept, ..Given::default() }
}

/// Composes `notes` more notes in the style of `composer`, or else of the composer whose music is nearest. All notes of
/// the music are kept; the decoder sees the last half context of them. z is that of the last window, moved as in
/// [`restyle`] if a composer is given. [`super::splice`] joins the result to the original performance.
///
/// # Errors
/// [`GenerateError::EmptyPrompt`] without notes.
pub fn continuation(
    generator: &Generator,
    music: &Performance,
    notes: usize,
    composer: Option<ComposerId>,
    seed: u64,
) -> Result<GenerateRequest, GenerateError> {
    let encoded = encode_music(generator, music)?;
    let to = composer.unwrap_or(encoded.nearest);
    let end = encoded.tokens.len();
    let last = &encoded.tokens[end.saturating_sub(generator.info().segment_len)..];
    let z = generator.encode_tokens(last)?;
    Ok(GenerateRequest {
        notes,
        prompt: Some(Arc::new(music.clone())),
        ..request(to, seed, generator.carry(&z, encoded.nearest, to)?, None)
    })
}

/// The same music in the style of `to`: the label is the target's, and z moves from the mean of the nearest composer's
/// component to the mean of the target's. The number, timing, duration and pedal of the notes are kept. So is the
/// contour: most pitches stay within a few semitones of the source's.
///
/// # Errors
/// [`GenerateError::EmptyPrompt`] without notes, [`GenerateError::NoSuchComposer`].
pub fn restyle(
    generator: &Generator,
    music: &Performance,
    to: ComposerId,
    seed: u64,
) -> Result<GenerateRequest, GenerateError> {
    let encoded = encode_music(generator, music)?;
    let z_path = generator.carry(&encoded.z, encoded.nearest, to)?;
    let given = Given {
        kept: vec![RESTYLE_KEPT; encoded.tokens.len()],
        notes: encoded.tokens,
        silences: encoded.silences,
        reach: Some(RESTYLE_REACH),
    };
    Ok(request(to, seed, z_path, Some(given)))
}

impl Generator {
    /// Latents with one component's mean replaced by another's.
    pub(super) fn carry(
        &self,
        z: &[Vec<f32>],
        from: ComposerId,
        to: ComposerId,
    ) -> Result<Vec<Vec<f32>>, GenerateError> {
        if to.index() >= self.info().composers.len() {
            return Err(GenerateError::NoSuchComposer(to.index()));
        }
        let shift = minus(&self.latent_mean(to.index()), &self.latent_mean(from.index()));
        Ok(z.iter().map(|z| plus(z, &shift, 1.0)).collect())
    }
}

/// `steps` (2–[`MAX_STEPS`]) pieces on the way from `a` to `b`. The first is `a` and the last is `b`, on the token
/// grid. Towards the middle, fewer and fewer notes of the nearer piece are kept, as in [`vary`], and z is interpolated:
/// linearly between the means of their nearest components, and spherically between the deviations from those means. The
/// nearer piece gives length and label; windows at the same relative position are paired.
///
/// # Errors
/// [`GenerateError::EmptyPrompt`] if either has no notes, [`GenerateError::Steps`].
pub fn blend(
    generator: &Generator,
    a: &Performance,
    b: &Performance,
    steps: usize,
    seed: u64,
) -> Result<Vec<GenerateRequest>, GenerateError> {
    if !(2..=MAX_STEPS).contains(&steps) {
        return Err(GenerateError::Steps);
    }
    let (a, b) = (encode_music(generator, a)?, encode_music(generator, b)?);
    let means = (generator.latent_mean(a.nearest.index()), generator.latent_mean(b.nearest.index()));
    let step = |i: usize| {
        let t = i as f32 / (steps - 1) as f32;
        let (nearer, amount) = if t <= 0.5 { (&a, 2.0 * t) } else { (&b, 2.0 - 2.0 * t) };
        let windows = nearer.z.len();
        let z_path = (0..windows)
            .map(|w| {
                let (own, other) = (window_at(&a.z, w, windows), window_at(&b.z, w, windows));
                let middle = plus(&means.0, &minus(&means.1, &means.0), t);
                let deviation = slerp(&minus(own, &means.0), &minus(other, &means.1), t);
                plus(&middle, &deviation, 1.0)
            })
            .collect();
        let given =
            Given { silences: nearer.silences.clone(), ..keep_partly(nearer.tokens.clone(), amount, seed) };
        request(nearer.nearest, seed, z_path, Some(given))
    };
    Ok((0..steps).map(step).collect())
}

/// The latent at the same relative position as window `w` of `windows`.
fn window_at(path: &[Vec<f32>], w: usize, windows: usize) -> &[f32] {
    let share = w as f32 / windows.saturating_sub(1).max(1) as f32;
    let at = (share * path.len().saturating_sub(1) as f32).round() as usize;
    path.get(at).map_or(&[], Vec::as_slice)
}

fn minus(a: &[f32], b: &[f32]) -> Vec<f32> {
    a.iter().zip(b).map(|(a, b)| a - b).collect()
}

/// a + `scale` · b.
fn plus(a: &[f32], b: &[f32], scale: f32) -> Vec<f32> {
    a.iter().zip(b).map(|(a, b)| a + scale * b).collect()
}

/// `t` of the way from `a` to `b`.
pub(super) fn mixed(a: &[f32], b: &[f32], t: f32) -> Vec<f32> {
    plus(a, &minus(b, a), t)
}

/// Spherical interpolation: a straight line would pass through the middle, where no music lies.
fn slerp(a: &[f32], b: &[f32], t: f32) -> Vec<f32> {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
    let lengths = (dot(a, a) * dot(b, b)).sqrt();
    let angle = (dot(a, b) / lengths.max(1e-12)).clamp(-1.0, 1.0).acos();
    let weights = match angle.sin() {
        // Nearly parallel or opposite vectors: there is no unique shortest arc.
        sine if sine < 1e-3 => (1.0 - t, t),
        sine => (((1.0 - t) * angle).sin() / sine, (t * angle).sin() / sine),
    };
    a.iter().zip(b).map(|(a, b)| weights.0 * a + weights.1 * b).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arc_keeps_its_radius_and_its_ends() {
        let (a, b) = ([2.0, 0.0, 0.0], [0.0, 2.0, 0.0]);
        for (at, wanted) in [(0.0, [2.0, 0.0, 0.0]), (0.5, [2f32.sqrt(), 2f32.sqrt(), 0.0]), (1.0, b)] {
            let z = slerp(&a, &b, at);
            assert!(z.iter().zip(wanted).all(|(z, w)| (z - w).abs() < 1e-5), "{z:?}");
        }
        assert_eq!(slerp(&a, &a, 0.3), a);
    }

    #[test]
    fn a_larger_amount_keeps_a_subset() {
        let notes = vec![NoteToken { gap: 5, ..NoteToken::default() }; 400];
        let kept = |amount| keep_partly(notes.clone(), amount, 3).kept;
        let whole = |kept: &[Kept]| kept.iter().filter(|k| **k == WHOLE).count();
        assert_eq!(whole(&kept(0.0)), 400);
        assert_eq!(kept(1.0), vec![[false; 5]; 400]);
        let (some, more) = (kept(0.3), kept(0.6));
        assert!((240..320).contains(&whole(&some)) && (120..200).contains(&whole(&more)));
        for (some, more) in some.iter().zip(&more) {
            assert!(some.iter().zip(more).all(|(some, more)| *some || !more));
        }
    }

    #[test]
    fn windows_are_paired_by_relative_position() {
        let path = vec![vec![0.0], vec![1.0], vec![2.0]];
        let at = |w, windows| window_at(&path, w, windows)[0];
        assert_eq!([at(0, 3), at(1, 3), at(2, 3)], [0.0, 1.0, 2.0]);
        assert_eq!([at(0, 1), at(0, 2), at(1, 2), at(4, 5)], [0.0, 0.0, 2.0, 2.0]);
    }
}
