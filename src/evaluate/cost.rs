//! The speed and memory of composing on this machine.

use std::time::Instant;

use serde::{Deserialize, Serialize};

use super::EvaluateError;
use crate::generate::{GenerateRequest, Generator};
use crate::music::ComposerId;
use crate::progress::StopFlag;
use crate::sampling::SamplingSettings;

/// Times of single takes, and of the evaluation's batches.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Cost {
    /// Device and number of threads.
    pub device: String,
    pub parameters: usize,
    /// A take with the default guidance.
    pub ms_per_note: f64,
    pub notes_per_sec: f64,
    /// A take without guidance.
    pub unguided_notes_per_sec: f64,
    /// Time from the request to the first note.
    pub first_note_ms: f64,
    /// All takes of a batch together.
    pub batch_notes_per_sec: f64,
    /// Peak memory of this process, if the system reports it.
    pub peak_memory_mb: Option<f64>,
}

struct Timed {
    first_note_secs: f64,
    secs: f64,
    notes: usize,
}

fn time_take(
    generator: &Generator,
    request: &GenerateRequest,
    stop: &StopFlag,
) -> Result<Timed, EvaluateError> {
    let begun = Instant::now();
    let mut first = None;
    let take = generator.generate(request, stop, &mut |_| {
        first.get_or_insert(begun.elapsed());
    })?;
    let secs = begun.elapsed().as_secs_f64();
    Ok(Timed { first_note_secs: first.map_or(secs, |f| f.as_secs_f64()), secs, notes: take.tokens.len() })
}

/// Times two takes of `notes` notes.
pub fn measure(
    generator: &Generator,
    notes: usize,
    seed: u64,
    sampling: SamplingSettings,
    stop: &StopFlag,
) -> Result<Cost, EvaluateError> {
    let request = GenerateRequest { notes, sampling, ..GenerateRequest::new(Some(ComposerId(0)), seed) };
    // A warm-up: the first take of a process is slower.
    time_take(generator, &GenerateRequest { notes: 8, ..request.clone() }, stop)?;
    let guided = time_take(generator, &request, stop)?;
    let plain = SamplingSettings { guidance: 1.0, ..sampling };
    let unguided = time_take(generator, &GenerateRequest { sampling: plain, ..request }, stop)?;
    let info = generator.info();
    let rate = |t: &Timed| t.notes as f64 / t.secs.max(1e-9);
    Ok(Cost {
        device: format!("{}, {} threads", info.device, tch::get_num_threads()),
        parameters: info.parameters,
        ms_per_note: 1e3 / rate(&guided).max(1e-9),
        notes_per_sec: rate(&guided),
        unguided_notes_per_sec: rate(&unguided),
        first_note_ms: guided.first_note_secs * 1e3,
        batch_notes_per_sec: 0.0,
        peak_memory_mb: None,
    })
}

/// Peak memory of this process so far, in MB; only on Linux.
pub fn peak_memory_mb() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|l| l.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse::<f64>().ok().map(|kb| kb / 1e3)
}
