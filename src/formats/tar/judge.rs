//! What the walk meets, judged: members are named, and what is wrong with
//! their headers is reported.

use std::collections::BTreeSet;

use super::links::Links;
use crate::formats::archive::{
    Gaps, Twins, leaves, report_escape, report_oddities, report_unowned, shown, text,
};
use crate::formats::{Body, Context, Member};
use crate::report::{Place, Severity, Span, Why};
use crate::rules::Rule;
use crate::rules::archive::{
    BOMB, HEADER_MISMATCH, HIDDEN_MEMBER, LENDS_RIGHTS, NAME_MISMATCH, SPECIAL_FILE, SYMLINK,
    UNOWNED_BYTES, WRONG_CHECKSUM, WRONG_SIZE,
};
use crate::source::Source;
use crate::wire::Fault;
use crate::wire::tar::{
    BLOCK_BYTES, Entry, Item, Kind, Map, PARTS_CAP, Renaming, SIZE_CAP_BYTES, walk,
};

/// Members whose names are compared with each other.
const COMPARED_CAP: usize = 1 << 18;

/// Times the length of the archive that members of second readings may have
/// together: readings that differ often share bytes, and each examines them.
const SHARED_CAP_TIMES: u64 = 4;

/// Bits of a mode that lend the rights of a file's owner or group.
const LENDING_BITS: u64 = 0o6000;

/// Bytes of a name that a header has room for.
const NAME_FIELD_BYTES: usize = 100;

