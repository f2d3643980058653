//! The ledger of one job: what was found, what was covered, at any moment.
//!
//! Everything is written down the moment it is known, so that a job that is
//! stopped, or whose read never returns, loses nothing: the scan takes the
//! ledger as it stands. The result depends only on what was written, not on
//! the order in which lanes wrote it.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::spans::Spans;
use crate::detect::{Hit, Reach};
use crate::formats::{Content, FormatSpec, Sink};
use crate::report::{
    Accepted, ArtifactReport, Coverage, Finding, Gap, Location, Outcome, Place, Span, Tensor,
    TensorTable, Why,
};
use crate::rules::{Draft, Rule};

/// The id a report shows where no format recognised the bytes.
const OPAQUE: &str = "opaque";

/// Number of an artifact in its job's ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry(usize);

/// What one job wrote down.
#[derive(Debug)]
pub struct Ledger {
    findings_per_rule: usize,
    books: Mutex<Books>,
}

#[derive(Debug, Default)]
struct Books {
    accounts: Vec<Account>,
    gaps: Vec<Gap>,
    tensors: Vec<TensorTable>,
}

/// One artifact's page.
#[derive(Debug)]
struct Account {
    location: Location,
    strategy: &'static str,
    formats: Vec<&'static FormatSpec>,
    len: u64,
    swept: u64,
    holes: u64,
    delegated: Spans,
    judged: BTreeMap<&'static str, Spans>,
    findings: BTreeMap<&'static str, Kept>,
    /// Hits that count only if this turns out not to be prose all through.
    doubtful: BTreeMap<&'static str, Kept>,
    accepted: Vec<Accepted>,
    accepted_unlisted: u64,
    /// Whether a byte was met that no text has.
    binary: bool,
}

/// The findings of one rule in one artifact: the first few by place, and how
/// many there were.
#[derive(Debug, Default)]
struct Kept {
    drafts: Vec<Draft>,
    total: u64,
}

