//! The settings of the next take.

use eframe::egui::{DragValue, Slider, Ui, vec2};

use super::form::form_ui;
use super::mix::mix_ui;
use super::qualities::qualities_ui;
use super::setting::{name_ui, row_ui};
use crate::app::kit::icons::{Icon, IconButton};
use crate::app::state::action::{Actions, ComposeAction};
use crate::app::state::app_state::AppState;
use crate::app::state::settings::{Form, GUIDANCE, MEMORY, NOTES, TEMPERATURE};
use crate::generate::{CHUNK, MAX_BEST_OF};

/// The cost of each further continuation, as printed by `cargo bench --bench generate`.
const LONGER_PERCENT: usize = 14;

pub fn controls_ui(ui: &mut Ui, state: &AppState, form: &mut Form, actions: &mut Actions) {
    ui.spacing_mut().item_spacing.y = 2.0;
    mix_ui(ui, form);
    let s = &mut form.settings;
    let slider =
        Slider::new(&mut s.sampling.guidance, GUIDANCE.start..=GUIDANCE.end).fixed_decimals(1).step_by(0.1);
    row_ui(
        ui,
        "Strength",
        "How strongly to follow the composer: 1 is plain, 2 to 3 is unmistakable.",
        slider,
    );
    let slider =
        Slider::new(&mut s.sampling.memory, MEMORY.start..=MEMORY.end).fixed_decimals(1).step_by(0.1);
    row_ui(
        ui,
        "Memory",
        "How strongly the take repeats what it has already played: 1 is as learned from real music, 0 is not at all.",
        slider,
    );
    let slider = Slider::new(&mut s.sampling.temperature, TEMPERATURE.start..=TEMPERATURE.end)
        .fixed_decimals(2)
        .step_by(0.01);
    row_ui(ui, "Temperature", "Below 1 is more predictable, above 1 is more adventurous.", slider);
    best_of_ui(ui, state, &mut s.best_of);
    let about =
        format!("Notes to compose: about {} of music.", minutes(s.notes as f64 / state.notes_per_sec()));
    let slider = Slider::new(&mut s.notes, NOTES.start..=NOTES.end).logarithmic(true);
    row_ui(ui, "Notes", &about, slider);
    form_ui(ui, form);
    qualities_ui(ui, state, form);
    seed_ui(ui, form, actions);
    ui.checkbox(&mut form.play_when_ready, "Play when ready")
        .on_hover_text("Play a new take from its first notes. When off, playback does not change.");
}

/// The slider for the number of continuations, and what they cost.
fn best_of_ui(ui: &mut Ui, state: &AppState, best_of: &mut usize) {
    let can_choose = state.model.ready.as_ref().is_none_or(|info| info.can_choose);
    let tip = match (can_choose, *best_of) {
        (false, _) => {
            "Choosing needs the selector, and there is none for this model: train one on the same corpus \
                       and put selector.safetensors beside the checkpoint."
                .to_owned()
        }
        (true, 1) => format!(
            "How a take goes on can be chosen: after the first {CHUNK} notes several continuations are composed, and \
             the one that sounds most like the composer is kept."
        ),
        (true, n) => format!(
            "After the first {CHUNK} notes, {n} continuations of {CHUNK} notes each are composed side by side, and the \
             one that sounds most like the composer is kept. That takes about {} % longer; the first notes come as \
             soon as ever.",
            LONGER_PERCENT * (n - 1)
        ),
    };
    ui.add_enabled_ui(can_choose, |ui| {
        row_ui(ui, "Best of", &tip, Slider::new(best_of, 1..=MAX_BEST_OF));
    });
}

fn minutes(secs: f64) -> String {
    if secs < 90.0 { format!("{secs:.0} seconds") } else { format!("{:.1} minutes", secs / 60.0) }
}

fn seed_ui(ui: &mut Ui, form: &mut Form, actions: &mut Actions) {
    ui.horizontal(|ui| {
        let label = name_ui(ui, "Seed");
        let value = DragValue::new(&mut form.settings.seed).range(0..=999_999u64).speed(0.5);
        ui.spacing_mut().item_spacing.x = 4.0;
        ui.add_sized(vec2(ui.available_width() - 56.0, 24.0), value)
            .labelled_by(label.id)
            .on_hover_text("The same seed with the same settings gives the same take.");
        let (icon, name, tip) = if form.is_seed_locked {
            (Icon::Lock, "Unlock seed", "The seed is kept. Click to get a new one with every take.")
        } else {
            (Icon::Unlock, "Lock seed", "Every take gets a new seed. Click to keep this one.")
        };
        if IconButton::new(icon, name).tip(tip).size(24.0).on(form.is_seed_locked).show(ui).clicked() {
            form.is_seed_locked = !form.is_seed_locked;
        }
        if IconButton::new(Icon::Dice, "Roll a new seed").size(24.0).show(ui).clicked() {
            actions.push(ComposeAction::RollSeed);
        }
    });
}
