//! Bytes as they are, so that filters can stand behind them.

use std::io::Read as _;

use super::decoder::{AnyStream, Step, Stream};
use super::packed::Packed;
use super::remark::Remarks;

struct Stored;

/// The rest of the span.
pub(super) fn open<'a>() -> AnyStream<'a> {
    Box::new(Stored)
}

impl<'a> Stream<'a> for Stored {
    fn step(&mut self, packed: &mut Packed<'a>, out: &mut [u8], _: &mut Remarks) -> Step {
        match packed.read(out) {
            Ok(0) => Step::last(0, Ok(())),
            Ok(given) => Step::more(given),
            Err(error) => Step::fail(0, error),
        }
    }
}
