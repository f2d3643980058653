//! The walk over the messages of a model that may name something, with a stack
//! of its own: pipelines hold models, blocks hold operations that hold blocks.

use std::collections::BTreeMap;

use crate::detect::{code, paths};
use crate::formats::tally::Tally;
use crate::formats::{Artifact, Context};
use crate::report::{Companion, Severity, Span, Why, escape_text};
use crate::rules::coreml as rules;
use crate::rules::packages::COREML_PATH;
use crate::wire::Fault;
use crate::wire::protobuf::{Field, Reader, Value};

/// Bytes of a text that are read.
const TEXT_CAP_BYTES: usize = 256 << 10;

/// Characters of a name that are shown.
const SHOWN_CHARS: usize = 120;

/// How names of files with weights begin: the folder of the model.
const MODEL_FOLDER: &str = "@model_path/";

/// Bytes of the record that a weight begins with in its file.
const BLOB_RECORD_BYTES: u64 = 64;

/// Files with weights that are looked for.
const FILES_CAP: usize = 10_000;

/// Messages that are broken inside and told of.
const BROKEN_CAP: u32 = 16;

/// A message that is entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Model,
    Description,
    Metadata,
    /// An entry of the metadata that the author chose.
    UserDefined,
    Pipeline,
    /// A pipeline that is a classifier or a regressor.
    PipelineOf,
    Network,
    Layer,
    Branch,
    Loop,
    CustomLayer,
    CustomModel,
    Parameter,
    ParameterValue,
    Linked,
    LinkedFile,
    FileName,
    SearchPath,
    Program,
    /// An entry of a map from names to functions.
    Functions,
    Function,
    Blocks,
    Block,
    Operation,
    Arguments,
    Argument,
    Binding,
    /// An entry of a map from names to values.
    Values,
    Value,
    Immediate,
    /// A tuple or a list of values.
    List,
    Dictionary,
    KeyValue,
    /// A weight in a file.
    Blob,
}

/// The message in a field, where it is one that is entered.
fn inner(kind: Kind, number: u32) -> Option<Kind> {
    Some(match (kind, number) {
        (Kind::Model, 2) => Kind::Description,
        (Kind::Model, 200 | 201) => Kind::PipelineOf,
        (Kind::Model, 202) | (Kind::PipelineOf, 1) => Kind::Pipeline,
        (Kind::Model, 303 | 403 | 500) | (Kind::Branch, 1 | 2) | (Kind::Loop, 3 | 4) => {
            Kind::Network
        }
        (Kind::Model, 502) => Kind::Program,
        (Kind::Model, 555) => Kind::CustomModel,
        (Kind::Model, 556) => Kind::Linked,
        (Kind::Description, 100) => Kind::Metadata,
        (Kind::Metadata, 100) => Kind::UserDefined,
        (Kind::Pipeline, 1) => Kind::Model,
        (Kind::Network, 1) => Kind::Layer,
        (Kind::Layer, 500) => Kind::CustomLayer,
        (Kind::Layer, 605) => Kind::Branch,
        (Kind::Layer, 615) => Kind::Loop,
        (Kind::CustomLayer, 30) | (Kind::CustomModel, 20) => Kind::Parameter,
        (Kind::Parameter, 2) => Kind::ParameterValue,
        (Kind::Linked, 1) => Kind::LinkedFile,
        (Kind::LinkedFile, 1) => Kind::FileName,
        (Kind::LinkedFile, 2) => Kind::SearchPath,
        _ => return program(kind, number),
    })
}

/// The same in programs.
fn program(kind: Kind, number: u32) -> Option<Kind> {
    Some(match (kind, number) {
        (Kind::Program, 2) => Kind::Functions,
        (Kind::Functions, 2) => Kind::Function,
        (Kind::Function, 3) => Kind::Blocks,
        (Kind::Blocks, 2) | (Kind::Operation, 4) => Kind::Block,
        (Kind::Block, 3) => Kind::Operation,
        (Kind::Operation, 2) => Kind::Arguments,
        (Kind::Arguments, 2) => Kind::Argument,
        (Kind::Argument, 1) => Kind::Binding,
        (Kind::Program | Kind::Block, 4) | (Kind::Function, 14) | (Kind::Operation, 5) => {
            Kind::Values
        }
        (Kind::Binding | Kind::Values, 2) | (Kind::List, 1) | (Kind::KeyValue, 1 | 2) => {
            Kind::Value
        }
        (Kind::Value, 3) => Kind::Immediate,
        (Kind::Value, 5) => Kind::Blob,
        (Kind::Immediate, 2 | 3) => Kind::List,
        (Kind::Immediate, 4) => Kind::Dictionary,
        (Kind::Dictionary, 1) => Kind::KeyValue,
        _ => return None,
    })
}

