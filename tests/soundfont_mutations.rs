//! Damaged SoundFonts are opened or refused, and opened ones play: no panics, no hangs, no NaN. `PASTICHE_MUTATIONS`
//! sets the number of files; a long run uses 10,000.

mod common;
mod sound_common;

use std::io::Cursor;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use common::Numbers;
use pastiche::synth::{Renderer, Score, SoundFont, VoiceSettings, Voices};
use sf2::{Font, KEY_RANGE, Sample, plain, range};
use sound_common::*;

const USUAL: usize = 600;
/// The lowest sample rate means the least work and the longest steps.
const SLOW: u32 = 16_000;

/// One file for every kind of content that a SoundFont can have.
fn seeds() -> Vec<Vec<u8>> {
    let zone = |low, high, sample| ([vec![range(KEY_RANGE, low, high)], plain()].concat(), sample);
    let mut rich = Font::with_zones(vec![zone(0, 50, 0), zone(40, 80, 1), zone(81, 127, 2)]);
    rich.samples.extend([Sample::sine(), Sample::sine()]);
    rich.samples[1].looped = (3_990, 3_998);
    rich.presets.push(("Other", 5, 1, vec![(plain(), 2), (vec![], 0)]));
    rich.info = sf2::chunk(b"DMOD", &[0; 6]);
    let mut compressed = rich.clone();
    compressed.version = [3, 1];
    compressed.samples.iter_mut().for_each(|s| *s = Sample::vorbis());
    [Font::new(), rich, compressed].iter().map(Font::bytes).collect()
}

/// One to six changes, most of them in the tables and the headers of lists.
fn mutate(bytes: &[u8], numbers: &mut Numbers) -> Vec<u8> {
    let mut out = bytes.to_vec();
    let tables = bytes.windows(4).position(|w| w == b"pdta").unwrap_or(0);
    for _ in 0..=numbers.below(6) {
        let len = out.len() as u64;
        let at = match numbers.below(4) {
            0 => numbers.below(120.min(len)),
            1 => numbers.below(len),
            _ => (tables as u64 + numbers.below(len)).min(len - 1),
        } as usize;
        let end = (at + numbers.below(20) as usize + 1).min(out.len());
        match numbers.below(7) {
            0 => out[at] = numbers.next() as u8,
            1 => out[at] ^= 1 << numbers.below(8),
            2 => out[at] = [0, 1, 0x7f, 0x80, 0xff][numbers.below(5) as usize],
            3 => out[at..end.min(at + 4)].fill([0, 0x7f, 0xff][numbers.below(3) as usize]),
            4 => drop(out.drain(at..end.min(at + 4))),
            5 => {
                let part = out[at..end].to_vec();
                out.splice(at..at, part);
            }
            _ if numbers.below(10) == 0 => out.truncate(at.max(20)),
            _ => out[at] = out[at].wrapping_add(1),
        }
    }
    out
}

/// Opens and plays a file; returns the peak that was heard, or why the file was refused.
fn try_one(bytes: Vec<u8>) -> Result<f32, String> {
    let length = bytes.len() as u64;
    let font =
        SoundFont::read(Cursor::new(bytes), length, Path::new("damaged.sf2")).map_err(|e| e.to_string())?;
    let mut loudest = 0.0f32;
    let mut failure = None;
    for preset in font.presets().iter().take(2) {
        let settings =
            VoiceSettings { preset: Some((preset.bank, preset.program)), polyphony: 32, ..dry(SLOW) };
        let voices = match Voices::new(&font, &settings) {
            Ok(voices) => voices,
            Err(error) => {
                failure = Some(error.to_string());
                continue;
            }
        };
        let mut renderer = Renderer::new(SLOW, Some(Box::new(voices)));
        let notes = [note(21, 0.0, 0.1), note(69, 0.0, 0.2), note(108, 0.0, 0.1)];
        renderer.load(Box::new(Score::whole(Arc::new(performance(&notes)))));
        renderer.play();
        let heard = listen(&mut renderer, 0.3);
        assert!(heard.iter().all(|s| s.is_finite() && s.abs() <= 1.0));
        assert!(renderer.has_voices(), "the synthesizer broke");
        loudest = loudest.max(peak(&heard));
    }
    failure.map_or(Ok(loudest), Err)
}

#[test]
fn damage_of_every_kind_is_survived() {
    let files = std::env::var("PASTICHE_MUTATIONS").ok().and_then(|n| n.parse().ok()).unwrap_or(USUAL);
    let seeds = seeds();
    let mut numbers = Numbers::new(77);
    let (mut refused, mut played, mut slowest) = (0, 0, Duration::ZERO);
    let begun = Instant::now();
    for i in 0..files {
        let bytes = mutate(&seeds[i % seeds.len()], &mut numbers);
        let one = Instant::now();
        let kept = bytes.clone();
        let tried = std::panic::catch_unwind(|| try_one(bytes));
        slowest = slowest.max(one.elapsed());
        match tried {
            Ok(Ok(_)) => played += 1,
            Ok(Err(message)) => {
                refused += 1;
                assert!(!message.is_empty() && !message.contains('\n'), "file {i}: {message}");
            }
            Err(_) => {
                let path = std::env::temp_dir().join(format!("pastiche-damaged-{i}.sf2"));
                std::fs::write(&path, kept).unwrap();
                panic!("file {i}, kept as {}", path.display());
            }
        }
    }
    println!(
        "{files} files in {:?}: {played} played, {refused} refused, the slowest in {slowest:?}",
        begun.elapsed()
    );
    // Otherwise the mutations are too coarse to get past the header, or too mild.
    assert!(refused > files / 20 && played > files / 4, "{refused} refused, {played} played");
    assert!(slowest < Duration::from_secs(5), "{slowest:?}");
}
