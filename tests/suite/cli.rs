//! The command line from the outside: wrong calls, help, the rule catalogue,
//! lists of paths, standard input, where the report goes.

use std::fs;

use crate::binary::{Run, command, run, run_with_stdin};

/// A pickle of an empty dictionary, protocol 2.
const HARMLESS_PICKLE: &[u8] = b"\x80\x02}q\x00.";

fn refused(run: &Run, parts: &[&str]) {
    assert_eq!(run.code, Some(2), "{run:?}");
    assert_eq!(run.stdout, "", "{run:?}");
    assert!(run.stderr.starts_with("modelaudit: "), "{run:?}");
    for part in parts {
        assert!(run.stderr.contains(part), "{part:?} is missing in {run:?}");
    }
}

fn json(run: &Run) -> serde_json::Value {
    serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {run:?}"))
}

#[test]
fn every_wrong_value_is_named_with_what_it_takes() {
    let table: &[(&[&str], &[&str])] = &[
        (
            &["--format", "xml"],
            &["--format", "xml", "text, json, sarif"],
        ),
        (&["--io", "fast"], &["--io", "fast", "auto, read, mmap"]),
        (
            &["--color", "yes"],
            &["--color", "yes", "auto, always, never"],
        ),
        (
            &["--progress", "dots"],
            &["--progress", "dots", "auto, bar, plain, none"],
        ),
        (
            &["--fail-on", "bad"],
            &[
                "--fail-on",
                "bad",
                "critical, high, medium, low, info or never",
            ],
        ),
        (&["--timeout", "soon"], &["--timeout", "soon", "seconds"]),
        (&["--timeout", "-5"], &["--timeout", "-5", "seconds"]),
        (&["--timeout=1e9"], &["--timeout", "1e9", "seconds"]),
        (
            &["--shard-timeout", "10m"],
            &["--shard-timeout", "10m", "seconds"],
        ),
        (&["--workers", "0"], &["--workers", "'0'", "from 1 to 1024"]),
        (&["--workers", "-1"], &["--workers", "-1", "from 1 to 1024"]),
        (
            &["--workers", "two"],
            &["--workers", "two", "from 1 to 1024"],
        ),
        (
            &["--mmap-window", "0"],
            &["--mmap-window", "'0'", "at least 4KB"],
        ),
        (
            &["--mmap-window", "5 parsecs"],
            &["--mmap-window", "5 parsecs", "500MB"],
        ),
        (
            &["--max-memory", "1"],
            &["--max-memory", "'1'", "at least 1MB"],
        ),
        (
            &["--max-memory", "99999999999GB"],
            &["--max-memory", "99999999999GB", "largest size"],
        ),
        (
            &["--max-file-size", "-1GB"],
            &["--max-file-size", "-1GB", "1.5GB"],
        ),
        (
            &["--max-file-size", "1.5"],
            &["--max-file-size", "1.5", "whole bytes"],
        ),
        (
            &["--select", "content-mismach"],
            &[
                "--select",
                "content-mismach",
                "content-mismatch",
                "modelaudit rules",
            ],
        ),
        (
            &["--ignore", "content-mismatch,nonsense-x"],
            &["--ignore", "nonsense-x", "modelaudit rules"],
        ),
        (
            &["--select", "content-mismatch,"],
            &["--select", "modelaudit rules"],
        ),
        (
            &["--severity", "content-mismatch"],
            &["--severity", "RULE=LEVEL"],
        ),
        (
            &["--severity", "content-mismatch=worse"],
            &["--severity", "worse", "critical, high"],
        ),
        (
            &["--severity", "mismatch=low"],
            &["--severity", "mismatch", "content-mismatch"],
        ),
        (&["--bogus"], &["--bogus"]),
        (&["--timeout"], &["--timeout", "value"]),
        (&["-q", "-v"], &["--quiet", "--verbose"]),
        (
            &["--large-models", "--io", "read"],
            &["--large-models", "--io read"],
        ),
        (
            &["--dry-run", "--format", "sarif"],
            &["--dry-run", "sarif", "text or json"],
        ),
        (&["--null"], &["--files-from"]),
        (&["--stdin-name", "x"], &["--stdin-name", "\"-\""]),
        (&["-", "-"], &["\"-\"", "once"]),
        (&["-", "--files-from", "-"], &["--files-from -"]),
        (&["--files-from", "no/such/list"], &["no/such/list"]),
        (
            &["--files-from", "/dev/null", "--output", "/no/such/dir/x"],
            &["/no/such/dir/x", "--output"],
        ),
        (&["--output", "/"], &["--output", "cannot write"]),
        (&[""], &["PATH"]),
    ];
    for (args, parts) in table {
        let path = if args.contains(&"-") || args.contains(&"") {
            vec![]
        } else {
            vec!["Cargo.toml"]
        };
        let before: Vec<&str> = args.iter().copied().chain(path.clone()).collect();
        refused(&run(&before), parts);
        let after: Vec<&str> = path.into_iter().chain(args.iter().copied()).collect();
        refused(&run(&after), parts);
    }
}

