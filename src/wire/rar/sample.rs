//! Archives for tests, written field by field.

/// A block of the older generation.
pub(crate) fn old(kind: u8, flags: u16, body: &[u8], data: &[u8]) -> Vec<u8> {
    let len = u16::try_from(7 + body.len()).unwrap();
    let mut rest = vec![kind];
    rest.extend(flags.to_le_bytes());
    rest.extend(len.to_le_bytes());
    rest.extend(body);
    let sum = (crc32fast::hash(&rest) & 0xffff) as u16;
    [&sum.to_le_bytes(), rest.as_slice(), data].concat()
}

/// The first block of an archive of the older generation.
pub(crate) fn old_main(flags: u16) -> Vec<u8> {
    old(0x73, flags, &[0; 6], b"")
}

/// A stored member of the older generation.
pub(crate) fn old_file(name: &[u8], flags: u16, data: &[u8]) -> Vec<u8> {
    let len = (data.len() as u32).to_le_bytes();
    let mut body = [len, len].concat();
    body.push(3);
    body.extend(crc32fast::hash(data).to_le_bytes());
    body.extend([0; 4]);
    body.extend([20, 0x30]);
    body.extend((name.len() as u16).to_le_bytes());
    body.extend(0o100_644u32.to_le_bytes());
    body.extend(name);
    old(0x74, 0x8000 | flags, &body, data)
}

/// An archive of the older generation.
pub(crate) fn old_archive(blocks: &[Vec<u8>]) -> Vec<u8> {
    let end = old(0x7b, 0x4000, b"", b"");
    [
        b"Rar!\x1a\x07\0",
        old_main(0).as_slice(),
        &blocks.concat(),
        &end,
    ]
    .concat()
}

/// A number of variable length.
pub(crate) fn vint(mut number: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number > 0x7f {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
    bytes
}

/// A block of the newer generation.
pub(crate) fn new(kind: u64, flags: u64, fields: &[u8], extra: &[u8], data: &[u8]) -> Vec<u8> {
    let mut body = [vint(kind), vint(flags | 3)].concat();
    body.extend(vint(extra.len() as u64));
    body.extend(vint(data.len() as u64));
    body.extend(fields);
    body.extend(extra);
    let rest = [vint(body.len() as u64), body].concat();
    [&crc32fast::hash(&rest).to_le_bytes(), rest.as_slice(), data].concat()
}

/// A record of the extra area.
pub(crate) fn record(kind: u64, data: &[u8]) -> Vec<u8> {
    let body = [vint(kind), data.to_vec()].concat();
    [vint(body.len() as u64), body].concat()
}

/// A stored member of the newer generation, or another block like it.
pub(crate) fn new_file(kind: u64, name: &str, extra: &[u8], data: &[u8]) -> Vec<u8> {
    let mut fields = [vint(4), vint(data.len() as u64), vint(0o100_644)].concat();
    fields.extend(crc32fast::hash(data).to_le_bytes());
    fields.extend([vint(0), vint(1), vint(name.len() as u64)].concat());
    fields.extend(name.as_bytes());
    new(kind, 0, &fields, extra, data)
}

/// An archive of the newer generation.
pub(crate) fn new_archive(blocks: &[Vec<u8>]) -> Vec<u8> {
    let main = new(1, 0, &[0], b"", b"");
    let end = new(5, 0, &[0], b"", b"");
    [
        b"Rar!\x1a\x07\x01\0",
        main.as_slice(),
        &blocks.concat(),
        &end,
    ]
    .concat()
}
