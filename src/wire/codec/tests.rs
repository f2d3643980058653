//! Every codec by samples of other writers: whole, cut, flipped, joined, and
//! too large.

use std::io::Read as _;
use std::io::Write as _;

use super::*;
use crate::budget::{CancelToken, Limits, Stop};
use crate::source::{Extent, Memory, ReadError};

macro_rules! sample {
    ($name:literal) => {
        include_bytes!(concat!("../../../tests/samples/codec/", $name)).as_slice()
    };
}

/// The text that the samples hold.
fn plain() -> Vec<u8> {
    let line = |i: u64| format!("line {i}: {:08x}\n", i * i * 2_654_435_761 % (1 << 32));
    (0..120).map(line).collect::<String>().into_bytes()
}

/// Properties of LZMA with a dictionary of 64 KiB.
const PROPERTIES: [u8; 5] = [0x5d, 0, 0, 1, 0];

/// The sample of PPMd.
fn ppmd(len: u64) -> Codec {
    Codec::Ppmd {
        order: 6,
        memory: 1 << 20,
        len,
    }
}

/// The sample of variant I, whose length is told or not.
fn zip_ppmd(len: Option<u64>) -> Codec {
    Codec::PpmdZip { parameters: 5, len }
}

/// Its stream, behind the two bytes of its parameters.
fn zip_ppmd_stream() -> &'static [u8] {
    sample!("text.zip-ppmd").split_at(2).1
}

/// LZMA whose length is told, or not.
fn raw_lzma(len: Option<u64>) -> Codec {
    Codec::RawLzma {
        properties: PROPERTIES,
        len,
    }
}

/// Every sample of [`plain`].
fn samples() -> Vec<(Codec, &'static str, &'static [u8])> {
    let len = plain().len() as u64;
    vec![
        (Codec::Lzip, "text.lz", sample!("text.lz")),
        (Codec::Lzip, "members.lz", sample!("members.lz")),
        (Codec::Snappy, "text.sz", sample!("text.sz")),
        (Codec::Snappy, "chunks.sz", sample!("chunks.sz")),
        (
            Codec::Deflate64,
            "text.deflate64",
            sample!("text.deflate64"),
        ),
        (
            raw_lzma(Some(len)),
            "text.raw-lzma",
            sample!("text.raw-lzma"),
        ),
        (
            raw_lzma(None),
            "marked.raw-lzma",
            sample!("marked.raw-lzma"),
        ),
        (Codec::Lzma2(8), "text.raw-lzma2", sample!("text.raw-lzma2")),
        (ppmd(len), "text.ppmd", sample!("text.ppmd")),
        (zip_ppmd(Some(len)), "text.zip-ppmd", zip_ppmd_stream()),
        (Codec::Zlib, "text.zlib", sample!("text.zlib")),
        (Codec::Gzip, "text.gz", sample!("text.gz")),
        (Codec::Gzip, "members.gz", sample!("members.gz")),
        (Codec::Bzip2, "text.bz2", sample!("text.bz2")),
        (Codec::Bzip2, "streams.bz2", sample!("streams.bz2")),
        (Codec::Xz, "text.xz", sample!("text.xz")),
        (Codec::Xz, "none.xz", sample!("none.xz")),
        (Codec::Xz, "crc32.xz", sample!("crc32.xz")),
        (Codec::Xz, "sha256.xz", sample!("sha256.xz")),
        (Codec::Xz, "filters.xz", sample!("filters.xz")),
        (Codec::Xz, "arm.xz", sample!("arm.xz")),
        (Codec::Xz, "blocks.xz", sample!("blocks.xz")),
        (Codec::Xz, "streams.xz", sample!("streams.xz")),
        (Codec::Xz, "mixed.xz", sample!("mixed.xz")),
        (Codec::Lzma, "text.lzma", sample!("text.lzma")),
        (Codec::Lzma, "sized.lzma", sample!("sized.lzma")),
        (Codec::Zstd, "text.zst", sample!("text.zst")),
        (Codec::Zstd, "small-window.zst", sample!("small-window.zst")),
        (Codec::Zstd, "frames.zst", sample!("frames.zst")),
        (Codec::Lz4, "text.lz4", sample!("text.lz4")),
        (Codec::Lz4, "blocks.lz4", sample!("blocks.lz4")),
        (Codec::Lz4, "frames.lz4", sample!("frames.lz4")),
        (Codec::Lz4, "legacy.lz4", sample!("legacy.lz4")),
    ]
}

