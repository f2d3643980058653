//! The records of a zip archive (APPNOTE 6.3.10), as they stand in the file.
//!
//! An archive tells everything twice: in the central directory at the end and
//! in a local header in front of each member. Loaders believe one or the
//! other, so a [`Directory`] has both: every central record of every directory
//! that an end record leads to, every local header that a walk from front to
//! back meets, paired by position into [`Entry`]s, and the *slack*: bytes that
//! no record and no member owns. Nothing here judges; where the two views of
//! an entry differ, [`Entry::differences`] says in what.
//!
//! An attacker writes these records. No length is believed before it was
//! compared with the file, and what is kept is capped: see [`Caps`].

mod central;
mod end;
mod extent;
mod extra;
mod fields;
mod linear;
mod local;
#[cfg(test)]
mod oracle;
#[cfg(test)]
pub(crate) mod sample;
mod search;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

pub use central::Central;
pub use end::End;
pub use extent::extent;
pub use extra::Extra;
pub use fields::{
    FLAG_DESCRIPTOR, FLAG_ENCRYPTED, FLAG_END_MARK, FLAG_MASKED, FLAG_PATCH, FLAG_STRONG,
    FLAG_UTF8, View,
};
pub use local::{Descriptor, Local, is_plausible as is_plausible_local};

use crate::budget::Budget;
use crate::report::Span;
use crate::source::{ReadError, Source};
use crate::wire::Fault;

/// How much of an archive's directory is kept in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caps {
    /// Central records, and local headers, that are kept.
    pub entries: usize,
    /// Bytes of names that are kept.
    pub name_bytes: usize,
    /// End records that are followed.
    pub ends: usize,
}

impl Caps {
    /// Longest name or extra field; the length has 16 bits.
    pub(super) const NAME_BYTES: usize = u16::MAX as usize;
}

impl Default for Caps {
    fn default() -> Self {
        Caps {
            entries: 1 << 18,
            name_bytes: 64 << 20,
            ends: 16,
        }
    }
}

/// All records of an archive.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Directory {
    /// Entries by position of the local header, then of the central record.
    pub entries: Vec<Entry>,
    /// End records that lead to a central directory, by position; one for
    /// each directory they lead to.
    pub ends: Vec<End>,
    /// The runs of central records, by position.
    pub runs: Vec<Run>,
    /// Records that are of no use to readers or lead nowhere, by position.
    pub others: Vec<Span>,
    /// Bytes that no record and no member owns, by position.
    pub slack: Vec<Span>,
    /// Whether a record says that the directory is encrypted.
    pub is_sealed: bool,
    /// Whether [`Caps`] cut any of these lists short.
    pub is_cut: bool,
}

/// Central records that stand one behind the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// From the first record to behind the last.
    pub span: Span,
    /// How many there are.
    pub records: u64,
}

/// One member as its records have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What the central directory says; `None` for a local header that no
    /// directory names.
    pub central: Option<Central>,
    /// What stands where the member is; `None` where no local header does.
    pub local: Option<Local>,
}

/// In what two records of one member differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Difference {
    /// The name.
    Name,
    /// The compression method.
    Method,
    /// Whether it is encrypted.
    Encryption,
    /// The packed length.
    Packed,
    /// The unpacked length.
    Unpacked,
    /// The checksum.
    Checksum,
}

impl Entry {
    /// The view that most loaders believe: the central one where there is one.
    pub fn view(&self) -> Option<&View> {
        self.views().next()
    }

    /// The views there are, the central one first.
    pub fn views(&self) -> impl Iterator<Item = &View> {
        let central = self.central.as_ref().map(|c| &c.view);
        let local = self.local.as_ref().map(|l| &l.view);
        central.into_iter().chain(local)
    }

    /// The name that most loaders believe.
    pub fn name(&self) -> &[u8] {
        self.view().map_or(&[], |view| &view.name)
    }

    /// Where the entry is best pointed at: its local header, or the central
    /// record where there is none.
    pub fn span(&self) -> Span {
        match (&self.local, &self.central) {
            (Some(local), _) => local.at..local.data_at,
            (None, Some(central)) => central.span.clone(),
            (None, None) => 0..0,
        }
    }

    /// The bytes of the member as `view` has them, cut to what the file has.
    /// `None` where no local header tells where they begin.
    pub fn data(&self, view: &View, source_len: u64) -> Option<Span> {
        let start = self.local.as_ref()?.data_at;
        let end = start.saturating_add(view.packed?);
        Some(start..end.min(source_len))
    }

