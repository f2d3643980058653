//! PPMd: variant H with the range coder of 7z, and variant I as in zip.
//!
//! Every byte is guessed from the ones before it by a model in memory, whose
//! size the container states; there is no checksum. Variant H has no end mark,
//! so the length must be told. Variant I may have one (APPNOTE 5.10), also
//! where the length is told: it ends there, or behind that many bytes, and a
//! mark that follows them is part of it. Broken data give other bytes and
//! seldom an error.

use std::io::{self, Read};

use ppmd_rust::{
    Error, PPMD7_MAX_ORDER, PPMD7_MIN_MEM_SIZE, PPMD7_MIN_ORDER, PPMD8_MAX_ORDER, PPMD8_MIN_ORDER,
    Ppmd7Decoder, Ppmd8Decoder, RestoreMethod,
};

use super::decoder::{AnyStream, Step, Stream};
use super::failure::{Refusal, broken};
use super::packed::Packed;
use super::remark::Remarks;

/// Largest model, in bytes: the strongest setting of 7-Zip asks for 192 MiB.
pub const MODEL_CAP_BYTES: u32 = 256 << 20;

/// Bytes that the range coder of variant H begins with.
const RANGE_CODER_7_BYTES: u64 = 5;

/// Bytes that the range coder of variant I begins with.
const RANGE_CODER_8_BYTES: u64 = 4;

/// Bytes by which variant I counts the size of its model.
const MODEL_STEP_BYTES: u32 = 1 << 20;

/// The packed bytes as a library reads them. It says the same where it meets an
/// end mark and where it runs out of bytes; this tells them apart.
struct Input<'a> {
    packed: Packed<'a>,
    /// Whether it asked for more than there is.
    is_starved: bool,
}

impl<'a> Input<'a> {
    fn new(packed: &Packed<'a>) -> Self {
        Input {
            packed: packed.fork(),
            is_starved: false,
        }
    }
}

impl Read for Input<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let filled = self.packed.read(out)?;
        self.is_starved |= filled == 0 && !out.is_empty();
        Ok(filled)
    }
}

/// A decoder of the library.
trait Library<'a>: Read {
    /// Whether its streams may have an end mark.
    const HAS_MARK: bool;

    /// What it reads.
    fn input(&mut self) -> &mut Input<'a>;

    /// Pass over the end mark, if one is next; where the stream ends.
    fn end(&mut self) -> u64 {
        let before = self.input().packed.position();
        let is_mark =
            Self::HAS_MARK && matches!(self.read(&mut [0]), Ok(0)) && !self.input().is_starved;
        match is_mark {
            true => self.input().packed.position(),
            false => before,
        }
    }
}

impl<'a> Library<'a> for Ppmd7Decoder<Input<'a>> {
    const HAS_MARK: bool = false;

    fn input(&mut self) -> &mut Input<'a> {
        self.get_mut()
    }
}

impl<'a> Library<'a> for Ppmd8Decoder<Input<'a>> {
    const HAS_MARK: bool = true;

    fn input(&mut self) -> &mut Input<'a> {
        self.get_mut()
    }
}

struct Ppmd<L> {
    library: L,
    /// Bytes that are still to come; `None` where only the end mark tells.
    left: Option<u64>,
}

/// The stream of variant H at this position, of which `len` bytes come out.
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
    begins(packed, RANGE_CODER_7_BYTES)?;
    let library = Ppmd7Decoder::new(Input::new(packed), order, memory).map_err(refused)?;
    let left = Some(len);
    Ok(Box::new(Ppmd { library, left }))
}

/// The stream of variant I at this position with the parameters of a zip: the
/// order less one in the lowest four bits, the model in MiB less one in the
/// next eight, and what happens when it is full in the highest four.
pub(super) fn open_zip<'a>(
    packed: &mut Packed<'a>,
    parameters: u16,
    len: Option<u64>,
) -> io::Result<AnyStream<'a>> {
    let order = u32::from(parameters & 0xf).saturating_add(1);
    let steps = u32::from(parameters >> 4 & 0xff).saturating_add(1);
    let memory = steps.saturating_mul(MODEL_STEP_BYTES);
    let restore = match parameters >> 12 {
        0 => RestoreMethod::Restart,
        1 => RestoreMethod::CutOff,
        _ => return Err(broken("PPMd restores its model in no way that is known")),
    };
    if !(PPMD8_MIN_ORDER..=PPMD8_MAX_ORDER).contains(&order) {
        return Err(broken("the properties of PPMd are out of range"));
    }
    begins(packed, RANGE_CODER_8_BYTES)?;
    let library = Ppmd8Decoder::new(Input::new(packed), order, memory, restore).map_err(refused)?;
    Ok(Box::new(Ppmd { library, left: len }))
}

/// What the source has to say about the first bytes, it says here: the library
/// would drop it.
fn begins(packed: &mut Packed<'_>, bytes: u64) -> io::Result<()> {
    packed.peek(1)?;
    match packed.remaining() < bytes {
        true => Err(io::ErrorKind::UnexpectedEof.into()),
        false => Ok(()),
    }
}

fn refused(error: Error) -> io::Error {
    match error {
        Error::MemoryAllocation => Refusal::Memory.into(),
        Error::IoError(error) => error,
        _ => broken("the PPMd data do not begin as they should"),
    }
}

impl<'a, L: Library<'a>> Stream<'a> for Ppmd<L> {
    /// Byte by byte, because of a read that fails, the library does not say how
    /// much it gave.
    fn step(&mut self, packed: &mut Packed<'a>, out: &mut [u8], _: &mut Remarks) -> Step {
        let (mut given, mut end, mut ended) = (0, None, None);
        for byte in out.chunks_mut(1) {
            if self.left == Some(0) {
                end = Some(self.library.end());
                ended = Some(Step::last(given, Ok(())));
                break;
            }
            match self.library.read(byte) {
                Ok(1..) => {
                    given = given.saturating_add(1);
                    self.left = self.left.map(|left| left.saturating_sub(1));
                }
                Ok(0) if self.left.is_none() && !self.library.input().is_starved => {
                    ended = Some(Step::last(given, Ok(())));
                    break;
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
        let input = &mut self.library.input().packed;
        packed.seek(end.unwrap_or(input.position()));
        let read = input.failure();
        match (read, ended) {
            (Some(read), _) => Step::fail(given, io::Error::other(read)),
            (None, Some(step)) => step,
            (None, None) => Step::more(given),
        }
    }
}
