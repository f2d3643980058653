//! Values: is this attribute, or this run of bytes, something by itself.

use std::collections::HashSet;
use std::sync::Arc;

use super::judge::shown;
use crate::detect::code;
use crate::formats::keras::KerasConfig;
use crate::formats::manifest::Manifest;
use crate::formats::pickle::Pickle;
use crate::formats::tally::Tally;
use crate::formats::{Artifact, Body, Claim, Context, FORMATS, Format as _, Kind, Member, Probe};
use crate::report::{Span, Why};
use crate::rules::hdf5 as rules;
use crate::source::Slice;
use crate::wire::Fault;

/// Shortest value that can be something.
const LEAST_BYTES: u64 = 4;

/// Bytes of a text that are judged.
const TEXT_CAP_BYTES: u64 = 1 << 20;

/// Values of one file that are looked at, and how often its bytes are.
const READS_OF_FILE: u64 = 4;
const READ_FLOOR_BYTES: u64 = 16 << 20;

/// Bytes that a look at a value costs at least.
const LOOK_BYTES: u64 = 64;

/// Judges values, each run of bytes once.
pub(super) struct Values {
    artifact: Artifact,
    seen: HashSet<u64>,
    read: u64,
    /// Values that were not looked at.
    left: u64,
}

impl Values {
    pub fn new(artifact: &Artifact) -> Self {
        Values {
            artifact: artifact.clone(),
            seen: HashSet::new(),
            read: 0,
            left: 0,
        }
    }

    /// Say what was left out.
    pub fn finish(&self, cx: &mut Context<'_>) {
        if self.left > 0 {
            let len = self.artifact.source.len();
            let detail = format!(
                "{} values share bytes with others and are not judged",
                self.left
            );
            cx.gap(0..len, Why::Limit, detail);
        }
    }

    /// Judge text or bytes of an attribute.
    pub fn judge(
        &mut self,
        name: &str,
        span: Span,
        cx: &mut Context<'_>,
        tally: &mut Tally,
    ) -> Result<(), Fault> {
        let span = self.trimmed(span)?;
        if !self.may_look(&span) || self.member(name, &span, cx, tally)? {
            return Ok(());
        }
        let end = span.end.min(span.start.saturating_add(TEXT_CAP_BYTES));
        let chunk = self.artifact.source.chunk(span.start..end)?;
        let Ok(text) = std::str::from_utf8(&chunk) else {
            return Ok(());
        };
        if let Some(found) = code::code_like(text) {
            let message = format!("`{}` holds {}", shown(name), found.what);
            let draft = rules::CODE_IN_ATTRIBUTE.at(span.clone());
            let draft = draft.severity(found.severity).message(message);
            tally.add(draft.evidence(found.excerpt).within(shown(name)));
        }
        chunk.verify()?;
        if end < span.end {
            let detail = format!(
                "`{}`: its first {TEXT_CAP_BYTES} bytes are judged",
                shown(name)
            );
            cx.gap(end..span.end, Why::Limit, detail);
        }
        Ok(())
    }

    /// Judge bytes of a dataset, which are data unless they are something by
    /// themselves.
    pub fn content(
        &mut self,
        name: &str,
        span: Span,
        cx: &mut Context<'_>,
        tally: &mut Tally,
    ) -> Result<(), Fault> {
        if self.may_look(&span) {
            self.member(name, &span, cx, tally)?;
        }
        Ok(())
    }

    /// A text without the NULs that fill it up.
    fn trimmed(&self, span: Span) -> Result<Span, Fault> {
        let source = &self.artifact.source;
        let from = span.start.max(span.end.saturating_sub(TEXT_CAP_BYTES));
        let tail = source.chunk(from..span.end)?;
        let used = tail
            .iter()
            .rposition(|&b| b != 0)
            .map_or(0, |at| at.saturating_add(1));
        Ok(span.start..from.saturating_add(used as u64))
    }

    pub(super) fn may_look(&mut self, span: &Span) -> bool {
        let len = span.end.saturating_sub(span.start);
        if len < LEAST_BYTES || !self.seen.insert(span.start) {
            return false;
        }
        let may = self.artifact.source.len().saturating_mul(READS_OF_FILE);
        let room = may.saturating_add(READ_FLOOR_BYTES);
        self.read = self
            .read
            .saturating_add(len.clamp(LOOK_BYTES, TEXT_CAP_BYTES));
        let may = self.read <= room;
        if !may {
            self.left = self.left.saturating_add(1);
        }
        may
    }

    /// Name a value that is something by itself; whether it is.
    fn member(
        &self,
        name: &str,
        span: &Span,
        cx: &mut Context<'_>,
        tally: &mut Tally,
    ) -> Result<bool, Fault> {
        let source = Slice::new(Arc::clone(&self.artifact.source), span.clone());
        let inner = Artifact {
            source: Arc::new(source),
            name: name.to_owned(),
            ..self.artifact.clone()
        };
        let probe = Probe::new(&inner);
        let is_pickle = Pickle.recognise(&probe) >= Claim::Magic;
        if is_pickle {
            let message = format!("`{}` is a pickle", shown(name));
            let draft = rules::PICKLED_VALUE.at(span.clone()).message(message);
            tally.add(draft.within(shown(name)));
        }
        let is_config = || {
            KerasConfig.recognise(&probe) >= Claim::Magic
                || Manifest.recognise(&probe) == Claim::Structure
        };
        let is_file = || {
            let kinds = [Kind::Text, Kind::Media];
            let may = FORMATS.iter().filter(|f| !kinds.contains(&f.kind()));
            may.into_iter()
                .any(|f| f.recognise(&probe) == Claim::Structure)
        };
        if !(is_pickle || is_config() || is_file()) {
            return Ok(false);
        }
        cx.member(Member::new(name, Body::Stored(span.clone())))?;
        Ok(true)
    }
}
