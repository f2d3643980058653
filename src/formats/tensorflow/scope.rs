//! The names of a graph or a function, and what they stand for.

use std::hash::{DefaultHasher, Hash, Hasher};

use crate::report::Span;

/// A node by the hash of its name; the name itself is read again where it
/// matters.
#[derive(Debug, Clone, Copy)]
pub(super) struct NodeRef {
    pub(super) name: u64,
    pub(super) op: u64,
    at: u64,
    len: u64,
}

impl NodeRef {
    /// A node that lies at `span`.
    pub(super) fn new(name: u64, op: u64, span: &Span) -> Self {
        NodeRef {
            name,
            op,
            at: span.start,
            len: span.end.saturating_sub(span.start),
        }
    }

    /// Where the node lies.
    pub(super) fn span(&self) -> Span {
        self.at..self.at.saturating_add(self.len)
    }
}

/// A graph or a function: where names mean one thing.
#[derive(Debug, Default)]
pub(super) struct Scope {
    /// What it is, to stand behind "in"; empty for the outermost graph.
    pub(super) title: String,
    /// The hash of the function's name.
    pub(super) function: Option<u64>,
    /// The function's inputs, in order.
    pub(super) arguments: Vec<String>,
    /// What the function returns, as names of outputs of its nodes.
    pub(super) returns: Vec<String>,
    /// Its nodes; sorted by name once it was read.
    nodes: Vec<NodeRef>,
}

impl Scope {
    /// A scope without nodes.
    pub(super) fn new(title: String) -> Self {
        Scope {
            title,
            ..Scope::default()
        }
    }

    /// Keep a node.
    pub(super) fn add(&mut self, node: NodeRef) {
        self.nodes.push(node);
    }

    /// Its nodes.
    pub(super) fn nodes(&self) -> &[NodeRef] {
        &self.nodes
    }

    /// Sort the nodes, so that they can be looked up.
    pub(super) fn close(&mut self) {
        self.nodes.sort_unstable_by_key(|node| node.name);
    }

    /// The nodes whose name has this hash.
    pub(super) fn look_up(&self, name: u64) -> impl Iterator<Item = &NodeRef> {
        let from = self.nodes.partition_point(|node| node.name < name);
        let rest = self.nodes.get(from..).unwrap_or_default();
        rest.iter().take_while(move |node| node.name == name)
    }
}

/// The hash of a name.
pub(super) fn hash(name: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    name.hash(&mut hasher);
    hasher.finish()
}
