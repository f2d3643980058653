//! The members' bytes: every reading of the records becomes a member, with
//! what the records say about the bytes.

use std::collections::HashSet;

use super::readings::{Reading, is_plain, readings, veil};
use super::sums::Sums;
use crate::formats::archive::{Gaps, shown, text};
use crate::formats::{Body, Context, Member, Stated};
use crate::report::{Span, Why};
use crate::rules::archive::{FALSE_FLAGS, WRONG_CHECKSUM, WRONG_SIZE};
use crate::source::Source;
use crate::wire::Fault;
use crate::wire::codec::Codec;
use crate::wire::zip_directory::{Directory, Entry, View};

/// Members that are opened although they share bytes with others in front of
/// them.
const SHARING_CAP: u32 = 256;

/// Bytes that those read or claim to unpack to, at most in all: without a
/// bound, few bytes would be read as often as there are members.
const SHARING_CAP_BYTES: u64 = 1 << 30;

/// Name every member by every reading.
pub(super) fn examine(
    source: &dyn Source,
    directory: &Directory,
    gaps: &mut Gaps,
    cx: &mut Context<'_>,
) -> Result<(), Fault> {
    let mut pass = Pass {
        source,
        sums: Sums::of(directory),
        taken: HashSet::new(),
        reach: 0,
        sharing: 0,
        sharing_bytes: 0,
        gaps,
    };
    for entry in &directory.entries {
        cx.tick()?;
        pass.entry(entry, cx)?;
    }
    Ok(())
}

struct Pass<'a, 'b> {
    source: &'a dyn Source,
    sums: Sums,
    /// Spans that are members already, with how they are packed.
    taken: HashSet<(u64, u64, Option<Codec>)>,
    /// The end of the members so far.
    reach: u64,
    /// Members so far that begin in front of that.
    sharing: u32,
    /// Bytes that those read or claim to unpack to.
    sharing_bytes: u64,
    gaps: &'b mut Gaps,
}

impl Pass<'_, '_> {
    fn entry(&mut self, entry: &Entry, cx: &mut Context<'_>) -> Result<(), Fault> {
        if entry.local.is_none() {
            let detail = format!(
                "the directory names `{}`, and no header stands where it says",
                shown(entry.name())
            );
            self.gaps
                .add(cx, entry.span().into(), Why::Malformed, detail);
            return Ok(());
        }
        if is_folder(entry) {
            return Ok(());
        }
        self.cut_short(entry, cx);
        let readings = readings(self.source, entry, self.gaps, cx)?;
        if let Some(first) = readings.first() {
            lengths(entry, first, cx);
        }
        let is_veiled = !readings.is_empty() && entry.views().any(|view| veil(view) != 0);
        let mut has_plain = false;
        let mut is_first = true;
        for reading in readings {
            let is_plain = !is_veiled || is_plain(self.source, &reading, cx)?;
            has_plain |= is_plain;
            // Encrypted packed data is no stream; its bytes stay with the
            // archive.
            if is_plain || reading.codec.is_none() {
                let stated = self
                    .stated(entry, &reading)
                    .filter(|_| is_plain && is_first);
                self.emit(entry, &reading, stated, cx)?;
                is_first = false;
            }
        }
        if is_veiled {
            self.veiled(entry, has_plain, cx);
        }
        Ok(())
    }

    /// A gap where a member reaches past the end of the file.
    fn cut_short(&mut self, entry: &Entry, cx: &mut Context<'_>) {
        let packed = entry.views().filter_map(|v| v.packed).max().unwrap_or(0);
        let missing = missing(self.source, entry, packed);
        if missing > 0 {
            let name = shown(entry.name());
            let detail =
                format!("the member `{name}` runs {missing} bytes past the end of the file");
            self.gaps
                .add(cx, entry.span().into(), Why::Malformed, detail);
        }
    }

    /// What the record says about the bytes of this reading, where that can be
    /// compared with them.
    fn stated(&self, entry: &Entry, reading: &Reading<'_>) -> Option<Stated> {
        let view = reading.view;
        let is_cut = missing(self.source, entry, view.packed?) > 0;
        if is_cut || has_two_lengths(reading) {
            return None;
        }
        let (crc32, len) = (self.sums.stated(view), view.unpacked);
        (crc32.is_some() || len.is_some()).then(|| Stated {
            at: entry.span(),
            crc32,
            len,
        })
    }

