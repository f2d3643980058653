//! What an input of a node comes to, as far as it is made of constants.
//!
//! The name of a file reaches an operator through `Identity`, through joined
//! and cut texts, as an argument of a function, out of a function, or as an
//! element of a data set. [`Resolver::texts`] follows these ways backwards with
//! a list of what is still to be done, and never further than a number of
//! steps. A part that is not a constant is `…`; of several ways all are
//! followed.

use std::collections::HashMap;

use super::constant;
use super::node::{Node, TEXT_CAP_BYTES, TEXTS_CAP};
use super::scope::hash;
use super::walk::Walk;
use crate::report::Span;
use crate::wire::{Fault, base64};

/// Nodes that are looked at for one operand.
const STEPS_CAP: u32 = 256;

/// Nodes that are looked at for all operands of a file.
const ALL_STEPS_CAP: u64 = 1 << 22;

/// Callers of one function, and nodes that stand for one value.
const WAYS_CAP: usize = 16;

/// What stands for a part that is not known.
const UNKNOWN: &str = "\u{2026}";

/// What is still to be done; values lie on a stack.
enum Task {
    /// Find what an input of a node in this scope comes to.
    Input(usize, String),
    /// Put the last so many values together, each with each, in order.
    Join(usize, String),
    /// Take the last so many values as one of several.
    Any(usize),
    /// Decode the last value from base64.
    Decode,
    /// Give what is known.
    Give(Vec<String>),
}

/// Ways backwards through a walk.
pub(super) struct Resolver<'w, 'a> {
    walk: &'w Walk<'a>,
    /// Scopes of functions, by the hash of their names.
    functions: HashMap<u64, Vec<usize>>,
    /// Nodes that call a function: by attribute, and by operator.
    callers: HashMap<u64, Vec<(usize, Span)>>,
    left: u64,
}

impl<'w, 'a> Resolver<'w, 'a> {
    /// Of everything that was walked.
    pub(super) fn new(walk: &'w Walk<'a>) -> Self {
        let mut functions: HashMap<u64, Vec<usize>> = HashMap::new();
        for (index, scope) in walk.scopes.iter().enumerate() {
            if let Some(name) = scope.function {
                functions.entry(name).or_default().push(index);
            }
        }
        let mut callers: HashMap<u64, Vec<(usize, Span)>> = HashMap::new();
        let mut add = |callee: u64, scope: usize, node: Span| {
            let of = callers.entry(callee).or_default();
            if of.len() < WAYS_CAP {
                of.push((scope, node));
            }
        };
        for call in &walk.calls {
            add(call.callee, call.scope, call.node.clone());
        }
        for (index, scope) in walk.scopes.iter().enumerate() {
            for node in scope.nodes() {
                if functions.contains_key(&node.op) {
                    add(node.op, index, node.span());
                }
            }
        }
        Resolver {
            walk,
            functions,
            callers,
            left: ALL_STEPS_CAP,
        }
    }

    /// Whether all steps of the file are used up.
    pub(super) fn is_tired(&self) -> bool {
        self.left == 0
    }

    /// The texts that `input` of a node in this scope may come to.
    pub(super) fn texts(&mut self, scope: usize, input: &str) -> Result<Vec<String>, Fault> {
        let mut tasks = vec![Task::Input(scope, input.to_owned())];
        let mut values: Vec<Vec<String>> = Vec::new();
        let mut steps = STEPS_CAP;
        while let Some(task) = tasks.pop() {
            match task {
                Task::Give(texts) => values.push(texts),
                Task::Any(count) => {
                    let from = values.len().saturating_sub(count);
                    let mut all = values.split_off(from).concat();
                    all.truncate(TEXTS_CAP);
                    values.push(all);
                }
                Task::Join(count, separator) => {
                    let from = values.len().saturating_sub(count);
                    let parts = values.split_off(from);
                    values.push(joined(&parts, &separator));
                }
                Task::Decode => {
                    let last = values.pop().unwrap_or_default();
                    values.push(last.iter().map(|text| decoded(text)).collect());
                }
                Task::Input(scope, input) => {
                    steps = steps.saturating_sub(1);
                    self.left = self.left.saturating_sub(1);
                    match steps > 0 && self.left > 0 {
                        true => self.step(scope, &input, &mut tasks)?,
                        false => values.push(unknown()),
                    }
                }
            }
        }
        Ok(values.pop().unwrap_or_default())
    }

