//! Feather 1: columns, and a footer with their names and remarks.

use super::metadata::{Metadata, NAME_CAP_BYTES};
use super::{FEATHER, footer_span};
use crate::formats::Context;
use crate::source::Source;
use crate::wire::Fault;
use crate::wire::flatbuffer::Buffer;

/// Read the footer and judge the remarks. There are no extension types.
pub(super) fn examine(
    judge: &Metadata<'_>,
    source: &dyn Source,
    cx: &mut Context<'_>,
) -> Result<(), Fault> {
    let buffer = Buffer::new(source, footer_span(source, FEATHER)?);
    let root = buffer.root()?;
    if let Some(remark) = root.string(4)? {
        judge.value("metadata", remark, "the footer", cx)?;
    }
    let Some(columns) = root.vector(2, 4)? else {
        return Ok(());
    };
    for index in 0..columns.len() {
        cx.tick()?;
        let column = columns.table(index)?;
        let name = judge.text(column.string(0)?, NAME_CAP_BYTES)?;
        if let Some(remark) = column.string(4)? {
            let owner = format!("the column `{}`", crate::report::escape_text(&name));
            judge.value("user_metadata", remark, &owner, cx)?;
        }
    }
    Ok(())
}
