//! NumPy archives, `.npz`: a zip whose members are arrays.
//!
//! The zip examination opens the members and each array is examined as one;
//! here it is judged what does not belong: members that NumPy does not write,
//! and members that are called arrays and are none. Source:
//! `numpy/lib/_npyio_impl.py`, `NpzFile`.
//!
//! An attacker calls a pickle an array, or lets a foreign member travel along.

use super::{Artifact, Claim, Content, Context, Format, FormatSpec, Probe, npy, zip};
use crate::budget::Budget;
use crate::report::{Severity, escape_bytes};
use crate::rules::numpy::{FOREIGN_MEMBER, NOT_AN_ARRAY};
use crate::source::Source;
use crate::wire::Fault;
use crate::wire::zip_directory::{self, Caps, Entry, find_central};

/// Bytes of a member that tell an array from other things.
const MAGIC_BYTES: usize = 8;

/// Endings of names that a loader of pickles looks for.
const PICKLES: [&[u8]; 4] = [b".pkl", b".pickle", b".joblib", b".dill"];

/// NumPy archive.
pub struct Npz;

static SPEC: FormatSpec = FormatSpec {
    id: "npz",
    title: "NumPy archive",
    suffixes: &[".npz"],
    runs_code: true,
    content: Content::Data,
    layer_of: Some("zip"),
    references: &["https://numpy.org/doc/stable/reference/generated/numpy.savez.html"],
    limitations: &["Members packed otherwise than stored or deflated are not compared."],
};

impl Format for Npz {
    fn spec(&self) -> &'static FormatSpec {
        &SPEC
    }

    fn recognise(&self, probe: &Probe<'_>) -> Claim {
        let named = probe.has_suffix(SPEC.suffixes);
        let (mut arrays, mut others) = (0u64, 0u64);
        let ended = find_central(probe.source(), probe.tail(), &Budget::unlimited(), |c| {
            match is_array_name(&c.view.name) {
                true => arrays = arrays.saturating_add(1),
                false => others = others.saturating_add(1),
            }
            (others > 0 && !named).then_some(())
        });
        match (ended, named) {
            (Ok(_), true) if arrays.saturating_add(others) > 0 => Claim::Structure,
            (Ok(None), _) if arrays > 0 => Claim::Structure,
            (_, true) => Claim::Name,
            _ => Claim::No,
        }
    }

    fn examine(&self, artifact: &Artifact, cx: &mut Context<'_>) -> Result<(), Fault> {
        let source = artifact.source.as_ref();
        let directory = zip_directory::walk(source, Caps::default(), cx.budget())?;
        if directory.entries.is_empty() {
            return Err(Fault::malformed(0, "there is no member"));
        }
        for entry in &directory.entries {
            cx.budget().check()?;
            member(source, entry, cx)?;
        }
        Ok(())
    }
}

fn is_array_name(name: &[u8]) -> bool {
    name.ends_with(b".npy")
}

/// Judge one member by its name and its first bytes.
fn member(source: &dyn Source, entry: &Entry, cx: &mut Context<'_>) -> Result<(), Fault> {
    let name = entry.name();
    let is_folder = name.ends_with(b"/") && entry.views().all(|v| v.unpacked == Some(0));
    if is_folder {
        return Ok(());
    }
    let shown = escape_bytes(name);
    if !is_array_name(name) {
        let lower = name.to_ascii_lowercase();
        let is_pickle = PICKLES.iter().any(|suffix| lower.ends_with(suffix));
        let severity = match is_pickle {
            true => Severity::Medium,
            false => FOREIGN_MEMBER.severity,
        };
        let message = format!("the member `{shown}` is none that NumPy writes");
        let draft = FOREIGN_MEMBER.at(entry.span()).severity(severity);
        cx.report(draft.message(message).within(shown));
        return Ok(());
    }
    if let Some(head) = zip::beginning(source, entry, MAGIC_BYTES, cx.budget())?
        && !npy::begins(&head)
    {
        let message = format!("the member `{shown}` does not begin like an array");
        let draft = NOT_AN_ARRAY.at(entry.span()).message(message);
        cx.report(draft.bytes(&head).within(shown));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::testing::{self, examine};
    use crate::wire::zip_directory::sample::{Piece, Sample};

    const ARRAY: &[u8] = b"\x93NUMPY\x01\x00";

    fn judge(pieces: &[Piece]) -> Vec<(&'static str, Severity)> {
        let said = examine(&Npz, "x.npz", Sample::of(pieces).bytes());
        assert!(said.gaps.is_empty(), "{said:?}");
        let findings = said.findings.iter();
        findings.map(|d| (d.rule.id, d.severity)).collect()
    }

    #[test]
    fn a_zip_of_arrays_is_one_under_any_name() {
        let of = |name: &str, names: &[&str]| {
            let pieces: Vec<_> = names.iter().map(|n| Piece::stored(n, ARRAY)).collect();
            testing::recognise(&Npz, name, Sample::of(&pieces).bytes())
        };
        assert_eq!(of("x", &["a.npy", "b/c.npy"]), Claim::Structure);
        assert_eq!(of("x", &["a.npy", "b.txt"]), Claim::No);
        assert_eq!(of("x.npz", &["a.npy", "b.txt"]), Claim::Structure);
        assert_eq!(of("x.npz", &["b.txt"]), Claim::Structure);
        assert_eq!(testing::recognise(&Npz, "x.npz", "text"), Claim::Name);
        assert_eq!(testing::recognise(&Npz, "x", "text"), Claim::No);
    }

    #[test]
    fn arrays_belong_and_the_rest_is_graded() {
        assert_eq!(
            judge(&[
                Piece::stored("a.npy", ARRAY),
                Piece::deflated("b.npy", ARRAY)
            ]),
            []
        );
        let found = judge(&[
            Piece::stored("a.npy", ARRAY),
            Piece::stored("readme.txt", b"x"),
            Piece::stored("x.PKL", b"x"),
            Piece::deflated("b.npy", b"\x80\x04N."),
            Piece::stored("c.npy", b""),
        ]);
        let foreign = "npz-foreign-member";
        let no_array = ("npz-not-an-array", Severity::Medium);
        assert_eq!(
            found,
            [
                (foreign, Severity::Low),
                (foreign, Severity::Medium),
                no_array,
                no_array
            ]
        );
    }
}
