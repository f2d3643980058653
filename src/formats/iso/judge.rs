//! What the walk meets, judged: files are named, differences between the trees
//! and bytes that nothing owns are reported.

use std::collections::{BTreeMap, BTreeSet};

use crate::formats::archive::{
    Folders, Gaps, Links, Twins, report_escape, report_oddities, shown, text, unowned,
};
use crate::formats::{Body, Context, Member};
use crate::report::{Place, Severity, Span, Why};
use crate::rules::archive::{HIDDEN_MEMBER, SPECIAL_FILE, UNOWNED_BYTES};
use crate::source::Source;
use crate::wire::Fault;
use crate::wire::iso::{DESCRIPTORS_AT, File, Item, SECTOR_BYTES, Tree, walk};

/// Findings about bytes that nothing owns, and about files in one tree, that
/// are listed one by one.
const LISTED_CAP: u64 = 20;

/// Files whose names are compared with each other.
const COMPARED_CAP: usize = 1 << 18;

/// The bits of a mode that tell the kind of file.
const KIND: u32 = 0o170_000;

/// Name every file and report what is wrong.
pub(super) fn examine(source: &dyn Source, cx: &mut Context<'_>) -> Result<(), Fault> {
    let budget = cx.budget();
    let mut judge = Judge {
        source,
        gaps: Gaps::default(),
        plain: Names::default(),
        joliet: Names::default(),
        trees: BTreeSet::new(),
        files: BTreeMap::new(),
        owned: Vec::new(),
        boot: None,
    };
    let ended = walk(source, budget, &mut |item| judge.item(item, cx));
    let ended = ended.and_then(|()| judge.finish(cx));
    judge.gaps.close(cx);
    ended
}

/// Names of one tree.
#[derive(Default)]
struct Names {
    twins: Twins<'static, (u64, u64)>,
    folders: Folders,
    links: Links,
    count: usize,
}

/// A file by where its bytes lie: the trees that show it, and its first name.
struct Shown {
    trees: BTreeSet<Tree>,
    at: Span,
    name: Vec<u8>,
}

struct Judge<'a> {
    source: &'a dyn Source,
    gaps: Gaps,
    plain: Names,
    joliet: Names,
    trees: BTreeSet<Tree>,
    files: BTreeMap<(u64, u64), Shown>,
    owned: Vec<Span>,
    boot: Option<Span>,
}

