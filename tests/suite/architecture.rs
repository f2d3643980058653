//! The walls of the house: import order, and the one home of each thing that
//! must not spread.

use std::collections::BTreeMap;
use std::path::Path;

/// A module uses only what stands to its right.
const ORDER: [&str; 10] = [
    "cli", "render", "engine", "formats", "detect", "wire", "source", "rules", "report", "budget",
];

/// What may appear only in certain files, by prefix of their path in `src`.
const HOMES: &[(&str, &[&str])] = &[
    ("anyhow::", &["cli/"]),
    ("clap::", &["cli/"]),
    ("indicatif::", &["cli/"]),
    ("sysinfo::", &["cli/machine.rs"]),
    ("rayon::", &["engine/"]),
    (
        "memmap2::",
        &["source/mapped.rs", "source/unpacked.rs", "source/cache.rs"],
    ),
    ("libc::", &["source/fault.rs", "source/cache.rs"]),
    ("ruff_python_", &["detect/python/"]),
    ("ruff_text_size::", &["detect/python/"]),
    ("stacker::", &["detect/python/parse.rs"]),
    ("minijinja::", &["detect/template/parse.rs"]),
    (
        "unsafe {",
        &[
            "source/mapped.rs",
            "source/fault.rs",
            "source/cache.rs",
            "detect/anchors/kernel/avx2.rs",
            "detect/anchors/kernel/avx512.rs",
            "detect/anchors/kernel/neon.rs",
        ],
    ),
    ("std::arch::", &["detect/anchors/kernel/"]),
    ("unsafe fn", &[]),
    ("unsafe impl", &[]),
    ("std::process::exit", &["cli/"]),
    ("std::env::", &["cli/"]),
    ("File::open", &["source/disk.rs", "cli/"]),
    ("std::fs::", &["source/", "engine/discover.rs", "cli/"]),
    // What files say about each other is compared in one place.
    (
        "look_beside(",
        &["engine/discover.rs", "engine/repository/"],
    ),
    (
        ".descriptions",
        &[
            "report/outcome.rs",
            "engine/ledger.rs",
            "engine/repository/",
        ],
    ),
    ("std::thread::", &["engine/", "cli/"]),
    ("catch_unwind", &["engine/guard.rs", "cli/"]),
    ("serde_json::to_", &["render/"]),
];

/// Words that would let a check see how bytes are read.
const HIDDEN_FROM_CHECKS: [&str; 4] = ["Tier", "Plan", "Backing", "strategy"];

/// Longest file, in lines, unless it is a table.
const FILE_CAP_LINES: usize = 800;

/// Every source file by its path in `src`, without comments and unit tests.
fn sources() -> BTreeMap<String, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let files = walkdir::WalkDir::new(&root)
        .into_iter()
        .map(|e| e.unwrap().into_path());
    files
        .filter(|path| path.extension().is_some_and(|e| e == "rs"))
        .filter(|path| {
            let path = path.to_string_lossy();
            !path.ends_with("tests.rs") && !path.contains("/tests/")
        })
        .map(|path| {
            (
                relative(&path, &root),
                code(&std::fs::read_to_string(&path).unwrap()),
            )
        })
        .collect()
}

fn relative(path: &Path, root: &Path) -> String {
    path.strip_prefix(root)
        .unwrap()
        .to_string_lossy()
        .into_owned()
}

/// The code of a file: no comment lines, and nothing from the first unit test
/// module on.
fn code(text: &str) -> String {
    let body = text.split("#[cfg(test)]\nmod tests").next().unwrap();
    let lines = body
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}

fn module(path: &str) -> &str {
    path.split(['/', '.']).next().unwrap()
}

#[test]
fn imports_run_one_way() {
    let rank = |module: &str| ORDER.iter().position(|m| *m == module);
    for (path, text) in sources() {
        let Some(own) = rank(module(&path)) else {
            continue;
        };
        for used in text.split("crate::").skip(1) {
            let name: String = used
                .chars()
                .take_while(|c| c.is_alphanumeric() || *c == '_')
                .collect();
            let Some(other) = rank(&name) else { continue };
            assert!(
                other >= own,
                "{path} uses crate::{name}, which stands to its left"
            );
            let skips_engine = module(&path) == "render" && name == "engine";
            assert!(!skips_engine, "{path}: render never uses engine");
        }
    }
}

#[test]
fn every_module_is_in_the_order() {
    for path in sources().keys() {
        let known = ORDER.contains(&module(path)) || ["lib", "main"].contains(&module(path));
        assert!(known, "{path} is in no module of the order");
    }
}

#[test]
fn each_dependency_and_danger_has_one_home() {
    for (path, text) in sources() {
        for (what, homes) in HOMES {
            let at_home = homes.iter().any(|home| path.starts_with(home));
            assert!(
                at_home || !text.contains(what),
                "{path} has `{what}`; its home is {homes:?}"
            );
        }
    }
}

#[test]
fn checks_cannot_see_how_bytes_are_read() {
    let checks = ["formats", "detect", "wire", "source", "rules"];
    for (path, text) in sources() {
        if !checks.contains(&module(&path)) {
            continue;
        }
        let words = text.split(|c: char| !c.is_alphanumeric() && c != '_');
        for word in words {
            assert!(
                !HIDDEN_FROM_CHECKS.contains(&word),
                "{path} speaks of `{word}`"
            );
        }
    }
}

#[test]
fn the_main_file_only_hands_over() {
    let sources = sources();
    assert!(sources["main.rs"].lines().count() <= 15);
    assert!(sources["main.rs"].contains("modelaudit::cli::"));
}

#[test]
fn files_stay_short_and_say_what_they_are() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for path in sources().keys() {
        let text = std::fs::read_to_string(root.join(path)).unwrap();
        assert!(text.starts_with("//! "), "{path} does not say what it is");
        let table = path.starts_with("detect/globals/") || path.starts_with("rules/");
        assert!(
            table || text.lines().count() <= FILE_CAP_LINES,
            "{path} is too long"
        );
    }
}

#[test]
fn parsers_deny_what_can_panic() {
    let sources = sources();
    for module in [
        "source/mod.rs",
        "wire/mod.rs",
        "formats/mod.rs",
        "detect/mod.rs",
    ] {
        for lint in [
            "unwrap_used",
            "expect_used",
            "panic",
            "indexing_slicing",
            "arithmetic_side_effects",
        ] {
            assert!(
                sources[module].contains(&format!("clippy::{lint}")),
                "{module}: {lint}"
            );
        }
    }
}
