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
