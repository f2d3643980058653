//! Repeated keys, found in bounded memory.

use std::collections::HashSet;

use sha2::{Digest as _, Sha256};

use super::{Event, Token};

/// Keys that are remembered at a time, over all objects that are open.
pub const NAMES_CAP: usize = 4_000_000;

/// Bytes of a digest that stand for a key; two keys with one digest are a
/// forgery that nobody can make.
const DIGEST_BYTES: usize = 16;

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

/// The names seen so far. Remembers 16 bytes a name, however long it is.
#[derive(Debug, Default)]
pub struct Names(HashSet<[u8; DIGEST_BYTES]>);

impl Names {
    /// Look up a name and remember it, while fewer than `cap` are remembered.
    pub fn see(&mut self, name: &str, cap: usize) -> Seen {
        let mut digest = [0; DIGEST_BYTES];
        for (to, from) in digest.iter_mut().zip(Sha256::digest(name)) {
            *to = from;
        }
        if self.0.contains(&digest) {
            Seen::Again
        } else if self.0.len() >= cap {
            Seen::Unknown
        } else {
            self.0.insert(digest);
            Seen::New
        }
    }

    /// Names that are remembered.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether no name was seen.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
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
