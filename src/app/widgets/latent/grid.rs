//! Which point is nearest: a uniform grid, so that hovering costs the same with 100 points and with 20,000.

/// Points in square cells, each cell's points side by side. Points that are not finite are left out.
#[derive(Clone, Debug, Default)]
pub struct PointGrid {
    origin: [f32; 2],
    cell: f32,
    columns: usize,
    rows: usize,
    /// Cell c holds `items[starts[c]..starts[c + 1]]`.
    starts: Vec<usize>,
    items: Vec<usize>,
}

impl PointGrid {
    /// About two points to a cell.
    pub fn new(points: &[[f32; 2]]) -> PointGrid {
        let finite = || points.iter().enumerate().filter(|(_, p)| p[0].is_finite() && p[1].is_finite());
        let Some(bounds) = bounds(points) else {
            return PointGrid::default();
        };
        let (width, height) = (bounds.max[0] - bounds.min[0], bounds.max[1] - bounds.min[1]);
        let cells = (points.len() as f32 / 2.0).max(1.0);
        let cell =
            (width.max(1e-6) * height.max(1e-6) / cells).sqrt().max(width.max(height) / 512.0).max(1e-6);
        let columns = (width / cell) as usize + 1;
        let rows = (height / cell) as usize + 1;
        let mut grid = PointGrid { origin: bounds.min, cell, columns, rows, ..PointGrid::default() };
        let mut counts = vec![0; columns * rows + 1];
        for (_, p) in finite() {
            counts[grid.cell_of(*p) + 1] += 1;
        }
        for c in 1..counts.len() {
            counts[c] += counts[c - 1];
        }
        grid.starts = counts.clone();
        grid.items = vec![0; *counts.last().unwrap_or(&0)];
        for (i, p) in finite() {
            let c = grid.cell_of(*p);
            grid.items[counts[c]] = i;
            counts[c] += 1;
        }
        grid
    }

    /// The point nearest to `at` within `radius` of it, of those that `keep` lets through. `points` are those the
    /// grid was made of.
    pub fn nearest(
        &self,
        points: &[[f32; 2]],
        at: [f32; 2],
        radius: f32,
        keep: impl Fn(usize) -> bool,
    ) -> Option<usize> {
        if self.items.is_empty() || !at[0].is_finite() || !at[1].is_finite() {
            return None;
        }
        let column =
            |x: f32| (((x - self.origin[0]) / self.cell).floor().max(0.0) as usize).min(self.columns - 1);
        let row = |y: f32| (((y - self.origin[1]) / self.cell).floor().max(0.0) as usize).min(self.rows - 1);
        let mut best: Option<(f32, usize)> = None;
        for r in row(at[1] - radius)..=row(at[1] + radius) {
            for c in column(at[0] - radius)..=column(at[0] + radius) {
                let cell = r * self.columns + c;
                for &i in &self.items[self.starts[cell]..self.starts[cell + 1]] {
                    let distance = distance(points[i], at);
                    if distance <= radius && best.is_none_or(|(d, _)| distance < d) && keep(i) {
                        best = Some((distance, i));
                    }
                }
            }
        }
        best.map(|(_, i)| i)
    }

    fn cell_of(&self, p: [f32; 2]) -> usize {
        let place = |v: f32, origin: f32, count: usize| (((v - origin) / self.cell) as usize).min(count - 1);
        place(p[1], self.origin[1], self.rows) * self.columns + place(p[0], self.origin[0], self.columns)
    }
}

/// The smallest rectangle around points.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bounds {
    pub min: [f32; 2],
    pub max: [f32; 2],
}

/// `None` when no point is finite.
pub fn bounds(points: &[[f32; 2]]) -> Option<Bounds> {
    let mut finite = points.iter().filter(|p| p[0].is_finite() && p[1].is_finite());
    let first = *finite.next()?;
    let start = Bounds { min: first, max: first };
    Some(finite.fold(start, |b, p| Bounds {
        min: [b.min[0].min(p[0]), b.min[1].min(p[1])],
        max: [b.max[0].max(p[0]), b.max[1].max(p[1])],
    }))
}

