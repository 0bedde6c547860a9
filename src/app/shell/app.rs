//! The application: the state of the window, its panels and the handles of its threads.
//!
//! Panels draw [`AppState`] and push [`Action`]s; the app carries them out. `logic` takes in what the threads report;
//! it also runs while the window is hidden.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use eframe::egui::{self, CentralPanel, Frame, Margin, Panel, Ui, ViewportCommand};

use crate::app::kit::theme::{self, Palette};
use crate::app::panels::evaluation::EvaluationPanel;
use crate::app::panels::look::preference;
use crate::app::panels::sheets::modal::Sheets;
use crate::app::panels::studio::map;
use crate::app::panels::studio::tab::Studio;
use crate::app::panels::toasts::Toasts;
use crate::app::panels::{shortcuts, top_bar, transport};
use crate::app::state::action::{Actions, Ask, FileAction, Sheet, Tab};
use crate::app::state::app_state::AppState;
use crate::app::state::places::Places;
use crate::app::state::settings::Settings;
use crate::app::threads::feed::Feed;
use crate::app::threads::preview::Preview;
use crate::app::threads::run_watcher::RunWatcher;
use crate::app::threads::sound::SoundControl;
use crate::app::threads::training::TrainingLink;
use crate::app::threads::workers::{Done, Workers};
use crate::app::widgets::latent::plot::LatentPlot;
use crate::app::widgets::roll;
use crate::app::widgets::roll::layout::RollView;
use crate::app::widgets::training::input::{DeviceItem, TrainingInput};
use crate::app::widgets::training::panel::TrainingPanel;
use crate::jobs::{Engine, Wake};
use crate::ports::{MidiStatus, MidiThread};
use crate::save::Piece;
use crate::takes::{TakeEntry, TakeStore};

/// Settings are written this long after their last change.
const SETTLED: Duration = Duration::from_secs(1);

/// The application.
pub struct PasticheApp {
    pub state: AppState,
    pub(super) ctx: egui::Context,
    pub(super) studio: Studio,
    pub(super) latent: LatentPlot,
    pub(super) training: TrainingPanel,
    pub(super) evaluation: EvaluationPanel,
    pub(super) sheets: Sheets,
    pub(super) toasts: Toasts,

    pub(super) places: Places,
    pub(super) store: TakeStore,
    /// Deleted takes that Undo can restore.
    pub(super) deleted: Vec<TakeEntry>,
    /// The piece that the save sheet will write.
    pub(super) to_save: Option<Piece>,
    pub(super) asks: Vec<Ask>,
    pub(super) kept_settings: Settings,
    pub(super) changed_at: Option<Instant>,
    pub(super) reported_sound_failure: Option<String>,
    /// The chosen output, while another stands in for it.
    pub(super) missing_output: Option<String>,
    /// The MIDI ports, as last reported.
    pub(super) told_midi: MidiStatus,
    /// Devices to train on; empty until they are known.
    pub(super) devices: Vec<DeviceItem>,
    pub(super) is_quitting: bool,
    /// Feeds the growing take into the player.
    pub(super) feed: Option<Feed>,
    /// The place of the map that is being heard.
    pub(super) preview: Option<Preview>,

    // The threads, in the order they are dropped: each before the one it reports to.
    pub(super) wake: Wake,
    pub(super) engine: Engine,
    pub(super) link: TrainingLink,
    pub(super) workers: Workers,
    pub(super) midi: MidiThread,
    pub(super) sound: SoundControl,
}

