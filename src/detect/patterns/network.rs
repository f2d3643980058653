//! Addresses that a model has no business with: collectors of stolen data,
//! tunnels and hidden services, bare numbers in place of a host, and URLs that
//! carry a script.
//!
//! The hosts are those whose pages take whatever is posted to them, or lead to
//! a machine that nobody can name. The well-known hosts of models, code and
//! papers are in no list, so that they are never told. Prose may name any
//! host: it is told in data, configuration and code alone.

use std::net::Ipv4Addr;

use super::text::{is_word, take};
use super::{Around, Family, Found, Pattern};
use crate::detect::Reach;
use crate::report::Severity;
use crate::rules::network::{COLLECTOR, RAW_ADDRESS, SCRIPT_URL};

/// Bytes in front of an anchor that are looked at.
const BEFORE_BYTES: usize = 96;

/// Bytes of an address that are looked at.
const AFTER_BYTES: usize = 256;

/// The end of every message, where the bytes are all that is known.
pub(super) const STANDS: &str = " stands in the bytes";

/// What they share.
const NETWORK: Family = Family {
    before: BEFORE_BYTES,
    after: AFTER_BYTES,
    reach: Reach::NotProse,
};

/// The family.
///
/// Bits of a host: two boundaries and `://` at one of some 64 places (24 - 6);
/// each anchor has nine bytes or more. Bits of a number: four numbers and
/// three dots (24 + 14), and seven or eight bytes of anchor. Bits of a script:
/// the rest of the type (40).
pub(super) static PATTERNS: &[Pattern] = &[
    host("webhook-site", b"webhook.site"),
    host("request-bin", b"requestbin.net"),
    host("request-bin-com", b"requestbin.com"),
    host("request-catcher", b"requestcatcher.com"),
    host("pipedream", b".m.pipedream.net"),
    host("hookbin", b"hookbin.com"),
    host("beeceptor", b".beeceptor.com"),
    host("burp-collaborator", b".burpcollaborator.net"),
    host("oastify", b".oastify.com"),
    host("interactsh-fun", b".oast.fun"),
    host("interactsh-live", b".oast.live"),
    host("interactsh-site", b".oast.site"),
    host("interactsh-online", b".oast.online"),
    host("interactsh-pro", b".oast.pro"),
    host("interactsh", b".interact.sh"),
    host("canary-tokens", b"canarytokens.com"),
    host("ngrok-io", b".ngrok.io"),
    host("ngrok-app", b".ngrok.app"),
    host("ngrok-free", b".ngrok-free.app"),
    host("serveo", b".serveo.net"),
    host("local-tunnel", b".loca.lt"),
    host("cloudflare-tunnel", b".trycloudflare.com"),
    host("local-host-run", b".lhr.life"),
    host("transfer-sh", b"transfer.sh"),
    host("paste-ee", b"paste.ee/r/"),
    host("pastebin", b"pastebin.com/raw"),
    host("hastebin", b"hastebin.com/raw"),
    host("rentry", b"rentry.co/"),
    host("anonymous-files", b"anonfiles.com"),
    host("gofile", b"gofile.io/"),
    host("telegram", b"api.telegram.org/bot"),
    host("metadata-service", b"169.254.169.254"),
    NETWORK.pattern("onion", b".onion/", 150.0, onion),
    NETWORK.pattern("onion-quoted", b".onion\"", 150.0, onion),
    NETWORK.pattern("onion-port", b".onion:", 150.0, onion),
    NETWORK.pattern("raw-http", b"http://", 38.0, raw),
    NETWORK.pattern("raw-https", b"https://", 38.0, raw),
    NETWORK.pattern("raw-ftp", b"ftp://", 38.0, raw),
    NETWORK.pattern("script-html", b"data:text/html", 8.0, script),
    NETWORK.pattern("script-js", b"data:text/javascript", 8.0, script),
    NETWORK.pattern(
        "script-application",
        b"data:application/javascript",
        8.0,
        script,
    ),
    NETWORK.pattern("script-link", b"javascript:", 24.0, link),
];

