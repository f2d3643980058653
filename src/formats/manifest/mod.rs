//! Manifests: the JSON beside the weights that decides what a loader imports,
//! fetches, renders and opens.
//!
//! `config.json`, `tokenizer_config.json`, `model_index.json`, `modules.json`
//! and their kind. They hold no code, and they name code: a module beside the
//! model or in somebody else's repository (`auto_map`, `custom_pipelines`,
//! `custom_generate`), a kernel to fetch, a class to instantiate (`_target_`,
//! diffusers components, sentence-transformers modules), a chat template to
//! render. Each such field is a rule in [`fields`], found at any depth, because
//! a model within a model has a manifest within the manifest.
//!
//! A manifest is known by its name or, under any other name, by a key that only
//! manifests have near its beginning. It is read as a stream; keys that stand
//! twice are told.
//!
//! YAML beside the weights is judged by the same rules: see
//! [`yaml`](super::yaml).
//!
//! What loads a manifest acts on its texts, so that the sweep takes it for data.
//! Only vocabularies and records in it may say anything ([`quoted`]); addresses
//! in other fields are told with the field.
//!
//! The Python files that a manifest names are judged by themselves
//! ([`python`](super::python)). Whether they are there is told by the engine. Not
//! checked here: JSON under other names that holds such a key only far behind its beginning.
//! Templates are judged by [`detect::template`](crate::detect::template); what
//! that does not follow is a gap.

mod components;
mod described;
mod fields;
mod quoted;
pub(super) mod trail;

#[cfg(test)]
mod tests;

use fields::Judge;
pub(super) use fields::judge_template;
use quoted::Quoted;
use trail::{Step, Trail};

use super::{Artifact, Claim, Content, Context, Format, FormatSpec, Probe};
use crate::report::{Severity, Why, escape_text};
use crate::rules::manifest as rules;
use crate::wire::Fault;
use crate::wire::json::{Duplicate, Duplicates, Event, NAMES_CAP, Reader, Token};

/// Manifest.
pub struct Manifest;

static SPEC: FormatSpec = FormatSpec {
    id: "manifest",
    title: "Model manifest",
    suffixes: &[".json"],
    runs_code: false,
    content: Content::Data,
    layer_of: Some("text"),
    references: &[
        "https://huggingface.co/docs/transformers/custom_models",
        "https://huggingface.co/docs/diffusers/using-diffusers/custom_pipeline_overview",
    ],
    limitations: &[
        "Whether the Python files that a manifest names are beside it is checked where a directory is scanned.",
        "Chat templates that are no Jinja or nested beyond reason are judged tag by tag.",
    ],
};

/// Names under which loaders look for a manifest.
const NAMES: &[&str] = &[
    "adapter_config.json",
    "audio_tokenizer_config.json",
    "chat_template.json",
    "config.json",
    "config_sentence_transformers.json",
    "feature_extractor_config.json",
    "generation_config.json",
    "image_processor_config.json",
    "model_config.json",
    "model_index.json",
    "modules.json",
    "open_clip_config.json",
    "params.json",
    "preprocessor_config.json",
    "processor_config.json",
    "quantization_config.json",
    "quantize_config.json",
    "scheduler_config.json",
    "tokenizer_config.json",
    "video_preprocessor_config.json",
];

/// How the names of configurations end that people give them.
const ENDINGS: &[&str] = &["-config.json", "_config.json"];

/// Whether loaders look for a manifest under this name, in lower case.
fn is_name(file: &str) -> bool {
    NAMES.contains(&file) || ENDINGS.iter().any(|ending| file.ends_with(ending))
}

/// Keys that make JSON under any name a manifest.
const KEYS: &[&str] = &[
    "\"_class_name\"",
    "\"_target_\"",
    "\"architectures\"",
    "\"attn_implementation\"",
    "\"auto_map\"",
    "\"auto_mapping\"",
    "\"chat_template\"",
    "\"custom_generate\"",
    "\"custom_pipelines\"",
    "\"model_type\"",
    "\"transformers_version\"",
    "\"trust_remote_code\"",
];

