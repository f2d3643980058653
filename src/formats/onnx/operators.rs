//! Operators: which are used, where they come from, and what their attributes
//! name.
//!
//! An operator of a *custom* domain is code that the program brings along: the
//! model only names it, and hands it attributes. Some operators were made to
//! run what the attributes name.

use std::collections::{BTreeMap, BTreeSet};

use super::attributes::{Attributes, Sort, Suspect};
use super::external;
use super::judge::{Judge, shown};
use crate::detect::code;
use crate::report::{Severity, Span};
use crate::rules::onnx as rules;

/// Operators that call Python, by their names in any domain of their own.
const PYTHON: [&str; 7] = [
    "PyOp",
    "PyFunc",
    "PythonOp",
    "PythonOpGrad",
    "PyCustomOp",
    "PyCustomOpDef",
    "TritonOp",
];

/// How the domain begins that ONNX Runtime gives to operators in Python.
const PYTHON_DOMAIN: &str = "pyop";

/// Operators of onnxruntime-extensions that send their input to a server.
const REMOTE: [&str; 4] = [
    "OpenAIAudioToText",
    "AzureAudioToText",
    "AzureTextToText",
    "AzureTritonInvoker",
];

/// What `ATen` can be told to call that opens files.
const ATEN_FILES: [&str; 2] = ["from_file", "_from_file"];

/// Domains of the standard.
const STANDARD: [&str; 6] = [
    "",
    "ai.onnx",
    "ai.onnx.ml",
    "ai.onnx.training",
    "ai.onnx.preview",
    "ai.onnx.preview.training",
];

/// Domains whose operators are part of ONNX Runtime.
const BUILT_IN: [&str; 9] = [
    "com.microsoft",
    "com.microsoft.nchwc",
    "com.microsoft.dml",
    "com.microsoft.experimental",
    "com.microsoft.mlfeaturizers",
    "com.microsoft.webgpu",
    "com.ms.internal.nhwc",
    "com.ms.internal.nchwc",
    "com.ms.internal",
];

/// Names of custom operators, and of functions, that are kept.
const NAMES_CAP: usize = 50_000;

/// Names that a message lists.
const LISTED_NAMES: usize = 5;

/// A domain of the standard.
pub(super) fn is_standard(domain: &str) -> bool {
    STANDARD.contains(&domain)
}

fn is_custom(domain: &str) -> bool {
    !is_standard(domain) && !BUILT_IN.contains(&domain)
}

/// A node as far as it was read.
#[derive(Default)]
pub(super) struct Node {
    pub(super) at: Span,
    /// The operator.
    pub(super) operator: String,
    /// Its domain.
    pub(super) domain: String,
    /// What stood out in its attributes.
    pub(super) attributes: Attributes,
}

impl Node {
    /// A node whose message is `at`.
    pub(super) fn new(at: Span) -> Self {
        Node {
            at,
            ..Node::default()
        }
    }

    /// Its operator as messages have it.
    fn title(&self) -> String {
        match self.domain.as_str() {
            "" => format!("the operator `{}`", shown(&self.operator)),
            domain => format!("the operator `{}.{}`", shown(domain), shown(&self.operator)),
        }
    }

    /// Judge it once its last field was read.
    pub(super) fn judge(self, judge: &mut Judge<'_, '_>) {
        judge.name("the domain", &self.domain, &self.at);
        judge.name("the operator name", &self.operator, &self.at);
        let is_foreign = !is_standard(&self.domain);
        let is_python =
            PYTHON.contains(&self.operator.as_str()) || self.domain.starts_with(PYTHON_DOMAIN);
        if is_foreign && is_python {
            self.judge_python(judge);
        }
        if is_custom(&self.domain) {
            judge.operators.used(&self.domain, &self.operator, &self.at);
        }
        for suspect in self.attributes.suspects() {
            if is_foreign || suspect.is_alone {
                self.judge_suspect(suspect, judge);
            }
        }
        self.judge_aten(judge);
        self.judge_compiled(judge);
    }

    /// An operator that calls Python, and what it is told to call.
    fn judge_python(&self, judge: &mut Judge<'_, '_>) {
        let called = self.attributes.called();
        let harm = called.as_deref().and_then(code::target);
        let (severity, what) = match (&called, harm) {
            (Some(_), Some(found)) => (
                found.severity.max(Severity::High),
                format!("calls {}", found.what),
            ),
            (Some(called), None) => (
                Severity::High,
                format!("calls `{}` in Python", shown(called)),
            ),
            (None, _) => (Severity::High, "calls Python".to_owned()),
        };
        let message = format!("{} {what}", self.title());
        let draft = rules::PYTHON_OPERATOR
            .at(self.at.clone())
            .severity(severity)
            .message(message)
            .evidence(called.unwrap_or_default());
        judge.add(draft.within(&self.operator));
    }

