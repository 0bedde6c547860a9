//! The training panel.

use std::path::{Path, PathBuf};

use eframe::egui::{Ui, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use pastiche::app::widgets::training::input::{
    DataFacts, DataKind, DeviceItem, FoundData, TrainRequest, TrainingEvent, TrainingInput, TrainingState,
};
use pastiche::app::widgets::training::panel::TrainingPanel;
use pastiche::app::widgets::training::{CurveOptions, RunLog, curves_ui};
use pastiche::device::DeviceChoice;
use pastiche::train::{StepMetrics, TrainConfig, TrainEvent, ValidMetrics};

use crate::harness;
use crate::snapshot::Drawn;

#[derive(Default)]
struct State {
    panel: TrainingPanel,
    state: TrainingState,
    in_use: Option<PathBuf>,
    events: Vec<TrainingEvent>,
}

fn draw(ui: &mut Ui, s: &mut State) {
    let item = |choice, name: &str, why: Option<&str>| DeviceItem {
        choice,
        name: name.to_owned(),
        disabled_because: why.map(str::to_owned),
    };
    let devices = [
        item(DeviceChoice::Auto, "Auto (CPU)", None),
        item(DeviceChoice::Cpu, "CPU", None),
        item(DeviceChoice::Cuda, "CUDA", Some("libtorch sees no CUDA device")),
    ];
    let input = TrainingInput { state: &s.state, devices: &devices, model_in_use: s.in_use.as_deref() };
    s.panel.ui(ui, &input, &mut s.events);
}

fn panel() -> Harness<'static, State> {
    harness(vec2(1000.0, 900.0), State::default(), draw)
}

fn facts(can_resume_from: Option<u64>) -> DataFacts {
    let found = FoundData {
        kind: DataKind::Corpus,
        pieces: 1276,
        notes: Some(7_000_000),
        composers: 14,
        music_hours: Some(199.0),
        remarks: vec!["\"Chopin F.\" was read as Frédéric Chopin".to_owned()],
    };
    DataFacts {
        data: PathBuf::from("all.corpus"),
        run_dir: PathBuf::from("runs/first"),
        found: Ok(found),
        can_resume_from,
    }
}

/// A panel whose form is filled in.
fn ready(can_resume_from: Option<u64>) -> Harness<'static, State> {
    let mut h = panel();
    let s = h.state_mut();
    s.panel.set_data_path(Path::new("all.corpus"), &mut s.events);
    s.panel.set_run_dir(Path::new("runs/first"), &mut s.events);
    s.panel.set_data_facts(facts(can_resume_from));
    s.events.clear();
    h.run_steps(3);
    h
}

fn is_disabled(h: &Harness<'_, State>, label: &str) -> bool {
    h.get_by_label(label).accesskit_node().is_disabled()
}

#[test]
fn start_is_grey_and_says_what_is_missing() {
    let mut h = panel();
    h.run_steps(2);
    assert!(is_disabled(&h, "Start") && is_disabled(&h, "Resume"));
    h.get_by_label("Choose the music to learn from first");
    h.get_by_label("Dataset or corpus").focus();
    h.run_steps(2);
    h.get_by_label("Dataset or corpus").type_text("all.corpus");
    h.run_steps(2);
    h.key_press(eframe::egui::Key::Enter);
    h.run_steps(3);
    let asked = TrainingEvent::Inspect { data: PathBuf::from("all.corpus"), run_dir: PathBuf::new() };
    assert_eq!(h.state().events, [asked]);
    h.get_by_label("Choose a run folder first");
}

#[test]
fn a_filled_form_starts_a_run_as_it_says() {
    let mut h = ready(None);
    h.get_by_label_contains("1,276 pieces, 14 composers, 199 hours");
    assert!(is_disabled(&h, "Resume") && is_disabled(&h, "CUDA"));
    h.get_by_label("CPU").click();
    h.run_steps(2);
    h.get_by_label("Start").click();
    h.run_steps(2);
    let request = TrainRequest {
        data: PathBuf::from("all.corpus"),
        run_dir: PathBuf::from("runs/first"),
        minutes: Some(30.0),
        device: DeviceChoice::Cpu,
        resume: false,
    };
    assert_eq!(h.state().events, [TrainingEvent::Start(request)]);
}

#[test]
fn a_run_folder_that_holds_a_run_is_resumed_not_overwritten() {
    let mut h = ready(Some(1200));
    assert!(is_disabled(&h, "Start"));
    h.get_by_label("Resume at 1,200").click();
    h.run_steps(2);
    assert!(matches!(&h.state().events[..], [TrainingEvent::Start(TrainRequest { resume: true, .. })]));
}

#[test]
fn facts_of_another_path_are_ignored() {
    let mut h = ready(None);
    let s = h.state_mut();
    s.panel.set_data_path(Path::new("other.corpus"), &mut s.events);
    s.panel.set_data_facts(facts(None));
    h.run_steps(2);
    assert!(is_disabled(&h, "Start"));
    h.get_by_label("Still examining the music");
}

