//! The save sheet: a path to type, or Browse if the system has a file dialog.

use std::path::{Path, PathBuf};

use eframe::egui::{self, Align, Button, ComboBox, Layout, ProgressBar, RichText, TextEdit, Ui, vec2};

use crate::app::kit::parts::{accent_button, button, buttons_row, heading, named_field};
use crate::app::kit::theme::{GRID, Palette};
use crate::app::state::action::{Actions, Ask, FileAction, WindowAction};
use crate::app::state::app_state::AppState;
use crate::app::state::export::ExportPlan;
use crate::app::state::settings::WavSettings;
use crate::save::{FileKind, file_name};
use crate::synth::export::{AudioFormat, SAMPLE_RATES};

/// The contents of the sheet.
#[derive(Debug, Default)]
pub struct SaveSheet {
    path: String,
    wav: WavSettings,
    only_loop: bool,
    hint: Option<String>,
    seen: Seen,
}

/// What exists at the path; checked when the text changes and not in every frame.
#[derive(Debug, Default)]
struct Seen {
    text: String,
    is_file: bool,
    has_folder: bool,
}

impl Seen {
    fn look(&mut self, text: &str) {
        if self.text != text {
            let path = Path::new(text.trim());
            let folder = path.parent().filter(|p| !p.as_os_str().is_empty());
            *self = Seen {
                text: text.to_owned(),
                is_file: path.is_file(),
                has_folder: folder.is_none_or(Path::is_dir),
            };
        }
    }
}

/// File formats and their extensions.
const KINDS: [(&str, &str); 6] =
    [("MIDI", "mid"), ("WAV", "wav"), ("FLAC", "flac"), ("Ogg", "ogg"), ("MP3", "mp3"), ("Picture", "png")];

impl SaveSheet {
    /// Fills in the sheet for a take called `name`.
    pub fn open(&mut self, name: &str, as_wav: bool, folder: &Path, wav: WavSettings) {
        let ending = if as_wav { "wav" } else { "mid" };
        self.path = folder.join(format!("{}.{ending}", file_name(name))).display().to_string();
        self.wav = wav;
        self.only_loop = false;
        self.hint = None;
        self.seen = Seen::default();
    }

    /// Browse returned a path.
    pub fn set_path(&mut self, path: PathBuf) {
        // Dialogs do not append the extension.
        self.path = if FileKind::of(&path).is_some() {
            path.display().to_string()
        } else {
            let ending = Path::new(&self.path).extension().unwrap_or("mid".as_ref());
            format!("{}.{}", path.display(), ending.to_string_lossy())
        };
        self.hint = None;
    }

    /// Browse returned nothing, too fast for a person to have cancelled.
    pub fn no_dialog(&mut self) {
        self.hint = Some("No file dialog could be opened. Type the path here.".to_owned());
    }

    pub fn ui(&mut self, ui: &mut Ui, state: &AppState, actions: &mut Actions) {
        ui.set_width(480.0);
        heading(ui, "Save");
        ui.add_space(GRID * 0.5);
        if let Some(export) = &state.export {
            progress_ui(ui, export.progress.fraction(), &export.path, actions);
            return;
        }
        self.path_ui(ui, state, actions);
        self.kinds_ui(ui);
        self.seen.look(&self.path);
        let path = PathBuf::from(self.path.trim());
        if let Some(FileKind::Audio(format)) = FileKind::of(&path) {
            self.audio_ui(ui, format);
        }
        if state.sound.loop_secs.is_some() {
            ui.checkbox(&mut self.only_loop, "Only the loop region");
        }
        ui.add_space(GRID);
        self.buttons_ui(ui, state, &path, actions);
    }

    fn path_ui(&mut self, ui: &mut Ui, state: &AppState, actions: &mut Actions) {
        ui.horizontal(|ui| {
            let edit = TextEdit::singleline(&mut self.path).desired_width(ui.available_width() - 104.0);
            let field = ui.add(edit.margin(egui::Margin::symmetric(8, 6)));
            field.widget_info(|| named_field("File path", &self.path));
            let browse =
                ui.add_enabled(!state.is_dialog_open, Button::new("Browse…").min_size(vec2(88.0, 30.0)));
            if browse.clicked() {
                actions.push(FileAction::Ask(Ask::SaveAs { suggested: PathBuf::from(self.path.trim()) }));
            }
        });
        if let Some(hint) = &self.hint {
            ui.label(RichText::new(hint).small().color(Palette::of(ui).warning));
        }
    }

