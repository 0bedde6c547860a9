//! The sections of the take on the stage.

use crate::app::state::app_state::AppState;
use crate::app::widgets::roll::SectionMark;
use crate::generate::{Form, Placed};
use crate::music::Performance;
use crate::takes::ComposeSettings;

/// The sections of the music on the stage, as far as it has grown; none if it was composed without a form, or made from
/// other music.
pub fn sections_of(state: &AppState) -> Vec<SectionMark> {
    let Some(stage) = &state.stage else {
        return Vec::new();
    };
    let composing = state.composing.as_ref().filter(|_| state.is_stage_growing());
    let settings = match (composing, state.staged_take()) {
        (Some(composing), _) => Some(&composing.settings),
        (None, Some(entry)) if entry.record.made.is_null() => entry.record.settings.as_ref(),
        (None, _) => None,
    };
    settings.map(|settings| marks(settings, &stage.performance)).unwrap_or_default()
}

fn marks(settings: &ComposeSettings, music: &Performance) -> Vec<SectionMark> {
    let notes = music.notes();
    let placed = settings.form.place(settings.notes).unwrap_or_default();
    let last = placed.len().saturating_sub(1);
    let onset = |at: usize| notes.get(at).map(|note| note.onset_secs);
    let mark = |(i, placed): (usize, &Placed)| {
        let start = onset(placed.notes.start + settings.prompt_notes)?;
        // The last section has what the take is longer than asked for.
        let end = onset(placed.notes.end + settings.prompt_notes).filter(|_| i < last);
        Some(SectionMark {
            secs: start..end.unwrap_or_else(|| music.duration_secs()),
            label: Form::Sections(vec![placed.section]).to_string(),
            letter: usize::from(placed.section.letter as u8 - b'A'),
            description: description(placed),
        })
    };
    placed.iter().enumerate().filter_map(mark).collect()
}

/// Such as "A returns, varied, 5 semitones higher".
fn description(placed: &Placed) -> String {
    let section = placed.section;
    if placed.theme.is_none() {
        return format!("Section {}", section.letter);
    }
    let varied = if section.is_varied { ", varied" } else { "" };
    let shift = match section.shift {
        0 => String::new(),
        by => {
            let direction = if by > 0 { "higher" } else { "lower" };
            format!(", {} {direction}", crate::display::count(usize::from(by.unsigned_abs()), "semitone"))
        }
    };
    format!("{} returns{varied}{shift}", section.letter)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::music::{Note, Pitch, Velocity};

    fn music(notes: usize) -> Performance {
        let note = |i: usize| Note {
            onset_secs: i as f64 * 0.5,
            duration_secs: 0.4,
            pitch: Pitch::new(60).unwrap(),
            velocity: Velocity::clamped(64),
        };
        Performance::new((0..notes).map(note).collect(), Vec::new())
    }

    #[test]
    fn sections_lie_where_their_notes_are() {
        let form: Form = "ABA'+5".parse().unwrap();
        let settings = ComposeSettings { form, notes: 300, ..ComposeSettings::default() };
        let all = marks(&settings, &music(310));
        let labels: Vec<&str> = all.iter().map(|m| m.label.as_str()).collect();
        assert_eq!(labels, ["A", "B", "A'+5"]);
        assert_eq!(all[1].secs, 50.0..100.0);
        assert_eq!(all[2].secs.end, music(310).duration_secs(), "the last one reaches to the end");
        assert_eq!(all[2].description, "A returns, varied, 5 semitones higher");
        assert_eq!((all[0].letter, all[1].letter, all[2].letter), (0, 1, 0));
        // A take that grows shows what it has.
        let growing = marks(&settings, &music(150));
        assert_eq!(growing.len(), 2);
        assert_eq!(growing[1].secs, 50.0..music(150).duration_secs());
        assert!(marks(&ComposeSettings::default(), &music(100)).is_empty(), "a free form has no sections");
    }
}
