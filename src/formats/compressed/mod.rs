//! Compressed files: one packed stream, and nothing around it but its wrapper.
//!
//! A *wrapper* is a format whose whole content is one member, packed by one
//! codec: gzip, bzip2, xz, LZMA, lzip, Zstandard, LZ4, Snappy, zlib, and the
//! first format of joblib. Loaders take the wrapper off without asking (joblib by the first
//! bytes, pandas by the name), so what is inside is examined as if it lay bare.
//!
//! An attacker wraps a payload so that scanners see noise, claims windows and
//! lengths that exhaust them, puts a second stream behind the first, or makes
//! a checksum wrong so that they stop, or puts things where readers pass over
//! them: that is slack. Not checked: content that needs a dictionary kept
//! elsewhere; it is swept as it lies.

mod signs;
mod stream;
mod table;
mod zfile;

#[cfg(test)]
mod tests;

pub use stream::judge;
pub(super) use table::*;
pub(super) use zfile::JoblibZ;

use super::archive::{report_escape, report_unowned, text};
use super::orbax;
use super::{Artifact, Body, Claim, Context, Format, FormatSpec, Kind, Member, Probe};
use crate::report::{Severity, escape_text};
use crate::rules::archive::UNOWNED_BYTES;
use crate::wire::Fault;
use crate::wire::codec::{Codec, skipped, stored_name};

/// The name of the content where the file has none to give.
const UNNAMED: &str = "content";

/// Suffixes that stand for a tar archive and its wrapper.
const TAR_SUFFIXES: [&str; 7] = [".tgz", ".taz", ".tbz", ".tbz2", ".txz", ".tlz", ".tzst"];

/// One wrapper: a row of the table.
pub struct Wrapper {
    spec: &'static FormatSpec,
    codec: Codec,
    /// Suffixes of the specification that are first of all another format's.
    shared: &'static [&'static str],
    /// Whether the first bytes may be such a stream.
    sign: fn(&[u8]) -> bool,
    /// Whether the sign says so little that the data must speak.
    is_weak: bool,
}

impl Wrapper {
    /// Whether the name promises this wrapper before any other format.
    fn is_promised(&self, probe: &Probe<'_>) -> bool {
        probe.has_suffix(self.spec.suffixes) && !probe.has_suffix(self.shared)
    }

    /// The claim that the bytes allow.
    fn claim(&self, probe: &Probe<'_>) -> Claim {
        if !(self.sign)(probe.head()) {
            return Claim::No;
        }
        // A database may begin with a value that is packed.
        if self.codec == Codec::Zstd && orbax::is_data_file(probe) {
            return Claim::No;
        }
        match self.is_weak {
            true => signs::weak(self.codec, probe, probe.has_suffix(self.spec.suffixes)),
            false => signs::strong(self.codec, probe),
        }
    }
}

impl Format for Wrapper {
    fn spec(&self) -> &'static FormatSpec {
        self.spec
    }

    fn kind(&self) -> Kind {
        Kind::Stream
    }

    fn recognise(&self, probe: &Probe<'_>) -> Claim {
        match self.claim(probe) {
            Claim::No if self.is_promised(probe) => Claim::Name,
            claim => claim,
        }
    }

    fn examine(&self, artifact: &Artifact, cx: &mut Context<'_>) -> Result<(), Fault> {
        let probe = Probe::new(artifact);
        if self.claim(&probe) == Claim::No {
            let what = format!("the content is no {}", self.spec.title);
            return Err(Fault::malformed(0, what));
        }
        self.report_skipped(&probe, cx)?;
        let name = self.member_name(artifact, &probe, cx);
        cx.member(Member {
            name,
            body: Body::Packed(0..probe.len(), self.codec.into()),
            stated: None,
        })?;
        Ok(())
    }
}

impl Wrapper {
    /// Report what every reader passes over.
    fn report_skipped(&self, probe: &Probe<'_>, cx: &mut Context<'_>) -> Result<(), Fault> {
        let source = probe.source();
        let found = skipped(self.codec, source, 0..probe.len(), cx.budget())?;
        let place = format!(
            "inside the {}, where readers pass over them,",
            self.spec.title
        );
        for run in &found.runs {
            report_unowned(source, run.clone(), &place, Severity::Low, cx)?;
        }
        if let Some(last) = found.runs.last().filter(|_| found.more > 0) {
            let message = format!("{} more runs of bytes like this follow", found.more);
            cx.report(UNOWNED_BYTES.at(last.clone()).message(message));
        }
        Ok(())
    }

    /// The name of the content: the one that the stream holds, if it is a plain
    /// one, or that of the file without its suffix.
    fn member_name(&self, artifact: &Artifact, probe: &Probe<'_>, cx: &mut Context<'_>) -> String {
        if self.codec == Codec::Gzip
            && let Some(stored) = stored_name(probe.source())
        {
            report_escape(&stored, 0..(stored.len() as u64).saturating_add(10), cx);
            let name = text(&stored);
            if is_plain(&name) {
                return name;
            }
        }
        bare_name(&artifact.name, self.spec.suffixes, self.shared)
    }
}

/// Whether a name is that of a file and nothing more.
fn is_plain(name: &str) -> bool {
    !name.is_empty()
        && !name.contains(['/', '\\', ':'])
        && !matches!(name, "." | "..")
        && escape_text(name) == name
}

/// The name of a file without the suffix of its wrapper. A suffix that is
/// first of all that of the content stays.
fn bare_name(name: &str, suffixes: &[&str], shared: &[&str]) -> String {
    let name = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let lower = name.to_lowercase();
    if shared.iter().any(|suffix| lower.ends_with(suffix)) {
        return name.to_owned();
    }
    let suffix = suffixes.iter().find(|suffix| lower.ends_with(**suffix));
    let cut = suffix.map_or(0, |suffix| name.len().saturating_sub(suffix.len()));
    match name.get(..cut) {
        None | Some("") => UNNAMED.to_owned(),
        Some(stem) if suffix.is_some_and(|s| TAR_SUFFIXES.contains(s)) => format!("{stem}.tar"),
        Some(stem) => stem.to_owned(),
    }
}
