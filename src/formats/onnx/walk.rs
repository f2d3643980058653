//! The walk over all messages, with a stack of its own: graphs may hold nodes
//! that hold graphs.
//!
//! Every field is either known, and read or left as a tensor's bytes, or slack.
//! A message that breaks off inside is left at its end, whose place is known,
//! and the walk goes on behind it.

use super::attributes::{Attribute, TEXT_CAP_BYTES};
use super::judge::{Judge, shown};
use super::operators::{self, Node};
use super::schema::{Holds, Kind, holds};
use super::tensor::Tensor;
use crate::report::{Severity, Span, Why};
use crate::rules::onnx as rules;
use crate::source::Source;
use crate::wire::Fault;
use crate::wire::json::{Names, Seen};
use crate::wire::protobuf::{Field, Reader, Spelling, Value, count_varints};

/// Names that are remembered at a time, over all graphs that are open.
const NAMES_CAP: usize = 2_000_000;

/// Bytes of a name that are read.
const NAME_CAP_BYTES: usize = 1024;

/// Bytes of a value of metadata that are read.
const VALUE_CAP_BYTES: usize = 1 << 20;

/// Runs of bytes that no field of ONNX owns, and that are listed one by one.
const SLACK_CAP: usize = 4096;

/// Messages that are broken inside and listed one by one.
const BROKEN_CAP: u64 = 16;

/// A message that is open.
struct Open {
    kind: Kind,
    /// The number of its field in the message around it.
    number: u32,
    span: Span,
    /// Fields that it has once and had already, by their numbers.
    seen: u64,
    state: State,
}

/// What is kept of an open message.
enum State {
    Plain,
    Graph(Box<Graph>),
    Function { name: String, domain: String },
    Node(Box<Node>),
    Attribute(Box<Attribute>),
    Tensor(Box<Tensor>),
    Pair(Box<Pair>),
}

/// Names of a graph that must not repeat.
#[derive(Default)]
struct Graph {
    initializers: Names,
    outputs: Names,
}

/// A key and its value.
#[derive(Default)]
struct Pair {
    key: String,
    value: String,
    /// Bytes of the value.
    len: u64,
}

impl State {
    fn of(kind: Kind, span: &Span) -> State {
        match kind {
            Kind::Graph => State::Graph(Box::default()),
            Kind::Function => State::Function {
                name: String::new(),
                domain: String::new(),
            },
            Kind::Node => State::Node(Box::new(Node::new(span.clone()))),
            Kind::Attribute => State::Attribute(Box::default()),
            Kind::Tensor => State::Tensor(Box::new(Tensor::new(span.clone()))),
            Kind::Pair => State::Pair(Box::default()),
            _ => State::Plain,
        }
    }
}

/// Walks one message.
pub(super) struct Walk<'j, 'a, 'c> {
    source: &'a dyn Source,
    reader: Reader<'a>,
    judge: &'j mut Judge<'a, 'c>,
    open: Vec<Open>,
    /// Names that are remembered.
    held: usize,
    /// Whether there were more.
    is_full: bool,
    /// Runs of slack that were listed.
    slack: usize,
    /// Messages that are broken inside.
    broken: u64,
}

impl<'j, 'a, 'c> Walk<'j, 'a, 'c> {
    /// A walk over a message of this kind that fills the artifact.
    pub(super) fn new(root: Kind, judge: &'j mut Judge<'a, 'c>) -> Self {
        let source = judge.artifact.source.as_ref();
        let span = 0..source.len();
        let whole = Open {
            kind: root,
            number: 0,
            span: span.clone(),
            seen: 0,
            state: State::of(root, &span),
        };
        Walk {
            source,
            reader: Reader::new(source, span),
            judge,
            open: vec![whole],
            held: 0,
            is_full: false,
            slack: 0,
            broken: 0,
        }
    }

