//! A window without a screen.

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::thread::ThreadId;
use std::time::{Duration, Instant};

use eframe::egui::accesskit::Role;
use eframe::egui::{self, Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use pastiche::app::PasticheApp;
use pastiche::app::Places;
use pastiche::app::state::action::Action;
use pastiche::app::state::settings::Settings;
use pastiche::app::widgets::roll::Selection;
use pastiche::app::widgets::roll::layout::RollView;
use pastiche::app::widgets::training::input::DeviceItem;
use pastiche::device::DeviceChoice;
use pastiche::music::Pitch;
use pastiche::ports::RecordedPorts;

use super::{mapped_checkpoint, tiny_checkpoint};

const PATIENCE: Duration = Duration::from_secs(60);

/// The window is created in the second frame, because fonts set in one frame are available in the next.
pub struct Studio {
    app: Option<PasticheApp>,
    places: Places,
}

impl Studio {
    fn round(&mut self, ui: &mut egui::Ui) {
        match &mut self.app {
            Some(app) => {
                app.logic_round(ui.ctx(), None);
                app.ui_round(ui);
            }
            None => self.app = Some(PasticheApp::new(ui.ctx(), self.places.clone()).expect("threads")),
        }
    }
}

/// The threads that probed the devices.
pub static PROBED_ON: Mutex<Vec<ThreadId>> = Mutex::new(Vec::new());

fn probe() -> Vec<DeviceItem> {
    PROBED_ON.lock().expect("the list").push(std::thread::current().id());
    vec![DeviceItem { choice: DeviceChoice::Cpu, name: "A processor".to_owned(), disabled_because: None }]
}

thread_local! {
    /// The MIDI ports of the window that is opened on this thread.
    pub static PORTS: RecordedPorts = RecordedPorts::default();
}

pub struct Window {
    pub harness: Harness<'static, Studio>,
    pub folder: tempfile::TempDir,
}

impl Window {
    /// A window for a new user; `prepare` may change the settings.
    pub fn open(prepare: impl FnOnce(&Path, &mut Settings)) -> Window {
        let folder = tempfile::tempdir().expect("a temporary folder");
        Window::open_in(folder, prepare)
    }

    pub fn open_in(folder: tempfile::TempDir, prepare: impl FnOnce(&Path, &mut Settings)) -> Window {
        Window::open_at(folder, prepare, |_| {})
    }

    /// A window whose places `change` may change.
    pub fn open_at(
        folder: tempfile::TempDir,
        prepare: impl FnOnce(&Path, &mut Settings),
        change: impl FnOnce(&mut Places),
    ) -> Window {
        let settings_file = folder.path().join("settings.json");
        let mut settings = Settings::load(&settings_file);
        settings.form.settings.notes = 60;
        settings.save_folder = Some(folder.path().to_owned());
        prepare(folder.path(), &mut settings);
        settings.save(&settings_file).expect("settings are written");
        let mut places = Places {
            data_folder: folder.path().join("data"),
            settings_file,
            log_file: folder.path().join("pastiche.log"),
            checkpoints: Vec::new,
            soundfonts: Vec::new,
            devices: probe,
            maestro: pastiche::data::Source::maestro(),
            ports: || Box::new(PORTS.with(RecordedPorts::clone)),
            program: PathBuf::from(env!("CARGO_BIN_EXE_pastiche")),
            open: Vec::new(),
        };
        change(&mut places);
        Window::of(places, folder)
    }

    /// Closes this window and opens it again, as the next day.
    pub fn reopened(self) -> Window {
        let Window { harness, folder } = self;
        let places = harness.state().places.clone();
        drop(harness);
        Window::of(places, folder)
    }

    fn of(places: Places, folder: tempfile::TempDir) -> Window {
        let studio = Studio { app: None, places };
        let builder = Harness::builder().with_size(egui::vec2(1280.0, 800.0));
        let mut harness = builder.build_ui_state(|ui, studio: &mut Studio| studio.round(ui), studio);
        harness.run_steps(3);
        Window { harness, folder }
    }

    pub fn with_model() -> Window {
        let mut window = Window::open(|folder, s| s.checkpoint = Some(tiny_checkpoint(folder)));
        window.wait("the model is there", |w| w.app().state.model.ready.is_some());
        window
    }

    /// With a model that carries a map.
    pub fn with_map() -> Window {
        let mut window = Window::open(|folder, s| s.checkpoint = Some(mapped_checkpoint(folder)));
        window.wait("the map is there", |w| w.app().state.map().is_some());
        window
    }

    pub fn app(&self) -> &PasticheApp {
        self.harness.state().app.as_ref().expect("the window is open")
    }

    /// Runs frames until `is_done`.
    pub fn wait(&mut self, what: &str, mut is_done: impl FnMut(&Window) -> bool) {
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            self.harness.step();
            if is_done(self) {
                self.harness.run_steps(2);
                return;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        panic!("never came: {what}");
    }

    pub fn shows(&self, text: &str) -> bool {
        self.harness.query_all_by_label_contains(text).next().is_some()
    }

    pub fn click(&mut self, label: &str) {
        self.harness.get_all_by_label(label).next().expect("something of that name").click();
        self.harness.run_steps(3);
    }

    /// Can neither the panel nor the empty roll begin a take?
    pub fn is_generate_disabled(&self) -> bool {
        let mut buttons = self.harness.get_all_by_label("Generate");
        buttons.all(|button| button.accesskit_node().is_disabled())
    }

    /// Selects a form in the compose panel by its row in the list.
    pub fn choose_form(&mut self, row: &str) {
        self.harness.get_by_role(Role::ComboBox).click();
        self.harness.run_steps(3);
        let rows = self.harness.get_all_by_label(row);
        rows.last().expect("a row of the list").click();
        self.harness.run_steps(3);
    }

    /// Gives the slider of this name a value, as assistive technology does.
    pub fn set(&mut self, slider: &str, value: f64) {
        let sliders = self.harness.get_all_by_role_and_label(Role::Slider, slider);
        sliders.last().expect("a slider of that name").set_value_accesskit(value);
        self.harness.run_steps(3);
    }

    pub fn press(&mut self, modifiers: Modifiers, key: Key) {
        self.harness.key_press_modifiers(modifiers, key);
        self.harness.run_steps(3);
    }

    /// Draws a rectangle with the pointer while Shift is held.
    pub fn drag_with_shift(&mut self, from: egui::Pos2, to: egui::Pos2) {
        let button = |pos, pressed| egui::Event::PointerButton {
            pos,
            button: egui::PointerButton::Primary,
            pressed,
            modifiers: Modifiers::SHIFT,
        };
        let held = |modifiers| egui::Event::ModifiersChanged(modifiers);
        let middle = from + (to - from) * 0.5;
        let strokes = [
            vec![held(Modifiers::SHIFT), egui::Event::PointerMoved(from)],
            vec![button(from, true)],
            vec![egui::Event::PointerMoved(middle)],
            vec![egui::Event::PointerMoved(to)],
            vec![button(to, false)],
            vec![held(Modifiers::NONE)],
        ];
        for events in strokes {
            self.harness.input_mut().events.extend(events);
            self.harness.step();
        }
        self.harness.run_steps(3);
    }

    /// Selects all notes of the music on the stage that begin in this time.
    pub fn select_time(&mut self, from: f64, to: f64) {
        let app = self.harness.state_mut().app.as_mut().expect("the window is open");
        let music = app.state.stage.as_ref().expect("something is on the stage").performance.clone();
        app.state.selection = Some(Selection::new(&music, from..to, Pitch::LOWEST..=Pitch::HIGHEST));
        self.harness.run_steps(2);
    }

    /// What the roll shows.
    pub fn roll_view(&self) -> RollView {
        self.app().roll_view()
    }

    /// As if a panel had asked for it.
    pub fn act(&mut self, action: impl Into<Action>) {
        self.harness.state_mut().app.as_mut().expect("the window is open").act(action);
        self.harness.run_steps(3);
    }

    /// As if the window's own button for closing had been pressed.
    pub fn ask_to_close(&mut self) {
        let input = self.harness.input_mut();
        let viewport = input.viewports.entry(input.viewport_id).or_default();
        viewport.events.push(egui::ViewportEvent::Close);
        self.harness.run_steps(2);
    }

    /// As if the file had been dropped on the window.
    pub fn drop_file(&mut self, path: &Path) {
        self.harness.input_mut().dropped_files.push(dropped(path));
    }

    pub fn takes_on_disk(&self) -> Vec<PathBuf> {
        let files = std::fs::read_dir(self.folder.path().join("data/takes")).into_iter().flatten().flatten();
        files.map(|f| f.path()).filter(|p| p.extension().is_some_and(|e| e == "mid")).collect()
    }

    pub fn generate(&mut self) {
        let before = self.app().state.takes.all().len();
        self.click("Generate");
        self.wait("the take", |w| {
            w.app().state.takes.all().len() == before + 1 && w.app().state.composing.is_none()
        });
    }
}

fn dropped(path: &Path) -> std::sync::Arc<dyn egui::DroppedFile + Send + Sync> {
    #[derive(Debug)]
    struct File(PathBuf);
    impl egui::DroppedFile for File {
        fn path(&self) -> &Path {
            &self.0
        }
        fn bytes(&self) -> Result<Vec<u8>, String> {
            std::fs::read(&self.0).map_err(|e| e.to_string())
        }
    }
    std::sync::Arc::new(File(path.to_owned()))
}
