//! All key presses of a frame, in order.
//!
//! egui only says whether a key was pressed during a frame; a slow frame can hold several presses.

use eframe::egui::{Context, Event, Key, Modifiers};

/// One press, or one repeat of a key that is held.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Press {
    pub key: Key,
    pub modifiers: Modifiers,
    pub is_repeat: bool,
}

/// Removes the presses that `wants` from this frame's events, so that no other widget acts on them.
pub fn take_presses(ctx: &Context, mut wants: impl FnMut(Press) -> bool) -> Vec<Press> {
    let mut taken = Vec::new();
    ctx.input_mut(|input| {
        input.events.retain(|event| {
            let Event::Key { key, pressed: true, repeat, modifiers, .. } = *event else {
                return true;
            };
            let press = Press { key, modifiers, is_repeat: repeat };
            let is_wanted = wants(press);
            if is_wanted {
                taken.push(press);
            }
            !is_wanted
        });
    });
    taken
}

/// The `keys` that were pressed without a modifier.
pub fn take_plain(ctx: &Context, keys: &[Key]) -> Vec<Key> {
    take_presses(ctx, |press| press.modifiers.is_none() && keys.contains(&press.key))
        .into_iter()
        .map(|press| press.key)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use eframe::egui::RawInput;

    fn stroke(key: Key, modifiers: Modifiers, repeat: bool) -> Event {
        Event::Key { key, physical_key: None, pressed: true, repeat, modifiers }
    }

    #[test]
    fn every_stroke_of_a_frame_is_taken_in_its_order_and_the_rest_left() {
        let events = vec![
            stroke(Key::ArrowUp, Modifiers::NONE, false),
            stroke(Key::ArrowRight, Modifiers::NONE, false),
            stroke(Key::ArrowLeft, Modifiers::ALT, false),
            stroke(Key::ArrowUp, Modifiers::NONE, true),
        ];
        let ctx = Context::default();
        let input = RawInput { events, ..RawInput::default() };
        let mut output = ctx.run_ui(input, |ui| {
            let keys = take_plain(ui.ctx(), &[Key::ArrowUp, Key::ArrowRight, Key::ArrowLeft]);
            assert_eq!(keys, [Key::ArrowUp, Key::ArrowRight, Key::ArrowUp]);
            let left = ui.ctx().input(|i| i.events.clone());
            assert_eq!(left, [stroke(Key::ArrowLeft, Modifiers::ALT, false)]);
        });
        output.textures_delta.clear();
    }
}