/// What came out, read in pieces of `piece` bytes, and what ended it.
struct Decoded {
    bytes: Vec<u8>,
    failure: Option<Failure>,
    behind: u64,
    remarks: usize,
}

fn decode_in(packing: impl Into<Packing>, packed: &[u8], piece: usize) -> Decoded {
    let source = Memory::new(packed);
    let span = 0..packed.len() as u64;
    let mut decoder = packing.into().decode(&source, span, &Budget::unlimited());
    let mut bytes = Vec::new();
    let mut buffer = vec![0; piece];
    let error = loop {
        match decoder.read(&mut buffer) {
            Ok(0) => break None,
            Ok(n) => bytes.extend_from_slice(&buffer[..n]),
            Err(error) => break Some(error),
        }
    };
    assert_eq!(decoder.unpacked(), bytes.len() as u64);
    Decoded {
        bytes,
        failure: error.map(failure),
        behind: decoder.behind(),
        remarks: decoder.remarks().kept().len(),
    }
}

fn decode(packing: impl Into<Packing>, packed: &[u8]) -> Decoded {
    decode_in(packing, packed, 4096)
}

fn deflated(plain: &[u8]) -> Vec<u8> {
    let mut out = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
    out.write_all(plain).unwrap();
    out.finish().unwrap()
}

fn snapped(plain: &[u8]) -> Vec<u8> {
    let mut out = snap::write::FrameEncoder::new(Vec::new());
    out.write_all(plain).unwrap();
    out.into_inner().unwrap()
}

/// The bytes that the samples of filters hold.
fn program() -> Vec<u8> {
    let common = b"\xe8\xe9\x00\xff\x48\xeb\x40\x94\x97\x95\x17\xef\x10\xe7\xf0\xf8\x7f\x05";
    let mut x = 1u64;
    let byte = || {
        x = (x * 1_103_515_245 + 12345) % (1 << 31);
        let pick = (x >> 16) % 30;
        common
            .get(pick as usize)
            .copied()
            .unwrap_or((x >> 20) as u8)
    };
    let bundle = (0x10u128 | (5 << 37 | 0x123 << 13) << 87).to_le_bytes();
    let rest = std::iter::repeat_with(byte).take(1500);
    bundle.repeat(4).into_iter().chain(rest).collect()
}

#[test]
fn branches_of_every_machine_are_undone() {
    for (machine, packed) in [
        (Machine::X86, sample!("program.bcj")),
        (Machine::PowerPc, sample!("program.ppc")),
        (Machine::Ia64, sample!("program.ia64")),
        (Machine::Arm, sample!("program.arm")),
        (Machine::ArmThumb, sample!("program.armt")),
        (Machine::Sparc, sample!("program.sparc")),
        (Machine::Arm64, sample!("program.arm64")),
        (Machine::RiscV, sample!("program.riscv")),
    ] {
        let packing = Packing {
            codec: Codec::Copy,
            filters: vec![Filter::Branch(machine)],
        };
        assert!(packed != program(), "{machine:?} changes nothing");
        for piece in [1, 7, 4096] {
            let seen = decode_in(packing.clone(), packed, piece);
            assert!(seen.failure.is_none(), "{machine:?}: {:?}", seen.failure);
            assert!(seen.bytes == program(), "{machine:?} in pieces of {piece}");
        }
    }
}

#[test]
fn filters_stand_behind_any_codec() {
    let delta = |distance: u16, bytes: &[u8]| {
        let before = |at: usize| at.checked_sub(distance.into()).map_or(0, |at| bytes[at]);
        let less = |at: usize| bytes[at].wrapping_sub(before(at));
        (0..bytes.len()).map(less).collect::<Vec<u8>>()
    };
    let plain: Vec<u8> = (0..300_000u32)
        .map(|i| (i.wrapping_mul(i) >> 7) as u8)
        .collect();
    for distance in [1, 2, 4, 255, 256] {
        let packing = Packing {
            codec: Codec::Deflate,
            filters: vec![Filter::Delta(distance)],
        };
        let packed = deflated(&delta(distance, &plain));
        for piece in [1, 4096, 1 << 20] {
            let seen = decode_in(packing.clone(), &packed, piece);
            assert!(seen.failure.is_none() && seen.bytes == plain, "{distance}");
        }
        // A break comes behind all that the filter has.
        let cut = decode(packing, &packed[..packed.len() / 2]);
        let bare = decode(Codec::Deflate, &packed[..packed.len() / 2]);
        assert!(matches!(cut.failure, Some(Failure::Broken)));
        assert_eq!(cut.bytes.len(), bare.bytes.len());
        assert!(plain.starts_with(&cut.bytes));
    }
}

