//! The files of a run: its configuration, its log, and its checkpoints.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::{StepMetrics, TrainConfig, TrainError, ValidMetrics};
use crate::files;
use crate::tokens::Field;

/// A folder with `config.toml`, `log.csv`, `best.safetensors` (for use) and `last.safetensors` (to resume).
#[derive(Clone, Debug)]
pub struct RunDir {
    path: PathBuf,
}

impl RunDir {
    /// Creates the folder for a new run, or opens that of an earlier run to resume it.
    ///
    /// # Errors
    /// If a new run would overwrite an old one, or the run to resume does not exist or has another network.
    pub fn open(path: &Path, config: &TrainConfig, resume: bool) -> Result<RunDir, TrainError> {
        let wrong = |what: String| TrainError::RunDir { what, path: path.to_owned() };
        let run = RunDir { path: path.to_owned() };
        if resume {
            let text = std::fs::read_to_string(run.config_path())
                .map_err(|e| wrong(format!("no config.toml to resume: {e}")))?;
            let old: TrainConfig =
                toml::from_str(&text).map_err(|e| wrong(format!("config.toml: {}", e.message())))?;
            if old.model != config.model {
                return Err(wrong(format!(
                    "it trains another network: {}",
                    old.model.differences(&config.model)
                )));
            }
        } else if run.last().exists() || run.best().exists() {
            return Err(wrong("it holds a run already; resume it or choose another folder".to_owned()));
        }
        std::fs::create_dir_all(path)
            .map_err(|source| TrainError::Write { source, path: path.to_owned() })?;
        let text = toml::to_string(config).map_err(|e| wrong(e.to_string()))?;
        run.write(&run.config_path(), text.as_bytes())?;
        Ok(run)
    }

    /// The configuration of the run in `path`.
    ///
    /// # Errors
    /// If there is none, or it cannot be read.
    pub fn config(path: &Path) -> Result<TrainConfig, TrainError> {
        let wrong = |what: String| TrainError::RunDir { what, path: path.to_owned() };
        let text = std::fs::read_to_string(path.join("config.toml"))
            .map_err(|e| wrong(format!("no config.toml: {e}")))?;
        toml::from_str(&text).map_err(|e| wrong(format!("config.toml: {}", e.message())))
    }

    /// Has the run in `path` saved a state to resume from?
    pub fn has_state(path: &Path) -> bool {
        path.join("last.safetensors").exists()
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> Result<(), TrainError> {
        files::write_whole(path, bytes).map_err(|source| TrainError::Write { source, path: path.to_owned() })
    }

    fn config_path(&self) -> PathBuf {
        self.path.join("config.toml")
    }

    /// The checkpoint with the best validation so far.
    pub fn best(&self) -> PathBuf {
        self.path.join("best.safetensors")
    }

    /// The latest state, including the optimiser's, to resume from.
    pub fn last(&self) -> PathBuf {
        self.path.join("last.safetensors")
    }

    /// Appends a row to the log.
    pub fn log_step(&self, m: &StepMetrics) -> Result<(), TrainError> {
        let fields = m.nll_fields.map(|n| format!("{n:.4}")).join(",");
        self.append(
            "log.csv",
            &format!(
                "step,notes,loss,nll,{},kl_nats,kl_weight,label_loss,learning_rate,grad_norm,notes_per_sec,elapsed_secs",
                Field::ALL.map(Field::name).join(",")
            ),
            &format!(
                "{},{},{:.4},{:.4},{fields},{:.3},{:.4},{:.4},{:.6},{:.3},{:.0},{:.1}",
                m.step, m.notes_seen, m.loss, m.nll, m.kl_nats, m.kl_weight, m.label_loss, m.learning_rate, m.grad_norm, m.notes_per_sec, m.elapsed_secs
            ),
        )
    }

    pub fn log_validation(&self, m: &ValidMetrics) -> Result<(), TrainError> {
        let fields = m.nll_fields.map(|n| format!("{n:.4}")).join(",");
        self.append(
            "validation.csv",
            &format!(
                "step,nll,{},shuffled_z_gap,wrong_label_gap,kl_nats,active_dims,nearest_component",
                Field::ALL.map(Field::name).join(",")
            ),
            &format!(
                "{},{:.4},{fields},{:.4},{:.4},{:.2},{},{:.3}",
                m.step,
                m.nll,
                m.shuffled_z_gap,
                m.wrong_label_gap,
                m.kl_nats,
                m.active_dims,
                m.nearest_component
            ),
        )
    }

    fn append(&self, name: &str, header: &str, row: &str) -> Result<(), TrainError> {
        let path = self.path.join(name);
        let is_new = !path.exists();
        let line = if is_new { format!("{header}\n{row}\n") } else { format!("{row}\n") };
        OpenOptions::new()
            .create(true)
            .append(true)
            .open(&path)
            .and_then(|mut f| f.write_all(line.as_bytes()))
            .map_err(|source| TrainError::Write { source, path })
    }
}
