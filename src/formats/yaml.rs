//! YAML beside the weights: `hparams.yaml`, `model_config.yaml`, `MLmodel`,
//! architectures of Keras.
//!
//! The fields that manifests have mean the same here and are judged by the same
//! rules ([`manifest`](super::manifest)), and a Keras configuration is judged as
//! one. Besides, a tag may name Python to call (`!!python/object/apply:`), which
//! PyYAML does unless it loads safely.
//!
//! An attacker writes a tag or a target by an alias, in another encoding, with
//! escapes, under a handle of its own, or behind what a strict parser refuses.
//!
//! Not checked: what stands in the spec below.

use super::keras::config::Tree;
use super::manifest::Events;
use super::tally::Tally;
use super::text::looks_like_text;
use super::{Artifact, Claim, Content, Context, Format, FormatSpec, Probe};
use crate::detect::code;
use crate::detect::globals::{Judgement, Use, judge_use};
use crate::report::{Severity, Span, escape_text};
use crate::rules::manifest::{CLASS_TAG, PYTHON_TAG};
use crate::wire::{Fault, wide, yaml};

/// Characters of a tag that are shown.
const SHOWN_CAP_CHARS: usize = 200;

/// Names without a suffix that are YAML.
const NAMES: &[&str] = &["mlmodel", "hparams"];

/// What a tag of PyYAML begins with, wherever it stands.
const TAG: &[u8] = b"python/";

/// Tags of HyperPyYAML that import what they name.
const FACTORIES: &[&str] = &["!apply", "!applyref", "!module", "!name", "!new"];

/// How tags begin that name classes of Java and of Ruby.
const CLASSES: &[&str] = &[
    "com.sun.",
    "java.",
    "javax.",
    "org.springframework.",
    "ruby/",
];

/// YAML document.
pub struct Yaml;

static SPEC: FormatSpec = FormatSpec {
    id: "yaml",
    title: "YAML document",
    suffixes: &[".yaml", ".yml"],
    runs_code: false,
    content: Content::Data,
    layer_of: Some("source-code"),
    references: &[
        "https://yaml.org/spec/1.2.2/",
        "https://pyyaml.org/wiki/PyYAMLDocumentation",
        "CVE-2020-14343",
        "CVE-2025-23304",
    ],
    limitations: &[
        "An alias of a mapping or a list is not followed: it is judged where it is defined.",
        "Documents of more than 32 MiB are not read; a gap says so.",
    ],
};

impl Format for Yaml {
    fn spec(&self) -> &'static FormatSpec {
        &SPEC
    }

    fn recognise(&self, probe: &Probe<'_>) -> Claim {
        let named = probe.has_suffix(SPEC.suffixes) || NAMES.contains(&probe.file_name());
        match named && looks_like_text(probe.head()) {
            true => Claim::Magic,
            false => Claim::No,
        }
    }

    fn examine(&self, artifact: &Artifact, cx: &mut Context<'_>) -> Result<(), Fault> {
        let source = artifact.source.as_ref();
        if source.len() > yaml::TEXT_CAP_BYTES {
            let what = format!("YAML of {} bytes is not read", source.len());
            return Err(Fault::unsupported(0, what));
        }
        let chunk = source.chunk(0..source.len())?;
        let wide = wide::decode(&chunk);
        let text = match &wide {
            Some(text) => Ok(text.as_str()),
            None => std::str::from_utf8(chunk.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&chunk)),
        };
        let text = text.map_err(|error| {
            Fault::malformed(error.valid_up_to() as u64, "the document is not UTF-8")
        })?;
        let mut document = Document::new(artifact, chunk.len().saturating_sub(text.len()) as u64);
        if wide.is_some() {
            document.whole = Some(0..source.len());
        }
        let ended = yaml::read(text, &mut |event, tag| {
            cx.tick()?;
            document.see(event, tag, cx)
        });
        if let Err(fault) = &ended {
            document.unread(text, fault.offset().unwrap_or(0));
        }
        document.finish(cx)?;
        chunk.verify()?;
        ended
    }
}

struct Document {
    events: Events,
    tree: Tree,
    tally: Tally,
    /// Bytes of a byte order mark in front of the text.
    mark: u64,
    /// Where everything is said to stand, where offsets mean nothing.
    whole: Option<Span>,
}

impl Document {
    fn new(artifact: &Artifact, mark: u64) -> Self {
        Document {
            events: Events::by_hand(&artifact.name),
            tree: Tree::default(),
            tally: Tally::default(),
            mark,
            whole: None,
        }
    }

