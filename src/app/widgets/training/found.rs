//! What was found in the training music.

use eframe::egui::{self, RichText, Ui};

use super::input::{DataKind, FoundData};
use crate::app::kit::theme::Palette;
use crate::data::{ComposerReport, Split};
use crate::display::{count, shortened, thousands};

/// Most rows of each table.
const MAX_ROWS: usize = 200;
const NAME_CHARS: usize = 40;

/// Pieces, hours and notes in a line, and tables of composers and of refused files to unfold.
pub fn found_ui(ui: &mut Ui, found: &FoundData) {
    let weak = Palette::of(ui).weak_text;
    let mut text = format!("{} pieces, {} composers", thousands(found.pieces as u64), found.composers);
    if let Some(hours) = found.music_hours {
        text += &format!(", {hours:.0} hours");
    }
    if let Some(notes) = found.notes {
        text += &format!(", {} notes", thousands(notes));
    }
    line(ui, text, weak);
    found.remarks.iter().for_each(|remark| line(ui, remark.clone(), weak));
    if found.kind == DataKind::Dataset {
        line(ui, "It is prepared first; that takes about half a minute.".to_owned(), weak);
    }
    if !found.by_composer.is_empty() {
        egui::CollapsingHeader::new("By composer").show(ui, |ui| composers_ui(ui, &found.by_composer));
    }
    if !found.refused.is_empty() {
        let title = format!("Refused: {}", count(found.refused.len(), "file"));
        egui::CollapsingHeader::new(title).id_salt("refused").show(ui, |ui| {
            for (name, why) in found.refused.iter().take(MAX_ROWS) {
                line(ui, format!("{}: {why}", shortened(name, NAME_CHARS)), weak);
            }
            if let Some(more @ 1..) = found.refused.len().checked_sub(MAX_ROWS) {
                line(ui, format!("… and {more} more"), weak);
            }
        });
    }
}

fn line(ui: &mut Ui, text: String, colour: egui::Color32) {
    ui.add(egui::Label::new(RichText::new(text).size(12.0).color(colour)).wrap());
}

fn composers_ui(ui: &mut Ui, composers: &[ComposerReport]) {
    let weak = Palette::of(ui).weak_text;
    let small = |text: String| RichText::new(text).size(12.0);
    egui::Grid::new("by composer").num_columns(4).spacing([8.0, 2.0]).show(ui, |ui| {
        for title in ["", "hours", "works", "notes"] {
            ui.label(small(title.to_owned()).color(weak));
        }
        ui.end_row();
        for composer in composers.iter().take(MAX_ROWS) {
            let sum =
                |of: fn(&crate::data::SplitReport) -> usize| composer.splits.iter().map(of).sum::<usize>();
            let hours: f64 = composer.splits.iter().map(|s| s.hours).sum();
            let parts = Split::ALL.iter().zip(&composer.splits).map(|(split, s)| {
                format!(
                    "{}: {}, {}, {:.1} h",
                    split.name(),
                    count(s.pieces, "piece"),
                    count(s.works, "work"),
                    s.hours
                )
            });
            let label = if composer.is_labelled {
                ""
            } else {
                "\nToo little music for a label: only the encoder hears it"
            };
            let tip = format!("{}\n{}{label}", composer.name, parts.collect::<Vec<_>>().join("\n"));
            let name = small(shortened(crate::music::surname(&composer.name), 14));
            ui.label(if composer.is_labelled { name } else { name.color(weak) }).on_hover_text(tip);
            ui.label(small(format!("{hours:.1}")));
            ui.label(small(sum(|s| s.works).to_string()));
            ui.label(small(format!("{:.0}k", sum(|s| s.notes) as f64 / 1e3)));
            ui.end_row();
        }
    });
}
