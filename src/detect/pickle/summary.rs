//! What a stream is made of, once the walk has ended.

use super::stack::StackError;
use super::value::Value;
use crate::report::{Accepted, Span};
use crate::source::{ReadError, Source};
use crate::wire::Fault;
use crate::wire::pickle::Literal;

/// Tensors and storages that are listed for one stream.
pub const LIST_CAP: usize = 1 << 20;

/// How a walk ended.
#[derive(Debug)]
pub enum Ending {
    /// At a `STOP`.
    Stop,
    /// At the end of the bytes, between two opcodes.
    Cut,
    /// Where a loader refuses to go on; what is wrong.
    Broken(String),
    /// Where one of our own limits was reached; which one.
    Limit(String),
    /// Where the asked-for number of opcodes was used up.
    Fuel,
    /// Where the bytes could not be read, or the budget ended.
    Fault(Fault),
}

impl Ending {
    /// Whether the stream cannot be followed further.
    pub fn is_break(&self) -> bool {
        matches!(self, Ending::Broken(_) | Ending::Cut)
    }

    /// Whether the stream was followed to its `STOP`.
    pub fn is_stop(&self) -> bool {
        matches!(self, Ending::Stop)
    }
}

/// The name of a storage.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Key {
    /// As `torch.save` writes it.
    Text(Literal),
    /// As a torch package writes it.
    Number(u64),
}

impl Key {
    /// The name as text; at most `cap` bytes of the stream are read.
    pub fn fetch(&self, source: &dyn Source, cap: usize) -> Result<Vec<u8>, ReadError> {
        match self {
            Key::Text(literal) => literal.fetch(source, cap),
            Key::Number(number) => Ok(number.to_string().into_bytes()),
        }
    }
}

/// A torch storage that a persistent id names.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Storage {
    /// The name it is stored under.
    pub key: Key,
    /// Bytes of one element; `None` where the class is not a known one.
    pub item_bytes: Option<u64>,
    /// Number of elements.
    pub elements: u64,
    /// The opcode that names it.
    pub at: u64,
}

/// A named tensor of the object the stream makes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NamedTensor {
    /// The container it was put into.
    pub(super) container: Value,
    /// Its name.
    pub name: Literal,
    /// Its size in bytes, if known.
    pub bytes: Option<u64>,
}

/// What a stream is made of.
#[derive(Debug)]
pub struct Summary {
    /// First byte, and the byte behind the last opcode that was followed.
    pub span: Span,
    /// Protocol, from `PROTO`.
    pub protocol: Option<u8>,
    /// Opcodes that were followed.
    pub opcodes: u64,
    /// Globals that were imported.
    pub imports: u64,
    /// Calls that were made.
    pub calls: u64,
    /// Imports whose names are no Python names.
    pub odd_names: u64,
    /// Calls of globals that something is known about.
    pub graded_calls: u64,
    /// Persistent ids that were met.
    pub persistent_ids: u64,
    /// Buffers from outside the stream that were asked for.
    pub buffers: u64,
    /// Arrays between the opcodes that were passed over.
    pub arrays: u64,
    /// Those of them that are pickles of objects.
    pub object_arrays: u64,
    /// Frames that were met.
    pub frames: u64,
    /// Whether an operand crossed the end of its frame.
    pub crosses_frame: bool,
    /// The integer that the stream is, if it is one.
    pub integer: Option<Value>,
    /// Tensors of the dict that the stream is.
    pub tensors: Vec<NamedTensor>,
    /// Constant bytes that begin like a pickle, for whoever looks into them.
    pub inner: Vec<Span>,
    /// Storages named by persistent ids, in order of appearance.
    pub storages: Vec<Storage>,
    /// Texts of the list that the stream is, as far as they were kept.
    pub list: Vec<Value>,
    /// Every callable that was called and not told, each once.
    pub accepted: Vec<Accepted>,
    /// Limits that were reached without ending the walk.
    pub limits: Vec<&'static str>,
    /// How the walk ended.
    pub ending: Ending,
}

/// Why a step could not be taken.
#[derive(Debug)]
pub(super) enum Trouble {
    /// The stream breaks here, or cannot be read.
    Fault(Fault),
    /// The loader refuses this.
    Refused(String),
    /// A limit of ours.
    Limit(String),
}

impl From<Fault> for Trouble {
    fn from(fault: Fault) -> Self {
        Trouble::Fault(fault)
    }
}

impl From<crate::budget::Stop> for Trouble {
    fn from(stop: crate::budget::Stop) -> Self {
        Trouble::Fault(stop.into())
    }
}

impl From<StackError> for Trouble {
    fn from(error: StackError) -> Self {
        match error {
            StackError::Full => Trouble::Limit(error.to_string()),
            other => Trouble::Refused(other.to_string()),
        }
    }
}

impl From<Trouble> for Ending {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Fault(Fault::Malformed { what, .. }) | Trouble::Refused(what) => {
                Ending::Broken(what)
            }
            Trouble::Fault(fault) => Ending::Fault(fault),
            Trouble::Limit(what) => Ending::Limit(what),
        }
    }
}
