//! What one node of a configuration makes Keras do.

use super::config::{Kept, Node};
use super::names::{is_class, is_function, is_keras};
use crate::detect::globals::{Judgement, Use, judge_use};
use crate::detect::paths::{self, Escape};
use crate::formats::tally::Tally;
use crate::report::{Severity, escape_text};
use crate::rules::keras as rules;
use crate::rules::{Draft, Rule};

/// Characters of a value that are shown.
const SHOWN_CAP_CHARS: usize = 200;

/// Layers that load another file.
const LOADING: &[(&str, &str)] = &[("TFSMLayer", "filepath")];

/// The layer of TensorFlow Hub, and its setting that names the model it loads.
const HUB: (&str, &str) = ("KerasLayer", "handle");

/// Where models of TensorFlow Hub are kept.
const HUBS: &[&str] = &[
    "https://kaggle.com/models/",
    "https://tfhub.dev/",
    "https://www.kaggle.com/models/",
];

/// Fields of layers that may be the path of a file.
const TABLES: &[&str] = &["vocabulary", "idf_weights"];

/// Classes of Keras 2 that call a function of TensorFlow by its name.
const OPERATIONS: &[&str] = &[
    "ClassMethod",
    "InstanceMethod",
    "SlicingOpLambda",
    "TFOpLambda",
];

/// Judge a node; an object without a class is none.
pub(super) fn judge(node: &Node, tally: &mut Tally) {
    for class in node.all("class_name") {
        let bare = bare(&class.value);
        match bare {
            "__lambda__" | "Lambda" => lambda(node, class, tally),
            "function" | "__function__" => function(node, class, tally),
            "__typespec__" => reference(node, class, "spec_name", tally),
            "TorchModuleWrapper" => {
                let message = format!("{} unpickles the module it holds", place(node));
                tally.add(draft(&rules::PICKLED_MODULE, class, message));
            }
            _ => object(node, class, bare, tally),
        }
        files(node, class, bare, tally);
    }
}

/// The last part of a name: `keras>layers.Dense` is a `Dense`.
fn bare(name: &str) -> &str {
    name.rsplit(['.', '>', ':']).next().unwrap_or(name)
}

fn place(node: &Node) -> String {
    match node.path.is_empty() {
        true => "the model".to_owned(),
        false => format!("`{}`", cut(&node.path)),
    }
}

fn cut(text: &str) -> String {
    escape_text(text).chars().take(SHOWN_CAP_CHARS).collect()
}

fn draft(rule: &'static Rule, at: &Kept, message: String) -> Draft {
    rule.at(at.span.clone())
        .message(message)
        .evidence(at.value.chars().take(SHOWN_CAP_CHARS).collect::<String>())
}

fn lambda(node: &Node, class: &Kept, tally: &mut Tally) {
    let message = format!("{} is a Lambda: it runs the bytecode it holds", place(node));
    tally.add(draft(&rules::LAMBDA, class, message));
    // An older layer may name a function and its module instead.
    let of = |key: &'static str| node.config.iter().filter(move |kept| kept.key == key);
    let is_name = |text: &str| {
        let is_part = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.');
        text.bytes().all(is_part)
    };
    for name in of("function").filter(|kept| is_name(&kept.value)) {
        for module in of("module") {
            call(node, name, &module.value, &name.value, tally);
        }
    }
}

/// A function by reference: its name is the whole `config`.
fn function(node: &Node, class: &Kept, tally: &mut Tally) {
    let mut named = false;
    for name in node.all("config") {
        named = true;
        for module in modules(node) {
            call(node, name, module, &name.value, tally);
        }
    }
    if !named {
        reference(node, class, "registered_name", tally);
    }
}

/// Something that is imported by a name under another key.
fn reference(node: &Node, class: &Kept, key: &str, tally: &mut Tally) {
    for name in node.all(key) {
        for module in modules(node) {
            if !module.is_empty() && !is_keras(module) {
                call(node, class, module, &name.value, tally);
            }
        }
    }
}

/// The modules that it names; none is one as well.
fn modules(node: &Node) -> Vec<&str> {
    let named: Vec<&str> = node.all("module").map(|kept| kept.value.as_str()).collect();
    match named.is_empty() {
        true => vec![""],
        false => named,
    }
}

