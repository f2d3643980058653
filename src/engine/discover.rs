//! From what the person named to the files to read.
//!
//! Directories are walked whole, hidden files included. Links are followed
//! only where they stay inside the root, and what is left out is named.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};

use walkdir::{DirEntry, WalkDir};

use super::request::{Input, Request};
use crate::report::{Gap, Location, Why, escape_text};
use crate::source::SharedSource;

/// A file that was found.
#[derive(Debug, Clone)]
pub struct Found {
    /// The file as the person would name it, escaped for showing; as in
    /// [`Location::path`].
    pub path: String,
    /// Where it lies, with the name that the directory lists: links are not
    /// resolved.
    pub file: PathBuf,
    /// Its length in bytes.
    pub len: u64,
    /// Its bytes, where they are already at hand.
    pub source: Option<SharedSource>,
    /// Set where it is not read: a gap says why.
    pub unread: bool,
}

impl PartialEq for Found {
    fn eq(&self, other: &Self) -> bool {
        (&self.path, &self.file, self.len) == (&other.path, &other.file, other.len)
    }
}

impl Eq for Found {}

/// Everything the inputs led to.
#[derive(Debug, Default)]
pub struct Discovered {
    /// Files, in the order of the inputs, each once.
    pub files: Vec<Found>,
    /// What could not be read, and why.
    pub gaps: Vec<Gap>,
    seen: BTreeSet<PathBuf>,
    max_file_size: u64,
    own_output: Option<(u64, u64)>,
}

/// Resolve every input of the request. `beside` names, for a file given by
/// itself, the files in its directory that belong to it.
pub fn discover(request: &Request, beside: impl Fn(&Path) -> Vec<PathBuf>) -> Discovered {
    let mut all = Discovered {
        max_file_size: request.max_file_size,
        own_output: request.own_output,
        ..Discovered::default()
    };
    for input in &request.inputs {
        match input {
            Input::Path(path) => all.path(path, &beside),
            Input::Source { name, source } => all.files.push(Found {
                path: escape_text(name),
                file: PathBuf::from(name),
                len: source.len(),
                source: Some(source.clone()),
                unread: false,
            }),
            Input::Failed { name, why, detail } => all.gap(Path::new(name), *why, detail.clone()),
        }
    }
    all
}

impl Discovered {
    fn gap(&mut self, path: &Path, why: Why, detail: impl Into<String>) {
        let detail = escape_text(&detail.into());
        self.gaps.push(Gap {
            location: Location::file(shown(path)),
            why,
            detail,
        });
    }

    fn path(&mut self, path: &Path, beside: &impl Fn(&Path) -> Vec<PathBuf>) {
        match std::fs::metadata(path) {
            Err(error) => self.gap(path, Why::Unreadable, unreadable(&error)),
            Ok(meta) if meta.is_dir() => self.directory(path),
            Ok(meta) => {
                self.file(path, &meta);
                for other in beside(path) {
                    match std::fs::metadata(&other) {
                        Ok(meta) => self.file(&other, &meta),
                        Err(error) => self.gap(&other, Why::Unreadable, unreadable(&error)),
                    }
                }
            }
        }
    }

    /// Every file below `root`, in the order of their paths.
    fn directory(&mut self, root: &Path) {
        let before = self.files.len() + self.gaps.len();
        let walk = WalkDir::new(root)
            .follow_root_links(true)
            .sort_by_file_name();
        let entries: Vec<_> = walk.into_iter().collect();
        let links = Links::of(root, entries.iter().flatten());
        for entry in entries {
            match entry {
                Err(error) => {
                    let path = error.path().unwrap_or(root).to_owned();
                    let detail = format!("the directory could not be read: {error}");
                    self.gap(&path, Why::Unreadable, detail);
                }
                Ok(entry) => self.entry(&entry, &links),
            }
        }
        if self.files.len() + self.gaps.len() == before {
            let detail = "the directory holds no files: nothing was there to scan";
            self.gap(root, Why::Unreadable, detail);
        }
    }

    fn entry(&mut self, entry: &DirEntry, links: &Links) {
        let path = entry.path();
        if is_link(entry) {
            self.link(path, links);
        } else if !entry.file_type().is_dir() && !links.targets.contains(path) {
            match entry.metadata() {
                Ok(meta) => self.file(path, &meta),
                Err(error) => self.gap(path, Why::Unreadable, error.to_string()),
            }
        }
    }

