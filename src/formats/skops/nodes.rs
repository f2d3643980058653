//! What a node makes skops import, and whether it says so.

use std::collections::HashSet;

use super::functions;
use crate::detect::globals::{Judgement, does, judge};
use crate::formats::Context;
use crate::formats::tally::Tally;
use crate::report::{Severity, Span, Why, escape_text};
use crate::rules::skops as rules;
use crate::rules::{Draft, Rule};

/// The newest protocol that is known, skops 0.16.
const PROTOCOL: u64 = 2;

/// Names that are told one by one; a tree repeats them.
const NAMES_CAP: usize = 4096;

/// Loaders of skops, and the types that each stands for by itself: those are
/// no news. An empty list means that the node's own name decides.
const LOADERS: &[(&str, &[&str])] = &[
    ("BytearrayNode", &["builtins.bytearray"]),
    ("BytesNode", &["builtins.bytes"]),
    ("CachedNode", &["."]),
    ("ConstructorFromReduceNode", &[]),
    ("DTypeNode", &["numpy.dtype"]),
    ("DefaultDictNode", &["collections.defaultdict"]),
    ("DictNode", &["builtins.dict", "collections.OrderedDict"]),
    (
        "FunctionNode",
        // What protocol 0 says beside the name of the function.
        &[
            "builtins.function",
            "builtins.builtin_function_or_method",
            "numpy.ufunc",
        ],
    ),
    ("JsonNode", &["builtins.str"]),
    ("ListNode", &["builtins.list"]),
    ("LossNode", &[]),
    (
        "MaskedArrayNode",
        &["numpy.ma.core.MaskedArray", "numpy.ma.MaskedArray"],
    ),
    ("MethodNode", &[]),
    ("NdArrayNode", &["numpy.ndarray"]),
    ("ObjectNode", &[]),
    ("OperatorFuncNode", &[]),
    ("PartialNode", &["functools.partial"]),
    ("QuantileForestNode", &[]),
    (
        "RandomGeneratorNode",
        &[
            "numpy.random._generator.Generator",
            "numpy.random.Generator",
        ],
    ),
    (
        "RandomStateNode",
        &[
            "numpy.random.mtrand.RandomState",
            "numpy.random.RandomState",
        ],
    ),
    ("ReduceNode", &[]),
    ("SGDNode", &[]),
    ("SetNode", &["builtins.set"]),
    ("SliceNode", &["builtins.slice"]),
    ("SparseMatrixNode", &[]),
    ("TreeNode", &["sklearn.tree._tree.Tree"]),
    ("TupleNode", &["builtins.tuple"]),
    (
        "TypeNode",
        &[
            "builtins.list",
            "builtins.set",
            "builtins.map",
            "builtins.tuple",
        ],
    ),
    ("_DictWithDeprecatedKeysNode", &[]),
];

/// Loaders that never import the name that the node has.
const NAMELESS: [&str; 5] = [
    "BytearrayNode",
    "BytesNode",
    "CachedNode",
    "JsonNode",
    "SliceNode",
];

/// Bit generators of NumPy.
const GENERATORS: [&str; 5] = ["MT19937", "PCG64", "PCG64DXSM", "Philox", "SFC64"];

/// A module and a name in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct TypeName {
    pub(super) module: String,
    pub(super) name: String,
}

impl TypeName {
    fn shown(&self) -> String {
        escape_text(&format!("{}.{}", self.module, self.name))
    }
}

/// One node, as far as it matters.
#[derive(Debug, Default)]
pub(super) struct Node {
    /// Where its `__class__` stands.
    pub(super) at: Span,
    /// `__loader__`.
    pub(super) loader: Option<String>,
    /// `__module__` and `__class__`.
    pub(super) own: TypeName,
    /// `content.module_path` and `content.function`: protocol 0.
    pub(super) legacy: TypeName,
    /// `content.func`: the attribute that is the method.
    pub(super) method: Option<String>,
    /// What `content.obj` says that it is.
    pub(super) object: Option<TypeName>,
    /// `type`: how an array is stored.
    pub(super) kind: Option<String>,
    /// `file`: the member that holds the content.
    pub(super) file: Option<String>,
    /// `content`, where it is a text.
    pub(super) text: Option<String>,
    /// The name of the bit generator within.
    pub(super) generator: Option<String>,
}

