//! The files of a header, judged: names, kinds, and which part is whose.

use super::links;
use crate::formats::Context;
use crate::formats::archive::{Twins, report_escape, report_oddities, shown, text};
use crate::report::{Severity, Span};
use crate::rules::Rule;
use crate::rules::archive::{ANTI_ITEM, NAME_MISMATCH, SPECIAL_FILE, WRONG_SIZE};
use crate::source::Source;
use crate::wire::Fault;
use crate::wire::seven_zip::{File, Header};

/// Files whose names are compared with each other.
const COMPARED_CAP: usize = 1 << 18;

/// What of a Unix mode is the kind of the file, and the kinds.
const KIND: u32 = 0o170_000;
const PIPE: u32 = 0o010_000;
const CHARACTERS: u32 = 0o020_000;
const BLOCKS: u32 = 0o060_000;
const LINK: u32 = 0o120_000;
const SOCKET: u32 = 0o140_000;

/// A part of an unpacked stream, and whose it is.
pub(super) struct Piece<'h> {
    /// The file, and its number; `None` where the header has no more files.
    pub file: Option<(usize, &'h File)>,
    /// Its number in the folder.
    index: usize,
    /// Where it lies in the unpacked stream of the folder.
    pub span: Span,
    /// Its checksum, if it is given.
    pub crc32: Option<u32>,
}

impl Piece<'_> {
    /// Its name; `folder` is the number of the folder.
    pub(super) fn name(&self, folder: usize) -> String {
        match self.file {
            Some((number, file)) => member_name(file, number),
            None => format!("folder {folder} part {}", self.index),
        }
    }

    /// What in the file says something about it.
    pub(super) fn at(&self, header: &Header) -> Span {
        let named = self.file.map(|(_, file)| file.at.clone());
        named
            .filter(|at| !at.is_empty())
            .unwrap_or(header.span.clone())
    }

    /// Its length.
    pub(super) fn len(&self) -> u64 {
        self.span.end.saturating_sub(self.span.start)
    }
}

/// The name under which a file is examined.
fn member_name(file: &File, number: usize) -> String {
    match file.name.as_deref() {
        None | Some([]) => format!("unnamed {number}"),
        Some(name) => text(name),
    }
}

/// The pieces of each folder. Files that have content take the parts in order;
/// how many files are left without is returned as well.
pub(super) fn pieces(header: &Header) -> (Vec<Vec<Piece<'_>>>, usize) {
    let with_stream = |(_, file): &(usize, &File)| !file.is_without_stream;
    let mut files = header.files.iter().enumerate().filter(with_stream);
    let mut all = Vec::new();
    for folder in &header.streams.folders {
        let mut from = 0u64;
        let mut pieces = Vec::new();
        for (index, part) in folder.parts.iter().enumerate() {
            let to = from.saturating_add(part.len);
            pieces.push(Piece {
                file: files.next(),
                index,
                span: from..to,
                crc32: part.crc32,
            });
            from = to;
        }
        all.push(pieces);
    }
    (all, files.count())
}

/// Report what is wrong with the names and kinds of the files.
pub(super) fn examine(
    source: &dyn Source,
    header: &Header,
    cx: &mut Context<'_>,
) -> Result<(), Fault> {
    let mut twins = Twins::default();
    let contents = contents(header);
    for (number, file) in header.files.iter().enumerate() {
        cx.tick()?;
        let Some(name) = file.name.as_deref() else {
            continue;
        };
        names(file, name, cx);
        kind(file, name, cx);
        if number < COMPARED_CAP && !file.is_folder() && !file.is_anti {
            let content = contents.get(number).copied().flatten();
            twins.add(name, content.or(Some(Said::Nothing(number))), at(file), cx);
        }
    }
    links::examine(source, header, cx)
}

/// What a header says about the content of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Said {
    /// Its length and checksum.
    Content(u64, u32),
    /// That there is none.
    Empty,
    /// Nothing that could be compared; each file has its own.
    Nothing(usize),
}

/// What the header says about the content of each file.
fn contents(header: &Header) -> Vec<Option<Said>> {
    let empty = |file: &File| file.is_without_stream.then_some(Said::Empty);
    let mut said: Vec<_> = header.files.iter().map(empty).collect();
    for piece in pieces(header).0.iter().flatten() {
        if let Some((number, _)) = piece.file
            && let Some(place) = said.get_mut(number)
        {
            *place = piece.crc32.map(|crc32| Said::Content(piece.len(), crc32));
        }
    }
    said
}

fn at(file: &File) -> Span {
    file.at.clone()
}

fn names(file: &File, name: &[u8], cx: &mut Context<'_>) {
    if let Some(other) = &file.other_name {
        let message = format!(
            "the header calls a member `{}` and later `{}`",
            shown(other),
            shown(name)
        );
        report(&NAME_MISMATCH, file, name, message, None, cx);
        report_escape(other, at(file), cx);
    }
    report_escape(name, at(file), cx);
    let holds_data = !file.is_without_stream && (file.is_folder() || name.ends_with(b"/"));
    report_oddities(name, holds_data, at(file), cx);
}

fn kind(file: &File, name: &[u8], cx: &mut Context<'_>) {
    if file.is_anti {
        let message = format!(
            "unpacking the archive deletes the file `{}` where it is",
            shown(name)
        );
        report(&ANTI_ITEM, file, name, message, None, cx);
    }
    if (file.is_anti || file.is_empty_file) && !file.is_without_stream {
        let message = format!("`{}` is marked as empty and has content", shown(name));
        report(&WRONG_SIZE, file, name, message, None, cx);
    }
    let words = match file.unix_mode().map(|mode| mode & KIND) {
        Some(PIPE) => "a pipe",
        Some(CHARACTERS | BLOCKS) => "a device",
        Some(SOCKET) => "a socket",
        _ => return,
    };
    let message = format!("the member `{}` is {words}", shown(name));
    report(&SPECIAL_FILE, file, name, message, None, cx);
}

/// Whether unpacking makes the file a link.
pub(super) fn is_link(file: &File) -> bool {
    file.unix_mode().is_some_and(|mode| mode & KIND == LINK) || file.is_reparse_point()
}

/// Report something about a file.
pub(super) fn report(
    rule: &'static Rule,
    file: &File,
    name: &[u8],
    message: String,
    severity: Option<Severity>,
    cx: &mut Context<'_>,
) {
    let draft = rule.at(at(file)).message(message);
    let draft = draft.severity(severity.unwrap_or(rule.severity));
    cx.report(draft.within(text(name)));
}
