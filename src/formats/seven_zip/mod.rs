//! 7-Zip archives: `.7z`, self-extracting programs, and models that were packed
//! as one to pass for something else.
//!
//! The header at the end of the file names the members, and is mostly packed
//! itself. Members are packed one by one or as *solid* blocks, many behind each
//! other in one stream. Each header that reads through is examined, also one
//! that nothing leads to, so that a payload cannot hide in the version of the
//! archive that a scanner does not look at.
//!
//! An attacker wraps a pickle so that scanners see noise, makes a checksum
//! wrong so that they stop, uses a method that they do not know, puts a program
//! in front, hides bytes between the packed streams, or has names and links
//! lead out of the folder. What is not checked stands in the spec below.

mod content;
mod files;
mod layout;
mod links;
#[cfg(test)]
mod tests;

use super::archive::Gaps;
use super::{Artifact, Claim, Content, Context, Format, FormatSpec, Kind, Probe};
use crate::source::Source;
use crate::wire::Fault;
use crate::wire::seven_zip::{Archive, Start, walk};
use content::Contents;

/// 7-Zip archive.
pub struct SevenZip;

static SPEC: FormatSpec = FormatSpec {
    id: "7z",
    title: "7-Zip archive",
    suffixes: &[".7z"],
    runs_code: false,
    content: Content::Data,
    layer_of: None,
    references: &[
        "https://www.7-zip.org/7z.html",
        "https://www.7-zip.org/sdk.html",
        "https://www.reversinglabs.com/blog/rl-identifies-malware-ml-model-hosted-on-hugging-face",
    ],
    limitations: &[
        "Members packed with BCJ2, Brotli, LZ4, LZ5, Lizard, or two codecs one behind the other \
         are named and not unpacked; a gap says so.",
        "Encrypted members are named and not decrypted; with an encrypted header there are no \
         names.",
        "Behind a program or script the archive is looked for in the first 1 MiB; what is appended \
         to other files is found by the sweep.",
        "Checksums of packed streams, which few writers give, are not compared.",
        "Volumes of a split archive are not joined.",
        "Of archives with more than 1048576 members or 262144 folders the rest is not opened, and \
         a gap says so.",
    ],
};

impl Format for SevenZip {
    fn spec(&self) -> &'static FormatSpec {
        &SPEC
    }

    fn kind(&self) -> Kind {
        Kind::Archive
    }

    fn recognise(&self, probe: &Probe<'_>) -> Claim {
        match Start::find(probe.source()) {
            Ok(Some(start)) => claim(&start, probe.len()),
            Ok(None) | Err(_) if probe.has_suffix(SPEC.suffixes) => Claim::Name,
            Ok(None) | Err(_) => Claim::No,
        }
    }

    fn examine(&self, artifact: &Artifact, cx: &mut Context<'_>) -> Result<(), Fault> {
        let source = artifact.source.as_ref();
        let Some(start) = Start::find(source)? else {
            return Err(Fault::malformed(0, "there is no 7-Zip archive"));
        };
        let archive = walk(source, start, cx.budget())?;
        layout::examine(source, &archive, cx)?;
        members(source, &archive, cx)
    }
}

/// How sure a start is. The signature alone may stand at the front of any file,
/// and behind a stub the file is first of all a program.
fn claim(start: &Start, len: u64) -> Claim {
    let is_proven = start.is_sound() && start.header().is_some_and(|h| h.end <= len);
    match is_proven && start.at == 0 {
        true => Claim::Structure,
        false => Claim::Magic,
    }
}

/// Judge the files of every header, and name what they hold.
fn members(source: &dyn Source, archive: &Archive, cx: &mut Context<'_>) -> Result<(), Fault> {
    let mut gaps = Gaps::default();
    let mut contents = Contents::new(source, &mut gaps);
    let mut ended = Ok(());
    for header in archive.header.iter().chain(&archive.others) {
        ended = ended.and_then(|()| files::examine(source, header, cx));
        ended = ended.and_then(|()| contents.examine(header, cx));
    }
    gaps.close(cx);
    ended
}
