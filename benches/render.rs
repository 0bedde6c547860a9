//! How fast sound is made: the sound card's callback against its period, the latency of a jump, recordings against real
//! time and against the `fluidsynth` command. `cargo bench --bench render` uses the piano that the studio starts with,
//! and Fluid R3 against `fluidsynth`.
//!
//! Besides criterion's figures it prints those in docs/speed.md. `cargo bench --bench render -- fluidsynth` runs the
//! comparison alone.

#[path = "../tests/sound_common/mod.rs"]
mod sound_common;

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use pastiche::music::midi;
use pastiche::music::{Note, PedalChange, Performance, Pitch, Velocity};
use pastiche::progress::StopFlag;
use pastiche::synth::export::{ExportSettings, export};
use pastiche::synth::{BLOCK, Renderer, Score, SoundFont, VoiceSettings, Voices};
use sound_common::*;

const SAMPLE_RATE: u32 = 48_000;
/// Frames that the sound card requests at a time.
const CALLBACK_FRAMES: usize = 512;
const TAKE_SECS: f64 = 60.0;
/// Maximum share of its period that the callback may take, in percent.
const MAX_SHARE: f64 = 25.0;
/// Maximum time from a command to the first frame that reflects it.
const MAX_WAIT_MS: f64 = 20.0;
/// Number of turns for each of the two programs.
const TURNS: usize = 5;

/// The piano that the studio starts with.
fn studio_font() -> SoundFont {
    let path =
        pastiche::paths::default_soundfont().expect("`cargo xtask setup` puts a piano into soundfonts/");
    println!("with {}", path.display());
    SoundFont::load(&path).unwrap()
}

/// As dense as romantic piano music: nine notes a second, up to ten at once, the pedal changed every 1.5 s.
fn take() -> Arc<Performance> {
    let notes = (0..(TAKE_SECS * 9.0) as usize).map(|i| Note {
        pitch: Pitch::new(30 + (i * 37 % 60) as u8).unwrap(),
        onset_secs: (i / 3) as f64 / 3.0,
        duration_secs: 0.2 + (i % 7) as f64 * 0.2,
        velocity: Velocity::clamped(40 + (i * 13 % 60) as i32),
    });
    let pedal = (0..(TAKE_SECS / 1.5) as usize).flat_map(|i| {
        let at = i as f64 * 1.5;
        [PedalChange { time_secs: at, value: 0 }, PedalChange { time_secs: at + 0.1, value: 127 }]
    });
    Arc::new(Performance::new(notes.collect(), pedal.collect()))
}

fn recording(c: &mut Criterion) {
    let (font, take, folder) = (studio_font(), take(), tempfile::tempdir().unwrap());
    let mut group = c.benchmark_group("recording");
    group.sample_size(10).measurement_time(Duration::from_secs(20));
    for ending in ["wav", "flac", "ogg", "mp3"] {
        let path = folder.path().join(format!("take.{ending}"));
        let record = || {
            let settings = ExportSettings::new(SAMPLE_RATE);
            export(Arc::clone(&take), &font, &settings, &path, &StopFlag::new(), &mut |_| {}).unwrap()
        };
        group.bench_function(ending, |b| b.iter(record));
        let start = Instant::now();
        let summary = record();
        println!("{ending}: {:.0} times as fast as it plays", summary.secs / start.elapsed().as_secs_f64());
    }
    group.finish();
}

/// 128 keys down in stereo: all 256 voices sound.
fn all_voices(font: &SoundFont) -> Renderer {
    let voices = Voices::new(font, &VoiceSettings::new(SAMPLE_RATE)).unwrap();
    let mut renderer = Renderer::new(SAMPLE_RATE, Some(Box::new(voices)));
    let low_keys = 21..=84u8;
    let notes = (0..8).flat_map(|i| low_keys.clone().map(move |p| note(p, f64::from(i) * 0.05, 0.04)));
    let performance = Performance::new(notes.collect(), vec![pedal(0.0, true), pedal(600.0, false)]);
    renderer.load(Box::new(Score::whole(Arc::new(performance))));
    renderer.play();
    listen(&mut renderer, 0.5);
    renderer
}

fn callback(renderer: &mut Renderer) {
    let mut block = [[0.0; 2]; BLOCK];
    for _ in 0..CALLBACK_FRAMES / BLOCK {
        renderer.render(&mut block);
        std::hint::black_box(&block);
    }
}

fn callback_at_full_polyphony(c: &mut Criterion) {
    let font = studio_font();
    let mut renderer = all_voices(&font);
    c.bench_function("callback/256 voices, 512 frames", |b| b.iter(|| callback(&mut renderer)));
    let mut renderer = all_voices(&font);
    let mut times: Vec<Duration> = (0..300)
        .map(|_| {
            let start = Instant::now();
            callback(&mut renderer);
            start.elapsed()
        })
        .collect();
    times.sort();
    let period = CALLBACK_FRAMES as f64 / f64::from(SAMPLE_RATE);
    let share = |time: Duration| 100.0 * time.as_secs_f64() / period;
    println!(
        "callback: median {:.1} %, 99th of 100 {:.1} %, worst {:.1} % of its {:.1} ms (allowed: {MAX_SHARE} %)",
        share(times[150]),
        share(times[297]),
        share(times[299]),
        period * 1e3
    );
}

