//! Requirements of a model, which the server can be told to install.

use crate::formats::Context;
use crate::formats::tally::Tally;
use crate::formats::torch::inside::{Inner, has_suffix};
use crate::report::{Span, Why, escape_bytes, escape_text};
use crate::rules::torch::ARCHIVE_REQUIREMENTS;
use crate::source::Source;
use crate::wire::Fault;

/// Bytes of a list of requirements that are read.
pub(super) const LIST_CAP_BYTES: usize = 1 << 20;

/// Options that name another source of packages.
const OPTIONS: &[&str] = &[
    "--index-url",
    "-i ",
    "--extra-index-url",
    "--find-links",
    "-f ",
    "--trusted-host",
    "-r http",
];

/// Whether a file is a list of requirements by its name.
pub(super) fn is_named(leaf: &[u8]) -> bool {
    leaf.to_ascii_lowercase().starts_with(b"requirements") && has_suffix(leaf, ".txt")
}

/// Report lines that name another source.
pub(super) fn judge(
    source: &dyn Source,
    member: &Inner,
    cx: &mut Context<'_>,
) -> Result<(), Fault> {
    let Some(bytes) = member.head(source, LIST_CAP_BYTES, cx.budget())? else {
        return Ok(());
    };
    if member.len > bytes.len() as u64 {
        let detail = "of the list of requirements only the front is read";
        cx.gap(member.span.clone(), Why::Limit, detail);
    }
    judge_text(member.name(), &bytes, &member.span, cx)
}

/// The same for a list that was read, of the member `name` at `span`.
pub(super) fn judge_text(
    name: &[u8],
    bytes: &[u8],
    span: &Span,
    cx: &mut Context<'_>,
) -> Result<(), Fault> {
    let text = String::from_utf8_lossy(bytes);
    let mut tally = Tally::default();
    for line in text.lines().map(str::trim) {
        cx.tick()?;
        if !is_foreign(line) {
            continue;
        }
        let shown: String = line.chars().take(120).collect();
        let message = format!(
            "`{}` has the line `{}`",
            escape_bytes(name),
            escape_text(&shown)
        );
        let draft = ARCHIVE_REQUIREMENTS.at(span.clone());
        tally.add(draft.message(message).within(String::from_utf8_lossy(name)));
    }
    tally.report(cx);
    Ok(())
}

/// Whether a line leads away from the index that the server is set up with.
fn is_foreign(line: &str) -> bool {
    let line = line.split(" #").next().unwrap_or(line);
    if line.starts_with('#') {
        return false;
    }
    let schemes = [
        "http://", "https://", "git+", "hg+", "svn+", "bzr+", "ftp://", "file:",
    ];
    OPTIONS.iter().any(|option| line.starts_with(option))
        || schemes.iter().any(|scheme| line.contains(scheme))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_lead_elsewhere_are_told_from_packages() {
        for line in [
            "--extra-index-url https://example.org/simple",
            "-i http://192.0.2.1/",
            "pkg @ https://example.org/pkg.whl",
            "git+https://example.org/x.git",
        ] {
            assert!(is_foreign(line), "{line}");
        }
        for line in [
            "torch>=2.0",
            "# see https://example.org",
            "numpy  # https://x",
            "",
        ] {
            assert!(!is_foreign(line), "{line}");
        }
    }
}
