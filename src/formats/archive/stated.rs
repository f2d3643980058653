//! What a container says about a member's bytes, and what they are.

use crate::formats::Stated;
use crate::report::escape_bytes;
use crate::rules::Draft;
use crate::rules::archive::{WRONG_CHECKSUM, WRONG_SIZE};

/// What a member's bytes came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Actual {
    /// How they lie in the container.
    pub kept: Kept,
    /// How many there are; at least so many, where they are not whole.
    pub len: u64,
    /// Their checksum, where it was asked for and they are whole.
    pub crc32: Option<u32>,
    /// Whether all of them could be read.
    pub is_whole: bool,
}

/// How a member's bytes lie in its container.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// As they are.
    Stored,
    /// As a packed stream, with so many bytes behind its end.
    Packed(u64),
    /// As a part of a stream that holds others as well.
    Part,
}

/// The finding about a statement that is not true. A wrong length makes the
/// checksum wrong as well, so only the length is told.
pub fn judge(name: &str, stated: &Stated, actual: &Actual) -> Option<Draft> {
    let shown = escape_bytes(name.as_bytes());
    let draft = match wrong_size(&shown, stated, actual) {
        Some(message) => WRONG_SIZE.at(stated.at.clone()).message(message),
        None => {
            let (claimed, crc32) = (stated.crc32?, actual.crc32?);
            let message = format!(
                "the checksum of `{shown}` is {crc32:08x} and its record says {claimed:08x}"
            );
            let is_wrong = actual.is_whole && claimed != crc32;
            let draft = is_wrong.then(|| WRONG_CHECKSUM.at(stated.at.clone()))?;
            draft.message(message)
        }
    };
    Some(draft.within(name))
}

/// What is wrong with the length.
fn wrong_size(shown: &str, stated: &Stated, actual: &Actual) -> Option<String> {
    let len = actual.len;
    let claimed = stated.len.filter(|&claimed| claimed != len);
    match (claimed, actual.kept) {
        (Some(claimed), _) if !actual.is_whole => (len > claimed)
            .then(|| format!("`{shown}` unpacks to more than the {claimed} bytes it claims")),
        (Some(claimed), Kept::Stored) => Some(format!(
            "`{shown}` is stored as it is, in {len} bytes, and claims to have {claimed}"
        )),
        (Some(claimed), Kept::Packed(_) | Kept::Part) => Some(format!(
            "`{shown}` unpacks to {len} bytes and claims {claimed}"
        )),
        (None, Kept::Packed(behind)) if actual.is_whole && behind > 0 => Some(format!(
            "{behind} bytes follow the packed stream of `{shown}`"
        )),
        (None, _) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATED: Stated = Stated {
        at: 7..30,
        crc32: Some(0xabcd),
        len: Some(100),
    };

    const WHOLE: Actual = Actual {
        kept: Kept::Packed(0),
        len: 100,
        crc32: Some(0xabcd),
        is_whole: true,
    };

    fn said(actual: Actual) -> Option<(&'static str, String)> {
        judge("m", &STATED, &actual).map(|draft| {
            assert_eq!(draft.place.offset, Some(7));
            assert_eq!(draft.place.within.as_deref(), Some("m"));
            (draft.rule.id, draft.message)
        })
    }

    #[test]
    fn what_is_true_is_no_finding() {
        assert_eq!(said(WHOLE), None);
        let silent = Stated {
            at: 0..1,
            crc32: None,
            len: None,
        };
        assert_eq!(judge("m", &silent, &WHOLE), None);
    }

    #[test]
    fn a_wrong_checksum_is_told_unless_the_length_is_wrong_too() {
        let actual = Actual {
            crc32: Some(1),
            ..WHOLE
        };
        let (rule, message) = said(actual).unwrap();
        assert_eq!(rule, "archive-wrong-checksum");
        assert!(message.contains("00000001") && message.contains("0000abcd"));
        let (rule, _) = said(Actual { len: 99, ..actual }).unwrap();
        assert_eq!(rule, "archive-wrong-size");
    }

    #[test]
    fn what_was_not_read_whole_is_only_too_long() {
        let cut = Actual {
            crc32: Some(1),
            is_whole: false,
            ..WHOLE
        };
        assert_eq!(said(cut), None);
        assert_eq!(said(Actual { len: 99, ..cut }), None);
        let (_, message) = said(Actual { len: 101, ..cut }).unwrap();
        assert!(message.contains("more than the 100 bytes"));
    }

    #[test]
    fn bytes_behind_a_packed_stream_are_told() {
        let kept = Kept::Packed(5);
        let (rule, message) = said(Actual { kept, ..WHOLE }).unwrap();
        assert_eq!(rule, "archive-wrong-size");
        assert!(message.starts_with("5 bytes follow"));
    }
}
