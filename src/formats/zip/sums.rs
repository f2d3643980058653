//! Which checksums of an archive mean something.
//!
//! PyTorch leaves them at zero, in all records where it is told not to compute
//! them, and in some where it leaves room for data that is written later. Its
//! loader does not look at them.

use crate::wire::zip_directory::{Directory, Entry, View};

/// What is known about the checksums of one archive.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sums {
    /// Whether a checksum of zero says nothing.
    is_zero_unset: bool,
}

impl Sums {
    pub(super) fn of(directory: &Directory) -> Self {
        let is_unset = |view: &View| view.crc32.unwrap_or(0) == 0 || view.unpacked == Some(0);
        let all_unset = directory
            .entries
            .iter()
            .flat_map(Entry::views)
            .all(is_unset);
        Sums {
            is_zero_unset: all_unset || is_torch(directory),
        }
    }

    /// The checksum that a record says, where it means one.
    pub(super) fn stated(self, view: &View) -> Option<u32> {
        view.crc32
            .filter(|&crc32| crc32 != 0 || !self.is_zero_unset)
    }
}

/// Whether PyTorch writes such archives: `data.pkl` and `version` in a folder
/// that holds everything.
fn is_torch(directory: &Directory) -> bool {
    let has = |name: &[u8]| {
        let names = directory.entries.iter().map(Entry::name);
        names
            .filter_map(|full| full.strip_suffix(name))
            .any(|folder| folder.ends_with(b"/"))
    };
    has(b"data.pkl") && has(b"version")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::budget::Budget;
    use crate::source::Memory;
    use crate::wire::zip_directory::sample::{Piece, Sample};
    use crate::wire::zip_directory::{Caps, walk};

    fn stated(pieces: &[Piece]) -> Vec<Option<u32>> {
        let source = Memory::new(Sample::of(pieces).bytes());
        let directory = walk(&source, Caps::default(), &Budget::unlimited()).unwrap();
        let sums = Sums::of(&directory);
        let views = directory.entries.iter().filter_map(Entry::view);
        views.map(|view| sums.stated(view)).collect()
    }

    #[test]
    fn zeros_say_nothing_where_all_are_zero_and_in_archives_of_pytorch() {
        let piece = |name: &str, crc| {
            let mut piece = Piece::stored(name, b"x");
            piece.crc = crc;
            piece
        };
        assert_eq!(stated(&[piece("a", 0), piece("b", 0)]), [None, None]);
        assert_eq!(stated(&[piece("a", 0), piece("b", 7)]), [Some(0), Some(7)]);
        let torch = [piece("m/data.pkl", 0), piece("m/version", 7)];
        assert_eq!(stated(&torch), [None, Some(7)]);
    }
}