    fn judge_suspect(&self, suspect: &Suspect, judge: &mut Judge<'_, '_>) {
        let (title, name) = (self.title(), shown(&suspect.name));
        let text = shown(&suspect.text);
        let is_remote = REMOTE.contains(&self.operator.as_str()) || suspect.name == "model_uri";
        let (rule, severity, message) = match suspect.sort {
            Sort::Library => (
                &rules::NATIVE_LIBRARY,
                Severity::High,
                format!("{title} names the library `{text}` in its attribute `{name}`"),
            ),
            Sort::Path => {
                let place = format!("the attribute `{name}` of {title}");
                return external::path(&suspect.text, &place, &suspect.at, &suspect.name, judge);
            }
            Sort::Address if is_remote => (
                &rules::REMOTE_OPERATOR,
                Severity::Medium,
                format!("{title} sends its input to `{text}`"),
            ),
            Sort::Address => (
                &rules::REMOTE_OPERATOR,
                Severity::Low,
                format!("{title} has the address `{text}` in its attribute `{name}`"),
            ),
            Sort::Code => (
                &rules::CODE_IN_ATTRIBUTE,
                suspect.severity,
                format!("the attribute `{name}` of {title} holds {}", suspect.what),
            ),
        };
        let draft = rule
            .at(suspect.at.clone())
            .severity(severity)
            .message(message)
            .evidence(&suspect.text);
        judge.add(draft.within(&suspect.name));
    }

    fn judge_aten(&self, judge: &mut Judge<'_, '_>) {
        let called = self.attributes.value("operator").unwrap_or_default();
        let bare = called.rsplit("::").next().unwrap_or_default();
        // The older name belongs to the runtime's own domain.
        let is_aten = match self.operator.as_str() {
            "ATen" => is_custom(&self.domain),
            "ATenOp" => true,
            _ => false,
        };
        if is_aten && ATEN_FILES.contains(&bare) {
            let message = format!(
                "{} calls `{}`, which opens a file",
                self.title(),
                shown(called)
            );
            judge.say(&rules::FILE_OPERATOR, &self.at, &self.operator, message);
        }
    }

    /// A graph that was compiled for a device: its bytes, or the file that
    /// has them.
    fn judge_compiled(&self, judge: &mut Judge<'_, '_>) {
        if self.operator != "EPContext" || self.domain != "com.microsoft" {
            return;
        }
        let message = format!(
            "{} holds a graph that was compiled for a device",
            self.title()
        );
        judge.say(&rules::COMPILED_GRAPH, &self.at, &self.operator, message);
        let is_file = self.attributes.number("embed_mode") == Some(0);
        if let Some(file) = self
            .attributes
            .value("ep_cache_context")
            .filter(|_| is_file)
        {
            let place = format!("{} `{}`", self.title(), shown(&self.operator));
            external::path(file, &place, &self.at, &self.operator, judge);
            if external::is_file_beside(file) && !file.is_empty() {
                judge.file(file, 0, &self.operator, &self.at);
            }
        }
    }
}

/// Operators of custom domains, and functions of the model itself.
#[derive(Default)]
pub(super) struct Operators {
    /// Domain and name of each, and where it is used first.
    used: BTreeMap<(String, String), Span>,
    /// Uses that are not kept.
    more: u64,
    functions: BTreeSet<(String, String)>,
}

impl Operators {
    fn used(&mut self, domain: &str, operator: &str, at: &Span) {
        let key = (domain.to_owned(), operator.to_owned());
        let room = self.used.len() < NAMES_CAP;
        match self.used.contains_key(&key) {
            true => {}
            false if room => {
                self.used.insert(key, at.clone());
            }
            false => self.more = self.more.saturating_add(1),
        }
    }

    /// Note a function that the model defines.
    pub(super) fn define(&mut self, domain: &str, name: &str) {
        if self.functions.len() < NAMES_CAP {
            self.functions.insert((domain.to_owned(), name.to_owned()));
        }
    }

    /// Tell of the operators that neither a standard nor the model defines.
    pub(super) fn judge(self, judge: &mut Judge<'_, '_>) {
        let foreign: Vec<_> = self
            .used
            .iter()
            .filter(|(key, _)| !self.functions.contains(*key))
            .collect();
        let Some((_, at)) = foreign.first() else {
            return;
        };
        let names: Vec<String> = foreign
            .iter()
            .take(LISTED_NAMES)
            .map(|((domain, name), _)| format!("`{}.{}`", shown(domain), shown(name)))
            .collect();
        let left = (foreign.len().saturating_sub(names.len()) as u64).saturating_add(self.more);
        let more = match left {
            0 => String::new(),
            left => format!(" and {left} more"),
        };
        let message = format!(
            "operators that no standard defines: {}{more}",
            names.join(", ")
        );
        let draft = rules::CUSTOM_OPERATOR.at((*at).clone());
        judge.add(draft.message(message));
    }
}
