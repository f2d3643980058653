//! What the walk makes of archives, honest and not.

use super::sample::{Piece, Sample, clean};
use super::*;
use crate::source::Memory;

fn read(bytes: &[u8]) -> Directory {
    walk(&Memory::new(bytes), Caps::default(), &Budget::unlimited()).unwrap()
}

fn likeness_of(bytes: &[u8]) -> Likeness {
    let start = bytes.len().saturating_sub(end::TAIL_BYTES as usize);
    let tail = (start as u64, &bytes[start..]);
    likeness(&Memory::new(bytes), bytes, tail, &Budget::unlimited()).unwrap()
}

fn names(directory: &Directory) -> Vec<String> {
    let name = |e: &Entry| String::from_utf8_lossy(e.name()).into_owned();
    directory.entries.iter().map(name).collect()
}

fn pair() -> [Piece; 2] {
    [
        Piece::stored("a", b"first data"),
        Piece::stored("b", b"second"),
    ]
}

#[test]
fn honest_archives_have_no_slack_no_differences_and_one_end() {
    for (title, bytes) in clean() {
        let directory = read(&bytes);
        assert_eq!(likeness_of(&bytes), Likeness::Structure, "{title}");
        assert_eq!(directory.entries.len(), 2, "{title}");
        assert_eq!(directory.ends.len(), 1, "{title}");
        assert!(directory.slack.is_empty(), "{title} {:?}", directory.slack);
        for entry in &directory.entries {
            assert!(entry.central.is_some() && entry.local.is_some());
            assert_eq!(entry.differences(), [], "{title}");
        }
    }
}

#[test]
fn a_stub_in_front_shifts_offsets_whether_it_was_corrected_or_not() {
    let plain = Sample::of(&pair()).bytes();
    let mut bytes = b"\x7fELF and more".to_vec();
    bytes.extend_from_slice(&plain);
    let directory = read(&bytes);
    assert_eq!(likeness_of(&bytes), Likeness::Structure);
    assert_eq!(names(&directory), ["a", "b"]);
    assert_eq!(directory.slack, vec![Span { start: 0, end: 13 }]);
    assert_eq!(directory.ends[0].base, 13);
    assert!(directory.entries.iter().all(|e| e.local.is_some()));
}

#[test]
fn bytes_behind_the_end_are_slack() {
    let mut bytes = Sample::of(&pair()).bytes();
    let len = bytes.len() as u64;
    bytes.extend_from_slice(&[7; 1000]);
    let directory = read(&bytes);
    let end = len + 1000;
    assert_eq!(directory.slack, vec![Span { start: len, end }]);
    assert_eq!(names(&directory), ["a", "b"]);
}

#[test]
fn a_local_header_that_no_directory_names_is_met_by_the_walk() {
    for streamed in [false, true] {
        let mut hidden = Piece::stored("hidden", b"payload");
        hidden.is_named = false;
        if streamed {
            hidden = hidden.streamed(true, false);
        }
        let [a, b] = pair();
        let bytes = Sample::of(&[a, hidden, b]).bytes();
        let directory = read(&bytes);
        assert_eq!(names(&directory), ["a", "hidden", "b"]);
        let entry = &directory.entries[1];
        assert!(entry.central.is_none());
        let view = entry.view().unwrap();
        let span = entry.data(view, bytes.len() as u64).unwrap();
        assert_eq!(&bytes[span.start as usize..span.end as usize], b"payload");
        assert!(directory.slack.is_empty());
    }
}

#[test]
fn a_hidden_header_behind_junk_is_found_by_searching() {
    let mut first = Piece::stored("a", b"first data");
    first.tail = b"junk PK junk".to_vec();
    let mut hidden = Piece::deflated("hidden", b"payload payload payload").streamed(false, false);
    hidden.is_named = false;
    let bytes = Sample::of(&[first, hidden]).bytes();
    let directory = read(&bytes);
    assert_eq!(names(&directory), ["a", "hidden"]);
    assert_eq!(directory.slack.len(), 1);
}

#[test]
fn two_views_of_one_member_differ_in_what_they_differ_in() {
    let mut piece = Piece::stored("dat_.pkl", b"payload");
    piece.central_name = b"data.pkl".to_vec();
    piece.method = 99;
    piece.central_flags = 1;
    piece.packed = 6;
    let directory = read(&Sample::of(&[piece]).bytes());
    use Difference::{Encryption, Method, Name, Packed};
    let found = directory.entries[0].differences();
    assert_eq!(found, [Name, Method, Encryption, Packed]);
}

