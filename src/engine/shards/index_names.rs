//! Names in an index: which are files of the model's directory.

use std::collections::BTreeSet;
use std::path::PathBuf;

use crate::detect::paths::{Escape, escape};
use crate::formats::shard_index::Index;

/// The file in or below the directory of the index that `name` means, relative
/// to that directory; `None` where it leads elsewhere, which the examination
/// of the index reports. Nothing is looked up. Both kinds of slash separate,
/// because the loader may run on another system than the scanner.
pub fn local(name: &str) -> Option<PathBuf> {
    match escape(name) {
        None | Some(Escape::Backslash) => Some(
            name.split(['/', '\\'])
                .filter(|part| !part.is_empty() && *part != ".")
                .collect(),
        ),
        Some(_) => None,
    }
}

/// The files in or below the directory of the index that it names, relative
/// to that directory. For the discoverer: shards with unusual names belong to
/// the set as well. Names that lead elsewhere are left out; [`super::crosscheck()`]
/// reports them.
pub fn local_names(index: &Index) -> BTreeSet<PathBuf> {
    let mut seen = BTreeSet::new();
    index
        .entries
        .iter()
        .map(|(_, file)| file.as_str())
        .filter(|file| seen.insert(*file))
        .filter_map(local)
        .filter(|path| !path.as_os_str().is_empty())
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
            assert_eq!(local(name), None, "{name:?}");
        }
        for name in ["model-1.bin", "sub/model.bin", "./x", "a..b", "v1:2.bin"] {
            assert!(local(name).is_some(), "{name:?}");
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
