//! One node of a graph: its name, its operator, its inputs and its attributes.

use crate::report::Span;
use crate::source::Source;
use crate::wire::Fault;
use crate::wire::protobuf::Reader;

/// Inputs that are kept; names of files stand among the first.
const INPUTS_CAP: usize = 1024;

/// Attributes that are kept.
const ATTRS_CAP: usize = 256;

/// Longest text that is kept, in bytes; no path that opens is longer.
pub(super) const TEXT_CAP_BYTES: usize = 4096;

/// Texts of one attribute or constant that are kept.
pub(super) const TEXTS_CAP: usize = 64;

/// Fields of a node.
pub(super) mod field {
    pub(in super::super) const NAME: u32 = 1;
    pub(in super::super) const OP: u32 = 2;
    pub(in super::super) const INPUT: u32 = 3;
    pub(in super::super) const ATTR: u32 = 5;
}

/// Fields of the value of an attribute, and of the list in one.
pub(super) mod value {
    pub(in super::super) const LIST: u32 = 1;
    pub(in super::super) const TEXT: u32 = 2;
    pub(in super::super) const TENSOR: u32 = 8;
    pub(in super::super) const LIST_FUNCTION: u32 = 9;
    pub(in super::super) const FUNCTION: u32 = 10;
}

/// A node, read whole.
#[derive(Debug, Default)]
pub(in crate::formats) struct Node {
    pub(in crate::formats) name: String,
    /// Its operator; of several the loader takes the last.
    pub(super) op: String,
    /// Names of what it takes, those that only order the nodes left out.
    pub(super) inputs: Vec<String>,
    /// Keys, and where the values lie.
    pub(super) attrs: Vec<(String, Span)>,
}

impl Node {
    /// Read the node that is `span` of `source`.
    pub(in crate::formats) fn read(source: &dyn Source, span: &Span) -> Result<Self, Fault> {
        let mut reader = Reader::new(source, span.clone());
        let mut node = Node::default();
        while let Some(field) = reader.next()? {
            let Some(bytes) = field.bytes() else { continue };
            match field.number {
                field::NAME => node.name = text(&mut reader, bytes)?,
                field::OP => node.op = text(&mut reader, bytes)?,
                field::INPUT if node.inputs.len() < INPUTS_CAP => {
                    let input = text(&mut reader, bytes)?;
                    if !input.starts_with('^') {
                        node.inputs.push(input);
                    }
                }
                field::ATTR if node.attrs.len() < ATTRS_CAP => {
                    node.attrs.extend(attr(&mut reader, bytes)?);
                }
                _ => {}
            }
        }
        Ok(node)
    }

    /// The texts of an attribute: its own, and those of its list.
    pub(in crate::formats) fn texts(
        &self,
        source: &dyn Source,
        key: &str,
    ) -> Result<Vec<String>, Fault> {
        self.each(source, key, |number| number == value::TEXT)
    }

    /// The functions that an attribute names.
    pub(super) fn functions(&self, source: &dyn Source) -> Result<Vec<String>, Fault> {
        let mut out = Vec::new();
        for (_, span) in &self.attrs {
            let is_function = |number| number == value::FUNCTION || number == value::LIST_FUNCTION;
            for function in values(source, span, is_function)? {
                let mut reader = Reader::new(source, function);
                while let Some(field) = reader.next()? {
                    if let (1, Some(name)) = (field.number, field.bytes()) {
                        out.push(text(&mut reader, name)?);
                    }
                }
            }
        }
        Ok(out)
    }

    /// Where the tensors of an attribute lie.
    pub(super) fn tensors(&self, source: &dyn Source, key: &str) -> Result<Vec<Span>, Fault> {
        let mut out = Vec::new();
        for (_, span) in self.attrs.iter().filter(|(own, _)| own == key) {
            out.extend(values(source, span, |number| number == value::TENSOR)?);
        }
        Ok(out)
    }

    fn each(
        &self,
        source: &dyn Source,
        key: &str,
        wanted: impl Fn(u32) -> bool,
    ) -> Result<Vec<String>, Fault> {
        let mut out = Vec::new();
        for (_, span) in self.attrs.iter().filter(|(own, _)| own == key) {
            for bytes in values(source, span, &wanted)? {
                let mut reader = Reader::new(source, bytes.clone());
                out.push(text(&mut reader, &bytes)?);
            }
        }
        Ok(out)
    }
}

/// The wanted values of an attribute and of its list, at most [`TEXTS_CAP`].
fn values(
    source: &dyn Source,
    span: &Span,
    wanted: impl Fn(u32) -> bool,
) -> Result<Vec<Span>, Fault> {
    let mut out = Vec::new();
    let mut reader = Reader::new(source, span.clone());
    loop {
        let Some(field) = reader.next()? else {
            match reader.leave() {
                true => continue,
                false => return Ok(out),
            }
        };
        let Some(bytes) = field.bytes() else { continue };
        if field.number == value::LIST && reader.depth() == 0 {
            reader.enter(bytes)?;
        } else if wanted(field.number) && out.len() < TEXTS_CAP {
            out.push(bytes.clone());
        }
    }
}

/// The key of an entry of a map, and where its value lies.
fn attr(reader: &mut Reader<'_>, entry: &Span) -> Result<Option<(String, Span)>, Fault> {
    let (mut key, mut value) = (String::new(), None);
    reader.enter(entry)?;
    while let Some(field) = reader.next()? {
        match (field.number, field.bytes()) {
            (1, Some(bytes)) => key = text(reader, bytes)?,
            (2, Some(bytes)) => value = Some(bytes.clone()),
            _ => {}
        }
    }
    reader.leave();
    Ok(value.map(|value| (key, value)))
}

/// The text that lies at `span`, as far as it is kept.
pub(super) fn text(reader: &mut Reader<'_>, span: &Span) -> Result<String, Fault> {
    let bytes = reader.peek(span, TEXT_CAP_BYTES)?;
    Ok(String::from_utf8_lossy(bytes).into_owned())
}
