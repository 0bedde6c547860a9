//! Icons painted as shapes: no font decides what they look like.

use std::f32::consts::TAU;

use eframe::egui::{
    self, Color32, Painter, Pos2, Rect, Response, Role, Sense, Shape, Stroke, Ui, Vec2, WidgetInfo, pos2,
    vec2,
};

use super::theme::Palette;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Icon {
    ToStart,
    Play,
    Pause,
    Stop,
    Loop,
    Volume,
    Muted,
    Dice,
    Lock,
    Unlock,
    Star,
    StarEmpty,
    More,
    Close,
    Theme,
    Help,
    Save,
    Open,
    Swap,
}

/// Paints `icon` centred in `rect`. It is about 16 × 16 points, whatever the size of `rect`.
pub fn paint(painter: &Painter, rect: Rect, icon: Icon, colour: Color32) {
    let c = rect.center();
    // All coordinates are in a box of ±8 points.
    let at = |x: f32, y: f32| pos2(c.x + x, c.y + y);
    let stroke = Stroke::new(1.6, colour);
    let fill = |points: Vec<Pos2>| _ = painter.add(Shape::convex_polygon(points, colour, Stroke::NONE));
    let line = |points: Vec<Pos2>| _ = painter.add(Shape::line(points, stroke));
    let bar = |x: f32, y: f32, w: f32, h: f32| {
        painter.rect_filled(Rect::from_min_size(at(x, y), vec2(w, h)), 1.0, colour);
    };
    match icon {
        Icon::Play => fill(vec![at(-5.0, -7.0), at(7.5, 0.0), at(-5.0, 7.0)]),
        Icon::Pause => {
            bar(-5.5, -6.5, 4.0, 13.0);
            bar(1.5, -6.5, 4.0, 13.0);
        }
        Icon::Stop => bar(-6.0, -6.0, 12.0, 12.0),
        Icon::ToStart => {
            bar(-6.5, -6.0, 2.2, 12.0);
            fill(vec![at(6.0, -6.0), at(6.0, 6.0), at(-4.0, 0.0)]);
        }
        Icon::Loop => {
            line(arc(c, 6.2, -0.42, 0.36));
            line(arc(c, 6.2, 0.08, 0.86));
            arrow_head(
                painter,
                c + 6.2 * Vec2::angled(0.36 * TAU),
                Vec2::angled((0.36 + 0.25) * TAU),
                colour,
            );
            arrow_head(
                painter,
                c + 6.2 * Vec2::angled(0.86 * TAU),
                Vec2::angled((0.86 + 0.25) * TAU),
                colour,
            );
        }
        Icon::Volume | Icon::Muted => {
            fill(vec![at(-7.0, -2.5), at(-4.0, -2.5), at(-4.0, 2.5), at(-7.0, 2.5)]);
            fill(vec![at(-4.5, -2.5), at(0.0, -6.5), at(0.0, 6.5), at(-4.5, 2.5)]);
            if icon == Icon::Volume {
                line(arc(at(0.5, 0.0), 3.4, -0.13, 0.13));
                line(arc(at(0.5, 0.0), 6.4, -0.13, 0.13));
            } else {
                line(vec![at(3.0, -2.8), at(7.6, 2.8)]);
                line(vec![at(7.6, -2.8), at(3.0, 2.8)]);
            }
        }
        Icon::Dice => {
            let square = Rect::from_center_size(c, Vec2::splat(13.0));
            painter.rect_stroke(square, 3.0, stroke, egui::StrokeKind::Middle);
            for (x, y) in [(-3.0, -3.0), (3.0, -3.0), (0.0, 0.0), (-3.0, 3.0), (3.0, 3.0)] {
                painter.circle_filled(at(x, y), 1.2, colour);
            }
        }
        Icon::Lock | Icon::Unlock => {
            bar(-5.0, -0.5, 10.0, 7.5);
            let lift = if icon == Icon::Lock { 0.0 } else { -1.5 };
            let mut shackle = vec![at(-3.2, -0.5)];
            shackle.extend(arc(at(0.0, -3.0 + lift), 3.2, -0.5, 0.0));
            if icon == Icon::Lock {
                shackle.push(at(3.2, -0.5));
            }
            line(shackle);
        }
        Icon::Star | Icon::StarEmpty => paint_star(painter, c, 7.0, colour, icon == Icon::Star),
        Icon::More => {
            [-5.0, 0.0, 5.0].into_iter().for_each(|x| _ = painter.circle_filled(at(x, 0.0), 1.5, colour))
        }
        Icon::Close => {
            line(vec![at(-4.5, -4.5), at(4.5, 4.5)]);
            line(vec![at(4.5, -4.5), at(-4.5, 4.5)]);
        }
        Icon::Theme => {
            painter.circle_stroke(c, 6.2, stroke);
            fill(arc(c, 6.2, -0.25, 0.25));
        }
        Icon::Help => {
            let mut hook = arc(at(0.0, -2.8), 3.6, -0.48, 0.12);
            hook.extend([at(0.0, 1.4), at(0.0, 2.8)]);
            line(hook);
            painter.circle_filled(at(0.0, 6.0), 1.2, colour);
        }
        Icon::Save => {
            line(vec![at(0.0, -7.0), at(0.0, 2.0)]);
            line(vec![at(-3.5, -1.5), at(0.0, 2.0), at(3.5, -1.5)]);
            line(vec![at(-6.5, 2.5), at(-6.5, 6.0), at(6.5, 6.0), at(6.5, 2.5)]);
        }
        Icon::Open => {
            line(vec![
                at(-7.0, 5.5),
                at(-7.0, -5.0),
                at(-2.5, -5.0),
                at(-1.0, -3.0),
                at(5.5, -3.0),
                at(5.5, -0.5),
            ]);
            line(vec![at(-7.0, 5.5), at(-4.5, -0.5), at(7.8, -0.5), at(5.5, 5.5), at(-7.0, 5.5)]);
        }
        Icon::Swap => {
            line(vec![at(-6.0, -3.0), at(5.0, -3.0)]);
            line(vec![at(2.0, -6.0), at(5.5, -3.0), at(2.0, 0.0)]);
            line(vec![at(6.0, 3.5), at(-5.0, 3.5)]);
            line(vec![at(-2.0, 0.5), at(-5.5, 3.5), at(-2.0, 6.5)]);
        }
    }
}