impl PasticheApp {
    /// Starts the threads and requests everything that the window needs, without waiting.
    ///
    /// # Errors
    /// When the system gives no threads.
    pub fn new(ctx: &egui::Context, places: Places) -> std::io::Result<PasticheApp> {
        theme::install(ctx);
        let repaint = ctx.clone();
        let wake: Wake = Arc::new(move || repaint.request_repaint());
        let settings = Settings::load(&places.settings_file);
        ctx.set_theme(preference(settings.theme));
        let soundfonts = (places.soundfonts)();
        let sound = SoundControl::start(settings.sound.clone(), soundfonts.clone(), wake.clone())?;
        let (player, tap) = (sound.handle(), sound.tap());
        let choice = settings.midi.choice();
        let midi = MidiThread::start((places.ports)(), choice, player, tap, wake.clone())?;
        let mut app = PasticheApp {
            ctx: ctx.clone(),
            studio: Studio::default(),
            latent: LatentPlot::default(),
            training: TrainingPanel::default(),
            evaluation: EvaluationPanel::default(),
            sheets: Sheets::new(places.log_file.clone(), places.data_folder.clone()),
            toasts: Toasts::default(),
            store: TakeStore::new(&places.data_folder.join("takes")),
            deleted: Vec::new(),
            to_save: None,
            asks: Vec::new(),
            kept_settings: settings.clone(),
            changed_at: None,
            reported_sound_failure: None,
            missing_output: None,
            told_midi: MidiStatus::default(),
            devices: Vec::new(),
            is_quitting: false,
            feed: None,
            preview: None,
            engine: Engine::spawn(wake.clone())?,
            link: TrainingLink::new(RunWatcher::start(wake.clone())?),
            workers: Workers::start(wake.clone())?,
            midi,
            sound,
            wake,
            state: AppState::new(settings),
            places,
        };
        app.begin(soundfonts);
        Ok(app)
    }

    fn begin(&mut self, soundfonts: Vec<PathBuf>) {
        let store = self.store.clone();
        self.workers.task("takes", move || {
            let listed = store.list();
            store.purge();
            Done::TakesListed(listed)
        });
        let devices = self.places.devices;
        self.workers.task("devices", move || Done::DevicesFound(devices()));
        let is_there = |path: &PathBuf| path.is_file();
        let settings = &self.state.settings;
        let font =
            settings.sound.soundfont.clone().filter(is_there).or_else(|| soundfonts.into_iter().next());
        let found = (self.places.checkpoints)();
        let checkpoint = settings.checkpoint.clone().filter(is_there).or_else(|| found.first().cloned());
        self.state.model.found = found;
        let mut events = Vec::new();
        if !settings.training_data.is_empty() {
            self.training.set_data_path(&PathBuf::from(&settings.training_data), &mut events);
        }
        let run = if settings.training_run.is_empty() {
            self.places.data_folder.join("runs").join("run-1")
        } else {
            PathBuf::from(&settings.training_run)
        };
        self.training.set_run_dir(&run, &mut events);
        if let Some(path) = font {
            self.load_soundfont(path);
        }
        if let Some(path) = checkpoint {
            self.load_checkpoint(path);
        }
        self.training_events(events);
        for path in std::mem::take(&mut self.places.open) {
            self.act(FileAction::Open(path));
        }
    }

    /// What the roll shows.
    pub fn roll_view(&self) -> RollView {
        self.studio.roll.view()
    }

    /// Handles reports of the threads, keys and dropped files, without drawing.
    pub fn logic_round(&mut self, ctx: &egui::Context, frame: Option<&eframe::Frame>) {
        self.drain();
        for action in shortcuts::consume(ctx, &self.state) {
            self.act(action);
        }
        let dropped = ctx.input(|i| i.raw.dropped_files.clone());
        for path in dropped.into_iter().map(|file| file.path().to_owned()) {
            self.act(FileAction::Open(path));
        }
        if ctx.input(|i| i.viewport().close_requested())
            && !self.is_quitting
            && (self.state.would_lose().is_some() || self.state.training_goes_on.is_some())
        {
            ctx.send_viewport_cmd(ViewportCommand::CancelClose);
            self.state.sheet = Some(Sheet::Close);
        }
        self.open_dialogs(frame);
        self.keep_settings(ctx);
        if self.state.sound.is_playing {
            // While the model is working, half the frame rate leaves it more CPU time.
            let millis = if self.state.composing.is_some() { 33 } else { 16 };
            ctx.request_repaint_after(Duration::from_millis(millis));
        }
    }

    fn keep_settings(&mut self, ctx: &egui::Context) {
        let staged = self.state.staged_take().map(|e| e.id.clone());
        let settings = &mut self.state.settings;
        settings.last_take = staged.or(settings.last_take.take());
        settings.training_data = self.training.data_path().to_owned();
        settings.training_run = self.training.run_dir().to_owned();
        if *settings == self.kept_settings {
            self.changed_at = None;
            return;
        }
        let since = self.changed_at.get_or_insert_with(Instant::now);
        if since.elapsed() < SETTLED {
            ctx.request_repaint_after(SETTLED);
            return;
        }
        self.write_settings();
    }

