//! Zlib streams (RFC 1950): two bytes, deflate, and the Adler-32 of what comes
//! out.
//!
//! Readers of zlib take one stream and leave what follows it.

use std::io;

use super::decoder::{AnyStream, Step, Stream};
use super::deflate::Inflate;
use super::failure::{Refusal, broken};
use super::packed::Packed;
use super::remark::Remarks;
use super::sums::Adler32;

/// The flag of a stream that needs a dictionary.
const DICTIONARY: u8 = 0x20;

struct Zlib {
    inflate: Inflate,
    sum: Adler32,
}

/// The stream at this position.
pub(super) fn open<'a>(packed: &mut Packed<'a>) -> io::Result<AnyStream<'a>> {
    let [method, flags] = packed.array()?;
    let check = u16::from_be_bytes([method, flags]);
    if method & 0x0f != 8 || method >> 4 > 7 || !check.is_multiple_of(31) {
        return Err(broken("no zlib header"));
    }
    if flags & DICTIONARY != 0 {
        return Err(Refusal::Dictionary.into());
    }
    Ok(Box::new(Zlib {
        inflate: Inflate::new(),
        sum: Adler32::new(),
    }))
}

impl<'a> Stream<'a> for Zlib {
    fn step(&mut self, packed: &mut Packed<'a>, out: &mut [u8], remarks: &mut Remarks) -> Step {
        let sum = &mut self.sum;
        let (given, then) = self.inflate.wrapped(packed, out, |bytes| sum.update(bytes));
        match then {
            Some(then) => Step { given, then },
            None => Step::last(given, trailer(packed, self.sum.value(), remarks)),
        }
    }
}

fn trailer(packed: &mut Packed<'_>, sum: u32, remarks: &mut Remarks) -> io::Result<()> {
    let claimed = u32::from_be_bytes(packed.array()?);
    let end = packed.position();
    remarks.checksum(end, 4, "Adler-32", claimed.into(), sum.into());
    Ok(())
}