/// A message that is open, and what is kept of it.
struct Open {
    kind: Kind,
    span: Span,
    /// A key, or the name of a file.
    name: String,
    /// Where a weight begins in its file.
    offset: u64,
}

/// Walks one model.
pub(super) struct Walk<'a, 'c> {
    reader: Reader<'a>,
    cx: &'a mut Context<'c>,
    tally: Tally,
    open: Vec<Open>,
    /// Files with weights, by name.
    files: BTreeMap<String, Companion>,
    has_more_files: bool,
    broken: u32,
}

impl<'a, 'c> Walk<'a, 'c> {
    pub(super) fn new(artifact: &'a Artifact, cx: &'a mut Context<'c>) -> Self {
        let source = artifact.source.as_ref();
        let span = 0..source.len();
        Walk {
            reader: Reader::new(source, span.clone()),
            cx,
            tally: Tally::default(),
            open: vec![Open::new(Kind::Model, span)],
            files: BTreeMap::new(),
            has_more_files: false,
            broken: 0,
        }
    }

    /// Walk to the end and report.
    pub(super) fn run(mut self) -> Result<(), Fault> {
        let ended = self.walk();
        for file in std::mem::take(&mut self.files).into_values() {
            self.cx.companion(file);
        }
        if self.has_more_files {
            let detail =
                format!("more than {FILES_CAP} files with weights; others are not looked for");
            let end = self.reader.end();
            self.cx.gap(0..end, Why::Limit, detail);
        }
        self.tally.report(self.cx);
        ended
    }

    fn walk(&mut self) -> Result<(), Fault> {
        while !self.open.is_empty() {
            self.cx.tick()?;
            match self.reader.next() {
                Ok(Some(field)) => self.field(&field)?,
                Ok(None) => self.close(),
                Err(fault @ (Fault::Malformed { .. } | Fault::Unsupported { .. })) => {
                    if self.broken < BROKEN_CAP {
                        let rest = self.reader.position()..self.reader.end();
                        let detail = format!("Core ML: a message cannot be read on: {fault}");
                        self.cx.gap(rest, fault.why(), detail);
                    }
                    self.broken = self.broken.saturating_add(1);
                    self.close();
                }
                Err(fault) => return Err(fault),
            }
        }
        Ok(())
    }

