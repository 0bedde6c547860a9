//! Which file of `src/` uses which: by its imports and the paths in its code, without its tests.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::source::Source;

/// File → the files it uses. An index (`mod.rs`) that only re-exports the items of its modules uses none.
pub type Graph = BTreeMap<PathBuf, BTreeSet<PathBuf>>;

type ModulePath = Vec<String>;

/// The declarations and imports of a file.
struct File {
    path: PathBuf,
    module: ModulePath,
    tokens: Vec<String>,
    /// Imported names with what they refer to, and which of them are re-exported.
    imports: Vec<Import>,
}

struct Import {
    name: String,
    target: Vec<String>,
    is_handed_on: bool,
}

pub fn graph(sources: &[Source]) -> Graph {
    let files: Vec<File> =
        sources.iter().filter(|s| !matches!(s.module(), "lib" | "main")).map(File::new).collect();
    let modules: BTreeMap<&[String], &File> = files.iter().map(|f| (f.module.as_slice(), f)).collect();
    let used = |file: &File| {
        let own = file.imports.iter().filter(|i| !i.is_handed_on).map(|i| i.target.clone());
        let named = own.chain(file.inline_paths(&modules));
        let files = named.filter_map(|path| resolve(&modules, path));
        files.filter(|used| *used != file.path).collect()
    };
    files.iter().map(|file| (file.path.clone(), used(file))).collect()
}

/// Files that use each other in a circle, if there is one.
pub fn ring(graph: &Graph) -> Option<Vec<PathBuf>> {
    let mut left = graph.clone();
    loop {
        let free: Vec<PathBuf> = left
            .iter()
            .filter(|(_, used)| used.iter().all(|u| !left.contains_key(u)))
            .map(|(file, _)| file.clone())
            .collect();
        if free.is_empty() {
            break;
        }
        left.retain(|file, _| !free.contains(file));
    }
    // Every file that is left uses another one that is left: following them leads into a circle.
    let mut chain = vec![left.keys().next()?.clone()];
    loop {
        let next = left[chain.last()?].iter().find(|u| left.contains_key(*u))?.clone();
        if let Some(at) = chain.iter().position(|file| *file == next) {
            chain.push(next);
            return Some(chain.split_off(at));
        }
        chain.push(next);
    }
}

/// The file that defines an item, found through the indexes that re-export it.
fn resolve(modules: &BTreeMap<&[String], &File>, mut path: Vec<String>) -> Option<PathBuf> {
    for _ in 0..8 {
        let depth = (1..=path.len()).rev().find(|&n| modules.contains_key(&path[..n]))?;
        let file = modules[&path[..depth]];
        let item = path.get(depth)?;
        let handed_on = file.imports.iter().find(|i| i.is_handed_on && i.name == *item);
        let Some(import) = handed_on else {
            return Some(file.path.clone());
        };
        path.splice(..=depth, import.target.iter().cloned());
    }
    None
}

impl File {
    fn new(source: &Source) -> File {
        let module = module_path(&source.path);
        let mut tokens = without_tests(&source.tokens);
        let declared: BTreeSet<String> =
            tokens.windows(2).filter(|pair| pair[0] == "mod").map(|pair| pair[1].clone()).collect();
        let mut imports = Vec::new();
        while let Some(at) = tokens.iter().position(|t| t == "use") {
            let end = at + tokens[at..].iter().position(|t| t == ";").unwrap_or(0);
            let before = at.checked_sub(1).map_or("", |i| tokens[i].as_str());
            let is_handed_on = matches!(before, "pub" | ")");
            let leaves = tree(&tokens[at + 1..end.max(at + 1)]);
            imports.extend(leaves.into_iter().filter_map(|(leaf, name)| {
                let is_own = declared.contains(&leaf[0]);
                let own = || module.iter().chain(&leaf).cloned().collect();
                let target = absolute(&leaf, &module).or_else(|| is_own.then(own))?;
                Some(Import { name, target, is_handed_on })
            }));
            tokens.drain(at..=end.max(at));
        }
        File { path: source.path.clone(), module, tokens, imports }
    }

