//! What a scan would do: the inventory with its plans, reading only the ends
//! of each file.

use std::sync::Arc;

use super::discover::Found;
use super::inspect::recognised;
use super::inventory::{IndexedSet, Inventory};
use super::request::Request;
use crate::budget::Budget;
use crate::formats::Artifact;
use crate::report::{Gap, Location, SCHEMA_VERSION, Survey, SurveyedFile, SurveyedSet, Why};
use crate::source::{Disk, Metered, ReadError, SharedSource};

/// Say what a scan would read, and how, without sweeping a byte.
pub fn survey(request: &Request) -> Survey {
    let budget = Budget::new(Arc::clone(&request.limits), request.cancel.clone())
        .start(request.timeout, None);
    let inventory = Inventory::take(request, &budget);
    let mut gaps = inventory.gaps.clone();
    let mut files: Vec<SurveyedFile> = inventory
        .files()
        .filter(|found| !found.unread)
        .map(|found| file(request, &inventory, found, &budget, &mut gaps))
        .collect();
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Survey {
        schema_version: SCHEMA_VERSION.to_owned(),
        files,
        shard_sets: inventory.sets.iter().map(set).collect(),
        gaps,
        bytes_total: inventory.to_read().1,
        workers: inventory.workers,
        memory_budget_bytes: request.reading.memory_budget(&request.machine),
    }
}

fn file(
    request: &Request,
    inventory: &Inventory,
    found: &Found,
    budget: &Budget,
    gaps: &mut Vec<Gap>,
) -> SurveyedFile {
    let plan = inventory.plan(request, found);
    let formats = formats(found, budget).unwrap_or_else(|error| {
        gaps.push(Gap {
            location: Location::file(found.path.clone()),
            why: Why::Unreadable,
            detail: format!("it could not be opened: {error}"),
        });
        Vec::new()
    });
    SurveyedFile {
        path: found.path.clone(),
        size: found.len,
        tier: plan.tier.as_str().to_owned(),
        strategy: plan.strategy().to_owned(),
        reading: plan.backing.as_str().to_owned(),
        window_bytes: plan.window,
        lanes: plan.lanes,
        formats,
    }
}

/// The formats that recognise a file from its ends.
fn formats(found: &Found, budget: &Budget) -> Result<Vec<String>, ReadError> {
    let raw: SharedSource = match &found.source {
        Some(source) => Arc::clone(source),
        None => Arc::new(Disk::open(&found.file, true)?),
    };
    if raw.is_empty() {
        return Ok(Vec::new());
    }
    let artifact = Artifact {
        location: Location::file(found.path.clone()),
        name: found.path.clone(),
        source: Arc::new(Metered::new(raw, budget.clone())),
        depth: 0,
    };
    Ok(recognised(&artifact)
        .iter()
        .map(|spec| spec.id.to_owned())
        .collect())
}

fn set(IndexedSet { set, .. }: &IndexedSet) -> SurveyedSet {
    SurveyedSet {
        name: set.name.clone(),
        family: set.family.id.to_owned(),
        index: set.index.as_ref().map(|found| found.path.clone()),
        shards: set
            .shards
            .iter()
            .map(|shard| shard.found.path.clone())
            .collect(),
        missing: set.missing_names(),
        total_size: set.total_size(),
    }
}