#[test]
fn filters_are_undone_in_their_order() {
    let plain = program();
    let len = plain.len() as u64;
    let packing = |filters| Packing {
        codec: raw_lzma(Some(len)),
        filters,
    };
    let order = vec![Filter::Branch(Machine::X86), Filter::Delta(4)];
    let packed = sample!("delta.raw-lzma");
    let seen = decode(packing(order.clone()), packed);
    assert!(seen.failure.is_none() && seen.bytes == plain);
    let other = decode(packing(order.iter().rev().copied().collect()), packed);
    assert!(other.failure.is_none() && other.bytes != plain);
    let many = decode(packing(vec![Filter::Delta(1); 4]), packed);
    assert!(matches!(
        many.failure,
        Some(Failure::Refused(Refusal::Filters(4)))
    ));
}

#[test]
fn samples_of_other_writers_decode_to_their_end() {
    for (codec, name, packed) in samples() {
        for piece in [1, 7, 4096, 1 << 20] {
            let seen = decode_in(codec, packed, piece);
            assert!(seen.failure.is_none(), "{name}: {:?}", seen.failure);
            assert!(seen.bytes == plain(), "{name} in pieces of {piece}");
            assert_eq!(seen.behind, packed.len() as u64, "{name}");
            assert_eq!(seen.remarks, 0, "{name}");
        }
    }
}

#[test]
fn what_follows_a_stream_is_left_alone() {
    // Streams of Snappy go on to the end.
    let ends = samples().into_iter().filter(|s| s.0 != Codec::Snappy);
    for (codec, name, packed) in ends {
        for behind in [&b"behind the end"[..], &[0; 5], b"\x1f", b"BZh", b"\xfd7z"] {
            let whole = [packed, behind].concat();
            let seen = decode(codec, &whole);
            assert!(seen.failure.is_none(), "{name}: {:?}", seen.failure);
            assert!(seen.bytes == plain(), "{name}");
            let ahead = seen.behind - packed.len() as u64;
            let most = if codec == Codec::Deflate64 { 2 } else { 0 };
            assert!(ahead <= most, "{name} before {behind:?}: {ahead}");
        }
    }
}

#[test]
fn a_stream_that_stops_early_is_no_success_wherever_it_stops() {
    let plain = plain();
    for (codec, name, packed) in samples() {
        let mut short = 0;
        for cut in 0..packed.len() {
            let seen = decode(codec, &packed[..cut]);
            assert!(plain.starts_with(&seen.bytes), "{name} cut at {cut}");
            short += usize::from(seen.failure.is_none());
            if seen.failure.is_none() {
                assert!(
                    seen.bytes.len() < plain.len() || cut >= packed.len() - 10,
                    "{name}"
                );
            }
        }
        // Where one stream ends and another begins, the first is whole; what
        // is left of the next one is then bytes behind it.
        let joined = name.starts_with("members")
            || name.starts_with("streams")
            || name.starts_with("frames")
            || name.starts_with("mixed");
        let allowed = match name {
            "legacy.lz4" => 4,
            // Behind the name of the stream.
            "text.sz" => 1,
            // In the end mark, behind the length that is told.
            "text.zip-ppmd" => 4,
            // Behind that and in front of each further chunk.
            "chunks.sz" => 5,
            _ if joined => 40,
            _ => 0,
        };
        assert!(short <= allowed, "{name}: {short} short successes");
    }
}