    /// Report a member that is marked as not plain.
    fn veiled(&mut self, entry: &Entry, is_plain: bool, cx: &mut Context<'_>) {
        let name = shown(entry.name());
        if is_plain {
            let flags = entry.views().fold(0, |all, view| all | veil(view));
            let message = format!(
                "the flags 0x{flags:x} mark `{name}` as encrypted or patched, and its bytes are \
                 plain"
            );
            let draft = FALSE_FLAGS.at(entry.span()).message(message);
            cx.report(draft.within(text(entry.name())));
        } else {
            let detail = format!("the member `{name}` is encrypted");
            let at = entry.span().into();
            self.gaps.add(cx, at, Why::Encrypted, detail);
        }
    }

    /// Name the member, once for each span and codec.
    fn emit(
        &mut self,
        entry: &Entry,
        reading: &Reading<'_>,
        stated: Option<Stated>,
        cx: &mut Context<'_>,
    ) -> Result<(), Fault> {
        let (span, codec) = (reading.span.clone(), reading.codec);
        if span.is_empty() || !self.taken.insert((span.start, span.end, codec)) {
            return Ok(());
        }
        if !self.may_share(&span, reading.view) {
            let name = shown(entry.name());
            let detail = format!(
                "the member `{name}` shares its bytes with others, and too many members do; it \
                 is not opened"
            );
            self.gaps.add(cx, entry.span().into(), Why::Limit, detail);
            return Ok(());
        }
        cx.member(Member {
            name: text(entry.name()),
            body: match codec {
                None => Body::Stored(span),
                Some(codec) => Body::Packed(span, codec.into()),
            },
            stated,
        })?;
        Ok(())
    }

    /// Whether a member may be opened: none of its bytes belongs to one in
    /// front of it, or not too many did so before.
    fn may_share(&mut self, span: &Span, view: &View) -> bool {
        let is_sharing = span.start < self.reach;
        self.reach = self.reach.max(span.end);
        if is_sharing {
            let len = span.end.saturating_sub(span.start);
            let bytes = len.max(view.unpacked.unwrap_or(0));
            self.sharing = self.sharing.saturating_add(1);
            self.sharing_bytes = self.sharing_bytes.saturating_add(bytes);
        }
        let is_within = self.sharing <= SHARING_CAP && self.sharing_bytes <= SHARING_CAP_BYTES;
        !is_sharing || is_within
    }
}

/// Bytes of a member of `packed` bytes that lie behind the end of the file.
fn missing(source: &dyn Source, entry: &Entry, packed: u64) -> u64 {
    let data_at = entry.local.as_ref().map_or(0, |local| local.data_at);
    let end = data_at.saturating_add(packed);
    end.saturating_sub(source.len())
}

/// Whether stored bytes have a packed length and another one.
fn has_two_lengths(reading: &Reading<'_>) -> bool {
    let view = reading.view;
    let is_known = view.packed.is_some() && view.unpacked.is_some();
    reading.codec.is_none() && is_known && view.packed != view.unpacked
}

/// What is wrong with what a record says, without a look at the bytes.
fn lengths(entry: &Entry, reading: &Reading<'_>, cx: &mut Context<'_>) {
    let view = reading.view;
    let name = shown(entry.name());
    let claimed = view.unpacked.unwrap_or(0);
    let crc32 = view.crc32.unwrap_or(0);
    let is_empty = view.packed == Some(0);
    let draft = if veil(view) != 0 {
        return;
    } else if has_two_lengths(reading) {
        let packed = view.packed.unwrap_or(0);
        WRONG_SIZE.at(entry.span()).message(format!(
            "`{name}` is stored as it is, in {packed} bytes, and claims to have {claimed}"
        ))
    } else if is_empty && claimed > 0 {
        WRONG_SIZE.at(entry.span()).message(format!(
            "`{name}` has no bytes and claims to have {claimed}"
        ))
    } else if is_empty && crc32 != 0 {
        WRONG_CHECKSUM.at(entry.span()).message(format!(
            "`{name}` has no bytes and its record says {crc32:08x}"
        ))
    } else {
        return;
    };
    cx.report(draft.within(text(entry.name())));
}

/// Whether the entry is a folder and nothing else. Some writers pack the
/// nothing in it, which takes two bytes.
fn is_folder(entry: &Entry) -> bool {
    let is_empty = |v: &View| v.unpacked == Some(0) && v.packed.is_some_and(|n| n <= 2);
    entry.name().ends_with(b"/") && entry.views().all(is_empty)
}
