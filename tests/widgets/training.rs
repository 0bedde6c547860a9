//! The training panel.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use eframe::egui::accesskit::Role;
use eframe::egui::{Ui, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use pastiche::app::widgets::training::input::{
    DataFacts, DataKind, DeviceItem, FoundData, TrainRequest, TrainingEvent, TrainingInput, TrainingState,
};
use pastiche::app::widgets::training::panel::TrainingPanel;
use pastiche::app::widgets::training::{
    AddedComposer, CurveOptions, PreparedCurves, RunView, SavedModel, curves_ui,
};
use pastiche::data::{ComposerReport, SplitReport};
use pastiche::device::DeviceChoice;
use pastiche::progress::Progress;
use pastiche::train::{
    Life, Preflight, RareComposer, RareSummary, StepMetrics, TrainConfig, ValidMetrics, WrittenTake,
};

use crate::harness;
use crate::snapshot::Drawn;

#[derive(Default)]
struct State {
    panel: TrainingPanel,
    state: TrainingState,
    in_use: Option<PathBuf>,
    download: Option<Progress>,
    added: AddedComposer,
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
    let input = TrainingInput {
        state: &s.state,
        devices: &devices,
        model_in_use: s.in_use.as_deref(),
        playing: None,
        download: s.download.as_ref(),
        is_probing: false,
        added: &s.added,
    };
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
        by_composer: vec![ComposerReport {
            name: "Frédéric Chopin".to_owned(),
            is_labelled: true,
            splits: [SplitReport { hours: 20.5, works: 40, pieces: 100, notes: 700_000 }; 3],
        }],
        refused: vec![("broken.mid".to_owned(), "it breaks off before its end".to_owned())],
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
        config: TrainConfig::default(),
        minutes: 30.0,
        device: DeviceChoice::Cpu,
        resume: false,
    };
    assert_eq!(h.state().events, [TrainingEvent::Start(Box::new(request))]);
}

#[test]
fn what_was_found_is_told_by_composer_and_file() {
    let mut h = ready(None);
    for section in ["By composer", "Refused: 1 file"] {
        h.get_by_label(section).click();
        h.run_steps(20);
    }
    h.get_by_label("Chopin");
    h.get_by_label("61.5");
    h.get_by_label("2100k");
    h.get_by_label("broken.mid: it breaks off before its end");
}

#[test]
fn a_preset_a_setting_and_a_starting_point_are_part_of_the_run() {
    let mut h = ready(None);
    h.state_mut().in_use = Some(PathBuf::from("small.safetensors"));
    h.get_by_label("Tiny").click();
    h.run_steps(2);
    h.get_by_label("Advanced").click();
    h.run_steps(20);
    h.get_by_role_and_label(Role::SpinButton, "batch_size").set_value_accesskit(8.0);
    h.run_steps(2);
    let request = |h: &Harness<'_, State>| h.state().panel.request().config;
    let config = request(&h);
    assert_eq!((config.model.d_model, config.batch_size, config.from), (96, 8, None));
    h.get_by_label("The model in use").click();
    h.run_steps(2);
    let config = request(&h);
    assert_eq!((config.model.d_model, config.from), (192, Some(PathBuf::from("small.safetensors"))));
    // A network that cannot be is not started, and the reason is there.
    h.get_by_role_and_label(Role::SpinButton, "model.n_heads").set_value_accesskit(7.0);
    h.run_steps(2);
    assert!(is_disabled(&h, "Start"));
    h.get_by_label_contains("d_model must be n_heads times a multiple of 4");
}

#[test]
fn a_download_shows_how_far_it_is_and_can_be_cancelled() {
    let mut h = panel();
    h.run_steps(2);
    h.get_by_label("Download MAESTRO (58 MB)").click();
    h.run_steps(2);
    let progress = Progress { phase: "downloading".into(), done: 29_200_000, total: Some(58_400_000) };
    h.state_mut().download = Some(progress);
    h.run_steps(2);
    h.get_by_label("Downloading: 29.2 of 58.4 MB");
    h.get_by_label("Cancel").click();
    h.run_steps(2);
    assert_eq!(h.state().events, [TrainingEvent::Download, TrainingEvent::CancelDownload]);
}

#[test]
fn what_a_run_needs_is_told_until_the_settings_change() {
    let mut h = ready(None);
    h.get_by_label("What will it need?").click();
    h.run_steps(2);
    assert_eq!(h.state().events, [TrainingEvent::Probe]);
    let preflight = Preflight {
        parameters: 5_800_000,
        memory_mb: 900.0,
        notes_per_sec: 2000.0,
        hours: 9.7,
        disk_mb: 250.0,
        free_mb: Some(100.0),
    };
    h.state_mut().panel.set_preflight(Ok(preflight));
    h.run_steps(2);
    h.get_by_label("5.8 million parameters, 900 MB of memory");
    h.get_by_label("Only 100 MB are free where the run folder is.");
    h.get_by_label("Base").click();
    h.run_steps(3);
    assert!(h.query_by_label("2000 notes per second").is_none());
}

