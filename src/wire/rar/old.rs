//! Headers of RAR 1.5 to 4.x.

use super::fields::Fields;
use super::{File, Kind, Main, Parsed, name};

/// Bytes that every header has: checksum, type, flags and length.
pub(super) const BASE_BYTES: usize = 7;

/// Bytes of the main header without a comment.
const MAIN_BYTES: usize = 13;

/// The length of the data stands behind the base.
const HAS_DATA: u16 = 0x8000;

/// The number that methods begin from: stored.
const STORED: u8 = 0x30;

/// The system that writes modes of Unix.
const UNIX: u8 = 3;

/// The length of the header that begins with these bytes.
pub(super) fn header_len(base: &[u8]) -> usize {
    match base {
        [_, _, _, _, _, low, high, ..] => usize::from(u16::from_le_bytes([*low, *high])),
        _ => 0,
    }
}

/// Read the header that `bytes` begin with. `None` where no header stands.
pub(super) fn parse(bytes: &[u8]) -> Option<Parsed> {
    let mut base = Fields::new(bytes.get(..BASE_BYTES)?);
    let stated = u32::from(base.u16());
    let (block_type, flags) = (base.u8(), base.u16());
    let len = usize::from(base.u16());
    let body = bytes.get(BASE_BYTES..len)?;
    let mut fields = Fields::new(body);
    let mut data_len = match flags & HAS_DATA {
        0 => 0,
        _ => u64::from(Fields::new(body).u32()),
    };
    let mut covered = len;
    let kind = match block_type {
        0x73 => {
            if flags & 0x02 != 0 {
                covered = MAIN_BYTES;
            }
            Kind::Main(Main {
                is_volume: flags & 0x01 != 0,
                is_solid: flags & 0x08 != 0,
                is_encrypted: flags & 0x80 != 0,
            })
        }
        0x74 | 0x7a => {
            let (file, packed) = file(&mut fields, block_type, flags);
            data_len = packed;
            if flags & 0x08 != 0 {
                covered = len.saturating_sub(fields.rest().len());
            }
            let file = Box::new(file);
            match block_type {
                0x74 => Kind::File(file),
                _ => Kind::Service(file),
            }
        }
        0x7b => Kind::End {
            has_next: flags & 0x01 != 0,
        },
        other => Kind::Other(u64::from(other)),
    };
    // A comment inside of a header is not covered by its checksum.
    let sum = |end: usize| bytes.get(2..end).map(|b| crc32fast::hash(b) & 0xffff);
    let actual = match sum(covered) {
        Some(partial) if partial == stated => partial,
        _ => sum(len)?,
    };
    let is_known = (0x72..=0x7b).contains(&block_type);
    (is_known || actual == stated).then_some(Parsed {
        header_len: len as u64,
        data_len,
        checksum: (stated, actual),
        is_torn: fields.is_torn,
        kind,
    })
}

/// The fields of a member, and the length of its data.
fn file(fields: &mut Fields<'_>, block_type: u8, flags: u16) -> (File, u64) {
    let (packed, unpacked) = (fields.u32(), fields.u32());
    let system = fields.u8();
    let crc32 = fields.u32();
    let _time = fields.u32();
    let _version = fields.u8();
    let method = fields.u8();
    let name_len = fields.u16();
    let attributes = fields.u32();
    let is_large = flags & 0x100 != 0;
    let (packed_high, unpacked_high) = match is_large {
        true => (fields.u32(), fields.u32()),
        false => (0, 0),
    };
    let wide = |high: u32, low: u32| (u64::from(high) << 32) | u64::from(low);
    let field = fields.bytes(u64::from(name_len));
    let (name, plain_name) = match flags & 0x200 {
        0 => (field.to_vec(), None),
        _ => name::spellings(field),
    };
    let sub_data = match block_type {
        0x7a => fields.rest().to_vec(),
        _ => Vec::new(),
    };
    let is_unknown = !is_large && unpacked == u32::MAX;
    let file = File {
        name,
        plain_name,
        is_folder: block_type == 0x74 && flags & 0xe0 == 0xe0,
        is_encrypted: flags & 0x04 != 0,
        is_split: flags & 0x03 != 0,
        method: method.saturating_sub(STORED),
        unpacked: (!is_unknown).then_some(wide(unpacked_high, unpacked)),
        crc32: Some(crc32),
        mode: (system == UNIX).then_some(attributes),
        target: None,
        sub_data,
    };
    (file, wide(packed_high, packed))
}
