//! Memory and form: figures of real music and of takes side by side, and self-similarity pictures.

use eframe::egui::{
    self, Color32, ColorImage, RichText, Role, Sense, TextureHandle, TextureOptions, Ui, WidgetInfo, vec2,
};

use super::gates::short;
use crate::app::kit::theme::{GRID, Palette};
use crate::display::clock;
use crate::evaluate::memory::{FIGURES, FormRow, MemoryReport, Place, SIDE, SelfSimilarity};
use crate::evaluate::{Measured, Report};
use crate::picture::similarity_colour;

/// Maximum width of a picture.
const PICTURE_PX: f32 = 320.0;

pub fn memory_ui(ui: &mut Ui, report: &Report) {
    let palette = Palette::of(ui);
    let weak = |ui: &mut Ui, text: &str| {
        ui.add(egui::Label::new(RichText::new(text).small().color(palette.weak_text)).wrap());
    };
    ui.label(RichText::new("Memory and form").heading());
    let Some(memory) = &report.memory else {
        weak(ui, "Not in this report; `pastiche evaluate` measures it.");
        return;
    };
    weak(
        ui,
        "Does music repeat itself, come back to a theme, begin and end? Real held-out pieces beside long takes, \
         every composer counting the same; the mean or median ± a standard error.",
    );
    table_ui(ui, memory, &palette);
    ui.add_space(GRID);
    weak(ui, &second_hearing(memory));
    ui.add_space(GRID);
    signs_ui(ui, memory, &palette);
    ui.add_space(GRID);
    weak(
        ui,
        "Which moments resemble which, time to the right and downwards: a dark line beside the diagonal is a passage \
         that comes back. Of each kind the piece with the most returns.",
    );
    pictures_ui(ui, memory, &palette);
}

