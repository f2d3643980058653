//! Files that artifacts read their data from: whether they are there, where
//! links lead, and whether they are long enough.
//!
//! An examination only names them ([`Companion`]). Once every job has ended,
//! each name is looked up beside the file, or among the members of the
//! container that the artifact lies in; a model that is named alone is read for
//! the names beforehand, so that its data are scanned with it. Names come from
//! the model: none is opened here, and none is looked up outside of its
//! directory.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Compared;
use crate::budget::Budget;
use crate::engine::discover::{Beside, look_beside};
use crate::engine::guard::guarded;
use crate::engine::run::Ended;
use crate::engine::shards::local;
use crate::formats::{Artifact, Claim, Context, FORMATS, Format, Probe, Sink};
use crate::report::{ArtifactReport, Companion, Gap, Location, Place, Why, escape_text};
use crate::rules::companions as rules;
use crate::rules::{Draft, Rule};
use crate::source::{Disk, Metered};

/// Names that a message gives as examples.
const EXAMPLES: usize = 5;

/// The files of its directory that a model keeps its tensors in, where they
/// are there.
pub fn external_data(path: &Path, budget: &Budget) -> Vec<PathBuf> {
    // Anything else may not end, or not even open.
    if !path.is_file() {
        return Vec::new();
    }
    let Ok(disk) = Disk::open(path, false) else {
        return Vec::new();
    };
    let name = path.to_string_lossy();
    let artifact = Artifact {
        location: Location::file(name.clone()),
        name: name.into_owned(),
        source: Arc::new(Metered::new(Arc::new(disk), budget.clone())),
        depth: 0,
    };
    let named = guarded(|| named(&artifact, budget)).unwrap_or_default();
    named
        .iter()
        .filter_map(|companion| local(&companion.name))
        .filter(|name| matches!(look_beside(path, name), Beside::File(_)))
        .map(|name| path.with_file_name(name))
        .collect()
}

/// Says nothing to anybody.
struct Silent;

impl Sink for Silent {
    fn finding(&self, _draft: Draft) {}

    fn gap(&self, _at: Place, _why: Why, _detail: String) {}
}

/// The files that an artifact reads data from. What is wrong with the artifact
/// is told when it is examined.
fn named(artifact: &Artifact, budget: &Budget) -> Vec<Companion> {
    let probe = Probe::new(artifact);
    let may = |format: &&&dyn Format| format.has_companions();
    let claims = |format: &&&dyn Format| format.recognise(&probe) > Claim::No;
    let formats = FORMATS.iter().filter(may).filter(claims);
    formats
        .flat_map(|format| {
            let mut cx = Context::new(&Silent, budget);
            // One that breaks off still names what stands in front of the break.
            let _ = format.examine(artifact, &mut cx);
            cx.finish().description.companions
        })
        .collect()
}

/// Look for the companions of every artifact of a file.
pub(super) fn check(job: &Ended, compared: &mut Compared) {
    let descriptions = job.outcome.descriptions.iter();
    let named: Vec<_> = descriptions
        .filter(|(_, description)| !description.companions.is_empty())
        .collect();
    let members = match named.iter().any(|(at, _)| !at.members.is_empty()) {
        true => lengths(&job.outcome.artifacts),
        false => Members::new(),
    };
    for (location, description) in named {
        let mut check = Check::default();
        for companion in &description.companions {
            let seen = look(job, &members, location, companion);
            check.add(companion, seen);
        }
        check.tell(location, compared);
    }
}

/// Members of a file by their chain of names, and their lengths in bytes.
type Members<'a> = BTreeMap<&'a [String], u64>;

fn lengths(artifacts: &[ArtifactReport]) -> Members<'_> {
    let of = |report: &ArtifactReport| report.coverage.len;
    let all = artifacts.iter();
    all.map(|report| (report.location.members.as_slice(), of(report)))
        .collect()
}

/// What a companion turned out to be.
enum Seen {
    /// Not looked for: its directory is not known.
    Unknown,
    /// On disk, or among the members of the same container.
    Beside(Beside),
}

