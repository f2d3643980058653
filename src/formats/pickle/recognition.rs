//! Whether a pickle begins at a position.
//!
//! Protocols 2 and up announce themselves with two bytes, which is too few;
//! protocols 0 and 1 with none, and their opcodes are letters. So the machine
//! walks on trial: a pickle is what goes on consistently, and does something
//! or ends well.

use crate::budget::Budget;
use crate::detect::pickle::{Ending, Options, Summary, examine_from};
use crate::source::Source;
use crate::wire::cursor::Cursor;
use crate::wire::pickle::{Opcode, Reader, Reading};

/// Opcodes of a walk on trial. A stream that is consistent for so long is one.
const TRIAL_OPCODES: u64 = 1 << 20;

/// Opcodes of a walk on trial that begins with a protocol.
const ANNOUNCED_OPCODES: u64 = 4096;

/// Lines of more bytes are no lines of a pickle that is on trial.
const TRIAL_LINE_BYTES: u64 = 1 << 20;

/// Longest persistent id at the beginning of a file.
const PERSISTENT_ID_CAP_BYTES: usize = 4096;

/// Opcodes in a row that hardly ever come about by chance.
const RUN_OPCODES: u64 = 8;

/// Bytes behind a `STOP` that still count as its end.
const NEAR_END_BYTES: u64 = 64;

/// How sure it is that a pickle begins somewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Start {
    /// It does not.
    No,
    /// It seems so.
    Likely,
    /// It was followed to an end or to something it does.
    Sure,
}

/// Whether a pickle begins at `at`; `hinted` if the name says so.
pub(super) fn start(source: &dyn Source, at: u64, hinted: bool) -> Start {
    let mut head = [0u8; 2];
    // Bytes that cannot be read look like bytes that are not there.
    let filled = source.fill_at(at, &mut head).unwrap_or(0);
    match head {
        [0x80, 0..=5] if filled == 2 => {
            let straight = trial(source, at, ANNOUNCED_OPCODES, Reading::Straight);
            match announced(&straight) {
                Start::Sure => Start::Sure,
                other if straight.frames == 0 => other,
                _ => announced(&trial(source, at, ANNOUNCED_OPCODES, Reading::Buffered)),
            }
        }
        [b'P', _] if !is_text_line(source, at) => Start::No,
        [byte, _] if filled > 0 && Opcode::from_byte(byte).is_some() => {
            let summary = trial(source, at, TRIAL_OPCODES, Reading::Straight);
            unannounced(&summary, source.len(), hinted)
        }
        _ => Start::No,
    }
}

/// Whether printable ASCII stands from `at` to the end of the line: the id of
/// a `PERSID` must be that, or loading ends there. Zip archives begin with the
/// same letter.
fn is_text_line(source: &dyn Source, at: u64) -> bool {
    let line = Cursor::new(source, at).line(PERSISTENT_ID_CAP_BYTES);
    line.is_ok_and(|line| {
        line.is_some_and(|line| line.iter().all(|byte| (b' '..=b'~').contains(byte)))
    })
}

fn trial(source: &dyn Source, at: u64, fuel: u64, reading: Reading) -> Summary {
    let reader = trial_reader(source, at, reading);
    walk_on_trial(source, reader, fuel, reading).0
}

fn trial_reader(source: &dyn Source, at: u64, reading: Reading) -> Reader<'_> {
    Reader::new(source, at..source.len(), reading).with_line_cap(TRIAL_LINE_BYTES)
}

fn walk_on_trial<'a>(
    source: &'a dyn Source,
    reader: Reader<'a>,
    fuel: u64,
    reading: Reading,
) -> (Summary, Reader<'a>) {
    let options = Options {
        fuel,
        reading,
        ..Options::default()
    };
    examine_from(source, reader, &options, &Budget::unlimited(), &mut |_| {})
}

/// Whether another pickle begins right behind one: what loaders read next.
#[derive(Debug)]
pub(super) struct Follower<'a> {
    source: &'a dyn Source,
    reader: Option<Reader<'a>>,
}

impl<'a> Follower<'a> {
    pub(super) fn new(source: &'a dyn Source) -> Self {
        Follower {
            source,
            reader: None,
        }
    }

