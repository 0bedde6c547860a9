//! The table of modules in CONTRIBUTING.md.

use std::path::Path;
use std::sync::LazyLock;

/// One line: `| 0 | `music` | notes; uses `files` | midly |`.
pub struct Row {
    pub layer: u8,
    pub module: String,
    /// Modules of the same layer that it may use: named after "uses".
    pub peers: Vec<String>,
    /// Lower layers that it must leave alone: named after "not".
    pub forbidden: Vec<String>,
    /// Libraries that only this module, and others that list them, may name.
    pub libraries: Vec<String>,
}

static ROWS: LazyLock<Vec<Row>> = LazyLock::new(|| {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("CONTRIBUTING.md");
    let text = std::fs::read_to_string(path).expect("CONTRIBUTING.md is text");
    let rows: Vec<Row> = text.lines().filter_map(row).collect();
    assert!(rows.len() > 20, "the table of modules was not found");
    rows
});

pub fn rows() -> &'static [Row] {
    &ROWS
}

pub fn find(module: &str) -> Option<&'static Row> {
    rows().iter().find(|row| row.module == module)
}

pub fn row(line: &str) -> Option<Row> {
    let cells: Vec<&str> = line.split('|').map(str::trim).collect();
    let [_, layer, module, contents, libraries, _] = cells.as_slice() else { return None };
    let after = |word: &str| contents.split_once(&format!("; {word} `")).map_or("", |(_, rest)| rest);
    let names = |text: &str| -> Vec<String> {
        let end = text.find(';').unwrap_or(text.len());
        text[..end].split(['`', ',', ' ']).filter(|name| !name.is_empty()).map(str::to_owned).collect()
    };
    Some(Row {
        layer: layer.parse().ok()?,
        module: module.trim_matches('`').to_owned(),
        peers: names(after("uses")),
        forbidden: names(after("not")),
        libraries: libraries.split(", ").filter(|l| !l.is_empty()).map(|l| l.replace('-', "_")).collect(),
    })
}