/// Name every member and report what is wrong.
pub(super) fn examine(source: &dyn Source, cx: &mut Context<'_>) -> Result<(), Fault> {
    let budget = cx.budget();
    let mut judge = Judge {
        source,
        gaps: Gaps::default(),
        twins: Twins::default(),
        links: Links::default(),
        shared: source.len().saturating_mul(SHARED_CAP_TIMES),
        taken: BTreeSet::new(),
        members: 0,
        has_told_bomb: false,
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
    links: Links,
    /// Bytes that second readings may still name.
    shared: u64,
    /// Data that only a second reading could name again.
    taken: BTreeSet<(u64, u64)>,
    members: usize,
    has_told_bomb: bool,
}

impl Judge<'_> {
    fn item(&mut self, item: Item, cx: &mut Context<'_>) -> Result<(), Fault> {
        match item {
            Item::Entry(entry) => return self.entry(&entry, cx),
            Item::Padding(span) => self.unowned(span, "in the padding behind a member", cx)?,
            Item::Behind(span) => self.unowned(span, "behind the end of the archive", cx)?,
            Item::Damage(span) => self.damage(span, cx)?,
            Item::Idle(span) => {
                let detail = "extension headers stand in front of no member";
                self.gaps
                    .add(cx, span.clone().into(), Why::Malformed, detail.to_owned());
                self.unowned(span, "in extension headers", cx)?;
            }
            Item::Records(_) => {}
            Item::Unended => {
                let detail = "the archive has no end mark: it is cut";
                cx.gap(Place::whole(), Why::Malformed, detail);
            }
            Item::Broken(span, what) => {
                let detail = format!("an extension header {what}");
                self.gaps.add(cx, span.into(), Why::Malformed, detail);
            }
            Item::Capped(span, what) => {
                if !self.has_told_bomb {
                    self.has_told_bomb = true;
                    let len = span.end.saturating_sub(span.start);
                    let message = format!("an extension header of {len} bytes {what}");
                    cx.report(BOMB.at(span.clone()).message(message));
                }
                let detail = format!("an extension header {what}");
                self.gaps.add(cx, span.into(), Why::Limit, detail);
            }
        }
        Ok(())
    }

    fn unowned(&self, span: Span, place: &str, cx: &mut Context<'_>) -> Result<(), Fault> {
        report_unowned(self.source, span, place, UNOWNED_BYTES.severity, cx)
    }

    /// Bytes in front of the end mark that are no header.
    fn damage(&mut self, span: Span, cx: &mut Context<'_>) -> Result<(), Fault> {
        let detail = "no header stands where the member in front of it ends";
        self.gaps
            .add(cx, span.clone().into(), Why::Malformed, detail.to_owned());
        self.unowned(span, "where a header should stand", cx)
    }

    fn entry(&mut self, entry: &Entry, cx: &mut Context<'_>) -> Result<(), Fault> {
        cx.budget().check()?;
        self.members = self.members.saturating_add(1);
        checksum(entry, cx);
        hidden(entry, cx);
        sizes(entry, cx);
        lending(entry, cx);
        self.names(entry, cx);
        self.kind(entry, cx);
        self.data(entry, cx)
    }

    fn names(&mut self, entry: &Entry, cx: &mut Context<'_>) {
        let at = header_span(entry);
        if let Some(renaming) = entry.is_renamed
            && is_other_name(&entry.header.name, &entry.name, renaming)
            && !(entry.sparse.is_some() && is_stand_in(&entry.header.name, &entry.name))
        {
            let message = format!(
                "the header calls a member `{}` that an extension calls `{}`",
                shown(&entry.header.name),
                shown(&entry.name)
            );
            report(&NAME_MISMATCH, entry, message, None, cx);
            report_escape(&entry.header.name, at.clone(), cx);
        }
        if let Some(prefixed) = &entry.header.prefixed
            && entry.is_renamed.is_none()
        {
            let message = format!(
                "some programs call the member `{}` and others `{}`",
                shown(&entry.name),
                shown(prefixed)
            );
            report(&NAME_MISMATCH, entry, message, None, cx);
            report_escape(prefixed, at.clone(), cx);
        }
        report_escape(&entry.name, at.clone(), cx);
        report_oddities(&entry.name, false, at.clone(), cx);
        if entry.header.is_file() && !entry.is_other_reading && self.members <= COMPARED_CAP {
            self.twins
                .add(entry.name.clone(), Some(entry.data.start), at, cx);
        }
        if let Some(message) = self.links.see(entry) {
            report(&SYMLINK, entry, message, Some(Severity::High), cx);
        }
    }

    fn kind(&mut self, entry: &Entry, cx: &mut Context<'_>) {
        let words = match entry.header.kind {
            Kind::Device => "a device",
            Kind::Pipe => "a pipe",
            Kind::SymLink => return link(entry, &entry.name, "a symbolic link", cx),
            // The target of a hard link is the name of another member.
            Kind::HardLink if leaves(b"", &entry.link) => {
                return link(entry, b"", "a hard link", cx);
            }
            _ => return,
        };
        let message = format!("the member `{}` is {words}", shown(&entry.name));
        report(&SPECIAL_FILE, entry, message, None, cx);
    }

    /// Name the member by its bytes.
    fn data(&mut self, entry: &Entry, cx: &mut Context<'_>) -> Result<(), Fault> {
        let name = shown(&entry.name);
        let at = || Place::from(header_span(entry));
        if entry.header.size.is_none() {
            let detail = format!("the size of the member `{name}` is no number");
            self.gaps.add(cx, at(), Why::Malformed, detail);
        }
        if entry.missing > 0 {
            let detail = format!(
                "the member `{name}` runs {} bytes past the end of the file",
                entry.missing
            );
            self.gaps.add(cx, at(), Why::Malformed, detail);
        }
        if entry.header.kind == Kind::Rest {
            let detail = format!("`{name}` is the rest of a file that another volume begins");
            self.gaps.add(cx, at(), Why::Unsupported, detail);
        }
        let span = entry.data.clone();
        let is_new =
            || !span.is_empty() || matches!(&entry.sparse, Some(Map::Known(p)) if !p.is_empty());
        if !entry.header.is_file() || !is_new() || !self.taken.insert((span.start, span.end)) {
            return Ok(());
        }
        if entry.is_other_reading && !self.share(entry, cx) {
            return Ok(());
        }
        self.open(entry, cx)
    }

    /// Whether another reading may still name the bytes of this member, which
    /// the first one may have named as well.
    fn share(&mut self, entry: &Entry, cx: &mut Context<'_>) -> bool {
        let len = entry.data.end.saturating_sub(entry.data.start);
        match self.shared.checked_sub(len) {
            Some(left) => {
                self.shared = left;
                true
            }
            None => {
                let detail = format!(
                    "`{}` is a member of a second reading and is not examined by itself: such \
                     members share more than {SHARED_CAP_TIMES} times the length of the archive",
                    shown(&entry.name)
                );
                let at = Place::from(header_span(entry));
                self.gaps.add(cx, at, Why::Limit, detail);
                false
            }
        }
    }

    /// Name the bytes: as they lie, and put together where they are parts.
    fn open(&mut self, entry: &Entry, cx: &mut Context<'_>) -> Result<(), Fault> {
        let name = text(&entry.name);
        let stored = Body::Stored(entry.data.clone());
        let gap = match &entry.sparse {
            None => None,
            Some(Map::Known(pieces)) => {
                cx.member(Member::new(name.as_str(), Body::Joined(pieces.clone())))?;
                // Readers that do not know sparse members see them so.
                if !entry.data.is_empty() {
                    cx.member(Member::new(format!("{name} (as stored)"), stored))?;
                }
                return Ok(());
            }
            Some(Map::Broken(how)) => Some((Why::Malformed, format!("its map {how}"))),
            Some(Map::Unknown) => {
                let how = "its map is of a kind that is not followed";
                Some((Why::Unsupported, how.to_owned()))
            }
            Some(Map::Capped) => {
                let how = format!(
                    "it has more than {PARTS_CAP} parts, or more than {SIZE_CAP_BYTES} bytes"
                );
                Some((Why::Limit, how))
            }
        };
        if let Some((why, how)) = gap {
            let shown = shown(&entry.name);
            let detail = format!("the sparse member `{shown}` is not put together: {how}");
            self.gaps.add(cx, header_span(entry).into(), why, detail);
        }
        if !entry.data.is_empty() {
            cx.member(Member::new(name, stored))?;
        }
        Ok(())
    }
}

fn header_span(entry: &Entry) -> Span {
    entry.header_at..entry.header_at.saturating_add(BLOCK_BYTES)
}