/// A function that Keras looks up in its own, or imports.
fn call(node: &Node, at: &Kept, module: &str, name: &str, tally: &mut Tally) {
    let own = module.is_empty() || module == "builtins" || is_keras(module);
    if own && is_function(name) {
        return;
    }
    let module = if module.is_empty() {
        "builtins"
    } else {
        module
    };
    match judge_use(module, name, Use::Called) {
        Judgement::Harmless(_) => {}
        Judgement::Dangerous { severity, why, .. } if !is_custom(module, name) => {
            let what = format!("{}.{}", cut(module), cut(name));
            let message = format!("{} refers to `{what}`: {why}", place(node));
            tally.add(draft(&rules::CALLABLE, at, message).severity(severity));
        }
        _ => custom(node, at, &format!("{module}.{name}"), tally),
    }
}

/// Whether this is how Keras writes a function that the loading program
/// registers: one of no module, under a name that Python does not have.
fn is_custom(module: &str, name: &str) -> bool {
    let unvetted = matches!(
        judge_use(module, name, Use::Called),
        Judgement::Dangerous {
            effect: crate::detect::globals::Effect::Unvetted,
            ..
        }
    );
    module == "builtins" && unvetted && !name.contains('.')
}

/// An object of a class.
fn object(node: &Node, class: &Kept, bare: &str, tally: &mut Tally) {
    for module in modules(node) {
        let own = module.is_empty() || is_keras(module);
        let is_known = is_class(bare) || (module.is_empty() && is_function(bare));
        match own {
            true if OPERATIONS.contains(&bare) => operation(node, tally),
            true if is_known => {}
            _ => foreign(node, class, module, tally),
        }
    }
}

/// A class that Keras does not have.
fn foreign(node: &Node, class: &Kept, module: &str, tally: &mut Tally) {
    match judge_use(module, &class.value, Use::Called) {
        Judgement::Dangerous { severity, why, .. } if !module.is_empty() => {
            let what = format!("{}.{}", cut(module), cut(&class.value));
            let message = format!("{} is made by `{what}`: {why}", place(node));
            tally.add(draft(&rules::CALLABLE, class, message).severity(severity));
        }
        Judgement::Harmless(_) if !module.is_empty() => {}
        _ => custom(node, class, &format!("{module}.{}", class.value), tally),
    }
}

/// A function of TensorFlow that a layer calls by its name.
fn operation(node: &Node, tally: &mut Tally) {
    for name in node.config.iter().filter(|kept| kept.key == "function") {
        // Operators have a namespace of their own: `__operators__.add`.
        let operator = name.value.strip_prefix("__operators__.");
        if operator.is_some_and(|operator| !operator.contains(['.', '_'])) {
            continue;
        }
        let (module, last) = match name.value.rsplit_once('.') {
            Some((module, last)) => (format!("tensorflow.{module}"), last),
            None => ("tensorflow".to_owned(), name.value.as_str()),
        };
        if let Judgement::Dangerous { severity, why, .. } = judge_use(&module, last, Use::Called) {
            let message = format!(
                "{} calls `tensorflow.{}`: {why}",
                place(node),
                cut(&name.value)
            );
            tally.add(draft(&rules::CALLABLE, name, message).severity(severity));
        }
    }
}

fn custom(node: &Node, at: &Kept, name: &str, tally: &mut Tally) {
    let name = cut(name.trim_start_matches('.'));
    let message = format!(
        "{} is or names `{name}`, which Keras does not have",
        place(node)
    );
    tally.add(draft(&rules::CUSTOM_CLASS, at, message));
}

/// Files that the layer opens.
fn files(node: &Node, class: &Kept, bare: &str, tally: &mut Tally) {
    for kept in &node.config {
        let loads = LOADING.contains(&(bare, kept.key));
        let reads = TABLES.contains(&kept.key);
        let fetches = kept.key == "origin";
        let escape = paths::escape(&kept.value);
        let (severity, does) = match escape {
            _ if kept.value.is_empty() => continue,
            _ if HUB == (bare, kept.key) => {
                let is_kept = HUBS.iter().any(|hub| kept.value.starts_with(hub));
                let severity = if is_kept {
                    Severity::Low
                } else {
                    Severity::Medium
                };
                (severity, "loads another model from")
            }
            Some(Escape::Url) if loads || reads || fetches => (Severity::High, "fetches"),
            _ if loads => (Severity::High, "loads another model from"),
            Some(escape) if reads && escape != Escape::Backslash => (Severity::High, "reads"),
            _ if reads => (Severity::Medium, "reads"),
            _ => continue,
        };
        let message = format!(
            "the {} {} {does} `{}`",
            cut(&class.value),
            place(node),
            cut(&kept.value)
        );
        tally.add(draft(&rules::OUTSIDE_FILE, kept, message).severity(severity));
    }
}
