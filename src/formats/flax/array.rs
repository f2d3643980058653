//! An array as an extension: its shape, the name of its dtype, its bytes.

use super::super::Context;
use crate::report::{Severity, Span, escape_text};
use crate::rules::Rule;
use crate::rules::flax as rules;
use crate::source::Source;
use crate::wire::Fault;
use crate::wire::msgpack::{Token, Walker};

/// Dimensions of an array of NumPy, at most.
const DIMENSIONS_CAP: u64 = 64;

/// Bytes of the name of a dtype that are read.
const DTYPE_CAP_BYTES: usize = 256;

/// Bytes of one element by the name of its dtype: those of NumPy and those of
/// `ml_dtypes`, where numbers of less than eight bits have a byte each.
const DTYPES: &[(&str, u64)] = &[
    ("bfloat16", 2),
    ("bool", 1),
    ("complex128", 16),
    ("complex64", 8),
    ("float128", 16),
    ("float16", 2),
    ("float32", 4),
    ("float4_e2m1fn", 1),
    ("float64", 8),
    ("float6_e2m3fn", 1),
    ("float6_e3m2fn", 1),
    ("float8_e3m4", 1),
    ("float8_e4m3", 1),
    ("float8_e4m3b11fnuz", 1),
    ("float8_e4m3fn", 1),
    ("float8_e4m3fnuz", 1),
    ("float8_e5m2", 1),
    ("float8_e5m2fnuz", 1),
    ("float8_e8m0fnu", 1),
    ("int1", 1),
    ("int16", 2),
    ("int2", 1),
    ("int32", 4),
    ("int4", 1),
    ("int64", 8),
    ("int8", 1),
    ("longdouble", 16),
    ("uint1", 1),
    ("uint16", 2),
    ("uint2", 1),
    ("uint32", 4),
    ("uint4", 1),
    ("uint64", 8),
    ("uint8", 1),
];

/// What is wrong with a value, to stand behind its name.
#[derive(Debug)]
pub(super) struct Defect {
    /// The rule that was met.
    pub(super) rule: &'static Rule,
    /// The grade, where it is not the rule's own.
    pub(super) severity: Option<Severity>,
    /// What it is.
    pub(super) what: String,
}

impl Defect {
    fn of(rule: &'static Rule, what: impl Into<String>) -> Self {
        Defect {
            rule,
            severity: None,
            what: what.into(),
        }
    }

    /// A value that Flax does not accept.
    pub(super) fn invalid(what: impl Into<String>) -> Self {
        Defect::of(&rules::INVALID_ARRAY, what)
    }
}

/// An array as far as it is one.
#[derive(Debug)]
pub(super) struct Array {
    /// Elements by its shape.
    pub(super) elements: u64,
    /// Bytes that it has.
    pub(super) bytes: u64,
    /// Bytes that are no part of it: behind its elements, behind its fields.
    pub(super) rest: [Span; 2],
    /// Its bytes, where they may be a pickle.
    pub(super) objects: Span,
    /// What is wrong with it.
    pub(super) defect: Option<Defect>,
}

/// What an element is.
enum Dtype {
    /// So many bytes.
    Sized(u64),
    /// A Python object.
    Object,
    /// Not known.
    Unknown,
}

/// The fields of an array, in their order.
struct Fields {
    /// The product of the shape; `None` where it overflows or is negative.
    elements: Option<u64>,
    /// Dimensions.
    dimensions: u64,
    /// The name of its dtype.
    dtype: String,
    /// Its bytes.
    data: Span,
    /// Where the value ends.
    end: u64,
}

/// Read the array in `body`. The outer error is the job's, the inner one the
/// array's.
pub(super) fn read(
    source: &dyn Source,
    body: &Span,
    is_scalar: bool,
    cx: &mut Context<'_>,
) -> Result<Result<Array, Defect>, Fault> {
    let fields = match fields(source, body, cx) {
        Ok(Some(fields)) => fields,
        Ok(None) => {
            let what = "is no array of a shape, a dtype and bytes";
            return Ok(Err(Defect::invalid(what)));
        }
        Err(Fault::Malformed { what, .. } | Fault::Unsupported { what, .. }) => {
            return Ok(Err(Defect::invalid(format!("is no array: {what}"))));
        }
        Err(fault) => return Err(fault),
    };
    Ok(Ok(judge(&fields, body, is_scalar)))
}

