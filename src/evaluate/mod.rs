//! Evaluation of a model: style, use of the latent, likeness to real music, copying, memory and form, and cost.
//! `pastiche evaluate` prints the report; see `docs/experiments.md` for results.

mod adherence;
mod compare;
mod copying;
mod cost;
mod frechet;
mod gate_table;
mod gates;
mod latent;
mod likeness;
mod material;
pub mod memory;
mod options;
mod qualities;
mod rare;
mod report;
mod report_file;
mod run;
mod seam;
mod similarity;
mod stats;
mod take_check;

pub use adherence::{Adherence, Measured, Outcome};
pub use compare::{Comparison, Figures, Variant, variant_name};
pub use copying::{Copied, LENGTHS, Sequences};
pub use cost::Cost;
pub use frechet::frechet_distance;
pub use gate_table::{Bound, Gate, GateTable};
pub use latent::{LabelSwap, LatentReport};
pub use memory::{MemoryReport, measure_memory};
pub use options::EvaluateOptions;
pub use qualities::{QualityOptions, measure_qualities};
pub use rare::{RareHeard, RareRow, measure_rare};
pub use report::{AdherenceRow, LikenessReport, Report};
pub use report_file::ReportError;
pub use run::evaluate;
pub use seam::{SeamReport, SeamRow, measure_seam};
pub use similarity::{Likeness, OutOfRange, RelativeCosine};
pub use stats::silhouette;
pub use take_check::Heard;

use crate::generate::GenerateError;

/// Why an evaluation failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EvaluateError {
    #[error("the {what} knows {found}, the model {expected}; use files that were made from one corpus")]
    Composers { what: &'static str, found: String, expected: String },
    #[error("the file given as {expected} holds a {found}")]
    WrongClassifier { expected: &'static str, found: &'static str },
    #[error("the {0} split of this corpus has no labelled pieces; prepare it again with more music")]
    EmptySplit(&'static str),
    #[error(
        "takes and notes must be at least 2 and 32, best-of and long takes at least 1, long notes at least 256"
    )]
    Options,
    #[error("stopped before the measurement was done; nothing was written")]
    Stopped,
    #[error(transparent)]
    Generate(#[from] GenerateError),
}
