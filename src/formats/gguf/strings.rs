//! The texts of the metadata: templates, JSON, and what should be neither.

use super::super::addresses;
use super::super::manifest::{Events, judge_template};
use super::header::Walk;
use super::metadata::shown;
use crate::detect::code;
use crate::report::{Span, Why, escape_text};
use crate::rules::Draft;
use crate::rules::gguf as rules;
use crate::wire::Fault;
use crate::wire::gguf::bytes_at;
use crate::wire::json::Reader;

/// The longest text that is judged.
const TEXT_CAP_BYTES: usize = 16 << 20;

/// Keys whose value is a whole JSON document.
const JSON_KEYS: &[&str] = &["tokenizer.huggingface.json", "tokenizer.json"];

/// Judge the text in `span`, the value of `key` or one of its elements.
pub(super) fn judge(walk: &mut Walk<'_, '_, '_>, key: &str, span: Span) -> Result<(), Fault> {
    if JSON_KEYS.contains(&key) {
        return document(walk, key, span);
    }
    let len = span.end.saturating_sub(span.start);
    let bytes = bytes_at(walk.source, span.start, len, TEXT_CAP_BYTES)?;
    let text = String::from_utf8_lossy(&bytes);
    if is_template(key) {
        let place = |draft: Draft| draft.within(shown(key));
        judge_template(&text, span.clone(), walk.tally, walk.cx, place);
    } else {
        plain(walk, key, &text, &span);
    }
    let key_shown = shown(key);
    let owner = format!("the metadata `{key_shown}`");
    addresses::judge((&owner, &key_shown), &text, &span, walk.tally, walk.cx);
    if len > bytes.len() as u64 {
        let detail = format!(
            "the text of `{}` is {len} bytes long; {TEXT_CAP_BYTES} are judged",
            shown(key)
        );
        walk.cx.gap(span, Why::Limit, detail);
    }
    Ok(())
}

/// `tokenizer.chat_template`, its named variants, and templates for other
/// purposes.
fn is_template(key: &str) -> bool {
    key.contains("template") && !key.ends_with("chat_templates")
}

/// A text that nobody should evaluate.
fn plain(walk: &mut Walk<'_, '_, '_>, key: &str, text: &str, span: &Span) {
    let called = key.ends_with("_target_").then(|| code::target(text));
    let found = called.flatten().or_else(|| code::code_like(text));
    if let Some(found) = found {
        let draft = rules::CODE_IN_METADATA.at(span.clone());
        let message = format!("the metadata `{}` holds {}", shown(key), found.what);
        let draft = draft.severity(found.severity).message(message);
        walk.tally
            .add(draft.evidence(found.excerpt).within(shown(key)));
    }
    let hidden = |c: char| {
        let mut one = [0; 4];
        let one = c.encode_utf8(&mut one);
        !matches!(c, '\n' | '\r' | '\t' | '\u{feff}') && *escape_text(one) != *one
    };
    if let Some(c) = text.chars().find(|&c| hidden(c)) {
        let draft = rules::HIDDEN_CHARACTERS.at(span.clone());
        let code = u32::from(c);
        let message = format!(
            "the metadata `{}` holds the character U+{code:04X}",
            shown(key)
        );
        walk.tally.add(draft.message(message).within(shown(key)));
    }
    if text.contains("{%") && text.contains("%}") {
        let place = |draft: Draft| draft.within(shown(key));
        judge_template(text, span.clone(), walk.tally, walk.cx, place);
    }
}

/// A JSON document, judged as the manifest that it was.
fn document(walk: &mut Walk<'_, '_, '_>, key: &str, span: Span) -> Result<(), Fault> {
    let mut events = Events::new("tokenizer.json");
    let mut reader = Reader::new(walk.source, span.clone());
    let ended = loop {
        walk.cx.tick()?;
        match reader.next() {
            Ok(Some(event)) => events.see(&event, walk.cx),
            Ok(None) => break Ok(()),
            Err(fault) => break Err(fault),
        }
    };
    events.finish(walk.cx);
    match ended {
        Err(Fault::Malformed { at, what }) => {
            let detail = format!("the metadata `{}` is not valid JSON: {what}", shown(key));
            walk.cx.gap(at..span.end.max(at), Why::Malformed, detail);
            Ok(())
        }
        ended => ended,
    }
}
