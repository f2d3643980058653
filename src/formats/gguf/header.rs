//! What every part of the header is read with: the reader, the clock, and
//! where to report to.

use super::super::Context;
use super::super::tally::Tally;
use crate::report::Span;
use crate::rules::gguf as rules;
use crate::source::Source;
use crate::wire::Fault;
use crate::wire::gguf::{MAGIC, Reader, VERSION_CAP, bytes_at, version};

/// Bytes of a key or the name of a tensor that are read; the format allows
/// 65,535 for a key.
const NAME_CAP_BYTES: usize = 65_535;

/// Bytes of the magic and the version.
const START_BYTES: u64 = 8;

/// A walk over the header.
pub(super) struct Walk<'s, 'w, 'c> {
    /// The bytes.
    pub(super) source: &'s dyn Source,
    /// Where in them the walk is.
    pub(super) reader: Reader<'s>,
    /// The clock, and gaps.
    pub(super) cx: &'w mut Context<'c>,
    /// Findings.
    pub(super) tally: &'w mut Tally,
}

/// A name as it stands in the file.
pub(super) struct Name {
    /// Its text; bytes that are no UTF-8 stand for the characters with their
    /// numbers, so that two names that differ stay different.
    pub(super) text: String,
    /// Where its length stands.
    pub(super) at: u64,
}

impl<'s, 'w, 'c> Walk<'s, 'w, 'c> {
    /// Read the magic and the version.
    pub(super) fn open(
        source: &'s dyn Source,
        cx: &'w mut Context<'c>,
        tally: &'w mut Tally,
    ) -> Result<Self, Fault> {
        let start = bytes_at(source, 0, START_BYTES, START_BYTES as usize)?;
        let Some(rest) = start.strip_prefix(&MAGIC) else {
            return Err(Fault::malformed(0, "the file does not begin with `GGUF`"));
        };
        let Some(bytes) = rest.first_chunk::<4>() else {
            return Err(Fault::malformed(4, "the file ends before its version"));
        };
        let Some((number, big_endian)) = version(*bytes) else {
            let number = u32::from_le_bytes(*bytes);
            return Err(Fault::malformed(4, format!("there is no version {number}")));
        };
        if number > 3 {
            let what = format!("version {number}; versions 1 to 3 are examined, of {VERSION_CAP}");
            return Err(Fault::unsupported(4, what));
        }
        Ok(Walk {
            source,
            reader: Reader::new(source, START_BYTES, number, big_endian),
            cx,
            tally,
        })
    }

    /// The number of tensors and of keys.
    pub(super) fn counts(&mut self) -> Result<(u64, u64), Fault> {
        let at = self.reader.position();
        let (tensors, keys) = (self.reader.length()?, self.reader.length()?);
        let name = self.reader.length_bytes();
        // A key with a kind and one byte, and a scalar tensor.
        self.fits(at, tensors, name.saturating_add(16), "tensors")?;
        self.fits(at, keys, name.saturating_add(5), "keys")?;
        Ok((tensors, keys))
    }

    /// A fault where `count` of `what`, at least `each` bytes long, are more
    /// than the file has left.
    pub(super) fn fits(&mut self, at: u64, count: u64, each: u64, what: &str) -> Result<(), Fault> {
        let left = self.reader.remaining();
        let needed = count.checked_mul(each);
        if needed.is_some_and(|needed| needed <= left) {
            return Ok(());
        }
        let message = format!("{count} {what} are announced and {left} bytes are left");
        let draft = rules::IMPOSSIBLE_LENGTH.at(at).message(&message);
        self.tally.add(draft);
        Err(Fault::malformed(at, message))
    }

    /// Move over a text; where its bytes are.
    pub(super) fn text(&mut self, what: &str) -> Result<Span, Fault> {
        let at = self.reader.position();
        let len = self.reader.length()?;
        if len > self.reader.remaining() {
            let left = self.reader.remaining();
            let message = format!("{what} is said to be {len} bytes long and {left} are left");
            self.tally
                .add(rules::IMPOSSIBLE_LENGTH.at(at).message(&message));
            return Err(Fault::malformed(at, message));
        }
        let start = self.reader.position();
        self.reader.skip(len)?;
        Ok(start..start.saturating_add(len))
    }

    /// A name.
    pub(super) fn name(&mut self, what: &str) -> Result<Name, Fault> {
        let at = self.reader.position();
        let span = self.text(what)?;
        let len = span.end.saturating_sub(span.start);
        if len > NAME_CAP_BYTES as u64 {
            let what = format!("{what} of {len} bytes; at most {NAME_CAP_BYTES} are read");
            return Err(Fault::unsupported(at, what));
        }
        let bytes = bytes_at(self.source, span.start, len, NAME_CAP_BYTES)?;
        let text = String::from_utf8(bytes)
            .unwrap_or_else(|error| error.into_bytes().into_iter().map(char::from).collect());
        Ok(Name { text, at })
    }
}
