//! Finding anchors: every start of every literal of a long list, in one pass,
//! nearly as fast as memory can be read.
//!
//! 1. `keys`: of each literal four bytes are looked for, its *key*, chosen
//!    so that few distinct keys serve all literals and that they are rare in
//!    what is swept.
//! 2. `buckets`, `kernel`: a *filter* asks of 16 to 64 places at a time
//!    whether four bytes may be a key: the keys are shared out among eight
//!    buckets, tables say for each byte which buckets admit it, and a place
//!    passes if one bucket admits all four.
//! 3. `lookup`: a place that passed is looked up exactly, and the literals
//!    that own its key are compared.
//! 4. `dense`: where that becomes more work than an automaton has, the
//!    automaton takes over for a while. It is built when first needed.
//!
//! What is found never depends on any of this: a literal is found wherever it
//! stands, also inside or across others. The cost hardly depends on how many
//! literals there are, and is paid by what looks like them: see
//! `benches/sweep.rs`.

mod buckets;
mod bytes;
mod dense;
mod kernel;
mod keys;
mod lookup;
mod model;

use std::borrow::Cow;
use std::ops::Range;
use std::sync::OnceLock;

pub use kernel::Kernel;
pub use keys::KEY_BYTES;

use bytes::{ByteSet, ones};
use dense::Dense;
use kernel::{BLOCK_BYTES, BLOCKS_CAP, Filter, Marks, REACH_BYTES};
use lookup::Lookup;

/// Bytes that are filtered at a time; what passed is looked at while they are
/// still in the nearest cache.
const STRIPE_BYTES: usize = BLOCK_BYTES * BLOCKS_CAP;

/// Looks at places and literals in a stripe from which on the automaton is
/// faster.
const LOOKS_CAP: usize = STRIPE_BYTES * 4;

/// Bytes that the automaton takes over.
const DENSE_BYTES: usize = 256 << 10;

/// Bytes to find.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Literal {
    bytes: Cow<'static, [u8]>,
    folded: bool,
}

impl Literal {
    /// Exactly these bytes, at least [`KEY_BYTES`] of them.
    pub fn exact(bytes: impl Into<Cow<'static, [u8]>>) -> Self {
        Literal {
            bytes: bytes.into(),
            folded: false,
        }
    }

    /// These bytes, with ASCII letters in either case.
    pub fn folded(bytes: impl Into<Cow<'static, [u8]>>) -> Self {
        Literal {
            bytes: bytes.into(),
            folded: true,
        }
    }

    /// Its bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Whether its ASCII letters stand for either case.
    pub fn is_folded(&self) -> bool {
        self.folded
    }

    /// Whether `bytes` start with it.
    pub fn starts(&self, bytes: &[u8]) -> bool {
        let Some(front) = bytes.get(..self.bytes.len()) else {
            return false;
        };
        match self.folded {
            true => front.eq_ignore_ascii_case(&self.bytes),
            false => *front == *self.bytes,
        }
    }

    /// What may stand for one of its bytes.
    fn variants(&self, byte: u8) -> ByteSet {
        match self.folded {
            true => [byte.to_ascii_lowercase(), byte.to_ascii_uppercase()]
                .into_iter()
                .collect(),
            false => [byte].into_iter().collect(),
        }
    }
}

/// A literal is shorter than a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("literal {index} is shorter than {KEY_BYTES} bytes")]
pub struct TooShort {
    /// Which one.
    pub index: usize,
}

/// A search for a fixed list of literals.
pub struct Finder {
    literals: Vec<Literal>,
    /// For each literal, where its key starts.
    key_at: Vec<usize>,
    filter: Box<dyn Filter>,
    lookup: Lookup,
    dense: OnceLock<Dense>,
    /// Bytes behind the core in which the key of a literal of the core can end.
    overhang: usize,
}

impl Finder {
    /// Prepare the search for these literals, with the best instructions that
    /// the processor has.
    pub fn new(literals: impl IntoIterator<Item = Literal>) -> Result<Self, TooShort> {
        let best = Kernel::available().next().unwrap_or(Kernel::Plain);
        Finder::with_kernel(best, literals)
    }

    /// The same with certain instructions, or without any where the processor
    /// has them not: for tests and benches.
    pub fn with_kernel(
        kernel: Kernel,
        literals: impl IntoIterator<Item = Literal>,
    ) -> Result<Self, TooShort> {
        let literals: Vec<Literal> = literals.into_iter().collect();
        let short = |literal: &Literal| literal.bytes.len() < KEY_BYTES;
        if let Some(index) = literals.iter().position(short) {
            return Err(TooShort { index });
        }
        let keys = keys::choose(&literals);
        let mut key_at = vec![0; literals.len()];
        for owner in keys.iter().flat_map(|key| &key.owners) {
            if let Some(at) = key_at.get_mut(owner.literal) {
                *at = owner.at;
            }
        }
        Ok(Finder {
            overhang: key_at
                .iter()
                .max()
                .map_or(0, |at| at.saturating_add(KEY_BYTES)),
            filter: kernel.filter(&keys).unwrap_or_else(|| kernel::plain(&keys)),
            lookup: Lookup::new(&keys),
            dense: OnceLock::new(),
            literals,
            key_at,
        })
    }

