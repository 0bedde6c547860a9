//! Short messages above the transport, with Details and Copy.

use std::time::{Duration, Instant};

use eframe::egui::{
    self, Align, Align2, Area, Button, Frame, Id, Label, Layout, Margin, Order, RichText, Ui, vec2,
};

use crate::app::kit::icons::{Icon, IconButton};
use crate::app::kit::theme::{GRID, Palette};
use crate::app::state::action::{Action, Actions};
use crate::causes::details;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Done,
    Warning,
    Error,
}

#[derive(Clone, Debug)]
struct Toast {
    id: u64,
    kind: Kind,
    text: String,
    details: Option<String>,
    action: Option<(String, Action)>,
    born: Instant,
    is_open: bool,
}

/// How long a message that is not an error is shown.
const TOAST_TIME: Duration = Duration::from_secs(6);
/// Most messages shown at once; older ones are dropped.
const MAX_TOASTS: usize = 4;

#[derive(Debug, Default)]
pub struct Toasts {
    toasts: Vec<Toast>,
    count: u64,
}

impl Toasts {
    pub fn done(&mut self, text: impl Into<String>) {
        self.push(Kind::Done, text.into(), None, None);
    }

    pub fn warn(&mut self, text: impl Into<String>) {
        self.push(Kind::Warning, text.into(), None, None);
    }

    /// A message with a button, such as Undo.
    pub fn offer(&mut self, text: impl Into<String>, button: &str, action: impl Into<Action>) {
        self.push(Kind::Done, text.into(), None, Some((button.to_owned(), action.into())));
    }

    /// Reports an error: what failed in a few words, with all causes as details.
    pub fn error(&mut self, what: impl Into<String>, error: &(dyn std::error::Error + 'static)) {
        self.failure(what, details(error));
    }

    /// [`Toasts::error`] with the details as text.
    pub fn failure(&mut self, what: impl Into<String>, details: String) {
        let what = what.into();
        tracing::warn!(details, "{what}");
        self.push(Kind::Error, what, Some(details), None);
    }

    fn push(&mut self, kind: Kind, text: String, details: Option<String>, action: Option<(String, Action)>) {
        self.toasts.retain(|t| t.text != text || t.details != details);
        self.count += 1;
        let toast =
            Toast { id: self.count, kind, text, details, action, born: Instant::now(), is_open: false };
        self.toasts.push(toast);
        let surplus = self.toasts.len().saturating_sub(MAX_TOASTS);
        self.toasts.drain(..surplus);
    }

    /// Draws the messages `above` points above the window's lower right corner.
    pub fn ui(&mut self, ctx: &egui::Context, above: f32, actions: &mut Actions) {
        self.toasts.retain(|t| t.kind == Kind::Error || t.is_open || t.born.elapsed() < TOAST_TIME);
        if self.toasts.is_empty() {
            return;
        }
        ctx.request_repaint_after(Duration::from_millis(500));
        let mut closed = None;
        Area::new(Id::unique("toasts"))
            .order(Order::Foreground)
            .anchor(Align2::RIGHT_BOTTOM, vec2(-2.0 * GRID, -above - 2.0 * GRID))
            .show(ctx, |ui| {
                ui.set_max_width(360.0);
                for toast in &mut self.toasts {
                    if toast.ui(ui, actions) {
                        closed = Some(toast.id);
                    }
                }
            });
        self.toasts.retain(|t| Some(t.id) != closed);
    }
}

impl Toast {
    /// Draws one message; true when it should disappear.
    fn ui(&mut self, ui: &mut Ui, actions: &mut Actions) -> bool {
        let palette = Palette::of(ui);
        let colour = match self.kind {
            Kind::Done => palette.success,
            Kind::Warning => palette.warning,
            Kind::Error => palette.error,
        };
        let mut gone = false;
        let frame =
            Frame::new().fill(palette.raised).corner_radius(8.0).inner_margin(Margin::symmetric(12, 8));
        let shown = frame.shadow(ui.visuals().popup_shadow).show(ui, |ui| {
            ui.set_width(336.0);
            ui.horizontal(|ui| {
                let (dot, _) = ui.allocate_exact_size(vec2(8.0, 16.0), egui::Sense::hover());
                ui.painter().circle_filled(dot.center(), 4.0, colour);
                ui.with_layout(Layout::right_to_left(Align::TOP), |ui| {
                    gone |= IconButton::new(Icon::Close, "Dismiss").size(24.0).show(ui).clicked();
                    ui.with_layout(Layout::left_to_right(Align::Center).with_main_wrap(true), |ui| {
                        ui.label(&self.text);
                    });
                });
            });
            if self.action.is_some() || self.details.is_some() {
                ui.horizontal(|ui| {
                    ui.add_space(8.0 + GRID);
                    if let Some((label, action)) = &self.action
                        && ui
                            .add(Button::new(RichText::new(label).color(palette.accent)).frame(false))
                            .clicked()
                    {
                        actions.push(action.clone());
                        gone = true;
                    }
                    gone |= self.details_ui(ui, &palette);
                });
            }
            if let Some(details) = &self.details {
                let small = |text: &str| Label::new(RichText::new(text).small().color(palette.weak_text));
                if self.is_open {
                    ui.add(small(details))
                } else {
                    ui.add(small(details.lines().next().unwrap_or_default()).truncate())
                };
            }
        });
        shown.response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Alert, true, &self.text));
        gone
    }

    fn details_ui(&mut self, ui: &mut Ui, palette: &Palette) -> bool {
        let Some(details) = &self.details else {
            return false;
        };
        let word = if self.is_open { "Hide details" } else { "Details" };
        if ui.add(Button::new(RichText::new(word).color(palette.accent)).frame(false)).clicked() {
            self.is_open = !self.is_open;
        }
        if ui.add(Button::new(RichText::new("Copy").color(palette.accent)).frame(false)).clicked() {
            ui.copy_text(format!("{}\n{details}", self.text));
        }
        false
    }
}
