//! The layer order: a module may use only modules of lower layers, and each library has its rooms.
//!
//! The table is the one of CONTRIBUTING.md. The test reads `src/` as text, so it also sees code behind features.

mod reader;

use reader::{heads, tokenise};
use std::fs;
use std::path::{Path, PathBuf};

/// Top-level module (folder or file of `src/`) → layer.
const LAYERS: &[(&str, u8)] = &[
    ("progress", 0),
    ("causes", 0),
    ("paths", 0),
    ("files", 0),
    ("kinds", 0),
    ("text", 0),
    ("music", 0),
    ("tokens", 1),
    ("synth", 1),
    ("picture", 1),
    ("device", 1),
    ("sampling", 2),
    ("model", 2),
    ("classify", 2),
    ("data", 3),
    ("latent_map", 3),
    ("generate", 3),
    ("train", 4),
    ("evaluate", 4),
    ("jobs", 5),
    ("player", 5),
    ("cli", 6),
    ("app", 6),
    ("main", 7),
];

/// Modules of the same layer that a module may use; each stands before it in [`LAYERS`].
const PEERS: &[(&str, &[&str])] = &[
    ("music", &["files", "kinds", "text"]),
    ("classify", &["model"]),
    ("latent_map", &["data"]),
    ("generate", &["data", "latent_map"]),
    ("evaluate", &["train"]),
];

/// Lower layers that a module must leave alone all the same.
const FORBIDDEN: &[(&str, &[&str])] = &[("cli", &["jobs"])];

/// Library → the places in `src/` that may name it.
const ROOMS: &[(&str, &[&str])] = &[
    (
        "tch",
        &[
            "device",
            "model",
            "classify",
            "data",
            "generate",
            "latent_map",
            "train",
            "evaluate",
        ],
    ),
    ("midly", &["music/midi.rs", "music/midi"]),
    ("encoding_rs", &["music/midi"]),
    ("chardetng", &["music/midi"]),
    ("rustysynth", &["synth"]),
    ("png", &["picture"]),
    ("ab_glyph", &["picture"]),
    ("rodio", &["player"]),
    ("eframe", &["app"]),
    ("egui", &["app"]),
    ("egui_plot", &["app"]),
    ("rfd", &["app"]),
    ("crossbeam_channel", &["jobs", "player", "app"]),
    ("clap", &["cli", "main"]),
    ("signal_hook", &["cli"]),
    ("sigpipe", &["cli"]),
    ("anyhow", &["cli", "main"]),
];

#[test]
fn no_module_looks_up() {
    let offences: Vec<String> = sources().iter().flat_map(|source| source.upward_uses()).collect();
    assert!(
        offences.is_empty(),
        "uses against the layer order:\n{}",
        offences.join("\n")
    );
}

#[test]
fn libraries_stay_in_their_rooms() {
    let offences: Vec<String> = sources()
        .iter()
        .flat_map(|source| source.stray_libraries())
        .collect();
    assert!(
        offences.is_empty(),
        "libraries outside their rooms:\n{}",
        offences.join("\n")
    );
}

