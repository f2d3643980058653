//! What containers state is compared, however the bytes are kept and read.

use std::io::{Cursor, Write as _};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::*;
use crate::budget::{Budget, CancelToken, Limits};
use crate::engine::context::LeftOut;
use crate::engine::crew::Crew;
use crate::engine::ledger::Ledger;
use crate::engine::memory::Pressure;
use crate::engine::plan::{Backing, Plan, Tier};
use crate::formats::Part;
use crate::report::{Location, Outcome};
use crate::source::{Extent, ReadError, Source};
use crate::wire::codec::Codec;

/// A job that reads in windows of this size, with so many lanes.
fn job(limits: Limits, window: u64, lanes: usize) -> JobContext {
    JobContext {
        budget: Budget::new(Arc::new(limits), CancelToken::default()),
        ledger: Arc::new(Ledger::new(100)),
        plan: Plan {
            tier: Tier::Small,
            read_as: Tier::Small,
            backing: Backing::Disk { ahead: false },
            drop_behind: false,
            window,
            lanes,
            too_tight: None,
        },
        crew: Arc::new(Crew::new(1, 2)),
        pressure: Arc::new(Pressure::default()),
        memory: 1 << 30,
        known: Arc::default(),
        digests: Arc::default(),
        alone: false,
        was_shared: AtomicBool::new(false),
        left_out: LeftOut::default(),
    }
}

/// Open one member of a container that holds `source`.
fn opened(job: &JobContext, source: SharedSource, member: Member) -> Outcome {
    let location = Location::file("container");
    let entry = job.ledger.open(location.clone(), source.len(), "in-memory");
    let parent = Artifact {
        location,
        name: "container".into(),
        source,
        depth: 0,
    };
    let page = Page {
        entry,
        lineage: Lineage::InFile,
        sum: None,
    };
    open(job, &parent, page, vec![member]).unwrap();
    job.ledger.take()
}

fn stated(crc32: u32, len: u64) -> Option<Stated> {
    Some(Stated {
        at: 3..9,
        crc32: Some(crc32),
        len: Some(len),
    })
}

/// The rules of the findings on the container.
fn said(outcome: &Outcome) -> Vec<&str> {
    let on_container = outcome
        .findings
        .iter()
        .filter(|f| f.location.members.is_empty());
    on_container
        .map(|finding| {
            assert_eq!(finding.location.offset, Some(3));
            assert_eq!(finding.location.within.as_deref(), Some("m"));
            finding.rule.as_ref()
        })
        .collect()
}

fn deflated(bytes: &[u8]) -> Vec<u8> {
    let fast = flate2::Compression::fast();
    let mut writer = flate2::write::DeflateEncoder::new(Vec::new(), fast);
    writer.write_all(bytes).unwrap();
    writer.finish().unwrap()
}

fn noise(len: usize) -> Vec<u8> {
    let mut state = 7u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    (0..len).map(|_| next()).collect()
}

