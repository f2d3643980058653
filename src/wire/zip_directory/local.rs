//! Local headers, the data behind them, and the descriptors behind that.

use std::sync::Arc;

use super::fields::{
    CENTRAL, DESCRIPTOR, END, END64, FLAG_DESCRIPTOR, FLAG_ENCRYPTED, LOCAL, LOCAL_BYTES, SENTINEL,
    View, is_at_front, local_lengths, local_view, u16_at, u32_at, u64_at,
};
use super::{read_up_to, search};
use crate::budget::Budget;
use crate::source::{ReadError, Source};
use crate::wire::Fault;
use crate::wire::codec::{Codec, StreamEnd};

/// Bytes read at first for a header; holds name and extra field of nearly all.
const FIRST_READ_BYTES: u64 = 256;

/// The longest descriptor, in bytes.
const DESCRIPTOR_CAP_BYTES: u64 = 24;

/// Output up to which a packed stream of untold length is decoded to find its
/// end; behind that, the next record is looked for.
const UNTOLD_CAP_BYTES: u64 = 64 << 20;

/// Highest "version needed" that a header of an existing writer has.
const VERSION_CAP: u8 = 63;

/// Longest name that a header found by searching may have, in bytes.
const FOUND_NAME_CAP_BYTES: u16 = 1024;

/// Sizes and checksum behind the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Descriptor {
    /// Its length in bytes, signature included.
    pub len: u64,
    /// CRC-32 of the unpacked bytes.
    pub crc32: u32,
    /// Packed length in bytes.
    pub packed: u64,
    /// Unpacked length in bytes.
    pub unpacked: u64,
}

/// One local header with what follows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Local {
    /// First byte of the header.
    pub at: u64,
    /// First byte behind the header: where the data begins.
    pub data_at: u64,
    /// What the header says, completed by the descriptor or by looking.
    pub view: View,
    /// The descriptor behind the data.
    pub descriptor: Option<Descriptor>,
    /// Where the walk over local headers goes on.
    pub(super) next: u64,
}

/// The local header at `at`, or `None` where none stands there in full.
///
/// `hint` is the packed length and name that a central record gives; the name
/// is shared where it is the same. Data of untold length ends at `limit` at the
/// latest. `broken_to` is the end of what was decoded in vain so far to find the
/// end of such data: a stream that begins in front of that is not decoded for
/// it, so that a walk over many headers decodes no byte twice.
pub(super) fn read(
    source: &dyn Source,
    at: u64,
    hint: Option<&View>,
    limit: u64,
    broken_to: &mut u64,
    budget: &Budget,
) -> Result<Option<Local>, Fault> {
    let mut header = read_up_to(source, at, FIRST_READ_BYTES)?;
    let lengths = local_lengths(&header).filter(|_| is_at_front(&header, LOCAL));
    let Some((name_len, extra_len)) = lengths else {
        return Ok(None);
    };
    let whole = LOCAL_BYTES
        .saturating_add(name_len)
        .saturating_add(extra_len);
    if at.saturating_add(whole) > source.len() {
        return Ok(None);
    }
    if whole > header.len() as u64 {
        header = read_up_to(source, at, whole)?;
    }
    // What was read beyond the extra field is data.
    header.truncate(usize::try_from(whole).unwrap_or(0));
    let Some(view) = parse(&header, name_len, hint) else {
        return Ok(None);
    };
    let mut local = Local {
        at,
        data_at: at.saturating_add(whole),
        view,
        descriptor: None,
        next: 0,
    };
    local.follow(source, hint, limit, broken_to, budget)?;
    Ok(Some(local))
}

fn parse(header: &[u8], name_len: u64, hint: Option<&View>) -> Option<View> {
    let (fixed, rest) = header.split_at_checked(LOCAL_BYTES as usize)?;
    let (name, extra) = rest.split_at_checked(usize::try_from(name_len).ok()?)?;
    let shared = hint.map(|h| &h.name).filter(|other| other[..] == *name);
    let name = shared.map_or_else(|| Arc::from(name), Arc::clone);
    local_view(fixed, name, extra)
}

