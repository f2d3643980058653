//! One header: read where it stands, or unpacked first.

use std::io::Read as _;

use super::fields::number;
use super::files::{File, FileTable};
use super::streams::Table;
use super::{Broken, ENCODED_HEADER, END, Folder, HEADER, Pack, Parsed, Streams, Unfollowed};
use crate::budget::Budget;
use crate::report::{Span, Why};
use crate::source::{Memory, Source};
use crate::wire::Fault;
use crate::wire::codec::{Failure, failure};
use crate::wire::cursor::Cursor;

const PROPERTIES: u8 = 0x02;
const EXTRA_STREAMS: u8 = 0x03;
const MAIN_STREAMS: u8 = 0x04;
const FILES: u8 = 0x05;

/// Longest header that is unpacked, in bytes. A million files with names of
/// ordinary length have as much.
const HEADER_CAP_BYTES: u64 = 64 << 20;

/// How many times a header may be packed. Writers pack it once.
const LEVEL_CAP: usize = 4;

/// Streams beside the files' that records may stand in.
const EXTRA_CAP: usize = 16;

/// Remarks of one header before bytes that nothing owns are told together.
const REMARK_CAP: usize = 1024;

/// Unpacked bytes are taken in pieces of this size.
const PIECE_BYTES: usize = 64 << 10;

/// A header and what it says.
#[derive(Debug, Default)]
pub struct Header {
    /// Where it stands in the file, as it is or encoded.
    pub span: Span,
    /// Packed streams that it was unpacked from, or that records stand in.
    pub packs: Vec<Pack>,
    /// Streams of the files.
    pub streams: Streams,
    /// The files.
    pub files: Vec<File>,
    /// What is not as it should be.
    pub remarks: Vec<Remark>,
    /// Why it was not read to its end.
    pub broken: Option<Broken>,
}

impl Header {
    /// Whether it was read to its end.
    pub fn is_whole(&self) -> bool {
        self.broken.is_none()
    }
}

/// Something in a header that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Remark {
    /// The checksum of a header, as it stands or unpacked.
    Checksum {
        /// What says so, in the file.
        at: Span,
        /// What it says.
        claimed: u32,
        /// What it should say.
        actual: u32,
    },
    /// The length of an unpacked header.
    Length {
        /// What says so, in the file.
        at: Span,
        /// What it says.
        claimed: u64,
        /// What it should say.
        actual: u64,
    },
    /// A record that stands there more than once.
    Repeated {
        /// The later one, in the file.
        at: Span,
        /// Its number.
        id: u8,
    },
    /// Bytes of the file that no record owns.
    Unowned(Span),
    /// Bytes that came out of a packed header and that no record owns, or that
    /// stand in a stream beside it.
    Hidden {
        /// What they were packed in, in the file.
        at: Span,
        /// The bytes.
        bytes: Vec<u8>,
    },
}

impl Remark {
    /// Add a remark to others. Bytes that nothing owns become one remark where
    /// they were packed, and a bounded number where they were not, the last of
    /// which covers the rest.
    pub(super) fn add(self, remarks: &mut Vec<Remark>) {
        let is_full = remarks.len() >= REMARK_CAP;
        for known in remarks.iter_mut().rev() {
            match (known, &self) {
                (Remark::Hidden { bytes, .. }, Remark::Hidden { bytes: more, .. }) => {
                    bytes.extend_from_slice(more);
                    return;
                }
                (Remark::Unowned(known), Remark::Unowned(more)) if is_full => {
                    known.end = known.end.max(more.end);
                    return;
                }
                _ => {}
            }
        }
        remarks.push(self);
    }
}

/// Where a header is: in the file as it is, or unpacked in memory.
pub(super) struct Frame<'a> {
    bytes: &'a dyn Source,
    /// Where the header begins and ends in `bytes`.
    inner: Span,
    /// Where it stands in the file.
    outer: Span,
    is_packed: bool,
}

