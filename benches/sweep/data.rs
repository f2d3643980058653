//! What is swept, and what is looked for: made the same way in every run.

use modelaudit::detect::anchors::Literal;

/// SplitMix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    }

    fn pick<T: Copy>(&mut self, all: &[T]) -> T {
        all[(self.next() % all.len() as u64) as usize]
    }
}

/// Makes so many bytes.
type Generator = fn(usize) -> Vec<u8>;

/// Kinds of content, each made with a length.
pub const KINDS: [(&str, Generator); 5] = [
    ("bf16", |len| fill(len, bf16)),
    ("fp32", |len| fill(len, fp32)),
    ("int4", |len| fill(len, int4)),
    ("uniform", |len| fill(len, |word| word)),
    ("text", text),
];

/// `len` bytes whose 64-bit words are random bits put in shape.
fn fill(len: usize, shape: impl Fn(u64) -> u64) -> Vec<u8> {
    let mut random = Random(0x5eed);
    let mut bytes = Vec::with_capacity(len);
    while bytes.len() < len {
        bytes.extend_from_slice(&shape(random.next()).to_le_bytes());
    }
    bytes
}

/// Four bf16 numbers with magnitudes between 2^-9 and 2^-4, as weights have.
fn bf16(random: u64) -> u64 {
    const LANE: u64 = 0x0001_0001_0001_0001;
    let sign_and_fraction = random & (0x807f * LANE);
    let exponent = (random >> 7 & (0x0003 * LANE)) + (0x77 * LANE);
    sign_and_fraction | exponent << 7
}

/// Two fp32 numbers with such magnitudes.
fn fp32(random: u64) -> u64 {
    const LANE: u64 = 0x0000_0001_0000_0001;
    let sign_and_fraction = random & (0x807f_ffff * LANE);
    let exponent = (random >> 23 & (0x0003 * LANE)) + (0x77 * LANE);
    sign_and_fraction | exponent << 23
}

/// Sixteen four-bit numbers crowded around the middle, as quantisers leave
/// them: the sum of two three-bit numbers each.
fn int4(random: u64) -> u64 {
    const NIBBLES: u64 = 0x1111_1111_1111_1111;
    (random & (7 * NIBBLES)) + (random.rotate_left(29) & (7 * NIBBLES))
}

/// The sources of this crate time and again: they are full of what is looked
/// for.
fn text(len: usize) -> Vec<u8> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/src");
    let files = walkdir::WalkDir::new(root).sort_by_file_name().into_iter();
    let paths = files.filter_map(|entry| Some(entry.ok()?.into_path()));
    let mut bytes: Vec<u8> = paths
        .filter_map(|path| std::fs::read(path).ok())
        .flatten()
        .collect();
    assert!(!bytes.is_empty(), "the sources are there");
    while bytes.len() < len {
        let more = bytes.len().min(len - bytes.len());
        bytes.extend_from_within(..more);
    }
    bytes.truncate(len);
    bytes
}

const HEADS: [&str; 40] = [
    "os.",
    "subprocess.",
    "builtins.",
    "ctypes.",
    "socket.",
    "pickle.",
    "marshal.",
    "importlib.",
    "shutil.",
    "pty.",
    "urllib.",
    "requests.",
    "base64.",
    "zlib.",
    "codecs.",
    "runpy.",
    "platform.",
    "webbrowser.",
    "torch.",
    "numpy.",
    "tensorflow.",
    "keras.",
    "http://",
    "https://",
    "powershell ",
    "cmd.exe /c ",
    "/bin/",
    "/usr/bin/",
    "curl ",
    "wget ",
    "chmod ",
    "nc -e ",
    "bash -c ",
    "AKIA",
    "ghp_",
    "hf_",
    "xoxb-",
    "sk-",
    "eval(",
    "exec(",
];

const TAILS: [&str; 50] = [
    "system",
    "popen",
    "Popen",
    "call",
    "check_output",
    "eval",
    "exec",
    "compile",
    "__import__",
    "getattr",
    "load",
    "loads",
    "dumps",
    "CDLL",
    "windll",
    "connect",
    "send",
    "recv",
    "bind",
    "listen",
    "spawn",
    "fork",
    "execve",
    "remove",
    "rmtree",
    "copyfile",
    "urlopen",
    "urlretrieve",
    "get",
    "post",
    "b64decode",
    "decompress",
    "decode",
    "run_path",
    "run_module",
    "open",
    "write",
    "hub.load",
    "py_func",
    "Lambda",
    "example",
    "tunnel",
    "python",
    "perl",
    "ruby",
    "php",
    "node",
    "+x /tmp",
    "-encodedCommand",
    "-nop -w hidden",
];

/// As many literals as a scanner's list might have: names, commands, imports
/// as pickles spell them, magic numbers; a third of them in either case.
pub fn literals(count: usize) -> Vec<Literal> {
    let mut random = Random(7);
    let mut all = Vec::new();
    while all.len() < count {
        let (head, tail) = (random.pick(&HEADS), random.pick(&TAILS));
        let mut bytes = match all.len() % 20 {
            0 | 10 => [
                b"c",
                head.trim_end_matches('.').as_bytes(),
                b"\n",
                tail.as_bytes(),
            ]
            .concat(),
            1 | 11 => [&[0x8c, tail.len() as u8], tail.as_bytes()].concat(),
            2 => [&random.next().to_le_bytes()[..4], b"\0\0\x01"].concat(),
            _ => format!("{head}{tail}").into_bytes(),
        };
        let make = |bytes: &Vec<u8>| match all.len() % 3 {
            0 => Literal::folded(bytes.clone()),
            _ => Literal::exact(bytes.clone()),
        };
        // There are more literals in a long list than words here.
        while all.contains(&make(&bytes)) {
            bytes.extend(random.pick(&TAILS).bytes());
        }
        all.push(make(&bytes));
    }
    all
}

/// Texts that are as hard as they can be for a search for these literals.
pub fn hostile(literals: &[Literal], len: usize) -> Vec<(&'static str, Vec<u8>)> {
    let each = |part: fn(&[u8]) -> &[u8]| {
        let mut bytes = Vec::with_capacity(len);
        while bytes.len() < len {
            for literal in literals {
                bytes.extend_from_slice(part(literal.bytes()));
            }
        }
        bytes
    };
    vec![
        ("all a", vec![b'a'; len]),
        ("all zero", vec![0; len]),
        ("near misses", each(|bytes| &bytes[..bytes.len() - 1])),
        ("their ends", each(|bytes| &bytes[bytes.len() - 4..])),
        ("their starts", each(|bytes| &bytes[..4])),
        ("hits only", each(|bytes| bytes)),
    ]
}
