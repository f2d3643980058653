//! Pax records: lines of a length, a keyword and a value, which replace what
//! the next header says.

/// What records change, as far as a walk needs it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Overrides {
    pub path: Option<Vec<u8>>,
    pub link: Option<Vec<u8>>,
    pub size: Option<u64>,
    /// Whether the member is a sparse one of GNU tar.
    pub is_sparse: bool,
    /// Whether a record could not be read; readers stop there or go on.
    pub is_broken: bool,
}

impl Overrides {
    /// Take over what `other` has.
    pub(super) fn merge(&mut self, other: &Overrides) {
        let other = other.clone();
        self.path = other.path.or(self.path.take());
        self.link = other.link.or(self.link.take());
        self.size = other.size.or(self.size);
        self.is_sparse |= other.is_sparse;
        self.is_broken |= other.is_broken;
    }

    /// Read all records.
    pub(super) fn read(mut records: &[u8]) -> Self {
        let mut found = Overrides::default();
        while !records.is_empty() && records.first() != Some(&0) {
            match record(records) {
                Some((keyword, value, rest)) => {
                    found.set(keyword, value);
                    records = rest;
                }
                None => {
                    found.is_broken = true;
                    break;
                }
            }
        }
        found
    }

    fn set(&mut self, keyword: &[u8], value: &[u8]) {
        match keyword {
            b"path" => self.path = Some(value.to_vec()),
            b"GNU.sparse.name" => {
                self.path = Some(value.to_vec());
                self.is_sparse = true;
            }
            b"linkpath" => self.link = Some(value.to_vec()),
            b"size" => match decimal(value) {
                Some(size) => self.size = Some(size),
                None => self.is_broken = true,
            },
            _ if keyword.starts_with(b"GNU.sparse.") => self.is_sparse = true,
            _ => {}
        }
    }
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

fn decimal(digits: &[u8]) -> Option<u64> {
    let is_number = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    let text = std::str::from_utf8(digits).ok().filter(|_| is_number)?;
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_read_and_the_last_of_a_keyword_counts() {
        let found = Overrides::read(b"9 path=a\n11 path=b=\n11 size=70\n\0\0");
        assert_eq!(found.path.as_deref(), Some(&b"b="[..]));
        assert_eq!((found.size, found.is_broken), (Some(70), false));
        assert!(Overrides::read(b"22 GNU.sparse.major=1\n").is_sparse);
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
            assert!(Overrides::read(records).is_broken, "{records:?}");
        }
    }
}