    fn place(&self, span: &Span) -> Span {
        let moved = |at: u64| at.saturating_add(self.mark);
        self.whole
            .clone()
            .unwrap_or(moved(span.start)..moved(span.end))
    }

    fn see(
        &mut self,
        event: &crate::wire::json::Event<'_>,
        tag: Option<&str>,
        cx: &mut Context<'_>,
    ) -> Result<(), Fault> {
        let mut event = event.clone();
        event.span = self.place(&event.span);
        if let Some(called) = tag.and_then(|tag| tag.strip_prefix("python/")) {
            self.tag(called, event.span.clone());
        }
        if let Some(tag) = tag {
            self.factory(tag, event.span.clone());
            self.class(tag, event.span.clone());
        }
        self.events.see(&event, cx);
        self.tree.see(&event);
        Ok(())
    }

    /// A tag of PyYAML: `object/apply:os.system`.
    fn tag(&mut self, tag: &str, span: Span) {
        let Some((kind, name)) = tag.split_once(':') else {
            return;
        };
        let calls = matches!(kind, "object/apply" | "object/new" | "object");
        let (module, last) = name.rsplit_once('.').unwrap_or(("builtins", name));
        let used = if calls { Use::Called } else { Use::Named };
        let (severity, why) = match judge_use(module, last, used) {
            Judgement::Harmless(_) => return,
            Judgement::Dangerous { severity, why, .. } => (severity, why.to_string()),
            _ if kind == "module" => (Severity::Medium, "it is imported".to_owned()),
            Judgement::Unknown { known_package } => match (known_package, kind) {
                (true, _) => (Severity::Low, "it is of a well-known library".to_owned()),
                (false, "object") => (Severity::Medium, "it is not known".to_owned()),
                (false, _) => (Severity::High, "it is not known".to_owned()),
            },
        };
        let shown: String = escape_text(tag).chars().take(SHOWN_CAP_CHARS).collect();
        let message = format!("the tag `!!python/{shown}` reaches Python: {why}");
        let draft = PYTHON_TAG.at(span).severity(severity).message(message);
        self.tally.add(draft.evidence(shown));
    }

    /// A tag of HyperPyYAML: `!new:subprocess.Popen` makes, `!name:` refers to
    /// and `!apply:` calls what it names. What a library or a project brings is
    /// ordinary.
    fn factory(&mut self, tag: &str, span: Span) {
        let Some((kind, name)) = tag.split_once(':') else {
            return;
        };
        if !FACTORIES.contains(&kind) {
            return;
        }
        let found = code::target(name.trim()).filter(|found| found.severity > Severity::Medium);
        if let Some(found) = found {
            let shown: String = escape_text(tag).chars().take(SHOWN_CAP_CHARS).collect();
            let message = format!("the tag `{shown}` makes {}", found.what);
            let draft = PYTHON_TAG.at(span).severity(found.severity);
            self.tally.add(draft.message(message).evidence(shown));
        }
    }

    /// A tag that names a class of another language: YAML for models has none.
    fn class(&mut self, tag: &str, span: Span) {
        if CLASSES.iter().any(|prefix| tag.starts_with(prefix)) {
            let shown: String = escape_text(tag).chars().take(SHOWN_CAP_CHARS).collect();
            let message = format!("the tag `!!{shown}` names a class to be made");
            self.tally
                .add(CLASS_TAG.at(span).message(message).evidence(shown));
        }
    }

    /// What stands behind the place where reading ended is looked at for tags
    /// alone: another reader may go on.
    fn unread(&mut self, text: &str, from: u64) {
        let from = usize::try_from(from).unwrap_or(usize::MAX).min(text.len());
        let rest = text.as_bytes().get(from..).unwrap_or_default();
        for at in memchr::memmem::find_iter(rest, TAG) {
            let tag = rest.get(at.saturating_add(TAG.len())..).unwrap_or_default();
            let is_end = |b: &u8| b.is_ascii_whitespace() || matches!(b, b',' | b']' | b'}' | b'>');
            let end = tag.iter().position(is_end).unwrap_or(tag.len());
            let tag = tag.get(..end.min(SHOWN_CAP_CHARS)).unwrap_or_default();
            let at = from.saturating_add(at) as u64;
            if let Ok(tag) = std::str::from_utf8(tag)
                && ["object", "name:", "module:"]
                    .iter()
                    .any(|kind| tag.starts_with(kind))
            {
                let span = self.place(&(at..at.saturating_add(tag.len() as u64)));
                self.tag(tag, span);
            }
        }
    }

