//! Pieces of an artifact that no member is: bytes that belong to nothing, and
//! archives that the sweep found. Each is opened as a member named after where
//! it lies, and examined by what it is.
//!
//! *Slack* is what every examination that accounts for the bytes leaves over.
//! It is known before the sweep, so that its bytes are swept as its own. An
//! *embedded archive* is found by the sweep of the bytes around it, and takes
//! its bytes from them afterwards. Slack whose content no format recognises
//! stays where it is, and so does text, whose sweep would be milder.
//!
//! A piece is always shorter than what it lies in, and a level deeper, so the
//! depth limit holds.

use std::sync::Arc;

use super::context::{JobContext, Lineage, Page};
use super::inspect::{Claimed, recognise};
use super::ledger::Entry;
use super::members;
use super::names;
use super::spans::Spans;
use crate::detect::{Archive, Carve, Hit};
use crate::formats::{Artifact, Body, Claim, Format, Kind, Member, Named, extent};
use crate::report::{Place, Severity, Span, Why};
use crate::rules::embedded::ARCHIVE;
use crate::source::Slice;
use crate::wire::Fault;

/// Pieces of one artifact that are opened, of either kind.
const OPENED_CAP: usize = 64;

/// Runs of slack in one artifact whose content is looked at.
const LOOKED_AT_CAP: usize = 4096;

/// Blanks in front of a piece that are left out.
const BLANKS_CAP_BYTES: usize = 4096;

/// The pieces of one artifact.
pub struct Pieces<'a> {
    artifact: &'a Artifact,
    formats: Vec<&'static dyn Format>,
    accounts: Vec<Account>,
}

/// An examination that accounts for every byte but some.
struct Account {
    id: &'static str,
    title: &'static str,
    kind: Kind,
    runs_code: bool,
    slack: Vec<Span>,
}

impl<'a> Pieces<'a> {
    /// Of an artifact that these formats examine.
    pub fn new(artifact: &'a Artifact, formats: Vec<&'static dyn Format>) -> Self {
        Pieces {
            artifact,
            formats,
            accounts: Vec::new(),
        }
    }

    /// Take over what an examination leaves over.
    pub fn add(&mut self, format: &'static dyn Format, named: &mut Named) {
        let (spec, kind) = (format.spec(), format.kind());
        let is_layer = self
            .formats
            .iter()
            .any(|f| spec.layer_of == Some(f.spec().id));
        let is_container = matches!(kind, Kind::Archive | Kind::Stream);
        let holds = |m: &Member| !matches!(m.body, Body::Decoded(_));
        let has_members = is_container && named.members.iter().any(holds);
        if !is_layer && (named.accounts || has_members) {
            self.accounts.push(Account {
                id: spec.id,
                title: spec.title,
                kind,
                runs_code: spec.runs_code && kind == Kind::Model,
                slack: std::mem::take(&mut named.slack),
            });
        }
    }

    /// Have the slack examined, as far as its content is recognised, and keep
    /// the sweep from finding the archive itself in what belongs to it.
    pub fn open_slack(&mut self, job: &JobContext, page: Page<'_>) -> Result<(), Fault> {
        let entry = page.entry;
        let behind = job.ledger.take_slack(entry);
        for account in &mut self.accounts {
            if account.kind == Kind::Stream {
                account.slack.extend(behind.iter().cloned());
            }
        }
        self.claim_records(job, entry);
        let mut opened = 0;
        for (index, span) in self.slack().into_iter().enumerate() {
            job.budget.check()?;
            let span = self.without_blanks(span);
            if index >= LOOKED_AT_CAP || opened >= OPENED_CAP {
                let detail = "more runs of bytes belong to nothing than are examined one by one";
                let left = span.start..self.artifact.source.len();
                job.ledger.gap(entry, left.into(), Why::Limit, detail);
                break;
            }
            if self.is_recognised(job, entry, &span) {
                if !may_open(job, entry) {
                    break;
                }
                opened += 1;
                let name = format!("(bytes {}..{})", span.start, span.end);
                let member = Member::new(name, Body::Stored(span));
                members::open(job, self.artifact, page, vec![member])?;
            }
        }
        Ok(())
    }

