//! The members' bytes: every reading of the records becomes a member, and
//! what the records say about the bytes is compared with them.

use std::collections::BTreeSet;

use crate::formats::archive::{Gaps, shown, text};
use crate::formats::{Body, Context, Member};
use crate::report::{Span, Why};
use crate::rules::archive::{FALSE_FLAGS, WRONG_CHECKSUM, WRONG_SIZE};
use crate::source::Source;
use crate::wire::Fault;
use crate::wire::codec::{Codec, Measured, StreamEnd};
use crate::wire::zip_directory::{
    Directory, Entry, FLAG_ENCRYPTED, FLAG_MASKED, FLAG_PATCH, FLAG_STRONG, View,
};

/// Largest member whose checksum is computed, in bytes: what decides what a
/// loader runs is far smaller.
const CHECKED_MEMBER_CAP_BYTES: u64 = 64 << 20;

/// Bytes of one archive that are read for checksums: a file is not read twice.
const CHECKED_TOTAL_CAP_BYTES: u64 = 256 << 20;

/// Stored members are read in pieces of this size.
const PIECE_BYTES: u64 = 1 << 20;

/// Output after which a stream that two records disagree on counts as one.
const TRIAL_CAP_BYTES: u64 = 1 << 20;

/// Flags that say that the data is not plain.
const VEILING: u16 = FLAG_ENCRYPTED | FLAG_PATCH | FLAG_STRONG | FLAG_MASKED;

/// One way to understand a member.
#[derive(Clone)]
struct Reading<'a> {
    entry: &'a Entry,
    view: &'a View,
    span: Span,
    /// `None` for stored bytes.
    codec: Option<Codec>,
}

/// Name every member by every reading, and compare what can be compared.
pub(super) fn examine(
    source: &dyn Source,
    directory: &Directory,
    gaps: &mut Gaps,
    cx: &mut Context<'_>,
) -> Result<(), Fault> {
    let mut pass = Pass {
        source,
        taken: BTreeSet::new(),
        checks: Vec::new(),
        gaps,
    };
    for entry in &directory.entries {
        cx.tick()?;
        pass.entry(entry, cx)?;
    }
    pass.compare(cx)
}

struct Pass<'a, 'b> {
    source: &'a dyn Source,
    /// Spans that are members already, with whether they are packed.
    taken: BTreeSet<(u64, u64, bool)>,
    checks: Vec<Reading<'a>>,
    gaps: &'b mut Gaps,
}

