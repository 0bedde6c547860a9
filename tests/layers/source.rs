//! A file of `src/`, and the top-level modules and libraries that it names.

use std::fs;
use std::path::{Path, PathBuf};

use crate::reader::{heads, tokenise};
use crate::{ROOMS, table};

/// A file: its path in `src/`, and its tokens without comments and literals.
pub struct Source {
    pub path: PathBuf,
    pub tokens: Vec<String>,
}

impl Source {
    pub fn new(path: PathBuf, text: &str) -> Self {
        Self { path, tokens: tokenise(text) }
    }

    /// The top-level module the file belongs to.
    pub fn module(&self) -> &str {
        let first = self.path.iter().next().unwrap_or_default().to_str().unwrap_or_default();
        first.trim_end_matches(".rs")
    }

    pub fn upward_uses(&self) -> Vec<String> {
        if self.module() == "lib" {
            return Vec::new(); // only lists the modules
        }
        let Some(own) = table::find(self.module()) else { return Vec::new() };
        let is_offence = |used: &String| {
            let is_lower = table::find(used).is_none_or(|used| used.layer < own.layer);
            used != self.module() && (!(is_lower || own.peers.contains(used)) || own.forbidden.contains(used))
        };
        let offences = self.used_modules().into_iter().filter(is_offence);
        offences.map(|used| format!("src/{} uses {used}", self.path.display())).collect()
    }

    /// The top-level modules that the file names, once for each use.
    fn used_modules(&self) -> Vec<String> {
        let mut used = Vec::new();
        for at in 0..self.tokens.len() {
            if let Some(after_root) = self.root_at(at) {
                used.extend(heads(&self.tokens[after_root..]));
            }
        }
        used
    }

    /// If a path from the crate's root begins at token `at` (`crate::`, `pastiche::`, or as many `super::` as the file
    /// is deep): the index after that prefix.
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

    pub fn stray_libraries(&self) -> Vec<String> {
        let strays = ROOMS.iter().filter(|(library, rooms)| {
            let is_at_home = rooms.iter().any(|room| {
                self.path.starts_with(room) || self.path.as_path() == Path::new(&format!("{room}.rs"))
            });
            !is_at_home && (0..self.tokens.len()).any(|at| self.names_library(at, library))
        });
        strays.map(|(library, _)| format!("src/{} uses {library}", self.path.display())).collect()
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

/// Every file below `src/`.
pub fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in
            fs::read_dir(&folder).expect("src is readable").map(|entry| entry.expect("an entry").path())
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
