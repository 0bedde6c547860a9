//! Composing: seeds, lengths, grammar, stopping, continuing.

mod common;

use std::path::PathBuf;
use std::sync::Arc;

use common::network::{COMPOSERS, random_checkpoint};
use pastiche::data::stack;
use pastiche::device::DeviceChoice;
use pastiche::generate::{GenerateError, GenerateRequest, Generator};
use pastiche::music::ComposerId;
use pastiche::progress::StopFlag;
use pastiche::tokens::{NoteToken, decode, encode};
use tch::{Device, no_grad};

fn checkpoint(folder: &tempfile::TempDir) -> PathBuf {
    random_checkpoint(folder.path(), &COMPOSERS, 16, 5, 0.2)
}

fn request(seed: u64, notes: usize) -> GenerateRequest {
    GenerateRequest { notes, ..GenerateRequest::new(Some(ComposerId(1)), seed) }
}

fn generator(folder: &tempfile::TempDir) -> Generator {
    Generator::load(&checkpoint(folder), DeviceChoice::Cpu).unwrap()
}

#[test]
fn the_same_seed_is_the_same_take_and_another_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let g = generator(&folder);
    let take = |r: &GenerateRequest| g.generate(r, &StopFlag::new(), &mut |_| {}).unwrap();
    // Longer than the context, so that the window slides and z wanders.
    let first = take(&request(7, 50));
    assert_eq!(first, take(&request(7, 50)));
    assert_ne!(first.tokens, take(&request(8, 50)).tokens);
    assert_ne!(
        first.tokens,
        take(&GenerateRequest { composer: Some(ComposerId(0)), ..request(7, 50) }).tokens
    );
    assert!(first.recipe.z.len() > 1);
    assert_eq!(first.recipe.composer.as_deref(), Some("Frédéric Chopin"));
}

#[test]
fn lengths_and_grammar_hold() {
    let folder = tempfile::tempdir().unwrap();
    let g = generator(&folder);
    let requests: Vec<GenerateRequest> = (0..6).map(|i| request(i, 40)).collect();
    for take in g.generate_batch(&requests, &StopFlag::new(), &mut |_| {}).unwrap() {
        assert!((36..=60).contains(&take.tokens.len()), "{} notes", take.tokens.len());
        assert!(!take.is_partial);
        for pair in take.tokens.windows(2) {
            assert!(pair[0].is_valid() && !pair[0].is_end());
            assert!(
                pair[0].gap > 0 || pair[1].pitch > pair[0].pitch || pair[0].pitch == 87,
                "a chord must rise"
            );
        }
        // There is no key above the top one, so a chord may strike it twice, which is heard as one note.
        let is_doubled = |pair: &&[NoteToken]| pair[0].gap == 0 && pair[0].pitch == 87 && pair[1].pitch == 87;
        let doubled = take.tokens.windows(2).filter(is_doubled).count();
        assert_eq!(encode(&take.performance).tokens.len() + doubled, take.tokens.len());
    }
}

#[test]
fn the_stream_matches_the_take() {
    let folder = tempfile::tempdir().unwrap();
    let g = generator(&folder);
    let mut streamed = Vec::new();
    let mut ready = 0.0;
    let take = g
        .generate(&request(3, 60), &StopFlag::new(), &mut |s| {
            assert!(s.ready_until_secs >= ready);
            ready = s.ready_until_secs;
            streamed.extend(s.notes);
            assert_eq!(s.done_notes, streamed.len());
        })
        .unwrap();
    let key = |n: &pastiche::music::Note| (n.pitch, (n.onset_secs * 1000.0).round() as i64, n.velocity);
    assert_eq!(
        streamed.iter().map(key).collect::<Vec<_>>(),
        decode(&take.tokens).notes().iter().map(key).collect::<Vec<_>>()
    );
}

#[test]
fn stopping_keeps_the_notes_so_far() {
    let folder = tempfile::tempdir().unwrap();
    let g = generator(&folder);
    let stop = StopFlag::new();
    let take = g
        .generate(&request(3, 5000), &stop, &mut |s| {
            if s.done_notes >= 20 {
                stop.stop();
            }
        })
        .unwrap();
    assert!(take.is_partial);
    assert!((20..40).contains(&take.tokens.len()));
}

