//! Tokens of services for models, signed links of Azure, and passwords in the
//! addresses of databases.
//!
//! An address with a password is told where the password is none that
//! documentation prints and the host is no example and not this machine.

use super::super::text::{is_word, take};
use super::super::{Around, Found, Pattern};
use super::tokens::{Shape, TOKEN, is_hex, is_url_base64, report};
use super::{found, is_random};
use crate::detect::Reach;
use crate::report::Severity;
use crate::rules::secrets::ACCESS_TOKEN;

/// The family. Bits are counted as in [`tokens`](super::tokens).
pub(in crate::detect) static PATTERNS: &[Pattern] = &[
    TOKEN.pattern("openrouter", b"sk-or-v1-", 256.0, openrouter), // 64 of 16
    TOKEN.pattern("nvidia", b"nvapi-", 120.0, nvidia),            // 60 of 64
    TOKEN.pattern("perplexity", b"pplx-", 96.0, perplexity),      // 48 of 62
    TOKEN.pattern("langsmith", b"lsv2_pt_", 128.0, langsmith),    // 32 of 16
    TOKEN.pattern("pinecone", b"pcsk_", 100.0, pinecone),         // 50 of 62
    TOKEN.pattern("replicate", b"=r8_", 74.0, replicate),         // 37 of 62
    TOKEN.pattern("replicate-quoted", b"\"r8_", 74.0, replicate),
    TOKEN.pattern("azure-signature", b"&sig=", 80.0, azure_signature), // 40 of 64
    address("postgres", b"postgres://"),
    address("postgresql", b"postgresql://"),
    address("mysql", b"mysql://"),
    address("mongodb", b"mongodb://"),
    address("mongodb-srv", b"mongodb+srv://"),
    address("redis", b"redis://"),
    address("rediss", b"rediss://"),
    address("amqp", b"amqp://"),
];

/// Bits: `:` and `@` at places in 64 (16 - 12) and eight characters of 64
/// (16), besides an anchor of seven bytes and more.
const fn address(name: &'static str, anchor: &'static [u8]) -> Pattern {
    Pattern {
        reach: Reach::NotProse,
        ..TOKEN.pattern(name, anchor, 20.0, password)
    }
}

/// Passwords and hosts of documentation.
const EXAMPLES: &[&str] = &[
    "changeme",
    "example",
    "guest",
    "host",
    "localhost",
    "my-pass",
    "mypass",
    "passw",
    "placeholder",
    "postgres",
    "pwd",
    "redis",
    "root",
    "secret",
    "test",
    "user",
    "xxxx",
];

fn openrouter(around: &Around<'_>) -> Option<Found> {
    Shape::new(9, 64, is_hex).found(around, "OpenRouter")
}

fn nvidia(around: &Around<'_>) -> Option<Found> {
    Shape::new(6, 64, is_url_base64).found(around, "NVIDIA")
}

fn perplexity(around: &Around<'_>) -> Option<Found> {
    Shape::new(5, 48, |b| b.is_ascii_alphanumeric()).found(around, "Perplexity")
}

/// 32 digits, `_`, ten digits.
fn langsmith(around: &Around<'_>) -> Option<Found> {
    Shape::new(8, 43, |b| is_hex(b) || b == b'_').found(around, "LangSmith")
}

fn pinecone(around: &Around<'_>) -> Option<Found> {
    Shape::new(5, 70, is_word).found(around, "Pinecone")
}

fn replicate(around: &Around<'_>) -> Option<Found> {
    let (body, rest) = take(around.from(4), |b| b.is_ascii_alphanumeric());
    let ends = rest.first().is_none_or(|b| !is_word(*b) && *b != b'-');
    let start = around.at.saturating_add(1);
    (body.len() == 37 && ends && is_random(body))
        .then(|| report(around, start..start.saturating_add(40), "Replicate"))
}

/// A signature, as base64 with its signs escaped, in a link that says what is
/// granted until when.
fn azure_signature(around: &Around<'_>) -> Option<Found> {
    let (signature, rest) = take(around.from(5), |b| is_url_base64(b) || b == b'%');
    let front = around.behind();
    let grants = |bytes: &[u8]| {
        super::super::text::has(bytes, b"se=20") || super::super::text::has(bytes, b"sv=20")
    };
    let link = take(rest, |b| b.is_ascii_graphic() && !matches!(b, b'"' | b'\'')).0;
    let len = signature.len().saturating_add(5);
    ((43..=60).contains(&signature.len())
        && (grants(front) || grants(link))
        && is_random(signature))
    .then(|| report(around, around.span(len), "Azure storage (a signed link)"))
}

/// `scheme://name:password@host`.
fn password(around: &Around<'_>) -> Option<Found> {
    let rest = around.ahead();
    let scheme = rest.iter().position(|b| *b == b'/')?.saturating_add(2);
    let graphic = |b: u8| {
        b.is_ascii_graphic()
            && !matches!(
                b,
                b'"' | b'\'' | b'<' | b'>' | b'/' | b'{' | b'}' | b'$' | b'`' | b'\\'
            )
    };
    let (authority, _) = take(rest.get(scheme..)?, graphic);
    let at = authority.iter().rposition(|b| *b == b'@')?;
    let (login, host) = authority.split_at_checked(at)?;
    let colon = login.iter().position(|b| *b == b':')?;
    let secret = std::str::from_utf8(login.get(colon.saturating_add(1)..)?).ok()?;
    let host = std::str::from_utf8(host.get(1..)?)
        .ok()?
        .to_ascii_lowercase();
    let folded = secret.to_ascii_lowercase();
    let is_example = |text: &str| EXAMPLES.iter().any(|word| text.contains(word));
    let varied = secret
        .chars()
        .collect::<std::collections::BTreeSet<_>>()
        .len()
        >= 6;
    let is_public = host.contains('.') && !host.starts_with("127.") && !host.contains("example");
    if secret.len() < 8 || !varied || !is_public || is_example(&folded) || is_example(&host) {
        return None;
    }
    let start = around
        .at
        .saturating_add(scheme)
        .saturating_add(colon)
        .saturating_add(1);
    let end = start.saturating_add(secret.len());
    let message = format!("a password for the database at `{host}` lies in the bytes");
    Some(found(
        &ACCESS_TOKEN,
        Severity::High,
        around,
        start..end,
        message,
    ))
}