#[test]
fn what_comes_before_a_break_comes_out() {
    let plain = plain();
    for (codec, name, packed) in samples() {
        let cut = packed.len() - 30;
        let seen = decode_in(codec, &packed[..cut], 1 << 20);
        assert!(matches!(seen.failure, Some(Failure::Broken)), "{name}");
        let whole_blocks = matches!(
            codec,
            Codec::Bzip2 | Codec::Lz4 | Codec::Zstd | Codec::Snappy
        );
        let least = if whole_blocks { 0 } else { plain.len() / 3 };
        assert!(
            seen.bytes.len() >= least,
            "{name}: {} bytes",
            seen.bytes.len()
        );
        let by_bytes = decode_in(codec, &packed[..cut], 1);
        assert!(seen.bytes == by_bytes.bytes, "{name}");
    }
}

#[test]
fn broken_streams_give_the_same_in_any_pieces() {
    for (codec, name, packed) in samples() {
        for at in (0..packed.len()).step_by(3) {
            let mut flipped = packed.to_vec();
            flipped[at] ^= [0x10, 0x80, 0xff][at % 3];
            let [large, small] = [1 << 20, 61].map(|piece| decode_in(codec, &flipped, piece));
            assert!(large.bytes == small.bytes, "{name} at {at}");
            assert_eq!(large.behind, small.behind, "{name} at {at}");
            assert_eq!(large.remarks, small.remarks, "{name} at {at}");
        }
    }
}

#[test]
fn a_flipped_byte_ends_in_words_and_is_told() {
    let plain = plain();
    for (codec, name, packed) in samples() {
        let mut quiet = 0usize;
        for at in 0..packed.len() {
            let mut flipped = packed.to_vec();
            flipped[at] ^= [0x01, 0x80, 0xff][at % 3];
            let seen = decode(codec, &flipped);
            let is_short = seen.behind < packed.len() as u64;
            let passed = runs_of(codec, &flipped).runs;
            let is_told = seen.failure.is_some()
                || seen.remarks > 0
                || is_short
                || passed != runs_of(codec, packed).runs;
            quiet += usize::from(seen.bytes != plain && !is_told);
        }
        let has_checksum = !matches!(
            name,
            "none.xz"
                | "text.lzma"
                | "sized.lzma"
                | "small-window.zst"
                | "legacy.lz4"
                | "frames.zst"
                | "mixed.xz"
                | "text.deflate64"
                | "text.raw-lzma"
                | "marked.raw-lzma"
                | "text.raw-lzma2"
                | "text.ppmd"
                | "text.zip-ppmd"
        );
        assert!(
            quiet == 0 || !has_checksum,
            "{name}: {quiet} flips show nothing"
        );
    }
}

fn runs_of(codec: Codec, packed: &[u8]) -> Skipped {
    let source = Memory::new(packed);
    let budget = Budget::unlimited();
    skipped(codec, &source, 0..packed.len() as u64, &budget).unwrap()
}

#[test]
fn runs_that_readers_pass_over_are_found() {
    let hidden = |number: u32, bytes: &[u8]| {
        let number = (0x184d_2a50 + number).to_le_bytes();
        let len = (bytes.len() as u32).to_le_bytes();
        [&number[..], &len, bytes].concat()
    };
    for (codec, frame) in [
        (Codec::Zstd, sample!("text.zst")),
        (Codec::Zstd, sample!("small-window.zst")),
        (Codec::Lz4, sample!("text.lz4")),
        (Codec::Lz4, sample!("blocks.lz4")),
        (Codec::Lz4, sample!("legacy.lz4")),
    ] {
        let whole = [
            &hidden(0, b"front")[..],
            frame,
            &hidden(9, b"middle"),
            &hidden(0, b"four"),
            &hidden(1, b""),
            frame,
            &hidden(15, b"behind"),
        ]
        .concat();
        let texts: Vec<&[u8]> = runs_of(codec, &whole)
            .runs
            .iter()
            .map(|run| &whole[run.start as usize..run.end as usize])
            .collect();
        assert_eq!(texts, [&b"front"[..], b"middle", b"behind"], "{codec:?}");
        for cut in 0..whole.len() {
            assert!(runs_of(codec, &whole[..cut]).runs.len() <= 3);
        }
        let many = hidden(2, b"noted").repeat(1000);
        let found = runs_of(codec, &many);
        assert_eq!((found.runs.len(), found.more), (100, 900));
    }
    let chunks = runs_of(Codec::Snappy, sample!("chunks.sz"));
    assert_eq!(chunks.runs.len(), 2);
    assert_eq!(
        runs_of(Codec::Snappy, sample!("text.sz")),
        Skipped::default()
    );
    assert_eq!(runs_of(Codec::Gzip, sample!("text.gz")), Skipped::default());
}

