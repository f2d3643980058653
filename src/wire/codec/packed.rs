//! The packed bytes of a span, front to back.
//!
//! A decoder asks for what is buffered, takes what it needs, and leaves the
//! rest: the *position* is always that of the next byte that nothing has
//! taken, so what lies behind a stream can be told. Errors of the source are
//! kept aside, because libraries wrap or forget them.

use std::io::{self, BufRead, Read};

use crate::budget::Budget;
use crate::report::Span;
use crate::source::{ReadError, Source};

/// Bytes of the first read: most looks at a stream end there.
const FIRST_READ_BYTES: usize = 16 << 10;

/// Bytes of every further read.
const READ_BYTES: usize = 256 << 10;

/// Bytes of every read that only looks for headers.
const GLANCE_BYTES: usize = 64;

/// A reader over a span of a source.
pub(super) struct Packed<'a> {
    source: &'a dyn Source,
    budget: Budget,
    end: u64,
    /// Position in the source of `buffer[0]`.
    base: u64,
    buffer: Vec<u8>,
    /// Index of the next byte in `buffer`.
    next: usize,
    /// How much the next read asks for.
    piece: usize,
    /// How much every further read asks for.
    further: usize,
    failed: Option<ReadError>,
}

impl<'a> Packed<'a> {
    /// A reader over `span`, which is cut to what the source has.
    pub(super) fn new(source: &'a dyn Source, span: Span, budget: &Budget) -> Self {
        Packed {
            source,
            budget: budget.clone(),
            end: span.end.min(source.len()),
            base: span.start,
            buffer: Vec::new(),
            next: 0,
            piece: FIRST_READ_BYTES,
            further: READ_BYTES,
            failed: None,
        }
    }

    /// A reader that goes from header to header and reads little of the rest.
    pub(super) fn glancing(source: &'a dyn Source, span: Span, budget: &Budget) -> Self {
        Packed {
            piece: GLANCE_BYTES,
            further: GLANCE_BYTES,
            ..Packed::new(source, span, budget)
        }
    }

    /// Another reader from here on, for a library that wants one of its own.
    pub(super) fn fork(&self) -> Packed<'a> {
        let mut fork = Packed::new(self.source, self.position()..self.end, &self.budget);
        fork.piece = self.piece;
        fork
    }

    /// Position in the source of the next byte.
    pub(super) fn position(&self) -> u64 {
        self.base.saturating_add(self.next as u64)
    }

    /// Bytes from here to the end of the span.
    pub(super) fn remaining(&self) -> u64 {
        self.end.saturating_sub(self.position())
    }

    /// Go to another position; cheap where it is in the buffer.
    pub(super) fn seek(&mut self, at: u64) {
        let inside = at
            .checked_sub(self.base)
            .and_then(|d| usize::try_from(d).ok());
        match inside.filter(|&index| index <= self.buffer.len()) {
            Some(index) => self.next = index,
            None => {
                self.buffer.clear();
                self.base = at;
                self.next = 0;
            }
        }
    }

    /// Up to `want` bytes from here on, without taking them; fewer only at the
    /// end. The caller bounds `want`: that much is kept.
    pub(super) fn peek(&mut self, want: usize) -> io::Result<&[u8]> {
        let have = self.buffer.len().saturating_sub(self.next);
        if have < want && (have as u64) < self.remaining() {
            self.refill(want)?;
        }
        let rest = self.buffer.get(self.next..).unwrap_or_default();
        Ok(rest.get(..want).unwrap_or(rest))
    }

    /// The next `N` bytes, taken.
    pub(super) fn array<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        let mut out = [0; N];
        let bytes = self.peek(N)?.first_chunk::<N>();
        out.copy_from_slice(bytes.ok_or(io::ErrorKind::UnexpectedEof)?);
        self.next = self.next.saturating_add(N);
        Ok(out)
    }

    /// Pass over `n` bytes; an error where the span has fewer.
    pub(super) fn skip(&mut self, n: u64) -> io::Result<()> {
        if n > self.remaining() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.seek(self.position().saturating_add(n));
        Ok(())
    }

    /// Pass over zeros; the position behind them.
    pub(super) fn skip_zeros(&mut self) -> io::Result<u64> {
        loop {
            let seen = self.fill_buf()?;
            let zeros = seen.iter().take_while(|&&b| b == 0).count();
            let is_over = zeros < seen.len() || seen.is_empty();
            self.consume(zeros);
            if is_over {
                return Ok(self.position());
            }
        }
    }

    /// What the source said when it failed, once.
    pub(super) fn failure(&mut self) -> Option<ReadError> {
        self.failed.take()
    }

    /// Read on, so that at least `want` bytes are buffered if they are there.
    /// What is buffered already stays, at the front.
    fn refill(&mut self, want: usize) -> io::Result<()> {
        let kept = self.buffer.len().saturating_sub(self.next);
        let left = usize::try_from(self.remaining()).unwrap_or(usize::MAX);
        let size = self.piece.max(want).min(left);
        self.base = self.position();
        self.buffer.copy_within(self.next.., 0);
        self.next = 0;
        self.buffer.resize(size, 0);
        self.piece = self.further;
        let at = self.base.saturating_add(kept as u64);
        let room = self.buffer.get_mut(kept..).unwrap_or_default();
        match fill(self.source, &self.budget, at, room) {
            Ok(filled) => {
                self.buffer.truncate(kept.saturating_add(filled));
                Ok(())
            }
            Err(error) => {
                self.buffer.clear();
                Err(self.fail(error))
            }
        }
    }

    /// Keep what the source said aside.
    fn fail(&mut self, error: ReadError) -> io::Error {
        self.failed = Some(error);
        io::Error::other("the packed bytes cannot be read")
    }
}

/// Fill a buffer, if the budget is not over.
fn fill(
    source: &dyn Source,
    budget: &Budget,
    at: u64,
    buffer: &mut [u8],
) -> Result<usize, ReadError> {
    budget.check()?;
    source.fill_at(at, buffer)
}

impl BufRead for Packed<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.next >= self.buffer.len() && self.remaining() > 0 {
            self.refill(1)?;
        }
        Ok(self.buffer.get(self.next..).unwrap_or_default())
    }

    fn consume(&mut self, n: usize) {
        self.next = self.next.saturating_add(n).min(self.buffer.len());
    }
}

impl Read for Packed<'_> {
    /// Where nothing is buffered and there is room for much, the bytes go
    /// straight into `out`.
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.next >= self.buffer.len() && out.len() >= FIRST_READ_BYTES {
            let at = self.position();
            let left = usize::try_from(self.remaining()).unwrap_or(usize::MAX);
            let room = out.len().min(left);
            let room = out.get_mut(..room).unwrap_or_default();
            let filled = fill(self.source, &self.budget, at, room);
            let filled = filled.map_err(|error| self.fail(error))?;
            self.seek(at.saturating_add(filled as u64));
            return Ok(filled);
        }
        let seen = self.fill_buf()?;
        let n = seen.len().min(out.len());
        if let (Some(out), Some(seen)) = (out.get_mut(..n), seen.get(..n)) {
            out.copy_from_slice(seen);
        }
        self.consume(n);
        Ok(n)
    }
}
