//! Digests of files, and the comparison with files that are known to be
//! malicious.

use sha2::{Digest as _, Sha256};

use super::context::JobContext;
use super::ledger::Entry;
use crate::detect::known::Sha256Digest;
use crate::rules::content::KNOWN_MALICIOUS;
use crate::source::{ReadError, Source};

/// Bytes that are hashed at a time.
const PIECE_BYTES: u64 = 1 << 20;

/// A digest that a report can have of each file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DigestKind {
    /// BLAKE3: made in the pass that reads the bytes, on all lanes.
    Blake3,
    /// SHA-256: one byte after the other, so that the file is read once more.
    Sha256,
}

impl DigestKind {
    /// Its name in the report.
    pub const fn as_str(self) -> &'static str {
        match self {
            DigestKind::Blake3 => "blake3",
            DigestKind::Sha256 => "sha256",
        }
    }
}

/// The SHA-256 of all that a source holds.
pub fn sha256(source: &dyn Source) -> Result<Sha256Digest, ReadError> {
    let mut hasher = Sha256::new();
    let mut at = 0;
    while at < source.len() {
        let end = at.saturating_add(PIECE_BYTES).min(source.len());
        let piece = source.chunk(at..end)?;
        if (piece.len() as u64) < end - at {
            return Err(ReadError::Changed);
        }
        hasher.update(&piece[..]);
        piece.verify()?;
        at = end;
    }
    Ok(hasher.finalize().into())
}

/// Report an artifact that is one of the files known to be malicious. Nothing
/// is read of what is as long as none of them.
pub fn compare(job: &JobContext, source: &dyn Source, entry: Entry) -> Result<(), ReadError> {
    if source.is_empty() || !job.known.may_hold(source.len()) {
        return Ok(());
    }
    let digest = match sha256(source) {
        Ok(digest) => digest,
        Err(stop @ ReadError::Stop(_)) => return Err(stop),
        // What cannot be read is a gap of the sweep.
        Err(_) => return Ok(()),
    };
    if let Some(file) = job.known.find(&digest) {
        let message = format!("this is {}, listed by {}", file.name, file.source);
        let draft = KNOWN_MALICIOUS
            .at(0..source.len())
            .message(message)
            .bytes(&digest);
        job.ledger.finding(entry, draft);
    }
    Ok(())
}

/// A digest in hexadecimal digits.
pub fn hexadecimal(digest: &[u8]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Memory;

    #[test]
    fn a_source_is_hashed_whole() {
        let hex = |bytes: &[u8]| hexadecimal(&sha256(&Memory::new(bytes)).unwrap());
        assert_eq!(
            hex(b"abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        let long = vec![7; (PIECE_BYTES as usize) * 2 + 9];
        assert_eq!(hex(&long), hexadecimal(&Sha256::digest(&long)));
    }
}
