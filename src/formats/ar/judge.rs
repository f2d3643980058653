//! What the walk meets, judged.

use crate::formats::archive::{
    Gaps, Twins, report_escape, report_oddities, report_unowned, shown, text,
};
use crate::formats::{Body, Context, Member};
use crate::report::{Place, Span, Why};
use crate::rules::archive::UNOWNED_BYTES;
use crate::source::Source;
use crate::wire::Fault;
use crate::wire::ar::{Entry, Item, Kind, walk};

/// Members whose names are compared with each other.
const COMPARED_CAP: usize = 1 << 18;

/// Name every member and report what is wrong.
pub(super) fn examine(source: &dyn Source, cx: &mut Context<'_>) -> Result<(), Fault> {
    cx.accounts();
    let budget = cx.budget();
    let mut judge = Judge {
        source,
        gaps: Gaps::default(),
        twins: Twins::default(),
        members: 0,
    };
    let ended = walk(source, budget, &mut |item| judge.item(item, cx));
    judge.gaps.close(cx);
    ended
}

struct Judge<'a> {
    source: &'a dyn Source,
    gaps: Gaps,
    /// Names alone: libraries hold members of one name, and linkers read all
    /// of them.
    twins: Twins<'static, ()>,
    members: usize,
}

impl Judge<'_> {
    fn item(&mut self, item: Item, cx: &mut Context<'_>) -> Result<(), Fault> {
        match item {
            Item::Signature(span, true) => {
                let detail = "the archive is thin: its members are files elsewhere";
                cx.gap(Place::from(span), Why::Unsupported, detail);
            }
            Item::Signature(_, false) => {}
            Item::Entry(entry) => return self.entry(&entry, cx),
            Item::Padding(span) => {
                if *self.source.chunk(span.clone())? != *b"\n" {
                    self.unowned(span, "in the padding behind a member", cx)?;
                }
            }
            Item::Damage(span) => {
                let detail = "no header stands where the member in front of it ends".to_owned();
                self.gaps
                    .add(cx, span.clone().into(), Why::Malformed, detail);
                self.unowned(span, "where a header should stand", cx)?;
            }
        }
        Ok(())
    }

    fn unowned(&self, span: Span, place: &str, cx: &mut Context<'_>) -> Result<(), Fault> {
        report_unowned(self.source, span, place, UNOWNED_BYTES.severity, cx)
    }

    fn entry(&mut self, entry: &Entry, cx: &mut Context<'_>) -> Result<(), Fault> {
        cx.budget().check()?;
        let at = entry.header.clone();
        if entry.missing > 0 {
            let detail = format!(
                "the member `{}` runs {} bytes past the end of the file",
                shown(&entry.name),
                entry.missing
            );
            self.gaps.add(cx, at.clone().into(), Why::Malformed, detail);
        }
        if entry.is_nameless {
            let detail = format!(
                "the name of the member `{}` is not where its header says",
                shown(&entry.name)
            );
            self.gaps.add(cx, at.clone().into(), Why::Malformed, detail);
        }
        if !entry.is_nameless && matches!(entry.kind, Kind::Member | Kind::Outside) {
            self.names(entry, cx);
        }
        // Tables as well: what lies in them is looked at as a file.
        if !entry.data.is_empty() {
            let body = Body::Stored(entry.data.clone());
            cx.member(Member::new(text(&entry.name), body))?;
        }
        Ok(())
    }

    fn names(&mut self, entry: &Entry, cx: &mut Context<'_>) {
        let at = entry.header.clone();
        report_escape(&entry.name, at.clone(), cx);
        report_oddities(&entry.name, false, at.clone(), cx);
        self.members = self.members.saturating_add(1);
        if self.members <= COMPARED_CAP {
            self.twins.add(entry.name.clone(), None, at, cx);
        }
    }
}