/// The anchors of hosts.
static HOSTS: &[&[u8]] = &[
    b"webhook.site",
    b"requestbin.net",
    b"requestbin.com",
    b"requestcatcher.com",
    b".m.pipedream.net",
    b"hookbin.com",
    b".beeceptor.com",
    b".burpcollaborator.net",
    b".oastify.com",
    b".oast.fun",
    b".oast.live",
    b".oast.site",
    b".oast.online",
    b".oast.pro",
    b".interact.sh",
    b"canarytokens.com",
    b".ngrok.io",
    b".ngrok.app",
    b".ngrok-free.app",
    b".serveo.net",
    b".loca.lt",
    b".trycloudflare.com",
    b".lhr.life",
    b"transfer.sh",
    b"paste.ee/r/",
    b"pastebin.com/raw",
    b"hastebin.com/raw",
    b"rentry.co/",
    b"anonfiles.com",
    b"gofile.io/",
    b"api.telegram.org/bot",
    b"169.254.169.254",
];

const fn host(name: &'static str, anchor: &'static [u8]) -> Pattern {
    NETWORK.pattern(name, anchor, 18.0, collector)
}

/// The patterns of hosts, for examples.
#[cfg(test)]
pub(super) fn hosts() -> impl Iterator<Item = (&'static str, &'static str)> {
    let is_host = |p: &&Pattern| HOSTS.contains(&p.anchor);
    let text = |p: &'static Pattern| std::str::from_utf8(p.anchor).unwrap_or_default();
    PATTERNS
        .iter()
        .filter(is_host)
        .map(move |p| (p.name, text(p)))
}

fn is_host(byte: u8) -> bool {
    is_word(byte) || matches!(byte, b'-' | b'.')
}

/// A URL whose host is, or ends with, the anchor.
fn collector(around: &Around<'_>) -> Option<Found> {
    let front = around.behind();
    let labels = front.iter().rev().take_while(|b| is_host(**b)).count();
    let start = front.len().checked_sub(labels)?;
    let scheme = front.get(..start)?;
    // A login may stand in front of the host.
    let login = |b: &u8| b.is_ascii_graphic() && !matches!(*b, b'/' | b'"' | b'\'');
    let is_url = scheme.ends_with(b"://")
        || scheme.strip_suffix(b"@").is_some_and(|front| {
            let len = front.iter().rev().take_while(|b| login(b)).count();
            front
                .get(..front.len().saturating_sub(len))
                .is_some_and(|f| f.ends_with(b"://"))
        });
    let rest = around.ahead();
    let (url, _) = take(rest, |b| {
        b.is_ascii_graphic() && !matches!(b, b'"' | b'\'' | b'<' | b'>' | b'`' | b'\\' | b')')
    });
    let anchor = HOSTS.iter().find(|host| rest.starts_with(host))?;
    let goes_on = url
        .get(anchor.len())
        .is_some_and(|b| is_word(*b) || *b == b'-')
        && !anchor.ends_with(b"/")
        && !anchor.ends_with(b"bot");
    // A host under a tunnel has a name of its own in front.
    let is_whole = match labels {
        0 => !rest.starts_with(b"."),
        _ => rest.starts_with(b".") || front.ends_with(b"."),
    };
    if !is_url || goes_on || !is_whole {
        return None;
    }
    let name = String::from_utf8_lossy(front.get(start..)?).into_owned();
    let shown = String::from_utf8_lossy(anchor.split(|b| *b == b'/').next()?).into_owned();
    Some(Found {
        rule: &COLLECTOR,
        // Programs that tell of their progress write to such bots as well.
        severity: match anchor.ends_with(b"bot") {
            true => Severity::Low,
            false => COLLECTOR.severity,
        },
        span: start..around.at.saturating_add(url.len()),
        message: format!("an address at `{name}{shown}`{STANDS}"),
        evidence: around
            .bytes
            .get(start..around.at.saturating_add(url.len()))?
            .to_vec(),
        archive: None,
    })
}

