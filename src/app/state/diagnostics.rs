//! What a bug report needs to know, as text.

use std::path::Path;

use super::app_state::AppState;
use super::sound::Output;
use crate::device::LIBTORCH_VERSION;
use crate::display::stem;

/// Lines of the log that are included.
const LOG_LINES: usize = 100;

/// The machine.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Machine {
    pub system: String,
    pub processor: String,
    pub cores: usize,
    pub memory_bytes: u64,
}

/// The part of the diagnostics that the window knows.
pub fn studio_words(state: &AppState) -> String {
    let checkpoint = match &state.model.ready {
        Some(info) => {
            let (name, step) = (stem(&info.path), info.trained_on.step);
            format!("{name}, step {step}, {}, on {}", info.hash, info.device)
        }
        None => "none".to_owned(),
    };
    let font = match (&state.sound.font, state.sound.preset) {
        (Some(font), Some((bank, program))) => format!("{}, preset {bank}:{program}", font.name()),
        (Some(font), None) => font.name().to_owned(),
        (None, _) => "none".to_owned(),
    };
    let sound = match &state.sound.output {
        Output::Opening => "opening".to_owned(),
        Output::Device { name, sample_rate, buffer_frames, latency_ms, gaps, .. } => {
            let buffer = buffer_frames.map_or("its own buffer".to_owned(), |n| format!("{n} frames"));
            let latency = latency_ms.map_or("unknown latency".to_owned(), |ms| format!("{ms:.0} ms"));
            format!("{name}, {sample_rate} Hz, {buffer}, {latency}, {gaps} gaps")
        }
        Output::Silent { why } => format!("none: {why}"),
    };
    format!(
        "Pastiche: {}\nlibtorch: {LIBTORCH_VERSION}\nCheckpoint: {checkpoint}\nSoundFont: {font}\nSound: {sound}\n",
        env!("CARGO_PKG_VERSION")
    )
}

/// All of it: `studio` of [`studio_words`], the machine, and the end of the log. The user's name, which the paths in
/// the log contain, is taken out.
pub fn diagnostics(studio: &str, machine: &Machine, log: &str, home: Option<&Path>) -> String {
    let Machine { system, processor, cores, memory_bytes } = machine;
    let gigabytes = *memory_bytes as f64 / 1e9;
    let lines: Vec<&str> = log.lines().collect();
    let end = lines[lines.len().saturating_sub(LOG_LINES)..].join("\n");
    let text = format!(
        "{studio}System: {system}\nProcessor: {processor}, {cores} cores\nMemory: {gigabytes:.1} GB\n\nLog:\n{end}\n"
    );
    match home {
        Some(home) => without_user(&text, home),
        None => text,
    }
}

/// Home becomes `~`, and the user's name `USER` where it is a folder elsewhere.
fn without_user(text: &str, home: &Path) -> String {
    let Some(name) = home.file_name().map(|name| name.to_string_lossy()) else {
        return text.to_owned();
    };
    let home = home.display().to_string();
    // Windows paths in quotes have their backslashes doubled.
    let mut text = text.replace(&home, "~").replace(&home.replace('\\', "\\\\"), "~");
    for separator in ["/", "\\"] {
        let folder = |name: &str| format!("{separator}{name}{separator}");
        text = text.replace(&folder(&name), &folder("USER"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::state::settings::Settings;

    #[test]
    fn what_is_known_is_told_and_the_users_name_is_not() {
        let machine = Machine {
            system: "Debian 13".to_owned(),
            processor: "A processor".to_owned(),
            cores: 4,
            memory_bytes: 16_000_000_000,
        };
        let mut log: String = (0..150).map(|n| format!("line {n}\n")).collect();
        log.push_str("/home/clara/takes and \"/media/clara/stick\" and C:\\Users\\clara\\x\n");
        let studio = studio_words(&AppState::new(Settings::default()));
        let text = diagnostics(&studio, &machine, &log, Some(Path::new("/home/clara")));
        assert!(
            text.starts_with(&format!("Pastiche: {}\nlibtorch: 2.", env!("CARGO_PKG_VERSION"))),
            "{text}"
        );
        for part in ["Checkpoint: none", "SoundFont: none", "Debian 13", "4 cores", "Memory: 16.0 GB"] {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert!(text.contains("line 51\n") && !text.contains("line 50\n"), "a hundred lines");
        assert!(text.ends_with("~/takes and \"/media/USER/stick\" and C:\\Users\\USER\\x\n"), "{text}");
        assert!(!text.contains("clara"));
    }
}
