//! The beginnings of archives, written field by field.

use std::hash::Hasher as _;

use twox_hash::XxHash32;

use crate::detect::patterns::examples::Example;
use crate::report::Severity::Medium;
use crate::wire::tar::sample as tar;

/// An example of every pattern of the family.
pub(in crate::detect::patterns) fn positive() -> Vec<Example> {
    let containers = [
        ("zip", zip()),
        ("7z", seven_zip()),
        ("rar-4", rar_4()),
        ("rar-5", rar_5()),
        ("tar", tar::member("a.pkl", b'0', b"data")),
        (
            "tar-gnu",
            tar::header(b"a", b'0', "0000000\0", b"", b"ustar  \0"),
        ),
        ("cab", cab()),
        ("squashfs", squashfs()),
        ("xz", xz()),
        ("zstd", zstd()),
        ("bzip2", b"BZh91AY&SY\x17\x72\x45\x38".to_vec()),
        ("lz4", lz4()),
    ];
    let gzips = super::GZIPS.iter().map(|p| (p.name, gzip(p.anchor[3])));
    containers
        .into_iter()
        .chain(gzips)
        .map(|(pattern, bytes)| Example {
            pattern,
            bytes,
            rule: "embedded-archive",
            severity: Medium,
        })
        .collect()
}

fn le(fields: &[(u64, usize)]) -> Vec<u8> {
    let field = |(value, len): &(u64, usize)| value.to_le_bytes()[..*len].to_vec();
    fields.iter().flat_map(field).collect()
}

/// A local header of a stored member, and its bytes.
pub(super) fn zip() -> Vec<u8> {
    let fixed = [
        (20, 2),
        (0, 2),
        (0, 2),
        (0, 4),
        (0, 4),
        (4, 4),
        (4, 4),
        (5, 2),
        (0, 2),
    ];
    [b"PK\x03\x04", &le(&fixed)[..], b"a.pkldata"].concat()
}

fn seven_zip() -> Vec<u8> {
    let start = le(&[(0, 8), (0, 8), (0, 4)]);
    let sum = u64::from(crc32fast::hash(&start));
    [b"7z\xbc\xaf\x27\x1c\0\x04", &le(&[(sum, 4)])[..], &start].concat()
}

fn rar_4() -> Vec<u8> {
    let body = [&b"\x73\0\0\x0d\0"[..], &[0; 6]].concat();
    let sum = u64::from(crc32fast::hash(&body) & 0xffff);
    [b"Rar!\x1a\x07\0", &le(&[(sum, 2)])[..], &body].concat()
}

fn rar_5() -> Vec<u8> {
    let body = b"\x03\x01\0\0";
    let sum = u64::from(crc32fast::hash(body));
    [b"Rar!\x1a\x07\x01\0", &le(&[(sum, 4)])[..], body].concat()
}

fn cab() -> Vec<u8> {
    let fixed = [
        (0, 4),
        (36, 4),
        (0, 4),
        (36, 4),
        (0, 4),
        (0x0103, 2),
        (0, 2),
        (0, 2),
        (0, 4),
        (0, 2),
    ];
    [b"MSCF", &le(&fixed)[..]].concat()
}

fn squashfs() -> Vec<u8> {
    let fixed = [
        (1, 4),
        (0, 4),
        (1 << 17, 4),
        (0, 4),
        (1, 2),
        (17, 2),
        (0, 2),
        (1, 2),
        (4, 2),
        (0, 2),
        (0, 8),
        (96, 8),
    ];
    [b"hsqs", &le(&fixed)[..], &[0; 48]].concat()
}

fn xz() -> Vec<u8> {
    let flags = [0, 4];
    let sum = u64::from(crc32fast::hash(&flags));
    [b"\xfd7zXZ\0", &flags[..], &le(&[(sum, 4)])].concat()
}

/// A frame with the length of its content and one block as it is.
fn zstd() -> Vec<u8> {
    let block = b"a block that stays as it is";
    let header = (block.len() as u64) << 3 | 1;
    let fields = le(&[(0xa0, 1), (block.len() as u64, 4), (header, 3)]);
    [b"\x28\xb5\x2f\xfd", &fields[..], block].concat()
}

fn lz4() -> Vec<u8> {
    let mut sum = XxHash32::with_seed(0);
    sum.write(b"\x60\x40");
    let check = (sum.finish() >> 8) as u8;
    let block = le(&[(5 | 1 << 31, 4)]);
    [
        b"\x04\x22\x4d\x18\x60\x40",
        &[check][..],
        &block,
        b"block",
        &[0; 4],
    ]
    .concat()
}

/// A whole member with the fields that its flags announce.
pub(super) fn gzip(flags: u8) -> Vec<u8> {
    let content = b"content that is stored as it is";
    let len = content.len() as u64;
    let mut out = vec![0x1f, 0x8b, 8, flags, 0, 0, 0, 0, 0, 3];
    if flags & 4 != 0 {
        out.extend(b"\x02\0xx");
    }
    for bit in [8, 16] {
        if flags & bit != 0 {
            out.extend(b"text\0");
        }
    }
    if flags & 2 != 0 {
        let sum = u64::from(crc32fast::hash(&out));
        out.extend(le(&[(sum, 2)]));
    }
    out.extend(le(&[(1, 1), (len, 2), (!len, 2)]));
    out.extend(content);
    out.extend(le(&[(crc32fast::hash(content).into(), 4), (len, 4)]));
    out
}
