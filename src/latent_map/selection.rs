//! Segments chosen on a map: which lie inside a line drawn around them, their table, and new latents like theirs.

use std::io;

use rand::SeedableRng;
use rand_pcg::Pcg64Mcg;

use super::map::LatentMap;
use super::point::MapPoint;
use crate::music::{ComposerId, ComposerSet};
use crate::sampling::standard_normal;

impl LatentMap {
    /// The segments inside the closed line through `outline`, by the even-odd rule; none for fewer than three corners.
    pub fn inside(&self, outline: &[[f32; 2]]) -> Vec<usize> {
        let is_inside = |p: &MapPoint| p.xy.iter().all(|v| v.is_finite()) && encloses(outline, p.xy);
        (0..self.points.len()).filter(|&i| is_inside(&self.points[i])).collect()
    }

    /// A latent drawn from the Gaussian of these segments (their mean and covariance); of one segment, its latent.
    /// `None` if there is none of them.
    pub fn draw_like(&self, segments: &[usize], seed: u64) -> Option<Vec<f32>> {
        let z: Vec<&[f32]> =
            segments.iter().filter_map(|&i| Some(self.points.get(i)?.z.as_slice())).collect();
        let n = z.len();
        let mean = self.mean_of(segments)?;
        if n < 2 {
            return Some(mean);
        }
        // A sum of the deviations with random weights has their covariance, which need not be inverted or factored.
        let mut rng = Pcg64Mcg::seed_from_u64(seed);
        let scale = (1.0 / (n - 1) as f32).sqrt();
        let mut drawn = mean.clone();
        for z in z {
            let weight = standard_normal(&mut rng) * scale;
            drawn.iter_mut().zip(z.iter().zip(&mean)).for_each(|(out, (z, m))| *out += weight * (z - m));
        }
        Some(drawn)
    }

    /// The `count` segments nearest to `z` in the latent space itself, nearest first.
    pub fn nearest_in_space(&self, z: &[f32], count: usize) -> Vec<usize> {
        let distance = |p: &MapPoint| p.z.iter().zip(z).map(|(a, b)| (a - b).powi(2)).sum::<f32>();
        let mut all: Vec<(f32, usize)> = self
            .points
            .iter()
            .enumerate()
            .map(|(i, p)| (distance(p), i))
            .filter(|(d, _)| d.is_finite())
            .collect();
        all.sort_by(|a, b| a.0.total_cmp(&b.0));
        all.into_iter().take(count).map(|(_, i)| i).collect()
    }

    /// The mean latent of these segments; `None` if there is none of them.
    pub fn mean_of(&self, segments: &[usize]) -> Option<Vec<f32>> {
        let z: Vec<&[f32]> =
            segments.iter().filter_map(|&i| Some(self.points.get(i)?.z.as_slice())).collect();
        let n = z.len() as f32;
        let mean = |i: usize| z.iter().map(|z| z.get(i).copied().unwrap_or(0.0)).sum::<f32>() / n;
        Some((0..z.first()?.len()).map(mean).collect())
    }

    /// The composer of most of these segments.
    pub fn commonest(&self, segments: &[usize]) -> Option<ComposerId> {
        let of = |i: &usize| self.points.get(*i)?.composer;
        let count = |id: ComposerId| segments.iter().filter(|i| of(i) == Some(id)).count();
        segments.iter().filter_map(of).max_by_key(|id| (count(*id), std::cmp::Reverse(*id)))
    }