fn report(
    rule: &'static Rule,
    entry: &Entry,
    message: String,
    severity: Option<Severity>,
    cx: &mut Context<'_>,
) {
    let draft = rule.at(header_span(entry)).message(message);
    let draft = draft.severity(severity.unwrap_or(rule.severity));
    cx.report(draft.within(text(&entry.name)));
}

fn checksum(entry: &Entry, cx: &mut Context<'_>) {
    if !entry.header.is_sound() {
        let claimed = match entry.header.claimed_sum {
            Some(claimed) => format!("{claimed:o}"),
            None => "no number".to_owned(),
        };
        let message = format!(
            "the checksum of the header of `{}` is {:o} and the header says {claimed}",
            shown(&entry.name),
            entry.header.sum
        );
        report(&WRONG_CHECKSUM, entry, message, None, cx);
    }
}

/// A file that runs with the rights of its owner or group.
fn lending(entry: &Entry, cx: &mut Context<'_>) {
    let mode = entry.header.mode.unwrap_or(0);
    let is_program = entry.header.kind != Kind::Folder && mode & 0o111 != 0;
    if mode & LENDING_BITS != 0 && is_program {
        let message = format!(
            "the member `{}` has the mode {mode:o}: whoever runs it gets the rights of its owner \
             or group",
            shown(&entry.name)
        );
        report(&LENDS_RIGHTS, entry, message, None, cx);
    }
}

/// Members that only some readers see.
fn hidden(entry: &Entry, cx: &mut Context<'_>) {
    let name = shown(&entry.name);
    let message = match (entry.archive, entry.is_other_reading) {
        (_, true) => format!(
            "the member `{name}` is there only for programs that read a size in front of it \
             differently"
        ),
        (0, false) => return,
        (_, false) => format!("the member `{name}` stands behind the end of the archive"),
    };
    report(&HIDDEN_MEMBER, entry, message, None, cx);
}

/// Sizes that readers understand differently.
fn sizes(entry: &Entry, cx: &mut Context<'_>) {
    let name = shown(&entry.name);
    if let Some(other) = entry.other_size {
        let size = entry.data.end.saturating_sub(entry.data.start);
        let message = format!(
            "the header of `{name}` gives its size as {other}, and an extension as {}",
            size.saturating_add(entry.missing)
        );
        report(&HEADER_MISMATCH, entry, message, Some(Severity::High), cx);
    }
    if entry.idle_size > 0 {
        let message = format!(
            "`{name}` has no content and claims {} bytes, which some programs pass over and others \
             read as members",
            entry.idle_size
        );
        report(&WRONG_SIZE, entry, message, None, cx);
    }
}

/// A link called `name`, as far as its target is concerned.
fn link(entry: &Entry, name: &[u8], words: &str, cx: &mut Context<'_>) {
    let (severity, how) = match leaves(name, &entry.link) {
        true => (Severity::High, "leads out of the folder it is unpacked to"),
        false => (SYMLINK.severity, "stays within the archive"),
    };
    let message = format!("the member `{}` is {words} that {how}", shown(&entry.name));
    let draft = SYMLINK.at(header_span(entry)).severity(severity);
    let draft = draft.bytes(&entry.link).message(message);
    cx.report(draft.within(text(&entry.name)));
}

/// Whether the name in a header is the one that GNU tar gives a sparse member
/// for readers that do not know it: `folder/GNUSparseFile.123/file`.
fn is_stand_in(header: &[u8], name: &[u8]) -> bool {
    let is_mark = |part: &&[u8]| {
        let number = part.strip_prefix(b"GNUSparseFile.");
        number.is_some_and(|number| number.iter().all(u8::is_ascii_digit))
    };
    let parts = header.split(|&b| b == b'/').filter(|part| *part != b".");
    let kept: Vec<&[u8]> = parts.filter(|part| !is_mark(part)).collect();
    let kept = kept.join(&b'/');
    let name = name.strip_prefix(b"./").unwrap_or(name);
    kept.len() < header.len()
        && (kept == name || (header.len() >= NAME_FIELD_BYTES && name.starts_with(&kept)))
}

/// Whether the name in a header is another one than that of the extension, and
/// not what is left of it in too small a field. Writers cut a long name, and
/// put something in place of letters that are no ASCII.
fn is_other_name(header: &[u8], name: &[u8], renaming: Renaming) -> bool {
    let header = header.strip_suffix(b"/").unwrap_or(header);
    let name = name.strip_suffix(b"/").unwrap_or(name);
    let is_plain = |b: &&u8| b.is_ascii() && **b != b'?';
    if !name.is_ascii() && renaming == Renaming::Pax {
        let kept: Vec<u8> = header.iter().filter(is_plain).copied().collect();
        let whole: Vec<u8> = name.iter().filter(is_plain).copied().collect();
        return !whole.starts_with(&kept) && header.len() < NAME_FIELD_BYTES;
    }
    match name.len() < NAME_FIELD_BYTES {
        true => header != name,
        // A cut name fills its field, or was split between two.
        false => header.len() < NAME_FIELD_BYTES / 2 && !name.starts_with(header),
    }
}