/// A row of the table: name, explanation, and a figure per column.
type Line = (String, &'static str, Vec<String>);

fn lines(memory: &MemoryReport) -> Vec<Line> {
    let cells = |of: &dyn Fn(&FormRow) -> Option<Measured>| -> Vec<String> {
        let cell = |row: &FormRow| of(row).map_or("–".to_owned(), with_error);
        memory.rows.iter().map(cell).collect()
    };
    let mut out: Vec<Line> = Vec::new();
    for (i, length) in ["4", "8"].iter().enumerate() {
        out.push((
            format!("Patterns of {length} intervals heard before"),
            "The share that occurred within the last 256 notes, in any key.",
            cells(&|row| Some(row.repetition[i].mean)),
        ));
    }
    out.push((
        "Blocks in which a theme returns".to_owned(),
        "Blocks of 32 notes that share 85 % of their pitches with a window at least 256 notes earlier.",
        cells(&|row| Some(row.returns.mean)),
    ));
    out.push((
        "… by chance".to_owned(),
        "The same, searched for in another piece.",
        cells(&|row| Some(row.chance_returns.mean)),
    ));
    for place in Place::ALL {
        for (i, figure) in FIGURES.iter().enumerate().take(3) {
            out.push((
                format!("{}: {figure}", capitalised(place.name())),
                "Over 48 notes; geometric mean for durations.",
                cells(&|row| row.place(place).map(|p| p.medians[i])),
            ));
        }
        out.push((
            format!("{}: distinguished from real music", capitalised(place.name())),
            "AUC of a small classifier: 0.5 is chance, 1 is always.",
            cells(&|row| row.place(place).and_then(|p| p.auc)),
        ));
    }
    for notes in [256, 1024] {
        out.push((
            format!("Distinguished from real music, {notes} notes"),
            "AUC of a classifier trained for this: 0.5 is chance, 1 is always.",
            cells(&|row| row.told_apart.iter().find(|t| t.notes == notes).map(|t| t.auc)),
        ));
    }
    out
}

fn table_ui(ui: &mut Ui, memory: &MemoryReport, palette: &Palette) {
    egui::Grid::new("memory and form").num_columns(1 + memory.rows.len()).spacing([GRID * 2.0, 4.0]).show(
        ui,
        |ui| {
            ui.label("");
            for row in &memory.rows {
                ui.label(RichText::new(&row.name).small().color(palette.weak_text));
            }
            ui.end_row();
            for (name, tip, cells) in lines(memory) {
                ui.label(name).on_hover_text(tip);
                for cell in cells {
                    ui.label(cell);
                }
                ui.end_row();
            }
        },
    );
}

fn with_error(of: Measured) -> String {
    match of.error {
        0.0 => short(of.value),
        error => format!("{} ± {}", short(of.value), short(error)),
    }
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}

fn second_hearing(memory: &MemoryReport) -> String {
    let heard = &memory.second_hearing;
    let gain = heard.gain.map_or(String::new(), |[exact, transposed]| {
        format!(
            " The second time it is {} nats per note less surprising than the first; a whole tone higher, {}.",
            with_error(exact),
            with_error(transposed)
        )
    });
    format!(
        "A phrase of 96 notes, then its first 40 again: {} of the next pitches are composed as the first time, \
         {} a whole tone higher, {} by chance ({} phrases).{gain}",
        with_error(heard.exact.mean),
        with_error(heard.transposed.mean),
        with_error(heard.chance.mean),
        heard.phrases
    )
}

/// The features that distinguish takes from real music, measured on the longest segments.
fn signs_ui(ui: &mut Ui, memory: &MemoryReport, palette: &Palette) {
    let apart = memory.rows.get(1).and_then(|row| row.told_apart.last());
    let Some(apart) = apart.filter(|t| !t.signs.is_empty()) else {
        return;
    };
    ui.label("What gives takes away");
    egui::Grid::new("signs").num_columns(4).spacing([GRID * 2.0, 4.0]).show(ui, |ui| {
        for head in ["", "real", "takes", "alone, AUC"] {
            ui.label(RichText::new(head).small().color(palette.weak_text));
        }
        ui.end_row();
        for sign in &apart.signs {
            ui.label(capitalised(&sign.feature));
            ui.label(short(sign.real));
            ui.label(short(sign.takes));
            ui.label(short(sign.auc));
            ui.end_row();
        }
    });
}

fn pictures_ui(ui: &mut Ui, memory: &MemoryReport, palette: &Palette) {
    let n = memory.pictures.len().max(1) as f32;
    let side = ((ui.available_width() - GRID * 2.0 * (n - 1.0)) / n).clamp(64.0, PICTURE_PX);
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = GRID * 2.0;
        for picture in &memory.pictures {
            ui.vertical(|ui| {
                ui.set_width(side);
                picture_ui(ui, &memory.checkpoint, picture, side);
                let text = format!("{}, {}", picture.title, clock(picture.secs, 0));
                let text = RichText::new(text).small().color(palette.weak_text);
                ui.add(egui::Label::new(text).wrap());
            });
        }
    });
}

fn picture_ui(ui: &mut Ui, checkpoint: &str, picture: &SelfSimilarity, side: f32) {
    let texture = texture(ui, checkpoint, picture);
    let (rect, response) = ui.allocate_exact_size(vec2(side, side), Sense::hover());
    egui::Image::from_texture((texture.id(), rect.size())).paint_at(ui, rect);
    let words = format!("Self-similarity: {}", picture.title);
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &words));
}

/// Textures, created once per picture.
fn texture(ui: &Ui, checkpoint: &str, picture: &SelfSimilarity) -> TextureHandle {
    let id = egui::Id::unique(("self-similarity", checkpoint, &picture.title));
    if let Some(known) = ui.data(|data| data.get_temp::<TextureHandle>(id)) {
        return known;
    }
    let pixel = |shade: u8| {
        let [r, g, b] = similarity_colour(shade);
        Color32::from_rgb(r, g, b)
    };
    let image = ColorImage::new([SIDE, SIDE], picture.shades().into_iter().map(pixel).collect());
    let made = ui.ctx().load_texture(&picture.title, image, TextureOptions::NEAREST);
    ui.data_mut(|data| data.insert_temp(id, made.clone()));
    made
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_stand_with_their_errors() {
        let measured = |value, error| Measured { value, error };
        assert_eq!(with_error(measured(0.1183, 0.0051)), "0.118 ± 0.005");
        assert_eq!(with_error(measured(0.0, 0.0)), "0");
        assert_eq!(capitalised("ending"), "Ending");
    }
}