#[test]
fn a_wrong_variable_is_named() {
    for (name, value, takes) in [
        ("MODELAUDIT_TIMEOUT", "never", "takes seconds"),
        ("MODELAUDIT_SHARD_TIMEOUT", "-3", "takes seconds"),
        ("MODELAUDIT_MAX_WORKERS", "0", "from 1 to 1024"),
        ("MODELAUDIT_MMAP_WINDOW", "huge", "takes bytes"),
        ("MODELAUDIT_MAX_MEMORY", "4XB", "takes bytes"),
    ] {
        let mut command = command(&["Cargo.toml"]);
        let run: Run = command.env(name, value).output().unwrap().into();
        refused(&run, &[name, value, takes]);
    }
}

#[cfg(unix)]
#[test]
fn a_variable_that_is_no_text_is_refused_and_shown_safely() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;
    let mut command = command(&["Cargo.toml"]);
    command.env("MODELAUDIT_TIMEOUT", OsStr::from_bytes(b"\x1b[31m\xff"));
    let run: Run = command.output().unwrap().into();
    refused(&run, &["MODELAUDIT_TIMEOUT", "UTF-8", "\\u{1b}"]);
}

#[test]
fn without_anything_to_scan_the_call_is_wrong() {
    refused(&run(&[]), &["<PATH>", "--help"]);
    refused(&run(&["scan"]), &["<PATH>"]);
    refused(&run(&["-q"]), &["<PATH>"]);
    let empty = run_with_stdin(&["--files-from", "-"], b"\n\n");
    refused(&empty, &["--files-from", "nothing to scan"]);
}

#[test]
fn help_mentions_every_option_variable_and_exit_code() {
    let help = run(&["--help"]);
    assert_eq!(help.code, Some(0));
    assert_eq!(help.stderr, "");
    for part in [
        "--format",
        "--output",
        "--large-models",
        "--io",
        "--timeout",
        "--shard-timeout",
        "--workers",
        "--mmap-window",
        "--max-memory",
        "--max-file-size",
        "--fail-on",
        "--allow-partial",
        "--select",
        "--ignore",
        "--severity",
        "--quiet",
        "--verbose",
        "--color",
        "--progress",
        "--dry-run",
        "--files-from",
        "--null",
        "--stdin-name",
        "--no-sparse",
        "--help",
        "--version",
        "MODELAUDIT_TIMEOUT",
        "MODELAUDIT_MAX_WORKERS",
        "MODELAUDIT_MMAP_WINDOW",
        "MODELAUDIT_SHARD_TIMEOUT",
        "MODELAUDIT_MAX_MEMORY",
        "NO_COLOR",
        "CLICOLOR_FORCE",
        "modelaudit rules",
        "Examples:",
        "Exit codes:",
        "130",
    ] {
        assert!(help.stdout.contains(part), "{part} is missing in the help");
    }
    for words in [
        &["help"][..],
        &["scan", "--help"],
        &["help", "rules"],
        &["-h"],
    ] {
        let help = run(words);
        assert_eq!(help.code, Some(0), "{words:?}");
        assert!(help.stdout.contains("--format"), "{words:?}");
    }
}

