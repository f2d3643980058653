//! Pickles embedded in other bytes: in weights, in files of no known format,
//! in text.
//!
//! An *anchor* is the way a stream spells the name of a module from which a
//! payload takes its function: `cos\n`, `\x8c\x05posix`, 4 to 16 bytes. That
//! alone proves nothing. The *verifier* runs the symbolic machine over the
//! bytes around it, from a few places where the stream may begin, and a hit
//! needs a walk with a consistent stack up to a *call* of a critical function
//! whose module is the one read at the anchor. The anchor owns the hit, so a
//! pickle that is found from several anchors or beginnings is told once for
//! each dangerous import, and a hit follows from the bytes within the margins
//! around its anchor alone.
//!
//! Random bytes hold at most 2⁴⁰ · 64 / 2³² ≈ 16,000 anchors per TiB. Behind
//! each, chance would have to write a known name (at least 5 bytes) with its
//! end, arguments and a calling opcode, at least 9 bytes in all: fewer than
//! 10⁻¹⁷ false hits per TiB beside the anchors, where < 0.01 is wanted.
//!
//! Not found here: payloads that reach their function through modules that are
//! no anchor, and those whose call is further from the name than the margin.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::anchors::Literal;
use super::globals::{self, Judgement};
use super::pickle::{Ending, Event, Fact, Options, examine, is_path};
use super::{Hit, Reach, Sighting, Sweeper};
use crate::budget::Budget;
use crate::report::{Severity, Span as Place};
use crate::rules::embedded::PICKLE;
use crate::source::{Margins, Memory, Source, Window};
use crate::wire::pickle::Opcode;

/// Bytes before an anchor in which the stream may begin.
const BEFORE_BYTES: usize = 4 << 10;

/// Bytes from an anchor on in which the call must end. Long enough for code
/// that is an argument.
const AFTER_BYTES: usize = 64 << 10;

/// Protocols before an anchor that are tried as a beginning, nearest first.
const PROTOCOLS_TRIED: usize = 4;

/// Marks before an anchor that are tried as a beginning, nearest first.
const MARKS_TRIED: usize = 4;

/// Bytes before an anchor in which marks are looked for.
const MARK_BYTES: usize = 512;

/// Walks that are remembered at a time.
const WALKS_KEPT: usize = 1 << 14;

/// Opcodes of one walk.
const WALK_OPCODES: u64 = 512;

/// Imports of one walk; what comes behind has anchors of its own.
const WALK_IMPORTS: u64 = 8;

/// Bytes of a walk that are looked at first; more only where they end it.
const FIRST_LOOK_BYTES: usize = 1 << 10;

/// Longest name of a function on a line of its own.
const NAME_LINE_BYTES: usize = 64;

/// The opcode that makes two texts a global.
const STACK_GLOBAL: u8 = Opcode::StackGlobal as u8;

/// Modules whose functions payloads call.
const MODULES: [&str; 16] = [
    "os",
    "posix",
    "nt",
    "subprocess",
    "builtins",
    "__builtin__",
    "sys",
    "runpy",
    "pty",
    "commands",
    "socket",
    "importlib",
    "ctypes",
    "shutil",
    "pickle",
    "marshal",
];

/// Finds pickles that call something dangerous inside other bytes.
pub struct EmbeddedPickles;

/// How a stream spells the name of a module of this length: what stands in
/// front of the name, and behind it.
fn spellings(len: u8) -> [(Vec<u8>, &'static [u8]); 4] {
    [
        (b"c".to_vec(), b"\n"),
        (b"i".to_vec(), b"\n"),
        (vec![0x8c, len], b""),
        (vec![b'X', len, 0, 0, 0], b""),
    ]
}

/// The spellings of all modules, and how far behind the first byte of each the
/// module's name is.
fn anchors() -> impl Iterator<Item = (Vec<u8>, usize)> {
    MODULES.iter().flat_map(|module| {
        let len = u8::try_from(module.len()).unwrap_or(u8::MAX);
        spellings(len).map(|(front, back)| {
            let skip = front.len();
            ([&front, module.as_bytes(), back].concat(), skip)
        })
    })
}

/// How far the module's name is behind the first byte of each anchor.
static NAMES: LazyLock<Vec<usize>> = LazyLock::new(|| anchors().map(|(_, skip)| skip).collect());

impl Sweeper for EmbeddedPickles {
    fn margins(&self) -> Margins {
        Margins {
            before: BEFORE_BYTES as u64,
            after: AFTER_BYTES as u64,
        }
    }

    fn literals(&self) -> Vec<Literal> {
        anchors().map(|(bytes, _)| Literal::exact(bytes)).collect()
    }

    fn judge(&self, window: &Window<'_>, sightings: &[Sighting], tell: &mut dyn FnMut(Hit)) {
        let mut verifier = Verifier {
            bytes: window.bytes,
            walks: HashMap::new(),
        };
        for sighting in sightings {
            let skip = NAMES.get(sighting.literal).copied().unwrap_or_default();
            let name = sighting.at.saturating_add(skip);
            if let Some(call) = verifier.verify(sighting.at, name) {
                let at = window.position(call.span.start);
                let end = window.position(call.span.end);
                tell(hit(at..end, &call.shown));
            }
        }
    }
}

fn hit(place: Place, shown: &str) -> Hit {
    Hit {
        draft: PICKLE
            .at(place)
            .message(format!("an embedded pickle calls `{shown}`"))
            .evidence(shown),
        reach: Reach::NotProse,
        carve: None,
    }
}

/// A critical call that a walk met, by window index.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Call {
    /// The opcode that calls.
    span: std::ops::Range<usize>,
    /// Where the name of the function's module stands.
    site: usize,
    /// The call, readable.
    shown: String,
}

