//! The filter: which places of a text may be the start of a key.
//!
//! A *kernel* is one way to compute it with what the processor has. All answer
//! the same question with tables of their own making, and may differ in how
//! many places they let through for nothing; every key is let through by each.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(target_arch = "aarch64")]
mod neon;
mod nibbles;
mod plain;

use super::keys::{KEY_BYTES, Key};

/// Places that a kernel decides together: one for each bit of a mark.
pub(super) const BLOCK_BYTES: usize = 64;

/// Bytes behind a block that its last key reaches into.
pub(super) const REACH_BYTES: usize = KEY_BYTES - 1;

/// Most blocks of one call.
pub(super) const BLOCKS_CAP: usize = 256;

/// A way to filter, with its tables.
pub(super) trait Filter: Send + Sync {
    /// Mark the places of the whole blocks at the start of `bytes`, as far as
    /// [`REACH_BYTES`] more bytes follow, that may start a key.
    fn mark(&self, bytes: &[u8], marks: &mut Marks);
}

/// The instructions that a search uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kernel {
    /// Byte permutations of AVX-512 VBMI: 64 places at once, exact tables.
    Avx512,
    /// Shuffles of AVX2: 32 places at once, tables of half bytes.
    Avx2,
    /// Table look-ups of NEON: 16 places at once, tables of half bytes.
    Neon,
    /// No vector instructions.
    Plain,
}

impl Kernel {
    /// The kernels that this processor can run, best first.
    pub fn available() -> impl Iterator<Item = Kernel> {
        [Kernel::Avx512, Kernel::Avx2, Kernel::Neon, Kernel::Plain]
            .into_iter()
            .filter(|kernel| kernel.filter(&[]).is_some())
    }

    /// The filter for these keys, if this processor can run it.
    pub(super) fn filter(self, keys: &[Key]) -> Option<Box<dyn Filter>> {
        match self {
            #[cfg(target_arch = "x86_64")]
            Kernel::Avx512 => boxed(avx512::Avx512::new(keys)?),
            #[cfg(target_arch = "x86_64")]
            Kernel::Avx2 => boxed(avx2::Avx2::new(keys)?),
            #[cfg(target_arch = "aarch64")]
            Kernel::Neon => boxed(neon::Neon::new(keys)?),
            Kernel::Plain => Some(plain(keys)),
            // The instructions of another architecture.
            _ => None,
        }
    }
}

fn boxed(filter: impl Filter + 'static) -> Option<Box<dyn Filter>> {
    Some(Box::new(filter))
}

/// The places that a kernel let through, block by block.
pub(super) struct Marks {
    blocks: [u16; BLOCKS_CAP],
    places: [u64; BLOCKS_CAP],
    len: usize,
}

impl Marks {
    pub(super) fn new() -> Self {
        Marks {
            blocks: [0; BLOCKS_CAP],
            places: [0; BLOCKS_CAP],
            len: 0,
        }
    }

    /// Forget all marks.
    pub(super) fn clear(&mut self) {
        self.len = 0;
    }

    /// Note the places of a block; without one, the next note replaces it.
    #[inline(always)]
    fn note(&mut self, block: usize, places: u64) {
        if let (Some(b), Some(p)) = (self.blocks.get_mut(self.len), self.places.get_mut(self.len)) {
            // A call has at most BLOCKS_CAP blocks.
            *b = block as u16;
            *p = places;
            self.len = self.len.wrapping_add(usize::from(places != 0));
        }
    }

    /// For each block with marks, its first place and the places behind it as
    /// bits, in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (usize, u64)> {
        let blocks = self.blocks.iter().zip(&self.places).take(self.len);
        blocks.map(|(block, places)| (usize::from(*block).wrapping_mul(BLOCK_BYTES), *places))
    }
}

/// The filter that every processor can run.
pub(super) fn plain(keys: &[Key]) -> Box<dyn Filter> {
    Box::new(plain::Plain::new(keys))
}
