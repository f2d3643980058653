//! What each field makes a loader do.

use super::super::tally::Tally;
use super::super::{Context, addresses};
use super::Step;
use super::components::{is_adapter_library, is_pipeline_library};
use super::described::Described;
use super::trail::{keys, last_key, shown};
use crate::detect::code;
use crate::detect::paths::{self, Escape};
use crate::detect::python::{Act, Command, Dialect, Reach, When, judge};
use crate::detect::template;
use crate::report::{Severity, Span, Why, escape_text};
use crate::rules::manifest as rules;
use crate::rules::{Draft, Rule};
use crate::wire::json::Text;

/// Characters of a value that are shown.
const SHOWN_CAP_CHARS: usize = 200;

/// Fields whose value a loader opens as a file beside the manifest.
const FILE_FIELDS: &[&str] = &[
    "chat_template_file",
    "checkpoint_file",
    "custom_op_library",
    "library_path",
    "merges_file",
    "model_file",
    "sp_model_file",
    "spm_file",
    "tokenizer_file",
    "vocab_file",
    "weight_file",
    "weights_file",
];

/// Fields that choose how attention is computed.
const ATTENTION_FIELDS: &[&str] = &[
    "_attn_implementation",
    "_attn_implementation_internal",
    "attn_implementation",
    "attention_implementation",
];

/// Fields that name the model that a loader fetches.
const NAME_FIELDS: &[&str] = &["_name_or_path", "base_model_name_or_path", "name_or_path"];

/// Files that list what conda and pip install.
const ENVIRONMENTS: &[&str] = &[
    "conda.yaml",
    "conda.yml",
    "environment.yaml",
    "environment.yml",
];

/// Judges the values of one manifest.
pub(super) struct Judge {
    pub(super) tally: Tally,
    /// What is said about the files beside the manifest.
    pub(super) described: Described,
    /// The file's own name, lower case: some fields mean something in one file
    /// only.
    file: String,
    /// The library of the pipeline component at hand.
    library: String,
}

/// A string value and where it stands.
struct Value<'v> {
    steps: &'v [Step],
    text: &'v str,
    span: Span,
}

impl Value<'_> {
    fn has_key(&self, wanted: &str) -> bool {
        keys(self.steps).any(|key| key == wanted)
    }

    /// Start a finding about the value.
    fn draft(&self, rule: &'static Rule, message: String) -> Draft {
        let evidence: String = self.text.chars().take(SHOWN_CAP_CHARS).collect();
        rule.at(self.span.clone())
            .message(message)
            .evidence(evidence)
            .within(shown(self.steps))
    }

    /// The value as it may be shown.
    fn shown(&self) -> String {
        escape_text(self.text)
            .chars()
            .take(SHOWN_CAP_CHARS)
            .collect()
    }
}

impl Judge {
    pub(super) fn new(file: &str) -> Self {
        Judge {
            tally: Tally::default(),
            described: Described::new(file),
            file: file.to_owned(),
            library: String::new(),
        }
    }

    /// Judge a string.
    pub(super) fn string(
        &mut self,
        steps: &[Step],
        text: Text<'_>,
        span: Span,
        cx: &mut Context<'_>,
    ) {
        let value = Value {
            steps,
            text: text.value,
            span,
        };
        let last = last_key(steps);
        if value.has_key("chat_template") && last != "name" {
            self.template(&value, text.is_cut(), cx);
        }
        if value.has_key("auto_map") {
            self.remote_code(&value, "auto_map");
        } else if value.has_key("custom_pipelines") && last == "impl" {
            self.remote_code(&value, "custom_pipelines");
        } else if last == "custom_generate" {
            self.remote_code(&value, "custom_generate");
        }
        if keys(steps).any(|key| ATTENTION_FIELDS.contains(&key)) && value.text.contains('/') {
            let message = format!("`{last}` fetches the kernel `{}`", value.shown());
            self.tally
                .add(value.draft(&rules::KERNEL_FROM_HUB, message));
        }
        // NeMo imports what its own field names, too.
        let is_nemo = self.file == "model_config.yaml" && last == "target";
        if last == "_target_" || (is_nemo && value.text.contains('.')) {
            self.callable(&value, "is made by calling", None);
        }
        if FILE_FIELDS.contains(&last) {
            self.file_field(&value);
        }
        if NAME_FIELDS.contains(&last) {
            self.remote_name(&value);
        }
        self.components(&value);
        self.code(&value, cx);
    }

    /// Judge the addresses in a field.
    pub(super) fn addresses(
        &mut self,
        steps: &[Step],
        text: Text<'_>,
        span: &Span,
        cx: &mut Context<'_>,
    ) {
        let key = shown(steps);
        let owner = format!("the field `{key}`");
        addresses::judge((&owner, &key), text.value, span, &mut self.tally, cx);
    }

