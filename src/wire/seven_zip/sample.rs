//! Archives for tests, written field by field.

/// A number as headers spell it.
pub(crate) fn number(value: u64) -> Vec<u8> {
    let bytes = value.to_le_bytes();
    for more in 0..8u32 {
        // Each byte that follows takes a bit of the first one.
        let room = 7 * (more + 1);
        if value < 1 << room {
            let ones = !(0xffu32 >> more) as u8;
            let high = (value >> (8 * more)) as u8;
            return [&[ones | high], &bytes[..more as usize]].concat();
        }
    }
    [&[0xff][..], &bytes].concat()
}

/// A file with its content.
pub(crate) struct Entry<'a> {
    pub name: &'a str,
    pub data: &'a [u8],
    pub attributes: u32,
}

/// A file with ordinary attributes.
pub(crate) fn entry<'a>(name: &'a str, data: &'a [u8]) -> Entry<'a> {
    Entry {
        name,
        data,
        attributes: 0x20,
    }
}

/// The start, the body, and the header behind it.
pub(crate) fn archive(body: &[u8], header: &[u8]) -> Vec<u8> {
    let mut fields = (body.len() as u64).to_le_bytes().to_vec();
    fields.extend((header.len() as u64).to_le_bytes());
    fields.extend(crc32fast::hash(header).to_le_bytes());
    let mut bytes = b"7z\xbc\xaf\x27\x1c\x00\x04".to_vec();
    bytes.extend(crc32fast::hash(&fields).to_le_bytes());
    bytes.extend(fields);
    [&bytes, body, header].concat()
}

/// The table of one packed stream that lies at `position` behind the start and
/// is copied to one folder of `len` bytes, cut as `sizes` say.
pub(crate) fn copied(position: u64, len: u64, parts: &[&[u8]]) -> Vec<u8> {
    let mut table = [
        &[0x06][..],
        &number(position),
        &[1, 0x09],
        &number(len),
        &[0],
    ]
    .concat();
    table.extend([0x07, 0x0b, 1, 0, 1, 1, 0, 0x0c]);
    table.extend(number(len));
    table.push(0);
    if !parts.is_empty() {
        table.extend([0x08, 0x0d]);
        table.extend(number(parts.len() as u64));
        table.push(0x09);
        for part in parts.split_last().unwrap().1 {
            table.extend(number(part.len() as u64));
        }
        table.extend([0x0a, 1]);
        for part in parts {
            table.extend(crc32fast::hash(part).to_le_bytes());
        }
        table.push(0);
    }
    table.push(0);
    table
}

/// A record of the table of files.
pub(crate) fn record(id: u8, content: &[u8]) -> Vec<u8> {
    [&[id], &number(content.len() as u64)[..], content].concat()
}

/// A list of bits.
pub(crate) fn bits(list: &[bool]) -> Vec<u8> {
    let byte = |bits: &[bool]| {
        let of = |(at, &bit): (usize, &bool)| u8::from(bit) << (7 - at);
        bits.iter().enumerate().map(of).sum()
    };
    list.chunks(8).map(byte).collect()
}

/// The table of these files.
pub(crate) fn files(entries: &[Entry<'_>]) -> Vec<u8> {
    let mut table = [&[0x05][..], &number(entries.len() as u64)].concat();
    let empty: Vec<bool> = entries.iter().map(|e| e.data.is_empty()).collect();
    if empty.contains(&true) {
        table.extend(record(0x0e, &bits(&empty)));
        let count = empty.iter().filter(|&&e| e).count();
        table.extend(record(0x0f, &bits(&vec![true; count])));
    }
    let mut names = vec![0];
    let mut attributes = vec![1, 0];
    for entry in entries {
        names.extend(
            entry
                .name
                .encode_utf16()
                .chain([0])
                .flat_map(u16::to_le_bytes),
        );
        attributes.extend(entry.attributes.to_le_bytes());
    }
    table.extend(record(0x11, &names));
    table.extend(record(0x15, &attributes));
    table.push(0);
    table
}

/// A plain header of the table of streams and that of files.
pub(crate) fn header(streams: &[u8], files: &[u8]) -> Vec<u8> {
    [&[0x01, 0x04], streams, files, &[0]].concat()
}

/// An archive that holds these files as they are.
pub(crate) fn stored(entries: &[Entry<'_>]) -> Vec<u8> {
    let parts: Vec<&[u8]> = entries
        .iter()
        .map(|e| e.data)
        .filter(|d| !d.is_empty())
        .collect();
    let body = parts.concat();
    let streams = copied(0, body.len() as u64, &parts);
    archive(&body, &header(&streams, &files(entries)))
}
