//! Keys of the whole window. They act before any widget sees them, but never while text is being typed.

use eframe::egui::{Context, Key, KeyboardShortcut, Modifiers};

use super::action::{Action, Ask, Sheet};
use super::state::AppState;

/// A key and what it does.
pub struct Shortcut {
    pub keys: KeyboardShortcut,
    pub what: &'static str,
    /// Acts in text fields too.
    is_global: bool,
    /// Leaves the key to a widget that the keyboard has moved to.
    yields: bool,
    action: fn(&AppState) -> Option<Action>,
}

impl Shortcut {
    const fn plain(key: Key, what: &'static str, action: fn(&AppState) -> Option<Action>) -> Shortcut {
        let keys = KeyboardShortcut::new(Modifiers::NONE, key);
        Shortcut {
            keys,
            what,
            is_global: false,
            yields: false,
            action,
        }
    }

    const fn command(key: Key, what: &'static str, action: fn(&AppState) -> Option<Action>) -> Shortcut {
        let keys = KeyboardShortcut::new(Modifiers::COMMAND, key);
        Shortcut {
            keys,
            what,
            is_global: true,
            yields: false,
            action,
        }
    }

    const fn yielding(mut self) -> Shortcut {
        self.yields = true;
        self
    }

    /// As people write it: "Ctrl+Enter".
    pub fn text(&self) -> String {
        let mut words = Vec::new();
        let modifiers = self.keys.modifiers;
        if modifiers.command || modifiers.ctrl {
            words.push(if cfg!(target_os = "macos") { "Cmd" } else { "Ctrl" });
        }
        if modifiers.shift {
            words.push("Shift");
        }
        words.push(match self.keys.logical_key {
            Key::ArrowLeft => "Left",
            Key::ArrowRight => "Right",
            Key::ArrowUp => "Up",
            Key::ArrowDown => "Down",
            Key::Escape => "Esc",
            Key::Questionmark => "?",
            key => key.name(),
        });
        words.join("+")
    }
}

pub const GENERATE: Shortcut = Shortcut::command(Key::Enter, "Generate", |state| {
    (state.composing.is_none() && state.cannot_compose().is_none()).then_some(Action::Generate)
});

/// Everything that the sheet lists, in its order.
pub const ALL: &[Shortcut] = &[
    Shortcut::plain(Key::Space, "Play or pause", |_| Some(Action::PlayPause)).yielding(),
    Shortcut::plain(Key::Enter, "Stop and go to the start", |_| Some(Action::Stop)).yielding(),
    Shortcut::plain(Key::Home, "To the start", |_| Some(Action::SeekTo(0.0))).yielding(),
    Shortcut::plain(Key::End, "To the end", |_| Some(Action::SeekToEnd)).yielding(),
    Shortcut {
        keys: KeyboardShortcut::new(Modifiers::SHIFT, Key::ArrowLeft),
        what: "Back 5 seconds",
        is_global: false,
        yields: true,
        action: |_| Some(Action::SeekBy(-5.0)),
    },
    Shortcut {
        keys: KeyboardShortcut::new(Modifiers::SHIFT, Key::ArrowRight),
        what: "On 5 seconds",
        is_global: false,
        yields: true,
        action: |_| Some(Action::SeekBy(5.0)),
    },
    Shortcut::plain(Key::ArrowLeft, "Back 1 second", |_| Some(Action::SeekBy(-1.0))).yielding(),
    Shortcut::plain(Key::ArrowRight, "On 1 second", |_| Some(Action::SeekBy(1.0))).yielding(),
    Shortcut::plain(Key::ArrowUp, "Faster", |s| {
        Some(Action::SetTempo(s.sound.tempo_scale + 0.05))
    })
    .yielding(),
    Shortcut::plain(Key::ArrowDown, "Slower", |s| {
        Some(Action::SetTempo(s.sound.tempo_scale - 0.05))
    })
    .yielding(),
    Shortcut::plain(Key::L, "Loop on or off", |_| Some(Action::ToggleLoop)),
    Shortcut::plain(Key::M, "Mute or unmute", |_| Some(Action::ToggleMute)),
    Shortcut::plain(Key::F, "Fit the take into the roll", |_| Some(Action::FitRoll)),
    Shortcut::plain(Key::B, "The other take, at the same playhead", |_| {
        Some(Action::SwapTakes)
    }),
    Shortcut::plain(Key::S, "Star the take", |s| {
        Some(Action::ToggleStar(s.staged_take()?.id.clone()))
    }),
    GENERATE,
    Shortcut::plain(Key::Escape, "Stop composing", |s| {
        s.composing.as_ref().map(|_| Action::StopComposing)
    }),
    Shortcut::command(Key::O, "Open a MIDI file", |_| Some(Action::Ask(Ask::Music))),
    Shortcut::command(Key::S, "Save as MIDI", |s| {
        s.stage.as_ref().map(|_| Action::ShowSave { as_wav: false })
    }),
    Shortcut::command(Key::E, "Export as WAV", |s| {
        s.stage.as_ref().map(|_| Action::ShowSave { as_wav: true })
    }),
    Shortcut::plain(Key::Questionmark, "This sheet", |_| {
        Some(Action::ShowSheet(Sheet::Shortcuts))
    }),
];

/// Consumes the keys that were pressed and returns what they mean. A widget that Tab has moved to keeps the keys
/// that press and move it: Space, Enter, the arrows.
pub fn consume(ctx: &Context, state: &AppState) -> Vec<Action> {
    if let Some(sheet) = &state.sheet {
        let is_closed = ctx.input_mut(|i| i.consume_key(Modifiers::NONE, Key::Escape));
        return if is_closed && *sheet != Sheet::Close {
            vec![Action::CloseSheet]
        } else {
            Vec::new()
        };
    }
    let is_typing = ctx.text_edit_focused();
    let has_focus = ctx.memory(|m| m.focused().is_some());
    let is_menu_open = eframe::egui::Popup::is_any_open(ctx);
    let is_live = |shortcut: &Shortcut| {
        shortcut.is_global || !(is_typing || is_menu_open || (has_focus && shortcut.yields))
    };
    let mut actions: Vec<Action> = Vec::new();
    // Shifted arrows come before the plain ones, whose pattern they would fit as well.
    for shortcut in ALL.iter().filter(|s| is_live(s)) {
        let pressed = ctx.input_mut(|i| match shortcut.keys.logical_key {
            // The question mark needs Shift on most keyboards and something else on others.
            Key::Questionmark => {
                i.consume_key(Modifiers::SHIFT, Key::Questionmark)
                    || i.consume_key(Modifiers::NONE, Key::Questionmark)
                    || i.consume_key(Modifiers::NONE, Key::F1)
            }
            _ => i.consume_shortcut(&shortcut.keys),
        });
        if pressed {
            actions.extend((shortcut.action)(state));
        }
    }
    actions
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_shortcuts_share_keys() {
        for (i, a) in ALL.iter().enumerate() {
            assert!(ALL[..i].iter().all(|b| a.keys != b.keys), "{}", a.what);
        }
        assert_eq!(
            GENERATE.text(),
            if cfg!(target_os = "macos") {
                "Cmd+Enter"
            } else {
                "Ctrl+Enter"
            }
        );
    }
}
