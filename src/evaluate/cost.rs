//! What composing costs on this machine.

use std::time::Instant;

use serde::{Deserialize, Serialize};

use super::EvaluateError;
use crate::generate::{GenerateRequest, Generator};
use crate::music::ComposerId;
use crate::progress::StopFlag;
use crate::sampling::SamplingSettings;

/// Times of single takes, and of the batches the evaluation was made of.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Cost {
    /// Where the network ran, and with how many threads.
    pub device: String,
    pub parameters: usize,
    /// One take, the guidance that ships.
    pub ms_per_note: f64,
    pub notes_per_sec: f64,
    /// One take without guidance.
    pub unguided_notes_per_sec: f64,
    /// From the request to the first note.
    pub first_note_ms: f64,
    /// All takes of a batch together.
    pub batch_notes_per_sec: f64,
    /// The most memory this process held; `None` where the system does not say.
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
    // The first take of a process pays for memory and code that later ones have.
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

/// The most memory this process has held so far, in MB; only Linux says.
pub fn peak_memory_mb() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|l| l.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse::<f64>().ok().map(|kb| kb / 1e3)
}
