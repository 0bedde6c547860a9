//! What the drawn widgets cost the UI thread per frame: layout, input, painting and tessellation, without the GPU.
//!
//! `cargo bench --bench roll`

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, criterion_group, criterion_main};
use eframe::egui::{Color32, Context, Event, Pos2, RawInput, Rect, Ui, vec2};
use pastiche::app::kit::theme;
use pastiche::app::widgets::latent::input::LatentInput;
use pastiche::app::widgets::latent::plot::LatentPlot;
use pastiche::app::widgets::roll::NoteIndex;
use pastiche::app::widgets::roll::input::{RollEmpty, RollInput};
use pastiche::app::widgets::roll::piano_roll::PianoRoll;
use pastiche::latent_map::LatentMap;
use pastiche::music::{ComposerId, ComposerSet, Note, PedalChange, Performance, Pitch, Velocity};

/// `count` notes, twelve a second, over the whole keyboard and all velocities, and a pedal change every half second.
fn performance(count: usize) -> Performance {
    let mut state = 1_u32;
    let mut random = |below: u32| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) % below
    };
    let notes = (0..count)
        .filter_map(|i| {
            Some(Note {
                pitch: Pitch::from_key_index(random(88) as usize)?,
                onset_secs: i as f64 / 12.0,
                duration_secs: 0.1 + f64::from(random(100)) / 50.0,
                velocity: Velocity::clamped(random(127) as i32 + 1),
            })
        })
        .collect();
    let pedal = (0..count / 6)
        .map(|i| PedalChange { time_secs: i as f64 / 2.0, value: (i % 2 * 127) as u8 })
        .collect();
    Performance::new(notes, pedal)
}

fn context() -> Context {
    let ctx = Context::default();
    theme::install(&ctx);
    ctx
}

/// One frame of a 1600 by 1000 window: everything the UI thread does before the GPU gets its triangles.
fn frame(ctx: &Context, ui: impl FnMut(&mut Ui)) {
    frame_with(ctx, Vec::new(), ui);
}

fn frame_with(ctx: &Context, events: Vec<Event>, ui: impl FnMut(&mut Ui)) {
    let screen_rect = Some(Rect::from_min_size(Pos2::ZERO, vec2(1600.0, 1000.0)));
    let mut output = ctx.run_ui(RawInput { screen_rect, events, ..RawInput::default() }, ui);
    // There is no GPU to bring the font's texture to.
    output.textures_delta.clear();
    black_box(ctx.tessellate(output.shapes, output.pixels_per_point));
}

fn roll_input(
    performance: &Performance,
    revision: u64,
    playhead_secs: f64,
    is_playing: bool,
) -> RollInput<'_> {
    RollInput {
        performance,
        take_id: 1,
        revision,
        playhead_secs,
        is_playing,
        is_growing: false,
        selection: None,
        locks: &[],
        sections: &[],
        loop_secs: None,
        colour: Color32::LIGHT_RED,
        name: "Chopin 7",
        empty: RollEmpty::default(),
    }
}

fn bench_roll(c: &mut Criterion) {
    let mut group = c.benchmark_group("roll");
    group.measurement_time(Duration::from_secs(4)).sample_size(40);
    for count in [5_000, 20_000] {
        let take = performance(count);
        for (name, fits) in [("playing", false), ("playing, whole take in sight", true)] {
            let (ctx, mut roll, mut at) = (context(), PianoRoll::default(), 10.0);
            let mut draw = |ui: &mut Ui| {
                at += 1.0 / 60.0;
                roll.ui(ui, &roll_input(&take, 0, at, true), &mut Vec::new());
            };
            frame(&ctx, &mut draw);
            if fits {
                roll.fit();
            }
            let mut draw = |ui: &mut Ui| {
                at += 1.0 / 60.0;
                roll.ui(ui, &roll_input(&take, 0, at, true), &mut Vec::new());
            };
            group.bench_function(format!("{count} notes, {name}"), |b| b.iter(|| frame(&ctx, &mut draw)));
        }
        // Every frame another colour of the composer: nothing painted can be kept, as while zooming.
        let (ctx, mut roll, mut turn) = (context(), PianoRoll::default(), 0_u8);
        let mut draw = |ui: &mut Ui| {
            turn = turn.wrapping_add(1);
            let colour = Color32::from_rgb(200, turn, 90);
            let input = RollInput { colour, ..roll_input(&take, 0, 10.0, false) };
            if turn == 2 {
                roll.fit();
            }
            roll.ui(ui, &input, &mut Vec::new());
        };
        frame(&ctx, &mut draw);
        group.bench_function(format!("{count} notes, whole take painted anew"), |b| {
            b.iter(|| frame(&ctx, &mut draw))
        });
        // Every frame another revision: index and overview made anew, as while notes arrive.
        let (ctx, mut roll, mut revision) = (context(), PianoRoll::default(), 0);
        let mut draw = |ui: &mut Ui| {
            revision += 1;
            roll.ui(ui, &roll_input(&take, revision, 10.0, false), &mut Vec::new());
        };
        group.bench_function(format!("{count} notes, arriving"), |b| b.iter(|| frame(&ctx, &mut draw)));
    }
    group.finish();
    let take = performance(20_000);
    c.bench_function("roll/index of 20000 notes", |b| b.iter(|| NoteIndex::new(black_box(&take))));
}

