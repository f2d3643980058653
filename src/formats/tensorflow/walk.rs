//! Every node of every graph: of the graph itself, of its functions, and of
//! graphs that stand in constants.
//!
//! The walk reads each node once and keeps of it the hash of its name and where
//! it lies. Nodes whose operator has a [row](super::ops) are *marked*, and judged
//! once all names are known, because what an operator acts on stands in other
//! nodes. Graphs and attributes that stand in each other wait in a list, so
//! that their depth costs no recursion.

use std::collections::{HashMap, HashSet};

use super::constant::{Constant, Wrong};
use super::node::{field, value};
use super::ops::{self, Row};
use super::scope::{NodeRef, Scope, hash};
use super::shape;
use crate::formats::Context;
use crate::formats::tally::Tally;
use crate::report::{Place, Severity, Span, Why, escape_text};
use crate::rules::Draft;
use crate::rules::tensorflow as rules;
use crate::source::Source;
use crate::wire::Fault;
use crate::wire::protobuf::Reader;

/// Graphs within constants within graphs.
const DEPTH_CAP: u32 = 16;

/// Nodes that are kept to be looked up, of all graphs of a file.
const NODES_CAP: usize = 1 << 23;

/// Marked nodes and calls of functions that are kept.
const MARKS_CAP: usize = 1 << 20;

/// Names of inputs and outputs of one function.
const NAMES_CAP: usize = 1 << 14;

/// Longest name that is read, in bytes.
const NAME_CAP_BYTES: usize = 1024;

/// Fields of a constant that are compared with those of a graph.
const FIELDS_CAP: usize = 1 << 16;

/// What waits to be walked.
enum Todo {
    /// A graph, and how many constants it stands in.
    Graph(Span, u32, String),
    /// A tensor within a constant.
    Tensor(Span, usize, u32),
    /// An attribute of a function that an attribute names.
    Attr(Span, usize, u32),
}

/// A node that is to be judged.
pub(super) struct Mark {
    pub(super) scope: usize,
    pub(super) node: Span,
    pub(super) row: &'static Row,
}

/// A node that calls a function.
pub(super) struct Call {
    /// The hash of the function's name.
    pub(super) callee: u64,
    pub(super) scope: usize,
    pub(super) node: Span,
}

/// The walk, and what it learned.
pub(super) struct Walk<'a> {
    pub(super) source: &'a dyn Source,
    /// Where everything is said to stand, where that is not where it lies.
    whole: Option<Span>,
    pub(super) scopes: Vec<Scope>,
    pub(super) marks: Vec<Mark>,
    pub(super) calls: Vec<Call>,
    /// Names of tensors that stand for files which the model brings, and
    /// whether the loader sets them itself.
    pub(super) assets: HashMap<String, bool>,
    pub(super) tally: Tally,
    todo: Vec<Todo>,
    nodes: usize,
    cut: HashSet<&'static str>,
    /// Whether a constant is a graph.
    pub(super) has_inner: bool,
}

impl<'a> Walk<'a> {
    /// A walk over `source`, whose bytes are those of the artifact, or stand
    /// for `whole` of it.
    pub(super) fn new(source: &'a dyn Source, whole: Option<Span>) -> Self {
        Walk {
            source,
            whole,
            scopes: Vec::new(),
            marks: Vec::new(),
            calls: Vec::new(),
            assets: HashMap::new(),
            tally: Tally::default(),
            todo: Vec::new(),
            nodes: 0,
            cut: HashSet::new(),
            has_inner: false,
        }
    }

    /// Where `span` stands in the artifact.
    pub(super) fn place(&self, span: &Span) -> Place {
        self.whole.clone().unwrap_or(span.clone()).into()
    }

    /// Walk the graph in `span`, and those in its constants.
    pub(super) fn graph(&mut self, span: &Span, cx: &mut Context<'_>) -> Result<(), Fault> {
        self.todo.push(Todo::Graph(span.clone(), 0, String::new()));
        self.finish(cx)
    }

    /// Walk what waits.
    fn finish(&mut self, cx: &mut Context<'_>) -> Result<(), Fault> {
        while let Some(todo) = self.todo.pop() {
            match todo {
                Todo::Graph(span, depth, title) => self.one(&span, depth, title, cx)?,
                Todo::Tensor(span, scope, depth) => {
                    let mut reader = Reader::new(self.source, span.clone());
                    let constant = Constant::read(self.source, &mut reader, &span, false)?;
                    self.constant(constant, &span, scope, depth, cx)?;
                }
                Todo::Attr(span, scope, depth) => {
                    let mut reader = Reader::new(self.source, span.clone());
                    self.attr(&mut reader, &span, scope, &span, depth, cx)?;
                }
            }
        }
        Ok(())
    }

