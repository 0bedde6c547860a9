//! Undo and redo of a take: the list of its versions, and the current one.

use serde::{Deserialize, Serialize};

/// The versions from the take as it was made to the newest one, and the position among them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct History {
    /// Numbers of versions, the first one being the take as it was made. Empty before the first change.
    versions: Vec<u32>,
    /// The index of the present one.
    at: usize,
    /// The number of the next new version.
    next: u32,
}

impl History {
    /// Adds a version after the current one. Undone versions cannot be redone after this, but their files stay on disk.
    pub fn add(&mut self) {
        if self.versions.is_empty() {
            *self = History { versions: vec![0], at: 0, next: 1 };
        }
        self.versions.truncate(self.at + 1);
        self.versions.push(self.next);
        self.at = self.versions.len() - 1;
        self.next += 1;
    }

    pub fn can_undo(&self) -> bool {
        self.at > 0
    }

    pub fn can_redo(&self) -> bool {
        self.at + 1 < self.versions.len()
    }

    /// Goes back one version; false if there is none.
    pub fn undo(&mut self) -> bool {
        let can = self.can_undo();
        self.at -= usize::from(can);
        can
    }

    /// Goes forward one version; false if there is none.
    pub fn redo(&mut self) -> bool {
        let can = self.can_redo();
        self.at += usize::from(can);
        can
    }

    /// The number of the present version.
    pub fn present(&self) -> Option<u32> {
        self.versions.get(self.at).copied()
    }
}
