//! Links: their targets stand in the content, packed with that of others.
//!
//! A Unix link is a file whose mode says so and whose content is the target. A
//! link of Windows is a *reparse point*, whose content is a small record with
//! the target in it. Targets are unpacked here, one pass for each folder, as
//! far as a cap goes.

use std::collections::HashSet;
use std::io::{self, Read};

use super::files::{Piece, is_link, pieces, report};
use crate::formats::Context;
use crate::formats::archive::{leaves, shown, text};
use crate::report::{Severity, Span};
use crate::rules::archive::SYMLINK;
use crate::source::{ReadError, Source};
use crate::wire::Fault;
use crate::wire::codec::{Failure, failure};
use crate::wire::seven_zip::{File, Folder, Header, utf8};

/// Longest target of a link that is read, in bytes.
const TARGET_CAP_BYTES: u64 = 16 << 10;

/// Bytes of one archive that are unpacked for targets.
const UNPACKED_CAP_BYTES: u64 = 64 << 20;

/// Unpacked bytes are taken in pieces of this size.
const PIECE_BYTES: usize = 64 << 10;

/// Links that are remembered.
const LINK_CAP: usize = 1 << 18;

/// Folders in a name that are looked up among the links.
const LEVEL_CAP: usize = 256;

/// Tags of reparse points: a symbolic link, and a folder that is another.
const REPARSE_TAGS: [u32; 2] = [0xa000_000c, 0xa000_0003];

/// Where the names begin in the two kinds of reparse points.
const LINK_NAMES_AT: usize = 20;
const FOLDER_NAMES_AT: usize = 16;

/// Report links, and members that are unpacked through one.
pub(super) fn examine(
    source: &dyn Source,
    header: &Header,
    cx: &mut Context<'_>,
) -> Result<(), Fault> {
    if !header.files.iter().any(is_link) {
        return Ok(());
    }
    let mut left = UNPACKED_CAP_BYTES;
    let folders = header.streams.folders.iter();
    for (folder, pieces) in folders.zip(pieces(header).0) {
        cx.budget().check()?;
        let links: Vec<&Piece<'_>> = pieces
            .iter()
            .filter(|piece| file(piece).is_some())
            .collect();
        if links.is_empty() {
            continue;
        }
        let mut content = Content::open(source, header, folder, &mut left, cx);
        for piece in links {
            let target = match &mut content {
                Some(content) => content.target(&piece.span, cx)?,
                None => None,
            };
            if let Some(file) = file(piece) {
                link(file, target.as_deref(), cx);
            }
        }
    }
    through(header, cx)
}

/// The file of a piece, if it is a link.
fn file<'h>(piece: &Piece<'h>) -> Option<&'h File> {
    piece
        .file
        .map(|(_, file)| file)
        .filter(|file| is_link(file))
}

/// The unpacked stream of a folder, front to back.
struct Content<'a, 'l> {
    reader: Box<dyn Read + 'a>,
    at: u64,
    left: &'l mut u64,
}

impl<'a, 'l> Content<'a, 'l> {
    /// The content of a folder; `None` if it is not unpacked.
    fn open(
        source: &'a dyn Source,
        header: &Header,
        folder: &Folder,
        left: &'l mut u64,
        cx: &Context<'_>,
    ) -> Option<Self> {
        let packing = folder.packing().ok()?;
        let pack = folder.packs(&header.streams.packs).first()?;
        let reader = packing.decode(source, pack.span.clone(), cx.budget());
        Some(Content {
            reader: Box::new(reader),
            at: 0,
            left,
        })
    }

    /// The bytes of a span that lies behind those read before; `None` where the
    /// stream or the cap ends before it, or it is longer than any target.
    fn target(&mut self, span: &Span, cx: &mut Context<'_>) -> Result<Option<Vec<u8>>, Fault> {
        let len = span.end.saturating_sub(span.start);
        if len > TARGET_CAP_BYTES || span.end.saturating_sub(self.at) > *self.left {
            return Ok(None);
        }
        let passed = self.take(span.start.saturating_sub(self.at), None, cx)?;
        let mut target = Vec::new();
        let is_whole = passed && self.take(len, Some(&mut target), cx)?;
        Ok(is_whole.then_some(target))
    }

