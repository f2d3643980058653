//! Archives and packed streams inside other bytes: in weights, in programs, in
//! front of and behind what a file is.
//!
//! A verifier asks for what the readers of a format insist on: header
//! checksums where there are some, else fields that only a writer makes, else
//! data that decodes. What it finds is a *find* that the engine tells once for
//! each archive, opens where it lies, and examines by its format, so that the
//! payload in it is judged and not only its wrapper.
//!
//! Not found by the sweep: streams whose beginning says too little (zlib, bare
//! deflate, LZMA, LZ4's legacy frames), tar headers without the magic of POSIX,
//! Zstandard frames that need a dictionary or are shorter than a few bytes and
//! have no checksum, and archives whose first header was damaged on purpose.
//! Behind and between the parts of a container all of them are recognised by
//! the formats.

mod containers;
#[cfg(test)]
pub(super) mod samples;
mod streams;

pub(super) use containers::PATTERNS as CONTAINERS;
pub(super) use streams::{GZIPS, PATTERNS as STREAMS};

use super::{Around, Found};
use crate::rules::embedded::ARCHIVE;
use crate::wire::codec::Codec;

/// Bytes of a header that are shown as evidence.
const EVIDENCE_BYTES: usize = 32;

/// What kind of archive the sweep found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Archive {
    /// Zip.
    Zip,
    /// 7-Zip.
    SevenZip,
    /// RAR up to version 4.
    Rar4,
    /// RAR 5.
    Rar5,
    /// Tar.
    Tar,
    /// Microsoft's cabinet.
    Cab,
    /// SquashFS.
    SquashFs,
    /// A gzip stream.
    Gzip,
    /// An xz stream.
    Xz,
    /// A Zstandard frame.
    Zstd,
    /// A bzip2 stream.
    Bzip2,
    /// An LZ4 frame.
    Lz4,
}

impl Archive {
    /// Its name with an article.
    pub const fn with_article(self) -> &'static str {
        match self {
            Archive::Zip => "a zip archive",
            Archive::SevenZip => "a 7-Zip archive",
            Archive::Rar4 | Archive::Rar5 => "a RAR archive",
            Archive::Tar => "a tar archive",
            Archive::Cab => "a cabinet archive",
            Archive::SquashFs => "a SquashFS image",
            Archive::Gzip => "a gzip stream",
            Archive::Xz => "an xz stream",
            Archive::Zstd => "a Zstandard stream",
            Archive::Bzip2 => "a bzip2 stream",
            Archive::Lz4 => "an LZ4 stream",
        }
    }

    /// Its name in words, as part of the name of a member.
    pub fn title(self) -> &'static str {
        let words = self.with_article();
        words.split_once(' ').map_or(words, |(_, title)| title)
    }

    /// What unpacks it, where it is one stream and not a container of members.
    pub const fn codec(self) -> Option<Codec> {
        match self {
            Archive::Gzip => Some(Codec::Gzip),
            Archive::Xz => Some(Codec::Xz),
            Archive::Zstd => Some(Codec::Zstd),
            Archive::Bzip2 => Some(Codec::Bzip2),
            Archive::Lz4 => Some(Codec::Lz4),
            _ => None,
        }
    }
}

/// The find: an archive that starts at index `start` of the bytes around. At
/// the beginning of an artifact it is the artifact itself, which the formats
/// have recognised.
fn found(around: &Around<'_>, start: usize, archive: Archive) -> Option<Found> {
    let in_front = around.at.saturating_sub(start) as u64;
    if around.position <= in_front {
        return None;
    }
    let end = start.saturating_add(EVIDENCE_BYTES).min(around.bytes.len());
    Some(Found {
        rule: &ARCHIVE,
        severity: ARCHIVE.severity,
        span: start..end,
        message: format!("{} lies in the bytes", archive.with_article()),
        evidence: around.bytes.get(start..end).unwrap_or_default().to_vec(),
        archive: Some(archive),
    })
}

#[cfg(test)]
mod tests;
