//! The first format of joblib: `ZF`, the unpacked length in hexadecimal, and a
//! zlib stream that holds a pickle.
//!
//! joblib still reads it: it takes the 19 characters behind the two letters as
//! a number, passes over one blank if there is one, unpacks the rest and wants
//! the length to be right. Source: `joblib/numpy_pickle_compat.py`,
//! `read_zfile`. Not checked: arrays in files beside this one.

use super::{bare_name, signs};
use crate::formats::{
    Artifact, Body, Claim, Content, Context, Format, FormatSpec, Kind, Member, Probe,
};
use crate::rules::archive::WRONG_SIZE;
use crate::wire::Fault;
use crate::wire::codec::{Codec, StreamEnd};

/// The letters at the front.
const PREFIX: &[u8] = b"ZF";

/// Characters of the length.
const LENGTH_BYTES: usize = 19;

/// Bytes in front of the stream.
const HEADER_BYTES: u64 = 21;

/// Unpacked bytes up to which the length is compared.
const COMPARED_CAP_BYTES: u64 = 256 << 20;

/// Suffixes of models that joblib saved.
const SUFFIXES: &[&str] = &[".joblib", ".pkl", ".pickle"];

/// A file of joblib's first format.
pub struct JoblibZ;

static SPEC: FormatSpec = FormatSpec {
    id: "joblib-z",
    title: "joblib Z-file",
    suffixes: SUFFIXES,
    runs_code: false,
    content: Content::Data,
    layer_of: None,
    references: &["https://github.com/joblib/joblib/blob/main/joblib/numpy_pickle_compat.py"],
    limitations: &[
        "Arrays that lie in files beside it are examined as files of their own.",
        "The unpacked length is compared up to 256 MiB.",
    ],
};

/// What stands in front of the stream.
struct Header {
    /// Where the stream begins.
    begin: u64,
    len: u64,
}

/// The header, as Python's `int(text, 16)` reads it.
fn header(head: &[u8]) -> Option<Header> {
    let rest = head.strip_prefix(PREFIX)?;
    let (field, rest) = rest.split_at_checked(LENGTH_BYTES)?;
    let text = std::str::from_utf8(field).ok()?.trim().to_ascii_lowercase();
    let digits = text.strip_prefix("0x").unwrap_or(&text);
    let is_number = digits.bytes().all(|b| b.is_ascii_hexdigit());
    let len = u64::from_str_radix(digits, 16).ok().filter(|_| is_number)?;
    let begin = match rest.first() {
        Some(b' ') => HEADER_BYTES.saturating_add(1),
        _ => HEADER_BYTES,
    };
    Some(Header { begin, len })
}

impl Format for JoblibZ {
    fn spec(&self) -> &'static FormatSpec {
        &SPEC
    }

    fn kind(&self) -> Kind {
        Kind::Stream
    }

    fn recognise(&self, probe: &Probe<'_>) -> Claim {
        match header(probe.head()) {
            Some(header) => signs::weak_from(Codec::Zlib, probe, header.begin, true),
            None => Claim::No,
        }
    }

    fn examine(&self, artifact: &Artifact, cx: &mut Context<'_>) -> Result<(), Fault> {
        let probe = Probe::new(artifact);
        let header = header(probe.head())
            .ok_or_else(|| Fault::malformed(0, "the length in the header is no number"))?;
        let span = header.begin..probe.len();
        if header.len <= COMPARED_CAP_BYTES {
            let source = probe.source();
            let seen = Codec::Zlib.measure(source, span.clone(), header.len, cx.budget())?;
            let is_other = match seen.end {
                StreamEnd::Complete => seen.unpacked != header.len,
                StreamEnd::Capped => true,
                StreamEnd::Broken | StreamEnd::Refused => false,
            };
            if is_other {
                let message = format!(
                    "the header promises {} unpacked bytes, and other than that come out",
                    header.len
                );
                cx.report(WRONG_SIZE.at(0..header.begin).message(message));
            }
        }
        cx.member(Member {
            name: bare_name(&artifact.name, SUFFIXES, SUFFIXES),
            body: Body::Packed(span, Codec::Zlib.into()),
            stated: None,
        })?;
        Ok(())
    }
}