/// Two examinations of the same music may have different run folders, and the older may finish last.
#[test]
fn facts_of_another_run_folder_are_ignored() {
    let mut h = ready(Some(120));
    let late = DataFacts { run_dir: PathBuf::new(), ..facts(None) };
    h.state_mut().panel.set_data_facts(late);
    h.run_steps(2);
    assert!(!is_disabled(&h, "Resume at 120"));
}

#[test]
fn unreadable_music_is_explained() {
    let mut h = ready(None);
    let found = Err("this folder holds no MIDI files".to_owned());
    h.state_mut().panel.set_data_facts(DataFacts { found, ..facts(None) });
    h.run_steps(2);
    assert!(is_disabled(&h, "Start"));
    h.get_by_label("this folder holds no MIDI files");
}

fn stepped(step: u64, nll: f64) -> TrainEvent {
    TrainEvent::Stepped(StepMetrics {
        step,
        loss: nll,
        nll,
        nll_fields: [3.0, 2.0, 1.5, 0.3, 2.2],
        kl_nats: 20.0,
        kl_weight: 0.5,
        notes_per_sec: 3540.0,
        eta_secs: Some(600.0),
        ..StepMetrics::default()
    })
}

/// A run that has been going for a while.
fn running() -> Harness<'static, State> {
    let mut h = ready(None);
    let s = h.state_mut();
    s.state = TrainingState::Running;
    s.panel.apply(&TrainEvent::Started {
        config: Box::new(TrainConfig::default()),
        from_step: 0,
        pieces: 1276,
    });
    (1..200).for_each(|i| s.panel.apply(&stepped(i * 10, 10.0 + 5.0 / i as f64)));
    let valid = ValidMetrics {
        step: 1990,
        nll: 10.321,
        active_dims: 12,
        shuffled_z_gap: 0.2,
        ..ValidMetrics::default()
    };
    s.panel.apply(&TrainEvent::Validated(valid));
    for name in ["best", "last"] {
        let path = PathBuf::from(format!("runs/first/{name}.safetensors"));
        s.panel.apply(&TrainEvent::CheckpointSaved { step: 1990, path });
    }
    h.run_steps(3);
    h
}

#[test]
fn a_running_run_shows_its_figures_and_can_be_stopped() {
    let mut h = running();
    h.get_by_label("1,990");
    h.get_by_label("3,540");
    h.get_by_label("10 min");
    h.get_by_label_contains("Reconstruction curve: 10.025, validation 10.321");
    assert!(h.query_by_label("Start").is_none());
    assert!(is_disabled(&h, "File…"), "the form of a running run stands still");
    h.get_by_label("Stop").click();
    h.run_steps(2);
    assert_eq!(h.state().events, [TrainingEvent::Stop]);
    h.state_mut().state = TrainingState::Stopping;
    h.run_steps(2);
    assert!(is_disabled(&h, "Stop"));
}

#[test]
fn a_checkpoint_can_be_used_unless_it_is_in_use() {
    let mut h = running();
    h.state_mut().in_use = Some(PathBuf::from("runs/first/last.safetensors"));
    h.run_steps(2);
    h.get_by_label("in use");
    let buttons: Vec<_> = h.get_all_by_label("Use this model").collect();
    let usable: Vec<_> = buttons.iter().filter(|b| !b.accesskit_node().is_disabled()).collect();
    assert_eq!((buttons.len(), usable.len()), (2, 1));
    usable[0].click();
    h.run_steps(2);
    let path = PathBuf::from("runs/first/best.safetensors");
    assert_eq!(h.state().events, [TrainingEvent::UseModel { path }]);
}

#[test]
fn a_broken_loss_is_warned_of() {
    let mut h = running();
    h.state_mut().panel.apply(&stepped(2000, f64::NAN));
    h.run_steps(2);
    h.get_by_label_contains("Since step 2000 the loss is not a number");
}

#[test]
fn logarithmic_steps_and_any_number_of_points_draw() {
    let mut h = running();
    let s = h.state_mut();
    (200..50_000).for_each(|i| s.panel.apply(&stepped(i * 10, 10.0)));
    h.get_by_label("Logarithmic steps").click();
    h.run_steps(5);
    h.get_by_label("499,990");
}

#[test]
fn curves_look_as_they_did() {
    let mut log = RunLog::default();
    for step in 1..=400u64 {
        let noise = (step * 37 % 11) as f64 / 20.0;
        log.apply(&stepped(step, 9.0 + 20.0 / step as f64 + noise));
    }
    let ui = |ui: &mut Ui, (log, options): &mut (RunLog, CurveOptions)| curves_ui(ui, log, options, 220.0);
    let mut drawn = Drawn::new(vec2(640.0, 420.0), (log, CurveOptions::default()), ui);
    drawn.harness.run_steps(5);
    drawn.assert_snapshot("curves");
}
