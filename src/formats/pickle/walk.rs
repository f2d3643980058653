//! Walks over the streams of a file: events become findings, loaded bytes
//! become members.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use crate::detect::pickle::{Ending, Event, Fact, Nested, Options, Summary, draft, examine_from};
use crate::formats::{Body, Context, Member};
use crate::report::{Span, Why};
use crate::rules::{Draft, embedded};
use crate::source::Source;
use crate::wire::Fault;
use crate::wire::pickle::{Reader, Reading};

/// Longest name of a tensor that is read.
const TENSOR_NAME_BYTES: usize = 4096;

/// Bytes written as text that are decoded into a member.
const DECODED_BYTES: u64 = 64 << 20;

/// Findings of one stream that are remembered, so that a second reading of it
/// tells only what is new.
const TOLD_CAP: usize = 1 << 16;

/// The programs that one stream can be, depending on who loads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Program {
    /// What is read straight on, arrays passed over.
    Straight,
    /// What is read from a file, where operands cross their frames.
    Buffered,
    /// What is read by a loader that does not know joblib's arrays. Only where
    /// the arrays are numbers can it be a program of its own: one of objects
    /// is a pickle, which every loader reads.
    WithoutArrays {
        /// Whether every array is numbers.
        numbers: bool,
    },
}

/// Facts about a second program in the same bytes that wait for its end.
const HELD_CAP: usize = 1024;

/// A reader over a file of pickles, and what was made of it so far.
pub(crate) struct Walk<'a> {
    source: &'a dyn Source,
    span: Span,
    reader: Option<Reader<'a>>,
    /// Spans of the members, by their starts.
    members: BTreeMap<u64, u64>,
    /// Opcodes whose decoded bytes are members.
    decoded: HashSet<u64>,
    keep: usize,
}

impl<'a> Walk<'a> {
    /// A walk over streams that lie in `span`.
    pub(crate) fn new(source: &'a dyn Source, span: Span) -> Self {
        Walk {
            source,
            span,
            reader: None,
            members: BTreeMap::new(),
            decoded: HashSet::new(),
            keep: Options::default().keep,
        }
    }

    /// Keep this many elements of each container of the streams to come.
    pub(crate) fn keep(&mut self, elements: usize) {
        self.keep = elements;
    }

    /// Walk the stream at `at` and report all that is in it. The summary says
    /// how it ended; only the end of the budget or of reading is a fault.
    pub(crate) fn stream(&mut self, at: u64, cx: &mut Context<'_>) -> Result<Summary, Fault> {
        let mut told = HashSet::new();
        let summary = self.read(at, Program::Straight, &mut told, cx)?;
        // The other program in the same bytes; where the first one breaks,
        // that may be because it is the other one that is meant.
        if summary.crosses_frame || (summary.frames > 0 && summary.ending.is_break()) {
            self.read(at, Program::Buffered, &mut told, cx)?;
        }
        if summary.arrays > 0 {
            let numbers = summary.object_arrays == 0;
            self.read(at, Program::WithoutArrays { numbers }, &mut told, cx)?;
        }
        // The sweep has its say about bytes that this pickle only holds.
        let mut at = summary.span.start;
        for inner in &summary.inner {
            cx.tick()?;
            cx.judged(at..inner.start, &embedded::PICKLE);
            at = inner.end;
        }
        cx.judged(at..summary.span.end, &embedded::PICKLE);
        for limit in &summary.limits {
            let detail = format!("not all {limit} of the pickle were followed");
            cx.gap(summary.span.clone(), Why::Limit, detail);
        }
        for one in &summary.accepted {
            cx.tick()?;
            cx.accept(one);
        }
        for tensor in &summary.tensors {
            cx.tick()?;
            let name = tensor.name.fetch(self.source, TENSOR_NAME_BYTES)?;
            cx.tensor(String::from_utf8_lossy(&name), tensor.bytes);
        }
        Ok(summary)
    }

