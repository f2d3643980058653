//! What is told about images, and what is not.

use super::*;
use crate::formats::testing::{examine, recognise};
use crate::report::Why;

const JOLIET: &[u8] = include_bytes!("../../../fixtures/iso/benign-joliet/model.iso");
const HIDDEN: &[u8] = include_bytes!("../../../fixtures/iso/hidden/model.iso");

#[test]
fn a_file_of_two_trees_is_one_member() {
    let said = examine(&Iso, "x.iso", JOLIET);
    assert!(said.is_clean(), "{:?} {:?}", said.findings, said.gaps);
    assert_eq!(said.named.members.len(), 2);
}

#[test]
fn a_file_of_one_tree_is_told() {
    let said = examine(&Iso, "x.iso", HIDDEN);
    assert_eq!(said.rules(), ["archive-hidden-member"]);
    assert!(said.named.members.iter().any(|m| m.name == "model.pkl"));
}

#[test]
fn bytes_that_nothing_owns_are_told() {
    for at in [100, JOLIET.len()] {
        let mut bytes = JOLIET.to_vec();
        bytes.resize(bytes.len().max(at + 10), 0);
        bytes[at] = 7;
        let said = examine(&Iso, "x.iso", bytes);
        assert_eq!(said.rules(), ["archive-unowned-bytes"], "{at}");
    }
}

#[test]
fn an_image_is_recognised_under_any_name() {
    assert_eq!(recognise(&Iso, "model.bin", JOLIET), Claim::Structure);
    assert_eq!(recognise(&Iso, "x.iso", *b"nothing"), Claim::Name);
    assert_eq!(recognise(&Iso, "x", *b"nothing"), Claim::No);
    assert_eq!(
        examine(&Iso, "x.iso", *b"nothing").gaps[0].1,
        Why::Malformed
    );
}

#[test]
fn a_second_file_system_is_a_gap() {
    let mut bytes = JOLIET.to_vec();
    let end = bytes.windows(6).position(|w| w == b"\xffCD001").unwrap();
    let next = end + 2048;
    bytes[next..next + 2048].fill(0);
    bytes[next..next + 6].copy_from_slice(b"\0NSR02");
    let said = examine(&Iso, "x.iso", bytes);
    assert!(said.gaps.iter().any(|(_, why, _)| *why == Why::Unsupported));
}
