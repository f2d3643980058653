//! How large an element of a dtype is, and whether it holds Python objects.

use crate::wire::python_literal::Value;

/// How an element is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Layout {
    /// Bytes of one element; `None` where the dtype is not understood.
    pub(super) item_bytes: Option<u64>,
    /// Whether a Python object is in it, at any depth: NumPy then pickles the
    /// whole array.
    pub(super) has_objects: bool,
}

/// Names that NumPy takes for a type, and the bytes of it.
const NAMES: &[(&str, u64)] = &[
    ("bool", 1),
    ("bool_", 1),
    ("bool8", 1),
    ("byte", 1),
    ("ubyte", 1),
    ("int8", 1),
    ("uint8", 1),
    ("int16", 2),
    ("uint16", 2),
    ("float16", 2),
    ("half", 2),
    ("short", 2),
    ("ushort", 2),
    ("int32", 4),
    ("uint32", 4),
    ("float32", 4),
    ("single", 4),
    ("int", 8),
    ("int64", 8),
    ("uint64", 8),
    ("float", 8),
    ("float64", 8),
    ("double", 8),
    ("complex64", 8),
    ("complex", 16),
    ("complex128", 16),
];

/// Letters that stand for a type of one size on every platform.
const LETTERS: &[(char, u64)] = &[
    ('?', 1),
    ('b', 1),
    ('B', 1),
    ('h', 2),
    ('H', 2),
    ('e', 2),
    ('f', 4),
    ('d', 8),
    ('q', 8),
    ('Q', 8),
    ('F', 8),
    ('D', 16),
    ('M', 8),
    ('m', 8),
    ('S', 0),
    ('U', 0),
    ('V', 0),
];

/// The layout of a `descr`, as `numpy.lib.format.descr_to_dtype` reads it.
pub(super) fn layout(descr: &Value) -> Layout {
    let mut item_bytes = Some(0u64);
    let mut has_objects = false;
    // Values with how often they stand in an element.
    let mut open = vec![(descr, 1u64)];
    while let Some((value, times)) = open.pop() {
        let known = match value {
            Value::Text(code) => simple(code).map(|leaf| {
                has_objects |= leaf.has_objects;
                item_bytes = add(item_bytes, leaf.item_bytes, times);
            }),
            Value::Tuple(parts) => match parts.as_slice() {
                [base, shape, ..] => times_of(shape, times).map(|n| open.push((base, n))),
                _ => None,
            },
            Value::List(fields) => fields
                .iter()
                .map(|field| field_of(field, times))
                .collect::<Option<Vec<_>>>()
                .map(|fields| open.extend(fields)),
            _ => None,
        };
        if known.is_none() {
            item_bytes = None;
            has_objects |= mentions_objects(value);
        }
    }
    Layout {
        item_bytes,
        has_objects,
    }
}

/// The dtype of a field `(name, dtype)` or `(name, dtype, shape)`.
fn field_of(field: &Value, times: u64) -> Option<(&Value, u64)> {
    let (Value::Tuple(parts) | Value::List(parts)) = field else {
        return None;
    };
    match parts.as_slice() {
        [_, base] => Some((base, times)),
        [_, base, shape] => Some((base, times_of(shape, times)?)),
        _ => None,
    }
}

/// `times` the elements of the shape of a subarray.
fn times_of(shape: &Value, times: u64) -> Option<u64> {
    let size = |value: &Value| match value {
        Value::Int(Some(n)) => u64::try_from(*n).ok(),
        _ => None,
    };
    match shape {
        Value::Tuple(sizes) => sizes
            .iter()
            .try_fold(times, |n, value| n.checked_mul(size(value)?)),
        other => times.checked_mul(size(other)?),
    }
}

fn add(sum: Option<u64>, leaf: Option<u64>, times: u64) -> Option<u64> {
    sum?.checked_add(leaf?.checked_mul(times)?)
}

