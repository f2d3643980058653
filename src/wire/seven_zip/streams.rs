//! The table of streams: packed streams in the file, folders, and the pieces
//! that the unpacked stream of a folder is cut into.

use super::coder::Coder;
use super::fields::{Room, checksums, count, number};
use super::{CRC, END, Folder, Pack, Parsed, Part, Streams};
use crate::budget::Budget;
use crate::source::Memory;
use crate::wire::Fault;
use crate::wire::cursor::Cursor;

const PACK_INFO: u8 = 0x06;
const UNPACK_INFO: u8 = 0x07;
const PARTS_INFO: u8 = 0x08;
const SIZE: u8 = 0x09;
const FOLDER: u8 = 0x0b;
const UNPACK_SIZE: u8 = 0x0c;
const PART_COUNT: u8 = 0x0d;

/// Packed streams of one header that are kept.
const PACK_CAP: usize = 1 << 18;

/// Folders of one header that are kept.
const FOLDER_CAP: usize = 1 << 18;

/// Pieces of the unpacked streams of one header that are kept.
const PART_CAP: usize = 1 << 20;

/// Coders of one folder that are kept: as many as 7-Zip takes.
const CODER_CAP: usize = 64;

/// Coders of all folders of one header that are kept.
const CODER_TOTAL_CAP: usize = 1 << 20;

/// Bytes of a coder's properties that are kept; the longest that is followed
/// has five.
const PROPERTY_CAP_BYTES: usize = 64;

/// Flags of a coder.
const HAS_STREAMS: u8 = 0x10;
const HAS_PROPERTIES: u8 = 0x20;
const METHOD_LEN: u8 = 0x0f;

/// Where the table stands in: the file, and what else it may refer to.
pub(super) struct Table<'a, 'b> {
    /// The header from here on.
    pub cursor: &'b mut Cursor<'a>,
    /// Position in the file that packed streams are counted from.
    pub base: u64,
    /// Length of the file.
    pub file_len: u64,
    /// Unpacked streams that parts of the header may stand in.
    pub extras: &'b [Memory],
    /// Looks at the clock.
    pub budget: &'b Budget,
}

impl Table<'_, '_> {
    /// Read the table into `streams`; what was read before a fault stays.
    pub(super) fn read(&mut self, streams: &mut Streams) -> Parsed<()> {
        let mut id = self.cursor.u8()?;
        if id == PACK_INFO {
            self.packs(streams)?;
            id = self.cursor.u8()?;
        }
        if id == UNPACK_INFO {
            self.folders(streams)?;
            id = self.cursor.u8()?;
        }
        if id == PARTS_INFO {
            self.parts(streams)?;
            id = self.cursor.u8()?;
        }
        self.expect(id, END, "the end of the table of streams")
    }

    fn expect(&self, id: u8, wanted: u8, what: &str) -> Parsed<()> {
        if id == wanted {
            return Ok(());
        }
        let at = self.cursor.position().saturating_sub(1);
        let words = format!("{id:#04x} stands where {what} should");
        Err(Fault::malformed(at, words).into())
    }

    /// Read on to the record `wanted`, passing over others.
    fn wait_for(&mut self, wanted: u8, what: &str) -> Parsed<()> {
        loop {
            let id = self.cursor.u8()?;
            if id == wanted {
                return Ok(());
            }
            if id == END {
                return self.expect(id, wanted, what);
            }
            self.pass()?;
        }
    }

    /// Pass over a record that is not known.
    fn pass(&mut self) -> Parsed<()> {
        self.budget.check().map_err(Fault::from)?;
        let len = number(self.cursor)?;
        Ok(self.cursor.skip(len)?)
    }

    /// Positions and lengths of the packed streams.
    fn packs(&mut self, streams: &mut Streams) -> Parsed<()> {
        let position = number(self.cursor)?;
        let packs = count(self.cursor, "packed streams", Room::Bytes, PACK_CAP)?;
        self.wait_for(SIZE, "the lengths of the packed streams")?;
        let mut from = self.base.checked_add(position);
        for _ in 0..packs {
            let len = number(self.cursor)?;
            let to = from.and_then(|from| from.checked_add(len));
            streams.packs.push(Pack::new(from, len, self.file_len));
            from = to;
        }
        loop {
            match self.cursor.u8()? {
                END => return Ok(()),
                CRC => {
                    let sums = checksums(self.cursor, packs)?;
                    for (pack, sum) in streams.packs.iter_mut().zip(sums) {
                        pack.crc32 = sum;
                    }
                }
                _ => self.pass()?,
            }
        }
    }