    /// Judge a field that is `true`.
    pub(super) fn truth(&mut self, steps: &[Step], span: Span) {
        if last_key(steps) != "trust_remote_code" {
            return;
        }
        let nested = keys(steps).count() > 1;
        let (severity, what) = match nested {
            true => (Severity::High, "a model within the model"),
            false => (Severity::Medium, "the model"),
        };
        let draft = rules::TRUSTS_REMOTE_CODE.at(span).within(shown(steps));
        self.tally.add(
            draft
                .severity(severity)
                .message(format!("the manifest trusts remote code of {what}")),
        );
    }

    /// `module.Class` beside the manifest, or `owner/repository--module.Class`.
    fn remote_code(&mut self, value: &Value<'_>, field: &str) {
        let foreign = value
            .text
            .split_once("--")
            .map(|(repository, _)| repository);
        // `custom_generate` names a repository alone.
        let whole = (field == "custom_generate" && value.text.contains('/')).then_some(value.text);
        let nested = keys(value.steps).position(|key| key == field) != Some(0);
        let within = if nested {
            " of a model within the model"
        } else {
            ""
        };
        let (severity, message) = match foreign.or(whole) {
            Some(repository) => (
                Severity::High,
                format!(
                    "`{field}`{within} imports `{}` from the repository `{}`",
                    value.shown(),
                    escape_text(repository)
                ),
            ),
            // What is beside the manifest is examined as well.
            None => {
                self.described.module(field, value.text, value.span.clone());
                let leaves = value.text.contains(['/', '\\']) || value.text.contains("..");
                let severity = if leaves {
                    Severity::Medium
                } else {
                    Severity::Low
                };
                (
                    severity,
                    format!(
                        "`{field}`{within} imports `{}` from the model's directory",
                        value.shown()
                    ),
                )
            }
        };
        let draft = value.draft(&rules::REMOTE_CODE, message);
        self.tally.add(draft.severity(severity));
    }

    /// A dotted name that is imported and called; `floor` is the least grade of
    /// one that is not harmless.
    fn callable(&mut self, value: &Value<'_>, does: &str, floor: Option<Severity>) {
        let Some(found) = code::target(value.text) else {
            return;
        };
        let severity = floor.map_or(found.severity, |floor| floor.max(found.severity));
        let message = format!("`{}` {does} {}", shown(value.steps), found.what);
        let draft = value.draft(&rules::FOREIGN_CALLABLE, message);
        self.tally.add(draft.severity(severity));
    }

    /// Fields of one file alone.
    fn components(&mut self, value: &Value<'_>) {
        match (self.file.as_str(), value.steps) {
            ("model_index.json", [Step::Key(name), Step::Index(index)]) => {
                self.component(value, name, *index);
            }
            ("modules.json", [Step::Index(_), Step::Key(key)])
                if key == "type" && !value.text.starts_with("sentence_transformers.") =>
            {
                self.callable(value, "is made by calling", Some(Severity::Medium));
            }
            ("modules.json", [Step::Index(_), Step::Key(key)]) if key == "path" => {
                self.file_field(value);
            }
            (_, [Step::Key(map), Step::Key(key)])
                if map == "auto_mapping"
                    && key == "parent_library"
                    && !is_adapter_library(value.text) =>
            {
                self.library(value, "imports");
            }
            _ => {}
        }
    }

    /// The name of a model that is an address, or a machine on the network.
    fn remote_name(&mut self, value: &Value<'_>) {
        let severity = match value.text {
            text if text.starts_with(r"\\") || text.starts_with("//") => Severity::Medium,
            text if text.contains("://") => Severity::Low,
            _ => return,
        };
        let message = format!("the model is fetched from `{}`", value.shown());
        let draft = value.draft(&rules::PATH_ESCAPE, message);
        self.tally.add(draft.severity(severity));
    }

    /// Fields that hold code, or name what loads it, in YAML of other tools.
    fn code(&mut self, value: &Value<'_>, cx: &mut Context<'_>) {
        let last = last_key(value.steps);
        let is_yaml = self.file.ends_with(".yaml") || self.file.ends_with(".yml");
        let is_nemo = self.file == "model_config.yaml" && last == "target";
        match last {
            // Lightning makes any class of this name; one of a person's own
            // project is ordinary.
            // So do the factories of latent diffusion and of OpenMMLab; what
            // jsonpickle reads is made whatever it is.
            "class_path" | "target" | "type" | "py/function" | "py/object" | "py/type"
                if value.text.contains('.') && !is_nemo =>
            {
                let found = code::target(value.text);
                if found.is_some_and(|found| found.severity > Severity::Medium) {
                    self.callable(value, "is made by calling", None);
                }
            }
            "loader_module" if !value.text.starts_with("mlflow.") => {
                self.library(value, "is loaded by");
            }
            "download" if is_yaml && value.steps.len() == 1 => self.download(value, cx),
            _ if ENVIRONMENTS.contains(&self.file.as_str()) && value.has_key("dependencies") => {
                let span = value.span.clone();
                super::super::packaging::requirement(value.text, &span, &mut self.tally);
            }
            _ => {}
        }
    }

