//! The contract of SciPy's distributions: objects that restore themselves by
//! running source text that lies in their own state.
//!
//! Since SciPy 1.6 `rv_generic.__setstate__` takes the state for its
//! attributes and executes the attribute `_parse_arg_template`, whatever it
//! holds. Before, the state was the arguments of `__init__`, which lets only
//! identifiers into the text. Every frozen distribution and many statistical
//! models hold such objects, so the class alone says nothing: what an ordinary
//! pickler wrote is one text with the names of shape parameters filled in, and
//! any other text is code that loading runs. Source: SciPy 1.3 to 1.17,
//! `stats/_distn_infrastructure.py`.

use super::event::{Danger, Fact};
use super::machine::Machine;
use super::value::{GlobalId, Kind, Value};
use crate::report::Severity;

/// Bytes of a template that are read; an ordinary one has some 500.
const TEMPLATE_CAP_BYTES: usize = 4096;

/// The attribute that is executed.
const TEMPLATE: &str = "_parse_arg_template";

/// Methods that restoring calls, and that a state could replace.
const CALLED: [&str; 4] = [
    "_attach_methods",
    "_attach_argparser_methods",
    "_updated_ctor_param",
    "__init__",
];

/// What continuous and discrete distributions fill in for location and scale.
const LOCATIONS: [(&str, &str); 2] = [("loc=0, scale=1", "loc, scale"), ("loc=0", "loc, 1")];

impl Machine<'_, '_> {
    /// Tell of a state of a distribution that no pickler of SciPy writes.
    pub(super) fn check_distribution(&mut self, target: Value, id: GlobalId, state: Value) {
        if self.is_ordinary_distribution(state) {
            return;
        }
        let Some(danger) = self.names.get(id).and_then(|name| name.danger()) else {
            return;
        };
        let danger = Danger {
            severity: Severity::Critical,
            ..danger
        };
        self.tell_about(Fact::DangerousCall(danger), Some(id), |scene| {
            format!("{}.__setstate__({})", scene.show(target), scene.show(state))
        });
    }

    fn is_ordinary_distribution(&self, state: Value) -> bool {
        match self.heap.container(state) {
            Some((Kind::Dict, items)) => {
                let complete = u64::try_from(items.kept.len()).is_ok_and(|n| n == items.total);
                let pairs = items.kept.chunks_exact(2);
                complete
                    && pairs
                        .into_iter()
                        .all(|pair| self.is_ordinary_attribute(pair))
            }
            // The arguments of `__init__`, and a generator. A dictionary of
            // two keys would be taken for an attribute and its value.
            Some((Kind::Tuple, items)) => match items.kept.as_slice() {
                &[arguments, _] => matches!(
                    self.heap.container(arguments),
                    Some((Kind::Dict, given)) if given.total > 4
                ),
                _ => false,
            },
            _ => matches!(state, Value::None),
        }
    }

    fn is_ordinary_attribute(&self, pair: &[Value]) -> bool {
        let &[key, value] = pair else {
            return false;
        };
        match self.text(key).as_deref() {
            Some(TEMPLATE) => self.long_text(value).is_some_and(|text| is_template(&text)),
            Some(name) => !CALLED.contains(&name),
            None => false,
        }
    }

    fn long_text(&self, value: Value) -> Option<String> {
        let Value::Text(literal) = value else {
            return None;
        };
        let bytes = literal.fetch(self.source, TEMPLATE_CAP_BYTES).ok()?;
        String::from_utf8(bytes.to_vec()).ok()
    }
}

/// Whether this is the text that SciPy makes for some shape parameters.
fn is_template(text: &str) -> bool {
    let head = "\ndef _parse_args(self, ";
    let shapes = text.strip_prefix(head).and_then(|rest| {
        let (arguments, _) = rest.split_once("):")?;
        let (shapes, _) = arguments.split_once(" loc=0")?;
        Some(shapes)
    });
    let Some(shapes) = shapes else {
        return false;
    };
    are_names(shapes)
        && LOCATIONS
            .iter()
            .any(|&(given, returned)| text == template(shapes, given, returned))
}

/// Whether a text is identifiers, each with a comma and a blank behind it.
fn are_names(shapes: &str) -> bool {
    let is_name = |name: &str| {
        name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    shapes.is_empty()
        || shapes
            .strip_suffix(", ")
            .is_some_and(|names| names.split(", ").all(is_name))
}

/// The text for these shape parameters, as SciPy makes it.
fn template(shapes: &str, given: &str, returned: &str) -> String {
    format!(
        "
def _parse_args(self, {shapes} {given}):
    return ({shapes}), {returned}

def _parse_args_rvs(self, {shapes} {given}, size=None):
    return self._argcheck_rvs({shapes} {returned}, size=size)

def _parse_args_stats(self, {shapes} {given}, moments='mv'):
    return ({shapes}), {returned}, moments
"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_that_scipy_makes_is_known() {
        for (given, returned) in LOCATIONS {
            for shapes in ["", "a, ", "df1, df2, ", "_x, y_1, z, "] {
                assert!(is_template(&template(shapes, given, returned)), "{shapes}");
            }
        }
    }

    #[test]
    fn any_other_text_is_not() {
        let made = template("a, ", "loc=0, scale=1", "loc, scale");
        let mut others = vec![
            String::new(),
            "import os".to_owned(),
            format!("{made}import os\n"),
            format!("import os\n{made}"),
            made.replace("moments\n", "moments, print()\n"),
            made.replace("loc=0, scale=1", "loc=0, scale=print()"),
            template("a=print(), ", "loc=0", "loc, 1"),
            template("a", "loc=0", "loc, 1"),
            template("a\nimport os\n, ", "loc=0", "loc, 1"),
        ];
        others.extend((1..made.len()).map(|end| made[..end].to_owned()));
        for text in others {
            assert!(!is_template(&text), "{text}");
        }
    }
}
