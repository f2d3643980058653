//! Secrets: private keys and access tokens, by their published shapes.
//!
//! A shape is a prefix, an alphabet, a length and boundaries, and a checksum
//! where the issuer has one. What documentation prints as an example is told
//! apart by being the published example, or by being no random text.

mod keys;
mod services;
mod tokens;

use super::text::is_word;
use super::{Around, Found};
use crate::report::Severity;
use crate::rules::Rule;

pub(super) use keys::PATTERNS as KEYS;
pub(super) use services::PATTERNS as SERVICES;
pub(super) use tokens::PATTERNS as TOKENS;

/// Characters of a secret shown at its start and at its end.
const SHOWN_START: usize = 4;
const SHOWN_END: usize = 2;

/// A secret as it may be shown: its first four and last two characters.
fn redact(secret: &[u8]) -> Vec<u8> {
    let mut shown = secret.get(..SHOWN_START).unwrap_or_default().to_vec();
    let end = secret.len().saturating_sub(SHOWN_END).max(SHOWN_START);
    shown.extend_from_slice("…".as_bytes());
    shown.extend_from_slice(secret.get(end..).unwrap_or_default());
    shown.extend_from_slice(format!(" ({} characters)", secret.len()).as_bytes());
    shown
}

/// The finding for the secret of `len` bytes that starts `offset` behind the
/// anchor.
fn found(
    rule: &'static Rule,
    severity: Severity,
    around: &Around<'_>,
    span: std::ops::Range<usize>,
    message: String,
) -> Found {
    let secret = around.bytes.get(span.clone()).unwrap_or_default();
    Found {
        rule,
        severity,
        evidence: redact(secret),
        span,
        message,
        archive: None,
    }
}

/// Whether a secret may end, or one may start, at this byte.
fn is_boundary(byte: Option<&u8>) -> bool {
    byte.is_none_or(|b| !is_word(*b) && !matches!(b, b'-' | b'+' | b'/'))
}

/// Whether this looks drawn at random: enough different characters, no long
/// run of one, no counting, and no word that examples are made of.
fn is_random(body: &[u8]) -> bool {
    /// Fewest different characters in a body of 16 or more.
    const DISTINCT_CHARACTERS: usize = 8;
    let mut seen = [false; 256];
    for byte in body {
        if let Some(mark) = seen.get_mut(usize::from(*byte)) {
            *mark = true;
        }
    }
    let distinct = seen.iter().filter(|mark| **mark).count();
    let steps = |by: u8| {
        body.windows(5).any(|w| {
            w.windows(2)
                .all(|p| matches!(p, [a, b] if a.wrapping_add(by) == *b))
        })
    };
    let upper = body.to_ascii_uppercase();
    let is_example = [
        &b"EXAMPLE"[..],
        b"XXXX",
        b"YOUR",
        b"TOKEN",
        b"REDACTED",
        b"DEADBEEF",
    ]
    .iter()
    .any(|word| super::text::has(&upper, word));
    distinct >= DISTINCT_CHARACTERS && !steps(0) && !steps(1) && !is_example
}
