//! Strings: decoded, checked for UTF-8, and bounded.

use crate::wire::Fault;

/// Decoded bytes of one string that are kept. The rest is read, checked and
/// counted, and [`Text::is_cut`] says so.
pub const STRING_CAP_BYTES: usize = 16 << 20;

/// A decoded string or key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Text<'r> {
    /// Its beginning; all of it unless [`Text::is_cut`].
    pub value: &'r str,
    /// Length of the whole decoded string in bytes.
    pub len: u64,
}

impl Text<'_> {
    /// Whether the string is longer than what was kept of it.
    pub fn is_cut(self) -> bool {
        self.len > self.value.len() as u64
    }
}

/// The string being read. Grows with what was read, never with a claim.
#[derive(Debug, Default)]
pub(super) struct Buffer {
    /// Up to the cap; valid UTF-8 but for a character that is not complete.
    kept: Vec<u8>,
    /// What came behind the cap and is not yet checked: in the end nothing.
    spill: Vec<u8>,
    /// All decoded bytes.
    len: u64,
    full: bool,
}

impl Buffer {
    /// Forget the last string.
    pub(super) fn clear(&mut self) {
        // One huge string must not stay allocated behind the many small ones.
        if self.full {
            *self = Buffer::default();
        }
        self.kept.clear();
        self.len = 0;
    }

    /// Add raw bytes that stand at offset `at`.
    pub(super) fn push(&mut self, bytes: &[u8], at: u64) -> Result<(), Fault> {
        self.len = self.len.saturating_add(bytes.len() as u64);
        if self.full {
            self.spill.extend_from_slice(bytes);
            return self.check_spill(at);
        }
        self.kept.extend_from_slice(bytes);
        if self.kept.len() > STRING_CAP_BYTES {
            self.full = true;
            let valid = valid_up_to(&self.kept, at)?;
            let cut = self
                .kept
                .get(..valid)
                .and_then(|bytes| std::str::from_utf8(bytes).ok())
                .map_or(0, |text| text.floor_char_boundary(STRING_CAP_BYTES));
            self.spill = self.kept.split_off(cut);
            return self.check_spill(at);
        }
        Ok(())
    }

    /// Add a decoded character.
    pub(super) fn push_char(&mut self, c: char, at: u64) -> Result<(), Fault> {
        self.push(c.encode_utf8(&mut [0; 4]).as_bytes(), at)
    }

    /// The string, which began at offset `at`.
    pub(super) fn text(&self, at: u64) -> Result<Text<'_>, Fault> {
        if !self.spill.is_empty() {
            return Err(not_utf8(at));
        }
        let value = std::str::from_utf8(&self.kept).map_err(|_| not_utf8(at))?;
        Ok(Text {
            value,
            len: self.len,
        })
    }

    fn check_spill(&mut self, at: u64) -> Result<(), Fault> {
        let valid = valid_up_to(&self.spill, at)?;
        self.spill.drain(..valid);
        Ok(())
    }
}

/// How much of `bytes` is valid UTF-8; the rest may be the beginning of one
/// more character. A fault where it cannot be.
fn valid_up_to(bytes: &[u8], at: u64) -> Result<usize, Fault> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(text.len()),
        Err(error) if error.error_len().is_none() => Ok(error.valid_up_to()),
        Err(_) => Err(not_utf8(at)),
    }
}

fn not_utf8(at: u64) -> Fault {
    Fault::malformed(at, "a string is not UTF-8")
}
