//! JSON as a stream of events, read with eyes open.
//!
//! A [`Reader`] turns JSON text (RFC 8259) into [`Event`]s, one at a time and
//! without recursion, from a source of any size: it holds one string and one
//! bit of memory per level of nesting, never a document. Nothing is folded
//! away: every key of an object comes out, repeated ones included, each with
//! the offset where it stands, because the parsers that load a model do not
//! agree on which of them counts. [`Names`] and [`Duplicates`] find repeated
//! keys in bounded memory.
//!
//! What Python's `json` accepts beyond the RFC is accepted and told in
//! [`Quirks`]: a byte order mark, `NaN` and `Infinity`, and surrogates that
//! stand alone. Anything else is a [`Fault`](super::Fault) with its offset:
//! comments, trailing commas, bytes that are not UTF-8, control characters in
//! strings, bytes behind the value, and text in UTF-16 or UTF-32, which this
//! version does not read.

mod names;
mod number;
mod reader;
mod text;

#[cfg(test)]
mod tests;

pub use names::{Duplicate, Duplicates, NAMES_CAP, Names, Seen};
pub use number::Number;
pub use reader::{DEPTH_CAP, Event, Quirks, Reader, Token};
pub use text::{STRING_CAP_BYTES, Text};
