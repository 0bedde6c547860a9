//! What the training tab costs the UI thread per frame with ten runs of a million reports each: layout, input, painting
//! and tessellation, without the GPU. And what it costs to take in a report.
//!
//! `cargo bench --bench curves`

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use eframe::egui::{Context, Pos2, RawInput, Rect, Ui, vec2};
use pastiche::app::kit::theme;
use pastiche::app::widgets::training::{CurveOptions, PlotGroup, PreparedCurves, RunView, curves_ui};
use pastiche::train::{StepMetrics, ValidMetrics};

const RUNS: usize = 10;
const REPORTS: u64 = 1_000_000;

fn run(number: usize) -> RunView {
    let mut run = RunView::new(Path::new(&format!("runs/{number}")));
    for i in 1..=REPORTS {
        let noise = (i * 37 % 101) as f64 / 100.0;
        let nll = 9.0 + number as f64 / 10.0 + 3000.0 / i as f64 + noise;
        run.log.stepped(&StepMetrics {
            step: i * 10,
            loss: nll,
            nll,
            kl_nats: 20.0 + noise,
            ..StepMetrics::default()
        });
        if i.is_multiple_of(1000) {
            run.log.validated(&ValidMetrics { step: i * 10, nll, ..ValidMetrics::default() });
        }
    }
    run
}

/// One frame of a 1600 by 1000 window: everything the UI thread does before the GPU gets its triangles.
fn frame(ctx: &Context, ui: impl FnMut(&mut Ui)) {
    let screen_rect = Some(Rect::from_min_size(Pos2::ZERO, vec2(1600.0, 1000.0)));
    let mut output = ctx.run_ui(RawInput { screen_rect, ..RawInput::default() }, ui);
    // There is no GPU to bring the font's texture to.
    output.textures_delta.clear();
    black_box(ctx.tessellate(output.shapes, output.pixels_per_point));
}

fn bench(c: &mut Criterion) {
    let mut group = c.benchmark_group("ten runs of a million reports");
    group.measurement_time(Duration::from_secs(4)).sample_size(40);
    let runs: Vec<Arc<RunView>> = (0..RUNS).map(|number| Arc::new(run(number))).collect();
    for plots in PlotGroup::ALL {
        let (ctx, mut prepared) = (Context::default(), PreparedCurves::default());
        theme::install(&ctx);
        let mut options = CurveOptions { group: plots, ..CurveOptions::default() };
        let mut draw = |ui: &mut Ui| {
            curves_ui(ui, &runs, &mut options, &mut prepared, 420.0);
        };
        (0..4).for_each(|_| frame(&ctx, &mut draw));
        group.bench_function(plots.name(), |b| b.iter(|| frame(&ctx, &mut draw)));
    }
    // The first run has a new report in every frame, so that its curves are made again.
    let (ctx, mut prepared, mut options) =
        (Context::default(), PreparedCurves::default(), CurveOptions::default());
    theme::install(&ctx);
    let mut live = runs.clone();
    let mut step = REPORTS * 10;
    (0..4).for_each(|_| frame(&ctx, |ui| _ = curves_ui(ui, &live, &mut options, &mut prepared, 420.0)));
    group.bench_function("Overview, one run going on", |b| {
        b.iter_batched(
            || {
                step += 10;
                let mut first = (*runs[0]).clone();
                first.revision = step;
                Arc::new(first)
            },
            |first| {
                live[0] = first;
                frame(&ctx, |ui| _ = curves_ui(ui, &live, &mut options, &mut prepared, 420.0));
            },
            criterion::BatchSize::SmallInput,
        )
    });
    group.finish();
    let mut log = run(0);
    let mut at = REPORTS * 10;
    c.bench_function("one report taken in", |b| {
        b.iter(|| {
            at += 10;
            log.log.stepped(&StepMetrics { step: at, loss: 9.0, nll: 9.0, ..StepMetrics::default() });
        })
    });
}

criterion_group!(benches, bench);
criterion_main!(benches);
