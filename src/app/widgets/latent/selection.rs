//! The segments that the lasso took: a list, and what can be done with them.

use eframe::egui::{RichText, Role, Sense, Ui, WidgetInfo, vec2};

use super::side::segment_row;
use super::words::small;
use crate::app::kit::theme::{ComposerStyle, GRID, Palette};
use crate::display::{clock, count};
use crate::latent_map::LatentMap;
use crate::music::{ComposerId, ComposerSet};

/// Rows in the list.
const LISTED: usize = 100;

/// What was asked for in the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SelectionPress {
    Compose,
    Export,
    Clear,
    /// Compose near this segment.
    Segment(usize),
}

/// The selection; `segments` are indices of `map.points`.
pub fn selection_ui(
    ui: &mut Ui,
    map: &LatentMap,
    segments: &[usize],
    composers: &ComposerSet,
    disabled_because: Option<&str>,
    style_of: &dyn Fn(Option<ComposerId>) -> ComposerStyle,
) -> Option<SelectionPress> {
    let palette = Palette::of(ui);
    let mut pressed = None;
    ui.heading(format!("{} selected", count(segments.len(), "segment")));
    ui.add_space(GRID / 2.0);
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        let can_compose = disabled_because.is_none();
        let compose = ui.add_enabled(can_compose, eframe::egui::Button::new(small("Compose from these")));
        let compose =
            compose.on_hover_text("Draws a latent from the Gaussian of these segments and composes a take.");
        if compose.on_disabled_hover_text(disabled_because.unwrap_or_default()).clicked() {
            pressed = Some(SelectionPress::Compose);
        }
        if ui
            .button(small("Export CSV…"))
            .on_hover_text("Composer, piece, place and latent of each segment")
            .clicked()
        {
            pressed = Some(SelectionPress::Export);
        }
        if ui.button(small("Clear")).clicked() {
            pressed = Some(SelectionPress::Clear);
        }
    });
    ui.add_space(GRID / 2.0);
    for (i, point) in segments.iter().take(LISTED).filter_map(|i| Some((*i, map.points.get(*i)?))) {
        let composer = point.composer.map_or("other composer", |id| composers.surname(id));
        let sense = if disabled_because.is_none() { Sense::click() } else { Sense::hover() };
        let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 36.0), sense);
        let label = format!("Selected: {}, {composer}", point.title);
        response.widget_info(|| WidgetInfo::labeled(Role::Button, disabled_because.is_none(), &label));
        if response.hovered() || response.has_focus() {
            ui.painter().rect_filled(rect, 4.0, palette.raised);
        }
        let place = match point.starts_secs {
            Some(secs) => format!("at {}", clock(f64::from(secs), 0)),
            None => format!("{:.1}, {:.1}", point.xy[0], point.xy[1]),
        };
        segment_row(ui, rect, point, composer, &place, style_of(point.composer), &palette);
        let hint = disabled_because.unwrap_or("Click to compose here and listen");
        if response.on_hover_text(format!("{}\n{hint}", point.title)).clicked() {
            pressed = Some(SelectionPress::Segment(i));
        }
    }
    if segments.len() > LISTED {
        let more = format!("{} more; the CSV file has all of them.", segments.len() - LISTED);
        ui.label(RichText::new(more).size(12.0).color(palette.weak_text));
    }
    pressed
}
