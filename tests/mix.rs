//! Mixes and walks between composers, measured with the checkpoint that ships.

use std::path::Path;

use pastiche::device::DeviceChoice;
use pastiche::generate::{GenerateRequest, Generator, Mix, Place, Take, walk};
use pastiche::music::ComposerId;
use pastiche::paths;
use pastiche::progress::StopFlag;

/// Composers between whom a mix and a walk are measured.
const PAIRS: [(&str, &str); 3] = [("chopin", "bach"), ("debussy", "haydn"), ("liszt", "mozart")];

fn generator() -> Generator {
    let named = std::env::var_os("PASTICHE_CHECKPOINT").map(|path| Path::new(&path).to_owned());
    let path = named.or_else(paths::default_checkpoint).unwrap();
    Generator::load(&path, DeviceChoice::Cpu).unwrap()
}

fn compose(generator: &Generator, requests: &[GenerateRequest]) -> Vec<Take> {
    generator.generate_batch(requests, &StopFlag::new(), &mut |_| {}).unwrap()
}

/// The selector's probability of two composers in each of these.
fn heard(
    generator: &Generator,
    notes: &[&[pastiche::tokens::NoteToken]],
    pair: [ComposerId; 2],
) -> Vec<[f32; 2]> {
    let all = generator.selector().unwrap().classify_many(notes);
    all.into_iter().map(|p| pair.map(|id| p[id.index()])).collect()
}

fn mean(values: impl ExactSizeIterator<Item = f32>) -> f32 {
    let n = values.len() as f32;
    values.sum::<f32>() / n
}

/// The selector's probability of the heavier composer rises with its weight in at least 90 % of 50 seeds.
#[test]
#[ignore = "composes 150 takes with the shipped checkpoint: a minute or two"]
fn the_selector_hears_more_of_the_heavier_composer() {
    const SEEDS: u64 = 50;
    let generator = generator();
    let pair = ["chopin", "bach"].map(|name| generator.info().composers.find(name).unwrap());
    let at = |share: f32| -> Vec<[f32; 2]> {
        let mix = Mix::new([(pair[0], share), (pair[1], 1.0 - share)]).unwrap();
        let request = |seed| GenerateRequest {
            notes: 200,
            mixes: vec![mix.clone()],
            ..GenerateRequest::new(Some(mix.heaviest()), seed)
        };
        let takes = compose(&generator, &(0..SEEDS).map(request).collect::<Vec<_>>());
        heard(&generator, &takes.iter().map(|take| take.tokens.as_slice()).collect::<Vec<_>>(), pair)
    };
    let all = [0.0, 0.2, 0.5, 0.8, 1.0].map(at);
    for (share, heard) in [0, 20, 50, 80, 100].iter().zip(&all) {
        let [chopin, bach] = [0, 1].map(|i| mean(heard.iter().map(|p| p[i])));
        println!("Chopin at {share} %: heard as Chopin {chopin:.3}, as Bach {bach:.3}");
    }
    let rising = all[1].iter().zip(&all[3]).filter(|(low, high)| high[0] > low[0]).count() as u64;
    println!("rises in {rising} of {SEEDS} seeds");
    assert!(rising * 10 >= SEEDS * 9, "{rising} of {SEEDS}");
}

/// A walk is heard as the composer it comes from at its beginning and as the one it leads to at its end.
#[test]
#[ignore = "composes 24 walks with the shipped checkpoint: a minute or two"]
fn a_walk_is_heard_to_move() {
    const SEEDS: u64 = 8;
    const NOTES: usize = 900;
    let generator = generator();
    let mut passed = 0;
    for (to, from) in PAIRS {
        let pair = [from, to].map(|name| generator.info().composers.find(name).unwrap());
        let stop = |id| Place { z: generator.mixed_latent_mean(&Mix::of(id)), mix: Mix::of(id) };
        let places = walk(&pair.map(stop), generator.info().windows(NOTES));
        let request = |seed| GenerateRequest { notes: NOTES, ..GenerateRequest::along(places.clone(), seed) };
        let takes = compose(&generator, &(0..SEEDS).map(request).collect::<Vec<_>>());
        let quarter = |take: &Take, i: usize| {
            let n = take.tokens.len();
            take.tokens[i * n / 4..(i + 1) * n / 4].to_vec()
        };
        let quarters: Vec<Vec<[f32; 2]>> = (0..4)
            .map(|i| {
                let own: Vec<_> = takes.iter().map(|take| quarter(take, i)).collect();
                heard(&generator, &own.iter().map(Vec::as_slice).collect::<Vec<_>>(), pair)
            })
            .collect();
        let line: Vec<String> = quarters
            .iter()
            .map(|q| format!("{:.2}/{:.2}", mean(q.iter().map(|p| p[0])), mean(q.iter().map(|p| p[1]))))
            .collect();
        println!("{from} to {to}, by quarters, heard as {from}/{to}: {}", line.join("  "));
        let moved = |seed: &usize| {
            let [first, last] = [quarters[0][*seed], quarters[3][*seed]];
            first[0] > last[0] && last[1] > first[1]
        };
        passed += (0..SEEDS as usize).filter(moved).count();
    }
    let all = SEEDS as usize * PAIRS.len();
    println!("less of the first and more of the second at the end in {passed} of {all} walks");
    assert!(passed * 10 >= all * 9, "{passed} of {all}");
}