    /// Walk to the end.
    pub(super) fn run(mut self) -> Result<(), Fault> {
        while !self.open.is_empty() {
            self.judge.cx.tick()?;
            match self.reader.next() {
                Ok(Some(field)) => self.field(&field)?,
                Ok(None) => self.close(),
                Err(fault @ (Fault::Malformed { .. } | Fault::Unsupported { .. })) => {
                    self.broken(&fault);
                    self.close();
                }
                Err(fault) => return Err(fault),
            }
        }
        Ok(())
    }

    fn field(&mut self, field: &Field) -> Result<(), Fault> {
        self.judge_spelling(field);
        let Some(top) = self.open.last_mut() else {
            return Ok(());
        };
        let kind = top.kind;
        let Some(holds) = holds(kind, field) else {
            self.unknown(kind, field);
            return Ok(());
        };
        let bit = 1u64.checked_shl(field.number).unwrap_or(0);
        let is_again = top.seen & bit != 0;
        top.seen |= bit;
        if is_again && holds.is_singular() {
            let message = format!(
                "the field {} stands twice in a {kind:?} message",
                field.number
            );
            self.judge
                .say(&rules::REPEATED_FIELD, &field.span, "", message);
        }
        match (holds, &field.value) {
            (Holds::One(inner) | Holds::Many(inner), Value::Bytes(span)) => {
                self.enter(inner, field.number, span)
            }
            _ => self.value(kind, field),
        }
    }

    fn enter(&mut self, kind: Kind, number: u32, span: &Span) -> Result<(), Fault> {
        match self.reader.enter(span) {
            Ok(()) => self.open.push(Open {
                kind,
                number,
                span: span.clone(),
                seen: 0,
                state: State::of(kind, span),
            }),
            Err(fault) => {
                self.judge
                    .cx
                    .gap(span.clone(), fault.why(), fault.to_string());
                self.leave_over(span.clone());
            }
        }
        Ok(())
    }

    /// A number, a text, or a run of either.
    fn value(&mut self, kind: Kind, field: &Field) -> Result<(), Fault> {
        match kind {
            Kind::Tensor => self.tensor_field(field),
            Kind::Node => self.node_field(field),
            Kind::Attribute => self.attribute_field(field),
            Kind::Pair => self.pair_field(field),
            Kind::Function => self.function_field(field),
            Kind::Model | Kind::Graph => self.outer_field(kind, field),
            _ => Ok(()),
        }
    }

    /// The text of a field, at most `cap` bytes of it.
    fn text(&mut self, field: &Field, cap: usize) -> Result<String, Fault> {
        match field.bytes() {
            Some(span) => {
                let bytes = self.reader.read(span, cap)?;
                Ok(String::from_utf8(bytes)
                    .unwrap_or_else(|odd| String::from_utf8_lossy(odd.as_bytes()).into_owned()))
            }
            None => Ok(String::new()),
        }
    }

    fn tensor_field(&mut self, field: &Field) -> Result<(), Fault> {
        match (field.number, &field.value) {
            (1, Value::Bytes(span)) => return self.dimensions(span),
            (8, _) => {
                let name = self.text(field, NAME_CAP_BYTES)?;
                self.tensor(|tensor| tensor.name = name);
            }
            (4 | 5 | 7 | 10 | 11, value) => {
                let count = self.count(field.number, value)?;
                self.tensor(|tensor| tensor.elements(field.number, count));
            }
            _ => self.tensor(|tensor| match (field.number, &field.value) {
                (1, Value::Varint(size)) => tensor.dimension(size.cast_signed()),
                (2, _) => tensor.dtype = field.int32(),
                (6, _) => tensor.elements(6, 1),
                (9, Value::Bytes(span)) => tensor.raw(span.end.saturating_sub(span.start)),
                (14, _) => tensor.location = field.int32(),
                _ => {}
            }),
        }
        Ok(())
    }

