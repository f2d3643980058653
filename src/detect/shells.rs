//! Shell commands that only attacks are written with: shells handed to the
//! network, and droppers that fetch or decode a program and run it at once.
//!
//! Each verifier wants the whole command on one line, not a word of it:
//! vocabularies and documentation hold the words.

use super::Reach;
use super::patterns::{Around, Found, Pattern};
use super::text::{
    decode_base64, find, has, has_folded, is_text, is_word, last_line, line, skip_blanks,
    strip_any, take,
};
use crate::rules::Rule;
use crate::rules::embedded::{DROPPER, REVERSE_SHELL};

/// How much of a command line is looked at behind its anchor, in bytes.
const LINE_CAP_BYTES: usize = 512;

/// How much in front of it, in bytes.
const BEFORE_BYTES: usize = 512;

/// The family.
///
/// Bits of `/dev/tcp/`: a host and a slash and a digit (8 + 4), and one of five
/// four-byte signs of a shell at one of 256 places (32 - 2 - 8). Bits of the
/// others: the second half of the command is a literal of 8 bytes or more (64)
/// at one of 512 places (-9), one of up to 16 spellings (-4).
pub(super) static PATTERNS: &[Pattern] = &[
    shell("dev-tcp", b"/dev/tcp/", 4, 34.0, dev_socket),
    shell("dev-udp", b"/dev/udp/", 4, 34.0, dev_socket),
    shell("netcat-shell", b" -e /bin/", 0, 15.0, netcat),
    shell("piped-shell", b"sh -i 2>&1", 3, 15.0, piped),
    shell("curl-pipe", b"curl ", 0, 51.0, download),
    shell("wget-pipe", b"wget ", 0, 51.0, download),
    shell("chmod-run", b"chmod +x ", 4, 51.0, make_executable),
    shell("base64-pipe", b"base64 -", 3, 30.0, decode_pipe),
    shell("brace-base64", b"{base64,-d}|", 6, 24.0, brace_pipe),
    shell("powershell", b"powershell", 4, 72.0, encoded),
    shell("powershell-title", b"PowerShell", 4, 72.0, encoded),
    shell("powershell-capital", b"POWERSHELL", 4, 72.0, encoded),
    shell("pwsh", b"pwsh ", 0, 72.0, encoded),
    shell(
        "download-string",
        b".DownloadString(",
        5,
        14.0,
        download_string,
    ),
    shell("certutil", b"certutil", 3, 51.0, certutil),
    shell("mshta", b"mshta ", 1, 24.0, mshta),
];

