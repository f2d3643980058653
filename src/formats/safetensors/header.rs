//! The JSON header, event by event.

use super::super::Context;
use super::super::tally::Tally;
use super::metadata;
use crate::detect::paths::{self, Escape};
use crate::report::{Severity, Span, Why, escape_text};
use crate::rules::Draft;
use crate::rules::safetensors as rules;
use crate::source::Source;
use crate::wire::Fault;
use crate::wire::json::{NAMES_CAP, Names, Reader, Seen, Token};

/// Bits of one element, by dtype; from the reference implementation.
const DTYPES: &[(&str, u64)] = &[
    ("BOOL", 8),
    ("F4", 4),
    ("F6_E2M3", 6),
    ("F6_E3M2", 6),
    ("U8", 8),
    ("I8", 8),
    ("F8_E5M2", 8),
    ("F8_E4M3", 8),
    ("F8_E8M0", 8),
    ("F8_E4M3FNUZ", 8),
    ("F8_E5M2FNUZ", 8),
    ("I16", 16),
    ("U16", 16),
    ("F16", 16),
    ("BF16", 16),
    ("I32", 32),
    ("U32", 32),
    ("F32", 32),
    ("C64", 64),
    ("F64", 64),
    ("I64", 64),
    ("U64", 64),
];

/// Characters of a key or a dtype that are shown.
pub(super) const KEY_SHOWN_CHARS: usize = 200;

/// The key of the metadata.
const METADATA: &str = "__metadata__";

/// A tensor as its entry describes it.
#[derive(Debug)]
pub(super) struct Entry {
    /// Its name.
    pub(super) name: String,
    /// Offset of the name in the file.
    pub(super) at: u64,
    /// Name and bits of its dtype; `None` where it is not known.
    pub(super) dtype: Option<(&'static str, u64)>,
    /// Number of elements; `None` where it overflows.
    pub(super) elements: Option<u64>,
    /// Number of dimensions.
    pub(super) dimensions: u64,
    /// First byte, counted from the end of the header.
    pub(super) begin: u64,
    /// Byte behind the last.
    pub(super) end: u64,
}

impl Entry {
    /// Bytes of its data, as the offsets say.
    pub(super) fn len(&self) -> u64 {
        self.end.saturating_sub(self.begin)
    }
}

/// What the header says.
#[derive(Debug, Default)]
pub(super) struct Header {
    /// The tensors, in the order of the file, repeated names included.
    pub(super) entries: Vec<Entry>,
    /// Why the reference should refuse the header: the first reason met.
    pub(super) refused: Option<String>,
    /// Whether a dtype is not known, so that no verdict can be expected.
    pub(super) unknown_dtype: bool,
}

/// Fields of an entry as far as they were read.
#[derive(Default)]
struct Fields {
    dtype: Option<Option<(&'static str, u64)>>,
    shape: Option<(Option<u64>, u64)>,
    offsets: Option<(u64, u64)>,
    /// What is wrong with one of them.
    wrong: Option<&'static str>,
}

/// Which field a key names.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Field {
    Dtype,
    Shape,
    Offsets,
    Other,
}

impl Field {
    fn of(key: &str) -> Field {
        match key {
            "dtype" => Field::Dtype,
            "shape" => Field::Shape,
            "data_offsets" => Field::Offsets,
            _ => Field::Other,
        }
    }
}

impl Header {
    /// Note why the reference should refuse the header.
    pub(super) fn refuse(&mut self, why: impl Into<String>) {
        self.refused.get_or_insert_with(|| why.into());
    }

    /// Read the JSON text in `span`.
    pub(super) fn read(
        &mut self,
        source: &dyn Source,
        span: Span,
        cx: &mut Context<'_>,
        tally: &mut Tally,
    ) -> Result<(), Fault> {
        let mut reader = Reader::new(source, span.clone());
        if reader.next()?.map(|event| event.token) != Some(Token::ObjectStart) {
            return Err(Fault::malformed(span.start, "the header is not an object"));
        }
        let mut names = Names::default();
        loop {
            cx.tick()?;
            let Some(event) = reader.next()? else { break };
            let at = event.span.start;
            let Token::Key(key) = event.token else {
                continue;
            };
            let name = key.value.to_owned();
            if key.is_cut() {
                return Err(Fault::unsupported(
                    at,
                    format!("a key of {} bytes", key.len),
                ));
            }
            match names.see(&name, NAMES_CAP) {
                Seen::New => {}
                Seen::Again => self.repeated(&name, at, tally),
                Seen::Unknown => too_many_keys(at, cx),
            }
            match name.as_str() {
                METADATA => metadata::read(self, &mut reader, at, cx, tally)?,
                _ => self.entry(&mut reader, name, at, tally)?,
            }
        }
        self.quirks(&reader, span, tally);
        Ok(())
    }

