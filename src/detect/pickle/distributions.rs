//! SciPy's distributions: objects whose state carries Python text that
//! restoring them executes.
//!
//! `rv_generic.__setstate__` takes the state over and executes what stands in
//! it under `_parse_arg_template`. SciPy itself writes one text there, with
//! the names of the shape parameters filled in, and every search over
//! parameters holds such an object. So an empty distribution is accepted as
//! long as each state it is given is a plain dict whose template is that text,
//! character for character, or the pair that SciPy before 1.6 wrote, whose
//! parameters go through checks of the constructor.
//!
//! The state must have been filled where it stands: a dict that was fetched
//! from the memo may have been changed by calls that are not followed into
//! their arguments. For the same reason, once a stream has a distribution, no
//! state may be given to what a function returned, which could be it.

use super::calls::How;
use super::machine::Machine;
use super::names::Special;
use super::value::{GlobalId, Items, Kind, Role, Value};

/// Where SciPy keeps the text that it executes.
const TEMPLATE_KEY: &str = "_parse_arg_template";

/// Prefix of the names of methods that restoring calls.
const CALLED_PREFIX: &str = "_attach";

/// Longest template that is read; SciPy's have a few hundred bytes.
const TEMPLATE_CAP_BYTES: u64 = 4096;

/// Distinct keys that no pair has: with that many, `dict.update` refuses a
/// dict where it wants pairs.
const NO_PAIR_KEYS: usize = 3;

/// Location and scale of continuous and of discrete distributions, as
/// parameters and as values.
const LOCATIONS: [(&str, &str); 2] = [("loc=0, scale=1", "loc, scale"), ("loc=0", "loc, 1")];

/// Functions whose results are new objects of types of their own, whatever they
/// are given.
const MAKERS: [(&str, &str); 5] = [
    ("numpy", "dtype"),
    ("numpy._core.multiarray", "_reconstruct"),
    ("numpy.core.multiarray", "_reconstruct"),
    ("numpy.random._pickle", "__generator_ctor"),
    ("numpy.random._pickle", "__randomstate_ctor"),
];

/// Functions whose results are new objects of the class they are given.
const MAKERS_OF_CLASS: [(&str, &str); 2] = [
    ("numpy.ma.core", "_mareconstruct"),
    ("numpy.random._pickle", "__bit_generator_ctor"),
];

/// Whether this is one of SciPy's own classes of distributions.
pub(super) fn is_class(module: &str, name: &str) -> bool {
    match module {
        "scipy.stats._continuous_distns" | "scipy.stats._discrete_distns" => {
            !name.contains('.') && (name.ends_with("_gen") || name == "rv_histogram")
        }
        "scipy.stats._distn_infrastructure" => {
            matches!(name, "rv_continuous" | "rv_discrete" | "rv_sample")
        }
        _ => false,
    }
}

impl Machine<'_, '_> {
    /// An empty distribution, or `None` if it is made in another way than
    /// pickle makes one.
    pub(super) fn empty_distribution(
        &mut self,
        how: How,
        id: GlobalId,
        args: Value,
    ) -> Option<Value> {
        let empty = matches!(self.elements(args).as_slice(), [] | [Value::None]);
        if how != How::Constructed || !empty {
            return None;
        }
        let made = self.result(Value::Global(id), args, Role::Distribution);
        // One that is not kept cannot be followed.
        self.heap.made(made)?;
        self.names.settle(id);
        self.distribution = Some(id);
        Some(made)
    }

    /// Tell of a state that may make a distribution execute foreign text.
    pub(super) fn check_distribution(&mut self, target: Value, state: Value) {
        let Some(id) = self.distribution else {
            return;
        };
        let harmless = match self.heap.made(target).map(|made| made.role) {
            Some(Role::Distribution) => self.is_plain_state(state),
            Some(Role::Tensor(_) | Role::Partial) => true,
            Some(_) => self.is_new(target),
            None => false,
        };
        let danger = self.names.get(id).and_then(|name| name.danger());
        if let (false, Some(danger)) = (harmless, danger) {
            self.tell_restored(danger, id, target, state);
        }
    }

    /// Whether what a call returned is no distribution: a new object of
    /// another class.
    fn is_new(&self, target: Value) -> bool {
        let Some(made) = self.heap.made(target) else {
            return false;
        };
        let Value::Global(callee) = made.callee else {
            return false;
        };
        let Some(name) = self.names.get(callee) else {
            return false;
        };
        let path = (name.module.as_str(), name.name.as_str());
        let args = match self.heap.container(made.args) {
            Some((Kind::Tuple, items)) if items.is_complete() => &items.kept,
            _ => return false,
        };
        if MAKERS.contains(&path) || path.1.starts_with("__pyx_unpickle_") {
            return true;
        }
        if MAKERS_OF_CLASS.contains(&path) || path.1 == "newObj" {
            return args.iter().all(|&value| self.is_no_distribution(value));
        }
        made.fresh && args.iter().all(|&value| is_constant(value))
    }

    /// Whether a value is neither a class of distributions nor anything that
    /// could hold one.
    fn is_no_distribution(&self, value: Value) -> bool {
        match value {
            Value::Global(id) => {
                let name = self.names.get(id);
                name.is_some_and(|name| name.special != Special::Distribution)
            }
            Value::Node(_) => match self.heap.container(value) {
                Some((_, items)) => {
                    items.kept.len() as u64 == items.total
                        && items.kept.iter().all(|&item| is_constant(item))
                }
                None => false,
            },
            other => is_constant(other),
        }
    }

