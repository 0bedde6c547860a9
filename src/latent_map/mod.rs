//! The latent space as a plane that people can look at and point into.
//!
//! Each composer has an axis of the latent space (see [`crate::model::MixturePrior`]), and no two directions show
//! fourteen of them: the plane of most variance leaves eleven in one heap. So the axes are spread around a circle in
//! order of birth, and each segment lies where its axes pull it, as in star coordinates (Kandogan 2000). Neighbours
//! in time are neighbours on the map, and what lies between two composers lies between them here.

mod ellipse;
mod export;
mod fit;
mod kept;
mod map;
mod plane;
mod point;
mod reading;
mod selection;

pub use ellipse::Ellipse;
pub use fit::fit_latents;
pub(crate) use fit::{encode_segments, fit_composer};
pub use map::{LatentMap, Plane};
pub(crate) use plane::Spread;
pub use point::MapPoint;
pub use reading::Reading;