    /// Call `hit` with the index of a literal and its first byte, for every
    /// literal that lies in `bytes` and starts in `core`; in no certain order.
    pub fn find(&self, bytes: &[u8], core: Range<usize>, hit: &mut dyn FnMut(usize, usize)) {
        let end = core.end.saturating_add(self.overhang).min(bytes.len());
        let mut text = Text { bytes, core, hit };
        let mut at = text.core.start;
        while at < end {
            at = self.filtered(&mut text, at..end);
            if at < end {
                let stretch = at..at.saturating_add(DENSE_BYTES).min(end);
                at = stretch.end;
                self.dense(&mut text, stretch);
            }
        }
    }

    /// Find the literals whose key starts in `span`, as far as they are few.
    /// Where they become too many the search ends; the place is returned.
    fn filtered(&self, text: &mut Text<'_, '_>, span: Range<usize>) -> usize {
        let mut marks = Marks::new();
        let mut at = span.start;
        while at < span.end {
            let stripe = at..at.saturating_add(STRIPE_BYTES).min(span.end);
            let end = self.mark(text.bytes, stripe, &mut marks);
            if let Err(place) = self.look(text, &marks, at..end) {
                return place;
            }
            at = end;
        }
        at
    }

    /// Filter the start of a stripe, and return where that ends: whole blocks
    /// first, then what is left of the text.
    fn mark(&self, bytes: &[u8], stripe: Range<usize>, marks: &mut Marks) -> usize {
        marks.clear();
        let len = stripe.end.saturating_sub(stripe.start);
        let whole = len & !(BLOCK_BYTES.wrapping_sub(1));
        let reach = stripe
            .start
            .saturating_add(whole)
            .saturating_add(REACH_BYTES);
        if whole > 0
            && let Some(blocks) = bytes.get(stripe.start..reach)
        {
            self.filter.mark(blocks, marks);
            return stripe.start.saturating_add(whole);
        }
        let mut block = [0; BLOCK_BYTES + REACH_BYTES];
        let rest = bytes.get(stripe.start..).unwrap_or_default();
        for (to, from) in block.iter_mut().zip(rest) {
            *to = *from;
        }
        self.filter.mark(&block, marks);
        stripe.start.saturating_add(len.min(BLOCK_BYTES))
    }

    /// Look at the places that passed. An error is the place behind the last
    /// one that was looked at, if that became too much work.
    fn look(
        &self,
        text: &mut Text<'_, '_>,
        marks: &Marks,
        span: Range<usize>,
    ) -> Result<(), usize> {
        let mut looks = 0usize;
        for (block, places) in marks.iter() {
            for bit in ones(places) {
                let place = span.start.saturating_add(block).saturating_add(bit);
                if place >= span.end {
                    return Ok(());
                }
                looks = looks.saturating_add(self.check(text, place));
                if looks > LOOKS_CAP && self.has_automaton() {
                    return Err(place.saturating_add(1));
                }
            }
        }
        Ok(())
    }

    /// Tell the literals whose key starts at `place`; how much work it was.
    fn check(&self, text: &mut Text<'_, '_>, place: usize) -> usize {
        let Some(folded) = text.folded(place) else {
            return 0;
        };
        if !self.lookup.may_hold(folded) {
            return 1;
        }
        let owners = self.lookup.owners(folded);
        for owner in owners {
            if let Some(start) = place.checked_sub(owner.at)
                && text.folded(start.saturating_add(owner.far_at)) == Some(owner.far)
            {
                self.compare(text, owner.literal, start);
            }
        }
        owners.len().saturating_add(2)
    }

    /// Tell this literal if it starts here.
    fn compare(&self, text: &mut Text<'_, '_>, literal: usize, start: usize) {
        let rest = text.bytes.get(start..).unwrap_or_default();
        let stands = |l: &Literal| l.starts(rest);
        if text.core.contains(&start) && self.literals.get(literal).is_some_and(stands) {
            (text.hit)(literal, start);
        }
    }

    fn automaton(&self) -> &Dense {
        self.dense.get_or_init(|| Dense::new(&self.literals))
    }

    fn has_automaton(&self) -> bool {
        self.automaton().is_built()
    }

    /// Find the literals whose key starts in `span`, however many.
    fn dense(&self, text: &mut Text<'_, '_>, span: Range<usize>) {
        self.automaton()
            .find(text.bytes, span.clone(), &mut |literal, start| {
                let at = self.key_at.get(literal).copied().unwrap_or_default();
                if span.contains(&start.saturating_add(at)) {
                    self.compare(text, literal, start);
                }
            });
    }
}

/// What is searched.
struct Text<'t, 'h> {
    bytes: &'t [u8],
    core: Range<usize>,
    hit: &'h mut dyn FnMut(usize, usize),
}

impl Text<'_, '_> {
    /// The key that stands at a place; none where the text ends.
    #[inline(always)]
    fn folded(&self, place: usize) -> Option<u32> {
        let rest = self.bytes.get(place..)?;
        rest.first_chunk().copied().map(keys::folded)
    }
}

#[cfg(test)]
mod tests;
