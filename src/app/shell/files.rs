//! Actions on files: open, choose, save, export.

use std::path::{Path, PathBuf};
use std::time::Instant;

use super::app::PasticheApp;
use crate::app::panels::look::style;
use crate::app::state::action::{Ask, FileAction, Sheet, Tab};
use crate::app::state::export::{ExportPlan, ExportState};
use crate::app::threads::dialogs::{Dialog, TOO_FAST_FOR_A_PERSON};
use crate::app::threads::workers::{Done, Then};
use crate::display::{one_line, stem};
use crate::evaluate::{Comparison, Report, ReportError};
use crate::jobs::EngineCommand;
use crate::music::Performance;
use crate::music::midi::{self, MidiRead};
use crate::picture::Look;
use crate::progress::Progress;
use crate::save::{Piece, Recording, SaveError, save};
use crate::synth::{Preset, SoundFont, SoundFontError};
use crate::takes::{TakeEntry, TakeRecord, now_secs};

impl PasticheApp {
    pub(super) fn file_action(&mut self, action: FileAction) {
        match action {
            FileAction::Ask(ask) => self.asks.push(ask),
            FileAction::Chosen { ask, path } => self.chosen(ask, path),
            FileAction::Open(path) => self.open_path(path),
            FileAction::ShowSave { as_wav } => {
                let Some(stage) = &self.state.stage else {
                    return;
                };
                let piece = Piece {
                    performance: stage.performance.clone(),
                    range_secs: None,
                    title: Some(stage.name.clone()),
                    recipe: self.state.staged_take().and_then(|e| e.record.recipe_line()),
                    look: self.look(stage.composer.as_deref()),
                };
                self.show_save(piece, as_wav);
            }
            FileAction::SaveTake(id) => self.read_take(id, Then::Save),
            FileAction::OpenReport(path) => self.open_report(path),
            FileAction::Export(plan) => self.export(plan),
            FileAction::CancelExport => {
                if let Some(export) = &self.state.export {
                    export.stop.stop();
                }
            }
            FileAction::SaveStarred(plan) => self.save_starred(plan),
        }
    }

    /// Opens the requested dialogs; needs the window.
    pub(super) fn open_dialogs(&mut self, frame: Option<&eframe::Frame>) {
        for ask in std::mem::take(&mut self.asks) {
            if self.state.is_dialog_open {
                continue;
            }
            self.state.is_dialog_open = true;
            let dialog = Dialog::open(&ask, self.state.settings.save_folder.as_deref(), frame);
            self.workers.patient_task("dialog", move || {
                let opened = Instant::now();
                let path = dialog.wait();
                Done::DialogClosed { ask, path, after: opened.elapsed() }
            });
        }
    }

    pub(super) fn dialog_closed(&mut self, ask: Ask, path: Option<PathBuf>, after: std::time::Duration) {
        self.state.is_dialog_open = false;
        match path {
            Some(path) => self.chosen(ask, path),
            None if after > TOO_FAST_FOR_A_PERSON => {}
            None if matches!(ask, Ask::SaveAs { .. }) => self.sheets.save.no_dialog(),
            None => self.show_sheet(Sheet::Path(ask)),
        }
    }

    fn chosen(&mut self, ask: Ask, path: PathBuf) {
        match ask {
            Ask::Music => self.open_music(path),
            Ask::SoundFont => self.load_soundfont(path),
            Ask::Checkpoint => self.load_checkpoint(path),
            Ask::SaveAs { .. } => self.sheets.save.set_path(path),
            Ask::ExportFolder => self.sheets.starred.set_folder(&path),
            Ask::Report => self.open_report(Some(path)),
            Ask::SelectionCsv { segments } => self.write_selection(path, segments),
            Ask::TrainConfig { is_export } => self.training_config(path, is_export),
            Ask::OwnMusic => self.add_composers(path),
            Ask::Comparison => self.export_comparison(path),
            Ask::Curves { as_picture } => self.export_curves(path, as_picture),
            Ask::TrainingData { .. } => self.open_training_data(path),
            Ask::TrainingRun => {
                let mut events = Vec::new();
                self.training.set_run_dir(&path, &mut events);
                self.training_events(events);
            }
        }
    }

