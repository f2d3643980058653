//! Records with values that no writer gives them: readers that check them
//! refuse the archive, and loaders that do not open it.

use crate::formats::Context;
use crate::formats::archive::{shown, text};
use crate::rules::archive::ODD_RECORD;
use crate::wire::zip_directory::{Directory, Entry, FLAG_UTF8, View};

/// Highest version of the specification, times ten.
const VERSION_CAP: u8 = 63;

/// The number of a disk that a zip64 block tells.
const TOLD_ELSEWHERE: u16 = u16::MAX;

/// Report what is odd about the records of a member.
pub(super) fn examine(directory: &Directory, entry: &Entry, cx: &mut Context<'_>) {
    let mut words: Vec<String> = Vec::new();
    for odd in entry.views().flat_map(traits) {
        if !words.contains(&odd) {
            words.push(odd);
        }
    }
    let is_split = directory.ends.iter().any(|end| end.has_disks);
    let disk = entry.central.as_ref().map_or(0, |central| central.disk);
    if !is_split && disk != 0 && disk != TOLD_ELSEWHERE {
        words.push(format!("puts it on disk {disk} of one"));
    }
    if !words.is_empty() {
        let message = format!(
            "a record of `{}` {}",
            shown(entry.name()),
            words.join(" and ")
        );
        let draft = ODD_RECORD.at(entry.span()).message(message);
        cx.report(draft.within(text(entry.name())));
    }
}

/// What is odd about one record, in words.
fn traits(view: &View) -> Vec<String> {
    let mut found = Vec::new();
    let version = view.version;
    if version > VERSION_CAP {
        found.push(format!(
            "needs version {version} of a format that ends at {VERSION_CAP}"
        ));
    }
    let is_text = std::str::from_utf8(&view.name).is_ok();
    let extra = view.extra;
    let others = [
        (
            view.flags & FLAG_UTF8 != 0 && !is_text,
            "marks a name as UTF-8 that is not",
        ),
        (extra.is_doubled, "has two extra fields of one kind"),
        (extra.is_ragged, "has an extra field that runs past its end"),
        (
            extra.is_short,
            "refers to 64-bit numbers that are not there",
        ),
        (
            extra.holds_record,
            "has a header of another member in an extra field",
        ),
    ];
    let others = others.into_iter().filter(|&(is_so, _)| is_so);
    found.extend(others.map(|(_, words)| words.to_owned()));
    found
}
