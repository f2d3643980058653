//! The ways to understand a member: by each of its records, and by what its
//! bytes are where no record can be followed.

use super::method::{Method, method, title};
use crate::formats::Context;
use crate::formats::archive::{Gaps, shown};
use crate::report::{Span, Why};
use crate::source::Source;
use crate::wire::Fault;
use crate::wire::codec::{Codec, Measured, StreamEnd};
use crate::wire::zip_directory::{
    Entry, FLAG_ENCRYPTED, FLAG_MASKED, FLAG_PATCH, FLAG_STRONG, View,
};

/// Output after which a stream that two records disagree on counts as one.
const TRIAL_CAP_BYTES: u64 = 1 << 20;

/// Flags that say that the data is not plain.
const VEILING: u16 = FLAG_ENCRYPTED | FLAG_PATCH | FLAG_STRONG | FLAG_MASKED;

/// One way to understand a member.
#[derive(Debug, Clone)]
pub(super) struct Reading<'a> {
    /// The record that it goes by.
    pub view: &'a View,
    /// Its bytes in the archive.
    pub span: Span,
    /// What unpacks them; `None` for stored bytes.
    pub codec: Option<Codec>,
}

/// The flags of a record that say that the data is not plain.
pub(super) fn veil(view: &View) -> u16 {
    let strong = if view.extra.is_strong { FLAG_STRONG } else { 0 };
    view.flags & VEILING | strong
}

/// Every way to understand a member that decodes; all of them where none does,
/// so that what is wrong shows. A gap for each record that is not followed.
pub(super) fn readings<'a>(
    source: &dyn Source,
    entry: &'a Entry,
    gaps: &mut Gaps,
    cx: &mut Context<'_>,
) -> Result<Vec<Reading<'a>>, Fault> {
    let mut all: Vec<Reading<'a>> = Vec::new();
    let mut refused: Vec<u16> = Vec::new();
    for view in entry.views() {
        let Some(data) = entry.data(view, source.len()) else {
            continue;
        };
        let method = method(source, view, data.start)?;
        let found = match method {
            Method::Stored => stored(source, view, data),
            Method::Packed(codec, header) => {
                let start = data.start.saturating_add(header).min(data.end);
                vec![Reading {
                    view,
                    span: start..data.end,
                    codec: Some(codec),
                }]
            }
            Method::Foreign | Method::Broken => {
                if !refused.contains(&view.method) {
                    refused.push(view.method);
                    refuse(entry, view.method, method == Method::Broken, gaps, cx);
                }
                guess(source, view, data, cx)?
            }
        };
        for reading in found {
            let is_known = |r: &Reading<'_>| r.span == reading.span && r.codec == reading.codec;
            if !all.iter().any(is_known) {
                all.push(reading);
            }
        }
    }
    decodable(source, all, cx)
}

/// Stored bytes: loaders take the packed or the unpacked length.
fn stored<'a>(source: &dyn Source, view: &'a View, data: Span) -> Vec<Reading<'a>> {
    let reading = |span| Reading {
        view,
        span,
        codec: None,
    };
    let mut found = vec![reading(data.clone())];
    if veil(view) == 0
        && let Some(unpacked) = view.unpacked
    {
        let end = data.start.saturating_add(unpacked).min(source.len());
        if end != data.end {
            found.push(reading(data.start..end));
        }
    }
    found
}

/// What the bytes can be all the same where the method is not followed: some
/// loaders take whatever is not deflated as stored, and the other way round.
fn guess<'a>(
    source: &dyn Source,
    view: &'a View,
    data: Span,
    cx: &mut Context<'_>,
) -> Result<Vec<Reading<'a>>, Fault> {
    if veil(view) != 0 || data.is_empty() {
        return Ok(Vec::new());
    }
    let mut reading = Reading {
        view,
        span: data,
        codec: None,
    };
    if view.packed == view.unpacked {
        return Ok(vec![reading]);
    }
    reading.codec = Some(Codec::Deflate);
    let is_whole = is_plain(source, &reading, cx)?;
    Ok(is_whole.then_some(reading).into_iter().collect())
}

fn refuse(entry: &Entry, method: u16, is_broken: bool, gaps: &mut Gaps, cx: &mut Context<'_>) {
    let name = shown(entry.name());
    let title = title(method);
    let (why, detail) = match (method, is_broken) {
        (99, _) => (
            Why::Encrypted,
            format!("the member `{name}` is encrypted (method 99, AES)"),
        ),
        (_, true) => (
            Why::Malformed,
            format!("in front of the {title} data of `{name}` stands no {title} header"),
        ),
        (_, false) => (
            Why::Unsupported,
            format!("the member `{name}` is packed with method {method} ({title})"),
        ),
    };
    gaps.add(cx, entry.span().into(), why, detail);
}

/// Where records disagree, the readings that decode.
fn decodable<'a>(
    source: &dyn Source,
    all: Vec<Reading<'a>>,
    cx: &mut Context<'_>,
) -> Result<Vec<Reading<'a>>, Fault> {
    if all.len() < 2 {
        return Ok(all);
    }
    let mut decoding = Vec::new();
    for reading in &all {
        let is_broken = match reading.codec {
            Some(codec) => trial(source, codec, reading, cx)?.end == StreamEnd::Broken,
            None => false,
        };
        if !is_broken {
            decoding.push(reading.clone());
        }
    }
    Ok(if decoding.is_empty() { all } else { decoding })
}

/// Decode the beginning of a stream whose records are not to be believed.
fn trial(
    source: &dyn Source,
    codec: Codec,
    reading: &Reading<'_>,
    cx: &mut Context<'_>,
) -> Result<Measured, Fault> {
    let measured = codec.measure(source, reading.span.clone(), TRIAL_CAP_BYTES, cx.budget())?;
    cx.budget().spend_expanded(measured.unpacked)?;
    Ok(measured)
}

/// Whether bytes that are marked as not plain, or as something unknown, are
/// plain after all. Encryption makes stored data 12 bytes longer and packed
/// data undecodable, but for a stream that ends by chance.
pub(super) fn is_plain(
    source: &dyn Source,
    reading: &Reading<'_>,
    cx: &mut Context<'_>,
) -> Result<bool, Fault> {
    let len = reading.span.end.saturating_sub(reading.span.start);
    let Some(codec) = reading.codec else {
        return Ok(reading.view.unpacked.is_none_or(|n| n == len));
    };
    let measured = trial(source, codec, reading, cx)?;
    let is_whole = measured.packed == len || reading.view.unpacked == Some(measured.unpacked);
    Ok(match measured.end {
        StreamEnd::Complete => is_whole,
        StreamEnd::Capped => true,
        StreamEnd::Broken | StreamEnd::Refused => false,
    })
}
