//! A trained checkpoint carries a correct map: the latent stored for a segment is the one that the encoder gives for
//! that segment.

mod common;

use pastiche::data::{Corpus, Piece, Split};
use pastiche::device::DeviceChoice;
use pastiche::generate::Generator;
use pastiche::latent_map::{LatentMap, fit_latents};
use pastiche::model::Checkpoint;
use pastiche::music::{ComposerId, ComposerSet};
use pastiche::progress::StopFlag;
use pastiche::tokens::NoteToken;
use pastiche::train::{TrainConfig, Trainer};

/// A piece of one segment, different for each number.
fn piece(number: u8) -> Piece {
    let split = [Split::Train, Split::Train, Split::Validation, Split::Test][usize::from(number) / 2 % 4];
    Piece {
        title: format!("Piece {number}"),
        work: format!("work {number}"),
        composer_name: String::new(),
        composer: Some(ComposerId(number % 2)),
        split,
        tokens: (0..20)
            .map(|i| NoteToken {
                pitch: (number * 5 + i * (1 + number % 3)) % 88,
                velocity: (number + i) % 32,
                duration: i * 3,
                pedal: i % 3,
                gap: 1 + (number + i) % 30,
            })
            .collect(),
    }
}

#[test]
fn a_stored_position_re_encoded_lies_where_the_map_says() {
    let folder = tempfile::tempdir().unwrap();
    let corpus_path = folder.path().join("tiny.corpus");
    let corpus = Corpus {
        composers: ComposerSet::new(["Johann Bach", "Frédéric Chopin"].map(str::to_owned)),
        pieces: (0..16).map(piece).collect(),
        ..Corpus::default()
    };
    corpus.save(&corpus_path).unwrap();
    let config = TrainConfig {
        max_steps: Some(80),
        batch_size: 4,
        validate_every: 40,
        threads: 1,
        model: common::network::small_config(2, 32),
        ..TrainConfig::default()
    };
    let trainer =
        Trainer::open(&corpus_path, &folder.path().join("run"), config, DeviceChoice::Cpu, false).unwrap();
    let summary = trainer.run(&StopFlag::new(), &mut |_| {}).unwrap();

    let generator = Generator::load(&summary.checkpoint, DeviceChoice::Cpu).unwrap();
    let map = generator.info().map.clone().expect("a trained checkpoint has a map");
    assert_eq!(map.points.len(), corpus.pieces.len());
    assert_eq!(map.components.len(), 2);
    for piece in &corpus.pieces {
        let point = map.points.iter().find(|p| p.title == piece.title).unwrap();
        let again = generator.encode_tokens(&piece.tokens).unwrap();
        let [x, y] = map.project(&again[0]);
        // The file holds half precision.
        assert!(
            (x - point.xy[0]).abs() < 0.02 && (y - point.xy[1]).abs() < 0.02,
            "{} {x} {y} {:?}",
            piece.title,
            point.xy
        );
        assert_eq!(point.composer, piece.composer);
    }
    let spread = map.points.iter().map(|p| p.xy[0]).fold(0f32, |m, x| m.max(x.abs()));
    assert!(spread > 0.1, "all pieces lie on one spot: {spread}");
}

/// Whatever latents a map is made of, it is a map or it is none.
#[test]
fn broken_alike_and_single_latents_make_no_map_and_no_panic() {
    let map = |z: Vec<Vec<f32>>| {
        let n = z.len();
        let composers = (0..n).map(|i| Some(ComposerId((i % 2) as u8))).collect();
        let means = [vec![1.0, 0.0, 0.0], vec![0.0, 1.0, 0.0]];
        LatentMap::new(z, composers, vec![String::new(); n], &means, &[0, 1])
    };
    assert!(map(Vec::new()).is_none(), "no latents");
    assert!(map(vec![vec![1.0, 2.0, 3.0]]).is_none(), "one");
    assert!(map(vec![vec![1.0, 2.0, 3.0]; 30]).is_none(), "all alike");
    assert!(map(vec![vec![f32::NAN; 3]; 30]).is_none(), "no numbers");
    assert!(map(vec![vec![1.0]; 30]).is_none(), "a line is no plane");
    let far = map((0..30).map(|i| vec![i as f32 * 1e18, 1.0, (i % 3) as f32]).collect());
    assert!(far.is_none_or(|map| map.nearest([0.0, 0.0]).is_some()));
}

/// A checkpoint with broken latents shows the others.
#[test]
fn a_broken_latent_is_left_out_of_the_map() {
    let folder = tempfile::tempdir().unwrap();
    let path = common::network::random_checkpoint(folder.path(), &common::network::COMPOSERS, 32, 1, 0.1);
    let mut checkpoint = Checkpoint::read(&path).unwrap();
    let z: Vec<f32> =
        (0..40).map(|i| if i == 4 { f32::NAN } else { (i * 7 % 11) as f32 + (i % 4) as f32 * 3.0 }).collect();
    checkpoint.tensors.insert("map.z".to_owned(), tch::Tensor::from_slice(&z).view([10, 4]));
    let composers: Vec<i64> = (0..10).map(|i| i % 2).collect();
    checkpoint.tensors.insert("map.composers".to_owned(), tch::Tensor::from_slice(&composers));
    let titles: Vec<String> = (0..10).map(|i| format!("Piece {i}")).collect();
    checkpoint.header.notes.insert("map.titles".to_owned(), titles);
    let map = LatentMap::from_checkpoint(&checkpoint).unwrap();
    assert_eq!(map.points.len(), 9);
    assert!(map.points.iter().all(|p| p.title != "Piece 1" && p.xy.iter().all(|v| v.is_finite())));
    assert!(map.points.iter().all(|p| p.starts_secs.is_none()), "it does not say where they begin");
}

/// A corpus may name a composer of whom it has no piece.
#[test]
fn a_composer_without_a_piece_costs_no_map() {
    let folder = tempfile::tempdir().unwrap();
    let names = ["Johann Bach", "Frédéric Chopin", "Erik Satie"];
    let path = common::network::random_checkpoint(folder.path(), &names, 32, 1, 0.1);
    let corpus = Corpus {
        composers: ComposerSet::new(names.map(str::to_owned)),
        pieces: (0..16).map(piece).collect(),
        ..Corpus::default()
    };
    fit_latents(&path, &corpus, tch::Device::Cpu, &StopFlag::new()).unwrap();
    let generator = Generator::load(&path, DeviceChoice::Cpu).unwrap();
    let map = generator.info().map.clone().unwrap();
    assert_eq!(map.points.len(), 16);
    assert!(map.points.iter().all(|p| p.starts_secs == Some(0.0)), "each piece is one segment");
    assert_eq!(map.reading.as_ref().map(|r| r.confused.len() <= 3), Some(true));
}
