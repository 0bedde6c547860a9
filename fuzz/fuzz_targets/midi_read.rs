//! Any bytes are read or refused; what is read can be written and read again.
#![no_main]
#![allow(dead_code, unused_imports, reason = "of the modules only a part is called")]

#[path = "../../src/display.rs"]
mod display;
#[path = "../../src/files.rs"]
mod files;
#[path = "../../src/kinds.rs"]
mod kinds;
#[path = "../../src/music/mod.rs"]
mod music;
#[path = "../../src/tokens/mod.rs"]
mod tokens;

use libfuzzer_sys::fuzz_target;
use music::midi::{MAX_SECS, read, read_recipe, write};
use tokens::{decode, encode};

fuzz_target!(|bytes: &[u8]| {
    let _ = read_recipe(bytes);
    let Ok(found) = read(bytes) else { return };
    for note in found.performance.notes() {
        assert!(note.onset_secs >= 0.0 && note.duration_secs >= 0.0 && note.release_secs() <= MAX_SECS);
    }
    let again =
        read(&write(&found.performance, found.recipe.as_deref(), None)).expect("our own files are sound");
    assert_eq!(again.performance.notes().len(), found.performance.notes().len());
    assert_eq!(again.recipe, found.recipe);
    let tokens = encode(&found.performance).tokens;
    assert_eq!(decode(&tokens).notes().len(), tokens.len());
});
