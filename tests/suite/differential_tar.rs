//! The tar walk against another reader, the `tar` crate: on what real writers
//! wrote they agree in every name, size, target and byte; on hostile archives
//! they may not, and each disagreement is known.

use std::io::Read;
use std::path::{Path, PathBuf};

use modelaudit::budget::Budget;
use modelaudit::source::{Joined, Memory, Piece, Source};
use modelaudit::wire::tar::{Entry, Item, Kind, Map, walk};

use crate::support::fixtures;

/// A member, as a reader has it.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    name: Vec<u8>,
    kind: &'static str,
    link: Vec<u8>,
    data: Vec<u8>,
}

/// Hostile archives that the other reader reads differently, and why.
const DISAGREED: &[(&str, &str)] = &[
    (
        "benign-sparse-pax",
        "It knows sparse members of the old kind only.",
    ),
    ("cut", "It gives up at a member that is cut."),
    ("damaged", "It gives up at what is no header."),
    (
        "extension-alone",
        "It gives up at an extension header without a member.",
    ),
    (
        "extension-past-end",
        "It gives up at an extension header that runs past the end.",
    ),
    (
        "folder-with-data",
        "It passes over what the header of a folder claims as its data.",
    ),
    (
        "pax-global-long",
        "It does not apply records for all members.",
    ),
    (
        "pax-global-path",
        "It does not apply records for all members.",
    ),
    ("size-negative", "It gives up at a size that is no number."),
    (
        "size-overflow",
        "It gives up at a size that runs past the end.",
    ),
    (
        "sparse-0-0",
        "It knows sparse members of the old kind only.",
    ),
    (
        "sparse-0-1",
        "It knows sparse members of the old kind only.",
    ),
    (
        "sparse-1-0",
        "It knows sparse members of the old kind only.",
    ),
    (
        "sparse-old",
        "It gives up at parts that do not begin at a block.",
    ),
    (
        "sparse-stored",
        "It knows sparse members of the old kind only.",
    ),
    ("wrong-checksum", "It gives up at a wrong checksum."),
];

/// What our walk sees in its first reading, up to the first end mark.
fn ours(bytes: &[u8]) -> Vec<Seen> {
    let source = std::sync::Arc::new(Memory::new(bytes));
    let mut seen = Vec::new();
    walk(source.as_ref(), &Budget::unlimited(), &mut |item| {
        if let Item::Entry(entry) = item
            && entry.archive == 0
            && !entry.is_other_reading
        {
            let pieces = pieces(&entry);
            let joined = Joined::new(std::sync::Arc::clone(&source) as _, &pieces);
            seen.push(Seen {
                data: joined.chunk(0..joined.len().min(4 << 20)).unwrap().to_vec(),
                kind: kind(&entry),
                link: match entry.header.kind {
                    Kind::HardLink | Kind::SymLink => entry.link,
                    _ => Vec::new(),
                },
                name: entry.name,
            });
        }
        Ok(())
    })
    .unwrap();
    seen
}

fn pieces(entry: &Entry) -> Vec<Piece> {
    match &entry.sparse {
        Some(Map::Known(pieces)) => pieces.clone(),
        _ => vec![Piece::Data(entry.data.clone())],
    }
}

fn kind(entry: &Entry) -> &'static str {
    match entry.header.kind {
        Kind::HardLink => "hard link",
        Kind::SymLink => "symbolic link",
        Kind::Folder => "folder",
        Kind::Device | Kind::Pipe => "special",
        _ => "file",
    }
}

/// What the `tar` crate sees; `None` where it gives up.
fn theirs(bytes: &[u8]) -> Option<Vec<Seen>> {
    let mut archive = tar::Archive::new(bytes);
    let mut seen = Vec::new();
    for entry in archive.entries().ok()? {
        let mut entry = entry.ok()?;
        let of = entry.header().entry_type();
        let kind = match of {
            tar::EntryType::Link => "hard link",
            tar::EntryType::Symlink => "symbolic link",
            tar::EntryType::Directory => "folder",
            tar::EntryType::Char | tar::EntryType::Block | tar::EntryType::Fifo => "special",
            tar::EntryType::XGlobalHeader => continue,
            _ => "file",
        };
        let link = match of.is_hard_link() || of.is_symlink() {
            true => entry.link_name_bytes().unwrap_or_default().into_owned(),
            false => Vec::new(),
        };
        let name = entry.path_bytes().into_owned();
        // The oldest archives have no type for folders.
        let kind = match kind {
            "file" if of.is_file() && name.ends_with(b"/") => "folder",
            kind => kind,
        };
        let mut data = Vec::new();
        if kind == "file" {
            entry.read_to_end(&mut data).ok()?;
        }
        seen.push(Seen {
            name,
            kind,
            link,
            data,
        });
    }
    Some(seen)
}

fn archives(folder: &Path) -> Vec<PathBuf> {
    let files = walkdir::WalkDir::new(folder).sort_by_file_name();
    let paths = files.into_iter().map(|file| file.unwrap().into_path());
    paths
        .filter(|path| path.extension().is_some_and(|e| e == "tar"))
        .collect()
}

/// `case` of `fixtures/tar/case/model.tar`.
fn case(path: &Path) -> String {
    let folder = path.parent().unwrap().file_name().unwrap();
    folder.to_string_lossy().into_owned()
}

#[test]
fn what_real_writers_wrote_is_read_alike() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let written = archives(&root.join("tests/suite/differential/tar"));
    assert!(written.len() >= 15, "{written:?}");
    for path in written {
        let bytes = std::fs::read(&path).unwrap();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let ours = ours(&bytes);
        if let Some(version) = name.strip_prefix("sparse-").filter(|v| *v != "gnu") {
            // The other reader knows the old kind only: ours must be the same.
            let gnu = std::fs::read(path.with_file_name("sparse-gnu.tar")).unwrap();
            assert!(ours == self::ours(&gnu), "{version}");
            assert_eq!(ours[0].data.len(), 1 << 20);
            continue;
        }
        assert!(!ours.is_empty(), "{name}");
        let theirs = theirs(&bytes).unwrap_or_else(|| panic!("{name} is not read"));
        for (ours, theirs) in ours.iter().zip(&theirs) {
            assert!(ours == theirs, "{name}: {:?}", ours.name);
        }
        assert_eq!(ours.len(), theirs.len(), "{name}");
    }
}

#[test]
fn disagreements_about_hostile_archives_are_known() {
    let mut disagreed = Vec::new();
    let mut agreed = 0;
    for path in archives(&fixtures().join("tar")) {
        let bytes = std::fs::read(&path).unwrap();
        match theirs(&bytes) == Some(ours(&bytes)) {
            true => agreed += 1,
            false => disagreed.push(case(&path)),
        }
    }
    let known: Vec<&str> = DISAGREED.iter().map(|(case, _)| *case).collect();
    assert_eq!(disagreed, known);
    assert!(agreed > 20, "{agreed}");
    assert!(DISAGREED.iter().all(|(_, why)| why.ends_with('.')));
}
