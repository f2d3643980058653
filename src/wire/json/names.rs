//! Repeated keys, found in bounded memory.

use std::collections::HashSet;
use std::hash::{BuildHasher as _, BuildHasherDefault, Hasher, RandomState};

use super::{Event, Token};

/// Keys that are remembered at a time, over all objects that are open.
pub const NAMES_CAP: usize = 4_000_000;

/// Whether a name was there before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// For the first time.
    New,
    /// Again.
    Again,
    /// Not known: too many names are remembered already.
    Unknown,
}

/// The names seen so far. Remembers 16 bytes a name, however long it is: two
/// hashes of 64 bits under keys that are drawn anew for each document. Who
/// writes one does not know them, so that two names with the same hashes are a
/// matter of chance, and four million names meet it once in 10^25 documents.
#[derive(Debug, Default)]
pub struct Names {
    keys: [RandomState; 2],
    seen: HashSet<u128, BuildHasherDefault<Hashed>>,
}

/// What is hashed already.
#[derive(Debug, Default)]
pub struct Hashed(u64);

impl Hasher for Hashed {
    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(byte);
        }
    }

    #[allow(clippy::cast_possible_truncation, reason = "half of it is a hash")]
    fn write_u128(&mut self, hash: u128) {
        self.0 = hash as u64;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

impl Names {
    /// Look up a name and remember it, while fewer than `cap` are remembered.
    pub fn see(&mut self, name: &str, cap: usize) -> Seen {
        let [first, second] = &self.keys;
        let hash = u128::from(first.hash_one(name)) << 64 | u128::from(second.hash_one(name));
        if self.seen.len() < cap {
            match self.seen.insert(hash) {
                true => Seen::New,
                false => Seen::Again,
            }
        } else if self.seen.contains(&hash) {
            Seen::Again
        } else {
            Seen::Unknown
        }
    }

    /// Names that are remembered.
    pub fn len(&self) -> usize {
        self.seen.len()
    }

    /// Whether no name was seen.
    pub fn is_empty(&self) -> bool {
        self.seen.is_empty()
    }
}

/// What [`Duplicates`] says about an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Duplicate {
    /// Nothing: no key, or a new one.
    No,
    /// A key that its object already has.
    Key,
    /// A key that could not be remembered, for the first time in the document.
    CapReached,
}

/// Watches a stream of events for keys that repeat within their object.
#[derive(Debug, Default)]
pub struct Duplicates {
    /// One set for each open object; arrays have an empty one.
    open: Vec<Names>,
    /// Names in all of them.
    held: usize,
    capped: bool,
}

impl Duplicates {
    /// Look at the next event.
    pub fn see(&mut self, event: &Event<'_>) -> Duplicate {
        match event.token {
            Token::ObjectStart | Token::ArrayStart => self.open.push(Names::default()),
            Token::ObjectEnd | Token::ArrayEnd => {
                let closed = self.open.pop().unwrap_or_default();
                self.held = self.held.saturating_sub(closed.len());
            }
            Token::Key(key) => return self.key(key.value),
            _ => {}
        }
        Duplicate::No
    }

    fn key(&mut self, key: &str) -> Duplicate {
        let Some(names) = self.open.last_mut() else {
            return Duplicate::No;
        };
        let room = NAMES_CAP.saturating_sub(self.held);
        match names.see(key, names.len().saturating_add(room)) {
            Seen::New => self.held = self.held.saturating_add(1),
            Seen::Again => return Duplicate::Key,
            Seen::Unknown if !self.capped => {
                self.capped = true;
                return Duplicate::CapReached;
            }
            Seen::Unknown => {}
        }
        Duplicate::No
    }
}
