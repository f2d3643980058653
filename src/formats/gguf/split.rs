//! The parts of a model that is split over several files, as each tells its
//! own place.

use super::super::tally::Tally;
use super::facts::Facts;
use crate::report::Severity;
use crate::rules::gguf as rules;

/// Compare what the file says about its place with its name.
pub(super) fn judge(facts: &Facts, name: &str, tally: &mut Tally) {
    let Some((at, number)) = facts.split_no else {
        return;
    };
    let count = facts.split_count.unwrap_or_default();
    let place = number.saturating_add(1);
    let what = match by_name(name) {
        // A model in one file may be split "into one", and says 0 of 0 or 1.
        _ if number >= count.max(1) => Some((
            Severity::Medium,
            format!("the file says that it is part {place} of {count}"),
        )),
        Some((n, of)) if (n, of) != (place, count) => Some((
            Severity::Medium,
            format!("the file says that it is part {place} of {count}, its name {n} of {of}"),
        )),
        None if count > 1 => Some((
            Severity::Info,
            format!("the file is part {place} of {count}, and its name does not say so"),
        )),
        _ => None,
    };
    if let Some((severity, message)) = what {
        let draft = rules::SPLIT_MISMATCH.at(at).severity(severity);
        tally.add(draft.message(message).within("split.no"));
    }
}

/// Part and number of parts in `name-00001-of-00009.gguf`.
fn by_name(name: &str) -> Option<(u64, u64)> {
    let stem = name
        .len()
        .checked_sub(5)
        .and_then(|end| name.split_at_checked(end))
        .filter(|(_, suffix)| suffix.eq_ignore_ascii_case(".gguf"))
        .map(|(stem, _)| stem)?;
    let (rest, of) = stem.rsplit_once("-of-")?;
    let (_, n) = rest.rsplit_once('-')?;
    Some((n.parse().ok()?, of.parse().ok()?))
}
