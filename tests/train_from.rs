//! A run that starts from another model's weights.

use std::path::{Path, PathBuf};

use pastiche::data::{Corpus, Piece, Split};
use pastiche::device::DeviceChoice;
use pastiche::model::ModelConfig;
use pastiche::model::checkpoint::Checkpoint;
use pastiche::music::{ComposerId, ComposerSet};
use pastiche::progress::StopFlag;
use pastiche::tokens::NoteToken;
use pastiche::train::{TrainConfig, TrainError, Trainer};

fn corpus(folder: &Path, composers: [&str; 2]) -> PathBuf {
    let composers = ComposerSet::new(composers.map(str::to_owned));
    let piece = |number: u8| Piece {
        title: format!("Piece {number}"),
        work: format!("piece {number}"),
        composer_name: "somebody".to_owned(),
        composer: Some(ComposerId(number % 2)),
        split: [Split::Train, Split::Train, Split::Validation, Split::Test][usize::from(number / 2 % 4)],
        tokens: (0..60)
            .map(|i| NoteToken {
                pitch: (number * 5 + i * (1 + number % 3)) % 88,
                velocity: (number + i) % 32,
                duration: i % 60,
                pedal: i % 3,
                gap: 1 + (number + i) % 30,
            })
            .collect(),
    };
    let path = folder.join(format!("{}.corpus", composers.surname(ComposerId(1))));
    let corpus = Corpus { composers, pieces: (0..16).map(piece).collect(), ..Corpus::default() };
    corpus.save(&path).unwrap();
    path
}

fn config(d_model: usize, from: Option<PathBuf>) -> TrainConfig {
    TrainConfig {
        max_steps: Some(30),
        from,
        batch_size: 4,
        heard_windows: 2,
        validate_every: 30,
        threads: 1,
        model: ModelConfig {
            n_composers: 2,
            d_model,
            d_ff: 64,
            n_heads: 2,
            n_layers: 1,
            n_encoder_layers: 1,
            patch_len: 4,
            n_queries: 2,
            d_latent: 4,
            context_len: 32,
        },
        ..TrainConfig::default()
    }
}

fn open(corpus: &Path, run: &Path, config: TrainConfig) -> Result<Trainer, TrainError> {
    Trainer::open(corpus, run, config, DeviceChoice::Cpu, false)
}

#[test]
fn a_run_starts_from_another_model_and_refuses_an_incompatible_one() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let own = corpus(folder.path(), ["Johann Bach", "Frédéric Chopin"]);
    let first =
        open(&own, &at("first"), config(32, None)).unwrap().run(&StopFlag::new(), &mut |_| {}).unwrap();
    let (seen, first_nll) = {
        let header = Checkpoint::read(&first.checkpoint).unwrap().header;
        (header.trained_on.notes_seen, first.best_nll.unwrap())
    };

    let from = Some(first.checkpoint.clone());
    let second = open(&own, &at("second"), config(32, from.clone()))
        .unwrap()
        .run(&StopFlag::new(), &mut |_| {})
        .unwrap();
    let header = Checkpoint::read(&second.checkpoint).unwrap().header;
    assert_eq!((second.step, header.trained_on.notes_seen > seen), (30, true));
    // Sixty steps learn more than thirty.
    assert!(second.best_nll.unwrap() < first_nll, "{first_nll} {second:?}");

    // Another network, other composers, a missing file: one line of error, and no folder is left.
    let other = corpus(folder.path(), ["Johann Bach", "Franz Liszt"]);
    for (corpus, config, word) in [
        (&own, config(48, from.clone()), "network"),
        (&other, config(32, from.clone()), "composers"),
        (&own, config(32, Some(at("nowhere"))), "cannot be read"),
    ] {
        let error = open(corpus, &at("third"), config).err().unwrap().to_string();
        assert!(error.contains(word) && !error.contains('\n'), "{error}");
        assert!(!at("third").exists());
    }
}
