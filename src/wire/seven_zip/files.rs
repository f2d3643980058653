//! The table of files: names, attributes, and which of them have content.

use super::fields::{Room, all_or_bits, bits, count, number};
use super::header::{Frame, Remark};
use super::streams::external;
use super::{END, Parsed};
use crate::budget::Budget;
use crate::report::Span;
use crate::source::Memory;
use crate::wire::Fault;
use crate::wire::cursor::Cursor;

const EMPTY_STREAM: u8 = 0x0e;
const EMPTY_FILE: u8 = 0x0f;
const ANTI: u8 = 0x10;
const NAMES: u8 = 0x11;
const TIMES: [u8; 3] = [0x12, 0x13, 0x14];
const ATTRIBUTES: u8 = 0x15;
const START_POSITION: u8 = 0x18;

/// Files of one header that are kept.
const FILE_CAP: usize = 1 << 20;

/// Longest name that is kept, in bytes: twice what any file system takes.
const NAME_CAP_BYTES: usize = 64 << 10;

/// How often one record is read. Writers have it once.
const REPEAT_CAP: u8 = 16;

/// The bit that says that the high half of the attributes is a Unix mode.
const UNIX_MODE: u32 = 0x8000;

/// Attributes of Windows: a folder, and a file that leads elsewhere.
const IS_FOLDER: u32 = 0x10;
const IS_REPARSE_POINT: u32 = 0x400;

/// A file, a folder or another thing that the archive names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct File {
    /// Its name in UTF-8; halves of surrogate pairs stay as they are, in three
    /// bytes. `None` where the header gives none.
    pub name: Option<Vec<u8>>,
    /// Another name that the header gave it before.
    pub other_name: Option<Vec<u8>>,
    /// Where its name stands in the file; the header, where that is packed.
    pub at: Span,
    /// Whether no part belongs to it.
    pub is_without_stream: bool,
    /// Whether it is an empty file, and no folder.
    pub is_empty_file: bool,
    /// Whether unpacking deletes the file of this name.
    pub is_anti: bool,
    /// Attributes of Windows, and the Unix mode above them.
    pub attributes: Option<u32>,
}

impl File {
    /// The Unix mode, if there is one.
    pub fn unix_mode(&self) -> Option<u32> {
        let attributes = self.attributes.filter(|a| a & UNIX_MODE != 0)?;
        Some(attributes >> 16)
    }

    /// Whether it is marked as a folder.
    pub fn is_folder(&self) -> bool {
        let by_mode = self.unix_mode().map(|mode| mode & 0o170_000 == 0o040_000);
        let by_attribute = self.attributes.is_some_and(|a| a & IS_FOLDER != 0);
        by_mode.unwrap_or(false)
            || by_attribute
            || (self.is_without_stream && !self.is_empty_file && !self.is_anti)
    }

    /// Whether Windows makes it a link when it is unpacked.
    pub fn is_reparse_point(&self) -> bool {
        self.attributes.is_some_and(|a| a & IS_REPARSE_POINT != 0)
    }
}

/// Where the table stands in.
pub(super) struct FileTable<'a, 'b> {
    /// The header from here on.
    pub cursor: &'b mut Cursor<'a>,
    /// Where the header is.
    pub frame: &'b Frame<'a>,
    /// Unpacked streams that records may stand in.
    pub extras: &'b [Memory],
    /// Parts that the table of streams has.
    pub parts: u64,
    /// Looks at the clock.
    pub budget: &'b Budget,
    /// Files that have no stream.
    pub without: usize,
}

