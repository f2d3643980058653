//! Addresses in a text that is one value: metadata of weights, a field of a
//! configuration.
//!
//! The patterns of the sweep judge them, and as the text is known to be all
//! there is of the value, two schemes are judged by its beginning: one that is
//! a script, and one that names a file of the machine that follows it. Hosts of
//! models, code and papers are in no list, so that they are never told.

use std::sync::LazyLock;

use memchr::memmem::{self, Finder};

use super::Pattern;
use super::network::{PATTERNS, STANDS};
use crate::report::Severity;
use crate::rules::Rule;
use crate::rules::network::{FILE_URL, SCRIPT_URL};

/// Characters of a value that are shown.
const SHOWN_CAP_CHARS: usize = 200;

/// What looks for the anchors, made once: a file may hold a million values.
static FINDERS: LazyLock<Vec<(Finder<'static>, &'static Pattern)>> = LazyLock::new(|| {
    let all = PATTERNS.iter();
    all.map(|pattern| (Finder::new(pattern.anchor), pattern))
        .collect()
});

/// An address that a model has no business with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// The rule that is met.
    pub rule: &'static Rule,
    /// Its grade here.
    pub severity: Severity,
    /// What it is, to stand behind "holds".
    pub what: String,
    /// The address.
    pub evidence: Vec<u8>,
}

/// The addresses in `text`: of each pattern the first.
pub fn addresses(text: &str) -> Vec<Address> {
    let bytes = text.as_bytes();
    // Each pattern has one or the other.
    if memchr::memchr(b':', bytes).is_none() && memmem::find(bytes, b".onion").is_none() {
        return Vec::new();
    }
    let by_pattern = FINDERS.iter().filter_map(|(finder, pattern)| {
        let mut places = finder.find_iter(bytes);
        let found = places.find_map(|at| pattern.look(bytes, at, at as u64))?.1;
        let shown = found.message.strip_suffix(STANDS).unwrap_or(&found.message);
        Some(Address {
            rule: found.rule,
            severity: found.severity,
            what: shown.trim_end_matches(',').to_owned(),
            evidence: found.evidence,
        })
    });
    by_pattern.chain(by_scheme(text)).collect()
}

/// What a value is that is a URL all through, by its scheme.
fn by_scheme(text: &str) -> Option<Address> {
    // Browsers skip what stands in front.
    let value = text.trim_matches(|c: char| c.is_whitespace() || c.is_control());
    let (scheme, rest) = value.split_once(':')?;
    let (rule, severity, what): (&'static Rule, _, &str) =
        match scheme.to_ascii_lowercase().as_str() {
            "javascript" | "vbscript" if runs(rest) => (
                &SCRIPT_URL,
                SCRIPT_URL.severity,
                "a link that runs a script",
            ),
            "file" => match machine(rest)? {
                "" | "localhost" => (
                    &FILE_URL,
                    FILE_URL.severity,
                    "the address of a file of the machine that follows it",
                ),
                _ => (
                    &FILE_URL,
                    Severity::Medium,
                    "the address of a file of another machine, which is told who asks for it",
                ),
            },
            _ => return None,
        };
    let shown: String = value.chars().take(SHOWN_CAP_CHARS).collect();
    Some(Address {
        rule,
        severity,
        what: what.to_owned(),
        evidence: shown.into_bytes(),
    })
}

/// Whether what stands behind the scheme of a script is one: a title begins
/// with a blank, and calls nothing.
fn runs(script: &str) -> bool {
    let code = script.trim_start_matches('/');
    !code.starts_with(char::is_whitespace)
        && !code.starts_with("void(0)")
        && code.contains(['(', '=', '`'])
}

/// The machine of a `file:` URL, by what stands behind the scheme.
fn machine(rest: &str) -> Option<&str> {
    if rest.chars().any(char::is_whitespace) {
        return None;
    }
    match rest.strip_prefix("//") {
        Some(rest) => rest.split(['/', '\\']).next(),
        None => rest.starts_with('/').then_some(""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Vec<(&'static str, Severity)> {
        let of = addresses(text).into_iter();
        of.map(|address| (address.rule.id, address.severity))
            .collect()
    }

    #[test]
    fn addresses_of_strangers_are_told() {
        for (text, rule, severity) in [
            (
                "https://webhook.site/4f",
                "network-collector-address",
                Severity::Medium,
            ),
            (
                "see https://a-b.ngrok-free.app/x",
                "network-collector-address",
                Severity::Medium,
            ),
            (
                "http://185.12.9.4:8080/a",
                "network-raw-address",
                Severity::Low,
            ),
            (
                "javascript:alert(1)",
                "network-script-url",
                Severity::Medium,
            ),
            ("\n JavaScript:a=1", "network-script-url", Severity::Medium),
            ("vbscript:MsgBox(1)", "network-script-url", Severity::Medium),
            (
                "data:text/html,<script>x()</script>",
                "network-script-url",
                Severity::Medium,
            ),
            ("file:///etc/passwd", "network-file-url", Severity::Low),
            ("file:/etc/passwd", "network-file-url", Severity::Low),
            ("file://localhost/x", "network-file-url", Severity::Low),
            (
                "file://10.0.0.7/share/x",
                "network-file-url",
                Severity::Medium,
            ),
        ] {
            assert_eq!(told(text), [(rule, severity)], "{text}");
        }
        let what = &addresses("https://webhook.site/4f")[0].what;
        assert_eq!(what, "an address at `webhook.site`");
        let both = told("https://webhook.site/4f http://185.12.9.4/");
        assert_eq!(both.len(), 2);
    }

    #[test]
    fn well_known_hosts_and_words_are_silent() {
        for text in [
            "",
            "https://huggingface.co/a/b",
            "https://github.com/ggml-org/llama.cpp",
            "https://arxiv.org/abs/2307.09288",
            "http://localhost:8000/v1",
            "http://192.168.1.4/x",
            "JavaScript: The Good Parts (2008)",
            "javascript:void(0)",
            "javascript",
            "file: see below",
            "file:model.bin",
            "data:image/png;base64,iVBORw0KGgo=",
            "webhook.site is a host",
            "a.onion",
        ] {
            assert_eq!(told(text), [], "{text}");
        }
    }
}
