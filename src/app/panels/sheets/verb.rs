//! The sheet for vary, continue, in the manner of, and blend.

use eframe::egui::{self, Align, Layout, RichText, ScrollArea, Slider, TextEdit, Ui, vec2};

use super::rows::{composers_ui, percent, row_ui};
use crate::app::kit::parts::{accent_button, button, buttons_row, caption, composer_row, named_field};
use crate::app::kit::theme::{GRID, Palette};
use crate::app::panels::look::style_of;
use crate::app::state::action::{Actions, ComposeAction, VerbKind, WindowAction};
use crate::app::state::app_state::AppState;
use crate::display::{clock, shortened};
use crate::generate::verbs;
use crate::takes::{How, Made, Part, TakeEntry, TakeId};

/// Range of new notes in a continuation.
const MORE_NOTES: std::ops::RangeInclusive<usize> = 20..=2000;
/// Range of pieces between two others in a blend.
const BETWEEN: std::ops::RangeInclusive<usize> = 1..=7;
const WIDTH: f32 = 448.0;
/// Longest take name in the heading, in letters, so that the verb is never cut off.
const LONGEST_NAME: usize = 32;

/// The contents of the sheet, kept for the next time it opens.
#[derive(Debug)]
pub struct VerbSheet {
    amount: f32,
    notes: usize,
    /// Full name; in a continuation, `None` is the music's own composer.
    to: Option<String>,
    with: Option<TakeId>,
    between: usize,
    search: String,
}

impl Default for VerbSheet {
    fn default() -> VerbSheet {
        VerbSheet { amount: 0.3, notes: 200, to: None, with: None, between: 3, search: String::new() }
    }
}

impl VerbSheet {
    pub fn ui(&mut self, ui: &mut Ui, state: &AppState, kind: VerbKind, id: &TakeId, actions: &mut Actions) {
        let Some(entry) = state.takes.get(id) else {
            actions.push(WindowAction::CloseSheet);
            return;
        };
        ui.set_width(WIDTH);
        let name = shortened(&entry.record.name, LONGEST_NAME);
        let title = match kind {
            VerbKind::Vary => format!("Vary {name}"),
            VerbKind::Continue => format!("Continue {name}"),
            VerbKind::Restyle => format!("{name} in the manner of…"),
            VerbKind::Blend => format!("Blend {name} with…"),
        };
        let title = RichText::new(title).text_style(egui::TextStyle::Heading);
        ui.add(egui::Label::new(title).truncate());
        ui.add_space(GRID * 0.5);
        match kind {
            VerbKind::Vary => self.vary_ui(ui),
            VerbKind::Continue => self.continue_ui(ui, state),
            VerbKind::Restyle => composers_ui(ui, state, None, &mut self.to, WIDTH),
            VerbKind::Blend => self.blend_ui(ui, state, id),
        }
        ui.add_space(GRID * 0.5);
        let weak = Palette::of(ui).weak_text;
        let kept = RichText::new(self.kept(state, kind, entry)).small().color(weak);
        ui.add(egui::Label::new(kept).wrap());
        ui.add_space(GRID);
        let ready = self.made(state, kind, entry);
        buttons_ui(ui, state, ready, actions);
    }

    fn vary_ui(&mut self, ui: &mut Ui) {
        row_ui(ui, "Amount", percent(Slider::new(&mut self.amount, 0.05..=1.0)));
    }

    fn continue_ui(&mut self, ui: &mut Ui, state: &AppState) {
        let slider = Slider::new(&mut self.notes, MORE_NOTES).logarithmic(true);
        row_ui(ui, "New notes", slider);
        caption(ui, "In the manner of");
        composers_ui(ui, state, Some("As it is"), &mut self.to, WIDTH);
    }

    fn blend_ui(&mut self, ui: &mut Ui, state: &AppState, id: &TakeId) {
        let edit = TextEdit::singleline(&mut self.search)
            .hint_text("Search takes")
            .desired_width(WIDTH)
            .margin(egui::Margin::symmetric(8, 5));
        let response = ui.add(edit);
        response.widget_info(|| named_field("Search for the other take", &self.search));
        let wanted = self.search.to_lowercase();
        let others: Vec<&TakeEntry> = state
            .takes
            .all()
            .iter()
            .filter(|e| e.id != *id && e.record.name.to_lowercase().contains(&wanted))
            .collect();
        if self.with.as_ref().is_none_or(|with| with == id || state.takes.get(with).is_none()) {
            // The take last compared with is a likely choice.
            let first = others.first().map(|e| e.id.clone());
            self.with = state.previous.clone().filter(|other| other != id).or(first);
        }
        let height = (ui.ctx().content_rect().height() - 460.0).clamp(88.0, 200.0);
        ui.spacing_mut().item_spacing.y = 2.0;
        ScrollArea::vertical().auto_shrink([false, true]).max_height(height).show_rows(
            ui,
            28.0,
            others.len(),
            |ui, rows| {
                for other in others.iter().skip(rows.start).take(rows.len()) {
                    self.other_ui(ui, state, other);
                }
            },
        );
        if others.is_empty() {
            caption(ui, "No other take matches.");
        }
        ui.spacing_mut().item_spacing.y = GRID * 0.75;
        ui.add_space(GRID * 0.5);
        row_ui(ui, "Pieces between", Slider::new(&mut self.between, BETWEEN));
    }

