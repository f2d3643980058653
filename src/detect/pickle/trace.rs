//! The steps that led to an event: imports, computed constants, objects made
//! on the way, each with its place, bounded.

use std::collections::HashSet;

use super::machine::Machine;
use super::value::{Node, Value};

/// Values that are looked at for one trace.
const VALUES_CAP: usize = 64;

/// Steps of one trace.
const STEPS_CAP: usize = 16;

impl Machine<'_, '_> {
    /// The steps behind these values, in the order of the stream, and the
    /// opcode at hand.
    pub(super) fn trace(&self, values: &[Value]) -> Vec<String> {
        let mut steps: Vec<(u64, String)> = Vec::new();
        let mut seen: Vec<Value> = Vec::new();
        let mut todo: Vec<Value> = values.iter().rev().copied().collect();
        while let Some(value) = todo.pop() {
            if seen.len() >= VALUES_CAP {
                break;
            }
            if !seen.contains(&value) {
                seen.push(value);
                self.trace_value(value, &mut steps, &mut todo);
            }
        }
        steps.sort();
        let mut once = HashSet::new();
        steps.retain(|step| once.insert(step.clone()));
        let more = steps.len().saturating_sub(STEPS_CAP);
        let mut lines: Vec<String> = steps
            .into_iter()
            .take(STEPS_CAP)
            .map(|(at, what)| format!("byte {at}: {what}"))
            .collect();
        if more > 0 {
            lines.push(format!("and {more} more steps"));
        }
        lines.push(format!(
            "byte {}: {} (opcode {})",
            self.span.start,
            self.opcode.name(),
            self.summary.opcodes
        ));
        lines
    }

    fn trace_value(&self, value: Value, steps: &mut Vec<(u64, String)>, todo: &mut Vec<Value>) {
        match value {
            Value::Global(id) | Value::Module(id) => {
                if let Some(name) = self.names.get(id) {
                    steps.push((name.at, format!("imports {}", name.spelled())));
                    todo.extend(&name.origin);
                }
            }
            Value::Node(_) => match self.heap.get(value) {
                Some(Node::Made(made)) => {
                    let shown = self.scene().call(made.callee, made.args);
                    steps.push((made.at, format!("makes {shown}")));
                    todo.extend([made.state, made.args, made.callee]);
                }
                Some(Node::Computed(computed)) => {
                    steps.push((
                        computed.at,
                        format!("computes {}", self.scene().show(value)),
                    ));
                }
                Some(Node::Container(_, items)) => {
                    todo.extend(items.kept.iter().rev().take(VALUES_CAP));
                }
                Some(Node::Persistent(id)) => todo.push(*id),
                Some(Node::Storage(_) | Node::Free) | None => {}
            },
            _ => {}
        }
    }
}
