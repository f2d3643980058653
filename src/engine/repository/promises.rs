//! What a file says about the length of files beside it, against the files.
//!
//! The index of a checkpoint says where each tensor ends, the manifest of a
//! TensorFlow.js model how many bytes each group of weights has. Only files
//! that were found are compared; what is missing is told by the names.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::directory;
use crate::engine::discover::Found;
use crate::engine::run::Ended;
use crate::engine::shards::{CrossFinding, local, shown};
use crate::report::{Description, Location, Place, Promise, Severity};
use crate::rules::shards::SIZE_MISMATCH;

/// Compare what a file promises with the files that were found.
pub(super) fn compare(
    job: &Ended,
    description: &Description,
    found: &BTreeMap<&Path, &Found>,
) -> Vec<CrossFinding> {
    told(directory(job), &description.promises, found)
}

fn told(
    directory: &Path,
    promises: &[Promise],
    found: &BTreeMap<&Path, &Found>,
) -> Vec<CrossFinding> {
    let kept = |promise| difference(promise, &beside(promise, directory, found)?);
    promises.iter().filter_map(kept).collect()
}

/// The files of a promise, where all of them are there.
fn beside<'a>(
    promise: &Promise,
    directory: &Path,
    found: &BTreeMap<&Path, &'a Found>,
) -> Option<Vec<&'a Found>> {
    let file = |name: &String| -> Option<&'a Found> {
        let path: PathBuf = directory.join(local(name)?);
        found.get(path.as_path()).copied()
    };
    promise.files.iter().map(file).collect()
}

/// A finding where the files do not have the length of the promise.
fn difference(promise: &Promise, files: &[&Found]) -> Option<CrossFinding> {
    let has = files
        .iter()
        .fold(0u64, |sum, file| sum.saturating_add(file.len));
    let last = files.last()?;
    let name = shown(last.path.rsplit(['/', '\\']).next()?);
    let what = match files.len() {
        1 => format!("`{name}` has"),
        count => format!("the {count} files up to `{name}` have"),
    };
    let promised = promise.bytes;
    let (place, message) = if has < promised {
        let message = format!("{what} {has} bytes, and the tensors in it need {promised}");
        (Place::whole(), message)
    } else if has > promised {
        let more = has.saturating_sub(promised);
        let from = last.len.saturating_sub(more);
        let message = format!("{what} {has} bytes, of which {more} belong to no tensor");
        (Place::from(from..last.len), message)
    } else {
        return None;
    };
    let draft = SIZE_MISMATCH.at(place).severity(Severity::Medium);
    Some((Location::file(last.path.as_str()), draft.message(message)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, len: u64) -> Found {
        Found {
            path: path.to_owned(),
            file: PathBuf::from(path),
            len,
            source: None,
            unread: false,
        }
    }

    fn places(files: &[&str], bytes: u64) -> Vec<(String, Place)> {
        let there = [found("d/m.index", 9), found("d/a", 10), found("d/b", 6)];
        let there: BTreeMap<_, _> = there.iter().map(|f| (f.file.as_path(), f)).collect();
        let promise = Promise {
            files: files.iter().map(|file| (*file).to_owned()).collect(),
            bytes,
        };
        let told = told(Path::new("d"), &[promise], &there);
        let one = |(location, draft): CrossFinding| (location.path, draft.place);
        told.into_iter().map(one).collect()
    }

    #[test]
    fn lengths_are_compared_where_all_files_are_there() {
        for (files, bytes) in [
            (&["a"][..], 10),
            (&["a", "b"], 16),
            (&["a", "c"], 1),
            (&["../d/a"], 1),
            (&["/d/a"], 1),
        ] {
            assert_eq!(places(files, bytes), [], "{files:?} {bytes}");
        }
        assert_eq!(places(&["a"], 11), [("d/a".to_owned(), Place::whole())]);
        let behind = |from: u64, to: u64| Place::from(from..to);
        assert_eq!(places(&["a"], 7), [("d/a".to_owned(), behind(7, 10))]);
        assert_eq!(places(&["a", "b"], 12), [("d/b".to_owned(), behind(2, 6))]);
    }
}