    /// The node that an input names, and how bad it is to be no name.
    fn node(&self, scope: usize, name: &str) -> Result<Option<Node>, Fault> {
        let Some(scope) = self.walk.scopes.get(scope) else {
            return Ok(None);
        };
        for found in scope.look_up(hash(name.as_bytes())).take(WAYS_CAP) {
            let node = Node::read(self.walk.source, &found.span())?;
            if node.name == name {
                return Ok(Some(node));
            }
        }
        Ok(None)
    }

    fn step(&self, scope: usize, input: &str, tasks: &mut Vec<Task>) -> Result<(), Fault> {
        let name = base(input);
        if let Some(node) = self.node(scope, name)? {
            return self.value(scope, &node, tasks);
        }
        let argument = self.walk.scopes.get(scope).and_then(|of| {
            let index = of.arguments.iter().position(|own| own == name)?;
            Some((of.function?, index))
        });
        let Some((function, index)) = argument else {
            tasks.push(Task::Give(unknown()));
            return Ok(());
        };
        let mut ways = Vec::new();
        for (scope, span) in self.callers.get(&function).into_iter().flatten() {
            let caller = Node::read(self.walk.source, span)?;
            let inputs = passed(&caller, index);
            ways.extend(inputs.into_iter().map(|input| Task::Input(*scope, input)));
        }
        any(ways, tasks);
        Ok(())
    }

    /// Push what is to be done to find the value of a node.
    fn value(&self, scope: usize, node: &Node, tasks: &mut Vec<Task>) -> Result<(), Fault> {
        let source = self.walk.source;
        let input = |index: usize| node.inputs.get(index).cloned();
        let through = |index: usize| match input(index) {
            Some(input) => Task::Input(scope, input),
            None => Task::Give(unknown()),
        };
        let all = |tasks: &mut Vec<Task>| {
            let inputs = node.inputs.iter().take(WAYS_CAP);
            any(
                inputs.map(|i| Task::Input(scope, i.clone())).collect(),
                tasks,
            );
        };
        match node.op.as_str() {
            "Const" | "HostConst" => {
                let mut texts = Vec::new();
                for tensor in node.tensors(source, "value")? {
                    texts.extend(constant::texts(source, &tensor)?);
                }
                tasks.push(Task::Give(texts));
            }
            "StringJoin" => {
                let separator = node.texts(source, "separator")?.pop();
                let count = node.inputs.len().min(WAYS_CAP);
                tasks.push(Task::Join(count, separator.unwrap_or_default()));
                let inputs = node.inputs.iter().take(count).rev();
                tasks.extend(inputs.map(|i| Task::Input(scope, i.clone())));
            }
            "StaticRegexReplace" => {
                let rewrite = node.texts(source, "rewrite")?;
                any(vec![through(0), Task::Give(rewrite)], tasks);
            }
            "StringFormat" => tasks.push(Task::Give(node.texts(source, "template")?)),
            "RegexReplace" => any(vec![through(0), through(2)], tasks),
            "DecodeBase64" => {
                tasks.push(Task::Decode);
                tasks.push(through(0));
            }
            "Fill" => tasks.push(through(1)),
            "Select" | "SelectV2" => any(vec![through(1), through(2)], tasks),
            op if PASSING.contains(&op) => tasks.push(through(0)),
            op if GATHERING.contains(&op) || op.contains("Dataset") => all(tasks),
            _ => self.result(scope, node, tasks)?,
        }
        Ok(())
    }

