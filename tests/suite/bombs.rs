//! Small files that become large ones. Each ends early, says so by a finding
//! and a gap, and what lies in front of it is found all the same.
//!
//! The shapes are those of the published bombs. The limits are lowered so that
//! a few MiB show what takes GiB otherwise; `docs/limits.md` has the figures of
//! the full sizes.

use std::io::{Cursor, Write as _};
use std::sync::Arc;

use modelaudit::budget::Limits;
use modelaudit::report::{Finding, Report, Severity, Verdict, Why};

use crate::limits::PAYLOAD;
use crate::support::{assert_sound, request_for, scan};

/// Names of the payload, wherever it lies.
const FRONT: &str = "a.pkl";

fn small() -> Limits {
    Limits {
        ratio_grace_bytes: 8 << 20,
        whole_grace_bytes: 16 << 20,
        members: 2000,
        spill_bytes: 1 << 20,
        ..Limits::default()
    }
}

/// Scan with 1 and with 4 cores, which must say the same.
fn scanned(name: &str, bytes: &[u8], limits: &Limits) -> Report {
    let with = |cores| {
        let mut request = request_for(name, bytes);
        request.limits = Arc::new(limits.clone());
        request.machine.cores = cores;
        let mut report = scan(&request);
        assert_sound(&report, name);
        report.stats = Default::default();
        report
    };
    let alone = with(1);
    assert_eq!(alone, with(4), "{name}");
    alone
}

/// A bomb is a finding of this rule and a gap, and never clean.
fn goes_off(report: &Report, rule: &str) {
    let rules: Vec<_> = report.findings.iter().map(|f| f.rule.as_ref()).collect();
    assert!(rules.contains(&rule), "{rule}: {rules:?}");
    let limits = report.gaps.iter().filter(|gap| gap.why == Why::Limit);
    let limits = limits.count();
    assert!(limits > 0 && limits <= 64, "{rule}: {limits} gaps");
    assert_ne!(report.verdict, Verdict::Clean, "{rule}");
}

fn finds_the_payload(report: &Report) {
    let is_it = |f: &Finding| f.severity == Severity::Critical && f.rule == "pickle-dangerous-call";
    assert!(report.findings.iter().any(is_it), "{:?}", report.findings);
    assert_eq!(report.exit_code, 1);
}

/// A zip with deflated members.
fn zipped<'a>(members: impl IntoIterator<Item = (String, &'a [u8])>) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let deflated = zip::write::SimpleFileOptions::default()
        .compression_method(zip::CompressionMethod::Deflated);
    for (name, bytes) in members {
        writer.start_file(name, deflated).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn front() -> (String, &'static [u8]) {
    (FRONT.to_owned(), PAYLOAD)
}

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    writer.write_all(bytes).unwrap();
    writer.finish().unwrap()
}

/// The payload, and zeros behind it.
fn payload_and_zeros(mebibytes: usize) -> Vec<u8> {
    let mut bytes = PAYLOAD.to_vec();
    bytes.resize(mebibytes << 20, 0);
    bytes
}

#[test]
fn zips_in_zips_add_up_over_all_levels() {
    let mut nest = zipped([("zeros".to_owned(), &vec![0; 4 << 20][..])]);
    for level in 0..4 {
        let copies = (0..16).map(|n| (format!("{level}-{n:02}.zip"), &nest[..]));
        nest = zipped([front()].into_iter().chain(copies));
    }
    assert!(nest.len() < 100_000, "{} bytes", nest.len());
    let report = scanned("nest.zip", &nest, &small());
    goes_off(&report, "archive-bomb");
    finds_the_payload(&report);
    let out: u64 = report.artifacts.iter().map(|a| a.coverage.len).sum();
    assert!(out < 40 << 20, "{out} bytes came out");
}

#[test]
fn zeros_in_one_stream_end_at_their_ratio() {
    let report = scanned("zeros.gz", &gzipped(&payload_and_zeros(32)), &small());
    goes_off(&report, "archive-bomb");
    finds_the_payload(&report);
    let zstd = {
        let bytes = payload_and_zeros(64);
        let mut packed = vec![0; 1 << 20];
        let n = zstd_safe::compress(&mut packed[..], &bytes, 3).unwrap();
        packed.truncate(n);
        packed
    };
    assert!(zstd.len() < 16 << 10);
    let report = scanned("zeros.zst", &zstd, &small());
    goes_off(&report, "archive-bomb");
    finds_the_payload(&report);
}

#[test]
fn zeros_in_a_large_model_are_no_bomb() {
    let mut state = 1u32;
    let weights: Vec<u8> = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    })
    .take(12 << 20)
    .collect();
    let zeros = vec![0; 10 << 20];
    let members = [
        ("weights.bin".to_owned(), &weights[..]),
        ("zeros.bin".to_owned(), &zeros[..]),
    ];
    let report = scanned("model.zip", &zipped(members), &small());
    assert_eq!(
        (report.verdict, report.gaps.len()),
        (Verdict::Clean, 0),
        "{:?}",
        report.findings
    );
}

