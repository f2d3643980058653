//! What a marshal stream holds: values in an arena, known by number.
//!
//! A reference may name any value of the stream, its own container included,
//! so values form a graph; an [`ObjectId`] is a place in the arena and owns
//! nothing. The same tree is built from other sources of code objects, such as
//! the arguments of a call in a pickle.

use std::borrow::Cow;

/// Values of one tree.
pub const OBJECT_CAP: usize = 1 << 21;

/// A value in a [`Tree`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectId(u32);

/// Bytes or text of the stream.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Piece {
    /// Where the first byte stands in the source.
    pub at: u64,
    /// How many bytes there are.
    pub len: u64,
    /// The bytes, or as many of them as are kept.
    pub bytes: Vec<u8>,
}

impl Piece {
    /// Bytes that are known whole.
    pub fn whole(at: u64, bytes: Vec<u8>) -> Self {
        Piece {
            at,
            len: bytes.len() as u64,
            bytes,
        }
    }

    /// Whether not all bytes were kept.
    pub fn is_cut(&self) -> bool {
        self.len > self.bytes.len() as u64
    }
}

/// Which kind of sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A tuple.
    Tuple,
    /// A list.
    List,
    /// A set.
    Set,
    /// A frozen set.
    FrozenSet,
    /// A dict: key, value, key, value.
    Dict,
    /// A slice: start, stop, step.
    Slice,
}

/// The order of the fields of a code object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// Python 2.3 to 2.7.
    Two,
    /// Python 3.0 to 3.7: keyword-only arguments.
    Three,
    /// Python 3.8 to 3.10: positional-only arguments.
    Eight,
    /// Python 3.11 and later: one list of variables, a qualified name, an
    /// exception table.
    Eleven,
}

/// A code object. Fields that hold values hold their places.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Code {
    /// Its layout, which tells the group of Python versions.
    pub layout: Layout,
    /// Positional arguments.
    pub arguments: u32,
    /// The `CO_…` flags.
    pub flags: u32,
    /// Line of the source on which it begins.
    pub first_line: u32,
    /// The instructions, bytes.
    pub bytecode: ObjectId,
    /// Constants, a tuple.
    pub constants: ObjectId,
    /// Names of globals, attributes and imports, a tuple of texts.
    pub names: ObjectId,
    /// Names of local variables, a tuple of texts; from 3.11 on of all
    /// variables.
    pub locals: ObjectId,
    /// Names of variables that inner functions share; before 3.11.
    pub cells: Option<ObjectId>,
    /// Names of variables of outer functions; before 3.11.
    pub free: Option<ObjectId>,
    /// Source file.
    pub filename: ObjectId,
    /// Name.
    pub name: ObjectId,
    /// Name with the names around it; from 3.11 on.
    pub qualname: Option<ObjectId>,
    /// Where it begins in the source.
    pub at: u64,
}

impl Code {
    /// `CO_OPTIMIZED`: it is a function, not a module or the body of a class.
    pub fn is_function(&self) -> bool {
        self.flags & 1 != 0
    }
}

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub enum Object {
    /// Being read: what refers to it here refers to its own container.
    Pending,
    /// `None`.
    None,
    /// A boolean.
    Bool(bool),
    /// An integer of up to 64 bits.
    Int(i64),
    /// A larger integer, a float, a complex number.
    Number,
    /// `...` or `StopIteration`.
    Singleton,
    /// Bytes; in Python 2 also text.
    Bytes(Piece),
    /// Text, UTF-8 as a rule.
    Text(Piece),
    /// Something that holds other values.
    Sequence(Kind, Vec<ObjectId>),
    /// A code object.
    Code(Box<Code>),
    /// Something that the builder of the tree does not know.
    Unknown,
}

/// Values, and which of them is the outermost.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Tree {
    objects: Vec<Object>,
    /// The outermost value.
    pub root: Option<ObjectId>,
    /// Position behind the last byte that was read.
    pub end: u64,
}

impl Tree {
    /// Add a value; `None` once there are too many.
    pub fn push(&mut self, object: Object) -> Option<ObjectId> {
        if self.objects.len() >= OBJECT_CAP {
            return None;
        }
        let id = u32::try_from(self.objects.len()).ok()?;
        self.objects.push(object);
        Some(ObjectId(id))
    }

    /// Put another value in a place.
    pub fn set(&mut self, id: ObjectId, object: Object) {
        if let Some(slot) = self.objects.get_mut(id.0 as usize) {
            *slot = object;
        }
    }

    /// The value in a place.
    pub fn get(&self, id: ObjectId) -> Option<&Object> {
        self.objects.get(id.0 as usize)
    }

    /// Number of values.
    pub fn len(&self) -> usize {
        self.objects.len()
    }

    /// Whether there are no values.
    pub fn is_empty(&self) -> bool {
        self.objects.is_empty()
    }

    /// Every value with its place.
    pub fn iter(&self) -> impl Iterator<Item = (ObjectId, &Object)> {
        (0u32..).map(ObjectId).zip(&self.objects)
    }

    /// The code object in a place.
    pub fn code(&self, id: ObjectId) -> Option<&Code> {
        match self.get(id)? {
            Object::Code(code) => Some(code),
            _ => None,
        }
    }

    /// The elements of a sequence; none of anything else.
    pub fn items(&self, id: ObjectId) -> &[ObjectId] {
        match self.get(id) {
            Some(Object::Sequence(_, items)) => items,
            _ => &[],
        }
    }

    /// The bytes of a text or bytes value, as far as they are kept.
    pub fn bytes(&self, id: ObjectId) -> Option<&[u8]> {
        self.piece(id).map(|piece| piece.bytes.as_slice())
    }

    /// The text or bytes in a place.
    pub fn piece(&self, id: ObjectId) -> Option<&Piece> {
        match self.get(id)? {
            Object::Bytes(piece) | Object::Text(piece) => Some(piece),
            _ => None,
        }
    }

    /// A text, or bytes read as one.
    pub fn text(&self, id: ObjectId) -> Option<Cow<'_, str>> {
        self.bytes(id).map(String::from_utf8_lossy)
    }

    /// The text at an index of a tuple of names.
    pub fn name(&self, names: ObjectId, index: usize) -> Option<Cow<'_, str>> {
        self.text(*self.items(names).get(index)?)
    }
}