/// The rectangle around all but the outermost hundredth of `points` on either side, and all of `also`.
pub fn bulk_bounds(points: &[[f32; 2]], also: &[[f32; 2]]) -> Option<Bounds> {
    let all: Vec<[f32; 2]> = points.iter().chain(also).copied().collect();
    let outer = bounds(&all)?;
    let share = |axis: usize, share: f32| {
        let mut values: Vec<f32> = points.iter().map(|p| p[axis]).filter(|v| v.is_finite()).collect();
        values.sort_by(f32::total_cmp);
        values.get((values.len().saturating_sub(1) as f32 * share) as usize).copied()
    };
    let (Some(x0), Some(x1), Some(y0), Some(y1)) =
        (share(0, 0.01), share(0, 0.99), share(1, 0.01), share(1, 0.99))
    else {
        return Some(outer);
    };
    let inner = Bounds { min: [x0, y0], max: [x1, y1] };
    Some(bounds(also).map_or(inner, |b| Bounds {
        min: [inner.min[0].min(b.min[0]), inner.min[1].min(b.min[1])],
        max: [inner.max[0].max(b.max[0]), inner.max[1].max(b.max[1])],
    }))
}

fn distance(a: [f32; 2], b: [f32; 2]) -> f32 {
    (a[0] - b[0]).hypot(a[1] - b[1])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Points on a spiral: no two alike, some cells crowded, some empty.
    fn spiral(count: usize) -> Vec<[f32; 2]> {
        (0..count)
            .map(|i| {
                let t = i as f32 * 0.1;
                [t.sqrt() * t.cos() * 3.0, t.sqrt() * t.sin() - 7.0]
            })
            .collect()
    }

    #[test]
    fn finds_what_a_search_through_all_finds() {
        let points = spiral(3000);
        let grid = PointGrid::new(&points);
        for at in [[0.0, 0.0], [10.0, -7.0], [-30.0, 5.0], [51.0, -7.0], [400.0, 400.0]] {
            for radius in [0.05, 1.0, 40.0] {
                let even = |i: usize| i.is_multiple_of(2);
                let all = (0..points.len()).filter(|i| even(*i) && distance(points[*i], at) <= radius);
                let expected =
                    all.min_by(|a, b| distance(points[*a], at).total_cmp(&distance(points[*b], at)));
                assert_eq!(grid.nearest(&points, at, radius, even), expected, "{at:?} {radius}");
            }
        }
    }

    #[test]
    fn a_few_far_points_do_not_shrink_the_rest() {
        let mut points = spiral(1000);
        points.push([9000.0, 0.0]);
        let bulk = bulk_bounds(&points, &[[0.0, 80.0]]).unwrap();
        assert!(bulk.max[0] < 40.0 && bulk.max[1] == 80.0);
        assert_eq!(bounds(&points).unwrap().max[0], 9000.0);
        assert!(bulk_bounds(&[], &[]).is_none());
    }

    #[test]
    fn odd_inputs_do_not_trip_it() {
        assert_eq!(PointGrid::new(&[]).nearest(&[], [0.0, 0.0], 9.0, |_| true), None);
        let same = vec![[2.0, 2.0]; 50];
        assert!(PointGrid::new(&same).nearest(&same, [2.0, 2.1], 0.2, |_| true).is_some());
        let broken = vec![[f32::NAN, 0.0], [1.0, 1.0], [f32::INFINITY, 2.0]];
        let grid = PointGrid::new(&broken);
        assert_eq!(grid.nearest(&broken, [1.0, 1.0], 5.0, |_| true), Some(1));
        assert_eq!(grid.nearest(&broken, [f32::NAN, 1.0], 5.0, |_| true), None);
        let line: Vec<[f32; 2]> = (0..1000).map(|i| [i as f32, 0.0]).collect();
        assert_eq!(PointGrid::new(&line).nearest(&line, [640.2, 0.3], 1.0, |_| true), Some(640));
    }
}
