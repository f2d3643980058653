//! The table of opcodes, protocols 0 to 5.
//!
//! Source: `Lib/pickletools.py` and `Modules/_pickle.c` of CPython, PEP 307
//! (protocol 2), PEP 3154 (protocol 4), PEP 574 (protocol 5).

/// How the operand of an opcode is laid out behind its byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// No operand.
    None,
    /// An unsigned number of 1 byte.
    U1,
    /// An unsigned little-endian number of 2 bytes.
    U2,
    /// An unsigned little-endian number of 4 bytes.
    U4,
    /// A signed little-endian number of 4 bytes.
    I4,
    /// An unsigned little-endian number of 8 bytes.
    U8,
    /// A big-endian IEEE 754 number of 8 bytes.
    F8,
    /// A two's complement number behind a length of 1 byte.
    Long1,
    /// A two's complement number behind a signed length of 4 bytes.
    Long4,
    /// Text of one line: a decimal number for the memo.
    IndexLine,
    /// Text of one line: an integer in any base, or a boolean.
    IntLine,
    /// Text of one line: an integer in any base, with an `L` behind it.
    LongLine,
    /// Text of one line: a float.
    FloatLine,
    /// A quoted string with escapes on one line.
    QuotedLine,
    /// A raw-unicode-escape string on one line.
    UnicodeLine,
    /// Plain text on one line.
    TextLine,
    /// Two lines: module and name.
    TwoLines,
    /// An old byte string behind a length of 1 byte.
    String1,
    /// An old byte string behind a signed length of 4 bytes.
    String4,
    /// UTF-8 behind a length of 1 byte.
    Text1,
    /// UTF-8 behind a length of 4 bytes.
    Text4,
    /// UTF-8 behind a length of 8 bytes.
    Text8,
    /// Bytes behind a length of 1 byte.
    Bytes1,
    /// Bytes behind a length of 4 bytes.
    Bytes4,
    /// Bytes behind a length of 8 bytes.
    Bytes8,
}

/// What there is to know about an opcode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// The opcode.
    pub opcode: Opcode,
    /// Its byte in the stream.
    pub byte: u8,
    /// Its name, as disassemblers print it.
    pub name: &'static str,
    /// Its operand.
    pub layout: Layout,
    /// The protocol that brought it in.
    pub protocol: u8,
}

macro_rules! opcodes {
    ($($(#[$doc:meta])* $variant:ident = $byte:literal, $name:literal, $layout:ident, $protocol:literal;)*) => {
        /// A pickle instruction, without its operand.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum Opcode {
            $(#[doc = concat!("`", $name, "`")] $variant = $byte,)*
        }

        /// Every opcode, in the order of the table in `pickletools`.
        pub static OPCODES: &[Entry] = &[
            $(Entry {
                opcode: Opcode::$variant,
                byte: $byte,
                name: $name,
                layout: Layout::$layout,
                protocol: $protocol,
            },)*
        ];

        impl Opcode {
            /// The opcode with this byte.
            #[inline]
            pub const fn from_byte(byte: u8) -> Option<Opcode> {
                match byte {
                    $($byte => Some(Opcode::$variant),)*
                    _ => None,
                }
            }

            /// Its name, as disassemblers print it.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Opcode::$variant => $name,)*
                }
            }

            /// Its operand.
            #[inline]
            pub const fn layout(self) -> Layout {
                match self {
                    $(Opcode::$variant => Layout::$layout,)*
                }
            }
        }
    };
}