    /// YOLO runs this text when its data is not there: as a shell command, or
    /// as Python.
    fn download(&mut self, value: &Value<'_>, cx: &mut Context<'_>) {
        let text = value.text.trim();
        let is_code = text.contains('\n') || text.contains('(');
        if text.starts_with("http") && !is_code {
            return;
        }
        let (severity, what) = match text.strip_prefix("bash ") {
            Some(_) => (Severity::Medium, "runs a shell command"),
            None => {
                let program = judge(text, Dialect::Module, cx.budget());
                let runs = |reach: &Reach| {
                    reach.when == When::Imported
                        && !matches!(reach.act, Act::Connects | Act::Deletes | Act::Imports)
                        && reach.act != Act::Runs(Command::Tool)
                };
                match program.is_ok_and(|program| program.reaches.iter().any(runs)) {
                    true => (
                        Severity::High,
                        "runs Python that runs commands or hidden code",
                    ),
                    false => (Severity::Low, "runs Python"),
                }
            }
        };
        let message = format!("`download` {what} where the data is not there");
        let draft = value.draft(&rules::DOWNLOAD_CODE, message);
        self.tally.add(draft.severity(severity));
    }

    /// One of the two names, library and class, that make a pipeline component.
    fn component(&mut self, value: &Value<'_>, name: &str, index: usize) {
        // It is loaded from the directory of its name.
        if index == 0
            && let Some(escape) = paths::escape(name)
        {
            let message = format!(
                "the component `{}` {}",
                escape_text(name),
                escape.describe()
            );
            self.tally.add(value.draft(&rules::PATH_ESCAPE, message));
        }
        match index {
            0 if name == "_class_name" => self.remote_code(value, "_class_name"),
            0 => {
                value.text.clone_into(&mut self.library);
                if !is_pipeline_library(value.text) {
                    self.library(value, "is a component from");
                }
            }
            _ if name == "_class_name" || is_pipeline_library(&self.library) => {}
            _ => {
                let called = format!("{}.{}", self.library, value.text);
                if let Some(found) = code::target(&called).filter(|f| f.severity > Severity::Medium)
                {
                    let message =
                        format!("the component `{name}` is made by calling {}", found.what);
                    let draft = value.draft(&rules::FOREIGN_CALLABLE, message);
                    self.tally.add(draft.severity(found.severity));
                }
            }
        }
    }

    /// A module that is imported although the manifest's own library does not
    /// have it.
    fn library(&mut self, value: &Value<'_>, does: &str) {
        let message = format!(
            "`{}` {does} the module `{}`",
            shown(value.steps),
            value.shown()
        );
        self.tally
            .add(value.draft(&rules::FOREIGN_CALLABLE, message));
    }

    fn file_field(&mut self, value: &Value<'_>) {
        let Some(escape) = paths::escape(value.text) else {
            return;
        };
        let severity = match escape {
            // Tools write down where a file lay when the model was made.
            Escape::Absolute | Escape::Drive | Escape::Home | Escape::Backslash => Severity::Low,
            _ => Severity::Medium,
        };
        let message = format!("the file `{}` {}", value.shown(), escape.describe());
        let draft = value.draft(&rules::PATH_ESCAPE, message);
        self.tally.add(draft.severity(severity));
    }

    fn template(&mut self, value: &Value<'_>, cut: bool, cx: &mut Context<'_>) {
        judge_template(
            value.text,
            value.span.clone(),
            &mut self.tally,
            cx,
            |draft| draft.within(shown(value.steps)),
        );
        if cut {
            let detail = format!(
                "the chat template is longer than {} bytes",
                value.text.len()
            );
            cx.gap(value.span.clone(), Why::Limit, detail);
        }
    }
}

/// Judge a template: report what it does, name what is not followed.
pub(in crate::formats) fn judge_template(
    text: &str,
    span: Span,
    tally: &mut Tally,
    cx: &mut Context<'_>,
    place: impl Fn(Draft) -> Draft,
) {
    let verdict = template::judge(text);
    for notice in verdict.notices {
        let draft = notice.rule.at(span.clone()).severity(notice.severity);
        let message = format!("the chat template {}", notice.what);
        tally.add(place(draft.message(message).evidence(notice.excerpt)));
    }
    if let Some(what) = verdict.unfollowed {
        let what: String = escape_text(&what).chars().take(SHOWN_CAP_CHARS).collect();
        let detail =
            format!("the chat template is not examined to its end by this version: it uses {what}");
        cx.gap(span, Why::Unsupported, detail);
    }
}
