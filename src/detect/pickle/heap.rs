//! Nodes in an arena, with a collector.
//!
//! Values of a pickle form graphs, cyclic and deep ones too, so nothing here
//! recurses. Memory is bounded twice: nodes that the stack and the memo no
//! longer reach are collected, and past a cap new containers are known by kind
//! only. What decides about danger (globals and calls) never lies here alone.

use super::value::{Computed, Items, Kind, Made, Node, NodeId, Role, Value};

/// Elements of one container that are kept whatever they are.
pub const KEPT_PER_CONTAINER: usize = 64;

/// Elements of one container that are kept if they can do something.
const ACTIVE_PER_CONTAINER: usize = 1 << 16;

/// Nodes that may be alive at the same time.
const NODE_CAP: usize = 1 << 20;

/// Elements that all containers together may keep.
const ELEMENT_CAP: usize = 1 << 22;

/// Nodes made before the first collection.
const FIRST_COLLECTION: usize = 1 << 16;

/// Bytes of computed constants that may be alive at the same time.
const COMPUTED_CAP_BYTES: usize = 64 << 20;

/// Every node of one machine.
#[derive(Debug)]
pub struct Heap {
    /// Elements of one container that are kept whatever they are.
    keep: usize,
    nodes: Vec<Node>,
    free: Vec<u32>,
    elements: usize,
    /// Nodes asked for since the last collection.
    asked: usize,
    /// How many may be asked for before the next one.
    collect_at: usize,
    /// Bytes of computed constants.
    computed: usize,
    /// Whether something that can do something was not kept and nothing is
    /// left to say so.
    dropped_active: bool,
}

impl Heap {
    /// An empty heap whose containers keep this many elements whatever they
    /// are.
    pub fn new(keep: usize) -> Self {
        Heap {
            keep,
            nodes: Vec::new(),
            free: Vec::new(),
            elements: 0,
            asked: 0,
            collect_at: FIRST_COLLECTION,
            computed: 0,
            dropped_active: false,
        }
    }

    /// Keep this many elements of each container from now on, if it is more
    /// than before.
    pub fn keep_at_least(&mut self, elements: usize) {
        self.keep = self.keep.max(elements);
    }

    /// The node behind a value.
    pub fn get(&self, value: Value) -> Option<&Node> {
        match value {
            Value::Node(NodeId(id)) => self.nodes.get(id as usize),
            _ => None,
        }
    }

    /// The container behind a value.
    pub fn container(&self, value: Value) -> Option<(Kind, &Items)> {
        match self.get(value)? {
            Node::Container(kind, items) => Some((*kind, items)),
            _ => None,
        }
    }

    /// The elements behind a value if it is a tuple.
    pub fn tuple(&self, value: Value) -> Option<&[Value]> {
        match self.container(value)? {
            (Kind::Tuple, items) => Some(&items.kept),
            _ => None,
        }
    }

    /// The made object behind a value.
    pub fn made(&self, value: Value) -> Option<&Made> {
        match self.get(value)? {
            Node::Made(made) => Some(made),
            _ => None,
        }
    }

    /// The made object behind a value, to change it.
    pub fn made_mut(&mut self, value: Value) -> Option<&mut Made> {
        match value {
            Value::Node(NodeId(id)) => match self.nodes.get_mut(id as usize)? {
                Node::Made(made) => Some(made),
                _ => None,
            },
            _ => None,
        }
    }

    /// Whether a value can do something, or holds something that can. An
    /// object of a class is data: what was planted on it was told then.
    #[inline]
    pub fn is_active(&self, value: Value) -> bool {
        match value {
            Value::Node(NodeId(id)) => match self.nodes.get(id as usize) {
                Some(Node::Container(_, items)) => items.active,
                Some(Node::Made(made)) => !matches!(made.role, Role::Object | Role::Tensor(_)),
                Some(Node::Computed(_) | Node::Persistent(_) | Node::Storage(_)) => false,
                Some(Node::Free) | None => true,
            },
            other => other.is_active(),
        }
    }

    /// The computed constant behind a value.
    pub fn computed(&self, value: Value) -> Option<&Computed> {
        match self.get(value)? {
            Node::Computed(computed) => Some(computed),
            _ => None,
        }
    }

    /// A new computed constant; `None` where there are too many of them.
    pub fn make_computed(&mut self, computed: Computed) -> Option<Value> {
        let total = self.computed.saturating_add(computed.bytes.len());
        if self.is_full() || total > COMPUTED_CAP_BYTES {
            return None;
        }
        self.computed = total;
        Some(self.insert(Node::Computed(Box::new(computed))))
    }

