//! The ledger of one job: what was found, what was covered, at any moment.
//!
//! Everything is written down the moment it is known, so that a job that is
//! stopped, or whose read never returns, loses nothing: the scan takes the
//! ledger as it stands. The result depends only on what was written, not on
//! the order in which lanes wrote it.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::digests::{DigestKind, hexadecimal};
use super::spans::Spans;
use crate::detect::{Hit, Reach};
use crate::formats::{Content, FormatSpec, Sink};
use crate::report::{
    Accepted, ArtifactReport, Coverage, Description, Finding, Gap, Location, Outcome, Place, Span,
    Tensor, TensorTable, Why,
};
use crate::rules::{Draft, Rule};

/// The id a report shows where no format recognised the bytes.
const OPAQUE: &str = "opaque";

/// Archives inside one artifact that are remembered; the first ones by place.
const CARVES_CAP: usize = 1 << 14;

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
    /// What was written before all was begun anew; it counts unless the new
    /// books are finished.
    first: Option<Box<Books>>,
}

/// One artifact's page.
#[derive(Debug)]
struct Account {
    location: Location,
    /// Numbers of the members that lead here, outermost first. By them pages
    /// are ordered, whoever opened them when.
    order: Vec<u32>,
    /// Numbers given to members so far.
    members: u32,
    /// Whether another page says it all.
    scrapped: bool,
    findings_per_rule: usize,
    strategy: &'static str,
    formats: Vec<&'static FormatSpec>,
    len: u64,
    swept: u64,
    holes: u64,
    delegated: Spans,
    judged: BTreeMap<&'static str, Spans>,
    /// Where text stands that is for people, or that nobody evaluates.
    prose: Spans,
    /// What examiners found.
    findings: BTreeMap<&'static str, Kept>,
    /// What sweepers found.
    hits: BTreeMap<&'static str, Kept>,
    /// Archives that sweepers found, until they are opened.
    carves: BTreeMap<u64, Hit>,
    carves_unlisted: u64,
    /// Bytes behind the end of a packed stream.
    slack: Vec<Span>,
    /// Hits that count only if this turns out not to be prose all through.
    doubtful: BTreeMap<&'static str, Kept>,
    digests: BTreeMap<String, String>,
    accepted: Vec<Accepted>,
    accepted_unlisted: u64,
    tensors: Vec<Tensor>,
    tensor_total: Option<u64>,
    description: Description,
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

    /// Open the page of a file; until told otherwise, all of it is missed.
    pub fn open(&self, location: Location, len: u64, strategy: &'static str) -> Entry {
        self.push(location, Vec::new(), len, strategy)
    }

    /// Forget an artifact: it is looked at once more, on another page.
    pub fn scrap(&self, entry: Entry) {
        self.account(entry, |a| a.scrapped = true);
    }

    /// Whether the sweep found archives that nobody has opened yet.
    pub fn has_carves(&self, entry: Entry) -> bool {
        self.account(entry, |a| !a.carves.is_empty())
            .unwrap_or(false)
    }

    /// Numbers for so many more members of an artifact; the first of them.
    pub fn number(&self, of: Entry, count: usize) -> u32 {
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        self.account(of, |a| {
            let first = a.members;
            a.members = a.members.saturating_add(count);
            first
        })
        .unwrap_or(0)
    }

    /// Open a page for a member of the artifact `of`, by its number there.
    pub fn open_member(
        &self,
        of: Entry,
        number: &[u32],
        location: Location,
        len: u64,
        strategy: &'static str,
    ) -> Entry {
        let mut order = self.account(of, |a| a.order.clone()).unwrap_or_default();
        order.extend_from_slice(number);
        self.push(location, order, len, strategy)
    }

