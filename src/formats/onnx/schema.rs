//! The messages of ONNX and their fields, as `onnx.proto` has them.
//!
//! A field is known where its number and its type on the wire are those of the
//! schema; parsers keep any other as bytes that nobody reads.

use crate::wire::protobuf::{Field, Value};

/// A message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Model,
    Graph,
    Node,
    Attribute,
    Tensor,
    Sparse,
    Function,
    /// `StringStringEntryProto`: a key and its value.
    Pair,
    Training,
    /// `ValueInfoProto`.
    Value,
    Type,
    TensorType,
    /// `Sequence` and `Optional`: the type of what they hold.
    ElementType,
    MapType,
    Opaque,
    Shape,
    Dimension,
    OperatorSet,
    Segment,
    Annotation,
    /// `DeviceConfigurationProto`.
    Device,
    NodeDevice,
    Sharding,
    IntegerList,
    ShardedDim,
    SimpleShardedDim,
    /// `SequenceProto`, and `OptionalProto`, which has the same fields.
    Sequence,
    Map,
}

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holds {
    /// A varint.
    Int,
    /// Varints, packed or one by one.
    Ints,
    /// 4 bytes.
    Float,
    /// Numbers of 4 bytes, packed or one by one.
    Floats,
    /// Numbers of 8 bytes, packed or one by one.
    Doubles,
    /// Text or bytes, once.
    Text,
    /// Text or bytes, any number of times.
    Texts,
    /// A message, once.
    One(Kind),
    /// Messages.
    Many(Kind),
}

impl Holds {
    /// Whether the message has the field once at most.
    pub(super) fn is_singular(self) -> bool {
        matches!(
            self,
            Holds::Int | Holds::Float | Holds::Text | Holds::One(_)
        )
    }

    /// Whether a value of the wire is read as this.
    fn takes(self, value: &Value) -> bool {
        match value {
            Value::Varint(_) => matches!(self, Holds::Int | Holds::Ints),
            Value::Fixed32(_) => matches!(self, Holds::Float | Holds::Floats),
            Value::Fixed64(_) => self == Holds::Doubles,
            Value::Bytes(_) => !matches!(self, Holds::Int | Holds::Float),
            Value::Group(_) => false,
        }
    }
}

type Fields = &'static [(u32, Holds)];

use Holds::{Doubles, Float, Floats, Int, Ints, Many, One, Text, Texts};

/// The fields of each message by their numbers. The most frequent come first.
fn fields(kind: Kind) -> Fields {
    match kind {
        Kind::Model => &[
            (1, Int),
            (2, Text),
            (3, Text),
            (4, Text),
            (5, Int),
            (6, Text),
            (7, One(Kind::Graph)),
            (8, Many(Kind::OperatorSet)),
            (14, Many(Kind::Pair)),
            (20, Many(Kind::Training)),
            (25, Many(Kind::Function)),
            (26, Many(Kind::Device)),
        ],
        Kind::Graph => &[
            (1, Many(Kind::Node)),
            (2, Text),
            (5, Many(Kind::Tensor)),
            (10, Text),
            (11, Many(Kind::Value)),
            (12, Many(Kind::Value)),
            (13, Many(Kind::Value)),
            (14, Many(Kind::Annotation)),
            (15, Many(Kind::Sparse)),
            (16, Many(Kind::Pair)),
        ],
        Kind::Node => &[
            (1, Texts),
            (2, Texts),
            (3, Text),
            (4, Text),
            (5, Many(Kind::Attribute)),
            (6, Text),
            (7, Text),
            (8, Text),
            (9, Many(Kind::Pair)),
            (10, Many(Kind::NodeDevice)),
        ],
        Kind::Attribute => &[
            (1, Text),
            (20, Int),
            (3, Int),
            (8, Ints),
            (2, Float),
            (4, Text),
            (5, One(Kind::Tensor)),
            (6, One(Kind::Graph)),
            (7, Floats),
            (9, Texts),
            (10, Many(Kind::Tensor)),
            (11, Many(Kind::Graph)),
            (13, Text),
            (14, One(Kind::Type)),
            (15, Many(Kind::Type)),
            (21, Text),
            (22, One(Kind::Sparse)),
            (23, Many(Kind::Sparse)),
        ],
        Kind::Tensor => &[
            (1, Ints),
            (2, Int),
            (8, Text),
            (9, Text),
            (3, One(Kind::Segment)),
            (4, Floats),
            (5, Ints),
            (6, Texts),
            (7, Ints),
            (10, Doubles),
            (11, Ints),
            (12, Text),
            (13, Many(Kind::Pair)),
            (14, Int),
            (16, Many(Kind::Pair)),
        ],
        Kind::Sparse => &[(1, One(Kind::Tensor)), (2, One(Kind::Tensor)), (3, Ints)],
        Kind::Function => &[
            (1, Text),
            (4, Texts),
            (5, Texts),
            (6, Texts),
            (7, Many(Kind::Node)),
            (8, Text),
            (9, Many(Kind::OperatorSet)),
            (10, Text),
            (11, Many(Kind::Attribute)),
            (12, Many(Kind::Value)),
            (13, Text),
            (14, Many(Kind::Pair)),
        ],
        Kind::Pair => &[(1, Text), (2, Text)],
        Kind::Training => &[
            (1, One(Kind::Graph)),
            (2, One(Kind::Graph)),
            (3, Many(Kind::Pair)),
            (4, Many(Kind::Pair)),
        ],
        Kind::Value => &[
            (1, Text),
            (2, One(Kind::Type)),
            (3, Text),
            (4, Many(Kind::Pair)),
        ],
        other => rare(other),
    }
}

