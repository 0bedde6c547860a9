//! Validation: reconstruction of fixed windows, and the contributions of z and label.

use tch::{Kind, Tensor, no_grad};

use super::ValidMetrics;
use crate::data::{Window, stack};
use crate::model::{Conditioning, Vae};
use crate::progress::StopFlag;

const BATCH: usize = 16;

/// Runs `windows` (all labelled) through the model at the posterior mean; `None` if it was abandoned.
pub fn validate(vae: &Vae, windows: &[Window], step: u64, stop: &StopFlag) -> Option<ValidMetrics> {
    no_grad(|| {
        let mut sums = Sums::default();
        for part in windows.chunks(BATCH) {
            if stop.is_abandoned() {
                return None;
            }
            sums.add(vae, part);
        }
        Some(sums.finish(step))
    })
}

#[derive(Default)]
struct Sums {
    windows: f64,
    nll_fields: [f64; 5],
    shuffled: f64,
    wrong: f64,
    kl_dims: Option<Tensor>,
    nearest: f64,
}

impl Sums {
    fn add(&mut self, vae: &Vae, windows: &[Window]) {
        let batch = stack(windows, &[], &vae.config, vae.device(), || false);
        let n = windows.len() as f64;
        let q = vae.encode(&batch);
        let given = |label: &Tensor| Conditioning {
            has_z: Tensor::ones_like(label).to_kind(Kind::Float),
            label: label.shallow_clone(),
            sight: vae.config.context_len as i64,
            noise: q.mean.zeros_like(),
        };
        let own = vae.reconstruction(&batch, &q.mean, &given(&batch.composer)).map(|t| t.double_value(&[]));
        let total = |fields: [Tensor; 5]| fields.iter().map(|t| t.double_value(&[])).sum::<f64>();
        let shuffled =
            total(vae.reconstruction(&batch, &q.mean.roll([1i64], [0i64]), &given(&batch.composer)));
        let k = vae.config.n_composers as i64;
        let wrong_label = (&batch.composer
            + 1
            + Tensor::arange(windows.len() as i64, (Kind::Int64, vae.device())).remainder((k - 1).max(1)))
        .remainder(k);
        let wrong = total(vae.reconstruction(&batch, &q.mean, &given(&wrong_label)));
        for (sum, own) in self.nll_fields.iter_mut().zip(own) {
            *sum += own * n;
        }
        self.shuffled += shuffled * n;
        self.wrong += wrong * n;
        let kl = vae.prior.kl_to_component(&q, &batch.composer).sum_dim_intlist(
            [0i64].as_slice(),
            false,
            Kind::Float,
        );
        self.kl_dims = Some(match self.kl_dims.take() {
            None => kl,
            Some(sum) => sum + kl,
        });
        let nearest = vae.prior.log_densities(&q.mean).argmax(1, false).eq_tensor(&batch.composer);
        self.nearest += nearest.to_kind(Kind::Float).sum(Kind::Float).double_value(&[]);
        self.windows += n;
    }

    fn finish(self, step: u64) -> ValidMetrics {
        let n = self.windows.max(1.0);
        let nll_fields = self.nll_fields.map(|s| s / n);
        let nll = nll_fields.iter().sum::<f64>();
        let kl = self.kl_dims.map(|k| k / n);
        ValidMetrics {
            step,
            nll,
            nll_fields,
            shuffled_z_gap: self.shuffled / n - nll,
            wrong_label_gap: self.wrong / n - nll,
            kl_nats: kl.as_ref().map_or(0.0, |k| k.sum(Kind::Float).double_value(&[])),
            active_dims: kl.as_ref().map_or(0, |k| k.gt(0.1).sum(Kind::Int64).int64_value(&[]) as usize),
            nearest_component: self.nearest / n,
        }
    }
}