    /// Whether something that can do something was lost for good.
    pub fn dropped_active(&self) -> bool {
        self.dropped_active
    }

    /// A new container of these elements.
    pub fn make(&mut self, kind: Kind, elements: &[Value]) -> Value {
        if self.is_full() {
            self.dropped_active |= elements.iter().any(|&v| self.is_active(v));
            return Value::Container;
        }
        let mut items = Items::default();
        self.keep(&mut items, elements);
        self.insert(Node::Container(kind, items))
    }

    /// A new result of a call.
    pub fn make_result(&mut self, made: Made) -> Value {
        if self.is_full() {
            self.dropped_active |= !matches!(made.role, Role::Object | Role::Tensor(_));
            return Value::Made;
        }
        self.insert(Node::Made(Box::new(made)))
    }

    /// A new reference out of the stream.
    pub fn make_reference(&mut self, node: Node) -> Value {
        match self.is_full() {
            true => Value::Foreign,
            false => self.insert(node),
        }
    }

    /// A container was fetched again.
    pub fn share(&mut self, value: Value) {
        if let Value::Node(NodeId(id)) = value
            && let Some(Node::Container(_, items)) = self.nodes.get_mut(id as usize)
        {
            items.shared = true;
        }
    }

    /// Put an element into the place of another one of a list.
    pub fn replace(&mut self, list: Value, index: Value, element: Value) {
        let active = self.is_active(element);
        let Value::Node(NodeId(id)) = list else {
            return;
        };
        let Some(Node::Container(_, items)) = self.nodes.get_mut(id as usize) else {
            return;
        };
        items.active |= active;
        let place = match index {
            Value::Int(n @ ..0) => i64::try_from(items.total)
                .ok()
                .and_then(|t| t.checked_add(n)),
            Value::Int(n) => Some(n),
            _ => None,
        };
        let place = place.and_then(|n| usize::try_from(n).ok());
        match place.and_then(|n| items.kept.get_mut(n)) {
            Some(kept) => *kept = element,
            None => items.lost |= active,
        }
    }

    /// Add elements to a container; whether it was one.
    pub fn extend(&mut self, container: Value, elements: &[Value]) -> bool {
        let Value::Node(NodeId(id)) = container else {
            self.dropped_active |= elements.iter().any(|&v| self.is_active(v));
            return container == Value::Container;
        };
        let Some(Node::Container(kind, items)) = self.nodes.get_mut(id as usize) else {
            return false;
        };
        let kind = *kind;
        let mut items = std::mem::take(items);
        self.keep(&mut items, elements);
        if let Some(slot) = self.nodes.get_mut(id as usize) {
            *slot = Node::Container(kind, items);
        }
        true
    }

    fn keep(&mut self, items: &mut Items, elements: &[Value]) {
        items.total = items.total.saturating_add(elements.len() as u64);
        // Pairs of a dict stay together: the caps are even.
        for pair in elements.chunks(2) {
            let active = pair.iter().any(|&v| self.is_active(v));
            items.active |= active;
            let cap = match active {
                true => ACTIVE_PER_CONTAINER.max(self.keep),
                false => self.keep,
            };
            if items.kept.len() < cap && self.elements < ELEMENT_CAP {
                items.kept.extend_from_slice(pair);
                self.elements = self.elements.saturating_add(pair.len());
            } else {
                items.lost |= active;
            }
        }
    }

    fn is_full(&mut self) -> bool {
        self.asked = self.asked.saturating_add(1);
        self.free.is_empty() && self.nodes.len() >= NODE_CAP
    }

    fn insert(&mut self, node: Node) -> Value {
        if let Some(id) = self.free.pop() {
            if let Some(slot) = self.nodes.get_mut(id as usize) {
                *slot = node;
            }
            return Value::Node(NodeId(id));
        }
        let id = u32::try_from(self.nodes.len()).unwrap_or(u32::MAX);
        self.nodes.push(node);
        Value::Node(NodeId(id))
    }

    /// Whether it is time to [`Heap::collect`].
    #[inline]
    pub fn wants_collection(&self) -> bool {
        self.asked >= self.collect_at
    }

