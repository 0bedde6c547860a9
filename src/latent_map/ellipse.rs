//! How each composer's segments spread on a map, as ellipses.

use super::point::MapPoint;
use crate::music::ComposerId;

/// Mean and principal half-axes of one composer's segments on a map.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ellipse {
    pub composer: ComposerId,
    pub centre: [f32; 2],
    /// One standard deviation along the longer and the shorter direction.
    pub half_axes: [[f32; 2]; 2],
}

impl Ellipse {
    /// `corners` points around the ellipse at `sigmas` standard deviations.
    pub fn outline(&self, sigmas: f32, corners: usize) -> Vec<[f32; 2]> {
        let [long, short] = self.half_axes;
        let point = |i: usize| {
            let (sin, cos) = (std::f32::consts::TAU * i as f32 / corners as f32).sin_cos();
            [0, 1].map(|axis| self.centre[axis] + sigmas * (cos * long[axis] + sin * short[axis]))
        };
        (0..corners).map(point).collect()
    }
}

/// One ellipse for each composer with at least three segments at finite places, by composer.
pub(super) fn ellipses(points: &[MapPoint]) -> Vec<Ellipse> {
    let mut composers: Vec<ComposerId> = points.iter().filter_map(|p| p.composer).collect();
    composers.sort();
    composers.dedup();
    composers.into_iter().filter_map(|composer| ellipse(points, composer)).collect()
}

fn ellipse(points: &[MapPoint], composer: ComposerId) -> Option<Ellipse> {
    let own = || points.iter().filter(|p| p.composer == Some(composer) && p.xy.iter().all(|v| v.is_finite()));
    let count = own().count();
    if count < 3 {
        return None;
    }
    let mean = |of: &dyn Fn([f32; 2]) -> f64| own().map(|p| of(p.xy)).sum::<f64>() / count as f64;
    let [x, y] = [0, 1].map(|axis| mean(&|xy| f64::from(xy[axis])));
    let xx = mean(&|xy| (f64::from(xy[0]) - x).powi(2));
    let yy = mean(&|xy| (f64::from(xy[1]) - y).powi(2));
    let xy = mean(&|p| (f64::from(p[0]) - x) * (f64::from(p[1]) - y));
    // Eigenvalues of the symmetric matrix [xx xy; xy yy].
    let half = ((xx - yy) / 2.0).hypot(xy);
    let middle = (xx + yy) / 2.0;
    let [long, short] = [middle + half, middle - half].map(|variance| variance.max(0.0).sqrt());
    let (sin, cos) = (0.5 * (2.0 * xy).atan2(xx - yy)).sin_cos();
    Some(Ellipse {
        composer,
        centre: [x as f32, y as f32],
        half_axes: [[cos * long, sin * long], [-sin * short, cos * short]].map(|axis| axis.map(|v| v as f32)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(composer: u8, xy: [f32; 2]) -> MapPoint {
        MapPoint {
            xy,
            composer: Some(ComposerId(composer)),
            title: String::new(),
            starts_secs: None,
            z: Vec::new(),
        }
    }

    #[test]
    fn an_ellipse_has_the_direction_and_the_width_of_its_points() {
        // Along the diagonal at ±2, across it at ±1: variances 4 and 1 over two points each, so 2 and 0.5 over four.
        let d = std::f32::consts::FRAC_1_SQRT_2;
        let away = [[2.0 * d, 2.0 * d], [-2.0 * d, -2.0 * d], [-d, d], [d, -d]];
        let points: Vec<MapPoint> = away.iter().map(|[x, y]| point(3, [x + 5.0, y - 1.0])).collect();
        let [ellipse] = ellipses(&points)[..] else { panic!() };
        assert_eq!(ellipse.composer, ComposerId(3));
        assert!((ellipse.centre[0] - 5.0).abs() < 1e-5 && (ellipse.centre[1] + 1.0).abs() < 1e-5);
        let [long, short] = ellipse.half_axes;
        assert!((long[0].hypot(long[1]) - 2f32.sqrt()).abs() < 1e-4 && (long[0] - long[1]).abs() < 1e-4);
        assert!((short[0].hypot(short[1]) - 0.5f32.sqrt()).abs() < 1e-4);
        let outline = ellipse.outline(2.0, 4);
        assert!((outline[0][0] - (5.0 + 2.0 * long[0])).abs() < 1e-4);
    }

    #[test]
    fn too_few_points_and_broken_ones_have_none() {
        let mut points = vec![point(0, [0.0, 0.0]), point(0, [1.0, 0.0]), point(0, [f32::NAN, 1.0])];
        assert!(ellipses(&points).is_empty());
        points.push(point(0, [2.0, 0.0]));
        // All on a line: flat, and still an ellipse.
        let [flat] = ellipses(&points)[..] else { panic!() };
        assert!(flat.half_axes[1] == [0.0, 0.0] || flat.half_axes[1][1].abs() < 1e-6);
    }
}