    /// A link inside a directory: to a file within the bounds, it is that
    /// file under a better name.
    fn link(&mut self, path: &Path, links: &Links) {
        match std::fs::canonicalize(path) {
            Err(error) => {
                self.gap(
                    path,
                    Why::Unreadable,
                    format!("the link leads nowhere: {error}"),
                );
            }
            Ok(target) if !target.starts_with(&links.bounds) => {
                let detail = format!(
                    "the link leads out of the scanned directory, to {}: it was not followed; scan its target by name",
                    target.display()
                );
                self.gap(path, Why::Unreadable, detail);
            }
            Ok(target) => match std::fs::metadata(&target) {
                // A directory inside the bounds is walked under its own name.
                Ok(meta) if meta.is_dir() => {}
                Ok(meta) => self.file(path, &meta),
                Err(error) => self.gap(path, Why::Unreadable, unreadable(&error)),
            },
        }
    }

    fn file(&mut self, path: &Path, meta: &std::fs::Metadata) {
        // The report being written is not part of what it is about.
        if self.own_output == Some((meta.dev(), meta.ino())) || !self.seen.insert(plain(path)) {
            return;
        }
        let len = meta.len();
        let refused = if !meta.is_file() {
            let detail = "not a regular file; its content can be piped in with `-`";
            Some((Why::Unreadable, detail.to_owned()))
        } else if self.max_file_size > 0 && len > self.max_file_size {
            let detail = format!("{len} bytes are more than --max-file-size allows: not read");
            Some((Why::Limit, detail))
        } else {
            None
        };
        self.files.push(Found {
            path: shown(path),
            file: path.to_owned(),
            len,
            source: None,
            unread: refused.is_some(),
        });
        if let Some((why, detail)) = refused {
            self.gap(path, why, detail);
        }
    }
}

/// The links below a directory.
struct Links {
    /// Links that lead out of here are not followed.
    bounds: PathBuf,
    /// Files that some link names: they are read under the link's name, which
    /// tells what they are, and not a second time under their own.
    targets: BTreeSet<PathBuf>,
}

impl Links {
    fn of<'a>(root: &Path, entries: impl Iterator<Item = &'a DirEntry>) -> Links {
        let real = std::fs::canonicalize(root).unwrap_or_else(|_| root.to_owned());
        let bounds = cache_entry(&real).unwrap_or(&real).to_owned();
        let targets = entries
            .filter(|entry| is_link(entry))
            .filter_map(|entry| std::fs::canonicalize(entry.path()).ok())
            .filter_map(|target| target.strip_prefix(&real).ok().map(|rest| root.join(rest)))
            .collect();
        Links { bounds, targets }
    }
}

/// Whether a walked entry is a link; the root itself may be one.
fn is_link(entry: &DirEntry) -> bool {
    entry.path_is_symlink() && entry.depth() > 0
}

/// The directory of a cached repository of the Hugging Face hub, for a path
/// inside one of its snapshots: there, every file is a link to `blobs/`.
fn cache_entry(real: &Path) -> Option<&Path> {
    real.ancestors()
        .find(|dir| dir.file_name().is_some_and(|name| name == "snapshots"))
        .and_then(Path::parent)
        .filter(|repository| repository.join("blobs").is_dir())
}

/// What a name means in the directory of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Beside {
    /// Nothing is there.
    Missing,
    /// A file of this length, in bytes.
    File(u64),
    /// A link leads out of the directory, to this place.
    Elsewhere(PathBuf),
    /// Something that is no file.
    Other,
}

/// What `name` means in the directory of `path`. Links are followed as far as
/// in a directory that is walked.
pub fn look_beside(path: &Path, name: &Path) -> Beside {
    let directory = directory_of(path);
    let (Ok(real), Ok(target)) = (
        std::fs::canonicalize(directory),
        std::fs::canonicalize(directory.join(name)),
    ) else {
        return Beside::Missing;
    };
    if !target.starts_with(cache_entry(&real).unwrap_or(&real)) {
        return Beside::Elsewhere(target);
    }
    match std::fs::metadata(&target) {
        Ok(meta) if meta.is_file() => Beside::File(meta.len()),
        Ok(_) => Beside::Other,
        Err(_) => Beside::Missing,
    }
}