    /// In what the central record, the local header and the descriptor differ.
    pub fn differences(&self) -> Vec<Difference> {
        let (Some(central), Some(local)) = (&self.central, &self.local) else {
            return Vec::new();
        };
        let (a, b) = (&central.view, &local.view);
        let after = local.descriptor;
        let differ = |x: Option<u64>, y: Option<u64>, z: Option<u64>| {
            y.is_some_and(|y| x != Some(y)) || z.is_some_and(|z| x != Some(z))
        };
        let encrypted = FLAG_ENCRYPTED | FLAG_STRONG | FLAG_MASKED;
        let crc = |crc: Option<u32>| crc.map(u64::from);
        [
            (Difference::Name, a.name != b.name),
            (Difference::Method, a.method != b.method),
            (Difference::Encryption, (a.flags ^ b.flags) & encrypted != 0),
            (
                Difference::Packed,
                differ(a.packed, b.packed, after.map(|d| d.packed)),
            ),
            (
                Difference::Unpacked,
                differ(a.unpacked, b.unpacked, after.map(|d| d.unpacked)),
            ),
            (
                Difference::Checksum,
                differ(crc(a.crc32), crc(b.crc32), after.map(|d| d.crc32.into())),
            ),
        ]
        .into_iter()
        .filter_map(|(difference, is_so)| is_so.then_some(difference))
        .collect()
    }
}

/// Read all records of the archive in `source`.
pub fn walk(source: &dyn Source, caps: Caps, budget: &Budget) -> Result<Directory, Fault> {
    let mut walk = linear::Walk::new(source, caps, budget);
    let start = source.len().saturating_sub(end::TAIL_BYTES);
    let tail = read_up_to(source, start, end::TAIL_BYTES)?;
    for at in end::positions(start, &tail) {
        budget.check()?;
        walk.follow_end(at)?;
    }
    walk.front_to_back()?;
    Ok(walk.finish())
}

/// Call `each` with every central record of every directory that an end
/// record in the tail leads to, until it answers. Reads no local header. `tail`
/// is the last bytes of the source and where they begin: 64 KiB and a bit.
pub fn find_central<T>(
    source: &dyn Source,
    tail: (u64, &[u8]),
    budget: &Budget,
    mut each: impl FnMut(&Central) -> Option<T>,
) -> Result<Option<T>, Fault> {
    let caps = Caps::default();
    let mut left = caps.entries;
    let mut seen: BTreeMap<u64, ()> = BTreeMap::new();
    for at in end::positions(tail.0, tail.1) {
        budget.check()?;
        for end in end::resolve(source, at)? {
            if seen.len() >= caps.ends || seen.insert(end.directory_at, ()).is_some() {
                continue;
            }
            let mut answer = None;
            central::read(source, end.directory_at, end.base, budget, |central| {
                left = left.saturating_sub(1);
                answer = each(&central);
                answer.is_none() && left > 0
            })?;
            if answer.is_some() {
                return Ok(answer);
            }
        }
    }
    Ok(None)
}

/// How far the bytes are a zip archive, by a look at both ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Likeness {
    /// Nothing of the kind.
    No,
    /// The first bytes are a local header's, alone or behind the marker of a
    /// split archive, or an end record without entries.
    Magic,
    /// An end record leads to a central record that leads to a local header,
    /// or a local header stands in front and a record behind its member.
    Structure,
}

/// Whether these bytes are a zip archive, by the first of them, `head`, and the
/// last, `tail`, as for [`find_central`]. Cheap: reads no more than the few
/// headers that those lead to.
pub fn likeness(
    source: &dyn Source,
    head: &[u8],
    tail: (u64, &[u8]),
    budget: &Budget,
) -> Result<Likeness, Fault> {
    let leads = |central: &Central| {
        let header = read_up_to(source, central.local_at, 4).ok()?;
        fields::is_at_front(&header, fields::LOCAL).then_some(())
    };
    if find_central(source, tail, budget, leads)?.is_some() {
        return Ok(Likeness::Structure);
    }
    if local::is_plausible(head) {
        return front(source, head);
    }
    // Loaders look at the signature of the first header and at nothing else
    // of it.
    let begins = fields::is_at_front(head, fields::LOCAL) || fields::is_marker(head);
    let is_empty = source.len() == fields::END_BYTES && fields::is_at_front(head, fields::END);
    Ok(if begins || is_empty {
        Likeness::Magic
    } else {
        Likeness::No
    })
}

/// The likeness of bytes that begin with a local header and end otherwise:
/// whether a record follows the first member, as far as its length is told.
fn front(source: &dyn Source, head: &[u8]) -> Result<Likeness, Fault> {
    let (Some((name, extra)), Some(packed)) =
        (fields::local_lengths(head), fields::u32_at(head, 18))
    else {
        return Ok(Likeness::Magic);
    };
    let behind = fields::LOCAL_BYTES
        .saturating_add(name)
        .saturating_add(extra)
        .saturating_add(packed.into());
    let next = read_up_to(source, behind, fields::LOCAL_BYTES)?;
    let is_record = local::is_plausible(&next)
        || fields::is_at_front(&next, fields::CENTRAL)
        || fields::is_at_front(&next, fields::DESCRIPTOR);
    Ok(if is_record {
        Likeness::Structure
    } else {
        Likeness::Magic
    })
}

/// Up to `len` bytes at `at`, fewer only where the source ends. Only for
/// lengths that the format bounds.
fn read_up_to(source: &dyn Source, at: u64, len: u64) -> Result<Vec<u8>, ReadError> {
    let left = source.len().saturating_sub(at).min(len);
    let mut out = vec![0; usize::try_from(left).unwrap_or(0)];
    let filled = source.fill_at(at, &mut out)?;
    out.truncate(filled);
    Ok(out)
}
