//! A blob: bytes whose name is their SHA-256.

use sha2::{Digest, Sha256};

use crate::formats::{Artifact, Claim, Content, Context, Format, FormatSpec, Probe};
use crate::report::Place;
use crate::rules::oci::WRONG_BLOB;
use crate::wire::Fault;

/// Bytes that are digested in one go.
const PIECE_BYTES: u64 = 1 << 20;

/// Hexadecimal digits of a SHA-256.
const DIGITS: usize = 64;

/// Blob of an image layout.
pub struct Blob;

static SPEC: FormatSpec = FormatSpec {
    id: "oci-blob",
    title: "Blob of a container image",
    suffixes: &[],
    runs_code: false,
    content: Content::Data,
    layer_of: None,
    references: &["https://github.com/opencontainers/image-spec/blob/main/image-layout.md"],
    limitations: &["Digests other than SHA-256 are not compared with the content."],
};

impl Format for Blob {
    fn spec(&self) -> &'static FormatSpec {
        &SPEC
    }

    fn recognise(&self, probe: &Probe<'_>) -> Claim {
        match digest(probe.name()) {
            Some(_) => Claim::Magic,
            None => Claim::No,
        }
    }

    fn examine(&self, artifact: &Artifact, cx: &mut Context<'_>) -> Result<(), Fault> {
        let Some(named) = digest(&artifact.name) else {
            return Ok(());
        };
        let source = artifact.source.as_ref();
        let mut hasher = Sha256::new();
        let mut at = 0;
        while at < source.len() {
            cx.budget().check()?;
            let chunk = source.chunk(at..at.saturating_add(PIECE_BYTES))?;
            hasher.update(&chunk[..]);
            chunk.verify()?;
            at = at.saturating_add(PIECE_BYTES);
        }
        let real: String = hasher
            .finalize()
            .iter()
            .map(|b| format!("{b:02x}"))
            .collect();
        if !named.eq_ignore_ascii_case(&real) {
            let message = "the SHA-256 of the blob is not its name";
            let draft = WRONG_BLOB.at(Place::whole()).message(message);
            cx.report(draft.evidence(format!("sha256:{real}")));
        }
        Ok(())
    }
}

/// The digest in the name of a blob: `blobs/sha256/<digits>`, or
/// `blobs/sha256-<digits>` as some stores have it.
fn digest(name: &str) -> Option<&str> {
    let cut = name.len().checked_sub(DIGITS)?;
    let (folder, digits) = name.split_at_checked(cut)?;
    let folder = folder.replace('\\', "/").to_ascii_lowercase();
    let is_there = ["blobs/sha256/", "blobs/sha256-"].iter().any(|end| {
        let above = folder.strip_suffix(end);
        above.is_some_and(|above| above.is_empty() || above.ends_with('/'))
    });
    let is_digest = digits.bytes().all(|b| b.is_ascii_hexdigit());
    (is_there && is_digest).then_some(digits)
}