#[test]
fn the_version_is_told() {
    let version = run(&["--version"]);
    assert_eq!(version.code, Some(0));
    let expected = format!("modelaudit {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(version.stdout, expected);
}

#[test]
fn the_rule_catalogue_comes_in_three_forms() {
    let text = run(&["rules"]);
    assert_eq!(text.code, Some(0));
    assert!(text.stdout.contains("content-mismatch"));
    assert!(!text.stdout.contains('\x1b'), "no colour in a pipe");
    let catalogue = json(&run(&["rules", "--format", "json"]));
    let rules = catalogue["rules"].as_array().unwrap();
    assert!(rules.iter().any(|rule| rule["id"] == "content-polyglot"));
    let markdown = run(&["--format", "markdown", "rules"]);
    assert!(markdown.stdout.contains("content-mismatch"));
    let one = run(&["rules", "content-mismatch"]);
    assert!(one.stdout.contains("content-mismatch") && !one.stdout.contains("content-polyglot"));
    let one = json(&run(&["rules", "content-mismatch", "--format=json"]));
    assert_eq!(one["id"], "content-mismatch");
    refused(&run(&["rules", "content-mismach"]), &["content-mismatch"]);
    refused(
        &run(&["rules", "content-mismatch", "--format", "markdown"]),
        &["whole catalogue"],
    );
    assert!(run(&["rules", "--color", "always"]).stdout.contains('\x1b'));
}

#[test]
fn a_list_of_paths_is_scanned() {
    let dir = tempfile::tempdir().unwrap();
    let paths = ["a.pkl", "with space.pkl"].map(|name| dir.path().join(name));
    for path in &paths {
        fs::write(path, HARMLESS_PICKLE).unwrap();
    }
    let [first, second] = paths.map(|path| path.to_str().unwrap().to_owned());
    let lines = format!("{first}\n\n{second}\n");
    let list = dir.path().join("list.txt");
    fs::write(&list, &lines).unwrap();
    let from_file = run(&["--format", "json", "--files-from", list.to_str().unwrap()]);
    let from_stdin = run_with_stdin(&["--format", "json", "--files-from", "-"], lines.as_bytes());
    let nul = lines.trim_end().replace("\n\n", "\0");
    let from_nul = run_with_stdin(
        &["--format", "json", "--files-from", "-", "-0"],
        nul.as_bytes(),
    );
    for run in [from_file, from_stdin, from_nul] {
        assert_eq!(json(&run)["summary"]["files"], 2, "{run:?}");
        assert_eq!(run.code, Some(0), "{run:?}");
    }
    let broken = run_with_stdin(&["--files-from", "-"], b"a\0b\n");
    refused(&broken, &["line 1", "--null"]);
}

#[test]
fn standard_input_is_scanned_under_its_name() {
    let named = run_with_stdin(
        &["-", "--stdin-name", "model.pkl", "--format", "json"],
        HARMLESS_PICKLE,
    );
    let report = json(&named);
    assert_eq!(report["artifacts"][0]["location"]["path"], "model.pkl");
    assert_eq!(report["summary"]["bytes_total"], HARMLESS_PICKLE.len());
    let unnamed = json(&run_with_stdin(&["-", "--format", "json"], HARMLESS_PICKLE));
    assert_eq!(unnamed["artifacts"][0]["location"]["path"], "<stdin>");
    let large = run_with_stdin(
        &["-", "--max-file-size", "3", "--format", "json"],
        HARMLESS_PICKLE,
    );
    assert_eq!(json(&large)["gaps"][0]["why"], "limit");
    assert_eq!(large.code, Some(2));
}

#[test]
fn a_redirected_file_is_scanned_as_standard_input() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("model.pkl");
    fs::write(&path, HARMLESS_PICKLE).unwrap();
    let mut command = command(&["-", "--format", "json"]);
    command.stdin(fs::File::open(&path).unwrap());
    let run: Run = command.output().unwrap().into();
    assert_eq!(json(&run)["summary"]["bytes_total"], HARMLESS_PICKLE.len());
    assert_eq!(run.code, Some(0));
}

