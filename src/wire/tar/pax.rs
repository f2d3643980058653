//! Pax records: lines of a length, a keyword and a value, which replace what
//! the next header says.

use super::sparse::{Records, decimal};

/// Bytes of a name or a target that are kept for the next member.
pub(super) const NAME_CAP_BYTES: usize = 64 << 10;

/// The same for a name that all members get: each of them keeps it, and needs
/// no more than a block for that.
const GLOBAL_NAME_CAP_BYTES: usize = 1 << 10;

/// What records change, as far as a walk needs it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Overrides {
    pub path: Option<Vec<u8>>,
    pub link: Option<Vec<u8>>,
    pub size: Option<u64>,
    /// What makes the member a sparse one.
    pub sparse: Records,
    /// Whether it is a sparse one of star, whose map is not followed.
    pub is_star_sparse: bool,
    /// Whether a name is longer than what is kept of it.
    pub is_cut: bool,
    /// Whether a record could not be read; readers stop there or go on.
    pub is_broken: bool,
}

impl Overrides {
    /// Take over what `other` has.
    pub(super) fn merge(&mut self, other: Overrides) {
        self.path = other.path.or(self.path.take());
        self.link = other.link.or(self.link.take());
        self.size = other.size.or(self.size);
        if other.sparse.is_any {
            self.sparse = other.sparse;
        }
        self.is_star_sparse |= other.is_star_sparse;
        self.is_broken |= other.is_broken;
        self.is_cut |= other.is_cut;
    }

    /// Cut what all members would get to what they may keep.
    pub(super) fn bound(&mut self) {
        for name in [&mut self.path, &mut self.link].into_iter().flatten() {
            self.is_cut |= cut(name, GLOBAL_NAME_CAP_BYTES);
        }
    }

    /// Read all records. Returns how many bytes they take as well: behind them
    /// readers do not look.
    pub(super) fn read(records: &[u8]) -> (Self, usize) {
        let mut found = Overrides::default();
        let mut left = records;
        while !left.is_empty() && left.first() != Some(&0) {
            match record(left) {
                Some((keyword, value, rest)) => {
                    found.set(keyword, value);
                    left = rest;
                }
                None => {
                    found.is_broken = true;
                    break;
                }
            }
        }
        (found, records.len().saturating_sub(left.len()))
    }

    fn name(&mut self, value: &[u8]) -> Option<Vec<u8>> {
        let mut name = value.to_vec();
        self.is_cut |= cut(&mut name, NAME_CAP_BYTES);
        Some(name)
    }

    fn set(&mut self, keyword: &[u8], value: &[u8]) {
        match keyword {
            b"path" => self.path = self.name(value),
            b"GNU.sparse.name" => {
                self.path = self.name(value);
                self.sparse.is_any = true;
            }
            b"linkpath" => self.link = self.name(value),
            b"size" => match decimal(value) {
                Some(size) => self.size = Some(size),
                None => self.is_broken = true,
            },
            b"SCHILY.realsize" => self.is_star_sparse = true,
            _ => {
                if let Some(keyword) = keyword.strip_prefix(b"GNU.sparse.") {
                    self.sparse.set(keyword, value);
                }
            }
        }
    }
}

/// Cut a name that is longer than `cap`; whether it was.
fn cut(name: &mut Vec<u8>, cap: usize) -> bool {
    let is_long = name.len() > cap;
    name.truncate(cap);
    is_long
}

/// The first record and what follows it.
fn record(records: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let blank = memchr::memchr(b' ', records.get(..records.len().min(20))?)?;
    let len = usize::try_from(decimal(records.get(..blank)?)?).ok()?;
    let (line, rest) = records.split_at_checked(len)?;
    let body = line.get(blank.checked_add(1)?..)?.strip_suffix(b"\n")?;
    let equals = memchr::memchr(b'=', body)?;
    let (keyword, value) = body.split_at_checked(equals)?;
    Some((keyword, value.get(1..)?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_read_and_the_last_of_a_keyword_counts() {
        let (found, len) = Overrides::read(b"9 path=a\n11 path=b=\n11 size=70\n\0\0");
        assert_eq!(len, 31);
        assert_eq!(found.path.as_deref(), Some(&b"b="[..]));
        assert_eq!((found.size, found.is_broken), (Some(70), false));
        assert!(Overrides::read(b"22 GNU.sparse.major=1\n").0.sparse.is_any);
    }

    #[test]
    fn broken_records_end_the_reading() {
        for records in [
            &b"x"[..],
            b"99 path=a\n",
            b"9 path=ab\n",
            b"0 path=a\n",
            b"7 path\n",
            b"12 size=-70\n",
            b"18446744073709551616 a=b\n",
        ] {
            assert!(Overrides::read(records).0.is_broken, "{records:?}");
        }
    }
}
