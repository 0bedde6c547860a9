//! A map as data and as a picture.

use serde_json::{Value, json};

use super::map::{LatentMap, Plane};
use crate::music::{ComposerId, ComposerSet};
use crate::picture::{Scatter, Series, hue};

/// Corners of an ellipse in a picture.
const CORNERS: usize = 72;

impl LatentMap {
    /// The whole map: `plane`, `explained` (shares of the variance), `kept_neighbours`, `composers` with the place of
    /// their component and their ellipse, and `segments` with composer, piece, place and latent.
    pub fn to_json(&self, composers: &ComposerSet) -> Value {
        let name = |id: ComposerId| composers.get(id).map(|c| c.name.clone());
        let composer = |(i, component): (usize, &[f32; 2])| {
            let id = ComposerId(i as u8);
            let ellipse = self.ellipses.iter().find(|e| e.composer == id);
            let ellipse = ellipse.map(|e| json!({ "centre": e.centre, "half_axes": e.half_axes }));
            json!({ "name": name(id), "component": component, "ellipse": ellipse })
        };
        let segments = self.points.iter().map(
            |p| json!({ "composer": p.composer.and_then(name), "piece": p.title, "xy": p.xy, "z": p.z }),
        );
        json!({
            "plane": self.plane,
            "explained": self.explained,
            "kept_neighbours": self.kept_neighbours,
            "composers": self.components.iter().enumerate().map(composer).collect::<Vec<Value>>(),
            "segments": segments.collect::<Vec<Value>>(),
        })
    }

    /// The map to draw: one series for each composer, in order of birth; on the principal components with an ellipse
    /// of one standard deviation.
    pub fn to_scatter(&self, composers: &ComposerSet) -> Scatter {
        let ids: Vec<ComposerId> = composers.by_time();
        let dots = |of: Option<ComposerId>| {
            self.points.iter().filter(|p| p.composer == of).map(|p| p.xy).collect::<Vec<[f32; 2]>>()
        };
        let ellipses = |id: ComposerId| {
            let own = self.ellipses.iter().filter(|e| e.composer == id && self.plane == Plane::Principal);
            own.map(|e| e.outline(1.0, CORNERS)).collect()
        };
        let series = |(place, id): (usize, &ComposerId)| Series {
            name: composers.surname(*id).to_owned(),
            colour: hue(place, ids.len()),
            dots: dots(Some(*id)),
            mark: self.components.get(id.index()).copied(),
            outlines: ellipses(*id),
        };
        let mut all: Vec<Series> = ids.iter().enumerate().map(series).collect();
        let others = Series {
            name: "Others".to_owned(),
            colour: [0x9a, 0x9d, 0xa6],
            dots: dots(None),
            ..Series::default()
        };
        if !others.dots.is_empty() {
            all.insert(0, others);
        }
        Scatter { title: "Latent space".to_owned(), caption: self.caption(), series: all }
    }

    /// What the map shows and how much of the latent space it keeps, in two sentences.
    pub fn caption(&self) -> String {
        let plane = match self.plane {
            Plane::Wheel => "The composers lie around a circle in order of birth.",
            Plane::Principal => "The two directions of most variance (PCA).",
        };
        let variance = (self.explained[0] + self.explained[1]) * 100.0;
        let neighbours = self.kept_neighbours.map_or(String::new(), |share| {
            format!(" and {:.0} % of the ten nearest neighbours", share * 100.0)
        });
        format!("{plane} This view keeps {variance:.0} % of the variance{neighbours}.")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map() -> LatentMap {
        let z: Vec<Vec<f32>> =
            (0..30).map(|i| vec![i as f32, (i % 3) as f32, (i % 5) as f32 * 0.1]).collect();
        let composers = (0..30).map(|i| (i < 20).then_some(ComposerId(i % 2))).collect();
        let titles = (0..30).map(|i| format!("Piece {i}")).collect();
        LatentMap::new(z, composers, titles, &[vec![0.0; 3], vec![9.0, 0.0, 0.0]], &[0, 1]).unwrap()
    }

    #[test]
    fn every_segment_is_in_the_data_and_in_the_picture() {
        let composers = ComposerSet::new(["Johann Sebastian Bach", "Frédéric Chopin"].map(str::to_owned));
        let (map, none) = (map(), Value::Null);
        let data = map.to_json(&composers);
        assert_eq!(data["plane"], "principal");
        assert_eq!(data["segments"].as_array().map(Vec::len), Some(30));
        assert_eq!(
            (&data["segments"][1]["composer"], &data["segments"][25]["composer"]),
            (&json!("Frédéric Chopin"), &none)
        );
        assert_eq!(data["composers"][0]["ellipse"]["half_axes"].as_array().map(Vec::len), Some(2));
        let scatter = map.to_scatter(&composers);
        assert_eq!(
            scatter.series.iter().map(|s| (s.name.as_str(), s.dots.len())).collect::<Vec<_>>(),
            [("Others", 10), ("Bach", 10), ("Chopin", 10)]
        );
        assert_eq!(scatter.series[1].outlines.len(), 1);
        assert!(
            scatter.caption.contains("% of the variance and") && scatter.caption.contains("(PCA)"),
            "{}",
            scatter.caption
        );
    }
}
