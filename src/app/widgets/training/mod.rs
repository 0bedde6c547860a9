//! The training tab: form, curves, results and the log of the run.

mod curves;
mod form;
pub mod history;
pub mod input;
pub mod panel;
mod results;
mod run_log;

pub use curves::{CurveOptions, curves_ui};
pub use form::TrainForm;
pub use results::{checkpoints_ui, fields_ui, figures_ui};
pub use run_log::{RunLog, SavedCheckpoint};