    fn read(
        &mut self,
        at: u64,
        program: Program,
        told: &mut HashSet<(u64, &'static str)>,
        cx: &mut Context<'_>,
    ) -> Result<Summary, Fault> {
        let reading = match program {
            Program::Buffered => Reading::Buffered,
            Program::Straight | Program::WithoutArrays { .. } => Reading::Straight,
        };
        let without_arrays = matches!(program, Program::WithoutArrays { .. });
        let mut reader = match (self.reader.take(), program) {
            (Some(reader), Program::Straight) => reader,
            _ => Reader::new(self.source, self.span.clone(), reading),
        };
        reader.restart(at);
        let options = Options {
            reading,
            arrays: !without_arrays,
            keep: self.keep,
            ..Options::default()
        };
        let mut nested: Vec<Nested> = Vec::new();
        let mut decoded: Vec<(u64, Arc<[u8]>)> = Vec::new();
        let budget = cx.budget();
        let mut held: Vec<Event> = Vec::new();
        let mut sink = |event: &Event| match (event.fact, &event.content) {
            // Array data read as opcodes says many things; names do not come
            // about by chance, and neither does a whole program.
            (fact, _) if without_arrays && !is_named(fact) => {
                if held.len() < HELD_CAP {
                    held.push(event.clone());
                }
            }
            (Fact::Nested(bytes), _) => nested.push(bytes),
            (Fact::NestedComputed, Some(bytes)) => decoded.push((event.span.start, bytes.clone())),
            _ => report(event, program, told, cx),
        };
        let (summary, reader) = examine_from(self.source, reader, &options, budget, &mut sink);
        if program == Program::Straight {
            self.reader = Some(reader);
        }
        if summary.ending.is_stop() && program == (Program::WithoutArrays { numbers: true }) {
            for event in &held {
                report(event, program, told, cx);
            }
        }
        for bytes in nested {
            self.add_member(bytes, cx)?;
        }
        for (at, bytes) in decoded {
            self.add_decoded(at, &bytes, cx)?;
        }
        match summary.ending {
            Ending::Fault(fault) => Err(fault),
            _ => Ok(summary),
        }
    }

    /// Bytes that came out of a decoder are a member that belongs to the opcode
    /// that loads them.
    fn add_decoded(&mut self, at: u64, bytes: &[u8], cx: &mut Context<'_>) -> Result<(), Fault> {
        if bytes.is_empty() || !self.decoded.insert(at) {
            return Ok(());
        }
        cx.member(Member {
            name: format!("bytes@{at}"),
            body: Body::Decoded(bytes.to_vec()),
            stated: None,
        })?;
        Ok(())
    }

    /// Bytes that the pickle loads again are a member.
    fn add_member(&mut self, nested: Nested, cx: &mut Context<'_>) -> Result<(), Fault> {
        let span = nested.literal.span();
        // Members never overlap, so only the last one that begins before the
        // end of this one can.
        let before = self.members.range(..span.end).next_back();
        if span.is_empty() || before.is_some_and(|(_, &end)| end > span.start) {
            return Ok(());
        }
        let body = match nested.as_text {
            false => Body::Stored(span.clone()),
            true if nested.literal.len() <= DECODED_BYTES => {
                let cap = usize::try_from(nested.literal.len()).unwrap_or(0);
                let text = nested.literal.fetch(self.source, cap)?;
                Body::Decoded(latin1(&text))
            }
            true => {
                let detail = "bytes written as text are too long to be decoded";
                cx.gap(span, Why::Limit, detail);
                return Ok(());
            }
        };
        cx.member(Member {
            name: format!("bytes@{}", span.start),
            body,
            stated: None,
        })?;
        self.members.insert(span.start, span.end);
        Ok(())
    }
}

/// Text whose characters are bytes, as bytes.
fn latin1(text: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(text);
    let byte = |c: char| u8::try_from(u32::from(c)).unwrap_or(b'?');
    text.chars().map(byte).collect()
}

/// Report an event; of the other programs in the same bytes, what the first
/// has not told.
fn report(
    event: &Event,
    program: Program,
    told: &mut HashSet<(u64, &'static str)>,
    cx: &mut Context<'_>,
) {
    let Some(draft) = draft(event) else {
        return;
    };
    match program {
        Program::Straight if told.len() < TOLD_CAP => {
            told.insert(key(&draft));
        }
        Program::Straight => {}
        _ if told.contains(&key(&draft)) => return,
        Program::Buffered | Program::WithoutArrays { .. } => {}
    }
    cx.report(draft);
}

/// Whether a fact is about a name that is known to be dangerous.
fn is_named(fact: Fact) -> bool {
    matches!(fact, Fact::DangerousCall(_) | Fact::DangerousImport(_))
}

fn key(draft: &Draft) -> (u64, &'static str) {
    (draft.place.offset.unwrap_or(0), draft.rule.id)
}

/// Whether bytes say nothing: zeros and line ends.
pub(crate) fn is_blank(bytes: &[u8]) -> bool {
    bytes.iter().all(|b| matches!(b, 0 | b'\n' | b'\r'))
}