/// From the command to the first frames that reflect it, once the card asks; the card asks within one period.
fn seek_to_first_frame(c: &mut Criterion) {
    let font = studio_font();
    let voices = Voices::new(&font, &VoiceSettings::new(SAMPLE_RATE)).unwrap();
    let mut renderer = Renderer::new(SAMPLE_RATE, Some(Box::new(voices)));
    renderer.load(Box::new(Score::whole(take())));
    renderer.play();
    let mut at = 0.0;
    c.bench_function("seek to first frames", |b| {
        b.iter(|| {
            at = (at + 7.7) % TAKE_SECS;
            renderer.seek(at);
            callback(&mut renderer);
        });
    });
    let mut times: Vec<Duration> = (0..300)
        .map(|_| {
            at = (at + 7.7) % TAKE_SECS;
            let begun = Instant::now();
            renderer.seek(at);
            callback(&mut renderer);
            begun.elapsed()
        })
        .collect();
    times.sort();
    let period_ms = 1e3 * CALLBACK_FRAMES as f64 / f64::from(SAMPLE_RATE);
    let ms = |time: Duration| time.as_secs_f64() * 1e3;
    println!(
        "seek: its first frames take {:.1} ms, 99 of 100 at most {:.1} ms; with the wait for the card at most {:.1} ms \
         (allowed: {MAX_WAIT_MS} ms)",
        ms(times[150]),
        ms(times[297]),
        period_ms + ms(times[297]),
    );
}

/// Processor time, in seconds, of programs started here; other work on the machine does not add to it.
fn processor_secs() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // After the name in brackets; fields 16 and 17 count hundredths of a second.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks: f64 = fields[13].parse::<f64>().ok()? + fields[14].parse::<f64>().ok()?;
    Some(ticks / 100.0)
}

/// Runs a program to its end; the seconds it took by the clock and of the processor.
fn run(program: &str, arguments: &[&str], folder: &Path) -> Option<(f64, f64)> {
    let (before, begun) = (processor_secs()?, Instant::now());
    let status = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .ok()?;
    let times = (begun.elapsed().as_secs_f64(), processor_secs()? - before);
    status.success().then_some(times)
}

/// Runs both commands from start to end on the same file with the same SoundFont, rate and effects, in turns. Neither
/// renders on more than one core.
fn against_fluidsynth(c: &mut Criterion) {
    // Criterion decides by the filter on the command line whether this runs.
    c.bench_function("fluidsynth", |b| {
        b.iter_custom(|times| {
            static ONCE: std::sync::Once = std::sync::Once::new();
            ONCE.call_once(compare);
            Duration::from_nanos(times)
        });
    });
}

fn compare() {
    let font = piano_font();
    let folder = tempfile::tempdir().unwrap();
    let font = font.path().to_str().unwrap();
    for minutes in [1, 5] {
        let piece = repeated(&take(), minutes);
        midi::write_file(&folder.path().join("a.mid"), &piece, None, None).unwrap();
        let ours = ["render", "a.mid", "--soundfont", font, "--out", "a.wav"];
        let theirs = ["-ni", "-q", "-r", "48000", "-C", "0", "-F", "b.wav", font, "a.mid"];
        let mut best = [(f64::INFINITY, f64::INFINITY); 2];
        for _ in 0..TURNS {
            let programs = [(env!("CARGO_BIN_EXE_pastiche"), &ours[..]), ("fluidsynth", &theirs[..])];
            for (best, (program, arguments)) in best.iter_mut().zip(programs) {
                let Some((wall, processor)) = run(program, arguments, folder.path()) else {
                    println!("fluidsynth: not compared, {program} is not installed or failed");
                    return;
                };
                *best = (best.0.min(wall), best.1.min(processor));
            }
        }
        let [ours, theirs] = best;
        println!(
            "{minutes} min of music: pastiche render {:.2} s ({:.2} s of the processor), fluidsynth {:.2} s ({:.2} s): \
             {:.2} times its speed by the clock, {:.2} by the processor",
            ours.0,
            ours.1,
            theirs.0,
            theirs.1,
            theirs.0 / ours.0,
            theirs.1 / ours.1
        );
    }
}

/// The same music repeated.
fn repeated(piece: &Performance, times: usize) -> Performance {
    let starts = (0..times).map(|i| i as f64 * TAKE_SECS);
    let notes = starts
        .clone()
        .flat_map(|start| piece.notes().iter().map(move |n| Note { onset_secs: n.onset_secs + start, ..*n }));
    let pedal = starts.flat_map(|start| {
        piece.pedal().iter().map(move |p| PedalChange { time_secs: p.time_secs + start, ..*p })
    });
    Performance::new(notes.collect(), pedal.collect())
}

criterion_group!(benches, callback_at_full_polyphony, seek_to_first_frame, against_fluidsynth, recording);
criterion_main!(benches);
