//! Expressions that decode, fetch or import something and evaluate it on the
//! spot: the one-line payloads of Python, PHP, JavaScript and Java.
//!
//! The verifiers want the nested calls as they are written in payloads. Words
//! of a vocabulary (`eval(`, `os.system`), ordinary code that compiles or runs
//! what it wrote itself, and prose about either do not have them.

use super::text::{has, is_word, line, skip_blanks, starts_word, strip_any, take};
use super::{Around, Family, Found, Pattern};
use crate::detect::Reach;
use crate::rules::Rule;
use crate::rules::embedded::{CODE_EVALUATION, MINER, REVERSE_SHELL};

/// How much of an expression is looked at, in bytes.
const AFTER_BYTES: usize = 256;

/// How much in front of it, in bytes.
const BEFORE_BYTES: usize = 512;

/// The family.
///
/// Bits of `exec(` and `eval(`: the shortest continuation has 8 bytes (64),
/// one of 24 (-4.6), in front no word character (0.4). Bits of `__import__(`:
/// a quote, a module, a quote, a bracket and a call of at least 12 bytes, one
/// of 40. Bits of the rest stand at their verifiers.
pub(super) static PATTERNS: &[Pattern] = &[
    CODE.pattern("exec", b"exec(", 59.0, evaluate),
    CODE.pattern("eval", b"eval(", 59.0, evaluate),
    CODE.pattern("import-call", b"__import__(", 90.0, import_call),
    CODE.pattern("dup2-socket", b"os.dup2(", 60.0, dup2),
    CODE.pattern("pty-spawn", b"pty.spawn(", 20.0, pty_spawn),
    CODE.pattern("jndi", b"${jndi:", 30.0, jndi),
    CODE.pattern("stratum", b"stratum+", 35.0, stratum),
    CODE.pattern("stratum2", b"stratum2+", 35.0, stratum),
];

/// What they share.
const CODE: Family = Family {
    before: BEFORE_BYTES,
    after: AFTER_BYTES,
    reach: Reach::NotProse,
};

fn found(rule: &'static Rule, around: &Around<'_>, message: &str) -> Option<Found> {
    let ahead = line(around.ahead());
    Some(Found {
        rule,
        severity: rule.severity,
        span: around.span(ahead.len()),
        message: message.to_owned(),
        evidence: ahead.to_vec(),
        archive: None,
    })
}

/// What a payload evaluates directly.
static SOURCES: &[&[u8]] = &[
    b"__import__('base64')",
    b"__import__('codecs')",
    b"__import__('marshal')",
    b"__import__('requests')",
    b"__import__('urllib",
    b"__import__('zlib')",
    b"__import__(\"base64\")",
    b"__import__(\"codecs\")",
    b"__import__(\"marshal\")",
    b"__import__(\"requests\")",
    b"__import__(\"urllib",
    b"__import__(\"zlib\")",
    b"atob(",
    b"b64decode(",
    b"base64.b64decode(",
    b"base64.b85decode(",
    b"base64_decode(",
    b"binascii.unhexlify(",
    b"bytes.fromhex(",
    b"bz2.decompress(",
    b"codecs.decode(",
    b"gzinflate(",
    b"gzip.decompress(",
    b"lzma.decompress(",
    b"marshal.loads(",
    b"requests.get(",
    b"str_rot13(",
    b"urllib.request.urlopen(",
    b"urllib2.urlopen(",
    b"urlopen(",
    b"zlib.decompress(",
];

/// `exec(base64.b64decode(...))`, also through `compile(`.
fn evaluate(around: &Around<'_>) -> Option<Found> {
    if !starts_word(around.behind()) {
        return None;
    }
    let rest = skip_blanks(around.from(b"exec(".len()));
    let rest = rest.strip_prefix(b"compile(").map_or(rest, skip_blanks);
    let is_request =
        strip_any(rest, &[b"$_POST[", b"$_GET[", b"$_REQUEST[", b"$_COOKIE["]).is_some();
    let is_source = strip_any(rest, SOURCES).is_some();
    // `atob(` alone is five bytes; what it decodes must be there as well.
    let is_short = rest.starts_with(b"atob(") && !matches!(rest.get(5), Some(b'"' | b'\''));
    if is_request {
        return found(
            &CODE_EVALUATION,
            around,
            "code from a web request is evaluated",
        );
    }
    if !is_source || is_short {
        return None;
    }
    found(
        &CODE_EVALUATION,
        around,
        "decoded or downloaded code is evaluated on the spot",
    )
}