/// A local header and a central record of zip, for deflated data.
fn records(name: &str, crc: u32, packed: u32, unpacked: u32, at: u32) -> (Vec<u8>, Vec<u8>) {
    let common = |out: &mut Vec<u8>| {
        for half in [20u16, 0, 8, 0, 0x21] {
            out.extend(half.to_le_bytes());
        }
        for word in [crc, packed, unpacked] {
            out.extend(word.to_le_bytes());
        }
        out.extend((name.len() as u16).to_le_bytes());
        out.extend([0; 2]);
    };
    let mut local = b"PK\x03\x04".to_vec();
    common(&mut local);
    local.extend(name.bytes());
    let mut central = b"PK\x01\x02\x14\x00".to_vec();
    common(&mut central);
    central.extend([0; 10]);
    central.extend(at.to_le_bytes());
    central.extend(name.bytes());
    (local, central)
}

/// Members that each quote the header of the next one, so that one packed
/// body belongs to all of them.
fn quoted_overlap(count: u32, kernel_mebibytes: usize) -> Vec<u8> {
    let mut unpacked = vec![0u8; kernel_mebibytes << 20];
    let mut body = {
        let fast = flate2::Compression::best();
        let mut writer = flate2::write::DeflateEncoder::new(Vec::new(), fast);
        writer.write_all(&unpacked).unwrap();
        writer.finish().unwrap()
    };
    // From the last member to the first: offsets are counted from the end.
    let mut behind = Vec::new();
    for number in (0..count).rev() {
        let name = format!("{number:06}");
        let crc = crc32fast::hash(&unpacked);
        let sizes = (body.len() as u32, unpacked.len() as u32);
        let (local, central) = records(&name, crc, sizes.0, sizes.1, 0);
        let from_end = (local.len() + body.len()) as u32;
        behind.push((central, from_end));
        if number > 0 {
            let len = local.len() as u16;
            let mut quote = vec![0];
            quote.extend(len.to_le_bytes());
            quote.extend((!len).to_le_bytes());
            quote.extend(&local);
            quote.extend(&body);
            body = quote;
            unpacked.splice(0..0, local);
        } else {
            body.splice(0..0, local);
        }
    }
    let crc = crc32fast::hash(PAYLOAD);
    let packed = {
        let fast = flate2::Compression::fast();
        let mut writer = flate2::write::DeflateEncoder::new(Vec::new(), fast);
        writer.write_all(PAYLOAD).unwrap();
        writer.finish().unwrap()
    };
    let len = PAYLOAD.len() as u32;
    let (mut out, payload) = records(FRONT, crc, packed.len() as u32, len, 0);
    out.extend(packed);
    out.extend(body);
    let total = out.len() as u32;
    let directory_at = out.len() as u32;
    out.extend(payload);
    for (mut central, from_end) in behind.into_iter().rev() {
        central[42..46].copy_from_slice(&(total - from_end).to_le_bytes());
        out.extend(central);
    }
    let entries = (count as u16 + 1).to_le_bytes();
    let directory_len = out.len() as u32 - directory_at;
    out.extend(b"PK\x05\x06\0\0\0\0");
    out.extend(entries);
    out.extend(entries);
    out.extend(directory_len.to_le_bytes());
    out.extend(directory_at.to_le_bytes());
    out.extend([0; 2]);
    out
}

#[test]
fn members_that_share_one_packed_body_add_up() {
    let bytes = quoted_overlap(60, 1);
    assert!(bytes.len() < 20_000, "{} bytes", bytes.len());
    let report = scanned("overlap.zip", &bytes, &small());
    goes_off(&report, "archive-bomb");
    assert!(
        report
            .findings
            .iter()
            .any(|f| f.rule == "archive-overlapping-members")
    );
    finds_the_payload(&report);
}

#[test]
fn stored_members_that_share_their_bytes_add_up() {
    let limits = Limits {
        whole_grace_bytes: 1 << 20,
        whole_ratio: 1,
        ..small()
    };
    let mut bytes = vec![0u8; 300_000];
    bytes.splice(0..0, PAYLOAD.iter().copied());
    let mut out = Vec::new();
    let mut directory = Vec::new();
    for number in 0..200u32 {
        let name = format!("a{number}");
        let len = bytes.len() as u32;
        let (mut local, mut central) = records(&name, 0, len, len, 0);
        // Stored, and all of them the bytes behind the last header.
        local[8..10].fill(0);
        central[10..12].fill(0);
        let at = out.len() as u32;
        central[42..46].copy_from_slice(&at.to_le_bytes());
        directory.extend(central);
        out.extend(local);
    }
    out.extend(&bytes);
    let at = out.len() as u32;
    out.extend(&directory);
    out.extend(b"PK\x05\x06\0\0\0\0\xc8\0\xc8\0");
    out.extend((directory.len() as u32).to_le_bytes());
    out.extend(at.to_le_bytes());
    out.extend([0; 2]);
    let report = scanned("stored.zip", &out, &limits);
    goes_off(&report, "archive-bomb");
    assert_ne!(report.exit_code, 0);
}

