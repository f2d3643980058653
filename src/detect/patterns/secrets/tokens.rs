//! Access tokens of known services.
//!
//! Shapes are as the issuers publish them. The prefix of Hugging Face tokens,
//! `hf_`, is three bytes and no anchor; the byte in front makes it four: one
//! that quotes, assigns or separates, or the length byte of a string in a
//! pickle, MessagePack or GGUF file. A token at the very first byte of an
//! artifact is therefore not seen.

use super::super::text::{
    base64_value, decode_base64, find, has, is_text, is_word, number, starts_word, strip_any, take,
};
use super::super::{Around, Family, Found, Pattern};
use super::{found, is_boundary, is_random};
use crate::detect::Reach;
use crate::report::Severity;
use crate::rules::secrets::ACCESS_TOKEN;

/// Longest token that is recognised, in bytes.
const TOKEN_CAP_BYTES: usize = 512;

/// How far in front of an anchor inside a token the token may start.
const BEFORE_BYTES: usize = 128;

/// Longest JSON Web Token that is recognised, in bytes.
const JWT_CAP_BYTES: usize = 4096;

/// The family.
///
/// Bits: a character of 62 counts 2, of 64 also 2, of 52 2.3, of 32 3, of 16
/// 4; boundaries count nothing. So 16 of 32 give 48, 34 of 62 give 68, 36 of
/// 62 give 72 and a CRC 32 more. What is counted is stated after each.
pub(in crate::detect) static PATTERNS: &[Pattern] = &[
    TOKEN.pattern("aws-permanent", b"AKIA", 48.0, aws), // 16 of 32
    TOKEN.pattern("aws-temporary", b"ASIA", 48.0, aws), // 16 of 32
    TOKEN.pattern("github-personal", b"ghp_", 104.0, github), // 36 of 62, CRC
    TOKEN.pattern("github-oauth", b"gho_", 104.0, github),
    TOKEN.pattern("github-user", b"ghu_", 104.0, github),
    TOKEN.pattern("github-server", b"ghs_", 104.0, github),
    TOKEN.pattern("github-refresh", b"ghr_", 104.0, github),
    TOKEN.pattern("github-fine-grained", b"github_pat_", 160.0, github_fine), // 81 of 62
    hugging_face("huggingface-double-quoted", b"\"hf_"),
    hugging_face("huggingface-quoted", b"'hf_"),
    hugging_face("huggingface-assigned", b"=hf_"),
    hugging_face("huggingface-blank", b" hf_"),
    hugging_face("huggingface-tab", b"\thf_"),
    hugging_face("huggingface-line", b"\nhf_"),
    hugging_face("huggingface-colon", b":hf_"),
    hugging_face("huggingface-at", b"@hf_"),
    hugging_face("huggingface-slash", b"/hf_"),
    hugging_face("huggingface-backtick", b"`hf_"),
    hugging_face("huggingface-length", b"%hf_"),
    hugging_face("huggingface-zero", b"\0hf_"),
    TOKEN.pattern(
        "huggingface-organisation",
        b"api_org_",
        68.0,
        hugging_face_organisation,
    ),
    TOKEN.pattern("slack-bot", b"xoxb-", 60.0, slack), // 20 digits and letters, 40 bits and more
    TOKEN.pattern("slack-user", b"xoxp-", 60.0, slack),
    TOKEN.pattern("slack-workspace", b"xoxa-", 60.0, slack),
    TOKEN.pattern("slack-refresh", b"xoxr-", 60.0, slack),
    TOKEN.pattern(
        "slack-webhook",
        b"hooks.slack.com/services/",
        80.0,
        slack_webhook,
    ),
    TOKEN.pattern("stripe-secret", b"sk_live_", 48.0, stripe), // 24 of 62
    TOKEN.pattern("stripe-restricted", b"rk_live_", 48.0, stripe),
    TOKEN.pattern("google-api", b"AIza", 70.0, google), // 35 of 64
    TOKEN.pattern("google-oauth", b"GOCSPX-", 56.0, google_oauth), // 28 of 64
    TOKEN.pattern("npm", b"npm_", 104.0, github),       // 36 of 62, CRC: GitHub's format
    TOKEN.pattern("pypi", b"pypi-AgEIcHlwaS5vcmc", 100.0, pypi), // 50 of 64
    TOKEN.pattern("openai", b"T3BlbkFJ", 80.0, openai), // `sk-`, 20 and 20 of 64
    TOKEN.pattern("anthropic", b"sk-ant-", 160.0, anthropic), // 80 of 64
    TOKEN.pattern("gitlab", b"glpat-", 40.0, gitlab),   // 20 of 64
    TOKEN.pattern("digitalocean", b"dop_v1_", 256.0, digitalocean), // 64 of 16
    TOKEN.pattern("groq", b"gsk_", 104.0, groq),        // 52 of 62
    TOKEN.pattern("databricks", b"dapi", 128.0, databricks), // 32 of 16
    TOKEN.pattern("xai", b"xai-", 160.0, xai),          // 80 of 62
    TOKEN.pattern("azure-storage", b"AccountKey=", 172.0, azure), // 86 of 64
    TOKEN.pattern(
        "discord-webhook",
        b"discord.com/api/webhooks/",
        180.0,
        discord,
    ),
    TOKEN.pattern("telegram-bot", b"api.telegram.org/bot", 90.0, telegram),
    jwt("jwt-algorithm", b"eyJhbGci"),
    jwt("jwt-type", b"eyJ0eXAi"),
    jwt("jwt-key", b"eyJraWQi"),
    TOKEN.pattern("sendgrid", b"=SG.", 130.0, sendgrid), // 65 of 64
];

