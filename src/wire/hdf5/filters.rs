//! Filter pipelines: what chunks go through before they are stored.

use super::fields::Fields;
use crate::wire::Fault;

/// Filters below this number may come without a name.
const NAMED_FROM: u16 = 256;

/// One filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    /// Its registered number.
    pub number: u16,
    /// Its name, if it has one.
    pub name: String,
    /// Whether readers may go on without it.
    pub is_optional: bool,
    /// Its parameters.
    pub values: Vec<u32>,
}

/// Read the body of a filter pipeline message.
pub(super) fn read(fields: &mut Fields<'_>) -> Result<Vec<Filter>, Fault> {
    let version = fields.version(1..=2, "a filter pipeline")?;
    let count = fields.u8()?;
    fields.skip(if version == 1 { 6 } else { 0 })?;
    let mut filters = Vec::new();
    for _ in 0..count {
        let number = fields.u16()?;
        let name_len = match version == 1 || number >= NAMED_FROM {
            true => usize::from(fields.u16()?),
            false => 0,
        };
        let flags = fields.u16()?;
        let values = fields.u16()?;
        let name_len = match version {
            1 => name_len.next_multiple_of(8),
            _ => name_len,
        };
        let name = fields.part(name_len)?.text();
        let mut filter = Filter {
            number,
            name,
            is_optional: flags & 1 != 0,
            values: Vec::new(),
        };
        for _ in 0..values {
            filter.values.push(fields.u32()?);
        }
        if version == 1 && !values.is_multiple_of(2) {
            fields.skip(fields.remaining().min(4))?;
        }
        filters.push(filter);
    }
    Ok(filters)
}
