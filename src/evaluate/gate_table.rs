//! Gates: figures with a limit and a stretch goal.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A lower or upper bound of a figure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Bound {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most: Option<f64>,
}

impl Bound {
    pub fn at_least(value: f64) -> Bound {
        Bound { at_least: Some(value), at_most: None }
    }

    pub fn at_most(value: f64) -> Bound {
        Bound { at_least: None, at_most: Some(value) }
    }

    pub fn within(least: f64, most: f64) -> Bound {
        Bound { at_least: Some(least), at_most: Some(most) }
    }

    /// Is the bound met? Never for NaN.
    pub fn is_met(&self, value: f64) -> bool {
        !value.is_nan() && self.at_least.is_none_or(|b| value >= b) && self.at_most.is_none_or(|b| value <= b)
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let short = |value: f64| match value.abs() {
            a if a >= 100.0 => format!("{value:.0}"),
            a if a.fract() == 0.0 => format!("{value:.0}"),
            _ => format!("{value:.3}"),
        };
        match (self.at_least, self.at_most) {
            (Some(least), Some(most)) => write!(f, "{}–{}", short(least), short(most)),
            (Some(least), None) => write!(f, "≥ {}", short(least)),
            (None, Some(most)) => write!(f, "≤ {}", short(most)),
            (None, None) => f.write_str("–"),
        }
    }
}

/// A figure with its limit (gate) and stretch goal (moonshot).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Gate {
    pub name: String,
    pub value: f64,
    /// `None` if the figure only has a moonshot.
    pub gate: Option<Bound>,
    pub moonshot: Option<Bound>,
}

impl Gate {
    /// Whether the gate is met, if there is one.
    pub fn meets_gate(&self) -> Option<bool> {
        self.gate.map(|bound| bound.is_met(self.value))
    }

    /// Whether the moonshot is met, if there is one.
    pub fn meets_moonshot(&self) -> Option<bool> {
        self.moonshot.map(|bound| bound.is_met(self.value))
    }
}

/// Gates as lines of a table, each bound with its mark.
pub struct GateTable<'a>(pub &'a [Gate]);

impl fmt::Display for GateTable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<58} {:>7}   {:<15} moonshot", "Gates", "value", "gate")?;
        let cell = |bound: Option<Bound>, is_met: Option<bool>| match (bound, is_met) {
            (Some(bound), Some(true)) => format!("✓ {bound}"),
            (Some(bound), _) => format!("✗ {bound}"),
            (None, _) => "–".to_owned(),
        };
        for g in self.0 {
            let (gate, moonshot) = (cell(g.gate, g.meets_gate()), cell(g.moonshot, g.meets_moonshot()));
            writeln!(f, "{:<58} {:>7.3}   {gate:<15} {moonshot}", g.name, g.value)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_has_one_side_or_two() {
        assert!(Bound::at_least(0.4).is_met(0.4) && !Bound::at_least(0.4).is_met(0.39));
        assert!(Bound::at_most(0.4).is_met(0.4) && !Bound::at_most(0.4).is_met(0.41));
        let within = Bound::within(0.08, 0.15);
        assert!(within.is_met(0.1) && !within.is_met(0.07) && !within.is_met(0.16));
        assert!(!within.is_met(f64::NAN) && !Bound::at_most(1.0).is_met(f64::NAN));
        assert_eq!(within.to_string(), "0.080–0.150");
        assert_eq!(Bound::at_least(10.0).to_string(), "≥ 10");
    }

    #[test]
    fn gate_and_moonshot_have_a_mark_each() {
        let gates = [
            Gate {
                name: "met by half".to_owned(),
                value: 0.5,
                gate: Some(Bound::at_least(0.4)),
                moonshot: Some(Bound::at_least(0.6)),
            },
            Gate { name: "no gate".to_owned(), value: 0.5, gate: None, moonshot: Some(Bound::at_most(0.65)) },
        ];
        assert_eq!((gates[0].meets_gate(), gates[0].meets_moonshot()), (Some(true), Some(false)));
        assert_eq!((gates[1].meets_gate(), gates[1].meets_moonshot()), (None, Some(true)));
        let text = GateTable(&gates).to_string();
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[1].contains("✓ ≥ 0.400") && lines[1].ends_with("✗ ≥ 0.600"), "{text}");
        assert!(lines[2].contains(" –  ") && lines[2].ends_with("✓ ≤ 0.650"), "{text}");
    }
}
