//! Figures of the run, loss by field, and the models it wrote.

use std::path::Path;

use eframe::egui::{self, RichText, Ui};

use super::hear::{HearOptions, hear};
use super::input::TrainingEvent;
use super::run_view::SavedModel;
use super::{RunLog, RunView};
use crate::app::kit::icons::{Icon, IconButton};
use crate::app::kit::theme::{GRID, Palette};
use crate::display::{count, thousands};
use crate::tokens::Field;

/// Step, speed, time left, best validation: one row of large figures.
pub fn figures_ui(ui: &mut Ui, run: &RunView) {
    let log = &run.log;
    let step = log.step.as_ref();
    let none = || "–".to_owned();
    let time_left = match step.and_then(|m| m.eta_secs).filter(|_| run.is_alive()) {
        Some(secs) => duration_text(secs),
        None => none(),
    };
    let best = log.best.map_or_else(none, |(_, nll)| format!("{nll:.3}"));
    let best_hint =
        log.best.map_or(String::new(), |(at, _)| format!("nats per note, at step {}", thousands(at)));
    let figures = [
        ("Step", step.map_or_else(none, |m| thousands(m.step)), "optimiser updates".to_owned()),
        (
            "Notes per second",
            step.map_or_else(none, |m| thousands(m.notes_per_sec.max(0.0) as u64)),
            String::new(),
        ),
        ("Time trained", step.map_or_else(none, |m| duration_text(m.elapsed_secs)), String::new()),
        ("Time left", time_left, String::new()),
        ("Notes seen", step.map_or_else(none, |m| millions(m.notes_seen)), String::new()),
        ("Best validation", best, best_hint),
    ];
    let palette = Palette::of(ui);
    ui.columns(figures.len(), |columns| {
        for (ui, (name, value, hint)) in columns.iter_mut().zip(figures) {
            ui.spacing_mut().item_spacing.y = 0.0;
            let name = egui::Label::new(RichText::new(name).size(12.0).color(palette.weak_text)).truncate();
            ui.add(name);
            let value = ui.add(egui::Label::new(RichText::new(value).size(18.0)).truncate());
            if !hint.is_empty() {
                value.on_hover_text(hint);
            }
        }
    });
    if let Some(text) = machine_text(run) {
        ui.add(egui::Label::new(RichText::new(text).size(12.0).color(palette.weak_text)).truncate());
    }
}

/// Where it runs, how large it is, and the numbers of the last step that have no figure of their own.
fn machine_text(run: &RunView) -> Option<String> {
    let status = run.status.as_ref()?;
    let mut parts = vec![
        format!("{} on {}", status.device, status.host),
        count(status.threads, "thread"),
        format!("{:.1} M parameters", status.parameters as f64 / 1e6),
    ];
    if let Some(m) = &run.log.step {
        parts.push(format!("{} MB", thousands(m.memory_mb as u64)));
        parts.push(format!("gradient norm {:.2}", m.grad_norm));
        parts.push(format!("learning rate {:.4}", m.learning_rate));
        let free = run.config.as_ref().map_or(0.0, |c| c.free_bits_nats);
        parts.push(format!("KL {:.1} nats, β {:.2}, {free} nats free per dimension", m.kl_nats, m.kl_weight));
    }
    Some(parts.join(" · "))
}

/// Loss of each field in nats per note, in training and validation.
pub fn fields_ui(ui: &mut Ui, log: &RunLog) {
    let palette = Palette::of(ui);
    let train = log.step.as_ref().map(|m| m.nll_fields);
    let valid = log.validation.as_ref().map(|v| v.nll_fields);
    ui.label(RichText::new("By field").heading());
    let highest = train.iter().chain(&valid).flatten().copied().filter(|v| v.is_finite()).fold(0.1, f64::max);
    egui::Grid::new("nll by field").num_columns(4).spacing([12.0, 4.0]).show(ui, |ui| {
        for title in ["", "", "training", "validation"] {
            ui.label(RichText::new(title).size(12.0).color(palette.weak_text));
        }
        ui.end_row();
        for field in Field::ALL {
            let of = |values: Option<[f64; 5]>| values.map(|v| v[field.index()]);
            ui.label(field.name());
            let (rect, _) = ui.allocate_exact_size(egui::vec2(72.0, 8.0), egui::Sense::hover());
            ui.painter().rect_filled(rect, 2.0, palette.raised);
            if let Some(value) = of(valid).or(of(train)).filter(|v| v.is_finite()) {
                let share = (value / highest).clamp(0.0, 1.0) as f32;
                let bar =
                    egui::Rect::from_min_size(rect.min, egui::vec2(rect.width() * share, rect.height()));
                ui.painter().rect_filled(bar, 2.0, palette.accent.gamma_multiply(0.8));
            }
            for value in [of(train), of(valid)] {
                ui.label(value.map_or("–".to_owned(), |v| format!("{v:.3}")));
            }
            ui.end_row();
        }
    });
    if let Some(v) = &log.validation {
        let text = format!(
            "Another piece's z costs {:.3} nats per note, another composer's label {:.3}. {} dimensions of z are in use; \
             {:.0} % of segments lie nearest to their own composer.",
            v.shuffled_z_gap,
            v.wrong_label_gap,
            v.active_dims,
            v.nearest_component * 100.0
        );
        ui.add_space(GRID / 2.0);
        ui.add(egui::Label::new(RichText::new(text).size(12.0).color(palette.weak_text)).wrap());
    }
}

