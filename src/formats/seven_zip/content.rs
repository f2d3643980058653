//! What folders hold: stored members, packed ones, and solid blocks; a gap for
//! what is not unpacked.

use std::collections::HashSet;

use super::files::{Piece, pieces};
use crate::formats::archive::{Gaps, report_unowned, shown};
use crate::formats::{Body, Context, Member, Part, Stated};
use crate::report::{Span, Why};
use crate::rules::archive::{HIDDEN_MEMBER, UNOWNED_BYTES, WRONG_SIZE};
use crate::source::Source;
use crate::wire::Fault;
use crate::wire::codec::{Codec, Packing};
use crate::wire::seven_zip::{Folder, Header, Unfollowed};

/// Names that a gap about a folder lists.
const LISTED_NAMES: usize = 5;

/// Names the members of one archive.
pub(super) struct Contents<'a, 'g> {
    source: &'a dyn Source,
    gaps: &'g mut Gaps,
    /// Members that an earlier header named already.
    taken: HashSet<Known>,
}

/// What two headers say alike about the same member: where it lies, how it is
/// packed, and the names and places of its parts.
type Known = (Span, Option<Packing>, Vec<(String, Span)>);

/// One folder with what belongs to it.
struct Block<'h> {
    header: &'h Header,
    index: usize,
    folder: &'h Folder,
    pieces: Vec<Piece<'h>>,
    /// Its packed stream, as far as it is there.
    packed: Span,
}

impl<'a, 'g> Contents<'a, 'g> {
    /// The members of the archive in `source`.
    pub(super) fn new(source: &'a dyn Source, gaps: &'g mut Gaps) -> Self {
        Contents {
            source,
            gaps,
            taken: HashSet::new(),
        }
    }

    /// Name what the folders of a header hold.
    pub(super) fn examine(&mut self, header: &Header, cx: &mut Context<'_>) -> Result<(), Fault> {
        let (blocks, without) = blocks(header);
        self.without_content(header, without, cx);
        for block in &blocks {
            cx.budget().check()?;
            self.hidden(block, cx);
            self.sizes(block, cx);
            match block.folder.packing() {
                Ok(packing) => self.block(block, packing, cx)?,
                Err(not) => self.refuse(block, &not, cx),
            }
        }
        Ok(())
    }

    /// Files whose content is nowhere.
    fn without_content(&mut self, header: &Header, count: usize, cx: &mut Context<'_>) {
        if count > 0 && header.is_whole() {
            let detail = format!(
                "{count} of the {} files in the header have no part of any packed stream",
                header.files.len()
            );
            self.gaps
                .add(cx, header.span.clone().into(), Why::Malformed, detail);
        }
    }

    /// Content that no file has: programs do not show it.
    fn hidden(&self, block: &Block<'_>, cx: &mut Context<'_>) {
        let is_unnamed = |piece: &&Piece<'_>| piece.file.is_none() && !piece.span.is_empty();
        let unnamed = block.pieces.iter().filter(is_unnamed).count();
        let words = match (block.pieces.is_empty(), unnamed) {
            (true, _) if !block.folder.is_empty() => "what is in".to_owned(),
            (_, 0) => return,
            (_, 1) => "a part of".to_owned(),
            (_, several) => format!("{several} parts of"),
        };
        if block.header.is_whole() {
            let message = format!("{words} folder {} belongs to no file", block.index);
            cx.report(HIDDEN_MEMBER.at(block.place()).message(message));
        }
    }

    /// Lengths that contradict each other, and packed bytes that are missing.
    fn sizes(&mut self, block: &Block<'_>, cx: &mut Context<'_>) {
        if block.folder.excess > 0 {
            let message = format!(
                "the parts of folder {} are {} bytes longer than the folder",
                block.index, block.folder.excess
            );
            cx.report(WRONG_SIZE.at(block.header.span.clone()).message(message));
        }
        let packs = block.folder.packs(&block.header.streams.packs);
        let missing = packs.iter().fold(0u64, |n, p| n.saturating_add(p.missing));
        let are_there = packs.len() >= block.folder.inputs.len();
        if missing > 0 || !are_there {
            let detail = match are_there {
                true => format!(
                    "{missing} packed bytes of {} are not in the file",
                    block.words()
                ),
                false => format!("the packed stream of {} is not in the table", block.words()),
            };
            self.gaps
                .add(cx, block.place().into(), Why::Malformed, detail);
        }
    }

