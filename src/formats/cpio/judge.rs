//! What the walk meets, judged.

use crate::formats::archive::{
    Folders, Gaps, Links, Twins, report_escape, report_oddities, report_unowned, shown, text,
};
use crate::formats::{Body, Context, Member};
use crate::report::{Place, Span, Why};
use crate::rules::archive::{HIDDEN_MEMBER, SPECIAL_FILE, UNOWNED_BYTES, WRONG_CHECKSUM};
use crate::source::Source;
use crate::wire::Fault;
use crate::wire::cpio::{Entry, Item, walk};

/// Members whose names are compared with each other.
const COMPARED_CAP: usize = 1 << 18;

/// Longest target of a link that is read, in bytes.
const TARGET_CAP_BYTES: u64 = 4096;

/// Largest member whose sum is computed, in bytes.
const SUMMED_MEMBER_CAP_BYTES: u64 = 64 << 20;

/// Bytes of one archive that are read for sums: a file is not read twice.
const SUMMED_TOTAL_CAP_BYTES: u64 = 256 << 20;

/// Members are summed in pieces of this size.
const PIECE_BYTES: u64 = 1 << 20;

/// The bits of a mode that tell the kind of file.
const KIND: u32 = 0o170_000;

/// Name every member and report what is wrong.
pub(super) fn examine(source: &dyn Source, cx: &mut Context<'_>) -> Result<(), Fault> {
    cx.accounts();
    let budget = cx.budget();
    let mut judge = Judge {
        source,
        gaps: Gaps::default(),
        twins: Twins::default(),
        folders: Folders::default(),
        links: Links::default(),
        members: 0,
        summed: 0,
        archive: 0,
    };
    let ended = walk(source, budget, &mut |item| judge.item(item, cx));
    judge.gaps.close(cx);
    ended
}

struct Judge<'a> {
    source: &'a dyn Source,
    gaps: Gaps,
    /// Names, each with where its data begin: no two members are the same.
    twins: Twins<'static, u64>,
    folders: Folders,
    links: Links,
    members: usize,
    /// Bytes that were read for sums.
    summed: u64,
    /// The last archive whose members were reported as hidden.
    archive: u32,
}

