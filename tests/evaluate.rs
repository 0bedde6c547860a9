//! The classifiers learn and keep what they learned; on real music the evaluation agrees with the classifier's own log;
//! files of the wrong kind are refused.

mod common;

use std::path::{Path, PathBuf};

use common::network::random_checkpoint;
use pastiche::classify::{Classifier, ClassifierKind, segments};
use pastiche::data::{Corpus, Piece, Provenance, Split};
use pastiche::device::DeviceChoice;
use pastiche::evaluate::memory::{FormRow, MemoryReport, measure_memory, nll_of};
use pastiche::evaluate::{EvaluateError, EvaluateOptions, Report, evaluate};
use pastiche::generate::Generator;
use pastiche::model::checkpoint::Checkpoint;
use pastiche::music::{ComposerId, ComposerSet};
use pastiche::progress::StopFlag;
use pastiche::sampling::SamplingSettings;
use pastiche::tokens::NoteToken;
use pastiche::train::{ClassifierConfig, ClassifierEvent, accuracy, labelled_segments, train_classifier};
use tch::Device;

const NAMES: [&str; 2] = ["Johann Sebastian Bach", "Frédéric Chopin"];

/// Two composers that are easy to distinguish: one walks by step, low and even; the other leaps, high and uneven.
fn notes(composer: u8, seed: u32, len: usize) -> Vec<NoteToken> {
    let mut state = seed.wrapping_mul(747_796_405).wrapping_add(1);
    let mut below = |n: u32| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        ((state >> 16) % n) as u8
    };
    (0..len)
        .map(|i| match composer {
            0 => NoteToken {
                pitch: 20 + below(4) + (i % 8) as u8,
                velocity: 14,
                duration: 25,
                pedal: 0,
                gap: 14,
            },
            _ => NoteToken {
                pitch: 40 + 3 * below(9) + (i % 3) as u8,
                velocity: 10 + below(12),
                duration: 10 + below(40),
                pedal: 1,
                gap: 2 + below(40),
            },
        })
        .collect()
}

fn corpus() -> Corpus {
    let mut pieces = Vec::new();
    for composer in 0..2u8 {
        for (i, split) in
            [Split::Train, Split::Train, Split::Train, Split::Validation, Split::Validation, Split::Test]
                .into_iter()
                .enumerate()
        {
            let title = format!("Piece {composer} {i}");
            pieces.push(Piece {
                work: title.clone(),
                title,
                composer_name: NAMES[usize::from(composer)].to_owned(),
                composer: Some(ComposerId(composer)),
                split,
                tokens: notes(composer, u32::from(composer) * 100 + i as u32, 1100),
            });
        }
    }
    Corpus {
        composers: ComposerSet::new(NAMES.map(str::to_owned)),
        pieces,
        provenance: Provenance::default(),
    }
}

fn train(kind: ClassifierKind, folder: &Path, steps: u64) -> (PathBuf, f64) {
    let data = folder.join("tiny.corpus");
    corpus().save(&data).unwrap();
    let config = ClassifierConfig {
        max_steps: Some(steps),
        batch_size: 8,
        dropout: 0.1,
        validations: 2,
        threads: 1,
        ..ClassifierConfig::default()
    };
    let mut saved = 0;
    let run = folder.join(kind.name());
    let summary =
        train_classifier(kind, &data, &run, &config, DeviceChoice::Cpu, &StopFlag::new(), &mut |event| {
            saved += usize::from(matches!(event, ClassifierEvent::CheckpointSaved { .. }));
        })
        .unwrap();
    assert!(saved > 0 && summary.step > 0);
    // A second run may not overwrite the first.
    let again =
        train_classifier(kind, &data, &run, &config, DeviceChoice::Cpu, &StopFlag::new(), &mut |_| {})
            .unwrap_err();
    assert!(again.to_string().contains("holds a run already"), "{again}");
    (summary.checkpoint, summary.best.balanced)
}