    fn write_settings(&mut self) {
        self.kept_settings = self.state.settings.clone();
        self.changed_at = None;
        let (settings, path) = (self.kept_settings.clone(), self.places.settings_file.clone());
        self.workers.write(move || settings.save(&path).err().map(Done::SettingsNotSaved));
    }

    /// Draws the window and carries out its actions.
    pub fn ui_round(&mut self, ui: &mut Ui) {
        let mut actions = Actions::default();
        let palette = Palette::of(ui);
        let bar = Frame::new().fill(palette.panel).inner_margin(Margin::symmetric(16, 0));
        Panel::top("top").exact_size(top_bar::HEIGHT).resizable(false).frame(bar).show(ui, |ui| {
            top_bar::top_bar_ui(ui, &self.state, &mut actions);
        });
        Panel::bottom("transport").exact_size(transport::HEIGHT).resizable(false).frame(bar).show(ui, |ui| {
            transport::transport_ui(ui, &self.state, &mut actions);
        });
        let tab = Frame::new().fill(palette.base);
        CentralPanel::default().frame(tab).show(ui, |ui| match self.state.tab {
            Tab::Studio => self.studio.ui(ui, &self.state, &mut actions),
            Tab::Evaluation => {
                let in_use = self.state.model.ready.as_deref();
                let panel = &mut self.evaluation;
                Frame::new().inner_margin(16.0).show(ui, |ui| panel.ui(ui, in_use, &mut actions));
            }
            Tab::LatentSpace => {
                let latent = &mut self.latent;
                Frame::new().inner_margin(16.0).show(ui, |ui| {
                    map::with_map(ui, &self.state, &mut actions, |ui, input, events| {
                        latent.full_ui(ui, input, events);
                    });
                });
            }
            Tab::Training => self.training_ui(ui),
        });
        let ctx = ui.ctx().clone();
        self.sheets.ui(&ctx, &self.state, &mut actions);
        self.toasts.ui(&ctx, transport::HEIGHT, &mut actions);
        drop_hint_ui(&ctx);
        for action in actions {
            self.act(action);
        }
        self.draw_wanted_thumbnails();
    }

    fn training_ui(&mut self, ui: &mut Ui) {
        let download = self.download_progress();
        let input = TrainingInput {
            state: &self.link.state,
            devices: &self.devices,
            model_in_use: self.state.model.ready.as_ref().map(|info| info.path.as_path()),
            playing: self.state.run_take_playing(),
            download: download.as_ref(),
            is_probing: self.link.is_probing,
            added: &self.link.added,
        };
        let mut events = Vec::new();
        Frame::new().inner_margin(16.0).show(ui, |ui| self.training.ui(ui, &input, &mut events));
        self.training_events(events);
    }

    fn draw_wanted_thumbnails(&mut self) {
        for id in self.state.takes.take_wanted() {
            let store = self.store.clone();
            self.workers.read(move || {
                let music = store.load(&id).unwrap_or_default();
                Done::ThumbnailDrawn { thumbnail: roll::Thumbnail::new(&music), id }
            });
        }
    }
}

impl eframe::App for PasticheApp {
    fn logic(&mut self, ctx: &egui::Context, frame: &mut eframe::Frame) {
        self.logic_round(ctx, Some(frame));
    }

    fn ui(&mut self, ui: &mut Ui, _frame: &mut eframe::Frame) {
        self.ui_round(ui);
    }

    fn on_exit(&mut self, _gl: Option<&eframe::glow::Context>) {
        self.write_settings();
        if let Some(composing) = &self.state.composing {
            composing.stop.stop();
        }
        if let Some(export) = &self.state.export {
            export.stop.stop();
        }
    }
}

/// The hint while files are dragged over the window.
fn drop_hint_ui(ctx: &egui::Context) {
    if ctx.input(|i| i.raw.hovered_files.is_empty()) {
        return;
    }
    let layer = egui::LayerId::new(egui::Order::Foreground, egui::Id::unique("drop"));
    let painter = ctx.layer_painter(layer);
    let palette = Palette::new(ctx.theme() == egui::Theme::Dark);
    let rect = ctx.content_rect();
    painter.rect_filled(rect, 0.0, palette.base.gamma_multiply(0.85));
    let text = "Drop a MIDI file, a SoundFont, a checkpoint, an evaluation report or music to train on";
    painter.text(
        rect.center(),
        egui::Align2::CENTER_CENTER,
        text,
        egui::FontId::proportional(20.0),
        palette.text,
    );
}