    fn tensor(&mut self, take: impl FnOnce(&mut Tensor)) {
        if let Some(State::Tensor(tensor)) = self.open.last_mut().map(|open| &mut open.state) {
            take(tensor);
        }
    }

    /// Dimensions that are packed.
    fn dimensions(&mut self, span: &Span) -> Result<(), Fault> {
        self.reader.enter(span)?;
        let ended = loop {
            self.judge.cx.tick()?;
            match self.reader.next_varint() {
                Ok(Some(size)) => self.tensor(|tensor| tensor.dimension(size.cast_signed())),
                Ok(None) => break Ok(()),
                Err(fault) => break Err(fault),
            }
        };
        self.reader.leave();
        if let Err(fault @ Fault::Malformed { .. }) = ended {
            self.broken(&fault);
            return Ok(());
        }
        ended
    }

    /// How many elements a field of a tensor has.
    fn count(&mut self, number: u32, value: &Value) -> Result<u64, Fault> {
        let Value::Bytes(span) = value else {
            return Ok(1);
        };
        let len = span.end.saturating_sub(span.start);
        let budget = self.judge.cx.budget();
        match number {
            4 => Ok(len.div_euclid(4)),
            10 => Ok(len.div_euclid(8)),
            _ => count_varints(self.source, span, || budget.check()),
        }
    }

    fn node_field(&mut self, field: &Field) -> Result<(), Fault> {
        if !matches!(field.number, 2 | 4 | 7) {
            return Ok(());
        }
        let text = self.text(field, NAME_CAP_BYTES)?;
        if field.number == 2 {
            self.output(&text, &field.span);
        } else if let Some(State::Node(node)) = self.open.last_mut().map(|open| &mut open.state) {
            match field.number {
                4 => node.operator = text,
                _ => node.domain = text,
            }
        }
        Ok(())
    }

