//! The save sheet: a path to type, or Browse if the system has a file dialog.

use std::path::{Path, PathBuf};

use eframe::egui::{self, Align, Button, Layout, ProgressBar, RichText, TextEdit, Ui, vec2};

use super::formats::{audio_ui, kinds_ui};
use crate::app::kit::parts::{accent_button, button, buttons_row, heading, named_field};
use crate::app::kit::theme::{GRID, Palette};
use crate::app::state::action::{Actions, Ask, FileAction, WindowAction};
use crate::app::state::app_state::AppState;
use crate::app::state::export::{ExportPlan, ExportState};
use crate::app::state::settings::WavSettings;
use crate::save::{FileKind, file_name};

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
            progress_ui(ui, export, actions);
            return;
        }
        self.path_ui(ui, state, actions);
        self.kinds_ui(ui);
        self.seen.look(&self.path);
        let path = PathBuf::from(self.path.trim());
        if let Some(FileKind::Audio(format)) = FileKind::of(&path) {
            audio_ui(ui, &mut self.wav, format);
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

    /// Choosing a format changes the extension.
    fn kinds_ui(&mut self, ui: &mut Ui) {
        let path = PathBuf::from(self.path.trim());
        let now = FileKind::of(&path);
        if let Some(ending) = kinds_ui(ui, now) {
            let stem = now.map_or_else(|| path.clone(), |_| path.with_extension(""));
            self.path = format!("{}.{ending}", stem.display());
        }
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

/// What is being written, and how far it is.
pub(super) fn progress_ui(ui: &mut Ui, export: &ExportState, actions: &mut Actions) {
    let fraction = export.progress.fraction();
    let name = export.path.file_name().unwrap_or_default().to_string_lossy();
    ui.label(match export.takes {
        Some(takes) => {
            let now = (fraction * takes as f32) as usize + 1;
            format!("Writing take {} of {takes} into {name}…", now.min(takes))
        }
        None => format!("Writing {name}…"),
    });
    ui.add(ProgressBar::new(fraction).desired_height(8.0).corner_radius(4.0));
    ui.add_space(GRID);
    buttons_row(ui, |ui| {
        if button(ui, "Cancel export").clicked() {
            actions.push(FileAction::CancelExport);
        }
    });
    ui.ctx().request_repaint_after(std::time::Duration::from_millis(50));
}
