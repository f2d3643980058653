//! A schema: its columns at any depth, and the keys of each.

use super::metadata::{Metadata, NAME_CAP_BYTES};
use crate::formats::Context;
use crate::wire::Fault;
use crate::wire::flatbuffer::{Table, Vector};

/// Columns within columns; Arrow itself gives up there.
const DEPTH_CAP: usize = 64;

/// Read a schema and judge what its keys and those of its columns hold.
pub(super) fn examine(
    judge: &Metadata<'_>,
    schema: &Table<'_, '_>,
    cx: &mut Context<'_>,
) -> Result<(), Fault> {
    judge.pairs(schema.vector(2, 4)?, "the schema", cx)?;
    let mut open: Vec<(Vector<'_, '_>, u32)> = Vec::new();
    open.extend(schema.vector(1, 4)?.map(|fields| (fields, 0)));
    while let Some((fields, next)) = open.last_mut() {
        cx.tick()?;
        if *next >= fields.len() {
            open.pop();
            continue;
        }
        let field = fields.table(*next)?;
        *next = next.saturating_add(1);
        let name = judge.text(field.string(0)?, NAME_CAP_BYTES)?;
        judge.column(field.vector(6, 4)?, &name, cx)?;
        if let Some(children) = field.vector(5, 4)?.filter(|c| !c.is_empty()) {
            if open.len() >= DEPTH_CAP {
                let what = format!("more than {DEPTH_CAP} levels of columns");
                return Err(Fault::unsupported(field.position(), what));
            }
            open.push((children, 0));
        }
    }
    Ok(())
}
