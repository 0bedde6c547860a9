//! The layer order: a module may use only modules of lower layers, and libraries stay where they belong.
//!
//! Layers, peers and libraries are read from the table in CONTRIBUTING.md. The test reads `src/` as text, so it also
//! sees code behind features.

mod graph;
mod reader;
mod source;
mod table;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use graph::{graph, ring};
use source::{Source, sources};

/// Folders of `src/app/`, from the lowest up: a file uses only those before its own.
const APP_LAYERS: [&str; 6] = ["kit", "widgets", "state", "threads", "panels", "shell"];

/// Library → the places in `src/` that may name it, within the modules that CONTRIBUTING.md says.
const ROOMS: &[(&str, &[&str])] = &[
    ("tch", &["device", "model", "classify", "data", "generate", "latent_map", "train", "evaluate"]),
    ("midly", &["music/midi.rs", "music/midi"]),
    ("encoding_rs", &["music/midi"]),
    ("chardetng", &["music/midi"]),
    ("strsim", &["music/composer_name.rs"]),
    ("rustysynth", &["synth"]),
    ("hound", &["synth/export"]),
    ("flacenc", &["synth/export"]),
    ("vorbis_rs", &["synth/export"]),
    ("mp3lame_encoder", &["synth/export/mp3.rs"]),
    ("symphonia", &["synth/soundfont/vorbis.rs"]),
    ("png", &["picture"]),
    ("ab_glyph", &["picture"]),
    ("safetensors", &["model/checkpoint.rs"]),
    ("csv", &["data/piece_list.rs", "latent_map/selection.rs"]),
    ("zip", &["data"]),
    ("ureq", &["data/download.rs"]),
    ("crc", &["train/tensorboard.rs"]),
    ("smartcore", &["evaluate/memory", "evaluate/qualities"]),
    ("rodio", &["player"]),
    ("midir", &["ports/system.rs"]),
    ("open", &["app/shell/actions.rs"]),
    ("sysinfo", &["app/threads/diagnostics.rs"]),
    ("tracing_appender", &["cli/logging.rs"]),
    ("eframe", WITH_EGUI),
    ("egui", WITH_EGUI),
    ("egui_plot", &["app/kit/theme.rs", "app/widgets"]),
    ("rfd", &["app/threads/dialogs.rs"]),
    ("pollster", &["app/threads/dialogs.rs"]),
    ("crossbeam_channel", &["jobs", "player", "ports", "app"]),
    ("clap", &["cli"]),
    ("clap_complete", &["cli/manual.rs"]),
    ("clap_mangen", &["cli/manual.rs"]),
    ("indicatif", &["cli"]),
    ("signal_hook", &["cli"]),
    ("sigpipe", &["cli"]),
    ("anyhow", &["cli", "main"]),
];

/// The window's state does not use egui; only these places may name it.
const WITH_EGUI: &[&str] = &["app/kit", "app/widgets", "app/threads/dialogs.rs", "app/panels", "app/shell"];

#[test]
fn no_module_uses_a_higher_layer() {
    let offences: Vec<String> = sources().iter().flat_map(|source| source.upward_uses()).collect();
    assert!(offences.is_empty(), "uses against the layer order:\n{}", offences.join("\n"));
}

/// The files of the library and of the program, without indexes that only re-export.
#[test]
fn no_files_use_each_other_in_a_circle() {
    let circle = ring(&graph(&sources()));
    assert!(circle.is_none(), "a circle of uses: {circle:#?}");
}

#[test]
fn no_layer_of_the_window_uses_a_higher_layer() {
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
    let unplaced: Vec<_> = in_window.filter(|f| place(f).is_none() && !f.ends_with("mod.rs")).collect();
    assert!(unplaced.is_empty(), "in no layer: {unplaced:?}");
}

#[test]
fn libraries_stay_where_they_belong() {
    let offences: Vec<String> = sources().iter().flat_map(|source| source.stray_libraries()).collect();
    assert!(offences.is_empty(), "libraries outside their modules:\n{}", offences.join("\n"));
}

#[test]
fn every_module_has_a_layer() {
    for source in sources() {
        let module = source.module();
        let is_known = module == "lib" || table::find(module).is_some();
        assert!(is_known, "add a line for `{module}` to the table in CONTRIBUTING.md");
    }
}

/// The table and the code agree on where each library is used.
#[test]
fn contributing_lists_the_libraries_of_each_module() {
    for (library, places) in ROOMS {
        let module = |place: &str| place.split('/').next().unwrap_or_default().to_owned();
        let used: BTreeSet<String> = places.iter().map(|place| module(place)).collect();
        let listing = table::rows().iter().filter(|row| row.libraries.iter().any(|l| l == library));
        let listed: BTreeSet<String> = listing.map(|row| row.module.clone()).collect();
        assert_eq!(used, listed, "{library}: tests/layers and CONTRIBUTING.md differ");
    }
    let known = |library: &String| ROOMS.iter().any(|(name, _)| name == library);
    let unknown: Vec<_> = table::rows().iter().flat_map(|r| &r.libraries).filter(|l| !known(l)).collect();
    assert!(unknown.is_empty(), "not in tests/layers: {unknown:?}");
}

/// Every module of the table is there, and peers lie in one layer.
#[test]
fn contributing_lists_only_what_is_there() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for row in table::rows() {
        let is_there = src.join(&row.module).is_dir() || src.join(format!("{}.rs", row.module)).is_file();
        assert!(is_there, "there is no module `{}`", row.module);
        for peer in &row.peers {
            assert_eq!(
                table::find(peer).map(|p| p.layer),
                Some(row.layer),
                "{peer} is no peer of {}",
                row.module
            );
        }
    }
}

#[test]
fn a_row_of_the_table_is_read() {
    let row = table::row("| 3 | `b` | words; uses `a`, `c_d`; not `e` | tch, x-y |").unwrap();
    assert_eq!((row.layer, row.module.as_str()), (3, "b"));
    assert_eq!((row.peers, row.forbidden), (vec!["a".to_owned(), "c_d".to_owned()], vec!["e".to_owned()]));
    assert_eq!(row.libraries, ["tch", "x_y"]);
    assert!(table::row("| To add | Where |").is_none());
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