    /// Free every node that none of `roots` reaches.
    pub fn collect(&mut self, roots: impl Iterator<Item = Value>) {
        let mut reached = vec![false; self.nodes.len()];
        let mut todo: Vec<u32> = Vec::new();
        let mut visit = |value: Value, todo: &mut Vec<u32>| {
            if let Value::Node(NodeId(id)) = value
                && let Some(seen) = reached.get_mut(id as usize)
                && !*seen
            {
                *seen = true;
                todo.push(id);
            }
        };
        roots.for_each(|root| visit(root, &mut todo));
        while let Some(id) = todo.pop() {
            match self.nodes.get(id as usize) {
                Some(Node::Container(_, items)) => {
                    items.kept.iter().for_each(|&v| visit(v, &mut todo));
                }
                Some(Node::Made(made)) => {
                    let parts = [made.callee, made.args, made.state];
                    let hooks = made.hooks.iter().map(|&(_, v)| v);
                    parts
                        .into_iter()
                        .chain(hooks)
                        .for_each(|v| visit(v, &mut todo));
                }
                Some(Node::Persistent(id)) => visit(*id, &mut todo),
                Some(Node::Computed(c)) => c.from.iter().for_each(|&v| visit(v, &mut todo)),
                Some(Node::Storage(_) | Node::Free) | None => {}
            }
        }
        self.sweep(&reached);
    }

    fn sweep(&mut self, reached: &[bool]) {
        self.free.clear();
        self.elements = 0;
        self.computed = 0;
        for (index, node) in self.nodes.iter_mut().enumerate() {
            if reached.get(index).copied().unwrap_or(false) {
                match node {
                    Node::Container(_, items) => {
                        self.elements = self.elements.saturating_add(items.kept.len());
                    }
                    Node::Computed(computed) => {
                        self.computed = self.computed.saturating_add(computed.bytes.len());
                    }
                    _ => {}
                }
            } else {
                *node = Node::Free;
                self.free.push(u32::try_from(index).unwrap_or(u32::MAX));
            }
        }
        let alive = self.nodes.len().saturating_sub(self.free.len());
        // As many new nodes as are alive: the cost stays a constant share.
        self.asked = 0;
        self.collect_at = alive.max(FIRST_COLLECTION);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deep_and_cyclic_values_are_collected_without_recursion() {
        let mut heap = Heap::new(KEPT_PER_CONTAINER);
        let list = heap.make(Kind::List, &[]);
        heap.extend(list, &[list]);
        let mut top = list;
        for _ in 0..500_000 {
            top = heap.make(Kind::Tuple, &[top]);
        }
        heap.collect([top].into_iter());
        assert!(heap.tuple(top).is_some());
        assert!(heap.free.is_empty());
        heap.collect([list].into_iter());
        assert_eq!(heap.free.len(), 500_000);
        assert!(heap.container(list).is_some());
    }

    #[test]
    fn what_can_act_is_kept_behind_the_cap() {
        let mut heap = Heap::new(KEPT_PER_CONTAINER);
        let mut elements = vec![Value::None; 1000];
        elements.push(Value::Extension);
        elements.push(Value::None);
        let list = heap.make(Kind::List, &elements);
        let (_, items) = heap.container(list).unwrap();
        assert_eq!(items.total, 1002);
        assert!(items.kept.contains(&Value::Extension));
        assert!(items.kept.len() <= KEPT_PER_CONTAINER + 2);
        assert!(!heap.dropped_active());
    }

    #[test]
    fn a_million_plain_objects_lose_nothing_that_matters() {
        let mut heap = Heap::new(KEPT_PER_CONTAINER);
        let outer = heap.make(Kind::List, &[]);
        for _ in 0..NODE_CAP + 10 {
            let inner = heap.make(Kind::Dict, &[Value::None, Value::Int(1)]);
            heap.extend(outer, &[inner]);
        }
        assert!(!heap.dropped_active());
        let (_, items) = heap.container(outer).unwrap();
        assert!(!items.lost && !items.active && !items.is_complete());
        let full: Vec<Value> = vec![Value::Extension; ACTIVE_PER_CONTAINER + 2];
        let mut heap = Heap::new(KEPT_PER_CONTAINER);
        let list = heap.make(Kind::List, &full);
        assert!(heap.container(list).unwrap().1.lost);
    }

    #[test]
    fn past_the_cap_containers_are_known_by_kind_only() {
        let mut heap = Heap::new(KEPT_PER_CONTAINER);
        for _ in 0..NODE_CAP {
            heap.make(Kind::Set, &[]);
        }
        assert_eq!(heap.make(Kind::Set, &[Value::Extension]), Value::Container);
        assert!(heap.dropped_active());
        assert!(heap.extend(Value::Container, &[Value::None]));
    }
}
