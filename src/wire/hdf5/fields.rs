//! Numbers in a block that was read, checked at every step.
//!
//! An *address* or *offset* and a *length* are as wide as the superblock says.

use crate::report::Span;
use crate::wire::Fault;

/// Widths of addresses and lengths in bytes: 2, 4, 8, 16 or 32.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Widths {
    pub offset: u8,
    pub length: u8,
}

impl Default for Widths {
    fn default() -> Self {
        Widths {
            offset: 8,
            length: 8,
        }
    }
}

/// A position in a block.
#[derive(Debug, Clone)]
pub(super) struct Fields<'b> {
    bytes: &'b [u8],
    /// Where the block lies in the file.
    start: u64,
    next: usize,
    widths: Widths,
}

impl<'b> Fields<'b> {
    pub fn new(bytes: &'b [u8], start: u64, widths: Widths) -> Self {
        Fields {
            bytes,
            start,
            next: 0,
            widths,
        }
    }

    /// Where the next byte lies in the file.
    pub fn at(&self) -> u64 {
        self.start.saturating_add(self.next as u64)
    }

    /// Bytes from the start of the block.
    pub fn position(&self) -> usize {
        self.next
    }

    pub fn remaining(&self) -> usize {
        self.bytes.len().saturating_sub(self.next)
    }

    pub fn malformed(&self, what: impl Into<String>) -> Fault {
        Fault::malformed(self.at(), what)
    }

    pub fn unsupported(&self, what: impl Into<String>) -> Fault {
        Fault::unsupported(self.at(), what)
    }

    pub fn take(&mut self, n: usize) -> Result<&'b [u8], Fault> {
        let end = self.next.checked_add(n);
        match end.and_then(|end| self.bytes.get(self.next..end)) {
            Some(taken) => {
                self.next = self.next.saturating_add(n);
                Ok(taken)
            }
            None => Err(self.malformed(format!(
                "{n} bytes are missing: the block ends after {}",
                self.remaining()
            ))),
        }
    }

    /// The next bytes as fields of their own.
    pub fn part(&mut self, n: usize) -> Result<Fields<'b>, Fault> {
        let start = self.at();
        Ok(Fields::new(self.take(n)?, start, self.widths))
    }

    pub fn rest(&mut self) -> &'b [u8] {
        let rest = self.bytes.get(self.next..).unwrap_or_default();
        self.next = self.bytes.len();
        rest
    }

    /// What is left, as a span of the file.
    pub fn rest_span(&self) -> Span {
        self.at()..self.start.saturating_add(self.bytes.len() as u64)
    }

    pub fn skip(&mut self, n: usize) -> Result<(), Fault> {
        self.take(n).map(|_| ())
    }

    /// A little-endian number of so many bytes; what does not fit 64 bits is
    /// refused.
    pub fn uint(&mut self, n: usize) -> Result<u64, Fault> {
        let bytes = self.take(n)?;
        let (low, high) = bytes.split_at_checked(8).unwrap_or((bytes, &[]));
        if high.iter().any(|&b| b != 0) {
            return Err(self.malformed("a number has more than 64 bits"));
        }
        let number = |value: u64, &byte: &u8| (value << 8) | u64::from(byte);
        Ok(low.iter().rev().fold(0, number))
    }

    pub fn u8(&mut self) -> Result<u8, Fault> {
        Ok(self.uint(1)? as u8)
    }

    pub fn u16(&mut self) -> Result<u16, Fault> {
        Ok(self.uint(2)? as u16)
    }

    pub fn u32(&mut self) -> Result<u32, Fault> {
        Ok(self.uint(4)? as u32)
    }

    pub fn length(&mut self) -> Result<u64, Fault> {
        self.uint(usize::from(self.widths.length))
    }

    /// An address; `None` where it is the undefined one.
    pub fn address(&mut self) -> Result<Option<u64>, Fault> {
        let width = usize::from(self.widths.offset);
        let is_undefined = self
            .bytes
            .get(self.next..self.next.saturating_add(width))
            .is_some_and(|bytes| bytes.iter().all(|&b| b == 0xff));
        match is_undefined {
            true => self.skip(width).map(|()| None),
            false => self.uint(width).map(Some),
        }
    }

    /// An address that must be there.
    pub fn defined(&mut self) -> Result<u64, Fault> {
        let at = self.at();
        self.address()?
            .ok_or_else(|| Fault::malformed(at, "an address that must be there is not"))
    }

    /// A text up to its NUL, which is taken as well; all that is left if there
    /// is none.
    pub fn text(&mut self) -> String {
        let rest = self.bytes.get(self.next..).unwrap_or_default();
        let end = memchr::memchr(0, rest);
        let text = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
        let used = end.map_or(rest.len(), |end| end.saturating_add(1));
        self.next = self.next.saturating_add(used);
        String::from_utf8_lossy(text).into_owned()
    }

    /// Take what fills the last eight bytes since `from`.
    pub fn pad(&mut self, from: usize) -> Result<(), Fault> {
        let used = self.next.saturating_sub(from);
        let padded = used.next_multiple_of(8);
        self.skip(padded.saturating_sub(used).min(self.remaining()))
    }

    /// The signature of a block.
    pub fn signature(&mut self, wanted: &[u8; 4]) -> Result<(), Fault> {
        let at = self.at();
        let name = String::from_utf8_lossy(wanted);
        match self.take(4)? == wanted {
            true => Ok(()),
            false => Err(Fault::malformed(at, format!("there is no `{name}` here"))),
        }
    }

    /// A version that this reader knows.
    pub fn version(&mut self, known: std::ops::RangeInclusive<u8>, of: &str) -> Result<u8, Fault> {
        let at = self.at();
        let version = self.u8()?;
        match known.contains(&version) {
            true => Ok(version),
            false => Err(Fault::unsupported(
                at,
                format!("version {version} of {of} is not read"),
            )),
        }
    }
}
