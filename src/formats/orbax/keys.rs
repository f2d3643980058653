//! The keys of a node: each shares its beginning with the one before it.

use super::super::Context;
use super::files::column;
use crate::source::Source;
use crate::wire::Fault;
use crate::wire::cursor::Cursor;

/// The longest key, as TensorStore has it.
const KEY_CAP_BYTES: u64 = 65_535;

/// Bytes of a key that name a member.
const NAME_CAP_BYTES: usize = 512;

/// Walks the keys, of which one is put together at a time.
pub(super) struct Keys<'a> {
    /// How much each shares with the last one, and how much is new.
    lengths: std::vec::IntoIter<(u64, u64)>,
    count: u64,
    /// Where the new bytes of the next one stand.
    cursor: Cursor<'a>,
    key: Vec<u8>,
}

impl<'a> Keys<'a> {
    /// Read the lengths, compare them, and move `cursor` behind the keys.
    pub(super) fn read(
        source: &'a dyn Source,
        cursor: &mut Cursor<'_>,
        count: u64,
        is_inner: bool,
        cx: &mut Context<'_>,
    ) -> Result<Self, Fault> {
        let shared = column(cursor, count.saturating_sub(1), cx)?;
        let new = column(cursor, count, cx)?;
        if is_inner {
            column(cursor, count, cx)?;
        }
        let begin = cursor.position();
        let lengths: Vec<_> = std::iter::once(0).chain(shared).zip(new).collect();
        let (mut last, mut total) = (0u64, 0u64);
        for &(shared, new) in &lengths {
            let len = shared.saturating_add(new);
            if shared > last || len > KEY_CAP_BYTES {
                let what = format!("a key of {len} bytes, {shared} of them those of the last one");
                return Err(Fault::malformed(begin, what));
            }
            last = len;
            total = total.saturating_add(new);
        }
        cursor.skip(total)?;
        Ok(Keys {
            lengths: lengths.into_iter(),
            count,
            cursor: Cursor::new(source, begin),
            key: Vec::new(),
        })
    }

    /// How many there are.
    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// The next one, as the name of a member.
    pub(super) fn next(&mut self) -> Result<String, Fault> {
        let (shared, new) = self.lengths.next().unwrap_or_default();
        self.key
            .truncate(usize::try_from(shared).unwrap_or(usize::MAX));
        let more = self.cursor.take(new, KEY_CAP_BYTES as usize)?;
        self.key.extend(more);
        let name = self.key.get(..NAME_CAP_BYTES).unwrap_or(&self.key);
        Ok(String::from_utf8_lossy(name).into_owned())
    }
}