    fn push(&self, location: Location, order: Vec<u32>, len: u64, strategy: &'static str) -> Entry {
        let mut books = self.books();
        books.accounts.push(Account {
            location,
            order,
            members: 0,
            scrapped: false,
            findings_per_rule: self.findings_per_rule,
            strategy,
            formats: Vec::new(),
            len,
            swept: 0,
            holes: 0,
            delegated: Spans::default(),
            judged: BTreeMap::new(),
            prose: Spans::default(),
            findings: BTreeMap::new(),
            hits: BTreeMap::new(),
            carves: BTreeMap::new(),
            carves_unlisted: 0,
            slack: Vec::new(),
            doubtful: BTreeMap::new(),
            digests: BTreeMap::new(),
            accepted: Vec::new(),
            accepted_unlisted: 0,
            tensors: Vec::new(),
            tensor_total: None,
            description: Description::default(),
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

    /// Write down where text stands that is for people, or that nobody evaluates.
    pub fn prose(&self, entry: Entry, prose: Vec<Span>) {
        self.account(entry, |a| {
            prose.into_iter().for_each(|span| a.prose.add(span));
            a.prose.merge();
        });
    }

    /// Write down what loading the artifact calls and is no finding.
    pub fn accepted(&self, entry: Entry, accepted: impl Iterator<Item = Accepted>, unlisted: u64) {
        self.account(entry, |a| {
            a.accepted.extend(accepted);
            a.accepted_unlisted = a.accepted_unlisted.saturating_add(unlisted);
        });
    }

    /// `span` belongs to a member that has a page of its own. Where it was
    /// swept already, that now is the member's business: it says again what
    /// was found there.
    pub fn delegate(&self, entry: Entry, span: Span) {
        self.account(entry, |a| {
            let span = span.start.min(a.len)..span.end.min(a.len);
            if a.swept == 0 {
                a.delegated.add(span);
                return;
            }
            let before = a.delegated.total();
            a.delegated.add(span.clone());
            let more = a.delegated.total().saturating_sub(before);
            a.swept = a.swept.saturating_sub(more);
            a.holes = a.holes.min(a.swept);
            for kept in a.hits.values_mut().chain(a.doubtful.values_mut()) {
                kept.give_away(&span);
            }
        });
    }

    /// The archives that the sweep found in an artifact, by place, and how many
    /// more there are. They are no findings any more: who takes them tells of
    /// them.
    pub fn take_carves(&self, entry: Entry) -> (Vec<Hit>, u64) {
        self.account(entry, |a| {
            let carves = std::mem::take(&mut a.carves);
            let unlisted = std::mem::take(&mut a.carves_unlisted);
            (carves.into_values().collect(), unlisted)
        })
        .unwrap_or_default()
    }

    /// Bytes behind the end of a packed stream belong to nothing.
    pub fn slack(&self, entry: Entry, span: Span) {
        self.account(entry, |a| a.slack.push(span));
    }

    /// The bytes behind the ends of packed streams.
    pub fn take_slack(&self, entry: Entry) -> Vec<Span> {
        self.account(entry, |a| std::mem::take(&mut a.slack))
            .unwrap_or_default()
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
            let at = hit.draft.place.offset.unwrap_or(0);
            let is_prose = a.is_prose() || a.prose.holds(at);
            let kept = match is_prose && hit.reach == Reach::NotProse {
                true => &mut a.doubtful,
                false => &mut a.hits,
            };
            let judged = a.judged.get(hit.draft.rule.id);
            if judged.is_some_and(|spans| spans.holds(at)) {
                return;
            }
            if let Some(carve) = hit.carve {
                a.carves.insert(carve.at, hit);
                if a.carves.len() > CARVES_CAP {
                    a.carves.pop_last();
                    a.carves_unlisted += 1;
                }
            } else {
                kept.entry(hit.draft.rule.id)
                    .or_default()
                    .add(hit.draft, cap);
            }
        });
    }

    /// Whether something in the artifact is taken for prose, so that its bytes
    /// must prove it.
    pub fn has_prose(&self, entry: Entry) -> bool {
        self.account(entry, |a| a.is_prose() || !a.prose.is_empty())
            .unwrap_or(false)
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

    /// Write down a digest of an artifact.
    pub fn digest(&self, entry: Entry, kind: DigestKind, digest: &[u8]) {
        let digits = hexadecimal(digest);
        self.account(entry, |a| {
            a.digests.insert(kind.as_str().to_owned(), digits)
        });
    }

    /// Keep the tensors that an artifact declares, for its file, and how many
    /// it says there are in all files.
    pub fn tensors(&self, entry: Entry, tensors: Vec<Tensor>, total: Option<u64>) {
        self.account(entry, |a| {
            a.tensors.extend(tensors);
            a.tensor_total = a.tensor_total.or(total);
        });
    }

    /// Keep what an artifact says about the files beside it.
    pub fn description(&self, entry: Entry, description: Description) {
        self.account(entry, |a| a.description.merge(description));
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
        let mut books = std::mem::take(&mut *self.books());
        if let Some(first) = books.first.take() {
            let gaps = std::mem::take(&mut books.gaps);
            books = *first;
            books.gaps.extend(gaps);
        }
        books.close()
    }

    /// Begin with empty books. Those so far are kept until the new ones are
    /// [`Ledger::finished`], so that what ends the job meanwhile loses nothing.
    pub fn begin_anew(&self) {
        let mut books = self.books();
        let first = std::mem::take(&mut *books);
        books.first = Some(Box::new(first));
    }

    /// The new books say all that the first ones did.
    pub fn finished(&self) {
        self.books().first = None;
    }
}

impl Books {
    /// Everything, in the order of the members.
    fn close(mut self) -> Outcome {
        self.accounts.retain(|account| !account.scrapped);
        self.accounts.sort_by(|a, b| a.order.cmp(&b.order));
        self.gaps.sort();
        let mut outcome = Outcome {
            gaps: self.gaps,
            ..Outcome::default()
        };
        for mut account in self.accounts {
            let tensors = std::mem::take(&mut account.tensors);
            let total = account.tensor_total;
            if !tensors.is_empty() || total.is_some() {
                let path = account.location.path.clone();
                outcome.tensors.push(TensorTable {
                    path,
                    tensors,
                    total,
                });
            }
            let description = std::mem::take(&mut account.description);
            if !description.is_empty() {
                let location = account.location.clone();
                outcome.descriptions.push((location, description));
            }
            let (artifact, findings) = account.close();
            outcome.artifacts.push(artifact);
            outcome.findings.extend(findings);
        }
        outcome
    }
}

impl Account {
    /// Whether it is prose all through. Text that is a configuration as well is
    /// data: what loads it acts on it.
    fn is_prose(&self) -> bool {
        let is_prose = |spec: &&FormatSpec| spec.content == Content::Prose;
        !self.formats.is_empty() && self.formats.iter().all(is_prose)
    }

    fn close(mut self) -> (ArtifactReport, Vec<Finding>) {
        let cap = self.findings_per_rule;
        // Archives that nobody came to open.
        for hit in std::mem::take(&mut self.carves).into_values() {
            let kept = self.findings.entry(hit.draft.rule.id).or_default();
            kept.add(hit.draft, cap);
        }
        for (rule, kept) in std::mem::take(&mut self.hits) {
            self.findings.entry(rule).or_default().join(kept, cap);
        }
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
                digests: self.digests,
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

    /// Keep what another list has as well.
    fn join(&mut self, other: Kept, cap: usize) {
        let unlisted = other.total - other.drafts.len() as u64;
        for draft in other.drafts {
            self.add(draft, cap);
        }
        self.total += unlisted;
    }

    /// Forget what lies in `span`, unless the list was cut: then it is not known
    /// what would take the place.
    fn give_away(&mut self, span: &Span) {
        if self.total > self.drafts.len() as u64 {
            return;
        }
        self.drafts.retain(|draft| {
            let start = draft.place.offset.unwrap_or(0);
            let end = start.saturating_add(draft.place.length.unwrap_or(0));
            !(span.contains(&start) && end <= span.end)
        });
        self.total = self.drafts.len() as u64;
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
