//! The batches of a run, prepared one step ahead on their own thread, so that the device does not wait for them.

use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::Scope;

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;
use tch::Device;

use super::TrainConfig;
use super::conditioning::{self, HIDDEN_SHARE, NO_MEMORY_SHARE};
use crate::data::{Sampler, Window, stack};
use crate::model::{Batch, Conditioning};

/// Batches in the queue.
const AHEAD: usize = 2;

/// A batch and its conditions, on the device.
pub(super) struct Prepared {
    pub batch: Batch,
    pub given: Conditioning,
    /// Notes that the decoder predicts.
    pub notes: usize,
}

/// An endless sequence of batches. Each is a function of the seed and its step alone, so that a resumed run sees what
/// it would have seen without the interruption.
pub(super) struct Prefetch<'a> {
    sampler: &'a Sampler<'a>,
    config: TrainConfig,
    device: Device,
    /// The step of the next batch.
    step: u64,
}

impl<'a> Prefetch<'a> {
    pub fn new(sampler: &'a Sampler<'a>, config: &TrainConfig, device: Device, step: u64) -> Prefetch<'a> {
        Prefetch { sampler, config: config.clone(), device, step }
    }

    /// Prepares batches on a thread of `scope` until the receiver is dropped.
    pub fn start<'scope>(mut self, scope: &'scope Scope<'scope, '_>) -> Receiver<Prepared>
    where
        'a: 'scope,
    {
        let (send, receive) = sync_channel(AHEAD);
        scope.spawn(move || while send.send(self.make()).is_ok() {});
        receive
    }

    fn make(&mut self) -> Prepared {
        let Prefetch { sampler, config, device, step } = self;
        let rng = &mut Pcg64Mcg::seed_from_u64(config.seed ^ step.rotate_left(32));
        *step += 1;
        let context = config.model.context_len;
        let mut draw = |n: usize| -> Vec<Window> { (0..n).map(|_| sampler.draw(context, rng)).collect() };
        let (mut windows, heard) = (draw(config.batch_size), draw(config.heard_windows));
        for window in &mut windows {
            if rng.random_bool(NO_MEMORY_SHARE) {
                window.hints.clear();
            }
        }
        let batch = stack(&windows, &heard, &config.model, *device, || rng.random_bool(HIDDEN_SHARE));
        Prepared {
            notes: windows.iter().map(|w| w.notes.len()).sum(),
            given: conditioning::draw(&config.model, *device, &windows, heard.len(), rng),
            batch,
        }
    }
}