impl<'a> Frame<'a> {
    /// The place in the file of some of its bytes.
    pub(super) fn span(&self, inner: Span) -> Span {
        match self.is_packed {
            true => self.outer.clone(),
            false => inner,
        }
    }

    /// A cursor that ends behind some of its bytes.
    pub(super) fn cursor(&self, inner: Span) -> Cursor<'a> {
        Cursor::within(self.bytes, inner.start, inner.end)
    }

    /// The remark about bytes that no record owns, unless they fill a gap.
    pub(super) fn unowned(&self, inner: Span) -> Result<Option<Remark>, Fault> {
        if !self.is_packed {
            return Ok((!inner.is_empty()).then_some(Remark::Unowned(inner)));
        }
        let bytes = self.bytes.chunk(inner)?.to_vec();
        let at = self.outer.clone();
        let is_padding = bytes.iter().all(|&b| b == 0);
        Ok((!is_padding).then_some(Remark::Hidden { at, bytes }))
    }

    /// What broke, by its place in the file.
    fn outside(&self, broken: Broken) -> Broken {
        if !self.is_packed {
            return broken;
        }
        let at = self.outer.start;
        match broken {
            Broken::Fault(Fault::Malformed { what, .. }) => Fault::malformed(at, what).into(),
            Broken::Fault(Fault::Unsupported { what, .. }) => Fault::unsupported(at, what).into(),
            Broken::Capped(_, what) => Broken::Capped(at, what),
            other => other,
        }
    }
}

/// Reads headers of one file, and counts what that costs.
pub(super) struct Reader<'a> {
    /// The file.
    pub file: &'a dyn Source,
    /// Position in the file that packed streams are counted from.
    pub base: u64,
    /// Looks at the clock.
    pub budget: &'a Budget,
    /// Bytes that were read and unpacked so far.
    pub work: u64,
}

