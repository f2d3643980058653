//! The fields of one zip record: numbers at fixed places.

use std::sync::Arc;

use super::extra::{Extra, Zip64, unicode_name};

/// Signature of a local file header.
pub(super) const LOCAL: [u8; 4] = *b"PK\x03\x04";
/// Signature of a central directory record.
pub(super) const CENTRAL: [u8; 4] = *b"PK\x01\x02";
/// Signature of the end of central directory record.
pub(super) const END: [u8; 4] = *b"PK\x05\x06";
/// Signature of the zip64 end of central directory record.
pub(super) const END64: [u8; 4] = *b"PK\x06\x06";
/// Signature of the zip64 locator.
pub(super) const LOCATOR: [u8; 4] = *b"PK\x06\x07";
/// Signature that most writers put in front of a data descriptor.
pub(super) const DESCRIPTOR: [u8; 4] = *b"PK\x07\x08";
/// Signature of the archive extra data record.
pub(super) const ARCHIVE_EXTRA: [u8; 4] = *b"PK\x06\x08";
/// Signature of the digital signature record.
pub(super) const DIGITAL: [u8; 4] = *b"PK\x05\x05";

/// Fixed part of a local file header, in bytes.
pub(super) const LOCAL_BYTES: u64 = 30;
/// Fixed part of a central directory record, in bytes.
pub(super) const CENTRAL_BYTES: u64 = 46;
/// Fixed part of an end record, in bytes.
pub(super) const END_BYTES: u64 = 22;
/// Fixed part of a zip64 end record, in bytes.
pub(super) const END64_BYTES: u64 = 56;
/// A zip64 locator, in bytes.
pub(super) const LOCATOR_BYTES: u64 = 20;

/// What stands in front of the first local header of an archive that was to be
/// split, or is a part of one (APPNOTE 8.5.4 and 8.5.5).
pub(super) const MARKERS: [[u8; 4]; 2] = [*b"PK\x07\x08", *b"PK00"];
/// Length of such a marker, in bytes.
pub(super) const MARKER_BYTES: u64 = 4;

/// Flag: the member is encrypted.
pub const FLAG_ENCRYPTED: u16 = 1 << 0;
/// Flag of LZMA: the stream has an end mark.
pub const FLAG_END_MARK: u16 = 1 << 1;
/// Flag: sizes and checksum follow the data.
pub const FLAG_DESCRIPTOR: u16 = 1 << 3;
/// Flag: the data is a patch.
pub const FLAG_PATCH: u16 = 1 << 5;
/// Flag: strong encryption.
pub const FLAG_STRONG: u16 = 1 << 6;
/// Flag: the name is UTF-8.
pub const FLAG_UTF8: u16 = 1 << 11;
/// Flag: values in the local header are masked.
pub const FLAG_MASKED: u16 = 1 << 13;

/// The value that sends a reader of 4 bytes to the zip64 extra field.
pub(super) const SENTINEL: u32 = u32::MAX;

/// What one record says about its member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    /// Version of the specification that is needed, times ten.
    pub version: u8,
    /// General purpose flags.
    pub flags: u16,
    /// Compression method.
    pub method: u16,
    /// CRC-32 of the unpacked bytes; `None` where a descriptor is to say it.
    pub crc32: Option<u32>,
    /// Packed length in bytes; `None` where a descriptor is to say it.
    pub packed: Option<u64>,
    /// Unpacked length in bytes; `None` where a descriptor is to say it.
    pub unpacked: Option<u64>,
    /// The name as it stands there.
    pub name: Arc<[u8]>,
    /// The name in the Unicode path extra field, where that belongs to `name`
    /// and differs from it.
    pub unicode_name: Option<Arc<[u8]>>,
    /// What stands out in the extra field.
    pub extra: Extra,
}

/// The little-endian number of 2 bytes at `at`.
pub(super) fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

/// The little-endian number of 4 bytes at `at`.
pub(super) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

/// The little-endian number of 8 bytes at `at`.
pub(super) fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

/// Whether `bytes` begin with `signature`.
pub(super) fn is_at_front(bytes: &[u8], signature: [u8; 4]) -> bool {
    bytes.first_chunk() == Some(&signature)
}

/// Whether bytes in front of an archive are the marker of a split one: it
/// stands right before the first local header.
pub(super) fn is_marker(head: &[u8]) -> bool {
    let (Some(marker), Some(rest)) = (head.first_chunk(), head.get(4..)) else {
        return false;
    };
    MARKERS.contains(marker) && is_at_front(rest, LOCAL)
}

/// Lengths of the parts of a local header behind its fixed part: name, extra.
pub(super) fn local_lengths(fixed: &[u8]) -> Option<(u64, u64)> {
    Some((u16_at(fixed, 26)?.into(), u16_at(fixed, 28)?.into()))
}

/// Lengths of the parts of a central record behind its fixed part: name,
/// extra, comment.
pub(super) fn central_lengths(fixed: &[u8]) -> Option<(u64, u64, u64)> {
    Some((
        u16_at(fixed, 28)?.into(),
        u16_at(fixed, 30)?.into(),
        u16_at(fixed, 32)?.into(),
    ))
}

/// The view of a local header with its fixed part, name and extra field.
pub(super) fn local_view(fixed: &[u8], name: Arc<[u8]>, extra: &[u8]) -> Option<View> {
    let flags = u16_at(fixed, 6)?;
    let mut wide = Zip64::of(extra);
    let unpacked = wide.widen(u32_at(fixed, 22)?);
    let packed = wide.widen(u32_at(fixed, 18)?);
    // Zero stands for "see the descriptor" where there is one.
    let is_known = |zero: bool| flags & FLAG_DESCRIPTOR == 0 || !zero;
    let crc32 = u32_at(fixed, 14)?;
    Some(View {
        version: *fixed.get(4)?,
        flags,
        method: u16_at(fixed, 8)?,
        crc32: is_known(crc32 == 0).then_some(crc32),
        packed: is_known(packed == 0).then_some(packed),
        unpacked: is_known(unpacked == 0).then_some(unpacked),
        extra: Extra::of(extra, wide.is_short),
        unicode_name: unicode_name(extra, &name),
        name,
    })
}

/// The view of a central record, and the offset of its local header as stated.
pub(super) fn central_view(fixed: &[u8], name: Arc<[u8]>, extra: &[u8]) -> Option<(View, u64)> {
    let mut wide = Zip64::of(extra);
    let unpacked = wide.widen(u32_at(fixed, 24)?);
    let packed = wide.widen(u32_at(fixed, 20)?);
    let local_at = wide.widen(u32_at(fixed, 42)?);
    let view = View {
        version: *fixed.get(6)?,
        flags: u16_at(fixed, 8)?,
        method: u16_at(fixed, 10)?,
        crc32: Some(u32_at(fixed, 16)?),
        packed: Some(packed),
        unpacked: Some(unpacked),
        extra: Extra::of(extra, wide.is_short),
        unicode_name: unicode_name(extra, &name),
        name,
    };
    Some((view, local_at))
}