#[test]
fn the_table_of_the_seekable_format_is_what_programs_write() {
    let table = |count: u32, magic: u32, flags: u8| {
        let mut bytes = vec![7; 8];
        bytes.extend_from_slice(&count.to_le_bytes());
        bytes.push(flags);
        bytes.extend_from_slice(&magic.to_le_bytes());
        [&b"\x5e\x2a\x4d\x18\x11\0\0\0"[..], &bytes].concat()
    };
    let is_told = |bytes: Vec<u8>| !runs_of(Codec::Zstd, &bytes).runs.is_empty();
    assert!(!is_told(table(1, 0x8f92_eab1, 0)));
    assert!(is_told(table(2, 0x8f92_eab1, 0)));
    assert!(is_told(table(1, 0x8f92_eab1, 0x80)));
    assert!(is_told(table(1, 0x8f92_eab2, 0)));
}

#[test]
fn a_wrong_checksum_is_a_remark_and_the_content_comes_out() {
    for (codec, packed, at) in [
        (Codec::Zlib, sample!("text.zlib"), 1),
        (Codec::Gzip, sample!("text.gz"), 5),
        (Codec::Gzip, sample!("text.gz"), 1),
        (Codec::Xz, sample!("text.xz"), 12 + 16 + 1),
        (Codec::Zstd, sample!("text.zst"), 1),
        (Codec::Lz4, sample!("text.lz4"), 1),
        (Codec::Lzip, sample!("text.lz"), 20),
        (Codec::Lzip, sample!("text.lz"), 12),
        (Codec::Lzip, sample!("text.lz"), 1),
        (
            Codec::Snappy,
            sample!("text.sz"),
            sample!("text.sz").len() - 14,
        ),
    ] {
        let mut changed = packed.to_vec();
        let index = changed.len() - at;
        changed[index] ^= 0xff;
        let seen = decode(codec, &changed);
        assert!(seen.failure.is_none(), "{codec:?}: {:?}", seen.failure);
        assert!(seen.bytes == plain(), "{codec:?}");
        assert_eq!(seen.remarks, 1, "{codec:?}");
    }
}

#[test]
fn a_wrong_checksum_of_bzip2_ends_behind_its_block() {
    let mut changed = sample!("text.bz2").to_vec();
    changed[10] ^= 0xff;
    let seen = decode(Codec::Bzip2, &changed);
    assert!(matches!(seen.failure, Some(Failure::Broken)));
    assert!(seen.bytes == plain());
}

#[test]
fn bzip2_gives_what_is_in_front_of_a_break_inside_a_block() {
    let packed = sample!("text.bz2");
    let lens = (40..packed.len()).map(|at| {
        let mut changed = packed.to_vec();
        changed[at] ^= 0x10;
        let large = decode_in(Codec::Bzip2, &changed, 1 << 20);
        let small = decode_in(Codec::Bzip2, &changed, 1);
        assert!(large.bytes == small.bytes, "{at}");
        large.bytes.len()
    });
    assert!(lens.max() > Some(0));
}

#[test]
fn a_bomb_is_measured_no_further_than_the_cap() {
    let zeros = vec![0; 8 << 20];
    let zlib = {
        let mut out = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
        out.write_all(&zeros).unwrap();
        out.finish().unwrap()
    };
    let bzip2 = {
        let mut out = ::bzip2::write::BzEncoder::new(Vec::new(), ::bzip2::Compression::best());
        out.write_all(&zeros).unwrap();
        out.finish().unwrap()
    };
    for (codec, packed) in [
        (Codec::Deflate, deflated(&zeros)),
        (Codec::Zlib, zlib),
        (Codec::Bzip2, bzip2),
        (Codec::Xz, sample!("zeros.xz").to_vec()),
        (Codec::Lzma, sample!("zeros.lzma").to_vec()),
        (Codec::Zstd, sample!("zeros.zst").to_vec()),
        (Codec::Lzip, sample!("zeros.lz").to_vec()),
        (Codec::Deflate64, sample!("zeros.deflate64").to_vec()),
        (ppmd(8 << 20), sample!("zeros.ppmd").to_vec()),
        (Codec::Snappy, snapped(&zeros)),
    ] {
        let source = Memory::new(packed.clone());
        let span = 0..packed.len() as u64;
        let budget = Budget::unlimited();
        let measured = codec
            .measure(&source, span.clone(), 1 << 20, &budget)
            .unwrap();
        assert_eq!(measured.end, StreamEnd::Capped, "{codec:?}");
        assert!(measured.unpacked <= (1 << 20) + MEASURE_BYTES as u64);
        let whole = codec.measure(&source, span, u64::MAX, &budget).unwrap();
        assert_eq!((whole.unpacked, whole.end), (8 << 20, StreamEnd::Complete));
    }
}

