//! Gzip members (RFC 1952): a header with optional names, deflate, and the
//! CRC-32 and length of what comes out.
//!
//! Members may follow one another, with zeros between them, and every reader
//! takes their contents as one. The fields of the header have no bound in the
//! format; they are passed over, not read.

use std::io::{self, BufRead as _, Read as _};

use super::decoder::{AnyStream, Step, Stream};
use super::deflate::Inflate;
use super::packed::Packed;
use super::remark::Remarks;
use crate::budget::Budget;
use crate::source::Source;

/// The two bytes of every member, and deflate.
const MAGIC: [u8; 3] = [0x1f, 0x8b, 8];

/// Flags of the fields that follow the header.
const HEADER_CRC: u8 = 2;
const EXTRA: u8 = 4;
const NAME: u8 = 8;
const COMMENT: u8 = 16;

/// Longest stored name that is taken, in bytes.
const NAME_CAP_BYTES: u64 = 255;

struct Gzip {
    inflate: Inflate,
    sum: crc32fast::Hasher,
    len: u32,
}

/// The member at this position; zeros may stand before one that is not the
/// first.
pub(super) fn open<'a>(
    packed: &mut Packed<'a>,
    is_first: bool,
) -> io::Result<Option<AnyStream<'a>>> {
    if !is_first {
        packed.skip_zeros()?;
    }
    if !packed.peek(MAGIC.len())?.starts_with(&MAGIC) {
        return Ok(None);
    }
    let flags = fixed(packed)?;
    if flags & NAME != 0 {
        skip_text(packed)?;
    }
    if flags & COMMENT != 0 {
        skip_text(packed)?;
    }
    if flags & HEADER_CRC != 0 {
        packed.skip(2)?;
    }
    Ok(Some(Box::new(Gzip {
        inflate: Inflate::new(),
        sum: crc32fast::Hasher::new(),
        len: 0,
    })))
}

/// Pass over the fixed part of a header and its extra field; its flags.
fn fixed(packed: &mut Packed<'_>) -> io::Result<u8> {
    let [_, _, _, flags, ..] = packed.array::<10>()?;
    if flags & EXTRA != 0 {
        let len = u16::from_le_bytes(packed.array()?);
        packed.skip(len.into())?;
    }
    Ok(flags)
}

/// Pass over text that ends with a zero byte.
fn skip_text(packed: &mut Packed<'_>) -> io::Result<()> {
    loop {
        let seen = packed.fill_buf()?;
        if seen.is_empty() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let (found, n) = match memchr::memchr(0, seen) {
            Some(at) => (true, at.saturating_add(1)),
            None => (false, seen.len()),
        };
        packed.consume(n);
        if found {
            return Ok(());
        }
    }
}

/// The file name in the header of the first member, if it has one of at most
/// 255 bytes.
pub fn stored_name(source: &dyn Source) -> Option<Vec<u8>> {
    let mut packed = Packed::new(source, 0..source.len(), &Budget::unlimited());
    let flags = fixed(&mut packed).ok()?;
    if flags & NAME == 0 {
        return None;
    }
    let mut name = Vec::new();
    let cap = NAME_CAP_BYTES.saturating_add(1);
    let mut field = io::BufReader::new(packed.take(cap));
    field.read_until(0, &mut name).ok()?;
    (name.pop() == Some(0) && !name.is_empty()).then_some(name)
}

impl<'a> Stream<'a> for Gzip {
    fn step(&mut self, packed: &mut Packed<'a>, out: &mut [u8], remarks: &mut Remarks) -> Step {
        let sum = &mut self.sum;
        let (given, then) = self.inflate.wrapped(packed, out, |bytes| sum.update(bytes));
        self.len = self.len.wrapping_add(given as u32);
        match then {
            Some(then) => Step { given, then },
            None => Step::last(given, self.trailer(packed, remarks)),
        }
    }
}

impl Gzip {
    fn trailer(&self, packed: &mut Packed<'_>, remarks: &mut Remarks) -> io::Result<()> {
        let claimed = u32::from_le_bytes(packed.array()?);
        let actual = self.sum.clone().finalize();
        remarks.checksum(
            packed.position(),
            4,
            "CRC-32",
            claimed.into(),
            actual.into(),
        );
        let claimed = u32::from_le_bytes(packed.array()?);
        let what = "the unpacked length, modulo 2^32,";
        remarks.length(packed.position(), 4, what, claimed.into(), self.len.into());
        Ok(())
    }
}
