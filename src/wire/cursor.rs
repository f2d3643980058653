//! Reading numbers and bytes front to back, checked at every step.
//!
//! A [`Cursor`] reads a source through a buffer of its own, so that a parser
//! may take one byte at a time from a file of any size. It never allocates
//! what a length in the file claims: [`Cursor::take`] is capped by the caller
//! and by what the source has.

use super::Fault;
use crate::source::Source;

/// Bytes read at a time, at most.
const BUFFER_BYTES: usize = 64 << 10;

/// Bytes of the first read: who only takes a look needs no more.
const FIRST_BYTES: usize = 4 << 10;

/// A position in a source, with a buffer behind it.
#[derive(Debug)]
pub struct Cursor<'a> {
    source: &'a dyn Source,
    end: u64,
    buffer: Vec<u8>,
    /// Position in the source of `buffer[0]`.
    base: u64,
    /// Index of the next byte in `buffer`.
    next: usize,
    /// Bytes that the next read takes: more each time.
    step: usize,
}

impl<'a> Cursor<'a> {
    /// Start at position `at`.
    pub fn new(source: &'a dyn Source, at: u64) -> Self {
        Cursor {
            source,
            end: source.len(),
            buffer: Vec::new(),
            base: at,
            next: 0,
            step: FIRST_BYTES,
        }
    }

    /// Start at position `at` and treat `end` as the end of the bytes.
    pub fn within(source: &'a dyn Source, at: u64, end: u64) -> Self {
        Cursor {
            end: end.min(source.len()),
            ..Cursor::new(source, at)
        }
    }

    /// Position of the next byte.
    pub fn position(&self) -> u64 {
        self.base.saturating_add(self.next as u64)
    }

    /// Bytes from here to the end.
    pub fn remaining(&self) -> u64 {
        self.end.saturating_sub(self.position())
    }

    /// Move to another position; cheap where it is in the buffer.
    pub fn seek(&mut self, at: u64) {
        let inside = at
            .checked_sub(self.base)
            .and_then(|d| usize::try_from(d).ok());
        match inside.filter(|&i| i <= self.buffer.len()) {
            Some(index) => self.next = index,
            None => {
                self.buffer.clear();
                self.base = at;
                self.next = 0;
            }
        }
    }

    /// Move forward by `n` bytes; a fault where the source is shorter.
    pub fn skip(&mut self, n: u64) -> Result<(), Fault> {
        if n > self.remaining() {
            return Err(self.short(n));
        }
        self.seek(self.position().saturating_add(n));
        Ok(())
    }

    /// Up to `want` bytes from here on, without moving; at most the size of
    /// the buffer, fewer only at the end.
    pub fn peek(&mut self, want: usize) -> Result<&[u8], Fault> {
        let want = want.min(BUFFER_BYTES);
        let have = self.buffer.len().saturating_sub(self.next);
        if have < want && (have as u64) < self.remaining() {
            self.refill(want)?;
        }
        let rest = self.buffer.get(self.next..).unwrap_or_default();
        Ok(rest.get(..want).unwrap_or(rest))
    }

    /// The bytes that are in the buffer from here on, without moving: at least
    /// one, unless this is the end.
    pub fn buffered(&mut self) -> Result<&[u8], Fault> {
        self.peek(1)?;
        let have = self.buffer.get(self.next..).unwrap_or_default();
        let left = usize::try_from(self.remaining()).unwrap_or(usize::MAX);
        Ok(have.get(..left).unwrap_or(have))
    }

    /// The next byte, or `None` at the end.
    pub fn next_byte(&mut self) -> Result<Option<u8>, Fault> {
        if let Some(&byte) = self.buffer.get(self.next) {
            self.next = self.next.saturating_add(1);
            return Ok(Some(byte));
        }
        let byte = self.peek(1)?.first().copied();
        if byte.is_some() {
            self.next = self.next.saturating_add(1);
        }
        Ok(byte)
    }