/// Judges the nodes of one tree.
#[derive(Default)]
pub(super) struct Judge {
    tally: Tally,
    told: HashSet<String>,
}

impl Judge {
    /// Judge a node.
    pub(super) fn node(&mut self, node: &Node, cx: &mut Context<'_>) {
        let loader = node.loader.as_deref().unwrap_or_default();
        let known = LOADERS.iter().find(|(name, _)| *name == loader);
        if known.is_none() {
            let shown: String = escape_text(loader).chars().take(80).collect();
            let message = format!("skops has no loader `{shown}`");
            self.tally
                .add(rules::INVALID_SCHEMA.at(node.at.clone()).message(message));
        }
        let expected = known.map_or(&[][..], |(_, types)| types);
        match loader {
            "OperatorFuncNode" => self.operator(node, cx),
            "MethodNode" => self.method(node, cx),
            _ => self.named(&node.own, loader, expected, node, cx),
        }
        if !node.legacy.is_empty() {
            self.named(&node.legacy, "FunctionNode", &[], node, cx);
        }
        match loader {
            "NdArrayNode" => self.stored(node, &["numpy", "json"]),
            "SparseMatrixNode" => self.stored(node, &["scipy"]),
            "RandomGeneratorNode" => self.generator(node),
            _ => {}
        }
    }

    /// A name that skops imports.
    fn named(
        &mut self,
        of: &TypeName,
        loader: &str,
        expected: &[&str],
        node: &Node,
        cx: &mut Context<'_>,
    ) {
        let full = format!("{}.{}", of.module, of.name);
        if expected.contains(&full.as_str()) || functions::is_trusted(&of.module, &of.name) {
            return;
        }
        match judge(&of.module, &of.name) {
            Judgement::Harmless(_) => {}
            Judgement::Dangerous {
                effect,
                severity,
                why,
            } => {
                let message = format!("`{}` {}: {why}", of.shown(), does(effect));
                let draft = rules::DANGEROUS_TYPE.at(node.at.clone()).severity(severity);
                self.tell(draft.message(message), &full, cx);
            }
            Judgement::Unknown { .. } if NAMELESS.contains(&loader) => {}
            Judgement::Unknown { .. } => {
                let rule = unknown(loader, &of.name);
                let message = format!("the {loader} `{}` is not known", of.shown());
                self.tell(rule.at(node.at.clone()).message(message), &full, cx);
            }
        }
    }

    /// `getattr(operator, class)(*attrs)`: the module is not looked at.
    fn operator(&mut self, node: &Node, cx: &mut Context<'_>) {
        let own = &node.own;
        if own.module != "operator" {
            let message = format!(
                "the node says `{}`, and skops before 0.12 loads `operator.{}`",
                own.shown(),
                escape_text(&own.name)
            );
            self.hidden(node, message, cx);
            self.named(own, "OperatorFuncNode", &[], node, cx);
        }
        let severity = match own.name.as_str() {
            "itemgetter" | "attrgetter" => Severity::Low,
            "methodcaller" => Severity::Medium,
            _ => {
                let of = TypeName {
                    module: "operator".to_owned(),
                    name: own.name.clone(),
                };
                return self.named(&of, "FunctionNode", &[], node, cx);
            }
        };
        let name = format!("operator.{}", own.name);
        let message = format!("the model calls a function that `{name}` makes");
        let draft = rules::UNKNOWN_FUNCTION
            .at(node.at.clone())
            .severity(severity);
        self.tell(draft.message(message), &name, cx);
    }