/// The models of the run, the best first.
pub fn models_ui(
    ui: &mut Ui,
    run: &RunView,
    hear_options: &HearOptions,
    in_use: Option<&Path>,
    events: &mut Vec<TrainingEvent>,
) {
    let palette = Palette::of(ui);
    ui.label(RichText::new("Models").heading());
    if run.models.is_empty() {
        let text = "The run writes one with each validation, and keeps the best and the latest.";
        ui.add(egui::Label::new(RichText::new(text).size(12.0).color(palette.weak_text)).wrap());
        return;
    }
    for model in &run.models {
        model_ui(ui, run, model, hear_options, in_use, events);
    }
}

fn model_ui(
    ui: &mut Ui,
    run: &RunView,
    model: &SavedModel,
    hear_options: &HearOptions,
    in_use: Option<&Path>,
    events: &mut Vec<TrainingEvent>,
) {
    let palette = Palette::of(ui);
    let is_in_use = in_use == Some(model.path.as_path());
    let step = thousands(model.step);
    ui.horizontal(|ui| {
        let name =
            if model.is_best { format!("Hear the best, step {step}") } else { format!("Hear step {step}") };
        let take = hear_options.take(run, model.step);
        let why = take.is_none().then_some("There is no take of this step");
        if IconButton::new(Icon::Play, &name).size(24.0).disabled_because(why).show(ui).clicked()
            && let Some(take) = take
        {
            events.push(hear(run, take));
        }
        ui.vertical(|ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            let name = if model.is_best { "best".to_owned() } else { format!("step {step}") };
            ui.add(egui::Label::new(name).truncate()).on_hover_text(model.path.display().to_string());
            let nll = model.valid_nll.map_or(String::new(), |nll| format!("{nll:.3} nats"));
            let second = if model.is_best { format!("step {step}  {nll}") } else { nll };
            ui.label(RichText::new(second).size(12.0).color(palette.weak_text));
        });
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            let response = ui.add_enabled(!is_in_use, egui::Button::new("Use this model"));
            let response = response.on_disabled_hover_text("The studio is already using it");
            if response.on_hover_text("Compose with this model in the Studio").clicked() {
                events.push(TrainingEvent::UseModel { path: model.path.clone() });
            }
            if is_in_use {
                ui.label(RichText::new("in use").size(12.0).color(palette.success));
            }
        });
    });
}

fn millions(notes: u64) -> String {
    if notes < 1_000_000 { thousands(notes) } else { format!("{:.1} M", notes as f64 / 1e6) }
}

/// "45 s", "12 min", "3 h 05 min"
fn duration_text(secs: f64) -> String {
    if !secs.is_finite() || secs < 0.0 {
        return "–".to_owned();
    }
    let minutes = (secs / 60.0).round() as u64;
    match (secs, minutes) {
        (s, _) if s < 90.0 => format!("{s:.0} s"),
        (_, m) if m < 90 => format!("{m} min"),
        (_, m) => format!("{} h {:02} min", m / 60, m % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_for_people() {
        assert_eq!(duration_text(45.2), "45 s");
        assert_eq!(duration_text(720.0), "12 min");
        assert_eq!(duration_text(11_100.0), "3 h 05 min");
        assert_eq!(duration_text(f64::NAN), "–");
        assert_eq!(millions(999_999), "999,999");
        assert_eq!(millions(12_340_000), "12.3 M");
    }
}