fn look(job: &Ended, members: &Members<'_>, artifact: &Location, companion: &Companion) -> Seen {
    let Some(name) = local(&companion.name) else {
        return Seen::Unknown;
    };
    if let Some((own, around)) = artifact.members.split_last() {
        let folder = own.rfind(['/', '\\']).map_or(0, |slash| slash + 1);
        let folder = own.get(..folder).unwrap_or_default();
        let wanted = format!("{folder}{}", escape_text(&name.to_string_lossy()));
        let chain: Vec<String> = around.iter().cloned().chain([wanted]).collect();
        let found = members.get(chain.as_slice());
        return Seen::Beside(found.map_or(Beside::Missing, |len| Beside::File(*len)));
    }
    match &job.found.source {
        Some(_) => Seen::Unknown,
        None => Seen::Beside(look_beside(&job.found.file, &name)),
    }
}

/// What is wrong with the companions of one artifact: by kind, the first of
/// them, their names, and how many there are.
#[derive(Default)]
struct Check<'a> {
    wrong: BTreeMap<Wrong, Vec<(&'a Companion, String)>>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Wrong {
    Link,
    Short,
    Missing,
    NoFile,
    Unknown,
}

impl<'a> Check<'a> {
    fn add(&mut self, companion: &'a Companion, seen: Seen) {
        let (wrong, note) = match seen {
            Seen::Unknown => (Wrong::Unknown, String::new()),
            Seen::Beside(Beside::Missing) => (Wrong::Missing, String::new()),
            Seen::Beside(Beside::Other) => (Wrong::NoFile, String::new()),
            Seen::Beside(Beside::Elsewhere(target)) => {
                (Wrong::Link, format!(" (to {})", target.display()))
            }
            Seen::Beside(Beside::File(len)) if len < companion.bytes => (
                Wrong::Short,
                format!(" ({len} of {} bytes)", companion.bytes),
            ),
            Seen::Beside(Beside::File(_)) => return,
        };
        self.wrong.entry(wrong).or_default().push((companion, note));
    }

    fn tell(self, artifact: &Location, compared: &mut Compared) {
        for (wrong, companions) in self.wrong {
            let Some((first, _)) = companions.first() else {
                continue;
            };
            let listed = list(&companions);
            let place = Place::from(first.at.clone());
            if let Some(rule) = wrong.rule() {
                let message = format!("{} {listed}", wrong.what());
                let draft = rule
                    .at(place.clone())
                    .message(message)
                    .evidence(&first.name);
                let draft = draft.within(&first.owner);
                compared.findings.push((artifact.clone(), draft));
            }
            compared.gaps.push(Gap {
                location: artifact.at(place),
                why: wrong.why(),
                detail: escape_text(&format!("{} {listed}", wrong.what())),
            });
        }
    }
}

impl Wrong {
    fn rule(self) -> Option<&'static Rule> {
        match self {
            Wrong::Link => Some(&rules::LINK_ESCAPE),
            Wrong::Short => Some(&rules::OUT_OF_FILE),
            Wrong::Missing | Wrong::NoFile | Wrong::Unknown => None,
        }
    }

    fn why(self) -> Why {
        match self {
            Wrong::Short => Why::Malformed,
            Wrong::Link | Wrong::Missing | Wrong::NoFile | Wrong::Unknown => Why::Unreadable,
        }
    }

    fn what(self) -> &'static str {
        match self {
            Wrong::Link => "the model reads its data through links that lead out of its directory:",
            Wrong::Short => "the model reads data behind the end of its files:",
            Wrong::Missing => "files with data of the model are not there, and were not examined:",
            Wrong::NoFile => "the model reads its data from what is no file:",
            Wrong::Unknown => {
                "the model has data in other files, which were not given with it and not examined:"
            }
        }
    }
}

/// The first few names, and how many there are.
fn list(companions: &[(&Companion, String)]) -> String {
    let names: Vec<String> = companions
        .iter()
        .take(EXAMPLES)
        .map(|(companion, note)| format!("`{}`{note}", escape_text(&companion.name)))
        .collect();
    match companions.len().saturating_sub(names.len()) {
        0 => names.join(", "),
        more => format!("{} and {more} more", names.join(", ")),
    }
}
