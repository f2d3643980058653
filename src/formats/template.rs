//! Jinja templates in files of their own: `chat_template.jinja` and the
//! templates in `additional_chat_templates/`.
//!
//! A loader takes such a file in place of the template in its manifest, so it
//! is judged by the same eyes: see
//! [`detect::template`](crate::detect::template) for what can be in one and
//! what is not followed.

use super::manifest::judge_template;
use super::tally::Tally;
use super::text::looks_like_text;
use super::{Artifact, Claim, Content, Context, Format, FormatSpec, Probe};
use crate::report::Why;
use crate::wire::Fault;

/// The longest template that is read.
const TEMPLATE_CAP_BYTES: u64 = 16 << 20;

/// Jinja template.
pub struct JinjaTemplate;

static SPEC: FormatSpec = FormatSpec {
    id: "jinja-template",
    title: "Jinja template",
    suffixes: &[".jinja", ".jinja2", ".j2"],
    runs_code: false,
    content: Content::Data,
    layer_of: Some("text"),
    references: &["https://jinja.palletsprojects.com/en/stable/templates/"],
    limitations: &["Templates that are no Jinja or nested beyond reason are judged tag by tag."],
};

impl Format for JinjaTemplate {
    fn spec(&self) -> &'static FormatSpec {
        &SPEC
    }

    fn recognise(&self, probe: &Probe<'_>) -> Claim {
        match probe.has_suffix(SPEC.suffixes) {
            true if looks_like_text(probe.head()) => Claim::Magic,
            true => Claim::Name,
            false => Claim::No,
        }
    }

    fn examine(&self, artifact: &Artifact, cx: &mut Context<'_>) -> Result<(), Fault> {
        let len = artifact.source.len();
        let read = 0..len.min(TEMPLATE_CAP_BYTES);
        let chunk = artifact.source.chunk(read.clone())?;
        let text = String::from_utf8_lossy(&chunk);
        let mut tally = Tally::default();
        judge_template(&text, read.clone(), &mut tally, cx, |draft| draft);
        chunk.verify()?;
        tally.report(cx);
        if len > TEMPLATE_CAP_BYTES {
            let detail =
                format!("the template is {len} bytes long; {TEMPLATE_CAP_BYTES} are judged");
            cx.gap(read.end..len, Why::Limit, detail);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{examine, mangle, recognise};
    use super::*;
    use crate::report::Severity;

    #[test]
    fn a_template_file_is_judged_like_one_in_a_manifest() {
        let name = "chat_template.jinja";
        let good = "{% for m in messages %}{{ m['content'] | trim }}{% endfor %}";
        assert_eq!(recognise(&JinjaTemplate, name, good), Claim::Magic);
        assert_eq!(recognise(&JinjaTemplate, name, "\0"), Claim::Name);
        assert_eq!(recognise(&JinjaTemplate, "notes.txt", good), Claim::No);
        assert!(examine(&JinjaTemplate, name, good).is_clean());
        let bad = examine(&JinjaTemplate, name, "{{ cycler.__init__.__globals__ }}");
        assert_eq!(bad.severity("template-sandbox-escape"), Severity::Critical);
        let between = examine(&JinjaTemplate, name, "{{ x | attr(key) }}");
        assert_eq!(between.severity("template-computed-name"), Severity::Medium);
        let broken = examine(&JinjaTemplate, name, "{{ x[y");
        assert_eq!(broken.gaps[0].1, Why::Unsupported);
        assert!(mangle(&JinjaTemplate, name, good.as_bytes()) > 0);
    }
}