    fn one(
        &mut self,
        span: &Span,
        depth: u32,
        title: String,
        cx: &mut Context<'_>,
    ) -> Result<(), Fault> {
        let scope = self.open(title);
        let mut reader = Reader::new(self.source, span.clone());
        loop {
            let Some(field) = reader.next()? else {
                match reader.leave() {
                    true => continue,
                    false => break,
                }
            };
            match (reader.depth(), field.number, field.bytes()) {
                (0, 1, Some(node)) => self.node(&mut reader, node, scope, depth, cx)?,
                (0, 2, Some(library)) => reader.enter(library)?,
                (1, 1, Some(function)) => self.function(&mut reader, function, depth, cx)?,
                _ => {}
            }
        }
        self.close(scope);
        Ok(())
    }

    fn open(&mut self, title: String) -> usize {
        self.scopes.push(Scope::new(title));
        self.scopes.len().saturating_sub(1)
    }

    fn close(&mut self, scope: usize) {
        if let Some(scope) = self.scopes.get_mut(scope) {
            scope.close();
        }
    }

    fn function(
        &mut self,
        reader: &mut Reader<'_>,
        span: &Span,
        depth: u32,
        cx: &mut Context<'_>,
    ) -> Result<(), Fault> {
        let index = self.open("a function".to_owned());
        reader.enter(span)?;
        while let Some(field) = reader.next()? {
            cx.tick()?;
            let Some(bytes) = field.bytes() else { continue };
            match field.number {
                1 => self.signature(reader, bytes, index)?,
                3 => self.node(reader, bytes, index, depth, cx)?,
                4 => self.returned(reader, bytes, index)?,
                5 => self.attr(reader, bytes, index, bytes, depth, cx)?,
                _ => {}
            }
        }
        reader.leave();
        self.close(index);
        Ok(())
    }

    fn signature(
        &mut self,
        reader: &mut Reader<'_>,
        span: &Span,
        index: usize,
    ) -> Result<(), Fault> {
        reader.enter(span)?;
        while let Some(field) = reader.next()? {
            let Some(bytes) = field.bytes() else { continue };
            let Some(scope) = self.scopes.get_mut(index) else {
                break;
            };
            match field.number {
                1 => {
                    let name = reader.peek(bytes, NAME_CAP_BYTES)?;
                    scope.function = Some(hash(name));
                    let name: String = String::from_utf8_lossy(name).chars().take(100).collect();
                    scope.title = format!("the function `{}`", escape_text(&name));
                }
                2 if scope.arguments.len() < NAMES_CAP => {
                    let name = first_text(reader, bytes, 1)?;
                    scope.arguments.push(name);
                }
                _ => {}
            }
        }
        reader.leave();
        Ok(())
    }

    fn returned(
        &mut self,
        reader: &mut Reader<'_>,
        entry: &Span,
        index: usize,
    ) -> Result<(), Fault> {
        let name = first_text(reader, entry, 2)?;
        if let Some(scope) = self.scopes.get_mut(index)
            && scope.returns.len() < NAMES_CAP
        {
            scope.returns.push(name);
        }
        Ok(())
    }

    fn node(
        &mut self,
        reader: &mut Reader<'_>,
        span: &Span,
        scope: usize,
        depth: u32,
        cx: &mut Context<'_>,
    ) -> Result<(), Fault> {
        cx.tick()?;
        let (mut name, mut op) = (0, 0);
        reader.enter(span)?;
        while let Some(field) = reader.next()? {
            let Some(bytes) = field.bytes() else { continue };
            match field.number {
                field::NAME => name = hash(reader.peek(bytes, NAME_CAP_BYTES)?),
                field::OP => {
                    let seen = reader.peek(bytes, NAME_CAP_BYTES)?;
                    op = hash(seen);
                    if let Some(row) = ops::find(seen) {
                        let node = span.clone();
                        self.mark(Mark { scope, node, row }, cx);
                    }
                }
                field::ATTR => self.attr(reader, bytes, scope, span, depth, cx)?,
                _ => {}
            }
        }
        reader.leave();
        self.nodes = self.nodes.saturating_add(1);
        if self.nodes > NODES_CAP {
            self.cut(span, "nodes than are followed from one to the other", cx);
        } else if let Some(scope) = self.scopes.get_mut(scope) {
            scope.add(NodeRef::new(name, op, span));
        }
        Ok(())
    }

    fn mark(&mut self, mark: Mark, cx: &mut Context<'_>) {
        match self.marks.len() < MARKS_CAP {
            true => self.marks.push(mark),
            false => self.cut(
                &mark.node,
                "operators that act on files than are judged",
                cx,
            ),
        }
    }

    /// Say once that there is more than we look at.
    pub(super) fn cut(&mut self, span: &Span, what: &'static str, cx: &mut Context<'_>) {
        if self.cut.insert(what) {
            cx.gap(self.place(span), Why::Limit, format!("more {what}"));
        }
    }

