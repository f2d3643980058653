//! Archives for tests, built record by record so that every field can lie.

use std::io::Write as _;

/// One member of a [`Sample`], with every field that its records will have.
#[derive(Clone)]
pub(crate) struct Piece {
    pub(crate) version: u8,
    pub(crate) central_version: u8,
    pub(crate) made_by: u16,
    pub(crate) attributes: u16,
    pub(crate) disk: u16,
    pub(crate) local_name: Vec<u8>,
    pub(crate) central_name: Vec<u8>,
    pub(crate) flags: u16,
    pub(crate) central_flags: u16,
    pub(crate) local_method: u16,
    pub(crate) method: u16,
    pub(crate) crc: u32,
    pub(crate) packed: u32,
    pub(crate) local_packed: u32,
    pub(crate) unpacked: u32,
    pub(crate) data: Vec<u8>,
    pub(crate) local_extra: Vec<u8>,
    pub(crate) central_extra: Vec<u8>,
    pub(crate) mode: u32,
    /// Bytes behind the data: a descriptor.
    pub(crate) tail: Vec<u8>,
    /// Whether the central directory names it.
    pub(crate) is_named: bool,
    /// Where the central record says that the header is, if not where it is.
    pub(crate) points_at: Option<u32>,
}

impl Piece {
    /// A stored member as any writer makes it.
    pub(crate) fn stored(name: impl AsRef<[u8]>, data: &[u8]) -> Piece {
        let len = data.len() as u32;
        Piece {
            version: 20,
            central_version: 20,
            made_by: 0x0314,
            attributes: 0,
            disk: 0,
            local_name: name.as_ref().to_vec(),
            central_name: name.as_ref().to_vec(),
            flags: 0,
            central_flags: 0,
            local_method: 0,
            method: 0,
            crc: crc32fast::hash(data),
            packed: len,
            local_packed: len,
            unpacked: len,
            data: data.to_vec(),
            local_extra: Vec::new(),
            central_extra: Vec::new(),
            mode: 0o100_644,
            tail: Vec::new(),
            is_named: true,
            points_at: None,
        }
    }

    /// A deflated member as any writer makes it.
    pub(crate) fn deflated(name: &str, data: &[u8]) -> Piece {
        let level = flate2::Compression::default();
        let mut out = flate2::write::DeflateEncoder::new(Vec::new(), level);
        out.write_all(data).unwrap();
        let packed = out.finish().unwrap();
        Piece {
            method: 8,
            local_method: 8,
            packed: packed.len() as u32,
            local_packed: packed.len() as u32,
            data: packed,
            ..Piece::stored(name, data)
        }
    }

    /// Put sizes and checksum behind the data instead of into the header.
    pub(crate) fn streamed(mut self, signed: bool, wide: bool) -> Piece {
        self.flags |= 8;
        self.central_flags |= 8;
        if signed {
            self.tail.extend_from_slice(b"PK\x07\x08");
        }
        self.tail.extend_from_slice(&self.crc.to_le_bytes());
        for n in [self.packed, self.unpacked] {
            self.tail.extend_from_slice(&n.to_le_bytes());
            if wide {
                self.tail.extend_from_slice(&[0; 4]);
            }
        }
        self
    }

    pub(crate) fn header(&self) -> Vec<u8> {
        let is_streamed = self.flags & 8 != 0;
        let or_zero = |n: u32| if is_streamed { 0 } else { n };
        let mut out = b"PK\x03\x04".to_vec();
        for n in [self.version.into(), self.flags, self.local_method, 0, 33] {
            out.extend_from_slice(&n.to_le_bytes());
        }
        for n in [self.crc, self.local_packed, self.unpacked] {
            out.extend_from_slice(&or_zero(n).to_le_bytes());
        }
        let lens = [self.local_name.len(), self.local_extra.len()];
        for n in lens {
            out.extend_from_slice(&(n as u16).to_le_bytes());
        }
        out.extend_from_slice(&self.local_name);
        out.extend_from_slice(&self.local_extra);
        out
    }