impl Judge<'_> {
    fn item(&mut self, item: Item, cx: &mut Context<'_>) -> Result<(), Fault> {
        match item {
            Item::Entry(entry) => return self.entry(&entry, cx),
            Item::Trailer(_) => {}
            Item::Padding(span) => self.unowned(span, "in the padding of a member", cx)?,
            Item::Behind(span) => self.unowned(span, "behind the end of the archive", cx)?,
            Item::Damage(span) => {
                let detail = "no header stands where the member in front of it ends".to_owned();
                self.gap(span.clone(), detail, cx);
                self.unowned(span, "where a header should stand", cx)?;
            }
            Item::Unended => {
                let detail = "the archive has no end mark: it is cut";
                cx.gap(Place::whole(), Why::Malformed, detail);
            }
        }
        Ok(())
    }

    fn gap(&mut self, at: Span, detail: String, cx: &mut Context<'_>) {
        self.gaps.add(cx, at.into(), Why::Malformed, detail);
    }

    fn unowned(&self, span: Span, place: &str, cx: &mut Context<'_>) -> Result<(), Fault> {
        report_unowned(self.source, span, place, UNOWNED_BYTES.severity, cx)
    }

    fn entry(&mut self, entry: &Entry, cx: &mut Context<'_>) -> Result<(), Fault> {
        cx.budget().check()?;
        self.members = self.members.saturating_add(1);
        self.header(entry, cx);
        self.hidden(entry, cx);
        self.names(entry, cx);
        let is_file = self.kind(entry, cx)?;
        if is_file && !entry.data.is_empty() {
            self.sum(entry, cx)?;
            let body = Body::Stored(entry.data.clone());
            cx.member(Member::new(text(&entry.name), body))?;
        }
        Ok(())
    }

    fn header(&mut self, entry: &Entry, cx: &mut Context<'_>) {
        let name = shown(&entry.name);
        if !entry.is_terminated {
            let detail = format!("the name `{name}` has no end");
            self.gap(entry.header.clone(), detail, cx);
        }
        if entry.missing > 0 {
            let detail = format!(
                "the member `{name}` runs {} bytes past the end of the file",
                entry.missing
            );
            self.gap(entry.header.clone(), detail, cx);
        }
    }

    /// The first member of an archive behind the end of another one.
    fn hidden(&mut self, entry: &Entry, cx: &mut Context<'_>) {
        if entry.archive > self.archive {
            self.archive = entry.archive;
            let message = format!(
                "another archive, whose first member is `{}`, stands behind the end of the archive",
                shown(&entry.name)
            );
            let draft = HIDDEN_MEMBER.at(entry.header.clone()).message(message);
            cx.report(draft.within(text(&entry.name)));
        }
    }

    fn names(&mut self, entry: &Entry, cx: &mut Context<'_>) {
        let at = entry.header.clone();
        let is_folder = entry.mode & KIND == 0o040_000;
        let is_link = entry.mode & KIND == 0o120_000;
        let holds_data = is_folder && !entry.data.is_empty();
        report_escape(&entry.name, at.clone(), cx);
        report_oddities(&entry.name, holds_data, at.clone(), cx);
        self.links.through(&entry.name, at.clone(), cx);
        if self.members <= COMPARED_CAP {
            // What lies behind a link has been told.
            if !is_link {
                self.folders.add(&entry.name, is_folder, at.clone(), cx);
            }
            if !is_folder {
                let content = Some(entry.data.start);
                self.twins.add(entry.name.clone(), content, at, cx);
            }
        }
    }

    /// Report what is no plain file. Returns whether the data are content.
    fn kind(&mut self, entry: &Entry, cx: &mut Context<'_>) -> Result<bool, Fault> {
        let words = match entry.mode & KIND {
            0o120_000 => {
                let Span { start, end } = entry.data;
                let end = end.min(start.saturating_add(TARGET_CAP_BYTES));
                let target = self.source.chunk(start..end)?;
                self.links
                    .add(&entry.name, &target, entry.header.clone(), cx);
                return Ok(false);
            }
            0o020_000 | 0o060_000 => "a device",
            0o010_000 => "a pipe",
            0o140_000 => "a socket",
            _ => return Ok(true),
        };
        let message = format!("the member `{}` is {words}", shown(&entry.name));
        let draft = SPECIAL_FILE.at(entry.header.clone()).message(message);
        cx.report(draft.within(text(&entry.name)));
        Ok(true)
    }

    /// Compare the sum of the data with that in the header.
    fn sum(&mut self, entry: &Entry, cx: &mut Context<'_>) -> Result<(), Fault> {
        let Span { start, end } = entry.data;
        let len = end.saturating_sub(start);
        self.summed = self.summed.saturating_add(len);
        let is_small = len <= SUMMED_MEMBER_CAP_BYTES && self.summed <= SUMMED_TOTAL_CAP_BYTES;
        let Some(stated) = entry.sum.filter(|_| is_small && entry.missing == 0) else {
            return Ok(());
        };
        let (mut sum, mut from) = (0u32, start);
        while from < end {
            cx.budget().check()?;
            let to = from.saturating_add(PIECE_BYTES).min(end);
            let piece = self.source.chunk(from..to)?;
            sum = piece
                .iter()
                .fold(sum, |sum, &b| sum.wrapping_add(u32::from(b)));
            from = to;
        }
        if sum != stated {
            let message = format!(
                "the sum of `{}` is {sum:08x} and its header says {stated:08x}",
                shown(&entry.name)
            );
            let draft = WRONG_CHECKSUM.at(entry.header.clone()).message(message);
            cx.report(draft.within(text(&entry.name)));
        }
        Ok(())
    }
}