#[test]
fn a_stream_is_measured_up_to_its_own_end() {
    let plain: Vec<u8> = (0..300_000u32).flat_map(u32::to_le_bytes).collect();
    let mut bytes = deflated(&plain);
    let len = bytes.len() as u64;
    bytes.extend_from_slice(b"behind");
    let source = Memory::new(bytes.clone());
    let span = 0..bytes.len() as u64;
    let budget = Budget::unlimited();
    let measured = Codec::Deflate.measure(&source, span, u64::MAX, &budget);
    let expected = Measured {
        packed: len,
        unpacked: plain.len() as u64,
        crc32: crc32fast::hash(&plain),
        is_sound: true,
        end: StreamEnd::Complete,
    };
    assert_eq!(measured.unwrap(), expected);
}

#[test]
fn windows_and_dictionaries_that_are_too_large_are_refused_by_name() {
    // A frame of Zstandard with a window of 2 GiB, and one with a length that
    // is its window: what fits into the cap comes out.
    let block = (128 << 10 << 3 | 2u32).to_le_bytes();
    let [a, b, c, _] = block;
    let blocks = [a, b, c, 7].repeat(1025);
    for head in [
        &b"\x28\xb5\x2f\xfd\x00\xa8"[..],
        b"\x28\xb5\x2f\xfd\xa0\0\0\0\x80",
    ] {
        let whole = [head, &blocks[..8], b"\x01\0\0"].concat();
        let seen = decode_in(Codec::Zstd, &whole, 1 << 20);
        assert!(seen.failure.is_none(), "{:?}", seen.failure);
        assert!(seen.bytes == [7; 256 << 10]);
        let measured = Codec::Zstd.measure(
            &Memory::new([head, &blocks].concat()),
            0..u64::MAX,
            u64::MAX,
            &Budget::unlimited(),
        );
        let measured = measured.unwrap();
        let end = (measured.unpacked, measured.end);
        assert_eq!(end, (WINDOW_CAP_BYTES, StreamEnd::Refused));
    }
    assert_eq!(Refusal::Window(2 << 30).why().as_str(), "limit");
    assert_eq!(Refusal::Model(u32::MAX).why().as_str(), "limit");
    let model = Codec::Ppmd {
        order: 6,
        memory: u32::MAX,
        len: 10,
    };
    let seen = decode(model, sample!("text.ppmd"));
    assert!(matches!(
        seen.failure,
        Some(Failure::Refused(Refusal::Model(u32::MAX)))
    ));
    for parameters in [0x2005, 0xf005, 0x0000] {
        // Restorations and orders that there are not.
        let odd = Codec::PpmdZip {
            parameters,
            len: Some(10),
        };
        let seen = decode(odd, zip_ppmd_stream());
        assert!(
            matches!(seen.failure, Some(Failure::Broken)),
            "{parameters:x}"
        );
    }
    // Without a length, bytes that end are no end mark.
    let cut = decode(zip_ppmd(None), zip_ppmd_stream());
    assert!(cut.bytes.starts_with(&plain()));
    // A dictionary of 4 GiB that is not used costs nothing.
    let mut lzma = sample!("text.lzma").to_vec();
    lzma[1..5].fill(0xff);
    assert!(decode(Codec::Lzma, &lzma).bytes == plain());
}

#[test]
fn a_large_window_gives_room_up_to_the_cap() {
    let mut out = [0; 100];
    let cap = WINDOW_CAP_BYTES;
    for (window, given, expected) in [
        (cap, u64::MAX, 100),
        (cap + 1, 0, 100),
        (cap + 1, cap - 7, 7),
        (cap + 1, cap, 0),
        (u64::MAX, cap + 1, 0),
    ] {
        assert_eq!(room(window, given, &mut out).len(), expected);
    }
}

