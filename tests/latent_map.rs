//! A trained checkpoint carries a correct map: the latent stored for a segment is the one that the encoder gives for
//! that segment.

mod common;

use pastiche::data::{Corpus, Piece, Split};
use pastiche::device::DeviceChoice;
use pastiche::generate::Generator;
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