    /// A folder that is not unpacked.
    fn refuse(&mut self, block: &Block<'_>, not: &Unfollowed, cx: &mut Context<'_>) {
        let words = block.words();
        let (why, detail) = match not {
            Unfollowed::Encrypted(how) => {
                (Why::Encrypted, format!("encrypted with {how}: {words}"))
            }
            Unfollowed::Unsupported(how) => {
                (Why::Unsupported, format!("packed with {how}: {words}"))
            }
            Unfollowed::Malformed(how) => (Why::Malformed, format!("packed with {how}: {words}")),
        };
        self.gaps.add(cx, block.place().into(), why, detail);
    }

    fn block(
        &mut self,
        block: &Block<'_>,
        packing: Packing,
        cx: &mut Context<'_>,
    ) -> Result<(), Fault> {
        if packing.codec == Codec::Copy && packing.filters.is_empty() {
            return self.stored(block, cx);
        }
        let parts = block.parts();
        let name = match parts.as_slice() {
            [] => return Ok(()),
            [part] => part.name.clone(),
            _ => format!("block {}", block.index),
        };
        let cut = parts
            .iter()
            .map(|p| (p.name.clone(), p.span.clone()))
            .collect();
        let key = (block.packed.clone(), Some(packing.clone()), cut);
        if block.packed.is_empty() || !self.taken.insert(key) {
            return Ok(());
        }
        let span = block.packed.clone();
        let (body, stated) = match <[Part; 1]>::try_from(parts) {
            Ok([part]) => (Body::Packed(span, packing), part.stated),
            Err(parts) => {
                let stated = block.stated();
                (Body::Solid(span, packing, parts), Some(stated))
            }
        };
        cx.member(Member { name, body, stated })?;
        Ok(())
    }

    /// Members that lie in the file as they are.
    fn stored(&mut self, block: &Block<'_>, cx: &mut Context<'_>) -> Result<(), Fault> {
        let mut behind = block.packed.start;
        for part in block.parts() {
            let at = |offset: u64| {
                let at = block.packed.start.saturating_add(offset);
                at.min(block.packed.end)
            };
            let span = at(part.span.start)..at(part.span.end);
            behind = behind.max(span.end);
            let key = (span.clone(), None, vec![(part.name.clone(), 0..0)]);
            if span.is_empty() || !self.taken.insert(key) {
                continue;
            }
            cx.member(Member {
                name: part.name,
                body: Body::Stored(span),
                stated: part.stated,
            })?;
        }
        let severity = UNOWNED_BYTES.severity;
        let rest = behind..block.packed.end;
        report_unowned(self.source, rest, "behind a stored member", severity, cx)
    }
}

/// The folders of a header with their pieces, and how many files found none.
fn blocks(header: &Header) -> (Vec<Block<'_>>, usize) {
    let (mut all, without) = pieces(header);
    let folders = header.streams.folders.iter().enumerate();
    let blocks = folders.map(|(index, folder)| {
        let pack = folder.packs(&header.streams.packs).first();
        Block {
            header,
            index,
            folder,
            pieces: all.get_mut(index).map(std::mem::take).unwrap_or_default(),
            packed: pack.map_or(0..0, |pack| pack.span.clone()),
        }
    });
    (blocks.collect(), without)
}

impl Block<'_> {
    /// Where a gap about it is.
    fn place(&self) -> Span {
        match self.packed.is_empty() {
            true => self.header.span.clone(),
            false => self.packed.clone(),
        }
    }

    fn stated(&self) -> Stated {
        Stated {
            at: self.header.span.clone(),
            crc32: self.folder.crc32,
            len: Some(self.folder.len()),
        }
    }

    /// Its pieces as parts, without empty ones; the whole folder where it has
    /// none.
    fn parts(&self) -> Vec<Part> {
        let mut parts = Vec::new();
        for piece in self.pieces.iter().filter(|piece| !piece.span.is_empty()) {
            parts.push(Part {
                name: piece.name(self.index),
                span: piece.span.clone(),
                stated: Some(Stated {
                    at: piece.at(self.header),
                    crc32: piece.crc32,
                    len: Some(piece.len()),
                }),
            });
        }
        if self.pieces.is_empty() && !self.folder.is_empty() {
            parts.push(Part {
                name: format!("folder {}", self.index),
                span: 0..self.folder.len(),
                stated: Some(self.stated()),
            });
        }
        parts
    }

    /// The members that it holds, in words, not more than a few.
    fn words(&self) -> String {
        let named: Vec<String> = self
            .pieces
            .iter()
            .take(LISTED_NAMES)
            .map(|piece| {
                let name = piece.name(self.index);
                format!("`{}`", shown(name.as_bytes()))
            })
            .collect();
        let more = self.pieces.len().saturating_sub(named.len());
        match (named.is_empty(), more) {
            (true, _) => format!("folder {}", self.index),
            (false, 0) => named.join(", "),
            (false, more) => format!("{} and {more} more", named.join(", ")),
        }
    }
}
