//! The metadata: strings only, and none that runs.

use super::super::tally::Tally;
use super::super::{Context, addresses};
use super::header::{Header, KEY_SHOWN_CHARS};
use crate::detect::code;
use crate::report::{Span, Why, escape_text};
use crate::rules::safetensors as rules;
use crate::wire::Fault;
use crate::wire::json::{Event, NAMES_CAP, Names, Reader, Seen, Text, Token};

/// What was read of the metadata.
#[derive(Default)]
struct Reading {
    /// Brackets that are open.
    depth: usize,
    /// The last key, its beginning.
    key: String,
    /// Keys of the metadata itself.
    names: Names,
}

/// Read the value of `__metadata__`, whose key stands at `at`, and judge every
/// string in it, however deep.
pub(super) fn read(
    header: &mut Header,
    reader: &mut Reader<'_>,
    at: u64,
    cx: &mut Context<'_>,
    tally: &mut Tally,
) -> Result<(), Fault> {
    let mut reading = Reading::default();
    loop {
        cx.budget().check()?;
        let Some(event) = reader.next()? else {
            return Ok(());
        };
        match event.token {
            Token::ObjectStart if reading.depth == 0 => reading.depth = 1,
            Token::Null if reading.depth == 0 => {}
            Token::ObjectEnd | Token::ArrayEnd => {
                reading.depth = reading.depth.saturating_sub(1);
            }
            Token::Key(key) => reading.key(key, event.span, tally),
            _ => reading.value(event, at, header, cx, tally),
        }
        if reading.depth == 0 {
            return Ok(());
        }
    }
}

impl Reading {
    fn key(&mut self, key: Text<'_>, span: Span, tally: &mut Tally) {
        self.key.clear();
        self.key.extend(key.value.chars().take(KEY_SHOWN_CHARS));
        if self.depth == 1 && self.names.see(key.value, NAMES_CAP) == Seen::Again {
            let message = format!("the metadata `{}` stands twice", escape_text(&self.key));
            let draft = rules::DUPLICATE_KEY.at(span.start).message(message);
            tally.add(draft.within(&self.key));
        }
        judge("", key.value, &span, tally);
    }

    fn value(
        &mut self,
        event: Event<'_>,
        at: u64,
        header: &mut Header,
        cx: &mut Context<'_>,
        tally: &mut Tally,
    ) {
        let text = match event.token {
            Token::String(text) => Some(text),
            _ => None,
        };
        if self.depth != 1 || text.is_none() {
            let kind = event.token.kind();
            let what = match self.depth {
                0 => format!("the metadata is {kind}"),
                _ => format!("the metadata `{}` holds {kind}", escape_text(&self.key)),
            };
            header.refuse(&what);
            tally.add(
                rules::INVALID_METADATA
                    .at(at)
                    .message(what)
                    .within(&self.key),
            );
        }
        if matches!(event.token, Token::ObjectStart | Token::ArrayStart) {
            self.depth = self.depth.saturating_add(1);
        }
        if let Some(text) = text {
            judge(&self.key, text.value, &event.span, tally);
            let owner = format!("the metadata `{}`", escape_text(&self.key));
            addresses::judge((&owner, &self.key), text.value, &event.span, tally, cx);
            if text.is_cut() {
                let detail = format!(
                    "the metadata `{}` is {} bytes long; at most {} are judged",
                    escape_text(&self.key),
                    text.len,
                    text.value.len()
                );
                cx.gap(event.span, Why::Limit, detail);
            }
        }
    }
}

/// Report a metadata text that runs once it is evaluated.
fn judge(key: &str, value: &str, span: &Span, tally: &mut Tally) {
    let called = key.ends_with("_target_").then(|| code::target(value));
    let Some(found) = called.flatten().or_else(|| code::code_like(value)) else {
        return;
    };
    let place = match key {
        "" => "a metadata key".to_owned(),
        key => format!("the metadata `{}`", escape_text(key)),
    };
    tally.add(
        rules::CODE_IN_METADATA
            .at(span.clone())
            .severity(found.severity)
            .message(format!("{place} holds {}", found.what))
            .evidence(found.excerpt)
            .within(key),
    );
}
