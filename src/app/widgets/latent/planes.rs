//! The choice of the projection.

use eframe::egui::Ui;

use super::input::{LatentEvent, LatentInput};
use crate::app::kit::theme::GRID;
use crate::latent_map::Plane;

/// The projections, if there are several.
pub fn planes_ui(ui: &mut Ui, input: &LatentInput<'_>, plane: Plane, events: &mut Vec<LatentEvent>) {
    if !input.has_planes {
        return;
    }
    ui.horizontal(|ui| {
        let wheel = "Composers around a circle in order of birth";
        let principal =
            "The two directions of most variance, with ellipses of one and two standard deviations";
        for (own, name, tip) in [(Plane::Wheel, "Wheel", wheel), (Plane::Principal, "PCA", principal)] {
            if ui.selectable_label(plane == own, name).on_hover_text(tip).clicked() {
                events.push(LatentEvent::ShowPlane(own));
            }
        }
    });
    ui.add_space(GRID / 2.0);
}
