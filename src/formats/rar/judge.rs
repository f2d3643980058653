//! What the walk meets, judged: members are named, and what is wrong with
//! their headers is reported.

use std::collections::BTreeSet;

use super::{names, quick};
use crate::formats::archive::{
    Folders, Gaps, Links, Twins, report_escape, report_link, report_oddities, report_unowned,
    shown, text,
};
use crate::formats::{Body, Context, Member, Stated};
use crate::report::{Place, Severity, Span, Why};
use crate::rules::archive::{SPECIAL_FILE, SYMLINK, UNOWNED_BYTES, WRONG_CHECKSUM};
use crate::source::Source;
use crate::wire::Fault;
use crate::wire::rar::{Block, File, Found, Generation, Item, Kind, Link, Main, Target, walk};

/// Members whose names are compared with each other, and headers that are
/// remembered.
const COMPARED_CAP: usize = 1 << 18;

/// Longest target of a link that is read, in bytes.
const TARGET_CAP_BYTES: u64 = 4096;

/// The bits of a mode that tell the kind of file.
const KIND: u32 = 0o170_000;

/// Types of the older generation that hold no members: comments, signatures
/// and recovery data.
const OLD_TYPES: std::ops::RangeInclusive<u64> = 0x72..=0x79;

/// Name every member and report what is wrong.
pub(super) fn examine(
    source: &dyn Source,
    found: Found,
    cx: &mut Context<'_>,
) -> Result<(), Fault> {
    report_unowned(
        source,
        0..found.at,
        "in front of the archive",
        Severity::Low,
        cx,
    )?;
    cx.accounts();
    let budget = cx.budget();
    let mut judge = Judge {
        source,
        generation: found.generation,
        gaps: Gaps::default(),
        twins: Twins::default(),
        folders: Folders::default(),
        links: Links::default(),
        headers: BTreeSet::new(),
        last: Vec::new(),
        is_partial: false,
    };
    let ended = walk(source, found, budget, &mut |item| judge.item(item, cx));
    judge.gaps.close(cx);
    ended
}

struct Judge<'a> {
    source: &'a dyn Source,
    generation: Generation,
    gaps: Gaps,
    /// Names, each with the checksum and the length of its content.
    twins: Twins<'static, (u32, u64)>,
    folders: Folders,
    links: Links,
    /// Where headers of members stand.
    headers: BTreeSet<u64>,
    /// The name of the member in front, which streams belong to.
    last: Vec<u8>,
    /// Whether it was said that there are other volumes.
    is_partial: bool,
}