    /// Opens a file of any kind: dropped, or named on the command line.
    fn open_path(&mut self, path: PathBuf) {
        let ending = path.extension().map(|e| e.to_string_lossy().to_lowercase());
        match ending.as_deref() {
            _ if midi::is_midi(&path) => self.open_music(path),
            Some("sf2" | "sf3") => self.load_soundfont(path),
            Some("safetensors") => self.load_checkpoint(path),
            Some("json") => self.open_report(Some(path)),
            Some("toml") => self.training_config(path, false),
            Some("zip" | "corpus") => self.open_training_data(path),
            _ if path.is_dir() => self.open_training_data(path),
            _ => {
                let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                self.toasts.warn(format!(
                    "Pastiche cannot open {name}. It opens MIDI files, SoundFonts (.sf2, .sf3), checkpoints (.safetensors), \
                     evaluation reports (.json), and music to train on (.zip, .corpus, folders)."
                ));
            }
        }
    }

    /// A dropped folder that holds a run is watched; any other data is music to train on.
    fn open_training_data(&mut self, path: PathBuf) {
        let mut events = Vec::new();
        if path.join("config.toml").is_file() {
            self.training.set_run_dir(&path, &mut events);
        } else {
            self.training.set_data_path(&path, &mut events);
        }
        self.training_events(events);
        self.state.tab = Tab::Training;
    }

    /// Opens a report; `None` is the one beside the loaded checkpoint.
    fn open_report(&mut self, path: Option<PathBuf>) {
        let in_use = self.state.model.ready.as_ref().map(|info| Report::path_beside(&info.path));
        let is_beside_checkpoint = path.is_none();
        let Some(path) = path.or(in_use) else { return };
        self.workers.task("report", move || Done::ReportRead {
            result: Comparison::read(&path),
            is_beside_checkpoint,
        });
    }

    pub(super) fn report_read(&mut self, is_beside: bool, result: Result<Comparison, ReportError>) {
        match result {
            Ok(reports) => {
                self.evaluation.show(reports);
                self.state.tab = Tab::Evaluation;
            }
            Err(ReportError::Read { .. }) if is_beside => {}
            Err(error) => self.toasts.error("This report cannot be shown", &error),
        }
    }

    fn open_music(&mut self, path: PathBuf) {
        self.workers.task("open", move || Done::MusicOpened {
            result: midi::read_file(&path).map(|read| {
                let record = TakeRecord::opened(stem(&path), &read.performance, now_secs());
                (Box::new(record), read)
            }),
            path,
        });
    }

    /// Saves an opened file as a take, so that it can be found, continued and varied like any other. If the same
    /// music is already among the takes, shows that one.
    pub(super) fn music_opened(&mut self, path: &Path, record: TakeRecord, read: MidiRead) {
        self.state.settings.remember(path);
        let repairs = read.report.sentences();
        if !repairs.is_empty() {
            let name = one_line(&stem(path));
            self.toasts.warn(format!("{name}: {}.", repairs.join("; ")));
        }
        let music = read.performance;
        let is_same =
            |e: &&TakeEntry| e.record.fingerprint.is_some() && e.record.fingerprint == record.fingerprint;
        if let Some(known) = self.state.takes.all().iter().find(is_same) {
            let id = known.id.clone();
            self.take_read(id, Then::Show { play: false }, music);
            return;
        }
        let store = self.store.clone();
        self.workers.write(move || Some(Done::MusicKept { result: store.save(record, &music), music }));
    }

    /// An opened file was saved among the takes.
    pub(super) fn music_kept(&mut self, entry: TakeEntry, music: Performance) {
        let id = entry.id.clone();
        self.state.takes.put(entry);
        self.take_read(id.clone(), Then::Show { play: false }, music.clone());
        self.encode(id, music);
    }

    pub(super) fn load_soundfont(&mut self, path: PathBuf) {
        self.sound.loading = Some(path.clone());
        let settings = &self.state.settings.sound;
        let is_kept = settings.soundfont.as_deref() == Some(&path);
        let chosen = settings.preset.filter(|_| is_kept);
        self.workers
            .task("soundfont", move || Done::SoundFontRead { result: read_soundfont(&path, chosen), path });
    }