/// The three fields; `None` where they are something else.
fn fields(source: &dyn Source, body: &Span, cx: &mut Context<'_>) -> Result<Option<Fields>, Fault> {
    let mut walker = Walker::new(source, body.clone());
    if walker.next_event()?.map(|event| event.token) != Some(Token::Array(3)) {
        return Ok(None);
    }
    let Some(Token::Array(dimensions)) = walker.next_event()?.map(|event| event.token) else {
        return Ok(None);
    };
    let mut elements = Some(1u64);
    loop {
        cx.tick()?;
        match walker.next_event()?.map(|event| event.token) {
            Some(Token::Integer(n)) => {
                let n = u64::try_from(n).ok();
                elements = elements.and_then(|product| product.checked_mul(n?));
            }
            Some(Token::End) => break,
            _ => return Ok(None),
        }
    }
    let dtype = match walker.next_event()?.map(|event| event.token) {
        Some(Token::Text(span) | Token::Bytes(span)) => walker.bytes(&span, DTYPE_CAP_BYTES)?,
        _ => return Ok(None),
    };
    let data = match walker.next_event()?.map(|event| event.token) {
        Some(Token::Bytes(span) | Token::Text(span)) => span,
        _ => return Ok(None),
    };
    Ok(Some(Fields {
        elements,
        dimensions,
        dtype: String::from_utf8_lossy(&dtype).into_owned(),
        data,
        end: walker.position(),
    }))
}

/// Compare the shape with the bytes.
fn judge(fields: &Fields, body: &Span, is_scalar: bool) -> Array {
    let have = fields.data.end.saturating_sub(fields.data.start);
    let dtype = dtype(&fields.dtype);
    let item = match dtype {
        Dtype::Sized(bytes) => Some(bytes),
        _ => None,
    };
    let wanted = fields
        .elements
        .and_then(|n| n.checked_mul(item.unwrap_or(1)))
        .filter(|&bytes| i64::try_from(bytes).is_ok());
    let shown = escape_text(&fields.dtype);
    let defect = match (&dtype, wanted) {
        (Dtype::Object, _) => Some(Defect::of(
            &rules::OBJECT_DTYPE,
            format!("is an array of Python objects (dtype `{shown}`) with {have} bytes"),
        )),
        (_, None) => Some(Defect::of(
            &rules::SHAPE_OVERFLOW,
            "has a shape that overflows 64 bits or is negative",
        )),
        (Dtype::Unknown, _) => Some(Defect::invalid(format!("has the dtype `{shown}`"))),
        (_, Some(wanted)) if wanted != have => Some(Defect::of(
            &rules::SIZE_MISMATCH,
            format!("has {have} bytes; its shape and its dtype `{shown}` need {wanted}"),
        )),
        _ if fields.dimensions > DIMENSIONS_CAP || (is_scalar && fields.elements != Some(1)) => {
            let n = fields.dimensions;
            Some(Defect::invalid(format!("has {n} dimensions")))
        }
        _ if fields.end < body.end => Some(Defect::invalid(format!(
            "has {} bytes behind its fields",
            body.end.saturating_sub(fields.end)
        ))),
        _ => None,
    };
    let used = match (&dtype, wanted) {
        (Dtype::Sized(_), Some(wanted)) => wanted.min(have),
        _ => have,
    };
    let surplus = fields.data.start.saturating_add(used)..fields.data.end;
    let is_object = matches!(dtype, Dtype::Object | Dtype::Unknown);
    Array {
        elements: fields.elements.unwrap_or(0),
        bytes: have,
        rest: [surplus, fields.end..body.end],
        objects: match is_object {
            true => fields.data.clone(),
            false => fields.data.end..fields.data.end,
        },
        defect,
    }
}

/// What `numpy.dtype` makes of a name.
fn dtype(name: &str) -> Dtype {
    if let Some((_, bytes)) = DTYPES.iter().find(|(known, _)| *known == name) {
        return Dtype::Sized(*bytes);
    }
    let bare = name.trim_start_matches(['<', '>', '=', '|', '!']);
    if bare == "object" || bare == "object_" || (bare.starts_with('O') && bare.len() <= 2) {
        return Dtype::Object;
    }
    if bare.starts_with("datetime64") || bare.starts_with("timedelta64") {
        return Dtype::Sized(8);
    }
    // `str96` is a text of three characters, `bytes24` of three bytes.
    ["str", "bytes", "void"]
        .iter()
        .find_map(|kind| name.strip_prefix(kind))
        .and_then(|bits| bits.parse::<u64>().ok())
        .filter(|bits| bits.is_multiple_of(8))
        .map_or(Dtype::Unknown, |bits| Dtype::Sized(bits / 8))
}

/// Whether the bytes are two numbers.
pub(super) fn is_complex(source: &dyn Source, body: &Span) -> bool {
    let mut walker = Walker::new(source, body.clone());
    let mut next = || walker.next_event().ok().flatten().map(|event| event.token);
    let is_number = |token: Option<Token>| matches!(token, Some(Token::Float | Token::Integer(_)));
    next() == Some(Token::Array(2))
        && is_number(next())
        && is_number(next())
        && next() == Some(Token::End)
        && walker.position() == body.end
}
