//! Headers of RAR 5 and later.

use super::fields::Fields;
use super::{File, HEADER_CAP_BYTES, Kind, Link, Main, Parsed, Target};
use crate::wire::Fault;
use crate::wire::cursor::Cursor;

/// Bytes of the checksum and of the longest length behind it.
const FRONT_BYTES: usize = 7;

/// The system that writes modes of Unix.
const UNIX: u64 = 1;

/// Read the header that stands at the cursor. `None` where none does.
pub(super) fn read(cursor: &mut Cursor<'_>) -> Result<Option<Parsed>, Fault> {
    let front = cursor.peek(FRONT_BYTES)?;
    let mut fields = Fields::new(front.get(4..).unwrap_or_default());
    let before = fields.rest().len();
    let len = fields.vint();
    let prefix = before.saturating_sub(fields.rest().len()).saturating_add(4);
    let total = (prefix as u64).saturating_add(len);
    if fields.is_torn || len == 0 || total > cursor.remaining() || total > HEADER_CAP_BYTES as u64 {
        return Ok(None);
    }
    let at = cursor.position();
    let wanted = usize::try_from(total).unwrap_or(usize::MAX);
    let seen = cursor.peek(wanted)?;
    if seen.len() == wanted {
        return Ok(parse(seen, prefix));
    }
    let bytes = cursor.take(total, HEADER_CAP_BYTES)?;
    cursor.seek(at);
    Ok(parse(&bytes, prefix))
}

/// Read a header whose fields begin behind `prefix` bytes.
fn parse(bytes: &[u8], prefix: usize) -> Option<Parsed> {
    let stated = Fields::new(bytes).u32();
    let actual = crc32fast::hash(bytes.get(4..)?);
    let mut fields = Fields::new(bytes.get(prefix..)?);
    let (block_type, flags) = (fields.vint(), fields.vint());
    let extra_len = if flags & 0x01 != 0 { fields.vint() } else { 0 };
    let data_len = if flags & 0x02 != 0 { fields.vint() } else { 0 };
    // The extra area is the end of the header.
    let rest = fields.rest();
    let own = (rest.len() as u64).checked_sub(extra_len);
    let is_torn = fields.is_torn || own.is_none();
    let mut own_fields = Fields::new(rest);
    let own_bytes = own_fields.bytes(own.unwrap_or(rest.len() as u64));
    let extra = own_fields.rest();
    let mut fields = Fields::new(own_bytes);
    let mut extra = Fields::new(extra);
    let kind = match block_type {
        1 => Kind::Main(main(&mut fields)),
        2 | 3 => {
            let mut file = file(&mut fields);
            file.is_split = flags & 0x18 != 0;
            records(&mut file, &mut extra);
            match block_type {
                2 => Kind::File(Box::new(file)),
                _ => Kind::Service(Box::new(file)),
            }
        }
        4 => Kind::Encryption,
        5 => Kind::End {
            has_next: fields.vint() & 0x01 != 0,
        },
        other => Kind::Other(other),
    };
    let is_known = (1..=5).contains(&block_type);
    (is_known || actual == stated).then_some(Parsed {
        header_len: bytes.len() as u64,
        data_len,
        checksum: (stated, actual),
        is_torn: is_torn || fields.is_torn || extra.is_torn,
        kind,
    })
}

fn main(fields: &mut Fields<'_>) -> Main {
    let flags = fields.vint();
    Main {
        is_volume: flags & 0x01 != 0,
        is_solid: flags & 0x04 != 0,
        is_encrypted: false,
    }
}

fn file(fields: &mut Fields<'_>) -> File {
    let flags = fields.vint();
    let unpacked = fields.vint();
    let attributes = fields.vint();
    if flags & 0x02 != 0 {
        let _time = fields.u32();
    }
    let crc32 = (flags & 0x04 != 0).then(|| fields.u32());
    let compression = fields.vint();
    let system = fields.vint();
    let name_len = fields.vint();
    let name = fields.bytes(name_len).to_vec();
    File {
        name,
        is_folder: flags & 0x01 != 0,
        method: u8::try_from((compression >> 7) & 0x07).unwrap_or(u8::MAX),
        unpacked: (flags & 0x08 == 0).then_some(unpacked),
        crc32,
        mode: u32::try_from(attributes).ok().filter(|_| system == UNIX),
        ..File::default()
    }
}

/// The records of the extra area.
fn records(file: &mut File, extra: &mut Fields<'_>) {
    while !extra.rest().is_empty() {
        let len = extra.vint();
        let mut record = Fields::new(extra.bytes(len));
        match record.vint() {
            1 => {
                file.is_encrypted = true;
                // Checksums of encrypted members may be made with the key.
                file.crc32 = None;
            }
            5 => file.target = Some(target(&mut record)),
            7 => file.sub_data = record.rest().to_vec(),
            _ => {}
        }
        extra.is_torn |= record.is_torn;
    }
}

fn target(record: &mut Fields<'_>) -> Target {
    let link = match record.vint() {
        1 | 2 => Link::Symbolic,
        3 => Link::Junction,
        4 => Link::Hard,
        5 => Link::Copy,
        other => Link::Unknown(other),
    };
    let _flags = record.vint();
    let len = record.vint();
    Target {
        link,
        name: record.bytes(len).to_vec(),
    }
}