#[test]
fn dictionaries_kept_elsewhere_are_refused_by_name() {
    for (codec, packed) in [
        (Codec::Zlib, b"\x78\xbb\0\0\0\0".to_vec()),
        (
            Codec::Zstd,
            b"\x28\xb5\x2f\xfd\x21\x07\x01\x01\0\0".to_vec(),
        ),
        (
            Codec::Lz4,
            b"\x04\x22\x4d\x18\x61\x40\x01\0\0\0\0\0\0\0\0".to_vec(),
        ),
    ] {
        let seen = decode(codec, &packed);
        let refused = Some(Failure::Refused(Refusal::Dictionary));
        assert_eq!(
            format!("{:?}", seen.failure),
            format!("{refused:?}"),
            "{codec:?}"
        );
    }
}

/// A source that fails behind its first bytes.
#[derive(Debug)]
struct Failing(Memory, u64);

impl Source for Failing {
    fn len(&self) -> u64 {
        self.0.len()
    }

    fn read_at(&self, at: u64, buf: &mut [u8]) -> Result<usize, ReadError> {
        if at >= self.1 {
            return Err(Stop::Memory.into());
        }
        let room = usize::try_from(self.1 - at).unwrap().min(buf.len());
        self.0.read_at(at, &mut buf[..room])
    }

    fn extent(&self, at: u64) -> Extent {
        self.0.extent(at)
    }
}

#[test]
fn errors_of_the_source_come_through() {
    for (codec, name, packed) in samples() {
        for at in [0, 1, 10, 20, packed.len() as u64 - 1] {
            let source = Failing(Memory::new(packed), at);
            let span = 0..packed.len() as u64;
            let mut decoder = codec.decode(&source, span, &Budget::unlimited());
            let error = decoder.read_to_end(&mut Vec::new()).unwrap_err();
            let stop = read_error(error);
            assert!(
                matches!(stop, Some(ReadError::Stop(Stop::Memory))),
                "{name} at {at}"
            );
        }
    }
}

#[test]
fn a_budget_that_is_over_ends_empty_streams_in_a_row() {
    let token = CancelToken::default();
    token.cancel(Stop::Cancelled);
    let budget = Budget::new(std::sync::Arc::new(Limits::default()), token);
    let empty = {
        let out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        out.finish().unwrap()
    };
    let source = Memory::new(empty.repeat(1000));
    let mut decoder = Codec::Gzip.decode(&source, 0..source.len(), &budget);
    let error = decoder.read(&mut [0; 16]).unwrap_err();
    assert!(matches!(
        read_error(error),
        Some(ReadError::Stop(Stop::Cancelled))
    ));
}

#[test]
fn remarks_are_bounded_and_counted() {
    let mut member = {
        let out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        out.finish().unwrap()
    };
    let crc = member.len() - 8;
    member[crc] ^= 1;
    let source = Memory::new(member.repeat(1000));
    let mut decoder = Codec::Gzip.decode(&source, 0..source.len(), &Budget::unlimited());
    assert_eq!(decoder.read(&mut [0; 16]).unwrap(), 0);
    let remarks = decoder.remarks();
    assert_eq!(remarks.kept().len() as u64 + remarks.more(), 1000);
    assert_eq!(remarks.kept().len(), 100);
}

#[test]
fn noise_is_no_stream() {
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    let noise: Vec<u8> = std::iter::repeat_with(|| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed as u8
    })
    .take(64 << 10)
    .collect();
    for codec in [
        Codec::Gzip,
        Codec::Bzip2,
        Codec::Xz,
        Codec::Zstd,
        Codec::Lz4,
        Codec::Lzip,
        Codec::Snappy,
    ] {
        let seen = decode(codec, &noise);
        assert!(seen.failure.is_some() && seen.bytes.is_empty(), "{codec:?}");
    }
    // Behind a good header, noise gives no more than a little.
    for (codec, head) in [
        (Codec::Zlib, &b"\x78\x9c"[..]),
        (
            Codec::Lzma,
            b"\x5d\0\0\x80\0\xff\xff\xff\xff\xff\xff\xff\xff\0",
        ),
    ] {
        let most = (0..4000)
            .map(|i| decode(codec, &[head, &noise[i..]].concat()).bytes.len())
            .max();
        assert!(most < Some(4096), "{codec:?}: {most:?}");
    }
}
