//! Files that are known to be malicious, by their SHA-256.
//!
//! A list says what others have found out; it is no reason to look less
//! closely at anything else. Most entries say how long the file is, so that
//! nearly nothing has to be hashed: a digest is computed only for what is as
//! long as an entry, or for everything where an entry has no length.

mod list;
mod published;

pub use list::{BadLine, parse};
pub use published::PUBLISHED;

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

/// A SHA-256.
pub type Sha256Digest = [u8; 32];

/// One file that is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownFile {
    /// Its SHA-256.
    pub sha256: Sha256Digest,
    /// Its length in bytes, where that is known.
    pub len: Option<u64>,
    /// What it is, in words.
    pub name: Cow<'static, str>,
    /// Who says so.
    pub source: Cow<'static, str>,
}

/// All files that are known to a scan.
#[derive(Debug, Clone, Default)]
pub struct KnownFiles {
    by_digest: HashMap<Sha256Digest, KnownFile>,
    lens: HashSet<u64>,
    /// Whether some entry has no length.
    any_len: bool,
}

impl KnownFiles {
    /// The files that published reports name.
    pub fn published() -> Self {
        let mut known = KnownFiles::default();
        known.extend(PUBLISHED.iter().cloned());
        known
    }

    /// Add entries; one that is there already keeps its words.
    pub fn extend(&mut self, files: impl IntoIterator<Item = KnownFile>) {
        for file in files {
            match file.len {
                Some(len) => {
                    self.lens.insert(len);
                }
                None => self.any_len = true,
            }
            self.by_digest.entry(file.sha256).or_insert(file);
        }
    }

    /// Whether a file of this length could be one of them.
    pub fn may_hold(&self, len: u64) -> bool {
        self.any_len || self.lens.contains(&len)
    }

    /// The entry with this digest.
    pub fn find(&self, sha256: &Sha256Digest) -> Option<&KnownFile> {
        self.by_digest.get(sha256)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(byte: u8, len: Option<u64>) -> KnownFile {
        KnownFile {
            sha256: [byte; 32],
            len,
            name: "x".into(),
            source: "y".into(),
        }
    }

    #[test]
    fn only_what_is_as_long_as_an_entry_is_looked_at() {
        let mut known = KnownFiles::default();
        assert!(!known.may_hold(0));
        known.extend([file(1, Some(7))]);
        assert!(known.may_hold(7) && !known.may_hold(8));
        assert_eq!(known.find(&[1; 32]).unwrap().len, Some(7));
        assert!(known.find(&[2; 32]).is_none());
        known.extend([file(2, None)]);
        assert!(known.may_hold(8));
    }

    #[test]
    fn published_entries_have_a_length_and_a_source() {
        assert!(!PUBLISHED.is_empty());
        for file in PUBLISHED {
            assert!(file.len.is_some(), "{file:?}");
            assert!(file.source.starts_with("https://"), "{file:?}");
        }
        assert!(!KnownFiles::published().may_hold(1 << 40));
    }
}
