//! Muon for the hidden matrices, AdamW for everything else.
//!
//! Muon (K. Jordan et al. 2024, kellerjordan.github.io/posts/muon) moves a matrix along the nearest orthogonal matrix
//! to its momentum, found by a Newton–Schulz iteration. Both optimisers are implemented here because their state must
//! be saved in checkpoints and a step must not synchronise with the device.

use std::collections::HashMap;

use tch::nn::VarStore;
use tch::{Kind, Tensor, no_grad};

const MUON_MOMENTUM: f64 = 0.95;
const ADAM_BETAS: (f64, f64) = (0.9, 0.95);
const ADAM_EPS: f64 = 1e-8;
const WEIGHT_DECAY: f64 = 0.05;
const CLIP_NORM: f64 = 1.0;

/// Learning rates of one step.
#[derive(Clone, Copy, Debug)]
pub struct Rates {
    pub muon: f64,
    pub adam: f64,
}

/// Variables with their names.
type Members = Vec<(String, Tensor)>;

enum Moments {
    /// Matrices of the same shape, updated together: momentum `[n, rows, columns]`.
    Muon {
        members: Members,
        momentum: Tensor,
    },
    Adam {
        name: String,
        variable: Tensor,
        first: Tensor,
        second: Tensor,
    },
}

/// The optimiser of one run.
pub struct Optimizer {
    moments: Vec<Moments>,
    /// The kind for orthogonalisation; bfloat16 is precise enough.
    compute: Kind,
    steps: i64,
}

/// Is this variable a hidden matrix? Embeddings, vectors, the prior and the input and output maps are not.
fn is_hidden_matrix(name: &str, variable: &Tensor) -> bool {
    const OTHERS: [&str; 5] = ["table", "prior.", "bag.", "queries", "no_z"];
    let size = variable.size();
    let is_projection_to_values =
        name.contains("heads.") && (name.ends_with(".out") || name.ends_with(".gate"));
    size.len() == 2 && !is_projection_to_values && !OTHERS.iter().any(|o| name.contains(o))
}

impl Optimizer {
    pub fn new(vs: &VarStore, compute: Kind) -> Optimizer {
        let mut variables: Vec<(String, Tensor)> =
            vs.variables().into_iter().filter(|(_, v)| v.requires_grad()).collect();
        variables.sort_by(|a, b| a.0.cmp(&b.0));
        let mut by_shape: Vec<(Vec<i64>, Members)> = Vec::new();
        let mut moments = Vec::new();
        for (name, variable) in variables {
            if !is_hidden_matrix(&name, &variable) {
                let (first, second) = (variable.detach().zeros_like(), variable.detach().zeros_like());
                moments.push(Moments::Adam { name, variable, first, second });
                continue;
            }
            let shape = variable.size();
            match by_shape.iter_mut().find(|(s, _)| *s == shape) {
                Some((_, members)) => members.push((name, variable)),
                None => by_shape.push((shape, vec![(name, variable)])),
            }
        }
        for (shape, members) in by_shape {
            let dims = [members.len() as i64, shape[0], shape[1]];
            let momentum = Tensor::zeros(dims, (Kind::Float, vs.device()));
            moments.push(Moments::Muon { members, momentum });
        }
        Optimizer { moments, compute, steps: 0 }
    }

    fn variables(&self) -> impl Iterator<Item = &Tensor> {
        self.moments.iter().flat_map(|m| match m {
            Moments::Muon { members, .. } => members.iter().map(|(_, v)| v).collect::<Vec<_>>(),
            Moments::Adam { variable, .. } => vec![variable],
        })
    }

    /// Clips the gradients to a global norm of 1, updates every variable and clears the gradients. Returns the norm
    /// before clipping as a scalar tensor (reading it would wait for the device). A gradient that is not finite
    /// changes nothing.
    pub fn step(&mut self, rates: Rates) -> Tensor {
        no_grad(|| {
            let norms: Vec<Tensor> =
                self.variables().filter(|v| v.grad().defined()).map(|v| v.grad().norm()).collect();
            let norm = Tensor::stack(&norms, 0).norm();
            // NaN compares false, so a broken gradient is scaled by zero below.
            let scale = (norm.clamp_min(CLIP_NORM).reciprocal() * CLIP_NORM).nan_to_num(0.0, 0.0, 0.0);
            self.steps += 1;
            for m in &mut self.moments {
                m.step(&scale, rates, self.steps, self.compute);
            }
            norm
        })
    }

    /// All state by name, for a checkpoint.
    pub fn state(&self) -> HashMap<String, Tensor> {
        let mut out = HashMap::from([("optimizer.steps".to_owned(), Tensor::from(self.steps))]);
        for m in &self.moments {
            match m {
                Moments::Muon { members, momentum } => {
                    for (i, (name, _)) in members.iter().enumerate() {
                        out.insert(format!("momentum.{name}"), momentum.get(i as i64));
                    }
                }
                Moments::Adam { name, first, second, .. } => {
                    out.insert(format!("first.{name}"), first.shallow_clone());
                    out.insert(format!("second.{name}"), second.shallow_clone());
                }
            }
        }
        out
    }

