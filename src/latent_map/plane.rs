//! The two directions of the latent space on which a map is projected.

use tch::{Kind, Tensor};

/// Two orthogonal unit vectors such that the directions of `means` are evenly spaced around a circle; `None` for fewer
/// than three.
pub(super) fn wheel(means: &[Vec<f32>], order: &[usize]) -> Option<[Vec<f32>; 2]> {
    if order.len() < 3 {
        return None;
    }
    let d = means.first()?.len();
    let (mut x, mut y) = (vec![0f32; d], vec![0f32; d]);
    for (place, &composer) in order.iter().enumerate() {
        let spoke = unit(means.get(composer)?.clone())?;
        let angle = std::f32::consts::TAU * place as f32 / order.len() as f32;
        for (i, s) in spoke.iter().enumerate() {
            x[i] += angle.sin() * s;
            y[i] += angle.cos() * s;
        }
    }
    let x = unit(x)?;
    let along = dot(&x, &y);
    let y = unit(y.iter().zip(&x).map(|(y, x)| y - along * x).collect())?;
    Some([x, y])
}

pub(super) fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// `None` for a zero vector.
fn unit(v: Vec<f32>) -> Option<Vec<f32>> {
    let length = dot(&v, &v).sqrt();
    (length > 1e-6).then(|| v.into_iter().map(|x| x / length).collect())
}

/// The spread of a set of latents.
pub(crate) struct Spread {
    centre: Vec<f32>,
    /// `[d, d]`
    covariance: Tensor,
    /// Its trace.
    total: f64,
}

impl Spread {
    /// `None` if they are all equal or have fewer than two dimensions.
    pub fn of(z: &[Vec<f32>]) -> Option<Spread> {
        let d = z.first().map(Vec::len).filter(|&d| d > 1)?;
        let all = Tensor::from_slice(&z.concat()).view([z.len() as i64, d as i64]);
        let centre = all.mean_dim([0i64].as_slice(), false, Kind::Float);
        let centred = &all - &centre;
        let covariance = centred.transpose(0, 1).matmul(&centred) / z.len() as f64;
        let total = covariance.trace().double_value(&[]);
        (total > 0.0).then(|| Spread { centre: rows(&centre.unsqueeze(0)).remove(0), covariance, total })
    }

    pub fn centre(&self) -> &[f32] {
        &self.centre
    }

    /// The first two principal components.
    pub fn widest(&self) -> Option<[Vec<f32>; 2]> {
        let (_, vectors) = self.covariance.f_linalg_eigh("L").ok()?;
        let last = self.centre.len() as i64 - 1;
        // Eigenvalues ascend. The sign of an eigenvector is arbitrary: choose the one that makes the map the same
        // everywhere.
        let axis = |i: i64| {
            let v = rows(&vectors.select(1, i).unsqueeze(0)).remove(0);
            let largest = v.iter().copied().max_by(|a, b| a.abs().total_cmp(&b.abs()));
            let sign = largest.map_or(1.0, f32::signum);
            v.into_iter().map(|x| x * sign).collect::<Vec<f32>>()
        };
        Some([axis(last), axis(last - 1)])
    }

    /// The share of the variance along `axis`, a unit vector.
    pub fn share(&self, axis: &[f32]) -> f32 {
        let axis = Tensor::from_slice(axis);
        (self.covariance.mv(&axis).dot(&axis).double_value(&[]) / self.total) as f32
    }
}

pub(super) fn rows(tensor: &Tensor) -> Vec<Vec<f32>> {
    let n = tensor.size()[0];
    (0..n)
        .map(|i| {
            let row = tensor
                .get(i)
                .detach()
                .to_device(tch::Device::Cpu)
                .to_kind(Kind::Float)
                .contiguous()
                .view([-1]);
            Vec::<f32>::try_from(row).unwrap_or_default()
        })
        .collect()
}
