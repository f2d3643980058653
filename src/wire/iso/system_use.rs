//! Rock Ridge: names, modes and links of Unix behind the name of a record.

use super::descriptor::low;
use crate::source::Source;
use crate::wire::Fault;

/// Areas that one record leads to, at most.
const AREAS_CAP: usize = 8;

/// Longest area elsewhere, in bytes.
const AREA_CAP_BYTES: u64 = 2048;

/// The name or the target goes on in the next entry.
const CONTINUES: u8 = 0x01;

/// What the entries say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Extras {
    pub(super) name: Option<Vec<u8>>,
    pub(super) mode: Option<u32>,
    pub(super) target: Option<Vec<u8>>,
    /// Whether the data are packed.
    pub(super) is_packed: bool,
    /// Areas elsewhere that hold entries.
    pub(super) areas: Vec<crate::report::Span>,
    /// Whether an entry or an area could not be read.
    pub(super) is_broken: bool,
}

/// Read the entries in `area`, and in the areas that they lead to.
pub(super) fn read(source: &dyn Source, area: &[u8], block: u64) -> Result<Extras, Fault> {
    let mut extras = Extras::default();
    let mut area = area.to_vec();
    for _ in 0..AREAS_CAP {
        let Some(next) = entries(&area, &mut extras) else {
            return Ok(extras);
        };
        let (at, offset, len) = next;
        let start = u64::from(at)
            .saturating_mul(block)
            .saturating_add(u64::from(offset));
        let end = start.saturating_add(u64::from(len).min(AREA_CAP_BYTES));
        if start >= source.len() || len == 0 {
            break;
        }
        let end = end.min(source.len());
        extras.areas.push(start..end);
        area = source.chunk(start..end)?.to_vec();
    }
    extras.is_broken = true;
    Ok(extras)
}

/// Read the entries of one area. Returns where they go on: block, offset and
/// length.
fn entries(mut area: &[u8], extras: &mut Extras) -> Option<(u32, u32, u32)> {
    let mut next = None;
    // One byte may fill up the record.
    while let [a, b, len, _version, ..] = area {
        let Some((entry, rest)) = area.split_at_checked(usize::from(*len)) else {
            break;
        };
        let Some(body) = entry.get(4..) else {
            break;
        };
        match &[*a, *b] {
            b"NM" => name(body, extras),
            b"PX" => extras.mode = low(body, 0),
            b"SL" => link(body, extras),
            b"ZF" => extras.is_packed = true,
            b"CE" => next = Some((low(body, 0)?, low(body, 8)?, low(body, 16)?)),
            b"ST" => break,
            _ => {}
        }
        area = rest;
    }
    next
}

fn name(body: &[u8], extras: &mut Extras) {
    if let Some((flags, text)) = body.split_first() {
        // The other flags stand for the folder itself and the one above.
        if flags & !CONTINUES == 0 {
            extras.name.get_or_insert_default().extend_from_slice(text);
        }
    }
}

/// The target of a link, component by component.
fn link(body: &[u8], extras: &mut Extras) {
    let target = extras.target.get_or_insert_default();
    let mut rest = body.get(1..).unwrap_or_default();
    let mut is_open = false;
    while let [flags, len, tail @ ..] = rest {
        let (text, behind) = tail
            .split_at_checked(usize::from(*len))
            .unwrap_or((tail, &[]));
        if !target.is_empty() && !target.ends_with(b"/") && !is_open {
            target.push(b'/');
        }
        target.extend_from_slice(match flags & 0x0e {
            0x02 => b".",
            0x04 => b"..",
            0x08 => b"/",
            _ => text,
        });
        is_open = flags & CONTINUES != 0;
        rest = behind;
    }
}
