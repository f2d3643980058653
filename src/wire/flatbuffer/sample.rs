//! FlatBuffers for tests, written front to back.
//!
//! A table is laid out as vtable, table, then what its fields point at, so that
//! all offsets lead forward as the format demands.

/// The value of a field.
#[derive(Clone)]
pub(crate) enum Field {
    /// Left out.
    Absent,
    U8(u8),
    I16(i16),
    I64(i64),
    Text(Vec<u8>),
    Numbers(Vec<i32>),
    Table(Vec<Field>),
    Tables(Vec<Vec<Field>>),
}

/// A buffer with this table as its root.
pub(crate) fn buffer(root: &[Field]) -> Vec<u8> {
    let mut out = vec![0; 4];
    let at = table(root, &mut out);
    out[..4].copy_from_slice(&(at as u32).to_le_bytes());
    out
}

/// Append a table; where it begins.
fn table(fields: &[Field], out: &mut Vec<u8>) -> usize {
    let vtable = out.len();
    let vtable_len = 4 + 2 * fields.len();
    let len = 4 + 8 * fields.len();
    out.extend((vtable_len as u16).to_le_bytes());
    out.extend((len as u16).to_le_bytes());
    for (i, field) in fields.iter().enumerate() {
        let offset = if matches!(field, Field::Absent) {
            0
        } else {
            4 + 8 * i
        };
        out.extend((offset as u16).to_le_bytes());
    }
    let at = out.len();
    out.extend(((at - vtable) as i32).to_le_bytes());
    out.resize(at + len, 0);
    for (i, field) in fields.iter().enumerate() {
        let slot = at + 4 + 8 * i;
        let pointed = match field {
            Field::Absent => continue,
            Field::U8(n) => {
                out[slot] = *n;
                continue;
            }
            Field::I16(n) => {
                out[slot..slot + 2].copy_from_slice(&n.to_le_bytes());
                continue;
            }
            Field::I64(n) => {
                out[slot..slot + 8].copy_from_slice(&n.to_le_bytes());
                continue;
            }
            Field::Text(text) => {
                let at = out.len();
                out.extend((text.len() as u32).to_le_bytes());
                out.extend(text);
                out.push(0);
                at
            }
            Field::Numbers(numbers) => {
                let at = out.len();
                out.extend((numbers.len() as u32).to_le_bytes());
                out.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
                at
            }
            Field::Table(fields) => table(fields, out),
            Field::Tables(tables) => {
                let at = out.len();
                out.extend((tables.len() as u32).to_le_bytes());
                out.resize(at + 4 + 4 * tables.len(), 0);
                for (n, fields) in tables.iter().enumerate() {
                    let element = at + 4 + 4 * n;
                    let to = table(fields, out);
                    let offset = ((to - element) as u32).to_le_bytes();
                    out[element..element + 4].copy_from_slice(&offset);
                }
                at
            }
        };
        out[slot..slot + 4].copy_from_slice(&((pointed - slot) as u32).to_le_bytes());
    }
    at
}
