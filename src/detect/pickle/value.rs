//! What a pickle has on its stack, as far as a scan needs to know: where each
//! value comes from, not what it is.
//!
//! A [`Value`] is 16 bytes and copied freely. Whatever holds other values is a
//! [`Node`] in the [`Heap`](super::heap::Heap), so that a value that is held
//! twice, or that holds itself, is one node.

use crate::wire::pickle::Literal;

/// A global in the table of names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct GlobalId(pub(super) u32);

/// A node in the heap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct NodeId(pub(super) u32);

/// A value on the stack or in the memo, by where it comes from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value {
    /// `None`.
    None,
    /// A boolean.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// An integer of more than 64 bits.
    Big(Literal),
    /// A float.
    Float,
    /// A constant text.
    Text(Literal),
    /// Constant bytes.
    Bytes(Literal),
    /// An imported object.
    Global(GlobalId),
    /// The result of importing a module by a call.
    Module(GlobalId),
    /// An object of the extension registry.
    Extension,
    /// Something that holds other values or was made by a call.
    Node(NodeId),
    /// A container the stream made, whose content was not kept.
    Container,
    /// The result of a call, of which nothing else was kept.
    Made,
    /// A buffer from outside the stream, or the loader's own data.
    Foreign,
    /// Not known.
    Unknown,
}

impl Value {
    /// Whether it can do something, as opposed to being data: an import, or
    /// what a call returned.
    pub fn is_active(self) -> bool {
        match self {
            Value::Global(_) | Value::Module(_) | Value::Extension => true,
            Value::Node(_) | Value::Made | Value::Unknown => true,
            Value::None | Value::Bool(_) | Value::Int(_) | Value::Big(_) | Value::Float => false,
            Value::Text(_) | Value::Bytes(_) | Value::Container | Value::Foreign => false,
        }
    }
}

/// Which container.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A tuple.
    Tuple,
    /// A list.
    List,
    /// A dict; its elements are key, value, key, value.
    Dict,
    /// A set.
    Set,
    /// A frozen set.
    FrozenSet,
}

/// Elements of a container that were kept, and how many there are.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Items {
    /// The first ones, and those behind that can do something.
    pub kept: Vec<Value>,
    /// All of them, pairs counted as two.
    pub total: u64,
    /// Whether something that can do something was ever put in, at any depth.
    pub active: bool,
    /// Whether one of those was not kept.
    pub lost: bool,
    /// Whether it was fetched again after it was made, so that something else
    /// may have changed it.
    pub shared: bool,
}

impl Items {
    /// Whether every element was kept, so that indexes mean what they say.
    pub fn is_complete(&self) -> bool {
        self.kept.len() as u64 == self.total
    }
}

/// What a made object is good for once it is called itself.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Role {
    /// An object of a class, or what a vetted function returned.
    Object,
    /// A tensor that torch rebuilt; its size in bytes, if known.
    Tensor(Option<u64>),
    /// What a function that is not vetted returned, or an attribute of
    /// something: it could be anything.
    Anything,
    /// `functools.partial`: calling it calls its first argument.
    Partial,
    /// `operator.attrgetter`.
    AttrGetter,
    /// `operator.itemgetter`.
    ItemGetter,
    /// `operator.methodcaller`.
    MethodCaller,
    /// joblib's stand-in for an array whose bytes follow in the stream.
    ArrayWrapper,
    /// A distribution of SciPy, which executes a part of its state.
    Distribution,
    /// A method of an object the stream made, or of a constant.
    Bound,
    /// The names in a module or a class: `vars(module)`.
    Namespace,
    /// A function, a class or a code object that the stream carries, by its
    /// number.
    Carried(u32),
    /// The type that makes functions or code objects.
    Maker(super::functions::Maker),
}

/// A name that an object looks up on itself and that a state can plant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hook {
    /// `__setstate__`, which `BUILD` calls.
    SetState,
    /// `extend`, which the container opcodes call with all elements.
    Extend,
    /// `append` or `add`, which they call with each element.
    Adder,
    /// Another name that Python looks up behind the scenes.
    Other,
}

/// A constant that was computed while loading.
#[derive(Debug, Clone, PartialEq)]
pub struct Computed {
    /// Its bytes; UTF-8 if it is a text.
    pub bytes: Vec<u8>,
    /// Whether it is a text.
    pub text: bool,
    /// The opcode that computed it.
    pub at: u64,
    /// What it was computed from, for traces.
    pub from: Vec<Value>,
}

/// The result of a call.
#[derive(Debug, Clone, PartialEq)]
pub struct Made {
    /// The opcode that called.
    pub at: u64,
    /// What was called.
    pub callee: Value,
    /// Its arguments, a tuple as a rule.
    pub args: Value,
    /// What it is good for.
    pub role: Role,
    /// State that a `BUILD` gave it last.
    pub state: Value,
    /// Whether it is a new object for sure, and none of its arguments.
    pub fresh: bool,
    /// Names that a state planted on it.
    pub hooks: Vec<(Hook, Value)>,
}

/// Something that holds other values.
#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    /// A container the stream made.
    Container(Kind, Items),
    /// The result of a call.
    Made(Box<Made>),
    /// The result of a computation.
    Computed(Box<Computed>),
    /// A reference out of the stream; its id.
    Persistent(Value),
    /// A torch storage; its place in the table of storages.
    Storage(u32),
    /// A place that is free.
    Free,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_small() {
        assert_eq!(size_of::<Value>(), 16);
        assert!(size_of::<Node>() <= 48, "{}", size_of::<Node>());
    }
}
