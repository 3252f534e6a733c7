//! A map while it is being read: duplicate keys and merge keys, in time linear in the number of keys.

use std::collections::{BTreeSet, HashMap};

use crate::api::value::{Key, Value};

/// Below this many keys a plain search is quicker than an index.
const INDEXED_FROM: usize = 16;

/// What became of a key that was added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Added {
    /// It is new, or replaces one that a merge brought in.
    Kept,
    /// It was there already; the first one stays.
    Duplicate,
    /// A merge replaced a key written before it.
    Replaced,
}

/// The entries read so far.
#[derive(Default)]
pub(super) struct MapBuilder {
    entries: Vec<(Key, Value)>,
    index: HashMap<String, usize>,
    /// Positions of entries that came by a merge key.
    merged: BTreeSet<usize>,
}

impl MapBuilder {
    fn find(&self, name: &str) -> Option<usize> {
        if self.entries.len() < INDEXED_FROM {
            self.entries.iter().position(|(k, _)| k.name == name)
        } else {
            self.index.get(name).copied()
        }
    }

    fn append(&mut self, key: Key, value: Value) {
        self.entries.push((key, value));
        let count = self.entries.len();
        if count == INDEXED_FROM {
            let names = self.entries.iter().enumerate();
            self.index = names.map(|(i, (k, _))| (k.name.clone(), i)).collect();
        } else if count > INDEXED_FROM {
            self.index.insert(self.entries[count - 1].0.name.clone(), count - 1);
        }
    }

    /// Adds an entry written in the map itself.
    pub(super) fn add(&mut self, key: Key, value: Value) -> Added {
        match self.find(&key.name) {
            None => self.append(key, value),
            Some(i) if self.merged.remove(&i) => self.entries[i] = (key, value),
            Some(_) => return Added::Duplicate,
        }
        Added::Kept
    }

    /// Adds an entry of a merged map. go-yaml v2, which kubectl uses, lets what comes later in the text win
    /// (`decode.go: decoder.merge`), where the YAML specification lets the map's own keys win.
    pub(super) fn merge(&mut self, key: Key, value: Value) -> Added {
        match self.find(&key.name) {
            None => {
                self.merged.insert(self.entries.len());
                self.append(key, value);
                Added::Kept
            }
            Some(i) => {
                let written_here = self.merged.insert(i);
                self.entries[i] = (key, value);
                if written_here { Added::Replaced } else { Added::Kept }
            }
        }
    }

    pub(super) fn finish(self) -> Vec<(Key, Value)> {
        self.entries
    }
}