#[test]
fn a_composer_of_ones_own_is_added_with_an_honest_verdict() {
    let mut h = panel();
    h.get_by_label("Add a composer").click();
    h.run_steps(20);
    assert!(is_disabled(&h, "From my own folder…"), "there is no model to add it to");
    h.state_mut().in_use = Some(PathBuf::from("small.safetensors"));
    h.run_steps(2);
    h.get_by_label("From my own folder…").click();
    h.run_steps(2);
    let satie = RareComposer {
        name: "Erik Satie".to_owned(),
        hours: 0.2,
        held_out_windows: 8,
        own: 9.0,
        nobody: 9.1,
    };
    let checkpoint = PathBuf::from("runs/satie-1/best.safetensors");
    let summary = RareSummary { checkpoint: checkpoint.clone(), composers: vec![satie] };
    h.state_mut().added = AddedComposer::Done(summary);
    h.run_steps(2);
    h.get_by_label_contains("from 0.2 h only: do not expect to recognise it");
    h.get_by_label("Use this model").click();
    h.run_steps(2);
    let expected = [TrainingEvent::BrowseOwnMusic, TrainingEvent::UseModel { path: checkpoint }];
    assert_eq!(h.state().events, expected);
}

#[test]
fn a_run_folder_that_holds_a_run_is_resumed_not_overwritten() {
    let mut h = ready(Some(1200));
    assert!(is_disabled(&h, "Start"));
    h.get_by_label("Resume at 1,200").click();
    h.run_steps(2);
    assert!(matches!(&h.state().events[..], [TrainingEvent::Start(request)] if request.resume));
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

fn stepped(step: u64, nll: f64) -> StepMetrics {
    StepMetrics {
        step,
        loss: nll,
        nll,
        nll_fields: [3.0, 2.0, 1.5, 0.3, 2.2],
        kl_nats: 20.0,
        kl_weight: 0.5,
        notes_per_sec: 3540.0,
        eta_secs: Some(600.0),
        ..StepMetrics::default()
    }
}

/// A run that has been going for a while.
fn run_so_far() -> RunView {
    let mut run = RunView::new(Path::new("runs/first"));
    (1..200).for_each(|i| run.log.stepped(&stepped(i * 10, 10.0 + 5.0 / i as f64)));
    let valid = ValidMetrics {
        step: 1990,
        nll: 10.321,
        active_dims: 12,
        shuffled_z_gap: 0.2,
        ..ValidMetrics::default()
    };
    run.log.validated(&ValidMetrics { step: 1000, nll: 11.5, ..valid.clone() });
    run.log.validated(&valid);
    run.life = Life::Here;
    let model = |name: &str, is_best| SavedModel {
        step: 1990,
        path: PathBuf::from(format!("runs/first/{name}.safetensors")),
        valid_nll: Some(10.321),
        is_best,
    };
    run.models = vec![model("best", true), model("checkpoints/step-00001990", false)];
    run
}

fn show(h: &mut Harness<'static, State>, runs: Vec<RunView>, others: &[&str]) {
    let others = others.iter().map(PathBuf::from).collect();
    h.state_mut().panel.set_runs(runs.into_iter().map(Arc::new).collect(), others);
    h.run_steps(3);
}

fn running() -> Harness<'static, State> {
    let mut h = ready(None);
    h.state_mut().state = TrainingState::Running;
    show(&mut h, vec![run_so_far()], &[]);
    h
}

#[test]
fn a_running_run_shows_its_figures_and_can_be_paused_and_stopped() {
    let mut h = running();
    h.get_by_label("1,990");
    h.get_by_label("3,540");
    h.get_by_label("10 min");
    h.get_by_label_contains("Reconstruction curve: 10.025, validation 10.321");
    assert!(h.query_by_label("Start").is_none());
    assert!(is_disabled(&h, "File…"), "the form of a running run stands still");
    h.get_by_label("Pause").click();
    h.run_steps(2);
    h.get_by_label("Stop and save").click();
    h.run_steps(2);
    assert_eq!(h.state().events, [TrainingEvent::Pause, TrainingEvent::Stop]);
    h.state_mut().state = TrainingState::Stopping { text: "Pausing after this step…".to_owned() };
    h.run_steps(2);
    assert!(is_disabled(&h, "Pause") && is_disabled(&h, "Stop and save"));
    h.get_by_label("Pausing after this step…");
}

