//! Figures of the latent space and of likeness to real music, as tables.

use eframe::egui::{self, RichText, Ui};

use super::gates::short;
use crate::app::kit::theme::{GRID, Palette};
use crate::evaluate::{LENGTHS, Report};

/// How much label and latent tell about the music.
pub fn latent_ui(ui: &mut Ui, report: &Report) {
    let (l, v) = (&report.latent, &report.latent.validation);
    let percent = |share: f64| format!("{:.0} %", share * 100.0);
    ui.label(RichText::new("Label and latent").heading());
    let rows = [
        (
            "Validation, nats per note",
            short(v.nll),
            "How surprised the model is by unseen music; lower is better.",
        ),
        (
            "… with another piece's z",
            format!("+{}", short(v.shuffled_z_gap)),
            "How much the latent tells about the notes.",
        ),
        (
            "… with another's label",
            format!("+{}", short(v.wrong_label_gap)),
            "How much the label tells about the notes.",
        ),
        ("KL, nats per segment", short(v.kl_nats), "How much information the latent holds about a segment."),
        ("Dimensions of z in use", v.active_dims.to_string(), "Dimensions with more than 0.1 nats of KL."),
        (
            "Unseen works nearest to their own",
            percent(l.nearest_component_works),
            "The share of unseen works that are closest to their own composer's component.",
        ),
        (
            "Silhouette of training segments",
            short(l.silhouette_training),
            "Above 0, segments of the same composer form clusters; around 0 the composers overlap.",
        ),
        ("Silhouette of unseen segments", short(l.silhouette_held_out), "The same for unseen works."),
        (
            "Heard as the label it got",
            percent(l.swap.heard_as_label),
            "Takes of one latent with every label.",
        ),
        (
            "Heard as the latent's composer",
            percent(l.swap.heard_as_source),
            "Takes of one latent with every label except its own.",
        ),
    ];
    egui::Grid::new("latent figures").num_columns(2).spacing([GRID * 2.0, 4.0]).show(ui, |ui| {
        for (name, value, tip) in rows {
            ui.label(name).on_hover_text(tip);
            ui.label(value);
            ui.end_row();
        }
    });
}

/// Likeness to real music of the same composer, and copying.
pub fn likeness_ui(ui: &mut Ui, report: &Report) {
    let palette = Palette::of(ui);
    let l = &report.likeness;
    ui.label(RichText::new("Like real music").heading());
    let text = "Overlap of what is measured in takes and in real music of the same composer; beside it that of real \
                music with other real music.";
    ui.add(egui::Label::new(RichText::new(text).small().color(palette.weak_text)).wrap());
    egui::Grid::new("likeness").num_columns(3).spacing([GRID * 2.0, 4.0]).show(ui, |ui| {
        for head in ["", "takes", "real"] {
            ui.label(RichText::new(head).small().color(palette.weak_text));
        }
        ui.end_row();
        for d in &l.distributions {
            ui.label(&d.name);
            ui.label(short(d.overlap));
            ui.label(short(d.real_overlap));
            ui.end_row();
        }
        ui.label("Fréchet distance").on_hover_text("Between the judge's features; lower is more alike.");
        ui.label(short(l.frechet));
        ui.label(short(l.real_frechet));
        ui.end_row();
        for (i, length) in LENGTHS.iter().enumerate() {
            let share = |shares: [f64; 3]| format!("{:.2} %", shares[i] * 100.0);
            ui.label(format!("{length} notes in the training music")).on_hover_text(
                "Share of sequences found there, in any key; and the same for unseen real works.",
            );
            ui.label(share(report.copied.shares));
            ui.label(share(report.unseen_works.shares));
            ui.end_row();
        }
    });
}