    /// Buttons for the formats: choosing one changes the extension.
    fn kinds_ui(&mut self, ui: &mut Ui) {
        let path = PathBuf::from(self.path.trim());
        let now = FileKind::of(&path);
        ui.horizontal(|ui| {
            for (name, ending) in KINDS {
                let is_now =
                    now.is_some() && now == FileKind::of(Path::new("x").with_extension(ending).as_path());
                if ui.selectable_label(is_now, name).clicked() {
                    let stem = now.map_or_else(|| path.clone(), |_| path.with_extension(""));
                    self.path = format!("{}.{ending}", stem.display());
                }
            }
        });
    }

    fn audio_ui(&mut self, ui: &mut Ui, format: AudioFormat) {
        ui.horizontal(|ui| {
            let text = |rate: u32| format!("{:.1} kHz", f64::from(rate) / 1000.0);
            let rate = &mut self.wav.sample_rate;
            ComboBox::new("rate", "Sample rate").selected_text(text(format.sample_rate(*rate))).show_ui(
                ui,
                |ui| {
                    for hz in SAMPLE_RATES.into_iter().filter(|hz| format.sample_rate(*hz) == *hz) {
                        ui.selectable_value(rate, hz, text(hz));
                    }
                },
            );
            ui.add_space(GRID);
            if format.has_bit_depth() {
                ui.selectable_value(&mut self.wav.bits, 16, "16 bit");
                ui.selectable_value(&mut self.wav.bits, 24, "24 bit");
            }
        });
        ui.checkbox(&mut self.wav.is_normalised, "Normalise")
            .on_hover_text("Scales the loudest moment to −1 dB.");
    }

    fn buttons_ui(&self, ui: &mut Ui, state: &AppState, path: &Path, actions: &mut Actions) {
        let palette = Palette::of(ui);
        let replaces = self.seen.is_file;
        let kind = FileKind::of(path);
        let why_not = match () {
            () if path.file_stem().is_none() => Some("Give the file a name."),
            () if kind.is_none() => Some("The name must end in .mid, .wav, .flac, .ogg, .mp3 or .png."),
            () if !self.seen.has_folder => Some("This folder does not exist."),
            () if kind.is_some_and(FileKind::is_audio) && state.sound.font.is_none() => {
                Some("A recording needs a SoundFont; choose one at the lower right.")
            }
            () => None,
        };
        let (note, colour) = match why_not {
            Some(why) => (why, palette.warning),
            None if replaces => ("Replaces the existing file.", palette.weak_text),
            None => ("", palette.weak_text),
        };
        ui.horizontal(|ui| {
            ui.label(RichText::new(note).small().color(colour));
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                let word = if replaces { "Replace" } else { "Save" };
                let save = accent_button(ui, word, why_not.is_none());
                let entered = why_not.is_none() && ui.input(|i| i.key_pressed(egui::Key::Enter));
                if save.clicked() || entered {
                    let plan = ExportPlan { path: path.to_owned(), wav: self.wav, only_loop: self.only_loop };
                    actions.push(FileAction::Export(plan));
                }
                if button(ui, "Cancel").clicked() {
                    actions.push(WindowAction::CloseSheet);
                }
            });
        });
    }
}

fn progress_ui(ui: &mut Ui, fraction: f32, path: &Path, actions: &mut Actions) {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    ui.label(format!("Writing {name}…"));
    ui.add(ProgressBar::new(fraction).desired_height(8.0).corner_radius(4.0));
    ui.add_space(GRID);
    buttons_row(ui, |ui| {
        if button(ui, "Cancel export").clicked() {
            actions.push(FileAction::CancelExport);
        }
    });
    ui.ctx().request_repaint_after(std::time::Duration::from_millis(50));
}