    /// What an archive or a packed stream accounts for are its own records.
    fn claim_records(&self, job: &JobContext, entry: Entry) {
        let len = self.artifact.source.len();
        let is_container = |a: &&Account| matches!(a.kind, Kind::Archive | Kind::Stream);
        for account in self.accounts.iter().filter(is_container) {
            let own = complement(&account.slack, len);
            let judged = own.into_iter().map(|span| (span, &ARCHIVE)).collect();
            job.ledger.judged(entry, judged);
        }
    }

    /// What nobody accounts for, if anybody does.
    fn slack(&self) -> Vec<Span> {
        let len = self.artifact.source.len();
        let mut owned = Spans::default();
        for account in &self.accounts {
            complement(&account.slack, len)
                .into_iter()
                .for_each(|span| owned.add(span));
        }
        match self.accounts.is_empty() {
            true => Vec::new(),
            false => owned.complement(len),
        }
    }

    /// The span without the blanks and zeros that it begins with: they stay
    /// where they are.
    fn without_blanks(&self, span: Span) -> Span {
        let mut head = [0u8; BLANKS_CAP_BYTES];
        // Bytes that cannot be read look like bytes that are not there.
        let filled = self
            .artifact
            .source
            .fill_at(span.start, &mut head)
            .unwrap_or(0);
        let is_blank = |byte: &&u8| **byte == 0 || byte.is_ascii_whitespace();
        let blanks = head[..filled].iter().take_while(is_blank).count() as u64;
        (span.start + blanks).min(span.end)..span.end
    }