/// `__import__('os').system(...)`.
fn import_call(around: &Around<'_>) -> Option<Found> {
    let rest = skip_blanks(around.from(b"__import__(".len()));
    let rest = strip_any(rest, &[b"'", b"\"", b"\\\"", b"\\'"])?;
    let (module, rest) = take(rest, is_word);
    let rest = strip_any(rest, &[b"'", b"\"", b"\\\"", b"\\'"])?.strip_prefix(b").")?;
    let (name, rest) = take(rest, is_word);
    if !rest.starts_with(b"(") || !runs(module, name) {
        return None;
    }
    found(
        &CODE_EVALUATION,
        around,
        "a module is imported and a command or code run in one expression",
    )
}

/// Whether this function of this module runs a command or code.
fn runs(module: &[u8], name: &[u8]) -> bool {
    let starts = |prefix: &[u8]| name.starts_with(prefix);
    match module {
        b"os" | b"posix" | b"nt" => {
            matches!(name, b"system" | b"popen" | b"dup2" | b"fork")
                || starts(b"exec")
                || starts(b"spawn")
                || starts(b"posix_spawn")
        }
        b"subprocess" => matches!(
            name,
            b"Popen"
                | b"call"
                | b"check_call"
                | b"check_output"
                | b"getoutput"
                | b"getstatusoutput"
                | b"run"
        ),
        b"pty" => name == b"spawn",
        b"ctypes" => matches!(name, b"CDLL" | b"WinDLL"),
        b"builtins" => matches!(name, b"exec" | b"eval"),
        b"marshal" | b"pickle" => name == b"loads",
        b"commands" => starts(b"get"),
        _ => false,
    }
}

/// `os.dup2(s.fileno(), 0)` behind a `connect(`: ten more bytes in the call and
/// nine in front, at one of 512 places.
fn dup2(around: &Around<'_>) -> Option<Found> {
    let (_, rest) = take(around.from(b"os.dup2(".len()), is_word);
    let rest = skip_blanks(rest.strip_prefix(b".fileno()")?.strip_prefix(b",")?);
    let is_standard = matches!(rest, [b'0'..=b'2', b')', ..]);
    if !is_standard || !has(around.behind(), b".connect(") {
        return None;
    }
    found(
        &REVERSE_SHELL,
        around,
        "a process is given a network connection as its terminal",
    )
}

/// `pty.spawn("/bin/bash")`: a quote and a shell, three bytes at least.
fn pty_spawn(around: &Around<'_>) -> Option<Found> {
    let rest = around.from(b"pty.spawn(".len());
    let rest = strip_any(rest, &[b"'", b"\"", b"\\\"", b"\\'", b"['", b"[\""])?;
    let (path, rest) = take(rest, |b| is_word(b) || b == b'/');
    let is_end = matches!(rest.first(), Some(b'\'' | b'"' | b'\\'));
    let is_shell = matches!(
        path,
        b"sh" | b"bash" | b"/bin/sh" | b"/bin/bash" | b"/bin/zsh" | b"/bin/dash" | b"/usr/bin/bash"
    );
    if !is_end || !is_shell {
        return None;
    }
    found(
        &REVERSE_SHELL,
        around,
        "a shell is started on a terminal of its own",
    )
}

/// `${jndi:ldap://host`: seven bytes at least, one of six.
fn jndi(around: &Around<'_>) -> Option<Found> {
    let rest = around.from(b"${jndi:".len());
    let rest = strip_any(
        rest,
        &[
            b"ldap://",
            b"ldaps://",
            b"rmi://",
            b"dns://",
            b"iiop://",
            b"http://",
        ],
    )?;
    if !rest
        .first()
        .is_some_and(|b| is_word(*b) || matches!(b, b'$' | b'['))
    {
        return None;
    }
    found(
        &CODE_EVALUATION,
        around,
        "a Java look-up names a remote directory",
    )
}

/// `stratum+tcp://pool:port`: six bytes, a host, a colon and a digit.
fn stratum(around: &Around<'_>) -> Option<Found> {
    let rest = around.ahead().split(|b| *b == b'+').nth(1)?;
    let rest = strip_any(rest, &[b"tcp://", b"ssl://", b"tls://"])?;
    let (host, rest) = take(rest, |b| is_word(b) || matches!(b, b'.' | b'-'));
    let is_port = matches!(rest, [b':', b'0'..=b'9', ..]);
    if host.len() < 4 || !is_port {
        return None;
    }
    found(&MINER, around, "the address of a mining pool is given")
}
