//! The layer order: a module may use only modules of lower layers, and each library has its rooms.
//!
//! The table is the one of CONTRIBUTING.md. The test reads `src/` as text, so it also sees code behind features.

mod graph;
mod reader;
mod source;

use std::path::{Path, PathBuf};

use graph::{graph, ring};
use source::{Source, sources};

/// Top-level module (folder or file of `src/`) → layer.
const LAYERS: &[(&str, u8)] = &[
    ("progress", 0),
    ("causes", 0),
    ("paths", 0),
    ("files", 0),
    ("display", 0),
    ("kinds", 0),
    ("music", 0),
    ("tokens", 1),
    ("synth", 1),
    ("picture", 1),
    ("device", 1),
    ("save", 2),
    ("sampling", 2),
    ("model", 2),
    ("classify", 2),
    ("data", 3),
    ("latent_map", 3),
    ("generate", 3),
    ("train", 4),
    ("evaluate", 4),
    ("takes", 5),
    ("jobs", 5),
    ("player", 5),
    ("cli", 6),
    ("app", 6),
    ("main", 7),
];

/// Modules of the same layer that a module may use; each stands before it in [`LAYERS`].
const PEERS: &[(&str, &[&str])] = &[
    ("music", &["files", "display", "kinds"]),
    ("classify", &["model"]),
    ("latent_map", &["data"]),
    ("generate", &["data", "latent_map"]),
    ("evaluate", &["train"]),
];

/// Lower layers that a module must leave alone all the same.
const FORBIDDEN: &[(&str, &[&str])] = &[("cli", &["jobs"])];

/// Folders of `src/app/`, from the lowest up: a file uses only those before its own.
const APP_LAYERS: [&str; 6] = ["kit", "widgets", "state", "threads", "panels", "shell"];

/// Library → the places in `src/` that may name it.
const ROOMS: &[(&str, &[&str])] = &[
    ("tch", &["device", "model", "classify", "data", "generate", "latent_map", "train", "evaluate"]),
    ("midly", &["music/midi.rs", "music/midi"]),
    ("encoding_rs", &["music/midi"]),
    ("chardetng", &["music/midi"]),
    ("rustysynth", &["synth"]),
    ("png", &["picture"]),
    ("ab_glyph", &["picture"]),
    ("smartcore", &["evaluate/memory"]),
    ("rodio", &["player"]),
    ("eframe", WITH_EGUI),
    ("egui", WITH_EGUI),
    ("egui_plot", &["app/kit/theme.rs", "app/widgets"]),
    ("rfd", &["app/threads/dialogs.rs"]),
    ("crossbeam_channel", &["jobs", "player", "app"]),
    ("clap", &["cli", "main"]),
    ("clap_complete", &["cli/manual.rs"]),
    ("clap_mangen", &["cli/manual.rs"]),
    ("signal_hook", &["cli"]),
    ("sigpipe", &["cli"]),
    ("anyhow", &["cli", "main"]),
];

/// What the window knows is told without egui.
const WITH_EGUI: &[&str] = &["app/kit", "app/widgets", "app/threads/dialogs.rs", "app/panels", "app/shell"];

#[test]
fn no_module_looks_up() {
    let offences: Vec<String> = sources().iter().flat_map(|source| source.upward_uses()).collect();
    assert!(offences.is_empty(), "uses against the layer order:\n{}", offences.join("\n"));
}

/// Both programs' files, and no index that only hands on what others hold.
#[test]
fn no_files_use_each_other_in_a_ring() {
    let way = ring(&graph(&sources()));
    assert!(way.is_none(), "a ring of uses: {way:#?}");
}

#[test]
fn no_layer_of_the_window_looks_up() {
    let place = |file: &Path| {
        let folder = file.strip_prefix("app").ok()?.iter().next()?;
        APP_LAYERS.iter().position(|layer| folder == *layer)
    };
    let graph = graph(&sources());
    let mut offences = Vec::new();
    for (file, used) in &graph {
        let upward = used.iter().filter(|used| place(file) < place(used) && place(file).is_some());
        offences.extend(upward.map(|used| format!("{} uses {}", file.display(), used.display())));
    }
    assert!(offences.is_empty(), "uses against the order:\n{}", offences.join("\n"));
    let in_window = graph.keys().filter(|file| file.starts_with("app"));
    let homeless: Vec<_> = in_window.filter(|f| place(f).is_none() && !f.ends_with("mod.rs")).collect();
    assert!(homeless.is_empty(), "in no layer: {homeless:?}");
}

#[test]
fn libraries_stay_in_their_rooms() {
    let offences: Vec<String> = sources().iter().flat_map(|source| source.stray_libraries()).collect();
    assert!(offences.is_empty(), "libraries outside their rooms:\n{}", offences.join("\n"));
}

#[test]
fn every_module_has_a_layer() {
    for source in sources() {
        let module = source.module();
        let is_known = module == "lib" || layer(module).is_some();
        assert!(is_known, "give `{module}` a layer in tests/layers and CONTRIBUTING.md");
    }
}