/// The layout of a type code or name; `None` where it is not understood.
fn simple(code: &str) -> Option<Layout> {
    let code = code.trim();
    let bare = code.trim_start_matches(['<', '>', '=', '|', '!']);
    let of = |item_bytes| {
        Some(Layout {
            item_bytes: Some(item_bytes),
            has_objects: false,
        })
    };
    if is_object(bare) {
        return Some(Layout {
            item_bytes: Some(8),
            has_objects: true,
        });
    }
    if let Some((_, bytes)) = NAMES.iter().find(|(name, _)| *name == bare) {
        return of(*bytes);
    }
    let kind = bare.chars().next()?;
    let rest = bare.get(kind.len_utf8()..)?;
    if rest.is_empty() {
        let bytes = LETTERS.iter().find(|(letter, _)| *letter == kind)?.1;
        return of(bytes);
    }
    if bare.starts_with("datetime64") || bare.starts_with("timedelta64") {
        return of(8);
    }
    let (digits, unit) = rest.split_once('[').unwrap_or((rest, "]"));
    let is_time = matches!(kind, 'M' | 'm');
    if !unit.ends_with(']') || (unit != "]" && !is_time) {
        return None;
    }
    let n: u64 = match digits {
        "" => 8,
        digits if digits.bytes().all(|b| b.is_ascii_digit()) => digits.parse().ok()?,
        _ => return None,
    };
    match kind {
        'b' | 'i' | 'u' | 'f' | 'c' | 'S' | 'a' | 'V' => of(n),
        'U' => of(n.checked_mul(4)?),
        'M' | 'm' => of(8),
        _ => None,
    }
}

/// Whether a code without its byte order is the one of Python objects.
fn is_object(bare: &str) -> bool {
    let width = bare.strip_prefix('O');
    width.is_some_and(|width| width.bytes().all(|b| b.is_ascii_digit()))
        || matches!(bare, "object" | "object_" | "Object0" | "object0")
}

/// Whether the code of Python objects may be in a description that is not
/// understood, wherever NumPy would find it there.
fn mentions_objects(value: &Value) -> bool {
    let mut open = vec![value];
    while let Some(value) = open.pop() {
        match value {
            Value::Text(text) if text.contains('O') || text.contains("object") => return true,
            Value::Tuple(items) | Value::List(items) => open.extend(items),
            Value::Dict(pairs) => open.extend(pairs.iter().flat_map(|(key, value)| [key, value])),
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::python_literal::parse;

    fn of(descr: &str) -> (Option<u64>, bool) {
        let layout = layout(&parse(descr.as_bytes(), 0).unwrap());
        (layout.item_bytes, layout.has_objects)
    }

    #[test]
    fn sizes_are_those_of_numpy() {
        for (descr, bytes) in [
            ("'<f4'", 4),
            ("'|b1'", 1),
            ("'>c16'", 16),
            ("'<U10'", 40),
            ("'|S5'", 5),
            ("'|V0'", 0),
            ("'<M8[ns]'", 8),
            ("'<m8[25s]'", 8),
            ("'float64'", 8),
            ("'e'", 2),
            ("[('a', '<f4'), ('b', '<i8')]", 12),
            ("[('', '|V4'), (('title', 'x'), '|u1')]", 5),
            ("[('a', '<f4', (2, 3)), ('b', [('c', '|u1', 4)], (2,))]", 32),
            ("('<f4', (2, 3))", 24),
            ("[('O', '<f4')]", 4),
        ] {
            assert_eq!(of(descr), (Some(bytes), false), "{descr}");
        }
    }

    #[test]
    fn objects_are_found_at_any_depth_and_in_any_spelling() {
        for descr in [
            "'|O'",
            "'O'",
            "'|O8'",
            "'object'",
            "[('a', '<f4'), ('b', '|O')]",
            "[('a', [('b', ('|O', (2,)))])]",
            "['aO']",
            "{'names': ['a'], 'formats': ['O']}",
            "'f4,O'",
            "('O', 'x')",
        ] {
            assert!(of(descr).1, "{descr}");
        }
    }

    #[test]
    fn what_is_not_understood_has_no_size() {
        for descr in [
            "'g'",
            "'<f4,<i4'",
            "'x9'",
            "3",
            "[1]",
            "('<f4', -1)",
            "'<f4[ns]'",
        ] {
            assert_eq!(of(descr), (None, false), "{descr}");
        }
        let deep = ["('<f4', 1 << 0)"].concat();
        assert!(parse(deep.as_bytes(), 0).is_err());
        assert_eq!(of("[('a', '<f8', (9223372036854775807, 2, 2))]").0, None);
    }
}