/// What they share.
pub(super) const TOKEN: Family = Family {
    before: BEFORE_BYTES,
    after: TOKEN_CAP_BYTES,
    reach: Reach::Everywhere,
};

/// Bits: 34 of 62 (68).
const fn hugging_face(name: &'static str, anchor: &'static [u8]) -> Pattern {
    TOKEN.pattern(name, anchor, 68.0, hugging_face_user)
}

/// Documentation prints such tokens as examples, so prose does not count.
///
/// Bits: `eyJ` at the second part (24) and 20 more characters of 64 (40).
const fn jwt(name: &'static str, anchor: &'static [u8]) -> Pattern {
    Pattern {
        after: JWT_CAP_BYTES,
        reach: Reach::NotProse,
        ..TOKEN.pattern(name, anchor, 64.0, json_web_token)
    }
}

pub(super) fn is_url_base64(byte: u8) -> bool {
    is_word(byte) || byte == b'-'
}

/// A token that starts `skip` bytes behind the anchor, with a prefix of
/// `prefix` bytes there and a body of `lengths` bytes that satisfy `alphabet`.
pub(super) struct Shape {
    skip: usize,
    prefix: usize,
    lengths: std::ops::RangeInclusive<usize>,
    alphabet: fn(u8) -> bool,
}

impl Shape {
    pub(super) const fn new(prefix: usize, len: usize, alphabet: fn(u8) -> bool) -> Self {
        Shape {
            skip: 0,
            prefix,
            lengths: len..=len,
            alphabet,
        }
    }

    /// The body, if the token around the anchor has this shape.
    fn body<'a>(&self, around: &Around<'a>) -> Option<&'a [u8]> {
        let start = around.at.saturating_add(self.skip);
        let front = around.bytes.get(..start)?;
        let rest = around.from(self.skip.saturating_add(self.prefix));
        let (run, after) = take(rest, self.alphabet);
        let body = self.cut(front, run, after)?;
        let len = self.prefix.saturating_add(body.len());
        let is_begun = is_boundary(front.last().filter(|b| **b != b'/'))
            || stated_lengths(front).contains(&Some(len as u64));
        (is_begun && is_random(body)).then_some(body)
    }

    /// Where the body ends in a run of its alphabet: where the length in front
    /// of the string says, at the end of the run, or before the pickle opcode
    /// that keeps the string.
    fn cut<'a>(&self, front: &[u8], run: &'a [u8], after: &[u8]) -> Option<&'a [u8]> {
        let stated = stated_lengths(front).into_iter().flatten();
        let stated = stated
            .filter_map(|len| usize::try_from(len).ok()?.checked_sub(self.prefix))
            .find(|len| self.lengths.contains(len) && *len <= run.len());
        if let Some(len) = stated {
            return run.get(..len);
        }
        let is_opaque = |b: &u8| !b.is_ascii_graphic() && !b.is_ascii_whitespace();
        let is_kept = |b: Option<&u8>| matches!(b, Some(b'q' | b'r'));
        if self.lengths.contains(&run.len())
            && (is_boundary(after.first())
                || is_kept(after.first()) && after.get(1).is_some_and(is_opaque))
        {
            return Some(run);
        }
        let (_, body) = run.split_last()?;
        let is_cut = is_kept(run.last()) && after.first().is_some_and(is_opaque);
        (is_cut && self.lengths.contains(&body.len())).then_some(body)
    }

    pub(super) fn found(&self, around: &Around<'_>, service: &str) -> Option<Found> {
        let len = self.prefix.saturating_add(self.body(around)?.len());
        let start = around.at.saturating_add(self.skip);
        Some(report(around, start..start.saturating_add(len), service))
    }
}

