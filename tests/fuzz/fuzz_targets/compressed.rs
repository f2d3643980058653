//! Packed streams: no bytes make a decoder panic, loop, or give more than it
//! was asked for, and reading in other pieces gives the same bytes, up to the
//! same break. The first byte chooses the codec.

#![no_main]

use std::io::Read;

use libfuzzer_sys::fuzz_target;
use modelaudit::budget::Budget;
use modelaudit::formats::{self, Artifact, Body, Context, Probe};
use modelaudit::report::Location;
use modelaudit::source::Memory;
use modelaudit::wire::codec::{Codec, skipped};
use modelaudit_fuzz::Nowhere;

const CODECS: [Codec; 16] = [
    Codec::Deflate,
    Codec::Zlib,
    Codec::Gzip,
    Codec::Bzip2,
    Codec::Xz,
    Codec::Lzma,
    Codec::Zstd,
    Codec::Lz4,
    Codec::Copy,
    Codec::Deflate64,
    Codec::RawLzma {
        properties: [0x5d, 0, 0, 1, 0],
        len: None,
    },
    Codec::RawLzma {
        properties: [0x5d, 0, 0, 1, 0],
        len: Some(3000),
    },
    Codec::Lzma2(8),
    Codec::Ppmd {
        order: 6,
        memory: 1 << 20,
        len: 3000,
    },
    Codec::Snappy,
    Codec::Lzip,
];

/// What is read at a time.
const PIECE_BYTES: usize = 64 << 10;

/// Unpacked bytes after which a stream is left.
const CAP: usize = 1 << 20;

fn decode(codec: Codec, source: &Memory, len: u64, piece: usize) -> Vec<u8> {
    let mut decoder = codec.decode(source, 0..len, &Budget::unlimited());
    let mut bytes = Vec::new();
    let mut buffer = vec![0; piece];
    while bytes.len() < CAP {
        match decoder.read(&mut buffer) {
            Ok(0) | Err(_) => break,
            Ok(n) => bytes.extend_from_slice(&buffer[..n]),
        }
    }
    assert!(decoder.behind() <= len && decoder.packed() <= len);
    assert_eq!(decoder.unpacked(), bytes.len() as u64);
    bytes.truncate(CAP);
    bytes
}

fuzz_target!(|data: &[u8]| {
    let Some((first, bytes)) = data.split_first() else {
        return;
    };
    let codec = CODECS[usize::from(*first) % CODECS.len()];
    let source = Memory::new(bytes);
    let len = bytes.len() as u64;
    let whole = decode(codec, &source, len, PIECE_BYTES);
    let pieces = decode(codec, &source, len, 61);
    assert!(whole == pieces, "{codec:?}");
    let found = skipped(codec, &source, 0..len, &Budget::unlimited()).expect("memory is read");
    for run in found.runs {
        assert!(run.start < run.end && run.end <= len);
    }

    let artifact = Artifact {
        location: Location::file("fuzzed"),
        name: "fuzzed.joblib".into(),
        source: std::sync::Arc::new(source),
        depth: 0,
    };
    let budget = Budget::unlimited();
    for id in [
        "gzip", "bzip2", "xz", "lzma", "zstd", "lz4", "zlib", "lzip", "snappy", "joblib-z",
    ] {
        let format = formats::find(id).expect("a registered format");
        format.recognise(&Probe::new(&artifact));
        let mut cx = Context::new(&Nowhere, &budget);
        let _ = format.examine(&artifact, &mut cx);
        for member in cx.finish().members {
            if let Body::Stored(span) | Body::Packed(span, _) = member.body {
                assert!(span.start <= span.end && span.end <= len);
            }
        }
    }
});