fn vae(folder: &Path, composers: &[&str]) -> PathBuf {
    random_checkpoint(folder, composers, 64, 5, 0.1)
}

fn options() -> EvaluateOptions {
    EvaluateOptions {
        takes: 2,
        notes: 64,
        best_of: 2,
        long_takes: 1,
        long_notes: 256,
        seed: 3,
        ..EvaluateOptions::default()
    }
}

#[test]
fn a_judge_learns_two_composers_and_the_evaluation_agrees_with_its_log() {
    let folder = tempfile::tempdir().unwrap();
    let (judge, logged) = train(ClassifierKind::Judge, folder.path(), 120);
    assert!(logged > 0.9, "{logged}");
    let judge = Classifier::read(&judge, Device::Cpu).unwrap();
    // The file holds half precision; its header states what was measured when it was written.
    assert!((judge.header.balanced_accuracy.unwrap() - logged).abs() < 1e-12);
    let corpus = corpus();
    let test = labelled_segments(&corpus, Split::Test, 100);
    let own = accuracy(&judge, &test);
    let generator = Generator::load(&vae(folder.path(), &NAMES), DeviceChoice::Cpu).unwrap();
    let options = EvaluateOptions { notes: 256, best_of: 1, long_takes: 0, ..options() };
    let report = evaluate(&generator, &corpus, &judge, &options, &StopFlag::new(), &mut |_| {}).unwrap();
    let ceiling = &report.ceiling().all;
    assert_eq!(ceiling.segments, test.len());
    assert!((ceiling.top1.value - own.top1).abs() < 1e-9, "{ceiling:?} {own:?}");
    assert_eq!(report.first_takes().all.segments, 4);
    // Training music is recognised note for note; an untrained network copies nothing.
    assert_eq!(report.copied.shares[2], 0.0);
    assert!(report.likeness.distributions.iter().all(|d| d.real_overlap > d.overlap * 0.9));
    assert_eq!(report.too_little_music.len(), 10);
    let text = report.to_string();
    for part in ["Heard as its composer", "Label and latent", "Likeness", "Not copied", "Cost", "Gates"] {
        assert!(text.contains(part), "{part} is missing from\n{text}");
    }
    let json = serde_json::to_string(&report).unwrap();
    let back: Report = serde_json::from_str(&json).unwrap();
    assert_eq!(back.adherence.len(), report.adherence.len());
}

#[test]
fn the_same_seed_gives_the_same_figures_and_the_selector_has_its_rows() {
    let folder = tempfile::tempdir().unwrap();
    let corpus = corpus();
    let mut generator = Generator::load(&vae(folder.path(), &NAMES), DeviceChoice::Cpu).unwrap();
    tch::manual_seed(1);
    let judge = Classifier::new(ClassifierKind::Judge, &corpus.composers, Device::Cpu);
    let selector = Classifier::new(ClassifierKind::Selector, &corpus.composers, Device::Cpu);
    generator.set_selector(selector).unwrap();
    let run = || {
        let mut phases = 0;
        let report = evaluate(&generator, &corpus, &judge, &options(), &StopFlag::new(), &mut |_| {
            phases += 1;
        });
        assert!(phases > 5);
        report.unwrap()
    };
    let (a, b) = (run(), run());
    assert_eq!(a.adherence, b.adherence);
    assert_eq!(a.copied, b.copied);
    assert_eq!(a.likeness.out_of_range, b.likeness.out_of_range);
    // The section on memory and form is included, with the choice and without.
    let (a_memory, b_memory) = (a.memory.as_ref().unwrap(), b.memory.as_ref().unwrap());
    assert_eq!(a_memory.rows, b_memory.rows);
    assert_eq!(
        a_memory.rows.iter().map(|r| r.name.as_str()).collect::<Vec<_>>(),
        ["real held-out", "takes, best of 2", "takes, N = 1"]
    );
    let names: Vec<&str> = a.adherence.iter().map(|r| r.name.as_str()).collect();
    assert_eq!(
        names,
        ["real held-out", "takes, N = 1", "takes, best of 2", "selector: real", "selector: N = 1"]
    );
}