#[test]
fn a_descriptor_that_lies_is_a_difference() {
    let mut piece = Piece::stored("a", b"payload").streamed(true, false);
    piece.tail[8] ^= 1;
    let directory = read(&Sample::of(&[piece]).bytes());
    assert_eq!(directory.entries[0].differences(), [Difference::Packed]);
    assert!(directory.slack.is_empty());
}

#[test]
fn two_archives_one_behind_the_other_are_both_read() {
    let mut bytes = Sample::of(&[Piece::stored("a", b"one")]).bytes();
    bytes.extend(Sample::of(&[Piece::stored("b", b"two, and longer")]).bytes());
    let directory = read(&bytes);
    assert_eq!(names(&directory), ["a", "b"]);
    assert_eq!(directory.ends.len(), 2);
    assert!(directory.entries.iter().all(|e| e.central.is_some()));
    assert!(directory.slack.is_empty());
}

#[test]
fn an_archive_in_the_comment_is_read_too() {
    let sample = Sample {
        comment: Sample::of(&[Piece::stored("b", b"two, and longer")]).bytes(),
        ..Sample::of(&[Piece::stored("a", b"one")])
    };
    let directory = read(&sample.bytes());
    assert_eq!(names(&directory), ["a", "b"]);
    assert_eq!(directory.ends.len(), 2);
}

#[test]
fn the_directory_is_read_beyond_the_count_it_promises() {
    for miscount in [-1, 5] {
        let sample = Sample {
            miscount,
            ..Sample::of(&pair())
        };
        let directory = read(&sample.bytes());
        assert_eq!(names(&directory), ["a", "b"]);
        assert_eq!(directory.runs[0].records, 2);
        assert_eq!(directory.ends[0].entries as i32, 2 + miscount);
    }
}

#[test]
fn a_stray_end_signature_is_no_archive() {
    let mut bytes = vec![0x80, 4, 0x95];
    bytes.extend((0..5000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8));
    bytes.extend_from_slice(b"PK\x05\x06");
    bytes.extend((0..300u32).map(|i| (i.wrapping_mul(2_246_822_519) >> 24) as u8));
    assert_eq!(likeness_of(&bytes), Likeness::No);
    bytes.extend_from_slice(b"PK\x01\x02 PK\x03\x04");
    assert_eq!(likeness_of(&bytes), Likeness::No);
    assert_eq!(likeness_of(b""), Likeness::No);
}

#[test]
fn an_archive_without_members_is_one_by_its_first_bytes_only() {
    let bytes = Sample::default().bytes();
    assert_eq!(likeness_of(&bytes), Likeness::Magic);
    assert_eq!(read(&bytes).ends.len(), 1);
}

#[test]
fn a_cut_archive_still_shows_the_members_that_are_there() {
    for (title, bytes) in clean() {
        let whole = read(&bytes);
        for cut in 0..bytes.len() {
            let directory = read(&bytes[..cut]);
            for span in &directory.slack {
                assert!(span.start < span.end && span.end <= cut as u64, "{title}");
            }
        }
        // Cut right before the directory: every member is still met. Readers
        // find the end record of an archive inside, and so do we.
        let run = whole.runs[0].span.start as usize;
        let cut = names(&read(&bytes[..run]));
        assert!(names(&whole).iter().all(|n| cut.contains(n)), "{title}");
    }
}

#[test]
fn no_flipped_byte_makes_the_walk_fail() {
    for (title, bytes) in clean() {
        for at in 0..bytes.len() {
            for flip in [0x01, 0x80, 0xff] {
                let mut bent = bytes.clone();
                bent[at] ^= flip;
                let directory = read(&bent);
                assert!(!directory.is_cut, "{title} {at}");
                assert!(directory.entries.len() <= 12, "{title} {at} {flip}");
            }
        }
    }
}

#[test]
fn headers_whose_lengths_are_all_ones_are_survived() {
    for (title, bytes) in clean() {
        for at in 0..bytes.len() - 4 {
            if bytes[at..].starts_with(b"PK") {
                for from in at + 4..(at + 46).min(bytes.len()) {
                    let mut bent = bytes.clone();
                    let to = (from + 8).min(bytes.len());
                    bent[from..to].fill(0xff);
                    assert!(read(&bent).entries.len() <= 12, "{title} {from}");
                }
            }
        }
    }
}

