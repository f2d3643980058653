//! What is a wrapper, what is not, and what its content is called.

use std::io::Write as _;

use super::super::testing::{examine, mangle, recognise};
use super::super::{FORMATS, find};
use super::*;

macro_rules! sample {
    ($name:literal) => {
        include_bytes!(concat!("../../../tests/samples/codec/", $name)).as_slice()
    };
}

/// A sample of each wrapper, by its id.
fn samples() -> Vec<(&'static str, &'static [u8], Codec)> {
    vec![
        ("gzip", sample!("text.gz"), Codec::Gzip),
        ("bzip2", sample!("text.bz2"), Codec::Bzip2),
        ("xz", sample!("text.xz"), Codec::Xz),
        ("lzma", sample!("text.lzma"), Codec::Lzma),
        ("zstd", sample!("text.zst"), Codec::Zstd),
        ("zstd", sample!("frames.zst"), Codec::Zstd),
        ("lz4", sample!("text.lz4"), Codec::Lz4),
        ("lz4", sample!("legacy.lz4"), Codec::Lz4),
        ("zlib", sample!("text.zlib"), Codec::Zlib),
        ("lzip", sample!("members.lz"), Codec::Lzip),
        ("snappy", sample!("text.sz"), Codec::Snappy),
    ]
}

fn claims(name: &str, bytes: &[u8]) -> Vec<(&'static str, Claim)> {
    let ids = [
        "gzip", "bzip2", "xz", "lzma", "zstd", "lz4", "zlib", "lzip", "snappy", "joblib-z",
    ];
    let claim = |id| (id, recognise(find(id).unwrap(), name, bytes));
    ids.into_iter()
        .map(claim)
        .filter(|(_, claim)| *claim > Claim::Name)
        .collect()
}

fn deflated(plain: &[u8]) -> Vec<u8> {
    let mut out = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    out.write_all(plain).unwrap();
    out.finish().unwrap()
}

#[test]
fn each_wrapper_is_recognised_by_its_content_and_by_no_other() {
    for (id, bytes, codec) in samples() {
        for name in ["x", "model.pkl", "weights.bin", "model.safetensors"] {
            assert_eq!(
                claims(name, bytes),
                [(id, Claim::Structure)],
                "{id} as {name}"
            );
        }
        let said = examine(find(id).unwrap(), "x.bin", bytes);
        // Of frames, one that is passed over holds a word.
        let has_slack = bytes == sample!("frames.zst");
        let expected: &[&str] = if has_slack {
            &["archive-unowned-bytes"]
        } else {
            &[]
        };
        assert_eq!(said.rules(), expected, "{id}: {said:?}");
        let span = 0..bytes.len() as u64;
        assert_eq!(said.named.members[0].body, Body::Packed(span, codec.into()));
    }
}

#[test]
fn content_is_called_after_the_file() {
    let name = |id: &str, file: &str, bytes: &[u8]| {
        let said = examine(find(id).unwrap(), file, bytes);
        said.named.members[0].name.clone()
    };
    for (file, expected) in [
        ("model.pkl.gz", "model.pkl"),
        ("MODEL.PKL.GZ", "MODEL.PKL"),
        ("dir/weights.bin.gz", "weights.bin"),
        ("model.tgz", "model.tar"),
        ("model.pkl", "model.pkl"),
        ("model.nemo", "model.nemo"),
        ("weights.bin", "content"),
        (".gz", "content"),
    ] {
        assert_eq!(name("gzip", file, sample!("text.gz")), expected, "{file}");
    }
    assert_eq!(
        name("zlib", "model.joblib", sample!("text.zlib")),
        "model.joblib"
    );
    assert_eq!(name("zstd", "a.tzst", sample!("text.zst")), "a.tar");
}

#[test]
fn a_stored_name_is_taken_if_it_is_plain() {
    let stored = |name: &str| {
        let mut out = flate2::GzBuilder::new()
            .filename(name)
            .extra(b"extra".as_slice())
            .write(Vec::new(), flate2::Compression::fast());
        out.write_all(b"content").unwrap();
        examine(find("gzip").unwrap(), "file.gz", out.finish().unwrap())
    };
    assert_eq!(stored("model.pkl").named.members[0].name, "model.pkl");
    for name in ["../../.bashrc", "/etc/passwd", "C:\\x", ".."] {
        let said = stored(name);
        assert_eq!(said.named.members[0].name, "file", "{name}");
        assert_eq!(said.rules(), ["archive-path-traversal"], "{name}");
    }
    assert!(stored("a\u{202e}b").is_clean());
    assert_eq!(stored("a\u{202e}b").named.members[0].name, "file");
}

