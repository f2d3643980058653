//! Members that PyTorch does not write, by what they are.

use super::inside::{Inner, has_suffix, leaf, rest};
use super::layout::belongs;
use crate::formats::Context;
use crate::report::Severity;
use crate::rules::torch::FOREIGN_MEMBER;
use crate::source::Source;
use crate::wire::Fault;

/// Bytes of a member that are looked at.
const HEAD_BYTES: usize = 16;

/// Beginnings of what runs, and what it is.
const MAGICS: &[(&[u8], &str)] = &[
    (b"\x7fELF", "an ELF program or library"),
    (b"MZ", "a Windows program or library"),
    (b"\xcf\xfa\xed\xfe", "a Mach-O program or library"),
    (b"\xca\xfe\xba\xbe", "a Mach-O or Java program"),
    (b"#!", "a script"),
    (b"\x80\x02", "a pickle"),
    (b"\x80\x03", "a pickle"),
    (b"\x80\x04", "a pickle"),
    (b"\x80\x05", "a pickle"),
    (b"PK\x03\x04", "an archive"),
];

/// Name endings of what runs, and what it is.
const SUFFIXES: &[(&str, &str)] = &[
    (".py", "Python source"),
    (".pyc", "Python bytecode"),
    (".pyd", "a Windows library"),
    (".so", "a library"),
    (".dll", "a Windows library"),
    (".dylib", "a library"),
    (".exe", "a Windows program"),
    (".sh", "a script"),
    (".bat", "a script"),
    (".ps1", "a script"),
    (".pth", "a file that Python runs at its start"),
    (".pkl", "a pickle"),
    (".pickle", "a pickle"),
    (".jar", "a Java archive"),
];

/// Report a member that is not of the layout of the model in `folder`.
/// Folders without content are nothing.
pub(super) fn examine(
    source: &dyn Source,
    folder: &[u8],
    is_old: bool,
    member: &Inner,
    cx: &mut Context<'_>,
) -> Result<(), Fault> {
    let name = member.name();
    let within = rest(folder, name);
    let is_pickle = leaf(name).eq_ignore_ascii_case(b"data.pkl");
    if member.is_folder() || is_pickle || within.is_some_and(|rest| belongs(rest, is_old)) {
        return Ok(());
    }
    let runs = kind(source, member, cx)?;
    let severity = match (runs, within) {
        (None, Some(_)) => FOREIGN_MEMBER.severity,
        _ => Severity::Medium,
    };
    let place = match within {
        Some(_) => "is none that PyTorch writes",
        None => "lies outside the model's folder",
    };
    let is = runs.map_or_else(String::new, |what| format!(" and is {what}"));
    let message = format!("the member `{}` {place}{is}", member.shown());
    let draft = FOREIGN_MEMBER.at(member.span.clone()).severity(severity);
    cx.report(draft.message(message).within(member.text()));
    Ok(())
}

/// What a member is, if it is something that runs.
fn kind(
    source: &dyn Source,
    member: &Inner,
    cx: &mut Context<'_>,
) -> Result<Option<&'static str>, Fault> {
    let by_name = SUFFIXES
        .iter()
        .find(|(suffix, _)| has_suffix(member.name(), suffix));
    if let Some((_, what)) = by_name {
        return Ok(Some(what));
    }
    let head = member.head(source, HEAD_BYTES, cx.budget())?;
    let head = head.unwrap_or_default();
    let by_head = MAGICS.iter().find(|(magic, _)| head.starts_with(magic));
    Ok(by_head.map(|(_, what)| *what))
}