impl Judge<'_> {
    fn item(&mut self, item: Item, cx: &mut Context<'_>) -> Result<(), Fault> {
        cx.tick()?;
        match item {
            Item::Structure(span) => self.own(&span),
            Item::Tree(tree) => {
                self.trees.insert(tree);
            }
            Item::File(file) => return self.file(&file, cx),
            Item::Boot(span) => self.boot = Some(span),
            Item::Broken(span, what) => {
                let detail = format!("what stands at byte {} {what}", span.start);
                self.gaps.add(cx, span.into(), Why::Malformed, detail);
            }
            Item::Capped(what) => {
                let detail = format!("the image has {what}");
                cx.gap(Place::whole(), Why::Limit, detail);
            }
            Item::Bridge(span) => {
                let detail = "the image has a file system of UDF as well, which is not read";
                cx.gap(Place::from(span), Why::Unsupported, detail);
            }
        }
        Ok(())
    }

    /// What a structure or a file takes, up to the end of the sector.
    fn own(&mut self, span: &Span) {
        let end = span.end.checked_next_multiple_of(SECTOR_BYTES);
        self.owned.push(span.start..end.unwrap_or(u64::MAX));
    }

    fn file(&mut self, file: &File, cx: &mut Context<'_>) -> Result<(), Fault> {
        let at = file.at.clone();
        let kind = file.mode.map(|mode| mode & KIND);
        let is_link = file.target.is_some() || kind == Some(0o120_000);
        let names = match file.tree {
            Tree::Plain => &mut self.plain,
            Tree::Joliet => &mut self.joliet,
        };
        report_escape(&file.name, at.clone(), cx);
        report_oddities(&file.name, false, at.clone(), cx);
        names.links.through(&file.name, at.clone(), cx);
        names.count = names.count.saturating_add(1);
        if names.count <= COMPARED_CAP && !is_link {
            names
                .folders
                .add(&file.name, file.is_folder, at.clone(), cx);
            if !file.is_folder && !file.is_partial {
                let content = Some((file.data.start, file.data.end));
                names.twins.add(file.name.clone(), content, at.clone(), cx);
            }
        }
        if is_link {
            let target = file.target.as_deref().unwrap_or_default();
            names.links.add(&file.name, target, at, cx);
            return Ok(());
        }
        if let Some(0o020_000 | 0o060_000 | 0o010_000 | 0o140_000) = kind {
            let message = format!("the member `{}` is a special file", shown(&file.name));
            let draft = SPECIAL_FILE.at(at).message(message);
            cx.report(draft.within(text(&file.name)));
        }
        match file.is_folder {
            true => Ok(()),
            false => self.data(file, cx),
        }
    }

    /// Name the file by its bytes, once.
    fn data(&mut self, file: &File, cx: &mut Context<'_>) -> Result<(), Fault> {
        let name = shown(&file.name);
        if file.missing > 0 {
            let missing = file.missing;
            let detail =
                format!("the file `{name}` runs {missing} bytes past the end of the image");
            self.gaps
                .add(cx, file.at.clone().into(), Why::Malformed, detail);
        }
        if file.is_partial {
            let detail = format!("the file `{name}` is packed or lies in several places");
            self.gaps
                .add(cx, file.at.clone().into(), Why::Unsupported, detail);
        }
        if file.data.is_empty() {
            return Ok(());
        }
        self.own(&file.data);
        let key = (file.data.start, file.data.end);
        let is_new = !self.files.contains_key(&key);
        let shown = self.files.entry(key).or_insert_with(|| Shown {
            trees: BTreeSet::new(),
            at: file.at.clone(),
            name: file.name.clone(),
        });
        shown.trees.insert(file.tree);
        if is_new {
            let body = Body::Stored(file.data.clone());
            cx.member(Member::new(text(&file.name), body))?;
        }
        Ok(())
    }

    fn finish(&mut self, cx: &mut Context<'_>) -> Result<(), Fault> {
        if let Some(boot) = self.boot.take() {
            self.own(&boot);
            let is_file = self.files.keys().any(|&(start, _)| start == boot.start);
            if !is_file {
                cx.member(Member::new("El Torito boot image", Body::Stored(boot)))?;
            }
        }
        self.one_tree(cx);
        self.slack(cx)
    }

    /// Files that one tree shows and the other does not.
    fn one_tree(&self, cx: &mut Context<'_>) {
        if self.trees.len() < 2 {
            return;
        }
        let all = self.files.values();
        let alone: Vec<_> = all.filter(|file| file.trees.len() < 2).collect();
        for file in alone.iter().take(LISTED_CAP as usize) {
            let (tree, other) = match file.trees.contains(&Tree::Plain) {
                true => ("the plain tree", "that of Joliet"),
                false => ("the tree of Joliet", "the plain one"),
            };
            let name = shown(&file.name);
            let message = format!("the file `{name}` stands in {tree} and not in {other}");
            let draft = HIDDEN_MEMBER.at(file.at.clone()).message(message);
            cx.report(draft.within(text(&file.name)));
        }
        let more = (alone.len() as u64).saturating_sub(LISTED_CAP);
        if more > 0 {
            let message = format!("{more} more files stand in one tree and not in the other");
            cx.report(HIDDEN_MEMBER.at(Place::whole()).message(message));
        }
    }

    /// Bytes that no structure and no file owns.
    fn slack(&mut self, cx: &mut Context<'_>) -> Result<(), Fault> {
        self.owned.sort_by_key(|span| (span.start, span.end));
        let len = self.source.len();
        let (mut at, mut count) = (0u64, 0u64);
        let ends = std::iter::once(len..len);
        for span in self.owned.iter().cloned().chain(ends) {
            cx.tick()?;
            let slack = at..span.start.min(len);
            at = at.max(span.end);
            if slack.start >= slack.end {
                continue;
            }
            let place = match slack.end <= DESCRIPTORS_AT {
                true => "in front of the descriptors",
                false => "between the files",
            };
            if let Some(draft) = unowned(self.source, slack, place, cx.budget())? {
                count = count.saturating_add(1);
                if count <= LISTED_CAP {
                    cx.report(draft);
                }
            }
        }
        if let Some(more) = count.checked_sub(LISTED_CAP).filter(|&more| more > 0) {
            let message = format!("{more} more runs of bytes belong to no file");
            let draft = UNOWNED_BYTES.at(Place::whole()).severity(Severity::Low);
            cx.report(draft.message(message));
        }
        Ok(())
    }
}
