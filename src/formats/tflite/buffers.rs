//! Buffers: where the bytes of constants lie.

use super::{field, operators};
use crate::detect::paths;
use crate::formats::Context;
use crate::formats::tally::Tally;
use crate::report::{Place, Span, Why, escape_text};
use crate::rules::tensorflow::OUTSIDE_PATH;
use crate::rules::tflite as rules;
use crate::source::Source;
use crate::wire::Fault;
use crate::wire::flatbuffer::Table;

/// Buffers that are kept.
const BUFFERS_CAP: u32 = 1 << 20;

/// Bytes of a name that are read.
const NAME_CAP_BYTES: u64 = 4096;

/// Where each buffer lies; `None` for one that is empty or outside of the file.
pub(super) type Buffers = Vec<Option<Span>>;

/// Read the buffers of a model.
pub(super) fn examine(
    source: &dyn Source,
    model: &Table<'_, '_>,
    cx: &mut Context<'_>,
    tally: &mut Tally,
) -> Result<Buffers, Fault> {
    let mut buffers = Vec::new();
    if let Some(vector) = model.vector(field::BUFFERS, 4)? {
        if vector.len() > BUFFERS_CAP {
            let detail = format!("more than {BUFFERS_CAP} buffers; later ones are not compared");
            cx.gap(Place::whole(), Why::Limit, detail);
        }
        for index in 0..vector.len().min(BUFFERS_CAP) {
            cx.tick()?;
            let table = vector.table(index)?;
            buffers.push(place(source, &table, index, tally)?);
        }
    }
    let count = u32::try_from(buffers.len()).unwrap_or(u32::MAX);
    metadata(source, model, count, cx, tally)?;
    external(source, model, cx, tally)?;
    Ok(buffers)
}

/// Where a buffer lies: in the FlatBuffer, or behind it.
fn place(
    source: &dyn Source,
    table: &Table<'_, '_>,
    index: u32,
    tally: &mut Tally,
) -> Result<Option<Span>, Fault> {
    if let Some(data) = table.vector(0, 1)?.filter(|data| !data.is_empty()) {
        return Ok(Some(data.span()));
    }
    let (offset, size) = (
        table.i64(1, 0)?.cast_unsigned(),
        table.i64(2, 0)?.cast_unsigned(),
    );
    // Converters write 1 as the offset of a buffer that has none yet.
    if offset <= 1 || size == 0 {
        return Ok(None);
    }
    match offset.checked_add(size).filter(|end| *end <= source.len()) {
        Some(end) => Ok(Some(offset..end)),
        None => {
            let message = format!(
                "buffer {index} lies at byte {offset}, {size} bytes long, in a file of {}",
                source.len()
            );
            tally.add(rules::OUT_OF_FILE.at(table.position()).message(message));
            Ok(None)
        }
    }
}

/// The buffers that metadata names.
fn metadata(
    source: &dyn Source,
    model: &Table<'_, '_>,
    count: u32,
    cx: &mut Context<'_>,
    tally: &mut Tally,
) -> Result<(), Fault> {
    let mut check = |buffer: u32, at: u64| {
        if buffer >= count {
            let message = format!("metadata names buffer {buffer} of {count}");
            tally.add(operators::invalid(at, message));
        }
    };
    if let Some(entries) = model.vector(field::METADATA, 4)? {
        for index in 0..entries.len() {
            cx.tick()?;
            let entry = entries.table(index)?;
            check(entry.u32(1, 0)?, entry.position());
        }
    }
    if let Some(numbers) = model.vector(field::METADATA_BUFFERS, 4)? {
        let span = numbers.span();
        for number in operators::numbers(source, &span)? {
            check(number.cast_unsigned(), span.start);
        }
    }
    Ok(())
}

/// Files that hold buffers beside the model.
fn external(
    source: &dyn Source,
    model: &Table<'_, '_>,
    cx: &mut Context<'_>,
    tally: &mut Tally,
) -> Result<(), Fault> {
    let Some(groups) = model.vector(field::EXTERNAL_GROUPS, 4)? else {
        return Ok(());
    };
    for index in 0..groups.len() {
        cx.tick()?;
        let Some(span) = groups.table(index)?.string(0)? else {
            continue;
        };
        let name = text(source, &span)?;
        if let Some(escape) = paths::escape(&name) {
            let shown: String = escape_text(&name).chars().take(200).collect();
            let message = format!("the file `{shown}` with weights {}", escape.describe());
            tally.add(OUTSIDE_PATH.at(span).message(message).evidence(shown));
        }
    }
    Ok(())
}

/// A name, as far as it is read.
pub(super) fn text(source: &dyn Source, span: &Span) -> Result<String, Fault> {
    let end = span.end.min(span.start.saturating_add(NAME_CAP_BYTES));
    let chunk = source.chunk(span.start..end)?;
    Ok(String::from_utf8_lossy(&chunk).into_owned())
}