/// Runs the machine around anchors; walks from one beginning are shared.
struct Verifier<'w> {
    bytes: &'w [u8],
    walks: HashMap<usize, Vec<Call>>,
}

impl Verifier<'_> {
    /// The call of the function that is named at `name`, if a stream around
    /// `anchor` makes one.
    fn verify(&mut self, anchor: usize, name: usize) -> Option<Call> {
        if !self.is_worth_a_walk(anchor, name) {
            return None;
        }
        let limit = anchor.saturating_add(AFTER_BYTES);
        for start in beginnings(self.bytes, anchor) {
            let calls = self.walk(start);
            let owned = |call: &&Call| call.site == name && call.span.end <= limit;
            if let Some(call) = calls.iter().find(owned) {
                return Some(call.clone());
            }
        }
        None
    }

    /// A look at what must follow: the name of a critical function on the next
    /// line, or the opcode that makes two texts a global.
    fn is_worth_a_walk(&self, anchor: usize, name: usize) -> bool {
        let limit = anchor.saturating_add(AFTER_BYTES).min(self.bytes.len());
        let rest = self.bytes.get(name..limit).unwrap_or_default();
        if name.saturating_sub(anchor) > 1 {
            return memchr::memchr(STACK_GLOBAL, rest).is_some();
        }
        let cap = NAME_LINE_BYTES.saturating_mul(2).min(rest.len());
        let mut lines = rest
            .get(..cap)
            .unwrap_or_default()
            .splitn(3, |&b| b == b'\n');
        let text = |line: Option<&[u8]>| String::from_utf8(line?.to_vec()).ok();
        match (text(lines.next()), text(lines.next()), lines.next()) {
            // C code has `int` on a line of its own, and a declaration behind it.
            (Some(module), Some(function), Some(_)) => {
                is_path(&function) && is_critical(&module, &function)
            }
            _ => false,
        }
    }

    /// The critical calls of the stream that begins at `start`. What it finds
    /// does not depend on where the window ends, as far as a call that ends
    /// inside the margin of its anchor is concerned.
    fn walk(&mut self, start: usize) -> &[Call] {
        let bytes = self.bytes;
        if self.walks.len() >= WALKS_KEPT {
            self.walks.clear();
        }
        self.walks
            .entry(start)
            .or_insert_with(|| walk(bytes, start))
    }
}

/// Walk a little first: most walks end soon, and reading less is cheaper. A
/// walk over more bytes makes the same calls and those behind them.
fn walk(bytes: &[u8], start: usize) -> Vec<Call> {
    let whole = BEFORE_BYTES.saturating_add(AFTER_BYTES);
    match walk_over(bytes, start, FIRST_LOOK_BYTES) {
        (calls, true) => calls,
        (_, false) => walk_over(bytes, start, whole).0,
    }
}

/// The critical calls within `len` bytes, and whether more bytes would change
/// nothing.
fn walk_over(bytes: &[u8], start: usize, len: usize) -> (Vec<Call>, bool) {
    let end = start.saturating_add(len).min(bytes.len());
    let source = Memory::borrowed(bytes.get(start..end).unwrap_or_default());
    let options = Options {
        fuel: WALK_OPCODES,
        imports: WALK_IMPORTS,
        ..Options::default()
    };
    let mut calls = Vec::new();
    let budget = Budget::unlimited();
    let mut sink = |event: &Event| calls.extend(critical_call(event, start));
    let summary = examine(&source, 0..source.len(), &options, &budget, &mut sink);
    let complete = matches!(summary.ending, Ending::Stop | Ending::Fuel);
    (calls, complete || end == bytes.len())
}

fn is_critical(module: &str, function: &str) -> bool {
    let judgement = globals::judge(module, function);
    matches!(
        judgement,
        Judgement::Dangerous {
            severity: Severity::Critical,
            ..
        }
    )
}

/// The call that an event is, if it is a critical one of a named function.
fn critical_call(event: &Event, start: usize) -> Option<Call> {
    let Fact::DangerousCall(danger) = event.fact else {
        return None;
    };
    if danger.severity != Severity::Critical {
        return None;
    }
    let index = |at: u64| Some(start.saturating_add(usize::try_from(at).ok()?));
    Some(Call {
        span: index(event.span.start)?..index(event.span.end)?,
        site: index(event.site?)?,
        shown: event.shown.clone(),
    })
}

/// Where a stream that reads an import at `anchor` may begin: there, at a
/// protocol before it, at a mark before it.
fn beginnings(bytes: &[u8], anchor: usize) -> impl Iterator<Item = usize> {
    let before = bytes.get(..anchor).unwrap_or_default();
    let near = |reach: usize| {
        before
            .get(anchor.saturating_sub(reach)..)
            .unwrap_or_default()
    };
    let base = anchor.saturating_sub(BEFORE_BYTES);
    let protocols: Vec<usize> = memchr::memrchr_iter(0x80, near(BEFORE_BYTES))
        .map(|index| base.saturating_add(index))
        .filter(|&at| matches!(bytes.get(at.saturating_add(1)), Some(0..=5)))
        .take(PROTOCOLS_TRIED)
        .collect();
    let base = anchor.saturating_sub(MARK_BYTES);
    let marks: Vec<usize> = memchr::memrchr_iter(b'(', near(MARK_BYTES))
        .map(|index| base.saturating_add(index))
        .take(MARKS_TRIED)
        .collect();
    std::iter::once(anchor).chain(protocols).chain(marks)
}

#[cfg(test)]
mod tests;
