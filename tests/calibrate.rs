//! Calibration: tilts that bring takes towards the music, in the model's file.

mod common;

use common::network::{COMPOSERS, random_checkpoint};
use pastiche::data::{Corpus, Piece, Split};
use pastiche::device::DeviceChoice;
use pastiche::generate::{CalibrationRound, CalibrationSettings, calibrate};
use pastiche::model::Checkpoint;
use pastiche::music::{ComposerId, ComposerSet};
use pastiche::progress::StopFlag;
use pastiche::tokens::{NoteToken, duration_bin, gap_bin, velocity_bin};

/// Short, soft and fast: a random network writes nothing like it.
fn corpus() -> Corpus {
    let note = |i: usize| NoteToken {
        pitch: (i * 5 % 88) as u8,
        velocity: velocity_bin(24),
        duration: duration_bin(0.05),
        pedal: 0,
        gap: gap_bin(0.06),
    };
    let piece = |number: usize| Piece {
        title: format!("Piece {number}"),
        work: format!("piece {number}"),
        composer_name: String::new(),
        composer: Some(ComposerId((number % COMPOSERS.len()) as u8)),
        split: Split::Train,
        tokens: (0..300).map(note).collect(),
    };
    Corpus {
        composers: ComposerSet::new(COMPOSERS.iter().map(|name| (*name).to_owned())),
        pieces: (0..6).map(piece).collect(),
        ..Corpus::default()
    }
}

#[test]
fn takes_come_closer_to_the_music_and_a_stop_leaves_the_file_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = random_checkpoint(folder.path(), &COMPOSERS, 16, 5, 0.2);
    let before = std::fs::read(&path).unwrap();
    let corpus = corpus();
    let settings = CalibrationSettings { rounds: 4, takes: 3, notes: 40 };
    let stopped = StopFlag::new();
    stopped.stop();
    calibrate(&path, &corpus, DeviceChoice::Cpu, settings, &stopped, &mut |_| panic!("stopped")).unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), before);

    let mut rounds: Vec<CalibrationRound> = Vec::new();
    let stop = StopFlag::new();
    calibrate(&path, &corpus, DeviceChoice::Cpu, settings, &stop, &mut |r| rounds.push(r.clone())).unwrap();
    assert_eq!(rounds.len(), 4);
    for field in 0..3 {
        let [first, last] = [rounds[0].differences[field].abs(), rounds[3].differences[field].abs()];
        assert!(last < 0.6 * first, "field {field}: {rounds:?}");
    }
    let tilts = Checkpoint::read(&path).unwrap().header.tilts;
    assert_eq!(tilts.len(), COMPOSERS.len());
    // Softer, shorter, faster.
    assert!(tilts.iter().all(|tilt| tilt.0.iter().all(|rate| *rate < 0.0)), "{tilts:?}");
}
