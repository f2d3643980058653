//! What is wrong with a packed stream, once it was decoded.
//!
//! The engine decodes members, so it alone knows what a stream came to. It asks
//! here what that means.

use crate::budget::Budget;
use crate::formats::archive::unowned;
use crate::formats::zarr_shard;
use crate::report::Span;
use crate::rules::Draft;
use crate::rules::archive::{BOMB, WRONG_CHECKSUM, WRONG_SIZE};
use crate::source::{ReadError, Source};
use crate::wire::codec::{About, Codec, Decoder, Remark};

/// What is to be said about a stream.
#[derive(Debug)]
pub struct Judged {
    /// Statements that are not true, and bytes that belong to nothing.
    pub drafts: Vec<Draft>,
    /// Bytes behind its end, unless they are padding.
    pub slack: Option<Span>,
}

/// The findings about a stream in `source` that was packed in `span`:
/// statements that are not true, and, where the stream had the rest of the
/// artifact to itself and has `ended`, what lies behind it.
pub fn judge(
    source: &dyn Source,
    span: &Span,
    codec: Codec,
    decoder: &Decoder<'_>,
    has_ended: bool,
    budget: &Budget,
) -> Result<Judged, ReadError> {
    let remarks = decoder.remarks();
    let mut drafts: Vec<Draft> = remarks.kept().iter().map(|r| draft(codec, r)).collect();
    if let Some(last) = drafts.last_mut().filter(|_| remarks.more() > 0) {
        last.message = format!("{}, and {} more like it", last.message, remarks.more());
    }
    let mut slack = None;
    let behind = decoder.behind()..span.end;
    let is_last = has_ended && span.end == source.len() && !behind.is_empty();
    if is_last && !zarr_shard::is_index(source, span.start..behind.start, behind.clone())? {
        let place = format!("behind the end of the {} data", codec.title());
        let found = unowned(source, behind.clone(), &place, budget)?;
        slack = found.is_some().then_some(behind);
        drafts.extend(found);
    }
    Ok(Judged { drafts, slack })
}

fn draft(codec: Codec, remark: &Remark) -> Draft {
    let title = codec.title();
    let (claimed, actual) = (remark.claimed, remark.actual);
    match remark.about {
        About::Checksum(name) => WRONG_CHECKSUM.at(remark.at.clone()).message(format!(
            "the {name} in the {title} data is {claimed:x} and should be {actual:x}"
        )),
        About::Length(what) => WRONG_SIZE.at(remark.at.clone()).message(format!(
            "{what} in the {title} data is given as {claimed} and is {actual}"
        )),
        About::Dictionary => BOMB.at(remark.at.clone()).message(format!(
            "the {title} data asks for a dictionary of {claimed} bytes, and no writer for more \
             than {actual}: whoever unpacks it needs as much memory"
        )),
    }
}