    /// Whether a pickle begins at `at`: one with a protocol, or one that ends
    /// well or calls something.
    pub(super) fn begins(&mut self, at: u64) -> bool {
        let mut head = [0u8; 2];
        // Bytes that cannot be read look like bytes that are not there.
        let filled = self.source.fill_at(at, &mut head).unwrap_or(0);
        match head {
            [0x80, 0..=5] => filled == 2,
            [byte, _] if filled > 0 && Opcode::from_byte(byte).is_some() => self.goes_on(at),
            _ => false,
        }
    }

    fn goes_on(&mut self, at: u64) -> bool {
        let fresh = || trial_reader(self.source, at, Reading::Straight);
        let mut reader = self.reader.take().unwrap_or_else(fresh);
        reader.restart(at);
        let (summary, reader) =
            walk_on_trial(self.source, reader, TRIAL_OPCODES, Reading::Straight);
        self.reader = Some(reader);
        let named = summary.imports > 0 && summary.odd_names == 0;
        match summary.ending {
            Ending::Stop => summary.opcodes > 1,
            Ending::Fuel | Ending::Limit(_) => true,
            _ => named && summary.calls > 0,
        }
    }
}

fn announced(summary: &Summary) -> Start {
    let acts = summary.imports > 0 && summary.odd_names == 0;
    match summary.ending {
        Ending::Stop | Ending::Fuel | Ending::Limit(_) if summary.opcodes > 2 => Start::Sure,
        _ if acts => Start::Sure,
        _ if summary.opcodes >= RUN_OPCODES => Start::Likely,
        _ => Start::No,
    }
}

fn unannounced(summary: &Summary, len: u64, hinted: bool) -> Start {
    let named = summary.imports > 0 && summary.odd_names == 0;
    let calls = named && summary.calls > 0;
    let left = len.saturating_sub(summary.span.end);
    let sure = match summary.ending {
        Ending::Fuel | Ending::Limit(_) => true,
        Ending::Stop => calls || (hinted && summary.opcodes > 1 && left <= NEAR_END_BYTES),
        _ => false,
    };
    if sure || (calls && (hinted || summary.graded_calls > 0)) {
        Start::Sure
    } else if named && summary.ending.is_stop() && (hinted || left <= NEAR_END_BYTES) {
        Start::Likely
    } else {
        Start::No
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Memory;

    fn at_start(bytes: &[u8], hinted: bool) -> Start {
        start(&Memory::new(bytes), 0, hinted)
    }

    #[test]
    fn pickles_of_every_protocol_are_recognised() {
        for bytes in [
            &b"cos\nsystem\n(S'id'\ntR."[..],
            b"(S'id'\nios\nsystem\n.",
            b"\x80\x02N0N.",
            b"\x80\x04\x95\x02\0\0\0\0\0\0\0N.",
            b"\x80\x05cbuiltins\neval\n(X\x01\0\0\x001tR\xff",
            b"G\0\0\0\0\0\0\0\x000cos\nsystem\n(S'id'\ntR.",
        ] {
            assert_eq!(at_start(bytes, false), Start::Sure, "{bytes:?}");
        }
        assert_eq!(at_start(b"(dp0\n.", true), Start::Sure);
    }

    #[test]
    fn other_files_are_left_alone() {
        for bytes in [
            &b"[1, 2, 3]\n"[..],
            b"{\"a\": 1}\n",
            b"I think so.\nNo.\n",
            b"Not a pickle.\n",
            b"config\nvalue\nother line\n",
            b"cat\ndog\nbird\n",
            b"(in\nit\nthere are\nwords)\n",
            b"# Title\n\nText.\n",
            b"GGUF\x03\0\0\0\0\0\0\0\0\0\0\0",
            b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0",
            b"PK\x03\x04\x14\0\0\0\0\0",
            b"PK\x03\x04\x14\0\0\0\0\0header\n\x80\x02cos\nsystem\n(S'id'\ntR.",
            b"\x80\x04",
            b"\x80\x02\xff\xff\xff\xff",
            b"",
        ] {
            assert_eq!(at_start(bytes, false), Start::No, "{bytes:?}");
        }
    }
}
