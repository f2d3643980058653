//! Core ML: the manifest of a package (`.mlpackage`), and the model itself.
//!
//! The manifest says which files of the package's `Data` folder it consists
//! of. An attacker has a path lead out of the package.

mod model;
#[cfg(test)]
mod model_tests;
mod walk;

pub use model::CoreMl;

use super::manifest::trail::{Trail, keys, last_key, shown};
use super::tally::Tally;
use super::{Artifact, Claim, Content, Context, Format, FormatSpec, Probe};
use crate::detect::paths;
use crate::report::escape_text;
use crate::rules::packages::COREML_PATH;
use crate::wire::Fault;
use crate::wire::json::{Reader, Token};

/// Characters of a path that are shown.
const SHOWN_CAP_CHARS: usize = 200;

/// Manifest of a Core ML package.
pub struct PackageManifest;

static SPEC: FormatSpec = FormatSpec {
    id: "coreml-package",
    title: "Manifest of a Core ML package",
    suffixes: &[],
    runs_code: false,
    content: Content::Data,
    layer_of: Some("manifest"),
    references: &[
        "https://apple.github.io/coremltools/docs-guides/source/convert-to-ml-program.html",
    ],
    limitations: &["Whether the files that it names are there is not looked at."],
};

impl Format for PackageManifest {
    fn spec(&self) -> &'static FormatSpec {
        &SPEC
    }

    fn recognise(&self, probe: &Probe<'_>) -> Claim {
        let head = probe.head().trim_ascii_start();
        let has = |key: &[u8]| memchr::memmem::find(head, key).is_some();
        match head.starts_with(b"{") && has(b"\"itemInfoEntries\"") {
            true => Claim::Structure,
            false => Claim::No,
        }
    }

    fn examine(&self, artifact: &Artifact, cx: &mut Context<'_>) -> Result<(), Fault> {
        let source = artifact.source.as_ref();
        let mut reader = Reader::new(source, 0..source.len());
        let (mut trail, mut tally) = (Trail::default(), Tally::default());
        let ended = loop {
            cx.tick()?;
            let event = match reader.next() {
                Ok(Some(event)) => event,
                Ok(None) => break Ok(()),
                Err(fault) => break Err(fault),
            };
            trail.see(&event);
            let steps = trail.steps();
            let is_path = last_key(steps) == "path" && keys(steps).any(|k| k == "itemInfoEntries");
            if let Token::String(text) = event.token
                && is_path
                && let Some(escape) = paths::escape(text.value)
            {
                let path: String = escape_text(text.value)
                    .chars()
                    .take(SHOWN_CAP_CHARS)
                    .collect();
                let message = format!("the path `{path}` {}", escape.describe());
                let draft = COREML_PATH.at(event.span).message(message);
                tally.add(draft.evidence(path).within(shown(steps)));
            }
        };
        tally.report(cx);
        ended
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{examine, mangle, recognise};
    use super::*;

    #[test]
    fn paths_that_leave_are_told() {
        let of = |path: &str| {
            format!(
                r#"{{"fileFormatVersion": "1.0.0", "itemInfoEntries": {{"A": {{"author": "x", "path": "{path}"}}}}, "rootModelIdentifier": "A"}}"#
            )
        };
        let good = of("com.apple.CoreML/model.mlmodel");
        assert_eq!(
            recognise(&PackageManifest, "Manifest.json", good.clone()),
            Claim::Structure
        );
        assert_eq!(
            recognise(&PackageManifest, "Manifest.json", "{}"),
            Claim::No
        );
        assert!(examine(&PackageManifest, "Manifest.json", good.clone()).is_clean());
        for path in ["../../x", "/etc/passwd", "file:///x"] {
            let said = examine(&PackageManifest, "Manifest.json", of(path));
            assert_eq!(said.rules(), ["coreml-path-escape"], "{path}");
        }
        mangle(&PackageManifest, "Manifest.json", good.as_bytes());
    }
}
