//! The list of what to scan: paths on the command line, lists of paths, and
//! standard input.

use std::ffi::OsString;
use std::fs;
use std::io::{self, Read as _};
use std::os::unix::ffi::OsStringExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use super::args::InputArgs;
use crate::report::escape_text;

/// The name of standard input where a path is expected.
const STDIN: &str = "-";

/// What standard input is called, unless the person gave it a name.
const STDIN_NAME: &str = "<stdin>";

/// One thing that was named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Named {
    /// A path, as the person wrote it.
    Path(PathBuf),
    /// Standard input, under this name.
    Stdin(String),
}

/// Everything that was named, in order. An error where the list makes no
/// sense; whether the paths exist is found out by the scan.
pub fn list(args: &InputArgs) -> Result<Vec<Named>> {
    let stdins = args.paths.iter().filter(|p| is_stdin(p)).count();
    let list_is_stdin = args.files_from.as_deref().is_some_and(is_stdin);
    if stdins > 1 {
        bail!("\"-\" is named {stdins} times, but standard input can be read only once");
    }
    if stdins == 1 && list_is_stdin {
        bail!(
            "\"-\" and \"--files-from -\" both read standard input; give the list in a file instead"
        );
    }
    if stdins == 0 && args.stdin_name.is_some() {
        bail!("--stdin-name names standard input; add \"-\" to the paths to scan it");
    }
    let mut named: Vec<Named> = args.paths.iter().map(|path| name(args, path)).collect();
    if let Some(from) = &args.files_from {
        let listed = read_list(from, args.null)?;
        named.extend(listed.into_iter().map(Named::Path));
    }
    if named.is_empty() {
        bail!("--files-from lists no paths, so there is nothing to scan");
    }
    Ok(named)
}

fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == STDIN
}

fn name(args: &InputArgs, path: &Path) -> Named {
    if is_stdin(path) {
        Named::Stdin(args.stdin_name.clone().unwrap_or_else(|| STDIN_NAME.into()))
    } else {
        Named::Path(path.to_owned())
    }
}

fn read_list(from: &Path, is_null: bool) -> Result<Vec<PathBuf>> {
    let mut bytes = Vec::new();
    let read = if is_stdin(from) {
        io::stdin().lock().read_to_end(&mut bytes)
    } else {
        fs::File::open(from).and_then(|mut file| file.read_to_end(&mut bytes))
    };
    let shown = || escape_text(&from.display().to_string());
    read.with_context(|| format!("cannot read the list of paths {}", shown()))?;
    paths_of(&bytes, is_null).with_context(|| format!("in the list of paths {}", shown()))
}

/// The paths of a list; empty lines name nothing.
fn paths_of(list: &[u8], is_null: bool) -> Result<Vec<PathBuf>> {
    let end = if is_null { 0 } else { b'\n' };
    let mut paths = Vec::new();
    for (index, line) in list.split(|&b| b == end).enumerate() {
        if line.contains(&0) {
            bail!(
                "line {} holds a NUL byte; use --null for a list that is separated by them",
                index + 1
            );
        }
        if !line.is_empty() {
            paths.push(OsString::from_vec(line.to_vec()).into());
        }
    }
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(paths: &[&str]) -> InputArgs {
        InputArgs {
            paths: paths.iter().map(PathBuf::from).collect(),
            files_from: None,
            null: false,
            stdin_name: None,
            dry_run: false,
        }
    }

    #[test]
    fn a_list_is_split_by_lines_or_by_nul() {
        let paths = |list: &[u8], is_null| paths_of(list, is_null).unwrap();
        let path = PathBuf::from;
        assert_eq!(paths(b"a\n\nb c\n", false), [path("a"), path("b c")]);
        assert_eq!(paths(b"a\nb\0c\0", true), [path("a\nb"), path("c")]);
        assert_eq!(paths(b"a\r\n", false), [path("a\r")]);
        assert_eq!(paths(b"", false), [] as [PathBuf; 0]);
        assert_eq!(paths(b"-\n", false), [path("-")]);
        let odd = PathBuf::from(OsString::from_vec(b"\xff".to_vec()));
        assert_eq!(paths(b"\xff\n", false), [odd]);
        let message = paths_of(b"a\nb\0c", false).unwrap_err().to_string();
        assert!(message.contains("line 2") && message.contains("--null"));
    }

    #[test]
    fn standard_input_is_one_of_the_paths() {
        let mut given = args(&["a", "-"]);
        let named = |name: &str| vec![Named::Path("a".into()), Named::Stdin(name.to_owned())];
        assert_eq!(list(&given).unwrap(), named("<stdin>"));
        given.stdin_name = Some("model.pkl".into());
        assert_eq!(list(&given).unwrap(), named("model.pkl"));
    }

    #[test]
    fn standard_input_serves_one_purpose() {
        let twice = list(&args(&["-", "-"])).unwrap_err().to_string();
        assert!(twice.contains("once"), "{twice}");
        let both = InputArgs {
            files_from: Some("-".into()),
            ..args(&["-"])
        };
        assert!(
            list(&both)
                .unwrap_err()
                .to_string()
                .contains("--files-from -")
        );
        let unnamed = InputArgs {
            stdin_name: Some("x".into()),
            ..args(&["a"])
        };
        assert!(
            list(&unnamed)
                .unwrap_err()
                .to_string()
                .contains("--stdin-name")
        );
    }
}