impl Reader<'_> {
    /// The header that begins `span`; its own span ends where it does, or
    /// with `span` where it breaks. Faults that end the job are returned,
    /// others are kept in the header.
    pub(super) fn read(&mut self, span: Span) -> Result<Header, Fault> {
        let mut header = Header {
            span,
            ..Header::default()
        };
        match self.levels(&mut header) {
            Ok(()) => {}
            Err(Broken::Fault(fault)) if fault.ends_job() => return Err(fault),
            Err(broken) => header.broken = Some(broken),
        }
        Ok(header)
    }

    /// Unpack an encoded header until a plain one comes out, and read that.
    fn levels(&mut self, header: &mut Header) -> Parsed<()> {
        let outer = header.span.clone();
        let mut unpacked: Option<Memory> = None;
        for _ in 0..=LEVEL_CAP {
            let frame = match &unpacked {
                Some(memory) => Frame {
                    bytes: memory,
                    inner: 0..memory.len(),
                    outer: header.span.clone(),
                    is_packed: true,
                },
                None => Frame {
                    bytes: self.file,
                    inner: outer.clone(),
                    outer: outer.clone(),
                    is_packed: false,
                },
            };
            let next = self.level(&frame, header);
            match next.map_err(|broken| frame.outside(broken))? {
                Some(bytes) => unpacked = Some(Memory::new(bytes)),
                None => return Ok(()),
            }
        }
        let words = format!("the header is packed more than {LEVEL_CAP} times");
        Err(Broken::Capped(outer.start, words))
    }

    /// Read one level of a header; what it unpacks to, if it is encoded.
    fn level(&mut self, frame: &Frame<'_>, header: &mut Header) -> Parsed<Option<Vec<u8>>> {
        let mut cursor = frame.cursor(frame.inner.clone());
        let mut packed = None;
        let read = match cursor.u8()? {
            HEADER => self.plain(&mut cursor, frame, header),
            ENCODED_HEADER => {
                let streams = packed.insert(Streams::default());
                self.table(&mut cursor, &[], streams)
            }
            id => {
                let words = format!("a header cannot begin with {id:#04x}");
                Err(Fault::malformed(frame.inner.start, words).into())
            }
        };
        let end = cursor.position();
        self.work = self
            .work
            .saturating_add(end.saturating_sub(frame.inner.start));
        read?;
        match frame.is_packed {
            false => header.span.end = end,
            true => {
                if let Some(remark) = frame.unowned(end..frame.inner.end)? {
                    remark.add(&mut header.remarks);
                }
            }
        }
        match packed {
            Some(streams) => self.encoded(streams, header).map(Some),
            None => Ok(None),
        }
    }

    fn table(
        &self,
        cursor: &mut Cursor<'_>,
        extras: &[Memory],
        streams: &mut Streams,
    ) -> Parsed<()> {
        let mut table = Table {
            cursor,
            base: self.base,
            file_len: self.file.len(),
            extras,
            budget: self.budget,
        };
        table.read(streams)
    }

    /// The records of a header that is not encoded.
    fn plain<'f>(
        &mut self,
        cursor: &mut Cursor<'f>,
        frame: &Frame<'f>,
        header: &mut Header,
    ) -> Parsed<()> {
        let mut id = cursor.u8()?;
        if id == PROPERTIES {
            self.properties(cursor, frame, header)?;
            id = cursor.u8()?;
        }
        let mut extras = Vec::new();
        if id == EXTRA_STREAMS {
            self.extras(cursor, header, &mut extras)?;
            id = cursor.u8()?;
        }
        if id == MAIN_STREAMS {
            self.table(cursor, &extras, &mut header.streams)?;
            id = cursor.u8()?;
        }
        if id == FILES {
            let folders = header.streams.folders.iter();
            let mut table = FileTable {
                cursor,
                frame,
                extras: &extras,
                parts: folders.fold(0, |n, folder| n.saturating_add(folder.parts.len() as u64)),
                budget: self.budget,
                without: 0,
            };
            table.read(&mut header.files, &mut header.remarks)?;
            id = cursor.u8()?;
        }
        if id == END {
            return Ok(());
        }
        let at = cursor.position().saturating_sub(1);
        let words = format!("{id:#04x} stands where the end of the header should");
        Err(Fault::malformed(at, words).into())
    }

    /// Properties of the archive: none was ever defined, so they are bytes
    /// that nobody reads.
    fn properties(
        &self,
        cursor: &mut Cursor<'_>,
        frame: &Frame<'_>,
        header: &mut Header,
    ) -> Parsed<()> {
        while cursor.u8()? != END {
            self.budget.check().map_err(Fault::from)?;
            let len = number(cursor)?;
            let from = cursor.position();
            cursor.skip(len)?;
            header
                .remarks
                .extend(frame.unowned(from..cursor.position())?);
        }
        Ok(())
    }

    /// Streams beside those of the files, in which records may stand.
    fn extras(
        &mut self,
        cursor: &mut Cursor<'_>,
        header: &mut Header,
        extras: &mut Vec<Memory>,
    ) -> Parsed<()> {
        let at = cursor.position();
        let mut streams = Streams::default();
        self.table(cursor, &[], &mut streams)?;
        header.packs.extend_from_slice(&streams.packs);
        if streams.folders.len() > EXTRA_CAP {
            let words = format!("the header has more than {EXTRA_CAP} streams of its own");
            return Err(Broken::Capped(at, words));
        }
        let mut total = 0u64;
        for folder in &streams.folders {
            let bytes = self.unpack(folder, &streams.packs, header)?;
            total = total.saturating_add(bytes.len() as u64);
            if total > HEADER_CAP_BYTES {
                let words =
                    format!("streams of the header unpack to more than {HEADER_CAP_BYTES} bytes");
                return Err(Broken::Capped(at, words));
            }
            extras.push(Memory::new(bytes.clone()));
            let at = header.span.clone();
            Remark::Hidden { at, bytes }.add(&mut header.remarks);
        }
        Ok(())
    }

    /// Unpack an encoded header.
    fn encoded(&mut self, streams: Streams, header: &mut Header) -> Parsed<Vec<u8>> {
        header.packs.extend_from_slice(&streams.packs);
        match streams.folders.as_slice() {
            [folder] => self.unpack(folder, &streams.packs, header),
            folders => {
                let words = format!("the header is packed in {} folders", folders.len());
                Err(Fault::malformed(header.span.start, words).into())
            }
        }
    }

    /// What a folder of the header's own unpacks to.
    fn unpack(&mut self, folder: &Folder, packs: &[Pack], header: &mut Header) -> Parsed<Vec<u8>> {
        let at = header.span.clone();
        let packing = folder.packing().map_err(|not| unfollowed(not, at.start))?;
        let [pack] = folder.packs(packs) else {
            return Err(Fault::malformed(at.start, "a packed header is nowhere").into());
        };
        let mut decoder = packing.decode(self.file, pack.span.clone(), self.budget);
        let mut bytes = Vec::new();
        let mut piece = vec![0; PIECE_BYTES];
        let cap = HEADER_CAP_BYTES.min(folder.len().saturating_add(1));
        while (bytes.len() as u64) < cap {
            let got = match decoder.read(&mut piece) {
                Ok(0) => break,
                Ok(got) => got,
                Err(error) => return Err(undecoded(error, at.start)),
            };
            self.budget
                .spend_expanded(got as u64)
                .map_err(Fault::from)?;
            self.work = self.work.saturating_add(got as u64);
            bytes.extend_from_slice(piece.get(..got).unwrap_or_default());
        }
        if bytes.len() as u64 >= HEADER_CAP_BYTES {
            let words = format!("the header unpacks to more than {HEADER_CAP_BYTES} bytes");
            return Err(Broken::Capped(at.start, words));
        }
        compare(folder, &mut bytes, header);
        Ok(bytes)
    }
}