/// A zip with stored members.
fn zipped(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let stored =
        zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for (name, bytes) in members {
        writer.start_file(*name, stored).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

#[test]
fn stored_members_are_summed_in_any_cut() {
    let inner = noise(3000);
    let archive = zipped(&[("a", &inner), ("b/c", &zipped(&[("d", &inner)]))]);
    for body in [inner, archive] {
        let (crc, len) = (crc32fast::hash(&body), body.len() as u64);
        let mut container = b"front".to_vec();
        container.extend_from_slice(&body);
        container.extend_from_slice(b"behind");
        for (window, lanes) in [(61, 1), (61, 3), (1000, 2), (1 << 20, 1)] {
            for (claimed, expected) in [
                ((crc, len), vec![]),
                ((crc ^ 1, len), vec!["archive-wrong-checksum"]),
                ((crc ^ 1, len + 1), vec!["archive-wrong-size"]),
            ] {
                let job = job(Limits::default(), window, lanes);
                let source = Arc::new(Memory::new(container.clone()));
                let member = Member {
                    name: "m".into(),
                    body: Body::Stored(5..5 + len),
                    stated: stated(claimed.0, claimed.1),
                };
                let outcome = opened(&job, source, member);
                assert_eq!(said(&outcome), expected, "{window} {lanes}");
                let all = |a: &crate::report::ArtifactReport| a.coverage.adds_up();
                assert!(outcome.artifacts.iter().all(all));
            }
        }
    }
}

#[test]
fn packed_members_are_summed_wherever_their_bytes_go() {
    let bytes = noise(300_000);
    let packed = deflated(&bytes);
    let (crc, len) = (crc32fast::hash(&bytes), bytes.len() as u64);
    for (spill_bytes, positional_bytes) in [(1 << 20, 1 << 30), (1000, 1 << 30), (100, 70_000)] {
        for (claimed, expected) in [
            ((crc, len), vec![]),
            ((crc ^ 1, len), vec!["archive-wrong-checksum"]),
            ((crc ^ 1, 7), vec!["archive-wrong-size"]),
        ] {
            let limits = Limits {
                spill_bytes,
                positional_bytes,
                ..Limits::default()
            };
            let job = job(limits, 4099, 1);
            let member = Member {
                name: "m".into(),
                body: Body::Packed(0..packed.len() as u64, Codec::Deflate.into()),
                stated: stated(claimed.0, claimed.1),
            };
            let outcome = opened(&job, Arc::new(Memory::new(packed.clone())), member);
            assert_eq!(said(&outcome), expected);
        }
    }
}

#[test]
fn long_weights_say_the_same_whether_they_are_kept_or_pass() {
    let header = br#"{"w":{"dtype":"U8","shape":[90000],"data_offsets":[0,90000]},"__metadata__":{"a":"b"}}"#;
    let mut weights = (header.len() as u64).to_le_bytes().to_vec();
    weights.extend_from_slice(header);
    weights.extend_from_slice(&noise(90_000));
    weights[60_000..60_027].copy_from_slice(b"-----BEGIN PRIVATE KEY-----");
    let mut with_zip_behind = weights.clone();
    with_zip_behind.extend_from_slice(&zipped(&[("d", b"x")]));
    let mut short = weights.clone();
    short.truncate(80_000);
    for bytes in [weights, with_zip_behind, short] {
        let told = |spill_bytes| {
            let packed = deflated(&bytes);
            let len = packed.len() as u64;
            let limits = Limits {
                spill_bytes,
                ..Limits::default()
            };
            let member = Member::new("m.safetensors", Body::Packed(0..len, Codec::Deflate.into()));
            let source = Arc::new(Memory::new(packed));
            opened(&job(limits, 1 << 20, 1), source, member)
        };
        let (kept, passed) = (told(1 << 20), told(1000));
        assert!(kept.gaps.is_empty(), "{:?}", kept.gaps);
        assert_eq!(kept, passed);
        let formats: Vec<_> = kept.artifacts.iter().flat_map(|a| &a.formats).collect();
        assert!(formats.contains(&&"safetensors".to_owned()), "{formats:?}");
    }
}

#[test]
fn a_member_that_was_not_read_whole_has_no_checksum() {
    let packed = deflated(&noise(300_000));
    let cut = packed.len() as u64 / 2;
    let member = Member {
        name: "m".into(),
        body: Body::Packed(0..cut, Codec::Deflate.into()),
        stated: stated(1, 300_000),
    };
    let job = job(Limits::default(), 4096, 1);
    let outcome = opened(&job, Arc::new(Memory::new(packed)), member);
    assert!(said(&outcome).is_empty());
    assert_eq!(outcome.gaps.len(), 1, "{:?}", outcome.gaps);
}

/// Zeros with a hole that the file system vouches for, and a bad sector.
#[derive(Debug)]
struct Odd {
    bad: Option<u64>,
}

impl Source for Odd {
    fn len(&self) -> u64 {
        1 << 20
    }

    fn read_at(&self, at: u64, buf: &mut [u8]) -> Result<usize, ReadError> {
        let n = (self.len() - at).min(buf.len() as u64);
        if self.bad.is_some_and(|bad| at <= bad && bad < at + n) {
            return Err(std::io::Error::other("bad sector").into());
        }
        buf[..n as usize].fill(0);
        Ok(n as usize)
    }

    fn extent(&self, at: u64) -> Extent {
        match at {
            0..4096 => Extent::Data(4096),
            4096..800_000 => Extent::Hole(800_000),
            _ => Extent::Data(self.len()),
        }
    }
}

#[test]
fn holes_count_as_zeros_and_lost_bytes_leave_no_checksum() {
    let crc = crc32fast::hash(&vec![0; 1 << 20]);
    for (bad, claimed, expected) in [
        (None, crc, vec![]),
        (None, crc ^ 1, vec!["archive-wrong-checksum"]),
        (Some(900_000), crc ^ 1, vec![]),
    ] {
        let member = Member {
            name: "m".into(),
            body: Body::Stored(0..1 << 20),
            stated: stated(claimed, 1 << 20),
        };
        let job = job(Limits::default(), 64 << 10, 2);
        let outcome = opened(&job, Arc::new(Odd { bad }), member);
        assert_eq!(said(&outcome), expected);
        assert_eq!(outcome.gaps.len(), usize::from(bad.is_some()));
        let member = outcome.artifacts.last().unwrap();
        assert!(member.coverage.holes > 0, "{member:?}");
    }
}

/// The members of an outcome that is about a solid block, with their bytes.
fn solid(stream: &[u8], limits: Limits, parts: &[(&str, Span, u32)]) -> Outcome {
    let packed = deflated(stream);
    let part = |(name, span, crc): &(&str, Span, u32)| Part {
        name: (*name).to_owned(),
        span: span.clone(),
        stated: Some(Stated {
            at: 3..9,
            crc32: Some(*crc),
            len: Some(span.end - span.start),
        }),
    };
    let parts = parts.iter().map(part).collect();
    let body = Body::Solid(0..packed.len() as u64, Codec::Deflate.into(), parts);
    let job = job(limits, 4099, 2);
    opened(
        &job,
        Arc::new(Memory::new(packed)),
        Member::new("block", body),
    )
}

fn names_and_lengths(outcome: &Outcome) -> Vec<(String, u64)> {
    let members = outcome.artifacts.iter().skip(1);
    members
        .map(|a| (a.location.members.join("!"), a.coverage.len))
        .collect()
}

#[test]
fn parts_of_a_block_are_slices_and_the_rest_is_swept() {
    let mut stream = noise(1000);
    stream.extend([0; 500]);
    stream.extend(noise(300));
    let crc = |span: std::ops::Range<usize>| crc32fast::hash(&stream[span]);
    let outcome = solid(
        &stream,
        Limits::default(),
        &[
            ("a", 0..400, crc(0..400)),
            ("b", 400..900, crc(400..900) ^ 1),
            ("c", 1000..1200, crc(1000..1200)),
        ],
    );
    let expected = [
        ("a", 400),
        ("b", 500),
        ("c", 200),
        ("block (rest of the block at 900)", 100),
        ("block (rest of the block at 1200)", 600),
    ];
    let expected = expected.map(|(name, len)| (name.to_owned(), len));
    assert_eq!(names_and_lengths(&outcome), expected);
    let wrong: Vec<_> = outcome.findings.iter().map(|f| &f.message).collect();
    assert_eq!(wrong.len(), 1, "{wrong:?}");
    assert!(wrong[0].contains("checksum of `b`"));
    assert!(outcome.gaps.is_empty());
}

#[test]
fn parts_that_lie_outside_of_their_block_are_gaps() {
    let stream = noise(1000);
    let outcome = solid(
        &stream,
        Limits::default(),
        &[
            ("all", 0..1000, crc32fast::hash(&stream)),
            ("again", 0..1000, crc32fast::hash(&stream)),
            ("half", 900..1100, 0),
            ("outside", 5000..6000, 0),
        ],
    );
    let names: Vec<_> = names_and_lengths(&outcome);
    let expected = [("all", 1000), ("again", 1000), ("half", 100)];
    assert_eq!(names, expected.map(|(n, len)| (n.to_owned(), len)));
    let gaps: Vec<_> = outcome.gaps.iter().map(|g| &g.location.members).collect();
    assert_eq!(gaps, [&["half".to_owned()], &["outside".to_owned()]]);
    assert!(outcome.findings.is_empty(), "the gap says it all");
}

#[test]
fn a_block_too_long_to_keep_names_what_it_holds() {
    let parts: Vec<(String, Span)> = (0..30)
        .map(|n| (format!("p{n:02}"), n * 1000..(n + 1) * 1000))
        .collect();
    let parts: Vec<_> = parts
        .iter()
        .map(|(name, span)| (name.as_str(), span.clone(), 0))
        .collect();
    let limits = Limits {
        spill_bytes: 1000,
        positional_bytes: 2000,
        ..Limits::default()
    };
    let outcome = solid(&noise(600_000), limits, &parts);
    assert_eq!(names_and_lengths(&outcome), [("block".to_owned(), 600_000)]);
    // The block, twenty parts, and one for the rest of them.
    assert_eq!(outcome.gaps.len(), 22, "{:?}", outcome.gaps);
    assert!(outcome.artifacts.iter().all(|a| a.coverage.adds_up()));
}

#[test]
fn members_that_are_opened_at_the_same_time_stand_in_their_order() {
    let bytes = noise(40_000);
    let packed = deflated(&bytes);
    let members: Vec<Member> = (0..400)
        .map(|n| {
            let body = Body::Packed(0..packed.len() as u64, Codec::Deflate.into());
            Member {
                name: format!("same-{}", n % 3),
                body,
                stated: stated(u32::from(n % 7 == 0), 40_000),
            }
        })
        .collect();
    let outcome = |cores| {
        let mut job = job(Limits::default(), 4099, 1);
        job.crew = Arc::new(Crew::new(1, cores));
        let location = Location::file("container");
        let source: SharedSource = Arc::new(Memory::new(packed.clone()));
        let entry = job.ledger.open(location.clone(), source.len(), "in-memory");
        let parent = Artifact {
            location,
            name: "container".into(),
            source,
            depth: 0,
        };
        let page = Page {
            entry,
            lineage: Lineage::InFile,
            sum: None,
        };
        open(&job, &parent, page, members.clone()).unwrap();
        let was_shared = job.was_shared.load(std::sync::atomic::Ordering::Relaxed);
        (job.ledger.take(), was_shared)
    };
    let (alone, was_shared) = outcome(0);
    assert!(!was_shared);
    let (together, was_shared) = outcome(4);
    assert!(was_shared);
    assert_eq!(alone, together);
    let names = names_and_lengths(&alone);
    assert_eq!(names.len(), 400);
    assert!(
        names
            .iter()
            .enumerate()
            .all(|(n, (name, _))| *name == format!("same-{}", n % 3))
    );
}
