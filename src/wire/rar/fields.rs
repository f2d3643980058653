//! Fields of a header, read as readers of these archives do: beyond the end
//! everything is zero, and that it was so is remembered.

/// Bytes of the longest variable number of 64 bits.
const VINT_CAP_BYTES: u32 = 10;

/// What is left of a header.
#[derive(Debug, Clone)]
pub(super) struct Fields<'a> {
    rest: &'a [u8],
    /// Whether something was read that is not there.
    pub(super) is_torn: bool,
}

impl<'a> Fields<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Fields {
            rest: bytes,
            is_torn: false,
        }
    }

    /// Bytes that are left.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// The next `n` bytes, or as many as there are.
    pub(super) fn bytes(&mut self, n: u64) -> &'a [u8] {
        let wanted = usize::try_from(n).unwrap_or(usize::MAX);
        let (taken, rest) = match self.rest.split_at_checked(wanted) {
            Some(split) => split,
            None => {
                self.is_torn = true;
                (self.rest, [].as_slice())
            }
        };
        self.rest = rest;
        taken
    }

    fn array<const N: usize>(&mut self) -> [u8; N] {
        self.bytes(N as u64)
            .first_chunk()
            .copied()
            .unwrap_or([0; N])
    }

    pub(super) fn u8(&mut self) -> u8 {
        u8::from_le_bytes(self.array())
    }

    pub(super) fn u16(&mut self) -> u16 {
        u16::from_le_bytes(self.array())
    }

    pub(super) fn u32(&mut self) -> u32 {
        u32::from_le_bytes(self.array())
    }

    /// A number in groups of seven bits, the low ones first; the high bit of
    /// a byte says that another one follows.
    pub(super) fn vint(&mut self) -> u64 {
        let mut number = 0u64;
        for group in 0..VINT_CAP_BYTES {
            let [byte] = self.array();
            let bits = u64::from(byte & 0x7f);
            let shifted = bits.checked_shl(group.saturating_mul(7));
            number |= shifted.unwrap_or(0);
            if byte & 0x80 == 0 {
                return number;
            }
        }
        self.is_torn = true;
        number
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_in_groups_of_seven_bits() {
        let mut fields = Fields::new(&[0x05, 0x80, 0x01, 0xff, 0x7f, 0x80]);
        assert_eq!(
            (fields.vint(), fields.vint(), fields.vint()),
            (5, 128, 16383)
        );
        assert!(!fields.is_torn);
        assert_eq!(fields.vint(), 0, "cut in its middle");
        assert!(fields.is_torn);
        let mut endless = Fields::new(&[0xff; 20]);
        assert_eq!(endless.vint(), u64::MAX);
        assert!(endless.is_torn);
    }

    #[test]
    fn what_is_not_there_is_zero() {
        let mut fields = Fields::new(&[1, 2, 3]);
        assert_eq!(fields.u16(), 0x0201);
        assert_eq!(fields.u32(), 0);
        assert!(fields.is_torn && fields.rest().is_empty());
        assert_eq!(fields.bytes(u64::MAX), b"");
    }
}
