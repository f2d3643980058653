//! Archives for tests, written field by field.

/// A member with its data, padded.
pub(crate) fn member(name: &str, data: &[u8]) -> Vec<u8> {
    let size = data.len();
    let header = format!(
        "{name:<16}{:<12}{:<6}{:<6}{:<8}{size:<10}`\n",
        0, 0, 0, "100644"
    );
    let mut bytes = [header.as_bytes(), data].concat();
    if bytes.len() % 2 == 1 {
        bytes.push(b'\n');
    }
    bytes
}

/// An archive of these members.
pub(crate) fn archive(members: &[Vec<u8>]) -> Vec<u8> {
    [b"!<arch>\n", members.concat().as_slice()].concat()
}
