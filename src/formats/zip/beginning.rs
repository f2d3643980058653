//! The first bytes of a member, for formats that are a reading of an archive.

use std::io::Read as _;

use super::method::{Method, method};
use crate::budget::Budget;
use crate::source::Source;
use crate::wire::Fault;
use crate::wire::codec::read_error;
use crate::wire::zip_directory::{Entry, FLAG_ENCRYPTED};

/// Up to `cap` bytes from the beginning of the member, as most loaders see it.
/// `None` where it is encrypted, packed in a way that is not followed, or not
/// there; what comes out of a broken stream is what came before the break.
pub(in crate::formats) fn beginning(
    source: &dyn Source,
    entry: &Entry,
    cap: usize,
    budget: &Budget,
) -> Result<Option<Vec<u8>>, Fault> {
    let Some(view) = entry.view().filter(|v| v.flags & FLAG_ENCRYPTED == 0) else {
        return Ok(None);
    };
    let Some(span) = entry.data(view, source.len()) else {
        return Ok(None);
    };
    match method(source, view, span.start)? {
        Method::Stored => {
            let end = span.end.min(span.start.saturating_add(cap as u64));
            Ok(Some(source.chunk(span.start..end)?.to_vec()))
        }
        Method::Packed(codec, header) => {
            let span = span.start.saturating_add(header).min(span.end)..span.end;
            let mut out = Vec::new();
            let mut reader = codec.decode(source, span, budget).take(cap as u64);
            match reader.read_to_end(&mut out).map_err(read_error) {
                Err(Some(error)) => Err(error.into()),
                Ok(_) | Err(None) => Ok(Some(out)),
            }
        }
        Method::Foreign | Method::Broken => Ok(None),
    }
}
