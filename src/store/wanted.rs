//! Texts by their keys.

use hashbrown::HashTable;
use rayon::prelude::*;
use sha2::{Digest, Sha256};

use super::{TextKey, files};

/// Texts that somebody wants the vectors of, to be found by their keys.
pub(super) struct Wanted {
    keys: Vec<TextKey>,
    /// The places of the first texts with their keys.
    first: HashTable<usize>,
    /// For each text the next one with the same key.
    next: Vec<Option<usize>>,
}

impl Wanted {
    pub(super) fn new(texts: &[&str]) -> Self {
        let keys: Vec<TextKey> = texts.par_iter().map(|text| TextKey::of(text)).collect();
        let (mut first, mut next) = (HashTable::with_capacity(keys.len()), vec![None; keys.len()]);
        // From the last to the first, so that each finds the one after it.
        for (place, key) in keys.iter().enumerate().rev() {
            match first.find_mut(key.hash(), |&other: &usize| keys[other] == *key) {
                Some(other) => next[place] = Some(std::mem::replace(other, place)),
                None => drop(first.insert_unique(key.hash(), place, |&other| keys[other].hash())),
            }
        }
        Self { keys, first, next }
    }

    /// The key of each text.
    pub(super) fn all(&self) -> &[TextKey] {
        &self.keys
    }

    /// A short name for these texts in this order.
    pub(super) fn digest(&self) -> String {
        let mut digest = Sha256::new();
        for key in &self.keys {
            digest.update(key.bytes());
        }
        files::hex(&digest.finalize()[..8])
    }

    /// How many different keys there are.
    pub(super) fn len(&self) -> usize {
        self.first.len()
    }

    /// The keys, each once.
    pub(super) fn keys(&self) -> impl Iterator<Item = TextKey> {
        self.first.iter().map(|&place| self.keys[place])
    }

    /// The places of the texts with a key, ascending.
    pub(super) fn places(&self, key: TextKey) -> impl Iterator<Item = usize> {
        let first = self.first.find(key.hash(), |&place| self.keys[place] == key).copied();
        std::iter::successors(first, |&place| self.next[place])
    }

    /// The first place of a text with a key that was not taken yet.
    pub(super) fn take(&mut self, key: TextKey) -> Option<usize> {
        let found = self.first.find_entry(key.hash(), |&place| self.keys[place] == key);
        let mut entry = found.ok()?;
        let place = *entry.get();
        match self.next[place] {
            Some(next) => *entry.get_mut() = next,
            None => drop(entry.remove()),
        }
        Some(place)
    }

    /// Whether a text has this key.
    pub(super) fn contains(&self, key: TextKey) -> bool {
        self.places(key).next().is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_found_by_their_keys_as_often_as_they_are_there() {
        let wanted = Wanted::new(&["a", "b", "a", "", "a"]);
        let places = |text: &str| wanted.places(TextKey::of(text)).collect::<Vec<_>>();
        assert_eq!([places("a"), places("b"), places(""), places("c")], [vec![0, 2, 4], vec![1], vec![3], vec![]]);
        assert_eq!((wanted.len(), wanted.contains(TextKey::of("b"))), (3, true));
        let mut keys: Vec<String> = wanted.keys().map(|key| key.to_string()).collect();
        keys.sort();
        let mut expected = ["a", "b", ""].map(|text| TextKey::of(text).to_string());
        expected.sort();
        assert_eq!(keys, expected);
    }
}
