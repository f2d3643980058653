//! What a walk tells.

use super::datatype::Datatype;
use super::filters::Filter;
use crate::report::Span;
use crate::wire::Fault;

/// One thing that was met. Spans count from the start of the file.
#[derive(Debug)]
pub enum Event<'e> {
    /// A name in a group.
    Link(Link<'e>),
    /// An attribute of an object.
    Attribute(Attribute<'e>),
    /// A dataset.
    Dataset(Dataset<'e>),
    /// A comment on an object.
    Comment {
        /// Path of the object.
        path: &'e str,
        /// Where its text lies.
        span: Span,
    },
    /// Something odd that did not end anything.
    Remark(Remark),
    /// What could not be read of an object.
    Unread {
        /// Path of the object.
        path: &'e str,
        /// Why.
        fault: Fault,
    },
}

/// A name in a group.
#[derive(Debug)]
pub struct Link<'e> {
    /// Path of the group.
    pub group: &'e str,
    /// The name, as it is written.
    pub name: &'e str,
    /// Where the entry lies.
    pub at: Span,
    /// Whether the group has this name already.
    pub is_repeated: bool,
    /// What it leads to.
    pub target: Target,
}

/// What a name leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// An object of this file.
    Hard {
        /// Whether it is a group that was met before under another name.
        is_group_again: bool,
    },
    /// A path in this file.
    Soft(String),
    /// A path in another file.
    External {
        /// The name of the file.
        file: String,
        /// The path in it.
        path: String,
    },
    /// What a program defines that registered the number.
    User(u8),
}

/// An attribute.
#[derive(Debug)]
pub struct Attribute<'e> {
    /// Path of the object.
    pub path: &'e str,
    /// Its name.
    pub name: &'e str,
    /// Whether the object has an attribute of this name already.
    pub is_repeated: bool,
    /// Type of an element.
    pub datatype: Datatype,
    /// Number of elements; `None` if that is no number.
    pub elements: Option<u64>,
    /// The value, as it lies in the file.
    pub value: Span,
    /// Texts and runs of bytes in it, those in heaps included.
    pub texts: Vec<Span>,
    /// Whether there is more in it than was looked at.
    pub is_cut: bool,
}

/// A dataset.
#[derive(Debug)]
pub struct Dataset<'e> {
    /// Its path.
    pub path: &'e str,
    /// Where its layout stands.
    pub at: Span,
    /// Type of an element.
    pub datatype: Datatype,
    /// Number of elements; `None` if that is no number.
    pub elements: Option<u64>,
    /// What chunks go through, in the order in which they are packed.
    pub filters: Vec<Filter>,
    /// Where its bytes are.
    pub storage: Storage,
    /// Texts and runs of bytes in heaps that its elements lead to.
    pub texts: Vec<Span>,
    /// Whether there is more in it than was looked at.
    pub is_cut: bool,
}

impl Dataset<'_> {
    /// Bytes that its elements need, if that is a number.
    pub fn bytes(&self) -> Option<u64> {
        self.elements?.checked_mul(self.datatype.size)
    }
}

/// Where the bytes of a dataset are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Storage {
    /// Nowhere yet.
    None,
    /// In one run, as long as is said; it may end behind the file.
    Run(Span),
    /// In chunks.
    Chunks {
        /// Those that are stored.
        chunks: Vec<Chunk>,
        /// Bytes of a chunk, unpacked.
        bytes: Option<u64>,
    },
    /// In other files.
    External(Vec<External>),
    /// In other datasets.
    Virtual(Vec<Source>),
}

/// A stored chunk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunk {
    /// Its bytes, packed; they may end behind the file.
    pub span: Span,
    /// The filters that were left out, by their bits.
    pub skipped: u32,
}

/// A file that holds a part of a dataset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct External {
    /// Its name.
    pub file: String,
    /// Offset in it.
    pub offset: u64,
    /// Bytes of it.
    pub len: u64,
}

/// A dataset that another one shows a part of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Name of its file; `.` is this one.
    pub file: String,
    /// Its path there.
    pub path: String,
}

/// Something odd.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// Where.
    pub at: Span,
    /// Of which kind.
    pub what: Remarked,
    /// In words.
    pub words: String,
}

/// Kinds of remarks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remarked {
    /// A checksum is wrong.
    Checksum,
    /// A message, a version or a feature that this version does not know.
    Unknown,
}
