//! Best of N: the beginning does not wait, and the result is what the selector prefers.

mod common;

use pastiche::classify::{Classifier, ClassifierKind};
use pastiche::device::DeviceChoice;
use pastiche::generate::{CHUNK, GenerateError, GenerateRequest, Generator, Take};
use pastiche::music::ComposerId;
use pastiche::progress::StopFlag;
use pastiche::sampling::SamplingSettings;
use tch::{Device, no_grad};

use common::network::{COMPOSERS, random_checkpoint};

/// A small random network, and a random selector with strong preferences.
fn generator(with_selector: bool) -> Generator {
    let folder = tempfile::tempdir().unwrap();
    let path = random_checkpoint(folder.path(), &COMPOSERS, 48, 5, 0.2);
    let mut generator = Generator::load(&path, DeviceChoice::Cpu).unwrap();
    if with_selector {
        let composers = generator.info().composers.clone();
        let selector = Classifier::new(ClassifierKind::Selector, &composers, Device::Cpu);
        no_grad(|| {
            for mut v in selector.vs.trainable_variables() {
                let _ = v.g_add_(&(v.randn_like() * 0.2));
            }
        });
        generator.set_selector(selector).unwrap();
    }
    generator
}

fn request(seed: u64, notes: usize, best_of: usize) -> GenerateRequest {
    GenerateRequest { notes, best_of, ..GenerateRequest::new(Some(ComposerId(1)), seed) }
}

fn take(g: &Generator, r: &GenerateRequest) -> Take {
    g.generate(r, &StopFlag::new(), &mut |_| {}).unwrap()
}

#[test]
fn the_first_notes_are_those_of_a_take_without_a_choice() {
    let g = generator(true);
    let mut calls = Vec::new();
    let chosen = g
        .generate(&request(3, 300, 4), &StopFlag::new(), &mut |s| calls.push((s.done_notes, s.notes.len())))
        .unwrap();
    let plain = take(&g, &request(3, 300, 1));
    assert_eq!(chosen.tokens[..CHUNK], plain.tokens[..CHUNK]);
    assert_ne!(chosen.tokens, plain.tokens);
    assert_eq!(chosen.recipe.best_of, 4);
    // The first chunk arrives note by note, the others whole; nothing is repeated or missing.
    assert!(calls.iter().take_while(|(done, _)| *done <= CHUNK).count() > CHUNK / 5, "{calls:?}");
    assert!(calls.iter().any(|(_, new)| *new == CHUNK), "{calls:?}");
    assert_eq!(calls.iter().map(|(_, new)| new).sum::<usize>(), chosen.tokens.len());
    assert_eq!(chosen, take(&g, &request(3, 300, 4)));
}

#[test]
fn the_selectors_favourite_is_kept() {
    let g = generator(true);
    // Up to the second choice the take without a choice is one of the candidates.
    let likeness = |t: &Take| g.selector().unwrap().classify(&t.tokens[..2 * CHUNK])[1];
    // With memory, all candidates of a random network would repeat the same notes.
    let sampling = SamplingSettings { memory: 0.0, ..SamplingSettings::default() };
    let take = |seed, best_of| take(&g, &GenerateRequest { sampling, ..request(seed, 150, best_of) });
    let mut better = 0;
    for seed in 0..6 {
        let (plain, chosen) = (take(seed, 1), take(seed, 8));
        assert!(likeness(&chosen) >= likeness(&plain) - 1e-5, "seed {seed}");
        better += usize::from(likeness(&chosen) > likeness(&plain) + 1e-5);
    }
    assert!(better >= 4, "the choice improved {better} of 6");
}

#[test]
fn parallel_takes_are_chosen_independently() {
    let g = generator(true);
    let requests: Vec<GenerateRequest> = (0..3).map(|seed| request(seed, 140, 3)).collect();
    let takes = g.generate_batch(&requests, &StopFlag::new(), &mut |_| {}).unwrap();
    assert_eq!(takes.len(), 3);
    for (t, r) in takes.iter().zip(&requests) {
        assert_eq!(t.recipe.seed, r.seed);
        assert!((126..=170).contains(&t.tokens.len()), "{}", t.tokens.len());
        assert_eq!(t.tokens[..CHUNK], take(&g, r).tokens[..CHUNK]);
    }
}

#[test]
fn a_stop_inside_a_chunk_keeps_one_take() {
    let g = generator(true);
    let stop = StopFlag::new();
    let ender = stop.clone();
    let stopped = g
        .generate(&request(1, 400, 4), &stop, &mut |s| {
            if s.done_notes > CHUNK {
                ender.stop();
            }
        })
        .unwrap();
    assert!(stopped.is_partial);
    assert!(stopped.tokens.len() >= 2 * CHUNK, "{}", stopped.tokens.len());
}

#[test]
fn without_a_selector_there_is_no_choice() {
    let g = generator(false);
    let error = g.generate(&request(1, 100, 4), &StopFlag::new(), &mut |_| {});
    assert!(matches!(error, Err(GenerateError::NoSelector)));
    // Without a composer there is nothing to choose by, and no selector is needed.
    let anybody = GenerateRequest { best_of: 4, ..GenerateRequest::new(None, 1) };
    assert!(!take(&g, &anybody).tokens.is_empty());
}