    /// Restores what [`Optimizer::state`] returned.
    ///
    /// # Errors
    /// The name of the first tensor that is missing or has another shape; nothing is changed then.
    pub fn load_state(&mut self, state: &HashMap<String, Tensor>) -> Result<(), String> {
        let wanted = self.state();
        for (name, own) in &wanted {
            match state.get(name) {
                None => return Err(format!("{name} is missing")),
                Some(t) if t.size() != own.size() => return Err(format!("{name} has another shape")),
                Some(_) => {}
            }
        }
        no_grad(|| {
            for (name, own) in wanted {
                if name == "optimizer.steps" {
                    self.steps = state[&name].int64_value(&[]);
                } else {
                    let mut own = own;
                    own.copy_(&state[&name]);
                }
            }
        });
        Ok(())
    }
}

impl Moments {
    fn step(&mut self, scale: &Tensor, rates: Rates, steps: i64, compute: Kind) {
        match self {
            Moments::Muon { members, momentum } => {
                let gradients: Vec<Tensor> = members
                    .iter()
                    .map(|(_, v)| if v.grad().defined() { v.grad() * scale } else { v.zeros_like() })
                    .map(|g| g.nan_to_num(0.0, 0.0, 0.0))
                    .collect();
                let gradient = Tensor::stack(&gradients, 0);
                let _ = momentum.lerp_(&gradient, 1.0 - MUON_MOMENTUM);
                let ahead = gradient.lerp(momentum, MUON_MOMENTUM);
                let direction = orthogonalised(&ahead, compute);
                let (rows, columns) = (direction.size()[1] as f64, direction.size()[2] as f64);
                let rate = rates.muon * (rows / columns).max(1.0).sqrt();
                for (i, (_, variable)) in members.iter_mut().enumerate() {
                    let _ = variable.g_mul_scalar_(1.0 - rates.muon * WEIGHT_DECAY);
                    let _ = variable.g_sub_(&(direction.get(i as i64) * rate));
                    variable.zero_grad();
                }
            }
            Moments::Adam { variable, first, second, .. } => {
                if !variable.grad().defined() {
                    return;
                }
                let gradient = (variable.grad() * scale).nan_to_num(0.0, 0.0, 0.0);
                let (b1, b2) = ADAM_BETAS;
                let _ = first.lerp_(&gradient, 1.0 - b1);
                let _ = second.lerp_(&gradient.square(), 1.0 - b2);
                let corrected = (&*second / (1.0 - b2.powf(steps as f64))).sqrt() + ADAM_EPS;
                let _ =
                    variable.g_sub_(&(&*first / corrected * (rates.adam / (1.0 - b1.powf(steps as f64)))));
                variable.zero_grad();
            }
        }
    }
}

/// The nearest semi-orthogonal matrices, roughly: singular values land near one. `[n, rows, columns]`.
fn orthogonalised(matrices: &Tensor, compute: Kind) -> Tensor {
    const A: f64 = 3.4445;
    const B: f64 = -4.7750;
    const C: f64 = 2.0315;
    let is_tall = matrices.size()[1] > matrices.size()[2];
    let wide = if is_tall { matrices.transpose(1, 2) } else { matrices.shallow_clone() }; // [n, rows, columns]
    let lengths = wide.square().sum_dim_intlist([1i64, 2].as_slice(), true, Kind::Float).sqrt();
    let mut x = (wide / (lengths + 1e-7)).to_kind(compute);
    for _ in 0..5 {
        let gram = x.bmm(&x.transpose(1, 2)); // [n, rows, rows]
        let mixed = &gram * B + gram.bmm(&gram) * C;
        x = &x * A + mixed.bmm(&x);
    }
    let x = x.to_kind(Kind::Float);
    if is_tall { x.transpose(1, 2) } else { x }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::Device;

    #[test]
    fn directions_are_nearly_orthogonal() {
        let m = Tensor::randn([2, 24, 96], (Kind::Float, Device::Cpu));
        let o = orthogonalised(&m, Kind::Float);
        let (_, singular, _) = o.svd(true, false);
        assert!(singular.min().double_value(&[]) > 0.3, "{singular}");
        assert!(singular.max().double_value(&[]) < 1.6);
    }

    #[test]
    fn a_quadratic_is_minimised() {
        let vs = VarStore::new(Device::Cpu);
        let w = vs.root().var("matrix", &[8, 8], tch::nn::Init::Randn { mean: 0.0, stdev: 1.0 });
        let table = vs.root().var("table", &[8, 8], tch::nn::Init::Randn { mean: 0.0, stdev: 1.0 });
        let mut optimizer = Optimizer::new(&vs, Kind::Float);
        let loss = || (&w - 1.0).square().sum(Kind::Float) + (&table - 2.0).square().sum(Kind::Float);
        let before = loss().double_value(&[]);
        for step in 0..600 {
            loss().backward();
            let left = 1.0 - f64::from(step) / 600.0;
            let _ = optimizer.step(Rates { muon: 0.05 * left, adam: 0.05 * left });
        }
        assert!(loss().double_value(&[]) < before * 0.02, "{before} -> {loss:?}", loss = loss());
    }
}