const fn shell(
    name: &'static str,
    anchor: &'static [u8],
    key_at: usize,
    checked_bits: f64,
    verify: fn(&Around<'_>) -> Option<Found>,
) -> Pattern {
    Pattern {
        name,
        anchor,
        key_at,
        before: BEFORE_BYTES,
        after: LINE_CAP_BYTES,
        reach: Reach::NotProse,
        checked_bits,
        verify,
    }
}

/// The finding: the line around the anchor shows it.
fn found(rule: &'static Rule, around: &Around<'_>, message: &str) -> Option<Found> {
    let ahead = line(around.ahead());
    Some(Found {
        rule,
        severity: rule.severity,
        span: around.span(ahead.len()),
        message: message.to_owned(),
        evidence: ahead.to_vec(),
    })
}

/// `/dev/tcp/HOST/PORT` with an interactive shell or a two-way redirect on the
/// same line. Scripts that merely wait for a port have neither.
fn dev_socket(around: &Around<'_>) -> Option<Found> {
    let rest = line(around.from(b"/dev/tcp/".len()));
    let (host, rest) = take(rest, |b| {
        is_word(b) || matches!(b, b'.' | b'-' | b'$' | b'{' | b'}' | b':')
    });
    let port = rest.strip_prefix(b"/")?;
    let is_address = !host.is_empty()
        && port
            .first()
            .is_some_and(|b| b.is_ascii_digit() || *b == b'$');
    let front = last_line(around.behind());
    let is_two_way = has(front, b"sh -i")
        || has(front, b" -i >&")
        || (has(front, b"exec ") && has(front, b"<>"))
        || has(port, b"0>&1")
        || has(port, b"0<&1");
    if !is_address || !is_two_way {
        return None;
    }
    found(
        &REVERSE_SHELL,
        around,
        "a shell is connected to a network address through /dev/tcp",
    )
}

/// `nc HOST PORT -e /bin/sh`, in any order of the arguments in front.
fn netcat(around: &Around<'_>) -> Option<Found> {
    let program = around.from(b" -e /bin/".len());
    let after = strip_any(program, &[b"sh", b"bash", b"dash", b"zsh", b"ash"])?;
    let front = last_line(around.behind());
    let is_netcat = front.split(|b| !is_word(*b) && *b != b'.').any(|word| {
        matches!(
            word,
            b"nc" | b"ncat" | b"netcat" | b"nc.traditional" | b"nc.exe"
        )
    });
    if after.first().is_some_and(|b| is_word(*b)) || !is_netcat || !is_text(front) {
        return None;
    }
    found(
        &REVERSE_SHELL,
        around,
        "netcat hands a shell to a network address",
    )
}

/// `sh -i 2>&1 | nc HOST PORT`: the named-pipe form.
fn piped(around: &Around<'_>) -> Option<Found> {
    let rest = skip_blanks(around.from(b"sh -i 2>&1".len())).strip_prefix(b"|")?;
    let rest = strip_any(
        skip_blanks(rest),
        &[
            b"nc ",
            b"ncat ",
            b"netcat ",
            b"telnet ",
            b"openssl s_client",
        ],
    )?;
    if rest.is_empty() {
        return None;
    }
    found(
        &REVERSE_SHELL,
        around,
        "an interactive shell is piped to a network address",
    )
}

/// `curl URL | sh`, or `sh -c "$(curl URL)"`.
fn download(around: &Around<'_>) -> Option<Found> {
    if around
        .behind()
        .last()
        .is_some_and(|b| is_word(*b) || matches!(b, b'-' | b'/' | b'.'))
    {
        // `/usr/bin/curl` is a path to it; `libcurl` and `my-curl` are not it.
        let path = around.behind().ends_with(b"/bin/");
        if !path {
            return None;
        }
    }
    let command = line(around.ahead());
    let url = find(command, b"://")?;
    let rest = command.get(url..)?;
    if is_text(command) && (is_piped_to_interpreter(rest) || is_substituted(around.behind())) {
        return found(
            &DROPPER,
            around,
            "a download is passed straight to an interpreter",
        );
    }
    None
}

/// Whether one of the pipes on the line ends in an interpreter.
fn is_piped_to_interpreter(command: &[u8]) -> bool {
    memchr::memchr_iter(b'|', command)
        .filter_map(|at| command.get(at.saturating_add(1)..))
        .any(starts_interpreter)
}

fn starts_interpreter(command: &[u8]) -> bool {
    let mut rest = skip_blanks(command);
    while let Some(behind) = strip_any(
        rest,
        &[b"sudo ", b"env ", b"-E ", b"exec ", b"/bin/", b"/usr/bin/"],
    ) {
        rest = skip_blanks(behind);
    }
    let (word, after) = take(rest, |b| is_word(b) || b == b'.');
    let stem = word.iter().rposition(|b| !b.is_ascii_digit() && *b != b'.');
    let stem = stem.and_then(|end| word.get(..=end)).unwrap_or_default();
    let is_end = after.first().is_none_or(|b| {
        matches!(
            b,
            b' ' | b'\t' | b'\\' | b'"' | b'\'' | b';' | b'&' | b')' | b'`' | b'<'
        )
    });
    is_end
        && matches!(
            stem,
            b"sh"
                | b"bash"
                | b"zsh"
                | b"dash"
                | b"ash"
                | b"ksh"
                | b"python"
                | b"perl"
                | b"ruby"
                | b"node"
                | b"php"
                | b"pwsh"
        )
}

/// Whether the command is substituted into one that a shell evaluates.
fn is_substituted(front: &[u8]) -> bool {
    let front = last_line(front);
    let Some(front) = front
        .strip_suffix(b"$(")
        .or_else(|| front.strip_suffix(b"`"))
        .or_else(|| front.strip_suffix(b"<("))
    else {
        return false;
    };
    let front = front.trim_ascii_end();
    let front = front
        .strip_suffix(b"\"")
        .or_else(|| front.strip_suffix(b"'"))
        .unwrap_or(front);
    let front = front.strip_suffix(b"\\").unwrap_or(front).trim_ascii_end();
    front.ends_with(b"sh -c") || front.ends_with(b"eval") || front.ends_with(b"bash")
}

/// `curl URL -o X; chmod +x X; ./X`: fetched, made executable and started on
/// one line.
fn make_executable(around: &Around<'_>) -> Option<Found> {
    let front = last_line(around.behind());
    let is_fetched = has(front, b"://") && (has(front, b"curl ") || has(front, b"wget "));
    let rest = line(around.from(b"chmod +x ".len()));
    let (path, rest) = take(skip_blanks(rest), |b| {
        !matches!(b, b' ' | b';' | b'&' | b'"' | b'\'')
    });
    let next = skip_blanks(rest);
    let start = strip_any(next, &[b";", b"&&"])?;
    let name = path
        .rsplit(|b| *b == b'/')
        .next()
        .filter(|name| !name.is_empty())?;
    if !is_fetched || !is_text(front) || !has(start, name) {
        return None;
    }
    found(
        &DROPPER,
        around,
        "a downloaded file is made executable and started",
    )
}

/// `base64 -d | sh`.
fn decode_pipe(around: &Around<'_>) -> Option<Found> {
    let rest = strip_any(around.from(b"base64 -".len()), &[b"d", b"D", b"-decode"])?;
    let command = line(rest);
    let pipe = find(command, b"|")?;
    let between = command.get(..pipe)?;
    let target = command.get(pipe.saturating_add(1)..)?;
    if !is_text(between) || !starts_interpreter(target) {
        return None;
    }
    found(
        &DROPPER,
        around,
        "decoded Base64 is passed straight to an interpreter",
    )
}

/// `{echo,...}|{base64,-d}|{bash,-i}`: the form without blanks.
fn brace_pipe(around: &Around<'_>) -> Option<Found> {
    let rest = around.from(b"{base64,-d}|".len());
    strip_any(rest, &[b"{bash", b"bash", b"{sh,"])?;
    found(
        &DROPPER,
        around,
        "decoded Base64 is passed straight to a shell",
    )
}

/// `powershell -enc BASE64`: the command is UTF-16 in Base64, so every second
/// byte of it is zero (nine bytes, 72 bits).
fn encoded(around: &Around<'_>) -> Option<Found> {
    let mut words = line(around.ahead())
        .split(|b| matches!(b, b' ' | b'\t' | b'"' | b'\''))
        .filter(|word| !word.is_empty());
    let flag = words.find(|word| is_encoded_flag(word));
    let command = decode_base64(words.next().filter(|_| flag.is_some())?, |_| false);
    let is_wide = |pair: &[u8]| matches!(pair, [low, 0] if !low.is_ascii_control());
    let start = command.get(..18)?;
    if !start.chunks_exact(2).all(is_wide) {
        return None;
    }
    found(&DROPPER, around, "PowerShell is given an encoded command")
}

/// Whether this is `-EncodedCommand` or an abbreviation that PowerShell takes.
fn is_encoded_flag(word: &[u8]) -> bool {
    let Some(name) = strip_any(word, &[b"-", b"/"]) else {
        return false;
    };
    let name = name.to_ascii_lowercase();
    name == b"ec" || (!name.is_empty() && b"encodedcommand".starts_with(name.as_slice()))
}

/// `IEX (New-Object Net.WebClient).DownloadString('http...')`.
fn download_string(around: &Around<'_>) -> Option<Found> {
    let front = last_line(around.behind());
    let rest = line(around.ahead());
    let is_evaluated =
        |part: &[u8]| has_folded(part, b"iex") || has_folded(part, b"invoke-expression");
    if !has_folded(rest, b"http") || !(is_evaluated(front) || is_evaluated(rest)) {
        return None;
    }
    found(
        &DROPPER,
        around,
        "PowerShell evaluates a script that it downloads",
    )
}

/// `certutil -urlcache -f http://...`.
fn certutil(around: &Around<'_>) -> Option<Found> {
    let command = line(around.ahead());
    if !has_folded(command, b"urlcache") || !has_folded(command, b"http") || !is_text(command) {
        return None;
    }
    found(
        &DROPPER,
        around,
        "the certificate tool of Windows is used to download a file",
    )
}

/// `mshta http://...`.
fn mshta(around: &Around<'_>) -> Option<Found> {
    let rest = around.from(b"mshta ".len());
    let rest = strip_any(rest, &[b"\"", b"'"]).unwrap_or(rest);
    strip_any(
        rest,
        &[b"http://", b"https://", b"vbscript:", b"javascript:"],
    )?;
    found(
        &DROPPER,
        around,
        "the HTML application host of Windows runs a remote script",
    )
}