    fn other_ui(&mut self, ui: &mut Ui, state: &AppState, other: &TakeEntry) {
        let record = &other.record;
        let style = style_of(ui, state, record.composer.as_deref());
        let is_chosen = self.with.as_ref() == Some(&other.id);
        let size = vec2(ui.available_width(), 28.0);
        let name = format!("{}   {}", record.name, clock(record.duration_secs, 0));
        if composer_row(ui, &name, None, style, is_chosen, size) {
            self.with = Some(other.id.clone());
        }
    }

    /// What is kept of the music, in a few sentences.
    fn kept(&self, state: &AppState, kind: VerbKind, entry: &TakeEntry) -> String {
        let segment = state.model.ready.as_ref().map_or(256, |info| info.segment_len);
        let notes = entry.record.notes;
        let windows = verbs::window_starts(notes, segment).count();
        let places = |moved: &str| match windows {
            0 | 1 => String::new(),
            n => format!(
                " Its {notes} notes have {n} places in the latent space, one for every {segment} notes, each sharing \
                 half of them with the one before; {moved}."
            ),
        };
        let kept = match kind {
            VerbKind::Vary => {
                let chords = self.amount * 100.0;
                let times = self.amount * self.amount * 100.0;
                let moved = places("all of them move alike");
                format!(
                    "Recomposes {chords:.0} % of the chords and {times:.0} % of the times between them; the rest is \
                     kept.{moved}"
                )
            }
            VerbKind::Continue => format!(
                "All {notes} notes are kept exactly; new ones follow. The model hears the last {} and starts from \
                 the place of the last {segment} in the latent space.",
                segment / 2
            ),
            VerbKind::Restyle => {
                let moved =
                    places("all of them move alike, from the nearest composer's music to the other's");
                format!(
                    "Keeps rhythm, note lengths, pedal and contour; recomposes pitches and loudness.{moved}"
                )
            }
            VerbKind::Blend => {
                let moved = places("each moves towards the one at the same point of the other piece");
                format!(
                    "Both takes are kept as they are. Each piece between keeps chords of the nearer one, fewer \
                     towards the middle, and has its length.{moved}"
                )
            }
        };
        if entry.record.locks.is_empty() {
            kept
        } else {
            format!("{kept} This makes a new take, without locks: in this one, locked parts stay.")
        }
    }

    /// The takes to make, or why none can be made.
    fn made(&self, state: &AppState, kind: VerbKind, entry: &TakeEntry) -> Result<Vec<Made>, &'static str> {
        let source = part(entry);
        let how = match kind {
            VerbKind::Vary => How::Vary { amount: self.amount },
            VerbKind::Continue => How::Continue { notes: self.notes, to: self.to.clone() },
            VerbKind::Restyle => How::Restyle { to: self.to.clone().ok_or("Choose a composer.")? },
            VerbKind::Blend => {
                let with = self.with.as_ref().filter(|with| **with != entry.id);
                let with = with.and_then(|with| state.takes.get(with));
                let with = part(with.ok_or("There is no other take yet. Generate or open one.")?);
                let steps = self.between + 2;
                let step = |step| Made {
                    source: source.clone(),
                    how: How::Blend { with: with.clone(), step, steps },
                };
                return Ok((1..=self.between).map(step).collect());
            }
        };
        Ok(vec![Made { source, how }])
    }
}

fn part(entry: &TakeEntry) -> Part {
    Part { id: entry.id.clone(), name: entry.record.name.clone() }
}

fn buttons_ui(ui: &mut Ui, state: &AppState, ready: Result<Vec<Made>, &'static str>, actions: &mut Actions) {
    let why_not = state.cannot_compose().or_else(|| state.is_busy());
    let (made, why_not) = match (ready, why_not) {
        (Ok(made), why_not) => (made, why_not),
        (Err(why_not), other) => (Vec::new(), other.or(Some(why_not))),
    };
    let palette = Palette::of(ui);
    buttons_row(ui, |ui| {
        let word = if made.len() > 1 { format!("Compose {}", made.len()) } else { "Compose".to_owned() };
        let compose = accent_button(ui, &word, why_not.is_none());
        let is_typing = ui.ctx().text_edit_focused();
        let is_entered = !is_typing && ui.input(|i| i.key_pressed(egui::Key::Enter));
        if why_not.is_none() && (compose.clicked() || is_entered) {
            actions.push(ComposeAction::Make(made));
            actions.push(WindowAction::CloseSheet);
        }
        if button(ui, "Cancel").clicked() {
            actions.push(WindowAction::CloseSheet);
        }
        if let Some(why_not) = why_not {
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                ui.add(egui::Label::new(RichText::new(why_not).small().color(palette.warning)).wrap());
            });
        }
    });
}