#[test]
fn a_model_can_be_used_unless_it_is_in_use() {
    let mut h = running();
    h.state_mut().in_use = Some(PathBuf::from("runs/first/checkpoints/step-00001990.safetensors"));
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
fn the_takes_of_a_run_are_heard_step_by_step_and_by_composer() {
    let mut h = running();
    assert!(h.query_by_label("Hear it learn").is_none(), "there is nothing to hear yet");
    let mut run = run_so_far();
    let take = |step, composer: &str| WrittenTake {
        step,
        composer: composer.to_owned(),
        path: PathBuf::from(format!("{step} {composer}.mid")),
    };
    run.takes = vec![take(1000, "Bach"), take(1000, "Chopin"), take(1990, "Bach"), take(1990, "Chopin")];
    show(&mut h, vec![run], &[]);
    h.get_by_label("Play the take of this step").click();
    h.run_steps(2);
    h.get_by_label("Chopin").click();
    h.run_steps(2);
    h.get_by_label("Step to hear").set_value_accesskit(0.0);
    h.run_steps(3);
    h.get_by_label("Hear the best, step 1,990").click();
    h.run_steps(2);
    let heard: Vec<&Path> = h
        .state()
        .events
        .iter()
        .map(|event| match event {
            TrainingEvent::Hear { path, .. } => path.as_path(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(
        heard,
        ["1990 Bach.mid", "1990 Chopin.mid", "1000 Chopin.mid", "1990 Chopin.mid"].map(Path::new)
    );
}

#[test]
fn a_broken_loss_is_warned_of() {
    let mut h = running();
    let mut run = run_so_far();
    run.log.stepped(&stepped(2000, f64::NAN));
    show(&mut h, vec![run], &[]);
    h.get_by_label_contains("Since step 2000 the loss is not a number");
}

#[test]
fn logarithmic_axes_and_any_number_of_points_draw() {
    let mut h = running();
    let mut run = run_so_far();
    (200..50_000).for_each(|i| run.log.stepped(&stepped(i * 10, 10.0)));
    run.revision += 1;
    show(&mut h, vec![run], &[]);
    h.get_by_label("Log steps").click();
    h.get_by_label("Log values").click();
    h.run_steps(5);
    h.get_by_label("499,990");
}

#[test]
fn every_group_of_curves_draws() {
    let mut h = running();
    for (group, curve) in [
        ("Fields", "Velocity curve: 2.000, validation 0.000 nats"),
        ("Latent", "Another piece's z curve: validation 0.200"),
        ("Optimiser", "Gradient norm curve: 0.000"),
        ("Machine", "Speed curve: 3540.000 notes per second"),
        ("Overview", "Reconstruction curve: 10.025"),
    ] {
        h.get_by_label(group).click();
        h.run_steps(3);
        h.get_by_label_contains(curve);
    }
}

#[test]
fn another_run_is_compared_and_left_out_again() {
    let mut h = ready(None);
    show(&mut h, vec![run_so_far()], &["runs/earlier"]);
    h.get_by_label("Compare with…").click();
    h.run_steps(3);
    h.get_by_label("earlier").click();
    h.run_steps(3);
    let expected = ["runs/first", "runs/earlier"].map(PathBuf::from);
    assert_eq!(h.state().panel.runs_to_watch(), expected);
    let mut earlier = RunView::new(Path::new("runs/earlier"));
    (1..200).for_each(|i| earlier.log.stepped(&stepped(i * 10, 12.0)));
    show(&mut h, vec![run_so_far(), earlier], &["runs/earlier"]);
    // The crosshair has the values of both.
    let curve = h.get_by_label_contains("Reconstruction curve").rect();
    h.hover_at(curve.center());
    h.run_steps(4);
    h.get_by_label_contains("step 1,0");
    h.get_by_label("12.0");
    let csv = h.state().panel.curves_csv();
    assert!(csv.contains("earlier,training,nll,500,1,12,12,12"), "{}", &csv[..200]);
    h.get_by_label("Leave out earlier").click();
    h.run_steps(3);
    assert_eq!(h.state().panel.runs_to_watch(), expected[..1]);
}

#[test]
fn curves_look_as_they_did() {
    let mut run = RunView::new(Path::new("runs/first"));
    for step in 1..=400u64 {
        let noise = (step * 37 % 11) as f64 / 20.0;
        run.log.stepped(&stepped(step, 9.0 + 20.0 / step as f64 + noise));
    }
    let runs = vec![Arc::new(run)];
    let ui =
        |ui: &mut Ui, (runs, options, prepared): &mut (Vec<Arc<RunView>>, CurveOptions, PreparedCurves)| {
            _ = curves_ui(ui, runs, options, prepared, 220.0);
        };
    let state = (runs, CurveOptions::default(), PreparedCurves::default());
    let mut drawn = Drawn::new(vec2(640.0, 420.0), state, ui);
    drawn.harness.run_steps(5);
    drawn.assert_snapshot("curves");
}