/// The lengths that binary formats may state right in front of a string: one
/// byte behind its opcode or tag (pickle, MessagePack, protobuf), or four or
/// eight bytes (pickle, GGUF).
fn stated_lengths(front: &[u8]) -> [Option<u64>; 3] {
    let last = |len: usize| front.len().checked_sub(len);
    let is_tagged = matches!(front, [.., 0x8c | b'U' | 0xd9 | 0x0a | 0x12 | 0x1a, _]);
    [
        last(1).and_then(|at| number::<1>(front, at, false).filter(|_| is_tagged)),
        last(4).and_then(|at| number::<4>(front, at, false)),
        last(8).and_then(|at| number::<8>(front, at, false)),
    ]
}

pub(super) fn report(around: &Around<'_>, span: std::ops::Range<usize>, service: &str) -> Found {
    let message = format!("an access token for {service} lies in the bytes");
    found(&ACCESS_TOKEN, Severity::High, around, span, message)
}

/// `AKIA` and 16 of A-Z2-7. The identifier alone opens nothing: with the
/// 40-character secret nearby the finding is high, without it low.
fn aws(around: &Around<'_>) -> Option<Found> {
    let is_base32 = |b: u8| matches!(b, b'A'..=b'Z' | b'2'..=b'7');
    let shape = Shape::new(4, 16, |b| b.is_ascii_alphanumeric());
    let body = shape.body(around)?;
    if !body.iter().all(|b| is_base32(*b)) {
        return None;
    }
    let found = shape.found(around, "Amazon Web Services")?;
    let is_secret = |word: &[u8]| {
        word.len() == 40 && is_random(word) && word.iter().any(u8::is_ascii_lowercase)
    };
    let has_secret = around
        .from(20)
        .split(|b| base64_value(*b).is_none() || matches!(b, b'-' | b'_'))
        .any(is_secret);
    Some(match has_secret {
        true => found,
        false => Found {
            severity: Severity::Low,
            message: "an access key identifier of Amazon Web Services lies in the bytes".to_owned(),
            ..found
        },
    })
}

/// Four letters, 30 random characters and six of checksum.
fn github(around: &Around<'_>) -> Option<Found> {
    let shape = Shape::new(4, 36, |b| b.is_ascii_alphanumeric());
    let (random, checksum) = shape.body(around)?.split_at_checked(30)?;
    if base62(checksum) != Some(u64::from(crc32fast::hash(random))) {
        return None;
    }
    let service = if around.ahead().starts_with(b"npm") {
        "npm"
    } else {
        "GitHub"
    };
    shape.found(around, service)
}

/// The number that these digits 0-9A-Za-z write.
fn base62(digits: &[u8]) -> Option<u64> {
    digits.iter().try_fold(0u64, |value, &digit| {
        let digit = match digit {
            b'0'..=b'9' => digit.wrapping_sub(b'0'),
            b'A'..=b'Z' => digit.wrapping_sub(b'A').wrapping_add(10),
            b'a'..=b'z' => digit.wrapping_sub(b'a').wrapping_add(36),
            _ => return None,
        };
        value.checked_mul(62)?.checked_add(u64::from(digit))
    })
}

fn github_fine(around: &Around<'_>) -> Option<Found> {
    let shape = Shape::new(11, 82, is_word);
    let body = shape.body(around)?;
    (body.get(22) == Some(&b'_')).then(|| shape.found(around, "GitHub"))?
}

fn hugging_face_user(around: &Around<'_>) -> Option<Found> {
    let shape = Shape {
        skip: 1,
        ..Shape::new(3, 34, |b| b.is_ascii_alphanumeric())
    };
    is_mixed(shape.body(around)?).then(|| shape.found(around, "Hugging Face"))?
}

fn hugging_face_organisation(around: &Around<'_>) -> Option<Found> {
    let shape = Shape::new(8, 34, |b| b.is_ascii_alphanumeric());
    is_mixed(shape.body(around)?).then(|| shape.found(around, "Hugging Face"))?
}