/// The directory that a file is named in.
fn directory_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// Names of the files in the directory of `path`. A directory that cannot be
/// listed has none: what belongs to `path` then shows as missing.
pub fn names_beside(path: &Path) -> Vec<OsString> {
    let entries = std::fs::read_dir(directory_of(path))
        .into_iter()
        .flatten()
        .flatten();
    entries.map(|entry| entry.file_name()).collect()
}

/// A path without `.` components, to tell whether two names are one file.
fn plain(path: &Path) -> PathBuf {
    path.components()
        .filter(|c| *c != Component::CurDir)
        .collect()
}

/// A path as it is shown.
fn shown(path: &Path) -> String {
    escape_text(&path.to_string_lossy())
}

fn unreadable(error: &std::io::Error) -> String {
    format!("it could not be opened: {error}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(found: &Discovered, root: &Path) -> Vec<String> {
        let strip = |f: &Found| f.path.replace(&format!("{}/", root.display()), "");
        found.files.iter().map(strip).collect()
    }

    fn walk(root: &Path) -> Discovered {
        let mut all = Discovered::default();
        all.directory(root);
        all
    }

    #[test]
    fn hidden_files_are_found_and_order_is_by_name() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["b.bin", ".hidden", "a/c.bin"] {
            let path = dir.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "x").unwrap();
        }
        assert_eq!(
            paths(&walk(dir.path()), dir.path()),
            [".hidden", "a/c.bin", "b.bin"]
        );
    }

    #[test]
    fn links_are_followed_inside_and_named_outside() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("root");
        std::fs::create_dir(&root).unwrap();
        std::fs::write(dir.path().join("secret"), "x").unwrap();
        std::fs::write(root.join("blob"), "x").unwrap();
        let link = std::os::unix::fs::symlink::<&Path, PathBuf>;
        link(Path::new("blob"), root.join("model.bin")).unwrap();
        link(Path::new("../secret"), root.join("out")).unwrap();
        link(Path::new("nothing"), root.join("broken")).unwrap();
        link(Path::new("."), root.join("loop")).unwrap();
        let found = walk(&root);
        assert_eq!(paths(&found, &root), ["model.bin"]);
        let gaps: Vec<_> = found
            .gaps
            .iter()
            .map(|g| g.detail.split(':').next().unwrap())
            .collect();
        assert_eq!(gaps.len(), 2, "{gaps:?}");
        assert!(gaps[0].starts_with("the link leads nowhere"));
        assert!(gaps[1].starts_with("the link leads out of the scanned directory"));
    }

    #[test]
    fn a_snapshot_of_the_hub_cache_may_link_to_its_blobs() {
        let dir = tempfile::tempdir().unwrap();
        let snapshot = dir.path().join("models--a--b/snapshots/0f1e");
        std::fs::create_dir_all(&snapshot).unwrap();
        std::fs::create_dir(dir.path().join("models--a--b/blobs")).unwrap();
        std::fs::write(dir.path().join("models--a--b/blobs/77"), "x").unwrap();
        std::os::unix::fs::symlink("../../blobs/77", snapshot.join("model.bin")).unwrap();
        let found = walk(&snapshot);
        assert_eq!(paths(&found, &snapshot), ["model.bin"]);
        assert!(found.gaps.is_empty());
    }

    #[test]
    fn a_name_beside_a_file_is_followed_inside_only() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("root");
        std::fs::create_dir_all(root.join("sub")).unwrap();
        std::fs::write(dir.path().join("secret"), "x").unwrap();
        std::fs::write(root.join("model.onnx"), "x").unwrap();
        std::fs::write(root.join("sub/data"), "abc").unwrap();
        let link = std::os::unix::fs::symlink::<&Path, PathBuf>;
        link(Path::new("../secret"), root.join("out")).unwrap();
        link(Path::new(".."), root.join("up")).unwrap();
        link(Path::new("sub/data"), root.join("in")).unwrap();
        let look = |name: &str| look_beside(&root.join("model.onnx"), Path::new(name));
        assert_eq!(look("sub/data"), Beside::File(3));
        assert_eq!(look("in"), Beside::File(3));
        assert_eq!(look("sub"), Beside::Other);
        assert_eq!(look("nothing"), Beside::Missing);
        assert!(matches!(look("out"), Beside::Elsewhere(_)));
        assert!(matches!(look("up/secret"), Beside::Elsewhere(_)));
    }

    #[test]
    fn an_empty_directory_is_a_gap() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(walk(dir.path()).gaps.len(), 1);
    }
}
