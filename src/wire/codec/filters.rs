//! What is undone behind a codec: addresses in programs that were made
//! absolute, differences of numbers.
//!
//! A *chain* of up to three filters is one decoder of liblzma, the only one
//! that has them all. It wants LZMA2 behind them, so the bytes are handed to it
//! in LZMA2 chunks that hold them as they are. A filter keeps the last few
//! bytes back until it knows what follows them: where the bytes end they come
//! out, and where they break they are lost, as with every reader.

use liblzma::stream::{Error, Filters, LzmaOptions, Status, Stream as Library};

use super::decoder::{Step, Then};
use super::failure::{Refusal, broken};
use super::raw_lzma::{Moved, failure, process};
use super::{Filter, Machine};

/// Filters that a chain may have.
const FILTERS_CAP: usize = 3;

/// Bytes of a chunk, which is as much as LZMA2 allows.
const CHUNK_BYTES: usize = 64 << 10;

/// Bytes in front of a chunk: a kind and the length less one.
const CHUNK_HEADER_BYTES: usize = 3;

/// The kind of the first chunk, that of each further one, and the end.
const FIRST: u8 = 1;
const FURTHER: u8 = 2;
const END: u8 = 0;

/// One filter as an xz block describes it.
pub(super) struct Described {
    pub number: u64,
    pub properties: Vec<u8>,
}

impl From<Filter> for Described {
    fn from(filter: Filter) -> Self {
        let (number, properties) = match filter {
            Filter::Delta(distance) => (3, vec![distance.saturating_sub(1) as u8]),
            Filter::Branch(machine) => (machine.number(), Vec::new()),
        };
        Described { number, properties }
    }
}

impl Machine {
    /// The number of its filter in xz.
    fn number(self) -> u64 {
        match self {
            Machine::X86 => 4,
            Machine::PowerPc => 5,
            Machine::Ia64 => 6,
            Machine::Arm => 7,
            Machine::ArmThumb => 8,
            Machine::Sparc => 9,
            Machine::Arm64 => 10,
            Machine::RiscV => 11,
        }
    }
}

impl Described {
    /// Add it to the filters of the library.
    fn push(&self, filters: &mut Filters) -> Result<(), Refusal> {
        let bytes = self.properties.as_slice();
        let added = match self.number {
            3 => filters.delta_properties(bytes),
            4 => filters.x86_properties(bytes),
            5 => filters.powerpc_properties(bytes),
            6 => filters.ia64_properties(bytes),
            7 => filters.arm_properties(bytes),
            8 => filters.arm_thumb_properties(bytes),
            9 => filters.sparc_properties(bytes),
            10 => filters.arm64_properties(bytes),
            11 => filters.riscv_properties(bytes),
            _ => return Err(Refusal::Filter(self.number)),
        };
        added.map(|_| ()).map_err(|error| self.refusal(error))
    }

    fn refusal(&self, error: Error) -> Refusal {
        match error {
            Error::Mem | Error::MemLimit => Refusal::Memory,
            _ => Refusal::Filter(self.number),
        }
    }
}

/// Filters that bytes go through one after the other.
pub(super) struct Chain {
    library: Library,
    /// The chunk at hand.
    chunk: Vec<u8>,
    /// How much of it was taken.
    taken: usize,
    /// The kind of the next chunk.
    kind: u8,
    /// What follows what was put in.
    then: Then,
}

impl Chain {
    /// The chain of these filters, in the order in which a packer applied
    /// them; `None` if there are none.
    pub(super) fn new(described: &[Described]) -> Result<Option<Self>, Refusal> {
        let Some(last) = described.last() else {
            return Ok(None);
        };
        if described.len() > FILTERS_CAP {
            return Err(Refusal::Filters(described.len()));
        }
        let mut filters = Filters::new();
        for filter in described {
            filter.push(&mut filters)?;
        }
        let mut options = LzmaOptions::new();
        options.dict_size(CHUNK_BYTES as u32);
        filters.lzma2(&options);
        let library = Library::new_raw_decoder(&filters).map_err(|error| last.refusal(error))?;
        Ok(Some(Chain {
            library,
            chunk: Vec::new(),
            taken: 0,
            kind: FIRST,
            then: Then::More,
        }))
    }

    /// The chain of the filters of a [`super::Packing`], which are in the order
    /// in which they are undone.
    pub(super) fn undoing(filters: &[Filter]) -> Result<Option<Self>, Refusal> {
        let described = filters.iter().rev().map(|filter| (*filter).into());
        Chain::new(&described.collect::<Vec<_>>())
    }

    /// The next bytes, made of those that `pull` gives. What ends them is told
    /// once all of them came through.
    pub(super) fn next(&mut self, out: &mut [u8], mut pull: impl FnMut(&mut [u8]) -> Step) -> Step {
        loop {
            let input = self.chunk.get(self.taken..).unwrap_or_default();
            let is_fed = input.is_empty();
            let Moved {
                taken,
                given,
                status,
            } = process(&mut self.library, input, out);
            self.taken = self.taken.saturating_add(taken);
            match status {
                Ok(Status::StreamEnd) => {
                    let then = std::mem::replace(&mut self.then, Then::End);
                    return Step { given, then };
                }
                Ok(_) if given > 0 => return Step::more(given),
                Ok(_) if is_fed => {
                    self.refill(&mut pull);
                    if let (true, Then::Fail(_)) = (self.chunk.is_empty(), &self.then) {
                        let then = std::mem::replace(&mut self.then, Then::End);
                        return Step { given: 0, then };
                    }
                }
                Ok(_) if taken == 0 => return Step::fail(0, broken("the filters do not go on")),
                Ok(_) => {}
                Err(error) => return Step::fail(given, failure(error, true)),
            }
        }
    }

    /// Put the next bytes into a chunk, or the end; nothing at a break.
    fn refill(&mut self, pull: &mut impl FnMut(&mut [u8]) -> Step) {
        self.taken = 0;
        let mut given = 0;
        while given == 0 && matches!(self.then, Then::More) {
            self.chunk
                .resize(CHUNK_HEADER_BYTES.saturating_add(CHUNK_BYTES), 0);
            let room = self.chunk.get_mut(CHUNK_HEADER_BYTES..);
            let step = pull(room.unwrap_or_default());
            (given, self.then) = (step.given, step.then);
        }
        let Some(len) = given.checked_sub(1) else {
            self.chunk.clear();
            if matches!(self.then, Then::End) {
                self.chunk.push(END);
            }
            return;
        };
        self.chunk
            .truncate(CHUNK_HEADER_BYTES.saturating_add(given));
        let [high, low] = (len as u16).to_be_bytes();
        if let Some(header) = self.chunk.first_chunk_mut::<CHUNK_HEADER_BYTES>() {
            *header = [self.kind, high, low];
        }
        self.kind = FURTHER;
    }
}
