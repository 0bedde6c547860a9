//! The list of takes on the right, with search.

use eframe::egui::{
    self, Align, Button, Layout, Popup, Rect, RichText, ScrollArea, SetOpenCommand, TextEdit, Ui, WidgetInfo,
};

use super::row::{ROW, Row, ago, more_rect, star_rect};
use crate::app::kit::icons::{Icon, IconButton};
use crate::app::kit::parts::{caption, heading, menu_spacing};
use crate::app::kit::theme::{GRID, Palette};
use crate::app::panels::look::style_of;
use crate::app::panels::takes::menu::menu_ui;
use crate::app::state::action::{Actions, Ask, FileAction, Sheet, TakeAction, WindowAction};
use crate::app::state::app_state::AppState;
use crate::app::state::stage::{Composing, StageSource};
use crate::app::widgets::roll::Thumbnail;
use crate::display::{clock, shortened};
use crate::takes::{TakeEntry, now_secs};

#[derive(Debug, Default)]
pub struct TakesPanel {
    /// Thumbnail of the growing take, redrawn when it has grown enough.
    growing: Option<(usize, Thumbnail)>,
}

impl TakesPanel {
    pub fn ui(&mut self, ui: &mut Ui, state: &AppState, actions: &mut Actions) {
        header_ui(ui, state, actions);
        search_ui(ui, state, actions);
        ui.add_space(GRID * 0.5);
        if let Some(composing) = &state.composing {
            self.composing_ui(ui, state, composing, actions);
        } else {
            self.growing = None;
        }
        if state.takes.shown_count() == 0 {
            empty_ui(ui, state);
            return;
        }
        ui.spacing_mut().item_spacing.y = 4.0;
        ScrollArea::vertical().auto_shrink(false).show_rows(
            ui,
            ROW,
            state.takes.shown_count(),
            |ui, rows| {
                for row in rows {
                    if let Some(entry) = state.takes.shown(row) {
                        entry_ui(ui, state, entry, actions);
                    }
                }
            },
        );
    }

    fn composing_ui(&mut self, ui: &mut Ui, state: &AppState, composing: &Composing, actions: &mut Actions) {
        let palette = Palette::of(ui);
        let count = composing.performance.notes().len();
        let is_due =
            self.growing.as_ref().is_none_or(|(drawn, _)| count > drawn + drawn / 10 + 8 || count < *drawn);
        if is_due {
            self.growing = Some((count, Thumbnail::new(&composing.performance)));
        }
        let is_staged = state.is_stage_growing();
        let style = style_of(ui, state, composing.settings.composer.as_deref());
        let row = Row {
            title: &composing.name,
            right: composing.progress(),
            below: if composing.stop.is_stopped() {
                "stopping…".to_owned()
            } else {
                "composing…".to_owned()
            },
            style,
            is_staged,
            is_starred: false,
            thumbnail: self.growing.as_ref().map(|(_, picture)| picture),
            progress: None,
        };
        let response = row.ui(ui, &palette, egui::Id::unique("composing-row"));
        if response.clicked() && !is_staged {
            actions.push(TakeAction::ShowComposing);
        }
        ui.add_space(4.0);
    }
}

fn header_ui(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    ui.horizontal(|ui| {
        ui.set_min_height(28.0);
        heading(ui, "Takes");
        let all = state.takes.all().len();
        if all > 0 {
            let count = if state.takes.filter().is_empty() {
                all.to_string()
            } else {
                format!("{} of {all}", state.takes.shown_count())
            };
            caption(ui, &count);
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let more = IconButton::new(Icon::More, "More about takes").size(28.0).show(ui);
            Popup::menu(&more).show(|ui| {
                menu_spacing(ui, 200.0);
                let starred = state.takes.all().iter().any(|e| e.record.is_starred);
                let save = ui.add_enabled(starred, Button::new("Save all starred…"));
                if save.on_disabled_hover_text("No take has a star yet.").clicked() {
                    actions.push(WindowAction::ShowSheet(Sheet::SaveStarred));
                }
                recent_ui(ui, state, actions);
            });
            let open =
                IconButton::new(Icon::Open, "Open MIDI file").tip("Open a MIDI file (Ctrl+O)").size(28.0);
            if open.show(ui).clicked() {
                actions.push(FileAction::Ask(Ask::Music));
            }
        });
    });
}

