//! The keys of one map, as digests.

use std::collections::HashSet;

use sha2::{Digest as _, Sha256};

use super::Token;

/// Bytes of a digest that stand for a key.
const DIGEST_BYTES: usize = 16;

/// The keys that a map has so far; 16 bytes each, however long they are.
#[derive(Debug, Default)]
pub(super) struct Keys(HashSet<[u8; DIGEST_BYTES]>);

impl Keys {
    /// Remember a key, whose bytes are `body` where it has some. Whether it is
    /// new; `None` for a kind of key that readers do not compare alike.
    pub(super) fn see(&mut self, token: &Token, body: &[u8]) -> Option<bool> {
        let mut sum = Sha256::new();
        match token {
            Token::Text(_) => sum.update(b"t"),
            Token::Bytes(_) => sum.update(b"b"),
            Token::Integer(number) => sum.update(number.to_be_bytes()),
            Token::Nil => sum.update(b"nil"),
            Token::Bool(value) => sum.update([u8::from(*value), b'?']),
            _ => return None,
        }
        sum.update(body);
        let mut digest = [0; DIGEST_BYTES];
        for (to, from) in digest.iter_mut().zip(sum.finalize()) {
            *to = from;
        }
        Some(self.0.insert(digest))
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}
