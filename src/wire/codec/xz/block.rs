//! One block of an xz stream: a header that names the filters, LZMA2, and the
//! check.

use std::io;

use super::super::decoder::{Step, Then};
use super::super::failure::{Refusal, broken};
use super::super::filters::{Chain, Described};
use super::super::packed::Packed;
use super::super::raw_lzma::{RawLzma, dictionary};
use super::super::remark::Remarks;
use super::ALIGNMENT;
use super::fields::{Check, number};

/// The number of LZMA2, which every block ends its filters with.
const LZMA2: u64 = 0x21;

/// What the header of a block says.
struct Header {
    packed: Option<u64>,
    unpacked: Option<u64>,
    filters: Vec<Described>,
    dictionary: u32,
}

pub(super) struct Block {
    header: Header,
    begin: u64,
    data: u64,
    raw: RawLzma,
    filters: Option<Chain>,
    check: Check,
    unpacked: u64,
    unpadded: u64,
}

impl Block {
    /// The block whose header stands here.
    pub(super) fn open(
        packed: &mut Packed<'_>,
        check: &Check,
        remarks: &mut Remarks,
    ) -> io::Result<Self> {
        let begin = packed.position();
        let header = Header::read(packed, remarks)?;
        let data = packed.position();
        remarks.dictionary(begin..data, header.dictionary.into());
        Ok(Block {
            begin,
            data,
            raw: RawLzma::lzma2(header.dictionary)?,
            filters: Chain::new(&header.filters)?,
            header,
            check: check.clone(),
            unpacked: 0,
            unpadded: 0,
        })
    }

    /// Bytes of the block without its padding, once it has ended.
    pub(super) fn unpadded(&self) -> u64 {
        self.unpadded
    }

    /// Bytes that came out.
    pub(super) fn unpacked(&self) -> u64 {
        self.unpacked
    }

    pub(super) fn step(
        &mut self,
        packed: &mut Packed<'_>,
        out: &mut [u8],
        remarks: &mut Remarks,
    ) -> Step {
        let step = self.content(packed, out);
        let given = out.get(..step.given).unwrap_or_default();
        self.check.update(given);
        self.unpacked = self.unpacked.saturating_add(given.len() as u64);
        match step.then {
            Then::End => Step::last(step.given, self.behind(packed, remarks)),
            _ => step,
        }
    }

    /// The next bytes of the content.
    fn content(&mut self, packed: &mut Packed<'_>, out: &mut [u8]) -> Step {
        let raw = &mut self.raw;
        match &mut self.filters {
            None => raw.next(packed, out),
            Some(filters) => filters.next(out, |piece| raw.next(packed, piece)),
        }
    }

    /// What stands behind the packed data: padding and the check.
    fn behind(&mut self, packed: &mut Packed<'_>, remarks: &mut Remarks) -> io::Result<()> {
        let end = packed.position();
        let len = end.saturating_sub(self.data);
        let unpadded = end.saturating_sub(self.begin);
        self.unpadded = unpadded.saturating_add(self.check.len());
        if let Some(claimed) = self.header.packed {
            remarks.length(self.data, 0, "the packed length of a block", claimed, len);
        }
        if let Some(claimed) = self.header.unpacked {
            let what = "the unpacked length of a block";
            remarks.length(self.data, 0, what, claimed, self.unpacked);
        }
        while !packed
            .position()
            .saturating_sub(self.begin)
            .is_multiple_of(ALIGNMENT)
        {
            if packed.array()? != [0u8] {
                return Err(broken("the padding of a block is not zero"));
            }
        }
        let (claimed, actual) = self.check.read(packed)?;
        let at = packed.position();
        remarks.checksum(at, self.check.len(), self.check.name(), claimed, actual);
        Ok(())
    }
}

impl Header {
    /// The header that stands here.
    fn read(packed: &mut Packed<'_>, remarks: &mut Remarks) -> io::Result<Self> {
        let [size] = packed.peek(1)?.first_chunk().copied().unwrap_or([0]);
        let len = usize::from(size).saturating_add(1).saturating_mul(4);
        let bytes = packed.peek(len)?.to_vec();
        let Some((fields, sum)) = bytes.split_last_chunk::<4>().filter(|_| bytes.len() == len)
        else {
            return Err(io::ErrorKind::UnexpectedEof.into());
        };
        packed.skip(len as u64)?;
        let (claimed, actual) = (u32::from_le_bytes(*sum), crc32fast::hash(fields));
        let name = "CRC-32 of a block header";
        remarks.checksum(packed.position(), 4, name, claimed.into(), actual.into());
        Header::parse(fields.get(1..).unwrap_or_default())
    }

    /// The fields behind the size.
    fn parse(fields: &[u8]) -> io::Result<Self> {
        let mut rest = fields.iter().copied();
        let mut byte = || {
            rest.next()
                .ok_or_else(|| broken("a block header is too short"))
        };
        let flags = byte()?;
        let packed = (flags & 0x40 != 0).then(|| number(&mut byte)).transpose()?;
        let unpacked = (flags & 0x80 != 0).then(|| number(&mut byte)).transpose()?;
        let mut filters = Vec::new();
        for _ in 0..=flags & 3 {
            let number_of = number(&mut byte)?;
            let len = number(&mut byte)?;
            let properties = (0..len).map(|_| byte()).collect::<io::Result<_>>()?;
            filters.push(Described {
                number: number_of,
                properties,
            });
        }
        let last = filters.pop();
        match last.as_ref().map(|l| (l.number, l.properties.as_slice())) {
            Some((LZMA2, [bits])) => Ok(Header {
                packed,
                unpacked,
                filters,
                dictionary: dictionary(*bits)
                    .ok_or_else(|| broken("an unknown size of the dictionary"))?,
            }),
            Some((LZMA2, _)) => Err(broken("no size of the dictionary")),
            other => Err(Refusal::Filter(other.map_or(0, |(number, _)| number)).into()),
        }
    }
}
