//! The threads behind the window: they end promptly, drop nothing, and survive errors.
#![cfg(feature = "app")]

mod window_common;

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use pastiche::device::DeviceChoice;
use pastiche::generate::{GenerateRequest, Request, Source, Verb, VerbRequest};
use pastiche::jobs::{Engine, EngineCommand, EngineEvent, JobId, JobIds, Queue, StreamPart, Task, Wake};
use pastiche::music::{ComposerId, Note, Performance, Pitch, Velocity};
use pastiche::progress::StopFlag;
use pastiche::sampling::SamplingSettings;
use window_common::tiny_checkpoint;

const PATIENCE: Duration = Duration::from_secs(60);

fn quiet() -> Wake {
    Arc::new(|| {})
}

/// The next event that `wanted` picks; others are dropped.
fn wait_for<T>(engine: &Engine, mut wanted: impl FnMut(EngineEvent) -> Option<T>) -> T {
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        if let Some(found) = engine.events().find_map(&mut wanted) {
            return found;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    panic!("the engine said nothing in time");
}

fn loaded(jobs: &mut JobIds) -> (Engine, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let mut engine = Engine::spawn(quiet()).unwrap();
    load(&mut engine, jobs.fresh(), tiny_checkpoint(folder.path()));
    wait_for(&engine, |e| matches!(e, EngineEvent::CheckpointLoaded { .. }).then_some(()));
    (engine, folder)
}

fn load(engine: &mut Engine, job: JobId, path: PathBuf) {
    engine.try_send(EngineCommand::LoadCheckpoint { job, path, device: DeviceChoice::Cpu }).unwrap();
}

fn generate(
    engine: &mut Engine,
    job: JobId,
    notes: usize,
    sink: impl FnMut(StreamPart<'_>) + Send + 'static,
) -> StopFlag {
    let stop = StopFlag::new();
    let request = GenerateRequest { notes, ..GenerateRequest::new(Some(ComposerId(1)), 7) };
    let command = EngineCommand::Compose {
        job,
        request: Request::New(request),
        stop: stop.clone(),
        sink: Box::new(sink),
    };
    engine.try_send(command).unwrap();
    stop
}

#[test]
fn notes_reach_the_sink_and_the_window_and_make_up_the_take() {
    let mut jobs = JobIds::default();
    let (mut engine, _folder) = loaded(&mut jobs);
    let job = jobs.fresh();
    let (heard, ended) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (count, end) = (heard.clone(), ended.clone());
    generate(&mut engine, job, 120, move |part| match part {
        StreamPart::Notes(growing) => count.store(growing.notes.len(), Ordering::Relaxed),
        StreamPart::Finished(..) => end.store(1, Ordering::Relaxed),
        StreamPart::Failed => end.store(2, Ordering::Relaxed),
    });
    let mut shown = 0;
    let take = wait_for(&engine, |e| match e {
        EngineEvent::Grown { so_far, .. } => {
            shown = so_far.notes().len();
            None
        }
        EngineEvent::Generated { job: of, take, stopped } => {
            assert_eq!((of, stopped), (job, false));
            Some(take)
        }
        _ => None,
    });
    assert!(take.performance.notes().len() >= 100);
    assert_eq!(heard.load(Ordering::Relaxed), take.performance.notes().len());
    assert_eq!(ended.load(Ordering::Relaxed), 1);
    // The last few notes may still have been on their way when the whole take arrived.
    assert!(shown > 0 && shown <= take.performance.notes().len());
}

#[test]
fn a_continuation_streams_its_final_notes() {
    let mut jobs = JobIds::default();
    let (mut engine, _folder) = loaded(&mut jobs);
    let note = |i: u8| Note {
        pitch: Pitch::new(50 + i).unwrap(),
        onset_secs: f64::from(i) * 0.217,
        duration_secs: 0.2,
        velocity: Velocity::clamped(73),
    };
    let music = Arc::new(Performance::new((0..30).map(note).collect(), vec![]));
    let heard = Arc::new(Mutex::new(Vec::new()));
    let notes = heard.clone();
    let command = EngineCommand::Compose {
        job: jobs.fresh(),
        request: Request::Verb(VerbRequest {
            qualities: Vec::new(),
            source: Source { music: music.clone(), composer: None },
            verb: Verb::Continue { notes: 60, composer: Some(ComposerId(2)) },
            seed: 3,
            sampling: SamplingSettings::default(),
            best_of: 1,
        }),
        stop: StopFlag::new(),
        sink: Box::new(move |part| {
            if let StreamPart::Notes(growing) = part {
                notes.lock().unwrap().clone_from(&growing.notes);
            }
        }),
    };
    engine.try_send(command).unwrap();
    let take = wait_for(&engine, |e| match e {
        EngineEvent::Generated { take, .. } => Some(take),
        EngineEvent::Failed { error, .. } => panic!("{error}"),
        _ => None,
    });
    assert_eq!(&take.performance.notes()[..30], music.notes());
    assert!(take.performance.notes().len() > 70);
    // A key that is struck again shortens its previous note only once both are known.
    let strokes =
        |notes: &[Note]| -> Vec<(Pitch, f64)> { notes.iter().map(|n| (n.pitch, n.onset_secs)).collect() };
    assert_eq!(strokes(&heard.lock().unwrap()), strokes(take.performance.notes()));
}

#[test]
fn stopping_keeps_the_notes_so_far() {
    let mut jobs = JobIds::default();
    let (mut engine, _folder) = loaded(&mut jobs);
    let (job, begun) = (jobs.fresh(), Arc::new(AtomicUsize::new(0)));
    let count = begun.clone();
    let stop = generate(&mut engine, job, 20_000, move |_| _ = count.fetch_add(1, Ordering::Relaxed));
    while begun.load(Ordering::Relaxed) < 5 {
        std::thread::sleep(Duration::from_millis(1));
    }
    stop.stop();
    let take = wait_for(&engine, |e| match e {
        EngineEvent::Generated { take, stopped, .. } => {
            assert!(stopped);
            Some(take)
        }
        _ => None,
    });
    assert!(!take.performance.is_empty() && take.performance.notes().len() < 20_000);
}

#[test]
fn dropping_a_busy_engine_ends_promptly_even_without_a_receiver() {
    let mut jobs = JobIds::default();
    let (mut engine, _folder) = loaded(&mut jobs);
    let begun = Arc::new(AtomicUsize::new(0));
    let count = begun.clone();
    generate(&mut engine, jobs.fresh(), 40_000, move |_| _ = count.fetch_add(1, Ordering::Relaxed));
    // Its events are not received, so the channel fills up.
    while begun.load(Ordering::Relaxed) < 20 {
        std::thread::sleep(Duration::from_millis(1));
    }
    std::thread::sleep(Duration::from_secs(3));
    let ended = Instant::now();
    drop(engine);
    assert!(ended.elapsed() < Duration::from_secs(5), "{:?}", ended.elapsed());
}

#[test]
fn a_bad_checkpoint_fails_and_leaves_the_old_one() {
    let mut jobs = JobIds::default();
    let (mut engine, folder) = loaded(&mut jobs);
    let bad = folder.path().join("bad.safetensors");
    std::fs::write(&bad, b"not a checkpoint").unwrap();
    let job = jobs.fresh();
    load(&mut engine, job, bad);
    let message = wait_for(&engine, |e| match e {
        EngineEvent::Failed { job: of, error } if of == job => Some(error.to_string()),
        _ => None,
    });
    assert!(!message.is_empty());
    generate(&mut engine, jobs.fresh(), 20, |_| {});
    wait_for(&engine, |e| matches!(e, EngineEvent::Generated { .. }).then_some(()));
}

#[test]
fn without_a_checkpoint_the_engine_and_the_sink_report_failure() {
    let mut jobs = JobIds::default();
    let mut engine = Engine::spawn(quiet()).unwrap();
    let failed = Arc::new(AtomicUsize::new(0));
    let counted = failed.clone();
    generate(&mut engine, jobs.fresh(), 20, move |part| {
        counted.fetch_add(usize::from(matches!(part, StreamPart::Failed)), Ordering::Relaxed);
    });
    let message = wait_for(&engine, |e| match e {
        EngineEvent::Failed { error, .. } => Some(error.to_string()),
        _ => None,
    });
    assert!(message.contains("no checkpoint"), "{message}");
    assert_eq!(failed.load(Ordering::Relaxed), 1);
}

#[test]
fn a_panicking_sink_is_a_failure_and_the_engine_survives() {
    let mut jobs = JobIds::default();
    let (mut engine, _folder) = loaded(&mut jobs);
    let mut calls = 0;
    generate(&mut engine, jobs.fresh(), 20, move |_| {
        calls += 1;
        assert!(calls != 1, "the sink fell over");
    });
    let message = wait_for(&engine, |e| match e {
        EngineEvent::Failed { error, .. } => Some(error.to_string()),
        _ => None,
    });
    assert!(message.contains("the sink fell over"), "{message}");
    generate(&mut engine, jobs.fresh(), 20, |_| {});
    wait_for(&engine, |e| matches!(e, EngineEvent::Generated { .. }).then_some(()));
}

#[test]
fn a_task_returns_its_result_or_its_panic_message() {
    let woken = Arc::new(AtomicUsize::new(0));
    let count = woken.clone();
    let wake: Wake = Arc::new(move || _ = count.fetch_add(1, Ordering::Relaxed));
    let good = Task::spawn("good", wake.clone(), || 42).unwrap();
    let bad: Task<i32> = Task::spawn("bad", wake, || panic!("a broken file")).unwrap();
    let begun = Instant::now();
    let (mut a, mut b) = (None, None);
    while (a.is_none() || b.is_none()) && begun.elapsed() < PATIENCE {
        a = a.or_else(|| good.poll());
        b = b.or_else(|| bad.poll());
        std::thread::sleep(Duration::from_millis(1));
    }
    assert_eq!(a, Some(Ok(42)));
    assert!(b.unwrap().unwrap_err().to_string().contains("a broken file"));
    drop((good, bad));
    assert_eq!(woken.load(Ordering::Relaxed), 2);
}

#[test]
fn a_queue_works_in_order_survives_a_panic_and_finishes_at_the_end() {
    let done = Arc::new(Mutex::new(Vec::new()));
    let queue = Queue::spawn("test").unwrap();
    for i in 0..50 {
        let done = done.clone();
        queue
            .push(move || {
                assert!(i != 10, "the tenth piece breaks");
                done.lock().unwrap().push(i);
            })
            .unwrap();
    }
    drop(queue);
    let expected: Vec<i32> = (0..50).filter(|i| *i != 10).collect();
    assert_eq!(*done.lock().unwrap(), expected);
}