impl Ledger {
    /// An empty ledger that lists at most `findings_per_rule` findings of one
    /// rule in one artifact.
    pub fn new(findings_per_rule: usize) -> Self {
        Ledger {
            findings_per_rule: findings_per_rule.max(1),
            books: Mutex::default(),
        }
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn account<T>(&self, entry: Entry, write: impl FnOnce(&mut Account) -> T) -> Option<T> {
        self.books().accounts.get_mut(entry.0).map(write)
    }

    /// Open a page for an artifact; until told otherwise, all of it is missed.
    pub fn open(&self, location: Location, len: u64, strategy: &'static str) -> Entry {
        let mut books = self.books();
        books.accounts.push(Account {
            location,
            strategy,
            formats: Vec::new(),
            len,
            swept: 0,
            holes: 0,
            delegated: Spans::default(),
            judged: BTreeMap::new(),
            findings: BTreeMap::new(),
            doubtful: BTreeMap::new(),
            accepted: Vec::new(),
            accepted_unlisted: 0,
            binary: false,
        });
        Entry(books.accounts.len() - 1)
    }

    /// Write down which formats recognised the artifact.
    pub fn formats(&self, entry: Entry, formats: Vec<&'static FormatSpec>) {
        self.account(entry, |a| a.formats = formats);
    }

    /// Write down where an examination has the last word on a rule.
    pub fn judged(&self, entry: Entry, judged: Vec<(Span, &'static Rule)>) {
        self.account(entry, |a| {
            for (span, rule) in judged {
                a.judged.entry(rule.id).or_default().add(span);
            }
            for spans in a.judged.values_mut() {
                spans.merge();
            }
        });
    }

    /// Write down what loading the artifact calls and is no finding.
    pub fn accepted(&self, entry: Entry, accepted: impl Iterator<Item = Accepted>, unlisted: u64) {
        self.account(entry, |a| {
            a.accepted.extend(accepted);
            a.accepted_unlisted = a.accepted_unlisted.saturating_add(unlisted);
        });
    }

    /// `span` belongs to a member that has a page of its own.
    pub fn delegate(&self, entry: Entry, span: Span) {
        self.account(entry, |a| {
            a.delegated.add(span.start.min(a.len)..span.end.min(a.len))
        });
    }

    /// The spans of the artifact that no member owns.
    pub fn undelegated(&self, entry: Entry) -> Vec<Span> {
        self.account(entry, |a| a.delegated.complement(a.len))
            .unwrap_or_default()
    }

    /// `bytes` more bytes went through every sweeper.
    pub fn swept(&self, entry: Entry, bytes: u64) {
        self.account(entry, |a| a.swept += bytes);
    }

    /// `bytes` more bytes are covered because the file system vouches for
    /// their zeros.
    pub fn skipped_hole(&self, entry: Entry, bytes: u64) {
        self.account(entry, |a| {
            a.swept += bytes;
            a.holes += bytes;
        });
    }

    /// The artifact turned out to be this long: the output of a decoder that
    /// was swept as it passed.
    pub fn grew_to(&self, entry: Entry, len: u64) {
        self.account(entry, |a| a.len = len);
    }

    /// Keep what an examiner found.
    pub fn finding(&self, entry: Entry, draft: Draft) {
        let cap = self.findings_per_rule;
        self.account(entry, |a| {
            a.findings.entry(draft.rule.id).or_default().add(draft, cap)
        });
    }

    /// Keep what a sweeper found, unless an examination has judged the same
    /// place by the same rule.
    pub fn hit(&self, entry: Entry, hit: Hit) {
        let cap = self.findings_per_rule;
        self.account(entry, |a| {
            let kept = match a.is_prose() && hit.reach == Reach::NotProse {
                true => &mut a.doubtful,
                false => &mut a.findings,
            };
            let at = hit.draft.place.offset.unwrap_or(0);
            let judged = a.judged.get(hit.draft.rule.id);
            if !judged.is_some_and(|spans| spans.holds(at)) {
                kept.entry(hit.draft.rule.id)
                    .or_default()
                    .add(hit.draft, cap);
            }
        });
    }

    /// Whether the artifact is taken for prose, so that its bytes must prove it.
    pub fn is_prose(&self, entry: Entry) -> bool {
        self.account(entry, |a| a.is_prose()).unwrap_or(false)
    }

    /// A byte was met that no text has: what begins as prose is not prose all
    /// through.
    pub fn is_binary(&self, entry: Entry) {
        self.account(entry, |a| a.binary = true);
    }

    /// Note that a place in an artifact was not fully examined.
    pub fn gap(&self, entry: Entry, at: Place, why: Why, detail: impl Into<String>) {
        let location = self.account(entry, |a| a.location.at(at));
        if let Some(location) = location {
            self.gap_at(location, why, detail);
        }
    }

    /// Note a gap at a location that has no page.
    pub fn gap_at(&self, location: Location, why: Why, detail: impl Into<String>) {
        let detail = crate::report::escape_text(&detail.into());
        self.books().gaps.push(Gap {
            location,
            why,
            detail,
        });
    }

    /// Keep the tensors that an artifact declares, for its file.
    pub fn tensors(&self, entry: Entry, tensors: Vec<Tensor>) {
        let path = self.account(entry, |a| a.location.path.clone());
        if let Some(path) = path.filter(|_| !tensors.is_empty()) {
            self.books().tensors.push(TensorTable { path, tensors });
        }
    }

    /// The sink that an examiner of this artifact writes to.
    pub fn sink(&self, entry: Entry) -> ArtifactSink<'_> {
        ArtifactSink {
            ledger: self,
            entry,
        }
    }

    /// Close the books: everything written so far, as an outcome.
    pub fn take(&self) -> Outcome {
        let books = std::mem::take(&mut *self.books());
        let mut outcome = Outcome {
            gaps: books.gaps,
            tensors: books.tensors,
            ..Outcome::default()
        };
        for account in books.accounts {
            let (artifact, findings) = account.close();
            outcome.artifacts.push(artifact);
            outcome.findings.extend(findings);
        }
        outcome
    }
}

impl Account {
    fn is_prose(&self) -> bool {
        self.formats.iter().any(|f| f.content == Content::Prose)
    }

