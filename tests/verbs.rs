//! The verbs: what they keep, how much they change, what they refuse, what they write.

mod common;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use pastiche::device::DeviceChoice;
use pastiche::generate::{GenerateError, GenerateRequest, Generator, Take, splice, verbs};
use pastiche::music::{ComposerId, Performance, midi};
use pastiche::progress::StopFlag;
use pastiche::tokens::{Field, NoteToken, encode};

use common::network::{COMPOSERS, random_checkpoint};
use common::piece;

fn checkpoint(folder: &Path) -> PathBuf {
    random_checkpoint(folder, &COMPOSERS, 16, 11, 0.2)
}

fn generator() -> Generator {
    let folder = tempfile::tempdir().unwrap();
    Generator::load(&checkpoint(folder.path()), DeviceChoice::Cpu).unwrap()
}

fn compose(g: &Generator, requests: &[GenerateRequest]) -> Vec<Take> {
    g.generate_batch(requests, &StopFlag::new(), &mut |_| {}).unwrap()
}

/// The share of notes that differ in any field.
fn difference(a: &[NoteToken], b: &[NoteToken]) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).filter(|(a, b)| a != b).count() as f64 / a.len() as f64
}

fn rises_in_chords(tokens: &[NoteToken]) -> bool {
    tokens.windows(2).all(|pair| pair[0].gap > 0 || pair[1].pitch > pair[0].pitch)
}

#[test]
fn variations_begin_at_the_piece_and_differ_more_with_the_amount() {
    let g = generator();
    // Longer than several windows of 16.
    let pieces: Vec<Performance> = (0..4).map(|i| piece(i, 0, 70)).collect();
    let mut before = -1.0;
    for amount in [0.0, 0.25, 0.5, 0.75, 1.0] {
        let requests: Vec<GenerateRequest> =
            pieces.iter().map(|p| verbs::vary(&g, p, amount, 9).unwrap()).collect();
        let mut sum = 0.0;
        for (take, piece) in compose(&g, &requests).iter().zip(&pieces) {
            let source = encode(piece).tokens;
            assert!(rises_in_chords(&take.tokens) && !take.is_partial);
            assert_eq!(encode(&take.performance).tokens.len(), source.len());
            sum += difference(&take.tokens, &source);
        }
        assert!(sum > before, "{amount}: {sum} after {before}");
        assert!(amount > 0.0 || sum == 0.0);
        before = sum;
    }
    assert!(before > 3.9, "at 1 nearly every note is new");
}

#[test]
fn the_latents_of_a_variation_move_with_the_amount() {
    let g = generator();
    let music = piece(3, 0, 70);
    let own = g.encode_windows(&encode(&music).tokens).unwrap();
    assert_eq!(own.len(), 8, "windows of 16 that begin every 8 notes");
    let moved = |amount| {
        let path = verbs::vary(&g, &music, amount, 2).unwrap().z_path;
        let squares = path.iter().flatten().zip(own.iter().flatten());
        squares.map(|(a, b)| (a - b).powi(2)).sum::<f32>().sqrt()
    };
    assert_eq!(moved(0.0), 0.0);
    assert!((moved(1.0) / moved(0.5) - 2.0).abs() < 1e-3 && moved(0.5) > 0.0);
    // The take was composed under those latents, window by window.
    let request = verbs::vary(&g, &music, 1.0, 2).unwrap();
    assert_eq!(compose(&g, std::slice::from_ref(&request))[0].recipe.z, request.z_path);
}

#[test]
fn continuing_keeps_every_note_as_played() {
    let g = generator();
    let music = piece(5, 0, 60);
    for composer in [None, Some(ComposerId(0))] {
        let request = verbs::continuation(&g, &music, 40, composer, 4).unwrap();
        let take = g.generate(&request, &StopFlag::new(), &mut |_| {}).unwrap();
        let whole = splice(&music, &take);
        assert_eq!(&whole.notes()[..60], music.notes());
        assert!((95..=112).contains(&whole.notes().len()), "{}", whole.notes().len());
        let new = &whole.notes()[take.recipe.prompt_notes..];
        let last = music.notes().last().unwrap();
        assert!(new.iter().all(|n| n.onset_secs >= last.onset_secs));
        assert!(new[0].onset_secs - last.onset_secs < 6.5);
        let until = last.onset_secs;
        let old_pedal = music.pedal().iter().filter(|p| p.time_secs <= until);
        assert!(old_pedal.eq(whole.pedal().iter().filter(|p| p.time_secs <= until)));
    }
}

#[test]
fn without_a_composer_it_continues_as_the_nearest_one() {
    let g = generator();
    for id in [0, 1] {
        let centre = vec![g.latent_mean(id)];
        assert_eq!(g.nearest_composer(&centre), ComposerId(id as u8));
    }
    let music = piece(5, 0, 60);
    let nearest = g.nearest_composer(&g.encode_windows(&encode(&music).tokens).unwrap());
    assert_eq!(verbs::continuation(&g, &music, 9, None, 1).unwrap().composer, Some(nearest));
}

