//! Archives for tests, written field by field.

/// What writes a member of this name, mode and content.
pub(crate) type Write<'a> = &'a dyn Fn(&[u8], u32, &[u8]) -> Vec<u8>;

/// A member in ASCII, hexadecimal.
pub(crate) fn new(name: &[u8], mode: u32, data: &[u8]) -> Vec<u8> {
    let mut fields = [1, mode, 0, 0, 1, 0, data.len() as u32, 0, 0, 0, 0, 0, 0];
    fields[11] = name.len() as u32 + 1;
    let mut bytes = b"070701".to_vec();
    bytes.extend(fields.iter().flat_map(|n| format!("{n:08x}").into_bytes()));
    bytes.extend([name, b"\0"].concat());
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes.extend(data);
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}

/// A member in ASCII, octal.
pub(crate) fn octal(name: &[u8], mode: u32, data: &[u8]) -> Vec<u8> {
    let (name_len, len) = (name.len() + 1, data.len());
    let head = format!(
        "070707{:06o}{:06o}{mode:06o}{:024o}{:011o}{name_len:06o}{len:011o}",
        0, 1, 0, 0
    );
    [head.as_bytes(), name, b"\0", data].concat()
}

/// A member in binary.
pub(crate) fn binary(name: &[u8], mode: u32, data: &[u8], is_big: bool) -> Vec<u8> {
    let mut words = [0o70707u16, 0, 1, mode as u16, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    words[10] = name.len() as u16 + 1;
    words[11] = (data.len() >> 16) as u16;
    words[12] = data.len() as u16;
    let word = |w: &u16| match is_big {
        true => w.to_be_bytes(),
        false => w.to_le_bytes(),
    };
    let mut bytes: Vec<u8> = words.iter().flat_map(word).collect();
    bytes.extend([name, b"\0"].concat());
    bytes.resize(bytes.len().next_multiple_of(2), 0);
    bytes.extend(data);
    bytes.resize(bytes.len().next_multiple_of(2), 0);
    bytes
}
