//! Keyboard shortcuts of the window. They act before any widget sees the keys, but not while text is typed.

use eframe::egui::{Context, Key, KeyboardShortcut, Modifiers};

use crate::app::kit::keys::{Press, take_presses};
use crate::app::state::action::{
    Action, Ask, ComposeAction, EditAction, FileAction, Sheet, TakeAction, TransportAction, WindowAction,
};
use crate::app::state::app_state::AppState;
use crate::music::NoteEdit;

/// A key and what it does.
pub struct Shortcut {
    pub keys: KeyboardShortcut,
    pub what: &'static str,
    /// Also acts in text fields.
    is_global: bool,
    /// Leaves the key to a focused widget.
    yields: bool,
    /// Repeats while the key is held.
    repeats: bool,
    action: fn(&AppState) -> Option<Action>,
}

impl Shortcut {
    const fn new(
        modifiers: Modifiers,
        key: Key,
        what: &'static str,
        action: fn(&AppState) -> Option<Action>,
    ) -> Shortcut {
        let keys = KeyboardShortcut::new(modifiers, key);
        Shortcut { keys, what, is_global: false, yields: false, repeats: false, action }
    }

    const fn plain(key: Key, what: &'static str, action: fn(&AppState) -> Option<Action>) -> Shortcut {
        Shortcut::new(Modifiers::NONE, key, what, action)
    }

    /// A key with Ctrl.
    const fn command(key: Key, what: &'static str, action: fn(&AppState) -> Option<Action>) -> Shortcut {
        Shortcut::new(Modifiers::COMMAND, key, what, action)
    }

    const fn global(mut self) -> Shortcut {
        self.is_global = true;
        self
    }

    const fn yielding(mut self) -> Shortcut {
        self.yields = true;
        self
    }

    const fn repeating(mut self) -> Shortcut {
        self.repeats = true;
        self
    }

    /// Matches exactly these modifiers: Alt with a letter is a menu or another letter.
    fn is_pressed(&self, press: Press) -> bool {
        let Press { key, modifiers, .. } = press;
        match self.keys.logical_key {
            // The question mark needs Shift on most keyboards, but not on all.
            Key::Questionmark => {
                (key == Key::Questionmark && !modifiers.command && !modifiers.ctrl)
                    || (key == Key::F1 && modifiers.is_none())
            }
            wanted => key == wanted && modifiers.matches_exact(self.keys.modifiers),
        }
    }

