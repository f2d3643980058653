//! The tree of nodes in `schema.json`, node by node from the leaves up.
//!
//! A node is an object with the key `__loader__`. Its own texts, and what the
//! plain object under its `content` says, are handed on when the object ends,
//! so that nothing but the open objects is held.

use super::nodes::{Judge, Node, TypeName};
use crate::formats::zarr::is_wide;
use crate::formats::{Artifact, Claim, Content, Context, Format, FormatSpec, Probe};
use crate::report::{Span, Why};
use crate::rules::manifest::DUPLICATE_KEY;
use crate::source::Source;
use crate::wire::Fault;
use crate::wire::json::{Duplicate, Duplicates, NAMES_CAP, Reader, Token};

/// Characters of a text that are kept; longer names are no names.
const TEXT_CAP_CHARS: usize = 1024;

/// Events within which the first `__loader__` of a tree is looked for.
const GLANCE_EVENTS: usize = 1 << 20;

/// The schema of a skops file.
pub struct SkopsSchema;

static SPEC: FormatSpec = FormatSpec {
    id: "skops-schema",
    title: "schema of a skops file",
    suffixes: &[],
    runs_code: false,
    content: Content::Data,
    layer_of: Some("text"),
    references: &[
        "https://github.com/skops-dev/skops/tree/main/skops/io",
        "CVE-2025-54412",
        "CVE-2025-54413",
    ],
    limitations: &["What a trusted class does with its state is not followed."],
};

impl Format for SkopsSchema {
    fn spec(&self) -> &'static FormatSpec {
        &SPEC
    }

    fn recognise(&self, probe: &Probe<'_>) -> Claim {
        let head = probe.head();
        let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
        let named = probe.file_name().as_bytes() == super::SCHEMA;
        let is_wide = named && is_wide(head);
        if !text.trim_ascii_start().starts_with(b"{") && !is_wide {
            return Claim::No;
        }
        let has = |key: &[u8]| memchr::memmem::find(head, key).is_some();
        let keyed = has(b"\"__loader__\"") && has(b"\"__module__\"");
        match is_tree(probe.source()) {
            Some(true) if named || keyed => Claim::Structure,
            None if named => Claim::Structure,
            _ => Claim::No,
        }
    }

    fn examine(&self, artifact: &Artifact, cx: &mut Context<'_>) -> Result<(), Fault> {
        let mut judge = Judge::default();
        let ended = walk(artifact.source.as_ref(), &mut |step| {
            cx.tick()?;
            match step {
                Step::Node(node) => judge.node(node, cx),
                Step::Protocol(number, span) => judge.protocol(number, span, cx),
                Step::Duplicate(key, span) => judge.repeated(
                    DUPLICATE_KEY
                        .at(span)
                        .message(format!("`{}` stands twice in its object", key)),
                ),
                Step::CapReached(span) => {
                    let detail = format!(
                        "more than {NAMES_CAP} keys; later ones are not compared for duplicates"
                    );
                    cx.gap(span, Why::Limit, detail);
                }
            }
            Ok(())
        });
        judge.finish(cx);
        ended
    }
}

/// Whether the outermost object has a loader; `None` where that was not found
/// out.
pub(super) fn is_tree(source: &dyn Source) -> Option<bool> {
    let mut reader = Reader::new(source, 0..source.len());
    for _ in 0..GLANCE_EVENTS {
        let event = reader.next().ok()??;
        match (event.depth, event.token) {
            (1, Token::Key(key)) if key.value == "__loader__" => return Some(true),
            (0, Token::ObjectStart) | (1.., _) => {}
            _ => return Some(false),
        }
    }
    None
}

/// What a tree says, in order.
pub(super) enum Step<'n> {
    /// A node that ended.
    Node(&'n Node),
    /// The protocol: `None` where it is no number that has one.
    Protocol(Option<u64>, Span),
    /// A key that its object already has.
    Duplicate(String, Span),
    /// Keys are no longer compared.
    CapReached(Span),
}

/// An object that is open.
#[derive(Default)]
struct Frame {
    /// The key that it stands under, and its own key at hand.
    under: String,
    key: String,
    node: Node,
}

