//! Schedules the returns of themes: from a form (or at random), which passage of the take recalls which earlier one.

use std::ops::Range;

use rand::RngExt;
use rand_pcg::Pcg64Mcg;

use super::form::{Form, FormError};

/// In a free form, the probability that a stretch of [`STRETCH`] notes holds a return, and the return's length in
/// notes. Chosen so that about as many 32-note passages return as in held-out MAESTRO (0.08 to 0.11, `pastiche
/// evaluate`).
const RETURN_PROBABILITY: f64 = 0.4;
const STRETCH: usize = 512;
const LENGTHS: Range<usize> = 96..192;
/// Notes before the first return.
const NOTES_BEFORE_FIRST: usize = 512;

/// A passage that repeats an earlier one.
#[derive(Clone, Debug, PartialEq)]
pub struct Return {
    /// Its range, in notes from the first new one.
    pub notes: Range<usize>,
    /// The range of the theme, in the same units.
    pub theme: Range<usize>,
    /// Semitones from the theme to the return.
    pub shift: i8,
    /// Strength of the theme's hints relative to the learned one; `None`: note for note.
    pub strength: Option<f32>,
}

/// The strength for a `recall` of 0–1.
fn strength(recall: f32) -> Option<f32> {
    (recall < 0.995).then_some(0.25 + 2.5 * recall.clamp(0.0, 1.0))
}

/// The returns of a take of `notes` notes, in order. `recall` says how closely themes return, 0–1.
///
/// # Errors
/// If the take is too short for the form.
pub fn returns(form: &Form, notes: usize, recall: f32, rng: &mut Pcg64Mcg) -> Result<Vec<Return>, FormError> {
    let placed = form.place(notes)?;
    if *form == Form::Free {
        return Ok(free_returns(notes, recall, rng));
    }
    let returning = placed.into_iter().filter_map(|p| {
        let theme = p.theme?;
        let own = if p.section.is_varied { recall * 0.5 } else { recall };
        // A theme longer than its return is cut; after a shorter one, the rest of the section is free.
        let end = p.notes.end.min(p.notes.start + theme.len());
        Some(Return { notes: p.notes.start..end, theme, shift: p.section.shift, strength: strength(own) })
    });
    Ok(returning.collect())
}

fn free_returns(notes: usize, recall: f32, rng: &mut Pcg64Mcg) -> Vec<Return> {
    let mut out = Vec::new();
    let mut start = NOTES_BEFORE_FIRST;
    while start + LENGTHS.end <= notes {
        let length = rng.random_range(LENGTHS);
        let stretch = STRETCH.min(notes - start);
        let at = start + rng.random_range(0..=stretch - length.min(stretch));
        // Usually the opening returns.
        let latest = if rng.random_bool(0.6) { 0 } else { at - 2 * LENGTHS.end };
        let theme = if latest == 0 { 0 } else { rng.random_range(0..latest) };
        if rng.random_bool(RETURN_PROBABILITY) {
            out.push(Return {
                notes: at..at + length,
                theme: theme..theme + length,
                shift: 0,
                strength: strength(recall),
            });
        }
        start += stretch;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    #[test]
    fn a_form_brings_its_themes_back() {
        let mut rng = Pcg64Mcg::seed_from_u64(1);
        let form: Form = "ABA'C A+5".parse().unwrap();
        let all = returns(&form, 500, 1.0, &mut rng).unwrap();
        assert_eq!(all.len(), 2);
        assert_eq!((all[0].notes.clone(), all[0].theme.clone()), (200..300, 0..100));
        assert!(all[0].strength.is_some(), "a varied return is not note for note");
        assert_eq!((all[1].notes.clone(), all[1].shift, all[1].strength), (400..500, 5, None));
    }

    #[test]
    fn free_takes_return_about_as_often_as_real_music() {
        let mut returned = 0;
        for seed in 0..400 {
            let mut rng = Pcg64Mcg::seed_from_u64(seed);
            for r in returns(&Form::Free, 1500, 0.7, &mut rng).unwrap() {
                assert!(r.theme.end + 256 <= r.notes.start + r.theme.len(), "{r:?}");
                assert!(r.notes.end <= 1500 && r.notes.start >= NOTES_BEFORE_FIRST);
                returned += r.notes.len();
            }
        }
        let share = returned as f64 / (400.0 * (1500.0 - 512.0));
        assert!((0.07..0.15).contains(&share), "{share}");
        let mut rng = Pcg64Mcg::seed_from_u64(1);
        assert!(returns(&Form::Free, 500, 0.7, &mut rng).unwrap().is_empty());
    }
}