#[test]
fn a_name_alone_is_a_promise_only_where_no_other_format_has_it() {
    let claim = |id: &str, name: &str| recognise(find(id).unwrap(), name, "no such thing");
    assert_eq!(claim("gzip", "x.gz"), Claim::Name);
    assert_eq!(claim("gzip", "model.pkl"), Claim::No);
    assert_eq!(claim("zlib", "model.joblib"), Claim::No);
    assert_eq!(claim("joblib-z", "model.joblib"), Claim::No);
    let said = examine(find("gzip").unwrap(), "x.gz", "no such thing");
    assert_eq!(said.gaps[0].1, crate::report::Why::Malformed);
}

#[test]
fn short_zlib_streams_need_a_right_checksum_or_a_name() {
    let whole = deflated(b"N.");
    assert_eq!(claims("x", &whole), [("zlib", Claim::Structure)]);
    let mut wrong = whole.clone();
    *wrong.last_mut().unwrap() ^= 1;
    assert_eq!(claims("x", &wrong), []);
    assert_eq!(claims("model.joblib", &wrong), [("zlib", Claim::Magic)]);
    assert_eq!(claims("x", &whole[..whole.len() - 1]), []);
    assert_eq!(
        claims("m.pkl", &whole[..whole.len() - 1]),
        [("zlib", Claim::Magic)]
    );
}

#[test]
fn the_first_format_of_joblib() {
    let pickled = b"\x80\x02cos\nsystem\n(U\x02idtR.";
    let file = |len: &str, blank: &str| {
        let header = format!("ZF{len:<19}{blank}");
        [header.as_bytes(), &deflated(pickled)].concat()
    };
    let format = find("joblib-z").unwrap();
    for (bytes, begin) in [
        (file(&format!("{:#x}", pickled.len()), ""), 21),
        (file(&format!("{:#x}L", pickled.len()), ""), 0),
        (file(&format!("{:#x}", pickled.len()), " "), 22),
        (file(&format!("{:x}", pickled.len()), ""), 21),
    ] {
        if begin == 0 {
            assert_eq!(recognise(format, "m.pkl", bytes), Claim::No, "no number");
            continue;
        }
        assert_eq!(claims("m.pkl", &bytes), [("joblib-z", Claim::Structure)]);
        let said = examine(format, "m.pkl", bytes.clone());
        assert!(said.is_clean());
        let body = Body::Packed(begin..bytes.len() as u64, Codec::Zlib.into());
        assert_eq!(said.named.members[0].body, body);
    }
    for len in ["0x1", "0xffffff"] {
        let said = examine(format, "m.pkl", file(len, ""));
        assert_eq!(said.rules(), ["archive-wrong-size"], "{len}");
    }
    assert_eq!(
        claims("m.pkl", b"ZF is a brand of gear boxes and axles."),
        []
    );
}

/// A small generator, so that the bytes are the same in every run.
fn noise(mut seed: u64, len: usize) -> Vec<u8> {
    std::iter::repeat_with(|| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed as u8
    })
    .take(len)
    .collect()
}

#[test]
fn weights_are_no_wrapper_by_chance() {
    for seed in 1..20_000u64 {
        let mut bytes = noise(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15), 600);
        assert_eq!(claims("pytorch_model.bin", &bytes), []);
        // Even with a good header.
        bytes[..2].copy_from_slice(b"\x78\x9c");
        assert_eq!(claims("pytorch_model.bin", &bytes), []);
        bytes[..14].copy_from_slice(b"\x5d\0\0\x80\0\xff\xff\xff\xff\xff\xff\xff\xff\0");
        assert_eq!(claims("pytorch_model.bin", &bytes), []);
    }
    let floats: Vec<u8> = (0..2560)
        .flat_map(|i| (i as f32 * 1e-3).to_le_bytes())
        .collect();
    let integers: Vec<u8> = (0..2560u32).flat_map(u32::to_le_bytes).collect();
    for start in 0..64 {
        for bytes in [
            &floats[start..],
            &integers[start * 4..],
            &[0; 1024],
            &[0xff; 1024],
        ] {
            assert_eq!(claims("weights.bin", bytes), []);
        }
    }
}

#[test]
fn cut_and_changed_streams_end_in_words() {
    for (id, bytes, _) in samples() {
        let short = &bytes[..bytes.len().min(300)];
        assert!(mangle(find(id).unwrap(), "x.bin", short) <= short.len() * 5);
    }
    assert!(FORMATS.len() > 40);
}