impl Frame {
    /// Keep a text of the object, if it is one of those that matter.
    fn text(&mut self, value: &str, span: Span) {
        let kept = || Some(value.chars().take(TEXT_CAP_CHARS).collect::<String>());
        let node = &mut self.node;
        match self.key.as_str() {
            "__loader__" => node.loader = kept(),
            "__class__" => {
                node.own.name = kept().unwrap_or_default();
                node.at = span;
            }
            "__module__" => node.own.module = kept().unwrap_or_default(),
            "func" => node.method = kept(),
            "function" => node.legacy.name = kept().unwrap_or_default(),
            "module_path" => node.legacy.module = kept().unwrap_or_default(),
            "type" => node.kind = kept(),
            "file" => node.file = kept(),
            "content" => node.text = kept(),
            _ => {}
        }
    }

    /// Take over what an object that ended under one of the keys says.
    fn close(&mut self, inner: Frame) {
        let node = &mut self.node;
        match (inner.under.as_str(), inner.node.loader.is_some()) {
            ("obj", true) => node.object = Some(inner.node.own),
            ("bit_generator", true) => {
                // The state's own text, or, a level up, that of the state.
                node.generator = inner.node.text.or(inner.node.generator);
            }
            ("content", true) => node.generator = inner.node.generator,
            ("content", false) => {
                node.method = inner.node.method.or(node.method.take());
                node.object = inner.node.object.or(node.object.take());
                node.generator = inner.node.generator.or(node.generator.take());
                if !inner.node.legacy.module.is_empty() {
                    node.legacy = inner.node.legacy;
                }
            }
            _ => {}
        }
    }
}

/// Hand everything that the tree says to `take`.
pub(super) fn walk(
    source: &dyn Source,
    take: &mut dyn FnMut(Step<'_>) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let mut reader = Reader::new(source, 0..source.len());
    let mut duplicates = Duplicates::default();
    let mut open: Vec<Frame> = Vec::new();
    while let Some(event) = reader.next()? {
        let (span, depth) = (event.span.clone(), event.depth);
        match duplicates.see(&event) {
            Duplicate::No => {}
            Duplicate::Key => {
                let key = open_key(&event.token);
                take(Step::Duplicate(key, span.clone()))?;
            }
            Duplicate::CapReached => take(Step::CapReached(span.clone()))?,
        }
        let Some(frame) = open.last_mut() else {
            if event.token != Token::ObjectStart {
                return Err(Fault::malformed(span.start, "the schema is no object"));
            }
            open.push(Frame::default());
            continue;
        };
        let is_protocol = depth == 1 && frame.key == "protocol";
        match event.token {
            Token::Key(key) => frame.key = key.value.chars().take(TEXT_CAP_CHARS).collect(),
            Token::String(text) => frame.text(text.value, span.clone()),
            Token::ObjectStart => {
                let mut inner = Frame::default();
                inner.under.clone_from(&frame.key);
                inner.node.at = span.clone();
                open.push(inner);
                continue;
            }
            Token::ObjectEnd => {
                let Some(ended) = open.pop() else { continue };
                if ended.node.loader.is_some() {
                    take(Step::Node(&ended.node))?;
                }
                if let Some(outer) = open.last_mut() {
                    outer.close(ended);
                }
                continue;
            }
            _ => {}
        }
        match event.token {
            Token::Number(number) if is_protocol => take(Step::Protocol(number.as_u64(), span))?,
            Token::String(_) | Token::Bool(_) | Token::Null if is_protocol => {
                take(Step::Protocol(None, span))?;
            }
            _ => {}
        }
    }
    Ok(())
}

fn open_key(token: &Token<'_>) -> String {
    match token {
        Token::Key(key) => {
            let text = crate::report::escape_text(key.value);
            text.chars().take(200).collect()
        }
        _ => String::new(),
    }
}

impl TypeName {
    /// Whether nothing was named.
    pub(super) fn is_empty(&self) -> bool {
        self.module.is_empty() && self.name.is_empty()
    }
}