#[test]
fn restyling_keeps_time_and_moves_z_from_component_to_component() {
    let g = generator();
    let music = piece(7, 0, 50);
    let source = encode(&music).tokens;
    let z = g.encode_windows(&source).unwrap();
    let from = g.nearest_composer(&z);
    let to = ComposerId(1 - from.0);
    let request = verbs::restyle(&g, &music, to, 3).unwrap();
    let (mean_from, mean_to) = (g.latent_mean(from.index()), g.latent_mean(to.index()));
    for (moved, z) in request.z_path.iter().zip(&z) {
        for i in 0..4 {
            assert!((moved[i] - mean_to[i] - (z[i] - mean_from[i])).abs() < 1e-4);
        }
    }
    let take = &compose(&g, &[request])[0];
    assert_eq!(take.tokens.len(), source.len());
    for (new, old) in take.tokens.iter().zip(&source) {
        for field in [Field::Duration, Field::Pedal, Field::Gap] {
            assert_eq!(new.get(field), old.get(field));
        }
    }
    assert!(rises_in_chords(&take.tokens));
    let pitches = |tokens: &[NoteToken]| tokens.iter().map(|t| t.pitch).collect::<Vec<u8>>();
    assert_ne!(pitches(&take.tokens), pitches(&source));
    assert!(matches!(verbs::restyle(&g, &music, ComposerId(2), 3), Err(GenerateError::NoSuchComposer(2))));
}

#[test]
fn a_blend_leads_from_one_piece_to_the_other() {
    let g = generator();
    let (a, b) = (piece(1, 0, 60), piece(2, 0, 40));
    let requests = verbs::blend(&g, &a, &b, 5, 6).unwrap();
    let takes = compose(&g, &requests);
    let (own_a, own_b) = (encode(&a).tokens, encode(&b).tokens);
    assert_eq!(takes[0].tokens, own_a);
    assert_eq!(takes[4].tokens, own_b);
    let (early, middle) = (difference(&takes[1].tokens, &own_a), difference(&takes[2].tokens, &own_a));
    assert!(0.0 < early && early < middle, "{early} {middle}");
    assert!(difference(&takes[3].tokens, &own_b) < 1.0);
    for steps in [0, 1, verbs::MAX_STEPS + 1] {
        assert!(matches!(verbs::blend(&g, &a, &b, steps, 6), Err(GenerateError::Steps)));
    }
}

#[test]
fn music_without_notes_is_refused() {
    let g = generator();
    let (none, some) = (Performance::default(), piece(1, 0, 20));
    let refusals = [
        verbs::vary(&g, &none, 0.5, 1).err(),
        verbs::continuation(&g, &none, 10, None, 1).err(),
        verbs::restyle(&g, &none, ComposerId(0), 1).err(),
        verbs::blend(&g, &some, &none, 3, 1).err(),
    ];
    for refusal in refusals {
        assert!(matches!(refusal, Some(GenerateError::EmptyPrompt)), "{refusal:?}");
    }
}

/// A folder with a checkpoint and two pieces, and the binary to run in it.
struct Shell(tempfile::TempDir);

impl Shell {
    fn new() -> Shell {
        let folder = tempfile::tempdir().unwrap();
        checkpoint(folder.path());
        for (name, seed) in [("a.mid", 1), ("b.mid", 2)] {
            std::fs::write(folder.path().join(name), midi::write(&piece(seed, 0, 40), None, None)).unwrap();
        }
        Shell(folder)
    }

    fn run(&self, line: &str) -> Output {
        Command::new(env!("CARGO_BIN_EXE_pastiche"))
            .args(line.split(' '))
            .args(["--checkpoint", "random-2.safetensors", "--device", "cpu"])
            .current_dir(self.0.path())
            .output()
            .unwrap()
    }

    fn read(&self, name: &str) -> Performance {
        midi::read_file(&self.0.path().join(name)).unwrap().performance
    }
}

#[test]
fn the_commands_write_their_files() {
    let shell = Shell::new();
    for line in [
        "vary a.mid --amount 0 --seed 3 --out varied.mid --json",
        "continue a.mid --notes 20 --composer bach --seed 3 --out longer.mid",
        "restyle a.mid --to chopin --seed 3 --out chopin.mid",
        "blend a.mid b.mid --steps 3 --seed 3 --out between",
    ] {
        let output = shell.run(line);
        assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
        if line.ends_with("--json") {
            let said: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
            assert_eq!(said["notes"], 40);
            assert_eq!(said["recipe"]["seed"], 3);
        }
    }
    let tokens = |name: &str| encode(&shell.read(name)).tokens;
    let pitches = |name: &str| tokens(name).iter().map(|t| (t.pitch, t.gap)).collect::<Vec<_>>();
    assert_eq!(pitches("varied.mid"), pitches("a.mid"));
    assert_eq!(pitches("longer.mid")[..39], pitches("a.mid")[..39]);
    assert!(tokens("longer.mid").len() >= 55);
    assert_eq!(tokens("chopin.mid").len(), 40);
    assert_eq!(pitches("between/blend-1.mid"), pitches("a.mid"));
    assert_eq!(pitches("between/blend-3.mid"), pitches("b.mid"));
    assert!(shell.read("between/blend-2.mid").notes().len() > 30);
}

#[test]
fn the_commands_report_errors() {
    let shell = Shell::new();
    for (line, said) in [
        ("vary a.mid --amount 1.5 --out x.mid", "from 0 to 1"),
        ("vary none.mid --amount 0.5 --out x.mid", "none.mid"),
        ("restyle a.mid --to nobody --out x.mid", "nobody"),
        ("continue a.mid --notes 0 --out x.mid", "from 1 to 40000"),
        ("blend a.mid b.mid --steps 1 --out x", "steps"),
    ] {
        let output = shell.run(line);
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && text.contains(said), "{line}: {text}");
        assert!(!shell.0.path().join("x.mid").exists() && !shell.0.path().join("x").exists());
    }
}