fn recent_ui(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    if state.settings.recent.is_empty() {
        return;
    }
    ui.separator();
    caption(ui, "Recent files");
    for path in &state.settings.recent {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if ui.button(shortened(&name, 32)).on_hover_text(path.display().to_string()).clicked() {
            actions.push(FileAction::Open(path.clone()));
        }
    }
}

fn search_ui(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    let mut filter = state.takes.filter().clone();
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        let width = ui.available_width() - 32.0;
        let edit =
            TextEdit::singleline(&mut filter.text).hint_text("Search takes").desired_width(width - 16.0);
        let response = ui.add(edit.margin(egui::Margin::symmetric(8, 5)));
        response.widget_info(|| {
            let mut info = WidgetInfo::text_edit(true, "", filter.text.clone(), "Search takes");
            info.label = Some("Search takes".to_owned());
            info
        });
        let icon = if filter.only_starred { Icon::Star } else { Icon::StarEmpty };
        let stars = IconButton::new(icon, "Only starred takes").size(28.0).on(filter.only_starred);
        if stars.show(ui).clicked() {
            filter.only_starred = !filter.only_starred;
        }
    });
    if filter != *state.takes.filter() {
        actions.push(TakeAction::SetFilter(filter));
    }
}

fn empty_ui(ui: &mut Ui, state: &AppState) {
    let weak = Palette::of(ui).weak_text;
    let text = match () {
        () if !state.takes.is_listed => "",
        () if !state.takes.filter().is_empty() => "No take matches.",
        () if state.composing.is_some() => "",
        () => "Every take you generate is saved here with its settings.",
    };
    ui.add_space(GRID * 2.0);
    ui.label(RichText::new(text).color(weak));
}

fn entry_ui(ui: &mut Ui, state: &AppState, entry: &TakeEntry, actions: &mut Actions) {
    let palette = Palette::of(ui);
    let record = &entry.record;
    let is_staged = state.stage.as_ref().is_some_and(|s| s.source == StageSource::Take(entry.id.clone()));
    let progress = is_staged.then(|| (state.sound.position_secs / record.duration_secs.max(0.1)) as f32);
    let row = Row {
        title: &record.name,
        right: clock(record.duration_secs, 0),
        below: ago(record.created_secs, now_secs()),
        style: style_of(ui, state, record.composer.as_deref()),
        is_staged,
        is_starred: record.is_starred,
        thumbnail: state.takes.thumbnail(&entry.id),
        progress,
    };
    let response = row.ui(ui, &palette, egui::Id::unique(("take", entry.id.as_str())));
    let star = star_rect(response.rect);
    let more = more_rect(response.rect);
    let pointer = response.interact_pointer_pos();
    let is_at = |rect: Rect| pointer.is_some_and(|p| rect.expand(4.0).contains(p));
    let is_more = response.clicked() && is_at(more);
    if response.clicked() && is_at(star) {
        actions.push(TakeAction::ToggleStar(entry.id.clone()));
    } else if response.clicked() && !is_more {
        actions.push(TakeAction::Show { id: entry.id.clone(), play: false });
    }
    if response.double_clicked() && !is_at(star) && !is_at(more) {
        actions.push(TakeAction::Show { id: entry.id.clone(), play: true });
    }
    let opens = is_more || response.secondary_clicked();
    Popup::menu(&response)
        .open_memory(opens.then_some(SetOpenCommand::Bool(true)))
        .at_pointer_fixed()
        .show(|ui| menu_ui(ui, state, entry, actions));
}
