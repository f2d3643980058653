//! Formats that are recognised, and whose structure this version does not
//! examine.
//!
//! A file of such a format may run code when it is loaded (a Lambda layer, a
//! pickled object array, a custom operator) and nothing here would see it. Its
//! bytes are swept like all others, which finds what is foreign in them, but
//! not what their structure does. So each of them leads to one gap, and the
//! verdict about it is never clean. The honest list is [`table`]: one row for
//! each format, a format of its own in the report and in the catalogue. A later
//! version that learns to examine one deletes its row.
//!
//! A row recognises its format by [`Sign`]s that random weights do not show:
//! at least four bytes, or fewer with a check of the structure around them.
//! Formats without such a sign need their suffix as well.

mod paddle;
mod signs;
mod table;

#[cfg(test)]
mod tests;

pub(super) use table::*;

use super::text::looks_like_text;
use super::{Artifact, Claim, Context, Format, FormatSpec, Kind, Probe};
use crate::report::{Place, Why, escape_text};
use crate::wire::Fault;

/// Magics up to this length may be a word at the beginning of a text.
const WORD_BYTES: usize = 4;

/// What gives a format away.
pub enum Sign {
    /// These bytes at this offset.
    Magic(u64, &'static [u8]),
    /// The structure around a shorter sign, or at the end of the file.
    Check(fn(&Probe<'_>) -> bool),
    /// One of the row's own suffixes, and content that may be what they say.
    Suffix(fn(&Probe<'_>) -> bool),
}

/// A row of the table: a format that is not examined yet.
pub struct Unexamined {
    /// What there is to know without bytes.
    spec: &'static FormatSpec,
    /// Suffixes in its specification that are first of all another format's:
    /// they are no promise of this one.
    shared: &'static [&'static str],
    /// What gives it away; any one will do.
    signs: &'static [Sign],
    /// What to say besides that it is not examined, from a look at the bytes.
    remark: Option<fn(&Probe<'_>) -> Option<String>>,
}

impl Unexamined {
    fn shows(&self, sign: &Sign, probe: &Probe<'_>) -> bool {
        match sign {
            Sign::Magic(at, magic) => {
                let word = magic.len() <= WORD_BYTES && looks_like_text(probe.head());
                signs::at(probe, *at, magic) && (!word || self.is_promised(probe))
            }
            Sign::Check(check) => check(probe),
            Sign::Suffix(check) => self.is_promised(probe) && check(probe),
        }
    }

    /// Whether the name promises this format before any other.
    fn is_promised(&self, probe: &Probe<'_>) -> bool {
        probe.has_suffix(self.spec.suffixes) && !probe.has_suffix(self.shared)
    }
}

impl Format for Unexamined {
    fn spec(&self) -> &'static FormatSpec {
        self.spec
    }

    fn kind(&self) -> Kind {
        match self.spec.id {
            "cab" | "squashfs" | "dmg" => Kind::Archive,
            _ => Kind::Model,
        }
    }

    fn is_examined(&self) -> bool {
        false
    }

    fn recognise(&self, probe: &Probe<'_>) -> Claim {
        match self.signs.iter().any(|sign| self.shows(sign, probe)) {
            true => Claim::Magic,
            false if self.is_promised(probe) => Claim::Name,
            false => Claim::No,
        }
    }

    fn examine(&self, artifact: &Artifact, cx: &mut Context<'_>) -> Result<(), Fault> {
        let probe = Probe::new(artifact);
        let title = self.spec.title;
        let known = self.recognise(&probe) >= Claim::Magic;
        let remark = self.remark.and_then(|look| look(&probe));
        let detail = match (known, remark) {
            (true, None) => format!(
                "recognised as {title}; its structure is not examined by this version, only its \
                 bytes are swept"
            ),
            (true, Some(remark)) => format!(
                "recognised as {title}, {}; its structure is not examined by this version, only \
                 its bytes are swept",
                escape_text(&remark)
            ),
            (false, _) => format!(
                "the name promises {title} and the content is not recognised; only its bytes are \
                 swept"
            ),
        };
        cx.gap(Place::whole(), Why::Unsupported, detail);
        Ok(())
    }
}