#[test]
fn caps_are_kept_and_tell() {
    let pieces: Vec<Piece> = (0..10)
        .map(|i| Piece::stored(format!("{i}"), b"x"))
        .collect();
    let bytes = Sample::of(&pieces).bytes();
    let caps = [
        Caps {
            entries: 4,
            ..Caps::default()
        },
        Caps {
            name_bytes: 4,
            ..Caps::default()
        },
    ];
    for caps in caps {
        let directory = walk(&Memory::new(bytes.clone()), caps, &Budget::unlimited()).unwrap();
        assert!(directory.is_cut);
        assert!(directory.entries.len() <= 8);
    }
}

#[test]
fn a_deadline_ends_the_walk() {
    let (_, bytes) = clean().remove(0);
    let budget = Budget::unlimited().start(Some(std::time::Duration::ZERO), None);
    let result = walk(&Memory::new(bytes), Caps::default(), &budget);
    assert!(matches!(result, Err(Fault::Stop(_))));
}

#[test]
fn headers_of_untold_length_cost_no_more_than_the_file_is_long() {
    // Contiguous headers that searching does not accept (no name), in front of
    // a directory of such: none may look through the whole file for its end.
    let mut nameless = Piece::stored("", b"").streamed(true, false);
    nameless.is_named = false;
    nameless.tail.clear();
    let mut pieces = vec![nameless; 3_000];
    pieces.push(Piece::stored("", b"data"));
    let bytes = Sample::of(&pieces).bytes();
    let source = Counting(Memory::new(bytes.clone()), Default::default());
    walk(&source, Caps::default(), &Budget::unlimited()).unwrap();
    let read = source.1.load(std::sync::atomic::Ordering::Relaxed);
    assert!(read < 40 * bytes.len() as u64, "{read} of {}", bytes.len());
}

#[test]
fn directories_that_no_end_record_leads_to_are_capped_too() {
    let mut bytes = Vec::new();
    for _ in 0..100 {
        bytes.extend(Piece::stored("a", b"x").record(0));
        bytes.push(b'?');
    }
    let read = |entries| {
        let caps = Caps {
            entries,
            ..Caps::default()
        };
        walk(&Memory::new(bytes.clone()), caps, &Budget::unlimited()).unwrap()
    };
    assert!(read(10).is_cut && read(10).runs.len() <= 10);
    assert!(!read(100).is_cut && read(100).runs.len() == 100);
}

/// An archive of very many members without bytes and one with, at the end.
fn crowd(count: usize) -> Vec<u8> {
    let mut pieces: Vec<Piece> = (0..count)
        .map(|i| Piece::stored(format!("{i}"), b""))
        .collect();
    pieces.push(Piece::stored("last", b"payload"));
    let sample = Sample {
        is_wide: true,
        ..Sample::of(&pieces)
    };
    sample.bytes()
}

fn counted(bytes: Vec<u8>, caps: Caps) -> (Directory, u64) {
    let source = Counting(Memory::new(bytes), Default::default());
    let directory = walk(&source, caps, &Budget::unlimited()).unwrap();
    let read = source.1.load(std::sync::atomic::Ordering::Relaxed);
    (directory, read)
}

#[test]
fn more_members_than_sixteen_bits_count_are_all_read() {
    let bytes = crowd(70_000);
    let len = bytes.len() as u64;
    let (directory, read) = counted(bytes, Caps::default());
    assert!(!directory.is_cut && directory.slack.is_empty());
    assert_eq!(directory.entries.len(), 70_001);
    assert_eq!(directory.entries[70_000].name(), b"last");
    assert!(read < 20 * len, "{read} of {len}");
}

#[test]
fn what_is_beyond_the_caps_costs_no_more_than_the_rest() {
    let bytes = crowd(300_000);
    let len = bytes.len() as u64;
    let (directory, read) = counted(bytes, Caps::default());
    assert!(directory.is_cut && directory.slack.is_empty());
    assert!(read < 20 * len, "{read} of {len}");
}