    /// An entry of a map of attributes.
    fn attr(
        &mut self,
        reader: &mut Reader<'_>,
        entry: &Span,
        scope: usize,
        node: &Span,
        depth: u32,
        cx: &mut Context<'_>,
    ) -> Result<(), Fault> {
        let base = reader.depth();
        reader.enter(entry)?;
        loop {
            let Some(field) = reader.next()? else {
                reader.leave();
                match reader.depth() > base {
                    true => continue,
                    false => return Ok(()),
                }
            };
            cx.tick()?;
            let Some(bytes) = field.bytes() else { continue };
            // The entry, its value, and the list in that.
            let level = reader.depth().saturating_sub(base);
            match (level, field.number) {
                (1, 2) | (2, value::LIST) => reader.enter(bytes)?,
                (2 | 3, value::TEXT) => self.text(reader, bytes, depth, cx)?,
                (2 | 3, value::TENSOR) => {
                    let constant = Constant::read(self.source, reader, bytes, false)?;
                    self.constant(constant, bytes, scope, depth, cx)?;
                }
                (2, value::FUNCTION) | (3, value::LIST_FUNCTION) => {
                    self.call(reader, bytes, scope, node, depth, cx)?;
                }
                _ => {}
            }
        }
    }

    /// A function that an attribute names.
    fn call(
        &mut self,
        reader: &mut Reader<'_>,
        span: &Span,
        scope: usize,
        node: &Span,
        depth: u32,
        cx: &mut Context<'_>,
    ) -> Result<(), Fault> {
        reader.enter(span)?;
        while let Some(field) = reader.next()? {
            match (field.number, field.bytes()) {
                (1, Some(_)) if self.calls.len() >= MARKS_CAP => {
                    self.cut(node, "calls of functions than are followed", cx);
                }
                (1, Some(name)) => self.calls.push(Call {
                    callee: hash(reader.peek(name, NAME_CAP_BYTES)?),
                    scope,
                    node: node.clone(),
                }),
                (2, Some(entry)) => self.todo.push(Todo::Attr(entry.clone(), scope, depth)),
                _ => {}
            }
        }
        reader.leave();
        Ok(())
    }

    /// A text, which may be a graph.
    pub(super) fn text(
        &mut self,
        reader: &mut Reader<'_>,
        span: &Span,
        depth: u32,
        cx: &mut Context<'_>,
    ) -> Result<(), Fault> {
        let len = span.end.saturating_sub(span.start);
        if shape::may_be_graph(reader.peek(span, 1)?.first(), len) {
            self.inner(span, depth, cx);
        }
        Ok(())
    }

    /// Bytes that may be a graph.
    fn inner(&mut self, span: &Span, depth: u32, cx: &mut Context<'_>) {
        if !shape::is_graph(self.source, span, FIELDS_CAP) {
            return;
        }
        if depth >= DEPTH_CAP {
            self.cut(span, "graphs in constants of graphs than are followed", cx);
            return;
        }
        let message = format!(
            "a constant of {} bytes is another graph",
            span.end.saturating_sub(span.start)
        );
        let draft = rules::GRAPH_IN_CONSTANT.at(self.place(span));
        self.tally.add(draft.message(message));
        self.has_inner = true;
        let title = format!("a graph in a constant at byte {}", span.start);
        let depth = depth.saturating_add(1);
        self.todo.push(Todo::Graph(span.clone(), depth, title));
    }

    /// Judge a constant by itself, and what it holds.
    fn constant(
        &mut self,
        mut constant: Constant,
        span: &Span,
        scope: usize,
        depth: u32,
        cx: &mut Context<'_>,
    ) -> Result<(), Fault> {
        if let Some(wrong) = constant.wrong() {
            let draft = wrong_constant(&wrong, self.place(span));
            self.tally.add(draft);
        }
        constant.packed(self.source, false)?;
        if constant.is_cut {
            self.cut(span, "texts in a constant than are looked at", cx);
        }
        for text in &constant.texts {
            cx.tick()?;
            self.inner(text, depth, cx);
        }
        for tensor in constant.inner {
            self.todo.push(Todo::Tensor(tensor, scope, depth));
        }
        Ok(())
    }
}

/// The finding about a constant.
fn wrong_constant(wrong: &Wrong, place: Place) -> Draft {
    match wrong {
        Wrong::Overflow => rules::SHAPE_OVERFLOW
            .at(place)
            .message("the shape of a constant has more elements than 64 bits can count"),
        Wrong::Bytes { has, needs } => rules::CONSTANT_MISMATCH.at(place).message(format!(
            "a constant has {has} bytes; its shape and type need {needs}"
        )),
        Wrong::Splat(bytes) => rules::CONSTANT_MISMATCH
            .at(place)
            .severity(Severity::Medium)
            .message(format!("one value of a constant stands for {bytes} bytes")),
    }
}

/// The text of the last field of this number in a message.
pub(super) fn first_text(
    reader: &mut Reader<'_>,
    span: &Span,
    number: u32,
) -> Result<String, Fault> {
    let mut out = String::new();
    reader.enter(span)?;
    while let Some(field) = reader.next()? {
        if let (true, Some(bytes)) = (field.number == number, field.bytes()) {
            let text = reader.peek(bytes, NAME_CAP_BYTES)?;
            out = String::from_utf8_lossy(text).into_owned();
        }
    }
    reader.leave();
    Ok(out)
}
