//! Classes that restore themselves by loading bytes out of their own state.
//!
//! skorch keeps the parts of a net that live on a device as bytes that
//! `torch.save` wrote, and its `__setstate__` hands them to `torch.load`. Such
//! bytes are a file within the stream and are examined as one; a state that
//! holds anything else there is no state that the library writes. Source:
//! skorch, `NeuralNet.__getstate__` and `__setstate__`.

use super::machine::Machine;
use super::value::{GlobalId, Kind, Value};

/// The key of the bytes in the state.
const BYTES_KEY: &str = "__cuda_dependent_attributes__";

/// Elements of each container that are kept once such a class is named: the
/// key is one of some fifty.
pub(super) const KEPT_FOR_STATE: usize = 1 << 10;

/// Whether a class restores itself in this way.
pub(super) fn is_class(module: &str, name: &str) -> bool {
    module.split('.').next() == Some("skorch") && super::names::is_class_like(name)
}

impl Machine<'_, '_> {
    /// Follow up the bytes in the state of such a class, or tell of a state
    /// that cannot be followed.
    pub(super) fn check_restoring(&mut self, target: Value, id: GlobalId, state: Value) {
        let pairs = match self.heap.container(state) {
            Some((Kind::Dict, items)) if items.is_complete() => self.pairs(state),
            _ => return self.tell_restoring(target, id, state),
        };
        for (key, value) in pairs {
            match self.text(key).as_deref() {
                Some(BYTES_KEY) if self.tell_bytes(id, value) => {}
                Some(name) if name != BYTES_KEY => {}
                _ => self.tell_restoring(target, id, state),
            }
        }
    }

    fn tell_restoring(&mut self, target: Value, id: GlobalId, state: Value) {
        if let Some(danger) = self.names.get(id).and_then(|name| name.danger()) {
            self.tell_restored(danger, id, target, state);
        }
    }
}
