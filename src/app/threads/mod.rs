//! Handles of background work.

pub mod diagnostics;
pub mod dialogs;
pub mod feed;
pub mod preview;
pub mod run_watcher;
pub mod sound;
pub mod training;
pub mod workers;
