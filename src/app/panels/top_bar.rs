//! The bar at the top: tabs, the checkpoint and its device, theme, help.

use eframe::egui::{
    self, Align, Button, FontFamily, Layout, Popup, Rect, RichText, Role, Sense, Ui, WidgetInfo, vec2,
};

use crate::app::kit::fonts::HEADING_FAMILY;
use crate::app::kit::icons::{Icon, IconButton};
use crate::app::kit::parts::{caption, menu_spacing};
use crate::app::kit::theme::{GRID, Palette};
use crate::app::state::action::{Actions, Ask, FileAction, ModelAction, Sheet, Tab, WindowAction};
use crate::app::state::app_state::AppState;
use crate::app::state::settings::Theme;
use crate::device::DeviceChoice;
use crate::display::{shortened, stem, thousands};

pub const HEIGHT: f32 = 48.0;

pub fn top_bar_ui(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    ui.horizontal_centered(|ui| {
        let family = FontFamily::Name(HEADING_FAMILY.into());
        ui.label(RichText::new("Pastiche").family(family).size(18.0));
        ui.add_space(GRID * 2.0);
        ui.spacing_mut().item_spacing.x = 4.0;
        for (tab, name) in [
            (Tab::Studio, "Studio"),
            (Tab::LatentSpace, "Latent space"),
            (Tab::Training, "Training"),
            (Tab::Evaluation, "Evaluation"),
        ] {
            if tab_ui(ui, name, state.tab == tab) {
                actions.push(WindowAction::ShowTab(tab));
            }
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            help_ui(ui, actions);
            theme_ui(ui, state, actions);
            ui.add_space(GRID);
            model_ui(ui, state, actions);
        });
    });
}

fn tab_ui(ui: &mut Ui, name: &str, is_shown: bool) -> bool {
    let palette = Palette::of(ui);
    let font = egui::TextStyle::Body.resolve(ui.style());
    let text = ui.painter().layout_no_wrap(name.to_owned(), font, egui::Color32::PLACEHOLDER);
    let (rect, response) = ui.allocate_exact_size(vec2(text.size().x + 24.0, HEIGHT), Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::Tab, true, is_shown, name));
    let colour = if is_shown || response.hovered() { palette.text } else { palette.weak_text };
    ui.painter().galley(rect.center() - text.size() / 2.0, text, colour);
    if is_shown {
        let line =
            Rect::from_min_max(rect.left_bottom() + vec2(12.0, -2.0), rect.right_bottom() - vec2(12.0, 0.0));
        ui.painter().rect_filled(line, 1.0, palette.accent);
    }
    if response.has_focus() {
        let ring = egui::Stroke::new(1.5, palette.accent);
        ui.painter().rect_stroke(rect.shrink2(vec2(2.0, 8.0)), 6.0, ring, egui::StrokeKind::Inside);
    }
    response.clicked()
}

fn model_ui(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    let palette = Palette::of(ui);
    let model = &state.model;
    let (name, note, colour) = match (&model.loading, &model.ready, &model.failure) {
        (Some((_, path)), _, _) => (stem(path), "loading…".to_owned(), palette.weak_text),
        (None, Some(info), _) => (stem(&info.path), info.device.clone(), palette.weak_text),
        (None, None, Some((path, _))) => (stem(path), "could not be loaded".to_owned(), palette.error),
        (None, None, None) => ("No checkpoint".to_owned(), "choose one".to_owned(), palette.warning),
    };
    let mut job = egui::text::LayoutJob::default();
    let font = egui::TextStyle::Body.resolve(ui.style());
    let small = egui::TextStyle::Small.resolve(ui.style());
    job.append(&shortened(&name, 28), 0.0, egui::TextFormat::simple(font, palette.text));
    job.append(&shortened(&note, 24), 8.0, egui::TextFormat::simple(small, colour));
    let button = ui.add(Button::new(job).min_size(vec2(0.0, 32.0)));
    button.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Checkpoint: {name}, {note}")));
    let tip = match &model.ready {
        Some(info) => format!("{name}\nstep {}, on {}", thousands(info.trained_on.step), info.device),
        None => "No checkpoint is loaded. Choose one here.".to_owned(),
    };
    let button = button.on_hover_text(tip);
    Popup::menu(&button).width(280.0).show(|ui| model_menu_ui(ui, state, actions));
}

fn model_menu_ui(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    menu_spacing(ui, 280.0);
    caption(ui, "Checkpoint");
    let used = state.model.ready.as_ref().map(|info| &info.path);
    let elsewhere = used.filter(|path| !state.model.found.contains(path));
    for path in elsewhere.into_iter().chain(&state.model.found) {
        let response = ui.selectable_label(used == Some(path), shortened(&stem(path), 36));
        if response.on_hover_text(path.display().to_string()).clicked() {
            actions.push(ModelAction::Load(path.clone()));
        }
    }
    if ui.button("Open checkpoint…").clicked() {
        actions.push(FileAction::Ask(Ask::Checkpoint));
    }
    ui.separator();
    caption(ui, "Compose on");
    for (device, name) in [
        (DeviceChoice::Auto, "Fastest available"),
        (DeviceChoice::Cpu, "Processor (CPU)"),
        (DeviceChoice::Cuda, "Nvidia graphics card (CUDA)"),
        (DeviceChoice::Mps, "Apple graphics (MPS)"),
    ] {
        if device == DeviceChoice::Mps && !cfg!(target_os = "macos") {
            continue;
        }
        if ui.selectable_label(state.settings.device == device, name).clicked() {
            actions.push(ModelAction::UseDevice(device));
        }
    }
}

fn theme_ui(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    let button = IconButton::new(Icon::Theme, "Theme").show(ui);
    Popup::menu(&button).show(|ui| {
        menu_spacing(ui, 140.0);
        for (theme, name) in [(Theme::System, "System"), (Theme::Light, "Light"), (Theme::Dark, "Dark")] {
            if ui.selectable_label(state.settings.theme == theme, name).clicked() {
                actions.push(WindowAction::SetTheme(theme));
            }
        }
    });
}

fn help_ui(ui: &mut Ui, actions: &mut Actions) {
    let button = IconButton::new(Icon::Help, "Help").show(ui);
    Popup::menu(&button).show(|ui| {
        menu_spacing(ui, 200.0);
        if ui.button("Keyboard shortcuts (?)").clicked() {
            actions.push(WindowAction::ShowSheet(Sheet::Shortcuts));
        }
        if ui.button("About Pastiche").clicked() {
            actions.push(WindowAction::ShowSheet(Sheet::About));
        }
    });
}
