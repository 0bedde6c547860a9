//! A selector that listens to the decoder while it trains: what is written must be heard as the composer asked for.
//!
//! The judge takes no part, so that it can still measure.

use tch::{Kind, Reduction, Tensor};

use super::TrainError;
use crate::classify::{Classifier, SoftNotes};
use crate::model::{Batch, Conditioning, ElboTerms};
use crate::music::ComposerSet;

/// A frozen selector.
pub(super) struct Listener {
    selector: Classifier,
}

impl Listener {
    /// # Errors
    /// [`TrainError::Checkpoint`] for a file that cannot be read, [`TrainError::CannotStartFrom`] for a judge or for other
    /// composers.
    pub fn read(
        path: &std::path::Path,
        composers: &ComposerSet,
        device: tch::Device,
    ) -> Result<Listener, TrainError> {
        let mut selector = Classifier::read(path, device)?;
        let wrong =
            |what: &str| Err(TrainError::CannotStartFrom { what: what.to_owned(), path: path.to_owned() });
        if selector.header.kind != crate::classify::ClassifierKind::Selector {
            return wrong("a judge only measures; name a selector");
        }
        if selector.composers() != composers {
            return wrong("the selector's composers are not those of this corpus");
        }
        selector.vs.freeze();
        Ok(Listener { selector })
    }

    /// Mean cross-entropy in nats per segment between the composer asked for and the one heard, over the segments whose
    /// label the decoder knows; 0 if there are none.
    pub fn loss(&self, terms: &ElboTerms, batch: &Batch, given: &Conditioning) -> Tensor {
        // An end token has a pitch only.
        let present = batch.targets.select(2, 1).ge(0); // [B, T]
        let logits = self.selector.hear_soft(&SoftNotes::new(&terms.logits, &present));
        let none = || Tensor::zeros([], (Kind::Float, batch.secs.device()));
        let Some(logits) = logits else { return none() };
        let is_known = given.label.lt(self.selector.composers().len() as i64); // [B]
        let own = given.label.clamp_max(self.selector.composers().len() as i64 - 1); // [B]
        let nats = logits.cross_entropy_loss(&own, None::<Tensor>, Reduction::None, -100, 0.0); // [B]
        let known = is_known.to_kind(Kind::Float);
        (nats * &known).sum(Kind::Float) / known.sum(Kind::Float).clamp_min(1.0)
    }
}