    fn repeated(&mut self, name: &str, at: u64, tally: &mut Tally) {
        tally.add(
            rules::DUPLICATE_KEY
                .at(at)
                .message(format!(
                    "`{}` stands twice in the header",
                    escape_text(name)
                ))
                .within(name),
        );
        if name == METADATA {
            self.refuse("the metadata stands twice");
        }
    }

    /// What only lax JSON parsers accept.
    fn quirks(&mut self, reader: &Reader<'_>, span: Span, tally: &mut Tally) {
        let quirks = reader.quirks();
        for (met, what) in [
            (quirks.bom, "a byte order mark"),
            (quirks.non_finite > 0, "numbers that are not finite"),
            (quirks.lone_surrogates > 0, "half of a surrogate pair"),
        ] {
            if met {
                let message = format!("the header holds {what}, which JSON does not allow");
                self.refuse(&message);
                tally.add(rules::INVALID_HEADER.at(span.clone()).message(message));
            }
        }
    }

    fn entry(
        &mut self,
        reader: &mut Reader<'_>,
        name: String,
        at: u64,
        tally: &mut Tally,
    ) -> Result<(), Fault> {
        judge_name(&name, at, tally);
        let mut fields = Fields::default();
        match reader.next()?.map(|event| event.token) {
            Some(Token::ObjectStart) => self.fields(reader, &mut fields, &name, tally)?,
            Some(Token::ArrayStart) => {
                fields.wrong = Some("is an array");
                reader.leave()?;
            }
            _ => fields.wrong = Some("is not an object"),
        }
        self.keep(fields, name, at, tally);
        Ok(())
    }

    fn fields(
        &mut self,
        reader: &mut Reader<'_>,
        fields: &mut Fields,
        name: &str,
        tally: &mut Tally,
    ) -> Result<(), Fault> {
        let mut seen = [false; 3];
        while let Some(event) = reader.next()? {
            let at = event.span.start;
            let Token::Key(key) = event.token else { break };
            let field = Field::of(key.value);
            let again = seen
                .get_mut(field as usize)
                .map(|seen| std::mem::replace(seen, true));
            match again {
                Some(true) => {
                    let message = format!(
                        "`{}` stands twice in the entry of `{}`",
                        key.value,
                        escape_text(name)
                    );
                    tally.add(rules::DUPLICATE_KEY.at(at).message(message).within(name));
                    self.refuse("a field stands twice");
                }
                Some(false) => {}
                None => tally.add(extra_field(name, key.value, at)),
            }
            match field {
                Field::Dtype => self.dtype(reader, fields, name, tally)?,
                Field::Shape => fields.shape(reader)?,
                Field::Offsets => fields.offsets(reader)?,
                Field::Other => reader.skip_value()?,
            }
        }
        Ok(())
    }

    fn dtype(
        &mut self,
        reader: &mut Reader<'_>,
        fields: &mut Fields,
        name: &str,
        tally: &mut Tally,
    ) -> Result<(), Fault> {
        let Some(event) = reader.next()? else {
            return Ok(());
        };
        match event.token {
            Token::String(text) => {
                let known = DTYPES.iter().find(|(dtype, _)| *dtype == text.value);
                if known.is_none() {
                    self.unknown_dtype = true;
                    let shown: String = text.value.chars().take(KEY_SHOWN_CHARS).collect();
                    let message = format!(
                        "`{}` has the dtype `{}`",
                        escape_text(name),
                        escape_text(&shown)
                    );
                    let draft = rules::UNKNOWN_DTYPE.at(event.span).message(message);
                    tally.add(draft.within(name));
                }
                fields.dtype = Some(known.copied());
            }
            Token::ObjectStart | Token::ArrayStart => {
                fields.wrong = Some("has a dtype that is not a string");
                reader.leave()?;
            }
            _ => fields.wrong = Some("has a dtype that is not a string"),
        }
        Ok(())
    }