impl<'a> Pass<'a, '_> {
    fn entry(&mut self, entry: &'a Entry, cx: &mut Context<'_>) -> Result<(), Fault> {
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
        let readings = self.readings(entry, cx);
        let readings = self.decodable(readings, cx)?;
        let is_veiled = !readings.is_empty() && entry.views().any(|v| v.flags & VEILING != 0);
        let mut has_plain = false;
        for reading in readings {
            let is_plain = !is_veiled || self.is_plain(&reading, cx)?;
            has_plain |= is_plain;
            if is_plain {
                self.check_later(&reading);
            }
            // Encrypted packed data is no stream; its bytes stay with the
            // archive.
            if is_plain || reading.codec.is_none() {
                self.emit(&reading, cx)?;
            }
        }
        if is_veiled {
            self.veiled(entry, has_plain, cx);
        }
        Ok(())
    }

    /// Every way to understand a member; a gap for each that this version
    /// does not follow.
    fn readings(&mut self, entry: &'a Entry, cx: &mut Context<'_>) -> Vec<Reading<'a>> {
        let mut readings: Vec<Reading<'a>> = Vec::new();
        let mut refused: Vec<u16> = Vec::new();
        for view in entry.views() {
            let codec = match view.method {
                0 => None,
                8 => Some(Codec::Deflate),
                method => {
                    if !refused.contains(&method) {
                        refused.push(method);
                        self.refuse(entry, method, cx);
                    }
                    continue;
                }
            };
            for span in self.spans(entry, view, codec) {
                let is_known = |r: &Reading<'_>| r.span == span && r.codec == codec;
                if !readings.iter().any(is_known) {
                    readings.push(Reading {
                        entry,
                        view,
                        span,
                        codec,
                    });
                }
            }
        }
        self.cut_short(entry, cx);
        readings
    }

    /// Where the bytes are by one view. Loaders take the packed or the
    /// unpacked length of stored data.
    fn spans(&self, entry: &Entry, view: &View, codec: Option<Codec>) -> Vec<Span> {
        let len = self.source.len();
        let mut spans: Vec<Span> = entry.data(view, len).into_iter().collect();
        if codec.is_none()
            && view.flags & VEILING == 0
            && let (Some(unpacked), Some(first)) = (view.unpacked, spans.first())
        {
            let end = first.start.saturating_add(unpacked).min(len);
            let other = first.start..end;
            if other != *first {
                spans.push(other);
            }
        }
        spans
    }

    fn refuse(&mut self, entry: &Entry, method: u16, cx: &mut Context<'_>) {
        let name = shown(entry.name());
        let (why, detail) = if method == 99 {
            (
                Why::Encrypted,
                format!("the member `{name}` is encrypted (method 99, AES)"),
            )
        } else {
            let title = method_title(method);
            let detail = format!("the member `{name}` is packed with method {method} ({title})");
            (Why::Unsupported, detail)
        };
        self.gaps.add(cx, entry.span().into(), why, detail);
    }

    /// A gap where a member reaches past the end of the file.
    fn cut_short(&mut self, entry: &Entry, cx: &mut Context<'_>) {
        let Some(local) = &entry.local else {
            return;
        };
        let packed = entry.views().filter_map(|v| v.packed).max().unwrap_or(0);
        let end = local.data_at.saturating_add(packed);
        let missing = end.saturating_sub(self.source.len());
        if missing > 0 {
            let name = shown(entry.name());
            let detail =
                format!("the member `{name}` runs {missing} bytes past the end of the file");
            self.gaps
                .add(cx, entry.span().into(), Why::Malformed, detail);
        }
    }

    /// Where records disagree, the readings that decode; all of them where
    /// none does, so that what is wrong shows.
    fn decodable(
        &self,
        readings: Vec<Reading<'a>>,
        cx: &mut Context<'_>,
    ) -> Result<Vec<Reading<'a>>, Fault> {
        if readings.len() < 2 {
            return Ok(readings);
        }
        let mut decoding = Vec::new();
        for reading in &readings {
            let is_broken = match reading.codec {
                Some(_) => self.trial(reading, cx)?.end == StreamEnd::Broken,
                None => false,
            };
            if !is_broken {
                decoding.push(reading.clone());
            }
        }
        Ok(if decoding.is_empty() {
            readings
        } else {
            decoding
        })
    }

    fn measure(
        &self,
        reading: &Reading<'_>,
        cap: u64,
        cx: &mut Context<'_>,
    ) -> Result<Measured, Fault> {
        let codec = reading.codec.unwrap_or(Codec::Deflate);
        codec.measure(self.source, reading.span.clone(), cap, cx.budget())
    }

    /// Decode the beginning of a stream whose records are not to be believed.
    fn trial(&self, reading: &Reading<'_>, cx: &mut Context<'_>) -> Result<Measured, Fault> {
        let measured = self.measure(reading, TRIAL_CAP_BYTES, cx)?;
        cx.budget().spend_expanded(measured.unpacked)?;
        Ok(measured)
    }

    /// Whether bytes that are marked as not plain are plain after all.
    /// Encryption makes stored data 12 bytes longer and packed data
    /// undecodable, but for a stream that ends by chance.
    fn is_plain(&self, reading: &Reading<'_>, cx: &mut Context<'_>) -> Result<bool, Fault> {
        let len = reading.span.end.saturating_sub(reading.span.start);
        if reading.codec.is_none() {
            return Ok(reading.view.unpacked.is_none_or(|n| n == len));
        }
        let measured = self.trial(reading, cx)?;
        let is_whole = measured.packed == len || reading.view.unpacked == Some(measured.unpacked);
        Ok(match measured.end {
            StreamEnd::Complete => is_whole,
            StreamEnd::Capped => true,
            StreamEnd::Broken | StreamEnd::Refused => false,
        })
    }

    /// Report a member that is marked as not plain.
    fn veiled(&mut self, entry: &Entry, is_plain: bool, cx: &mut Context<'_>) {
        let name = shown(entry.name());
        if is_plain {
            let flags = entry.views().fold(0, |all, v| all | v.flags) & VEILING;
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
    fn emit(&mut self, reading: &Reading<'_>, cx: &mut Context<'_>) -> Result<(), Fault> {
        let (span, codec) = (reading.span.clone(), reading.codec);
        if span.is_empty() || !self.taken.insert((span.start, span.end, codec.is_some())) {
            return Ok(());
        }
        cx.member(Member {
            name: text(reading.entry.name()),
            body: match codec {
                None => Body::Stored(span),
                Some(codec) => Body::Packed(span, codec.into()),
            },
            stated: None,
        })?;
        Ok(())
    }

    /// Keep a reading whose bytes are all there for [`Pass::compare`].
    fn check_later(&mut self, reading: &Reading<'a>) {
        let end = reading
            .view
            .packed
            .map(|n| reading.span.start.saturating_add(n));
        let is_whole = end.is_some_and(|end| end <= self.source.len());
        if is_whole && weight(reading) <= CHECKED_MEMBER_CAP_BYTES {
            self.checks.push(reading.clone());
        }
    }

    /// Compare checksums and lengths with the bytes, smallest members first,
    /// as far as the cap goes.
    fn compare(mut self, cx: &mut Context<'_>) -> Result<(), Fault> {
        let mut checks = std::mem::take(&mut self.checks);
        checks.sort_by_key(|r| (weight(r), r.span.start));
        // PyTorch can leave all checksums at zero to save the time.
        let is_unset = |r: &Reading<'_>| r.view.crc32 == Some(0) || r.view.unpacked == Some(0);
        let has_checksums = !checks.iter().all(is_unset);
        let mut total = 0u64;
        let mut told = BTreeSet::new();
        for reading in checks {
            total = total.saturating_add(weight(&reading));
            if total > CHECKED_TOTAL_CAP_BYTES {
                break;
            }
            cx.budget().check()?;
            let is_first = told.insert(reading.entry.span().start);
            self.compare_one(&reading, has_checksums, is_first, cx)?;
        }
        Ok(())
    }

    fn compare_one(
        &self,
        reading: &Reading<'_>,
        has_checksums: bool,
        is_first: bool,
        cx: &mut Context<'_>,
    ) -> Result<(), Fault> {
        let (crc32, sizes) = match reading.codec {
            None => (self.checksum(&reading.span, cx)?, stored_sizes(reading)),
            Some(_) => {
                let measured = self.measure(reading, weight(reading), cx)?;
                if measured.end == StreamEnd::Broken {
                    // Opening the member tells.
                    return Ok(());
                }
                (measured.crc32, packed_sizes(reading, &measured))
            }
        };
        // Wrong lengths make the checksum wrong as well.
        if let Some(message) = sizes {
            if is_first {
                let draft = WRONG_SIZE.at(reading.entry.span()).message(message);
                cx.report(draft.within(text(reading.entry.name())));
            }
        } else if let Some(claimed) = reading.view.crc32
            && has_checksums
            && claimed != crc32
            && is_first
        {
            wrong_checksum(reading, claimed, crc32, cx);
        }
        Ok(())
    }

    /// CRC-32 of stored bytes.
    fn checksum(&self, span: &Span, cx: &mut Context<'_>) -> Result<u32, Fault> {
        let mut hasher = crc32fast::Hasher::new();
        let mut from = span.start;
        while from < span.end {
            cx.budget().check()?;
            let to = from.saturating_add(PIECE_BYTES).min(span.end);
            hasher.update(&self.source.chunk(from..to)?);
            from = to;
        }
        Ok(hasher.finalize())
    }
}

fn wrong_checksum(reading: &Reading<'_>, claimed: u32, actual: u32, cx: &mut Context<'_>) {
    let message = format!(
        "the checksum of `{}` is {actual:08x} and its record says {claimed:08x}",
        shown(reading.entry.name())
    );
    let draft = WRONG_CHECKSUM.at(reading.entry.span()).message(message);
    cx.report(draft.within(text(reading.entry.name())));
}

/// What is wrong with the lengths of stored bytes.
fn stored_sizes(reading: &Reading<'_>) -> Option<String> {
    let (packed, unpacked) = (reading.view.packed?, reading.view.unpacked?);
    (packed != unpacked).then(|| {
        format!(
            "`{}` is stored as it is, in {packed} bytes, and claims to have {unpacked}",
            shown(reading.entry.name())
        )
    })
}

/// What is wrong with the lengths of a packed stream.
fn packed_sizes(reading: &Reading<'_>, measured: &Measured) -> Option<String> {
    let name = shown(reading.entry.name());
    let claimed = reading.view.unpacked?;
    let span = reading.span.end.saturating_sub(reading.span.start);
    if measured.end == StreamEnd::Capped {
        return Some(format!(
            "`{name}` unpacks to more than the {claimed} bytes it claims"
        ));
    }
    if measured.unpacked != claimed {
        let actual = measured.unpacked;
        return Some(format!(
            "`{name}` unpacks to {actual} bytes and claims {claimed}"
        ));
    }
    let behind = span.saturating_sub(measured.packed);
    (behind > 0).then(|| format!("{behind} bytes follow the packed stream of `{name}`"))
}

/// Bytes that checking a member reads or makes, at most.
fn weight(reading: &Reading<'_>) -> u64 {
    let span = reading.span.end.saturating_sub(reading.span.start);
    match reading.codec {
        None => span,
        Some(_) => reading.view.unpacked.unwrap_or(u64::MAX),
    }
}

/// Whether the entry is a folder and nothing else. Some writers pack the
/// nothing in it, which takes two bytes.
fn is_folder(entry: &Entry) -> bool {
    let is_empty = |v: &View| v.unpacked == Some(0) && v.packed.is_some_and(|n| n <= 2);
    entry.name().ends_with(b"/") && entry.views().all(is_empty)
}

/// The name of a compression method that is not followed.
fn method_title(method: u16) -> &'static str {
    match method {
        1 => "shrink",
        2..=5 => "reduce",
        6 => "implode",
        9 => "deflate64",
        10 => "PKWARE implode",
        12 => "bzip2",
        14 => "LZMA",
        20 | 93 => "Zstandard",
        94 => "MP3",
        95 => "xz",
        96 => "JPEG",
        97 => "WavPack",
        98 => "PPMd",
        _ => "unknown",
    }
}
