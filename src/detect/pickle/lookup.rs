//! Callables that constant arguments make harmless.
//!
//! NumPy before 1.20 writes a ufunc as a call that imports it by name. With
//! constant arguments such a lookup is an import in other words, and is
//! followed as one: what it finds is judged like any other global, and calling
//! it counts like any other call. With anything else for an argument the call
//! itself is told.

use super::machine::Machine;
use super::names::is_special;
use super::value::{GlobalId, Value};

/// Longest text that is taken for the repr of a constant.
const REPR_CAP_BYTES: u64 = 80;

impl Machine<'_, '_> {
    /// Module and name of what a lookup finds; `None` unless the arguments are
    /// plain names.
    pub(super) fn looked_up(&self, given: &[Value]) -> Option<(String, String)> {
        let &[module, name] = given else {
            return None;
        };
        let module = self.whole_text(module).filter(|m| super::is_path(m))?;
        Some((module, self.plain_name(name)?))
    }

    /// A constant that is one name, without dots and without a meaning to the
    /// interpreter.
    fn plain_name(&self, value: Value) -> Option<String> {
        let text = self.whole_text(value)?;
        let plain = super::is_path(&text) && !text.contains('.') && !is_special(&text);
        plain.then_some(text)
    }

    /// A constant text that is short enough to be read as a whole.
    fn whole_text(&self, value: Value) -> Option<String> {
        match value {
            Value::Text(literal) if literal.len() <= super::compute::LOOKED_AT_BYTES as u64 => {
                self.text(value)
            }
            _ => None,
        }
    }

    /// Whether a text is what Python writes for a constant of its own, so that
    /// evaluating it gives that constant.
    pub(super) fn is_repr_of_constant(&self, value: Value) -> bool {
        let short = matches!(value, Value::Text(literal) if literal.len() <= REPR_CAP_BYTES);
        short
            && self
                .whole_text(value)
                .is_some_and(|text| is_constant(&text))
    }

    /// Whether a value is data, a container of the stream or an object it
    /// made, of which whatever makes it dangerous is told where it is made.
    pub(super) fn is_own(&self, value: Value) -> bool {
        let made = self.heap.container(value).is_some() || self.heap.made(value).is_some();
        made || !value.is_active()
    }

    /// Whether a global is NumPy's class of arrays that lie in a file. Its
    /// constructor opens the file; rebuilding an array makes it without.
    pub(super) fn is_memory_map(&self, id: GlobalId) -> bool {
        let name = self.names.get(id);
        name.is_some_and(|n| {
            n.name == "memmap"
                && matches!(
                    n.module.as_str(),
                    "numpy" | "numpy.core.memmap" | "numpy._core.memmap"
                )
        })
    }
}

/// `Ellipsis`, `NotImplemented`, `None`, and ranges of integers.
fn is_constant(text: &str) -> bool {
    let is_integer = |number: &str| {
        let digits = number.strip_prefix('-').unwrap_or(number);
        !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
    };
    let range = ["range(", "xrange("]
        .into_iter()
        .find_map(|start| text.strip_prefix(start))
        .and_then(|rest| rest.strip_suffix(')'));
    match range {
        Some(numbers) => {
            (1..=3).contains(&numbers.split(", ").count()) && numbers.split(", ").all(is_integer)
        }
        None => matches!(text, "Ellipsis" | "NotImplemented" | "None"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_repr_of_a_constant_is_one() {
        for text in [
            "Ellipsis",
            "None",
            "range(0, 3)",
            "xrange(-1)",
            "range(0, 9, 2)",
        ] {
            assert!(is_constant(text), "{text}");
        }
        for text in [
            "",
            "eval",
            "range(0, 3) or f()",
            "range(f())",
            "range(0, 1, 2, 3)",
            "range()",
            "range(-)",
            "Ellipsis ",
        ] {
            assert!(!is_constant(text), "{text}");
        }
    }
}