    fn folders(&mut self, streams: &mut Streams) -> Parsed<()> {
        self.wait_for(FOLDER, "the folders")?;
        let folders = count(self.cursor, "folders", Room::Bytes, FOLDER_CAP)?;
        match self.cursor.u8()? {
            0 => read_folders(self.cursor, folders, self.budget, streams)?,
            _ => {
                let index = number(self.cursor)?;
                let mut cursor = external(self.extras, index, self.cursor.position())?;
                read_folders(&mut cursor, folders, self.budget, streams)?;
            }
        }
        self.wait_for(UNPACK_SIZE, "the lengths of the folders")?;
        for folder in &mut streams.folders {
            let outputs = folder.coders.iter().map(|coder| coder.outputs);
            let outputs = outputs.fold(0usize, usize::saturating_add);
            for _ in 0..outputs {
                folder.sizes.push(number(self.cursor)?);
            }
        }
        loop {
            match self.cursor.u8()? {
                END => break,
                CRC => {
                    let sums = checksums(self.cursor, folders)?;
                    for (folder, sum) in streams.folders.iter_mut().zip(sums) {
                        folder.crc32 = sum;
                    }
                }
                _ => self.pass()?,
            }
        }
        // A folder is one piece, unless the next record says otherwise.
        for folder in &mut streams.folders {
            folder.parts = vec![Part {
                len: folder.len(),
                crc32: folder.crc32,
            }];
        }
        Ok(())
    }

    /// How the unpacked streams are cut.
    fn parts(&mut self, streams: &mut Streams) -> Parsed<()> {
        let folders = &mut streams.folders;
        let mut counts = vec![1usize; folders.len()];
        let mut id = self.cursor.u8()?;
        while !matches!(id, SIZE | CRC | END) {
            if id == PART_COUNT {
                counts.clear();
                let mut total = 0usize;
                for _ in 0..folders.len() {
                    // The last part of a folder takes no byte.
                    let left = PART_CAP.saturating_sub(total);
                    let parts = count(self.cursor, "parts of a folder", Room::Or(1), left)?;
                    total = total.saturating_add(parts);
                    counts.push(parts);
                }
            } else {
                self.pass()?;
            }
            id = self.cursor.u8()?;
        }
        let has_sizes = id == SIZE;
        for (folder, &parts) in folders.iter_mut().zip(&counts) {
            self.cut(folder, parts, has_sizes)?;
        }
        if has_sizes {
            id = self.cursor.u8()?;
        }
        let mut given = false;
        loop {
            match id {
                END => return Ok(()),
                CRC if given => {
                    let at = self.cursor.position();
                    let words = "checksums of the parts stand there twice";
                    return Err(Fault::malformed(at, words).into());
                }
                CRC => self.part_checksums(folders)?,
                _ => self.pass()?,
            }
            given |= id == CRC;
            id = self.cursor.u8()?;
        }
    }

    /// Cut a folder into `parts`: the lengths of all but the last are given.
    fn cut(&mut self, folder: &mut Folder, parts: usize, has_sizes: bool) -> Parsed<()> {
        if parts == 1 {
            return Ok(());
        }
        if parts > 1 && !has_sizes {
            let at = self.cursor.position();
            return Err(Fault::malformed(at, "the parts of a folder have no lengths").into());
        }
        folder.parts.clear();
        let mut left = folder.len();
        for index in 1..=parts {
            let len = match index == parts {
                true => left,
                false => number(self.cursor)?,
            };
            folder.excess = folder.excess.saturating_add(len.saturating_sub(left));
            left = left.saturating_sub(len);
            folder.parts.push(Part { len, crc32: None });
        }
        Ok(())
    }

    /// Checksums of the parts whose folder's checksum is not theirs.
    fn part_checksums(&mut self, folders: &mut [Folder]) -> Parsed<()> {
        let is_known = |folder: &Folder| folder.parts.len() == 1 && folder.crc32.is_some();
        let open = folders.iter_mut().filter(|folder| !is_known(folder));
        let mut parts: Vec<&mut Part> = open.flat_map(|folder| &mut folder.parts).collect();
        let sums = checksums(self.cursor, parts.len())?;
        for (part, sum) in parts.iter_mut().zip(sums) {
            part.crc32 = sum;
        }
        Ok(())
    }
}