    /// The segments as comma-separated values (RFC 4180): a header, then composer, piece, place on the map and latent.
    ///
    /// # Errors
    /// What the writer says, which into memory is nothing.
    pub fn csv(&self, segments: &[usize], composers: &ComposerSet) -> io::Result<Vec<u8>> {
        let chosen: Vec<&MapPoint> = segments.iter().filter_map(|&i| self.points.get(i)).collect();
        let d = chosen.first().map_or(0, |p| p.z.len());
        let mut table = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
        let columns = ["composer", "piece", "x", "y"].map(str::to_owned).into_iter();
        table.write_record(columns.chain((1..=d).map(|i| format!("z{i}"))))?;
        for p in chosen {
            let name = p.composer.and_then(|id| composers.get(id)).map_or("", |c| c.name.as_str());
            let numbers = p.xy.iter().chain(&p.z).map(f32::to_string);
            table.write_record([name.to_owned(), p.title.clone()].into_iter().chain(numbers))?;
        }
        table.into_inner().map_err(csv::IntoInnerError::into_error)
    }
}

fn encloses(outline: &[[f32; 2]], [x, y]: [f32; 2]) -> bool {
    let mut is_inside = false;
    for (i, a) in outline.iter().enumerate() {
        let b = &outline[(i + 1) % outline.len()];
        if (a[1] > y) != (b[1] > y) && x < (b[0] - a[0]) * (y - a[1]) / (b[1] - a[1]) + a[0] {
            is_inside = !is_inside;
        }
    }
    is_inside && outline.len() > 2
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 0 to 9 along the first direction, the composer changing after 4.
    fn map() -> LatentMap {
        let z: Vec<Vec<f32>> = (0..10).map(|i| vec![i as f32, (i % 3) as f32 * 0.1, 0.0]).collect();
        let composers = (0..10).map(|i| Some(ComposerId(u8::from(i > 4)))).collect();
        let titles = (0..10).map(|i| format!("No. {i}, \"Air\"")).collect();
        LatentMap::new(z, composers, titles, &[vec![0.0; 3], vec![9.0, 0.0, 0.0]], &[0, 1]).unwrap()
    }

    #[test]
    fn a_lasso_takes_what_it_encloses() {
        let map = map();
        let around = |from: usize, to: usize| {
            let [a, b] = [from, to].map(|i| map.points[i].xy[0]);
            let (left, right) = (a.min(b) - 0.5, a.max(b) + 0.5);
            vec![[left, -9.0], [right, -9.0], [right, 9.0], [left, 9.0]]
        };
        assert_eq!(map.inside(&around(3, 6)), [3, 4, 5, 6]);
        assert!(map.inside(&around(3, 6)[..2]).is_empty() && map.inside(&[]).is_empty());
        assert_eq!((map.commonest(&[3, 4, 5]), map.commonest(&[])), (Some(ComposerId(0)), None));
    }

    #[test]
    fn what_is_drawn_has_the_mean_and_the_spread_of_the_selection() {
        let map = map();
        let all: Vec<usize> = (0..10).collect();
        let drawn: Vec<f32> = (0..4000).map(|seed| map.draw_like(&all, seed).unwrap()[0]).collect();
        let mean = drawn.iter().sum::<f32>() / 4000.0;
        let variance = drawn.iter().map(|v| (v - mean).powi(2)).sum::<f32>() / 4000.0;
        // Of 0 to 9: mean 4.5, variance 82.5 / 9.
        assert!((mean - 4.5).abs() < 0.2 && (variance - 82.5 / 9.0).abs() < 0.8, "{mean} {variance}");
        assert_eq!(map.draw_like(&[7], 1).as_deref(), Some(map.points[7].z.as_slice()));
        assert_eq!(map.draw_like(&[99], 1), None);
    }

    #[test]
    fn a_table_can_be_read_by_others() {
        let composers = ComposerSet::new(["Johann Sebastian Bach", "Frédéric Chopin"].map(str::to_owned));
        let table = String::from_utf8(map().csv(&[0, 9], &composers).unwrap()).unwrap();
        let lines: Vec<&str> = table.split("\r\n").collect();
        assert_eq!(lines[0], "composer,piece,x,y,z1,z2,z3");
        assert!(lines[1].starts_with("Johann Sebastian Bach,\"No. 0, \"\"Air\"\"\","), "{}", lines[1]);
        assert!(lines[2].ends_with(",9,0,0") && lines.len() == 4, "{}", lines[2]);
    }
}