    /// The keys as text: "Ctrl+Enter".
    pub fn text(&self) -> String {
        let mut words = Vec::new();
        let modifiers = self.keys.modifiers;
        if modifiers.command || modifiers.ctrl {
            words.push(if cfg!(target_os = "macos") { "Cmd" } else { "Ctrl" });
        }
        if modifiers.alt {
            words.push("Alt");
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

/// Wraps an action for the table below.
fn some(action: impl Into<Action>) -> Option<Action> {
    Some(action.into())
}

/// A change of the selected notes.
fn edit(state: &AppState, edit: NoteEdit) -> Option<Action> {
    state.selection.as_ref().and_then(|_| some(EditAction::Notes(edit)))
}

pub const GENERATE: Shortcut = Shortcut::command(Key::Enter, "Generate", |state| {
    (state.composing.is_none() && state.cannot_generate().is_none()).then_some(ComposeAction::Generate.into())
})
.global();

/// All shortcuts, in the order of the sheet.
pub const ALL: &[Shortcut] = &[
    Shortcut::plain(Key::Space, "Play or pause", |_| some(TransportAction::PlayPause)).yielding(),
    Shortcut::plain(Key::Enter, "Stop and go to the start", |_| some(TransportAction::Stop)).yielding(),
    Shortcut::plain(Key::Home, "To the start", |_| some(TransportAction::SeekTo(0.0))).yielding(),
    Shortcut::plain(Key::End, "To the end", |_| some(TransportAction::SeekToEnd)).yielding(),
    Shortcut::new(Modifiers::SHIFT, Key::ArrowLeft, "Back 5 seconds", |_| {
        some(TransportAction::SeekBy(-5.0))
    })
    .yielding()
    .repeating(),
    Shortcut::new(Modifiers::SHIFT, Key::ArrowRight, "Forward 5 seconds", |_| {
        some(TransportAction::SeekBy(5.0))
    })
    .yielding()
    .repeating(),
    Shortcut::new(Modifiers::NONE, Key::ArrowLeft, "Back 1 second", |_| some(TransportAction::SeekBy(-1.0)))
        .yielding()
        .repeating(),
    Shortcut::new(Modifiers::NONE, Key::ArrowRight, "Forward 1 second", |_| {
        some(TransportAction::SeekBy(1.0))
    })
    .yielding()
    .repeating(),
    Shortcut::new(Modifiers::NONE, Key::ArrowUp, "Faster", |_| some(TransportAction::ChangeTempo(0.05)))
        .yielding()
        .repeating(),
    Shortcut::new(Modifiers::NONE, Key::ArrowDown, "Slower", |_| some(TransportAction::ChangeTempo(-0.05)))
        .yielding()
        .repeating(),
    Shortcut::plain(Key::L, "Loop on or off", |_| some(TransportAction::ToggleLoop)),
    Shortcut::plain(Key::M, "Mute or unmute", |_| some(TransportAction::ToggleMute)),
    Shortcut::plain(Key::F, "Fit the take into the roll", |_| some(TransportAction::FitRoll)),
    Shortcut::plain(Key::B, "Switch to the previous take at the same playhead", |_| some(TakeAction::Swap)),
    Shortcut::plain(Key::S, "Star the take", |s| some(TakeAction::ToggleStar(s.staged_take()?.id.clone()))),
    GENERATE,
    Shortcut::plain(Key::Escape, "Stop composing, or clear the selection", |s| {
        if s.composing.is_some() || s.recomposing.is_some() {
            some(ComposeAction::Stop)
        } else {
            s.selection.as_ref().and_then(|_| some(EditAction::ClearSelection))
        }
    }),
    Shortcut::command(Key::R, "Recompose the selection", |s| {
        let why_not = s.selection.is_none() || s.cannot_edit().is_some();
        (!why_not).then_some(WindowAction::ShowSheet(Sheet::Recompose).into())
    })
    .global(),
    Shortcut::command(Key::A, "Select the loop, or all notes", |_| some(EditAction::SelectLoop)),
    Shortcut::plain(Key::I, "Start the selection at the playhead", |_| some(EditAction::SelectFromHere)),
    Shortcut::plain(Key::O, "End the selection at the playhead", |_| some(EditAction::SelectToHere)),
    Shortcut::plain(Key::Delete, "Delete the selected notes", |s| edit(s, NoteEdit::Delete)),
    Shortcut::new(Modifiers::ALT, Key::ArrowUp, "Selection up a semitone", |s| {
        edit(s, NoteEdit::transpose(1))
    })
    .repeating(),
    Shortcut::new(Modifiers::ALT, Key::ArrowDown, "Selection down a semitone", |s| {
        edit(s, NoteEdit::transpose(-1))
    })
    .repeating(),
    Shortcut::new(Modifiers::ALT, Key::ArrowLeft, "Selection 20 ms earlier", |s| {
        edit(s, NoteEdit::delay(-0.02))
    })
    .repeating(),
    Shortcut::new(Modifiers::ALT, Key::ArrowRight, "Selection 20 ms later", |s| {
        edit(s, NoteEdit::delay(0.02))
    })
    .repeating(),
    Shortcut::new(Modifiers::COMMAND, Key::ArrowUp, "Selection louder", |s| {
        edit(s, NoteEdit::Velocity { by: 4 })
    })
    .repeating(),
    Shortcut::new(Modifiers::COMMAND, Key::ArrowDown, "Selection softer", |s| {
        edit(s, NoteEdit::Velocity { by: -4 })
    })
    .repeating(),
    Shortcut::new(Modifiers::COMMAND, Key::ArrowLeft, "Selection held shorter", |s| {
        edit(s, NoteEdit::Stretch { factor: 1.0 / 1.1 })
    })
    .repeating(),
    Shortcut::new(Modifiers::COMMAND, Key::ArrowRight, "Selection held longer", |s| {
        edit(s, NoteEdit::Stretch { factor: 1.1 })
    })
    .repeating(),
    Shortcut::plain(Key::K, "Lock or unlock the selected time and keys", |s| {
        s.selection.as_ref().and_then(|_| some(EditAction::ToggleLock))
    }),
    Shortcut::command(Key::Z, "Undo a change of the take", |_| some(EditAction::Undo)),
    Shortcut::command(Key::Y, "Redo a change of the take", |_| some(EditAction::Redo)),
    Shortcut::command(Key::O, "Open a MIDI file", |_| some(FileAction::Ask(Ask::Music))).global(),
    Shortcut::command(Key::S, "Save as MIDI", |s| {
        s.stage.as_ref().and_then(|_| some(FileAction::ShowSave { as_wav: false }))
    })
    .global(),
    Shortcut::command(Key::E, "Export as WAV", |s| {
        s.stage.as_ref().and_then(|_| some(FileAction::ShowSave { as_wav: true }))
    })
    .global(),
    Shortcut::plain(Key::Questionmark, "This sheet", |_| some(WindowAction::ShowSheet(Sheet::Shortcuts))),
];

/// What keys mean while there are alternatives to choose from.
const ALTERNATIVES: [(Key, EditAction); 4] = [
    (Key::ArrowLeft, EditAction::StepAlternative(-1)),
    (Key::ArrowRight, EditAction::StepAlternative(1)),
    (Key::Enter, EditAction::TakeAlternative),
    (Key::Escape, EditAction::LeaveAlternatives),
];

/// Consumes the keys that were pressed and returns their actions. A widget that was focused with Tab keeps the keys
/// that operate it: Space, Enter, the arrows.
pub fn consume(ctx: &Context, state: &AppState) -> Vec<Action> {
    if state.sheet.is_some() {
        let is_closed = ctx.input_mut(|i| i.consume_key(Modifiers::NONE, Key::Escape));
        return is_closed.then_some(WindowAction::CloseSheet.into()).into_iter().collect();
    }
    let is_typing = ctx.text_edit_focused();
    if state.alternatives.is_some() && !is_typing {
        let of = |key| ALTERNATIVES.into_iter().find(|(known, _)| *known == key).map(|(_, action)| action);
        let keys = take_presses(ctx, |p| p.modifiers.is_none() && !p.is_repeat && of(p.key).is_some());
        if !keys.is_empty() {
            return keys.into_iter().filter_map(|p| Some(of(p.key)?.into())).collect();
        }
    }
    let has_focus = ctx.memory(|m| m.focused().is_some());
    let is_menu_open = eframe::egui::Popup::is_any_open(ctx);
    let is_live = |shortcut: &Shortcut| {
        shortcut.is_global || !(is_typing || is_menu_open || (has_focus && shortcut.yields))
    };
    let of = |press: Press| {
        ALL.iter().find(|s| is_live(s) && s.is_pressed(press) && (s.repeats || !press.is_repeat))
    };
    take_presses(ctx, |press| of(press).is_some())
        .into_iter()
        .filter_map(|press| (of(press)?.action)(state))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_shortcuts_share_keys() {
        for (i, a) in ALL.iter().enumerate() {
            assert!(ALL[..i].iter().all(|b| a.keys != b.keys), "{}", a.what);
        }
        assert_eq!(GENERATE.text(), if cfg!(target_os = "macos") { "Cmd+Enter" } else { "Ctrl+Enter" });
    }
}
