//! Links of an archive, and members that are unpacked through them.
//!
//! An unpacker that made a link writes through it when a later member has the
//! link for its folder or has its very name; a link whose target passes through
//! another link leads somewhere else than its letters say.

use std::collections::BTreeSet;

use crate::formats::archive::shown;
use crate::wire::tar::{Entry, Kind};

/// Links that are remembered.
const LINKS_CAP: usize = 1 << 18;

/// Components and bytes of a name that are looked at; behind them systems take
/// no names.
const COMPONENTS_CAP: usize = 256;
const NAME_CAP_BYTES: usize = 4096;

/// Names of the links so far, without what changes nothing.
#[derive(Debug, Default)]
pub(super) struct Links(BTreeSet<Vec<u8>>);

impl Links {
    /// Look at a member and remember it if it is a link. What it does through
    /// an earlier link, in words.
    pub(super) fn see(&mut self, entry: &Entry) -> Option<String> {
        let name = plain(&entry.name);
        let found = self.through(entry, &name);
        let is_link = match entry.header.kind {
            Kind::SymLink => true,
            // Another name of a link is a link as well.
            Kind::HardLink => self.0.contains(&plain(&entry.link)),
            _ => false,
        };
        if is_link && self.0.len() < LINKS_CAP {
            self.0.insert(name);
        }
        found
    }

    fn through(&self, entry: &Entry, name: &[u8]) -> Option<String> {
        if self.0.is_empty() {
            return None;
        }
        if let Some(link) = self.folder(name) {
            return Some(format!(
                "the member `{}` is unpacked through the link `{}`",
                shown(&entry.name),
                shown(link)
            ));
        }
        let is_file = entry.header.is_file();
        if is_file && self.0.contains(name) {
            return Some(format!(
                "the member `{}` has the name of a link, and some programs write through it",
                shown(&entry.name)
            ));
        }
        let target = target(entry, name)?;
        self.folder(&target).map(|link| {
            format!(
                "the link `{}` leads through the link `{}` and then up",
                shown(&entry.name),
                shown(link)
            )
        })
    }

    /// The first of the folders above `name` that is a link.
    fn folder<'n>(&self, name: &'n [u8]) -> Option<&'n [u8]> {
        memchr::memchr_iter(b'/', name)
            .filter_map(|end| name.get(..end))
            .find(|folder| self.0.contains(*folder))
    }
}

/// Where a symbolic link points, as far as its letters go, if it steps up
/// behind a name: what is up there depends on what that name is.
fn target(entry: &Entry, name: &[u8]) -> Option<Vec<u8>> {
    let link = entry.link.get(..entry.link.len().min(NAME_CAP_BYTES));
    let parts: Vec<&[u8]> = link?.split(|&b| b == b'/').collect();
    let first_name = parts
        .iter()
        .position(|p| !matches!(*p, b"" | b"." | b".."))?;
    let is_stepping = parts.iter().skip(first_name).any(|part| *part == b"..");
    if entry.header.kind != Kind::SymLink || !is_stepping {
        return None;
    }
    let folder = memchr::memrchr(b'/', name).and_then(|end| name.get(..end));
    let mut path: Vec<&[u8]> = folder.map_or(Vec::new(), |f| f.split(|&b| b == b'/').collect());
    for part in parts.iter().take(first_name) {
        if *part == b".." {
            path.pop();
        }
    }
    path.extend(parts.iter().skip(first_name).take(COMPONENTS_CAP));
    Some(path.join(&b'/'))
}

/// A name without empty components and single dots.
fn plain(name: &[u8]) -> Vec<u8> {
    let name = name
        .get(..name.len().min(NAME_CAP_BYTES))
        .unwrap_or_default();
    let parts = name.split(|&b| b == b'/');
    let kept: Vec<&[u8]> = parts
        .filter(|part| !matches!(*part, b"" | b"."))
        .take(COMPONENTS_CAP)
        .collect();
    kept.join(&b'/')
}
