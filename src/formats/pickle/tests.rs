//! Files of pickles: recognition, streams in a row, breaks, members.

use std::cell::RefCell;
use std::sync::Arc;

use super::*;
use crate::budget::Budget;
use crate::formats::{Body, Member, Sink};
use crate::report::{Location, Place};
use crate::rules::Draft;
use crate::source::Memory;

#[derive(Default)]
struct Seen {
    findings: RefCell<Vec<(&'static str, Option<u64>)>>,
    gaps: RefCell<Vec<(Why, Place)>>,
}

impl Sink for Seen {
    fn finding(&self, draft: Draft) {
        let found = (draft.rule.id, draft.place.offset);
        self.findings.borrow_mut().push(found);
    }

    fn gap(&self, at: Place, why: Why, _detail: String) {
        self.gaps.borrow_mut().push((why, at));
    }
}

fn artifact(name: &str, bytes: &[u8]) -> Artifact {
    Artifact {
        location: Location::file(name),
        name: name.to_owned(),
        source: Arc::new(Memory::new(bytes)),
        depth: 0,
    }
}

fn examine(bytes: &[u8]) -> (Seen, Vec<Member>, Option<Fault>) {
    let seen = Seen::default();
    let budget = Budget::unlimited();
    let mut cx = Context::new(&seen, &budget);
    let fault = Pickle.examine(&artifact("model.pkl", bytes), &mut cx).err();
    let members = cx.finish().members;
    (seen, members, fault)
}

fn findings(bytes: &[u8]) -> Vec<(&'static str, Option<u64>)> {
    let (seen, _, fault) = examine(bytes);
    assert!(fault.is_none(), "{fault:?}");
    seen.findings.take()
}

fn claim(name: &str, bytes: &[u8]) -> Claim {
    Pickle.recognise(&Probe::new(&artifact(name, bytes)))
}

const PAYLOAD: &[u8] = b"cos\nsystem\n(S'id'\ntR.";
const CALL: &str = "pickle-dangerous-call";

#[test]
fn content_decides_and_the_name_only_hints() {
    assert_eq!(claim("weights.bin", PAYLOAD), Claim::Structure);
    assert_eq!(claim("model.safetensors", b"\x80\x02}."), Claim::Structure);
    assert_eq!(claim("model.pkl", b"(dp0\n."), Claim::Structure);
    assert_eq!(claim("notes.txt", b"N.B. this is text.\n"), Claim::No);
    assert_eq!(claim("model.pkl", b"PK\x03\x04"), Claim::Name);
    assert_eq!(claim("model.pt", b"PK\x03\x04"), Claim::No);
    assert_eq!(claim("empty.pkl", b""), Claim::No);
}

#[test]
fn every_stream_of_a_file_is_walked() {
    for between in [
        &b""[..],
        b"\0\0\0\0",
        b"N.N.",
        b"\x80\x02N.\0",
        b"\x80\x04\x95\x02\0\0\0\0\0\0\0N.",
    ] {
        let mut bytes = b"\x80\x02N.".to_vec();
        bytes.extend(between);
        let call = bytes.len() as u64 + 19;
        bytes.extend(PAYLOAD);
        assert_eq!(findings(&bytes), [(CALL, Some(call))], "{between:?}");
    }
}

#[test]
fn what_follows_and_is_no_pickle_is_told_unless_it_is_empty() {
    assert_eq!(findings(b"\x80\x02N.\0\0\0"), []);
    assert_eq!(findings(b"\x80\x02N.\n"), []);
    let trailing = ("pickle-trailing-data", Some(4));
    assert_eq!(findings(b"\x80\x02N.%PDF-1.7"), [trailing]);
    let mut bytes = b"\x80\x02N.%PDF-1.7\x80\x02".to_vec();
    bytes.extend(PAYLOAD);
    assert_eq!(findings(&bytes), [trailing, (CALL, Some(33))]);
}

#[test]
fn a_break_keeps_what_came_before_and_leaves_a_gap() {
    let bytes = b"\x80\x02cos\nsystem\n(S'id'\ntR\xff\xff\xff";
    let (seen, _, fault) = examine(bytes);
    assert!(fault.is_none());
    assert_eq!(
        seen.findings.take(),
        [(CALL, Some(21)), ("pickle-malformed", Some(22))]
    );
    let gaps = seen.gaps.take();
    assert_eq!(gaps, [(Why::Malformed, Place::from(22..25))]);
}

#[test]
fn what_is_no_pickle_at_all_is_a_fault_and_no_finding() {
    let (seen, _, fault) = examine(b"PK\x03\x04");
    assert!(matches!(fault, Some(Fault::Malformed { .. })));
    assert_eq!(seen.findings.take(), []);
}

#[test]
fn loaded_bytes_become_members_once() {
    let load = b"ctorch.storage\n_load_from_bytes\n(C\x02N.tR0";
    let mut bytes = b"\x80\x03".to_vec();
    bytes.extend(load);
    bytes.extend(b"ctorch.storage\n_load_from_bytes\n(c_codecs\nencode\n(V\xe9.\nVlatin1\ntRtR0N.");
    let (_, members, _) = examine(&bytes);
    let bodies: Vec<Body> = members.into_iter().map(|m| m.body).collect();
    assert_eq!(
        bodies,
        [Body::Stored(37..39), Body::Decoded(b"\xe9.".to_vec())]
    );
}

#[test]
fn every_cut_and_every_flip_ends_quietly() {
    let mut bytes = b"\x80\x04\x95\x0b\0\0\0\0\0\0\0\x8c\x01a\x94\x8c\x01b\x94\x930N.\0\0".to_vec();
    bytes.extend(PAYLOAD);
    bytes.extend(b"%PDF\x80\x02K\x01.");
    for end in 0..bytes.len() {
        examine(&bytes[..end]);
        claim("x", &bytes[..end]);
    }
    for at in 0..bytes.len() {
        for bit in 0..8 {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1 << bit;
            examine(&flipped);
            claim("x", &flipped);
        }
    }
}

#[test]
fn many_small_pickles_in_a_row_are_cheap() {
    let bytes = b"\x80\x02N.K\x01.".repeat(100_000);
    assert_eq!(findings(&bytes), []);
}