#[test]
fn headers_between_junk_cost_little_each() {
    let mut piece = Piece::stored("a", b"x");
    piece.tail = b"junk junk junk".to_vec();
    piece.is_named = false;
    let bytes = Sample::of(&vec![piece; 20_000]).bytes();
    let len = bytes.len() as u64;
    let (directory, read) = counted(bytes, Caps::default());
    assert_eq!(directory.entries.len(), 20_000);
    assert!(read < 60 * len, "{read} of {len}");
}

#[test]
fn streams_of_untold_length_that_break_are_decoded_once() {
    // Each stream is a stored block that quotes all that follows, and breaks.
    let count = 400;
    let mut bytes = Vec::new();
    for left in (0..count).rev() {
        let mut p = Piece::stored("name", b"").streamed(true, false);
        (p.local_method, p.tail) = (8, Vec::new());
        bytes.extend(p.header());
        let quoted = (left * 39) as u16;
        bytes.push(0);
        bytes.extend(quoted.to_le_bytes());
        bytes.extend((!quoted).to_le_bytes());
    }
    bytes.extend([0xff; 64]);
    let len = bytes.len() as u64;
    let (directory, read) = counted(bytes, Caps::default());
    assert_eq!(directory.entries.len(), count);
    assert!(read < 60 * len, "{read} of {len}");
}

#[test]
fn an_end_record_in_a_member_that_counts_from_the_front_is_followed() {
    let inner = Sample::of(&[Piece::stored("b", b"inner")]).bytes();
    let nested = Sample::of(&[Piece::stored("inner.zip", &inner)]).bytes();
    assert_eq!(read(&nested).ends.len(), 1, "an archive in an archive");
    let mut lying = inner;
    let at = lying.len() - 22;
    // Its size is wrong, so that only the offset leads anywhere.
    lying[at + 12] = 0xff;
    let directory_at = (30 + 9 + 31 + 5) as u8;
    lying[at + 16] = directory_at;
    let bytes = Sample::of(&[Piece::stored("inner.bin", &lying)]).bytes();
    assert_eq!(read(&bytes).ends.len(), 2);
}

#[test]
fn a_directory_is_found_behind_its_end_record_and_with_offsets_too_high() {
    let bytes = Sample::of(&pair()).bytes();
    let run = read(&bytes).runs[0].span.clone();
    let (front, rest) = bytes.split_at(run.start as usize);
    let (records, end) = rest.split_at((run.end - run.start) as usize);
    let mut end = end.to_vec();
    let behind = (front.len() + 22) as u32;
    end[16..20].copy_from_slice(&behind.to_le_bytes());
    let moved = [front, &end, records].concat();
    let directory = read(&moved);
    assert_eq!(directory.ends[0].directory_at, u64::from(behind));
    assert!(
        directory
            .entries
            .iter()
            .all(|e| e.central.is_some() && e.local.is_some())
    );
    // Stated a hundred bytes too high throughout: counting back finds all.
    let mut high = pair();
    high[0].points_at = Some(100);
    high[1].points_at = Some(100 + 41);
    let mut bytes = Sample::of(&high).bytes();
    let at = bytes.len() - 22 + 16;
    let stated = (run.start + 100) as u32;
    bytes[at..at + 4].copy_from_slice(&stated.to_le_bytes());
    let directory = read(&bytes);
    assert_eq!(directory.ends[0].base, -100);
    assert!(directory.entries.iter().all(|e| e.local.is_some()));
}

#[test]
fn markers_of_split_archives_are_records() {
    for marker in [b"PK00", b"PK\x07\x08"] {
        let bytes = [&marker[..], &Sample::of(&pair()).bytes()].concat();
        let directory = read(&bytes);
        assert_eq!(directory.slack, []);
        assert_eq!(directory.others, [Span { start: 0, end: 4 }]);
        assert_eq!(likeness_of(&bytes), Likeness::Structure);
        assert_eq!(likeness_of(&bytes[..60]), Likeness::Magic);
    }
}

/// A source that counts the bytes that were asked for.
#[derive(Debug)]
struct Counting(Memory, std::sync::atomic::AtomicU64);

impl Source for Counting {
    fn len(&self) -> u64 {
        self.0.len()
    }

    fn read_at(&self, at: u64, buf: &mut [u8]) -> Result<usize, ReadError> {
        let n = self.0.read_at(at, buf)?;
        self.1
            .fetch_add(n as u64, std::sync::atomic::Ordering::Relaxed);
        Ok(n)
    }
}
