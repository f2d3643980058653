//! Keys and values: what a reader does with them.

use std::sync::Arc;

use crate::formats::pickle::Pickle;
use crate::formats::{Artifact, Body, Claim, Context, Format as _, Member, Probe};
use crate::report::{Span, escape_text};
use crate::rules::arrow as rules;
use crate::source::Slice;
use crate::wire::Fault;
use crate::wire::flatbuffer::Vector;

/// Bytes of a key or of the name of a column that are read.
pub(super) const NAME_CAP_BYTES: u64 = 256;

/// The key of the name of an extension type.
const EXTENSION_NAME: &str = "ARROW:extension:name";

/// The key of what describes one.
const EXTENSION_METADATA: &str = "ARROW:extension:metadata";

/// The extension type whose description is a pickle: `pyarrow.PyExtensionType`.
const PY_EXTENSION: &str = "arrow.py_extension_type";

/// Extension types whose values are pickles, which their library loads.
const PICKLED_VALUES: [&str; 1] = ["ray.data.arrow_pickled_object"];

/// Judges the keys and values of one artifact.
pub(in crate::formats) struct Metadata<'a> {
    artifact: &'a Artifact,
}

impl<'a> Metadata<'a> {
    pub(in crate::formats) fn new(artifact: &'a Artifact) -> Self {
        Metadata { artifact }
    }

    /// The beginning of a text of the artifact.
    pub(super) fn text(&self, span: Option<Span>, cap: u64) -> Result<String, Fault> {
        let span = span.unwrap_or(0..0);
        let end = span.end.min(span.start.saturating_add(cap));
        let bytes = self.artifact.source.chunk(span.start..end)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Judge pairs of which only the values may say something: those of a
    /// schema, a footer, a message.
    pub(super) fn pairs(
        &self,
        pairs: Option<Vector<'_, '_>>,
        owner: &str,
        cx: &mut Context<'_>,
    ) -> Result<(), Fault> {
        self.each(pairs, cx, |key, value, cx| {
            self.value(key, value, owner, cx)
        })
    }

    /// Judge the pairs of a column, among which an extension type may be.
    pub(super) fn column(
        &self,
        pairs: Option<Vector<'_, '_>>,
        column: &str,
        cx: &mut Context<'_>,
    ) -> Result<(), Fault> {
        let owner = format!("the column `{}`", escape_text(column));
        // Readers do not agree on which of several names counts: all do.
        let mut is_python = false;
        self.each(pairs.clone(), cx, |key, value, cx| {
            if key != EXTENSION_NAME {
                return Ok(());
            }
            let name = self.text(Some(value.clone()), NAME_CAP_BYTES)?;
            is_python |= name == PY_EXTENSION;
            if PICKLED_VALUES.contains(&name.as_str()) {
                let message = format!("the values of {owner} are pickles, by its type `{name}`");
                let draft = rules::PICKLED_OBJECTS.at(value).message(message);
                cx.report(draft.within(column));
            }
            Ok(())
        })?;
        self.each(pairs, cx, |key, value, cx| match key {
            EXTENSION_NAME => Ok(()),
            EXTENSION_METADATA => self.extension(is_python, value, column, cx),
            _ => self.value(key, value, &owner, cx),
        })
    }

    fn each(
        &self,
        pairs: Option<Vector<'_, '_>>,
        cx: &mut Context<'_>,
        mut judge: impl FnMut(&str, Span, &mut Context<'_>) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        let Some(pairs) = pairs else {
            return Ok(());
        };
        for index in 0..pairs.len() {
            cx.tick()?;
            let pair = pairs.table(index)?;
            let key = self.text(pair.string(0)?, NAME_CAP_BYTES)?;
            if let Some(value) = pair.string(1)? {
                judge(&key, value, cx)?;
            }
        }
        Ok(())
    }

    /// The description of an extension type.
    fn extension(
        &self,
        is_python: bool,
        span: Span,
        column: &str,
        cx: &mut Context<'_>,
    ) -> Result<(), Fault> {
        if span.is_empty() || !(is_python || self.is_pickle(&span, "extension.pkl")) {
            return Ok(());
        }
        let message = format!(
            "the extension type of the column `{}` is described by a pickle",
            escape_text(column)
        );
        cx.report(
            rules::PICKLED_TYPE
                .at(span.clone())
                .message(message)
                .within(column),
        );
        let short: String = column.chars().take(64).collect();
        self.member(format!("{short}.extension.pkl"), span, cx)
    }

    /// The value of any other key.
    pub(in crate::formats) fn value(
        &self,
        key: &str,
        span: Span,
        owner: &str,
        cx: &mut Context<'_>,
    ) -> Result<(), Fault> {
        if !self.is_pickle(&span, "value") {
            return Ok(());
        }
        let message = format!("the value of `{}` in {owner} is a pickle", escape_text(key));
        cx.report(
            rules::PICKLED_METADATA
                .at(span.clone())
                .message(message)
                .within(key),
        );
        let short: String = key.chars().take(64).collect();
        self.member(format!("{short}.pkl"), span, cx)
    }

    fn member(&self, name: String, span: Span, cx: &mut Context<'_>) -> Result<(), Fault> {
        let body = Body::Stored(span);
        Ok(cx.member(Member::new(name, body))?)
    }

    /// Whether these bytes are a pickle, under this name.
    fn is_pickle(&self, span: &Span, name: &str) -> bool {
        if span.is_empty() {
            return false;
        }
        let source = Slice::new(Arc::clone(&self.artifact.source), span.clone());
        let inner = Artifact {
            source: Arc::new(source),
            name: name.to_owned(),
            ..self.artifact.clone()
        };
        Pickle.recognise(&Probe::new(&inner)) >= Claim::Magic
    }
}