/// The same for types, shapes and devices.
fn rare(kind: Kind) -> Fields {
    match kind {
        Kind::Type => &[
            (1, One(Kind::TensorType)),
            (4, One(Kind::ElementType)),
            (5, One(Kind::MapType)),
            (6, Text),
            (7, One(Kind::Opaque)),
            (8, One(Kind::TensorType)),
            (9, One(Kind::ElementType)),
        ],
        Kind::TensorType => &[(1, Int), (2, One(Kind::Shape))],
        Kind::ElementType => &[(1, One(Kind::Type))],
        Kind::MapType => &[(1, Int), (2, One(Kind::Type))],
        Kind::Opaque => &[(1, Text), (2, Text)],
        Kind::Shape => &[(1, Many(Kind::Dimension))],
        Kind::Dimension => &[(1, Int), (2, Text), (3, Text)],
        Kind::OperatorSet => &[(1, Text), (2, Int)],
        Kind::Segment => &[(1, Int), (2, Int)],
        Kind::Annotation => &[(1, Text), (2, Many(Kind::Pair))],
        Kind::Device => &[(1, Text), (2, Int), (3, Texts)],
        Kind::NodeDevice => &[(1, Text), (2, Many(Kind::Sharding)), (3, Int)],
        Kind::Sharding => &[
            (1, Text),
            (2, Ints),
            (3, Many(Kind::IntegerList)),
            (4, Many(Kind::ShardedDim)),
        ],
        Kind::IntegerList => &[(1, Int), (2, Ints)],
        Kind::ShardedDim => &[(1, Int), (2, Many(Kind::SimpleShardedDim))],
        Kind::SimpleShardedDim => &[(1, Int), (2, Text), (3, Int)],
        Kind::Sequence => &[
            (1, Text),
            (2, Int),
            (3, Many(Kind::Tensor)),
            (4, Many(Kind::Sparse)),
            (5, Many(Kind::Sequence)),
            (6, Many(Kind::Map)),
            (7, Many(Kind::Sequence)),
        ],
        Kind::Map => &[
            (1, Text),
            (2, Int),
            (3, Ints),
            (4, Texts),
            (5, One(Kind::Sequence)),
        ],
        _ => &[],
    }
}

/// What a field of a message holds; `None` where the schema does not know it.
pub(super) fn holds(kind: Kind, field: &Field) -> Option<Holds> {
    fields(kind)
        .iter()
        .find(|(number, _)| *number == field.number)
        .map(|(_, holds)| *holds)
        .filter(|holds| holds.takes(&field.value))
}
