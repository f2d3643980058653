//! What the machine has to tell while it walks: facts, each at an opcode.

use std::sync::Arc;

use super::value::GlobalId;
use crate::detect::globals::{Effect, Why};
use crate::report::{Severity, Span};
use crate::wire::pickle::{FrameFault, Literal};

/// A fact worth a finding, or worth a look by whoever asked.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Fact {
    /// A dangerous callable is called, or handed to something that calls it.
    DangerousCall(Danger),
    /// A dangerous callable is imported and not called.
    DangerousImport(Danger),
    /// A function that is not vetted is called.
    UnknownCall {
        /// Whether its package is one that models ordinarily name.
        known_package: bool,
    },
    /// A class of an unknown package is instantiated.
    UnknownClass {
        /// Whether an argument looks like code, a command or an address.
        code_like: bool,
    },
    /// Module or name of a global is not a constant.
    ComputedGlobal,
    /// A global is named by a path through other objects.
    AttributePath,
    /// An attribute is read by name in a way that no serialiser needs.
    AttributeAccess {
        /// Whether that alone is proof of bad intent.
        certain: bool,
    },
    /// An object of the extension registry is asked for, or put there.
    Extension,
    /// State is set on something that the stream did not make.
    Overwrite,
    /// Items are stored in something that is no container of the stream.
    ForeignWrite,
    /// A state plants a method that Python calls behind the scenes.
    PlantedHook,
    /// The result of a call is called.
    CallOfResult,
    /// A reference out of the stream.
    PersistentId {
        /// Whether it claims to be a torch storage and is not shaped like one.
        misshapen: bool,
    },
    /// Something about frames that no pickler writes.
    Frame(FrameFault),
    /// A memo index so large that storing under it takes gigabytes.
    MemoIndex(u64),
    /// joblib's description of an array is not as joblib writes it, so where
    /// its bytes end is unsure.
    UnsureArray,
    /// A tensor reaches outside its storage.
    TensorOutside,
    /// Bytes are handed to something that loads them.
    Nested(Nested),
    /// The same with bytes that were computed; the event holds them.
    NestedComputed,
    /// The stream carries code; what, and how bad it is. The event shows the
    /// whole message.
    Carried(Carriage, Severity),
}

/// What a stream carries by value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Carriage {
    /// A function or a code object.
    Function,
    /// A class.
    Class,
    /// Either, with something dangerous in it.
    Dangerous,
}

/// What is known about a dangerous callable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Danger {
    /// What it does.
    pub effect: Effect,
    /// How bad a call is.
    pub severity: Severity,
    /// Why, in one sentence.
    pub why: Why,
}

/// Bytes in the stream that are loaded again.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Nested {
    /// Where they stand.
    pub literal: Literal,
    /// Whether they are written as text, each character one byte, as
    /// protocol 2 writes bytes.
    pub as_text: bool,
}

/// A fact with its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// What is so.
    pub fact: Fact,
    /// The opcode that makes it so, with its operand.
    pub span: Span,
    /// The call, the name or the value, readable, bounded and escaped.
    pub shown: String,
    /// The steps that led here.
    pub trace: Vec<String>,
    /// The number of that opcode in its stream, counted from 1.
    pub opcode: u64,
    /// How often the same was met before without being told.
    pub unsaid: u64,
    /// Bytes that are loaded again and do not lie in the stream.
    pub content: Option<Arc<[u8]>>,
    /// The dangerous global it is about.
    pub global: Option<GlobalId>,
    /// Where the name of that global's module stands in the stream.
    pub site: Option<u64>,
}