impl Judge<'_> {
    fn item(&mut self, item: Item, cx: &mut Context<'_>) -> Result<(), Fault> {
        match item {
            Item::Signature(_) => {}
            Item::Block(block) => return self.block(&block, cx),
            Item::Damage(span) => {
                let detail = "no block stands where the one in front of it ends".to_owned();
                self.gap(span.clone(), Why::Malformed, detail, cx);
                self.unowned(span, "where a block should stand", cx)?;
            }
            Item::Veiled(span) => {
                let detail = "all headers are encrypted: no member can be seen".to_owned();
                self.gap(span, Why::Encrypted, detail, cx);
            }
            Item::Behind(span) => self.unowned(span, "behind the end of the archive", cx)?,
            Item::Unended if self.generation == Generation::New => {
                let detail = "the archive has no end: it is cut";
                cx.gap(Place::whole(), Why::Malformed, detail);
            }
            // Old writers leave it out.
            Item::Unended => {}
        }
        Ok(())
    }

    fn gap(&mut self, at: Span, why: Why, detail: String, cx: &mut Context<'_>) {
        self.gaps.add(cx, at.into(), why, detail);
    }

    fn unowned(&self, span: Span, place: &str, cx: &mut Context<'_>) -> Result<(), Fault> {
        report_unowned(self.source, span, place, UNOWNED_BYTES.severity, cx)
    }

    fn block(&mut self, block: &Block, cx: &mut Context<'_>) -> Result<(), Fault> {
        cx.budget().check()?;
        let at = block.header.clone();
        self.header(block, cx);
        match &block.kind {
            Kind::Main(Main { is_volume, .. }) if *is_volume => self.partial(at, cx),
            Kind::End { has_next } if *has_next => self.partial(at, cx),
            Kind::Main(_) | Kind::End { .. } | Kind::Encryption => {}
            Kind::File(file) => self.file(block, file, cx)?,
            Kind::Service(file) => self.service(block, file, cx)?,
            Kind::Other(number) => {
                if self.generation == Generation::New || !OLD_TYPES.contains(number) {
                    let detail = format!("a block of the unknown type {number} is not read");
                    self.gap(at, Why::Unsupported, detail, cx);
                }
            }
        }
        Ok(())
    }

    /// The header as such, whatever it describes.
    fn header(&mut self, block: &Block, cx: &mut Context<'_>) {
        let name = match &block.kind {
            Kind::File(file) | Kind::Service(file) => format!("of `{}`", shown(&file.name)),
            _ => format!("at byte {}", block.header.start),
        };
        let (stated, actual) = block.checksum;
        if !block.is_sound() {
            let message = format!(
                "the checksum of the header {name} is {actual:x} and the header says {stated:x}"
            );
            cx.report(WRONG_CHECKSUM.at(block.header.clone()).message(message));
        }
        if block.is_torn {
            let detail = format!("fields of the header {name} run past its end");
            self.gap(block.header.clone(), Why::Malformed, detail, cx);
        }
        if block.missing > 0 {
            let detail = format!(
                "the data behind the header {name} run {} bytes past the end of the file",
                block.missing
            );
            self.gap(block.header.clone(), Why::Malformed, detail, cx);
        }
    }

    fn partial(&mut self, at: Span, cx: &mut Context<'_>) {
        if !self.is_partial {
            self.is_partial = true;
            let detail = "the archive is one volume of several, which are not joined".to_owned();
            self.gap(at, Why::Unsupported, detail, cx);
        }
    }

    fn file(&mut self, block: &Block, file: &File, cx: &mut Context<'_>) -> Result<(), Fault> {
        let at = block.header.clone();
        let name = names::unified(&file.name, self.generation);
        self.last.clone_from(&name);
        let kind = file.mode.map(|mode| mode & KIND);
        let is_link = kind == Some(0o120_000) && file.target.is_none();
        self.names(&name, is_link, block, file, cx);
        if is_link {
            let target = self.target_in_data(block, file)?;
            self.links.add(&name, &target, at, cx);
            return Ok(());
        }
        if let Some(0o020_000 | 0o060_000 | 0o010_000 | 0o140_000) = kind {
            let message = format!("the member `{}` is a special file", shown(&name));
            let draft = SPECIAL_FILE.at(at.clone()).message(message);
            cx.report(draft.within(text(&name)));
        }
        if let Some(target) = &file.target {
            self.target(&name, target, at, cx);
        }
        self.data(&name, block, file, cx)
    }

    fn names(
        &mut self,
        name: &[u8],
        is_link: bool,
        block: &Block,
        file: &File,
        cx: &mut Context<'_>,
    ) {
        let at = block.header.clone();
        names::compare(file, at.clone(), cx);
        let holds_data = file.is_folder && !block.data.is_empty();
        report_escape(&file.name, at.clone(), cx);
        report_oddities(name, holds_data, at.clone(), cx);
        self.links.through(name, at.clone(), cx);
        if self.headers.len() >= COMPARED_CAP {
            return;
        }
        self.headers.insert(at.start);
        // What lies behind a link has been told.
        if !is_link && file.target.is_none() {
            self.folders.add(name, file.is_folder, at.clone(), cx);
        }
        if !file.is_folder && !file.is_split {
            let content = file.crc32.zip(file.unpacked);
            self.twins.add(name.to_vec(), content, at, cx);
        }
    }

    /// The target of a symbolic link of the older generation, which is its
    /// content; empty where it cannot be read.
    fn target_in_data(&self, block: &Block, file: &File) -> Result<Vec<u8>, Fault> {
        let Span { start, end } = block.data;
        if file.method != 0 || file.is_encrypted || file.is_split {
            return Ok(Vec::new());
        }
        let end = end.min(start.saturating_add(TARGET_CAP_BYTES));
        Ok(self.source.chunk(start..end)?.to_vec())
    }

    fn target(&mut self, name: &[u8], target: &Target, at: Span, cx: &mut Context<'_>) {
        let base = match target.link {
            Link::Symbolic => return self.links.add(name, &target.name, at, cx),
            Link::Junction => return junction(name, target, at, cx),
            Link::Hard => "a hard link",
            Link::Copy => "a copy",
            Link::Unknown(kind) => {
                let detail = format!(
                    "the member `{}` is a link of the unknown kind {kind}",
                    shown(name)
                );
                return self.gap(at, Why::Unsupported, detail, cx);
            }
        };
        // The target is the name of another member.
        if crate::formats::archive::leaves(b"", &target.name) {
            report_link(name, b"", &target.name, base, at, cx);
        }
    }

    fn service(&mut self, block: &Block, file: &File, cx: &mut Context<'_>) -> Result<(), Fault> {
        if file.name == b"STM" {
            return self.stream(block, file, cx);
        }
        let words = format!("the data block `{}`", shown(&file.name));
        if self.is_closed(&words, block, file, cx) {
            return Ok(());
        }
        if file.name == b"QO" && self.generation == Generation::New {
            quick::compare(self.source, block, &self.headers, cx)?;
        }
        Ok(())
    }

    /// A stream of NTFS beside the file in front: its name is appended to that
    /// of the file.
    fn stream(&mut self, block: &Block, file: &File, cx: &mut Context<'_>) -> Result<(), Fault> {
        let stream = match self.generation {
            Generation::Old => {
                let units = file.sub_data.chunks_exact(2);
                let units = units.filter_map(|pair| <[u8; 2]>::try_from(pair).ok());
                let units: Vec<u16> = units.map(u16::from_le_bytes).collect();
                String::from_utf16_lossy(&units).into_bytes()
            }
            Generation::New => file.sub_data.clone(),
        };
        let stream = stream.strip_prefix(b":").unwrap_or(&stream);
        let at = block.header.clone();
        report_escape(stream, at.clone(), cx);
        report_oddities(stream, false, at, cx);
        let name = [self.last.as_slice(), b":", stream].concat();
        self.data(&name, block, file, cx)
    }

    /// Name the member by its bytes.
    fn data(
        &mut self,
        name: &[u8],
        block: &Block,
        file: &File,
        cx: &mut Context<'_>,
    ) -> Result<(), Fault> {
        let words = format!("the member `{}`", shown(name));
        if block.data.is_empty() || self.is_closed(&words, block, file, cx) {
            return Ok(());
        }
        let stated = Stated {
            at: block.header.clone(),
            crc32: file.crc32,
            len: file.unpacked,
        };
        let is_whole = !file.is_split && block.missing == 0;
        cx.member(Member {
            name: text(name),
            body: Body::Stored(block.data.clone()),
            stated: is_whole.then_some(stated),
        })?;
        Ok(())
    }

    /// Whether the data cannot be read; a gap for each reason.
    fn is_closed(&mut self, words: &str, block: &Block, file: &File, cx: &mut Context<'_>) -> bool {
        if block.data.is_empty() {
            return false;
        }
        let at = || block.data.clone();
        if file.is_split {
            let detail = format!("{words} is split between volumes, which are not joined");
            self.gap(at(), Why::Unsupported, detail, cx);
        }
        if file.is_encrypted {
            let detail = format!("{words} is encrypted");
            self.gap(at(), Why::Encrypted, detail, cx);
        } else if file.method != 0 {
            let method = file.method;
            let detail = format!("{words} is packed by method {method} of RAR and not unpacked");
            self.gap(at(), Why::Unsupported, detail, cx);
        }
        file.is_encrypted || file.method != 0
    }
}

/// A junction leads to an absolute path, whatever it looks like.
fn junction(name: &[u8], target: &Target, at: Span, cx: &mut Context<'_>) {
    let message = format!(
        "the member `{}` is a junction, which leads out of the folder it is unpacked to",
        shown(name)
    );
    let draft = SYMLINK.at(at).severity(Severity::High).bytes(&target.name);
    cx.report(draft.message(message).within(text(name)));
}
