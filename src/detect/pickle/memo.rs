//! The memo, numbered as CPython numbers it.
//!
//! `MEMOIZE` stores under the number of filled places, `PUT` under any number.
//! Ordinary picklers count up from 0 or 1, so places lie in pages; a few wild
//! indexes are kept beside them, and the rest is dropped and told.

use std::collections::HashMap;

use super::value::Value;

/// Indexes below this lie in pages.
pub const PAGED_ENTRIES: u64 = 1 << 24;

/// Entries of one page.
const PAGE_ENTRIES: usize = 256;

/// Indexes above the pages that are kept.
const WILD_ENTRIES: usize = 1 << 12;

/// The store of `PUT` and `GET`.
#[derive(Debug, Default)]
pub struct Memo {
    pages: Vec<Option<Box<[Option<Value>; PAGE_ENTRIES]>>>,
    wild: HashMap<u64, Value>,
    filled: u64,
    dropped: bool,
}

/// Page and place of an index.
fn split(index: u64) -> (usize, usize) {
    let index = usize::try_from(index).unwrap_or(usize::MAX);
    (index / PAGE_ENTRIES, index % PAGE_ENTRIES)
}

impl Memo {
    /// Places that hold something: the next index of `MEMOIZE`.
    pub fn len(&self) -> u64 {
        self.filled
    }

    /// Whether an entry was dropped because there were too many.
    pub fn dropped(&self) -> bool {
        self.dropped
    }

    /// The value at an index.
    #[inline]
    pub fn get(&self, index: u64) -> Option<Value> {
        if index >= PAGED_ENTRIES {
            return self.wild.get(&index).copied();
        }
        let (page, place) = split(index);
        *self.pages.get(page)?.as_deref()?.get(place)?
    }

    /// Store a value at an index.
    #[inline]
    pub fn put(&mut self, index: u64, value: Value) {
        if index >= PAGED_ENTRIES {
            return self.put_wild(index, value);
        }
        let (page, place) = split(index);
        if page >= self.pages.len() {
            self.pages.resize_with(page.saturating_add(1), || None);
        }
        let entry = self
            .pages
            .get_mut(page)
            .map(|page| page.get_or_insert_with(|| Box::new([None; PAGE_ENTRIES])))
            .and_then(|page| page.get_mut(place));
        if let Some(entry) = entry {
            self.filled = self.filled.saturating_add(u64::from(entry.is_none()));
            *entry = Some(value);
        }
    }

    fn put_wild(&mut self, index: u64, value: Value) {
        if self.wild.len() >= WILD_ENTRIES && !self.wild.contains_key(&index) {
            self.dropped = true;
        } else if self.wild.insert(index, value).is_none() {
            self.filled = self.filled.saturating_add(1);
        }
    }

    /// Every value that is held.
    pub fn values(&self) -> impl Iterator<Item = Value> {
        let paged = self.pages.iter().flatten().flat_map(|page| page.iter());
        paged.flatten().copied().chain(self.wild.values().copied())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memoize_counts_filled_places_and_not_puts() {
        let mut memo = Memo::default();
        memo.put(5, Value::None);
        memo.put(5, Value::Float);
        assert_eq!(memo.len(), 1);
        memo.put(memo.len(), Value::Bool(true));
        assert_eq!(memo.get(1), Some(Value::Bool(true)));
        assert_eq!(memo.get(5), Some(Value::Float));
        assert_eq!(memo.get(0), None);
        assert_eq!(memo.get(u64::MAX), None);
        assert_eq!(memo.values().count(), 2);
    }

    #[test]
    fn wild_indexes_are_bounded_and_the_loss_is_told() {
        let mut memo = Memo::default();
        for n in 0..WILD_ENTRIES as u64 {
            memo.put(PAGED_ENTRIES + 977 * n, Value::Int(n as i64));
        }
        assert!(!memo.dropped());
        assert_eq!(memo.get(PAGED_ENTRIES + 977), Some(Value::Int(1)));
        memo.put(u64::MAX, Value::None);
        assert!(memo.dropped());
        assert_eq!(memo.get(u64::MAX), None);
    }
}
