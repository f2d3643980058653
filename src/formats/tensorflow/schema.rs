//! The fields of TensorFlow's messages that a judgement needs, by name and
//! number: what [`text`](super::text) and the topology of TensorFlow.js are
//! encoded by.
//!
//! Source: the `.proto` files of TensorFlow, under `core/framework` and
//! `core/protobuf`.

/// A type of message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::formats) enum Message {
    SavedModel,
    MetaGraph,
    Graph,
    Library,
    Function,
    Signature,
    Argument,
    Node,
    /// An entry of a map from names to values of attributes.
    Attribute,
    Value,
    List,
    /// A function by name, with attributes.
    Named,
    Tensor,
    Shape,
    Dimension,
    Variant,
    /// An entry of a map from texts to texts.
    Return,
    Asset,
    TensorInfo,
    /// An entry of a map from names to collections.
    Collection,
    Collected,
    Texts,
    Messages,
    Any,
    Objects,
    Object,
    UserObject,
}

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::formats) enum Kind {
    /// Text.
    Text,
    /// Bytes, which JSON has in base64.
    Bytes,
    /// A whole number or a truth value.
    Number,
    /// A number of the enumeration of types.
    Type,
    /// A message.
    Message(Message),
    /// Entries of a map, each of which is this message.
    Map(Message),
}

/// A field of a message.
#[derive(Debug)]
pub(in crate::formats) struct Field {
    name: &'static str,
    pub(in crate::formats) number: u32,
    pub(in crate::formats) kind: Kind,
}

const fn field(name: &'static str, number: u32, kind: Kind) -> Field {
    Field { name, number, kind }
}

/// The field of a message by its name, as text has it (`node_def`) or JSON
/// (`nodeDef`).
pub(in crate::formats) fn find(message: Message, name: &str) -> Option<&'static Field> {
    fields(message).iter().find(|field| {
        let letters = |text: &str| -> bool {
            let own = field.name.bytes().filter(|b| *b != b'_');
            let given = text.bytes().filter(|b| *b != b'_');
            own.eq(given.map(|b| b.to_ascii_lowercase()))
        };
        field.name == name || letters(name)
    })
}

/// Names of types and their numbers; those of references are 100 more.
const TYPES: &[(&str, u64)] = &[
    ("DT_FLOAT", 1),
    ("DT_DOUBLE", 2),
    ("DT_INT32", 3),
    ("DT_UINT8", 4),
    ("DT_INT16", 5),
    ("DT_INT8", 6),
    ("DT_STRING", 7),
    ("DT_COMPLEX64", 8),
    ("DT_INT64", 9),
    ("DT_BOOL", 10),
    ("DT_QINT8", 11),
    ("DT_QUINT8", 12),
    ("DT_QINT32", 13),
    ("DT_BFLOAT16", 14),
    ("DT_QINT16", 15),
    ("DT_QUINT16", 16),
    ("DT_UINT16", 17),
    ("DT_COMPLEX128", 18),
    ("DT_HALF", 19),
    ("DT_RESOURCE", 20),
    ("DT_VARIANT", 21),
    ("DT_UINT32", 22),
    ("DT_UINT64", 23),
];

/// The number of a type.
pub(in crate::formats) fn type_number(name: &str) -> Option<u64> {
    let row = TYPES.iter().find(|(own, _)| *own == name);
    row.map(|(_, number)| *number).or_else(|| name.parse().ok())
}

#[rustfmt::skip]
fn fields(message: Message) -> &'static [Field] {
    use Kind::{Bytes, Map, Message as Of, Number, Text, Type};
    use Message::*;
    match message {
        SavedModel => const { &[field("saved_model_schema_version", 1, Number), field("meta_graphs", 2, Of(MetaGraph))] },
        MetaGraph => const { &[
            field("graph_def", 2, Of(Graph)), field("collection_def", 4, Map(Collection)),
            field("asset_file_def", 6, Of(Asset)), field("object_graph_def", 7, Of(Objects)),
        ] },
        Graph => const { &[field("node", 1, Of(Node)), field("library", 2, Of(Library))] },
        Library => const { &[field("function", 1, Of(Function))] },
        Function => const { &[
            field("signature", 1, Of(Signature)), field("node_def", 3, Of(Node)),
            field("ret", 4, Map(Return)), field("attr", 5, Map(Attribute)),
        ] },
        Signature => const { &[field("name", 1, Text), field("input_arg", 2, Of(Argument))] },
        Argument => const { &[field("name", 1, Text)] },
        Node => const { &[
            field("name", 1, Text), field("op", 2, Text), field("input", 3, Text),
            field("device", 4, Text), field("attr", 5, Map(Attribute)),
        ] },
        Attribute => const { &[field("key", 1, Text), field("value", 2, Of(Value))] },
        Value => const { &[
            field("list", 1, Of(List)), field("s", 2, Bytes), field("i", 3, Number),
            field("b", 5, Number), field("type", 6, Type), field("shape", 7, Of(Shape)),
            field("tensor", 8, Of(Tensor)), field("placeholder", 9, Text), field("func", 10, Of(Named)),
        ] },
        List => const { &[
            field("s", 2, Bytes), field("shape", 7, Of(Shape)), field("tensor", 8, Of(Tensor)),
            field("func", 9, Of(Named)),
        ] },
        Named => const { &[field("name", 1, Text), field("attr", 2, Map(Attribute))] },
        Tensor => const { &[
            field("dtype", 1, Type), field("tensor_shape", 2, Of(Shape)),
            field("tensor_content", 4, Bytes), field("string_val", 8, Bytes),
            field("variant_val", 15, Of(Variant)),
        ] },
        Shape => const { &[field("dim", 2, Of(Dimension)), field("unknown_rank", 3, Number)] },
        Dimension => const { &[field("size", 1, Number)] },
        Variant => const { &[field("type_name", 1, Text), field("metadata", 2, Bytes), field("tensors", 3, Of(Tensor))] },
        Return => const { &[field("key", 1, Text), field("value", 2, Text)] },
        Asset => const { &[field("tensor_info", 1, Of(TensorInfo)), field("filename", 2, Text)] },
        TensorInfo => const { &[field("name", 1, Text)] },
        Collection => const { &[field("key", 1, Text), field("value", 2, Of(Collected))] },
        Collected => const { &[
            field("node_list", 1, Of(Texts)), field("bytes_list", 2, Of(Texts)), field("any_list", 5, Of(Messages)),
        ] },
        Texts => const { &[field("value", 1, Bytes)] },
        Messages => const { &[field("value", 1, Of(Any))] },
        Any => const { &[field("type_url", 1, Text), field("value", 2, Bytes)] },
        Objects => const { &[field("nodes", 1, Of(Object))] },
        Object => const { &[field("user_object", 4, Of(UserObject))] },
        UserObject => const { &[field("identifier", 1, Text), field("metadata", 3, Text)] },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_found_by_either_spelling() {
        for name in ["tensor_content", "tensorContent"] {
            assert_eq!(find(Message::Tensor, name).unwrap().number, 4, "{name}");
        }
        assert!(find(Message::Tensor, "content").is_none());
        assert_eq!(type_number("DT_STRING"), Some(7));
        assert_eq!(type_number("9"), Some(9));
        assert_eq!(type_number("float"), None);
    }
}
