//! The keys and their values.

use super::arrays;
use super::facts::Facts;
use super::header::{Name, Walk};
use super::strings;
use crate::detect::code;
use crate::report::{Severity, Why, escape_text};
use crate::rules::gguf as rules;
use crate::wire::Fault;
use crate::wire::gguf::Kind;
use crate::wire::json::{NAMES_CAP, Names, Seen};

/// Characters of a key that are shown.
const SHOWN_CAP_CHARS: usize = 200;

/// Read `count` keys and values.
pub(super) fn read(
    walk: &mut Walk<'_, '_, '_>,
    count: u64,
    facts: &mut Facts,
) -> Result<(), Fault> {
    let mut names = Names::default();
    for _ in 0..count {
        walk.cx.tick()?;
        let key = walk.name("a key")?;
        judge_key(walk, &key, &mut names);
        value(walk, &key, facts)?;
    }
    Ok(())
}

fn value(walk: &mut Walk<'_, '_, '_>, key: &Name, facts: &mut Facts) -> Result<(), Fault> {
    let at = walk.reader.position();
    let number = walk.reader.u32()?;
    match Kind::of(number) {
        Some(Kind::Text) => {
            let span = walk.text("a text")?;
            strings::judge(walk, &key.text, span)?;
        }
        Some(Kind::Array) => arrays::read(walk, &key.text, facts)?,
        Some(kind @ (Kind::Unsigned(width) | Kind::Signed(width))) => {
            let signed = matches!(kind, Kind::Signed(_));
            let whole = walk.reader.whole(width, signed)?;
            facts.number(&key.text, at, number, whole);
        }
        Some(Kind::Float(width)) => walk.reader.skip(u64::from(width))?,
        None => return Err(unknown_kind(&key.text, at, number)),
    }
    if key.text == "general.alignment" && facts.alignment.is_none() {
        facts.alignment = Some((at, number, None));
    }
    Ok(())
}

/// A kind that does not exist: nobody knows where the value ends.
pub(super) fn unknown_kind(key: &str, at: u64, number: u32) -> Fault {
    let what = format!("the value of `{}` has the kind {number}", shown(key));
    Fault::malformed(at, what)
}

/// A key as it may be shown.
pub(super) fn shown(key: &str) -> String {
    escape_text(key).chars().take(SHOWN_CAP_CHARS).collect()
}

fn judge_key(walk: &mut Walk<'_, '_, '_>, key: &Name, names: &mut Names) {
    let text = shown(&key.text);
    match names.see(&key.text, NAMES_CAP) {
        Seen::New => {}
        Seen::Again => {
            let message = format!("the key `{text}` stands twice");
            let draft = rules::DUPLICATE_KEY.at(key.at).message(message);
            walk.tally.add(draft.within(&text));
        }
        Seen::Unknown => {
            let detail = format!("more than {NAMES_CAP} keys; later ones are not compared");
            walk.cx.gap(key.at, Why::Limit, detail);
        }
    }
    let what = match key.text.as_str() {
        "" => Some((Severity::Medium, "is empty, at which llama.cpp aborts")),
        key if escape_text(key) != key => Some((Severity::Medium, "holds hidden characters")),
        _ => None,
    };
    if let Some((severity, what)) = what {
        let draft = rules::UNSAFE_NAME.at(key.at).severity(severity);
        let message = format!("the key `{text}` {what}");
        walk.tally.add(draft.message(message).within(&text));
    }
    if let Some(found) = code::code_like(&key.text) {
        let draft = rules::CODE_IN_METADATA.at(key.at).severity(found.severity);
        let message = format!("a metadata key holds {}", found.what);
        walk.tally
            .add(draft.message(message).evidence(found.excerpt).within(text));
    }
}