    fn finish(self, cx: &mut Context<'_>) -> Result<(), Fault> {
        self.tally.report(cx);
        self.events.finish(cx);
        self.tree.finish(cx)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Said, examine, mangle, recognise};
    use super::*;

    fn said(text: &str) -> Said {
        examine(&Yaml, "hparams.yaml", text)
    }

    #[test]
    fn tags_that_call_are_graded_by_what_they_call() {
        for (text, severity) in [
            ("!!python/object/apply:os.system [id]", Severity::Critical),
            (
                "a:\n  - !!python/object/new:subprocess.Popen [id]",
                Severity::Critical,
            ),
            ("a: !!python/name:os.system ''", Severity::Critical),
            ("a: !!python/object/apply:unknown.thing [1]", Severity::High),
            ("a: !!python/object:unknown.Thing {b: 1}", Severity::Medium),
            (
                "? !!python/object/apply:os.system [id]\n: b",
                Severity::Critical,
            ),
        ] {
            assert_eq!(said(text).severity("yaml-python-tag"), severity, "{text}");
        }
        assert!(said("a: !!python/tuple [1, 2]\nb: !!python/str x\nc: !mine y").is_clean());
    }

    #[test]
    fn tags_of_other_libraries_that_make_objects_are_told() {
        for text in [
            "a: !new:subprocess.Popen\n  args: [id]\n",
            "a: !apply:os.system [id]\n",
            "a: !name:builtins.eval\n",
        ] {
            assert_eq!(
                said(text).severity("yaml-python-tag"),
                Severity::Critical,
                "{text}"
            );
        }
        let java = "!!javax.script.ScriptEngineManager [!!java.net.URLClassLoader []]\n";
        assert_eq!(said(java).severity("yaml-class-tag"), Severity::High);
        for text in [
            "a: !new:torch.nn.Linear\n  in_features: 1\nb: !name:torch.optim.Adam\n",
            "a: !apply:torch.manual_seed [1]\nb: !new:custom.Model {}\nc: !ref <a>\n",
            "java: 1\nb: !mine java.net\n",
        ] {
            assert!(said(text).is_clean(), "{text}: {:?}", said(text).rules());
        }
    }

    #[test]
    fn encodings_and_broken_documents_hide_nothing() {
        let text = "a: !!python/object/apply:os.system [id]";
        let wide: Vec<u8> = [0xfeffu16]
            .into_iter()
            .chain(text.encode_utf16())
            .flat_map(u16::to_le_bytes)
            .collect();
        assert_eq!(examine(&Yaml, "a.yaml", wide).rules(), ["yaml-python-tag"]);
        let broken = said(&format!("a: [1, }}\n{text}\n"));
        assert_eq!(broken.rules(), ["yaml-python-tag"]);
        assert_eq!(broken.gaps.len(), 1);
        let mark = said(&format!("\u{feff}{text}"));
        assert_eq!(mark.findings[0].place.offset, Some(6));
    }

    #[test]
    fn fields_of_manifests_mean_the_same() {
        let said = said("model:\n  _target_: os.system\n  command: id\n");
        assert_eq!(
            said.severity("manifest-foreign-callable"),
            Severity::Critical
        );
        let alias = self::said("x: &x os.system\nmodel: {_target_: *x}\n");
        assert_eq!(alias.rules(), ["manifest-foreign-callable"]);
        assert!(self::said("lr: 0.1\n_target_: torch.nn.Linear\n").is_clean());
    }

    #[test]
    fn keys_that_stand_twice_are_told_at_a_low_grade() {
        assert_eq!(
            said("a: 1\na: 2\n").severity("json-duplicate-key"),
            Severity::Low
        );
        assert!(said("? [1]\n: a\n? [2]\n: b\n").is_clean());
    }

    #[test]
    fn they_are_known_by_their_names() {
        assert_eq!(recognise(&Yaml, "x.yml", "a: 1"), Claim::Magic);
        assert_eq!(recognise(&Yaml, "MLmodel", "a: 1"), Claim::Magic);
        assert_eq!(recognise(&Yaml, "x.txt", "a: 1"), Claim::No);
        assert_eq!(recognise(&Yaml, "x.yaml", "\0\x01"), Claim::No);
        mangle(
            &Yaml,
            "x.yaml",
            b"a: &x !!python/name:os.system ''\nb: {c: [1, *x]}\n",
        );
    }
}