opcodes! {
    Int = b'I', "INT", IntLine, 0;
    BinInt = b'J', "BININT", I4, 1;
    BinInt1 = b'K', "BININT1", U1, 1;
    BinInt2 = b'M', "BININT2", U2, 1;
    Long = b'L', "LONG", LongLine, 0;
    Long1 = 0x8a, "LONG1", Long1, 2;
    Long4 = 0x8b, "LONG4", Long4, 2;
    String = b'S', "STRING", QuotedLine, 0;
    BinString = b'T', "BINSTRING", String4, 1;
    ShortBinString = b'U', "SHORT_BINSTRING", String1, 1;
    BinBytes = b'B', "BINBYTES", Bytes4, 3;
    ShortBinBytes = b'C', "SHORT_BINBYTES", Bytes1, 3;
    BinBytes8 = 0x8e, "BINBYTES8", Bytes8, 4;
    ByteArray8 = 0x96, "BYTEARRAY8", Bytes8, 5;
    NextBuffer = 0x97, "NEXT_BUFFER", None, 5;
    ReadonlyBuffer = 0x98, "READONLY_BUFFER", None, 5;
    None = b'N', "NONE", None, 0;
    NewTrue = 0x88, "NEWTRUE", None, 2;
    NewFalse = 0x89, "NEWFALSE", None, 2;
    Unicode = b'V', "UNICODE", UnicodeLine, 0;
    ShortBinUnicode = 0x8c, "SHORT_BINUNICODE", Text1, 4;
    BinUnicode = b'X', "BINUNICODE", Text4, 1;
    BinUnicode8 = 0x8d, "BINUNICODE8", Text8, 4;
    Float = b'F', "FLOAT", FloatLine, 0;
    BinFloat = b'G', "BINFLOAT", F8, 1;
    EmptyList = b']', "EMPTY_LIST", None, 1;
    Append = b'a', "APPEND", None, 0;
    Appends = b'e', "APPENDS", None, 1;
    List = b'l', "LIST", None, 0;
    EmptyTuple = b')', "EMPTY_TUPLE", None, 1;
    Tuple = b't', "TUPLE", None, 0;
    Tuple1 = 0x85, "TUPLE1", None, 2;
    Tuple2 = 0x86, "TUPLE2", None, 2;
    Tuple3 = 0x87, "TUPLE3", None, 2;
    EmptyDict = b'}', "EMPTY_DICT", None, 1;
    Dict = b'd', "DICT", None, 0;
    SetItem = b's', "SETITEM", None, 0;
    SetItems = b'u', "SETITEMS", None, 1;
    EmptySet = 0x8f, "EMPTY_SET", None, 4;
    AddItems = 0x90, "ADDITEMS", None, 4;
    FrozenSet = 0x91, "FROZENSET", None, 4;
    Pop = b'0', "POP", None, 0;
    Dup = b'2', "DUP", None, 0;
    Mark = b'(', "MARK", None, 0;
    PopMark = b'1', "POP_MARK", None, 1;
    Get = b'g', "GET", IndexLine, 0;
    BinGet = b'h', "BINGET", U1, 1;
    LongBinGet = b'j', "LONG_BINGET", U4, 1;
    Put = b'p', "PUT", IndexLine, 0;
    BinPut = b'q', "BINPUT", U1, 1;
    LongBinPut = b'r', "LONG_BINPUT", U4, 1;
    Memoize = 0x94, "MEMOIZE", None, 4;
    Ext1 = 0x82, "EXT1", U1, 2;
    Ext2 = 0x83, "EXT2", U2, 2;
    Ext4 = 0x84, "EXT4", I4, 2;
    Global = b'c', "GLOBAL", TwoLines, 0;
    StackGlobal = 0x93, "STACK_GLOBAL", None, 4;
    Reduce = b'R', "REDUCE", None, 0;
    Build = b'b', "BUILD", None, 0;
    Inst = b'i', "INST", TwoLines, 0;
    Obj = b'o', "OBJ", None, 1;
    NewObj = 0x81, "NEWOBJ", None, 2;
    NewObjEx = 0x92, "NEWOBJ_EX", None, 4;
    Proto = 0x80, "PROTO", U1, 2;
    Stop = b'.', "STOP", None, 0;
    Frame = 0x95, "FRAME", U8, 4;
    PersId = b'P', "PERSID", TextLine, 0;
    BinPersId = b'Q', "BINPERSID", None, 1;
}

/// The highest protocol that any Python writes.
pub const HIGHEST_PROTOCOL: u8 = 5;

/// The opcode with this name.
pub fn by_name(name: &str) -> Option<&'static Entry> {
    OPCODES.iter().find(|entry| entry.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes, names and protocols as published in `pickletools.opcodes`.
    const PUBLISHED: &str = "49:INT:0 4a:BININT:1 4b:BININT1:1 4d:BININT2:1 4c:LONG:0 8a:LONG1:2 \
        8b:LONG4:2 53:STRING:0 54:BINSTRING:1 55:SHORT_BINSTRING:1 42:BINBYTES:3 \
        43:SHORT_BINBYTES:3 8e:BINBYTES8:4 96:BYTEARRAY8:5 97:NEXT_BUFFER:5 \
        98:READONLY_BUFFER:5 4e:NONE:0 88:NEWTRUE:2 89:NEWFALSE:2 56:UNICODE:0 \
        8c:SHORT_BINUNICODE:4 58:BINUNICODE:1 8d:BINUNICODE8:4 46:FLOAT:0 47:BINFLOAT:1 \
        5d:EMPTY_LIST:1 61:APPEND:0 65:APPENDS:1 6c:LIST:0 29:EMPTY_TUPLE:1 74:TUPLE:0 \
        85:TUPLE1:2 86:TUPLE2:2 87:TUPLE3:2 7d:EMPTY_DICT:1 64:DICT:0 73:SETITEM:0 \
        75:SETITEMS:1 8f:EMPTY_SET:4 90:ADDITEMS:4 91:FROZENSET:4 30:POP:0 32:DUP:0 28:MARK:0 \
        31:POP_MARK:1 67:GET:0 68:BINGET:1 6a:LONG_BINGET:1 70:PUT:0 71:BINPUT:1 \
        72:LONG_BINPUT:1 94:MEMOIZE:4 82:EXT1:2 83:EXT2:2 84:EXT4:2 63:GLOBAL:0 \
        93:STACK_GLOBAL:4 52:REDUCE:0 62:BUILD:0 69:INST:0 6f:OBJ:1 81:NEWOBJ:2 92:NEWOBJ_EX:4 \
        80:PROTO:2 2e:STOP:0 95:FRAME:4 50:PERSID:0 51:BINPERSID:1";

    #[test]
    fn the_table_is_the_published_one() {
        let ours: Vec<String> = OPCODES
            .iter()
            .map(|e| format!("{:02x}:{}:{}", e.byte, e.name, e.protocol))
            .collect();
        let published: Vec<&str> = PUBLISHED.split_whitespace().collect();
        assert_eq!(ours, published);
        assert_eq!(ours.len(), 68);
    }

    #[test]
    fn bytes_and_names_lead_back_to_their_opcode() {
        for entry in OPCODES {
            assert_eq!(Opcode::from_byte(entry.byte), Some(entry.opcode));
            assert_eq!(entry.opcode as u8, entry.byte);
            assert_eq!(entry.opcode.layout(), entry.layout);
            assert_eq!(by_name(entry.name).unwrap().opcode, entry.opcode);
        }
        let known = (0..=255).filter(|&b| Opcode::from_byte(b).is_some());
        assert_eq!(known.count(), OPCODES.len());
    }
}
