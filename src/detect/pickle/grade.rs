//! What is told about a call: one event for each, about the worst in it.

use super::calls::How;
use super::event::{Danger, Fact};
use super::machine::Machine;
use super::summary::Trouble;
use super::value::{GlobalId, Kind, Node, Role, Value};
use crate::detect::globals::{Judgement, Use};

/// Values that are looked through for dangerous callables among arguments.
const LOOKED_THROUGH: usize = 256;

/// What an argument of an unknown class contains if it is meant to be run or
/// fetched.
const CODE_WORDS: [&str; 12] = [
    "__import__",
    "import os",
    "exec(",
    "eval(",
    "os.system",
    "subprocess",
    "/bin/",
    "curl ",
    "wget ",
    "powershell",
    "cmd.exe",
    "http://",
];

impl Machine<'_, '_> {
    /// Tell what is to be told about the call of a global.
    pub(super) fn grade(&mut self, how: How, id: GlobalId, args: Value) {
        let callee = Value::Global(id);
        let Some(name) = self.names.get(id) else {
            return;
        };
        let judgement = name.judgement;
        let known = !matches!(
            judgement,
            Judgement::Unknown {
                known_package: false
            }
        );
        self.summary.graded_calls = self.summary.graded_calls.saturating_add(u64::from(known));
        let first = !name.settled;
        let class = how == How::Constructed || name.is_class_like();
        let danger = match how {
            How::Called => name.danger_of(Use::Called),
            How::Constructed => name.danger(),
        };
        self.names.settle(id);
        if danger.is_some() {
            let handed = self.settle_handed(args);
            let danger = worse(danger, handed.map(|(_, danger)| danger));
            if let Some(danger) = danger {
                self.tell_call(Fact::DangerousCall(danger), Some(id), callee, args);
            }
            return;
        }
        let Judgement::Unknown { known_package } = judgement else {
            return;
        };
        // A dangerous callable among the arguments of something that is not
        // vetted counts as called.
        if let Some((handed, danger)) = self.settle_handed(args) {
            self.tell_call(Fact::DangerousCall(danger), Some(handed), callee, args);
        } else if class && !known_package && first {
            let code_like = self.is_code_like(args);
            self.names.tell(id);
            self.tell_call(Fact::UnknownClass { code_like }, None, callee, args);
        } else if !class && first {
            self.names.tell(id);
            self.tell_call(Fact::UnknownCall { known_package }, None, callee, args);
        }
    }

    /// Tell of a dangerous callable that a call of something unknown is given.
    pub(super) fn tell_handed_over(&mut self, callee: Value, args: Value) -> Result<(), Trouble> {
        if let Some((id, danger)) = self.settle_handed(args) {
            self.tell_call(Fact::DangerousCall(danger), Some(id), callee, args);
        }
        Ok(())
    }

    /// The worst dangerous callable among arguments, also inside partials and
    /// containers; all of them are settled.
    fn settle_handed(&mut self, args: Value) -> Option<(GlobalId, Danger)> {
        let mut found: Option<(GlobalId, Danger)> = None;
        let mut todo = vec![args];
        let mut left = LOOKED_THROUGH;
        while let Some(value) = todo.pop() {
            left = match left.checked_sub(1) {
                Some(left) => left,
                None => {
                    self.limit("arguments");
                    break;
                }
            };
            if let Value::Global(id) = value
                && let Some(danger) = self.names.get(id).and_then(|n| n.danger())
            {
                self.names.settle(id);
                if found.is_none_or(|(_, other)| danger.severity > other.severity) {
                    found = Some((id, danger));
                }
                continue;
            }
            if !self.heap.is_active(value) {
                continue;
            }
            match self.heap.get(value) {
                Some(Node::Container(_, items)) => todo.extend(
                    items
                        .kept
                        .iter()
                        .filter(|&&v| self.heap.is_active(v))
                        .take(LOOKED_THROUGH),
                ),
                Some(Node::Made(made)) if made.role == Role::Partial => todo.push(made.args),
                _ => {}
            }
        }
        found
    }

    pub(super) fn tell_call(
        &mut self,
        fact: Fact,
        global: Option<GlobalId>,
        callee: Value,
        args: Value,
    ) {
        self.tell_with(fact, global, &[callee, args], |scene| {
            scene.call(callee, args)
        });
    }

    fn is_code_like(&self, args: Value) -> bool {
        let Some((Kind::Tuple | Kind::List, items)) = self.heap.container(args) else {
            return false;
        };
        items.kept.iter().any(|&argument| {
            self.text(argument)
                .is_some_and(|text| CODE_WORDS.iter().any(|word| text.contains(word)))
        })
    }

    /// Whether calling a value could do something.
    pub(super) fn is_callable(&self, value: Value) -> bool {
        match value {
            Value::Node(_) => self.heap.made(value).is_some(),
            other => other.is_active(),
        }
    }
}

/// The graver of two.
fn worse(a: Option<Danger>, b: Option<Danger>) -> Option<Danger> {
    match (a, b) {
        (Some(a), Some(b)) if b.severity > a.severity => Some(b),
        (a, b) => a.or(b),
    }
}
