//! The parts of the latent-space plot: finding points, drawing them, and the column beside the plot.

mod axes;
mod cloud;
mod dwell;
mod ellipses;
mod grid;
pub mod input;
mod keys;
mod lasso;
mod map_shape;
mod markers;
mod mix;
mod overlay;
mod planes;
pub mod plot;
mod selection;
mod side;
mod walk;
mod words;

pub use axes::axes;
pub use cloud::{CloudKey, CloudLayer, screen};
pub use dwell::{Dwell, Resting};
pub use ellipses::paint_ellipses;
pub use grid::{Bounds, PointGrid, bounds, bulk_bounds};
pub use keys::{KeyPress, PointFocus};
pub use lasso::Lasso;
pub use map_shape::{MapShape, is_projection_of};
pub use markers::Stamp;
pub use mix::paint_mix;
pub use overlay::{hover_card, paint_components, paint_place, paint_takes};
pub use planes::planes_ui;
pub use selection::{SelectionPress, selection_ui};
pub use side::{Neighbours, legend_ui, neighbours_ui};
pub use walk::{WalkPen, paint_path};
pub use words::{
    Under, caption, caption_ui, empty_ui, hover_ui, neighbours_of, point_words, reading_words, small, styles,
    under_ui,
};
