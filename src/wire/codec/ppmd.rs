//! PPMd variant H with the range coder of 7z.
//!
//! Every byte is guessed from the ones before it by a model in memory, whose
//! size the container states; there is no end mark and no checksum, so the
//! length must be told. Broken data give other bytes and seldom an error.

use std::io::{self, Read as _};

use ppmd_rust::{
    Error, PPMD7_MAX_ORDER, PPMD7_MIN_MEM_SIZE, PPMD7_MIN_ORDER, Ppmd7Decoder as Library,
};

use super::decoder::{AnyStream, Step, Stream};
use super::failure::{Refusal, broken};
use super::packed::Packed;
use super::remark::Remarks;

/// Largest model, in bytes: the strongest setting of 7-Zip asks for 192 MiB.
pub const MODEL_CAP_BYTES: u32 = 256 << 20;

/// Bytes that the range coder begins with.
const RANGE_CODER_BYTES: u64 = 5;

struct Ppmd<'a> {
    library: Library<Packed<'a>>,
    left: u64,
}

/// The stream at this position, of which `len` bytes come out.
pub(super) fn open<'a>(
    packed: &mut Packed<'a>,
    order: u8,
    memory: u32,
    len: u64,
) -> io::Result<AnyStream<'a>> {
    if memory > MODEL_CAP_BYTES {
        return Err(Refusal::Model(memory).into());
    }
    let order = u32::from(order);
    if !(PPMD7_MIN_ORDER..=PPMD7_MAX_ORDER).contains(&order) || memory < PPMD7_MIN_MEM_SIZE {
        return Err(broken("the properties of PPMd are out of range"));
    }
    // What the source has to say about the first bytes, it says here: the
    // library would drop it.
    packed.peek(1)?;
    if packed.remaining() < RANGE_CODER_BYTES {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let library = Library::new(packed.fork(), order, memory).map_err(|error| match error {
        Error::MemoryAllocation => Refusal::Memory.into(),
        Error::IoError(error) => error,
        _ => broken("the PPMd data do not begin as they should"),
    })?;
    Ok(Box::new(Ppmd { library, left: len }))
}

impl<'a> Stream<'a> for Ppmd<'a> {
    /// Byte by byte, because of a read that fails, the library does not say how
    /// much it gave.
    fn step(&mut self, packed: &mut Packed<'a>, out: &mut [u8], _: &mut Remarks) -> Step {
        let mut given = 0;
        let mut ended = None;
        for byte in out.chunks_mut(1) {
            if self.left == 0 {
                ended = Some(Step::last(given, Ok(())));
                break;
            }
            match self.library.read(byte) {
                Ok(1..) => {
                    given = given.saturating_add(1);
                    self.left = self.left.saturating_sub(1);
                }
                Ok(0) => {
                    ended = Some(Step::fail(given, io::ErrorKind::UnexpectedEof));
                    break;
                }
                Err(error) => {
                    ended = Some(Step::fail(given, error));
                    break;
                }
            }
        }
        packed.seek(self.library.get_ref().position());
        let read = self.library.get_mut().failure();
        match (read, ended) {
            (Some(read), _) => Step::fail(given, io::Error::other(read)),
            (None, Some(step)) => step,
            (None, None) => Step::more(given),
        }
    }
}