/// 16 or 56 letters of base 32 under `.onion`.
fn onion(around: &Around<'_>) -> Option<Found> {
    let front = around.behind();
    let letters = |b: &&u8| matches!(**b, b'a'..=b'z' | b'2'..=b'7');
    let len = front.iter().rev().take_while(letters).count();
    let start = front.len().checked_sub(len)?;
    if !matches!(len, 16 | 56)
        || start
            .checked_sub(1)
            .and_then(|at| front.get(at))
            .is_some_and(|b| is_word(*b))
    {
        return None;
    }
    let end = around.at.saturating_add(b".onion".len());
    Some(Found {
        rule: &COLLECTOR,
        severity: COLLECTOR.severity,
        span: start..end,
        message: format!("the address of a hidden service of the Tor network{STANDS}"),
        evidence: around.bytes.get(start..end)?.to_vec(),
        archive: None,
    })
}

/// A URL with a public number in place of its host.
fn raw(around: &Around<'_>) -> Option<Found> {
    let rest = around.ahead();
    let scheme = rest.iter().position(|b| *b == b'/')?.saturating_add(2);
    let (url, _) = take(rest, |b| {
        b.is_ascii_graphic()
            && !matches!(b, b'"' | b'\'' | b'<' | b'>' | b'`' | b'\\' | b')' | b',')
    });
    let (number, behind) = take(rest.get(scheme..)?, |b| b.is_ascii_digit() || b == b'.');
    let address: Ipv4Addr = std::str::from_utf8(number).ok()?.parse().ok()?;
    let ends = behind.first().is_none_or(|b| {
        matches!(b, b'/' | b':' | b'"' | b'\'' | b'`' | b'?' | b'#' | b')')
            || b.is_ascii_whitespace()
    });
    let is_near = address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_unspecified()
        || address.is_broadcast()
        || address.is_multicast()
        // Those that RFC 5737 keeps for examples lead nowhere.
        || address.is_documentation()
        // Resolvers that programs ask whether there is a network.
        || matches!(address.octets(), [1, 1, 1, 1] | [1, 0, 0, 1] | [8, 8, 8 | 4, 8 | 4]);
    if !ends || is_near {
        return None;
    }
    Some(Found {
        rule: &RAW_ADDRESS,
        severity: RAW_ADDRESS.severity,
        span: around.span(url.len()),
        message: format!("an address without a name, {address},{STANDS}"),
        evidence: url.to_vec(),
        archive: None,
    })
}

/// A `data:` URL that holds a page or a script, packed as base64 or not.
fn script(around: &Around<'_>) -> Option<Found> {
    let rest = around.ahead();
    let (url, _) = take(rest, |b| {
        b.is_ascii_graphic() && !matches!(b, b'"' | b'\'' | b'`')
    });
    let comma = url.iter().position(|b| *b == b',')?;
    let kind = url.get(..comma)?;
    let is_plain = kind
        .iter()
        .all(|b| is_word(*b) || matches!(b, b':' | b'/' | b';' | b'=' | b'-'));
    let body = url.get(comma.saturating_add(1)..)?;
    if !is_plain || body.len() < 16 {
        return None;
    }
    Some(Found {
        rule: &SCRIPT_URL,
        severity: SCRIPT_URL.severity,
        span: around.span(url.len()),
        message: format!("a URL that carries a page or a script{STANDS}"),
        evidence: url.to_vec(),
        archive: None,
    })
}

/// `href="javascript:…"`, as a value by itself.
fn link(around: &Around<'_>) -> Option<Found> {
    let front = around.behind();
    let quote = front.last().filter(|b| matches!(b, b'"' | b'\''))?;
    let front = front.get(..front.len().saturating_sub(1))?.trim_ascii_end();
    let is_value = front.ends_with(b"=") || front.ends_with(b":") || front.ends_with(b"\\");
    let body = around.from(b"javascript:".len());
    let (code, _) = take(body, |b| b != *quote && b != b'\n');
    let does = code.contains(&b'(') && !code.starts_with(b"void(0)") && code.len() > 4;
    (is_value && does).then(|| Found {
        rule: &SCRIPT_URL,
        severity: SCRIPT_URL.severity,
        span: around.span(b"javascript:".len().saturating_add(code.len())),
        message: format!("a link that runs a script{STANDS}"),
        evidence: code.to_vec(),
        archive: None,
    })
}
