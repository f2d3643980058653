//! The start of an archive: the signature, and where its header stands.
//!
//! Programs look for the signature at the front of the file or behind a *stub*:
//! the program or script of an archive that unpacks itself. Behind a stub a
//! signature counts only if what follows it proves to be a start: six bytes are
//! written into every program that knows the format. An archive in any other
//! file is for the sweep to find.

use memchr::memmem;

use super::{ENCODED_HEADER, HEADER};
use crate::report::Span;
use crate::source::{ReadError, Source};

/// The first bytes of every archive.
pub const SIGNATURE: &[u8] = b"7z\xbc\xaf\x27\x1c";

/// Bytes of the start: signature, version, checksum, and the place of the
/// header.
pub const START_BYTES: u64 = 32;

/// Bytes of a stub in which the signature is looked for.
const STUB_CAP_BYTES: u64 = 1 << 20;

/// Where the three fields about the header begin in the start.
const FIELDS_AT: usize = 12;

/// The first beginnings of programs and scripts, which archives that unpack
/// themselves have in front.
const PROGRAMS: [&[u8]; 4] = [b"MZ", b"\x7fELF", b"#!", b"\xcf\xfa\xed\xfe"];

/// Bytes that tell a program.
const PROGRAM_BYTES: u64 = 4;

/// The start of an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Start {
    /// Where the signature stands.
    pub at: u64,
    /// Version of the format: major, minor.
    pub version: [u8; 2],
    /// Checksum of the three fields below, as it stands there.
    pub claimed_crc32: u32,
    /// Checksum that they have.
    pub crc32: u32,
    /// Position of the header behind the start.
    pub offset: u64,
    /// Length of the header.
    pub len: u64,
    /// CRC-32 of the header, as it is claimed.
    pub header_crc32: u32,
}

impl Start {
    /// The start that stands at `at`; `None` where the signature does not, or
    /// the file ends too early.
    pub fn read(source: &dyn Source, at: u64) -> Result<Option<Start>, ReadError> {
        let bytes = source.chunk(at..at.saturating_add(START_BYTES))?;
        Ok(parse(&bytes, at))
    }

    /// The start of the archive that the file is: at its front, or behind the
    /// program or script that unpacks it.
    pub fn find(source: &dyn Source) -> Result<Option<Start>, ReadError> {
        if source.len() < START_BYTES {
            return Ok(None);
        }
        if let Some(start) = Start::read(source, 0)? {
            return Ok(Some(start));
        }
        let front = source.chunk(0..PROGRAM_BYTES)?;
        if !PROGRAMS.iter().any(|magic| front.starts_with(magic)) {
            return Ok(None);
        }
        let room = source.chunk(0..STUB_CAP_BYTES.saturating_add(START_BYTES))?;
        for hit in memmem::find_iter(&room, SIGNATURE) {
            let bytes = room.get(hit..).unwrap_or_default();
            if let Some(start) = parse(bytes, hit as u64)
                && start.is_proven(source)?
            {
                return Ok(Some(start));
            }
        }
        Ok(None)
    }

    /// Where the start itself stands.
    pub fn span(&self) -> Span {
        self.at..self.behind()
    }

    /// The position that others are counted from: right behind the start.
    pub fn behind(&self) -> u64 {
        self.at.saturating_add(START_BYTES)
    }

    /// Where the header is said to stand; `None` where no file reaches.
    pub fn header(&self) -> Option<Span> {
        let from = self.behind().checked_add(self.offset)?;
        Some(from..from.checked_add(self.len)?)
    }

    /// Whether its checksum is right.
    pub fn is_sound(&self) -> bool {
        self.claimed_crc32 == self.crc32
    }

    /// Whether the archive has no header, and so no members, by its own word.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Whether the start leads to what may be a header.
    fn is_proven(&self, source: &dyn Source) -> Result<bool, ReadError> {
        let Some(header) = self.header().filter(|header| header.end <= source.len()) else {
            return Ok(false);
        };
        if !self.is_sound() || self.version[0] != 0 || self.is_empty() {
            return Ok(false);
        }
        let first = source.chunk(header.start..header.start.saturating_add(1))?;
        Ok(matches!(first.first(), Some(&(HEADER | ENCODED_HEADER))))
    }
}

fn parse(bytes: &[u8], at: u64) -> Option<Start> {
    let bytes = bytes.first_chunk::<{ START_BYTES as usize }>()?;
    let &[_, _, _, _, _, _, major, minor, c0, c1, c2, c3, ..] = bytes;
    let fields = bytes.get(FIELDS_AT..)?;
    let (offset, rest) = fields.split_first_chunk::<8>()?;
    let (len, header_crc32) = rest.split_first_chunk::<8>()?;
    bytes.starts_with(SIGNATURE).then_some(Start {
        at,
        version: [major, minor],
        claimed_crc32: u32::from_le_bytes([c0, c1, c2, c3]),
        crc32: crc32fast::hash(fields),
        offset: u64::from_le_bytes(*offset),
        len: u64::from_le_bytes(*len),
        header_crc32: u32::from_le_bytes(*header_crc32.first_chunk()?),
    })
}