    /// The paths in the code: from the root, from an imported module, or from one that is declared here.
    fn inline_paths(&self, modules: &BTreeMap<&[String], &File>) -> Vec<Vec<String>> {
        let mut found = Vec::new();
        for at in 0..self.tokens.len() {
            let starts = at == 0 || self.tokens[at - 1] != "::";
            let path = segments(&self.tokens[at..]);
            if !starts || path.len() < 2 {
                continue;
            }
            let child: Vec<String> = self.module.iter().cloned().chain([path[0].clone()]).collect();
            let import = self.imports.iter().find(|i| i.name == path[0]);
            if let Some(path) = absolute(&path, &self.module) {
                found.push(path);
            } else if let Some(import) = import {
                found.push(import.target.iter().chain(&path[1..]).cloned().collect());
            } else if modules.contains_key(child.as_slice()) {
                found.push(child.into_iter().chain(path[1..].iter().cloned()).collect());
            }
        }
        found
    }
}

/// `app/kit/theme.rs` → app, kit, theme; `app/kit/mod.rs` → app, kit.
fn module_path(path: &Path) -> ModulePath {
    let words = path.with_extension("");
    let words = words.iter().map(|word| word.to_string_lossy().into_owned());
    words.filter(|word| word != "mod").collect()
}

/// From the root of `src/`; `None` for another crate's.
fn absolute(path: &[String], module: &ModulePath) -> Option<Vec<String>> {
    let supers = path.iter().take_while(|s| *s == "super").count();
    match path.first()?.as_str() {
        "crate" | "pastiche" => Some(path[1..].to_vec()),
        "self" => Some(module.iter().chain(&path[1..]).cloned().collect()),
        "super" => {
            let parent = module.len().checked_sub(supers)?;
            Some(module[..parent].iter().chain(&path[supers..]).cloned().collect())
        }
        _ => None,
    }
}

/// The path at the beginning of `tokens`.
fn segments(tokens: &[String]) -> Vec<String> {
    let mut path = Vec::new();
    let is_word = |t: &String| t.chars().all(|c| c.is_alphanumeric() || c == '_');
    let mut at = 0;
    while let Some(word) = tokens.get(at).filter(|t| is_word(t)) {
        path.push(word.clone());
        if tokens.get(at + 1).is_none_or(|t| t != "::") {
            break;
        }
        at += 2;
    }
    path
}

/// The leaves of a `use` tree: the path, and the name it has here.
fn tree(tokens: &[String]) -> Vec<(Vec<String>, String)> {
    let stem = segments(tokens);
    let rest = &tokens[(2 * stem.len()).min(tokens.len())..];
    if rest.first().is_some_and(|t| t == "{") {
        let inner = &rest[1..rest.len() - 1];
        let leaves = inner.split_inclusive_at_depth();
        return leaves
            .into_iter()
            .flat_map(|part| tree(&part))
            .map(|(leaf, name)| match leaf.as_slice() {
                [word] if word == "self" => (stem.clone(), stem.last().cloned().unwrap_or_default()),
                _ => (stem.iter().cloned().chain(leaf).collect(), name),
            })
            .collect();
    }
    let renamed = tokens.iter().position(|t| t == "as").and_then(|at| tokens.get(at + 1));
    let name = renamed.or(stem.last()).cloned().unwrap_or_default();
    if stem.is_empty() { Vec::new() } else { vec![(stem, name)] }
}

trait SplitAtDepth {
    fn split_inclusive_at_depth(&self) -> Vec<Vec<String>>;
}

impl SplitAtDepth for [String] {
    /// The parts between the commas that lie in no further braces.
    fn split_inclusive_at_depth(&self) -> Vec<Vec<String>> {
        let (mut parts, mut depth) = (vec![Vec::new()], 0);
        for token in self {
            match token.as_str() {
                "{" => depth += 1,
                "}" => depth -= 1,
                "," if depth == 0 => {
                    parts.push(Vec::new());
                    continue;
                }
                _ => {}
            }
            if let Some(part) = parts.last_mut() {
                part.push(token.clone());
            }
        }
        parts
    }
}

/// Removes everything after `#[cfg(test)]`.
fn without_tests(tokens: &[String]) -> Vec<String> {
    const MARK: [&str; 7] = ["#", "[", "cfg", "(", "test", ")", "]"];
    let mut kept = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        if !MARK.iter().enumerate().all(|(i, m)| tokens.get(at + i).is_some_and(|t| t == m)) {
            kept.push(tokens[at].clone());
            at += 1;
            continue;
        }
        let mut depth = 0;
        at += MARK.len();
        while at < tokens.len() {
            match tokens[at].as_str() {
                "{" => depth += 1,
                "}" => depth -= 1,
                _ => {}
            }
            at += 1;
            if depth == 0 && matches!(tokens[at - 1].as_str(), "}" | ";") {
                break;
            }
        }
    }
    kept
}