/// Whether upper and lower case both occur, twice each.
fn is_mixed(body: &[u8]) -> bool {
    let upper = body.iter().filter(|b| b.is_ascii_uppercase()).count();
    let lower = body.iter().filter(|b| b.is_ascii_lowercase()).count();
    upper >= 2 && lower >= 2
}

fn slack(around: &Around<'_>) -> Option<Found> {
    let shape = Shape {
        lengths: 40..=250,
        ..Shape::new(5, 0, |b| b.is_ascii_alphanumeric() || b == b'-')
    };
    let body = shape.body(around)?;
    let mut parts = body.split(|b| *b == b'-');
    let is_number = |part: &[u8]| part.len() >= 9 && part.iter().all(u8::is_ascii_digit);
    let is_slack = is_number(parts.next()?) && parts.next_back()?.len() >= 20;
    is_slack.then(|| shape.found(around, "Slack"))?
}

fn slack_webhook(around: &Around<'_>) -> Option<Found> {
    let rest = around.from(b"hooks.slack.com/services/".len());
    let (path, _) = take(rest, |b| b.is_ascii_alphanumeric() || b == b'/');
    let mut parts = path.split(|b| *b == b'/');
    let is_webhook = parts
        .next()
        .is_some_and(|team| team.starts_with(b"T") && team.len() >= 9)
        && parts
            .next()
            .is_some_and(|app| app.starts_with(b"B") && app.len() >= 9)
        && parts
            .next()
            .is_some_and(|key| key.len() == 24 && is_random(key));
    let len = b"hooks.slack.com/services/"
        .len()
        .saturating_add(path.len());
    is_webhook.then(|| report(around, around.span(len), "a Slack channel"))
}

fn stripe(around: &Around<'_>) -> Option<Found> {
    let shape = Shape {
        lengths: 24..=247,
        ..Shape::new(8, 0, |b| b.is_ascii_alphanumeric())
    };
    shape.found(around, "Stripe")
}

fn google(around: &Around<'_>) -> Option<Found> {
    Shape::new(4, 35, is_url_base64).found(around, "Google")
}

fn google_oauth(around: &Around<'_>) -> Option<Found> {
    Shape::new(7, 28, is_url_base64).found(around, "Google OAuth")
}

fn pypi(around: &Around<'_>) -> Option<Found> {
    let shape = Shape {
        lengths: 50..=400,
        ..Shape::new(20, 0, is_url_base64)
    };
    shape.found(around, "PyPI")
}

/// `sk-...T3BlbkFJ...`: the middle is `OpenAI` in Base64.
fn openai(around: &Around<'_>) -> Option<Found> {
    let run = around.behind().iter().rposition(|b| !is_url_base64(*b));
    let run = run.map_or(0, |at| at.saturating_add(1));
    let start = run.saturating_add(find(around.behind().get(run..)?, b"sk-")?);
    let (tail, rest) = take(around.from(8), is_url_base64);
    let run_end = around.at.saturating_add(8).saturating_add(tail.len());
    let front = around.bytes.get(..start)?;
    let stated = stated_lengths(front)
        .into_iter()
        .flatten()
        .map(|len| start.saturating_add(usize::try_from(len).unwrap_or(usize::MAX)))
        .find(|end| (around.at.saturating_add(28)..=run_end).contains(end));
    let fits = around.at.saturating_sub(start) >= 23
        && (20..=160).contains(&tail.len())
        && is_random(tail)
        && (stated.is_some() || starts_word(front) && is_boundary(rest.first()));
    fits.then(|| report(around, start..stated.unwrap_or(run_end), "OpenAI"))
}

fn anthropic(around: &Around<'_>) -> Option<Found> {
    let shape = Shape {
        lengths: 80..=130,
        ..Shape::new(7, 0, is_url_base64)
    };
    let body = shape.body(around)?;
    strip_any(body, &[b"api", b"admin", b"sid"])?;
    shape.found(around, "Anthropic")
}

fn gitlab(around: &Around<'_>) -> Option<Found> {
    let shape = Shape {
        lengths: 20..=60,
        ..Shape::new(6, 0, is_url_base64)
    };
    let is_mixed = shape
        .body(around)?
        .iter()
        .any(|b| b.is_ascii_digit() || b.is_ascii_uppercase());
    is_mixed.then(|| shape.found(around, "GitLab"))?
}