/// Compare an unpacked header with what its folder says about it.
fn compare(folder: &Folder, bytes: &mut Vec<u8>, header: &mut Header) {
    let at = header.span.clone();
    let actual = bytes.len() as u64;
    if actual != folder.len() {
        header.remarks.push(Remark::Length {
            at: at.clone(),
            claimed: folder.len(),
            actual,
        });
        bytes.truncate(usize::try_from(folder.len()).unwrap_or(usize::MAX));
    }
    let actual = crc32fast::hash(bytes);
    if let Some(claimed) = folder.crc32.filter(|&claimed| claimed != actual) {
        header.remarks.push(Remark::Checksum {
            at,
            claimed,
            actual,
        });
    }
}

/// Why a packed header is not followed.
fn unfollowed(not: Unfollowed, at: u64) -> Fault {
    match not {
        Unfollowed::Encrypted(how) => Fault::Encrypted {
            at,
            what: format!("the header is encrypted with {how}: no member can be named"),
        },
        Unfollowed::Unsupported(how) => {
            Fault::unsupported(at, format!("the header is packed with {how}"))
        }
        Unfollowed::Malformed(how) => {
            Fault::malformed(at, format!("the header is packed with {how}"))
        }
    }
}

/// Why a packed header did not come out of its packing.
fn undecoded(error: std::io::Error, at: u64) -> Broken {
    match failure(error) {
        Failure::Source(error) => Fault::from(error).into(),
        Failure::Refused(refusal) if refusal.why() == Why::Limit => {
            Broken::Capped(at, format!("the packed header: {refusal}"))
        }
        Failure::Refused(refusal) => {
            Fault::unsupported(at, format!("the packed header: {refusal}")).into()
        }
        Failure::Broken => Fault::malformed(at, "the packed header is broken").into(),
    }
}
