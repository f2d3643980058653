//! The file at hand: blocks by address, and what of them is paid for.
//!
//! Every block is read once or a few times in a file that a library wrote. One
//! that is made to be slow leads to the same large block from everywhere, so
//! that all reads together are bounded by [`READS_OF_FILE`] times the file.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use super::checksum::lookup3;
use super::event::{Remark, Remarked};
use super::fields::{Fields, Widths};
use super::fractal::Heap;
use super::global::Collection;
use super::owned::Owned;
use crate::budget::Budget;
use crate::report::Span;
use crate::source::Source;
use crate::wire::Fault;

/// Largest block that is read in one piece, in bytes. Headers, nodes and heaps
/// of real files are below one MiB; local heaps of huge groups grow.
pub(super) const BLOCK_CAP_BYTES: u64 = 256 << 20;

/// How often the bytes of a file may be read, on average.
const READS_OF_FILE: u64 = 8;

/// Bytes that may be read of any file.
const READ_FLOOR_BYTES: u64 = 16 << 20;

/// What a read costs at least, in bytes.
const LEAST_READ_BYTES: u64 = 16;

/// Remarks that are kept until they are told.
const REMARKS_CAP: usize = 1024;

/// A file under a walk.
pub(super) struct File<'a> {
    pub source: &'a dyn Source,
    pub budget: &'a Budget,
    /// Where addresses count from.
    pub base: u64,
    pub widths: Widths,
    pub owned: Owned,
    pub remarks: Vec<Remark>,
    /// Nodes of trees, heaps and arrays that were entered.
    entered: HashSet<u64>,
    pub heaps: HashMap<u64, Rc<Heap>>,
    pub collections: HashMap<u64, Collection>,
    /// Datatypes of committed ones, by the address of their object.
    pub committed: HashMap<u64, (u64, Vec<u8>)>,
    /// Heap of shared messages by the bit of their type.
    pub shared: Vec<(u16, u64)>,
    read: u64,
}

impl<'a> File<'a> {
    pub fn new(source: &'a dyn Source, budget: &'a Budget, base: u64) -> Self {
        File {
            source,
            budget,
            base,
            widths: Widths::default(),
            owned: Owned::default(),
            remarks: Vec::new(),
            entered: HashSet::new(),
            heaps: HashMap::new(),
            collections: HashMap::new(),
            committed: HashMap::new(),
            shared: Vec::new(),
            read: 0,
        }
    }

    /// The place in the file of an address.
    pub fn place(&self, address: u64) -> u64 {
        self.base.saturating_add(address)
    }

    /// The span of `len` bytes at an address, if it lies in the file.
    pub fn span(&self, address: u64, len: u64) -> Result<Span, Fault> {
        let start = self.place(address);
        let end = start
            .checked_add(len)
            .filter(|&end| end <= self.source.len());
        end.map(|end| start..end).ok_or_else(|| {
            let at = start.min(self.source.len());
            Fault::malformed(
                at,
                format!("{len} bytes at address {address} are not there"),
            )
        })
    }

    /// The bytes of a block.
    pub fn block(&mut self, address: u64, len: u64) -> Result<Vec<u8>, Fault> {
        self.budget.check()?;
        let span = self.span(address, len)?;
        if len > BLOCK_CAP_BYTES {
            let what = format!("a block of {len} bytes; at most {BLOCK_CAP_BYTES} are read");
            return Err(Fault::unsupported(span.start, what));
        }
        self.charge(len.max(LEAST_READ_BYTES), span.start)?;
        let chunk = self.source.chunk(span.clone())?;
        chunk.verify()?;
        let bytes = chunk.into_vec();
        match bytes.len() as u64 == len {
            true => Ok(bytes),
            false => Err(Fault::malformed(span.start, "a block ends early")),
        }
    }

    /// Pay for so many bytes that are read, or read again from a cache.
    pub fn charge(&mut self, len: u64, at: u64) -> Result<(), Fault> {
        self.read = self.read.saturating_add(len);
        match self.is_spent() {
            true => Err(Fault::malformed(
                at.min(self.source.len()),
                "the structure leads to the same bytes again and again",
            )),
            false => Ok(()),
        }
    }

    /// Whether the reads are used up, so that nothing more can be read.
    pub fn is_spent(&self) -> bool {
        let may = self.source.len().saturating_mul(READS_OF_FILE);
        self.read > may.saturating_add(READ_FLOOR_BYTES)
    }

    /// The beginning of a block whose length is not known yet: shorter only at
    /// the end of the file.
    pub fn beginning(&mut self, address: u64, len: u64) -> Result<Vec<u8>, Fault> {
        let room = self.source.len().saturating_sub(self.place(address));
        self.block(address, len.min(room))
    }

    pub fn fields<'b>(&self, bytes: &'b [u8], address: u64) -> Fields<'b> {
        Fields::new(bytes, self.place(address), self.widths)
    }

    /// Count a block as owned.
    pub fn own(&mut self, address: u64, len: u64) {
        let start = self.place(address);
        let end = start.saturating_add(len).min(self.source.len());
        self.owned.add(start..end);
    }

    /// Enter a node; a fault where that was done before.
    pub fn enter(&mut self, address: u64) -> Result<(), Fault> {
        match self.entered.insert(address) {
            true => Ok(()),
            false => {
                let what = "two structures lead to one node";
                Err(Fault::malformed(
                    self.place(address).min(self.source.len()),
                    what,
                ))
            }
        }
    }

    /// Compare the checksum in the last four bytes of a block.
    pub fn check_sum(&mut self, bytes: &[u8], address: u64, of: &str) {
        if let Some((front, sum)) = bytes.split_last_chunk::<4>()
            && lookup3(front) != u32::from_le_bytes(*sum)
        {
            self.wrong_sum(address, bytes.len() as u64, of);
        }
    }

    pub fn wrong_sum(&mut self, address: u64, len: u64, of: &str) {
        let start = self.place(address);
        self.remark(Remark {
            at: start..start.saturating_add(len),
            what: Remarked::Checksum,
            words: format!("the checksum of {of} is wrong"),
        });
    }

    pub fn remark(&mut self, remark: Remark) {
        if self.remarks.len() < REMARKS_CAP {
            self.remarks.push(remark);
        }
    }

    pub fn unknown(&mut self, at: Span, words: String) {
        self.remark(Remark {
            at,
            what: Remarked::Unknown,
            words,
        });
    }
}