    pub(crate) fn record(&self, local_at: u32) -> Vec<u8> {
        let mut out = b"PK\x01\x02".to_vec();
        let versions = [self.made_by, self.central_version.into()];
        for n in versions
            .into_iter()
            .chain([self.central_flags, self.method, 0, 33])
        {
            out.extend_from_slice(&n.to_le_bytes());
        }
        for n in [self.crc, self.packed, self.unpacked] {
            out.extend_from_slice(&n.to_le_bytes());
        }
        let lens = [
            self.central_name.len(),
            self.central_extra.len(),
            0,
            self.disk.into(),
            0,
        ];
        for n in lens {
            out.extend_from_slice(&(n as u16).to_le_bytes());
        }
        let attributes = self.mode << 16 | u32::from(self.attributes);
        out.extend_from_slice(&attributes.to_le_bytes());
        out.extend_from_slice(&self.points_at.unwrap_or(local_at).to_le_bytes());
        out.extend_from_slice(&self.central_name);
        out.extend_from_slice(&self.central_extra);
        out
    }
}

/// An archive in the making.
#[derive(Clone, Default)]
pub(crate) struct Sample {
    pub(crate) pieces: Vec<Piece>,
    pub(crate) comment: Vec<u8>,
    /// Added to the counts in the end record.
    pub(crate) miscount: i32,
    /// Whether a zip64 end record and locator are written.
    pub(crate) is_wide: bool,
}

impl Sample {
    pub(crate) fn of(pieces: &[Piece]) -> Sample {
        Sample {
            pieces: pieces.to_vec(),
            ..Sample::default()
        }
    }

    /// The bytes of the archive.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let mut directory = Vec::new();
        let mut count = 0;
        for piece in &self.pieces {
            if piece.is_named {
                directory.extend(piece.record(out.len() as u32));
                count += 1;
            }
            out.extend(piece.header());
            out.extend_from_slice(&piece.data);
            out.extend_from_slice(&piece.tail);
        }
        let at = out.len();
        out.extend_from_slice(&directory);
        let count = (count + self.miscount) as u64;
        if self.is_wide {
            out.extend(end64(count, directory.len(), at));
        }
        out.extend(end(self.is_wide, count as u16, directory.len(), at));
        out.extend_from_slice(&(self.comment.len() as u16).to_le_bytes());
        out.extend_from_slice(&self.comment);
        out
    }
}

fn end(is_wide: bool, count: u16, size: usize, at: usize) -> Vec<u8> {
    let mut out = b"PK\x05\x06\0\0\0\0".to_vec();
    out.extend_from_slice(&count.to_le_bytes());
    out.extend_from_slice(&count.to_le_bytes());
    for n in [size, at] {
        let n = if is_wide { u32::MAX } else { n as u32 };
        out.extend_from_slice(&n.to_le_bytes());
    }
    out
}

fn end64(count: u64, size: usize, at: usize) -> Vec<u8> {
    let mut out = b"PK\x06\x06".to_vec();
    out.extend_from_slice(&44u64.to_le_bytes());
    out.extend_from_slice(&[45, 0, 45, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    for n in [count, count, size as u64, at as u64] {
        out.extend_from_slice(&n.to_le_bytes());
    }
    out.extend_from_slice(b"PK\x06\x07\0\0\0\0");
    out.extend_from_slice(&((at + size) as u64).to_le_bytes());
    out.extend_from_slice(&1u32.to_le_bytes());
    out
}

/// The archives that no walk may stumble over, with their names.
pub(crate) fn clean() -> Vec<(&'static str, Vec<u8>)> {
    let text = b"a stored member that is long enough to be worth packing, packing, packing";
    let stored = Piece::stored("m/data.pkl", text);
    let packed = Piece::deflated("m/code.py", text);
    let pair = [stored.clone(), packed.clone()];
    let streamed = |signed, wide| {
        let pieces = pair.clone().map(|p| p.streamed(signed, wide));
        Sample::of(&pieces).bytes()
    };
    let wide = Sample {
        is_wide: true,
        ..Sample::of(&pair)
    };
    let remark = Sample {
        comment: b"made by hand".to_vec(),
        ..Sample::of(&pair)
    };
    let nested = Piece::stored("inner.zip", &Sample::of(&pair).bytes());
    vec![
        ("plain", Sample::of(&pair).bytes()),
        ("signed", streamed(true, false)),
        ("unsigned", streamed(false, false)),
        ("signed wide", streamed(true, true)),
        ("unsigned wide", streamed(false, true)),
        ("zip64", wide.bytes()),
        ("comment", remark.bytes()),
        ("nested", Sample::of(&[nested, stored]).bytes()),
    ]
}
