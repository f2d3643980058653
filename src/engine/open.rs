//! From a plan to a source: the one place that knows what stands behind the
//! bytes of a file.

use std::sync::Arc;

use super::discover::Found;
use super::plan::{Backing, Plan};
use crate::budget::Budget;
use crate::source::{Direct, Disk, Mapped, Memory, Metered, ReadError, SharedSource, Source};

/// An opened file.
pub struct Opened {
    /// Its bytes, behind the job's meter.
    pub source: SharedSource,
    disk: Option<Arc<Disk>>,
}

impl Opened {
    /// Fails if the file changed since it was opened.
    pub fn verify(&self) -> Result<(), ReadError> {
        self.disk.as_ref().map_or(Ok(()), |disk| disk.verify())
    }
}

/// Open a file as its plan says.
pub fn open(
    found: &Found,
    plan: &Plan,
    skip_holes: bool,
    budget: &Budget,
) -> Result<Opened, ReadError> {
    budget.check()?;
    let (raw, disk) = match &found.source {
        Some(source) => (Arc::clone(source), None),
        None => {
            let disk = Disk::open(&found.file, skip_holes)?;
            let disk = Arc::new(match plan.drop_behind {
                true if plan.backing != Backing::Memory => disk.leave_no_cache(),
                _ => disk,
            });
            (Arc::clone(&disk) as SharedSource, Some(disk))
        }
    };
    let backed: SharedSource = match (plan.backing, &disk) {
        (Backing::Memory, _) => {
            let whole = raw.chunk(0..raw.len())?;
            Arc::new(Memory::new(whole.into_vec()))
        }
        (Backing::Mapped { region, ahead }, Some(disk)) => {
            Arc::new(Mapped::new(Arc::clone(disk), region, ahead))
        }
        (Backing::Direct, Some(disk)) => match Direct::new(Arc::clone(disk)) {
            Some(direct) => Arc::new(direct),
            None => raw,
        },
        (Backing::Disk { ahead }, Some(disk)) => {
            if ahead {
                disk.advise_sequential(0..disk.len());
            }
            raw
        }
        (_, None) => raw,
    };
    Ok(Opened {
        source: Arc::new(Metered::new(backed, budget.clone())),
        disk,
    })
}