    /// `getattr(obj, func)`: the node's own name is not looked at.
    fn method(&mut self, node: &Node, cx: &mut Context<'_>) {
        let method = node.method.as_deref().unwrap_or_default();
        let object = node.object.clone().unwrap_or_default();
        if object != node.own {
            let message = format!(
                "the node says `{}` and takes the method `{}` of `{}`",
                node.own.shown(),
                escape_text(method),
                object.shown()
            );
            self.hidden(node, message, cx);
        }
        if method.contains("__") || method.contains('.') {
            let message = format!(
                "the method `{}` of `{}` leads from the object to the interpreter",
                escape_text(method),
                object.shown()
            );
            return self.hidden(node, message, cx);
        }
        let of = TypeName {
            name: format!("{}.{method}", object.name),
            module: object.module,
        };
        match judge(&of.module, &of.name) {
            Judgement::Dangerous { .. } => self.named(&of, "FunctionNode", &[], node, cx),
            _ => {
                let message = format!("the model keeps the method `{}`", of.shown());
                let draft = rules::UNKNOWN_FUNCTION.at(node.at.clone()).message(message);
                self.tell(draft, &of.shown(), cx);
            }
        }
    }

    fn hidden(&mut self, node: &Node, message: String, cx: &mut Context<'_>) {
        let key = format!("hidden {message}");
        let draft = rules::HIDDEN_TYPE.at(node.at.clone()).message(message);
        self.tell(draft, &key, cx);
    }

    /// How an array says that it is stored.
    fn stored(&mut self, node: &Node, kinds: &[&str]) {
        let kind = node.kind.as_deref().unwrap_or_default();
        if !kinds.contains(&kind) {
            let shown: String = escape_text(kind).chars().take(80).collect();
            let message = format!("an array is stored as `{shown}`, which skops does not have");
            self.tally
                .add(rules::INVALID_SCHEMA.at(node.at.clone()).message(message));
        }
    }

    /// The bit generator, which skops takes from `numpy.random` by its name
    /// and calls.
    fn generator(&mut self, node: &Node) {
        let text = node.generator.as_deref().unwrap_or_default();
        let name = text.trim_matches(['"', ' ']);
        if !name.is_empty() && !GENERATORS.contains(&name) {
            let message = format!("`numpy.random.{}` is no bit generator", escape_text(name));
            self.tally
                .add(rules::HIDDEN_TYPE.at(node.at.clone()).message(message));
        }
    }

    /// Report a finding about a name, once.
    fn tell(&mut self, draft: Draft, name: &str, cx: &mut Context<'_>) {
        let key = format!("{} {name}", draft.rule.id);
        if self.told.contains(&key) {
            return;
        }
        if self.told.len() >= NAMES_CAP {
            return self.tally.add(draft);
        }
        self.told.insert(key);
        cx.report(draft.within(name.chars().take(200).collect::<String>()));
    }

    /// Judge the number of the protocol.
    pub(super) fn protocol(&mut self, number: Option<u64>, span: Span, cx: &mut Context<'_>) {
        match number {
            Some(0..=PROTOCOL) => {}
            Some(newer) => {
                let detail = format!(
                    "the file has protocol {newer} and only those up to {PROTOCOL} are known"
                );
                cx.gap(span, Why::Unsupported, detail);
            }
            None => {
                let message = "the protocol of the schema is no number that skops has";
                self.tally
                    .add(rules::INVALID_SCHEMA.at(span).message(message));
            }
        }
    }

    /// Count a key that stands twice.
    pub(super) fn repeated(&mut self, draft: Draft) {
        self.tally.add(draft);
    }

    /// Report what was counted.
    pub(super) fn finish(self, cx: &mut Context<'_>) {
        self.tally.report(cx);
    }
}

/// The rule for a name that nothing is known about: functions are called with
/// what the file says, and by their spelling so are things that are no class.
fn unknown(loader: &str, name: &str) -> &'static Rule {
    let first = name.trim_start_matches('_').chars().next();
    let is_class = first.is_some_and(char::is_uppercase);
    match is_class && loader != "FunctionNode" {
        true => &rules::UNKNOWN_TYPE,
        false => &rules::UNKNOWN_FUNCTION,
    }
}
