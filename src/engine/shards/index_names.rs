//! Names in an index: which are files of the model's directory, and which
//! lead somewhere else.

use std::collections::BTreeSet;
use std::path::PathBuf;

use crate::formats::shard_index::Index;

/// What a name in an index means, taken by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    /// A file in the directory of the index or below it.
    Local(PathBuf),
    /// A place outside of it, with the reason in words.
    Outside(&'static str),
}

/// Judge a name without touching the file system. Both kinds of slash
/// separate, because the loader may run on another system than the scanner.
pub(super) fn target(name: &str) -> Target {
    if name.contains('\0') {
        return Target::Outside("it contains a NUL byte");
    }
    if is_url(name) {
        return Target::Outside("it is a URL");
    }
    let mut letters = name.chars();
    let drive = letters.next().is_some_and(|c| c.is_ascii_alphabetic());
    if name.starts_with(['/', '\\', '~']) || (drive && letters.next() == Some(':')) {
        return Target::Outside("it is an absolute path");
    }
    let parts = || name.split(['/', '\\']);
    if parts().any(|part| part == "..") {
        return Target::Outside("it climbs out with `..`");
    }
    Target::Local(parts().filter(|p| !p.is_empty() && *p != ".").collect())
}

/// Whether the name starts with a scheme: `https://`, `file:/`, `hf://`.
fn is_url(name: &str) -> bool {
    let Some((scheme, rest)) = name.split_once(':') else {
        return false;
    };
    scheme.len() > 1
        && scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
        && rest.starts_with('/')
}

/// The files in or below the directory of the index that it names, relative
/// to that directory. For the discoverer: shards with unusual names belong to
/// the set as well. Names that lead elsewhere are left out; [`super::crosscheck`]
/// reports them.
pub fn local_names(index: &Index) -> BTreeSet<PathBuf> {
    let mut seen = BTreeSet::new();
    index
        .entries
        .iter()
        .map(|(_, file)| file.as_str())
        .filter(|file| seen.insert(*file))
        .filter_map(|file| match target(file) {
            Target::Local(path) if !path.as_os_str().is_empty() => Some(path),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_leave_the_directory_are_told_apart() {
        for name in [
            "/etc/passwd",
            "\\\\host\\share\\x",
            "C:\\x.bin",
            "C:x.bin",
            "~/.ssh/id_rsa",
            "../other/model.bin",
            "a/../../b",
            "a\\..\\..\\b",
            "https://example.org/x",
            "file:///x",
            "a\0.bin",
        ] {
            assert!(matches!(target(name), Target::Outside(_)), "{name:?}");
        }
        for name in ["model-1.bin", "sub/model.bin", "./x", "a..b", "v1:2.bin"] {
            assert!(matches!(target(name), Target::Local(_)), "{name:?}");
        }
    }

    #[test]
    fn local_names_are_relative_and_listed_once() {
        let entry = |file: &str| ("t".to_owned(), file.to_owned());
        let index = Index {
            total_size: None,
            entries: ["./b.bin", "b.bin", "sub//a.bin", "../c.bin", "/d", ""]
                .map(entry)
                .to_vec(),
            ..Index::default()
        };
        let names: Vec<_> = local_names(&index).into_iter().collect();
        assert_eq!(names, [PathBuf::from("b.bin"), PathBuf::from("sub/a.bin")]);
    }
}