fn bench_latent(c: &mut Criterion) {
    let mut group = c.benchmark_group("latent map");
    group.measurement_time(Duration::from_secs(4)).sample_size(40);
    let names = [
        "Bach",
        "Haydn",
        "Mozart",
        "Beethoven",
        "Schubert",
        "Chopin",
        "Liszt",
        "Brahms",
        "Debussy",
        "Scriabin",
    ];
    let composers = ComposerSet::new(names.map(str::to_owned));
    for count in [10_000, 20_000] {
        bench_map(&mut group, count, &composers);
    }
    group.finish();
}

fn bench_map(group: &mut BenchmarkGroup<'_, WallTime>, count: usize, composers: &ComposerSet) {
    let place = |i: usize, turn: f32| ((i as f32 * 0.618 * turn).fract() - 0.5) * 8.0;
    let z: Vec<Vec<f32>> =
        (0..count).map(|i| vec![place(i, 1.0), place(i, 2.7), place(i, 7.1) * 0.1]).collect();
    let labels = (0..z.len()).map(|i| Some(ComposerId((i % 10) as u8))).collect();
    let titles = (0..z.len()).map(|i| format!("Sonata {i}")).collect();
    let means: Vec<Vec<f32>> = (0..10).map(|i| vec![i as f32 - 5.0, 0.0, 0.0]).collect();
    let Some(map) = LatentMap::new(z, labels, titles, &means, &[]).map(Arc::new) else {
        return;
    };
    for is_compact in [true, false] {
        let (ctx, mut plot) = (context(), LatentPlot::default());
        let mut draw = |ui: &mut Ui| {
            let input = LatentInput {
                map: Some(&map),
                composers,
                takes: &[],
                path: None,
                mix: None,
                has_planes: false,
                selected: Some(ComposerId(5)),
                can_hear: false,
                is_hearing: false,
                disabled_because: None,
            };
            if is_compact {
                plot.compact_ui(ui, &input, &mut Vec::new())
            } else {
                plot.full_ui(ui, &input, &mut Vec::new())
            }
        };
        (0..4).for_each(|_| frame(&ctx, &mut draw));
        let name = if is_compact { "small" } else { "whole tab" };
        group.bench_function(format!("{count} points, {name}"), |b| b.iter(|| frame(&ctx, &mut draw)));
        // The pointer is somewhere else in every frame; zoomed, all points are printed anew.
        let mut turn = 0;
        let mut over = move || {
            turn += 1;
            Event::PointerMoved(Pos2::new(500.0 + (turn * 37 % 300) as f32, 300.0 + (turn * 53 % 200) as f32))
        };
        group.bench_function(format!("{count} points, {name}, hovering"), |b| {
            b.iter(|| frame_with(&ctx, vec![over()], &mut draw));
        });
        let mut is_in = false;
        group.bench_function(format!("{count} points, {name}, zooming"), |b| {
            b.iter(|| {
                is_in = !is_in;
                frame_with(&ctx, vec![over(), Event::Zoom(if is_in { 1.02 } else { 1.0 / 1.02 })], &mut draw);
            });
        });
    }
}

criterion_group!(benches, bench_roll, bench_latent);
criterion_main!(benches);
