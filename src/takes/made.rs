//! What a take was made from; with its settings, enough to make it again.

use serde::{Deserialize, Serialize};

use super::TakeId;
use crate::music::surname;

/// Made from another take.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Made {
    pub source: Part,
    #[serde(flatten)]
    pub how: How,
}

/// A source take, and its name at the time, which stays after it is deleted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    pub id: TakeId,
    pub name: String,
}

/// The verb. Composers are stored by full name, so that they do not depend on the checkpoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "verb", rename_all = "lowercase")]
pub enum How {
    Vary {
        amount: f32,
    },
    Continue {
        notes: usize,
        #[serde(default)]
        to: Option<String>,
    },
    Restyle {
        to: String,
    },
    /// Step 0 of `steps` would be the source itself, the last one the other take.
    Blend {
        with: Part,
        step: usize,
        steps: usize,
    },
}

impl Made {
    /// The takes it was made from.
    pub fn parts(&self) -> impl Iterator<Item = &Part> {
        let with = match &self.how {
            How::Blend { with, .. } => Some(with),
            How::Vary { .. } | How::Continue { .. } | How::Restyle { .. } => None,
        };
        std::iter::once(&self.source).chain(with)
    }

    /// A name for the take.
    pub fn name(&self) -> String {
        let source = &self.source.name;
        match &self.how {
            How::Vary { amount } => format!("{source}, varied {:.0} %", amount * 100.0),
            How::Continue { to: None, .. } => format!("{source}, continued"),
            How::Continue { to: Some(to), .. } => format!("{source}, continued as {}", surname(to)),
            How::Restyle { to } => format!("{source} as {}", surname(to)),
            How::Blend { with, step, steps } => {
                format!("{} of {steps}: {source} → {}", step + 1, with.name)
            }
        }
    }

    /// A description for the recipe.
    pub fn words(&self) -> String {
        let source = &self.source.name;
        match &self.how {
            How::Vary { amount } => format!("a variation of {source}, amount {amount}"),
            How::Continue { notes, .. } => format!("{source} and {notes} notes more"),
            How::Restyle { to } => format!("{source} in the manner of {to}"),
            How::Blend { with, step, steps } => {
                format!("between {source} and {}, step {} of {steps}", with.name, step + 1)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read() {
        let text = r#"{"source":{"id":"5-bach-7","name":"Bach 7"},"verb":"blend",
            "with":{"id":"6-x","name":"X"},"step":1,"steps":5}"#;
        let made: Made = serde_json::from_str(text).unwrap();
        assert_eq!(made.name(), "2 of 5: Bach 7 → X");
        assert_eq!(made.parts().count(), 2);
        let again = serde_json::to_value(&made).unwrap();
        assert_eq!(serde_json::from_value::<Made>(again).unwrap(), made);
        let vary = Made { how: How::Vary { amount: 0.3 }, ..made };
        let again = serde_json::to_value(&vary).unwrap();
        assert_eq!(serde_json::from_value::<Made>(again).unwrap(), vary);
        assert_eq!(vary.name(), "Bach 7, varied 30 %");
    }
}
