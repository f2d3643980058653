//! What a packed stream says about itself and does not hold.
//!
//! A *remark* is a checksum or a length in the packed bytes that is not that
//! of the bytes that came out, or a dictionary that no writer asks for. It ends
//! nothing: some loaders check, others do not, and what they would see is
//! decoded all the same.

use crate::report::Span;

/// Remarks that are kept; more are only counted.
const REMARKS_CAP: usize = 100;

/// The largest dictionary that writers of xz ask for, in bytes: 1.5 GiB.
const DICTIONARY_CAP_BYTES: u64 = 3 << 29;

/// One statement that is not true.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// Where in the packed source it stands.
    pub at: Span,
    /// What kind of statement it is.
    pub about: About,
    /// What stands there.
    pub claimed: u64,
    /// What is true.
    pub actual: u64,
}

/// What a statement is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    /// A checksum, by its name; longer ones are shown by their first bytes.
    Checksum(&'static str),
    /// A length or a count, in words.
    Length(&'static str),
    /// The size of a dictionary, above the largest that writers ask for.
    Dictionary,
}

/// The remarks about one packed span.
#[derive(Debug, Default)]
pub struct Remarks {
    kept: Vec<Remark>,
    count: u64,
}

impl Remarks {
    /// The first of them.
    pub fn kept(&self) -> &[Remark] {
        &self.kept
    }

    /// How many there are beyond those that are kept.
    pub fn more(&self) -> u64 {
        self.count.saturating_sub(self.kept.len() as u64)
    }

    /// Compare a statement with the truth.
    pub(super) fn compare(&mut self, at: Span, about: About, claimed: u64, actual: u64) {
        if claimed == actual {
            return;
        }
        self.count = self.count.saturating_add(1);
        if self.kept.len() < REMARKS_CAP {
            self.kept.push(Remark {
                at,
                about,
                claimed,
                actual,
            });
        }
    }

    /// Look at the dictionary that a header at `at` asks for.
    pub(super) fn dictionary(&mut self, at: Span, asked: u64) {
        if asked > DICTIONARY_CAP_BYTES {
            self.compare(at, About::Dictionary, asked, DICTIONARY_CAP_BYTES);
        }
    }

    /// [`Remarks::compare`] for a checksum in the `len` bytes before `end`.
    pub(super) fn checksum(
        &mut self,
        end: u64,
        len: u64,
        name: &'static str,
        claimed: u64,
        actual: u64,
    ) {
        let at = end.saturating_sub(len)..end;
        self.compare(at, About::Checksum(name), claimed, actual);
    }

    /// [`Remarks::compare`] for a length or a count in the `len` bytes before
    /// `end`.
    pub(super) fn length(
        &mut self,
        end: u64,
        len: u64,
        what: &'static str,
        claimed: u64,
        actual: u64,
    ) {
        let at = end.saturating_sub(len)..end;
        self.compare(at, About::Length(what), claimed, actual);
    }
}
