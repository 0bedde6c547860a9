//! Why something cannot be done now, in words for a tooltip, and what closing would lose.

use std::borrow::Cow;

use super::app_state::AppState;

impl AppState {
    /// Why the take on the stage cannot be changed now, in words for a tooltip.
    pub fn cannot_edit(&self) -> Option<&'static str> {
        match () {
            () if self.staged_take().is_none() => Some("There is no finished take to change."),
            () if self.recomposing.is_some() => Some("A region is being composed; stop it first."),
            () if self.alternatives.is_some() => Some("Take or leave the alternatives first."),
            () => None,
        }
    }

    /// Why nothing can be composed now, in words for a tooltip.
    pub fn cannot_compose(&self) -> Option<&'static str> {
        self.model.cannot_compose()
    }

    /// Why the compose panel's settings cannot be composed now, in words for a tooltip.
    pub fn cannot_generate(&self) -> Option<Cow<'static, str>> {
        let form_problem = || self.settings.form.form_problem().map(Cow::Owned);
        self.cannot_compose().map(Cow::Borrowed).or_else(form_problem)
    }

    /// Why no other take can be started now.
    pub fn is_busy(&self) -> Option<&'static str> {
        let is_busy = self.composing.is_some() || !self.orders.is_empty() || self.recomposing.is_some();
        is_busy.then_some("A take is being composed; stop it first.")
    }

    /// What would be lost by closing now.
    pub fn would_lose(&self) -> Option<String> {
        if self.training_loss.is_some() {
            return self.training_loss.clone();
        }
        let text = match () {
            () if self.export.is_some() => "A file is still being written. Closing now cancels it.",
            () if self.is_busy().is_some() => {
                "A take is still being composed. Closing now stops it and keeps the notes so far."
            }
            () => return None,
        };
        Some(text.to_owned())
    }
}