    /// Archives that lie in what a pickle accounts for, from beginning to end:
    /// bytes that it carries, as libraries do, and no second reading of the
    /// file. Told here; returns the ids of their formats.
    pub fn tell_carried(&self, job: &JobContext, entry: Entry) -> Vec<&'static str> {
        let len = self.artifact.source.len();
        let Some(pickle) = self.accounts.iter().find(|a| a.runs_code) else {
            return Vec::new();
        };
        let mut ids = Vec::new();
        for archive in self.accounts.iter().filter(|a| a.kind == Kind::Archive) {
            let own = complement(&archive.slack, len);
            let (Some(first), Some(last)) = (own.first(), own.last()) else {
                continue;
            };
            let whole = first.start..last.end;
            let is_apart = |slack: &Span| slack.end <= whole.start || slack.start >= whole.end;
            let is_inside = whole.start > 0 && whole.end < len;
            if is_inside && pickle.slack.iter().all(is_apart) {
                ids.push(archive.id);
                let message = format!(
                    "{} of {} bytes lies in the bytes that the pickle carries",
                    archive.title,
                    whole.end - whole.start
                );
                let draft = ARCHIVE.at(whole).severity(Severity::Low);
                job.ledger.finding(entry, draft.message(message));
            }
        }
        ids
    }

    /// Whether the content of some slack is recognised as something that is
    /// not examined already, as part of the whole.
    fn is_recognised(&self, job: &JobContext, entry: Entry, span: &Span) -> bool {
        let len = self.artifact.source.len();
        if span.is_empty() || *span == (0..len) {
            return false;
        }
        let source = Slice::new(Arc::clone(&self.artifact.source), span.clone());
        let piece = Artifact {
            name: String::new(),
            source: Arc::new(source),
            ..self.artifact.clone()
        };
        let is_known = |id: &str| self.formats.iter().any(|f| f.spec().id == id);
        let claims: Vec<Claimed> = recognise(&piece)
            .into_iter()
            .filter(|(format, claim)| *claim >= Claim::Magic && format.kind() != Kind::Text)
            .filter(|(format, _)| format.kind() != Kind::Stream || !self.packs_numbers())
            .filter(|(format, _)| span.start > 0 || !is_known(format.spec().id))
            .collect();
        if let Some(draft) = names::attached(&self.formats, &claims, span, len) {
            job.ledger.finding(entry, draft);
        }
        !claims.is_empty()
    }

    /// Tell of the archives that the sweep found, and have them examined.
    pub fn open_archives(&self, job: &JobContext, page: Page<'_>) -> Result<(), Fault> {
        let entry = page.entry;
        let (hits, unlisted) = job.ledger.take_carves(entry);
        let mut end = 0;
        let mut opened = 0;
        for hit in hits {
            job.budget.check()?;
            let Some(carve) = hit
                .carve
                .filter(|carve| carve.at >= end && self.counts(*carve))
            else {
                continue;
            };
            let span = match extent(
                carve.archive,
                self.artifact.source.as_ref(),
                carve.at,
                &job.budget,
            ) {
                Err(fault) if fault.ends_job() => return Err(fault),
                Ok(Some(span)) => Some(span),
                Ok(None) | Err(_) => None,
            };
            end = span
                .as_ref()
                .map_or(carve.at.saturating_add(1), |span| span.end);
            self.tell(job, entry, hit, carve, span.as_ref());
            let Some(span) = span else {
                let detail = format!(
                    "the end of the {} is not found; it is not opened",
                    carve.archive.title()
                );
                job.ledger.gap(entry, carve.at.into(), Why::Limit, detail);
                continue;
            };
            if opened >= OPENED_CAP {
                let detail = "more archives lie in the bytes than are opened";
                let left = carve.at..self.artifact.source.len();
                job.ledger.gap(entry, left.into(), Why::Limit, detail);
                return Ok(());
            }
            if !may_open(job, entry) {
                return Ok(());
            }
            opened += 1;
            self.open_archive(job, page, carve, span)?;
        }
        if unlisted > 0 {
            let detail =
                format!("{unlisted} more beginnings of archives were found and not opened");
            job.ledger.gap(entry, Place::whole(), Why::Limit, detail);
        }
        Ok(())
    }

    /// Whether an archive here is more than the way in which a format packs
    /// its numbers.
    fn counts(&self, carve: Carve) -> bool {
        carve.archive.codec().is_none() || !self.packs_numbers()
    }

    /// Whether a format here packs its numbers, so that packed streams are
    /// everywhere in it, also where numbers once were.
    fn packs_numbers(&self) -> bool {
        self.formats.iter().any(|f| f.kind() == Kind::Columns)
    }

    fn tell(&self, job: &JobContext, entry: Entry, hit: Hit, carve: Carve, span: Option<&Span>) {
        let words = carve.archive.with_article();
        let mut draft = hit.draft.severity(self.severity(carve.archive));
        draft.message = match span {
            Some(span) => format!(
                "{words} of {} bytes lies in the bytes",
                span.end - span.start
            ),
            None => format!("{words} lies in the bytes"),
        };
        job.ledger.finding(entry, draft);
    }

    /// Among numbers, and between the records of another archive, there is no
    /// reason for one; programs, documents and other files carry them by
    /// design. A file of no known format may keep its records packed.
    fn severity(&self, archive: Archive) -> Severity {
        let is_any = |kind: Kind| self.formats.iter().any(|f| f.kind() == kind);
        let is_stream = archive.codec().is_some();
        let stands_out = match self.formats.is_empty() {
            true => !is_stream || self.artifact.depth > 0,
            false if is_any(Kind::Program) => false,
            false => is_any(Kind::Weights) || is_any(Kind::Archive),
        };
        match stands_out {
            true => Severity::Medium,
            false => Severity::Low,
        }
    }

    fn open_archive(
        &self,
        job: &JobContext,
        page: Page<'_>,
        carve: Carve,
        span: Span,
    ) -> Result<(), Fault> {
        let name = format!("({} at {})", carve.archive.title(), carve.at);
        let body = match carve.archive.codec() {
            Some(codec) => Body::Packed(span, codec.into()),
            None => Body::Stored(span),
        };
        // Its bytes were read once already.
        let page = Page {
            lineage: Lineage::Unpacked,
            sum: None,
            ..page
        };
        members::open(job, self.artifact, page, vec![Member::new(name, body)])
    }
}

/// Whether the file may have one more member.
fn may_open(job: &JobContext, entry: Entry) -> bool {
    let Err(stop) = job.budget.spend_member() else {
        return true;
    };
    if members::tell_stop(job, entry, stop) {
        let detail = format!("{stop}: what lies between the records is not opened");
        job.ledger.gap(entry, Place::whole(), stop.into(), detail);
    }
    false
}

fn complement(slack: &[Span], len: u64) -> Vec<Span> {
    let mut spans = Spans::default();
    slack.iter().for_each(|span| spans.add(span.clone()));
    spans.complement(len)
}