    fn field(&mut self, field: &Field) -> Result<(), Fault> {
        let Some(kind) = self.open.last().map(|open| open.kind) else {
            return Ok(());
        };
        match (&field.value, inner(kind, field.number)) {
            (Value::Bytes(span), Some(inner)) => match self.reader.enter(span) {
                Ok(()) => self.open.push(Open::new(inner, span.clone())),
                Err(fault) => {
                    let (why, detail) = (fault.why(), fault.to_string());
                    self.cx.gap(span.clone(), why, detail);
                }
            },
            (Value::Bytes(span), None) => self.text(kind, field.number, span)?,
            (Value::Varint(offset), _) if kind == Kind::Blob && field.number == 2 => {
                if let Some(open) = self.open.last_mut() {
                    open.offset = *offset;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn text(&mut self, kind: Kind, number: u32, span: &Span) -> Result<(), Fault> {
        let is_read = matches!(
            (kind, number),
            (Kind::Metadata, 1..=4)
                | (Kind::UserDefined | Kind::Parameter | Kind::Blob, 1)
                | (Kind::FileName | Kind::SearchPath, 1)
                | (Kind::UserDefined, 2)
                | (Kind::CustomLayer | Kind::CustomModel, 10)
                | (Kind::ParameterValue, 20)
        );
        if !is_read {
            return Ok(());
        }
        let bytes = self.reader.read(span, TEXT_CAP_BYTES)?;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        match (kind, number) {
            (Kind::Metadata, _) => self.code("the metadata", &text, span),
            (Kind::UserDefined, 2) => {
                let key = self.open.last().map_or("", |open| open.name.as_str());
                let owner = format!("the metadata `{}`", shown(key));
                self.code(&owner, &text, span);
            }
            (Kind::ParameterValue, _) => self.code("a parameter of a custom class", &text, span),
            (Kind::CustomLayer | Kind::CustomModel, _) => self.class(kind, &text, span),
            (Kind::FileName, _) => self.linked(&text, span),
            (Kind::SearchPath, _) => self.search(&text, span),
            _ => {
                if let Some(open) = self.open.last_mut() {
                    open.name = text;
                }
            }
        }
        if span.end.saturating_sub(span.start) > TEXT_CAP_BYTES as u64 {
            let detail = format!("a text of which {TEXT_CAP_BYTES} bytes are judged");
            self.cx.gap(span.clone(), Why::Limit, detail);
        }
        Ok(())
    }

    fn code(&mut self, owner: &str, text: &str, at: &Span) {
        if let Some(found) = code::code_like(text) {
            let message = format!("{owner} holds {}", found.what);
            let draft = rules::CODE_IN_METADATA.at(at.clone());
            let draft = draft.severity(found.severity).message(message);
            self.tally.add(draft.evidence(found.excerpt));
        }
    }

    fn class(&mut self, kind: Kind, name: &str, at: &Span) {
        let what = match kind {
            Kind::CustomLayer => "a layer",
            _ => "a model",
        };
        let message = format!("{what} is of the class `{}` of the program", shown(name));
        let draft = rules::CUSTOM_CLASS.at(at.clone()).message(message);
        self.tally.add(draft.evidence(name));
    }

    fn linked(&mut self, file: &str, at: &Span) {
        let message = format!("the model is in another file: `{}`", shown(file));
        let draft = rules::LINKED_MODEL.at(at.clone()).message(message);
        self.tally.add(draft.evidence(file));
        self.path("the linked model", file, at);
    }

    /// Paths with colons between them; `$` begins a folder of the program.
    fn search(&mut self, paths: &str, at: &Span) {
        let own = paths.split(':').filter(|path| !path.starts_with('$'));
        for path in own {
            self.path("the search path of the linked model", path, at);
        }
    }

    fn path(&mut self, what: &str, path: &str, at: &Span) {
        if let Some(escape) = paths::escape(path) {
            let severity = match escape {
                paths::Escape::Backslash => Severity::Low,
                _ => COREML_PATH.severity,
            };
            let message = format!("{what} `{}` {}", shown(path), escape.describe());
            let draft = COREML_PATH.at(at.clone()).severity(severity);
            self.tally.add(draft.message(message).evidence(path));
        }
    }

    fn close(&mut self) {
        self.reader.leave();
        let Some(open) = self.open.pop().filter(|open| open.kind == Kind::Blob) else {
            return;
        };
        let file = open.name.strip_prefix(MODEL_FOLDER).unwrap_or(&open.name);
        self.path("the file with weights", file, &open.span);
        if paths::escape(file).is_some() || file.is_empty() {
            return;
        }
        let bytes = open.offset.saturating_add(BLOB_RECORD_BYTES);
        let room = self.files.len() < FILES_CAP;
        match self.files.get_mut(file) {
            Some(known) if known.bytes < bytes => {
                known.bytes = bytes;
                known.at = open.span;
            }
            Some(_) => {}
            None if room => {
                let companion = Companion {
                    name: file.to_owned(),
                    bytes,
                    owner: String::new(),
                    at: open.span,
                };
                self.files.insert(file.to_owned(), companion);
            }
            None => self.has_more_files = true,
        }
    }
}

impl Open {
    fn new(kind: Kind, span: Span) -> Self {
        Open {
            kind,
            span,
            name: String::new(),
            offset: 0,
        }
    }
}

/// A name as it is shown.
fn shown(name: &str) -> String {
    let short: String = name.chars().take(SHOWN_CHARS).collect();
    escape_text(&short)
}