/// With this, no ring of uses can form: along uses, the place in [`LAYERS`] only ever goes up.
#[test]
fn peers_stand_before_their_users() {
    let place = |module: &str| LAYERS.iter().position(|(name, _)| *name == module);
    for (user, peers) in PEERS {
        for peer in *peers {
            assert_eq!(layer(peer), layer(user), "{peer} is no peer of {user}");
            assert!(place(peer) < place(user), "{peer} has to stand before {user}");
        }
    }
    assert!(LAYERS.is_sorted_by_key(|(_, layer)| layer));
}

/// The reader itself: it must see what it is there to see, and nothing in comments or strings.
#[test]
fn the_reader_sees_offences_and_only_those() {
    let source = |path: &str, text: &str| Source::new(PathBuf::from(path), text);
    let upward = |path: &str, text: &str| source(path, text).upward_uses().len();
    assert_eq!(upward("tokens/vocab.rs", "use crate::{music::Note, model::{Vae, Config}};"), 1);
    assert_eq!(upward("tokens/vocab.rs", "use crate::music;\nfn f(x: crate::train::Trainer) {}"), 1);
    assert_eq!(upward("generate.rs", "use super::train::Trainer; use super::model::Vae;"), 1);
    assert_eq!(upward("music/note.rs", "use super::super::tokens;"), 1);
    assert_eq!(upward("synth/render.rs", "use crate::tokens::Token;"), 1, "the same layer");
    assert_eq!(upward("cli/train.rs", "use pastiche::{jobs::Worker, train::Trainer};"), 1, "the exception");
    assert_eq!(
        upward(
            "tokens/mod.rs",
            "// crate::app\n/* crate::app /* */ crate::app */ const A: &str = \"crate::app\";"
        ),
        0
    );
    assert_eq!(
        upward(
            "tokens/mod.rs",
            "const A: &str = r#\"crate::app \" \"#; const B: char = '\"'; use crate::app;"
        ),
        1
    );
    assert_eq!(upward("tokens/mod.rs", "use crate::tokens::Token; pub(crate) fn f<'a>(x: &'a str) {}"), 0);
    let strays = |path: &str, text: &str| source(path, text).stray_libraries().len();
    assert_eq!(strays("app/mod.rs", "use tch::Tensor;"), 1);
    assert_eq!(strays("app/panels/look.rs", "use {eframe::egui, ::tch::Tensor};"), 1);
    assert_eq!(strays("model/vae.rs", "use tch::Tensor;"), 0);
    assert_eq!(strays("music/note.rs", "use midly::Smf;"), 1);
    assert_eq!(strays("music/midi.rs", "use midly::Smf; let fetch::x = my_tch::y;"), 0);
    assert_eq!(strays("jobs/engine.rs", "extern crate egui;\nuse tch as t;"), 2);
}

/// The graph sees what the compiler sees: through indexes, imported modules and full paths, and not in tests.
#[test]
fn the_graph_follows_items_to_the_file_they_lie_in() {
    let source = |path: &str, text: &str| Source::new(PathBuf::from(path), text);
    let files = [
        source("a/mod.rs", "mod one; pub mod two; pub use one::One; pub struct Own;"),
        source("a/one.rs", "use super::Own; use crate::b; fn f() { b::g() } pub struct One;"),
        source(
            "a/two.rs",
            "pub fn f() { let x = crate::a::One; } #[cfg(test)] mod tests { use crate::c::C; }",
        ),
        source("b.rs", "use crate::a::{self, two::{self, f as h}}; fn g() { a::One; two::f() }"),
        source("c.rs", "use super::a::Own; pub struct C;"),
    ];
    let graph = graph(&files);
    let used = |file: &str| -> Vec<String> {
        let used = graph[Path::new(file)].iter();
        used.map(|path| path.display().to_string()).collect()
    };
    assert_eq!(used("a/mod.rs"), [""; 0]);
    assert_eq!(used("a/one.rs"), ["a/mod.rs", "b.rs"]);
    assert_eq!(used("a/two.rs"), ["a/one.rs"]);
    assert_eq!(used("b.rs"), ["a/one.rs", "a/two.rs"]);
    assert_eq!(used("c.rs"), ["a/mod.rs"]);
    let ring = ring(&graph).unwrap();
    assert_eq!(ring.first(), ring.last());
    assert!(ring.contains(&PathBuf::from("a/one.rs")) && ring.contains(&PathBuf::from("b.rs")));
    let straight = graph.into_iter().filter(|(file, _)| !file.ends_with("b.rs")).collect();
    assert_eq!(self::ring(&straight), None);
}

fn listed<'a>(table: &[(&str, &'a [&'a str])], module: &str) -> &'a [&'a str] {
    table.iter().find(|(name, _)| *name == module).map_or(&[], |(_, listed)| listed)
}

fn layer(module: &str) -> Option<u8> {
    LAYERS.iter().find(|(name, _)| *name == module).map(|(_, layer)| *layer)
}