impl<'b> FileTable<'_, 'b> {
    /// Read the table into `files`; what was read before a fault stays.
    pub(super) fn read(&mut self, files: &mut Vec<File>, remarks: &mut Vec<Remark>) -> Parsed<()> {
        let count = count(self.cursor, "files", Room::Or(self.parts), FILE_CAP)?;
        files.resize(
            count,
            File {
                at: self
                    .frame
                    .span(self.cursor.position()..self.cursor.position()),
                ..File::default()
            },
        );
        let mut seen = [0u8; 256];
        loop {
            self.budget.check().map_err(Fault::from)?;
            let at = self.cursor.position();
            let id = self.cursor.u8()?;
            if id == END {
                return Ok(());
            }
            let len = number(self.cursor)?;
            let from = self.cursor.position();
            self.cursor.skip(len)?;
            let record = from..self.cursor.position();
            if id <= START_POSITION
                && let Some(seen) = seen.get_mut(usize::from(id))
            {
                *seen = seen.saturating_add(1);
                if *seen == 2 {
                    let span = self.frame.span(at..record.end);
                    Remark::Repeated { at: span, id }.add(remarks);
                }
                if *seen > REPEAT_CAP {
                    let words = format!("the record {id:#04x} stands more than {REPEAT_CAP} times");
                    return Err(super::Broken::Capped(at, words));
                }
            }
            let behind = self.record(id, record.clone(), files)?;
            if let Some(remark) = self.frame.unowned(behind..record.end)? {
                remark.add(remarks);
            }
        }
    }

    /// Read one record; the position behind what of it is known.
    fn record(&mut self, id: u8, span: Span, files: &mut [File]) -> Parsed<u64> {
        let mut cursor = self.frame.cursor(span.clone());
        match id {
            EMPTY_STREAM => {
                let list = bits(&mut cursor, files.len())?;
                self.without = list.iter().filter(|&&bit| bit).count();
                for (file, bit) in files.iter_mut().zip(list) {
                    file.is_without_stream = bit;
                }
            }
            EMPTY_FILE => self.marks(&mut cursor, files, |file| &mut file.is_empty_file)?,
            ANTI => self.marks(&mut cursor, files, |file| &mut file.is_anti)?,
            NAMES => match self.external(&mut cursor)? {
                None => names(&mut cursor, Some(self.frame), files, self.budget)?,
                Some(mut other) => names(&mut other, None, files, self.budget)?,
            },
            ATTRIBUTES => {
                let given = all_or_bits(&mut cursor, files.len())?;
                match self.external(&mut cursor)? {
                    None => attributes(&mut cursor, &given, files)?,
                    Some(mut other) => attributes(&mut other, &given, files)?,
                }
            }
            id if id == START_POSITION || TIMES.contains(&id) => {
                let given = all_or_bits(&mut cursor, files.len())?;
                let len = given.iter().filter(|&&bit| bit).count() as u64;
                if self.external(&mut cursor)?.is_none() {
                    cursor.skip(len.saturating_mul(8))?;
                }
            }
            // What fills a gap, and what is not known, is for nobody to read.
            _ => {}
        }
        Ok(cursor.position())
    }

    /// A mark for each of the files that have no stream.
    fn marks(
        &self,
        cursor: &mut Cursor<'_>,
        files: &mut [File],
        mark: fn(&mut File) -> &mut bool,
    ) -> Parsed<()> {
        let list = bits(cursor, self.without)?;
        let without = files.iter_mut().filter(|file| file.is_without_stream);
        for (file, bit) in without.zip(list) {
            *mark(file) = bit;
        }
        Ok(())
    }

    /// A cursor on the extra stream that a record stands in; `None` where it
    /// stands here.
    fn external(&self, cursor: &mut Cursor<'_>) -> Parsed<Option<Cursor<'b>>> {
        let at = cursor.position();
        match cursor.u8()? {
            0 => Ok(None),
            _ => Ok(Some(external(self.extras, number(cursor)?, at)?)),
        }
    }
}

fn attributes(cursor: &mut Cursor<'_>, given: &[bool], files: &mut [File]) -> Parsed<()> {
    for (file, &is_given) in files.iter_mut().zip(given) {
        if is_given {
            file.attributes = Some(cursor.u32()?);
        }
    }
    Ok(())
}

/// A name for each file; `frame` where they stand in the header itself.
fn names(
    cursor: &mut Cursor<'_>,
    frame: Option<&Frame<'_>>,
    files: &mut [File],
    budget: &Budget,
) -> Parsed<()> {
    for file in files {
        let from = cursor.position();
        let name = name(cursor, budget)?;
        if let Some(frame) = frame {
            file.at = frame.span(from..cursor.position());
        }
        file.other_name = file
            .name
            .replace(name)
            .filter(|old| Some(old) != file.name.as_ref());
    }
    Ok(())
}

/// A name in UTF-16 up to its zero.
fn name(cursor: &mut Cursor<'_>, budget: &Budget) -> Parsed<Vec<u8>> {
    let at = cursor.position();
    let mut units = Vec::new();
    loop {
        match cursor.u16()? {
            0 => break,
            unit => units.push(unit),
        }
        if units.len() > NAME_CAP_BYTES / 2 {
            let words = format!("a name is longer than {NAME_CAP_BYTES} bytes");
            return Err(super::Broken::Capped(at, words));
        }
    }
    budget.check().map_err(Fault::from)?;
    Ok(utf8(&units))
}

/// UTF-8 of some UTF-16. Half a surrogate pair, which is no text, becomes the
/// three bytes that a naive conversion makes of it.
pub fn utf8(units: &[u16]) -> Vec<u8> {
    let mut out = Vec::with_capacity(units.len());
    for unit in char::decode_utf16(units.iter().copied()) {
        match unit {
            Ok(c) => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            Err(half) => {
                let [high, low] = half.unpaired_surrogate().to_be_bytes();
                let middle = 0x80 | ((high & 0x0f) << 2) | (low >> 6);
                out.extend_from_slice(&[0xe0 | (high >> 4), middle, 0x80 | (low & 0x3f)]);
            }
        }
    }
    out
}
