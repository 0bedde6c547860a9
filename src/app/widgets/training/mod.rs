//! The training tab: form, curves, takes to hear, and the models of a run.

mod added;
mod advanced;
mod buttons;
mod crosshair;
mod curves;
mod export;
mod form;
mod found;
mod hear;
pub mod history;
pub mod input;
mod marks;
pub mod panel;
mod plots;
mod prepared;
mod rare;
mod results;
mod run_log;
mod run_view;
mod tools;

pub use added::AddedComposer;
pub use curves::{CurveOptions, curves_ui};
pub use form::TrainForm;
pub use plots::PlotGroup;
pub use prepared::PreparedCurves;
pub use results::{fields_ui, figures_ui, models_ui};
pub use run_log::RunLog;
pub use run_view::{RunView, SavedModel};