impl Local {
    /// Find the end of the data and the descriptor behind it.
    fn follow(
        &mut self,
        source: &dyn Source,
        hint: Option<&View>,
        limit: u64,
        broken_to: &mut u64,
        budget: &Budget,
    ) -> Result<(), Fault> {
        let hinted = hint.and_then(|h| h.packed);
        let known = match (hinted, self.view.packed) {
            // Two opinions: what lies behind the nearer end is looked at too.
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        let packed = match known {
            Some(packed) => packed,
            None => self.look_for_end(source, limit, broken_to, budget)?,
        };
        let end = self.data_at.saturating_add(packed);
        self.next = end.min(source.len());
        if self.view.flags & FLAG_DESCRIPTOR == 0 || end > source.len() {
            return Ok(());
        }
        let told = hint.and_then(|h| h.unpacked).or(self.view.unpacked);
        let is_plain = self.view.method == 0 && self.view.flags & FLAG_ENCRYPTED == 0;
        let unpacked = told.or(is_plain.then_some(packed));
        if let Some(found) = descriptor(source, end, packed, unpacked)? {
            self.next = end.saturating_add(found.len);
            self.view.crc32 = self.view.crc32.or(Some(found.crc32));
            self.view.packed = self.view.packed.or(Some(found.packed));
            self.view.unpacked = self.view.unpacked.or(Some(found.unpacked));
            self.descriptor = Some(found);
        }
        Ok(())
    }

    /// The packed length of data that no record tells the length of.
    fn look_for_end(
        &mut self,
        source: &dyn Source,
        limit: u64,
        broken_to: &mut u64,
        budget: &Budget,
    ) -> Result<u64, Fault> {
        let room = self.data_at..limit.max(self.data_at);
        if self.view.method == 8 && self.data_at >= *broken_to {
            let cap = UNTOLD_CAP_BYTES;
            let measured = Codec::Deflate.measure(source, room.clone(), cap, budget)?;
            budget.spend_expanded(measured.unpacked)?;
            if measured.end == StreamEnd::Complete {
                self.view.packed = Some(measured.packed);
                self.view.unpacked = Some(measured.unpacked);
                return Ok(measured.packed);
            }
            *broken_to = self.data_at.saturating_add(measured.packed);
        }
        let end = search::data_end(source, room, budget)?;
        let packed = end.saturating_sub(self.data_at);
        self.view.packed = Some(packed);
        Ok(packed)
    }
}

/// The descriptor at `at`, in whichever of its four forms fits: the one whose
/// sizes are those expected, best if a record follows, else the one that a
/// record follows.
fn descriptor(
    source: &dyn Source,
    at: u64,
    packed: u64,
    unpacked: Option<u64>,
) -> Result<Option<Descriptor>, ReadError> {
    let bytes = read_up_to(source, at, DESCRIPTOR_CAP_BYTES.saturating_add(4))?;
    let forms = [(true, true), (true, false), (false, true), (false, false)];
    let read = |(signed, wide)| form(&bytes, signed, wide);
    let fits = |d: &Descriptor| d.packed == packed && unpacked.is_none_or(|u| d.unpacked == u);
    let is_followed = |d: &Descriptor| {
        let behind = usize::try_from(d.len).ok().and_then(|n| bytes.get(n..));
        behind.is_some_and(is_record)
    };
    let found = || forms.into_iter().filter_map(read);
    let best = found().find(|d| fits(d) && is_followed(d));
    Ok(best
        .or_else(|| found().find(fits))
        .or_else(|| found().find(is_followed)))
}

/// A descriptor at the front of `bytes` in one of its forms.
fn form(bytes: &[u8], signed: bool, wide: bool) -> Option<Descriptor> {
    if signed && !is_at_front(bytes, DESCRIPTOR) {
        return None;
    }
    let skipped: u64 = if signed { 4 } else { 0 };
    let fields = bytes.get(usize::try_from(skipped).ok()?..)?;
    let (packed, unpacked, len) = if wide {
        (u64_at(fields, 4)?, u64_at(fields, 12)?, 20u64)
    } else {
        (u32_at(fields, 4)?.into(), u32_at(fields, 8)?.into(), 12)
    };
    Some(Descriptor {
        len: len.saturating_add(skipped),
        crc32: u32_at(fields, 0)?,
        packed,
        unpacked,
    })
}

/// Whether a record that may follow a member begins here.
fn is_record(bytes: &[u8]) -> bool {
    [LOCAL, CENTRAL, END, END64]
        .into_iter()
        .any(|signature| is_at_front(bytes, signature))
}

/// Whether the bytes look like a local header that some writer made: for
/// places where a signature alone proves little.
pub fn is_plausible(header: &[u8]) -> bool {
    let fields = || {
        let version = *header.get(4)?;
        let (method, name_len) = (u16_at(header, 8)?, u16_at(header, 26)?);
        let (packed, unpacked) = (u32_at(header, 18)?, u32_at(header, 22)?);
        let sizes_agree = method != 0 || packed == unpacked || packed == SENTINEL;
        let is_encrypted = u16_at(header, 6)? & 1 != 0;
        Some(
            version <= VERSION_CAP
                && is_known_method(method)
                && (1..=FOUND_NAME_CAP_BYTES).contains(&name_len)
                && (sizes_agree || is_encrypted),
        )
    };
    is_at_front(header, LOCAL) && fields().unwrap_or(false)
}

/// Methods that the specification or a common writer has assigned.
fn is_known_method(method: u16) -> bool {
    matches!(method, 0..=10 | 12 | 14 | 16 | 18..=20 | 93..=99)
}

/// The bytes of a descriptor that stands right in front of `hit` for data that
/// begins at `data_at`, without its signature; for data of unknown length.
pub(super) fn descriptor_before(front: &[u8], len: u64) -> u64 {
    let from_end = |n: usize| front.len().checked_sub(n).and_then(|at| front.get(at..));
    let narrow = from_end(12).and_then(|d| u32_at(d, 4)).map(u64::from);
    let wide = from_end(20).and_then(|d| u64_at(d, 4));
    if narrow.is_some_and(|n| Some(n) == len.checked_sub(12)) {
        12
    } else if wide.is_some_and(|n| Some(n) == len.checked_sub(20)) {
        20
    } else {
        0
    }
}

/// Whether the descriptor at the front of `bytes`, with signature, closes data
/// of `len` bytes.
pub(super) fn closes(bytes: &[u8], len: u64) -> bool {
    [true, false]
        .into_iter()
        .filter_map(|wide| form(bytes, true, wide))
        .any(|d| d.packed == len)
}
