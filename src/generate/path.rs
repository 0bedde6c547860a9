//! The latents of a take, drawn from the checkpoint's plan.

use rand_pcg::Pcg64Mcg;

use super::generator::Generator;
use super::latents::weighted;
use super::return_schedule::Return;
use super::verbs::window_starts;

impl Generator {
    /// One latent per window of a take of `notes` notes, for a mix of composers with their shares. A window in which a
    /// theme returns reuses the latent of the theme. `None` if the checkpoint has no plan.
    pub(super) fn planned_path(
        &self,
        components: &[(usize, f32)],
        notes: usize,
        returns: &[Return],
        rng: &mut Pcg64Mcg,
    ) -> Option<Vec<Vec<f32>>> {
        let plan = self.plan.as_ref()?;
        let mean = self.mixed_mean(components);
        let segment = self.info().segment_len;
        let count = window_starts(notes, segment).count().max(1);
        let mut deviation: Option<Vec<f32>> = None;
        let mut path: Vec<Vec<f32>> = Vec::with_capacity(count);
        for index in 0..count {
            let drawn = self.draw_mixed(components, rng);
            let fresh: Vec<f32> = drawn.iter().zip(&mean).map(|(z, m)| z - m).collect();
            let next = match &deviation {
                Some(last) => plan.next(last, &fresh),
                None => fresh,
            };
            let shift = weighted(components, |component| plan.shift(component, index, count).to_vec());
            let planned = mean.iter().zip(&next).enumerate();
            let planned = planned.map(|(i, (m, e))| m + e + shift.get(i).copied().unwrap_or(0.0));
            let middle = middle_of(index, segment);
            let returning = returns.iter().find(|r| r.notes.contains(&middle));
            let theme =
                returning.and_then(|r| path.get(window_of(r.theme.start + middle - r.notes.start, segment)));
            let z = theme.cloned().unwrap_or_else(|| planned.collect());
            path.push(z);
            deviation = Some(next);
        }
        Some(path)
    }
}

/// The middle of the notes that window `index` composes: the first window composes all of its notes, the others only
/// their second half.
fn middle_of(index: usize, segment: usize) -> usize {
    match index {
        0 => segment / 2,
        _ => (index + 1) * segment / 2 + segment / 4,
    }
}

/// The window that composes note `note`.
fn window_of(note: usize, segment: usize) -> usize {
    (note / (segment / 2).max(1)).saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_composes_its_own_middle() {
        for index in 0..20 {
            assert_eq!(window_of(middle_of(index, 256), 256), index);
        }
        assert_eq!([0, 127, 128, 255, 256, 383, 384].map(|n| window_of(n, 256)), [0, 0, 0, 0, 1, 1, 2]);
    }
}
