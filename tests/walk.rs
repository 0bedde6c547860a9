//! Walks and mixes: takes whose place and style change on the way.

mod common;

use common::network::{COMPOSERS, random_checkpoint};
use pastiche::device::DeviceChoice;
use pastiche::generate::{
    Direction, GenerateError, GenerateRequest, Generator, Mix, Place, Qualities, Quality, Take, walk,
};
use pastiche::music::ComposerId;
use pastiche::progress::StopFlag;

const BACH: ComposerId = ComposerId(0);
const CHOPIN: ComposerId = ComposerId(1);

fn generator(folder: &tempfile::TempDir) -> Generator {
    let path = random_checkpoint(folder.path(), &COMPOSERS, 16, 5, 0.2);
    Generator::load(&path, DeviceChoice::Cpu).unwrap()
}

fn make(generator: &Generator, request: &GenerateRequest) -> Take {
    generator.generate(request, &StopFlag::new(), &mut |_| {}).unwrap()
}

fn mixed(shares: &[(ComposerId, f32)], seed: u64) -> GenerateRequest {
    let mix = Mix::new(shares.iter().copied()).unwrap();
    GenerateRequest {
        notes: 40,
        mixes: vec![mix.clone()],
        ..GenerateRequest::new(Some(mix.heaviest()), seed)
    }
}

#[test]
fn a_mix_of_one_is_that_composer_and_a_real_mix_is_neither() {
    let folder = tempfile::tempdir().unwrap();
    let g = generator(&folder);
    let plain = |id| make(&g, &GenerateRequest { notes: 40, ..GenerateRequest::new(Some(id), 7) }).tokens;
    assert_eq!(make(&g, &mixed(&[(CHOPIN, 1.0)], 7)).tokens, plain(CHOPIN));
    let both = make(&g, &mixed(&[(CHOPIN, 0.6), (BACH, 0.4)], 7));
    assert!(both.tokens != plain(CHOPIN) && both.tokens != plain(BACH));
    assert_eq!(both, make(&g, &mixed(&[(BACH, 0.4), (CHOPIN, 0.6)], 7)));
    let [shares] = &both.recipe.mixes[..] else { panic!("{:?}", both.recipe.mixes) };
    assert_eq!(shares[0].0, "Frédéric Chopin");
    assert!((shares[0].1 - 0.6).abs() < 1e-6);
    assert!(both.recipe.to_line().contains("Frédéric Chopin 60 %, Johann Sebastian Bach 40 %"));
}

#[test]
fn a_mix_lies_between_the_means_by_its_shares() {
    let folder = tempfile::tempdir().unwrap();
    let g = generator(&folder);
    let mix = Mix::new([(BACH, 1.0), (CHOPIN, 3.0)]).unwrap();
    let (bach, chopin) = (g.latent_mean(0), g.latent_mean(1));
    for (i, z) in g.mixed_latent_mean(&mix).into_iter().enumerate() {
        assert!((z - 0.25 * bach[i] - 0.75 * chopin[i]).abs() < 1e-5);
    }
}

#[test]
fn a_walk_composes_each_window_where_it_leads() {
    let folder = tempfile::tempdir().unwrap();
    let g = generator(&folder);
    let stop = |id: ComposerId| Place { z: g.latent_mean(id.index()), mix: Mix::of(id) };
    let windows = g.info().windows(60);
    let places = walk(&[stop(BACH), stop(CHOPIN)], windows);
    let request = GenerateRequest { notes: 60, ..GenerateRequest::along(places.clone(), 3) };
    let take = make(&g, &request);
    let z: Vec<&Vec<f32>> = places.iter().map(|p| &p.z).collect();
    // The take may end a window early or late.
    let common = z.len().min(take.recipe.z.len());
    assert!(common + 1 >= windows, "{common} of {windows}");
    assert_eq!(take.recipe.z.iter().take(common).collect::<Vec<_>>(), z[..common]);
    assert_eq!(take, make(&g, &request), "the same request is the same take");
    // The beginning equals that of a take that stays at Bach's mean; the end does not.
    let stays = GenerateRequest { z_path: vec![places[0].z.clone(); windows], mixes: Vec::new(), ..request };
    let stays = make(&g, &stays);
    assert_eq!(take.tokens[..16], stays.tokens[..16]);
    assert_ne!(take.tokens[16..], stays.tokens[16..]);
}

#[test]
fn a_quality_moves_every_latent_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let mut g = generator(&folder);
    let step = vec![1.0, -2.0, 0.0, 0.5];
    let plain = GenerateRequest { notes: 60, z: Some(vec![0.0; 4]), ..GenerateRequest::new(Some(BACH), 3) };
    let asked = GenerateRequest { qualities: vec![(Quality::Loud, 2.0)], ..plain.clone() };
    let without = make(&g, &plain);
    assert_eq!(make(&g, &asked).tokens, without.tokens, "this checkpoint has no directions");
    let direction = Direction {
        quality: Quality::Loud,
        step: step.clone(),
        gain: 1.0,
        explained: 0.5,
        rises: 0.95,
        stays: 0.85,
        change: 2.0,
        trials: 10,
    };
    g.set_qualities(Qualities { checkpoint: g.info().hash.clone(), directions: vec![direction] });
    assert_eq!(g.info().qualities, [Quality::Loud]);
    let with = make(&g, &asked);
    assert_eq!(with.recipe.z[0], step.iter().map(|v| v * 2.0).collect::<Vec<f32>>());
    assert_eq!(with.recipe.qualities, [(Quality::Loud, 2.0)]);
    assert_ne!(with.tokens, without.tokens);
    assert_eq!(make(&g, &plain).tokens, without.tokens);
}

#[test]
fn invalid_places_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let g = generator(&folder);
    let refused = |r: &GenerateRequest| g.generate(r, &StopFlag::new(), &mut |_| {}).unwrap_err();
    let place = |z: Vec<f32>, id| GenerateRequest::along(vec![Place { z, mix: Mix::of(id) }], 1);
    assert!(matches!(refused(&place(vec![f32::NAN; 4], BACH)), GenerateError::LatentNotFinite));
    assert!(matches!(refused(&place(vec![0.0; 3], BACH)), GenerateError::LatentSize { .. }));
    assert!(matches!(refused(&place(vec![0.0; 4], ComposerId(9))), GenerateError::NoSuchComposer(9)));
    let unknown = GenerateRequest { composer: Some(BACH), ..mixed(&[(BACH, 1.0), (ComposerId(9), 0.5)], 1) };
    assert!(matches!(refused(&unknown), GenerateError::NoSuchComposer(9)));
}

#[test]
fn a_take_has_as_many_windows_as_latents_and_knows_where_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let g = generator(&folder);
    let info = g.info();
    // Segments of 16: the first window composes 16 notes and each further one 8.
    assert_eq!([1, 16, 17, 24, 25, 40].map(|n| info.windows(n)), [1, 1, 2, 2, 3, 4]);
    assert_eq!([0, 8, 20, 28, 36].map(|n| info.window_at(n)), [0.0, 0.0, 1.0, 2.0, 3.0]);
}
