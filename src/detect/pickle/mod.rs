//! The symbolic pickle machine: what a pickle would do, without doing it.
//!
//! [`examine`] walks one stream with CPython's own rules for stack, marks, memo
//! and frames. Values are not made; each is known by where it comes from
//! (constant, container of the stream, import, result of a call). While it
//! walks it tells [`Event`]s, and at the end what the stream was made of, a
//! [`Summary`]. It keeps every event of a stream that breaks later.
//!
//! The decision needs no list of bad names: calls are denied unless they are
//! vetted, and names computed at load, writes to foreign objects and calls of
//! results are told whatever they touch. [`globals`] grades.
//!
//! The `pickle` format and the sweep for embedded pickles both use it.

mod arrays;
mod assembly;
mod calls;
mod carried;
mod compute;
mod distributions;
mod draft;
mod event;
mod functions;
mod grade;
mod hands;
mod heap;
mod imports;
mod lookup;
mod machine;
mod memo;
mod names;
mod nested;
mod render;
mod resolve;
mod restoring;
mod stack;
mod storages;
mod summary;
mod telling;
mod trace;
mod value;
mod writes;

#[cfg(test)]
mod bound_tests;
#[cfg(test)]
mod tests;

pub use draft::draft;
pub use event::{Carriage, Danger, Event, Fact, Nested};
pub use functions::Maker;
pub(super) use imports::is_path;
pub use storages::item_bytes;
pub use summary::{Ending, Key, NamedTensor, Storage, Summary};
pub use value::{GlobalId, Value};

use super::globals::{self, Judgement};
use crate::budget::Budget;
use crate::report::Span;
use crate::source::Source;
use crate::wire::pickle::{Reader, Reading};

/// Grades the callable `name` of `module`.
pub type Judge = fn(&str, &str) -> Judgement;

/// How a stream is walked.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Who grades globals.
    pub judge: Judge,
    /// How operands over the edge of a frame are read.
    pub reading: Reading,
    /// Whether the bytes behind joblib's array wrappers are passed over, as
    /// joblib does, or read as opcodes, as everybody else does.
    pub arrays: bool,
    /// Opcodes after which the walk ends.
    pub fuel: u64,
    /// Imports after which the walk ends.
    pub imports: u64,
    /// Elements of one container that are kept whatever they are.
    pub keep: usize,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            judge: globals::judge,
            reading: Reading::Straight,
            arrays: true,
            fuel: u64::MAX,
            imports: u64::MAX,
            keep: heap::KEPT_PER_CONTAINER,
        }
    }
}

/// Walk the stream that begins at `span.start` and ends before `span.end`, and
/// hand every event to `sink` as it is met.
pub fn examine(
    source: &dyn Source,
    span: Span,
    options: &Options,
    budget: &Budget,
    sink: &mut dyn FnMut(&Event),
) -> Summary {
    let reader = Reader::new(source, span, options.reading);
    examine_from(source, reader, options, budget, sink).0
}

/// Walk the stream at the position of `reader`, which reads `source`, and give
/// the reader back.
pub fn examine_from<'s>(
    source: &'s dyn Source,
    reader: Reader<'s>,
    options: &Options,
    budget: &Budget,
    sink: &mut dyn FnMut(&Event),
) -> (Summary, Reader<'s>) {
    machine::Machine::new(source, reader, options, budget, sink).run()
}
