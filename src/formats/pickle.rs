//! Python pickle, protocols 0 to 5: a program for a small stack machine that
//! makes objects.
//!
//! The program may import any object of any installed module and call it, so
//! loading a pickle from elsewhere runs whatever it says. This format walks
//! every opcode of every stream in the file with the symbolic machine of
//! [`detect::pickle`](crate::detect::pickle) and reports what loading would do.
//! It continues behind the end of a stream and behind a break, because loaders
//! do, and because what lies there is where tools stop looking.
//!
//! Not checked: what a known class does with the state it is given, and what
//! an imported module does when it is imported.

mod recognition;
mod walk;

pub(super) use walk::{Walk, is_blank};

use self::recognition::{Follower, Start, start};
use super::{Artifact, Claim, Content, Context, Format, FormatSpec, Probe};
use crate::detect::pickle::{Ending, Summary};
use crate::report::{Severity, Span, Why};
use crate::rules::pickle as rules;
use crate::source::Source;
use crate::wire::Fault;

/// How far behind a stream the beginning of another one is looked for.
const RESUME_BYTES: u64 = 1 << 20;

/// Beginnings behind a stream that are tried.
const RESUME_TRIALS: usize = 4096;

/// Python pickle.
pub struct Pickle;

static SPEC: FormatSpec = FormatSpec {
    id: "pickle",
    title: "Python pickle",
    suffixes: &[
        ".pkl", ".pickle", ".joblib", ".dill", ".p", ".pt", ".pth", ".ckpt", ".model",
    ],
    runs_code: true,
    content: Content::Data,
    layer_of: None,
    references: &[
        "https://docs.python.org/3/library/pickle.html",
        "https://github.com/python/cpython/blob/main/Lib/pickletools.py",
        "https://peps.python.org/pep-3154/",
        "https://peps.python.org/pep-0574/",
    ],
    limitations: &[
        "What a known class does with the state it is given is not followed.",
        "What a module does when it is imported is not followed.",
        "Functions that the pickle carries are judged by the names in their bytecode, not by what they compute.",
    ],
};

/// Suffixes that nothing but a pickle has.
const OWN_SUFFIXES: [&str; 4] = [".pkl", ".pickle", ".joblib", ".dill"];

impl Format for Pickle {
    fn spec(&self) -> &'static FormatSpec {
        &SPEC
    }

    fn recognise(&self, probe: &Probe<'_>) -> Claim {
        if super::torch_legacy::begins_file(probe.head()) || super::torch_tar::is_part(probe) {
            return Claim::No;
        }
        let hinted = probe.has_suffix(SPEC.suffixes);
        match start(probe.source(), 0, hinted) {
            Start::Sure => Claim::Structure,
            Start::Likely => Claim::Magic,
            Start::No if probe.has_suffix(&OWN_SUFFIXES) && !probe.is_empty() => Claim::Name,
            Start::No => Claim::No,
        }
    }

    fn examine(&self, artifact: &Artifact, cx: &mut Context<'_>) -> Result<(), Fault> {
        let source = artifact.source.as_ref();
        let len = source.len();
        cx.accounts();
        let mut walk = Walk::new(source, 0..len);
        let mut follower = Follower::new(source);
        let mut at = 0;
        while at < len {
            cx.budget().check()?;
            let summary = walk.stream(at, cx)?;
            let end = summary.span.end;
            if at == 0 && !summary.ending.is_stop() && start(source, 0, true) == Start::No {
                return Err(broken(summary));
            }
            at = match summary.ending {
                Ending::Stop => follow(source, end, &mut follower, cx)?,
                _ => resume(source, summary, cx)?,
            };
        }
        Ok(())
    }
}

/// What stands behind the end of a stream: nothing, another stream, or bytes
/// that are no pickle. Returns where the next stream begins.
fn follow(
    source: &dyn Source,
    end: u64,
    follower: &mut Follower<'_>,
    cx: &mut Context<'_>,
) -> Result<u64, Fault> {
    let len = source.len();
    if follower.begins(end) {
        return Ok(end);
    }
    let next = first_set(source, end..len, cx)?;
    if next >= len || (next > end && follower.begins(next)) {
        return Ok(next);
    }
    // What a resumed stream lies in may be an archive.
    cx.slack(next..len);
    let resumed = next_stream(source, next, cx)?;
    report_trailing(next..resumed.unwrap_or(len), source, cx)?;
    Ok(resumed.unwrap_or(len))
}

