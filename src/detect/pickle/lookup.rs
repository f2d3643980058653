//! Lookups: callables that find another global by the names they are given.
//!
//! NumPy before 1.20 writes a ufunc as a call that imports it by name; dill and
//! cloudpickle write built-in types that way. With constant arguments such a
//! call is an import in other words, and is followed as one: what it finds is
//! judged like any other global, and calling it counts like any other call.
//! With anything else for an argument the call itself is told. A few more
//! callables that a constant argument makes harmless stand here too.

use super::machine::Machine;
use super::names::is_special;
use super::value::{GlobalId, Value};

/// Longest text that is taken for the repr of a constant.
const REPR_CAP_BYTES: u64 = 80;

/// How a callable finds the global.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lookup {
    /// `numpy.core._ufunc_reconstruct(module, name)`.
    ModuleAndName,
    /// `cloudpickle._builtin_type(name)`: an attribute of `types`.
    OfTypes,
    /// `dill._load_type(name)`: a type of `builtins` or `types`, by a table.
    OfTypeTable,
}

impl Lookup {
    /// How this callable finds globals, if that is what it does.
    pub fn of(module: &str, name: &str) -> Option<Lookup> {
        let package = module.strip_prefix("joblib.externals.").unwrap_or(module);
        match (package, name) {
            ("numpy.core" | "numpy._core", "_ufunc_reconstruct") => Some(Lookup::ModuleAndName),
            (
                "cloudpickle" | "cloudpickle.cloudpickle" | "cloudpickle.cloudpickle_fast",
                "_builtin_type",
            ) => Some(Lookup::OfTypes),
            ("dill" | "dill._dill" | "dill.dill", "_load_type") => Some(Lookup::OfTypeTable),
            _ => None,
        }
    }
}

impl Machine<'_, '_> {
    /// Module and name of what a lookup finds; `None` unless the arguments are
    /// plain names.
    pub(super) fn looked_up(&self, lookup: Lookup, given: &[Value]) -> Option<(String, String)> {
        match (lookup, given) {
            (Lookup::ModuleAndName, &[module, name]) => {
                let module = self.whole_text(module).filter(|m| super::is_path(m))?;
                Some((module, self.plain_name(name)?))
            }
            (Lookup::OfTypes, &[name]) => {
                let name = self.plain_name(name)?;
                Some(match name.as_str() {
                    "ClassType" => ("builtins".to_owned(), "type".to_owned()),
                    _ => ("types".to_owned(), name),
                })
            }
            (Lookup::OfTypeTable, &[name]) => Some(of_type_table(self.plain_name(name)?)),
            _ => None,
        }
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

/// What dill's table of types has under a name: the types of `builtins` and
/// `types`, and a few of its own.
fn of_type_table(name: String) -> (String, String) {
    let of = |module: &str, name: &str| (module.to_owned(), name.to_owned());
    match name.as_str() {
        "PartialType" => of("functools", "partial"),
        "ItemGetterType" => of("operator", "itemgetter"),
        "AttrGetterType" => of("operator", "attrgetter"),
        "SuperType" => of("builtins", "super"),
        type_name if type_name.ends_with("Type") => of("types", type_name),
        builtin => of("builtins", builtin),
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

    #[test]
    fn a_type_is_found_where_dill_finds_it() {
        let found = |name: &str| {
            let (module, name) = of_type_table(name.to_owned());
            format!("{module}.{name}")
        };
        assert_eq!(found("int"), "builtins.int");
        assert_eq!(found("CodeType"), "types.CodeType");
        assert_eq!(found("PartialType"), "functools.partial");
        assert_eq!(found("eval"), "builtins.eval");
    }
}
