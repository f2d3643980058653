//! Configuration of two programs that run models: spaCy's `config.cfg` and
//! Triton's `config.pbtxt`.
//!
//! Neither holds code. Both name it: spaCy looks names up in a registry to
//! which any installed package adds, and readers of that registry unpickle;
//! Triton's Python backend runs the `model.py` beside the configuration.
//!
//! Not checked: what the named functions do, and everything in these files
//! that names none.

use super::tally::Tally;
use super::text::looks_like_text;
use super::{Artifact, Claim, Content, Context, Format, FormatSpec, Kind, Probe};
use crate::report::{Severity, Why, escape_text};
use crate::rules::manifest::{FOREIGN_CALLABLE, REMOTE_CODE};
use crate::wire::Fault;

/// Bytes of a configuration that are read.
const READ_CAP_BYTES: u64 = 4 << 20;

/// Registered functions by the packages that spaCy's own projects use.
const SPACY: &[&str] = &[
    "catalogue",
    "confection",
    "corenlp",
    "curated",
    "prodigy",
    "scispacy",
    "spacy",
    "srsly",
    "thinc",
];

/// Backends that load a model and nothing else.
const BACKENDS: &[&str] = &[
    "dali",
    "fil",
    "identity",
    "onnxruntime",
    "openvino",
    "pytorch",
    "tensorflow",
    "tensorrt",
    "tensorrtllm",
    "vllm",
];

/// Pipeline of spaCy, model of Triton.
pub struct ServingConfig;

static SPEC: FormatSpec = FormatSpec {
    id: "serving-configuration",
    title: "spaCy or Triton configuration",
    suffixes: &[],
    runs_code: false,
    content: Content::Data,
    layer_of: Some("source-code"),
    references: &[
        "https://spacy.io/usage/training#config-custom",
        "https://github.com/triton-inference-server/python_backend",
    ],
    limitations: &["Only the names of registered functions and backends are judged."],
};

impl Format for ServingConfig {
    fn spec(&self) -> &'static FormatSpec {
        &SPEC
    }

    fn kind(&self) -> Kind {
        Kind::Text
    }

    fn recognise(&self, probe: &Probe<'_>) -> Claim {
        let named = match probe.file_name() {
            "config.pbtxt" => true,
            "config.cfg" => memchr::memmem::find(probe.head(), b"[nlp").is_some(),
            _ => false,
        };
        match named && looks_like_text(probe.head()) {
            true => Claim::Magic,
            false => Claim::No,
        }
    }

    fn examine(&self, artifact: &Artifact, cx: &mut Context<'_>) -> Result<(), Fault> {
        let len = artifact.source.len().min(READ_CAP_BYTES);
        let chunk = artifact.source.chunk(0..len)?;
        if len < artifact.source.len() {
            let detail = format!("only the first {READ_CAP_BYTES} bytes are judged");
            cx.gap(len..artifact.source.len(), Why::Limit, detail);
        }
        let mut tally = Tally::default();
        let mut at = 0u64;
        for line in chunk.split(|&b| b == b'\n') {
            cx.tick()?;
            let end = at.saturating_add(line.len() as u64);
            let text = String::from_utf8_lossy(line);
            if let Some((rule, severity, message)) = judge(text.trim()) {
                let draft = rule.at(at..end).severity(severity).message(message);
                tally.add(draft.evidence(text.trim().chars().take(160).collect::<String>()));
            }
            at = end.saturating_add(1);
        }
        chunk.verify()?;
        tally.report(cx);
        Ok(())
    }
}

/// What a line names.
fn judge(line: &str) -> Option<(&'static crate::rules::Rule, Severity, String)> {
    let (key, value) = line.split_once(['=', ':'])?;
    let (key, value) = (key.trim(), value.trim().trim_matches(['"', '\'', ',']));
    let shown = escape_text(value);
    if let Some(registry) = key.strip_prefix('@') {
        let package = value.split(['.', '-', '_']).next().unwrap_or_default();
        let registry = escape_text(registry);
        return match value.contains("pickle") {
            true => Some((
                &FOREIGN_CALLABLE,
                Severity::Medium,
                format!("`@{registry}` calls `{shown}`, which unpickles a file"),
            )),
            false if SPACY.contains(&package) || is_plain(value) => None,
            false => Some((
                &FOREIGN_CALLABLE,
                Severity::Low,
                format!("`@{registry}` calls `{shown}`, which spaCy does not have"),
            )),
        };
    }
    match key {
        "backend" if value == "python" => Some((
            &REMOTE_CODE,
            Severity::Low,
            "the server runs the `model.py` beside the configuration".to_owned(),
        )),
        "backend" if !BACKENDS.contains(&value) => Some((
            &FOREIGN_CALLABLE,
            // A name is one of the server's own directory.
            match value.contains(['/', '\\']) {
                true => Severity::Medium,
                false => Severity::Low,
            },
            format!("the server loads the backend `{shown}`, a native library"),
        )),
        _ if value.contains("EXECUTION_ENV_PATH") => Some((
            &REMOTE_CODE,
            Severity::Low,
            "the server runs an environment of Python that the model brings".to_owned(),
        )),
        _ => None,
    }
}

/// `Adam.v1`: a function of Thinc itself has no package in its name.
fn is_plain(value: &str) -> bool {
    value.split_once('.').is_some_and(|(_, rest)| {
        rest.strip_prefix('v')
            .is_some_and(|n| n.bytes().all(|b| b.is_ascii_digit()))
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::{examine, mangle, recognise};
    use super::*;

    #[test]
    fn names_of_code_are_told() {
        let spacy = |text: &str| examine(&ServingConfig, "config.cfg", text);
        let clean = "[nlp]\nlang = \"en\"\n[components.ner.model]\n@architectures = \"spacy.TransitionBasedParser.v2\"\n";
        assert!(spacy(clean).is_clean());
        assert_eq!(recognise(&ServingConfig, "config.cfg", clean), Claim::Magic);
        assert_eq!(recognise(&ServingConfig, "setup.cfg", clean), Claim::No);
        let reader = spacy("[nlp]\n@readers = \"srsly.read_pickle.v1\"\n");
        assert_eq!(
            reader.severity("manifest-foreign-callable"),
            Severity::Medium
        );
        let callback = spacy("[nlp]\n@callbacks = \"acme.run.v1\"\n");
        assert_eq!(
            callback.severity("manifest-foreign-callable"),
            Severity::Low
        );
        let triton = examine(
            &ServingConfig,
            "config.pbtxt",
            "name: \"m\"\nbackend: \"python\"\n",
        );
        assert_eq!(triton.severity("manifest-remote-code"), Severity::Low);
        assert!(examine(&ServingConfig, "config.pbtxt", "backend: \"onnxruntime\"\n").is_clean());
        mangle(
            &ServingConfig,
            "config.pbtxt",
            b"backend: \"x\"\n@a = \"b\"",
        );
    }
}
