//! What a recogniser may look at: the name, both ends, and any byte by
//! position.

use std::cell::OnceCell;

use super::Artifact;
use crate::source::Source;

/// Bytes of the front that are read for every artifact.
const HEAD_BYTES: u64 = 16 << 10;

/// Bytes of the end that are read for whoever asks: a zip end record with the
/// longest comment, and the zip64 records in front of it.
const TAIL_BYTES: u64 = (64 << 10) + 128;

/// A first look at an artifact.
///
/// Bytes that cannot be read look like bytes that are not there; the reading
/// that follows reports them.
pub struct Probe<'a> {
    artifact: &'a Artifact,
    file_name: String,
    head: Vec<u8>,
    tail: OnceCell<Vec<u8>>,
}

impl<'a> Probe<'a> {
    /// Look at `artifact`.
    pub fn new(artifact: &'a Artifact) -> Self {
        let head = read(artifact.source.as_ref(), 0, HEAD_BYTES);
        let name = artifact.name.as_str();
        let last = name.rsplit(['/', '\\']).next().unwrap_or(name);
        Probe {
            artifact,
            file_name: last.to_lowercase(),
            head,
            tail: OnceCell::new(),
        }
    }

    /// Length of the artifact in bytes.
    pub fn len(&self) -> u64 {
        self.artifact.source.len()
    }

    /// Whether there are no bytes at all.
    pub fn is_empty(&self) -> bool {
        self.artifact.source.is_empty()
    }

    /// The whole name, as the container spells it.
    pub fn name(&self) -> &str {
        &self.artifact.name
    }

    /// The last component of the name, lower case.
    pub fn file_name(&self) -> &str {
        &self.file_name
    }

    /// Whether the name ends with one of these, whatever its case.
    pub fn has_suffix(&self, suffixes: &[&str]) -> bool {
        let name = self.file_name();
        suffixes.iter().any(|suffix| name.ends_with(suffix))
    }

    /// The first bytes, up to 16 KiB.
    pub fn head(&self) -> &[u8] {
        &self.head
    }

    /// The last bytes, up to a little over 64 KiB, and where they begin.
    pub fn tail(&self) -> (u64, &[u8]) {
        let start = self.len().saturating_sub(TAIL_BYTES);
        let bytes = self
            .tail
            .get_or_init(|| read(self.source(), start, TAIL_BYTES));
        (start, bytes)
    }

    /// The bytes by position, for a recogniser that must follow an offset.
    pub fn source(&self) -> &'a dyn Source {
        self.artifact.source.as_ref()
    }
}

fn read(source: &dyn Source, at: u64, cap: u64) -> Vec<u8> {
    source
        .chunk(at..at.saturating_add(cap))
        .map(|chunk| chunk.to_vec())
        .unwrap_or_default()
}