impl Format for Manifest {
    fn spec(&self) -> &'static FormatSpec {
        &SPEC
    }

    fn recognise(&self, probe: &Probe<'_>) -> Claim {
        let named = is_name(probe.file_name());
        let head = probe.head();
        let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
        let begins = matches!(text.trim_ascii_start(), [b'{' | b'[', ..]);
        let wide = matches!(
            head,
            [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [b'{', 0, ..] | [0, b'{', ..]
        );
        let keyed = || {
            let has = |key: &&str| memchr::memmem::find(head, key.as_bytes()).is_some();
            !probe.has_suffix(&[".index.json"]) && KEYS.iter().any(has)
        };
        match named {
            true if begins || wide => Claim::Structure,
            true => Claim::Name,
            // A pickle or a zip may hold such text; JSON begins as JSON does.
            false if begins && keyed() => Claim::Structure,
            false => Claim::No,
        }
    }

    fn examine(&self, artifact: &Artifact, cx: &mut Context<'_>) -> Result<(), Fault> {
        let mut events = Events::new(&artifact.name);
        let ended = walk(artifact, cx, &mut events);
        events.finish(cx);
        ended
    }
}

/// Read the document and hand every event to the judge.
fn walk(artifact: &Artifact, cx: &mut Context<'_>, events: &mut Events) -> Result<(), Fault> {
    let source = artifact.source.as_ref();
    let mut reader = Reader::new(source, 0..source.len());
    loop {
        cx.tick()?;
        match reader.next()? {
            Some(event) => events.see(&event, cx),
            None => return Ok(()),
        }
    }
}

/// Judges a document event by event, whatever it is written in: every value
/// with the keys that lead to it.
pub(super) struct Events {
    judge: Judge,
    duplicates: Duplicates,
    trail: Trail,
    /// Parts that nobody evaluates; not asked for in YAML, which has none.
    quoted: Option<Quoted>,
    /// How bad a key is that stands twice.
    twice: Severity,
}

impl Events {
    /// A document called `name`.
    pub(super) fn new(name: &str) -> Self {
        let file = name.rsplit(['/', '\\']).next().unwrap_or_default();
        let file = file.to_lowercase();
        Events {
            quoted: Some(Quoted::new(is_name(&file))),
            judge: Judge::new(&file),
            duplicates: Duplicates::default(),
            trail: Trail::default(),
            twice: rules::DUPLICATE_KEY.severity,
        }
    }

    /// The same in YAML, whose readers take the last of two keys or refuse, and
    /// which people write by hand.
    pub(super) fn by_hand(name: &str) -> Self {
        Events {
            quoted: None,
            twice: Severity::Low,
            ..Events::new(name)
        }
    }

    /// Take the next event.
    pub(super) fn see(&mut self, event: &Event<'_>, cx: &mut Context<'_>) {
        match self.duplicates.see(event) {
            Duplicate::No => {}
            Duplicate::Key => self.repeated(&event.token, event.span.start),
            Duplicate::CapReached => {
                let detail = format!(
                    "more than {NAMES_CAP} keys; later ones are not compared for duplicates"
                );
                cx.gap(event.span.clone(), Why::Limit, detail);
            }
        }
        self.trail.see(event);
        if let Some(span) = self.quoted.as_mut().and_then(|quoted| quoted.see(event)) {
            cx.prose(span);
        }
        let is_field = self.quoted.as_ref().is_some_and(|quoted| !quoted.is_here());
        let span = event.span.clone();
        match event.token {
            Token::String(text) => {
                if is_field {
                    self.judge.addresses(self.trail.steps(), text, &span, cx);
                }
                self.judge.string(self.trail.steps(), text, span, cx);
            }
            Token::Bool(true) => self.judge.truth(self.trail.steps(), span),
            Token::Number(number) => {
                let number = number.as_u64().unwrap_or_default();
                self.judge.described.number(self.trail.steps(), number);
            }
            _ => {}
        }
    }

    fn repeated(&mut self, token: &Token<'_>, at: u64) {
        let Token::Key(key) = token else { return };
        let shown: String = escape_text(key.value).chars().take(200).collect();
        let message = format!("`{shown}` stands twice in its object");
        let draft = rules::DUPLICATE_KEY.at(at).severity(self.twice);
        self.judge.tally.add(draft.message(message).within(shown));
    }

    /// Report what was found.
    pub(super) fn finish(self, cx: &mut Context<'_>) {
        self.judge.tally.report(cx);
        self.judge.described.finish(cx);
    }
}