    fn is_plain_state(&self, state: Value) -> bool {
        match self.heap.container(state) {
            Some((Kind::Dict, items)) => self.is_plain_dict(items),
            Some((Kind::Tuple, items)) if items.total == 2 => items
                .kept
                .first()
                .and_then(|&first| self.heap.container(first))
                .is_some_and(|(kind, items)| {
                    kind == Kind::Dict && self.is_plain_dict(items) && self.is_no_pair(items)
                }),
            _ => false,
        }
    }

    /// Whether all of a dict is known, and nothing in it is executed or called
    /// but SciPy's own text.
    fn is_plain_dict(&self, items: &Items) -> bool {
        let known = !items.shared && items.kept.len() as u64 == items.total;
        known
            && items.kept.chunks(2).all(|pair| {
                let &[key, value] = pair else {
                    return false;
                };
                match self.text(key).as_deref() {
                    Some(TEMPLATE_KEY) => self.is_template(value),
                    Some(name) => !(name.starts_with(CALLED_PREFIX) && value.is_active()),
                    None => false,
                }
            })
    }

    fn is_no_pair(&self, items: &Items) -> bool {
        let keys = items.kept.iter().step_by(2);
        let mut texts: Vec<_> = keys.filter_map(|&key| self.text(key)).collect();
        texts.sort();
        texts.dedup();
        texts.len() >= NO_PAIR_KEYS
    }

    fn is_template(&self, value: Value) -> bool {
        let Value::Text(literal) = value else {
            return false;
        };
        if literal.len() > TEMPLATE_CAP_BYTES {
            return false;
        }
        let cap = usize::try_from(TEMPLATE_CAP_BYTES).unwrap_or(0);
        literal
            .fetch(self.source, cap)
            .is_ok_and(|bytes| std::str::from_utf8(&bytes).is_ok_and(is_template))
    }
}

/// Whether a value is a number, a text or another plain constant.
fn is_constant(value: Value) -> bool {
    matches!(
        value,
        Value::None
            | Value::Bool(_)
            | Value::Int(_)
            | Value::Big(_)
            | Value::Float
            | Value::Text(_)
            | Value::Bytes(_)
    )
}

/// Whether a text is the one that SciPy makes for some names of parameters.
fn is_template(text: &str) -> bool {
    let parameters = text
        .strip_prefix("\ndef _parse_args(self, ")
        .and_then(|rest| rest.split_once("):\n"))
        .map_or("", |(parameters, _)| parameters);
    LOCATIONS.iter().any(|(taken, given)| {
        let shapes = parameters
            .strip_suffix(taken)
            .and_then(|rest| rest.strip_suffix(' '));
        shapes.is_some_and(|shapes| are_names(shapes) && text == template(shapes, taken, given))
    })
}

/// Whether a text is `a, b, `: names, each with a comma behind.
fn are_names(shapes: &str) -> bool {
    let is_name = |name: &str| super::is_path(name) && !name.contains('.');
    match shapes.strip_suffix(", ") {
        Some(names) => names.split(", ").all(is_name),
        None => shapes.is_empty(),
    }
}

/// SciPy's text for these parameters.
fn template(shapes: &str, taken: &str, given: &str) -> String {
    format!(
        "\ndef _parse_args(self, {shapes} {taken}):\n    return ({shapes}), {given}\n\
         \ndef _parse_args_rvs(self, {shapes} {taken}, size=None):\n    \
         return self._argcheck_rvs({shapes} {given}, size=size)\n\
         \ndef _parse_args_stats(self, {shapes} {taken}, moments='mv'):\n    \
         return ({shapes}), {given}, moments\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_text_that_scipy_writes_is_a_template() {
        let plain = template("", LOCATIONS[0].0, LOCATIONS[0].1);
        let shaped = template("low, high, ", LOCATIONS[1].0, LOCATIONS[1].1);
        for text in [&plain, &shaped] {
            assert!(is_template(text), "{text}");
            assert!(!is_template(&format!("{text}import os\n")));
            assert!(!is_template(&format!("import os\n{text}")));
            assert!(!is_template(&text.replace("size=None", "size=f()")));
            assert!(!is_template(text.trim_start()));
        }
        for shapes in ["a=f(), ", "a", "a,b, ", "os.x, ", "*a, ", ", "] {
            assert!(!is_template(&template(
                shapes,
                LOCATIONS[0].0,
                LOCATIONS[0].1
            )));
        }
        assert!(!is_template(&template("", LOCATIONS[0].0, LOCATIONS[1].1)));
        assert!(!is_template(""));
    }

    #[test]
    fn the_classes_are_scipys_own() {
        assert!(is_class("scipy.stats._continuous_distns", "uniform_gen"));
        assert!(is_class("scipy.stats._distn_infrastructure", "rv_sample"));
        assert!(!is_class("scipy.stats._distn_infrastructure", "rv_generic"));
        assert!(!is_class("scipy.stats._continuous_distns", "np.x_gen"));
        assert!(!is_class("own", "uniform_gen"));
    }
}
