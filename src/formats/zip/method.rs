//! How members are packed (APPNOTE 4.4.5), and what stands in front of the
//! packed bytes.

use crate::source::{ReadError, Source};
use crate::wire::codec::Codec;
use crate::wire::zip_directory::{FLAG_END_MARK, View};

/// In front of an LZMA stream (APPNOTE 5.8.8): the version of the packer in two
/// bytes, the length of the properties in two, and the properties.
const LZMA_HEADER_BYTES: u64 = 9;

/// In front of a PPMd stream (APPNOTE 5.10): its parameters.
const PPMD_HEADER_BYTES: u64 = 2;

/// How a member is packed by what one record says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    /// Its bytes lie there as they are.
    Stored,
    /// They come out of this codec, whose stream stands behind a header of so
    /// many bytes.
    Packed(Codec, u64),
    /// In a way that is not followed.
    Foreign,
    /// What should stand in front of the packed bytes does not.
    Broken,
}

/// How a member whose bytes begin at `data_at` is packed by `view`.
pub(super) fn method(source: &dyn Source, view: &View, data_at: u64) -> Result<Method, ReadError> {
    Ok(match view.method {
        0 => Method::Stored,
        8 => Method::Packed(Codec::Deflate, 0),
        9 => Method::Packed(Codec::Deflate64, 0),
        12 => Method::Packed(Codec::Bzip2, 0),
        14 => lzma(source, view, data_at)?,
        20 | 93 => Method::Packed(Codec::Zstd, 0),
        95 => Method::Packed(Codec::Xz, 0),
        98 => ppmd(source, view, data_at)?,
        _ => Method::Foreign,
    })
}

/// The properties of an LZMA stream. Without an end mark it is as long as the
/// record says.
fn lzma(source: &dyn Source, view: &View, data_at: u64) -> Result<Method, ReadError> {
    let mut header = [0u8; LZMA_HEADER_BYTES as usize];
    let filled = source.fill_at(data_at, &mut header)?;
    let [_, _, 5, 0, properties @ ..] = header else {
        return Ok(Method::Broken);
    };
    let is_short = view
        .packed
        .is_some_and(|packed| packed <= LZMA_HEADER_BYTES);
    if is_short || filled < header.len() {
        return Ok(Method::Broken);
    }
    let has_mark = view.flags & FLAG_END_MARK != 0;
    let len = view.unpacked.filter(|_| !has_mark);
    let codec = Codec::RawLzma { properties, len };
    Ok(Method::Packed(codec, LZMA_HEADER_BYTES))
}

/// The parameters of a PPMd stream. It is as long as the record says.
fn ppmd(source: &dyn Source, view: &View, data_at: u64) -> Result<Method, ReadError> {
    let mut header = [0u8; PPMD_HEADER_BYTES as usize];
    let is_short = view
        .packed
        .is_some_and(|packed| packed <= PPMD_HEADER_BYTES);
    if is_short || source.fill_at(data_at, &mut header)? < header.len() {
        return Ok(Method::Broken);
    }
    let codec = Codec::PpmdZip {
        parameters: u16::from_le_bytes(header),
        len: view.unpacked,
    };
    Ok(Method::Packed(codec, PPMD_HEADER_BYTES))
}

/// The name of a compression method.
pub(super) fn title(method: u16) -> &'static str {
    match method {
        1 => "shrink",
        2..=5 => "reduce",
        6 => "implode",
        10 => "PKWARE implode",
        14 => "LZMA",
        16 => "IBM z/OS CMPSC",
        18 => "IBM TERSE",
        19 => "IBM LZ77",
        94 => "MP3",
        96 => "JPEG",
        97 => "WavPack",
        98 => "PPMd",
        _ => "unknown",
    }
}