    fn close(self) -> (ArtifactReport, Vec<Finding>) {
        let delegated = self.delegated.total();
        let coverage = Coverage {
            len: self.len,
            swept: self.swept,
            holes: self.holes,
            delegated,
            missed: self
                .len
                .saturating_sub(self.swept)
                .saturating_sub(delegated),
        };
        let mut formats: Vec<String> = self.formats.iter().map(|f| f.id.to_owned()).collect();
        if formats.is_empty() {
            formats.push(OPAQUE.to_owned());
        }
        let location = &self.location;
        let doubtful = self.doubtful.into_values().filter(|_| self.binary);
        let findings = self
            .findings
            .into_values()
            .chain(doubtful)
            .flat_map(|kept| kept.close(location))
            .collect();
        let strategy = self.strategy.to_owned();
        (
            ArtifactReport {
                location: self.location,
                formats,
                strategy,
                coverage,
                accepted: self.accepted,
                accepted_unlisted: self.accepted_unlisted,
            },
            findings,
        )
    }
}

impl Kept {
    /// Keep the `cap` first drafts by place; which ones those are does not
    /// depend on the order in which they come.
    fn add(&mut self, draft: Draft, cap: usize) {
        self.total += 1;
        let key = |d: &Draft| (d.place.clone(), d.message.clone(), d.evidence.clone());
        let new = key(&draft);
        let at = self.drafts.partition_point(|d| key(d) <= new);
        self.drafts.insert(at, draft);
        self.drafts.truncate(cap);
    }

    fn close(self, location: &Location) -> Vec<Finding> {
        let unlisted = self.total - self.drafts.len() as u64;
        let mut findings: Vec<Finding> = self
            .drafts
            .into_iter()
            .map(|draft| finding(draft, location))
            .collect();
        if let Some(last) = findings.last_mut().filter(|_| unlisted > 0) {
            last.occurrences += unlisted;
            last.message
                .push_str(&format!(" (and {unlisted} more like it)"));
        }
        findings
    }
}

/// A draft at its place in the scan, with the words of its rule.
pub fn finding(draft: Draft, location: &Location) -> Finding {
    use crate::report::escape_text as escape;
    Finding {
        rule: draft.rule.id.into(),
        severity: draft.severity,
        message: escape(&draft.message),
        location: location.at(draft.place),
        evidence: escape(&draft.evidence),
        why: draft.rule.why.into(),
        remedy: draft.rule.remedy.into(),
        references: draft.rule.references.iter().map(|&r| r.into()).collect(),
        fingerprint: String::new(),
        occurrences: 1,
        trace: draft.trace.iter().map(|step| escape(step)).collect(),
    }
}

/// Where an examiner of one artifact writes.
pub struct ArtifactSink<'a> {
    ledger: &'a Ledger,
    entry: Entry,
}

impl Sink for ArtifactSink<'_> {
    fn finding(&self, draft: Draft) {
        self.ledger.finding(self.entry, draft);
    }

    fn gap(&self, at: Place, why: Why, detail: String) {
        self.ledger.gap(self.entry, at, why, detail);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::content;

    #[test]
    fn a_cut_list_is_the_same_whatever_the_order_and_says_how_many() {
        let report = |order: &[u64]| {
            let ledger = Ledger::new(2);
            let entry = ledger.open(Location::file("a"), 10, "in-memory");
            for &at in order {
                ledger.finding(entry, content::POLYGLOT.at(at));
            }
            ledger.take().findings
        };
        let all = report(&[3, 1, 2, 9]);
        assert_eq!(all, report(&[9, 2, 1, 3]));
        let places: Vec<_> = all.iter().map(|f| f.location.offset).collect();
        assert_eq!(places, [Some(1), Some(2)]);
        assert_eq!(all.iter().map(|f| f.occurrences).sum::<u64>(), 4);
        assert!(all[1].message.ends_with("(and 2 more like it)"));
    }

    #[test]
    fn an_open_page_counts_as_missed() {
        let ledger = Ledger::new(1);
        let entry = ledger.open(Location::file("a"), 100, "in-memory");
        ledger.delegate(entry, 0..30);
        ledger.delegate(entry, 20..40);
        ledger.swept(entry, 10);
        let coverage = ledger.take().artifacts[0].coverage;
        assert_eq!(
            coverage,
            Coverage {
                len: 100,
                swept: 10,
                holes: 0,
                delegated: 40,
                missed: 50
            }
        );
        assert!(coverage.adds_up());
    }
}