    /// What the functions give that a node calls.
    fn result(&self, scope: usize, node: &Node, tasks: &mut Vec<Task>) -> Result<(), Fault> {
        let mut named = node.functions(self.walk.source)?;
        named.push(node.op.clone());
        let mut ways = Vec::new();
        for name in named.iter().take(WAYS_CAP) {
            let called = self.functions.get(&hash(name.as_bytes()));
            for &index in called.into_iter().flatten().take(WAYS_CAP) {
                let Some(function) = self.walk.scopes.get(index) else {
                    continue;
                };
                let returns = function.returns.iter().take(WAYS_CAP);
                ways.extend(returns.map(|output| Task::Input(index, output.clone())));
            }
        }
        // A loop gives what it was given, if its body does not say otherwise.
        if !ways.is_empty() && node.op.ends_with("While") {
            let inputs = node.inputs.iter().take(WAYS_CAP);
            ways.extend(inputs.map(|i| Task::Input(scope, i.clone())));
        }
        any(ways, tasks);
        Ok(())
    }
}

/// Operators that hand their first input on, or a part of it.
const PASSING: &[&str] = &[
    "EnsureShape",
    "ExpandDims",
    "Gather",
    "GatherV2",
    "Identity",
    "PlaceholderWithDefault",
    "PreventGradient",
    "ReduceJoin",
    "Reshape",
    "ShardedFilename",
    "ShardedFilespec",
    "Slice",
    "Snapshot",
    "Squeeze",
    "StopGradient",
    "StridedSlice",
    "StringLower",
    "StringSplit",
    "StringSplitV2",
    "StringStrip",
    "StringUpper",
    "Substr",
    "Tile",
    "BroadcastTo",
    "UnicodeTranscode",
    "Unpack",
];

/// Operators that give one or all of their inputs.
const GATHERING: &[&str] = &[
    "Concat",
    "ConcatV2",
    "IdentityN",
    "Merge",
    "Pack",
    "RefSwitch",
    "Split",
    "Switch",
];

/// Push the ways as one of several.
fn any(mut ways: Vec<Task>, tasks: &mut Vec<Task>) {
    ways.truncate(WAYS_CAP);
    if ways.is_empty() {
        tasks.push(Task::Give(unknown()));
        return;
    }
    tasks.push(Task::Any(ways.len()));
    tasks.extend(ways.into_iter().rev());
}

fn unknown() -> Vec<String> {
    vec![UNKNOWN.to_owned()]
}

/// The name of the node in the name of one of its outputs.
fn base(input: &str) -> &str {
    input.split(':').next().unwrap_or(input)
}

/// The inputs of a caller that may be argument `index` of the function.
fn passed(caller: &Node, index: usize) -> Vec<String> {
    let skipped = match caller.op.as_str() {
        "If" | "StatelessIf" | "Case" | "StatelessCase" => 1,
        "PartitionedCall"
        | "StatefulPartitionedCall"
        | "TPUPartitionedCall"
        | "While"
        | "StatelessWhile" => 0,
        // A function that is called by its name has no attribute for it; of
        // others it is not known what they hand over.
        _ if caller.op.starts_with("__") => 0,
        _ => return caller.inputs.iter().take(WAYS_CAP).cloned().collect(),
    };
    let input = caller.inputs.get(index.saturating_add(skipped));
    input.into_iter().cloned().collect()
}

/// Each part with each, in order, as long as they are few.
fn joined(parts: &[Vec<String>], separator: &str) -> Vec<String> {
    let mut out = vec![String::new()];
    for (index, part) in parts.iter().enumerate() {
        let mut next = Vec::new();
        for (front, own) in out
            .iter()
            .flat_map(|f| part.iter().map(move |own| (f, own)))
        {
            if next.len() < WAYS_CAP && front.len() < TEXT_CAP_BYTES {
                let glue = if index > 0 { separator } else { "" };
                next.push(format!("{front}{glue}{own}"));
            }
        }
        out = match next.is_empty() {
            true => out
                .iter()
                .map(|front| format!("{front}{UNKNOWN}"))
                .collect(),
            false => next,
        };
    }
    out
}

/// Text of the alphabet that is safe in addresses, as TensorFlow decodes it.
fn decoded(text: &str) -> String {
    let plain = text.replace('-', "+").replace('_', "/");
    match base64::decode(plain.as_bytes()) {
        Some(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        None => UNKNOWN.to_owned(),
    }
}