/// Points of an arc; `from` and `to` are in turns, clockwise from the right.
fn arc(centre: Pos2, radius: f32, from: f32, to: f32) -> Vec<Pos2> {
    const STEPS: usize = 20;
    (0..=STEPS)
        .map(|i| centre + radius * Vec2::angled((from + (to - from) * i as f32 / STEPS as f32) * TAU))
        .collect()
}

fn arrow_head(painter: &Painter, tip: Pos2, direction: Vec2, colour: Color32) {
    let side = direction.rot90();
    let points = vec![tip + 3.6 * direction, tip + 3.0 * side, tip - 3.0 * side];
    painter.add(Shape::convex_polygon(points, colour, Stroke::NONE));
}

fn paint_star(painter: &Painter, centre: Pos2, radius: f32, colour: Color32, filled: bool) {
    let corner = |i: usize| {
        let reach = if i.is_multiple_of(2) { radius } else { radius * 0.44 };
        centre + reach * Vec2::angled((i as f32 / 10.0 - 0.25) * TAU)
    };
    let outline: Vec<Pos2> = (0..10).map(corner).collect();
    if filled {
        // A star is not convex; five kites from the centre are.
        for i in (0..10).step_by(2) {
            let kite = vec![centre, corner((i + 9) % 10), corner(i), corner(i + 1)];
            painter.add(Shape::convex_polygon(kite, colour, Stroke::NONE));
        }
    } else {
        painter.add(Shape::closed_line(outline, Stroke::new(1.3, colour)));
    }
}

/// A square button with an icon. `label` names it for screen readers and tests, `tip` is the tooltip.
pub struct IconButton<'a> {
    icon: Icon,
    label: &'a str,
    tip: &'a str,
    size: f32,
    is_on: bool,
    is_filled: bool,
    disabled_because: Option<&'a str>,
}

impl<'a> IconButton<'a> {
    pub fn new(icon: Icon, label: &'a str) -> IconButton<'a> {
        IconButton {
            icon,
            label,
            tip: label,
            size: 32.0,
            is_on: false,
            is_filled: false,
            disabled_because: None,
        }
    }

    /// Sets the tooltip, including the shortcut.
    pub fn tip(mut self, tip: &'a str) -> Self {
        self.tip = tip;
        self
    }

    pub fn size(mut self, size: f32) -> Self {
        self.size = size;
        self
    }

    /// Draws the button as a switch that is on.
    pub fn on(mut self, is_on: bool) -> Self {
        self.is_on = is_on;
        self
    }

    /// Draws a filled circle behind the icon: the main button of a group.
    pub fn filled(mut self) -> Self {
        self.is_filled = true;
        self
    }

    pub fn disabled_because(mut self, why: Option<&'a str>) -> Self {
        self.disabled_because = why;
        self
    }

    pub fn show(self, ui: &mut Ui) -> Response {
        let enabled = self.disabled_because.is_none();
        let sense = if enabled { Sense::click() } else { Sense::hover() };
        let (rect, response) = ui.allocate_exact_size(Vec2::splat(self.size), sense);
        let info = || {
            if self.is_on {
                WidgetInfo::selected(Role::Button, enabled, true, self.label)
            } else {
                WidgetInfo::labeled(Role::Button, enabled, self.label)
            }
        };
        response.widget_info(info);
        if ui.is_rect_visible(rect) {
            self.paint(ui, rect, &response, enabled);
        }
        response.on_hover_text(self.disabled_because.unwrap_or(self.tip))
    }

    fn paint(&self, ui: &Ui, rect: Rect, response: &Response, enabled: bool) {
        let palette = Palette::of(ui);
        let radius = if self.is_filled { self.size / 2.0 } else { 6.0 };
        let hot = enabled && (response.hovered() || response.is_pointer_button_down_on());
        let ground = match () {
            () if hot => Some(ui.style().interact(response).weak_bg_fill),
            () if self.is_filled => Some(palette.raised),
            () => None,
        };
        if let Some(ground) = ground {
            ui.painter().rect_filled(rect, radius, ground);
        }
        if response.has_focus() {
            ui.painter().rect_stroke(
                rect,
                radius,
                Stroke::new(1.5, palette.accent),
                egui::StrokeKind::Inside,
            );
        }
        let colour = match () {
            () if !enabled => palette.weak_text.gamma_multiply(0.5),
            () if self.is_on => palette.accent,
            () if hot || self.is_filled => palette.text,
            () => palette.weak_text,
        };
        paint(ui.painter(), rect, self.icon, colour);
    }
}