    /// Judge a finished entry by itself and keep it where it describes a
    /// tensor.
    fn keep(&mut self, fields: Fields, name: String, at: u64, tally: &mut Tally) {
        let missing = match (&fields.dtype, &fields.shape, &fields.offsets) {
            (None, _, _) => Some("has no dtype"),
            (_, None, _) => Some("has no shape"),
            (_, _, None) => Some("has no offsets"),
            (_, _, Some((begin, end))) if begin > end => Some("ends before it begins"),
            _ => None,
        };
        if let Some(what) = fields.wrong.or(missing) {
            let message = format!("`{}` {what}", escape_text(&name));
            self.refuse(&message);
            tally.add(rules::INVALID_ENTRY.at(at).message(message).within(name));
            return;
        }
        let (elements, dimensions) = fields.shape.unwrap_or_default();
        let (begin, end) = fields.offsets.unwrap_or_default();
        self.entries.push(Entry {
            name,
            at,
            dtype: fields.dtype.flatten(),
            elements,
            dimensions,
            begin,
            end,
        });
    }
}

impl Fields {
    /// An array of whole numbers; their product and how many there are.
    fn shape(&mut self, reader: &mut Reader<'_>) -> Result<(), Fault> {
        let mut shape = (Some(1u64), 0u64);
        let numbers = numbers(reader, |n| {
            shape.0 = shape.0.and_then(|product| product.checked_mul(n));
            shape.1 = shape.1.saturating_add(1);
        })?;
        match numbers {
            true => self.shape = Some(shape),
            false => self.wrong = Some("has a shape that is not an array of whole numbers"),
        }
        Ok(())
    }

    /// An array of two whole numbers.
    fn offsets(&mut self, reader: &mut Reader<'_>) -> Result<(), Fault> {
        let (mut pair, mut count) = ([0u64; 2], 0usize);
        let numbers = numbers(reader, |n| {
            if let Some(slot) = pair.get_mut(count) {
                *slot = n;
            }
            count = count.saturating_add(1);
        })?;
        match numbers && count == 2 {
            true => self.offsets = Some(pair.into()),
            false => self.wrong = Some("has offsets that are not two whole numbers"),
        }
        Ok(())
    }
}

/// Read a value that should be an array of whole numbers, handing each to
/// `take`. Whether it was one.
fn numbers(reader: &mut Reader<'_>, mut take: impl FnMut(u64)) -> Result<bool, Fault> {
    match reader.next()?.map(|event| event.token) {
        Some(Token::ArrayStart) => {}
        Some(Token::ObjectStart) => return reader.leave().map(|()| false),
        _ => return Ok(false),
    }
    loop {
        match reader.next()?.map(|event| event.token) {
            Some(Token::Number(number)) if number.as_u64().is_some() => {
                take(number.as_u64().unwrap_or_default());
            }
            Some(Token::ArrayEnd) => return Ok(true),
            Some(Token::ObjectStart | Token::ArrayStart) => {
                reader.leave()?;
                return reader.leave().map(|()| false);
            }
            Some(_) => return reader.leave().map(|()| false),
            None => return Ok(false),
        }
    }
}

/// Report a name that is empty, hides characters or leaves a directory.
fn judge_name(name: &str, at: u64, tally: &mut Tally) {
    if is_plain(name) {
        return;
    }
    let shown = escape_text(name);
    let leaves = paths::escape(name).filter(|escape| match escape {
        // `w:0` is how some frameworks number their variables.
        Escape::Drive => name.contains(":\\") || name.contains(":/") || name.starts_with("\\\\"),
        Escape::Home | Escape::Backslash => false,
        _ => true,
    });
    let (severity, what) = match leaves {
        _ if name.is_empty() => (Severity::Low, "is empty".to_owned()),
        Some(escape) => (Severity::Medium, escape.describe().to_owned()),
        None if shown != name => (Severity::Medium, "holds hidden characters".to_owned()),
        None => return,
    };
    tally.add(
        rules::UNSAFE_NAME
            .at(at)
            .severity(severity)
            .message(format!("the tensor name `{shown}` {what}"))
            .within(name),
    );
}

/// Whether a name is letters, digits and points, as nearly all are, and by that
/// neither a path nor anything hidden.
fn is_plain(name: &str) -> bool {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
    !name.is_empty() && name != ".." && name.bytes().all(is_plain)
}

fn extra_field(name: &str, key: &str, at: u64) -> Draft {
    let shown: String = escape_text(key).chars().take(KEY_SHOWN_CHARS).collect();
    let message = format!("the entry of `{}` has a field `{shown}`", escape_text(name));
    rules::EXTRA_FIELD.at(at).message(message).within(name)
}

fn too_many_keys(at: u64, cx: &mut Context<'_>) {
    let detail = format!("more than {NAMES_CAP} keys; later ones are not compared for duplicates");
    cx.gap(at, Why::Limit, detail);
}
