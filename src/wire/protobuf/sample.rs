//! Messages for the tests, written field by field.

/// A message in the making.
#[derive(Debug, Clone, Default)]
pub struct Message(Vec<u8>);

impl Message {
    /// An empty message.
    pub fn new() -> Self {
        Message::default()
    }

    /// Add a varint.
    #[must_use]
    pub fn varint(self, number: u32, value: u64) -> Self {
        self.tag(number, 0).number(value)
    }

    /// Add a signed number, as `int32` and `int64` have it.
    #[must_use]
    pub fn int(self, number: u32, value: i64) -> Self {
        self.varint(number, value.cast_unsigned())
    }

    /// Add 4 bytes.
    #[must_use]
    pub fn fixed32(self, number: u32, value: u32) -> Self {
        self.tag(number, 5).raw(&value.to_le_bytes())
    }

    /// Add 8 bytes.
    #[must_use]
    pub fn fixed64(self, number: u32, value: u64) -> Self {
        self.tag(number, 1).raw(&value.to_le_bytes())
    }

    /// Add text or bytes.
    #[must_use]
    pub fn bytes(self, number: u32, bytes: impl AsRef<[u8]>) -> Self {
        let bytes = bytes.as_ref();
        self.tag(number, 2).number(bytes.len() as u64).raw(bytes)
    }

    /// Add a message.
    #[must_use]
    pub fn message(self, number: u32, message: &Message) -> Self {
        self.bytes(number, &message.0)
    }

    /// Add packed varints.
    #[must_use]
    pub fn packed(self, number: u32, values: &[u64]) -> Self {
        let packed = values.iter().fold(Message::new(), |m, &v| m.number(v));
        self.message(number, &packed)
    }

    /// Add a group.
    #[must_use]
    pub fn group(self, number: u32, fields: &Message) -> Self {
        self.tag(number, 3).raw(&fields.0).tag(number, 4)
    }

    /// Add a tag alone.
    #[must_use]
    pub fn tag(self, number: u32, kind: u8) -> Self {
        self.number(u64::from(number) << 3 | u64::from(kind))
    }

    /// Add a number alone, in its shortest spelling.
    #[must_use]
    pub fn number(mut self, mut value: u64) -> Self {
        while value > 0x7f {
            self.0.push(value.to_le_bytes()[0] | 0x80);
            value >>= 7;
        }
        self.0.push(value.to_le_bytes()[0]);
        self
    }

    /// Add bytes as they are.
    #[must_use]
    pub fn raw(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        self
    }

    /// Its bytes.
    pub fn done(self) -> Vec<u8> {
        self.0
    }
}

impl AsRef<[u8]> for Message {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}
