//! Archives for tests, written field by field.

/// A header block.
pub(crate) fn header(name: &[u8], kind: u8, size: &str, link: &[u8], magic: &[u8; 8]) -> Vec<u8> {
    let mut block = vec![0; 512];
    let mut set = |at: usize, bytes: &[u8]| block[at..at + bytes.len()].copy_from_slice(bytes);
    set(0, name);
    set(100, b"0000644\0");
    set(124, size.as_bytes());
    set(136, b"00000000000\0");
    set(148, b"        ");
    set(156, &[kind]);
    set(157, link);
    set(257, magic);
    let sum: u64 = block.iter().map(|&b| u64::from(b)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    block
}

/// A member with its data, padded.
pub(crate) fn member(name: &str, kind: u8, data: &[u8]) -> Vec<u8> {
    let size = format!("{:011o}\0", data.len());
    let mut bytes = header(name.as_bytes(), kind, &size, b"", b"ustar\x0000");
    bytes.extend_from_slice(data);
    bytes.resize(bytes.len().next_multiple_of(512), 0);
    bytes
}

/// A link.
pub(crate) fn link(name: &str, kind: u8, target: &str) -> Vec<u8> {
    header(
        name.as_bytes(),
        kind,
        "00000000000\0",
        target.as_bytes(),
        b"ustar\x0000",
    )
}

/// One pax record.
pub(crate) fn record(keyword: &str, value: &str) -> String {
    let body = format!(" {keyword}={value}\n");
    let len = (body.len()..).find(|len| len - len.to_string().len() == body.len());
    format!("{}{body}", len.unwrap())
}

/// The end mark.
pub(crate) fn end() -> Vec<u8> {
    vec![0; 1024]
}
