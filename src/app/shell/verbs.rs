//! Makes takes from takes: vary, continue, in the manner of, blend.
//!
//! The source is always read from disk, even if it is on the stage, so that the result can be reproduced note for
//! note.

use std::sync::Arc;

use super::app::PasticheApp;
use super::compose::NewTake;
use crate::app::state::order::Order;
use crate::app::threads::workers::Done;
use crate::generate::{DEFAULT_RECALL, Form, Request, Source, Verb, VerbRequest};
use crate::music::Performance;
use crate::sampling::fresh_seed;
use crate::takes::{ComposeSettings, How, Made, Part, TakeStoreError};

impl PasticheApp {
    /// Makes new takes with the panel's sampling settings and one seed for all: the notes that one step of a blend
    /// changes, the next changes too.
    pub(super) fn make(&mut self, all: Vec<Made>) {
        let (seed, form) = (fresh_seed(), &self.state.settings.form.settings);
        let settings = |how: &How| ComposeSettings {
            seed,
            // With given chords or rhythm there is nothing to select by.
            best_of: match how {
                How::Continue { .. } => form.best_of,
                How::Vary { .. } | How::Restyle { .. } | How::Blend { .. } => 1,
            },
            qualities: match how {
                How::Vary { .. } => form.qualities.clone(),
                How::Continue { .. } | How::Restyle { .. } | How::Blend { .. } => Vec::new(),
            },
            // The source determines the form.
            form: Form::Free,
            recall: DEFAULT_RECALL,
            z: None,
            prompt_notes: 0,
            mix: Vec::new(),
            ..form.clone()
        };
        let orders = all.into_iter().enumerate().map(|(i, made)| Order {
            settings: settings(&made.how),
            made,
            is_quiet: i > 0,
            is_answer: false,
        });
        let orders = orders.collect();
        self.order(orders);
    }

    /// Queues the takes to make.
    pub(super) fn order(&mut self, orders: Vec<Order>) {
        if self.may_compose() {
            self.state.orders = orders.into();
            self.read_sources();
        }
    }

    /// Starts the next take in the queue, if there is one.
    pub(super) fn next_order(&mut self) {
        self.state.orders.pop_front();
        self.read_sources();
    }

    fn read_sources(&mut self) {
        let Some(order) = self.state.orders.front().cloned() else {
            return;
        };
        let store = self.store.clone();
        self.workers.read(move || {
            let parts = order.made.parts();
            let music = parts.map(|part| store.load(&part.id)).collect();
            Done::SourcesRead { order: Box::new(order), music }
        });
    }

    pub(super) fn sources_read(&mut self, order: Order, music: Result<Vec<Performance>, TakeStoreError>) {
        // It was stopped in the meantime.
        if self.state.orders.front() != Some(&order) {
            return;
        }
        let begun = match music {
            Ok(music) => self.begin_order(order, music),
            Err(error) => {
                self.toasts.error("The source take cannot be read", &error);
                false
            }
        };
        if !begun {
            self.state.orders.clear();
        }
    }

    pub(super) fn begin_order(&mut self, order: Order, music: Vec<Performance>) -> bool {
        let Order { made, mut settings, is_quiet, is_answer } = order;
        let mut sources = made.parts().zip(music).map(|(part, music)| self.source(part, music));
        let (Some(source), with) = (sources.next(), sources.next()) else {
            return false;
        };
        drop(sources);
        let verb = match self.verb(&made.how, with) {
            Ok(verb) => verb,
            Err(unknown) => {
                let text =
                    format!("This checkpoint does not know {unknown}; choose another checkpoint at the top.");
                self.toasts.warn(text);
                return false;
            }
        };
        let play_from_note = if is_answer { source.music.notes().len() } else { 0 };
        if let How::Continue { notes, .. } = made.how {
            settings.notes = notes;
        }
        let request = VerbRequest {
            source,
            verb,
            seed: settings.seed,
            sampling: settings.sampling,
            // Of an answer, the first notes are wanted at once.
            best_of: if is_answer { 1 } else { self.state.model.best_of(&settings) },
            qualities: self.state.model.qualities(&settings),
        };
        let label = request.label();
        settings.composer = label.and_then(|id| Some(self.state.model.composers()?.get(id)?.name.clone()));
        self.start_take(NewTake {
            name: made.name(),
            asked_notes: request.expected_notes(),
            request: Request::Verb(request),
            made: Some(made),
            settings,
            is_quiet,
            play_from_note,
        })
    }

    fn source(&self, part: &Part, music: Performance) -> Source {
        let entry = self.state.takes.get(&part.id);
        let name = entry.and_then(|e| e.record.composer.as_deref());
        Source {
            music: Arc::new(music),
            composer: name.and_then(|name| Some(self.state.model.composer(name)?.0)),
        }
    }

    /// Resolves composer names against the loaded checkpoint; the error is the unknown name.
    fn verb(&self, how: &How, with: Option<Source>) -> Result<Verb, String> {
        let known = |name: &String| {
            let found = self.state.model.composer(name);
            found.map(|(id, _)| id).ok_or_else(|| name.clone())
        };
        Ok(match (how, with) {
            (How::Vary { amount }, _) => Verb::Vary { amount: *amount },
            (How::Continue { notes, to }, _) => {
                Verb::Continue { notes: *notes, composer: to.as_ref().map(known).transpose()? }
            }
            (How::Restyle { to }, _) => Verb::Restyle { to: known(to)? },
            (How::Blend { step, steps, .. }, Some(with)) => Verb::Blend { with, step: *step, steps: *steps },
            (How::Blend { with, .. }, None) => return Err(with.name.clone()),
        })
    }
}