    /// The next `N` bytes.
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], Fault> {
        let mut out = [0u8; N];
        let got = match self.peek(N)?.get(..N) {
            Some(bytes) => {
                out.copy_from_slice(bytes);
                true
            }
            None => false,
        };
        if !got {
            return Err(self.short(N as u64));
        }
        self.next = self.next.saturating_add(N);
        Ok(out)
    }

    /// One byte.
    pub fn u8(&mut self) -> Result<u8, Fault> {
        self.next_byte()?.ok_or_else(|| self.short(1))
    }

    /// A little-endian number of 2 bytes.
    pub fn u16(&mut self) -> Result<u16, Fault> {
        Ok(u16::from_le_bytes(self.array()?))
    }

    /// A little-endian number of 4 bytes.
    pub fn u32(&mut self) -> Result<u32, Fault> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    /// A little-endian number of 8 bytes.
    pub fn u64(&mut self) -> Result<u64, Fault> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    /// The next `len` bytes, which must not be more than `cap`.
    pub fn take(&mut self, len: u64, cap: usize) -> Result<Vec<u8>, Fault> {
        if len > self.remaining() {
            return Err(self.short(len));
        }
        let at = self.position();
        let wanted = usize::try_from(len)
            .ok()
            .filter(|&n| n <= cap)
            .ok_or_else(|| {
                Fault::unsupported(
                    at,
                    format!("a field of {len} bytes; at most {cap} are read here"),
                )
            })?;
        let mut out = vec![0; wanted];
        if self.source.fill_at(at, &mut out)? < wanted {
            return Err(self.short(len));
        }
        self.skip(len)?;
        Ok(out)
    }

    /// The next line without its line feed, at most `cap` bytes long. `None`
    /// where no line feed follows within `cap` bytes or the rest of the
    /// source.
    pub fn line(&mut self, cap: usize) -> Result<Option<Vec<u8>>, Fault> {
        let start = self.position();
        let mut line = Vec::new();
        while line.len() <= cap {
            let room = cap.saturating_add(1).saturating_sub(line.len());
            let seen = self.peek(room.min(BUFFER_BYTES))?;
            if seen.is_empty() {
                break;
            }
            let end = memchr::memchr(b'\n', seen);
            line.extend_from_slice(seen.get(..end.unwrap_or(seen.len())).unwrap_or_default());
            let used = end.map_or(seen.len(), |at| at.saturating_add(1));
            self.next = self.next.saturating_add(used);
            if end.is_some() {
                return Ok(Some(line));
            }
        }
        self.seek(start);
        Ok(None)
    }

    /// A fault that says how many bytes are missing here.
    fn short(&self, wanted: u64) -> Fault {
        let (at, left) = (self.position(), self.remaining());
        Fault::malformed(at, format!("{wanted} bytes are needed and {left} are left"))
    }

    /// Read on from here, `want` bytes at least.
    fn refill(&mut self, want: usize) -> Result<(), Fault> {
        let at = self.position();
        let left = usize::try_from(self.remaining()).unwrap_or(usize::MAX);
        self.buffer.resize(left.min(self.step.max(want)), 0);
        self.step = self.step.saturating_mul(4).min(BUFFER_BYTES);
        self.base = at;
        self.next = 0;
        let filled = self.source.fill_at(at, &mut self.buffer)?;
        self.buffer.truncate(filled);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Memory;

    #[test]
    fn numbers_lines_and_ends() {
        let source = Memory::new(&b"\x01\x02\x00abc\ndef"[..]);
        let mut cursor = Cursor::new(&source, 0);
        assert_eq!(cursor.u8().unwrap(), 1);
        assert_eq!(cursor.u16().unwrap(), 2);
        assert_eq!(cursor.line(10).unwrap().unwrap(), b"abc");
        assert_eq!(cursor.line(10).unwrap(), None);
        assert_eq!(
            cursor.position(),
            7,
            "a line that does not end moves nothing"
        );
        assert!(cursor.u64().is_err());
        assert_eq!(cursor.take(3, 3).unwrap(), b"def");
        assert_eq!(cursor.next_byte().unwrap(), None);
    }

    #[test]
    fn a_line_longer_than_the_cap_is_no_line() {
        let source = Memory::new(&b"abcdef\n"[..]);
        assert_eq!(Cursor::new(&source, 0).line(5).unwrap(), None);
        assert_eq!(Cursor::new(&source, 0).line(6).unwrap().unwrap(), b"abcdef");
    }

    #[test]
    fn reading_goes_on_across_the_buffer() {
        let bytes: Vec<u8> = (0..3 * BUFFER_BYTES).map(|i| (i % 256) as u8).collect();
        let source = Memory::new(bytes.clone());
        let mut cursor = Cursor::new(&source, 1);
        cursor.skip(BUFFER_BYTES as u64 - 2).unwrap();
        assert_eq!(
            cursor.array::<4>().unwrap(),
            bytes[BUFFER_BYTES - 1..BUFFER_BYTES + 3]
        );
        cursor.seek(0);
        assert_eq!(cursor.u8().unwrap(), 0);
    }

    #[test]
    fn a_claimed_length_is_not_allocated() {
        let source = Memory::new(&b"abc"[..]);
        assert!(Cursor::new(&source, 0).take(u64::MAX, usize::MAX).is_err());
        assert!(matches!(
            Cursor::new(&source, 0).take(3, 2),
            Err(Fault::Unsupported { .. })
        ));
    }
}
