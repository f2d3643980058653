//! The documents of a layout: `index.json`, manifests, configurations, and the
//! `manifest.json` of `docker save`.

use crate::detect::paths;
use crate::formats::manifest::trail::{Step, Trail, last_key, shown};
use crate::formats::tally::Tally;
use crate::formats::{Artifact, Claim, Content, Context, Format, FormatSpec, Probe};
use crate::report::{Severity, Span, escape_text};
use crate::rules::Rule;
use crate::rules::manifest::DUPLICATE_KEY;
use crate::rules::oci::{FOREIGN_LAYER, OUTSIDE_LAYOUT};
use crate::wire::Fault;
use crate::wire::json::{Duplicate, Duplicates, Reader, Token};

/// Media types of models.
const MODEL_TYPES: &[&str] = &[
    "application/vnd.cncf.model.",
    "application/vnd.docker.ai.",
    "application/vnd.ollama.image.model",
];

/// Media types of images.
const IMAGE_TYPES: &[&str] = &["application/vnd.oci.image.", "application/vnd.docker."];

/// Algorithms of digests.
const ALGORITHMS: &[&str] = &["blake3", "sha256", "sha384", "sha512"];

/// Characters of a value that are shown.
const SHOWN_CAP_CHARS: usize = 200;

/// Document of a container image.
pub struct Document {
    spec: &'static FormatSpec,
    is_model: bool,
}

/// Manifest, index or configuration of a container image.
pub static MANIFEST: Document = Document {
    spec: &FormatSpec {
        id: "oci-manifest",
        title: "Container image manifest",
        suffixes: &[],
        runs_code: false,
        content: Content::Data,
        layer_of: Some("manifest"),
        references: &[
            "https://github.com/opencontainers/image-spec/blob/main/manifest.md",
            "https://github.com/moby/docker-image-spec",
        ],
        limitations: &["What a container runs (entry point, command, variables) is not judged."],
    },
    is_model: false,
};

/// Manifest of a model that is packed as an image.
pub static MODEL: Document = Document {
    spec: &FormatSpec {
        id: "oci-model-manifest",
        title: "Model packed as a container image",
        suffixes: &[],
        runs_code: false,
        content: Content::Data,
        layer_of: Some("manifest"),
        references: &[
            "https://github.com/modelpack/model-spec",
            "https://docs.docker.com/ai/model-runner/",
        ],
        limitations: &["Annotations and parameters of the model are not judged."],
    },
    is_model: true,
};

impl Format for Document {
    fn spec(&self) -> &'static FormatSpec {
        self.spec
    }

    fn recognise(&self, probe: &Probe<'_>) -> Claim {
        let head = probe.head();
        let has = |word: &str| memchr::memmem::find(head, word.as_bytes()).is_some();
        let typed = |types: &[&str]| types.iter().any(|t| has(&format!("\"{t}")));
        let is_document = match head.trim_ascii_start() {
            [b'{', ..] => {
                let lists = has("\"schemaVersion\"") && (has("\"manifests\"") || has("\"layers\""));
                let describes = has("\"rootfs\"") && has("\"diff_ids\"");
                lists || describes || (has("\"mediaType\"") && typed(IMAGE_TYPES))
            }
            [b'[', ..] => has("\"Config\"") && has("\"Layers\"") && has("\"RepoTags\""),
            _ => false,
        };
        let is_model = typed(MODEL_TYPES);
        match (is_document || is_model && has("\"mediaType\"")) && is_model == self.is_model {
            true => Claim::Structure,
            false => Claim::No,
        }
    }

    fn examine(&self, artifact: &Artifact, cx: &mut Context<'_>) -> Result<(), Fault> {
        let mut tally = Tally::default();
        let ended = walk(artifact, cx, &mut tally);
        tally.report(cx);
        ended
    }
}

fn walk(artifact: &Artifact, cx: &mut Context<'_>, tally: &mut Tally) -> Result<(), Fault> {
    let source = artifact.source.as_ref();
    let mut reader = Reader::new(source, 0..source.len());
    let mut trail = Trail::default();
    let mut duplicates = Duplicates::default();
    while let Some(event) = reader.next()? {
        cx.tick()?;
        trail.see(&event);
        if duplicates.see(&event) == Duplicate::Key {
            let message = format!("`{}` stands twice in its object", shown(trail.steps()));
            tally.add(DUPLICATE_KEY.at(event.span.start).message(message));
        }
        if let Token::String(text) = event.token {
            string(trail.steps(), text.value, event.span, tally);
        }
    }
    Ok(())
}

fn string(steps: &[Step], text: &str, span: Span, tally: &mut Tally) {
    let in_config = matches!(steps.first(), Some(Step::Key(key)) if key == "config" || key == "history")
        && !matches!(steps, [Step::Key(_), Step::Key(key)] if key == "digest");
    match last_key(steps) {
        "digest" if !in_config && !is_digest(text) => {
            let message = format!("the digest `{}` is none", cut(text));
            add(
                &OUTSIDE_LAYOUT,
                steps,
                text,
                span,
                message,
                escaping(text),
                tally,
            );
        }
        "urls" if !in_config => {
            let message = format!("a layer is fetched from `{}`", cut(text));
            add(
                &FOREIGN_LAYER,
                steps,
                text,
                span,
                message,
                FOREIGN_LAYER.severity,
                tally,
            );
        }
        "Config" | "Layers" if matches!(steps.first(), Some(Step::Index(_))) => {
            if let Some(escape) = paths::escape(text) {
                let message = format!("the file `{}` {}", cut(text), escape.describe());
                let severity = OUTSIDE_LAYOUT.severity;
                add(&OUTSIDE_LAYOUT, steps, text, span, message, severity, tally);
            }
        }
        _ => {}
    }
}

/// What is no digest is worse where it is a path.
fn escaping(text: &str) -> Severity {
    match text.contains(['/', '\\']) {
        true => OUTSIDE_LAYOUT.severity,
        false => Severity::Low,
    }
}

fn add(
    rule: &'static Rule,
    steps: &[Step],
    text: &str,
    span: Span,
    message: String,
    severity: Severity,
    tally: &mut Tally,
) {
    let evidence: String = text.chars().take(SHOWN_CAP_CHARS).collect();
    let draft = rule.at(span).severity(severity).message(message);
    tally.add(draft.evidence(evidence).within(shown(steps)));
}

fn cut(text: &str) -> String {
    escape_text(text).chars().take(SHOWN_CAP_CHARS).collect()
}

/// An algorithm and hexadecimal digits.
pub(super) fn is_digest(text: &str) -> bool {
    text.split_once(':').is_some_and(|(algorithm, digits)| {
        ALGORITHMS.contains(&algorithm)
            && digits.len() >= 32
            && digits.bytes().all(|b| b.is_ascii_hexdigit())
    })
}