/// A cursor on the extra stream with this number.
pub(super) fn external(extras: &[Memory], index: u64, at: u64) -> Result<Cursor<'_>, Fault> {
    let extra = usize::try_from(index).ok().and_then(|i| extras.get(i));
    match extra {
        Some(extra) => Ok(Cursor::new(extra, 0)),
        None => {
            let words = format!("a record stands in extra stream {index}, which is not there");
            Err(Fault::malformed(at, words))
        }
    }
}

fn read_folders(
    cursor: &mut Cursor<'_>,
    folders: usize,
    budget: &Budget,
    streams: &mut Streams,
) -> Parsed<()> {
    let mut first_pack = 0usize;
    let mut coders = 0usize;
    for _ in 0..folders {
        budget.check().map_err(Fault::from)?;
        let mut folder = folder(cursor, CODER_TOTAL_CAP.saturating_sub(coders))?;
        coders = coders.saturating_add(folder.coders.len());
        folder.first_pack = first_pack;
        first_pack = first_pack.saturating_add(folder.inputs.len());
        streams.folders.push(folder);
    }
    Ok(())
}

/// Coders, what binds them, and which of their inputs are read from the file.
fn folder(cursor: &mut Cursor<'_>, left: usize) -> Parsed<Folder> {
    let mut folder = Folder::default();
    let coders = count(cursor, "coders", Room::Bytes, CODER_CAP.min(left))?;
    let (mut inputs, mut outputs) = (0usize, 0usize);
    for _ in 0..coders {
        let coder = coder(cursor)?;
        inputs = inputs.saturating_add(coder.inputs);
        outputs = outputs.saturating_add(coder.outputs);
        folder.coders.push(coder);
    }
    let at = cursor.position();
    let bonds = outputs.saturating_sub(1);
    if outputs == 0 || bonds >= inputs.max(1) || inputs > CODER_CAP || outputs > CODER_CAP {
        let words = format!("a folder has {inputs} inputs and {outputs} outputs");
        return Err(Fault::malformed(at, words).into());
    }
    for _ in 0..bonds {
        let reader = index(cursor, inputs)?;
        folder.bonds.push((reader, index(cursor, outputs)?));
    }
    match inputs.saturating_sub(bonds) {
        1 => {
            let is_bound = |input: &usize| folder.bonds.iter().any(|(reader, _)| reader == input);
            folder
                .inputs
                .extend((0..inputs).find(|input| !is_bound(input)));
        }
        packed => {
            for _ in 0..packed {
                folder.inputs.push(index(cursor, inputs)?);
            }
        }
    }
    Ok(folder)
}

/// The number of one of `len` streams.
fn index(cursor: &mut Cursor<'_>, len: usize) -> Parsed<usize> {
    let at = cursor.position();
    let claimed = number(cursor)?;
    match usize::try_from(claimed).ok().filter(|&i| i < len) {
        Some(index) => Ok(index),
        None => {
            let words = format!("stream {claimed} of a folder that has {len}");
            Err(Fault::malformed(at, words).into())
        }
    }
}

fn coder(cursor: &mut Cursor<'_>) -> Parsed<Coder> {
    let at = cursor.position();
    let flags = cursor.u8()?;
    let method_len = flags & METHOD_LEN;
    if method_len > 8 || flags & !(HAS_STREAMS | HAS_PROPERTIES | METHOD_LEN) != 0 {
        let words = format!("the flags {flags:#04x} of a coder");
        return Err(Fault::unsupported(at, words).into());
    }
    let mut method = 0u64;
    for _ in 0..method_len {
        method = (method << 8) | u64::from(cursor.u8()?);
    }
    let (mut inputs, mut outputs) = (1, 1);
    if flags & HAS_STREAMS != 0 {
        inputs = count(cursor, "inputs of a coder", Room::Bytes, CODER_CAP)?;
        outputs = count(cursor, "outputs of a coder", Room::Bytes, CODER_CAP)?;
    }
    let mut properties = Vec::new();
    if flags & HAS_PROPERTIES != 0 {
        let len = number(cursor)?;
        let kept = len.min(PROPERTY_CAP_BYTES as u64);
        properties = cursor.take(kept, PROPERTY_CAP_BYTES)?;
        cursor.skip(len.saturating_sub(kept))?;
    }
    Ok(Coder {
        method,
        properties,
        inputs,
        outputs,
    })
}
