//! A member, as one reading of the archive has it: its header, and what the
//! extension members in front of it change.

use super::header::{Header, Kind};
use super::pax::Overrides;
use super::sparse::{Map, Records};
use crate::report::Span;

/// Largest size that the field of a header has room for in octal.
const OCTAL_SIZE_MAX: u64 = 0o77_777_777_777;

/// A member, as one reading of the archive has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Where its first block begins, that of an extension included.
    pub at: u64,
    /// Its header.
    pub header: Header,
    /// Where its header stands.
    pub header_at: u64,
    /// Its name: that of an extension, or of the header.
    pub name: Vec<u8>,
    /// The target of its link, likewise.
    pub link: Vec<u8>,
    /// Whether an extension gave the name.
    pub is_renamed: Option<Renaming>,
    /// Its bytes, cut to what the file has.
    pub data: Span,
    /// Bytes that it should have and the file has not.
    pub missing: u64,
    /// The size in its header, where an extension gives another one that would
    /// fit into the header as well.
    pub other_size: Option<u64>,
    /// Bytes that the header claims for a member that has none.
    pub idle_size: u64,
    /// How a sparse member is put together.
    pub sparse: Option<Map>,
    /// End marks in front of it.
    pub archive: u32,
    /// Whether only the other reading of a size in front of it leads here.
    pub is_other_reading: bool,
    /// What records say about its map.
    pub(super) records: Records,
    /// Whether records say that it is a sparse one of star.
    pub(super) is_star_sparse: bool,
}

/// What kind of extension gave a member its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Renaming {
    /// A pax record.
    Pax,
    /// A GNU long name.
    Gnu,
}

/// What extension members in front of a header said.
#[derive(Default)]
pub(super) struct Pending {
    /// Where the first of them begins.
    pub at: Option<u64>,
    /// Whether one of them is about the next member alone.
    pub is_local: bool,
    /// What pax records say.
    pub pax: Overrides,
    /// A GNU long name.
    pub name: Option<Vec<u8>>,
    /// A GNU long target.
    pub link: Option<Vec<u8>>,
}

impl Header {
    /// Whether readers take what follows as the content of a file.
    pub fn is_file(&self) -> bool {
        matches!(
            self.kind,
            Kind::Regular | Kind::Sparse | Kind::Label | Kind::Rest | Kind::Unknown(_)
        )
    }
}

impl Entry {
    /// The member whose header stands at `at` and whose data begin at
    /// `data_at`.
    pub(super) fn new(
        at: u64,
        data_at: u64,
        header: Header,
        pending: Pending,
        global: &Overrides,
    ) -> Self {
        let mut pax = global.clone();
        pax.merge(pending.pax);
        let field = header.size.unwrap_or(0);
        let has_data = header.is_file();
        let size = match has_data {
            true => pax.size.unwrap_or(field),
            false => 0,
        };
        let fits = size <= OCTAL_SIZE_MAX || field != 0;
        let is_renamed = match (&pax.path, &pending.name) {
            (Some(_), _) => Some(Renaming::Pax),
            (None, Some(_)) => Some(Renaming::Gnu),
            (None, None) => None,
        };
        Entry {
            at: pending.at.unwrap_or(at),
            header_at: at,
            name: pax.path.or(pending.name).unwrap_or(header.name.clone()),
            link: pax.link.or(pending.link).unwrap_or(header.link.clone()),
            is_renamed,
            data: data_at..data_at.saturating_add(size),
            missing: 0,
            other_size: (has_data && fits && size != field).then_some(field),
            idle_size: if has_data { 0 } else { field },
            sparse: None,
            archive: 0,
            is_other_reading: false,
            records: pax.sparse,
            is_star_sparse: pax.is_star_sparse,
            header,
        }
    }

    /// Cut the data to a file of `len` bytes.
    pub(super) fn cut(&mut self, len: u64) {
        self.missing = self.data.end.saturating_sub(len);
        self.data.end = self.data.end.min(len);
    }
}
