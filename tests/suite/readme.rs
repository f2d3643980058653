//! The README shows real output: every `console` block is run, and compared
//! but for time and memory. `MODELAUDIT_BLESS=1` rewrites the blocks.

use regex::Regex;

use crate::binary::run;
use crate::golden::compare;

const OPEN: &str = "```console\n";
const CLOSE: &str = "```";

/// Calls that are made until one is not held up.
const CALLS_CAP: usize = 100;

/// The README with every block as the program fills it now.
fn filled(readme: &str) -> String {
    let mut parts = readme.split(OPEN);
    let mut out = parts.next().unwrap().to_owned();
    for part in parts {
        let (block, rest) = part.split_once(CLOSE).expect("every block is closed");
        let prompt = block
            .lines()
            .next()
            .expect("a block begins with its command");
        let call = prompt
            .strip_prefix("$ modelaudit ")
            .expect("a call of the program");
        let output = unhurried(&call.split_whitespace().collect::<Vec<_>>());
        out.push_str(&format!("{OPEN}{prompt}\n{}{CLOSE}{rest}", steady(&output)));
    }
    out
}

/// The output of a call. Where a loaded machine takes so long that a rate is
/// printed, which breaks the lines elsewhere, the call is made again.
fn unhurried(call: &[&str]) -> String {
    let mut outputs = (0..CALLS_CAP).map(|_| run(call).stdout);
    let found = outputs.find(|output| !output.contains("/s)"));
    found.unwrap_or_else(|| panic!("every one of {CALLS_CAP} calls of {call:?} took too long"))
}

/// Output with fixed times and memory.
fn steady(output: &str) -> String {
    let replace = |text: String, pattern: &str, with: &str| {
        Regex::new(pattern)
            .unwrap()
            .replace_all(&text, with)
            .into_owned()
    };
    let text = replace(output.to_owned(), r"\d+\.\d s", "0.0 s");
    let text = replace(text, r"peak memory \S+ \w+", "peak memory 8 MB");
    replace(text, r"within \S+ \w+ of memory", "within 8 GB of memory")
}

#[test]
fn the_readme_shows_what_the_program_prints() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");
    let readme = std::fs::read_to_string(path).unwrap();
    assert!(readme.matches(OPEN).count() >= 4);
    compare("README.md", &filled(&readme));
}

#[test]
fn the_readme_names_every_variable_and_exit_code() {
    let readme =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    let help = run(&["--help"]).stdout;
    for word in help.split(|c: char| !c.is_ascii_uppercase() && c != '_') {
        if word.starts_with("MODELAUDIT_") {
            assert!(readme.contains(word), "{word}");
        }
    }
    for code in ["| 0 |", "| 1 |", "| 2 |", "| 130 |"] {
        assert!(readme.contains(code), "{code}");
    }
}
