//! What the unit tests of the formats share: bytes in, findings and gaps out.

use std::cell::RefCell;
use std::sync::Arc;

use super::{Artifact, Claim, Context, Format, Named, Probe, Sink};
use crate::budget::Budget;
use crate::report::{Location, Place, Severity, Why};
use crate::rules::Draft;
use crate::source::Memory;
use crate::wire::Fault;

/// A sink that keeps everything.
#[derive(Debug, Default)]
pub struct Kept {
    findings: RefCell<Vec<Draft>>,
    gaps: RefCell<Vec<(Place, Why, String)>>,
}

impl Sink for Kept {
    fn finding(&self, draft: Draft) {
        self.findings.borrow_mut().push(draft);
    }

    fn gap(&self, at: Place, why: Why, detail: String) {
        self.gaps.borrow_mut().push((at, why, detail));
    }
}

/// What an examination said.
#[derive(Debug)]
pub struct Said {
    /// Its findings.
    pub findings: Vec<Draft>,
    /// Its gaps, the fault that ended it included.
    pub gaps: Vec<(Place, Why, String)>,
    /// What it named.
    pub named: Named,
}

impl Said {
    /// Ids of the rules that were met, sorted.
    pub fn rules(&self) -> Vec<&'static str> {
        let mut ids: Vec<_> = self.findings.iter().map(|d| d.rule.id).collect();
        ids.sort_unstable();
        ids
    }

    /// The grade of the only finding of this rule.
    pub fn severity(&self, id: &str) -> Severity {
        let mut of = self.findings.iter().filter(|d| d.rule.id == id);
        let first = of.next().unwrap_or_else(|| panic!("no {id}: {self:?}"));
        assert!(of.next().is_none(), "{id} twice");
        first.severity
    }

    /// Whether nothing was found and nothing left out.
    pub fn is_clean(&self) -> bool {
        self.findings.is_empty() && self.gaps.is_empty()
    }
}

/// An artifact in memory.
pub fn artifact(name: &str, bytes: impl Into<Vec<u8>>) -> Artifact {
    Artifact {
        location: Location::file(name),
        name: name.to_owned(),
        source: Arc::new(Memory::new(bytes)),
        depth: 0,
    }
}

/// Whether the format recognises these bytes under this name.
pub fn recognise(format: &dyn Format, name: &str, bytes: impl Into<Vec<u8>>) -> Claim {
    format.recognise(&Probe::new(&artifact(name, bytes)))
}

/// Examine these bytes under this name.
pub fn examine(format: &dyn Format, name: &str, bytes: impl Into<Vec<u8>>) -> Said {
    let sink = Kept::default();
    let budget = Budget::unlimited();
    let mut cx = Context::new(&sink, &budget);
    let ended = format.examine(&artifact(name, bytes), &mut cx);
    let named = cx.finish();
    let mut gaps = sink.gaps.into_inner();
    if let Err(fault) = ended {
        let place = fault.offset().map_or_else(Place::whole, Place::from);
        gaps.push((place, Fault::why(&fault), fault.to_string()));
    }
    Said {
        findings: sink.findings.into_inner(),
        gaps,
        named,
    }
}

/// Examine every beginning of these bytes, and every version with one byte
/// changed: the point is that it ends, and never by a panic. Returns how many
/// of them were clean.
pub fn mangle(format: &dyn Format, name: &str, bytes: &[u8]) -> usize {
    let cuts = (0..bytes.len()).map(|cut| bytes.get(..cut).unwrap_or_default().to_vec());
    let flips = (0..bytes.len()).flat_map(|at| {
        [0x01, 0x20, 0x80, 0xff].map(|mask| {
            let mut changed = bytes.to_vec();
            if let Some(byte) = changed.get_mut(at) {
                *byte ^= mask;
            }
            changed
        })
    });
    cuts.chain(flips)
        .filter(|changed| {
            recognise(format, name, changed.clone());
            examine(format, name, changed.clone()).is_clean()
        })
        .count()
}
