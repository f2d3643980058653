//! What is looked for, and texts that are hard to search for it.

use modelaudit::detect::anchors::Literal;

use crate::kinds::Random;

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

fn pick<T: Copy>(random: &mut Random, all: &[T]) -> T {
    all[(random.next() % all.len() as u64) as usize]
}

/// As many literals as a scanner's list might have: names, commands, imports
/// as pickles spell them, magic numbers; a third of them in either case.
pub fn literals(count: usize) -> Vec<Literal> {
    let mut random = Random(7);
    let mut all = Vec::new();
    while all.len() < count {
        let (head, tail) = (pick(&mut random, &HEADS), pick(&mut random, &TAILS));
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
            bytes.extend(pick(&mut random, &TAILS).bytes());
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
