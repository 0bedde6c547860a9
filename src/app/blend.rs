//! What lies between two takes, as stops on a way: the slider above the roll.

use eframe::egui::{self, Align, Layout, RichText, Slider, Ui};

use super::action::Action;
use super::state::AppState;
use super::takes::{How, Made, TakeId, TakesState};
use super::theme::{GRID, Palette};
use super::transport::caption;
use crate::generate::verbs::MAX_STEPS;

/// A way from one take to another; the two stand at its ends.
#[derive(Clone, Debug, PartialEq)]
pub struct BlendPath {
    /// One of the takes between: the others of its way are found by it.
    anchor: TakeId,
    pub stops: Vec<Option<TakeId>>,
    pub ends: [String; 2],
}

impl BlendPath {
    /// The way that `id` is one of the steps of.
    pub fn of(takes: &TakesState, id: &TakeId) -> Option<BlendPath> {
        let record = &takes.get(id)?.record;
        let made = record.made()?;
        let How::Blend { with, steps, .. } = &made.how else {
            return None;
        };
        let there = |part: &super::takes::Part| takes.get(&part.id).map(|e| e.id.clone());
        let seed = record.settings.as_ref().map(|s| s.seed);
        // A record is a file, and files may hold anything.
        let mut stops = vec![None; (*steps).min(MAX_STEPS)];
        *stops.first_mut()? = there(&made.source);
        *stops.last_mut()? = there(with);
        for entry in takes.all() {
            let is_of_one_press = entry.record.settings.as_ref().map(|s| s.seed) == seed;
            if let Some(step) = step_of(&entry.record.made().filter(|_| is_of_one_press), &made)
                && let Some(stop) = stops.get_mut(step)
            {
                *stop = Some(entry.id.clone());
            }
        }
        let name = |part: &super::takes::Part| {
            let entry = takes.get(&part.id);
            entry.map_or_else(|| part.name.clone(), |e| e.record.name.clone())
        };
        Some(BlendPath {
            anchor: id.clone(),
            stops,
            ends: [name(&made.source), name(with)],
        })
    }

    /// The way that the take now on the stage belongs to, where this was the one before.
    pub fn follow(before: Option<&BlendPath>, takes: &TakesState, staged: &TakeId) -> Option<BlendPath> {
        BlendPath::of(takes, staged).or_else(|| {
            let way = BlendPath::of(takes, &before?.anchor)?;
            way.place_of(staged).is_some().then_some(way)
        })
    }

    pub fn place_of(&self, id: &TakeId) -> Option<usize> {
        self.stops.iter().position(|stop| stop.as_ref() == Some(id))
    }

    /// The stop nearest to a place that is there.
    fn nearest(&self, place: usize) -> Option<&TakeId> {
        let there = self.stops.iter().enumerate();
        there
            .filter_map(|(i, stop)| Some((i.abs_diff(place), stop.as_ref()?)))
            .min_by_key(|(distance, _)| *distance)
            .map(|(_, id)| id)
    }
}

/// The step of `other` on the way that `made` is on.
fn step_of(other: &Option<Made>, made: &Made) -> Option<usize> {
    let other = other.as_ref()?;
    match (&other.how, &made.how) {
        (
            How::Blend { with, step, steps },
            How::Blend {
                with: w, steps: s, ..
            },
        ) if with.id == w.id && steps == s && other.source.id == made.source.id => Some(*step),
        _ => None,
    }
}

/// The slider between the two ends. Moving it changes the take, not the playhead.
pub fn blend_ui(ui: &mut Ui, state: &AppState, actions: &mut Vec<Action>) {
    let (Some(way), Some(staged)) = (&state.blend, state.staged_take()) else {
        return;
    };
    let place = way.place_of(&staged.id).unwrap_or(0);
    let mut step = place + 1;
    let side = ((ui.available_width() - 160.0) / 3.0).clamp(48.0, 220.0);
    ui.horizontal_centered(|ui| {
        end_ui(ui, &way.ends[0], side, Align::Min);
        let right = |ui: &mut Ui| {
            end_ui(ui, &way.ends[1], side, Align::Max);
            caption(ui, &format!("{step} of {}", way.stops.len()));
            ui.spacing_mut().slider_width = ui.available_width() - GRID;
            let slider = Slider::new(&mut step, 1..=way.stops.len()).show_value(false);
            let response = ui.add(slider);
            response.widget_info(|| egui::WidgetInfo::slider(true, step as f64, "Blend"));
            response.on_hover_text("From the one piece to the other, at the same playhead");
        };
        ui.with_layout(Layout::right_to_left(Align::Center), right);
    });
    if step != place + 1
        && let Some(id) = way.nearest(step - 1)
        && *id != staged.id
    {
        actions.push(Action::ShowHere(id.clone()));
    }
}

fn end_ui(ui: &mut Ui, name: &str, width: f32, align: Align) {
    let weak = Palette::of(ui).weak_text;
    let layout = match align {
        Align::Max => Layout::right_to_left(Align::Center),
        _ => Layout::left_to_right(Align::Center),
    };
    ui.allocate_ui_with_layout(egui::vec2(width, 20.0), layout, |ui| {
        let text = RichText::new(name).small().color(weak);
        ui.add(egui::Label::new(text).truncate());
    });
}