/// Report a stream that did not reach its end, and where the next one begins.
fn resume(source: &dyn Source, summary: Summary, cx: &mut Context<'_>) -> Result<u64, Fault> {
    let len = source.len();
    let end = summary.span.end;
    report_break(&summary, len, cx);
    let next = match summary.ending {
        Ending::Cut | Ending::Limit(_) => None,
        _ => next_stream(source, end, cx)?,
    };
    let gap = end..next.unwrap_or(len);
    match summary.ending {
        Ending::Limit(what) => cx.gap(
            gap,
            Why::Limit,
            format!("the rest of the pickle is not followed: too many {what}"),
        ),
        Ending::Broken(what) if !gap.is_empty() => cx.gap(
            gap,
            Why::Malformed,
            format!("the pickle cannot be followed from here: {what}"),
        ),
        _ => {}
    }
    Ok(next.unwrap_or(len))
}

/// The fault of a file that is no pickle at all.
fn broken(summary: Summary) -> Fault {
    let at = summary.span.end;
    match summary.ending {
        Ending::Broken(what) => Fault::malformed(at, what),
        _ => Fault::malformed(at, "the pickle has no end"),
    }
}

/// Report that a stream broke or has no end.
pub(super) fn report_break(summary: &Summary, len: u64, cx: &mut Context<'_>) {
    let end = summary.span.end;
    let acts = summary.calls.saturating_add(summary.imports) > 0;
    let severity = match acts {
        true => Severity::Medium,
        false => Severity::Low,
    };
    let before = format!(
        "{} imports and {} calls stand before it",
        summary.imports, summary.calls
    );
    let message = match &summary.ending {
        Ending::Broken(what) => {
            format!("the pickle breaks at offset {end}: {what}; {before}")
        }
        Ending::Cut => format!("the pickle ends without STOP; {before}"),
        _ => return,
    };
    let place = end.min(len.saturating_sub(1))..end.saturating_add(1).min(len);
    cx.report(
        rules::MALFORMED
            .at(place)
            .severity(severity)
            .message(message),
    );
}

/// Report bytes that belong to no pickle, unless they say nothing.
pub(super) fn report_trailing(
    span: Span,
    source: &dyn Source,
    cx: &mut Context<'_>,
) -> Result<(), Fault> {
    let mut head = [0u8; 64];
    let filled = source.fill_at(span.start, &mut head)?;
    let shown = usize::try_from(span.end.saturating_sub(span.start)).unwrap_or(filled);
    let head = head.get(..filled.min(shown)).unwrap_or_default();
    if is_blank(head) && span.end.saturating_sub(span.start) <= head.len() as u64 {
        return Ok(());
    }
    let bytes = span.end.saturating_sub(span.start);
    cx.slack(span.clone());
    cx.report(
        rules::TRAILING_DATA
            .at(span)
            .message(format!("{bytes} bytes behind the pickle are no pickle"))
            .bytes(head),
    );
    Ok(())
}

/// Position of the first byte that is not zero.
pub(super) fn first_set(
    source: &dyn Source,
    span: Span,
    cx: &mut Context<'_>,
) -> Result<u64, Fault> {
    let mut at = span.start;
    let mut buffer = vec![0u8; 64 << 10];
    while at < span.end {
        cx.tick()?;
        let filled = source.fill_at(at, &mut buffer)?;
        let seen = buffer.get(..filled).unwrap_or_default();
        match seen.iter().position(|&b| b != 0) {
            Some(index) => return Ok(at.saturating_add(index as u64).min(span.end)),
            None if filled == 0 => break,
            None => at = at.saturating_add(filled as u64),
        }
    }
    Ok(span.end)
}

/// The next place from `from` on, within [`RESUME_BYTES`], where a pickle with
/// a protocol begins that does something or ends well.
fn next_stream(source: &dyn Source, from: u64, cx: &mut Context<'_>) -> Result<Option<u64>, Fault> {
    let cap = usize::try_from(RESUME_BYTES.min(source.len().saturating_sub(from))).unwrap_or(0);
    let mut buffer = vec![0u8; cap];
    let filled = source.fill_at(from, &mut buffer)?;
    let seen = buffer.get(..filled).unwrap_or_default();
    let mut trials = 0usize;
    for index in memchr::memchr_iter(0x80, seen) {
        cx.tick()?;
        if !matches!(seen.get(index.saturating_add(1)), Some(0..=5)) {
            continue;
        }
        trials = trials.saturating_add(1);
        if trials > RESUME_TRIALS {
            break;
        }
        let at = from.saturating_add(index as u64);
        if start(source, at, false) == Start::Sure {
            return Ok(Some(at));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests;
