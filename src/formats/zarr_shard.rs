//! The index behind the chunks of a *shard*: a file, or a value in a database,
//! in which Zarr 3 keeps several chunks.
//!
//! For each chunk the index says where in the shard it lies and how long it
//! is, and ends with a CRC-32C. It has no magic; the sum says that it is one.
//! Specification: `sharding-indexed` of Zarr 3.
//!
//! An attacker has an index point outside of its shard, or calls something an
//! index that is none: it is not taken for one then, and belongs to nobody.

use crate::report::Span;
use crate::source::{ReadError, Source};
use crate::wire::codec::crc32c;

/// Place and length of a chunk.
const ENTRY_BYTES: u64 = 16;

/// The sum behind the entries.
const SUM_BYTES: u64 = 4;

/// Entries of an index that is looked at.
const ENTRIES_CAP: u64 = 1 << 16;

/// Place and length of a chunk that is not there.
const MISSING: [u8; ENTRY_BYTES as usize] = [0xff; ENTRY_BYTES as usize];

/// Bytes of an index of so many chunks; `None` where that is more than is
/// looked at.
pub(super) fn index_bytes(chunks: u64) -> Option<u64> {
    (1..=ENTRIES_CAP)
        .contains(&chunks)
        .then(|| chunks.saturating_mul(ENTRY_BYTES).saturating_add(SUM_BYTES))
}

/// Whether `index` is the index of chunks that lie in `chunks`.
pub(super) fn is_index(source: &dyn Source, chunks: Span, index: Span) -> Result<bool, ReadError> {
    let len = index.end.saturating_sub(index.start);
    let count = len.saturating_sub(SUM_BYTES) / ENTRY_BYTES;
    if index_bytes(count) != Some(len) {
        return Ok(false);
    }
    let bytes = source.chunk(index)?;
    let Some((entries, sum)) = bytes.split_last_chunk::<{ SUM_BYTES as usize }>() else {
        return Ok(false);
    };
    let room = chunks.end.saturating_sub(chunks.start);
    let (entries, rest) = entries.as_chunks::<{ ENTRY_BYTES as usize }>();
    let lie_within = || entries.iter().all(|entry| lies_within(entry, room));
    Ok(rest.is_empty()
        && entries.len() as u64 == count
        && lie_within()
        && crc32c(entries.as_flattened()) == u32::from_le_bytes(*sum))
}

/// Whether the chunk of an entry lies within so many bytes.
fn lies_within(entry: &[u8; ENTRY_BYTES as usize], room: u64) -> bool {
    let [a, b, c, d, e, f, g, h, len @ ..] = *entry;
    let at = u64::from_le_bytes([a, b, c, d, e, f, g, h]);
    let end = at.checked_add(u64::from_le_bytes(len));
    *entry == MISSING || end.is_some_and(|end| end <= room)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Memory;

    fn index(entries: &[(u64, u64)]) -> Vec<u8> {
        let number = |n: &u64| n.to_le_bytes();
        let mut bytes: Vec<u8> = entries
            .iter()
            .flat_map(|(at, len)| [number(at), number(len)])
            .flatten()
            .collect();
        bytes.extend(crc32c(&bytes).to_le_bytes());
        bytes
    }

    fn is(front: u64, bytes: &[u8]) -> bool {
        let whole = [&vec![7; front as usize], bytes].concat();
        let len = whole.len() as u64;
        is_index(&Memory::new(whole), 0..front, front..len).unwrap()
    }

    #[test]
    fn an_index_is_known_by_its_sum_and_its_places() {
        assert!(is(40, &index(&[(0, 40)])));
        assert!(is(40, &index(&[(0, 20), (u64::MAX, u64::MAX), (20, 20)])));
        assert!(!is(40, &index(&[(0, 41)])));
        assert!(!is(40, &index(&[(u64::MAX, 2)])));
        assert!(!is(40, b""));
        let whole = index(&[(0, 40)]);
        for cut in 0..whole.len() {
            assert!(!is(40, &whole[..cut]), "{cut}");
        }
        for at in 0..whole.len() {
            let mut flipped = whole.clone();
            flipped[at] ^= 1;
            assert!(!is(40, &flipped), "{at}");
        }
        assert!(!is(40, &[whole, vec![0]].concat()));
    }
}