    pub(super) fn load_checkpoint(&mut self, path: PathBuf) {
        let job = self.state.jobs.fresh();
        let device = self.state.settings.device;
        match self.engine.try_send(EngineCommand::LoadCheckpoint { job, path: path.clone(), device }) {
            Ok(()) => self.state.model.loading = Some((job, path)),
            Err(error) => self.toasts.error("The checkpoint was not loaded", &error),
        }
    }

    /// The colours of an exported picture: those of the window.
    pub(super) fn look(&self, composer: Option<&str>) -> Look {
        let is_dark = self.ctx.theme() == eframe::egui::Theme::Dark;
        let [red, green, blue, _] = style(&self.state, composer, is_dark).colour.to_array();
        Look { notes: [red, green, blue], is_dark }
    }

    pub(super) fn show_save(&mut self, piece: Piece, as_wav: bool) {
        let folder = self.save_folder();
        let name = piece.title.as_deref().unwrap_or_default();
        self.sheets.save.open(name, as_wav, &folder, self.state.settings.wav);
        self.to_save = Some(piece);
        self.state.sheet = Some(Sheet::Save);
    }

    /// Where the last file was saved, or where a user would look for one.
    pub(super) fn save_folder(&self) -> PathBuf {
        let last = self.state.settings.save_folder.clone().filter(|p| p.is_dir());
        last.unwrap_or_else(default_folder)
    }

    fn export(&mut self, plan: ExportPlan) {
        let Some(piece) = self.to_save.clone().filter(|_| self.state.export.is_none()) else {
            return;
        };
        if let Some(folder) = plan.path.parent().filter(|p| p.is_dir()) {
            self.state.settings.save_folder = Some(folder.to_owned());
        }
        self.state.settings.wav = plan.wav;
        let state = ExportState::new(plan.path.clone());
        let (stop, progress) = (state.stop.clone(), state.progress.clone());
        self.state.export = Some(state);
        let font = self.sound.font().cloned();
        let settings = self.sound.export_settings(plan.wav);
        let loop_secs = self.sound.loop_secs().filter(|_| plan.only_loop);
        self.workers.task("export", move || {
            let mut on_progress = |p: Progress| p.fraction().into_iter().for_each(|f| progress.set(f));
            let recording = font.as_ref().map(|sound_font| Recording {
                sound_font,
                settings,
                stop: &stop,
                on_progress: &mut on_progress,
            });
            let piece = Piece { range_secs: loop_secs, ..piece };
            Done::Exported { result: save(&plan.path, piece, recording).map(drop), path: plan.path }
        });
    }

    pub(super) fn exported(&mut self, path: &Path, result: Result<(), SaveError>) {
        self.state.export = None;
        match result {
            Ok(()) => {
                self.state.sheet.take_if(|s| *s == Sheet::Save);
                self.toasts.done(format!("Saved {}", path.display()));
            }
            Err(error) if error.is_cancel() => {
                self.toasts.done("The export was cancelled; nothing was written.")
            }
            Err(error) => self.toasts.error("The file was not written", &error),
        }
    }
}

/// The user's documents or music, else home, else here.
fn default_folder() -> PathBuf {
    let dirs = directories::UserDirs::new();
    let found = dirs.as_ref().and_then(|d| {
        [d.audio_dir(), d.document_dir(), Some(d.home_dir())].into_iter().flatten().find(|p| p.is_dir())
    });
    found.map_or_else(|| PathBuf::from("."), Path::to_path_buf)
}

/// Opens a SoundFont and reads the samples that will be played, so that the audio thread has nothing left to do.
/// Returns it with a remark about samples that cannot be played.
fn read_soundfont(
    path: &Path,
    chosen: Option<(u8, u8)>,
) -> Result<(SoundFont, Option<String>), SoundFontError> {
    let font = SoundFont::load(path)?;
    let is_chosen = |p: &&Preset| Some((p.bank, p.program)) == chosen;
    let preset = font.presets().iter().find(is_chosen);
    font.playable(preset.unwrap_or(font.default_preset()))?;
    let remark = font.remark();
    Ok((font, remark))
}
