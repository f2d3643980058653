//! Links: names of objects, as messages of new groups.

use super::event::Target;
use super::fields::Fields;
use crate::wire::Fault;

/// A link, and the address of the object if it has one.
pub(super) struct Named {
    pub name: String,
    pub to: To,
}

/// What a link leads to.
pub(super) enum To {
    /// The object at this address.
    Object(u64),
    /// Something else.
    Else(Target),
}

/// Read the body of a link message.
pub(super) fn read(fields: &mut Fields<'_>) -> Result<Named, Fault> {
    fields.version(1..=1, "a link")?;
    let flags = fields.u8()?;
    let kind = if flags & 8 != 0 { fields.u8()? } else { 0 };
    fields.skip(if flags & 4 != 0 { 8 } else { 0 })?;
    fields.skip(if flags & 16 != 0 { 1 } else { 0 })?;
    let len = fields.uint(1 << (flags & 3))?;
    let name = fields.take(usize::try_from(len).unwrap_or(usize::MAX))?;
    let name = String::from_utf8_lossy(name).into_owned();
    let to = match kind {
        0 => To::Object(fields.defined()?),
        1 => {
            let len = usize::from(fields.u16()?);
            let path = String::from_utf8_lossy(fields.take(len)?);
            To::Else(Target::Soft(path.trim_end_matches('\0').to_owned()))
        }
        64 => {
            let len = usize::from(fields.u16()?);
            let mut value = fields.part(len)?;
            value.skip(1)?;
            To::Else(Target::External {
                file: value.text(),
                path: value.text(),
            })
        }
        65.. => To::Else(Target::User(kind)),
        _ => return Err(fields.unsupported(format!("links of type {kind} are not known"))),
    };
    Ok(Named { name, to })
}
