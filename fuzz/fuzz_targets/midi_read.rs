//! Any bytes are read or refused; what is read can be written and read again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pastiche::music::midi::{read, read_recipe, write};
use pastiche::tokens::{decode, encode};

fuzz_target!(|bytes: &[u8]| {
    let _ = read_recipe(bytes);
    let Ok(found) = read(bytes) else { return };
    let again =
        read(&write(&found.performance, found.recipe.as_deref(), None)).expect("our own files are sound");
    assert_eq!(again.performance.notes().len(), found.performance.notes().len());
    assert_eq!(again.recipe, found.recipe);
    let tokens = encode(&found.performance).tokens;
    assert_eq!(decode(&tokens).notes().len(), tokens.len());
});