#[test]
fn every_module_has_a_layer() {
    for source in sources() {
        let module = source.module();
        let is_known = module == "lib" || layer(module).is_some();
        assert!(
            is_known,
            "give `{module}` a layer in tests/layers and CONTRIBUTING.md"
        );
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
    assert_eq!(
        upward(
            "tokens/vocab.rs",
            "use crate::{music::Note, model::{Vae, Config}};"
        ),
        1
    );
    assert_eq!(
        upward(
            "tokens/vocab.rs",
            "use crate::music;\nfn f(x: crate::train::Trainer) {}"
        ),
        1
    );
    assert_eq!(
        upward("generate.rs", "use super::train::Trainer; use super::model::Vae;"),
        1
    );
    assert_eq!(upward("music/note.rs", "use super::super::tokens;"), 1);
    assert_eq!(
        upward("synth/render.rs", "use crate::tokens::Token;"),
        1,
        "the same layer"
    );
    assert_eq!(
        upward("cli/train.rs", "use pastiche::{jobs::Worker, train::Trainer};"),
        1,
        "the exception"
    );
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
    assert_eq!(
        upward(
            "tokens/mod.rs",
            "use crate::tokens::Token; pub(crate) fn f<'a>(x: &'a str) {}"
        ),
        0
    );
    let strays = |path: &str, text: &str| source(path, text).stray_libraries().len();
    assert_eq!(strays("app/mod.rs", "use tch::Tensor;"), 1);
    assert_eq!(strays("app/mod.rs", "use {eframe::egui, ::tch::Tensor};"), 1);
    assert_eq!(strays("model/vae.rs", "use tch::Tensor;"), 0);
    assert_eq!(strays("music/note.rs", "use midly::Smf;"), 1);
    assert_eq!(
        strays("music/midi.rs", "use midly::Smf; let fetch::x = my_tch::y;"),
        0
    );
    assert_eq!(strays("jobs/engine.rs", "extern crate egui;\nuse tch as t;"), 2);
}

/// One file: its path in `src/`, and its words and marks without comments and text literals.
struct Source {
    path: PathBuf,
    tokens: Vec<String>,
}

impl Source {
    fn new(path: PathBuf, text: &str) -> Self {
        Self {
            path,
            tokens: tokenise(text),
        }
    }

    /// The top-level module the file belongs to.
    fn module(&self) -> &str {
        let first = self
            .path
            .iter()
            .next()
            .unwrap_or_default()
            .to_str()
            .unwrap_or_default();
        first.trim_end_matches(".rs")
    }

    fn upward_uses(&self) -> Vec<String> {
        if self.module() == "lib" {
            return Vec::new(); // only lists the modules
        }
        let own = layer(self.module()).unwrap_or(0);
        let (peers, forbidden) = (listed(PEERS, self.module()), listed(FORBIDDEN, self.module()));
        let is_offence = |used: &String| {
            let is_lower = layer(used).is_none_or(|layer| layer < own) || peers.contains(&used.as_str());
            used != self.module() && (!is_lower || forbidden.contains(&used.as_str()))
        };
        let offences = self.used_modules().into_iter().filter(is_offence);
        offences
            .map(|used| format!("src/{} uses {used}", self.path.display()))
            .collect()
    }

    /// The top-level modules that the file names, each time it does.
    fn used_modules(&self) -> Vec<String> {
        let mut used = Vec::new();
        for at in 0..self.tokens.len() {
            if let Some(after_root) = self.root_at(at) {
                used.extend(heads(&self.tokens[after_root..]));
            }
        }
        used
    }

    /// Where token `at` begins a path from the crate's root (`crate::`, `pastiche::`, or as many `super::` as the
    /// file is deep), the place behind that beginning.
    fn root_at(&self, at: usize) -> Option<usize> {
        let follows_path = at > 0 && self.tokens[at - 1] == "::";
        match self.tokens[at].as_str() {
            "crate" | "pastiche" if !follows_path => (self.token(at + 1) == "::").then_some(at + 2),
            "super" if !follows_path => {
                let mut end = at;
                while self.token(end) == "super" && self.token(end + 1) == "::" {
                    end += 2;
                }
                ((end - at) / 2 >= self.depth()).then_some(end)
            }
            _ => None,
        }
    }

    /// How many modules deep the file is: `generate.rs` and `tokens/mod.rs` are 1, `tokens/vocab.rs` is 2.
    fn depth(&self) -> usize {
        self.path.iter().count() - usize::from(self.path.ends_with("mod.rs"))
    }

    fn token(&self, at: usize) -> &str {
        self.tokens.get(at).map_or("", String::as_str)
    }

    fn stray_libraries(&self) -> Vec<String> {
        let strays = ROOMS.iter().filter(|(library, rooms)| {
            let is_at_home = rooms.iter().any(|room| {
                self.path.starts_with(room) || self.path.as_path() == Path::new(&format!("{room}.rs"))
            });
            !is_at_home && (0..self.tokens.len()).any(|at| self.names_library(at, library))
        });
        strays
            .map(|(library, _)| format!("src/{} uses {library}", self.path.display()))
            .collect()
    }

    /// True where the token is a library at the head of a path, a whole `use`, or an `extern crate`.
    fn names_library(&self, at: usize, library: &str) -> bool {
        if self.token(at) != library {
            return false;
        }
        let before = at.checked_sub(1).map_or("", |at| self.token(at));
        let two_before = at.checked_sub(2).map_or("", |at| self.token(at));
        let is_head =
            before != "::" || !two_before.starts_with(|c: char| c.is_alphanumeric() || c == '_' || c == '>');
        is_head && (self.token(at + 1) == "::" || before == "use" || before == "crate")
    }
}

fn listed<'a>(table: &[(&str, &'a [&'a str])], module: &str) -> &'a [&'a str] {
    table
        .iter()
        .find(|(name, _)| *name == module)
        .map_or(&[], |(_, listed)| listed)
}

fn layer(module: &str) -> Option<u8> {
    LAYERS
        .iter()
        .find(|(name, _)| *name == module)
        .map(|(_, layer)| *layer)
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder)
            .expect("src is readable")
            .map(|entry| entry.expect("an entry").path())
        {
            if entry.is_dir() {
                folders.push(entry);
            } else if entry.extension().is_some_and(|e| e == "rs") {
                let text = fs::read_to_string(&entry).expect("source is text");
                let path = entry.strip_prefix(&root).expect("below src").to_path_buf();
                found.push(Source::new(path, &text));
            }
        }
    }
    assert!(found.len() > 5, "src was not read");
    found
}