/// An untrained network has no memory; the real music here is built to repeat itself.
#[test]
fn memory_and_form_stand_beside_real_music() {
    let folder = tempfile::tempdir().unwrap();
    let path = random_checkpoint(folder.path(), &NAMES, 256, 5, 0.02);
    let generator = Generator::load(&path, DeviceChoice::Cpu).unwrap();
    let corpus = corpus();
    // Random notes repeat nothing, unless memory makes them.
    let sampling = SamplingSettings { memory: 0.0, ..SamplingSettings::default() };
    let options = EvaluateOptions { long_takes: 2, long_notes: 600, best_of: 1, sampling, ..options() };
    let measure = |corpus: &Corpus, options: &EvaluateOptions, stop: &StopFlag| {
        measure_memory(&generator, corpus, options, stop, &mut |_| {})
    };
    let report = measure(&corpus, &options, &StopFlag::new()).unwrap();
    assert_eq!(report.rows.len(), 2);
    // Three held-out pieces of each composer; two takes.
    assert_eq!((report.real().pieces, report.takes().pieces), (6, 4));
    let four = |row: &FormRow| row.repetition[0].mean.value;
    assert!(four(report.real()) > four(report.takes()), "{:?}", report.rows);
    // Segments of 256 notes, two to a take; none of 1,024.
    let lengths: Vec<usize> = report.takes().told_apart.iter().map(|t| t.notes).collect();
    assert_eq!(lengths, [256]);
    assert!(report.real().told_apart.is_empty());
    let heard = &report.second_hearing;
    assert!(heard.phrases > 0 && heard.exact.mean.value < 0.6, "{heard:?}");
    let [first, second, _] = heard.nll.unwrap();
    assert!((heard.gain.unwrap()[0].value - (first.value - second.value)).abs() < 1e-9);
    assert_eq!(report.pictures.len(), 2);
    assert!(report.gates.iter().all(|g| g.gate.is_some() || g.moonshot.is_some()));
    let text = report.to_string();
    for part in ["4 intervals", "themes return", "second", "real, all pieces, ending", "real or take?"] {
        assert!(text.contains(part), "{part} is missing from\n{text}");
    }
    let json = serde_json::to_string(&report).unwrap();
    // JSON may lose the last bit of a figure, which the table does not show.
    let back: MemoryReport = serde_json::from_str(&json).unwrap();
    assert_eq!(back.to_string(), text);
    assert_eq!(back.pictures[0].cells, report.pictures[0].cells);
    // Missing measurements are stated.
    let none = EvaluateOptions { long_takes: 0, ..options.clone() };
    assert!(matches!(measure(&corpus, &none, &StopFlag::new()), Err(EvaluateError::Options)));
    let mut short = corpus.clone();
    short.pieces.iter_mut().for_each(|p| p.tokens.truncate(1000));
    assert!(matches!(measure(&short, &options, &StopFlag::new()), Err(EvaluateError::EmptySplit(_))));
    let stop = StopFlag::new();
    stop.stop();
    assert!(matches!(measure(&corpus, &options, &stop), Err(EvaluateError::Stopped)));
}

/// The mean over a sequence equals the mean over its halves, and a sequence too long for the context is refused.
#[test]
fn the_nll_of_a_part_is_that_of_its_notes() {
    let folder = tempfile::tempdir().unwrap();
    let path = random_checkpoint(folder.path(), &NAMES, 256, 5, 0.1);
    let generator = Generator::load(&path, DeviceChoice::Cpu).unwrap();
    let rows = [notes(1, 3, 192), notes(1, 4, 192)];
    let nll = |range: std::ops::Range<usize>| nll_of(&generator, 1, &rows, range).unwrap();
    let (first, second, both) = (nll(0..96), nll(96..192), nll(0..192));
    assert!(((first + second) / 2.0 - both).abs() < 1e-3, "{first} {second} {both}");
    assert!(first > 0.0 && (first - second).abs() > 1e-6);
    assert_eq!(nll_of(&generator, 1, &[notes(1, 3, 257)], 0..96), None);
    assert_eq!(nll_of(&generator, 1, &[], 0..96), None);
}