    fn attribute_field(&mut self, field: &Field) -> Result<(), Fault> {
        let text = match field.number {
            1 => self.text(field, NAME_CAP_BYTES)?,
            4 | 9 => self.text(field, TEXT_CAP_BYTES)?,
            _ => String::new(),
        };
        let [.., outer, top] = self.open.as_mut_slice() else {
            return Ok(());
        };
        let State::Attribute(attribute) = &mut top.state else {
            return Ok(());
        };
        let at = field.bytes().unwrap_or(&field.span);
        match field.number {
            1 => attribute.name = text,
            3 => attribute.number = field.int64(),
            4 => {
                let before = attribute.text.replace((text, at.clone()));
                // Of a repeated field the last one counts, and each is judged.
                if let (State::Node(node), Some((text, at))) = (&mut outer.state, before) {
                    node.attributes.judge(&attribute.name, &text, &at, true);
                }
            }
            9 => {
                if let State::Node(node) = &mut outer.state {
                    node.attributes.judge(&attribute.name, &text, at, false);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn pair_field(&mut self, field: &Field) -> Result<(), Fault> {
        let cap = match field.number {
            1 => NAME_CAP_BYTES,
            _ => VALUE_CAP_BYTES,
        };
        let text = self.text(field, cap)?;
        if let Some(State::Pair(pair)) = self.open.last_mut().map(|open| &mut open.state) {
            match field.number {
                1 => pair.key = text,
                _ => {
                    pair.value = text;
                    let span = field.bytes().unwrap_or(&field.span);
                    pair.len = span.end.saturating_sub(span.start);
                }
            }
        }
        Ok(())
    }

    fn function_field(&mut self, field: &Field) -> Result<(), Fault> {
        let text = match field.number {
            1 | 10 => self.text(field, NAME_CAP_BYTES)?,
            8 => return self.remark("the description of a function", field),
            _ => return Ok(()),
        };
        if let Some(State::Function { name, domain }) =
            self.open.last_mut().map(|open| &mut open.state)
        {
            match field.number {
                1 => *name = text,
                _ => *domain = text,
            }
        }
        Ok(())
    }

    fn outer_field(&mut self, kind: Kind, field: &Field) -> Result<(), Fault> {
        let what = match (kind, field.number) {
            (Kind::Model, 2) => "the producer",
            (Kind::Model, 3) => "the version of the producer",
            (Kind::Model, 4) => "the domain",
            (Kind::Model, 6) => return self.remark("the description of the model", field),
            (Kind::Graph, 2) => "the name of a graph",
            (Kind::Graph, 10) => return self.remark("the description of a graph", field),
            _ => return Ok(()),
        };
        let text = self.text(field, NAME_CAP_BYTES)?;
        self.judge.name(what, &text, &field.span);
        self.judge
            .text(what, "", &text, &field.span, Severity::Critical);
        Ok(())
    }

    /// Text for people: nobody evaluates it, so that code in it is odd and no
    /// more.
    fn remark(&mut self, what: &str, field: &Field) -> Result<(), Fault> {
        let text = self.text(field, VALUE_CAP_BYTES)?;
        self.judge.text(what, "", &text, &field.span, Severity::Low);
        Ok(())
    }

    /// Close the innermost message and judge what was kept of it.
    fn close(&mut self) {
        self.reader.leave();
        let Some(open) = self.open.pop() else {
            return;
        };
        let outer = self.open.last_mut();
        match open.state {
            State::Plain => {
                if let (Kind::Segment, Some(State::Tensor(tensor))) =
                    (open.kind, outer.map(|o| &mut o.state))
                {
                    tensor.segment();
                }
            }
            State::Graph(graph) => {
                let held = graph.initializers.len().saturating_add(graph.outputs.len());
                self.held = self.held.saturating_sub(held);
            }
            State::Function { name, domain } => self.function(&domain, &name, &open.span),
            State::Node(node) => node.judge(self.judge),
            State::Attribute(attribute) => {
                if let Some(State::Node(node)) = outer.map(|o| &mut o.state) {
                    node.attributes.take(*attribute);
                }
            }
            State::Tensor(tensor) => self.tensor_closed(*tensor, open.number, &open.span),
            State::Pair(pair) => self.pair(*pair, open.number, &open.span),
        }
    }

    fn function(&mut self, domain: &str, name: &str, at: &Span) {
        self.judge.name("the function name", name, at);
        if operators::is_standard(domain) {
            let message = format!(
                "the model defines the function `{}` in a domain of the standard",
                shown(name)
            );
            self.judge.say(&rules::STANDARD_FUNCTION, at, name, message);
        }
        self.judge.operators.define(domain, name);
    }

    fn tensor_closed(&mut self, tensor: Tensor, number: u32, at: &Span) {
        let around = self.open.last().map(|open| open.kind);
        if around == Some(Kind::Graph) && number == 5 {
            let seen = self.see(&tensor.name, |graph| &mut graph.initializers);
            if seen == Seen::Again {
                let message = format!("{} stands twice among the initializers", tensor.title());
                self.judge
                    .say(&rules::REPEATED_INITIALIZER, at, &tensor.name, message);
            }
        }
        tensor.judge(self.judge);
    }

    /// The output of a node, which must be the only one of its name.
    fn output(&mut self, name: &str, at: &Span) {
        if !name.is_empty() && self.see(name, |graph| &mut graph.outputs) == Seen::Again {
            let message = format!("`{}` is the output of two nodes", shown(name));
            self.judge.say(&rules::REPEATED_OUTPUT, at, name, message);
        }
    }

    /// Look up a name in the innermost graph and remember it.
    fn see(&mut self, name: &str, names: impl FnOnce(&mut Graph) -> &mut Names) -> Seen {
        let room = NAMES_CAP.saturating_sub(self.held);
        let mut around = self.open.iter_mut().rev();
        let Some(State::Graph(graph)) = around
            .find(|open| matches!(open.kind, Kind::Graph | Kind::Function))
            .map(|open| &mut open.state)
        else {
            return Seen::New;
        };
        let names = names(graph);
        let cap = names.len().saturating_add(room);
        let seen = names.see(name, cap);
        match seen {
            Seen::New => self.held = self.held.saturating_add(1),
            Seen::Unknown if !self.is_full => {
                self.is_full = true;
                let detail = format!(
                    "more than {NAMES_CAP} names; later ones are not compared for duplicates"
                );
                let whole = 0..self.source.len();
                self.judge.cx.gap(whole, Why::Limit, detail);
            }
            Seen::Again | Seen::Unknown => {}
        }
        seen
    }

    /// A key and its value, by what they stand in.
    fn pair(&mut self, pair: Pair, number: u32, at: &Span) {
        let Some(outer) = self.open.last_mut() else {
            return;
        };
        let Pair { key, value, len } = pair;
        match (&mut outer.state, outer.kind, number) {
            (State::Tensor(tensor), _, 13) => {
                let owner = tensor.name.clone();
                tensor.external.take((&key, &value), at, &owner, self.judge);
            }
            (_, Kind::Model | Kind::Graph | Kind::Function, 14 | 16) => {
                let owner = format!("the metadata `{}`", shown(&key));
                self.judge.name("the metadata key", &key, at);
                self.judge
                    .text("a metadata key", "", &key, at, Severity::Critical);
                self.judge
                    .text(&owner, &key, &value, at, Severity::Critical);
                if len > VALUE_CAP_BYTES as u64 {
                    let detail = format!(
                        "{owner} is {len} bytes long; at most {VALUE_CAP_BYTES} are judged as code"
                    );
                    self.judge.cx.gap(at.clone(), Why::Limit, detail);
                }
            }
            _ => {}
        }
    }

    fn judge_spelling(&mut self, field: &Field) {
        let (severity, what) = match (field.spelling, &field.value) {
            (Spelling::Overflowing, _) => (
                Severity::Medium,
                "a number has more than 64 bits, of which parsers read different ones",
            ),
            (Spelling::Longer, _) => (
                Severity::Low,
                "a number is written with more bytes than it needs",
            ),
            (_, Value::Group(_)) => (Severity::Low, "a field is a group, which nothing writes"),
            _ => return,
        };
        let draft = rules::ODD_ENCODING
            .at(field.span.clone())
            .severity(severity);
        self.judge.add(draft.message(what));
    }

    fn unknown(&mut self, kind: Kind, field: &Field) {
        let message = format!(
            "the field {} of {} bytes in a {kind:?} message is none of ONNX",
            field.number,
            field.span.end.saturating_sub(field.span.start)
        );
        self.judge
            .say(&rules::UNKNOWN_FIELD, &field.span, "", message);
        let bytes = match &field.value {
            Value::Bytes(span) | Value::Group(span) => span,
            _ => &field.span,
        };
        self.leave_over(bytes.clone());
    }

    /// Say that bytes belong to nothing.
    fn leave_over(&mut self, span: Span) {
        match self.slack {
            n if n < SLACK_CAP => self.judge.cx.slack(span),
            SLACK_CAP => {
                let detail = format!(
                    "more than {SLACK_CAP} runs of bytes belong to no field; the content of others is not looked at as files"
                );
                let rest = span.start..self.source.len();
                self.judge.cx.gap(rest, Why::Limit, detail);
            }
            _ => {}
        }
        self.slack = self.slack.saturating_add(1);
    }

    /// The rest of the innermost message cannot be read as fields.
    fn broken(&mut self, fault: &Fault) {
        let rest = self.reader.position()..self.reader.end();
        if self.broken < BROKEN_CAP {
            let kind = self.open.last().map_or(Kind::Model, |open| open.kind);
            let detail = format!("ONNX: a {kind:?} message cannot be read on: {fault}");
            self.judge.cx.gap(rest.clone(), fault.why(), detail);
        }
        self.broken = self.broken.saturating_add(1);
        self.leave_over(rest);
    }
}
