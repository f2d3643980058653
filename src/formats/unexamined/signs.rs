//! Signs that need more than a few bytes at a fixed place.

use super::Probe;

/// Whether these bytes stand at this offset; beyond the head they are read.
pub(super) fn at(probe: &Probe<'_>, at: u64, magic: &[u8]) -> bool {
    let in_head = usize::try_from(at)
        .ok()
        .and_then(|at| probe.head().get(at..));
    if let Some(seen) = in_head.filter(|seen| seen.len() >= magic.len()) {
        return seen.starts_with(magic);
    }
    let end = at.saturating_add(magic.len() as u64);
    end <= probe.len()
        && probe
            .source()
            .chunk(at..end)
            .is_ok_and(|seen| *seen == *magic)
}

/// A FlatBuffers file with this identifier, whose root lies in the file.
pub(super) fn flatbuffer(probe: &Probe<'_>, identifier: &[u8]) -> bool {
    let Some((root, rest)) = probe.head().split_first_chunk::<4>() else {
        return false;
    };
    let root = u64::from(u32::from_le_bytes(*root));
    rest.starts_with(identifier) && (8..probe.len()).contains(&root)
}

/// ExecuTorch: `ET` and two digits.
pub(super) fn executorch(probe: &Probe<'_>) -> bool {
    let digits = probe.head().get(6..8).unwrap_or_default();
    flatbuffer(probe, b"ET") && digits.len() == 2 && digits.iter().all(u8::is_ascii_digit)
}

/// SquashFS: its letters in either order, and major version 4.
pub(super) fn squashfs(probe: &Probe<'_>) -> bool {
    match probe.head().first_chunk::<32>() {
        Some([b'h', b's', b'q', b's', rest @ ..]) => rest.get(24..26) == Some(&[4, 0]),
        Some([b's', b'q', b's', b'h', rest @ ..]) => rest.get(24..26) == Some(&[0, 4]),
        _ => false,
    }
}

/// A disk image: the letters, version and length of the trailer.
pub(super) fn dmg(probe: &Probe<'_>) -> bool {
    let trailer = probe.len().checked_sub(512);
    trailer.is_some_and(|trailer| at(probe, trailer, b"koly\0\0\0\x04\0\0\x02\0"))
}

/// R's serialisation, as it is inside of its compression.
pub(super) fn r_data(probe: &Probe<'_>) -> bool {
    let head = probe.head();
    let xdr = |rest: &[u8]| matches!(rest, [b'X', b'\n', 0, 0, 0, 2 | 3, ..]);
    match head {
        [b'R', b'D', b'X' | b'A' | b'B', b'2' | b'3', b'\n', ..] => true,
        [b'A', b'\n', b'2' | b'3', b'\n', ..] => probe.has_suffix(&[".rds", ".rda", ".rdata"]),
        [b'B', b'\n', 2 | 3, 0, 0, 0, ..] => true,
        _ => xdr(head),
    }
}

/// The first number of a Torch7 file: the type of the first object.
pub(super) fn torch7(probe: &Probe<'_>) -> bool {
    matches!(
        probe.head(),
        [0..=8, 0, 0, 0, ..] | [b'0'..=b'8', b'\n', ..]
    )
}

/// XML with this element in its beginning.
fn xml_with(probe: &Probe<'_>, element: &[u8]) -> bool {
    let head = probe.head().trim_ascii_start();
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    head.starts_with(b"<") && memchr::memmem::find(head, element).is_some()
}

/// PMML.
pub(super) fn pmml(probe: &Probe<'_>) -> bool {
    xml_with(probe, b"<PMML")
}

/// OpenVINO's description of a network.
pub(super) fn openvino(probe: &Probe<'_>) -> bool {
    xml_with(probe, b"<net ") && xml_with(probe, b"<layers")
}

/// An ONNX model as text, in the notations of Protocol Buffers, of JSON, and in
/// the one of its own: each writes the version first.
pub(super) fn onnx_text(probe: &Probe<'_>) -> bool {
    let has = |word: &[u8]| memchr::memmem::find(probe.head(), word).is_some();
    let head = probe.head().trim_ascii_start();
    let own = head.strip_prefix(b"<").map(<[u8]>::trim_ascii_start);
    let json = head.strip_prefix(b"{").map(<[u8]>::trim_ascii_start);
    head.starts_with(b"ir_version:") && has(b"graph")
        || own.is_some_and(|rest| rest.starts_with(b"ir_version:")) && has(b"opset_import")
        || json.is_some_and(|rest| rest.starts_with(b"\"irVersion\"")) && has(b"\"graph\"")
}

/// UBJSON as XGBoost writes it: an object whose first key has a length.
pub(super) fn ubjson(probe: &Probe<'_>) -> bool {
    matches!(probe.head(), [b'{', b'i' | b'U' | b'I' | b'l' | b'L', ..])
}

/// A name that says enough: the content has no sign of its own.
pub(super) fn any(_probe: &Probe<'_>) -> bool {
    true
}
