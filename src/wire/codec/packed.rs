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
            failed: None,
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
    /// end. At most a read's worth can be asked for.
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

    /// Read from here on, at least `want` bytes if they are there.
    fn refill(&mut self, want: usize) -> io::Result<()> {
        let at = self.position();
        let left = usize::try_from(self.remaining()).unwrap_or(usize::MAX);
        let size = self.piece.max(want).min(READ_BYTES).min(left);
        self.buffer.resize(size, 0);
        self.base = at;
        self.next = 0;
        self.piece = READ_BYTES;
        let read = match self.budget.check() {
            Ok(()) => self.source.fill_at(at, &mut self.buffer),
            Err(stop) => Err(stop.into()),
        };
        match read {
            Ok(filled) => {
                self.buffer.truncate(filled);
                Ok(())
            }
            Err(error) => {
                self.buffer.clear();
                self.failed = Some(error);
                Err(io::Error::other("the packed bytes cannot be read"))
            }
        }
    }
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
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let seen = self.fill_buf()?;
        let n = seen.len().min(out.len());
        if let (Some(out), Some(seen)) = (out.get_mut(..n), seen.get(..n)) {
            out.copy_from_slice(seen);
        }
        self.consume(n);
        Ok(n)
    }
}
