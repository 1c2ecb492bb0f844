//! Things that are joined in pairs, and so come together in groups.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;

/// Numbers from 0, each alone at first.
pub(super) struct Joined {
    /// Each leads to an earlier one of its group; the first to itself.
    leads: Vec<usize>,
}

impl Joined {
    pub fn new(count: usize) -> Joined {
        Joined { leads: (0..count).collect() }
    }

    pub fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.first(a), self.first(b));
        self.leads[a.max(b)] = a.min(b);
    }

    /// Joins all that have the same key.
    pub fn join_by<K: Hash + Eq>(&mut self, keys: impl Iterator<Item = Option<K>>) {
        let mut seen = HashMap::new();
        for (at, key) in keys.enumerate() {
            if let Some(key) = key {
                self.join(at, *seen.entry(key).or_insert(at));
            }
        }
    }

    /// The groups, each in order, in the order of their first ones.
    pub fn groups(mut self) -> Vec<Vec<usize>> {
        let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for at in 0..self.leads.len() {
            groups.entry(self.first(at)).or_default().push(at);
        }
        groups.into_values().collect()
    }

    fn first(&mut self, at: usize) -> usize {
        let mut first = at;
        while self.leads[first] != first {
            first = self.leads[first];
        }
        // The next time it is one step.
        self.leads[at] = first;
        first
    }
}