#[test]
fn streams_in_streams_end_at_their_depth() {
    let mut bytes = PAYLOAD.to_vec();
    for _ in 0..1000 {
        bytes = gzipped(&bytes);
    }
    let report = scanned("deep.gz", &bytes, &small());
    goes_off(&report, "archive-deep-nesting");
    assert_eq!(report.artifacts.len(), 17);
    assert_eq!(report.exit_code, 1);
}

/// A tar archive of these files.
fn tarred(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, bytes) in members {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, name, *bytes).unwrap();
    }
    builder.into_inner().unwrap()
}

#[test]
fn archives_in_archives_end_at_their_depth() {
    let mut bytes = PAYLOAD.to_vec();
    for level in 0..17 {
        let name = format!("level-{level}.tar");
        bytes = tarred(&[(FRONT, PAYLOAD), (&name, &bytes)]);
    }
    let report = scanned("deep.tar", &bytes, &small());
    goes_off(&report, "archive-deep-nesting");
    finds_the_payload(&report);
    let levels = report.artifacts.iter().map(|a| a.location.members.len());
    assert_eq!(levels.max(), Some(16));
}

#[test]
fn many_empty_members_hide_nothing() {
    let names = (0..30_000).map(|n| (format!("empty/{n:05}"), &[][..]));
    let bytes = zipped(names.chain([front()]));
    let report = scanned("empty.zip", &bytes, &Limits::default());
    finds_the_payload(&report);
    assert!(report.gaps.is_empty(), "{:?}", report.gaps);
}

#[test]
fn many_small_members_end_at_their_number() {
    let tiny = zipped((0..100).map(|n| (format!("{n}"), &b"x"[..])));
    let middle = zipped((0..30).map(|n| (format!("{n}.zip"), &tiny[..])));
    let copies = (0..30).map(|n| (format!("{n}.zip"), &middle[..]));
    let bytes = zipped([front()].into_iter().chain(copies));
    let report = scanned("many.zip", &bytes, &small());
    goes_off(&report, "archive-bomb");
    finds_the_payload(&report);
    assert!(report.artifacts.len() <= 2001, "{}", report.artifacts.len());
}

/// An xz stream whose block asks for a dictionary of 4 GiB.
fn large_dictionary(bytes: &[u8]) -> Vec<u8> {
    let mut writer = liblzma::write::XzEncoder::new(Vec::new(), 1);
    writer.write_all(bytes).unwrap();
    let mut packed = writer.finish().unwrap();
    // Behind the 12 bytes of the stream header stands the block header: its
    // length, flags, the filter LZMA2 (0x21) with one byte of properties.
    let len = (usize::from(packed[12]) + 1) * 4;
    let header = 12..12 + len - 4;
    let filter = packed[header.clone()]
        .windows(2)
        .position(|pair| pair == [0x21, 1])
        .unwrap();
    packed[12 + filter + 2] = 40;
    let crc = crc32fast::hash(&packed[header.clone()]);
    packed[header.end..header.end + 4].copy_from_slice(&crc.to_le_bytes());
    packed
}

#[test]
fn a_dictionary_is_never_believed() {
    let report = scanned("small.xz", &large_dictionary(PAYLOAD), &small());
    finds_the_payload(&report);
    let asked: Vec<_> = report.findings.iter().map(|f| &*f.rule).collect();
    assert!(asked.contains(&"archive-bomb"), "{asked:?}");
    // What was unpacked reaches back no further than memory for it allows.
    assert!(report.gaps.is_empty(), "{:?}", report.gaps);
    let long = large_dictionary(&payload_and_zeros(32));
    let report = scanned("long.xz", &long, &small());
    goes_off(&report, "archive-bomb");
    finds_the_payload(&report);
}

#[test]
fn extension_headers_of_tar_are_not_believed() {
    let header = |name: &str, kind: tar::EntryType, size: u64| {
        let mut header = tar::Header::new_ustar();
        header.set_path(name).unwrap();
        header.set_entry_type(kind);
        header.set_size(size);
        header.set_mode(0o644);
        header.set_cksum();
        header.as_bytes().to_vec()
    };
    let padded = |bytes: &[u8]| {
        let mut bytes = bytes.to_vec();
        bytes.resize(bytes.len().next_multiple_of(512), 0);
        bytes
    };
    let mut bytes = tarred(&[(FRONT, PAYLOAD)]);
    // Without the end mark.
    bytes.truncate(1024);
    for _ in 0..200 {
        let record = format!("30000 comment={}\n", "x".repeat(30_000 - 15));
        bytes.extend(header("pax", tar::EntryType::XHeader, 30_000));
        bytes.extend(padded(record.as_bytes()));
    }
    // One that is longer than any that is read.
    let long = format!("2097152 comment={}\n", "x".repeat((2 << 20) - 17));
    bytes.extend(header("pax", tar::EntryType::XHeader, 2 << 20));
    bytes.extend(padded(long.as_bytes()));
    // And one that claims 8 GiB less one byte.
    bytes.extend(header("pax", tar::EntryType::XHeader, (8 << 30) - 1));
    bytes.extend(vec![b'7'; 4096]);
    let report = scanned("pax.tar", &bytes, &small());
    goes_off(&report, "archive-bomb");
    finds_the_payload(&report);
}