#[test]
fn the_report_goes_to_the_file_and_is_no_part_of_the_scan() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("model.pkl"), HARMLESS_PICKLE).unwrap();
    let target = dir.path().join("report.json");
    let (scanned, report) = (dir.path().to_str().unwrap(), target.to_str().unwrap());
    for _ in 0..2 {
        let run = run(&[scanned, "--format", "json", "--output", report]);
        assert_eq!(run.code, Some(0), "{run:?}");
        assert_eq!(run.stdout, "");
        let report: serde_json::Value =
            serde_json::from_slice(&fs::read(&target).unwrap()).unwrap();
        assert_eq!(report["summary"]["files"], 1);
    }
}

#[test]
fn a_report_never_replaces_a_model() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("model.pkl");
    fs::write(&path, HARMLESS_PICKLE).unwrap();
    let name = path.to_str().unwrap();
    refused(&run(&[name, "--output", name]), &["model.pkl", "replace"]);
    assert_eq!(fs::read(&path).unwrap(), HARMLESS_PICKLE);
}

#[test]
fn standard_output_holds_the_report_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("model.pkl");
    fs::write(&path, HARMLESS_PICKLE).unwrap();
    let name = path.to_str().unwrap();
    let run = run(&[
        name,
        "--large-models",
        "--progress",
        "plain",
        "--format",
        "json",
    ]);
    assert_eq!(json(&run)["exit_code"], 0);
    assert!(
        run.stderr
            .contains("Using extreme large file handler for model.pkl"),
        "{run:?}"
    );
    let quiet = crate::binary::run(&[name, "--large-models", "--progress", "plain", "-q"]);
    assert_eq!(quiet.stderr, "");
}

#[test]
fn a_dry_run_says_what_would_be_read() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("model.pkl");
    fs::write(&path, HARMLESS_PICKLE).unwrap();
    let run = run(&[path.to_str().unwrap(), "--dry-run", "--format", "json"]);
    let survey = json(&run);
    assert_eq!(survey["files"][0]["size"], HARMLESS_PICKLE.len());
    assert_eq!(survey["files"][0]["strategy"], "in-memory");
    assert_eq!(run.code, Some(0));
    let nothing = crate::binary::run(&["no-such-file.pkl", "--dry-run"]);
    assert_eq!(nothing.code, Some(2), "{nothing:?}");
}

#[test]
fn a_sharded_model_is_told_as_it_goes() {
    let dir = tempfile::tempdir().unwrap();
    for shard in 1..=3 {
        let header =
            format!(r#"{{"tensor{shard}":{{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}}}"#);
        let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
        bytes.extend_from_slice(header.as_bytes());
        bytes.extend_from_slice(&[1, 2, 3, 4]);
        let name = format!("model-0000{shard}-of-00003.safetensors");
        fs::write(dir.path().join(name), bytes).unwrap();
    }
    let one = dir.path().join("model-00002-of-00003.safetensors");
    let args = [
        one.to_str().unwrap(),
        "--workers",
        "2",
        "--shard-timeout",
        "90",
    ];
    let run = run(&args);
    for part in [
        "Scanning sharded model with 3 parts\nTotal size: ",
        "\nUsing parallel shard scanning (2 workers, 1 min 30 s per shard)\n",
        "\nScanned shard 1/3: model-00001-of-00003.safetensors  ",
        "\nScanned shard 2/3: model-00002-of-00003.safetensors  ",
        "\nScanned shard 3/3: model-00003-of-00003.safetensors  ",
        " B  clean  ",
    ] {
        assert!(run.stderr.contains(part), "{part:?} is missing in {run:?}");
    }
    assert!(!run.stdout.contains("Scanned shard"), "{run:?}");
    assert_eq!(run.code, Some(0));
}