#[test]
fn continuing_keeps_the_prompt() {
    let folder = tempfile::tempdir().unwrap();
    let g = generator(&folder);
    let first = g.generate(&request(1, 30), &StopFlag::new(), &mut |_| {}).unwrap();
    let more = GenerateRequest { prompt: Some(Arc::new(first.performance.clone())), ..request(2, 20) };
    let longer = g.generate(&more, &StopFlag::new(), &mut |_| {}).unwrap();
    let kept = longer.recipe.prompt_notes;
    assert_eq!(kept, first.tokens.len());
    assert!(longer.tokens.len() >= kept + 15);
    for (a, b) in first.tokens.iter().zip(&longer.tokens).take(kept - 1) {
        assert_eq!((a.pitch, a.velocity, a.gap), (b.pitch, b.velocity, b.gap));
    }
    let empty = GenerateRequest { prompt: Some(Arc::default()), ..request(2, 20) };
    assert!(matches!(g.generate(&empty, &StopFlag::new(), &mut |_| {}), Err(GenerateError::EmptyPrompt)));
}

#[test]
fn bad_requests_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let g = generator(&folder);
    let refused = |r: &GenerateRequest| g.generate(r, &StopFlag::new(), &mut |_| {}).unwrap_err();
    assert!(matches!(refused(&request(1, 0)), GenerateError::Length));
    assert!(matches!(
        refused(&GenerateRequest { composer: Some(ComposerId(9)), ..request(1, 9) }),
        GenerateError::NoSuchComposer(9)
    ));
    assert!(matches!(
        refused(&GenerateRequest { z: Some(vec![0.0; 3]), ..request(1, 9) }),
        GenerateError::LatentSize { given: 3, expected: 4 }
    ));
}

#[test]
fn a_segment_is_encoded_the_same_alone_and_in_a_batch() {
    let folder = tempfile::tempdir().unwrap();
    let g = generator(&folder);
    let take = g.generate(&request(1, 64), &StopFlag::new(), &mut |_| {}).unwrap();
    let all = g.encode_tokens(&take.tokens).unwrap();
    assert!(all.len() >= 3 && all[0].len() == 4);
    let window = pastiche::data::Window {
        notes: take.tokens[..16].to_vec(),
        hints: Vec::new(),
        start: 0,
        piece_len: 64,
        composer: None,
    };
    let batch = stack(&[window], &[], &g.vae().config, Device::Cpu, || false);
    let alone = no_grad(|| Vec::<f32>::try_from(g.vae().encode(&batch).mean.view([-1])).unwrap());
    for (a, b) in alone.iter().zip(&all[0]) {
        assert!((a - b).abs() < 1e-4);
    }
}

/// Share of the notes of `returned` that are those of `theme`.
fn agreement(theme: &[NoteToken], returned: &[NoteToken]) -> f64 {
    let same = theme.iter().zip(returned).filter(|(a, b)| a == b);
    same.count() as f64 / theme.len() as f64
}

#[test]
fn a_form_brings_its_theme_back() {
    let folder = tempfile::tempdir().unwrap();
    let g = generator(&folder);
    let take = |form: &str, recall| {
        let request = GenerateRequest { form: form.parse().unwrap(), recall, ..request(3, 120) };
        g.generate(&request, &StopFlag::new(), &mut |_| {}).unwrap()
    };
    let exact = take("ABA", 1.0);
    // The return may wait for a chord to end, so search around its place.
    let best = (80..exact.tokens.len() - 26)
        .map(|at| agreement(&exact.tokens[..26], &exact.tokens[at..at + 26]))
        .fold(0.0, f64::max);
    assert!(best > 0.9, "{best}");
    assert_eq!(exact, take("ABA", 1.0));
    assert_eq!(exact.recipe.form.to_string(), "ABA");
    let free = take("free", 1.0);
    assert!(agreement(&free.tokens[..26], &free.tokens[80..106]) < 0.5);

    let too_short = GenerateRequest { form: "ABACADA".parse().unwrap(), ..request(3, 120) };
    let error = g.generate(&too_short, &StopFlag::new(), &mut |_| {}).unwrap_err();
    assert!(matches!(error, GenerateError::Form(_)), "{error}");
}
