//! The metrics of a run, and their columns in its log.

use serde::{Deserialize, Serialize};

/// Means over the steps since the last report.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StepMetrics {
    pub step: u64,
    pub notes_seen: u64,
    /// The training loss, nats per note.
    pub loss: f64,
    /// Reconstruction, nats per note, all fields.
    pub nll: f64,
    /// In the order of [`crate::tokens::Field::ALL`].
    pub nll_fields: [f64; 5],
    /// KL to the own component, nats per segment.
    pub kl_nats: f64,
    pub kl_weight: f64,
    pub label_loss: f64,
    pub learning_rate: f64,
    pub grad_norm: f64,
    pub notes_per_sec: f64,
    pub elapsed_secs: f64,
    pub eta_secs: Option<f64>,
    /// Memory of the process, MB (10⁶ bytes); 0 where it is not known.
    pub memory_mb: f64,
}

/// Measured on fixed windows of the validation split.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ValidMetrics {
    pub step: u64,
    pub nll: f64,
    pub nll_fields: [f64; 5],
    /// NLL with another segment's z minus NLL with its own, nats per note.
    pub shuffled_z_gap: f64,
    /// NLL with another composer's label minus NLL with the right one, nats per note.
    pub wrong_label_gap: f64,
    pub kl_nats: f64,
    /// Dimensions of z with more than 0.1 nats of KL.
    pub active_dims: usize,
    /// Share of segments whose posterior mean is most likely under its own composer's component.
    pub nearest_component: f64,
}

/// A column of a log: one number of each row. NaN stands for an empty cell.
pub struct Column<T> {
    pub name: &'static str,
    /// Digits behind the point in the log.
    pub decimals: usize,
    pub get: fn(&T) -> f64,
    pub set: fn(&mut T, f64),
}

/// A row of a log.
pub trait Row: Default + 'static {
    /// The first column is the step.
    const COLUMNS: &'static [Column<Self>];
}

macro_rules! column {
    ($name:literal, $decimals:literal, $($place:tt)+) => {
        Column {
            name: $name,
            decimals: $decimals,
            get: |row| row.$($place)+ as f64,
            set: |row, value| row.$($place)+ = value as _,
        }
    };
}

impl Row for StepMetrics {
    const COLUMNS: &'static [Column<StepMetrics>] = &[
        column!("step", 0, step),
        column!("notes", 0, notes_seen),
        column!("loss", 4, loss),
        column!("nll", 4, nll),
        column!("pitch", 4, nll_fields[0]),
        column!("velocity", 4, nll_fields[1]),
        column!("duration", 4, nll_fields[2]),
        column!("pedal", 4, nll_fields[3]),
        column!("gap", 4, nll_fields[4]),
        column!("kl_nats", 3, kl_nats),
        column!("kl_weight", 4, kl_weight),
        column!("label_loss", 4, label_loss),
        column!("learning_rate", 6, learning_rate),
        column!("grad_norm", 3, grad_norm),
        column!("notes_per_sec", 0, notes_per_sec),
        column!("elapsed_secs", 1, elapsed_secs),
        Column {
            name: "eta_secs",
            decimals: 0,
            get: |row| row.eta_secs.unwrap_or(f64::NAN),
            set: |row, value| row.eta_secs = value.is_finite().then_some(value),
        },
        column!("memory_mb", 0, memory_mb),
    ];
}

impl Row for ValidMetrics {
    const COLUMNS: &'static [Column<ValidMetrics>] = &[
        column!("step", 0, step),
        column!("nll", 4, nll),
        column!("pitch", 4, nll_fields[0]),
        column!("velocity", 4, nll_fields[1]),
        column!("duration", 4, nll_fields[2]),
        column!("pedal", 4, nll_fields[3]),
        column!("gap", 4, nll_fields[4]),
        column!("shuffled_z_gap", 4, shuffled_z_gap),
        column!("wrong_label_gap", 4, wrong_label_gap),
        column!("kl_nats", 2, kl_nats),
        column!("active_dims", 0, active_dims),
        column!("nearest_component", 3, nearest_component),
    ];
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tokens::Field;

    #[test]
    fn the_columns_of_the_fields_have_their_names_and_order() {
        let mut row = StepMetrics::default();
        for (i, field) in Field::ALL.iter().enumerate() {
            let column = StepMetrics::COLUMNS.iter().find(|c| c.name == field.name()).unwrap();
            (column.set)(&mut row, 1.5 + i as f64);
        }
        assert_eq!(row.nll_fields, [1.5, 2.5, 3.5, 4.5, 5.5]);
        assert!(ValidMetrics::COLUMNS.iter().skip(2).zip(Field::ALL).all(|(c, f)| c.name == f.name()));
    }
}