    /// Read `len` bytes; whether they were there.
    fn take(
        &mut self,
        mut len: u64,
        mut into: Option<&mut Vec<u8>>,
        cx: &mut Context<'_>,
    ) -> Result<bool, Fault> {
        let mut piece = vec![0; PIECE_BYTES];
        while len > 0 {
            cx.budget().check()?;
            let most = usize::try_from(len).unwrap_or(usize::MAX).min(PIECE_BYTES);
            let room = piece.get_mut(..most).unwrap_or_default();
            let got = match self.reader.read(room) {
                Ok(got) => got,
                Err(error) => return broken(error),
            };
            if got == 0 {
                return Ok(false);
            }
            cx.budget().spend_expanded(got as u64)?;
            if let Some(into) = &mut into {
                into.extend_from_slice(room.get(..got).unwrap_or_default());
            }
            self.at = self.at.saturating_add(got as u64);
            *self.left = self.left.saturating_sub(got as u64);
            len = len.saturating_sub(got as u64);
        }
        Ok(true)
    }
}

/// What ends the job is a fault; that the stream breaks is told by opening the
/// member.
fn broken(error: io::Error) -> Result<bool, Fault> {
    match failure(error) {
        Failure::Source(error @ (ReadError::Stop(_) | ReadError::Changed)) => Err(error.into()),
        _ => Ok(false),
    }
}

/// Report one link.
fn link(file: &File, content: Option<&[u8]>, cx: &mut Context<'_>) {
    let name = file.name.as_deref().unwrap_or_default();
    let target = content.and_then(|content| match file.is_reparse_point() {
        true => reparse_target(content).or_else(|| plain_target(content)),
        false => plain_target(content),
    });
    let (severity, how) = match &target {
        None => (Severity::Medium, "whose target is not read"),
        Some(target) if leaves(name, target) => (
            Severity::High,
            "that leads out of the folder it is unpacked to",
        ),
        Some(_) => (SYMLINK.severity, "that stays within the archive"),
    };
    let message = format!("the member `{}` is a symbolic link {how}", shown(name));
    let draft = SYMLINK.at(file.at.clone()).severity(severity);
    let draft = draft.bytes(target.as_deref().unwrap_or_default());
    cx.report(draft.message(message).within(text(name)));
}

/// The content of a Unix link. A target has no zeros.
fn plain_target(content: &[u8]) -> Option<Vec<u8>> {
    (!content.is_empty() && !content.contains(&0)).then(|| content.to_vec())
}

/// The target in a reparse point of Windows: the name that is shown, or else
/// the one that is followed.
fn reparse_target(content: &[u8]) -> Option<Vec<u8>> {
    let number = |at: usize| -> Option<usize> {
        let bytes = content.get(at..at.checked_add(2)?)?.first_chunk::<2>()?;
        Some(usize::from(u16::from_le_bytes(*bytes)))
    };
    let tag = u32::from_le_bytes(*content.first_chunk::<4>()?);
    let names_at = match REPARSE_TAGS.iter().position(|&known| known == tag)? {
        0 => LINK_NAMES_AT,
        _ => FOLDER_NAMES_AT,
    };
    // Offset and length of the name that is followed.
    let from = names_at.checked_add(number(8)?)?;
    let bytes = content.get(from..from.checked_add(number(10)?)?)?;
    let units: Vec<u16> = bytes
        .chunks_exact(2)
        .filter_map(|pair| pair.first_chunk::<2>())
        .map(|pair| u16::from_le_bytes(*pair))
        .collect();
    let name = utf8(&units);
    Some(name.strip_prefix(br"\??\").unwrap_or(&name).to_vec())
}

/// A member whose folder is a link is written where the link leads.
fn through(header: &Header, cx: &mut Context<'_>) -> Result<(), Fault> {
    let files = header.files.iter();
    let links = files.filter(|file| is_link(file)).take(LINK_CAP);
    let links: HashSet<&[u8]> = links.filter_map(|file| file.name.as_deref()).collect();
    for file in &header.files {
        cx.budget().check()?;
        let name = file.name.as_deref().unwrap_or_default();
        let is_separator = |(at, byte): (usize, &u8)| matches!(byte, b'/' | b'\\').then_some(at);
        let ends = name.iter().enumerate().filter_map(is_separator);
        let mut folders = ends.take(LEVEL_CAP).filter_map(|end| name.get(..end));
        if let Some(link) = folders.find(|folder| links.contains(folder)) {
            let message = format!(
                "the member `{}` is unpacked through the link `{}`",
                shown(name),
                shown(link)
            );
            report(&SYMLINK, file, name, message, Some(Severity::High), cx);
        }
    }
    Ok(())
}
