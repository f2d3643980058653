//! The table of artifacts, and locations that point into it.
//!
//! All files are in it, and of the members those that something points at: an
//! archive may have a million.

use std::collections::BTreeMap;

use super::log::{
    Artifact, ArtifactLocation, Location, LogicalLocation, Message, PhysicalLocation, Region,
};
use super::uri;
use crate::report::{self, ArtifactReport, escape_text};

/// Largest number in the fields of the standard: common readers hold them in
/// 32 bits and refuse the whole file otherwise. The words of a message and the
/// property bags have the true number.
pub(super) const NUMBER_CAP: u64 = i32::MAX as u64;

/// A file and the member chain, by name.
type Key = (String, Vec<String>);

/// The artifacts of a run, while it is put together.
pub(super) struct Artifacts {
    list: Vec<Artifact>,
    index: BTreeMap<Key, usize>,
    lengths: BTreeMap<Key, u64>,
}

impl Artifacts {
    /// A table with the files of the report.
    pub(super) fn of(reports: &[ArtifactReport]) -> Self {
        let key = |at: &report::Location| (at.path.clone(), at.members.clone());
        let mut artifacts = Artifacts {
            list: Vec::new(),
            index: BTreeMap::new(),
            lengths: reports
                .iter()
                .map(|artifact| (key(&artifact.location), artifact.coverage.len))
                .collect(),
        };
        for artifact in reports {
            if artifact.location.members.is_empty() {
                artifacts.index(&artifact.location);
            }
        }
        artifacts
    }

    /// The index of the innermost artifact of a place; it and all around it
    /// are added where they are new.
    pub(super) fn index(&mut self, at: &report::Location) -> Option<usize> {
        let mut parent = None;
        for depth in 0..=at.members.len() {
            let chain = at.members.get(..depth).unwrap_or_default();
            let key = (at.path.clone(), chain.to_vec());
            let known = self.index.get(&key).copied();
            parent = Some(known.unwrap_or_else(|| self.add(key, parent)));
        }
        parent
    }

    fn add(&mut self, key: Key, parent: Option<usize>) -> usize {
        let number = self.list.len();
        self.list.push(Artifact {
            location: key.1.is_empty().then(|| ArtifactLocation {
                uri: uri::of_file(&key.0),
                index: None,
            }),
            description: key.1.last().map(|member| Message {
                text: named(member),
            }),
            parent_index: parent,
            length: self.lengths.get(&key).copied().and_then(small),
        });
        self.index.insert(key, number);
        number
    }

    /// A place, for people and services. The byte span belongs to the file
    /// that the URI names, so it is left out for what lies in a member.
    pub(super) fn location(&mut self, at: &report::Location) -> Location {
        let inside = !at.members.is_empty();
        let span = match inside {
            true => None,
            false => span(at),
        };
        let file = self.index(&report::Location::file(&at.path));
        self.index(at);
        Location {
            physical_location: PhysicalLocation {
                artifact_location: ArtifactLocation {
                    uri: uri::of_file(&at.path),
                    index: file,
                },
                region: Region {
                    start_line: 1,
                    start_column: 1,
                    end_line: 1,
                    end_column: 2,
                    byte_offset: span.map(|(offset, _)| offset),
                    byte_length: span.and_then(|(_, length)| length),
                },
            },
            logical_locations: logical(at),
        }
    }

    /// The table, in the order of the indexes.
    pub(super) fn into_list(self) -> Vec<Artifact> {
        self.list
    }
}

/// The number, where every reader can hold it.
fn small(number: u64) -> Option<u64> {
    (number <= NUMBER_CAP).then_some(number)
}

/// Offset and length, where every reader can hold both.
fn span(at: &report::Location) -> Option<(u64, Option<u64>)> {
    let offset = small(at.offset?)?;
    match at.length {
        Some(length) => Some((offset, Some(small(length)?))),
        None => Some((offset, None)),
    }
}

fn logical(at: &report::Location) -> Vec<LogicalLocation> {
    let path = escape_text(&at.artifact_path());
    let mut logical = Vec::new();
    if let Some(member) = at.members.last() {
        logical.push(LogicalLocation {
            name: named(member),
            fully_qualified_name: match at.offset {
                Some(offset) => format!("{path} @ {offset}"),
                None => path.clone(),
            },
            kind: "resource",
        });
    }
    if let Some(within) = &at.within {
        let name = named(within);
        logical.push(LogicalLocation {
            fully_qualified_name: format!("{path}#{name}"),
            name,
            kind: "element",
        });
    }
    logical
}

/// A name that is never empty.
fn named(name: &str) -> String {
    match name {
        "" => "(no name)".to_owned(),
        name => escape_text(name),
    }
}