#[test]
fn mismatched_files_are_reported_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let corpus = corpus();
    let composing = vae(folder.path(), &NAMES);
    let judge = Classifier::new(ClassifierKind::Judge, &corpus.composers, Device::Cpu);
    let judge_path = folder.path().join("judge.safetensors");
    judge.save(&judge_path).unwrap();
    // One kind of file passed as another.
    let assert_mentions = |error: String, words: [&str; 2]| {
        assert!(!error.contains('\n') && words.iter().all(|w| error.contains(w)), "{error}");
    };
    assert_mentions(
        Classifier::read(&composing, Device::Cpu).err().unwrap().to_string(),
        ["composing model", "selector"],
    );
    assert_mentions(Checkpoint::read(&judge_path).unwrap_err().to_string(), ["judge", "composing model"]);
    let selector = Classifier::new(ClassifierKind::Selector, &corpus.composers, Device::Cpu);
    let generator = Generator::load(&composing, DeviceChoice::Cpu).unwrap();
    let run = |g: &Generator, judge: &Classifier, options: &EvaluateOptions, stop: &StopFlag| {
        evaluate(g, &corpus, judge, options, stop, &mut |_| {}).unwrap_err()
    };
    let error = run(&generator, &selector, &options(), &StopFlag::new());
    assert_mentions(error.to_string(), ["judge", "selector"]);
    let mut generator = generator;
    let again = Classifier::read(&judge_path, Device::Cpu).unwrap();
    assert_mentions(generator.set_selector(again).unwrap_err().to_string(), ["selector", "composers"]);
    let other = Generator::load(&vae(folder.path(), &["Johann Sebastian Bach"]), DeviceChoice::Cpu).unwrap();
    assert_mentions(run(&other, &judge, &options(), &StopFlag::new()).to_string(), ["Chopin", "corpus"]);
    let none = EvaluateOptions { takes: 0, ..options() };
    assert!(matches!(run(&generator, &judge, &none, &StopFlag::new()), EvaluateError::Options));
    let stop = StopFlag::new();
    stop.stop();
    assert!(matches!(run(&generator, &judge, &options(), &stop), EvaluateError::Stopped));
}

#[test]
fn takes_are_heard_in_segments_and_on_average() {
    tch::manual_seed(2);
    let composers = ComposerSet::new(NAMES.map(str::to_owned));
    let long = notes(1, 9, 600);
    assert_eq!(segments(&long).iter().map(|s| s.len()).collect::<Vec<_>>(), [256, 256]);
    assert_eq!(segments(&long[..100]).len(), 1);
    let mut ended = long[..50].to_vec();
    ended.push(NoteToken::END);
    ended.extend(&long[50..90]);
    assert_eq!(segments(&ended)[0].len(), 50);
    for kind in [ClassifierKind::Judge, ClassifierKind::Selector] {
        let classifier = Classifier::new(kind, &composers, Device::Cpu);
        let all = classifier.classify(&long);
        let halves = classifier.classify_many(&[&long[..256], &long[256..512], &[]]);
        for k in 0..2 {
            assert!((all[k] - (halves[0][k] + halves[1][k]) / 2.0).abs() < 1e-5, "{kind:?}");
        }
        assert!((all.iter().sum::<f32>() - 1.0).abs() < 1e-5);
        // Without segments, nothing is known.
        assert_eq!(halves[2], [0.5, 0.5]);
    }
}