pub(super) fn is_hex(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'a'..=b'f')
}

fn digitalocean(around: &Around<'_>) -> Option<Found> {
    Shape::new(7, 64, is_hex).found(around, "DigitalOcean")
}

fn groq(around: &Around<'_>) -> Option<Found> {
    Shape::new(4, 52, |b| b.is_ascii_alphanumeric()).found(around, "Groq")
}

fn databricks(around: &Around<'_>) -> Option<Found> {
    Shape::new(4, 32, is_hex).found(around, "Databricks")
}

fn xai(around: &Around<'_>) -> Option<Found> {
    Shape::new(4, 80, |b| b.is_ascii_alphanumeric()).found(around, "xAI")
}

/// 64 bytes in Base64. The key of the storage emulator is published.
fn azure(around: &Around<'_>) -> Option<Found> {
    const EMULATOR: &[u8] = b"Eby8vdM02xNOcqFl";
    let rest = around.from(b"AccountKey=".len());
    let (body, rest) = take(rest, |b| base64_value(b).is_some());
    let is_key = body.len() == 86 && rest.starts_with(b"==") && !body.starts_with(EMULATOR);
    let len = b"AccountKey=".len().saturating_add(88);
    let start = around.at;
    (is_key && is_random(body))
        .then(|| report(around, start..start.saturating_add(len), "Azure storage"))
}

fn discord(around: &Around<'_>) -> Option<Found> {
    let prefix = b"discord.com/api/webhooks/".len();
    let (number, rest) = take(around.from(prefix), |b| b.is_ascii_digit());
    let (key, _) = take(rest.strip_prefix(b"/")?, is_url_base64);
    let is_webhook =
        (17..=20).contains(&number.len()) && (60..=80).contains(&key.len()) && is_random(key);
    let len = prefix
        .saturating_add(number.len())
        .saturating_add(key.len())
        .saturating_add(1);
    is_webhook.then(|| report(around, around.span(len), "a Discord channel"))
}

fn telegram(around: &Around<'_>) -> Option<Found> {
    let prefix = b"api.telegram.org/bot".len();
    let (number, rest) = take(around.from(prefix), |b| b.is_ascii_digit());
    let (key, _) = take(rest.strip_prefix(b":")?, is_url_base64);
    let is_token = (8..=11).contains(&number.len()) && key.len() == 35 && is_random(key);
    let len = prefix.saturating_add(number.len()).saturating_add(36);
    is_token.then(|| report(around, around.span(len), "a Telegram bot"))
}

fn sendgrid(around: &Around<'_>) -> Option<Found> {
    let (key, rest) = take(around.from(4), is_url_base64);
    let (secret, rest) = take(rest.strip_prefix(b".")?, is_url_base64);
    let is_token =
        key.len() == 22 && secret.len() == 43 && is_boundary(rest.first()) && is_random(secret);
    let start = around.at.saturating_add(1);
    is_token.then(|| report(around, start..start.saturating_add(69), "SendGrid"))
}

/// `header.payload.signature`, with a header that is JSON and names an
/// algorithm. Most have expired when they are found, so this is medium.
fn json_web_token(around: &Around<'_>) -> Option<Found> {
    /// The payload of the introductory example of RFC 7519's web site.
    const PUBLISHED: &[u8] = b"eyJzdWIiOiIxMjM0NTY3ODkwIi";
    if !is_boundary(around.behind().last().filter(|b| **b != b'/')) {
        return None;
    }
    let (header, rest) = take(around.ahead(), is_url_base64);
    let (payload, rest) = take(rest.strip_prefix(b".")?, is_url_base64);
    let (signature, rest) = take(rest.strip_prefix(b".")?, is_url_base64);
    let json = decode_base64(header, |_| false);
    let is_header = json.starts_with(b"{\"")
        && json.ends_with(b"}")
        && has(&json, b"\"alg\"")
        && is_text(&json);
    let is_payload = payload.starts_with(b"eyJ") && !payload.starts_with(PUBLISHED);
    if !is_header || !is_payload || signature.len() < 20 || !is_boundary(rest.first()) {
        return None;
    }
    let len = header
        .len()
        .saturating_add(payload.len())
        .saturating_add(signature.len());
    let end = around.at.saturating_add(len).saturating_add(2);
    Some(Found {
        severity: Severity::Medium,
        ..report(around, around.at..end, "a web service (a JSON Web Token)")
    })
}
