//! From a packed span to bytes that can be read by position, or that were
//! swept as they passed.

use std::io::Read as _;
use std::sync::Arc;

use super::Child;
use super::ends::Ends;
use crate::budget::Stop;
use crate::engine::context::JobContext;
use crate::engine::guard::guarded;
use crate::engine::inspect::{inspect_ends, reads_ends, recognise};
use crate::engine::ledger::Entry;
use crate::engine::sweep::PassingSweep;
use crate::formats::{Actual, Kept, Part, judge_stream};
use crate::report::{Place, Span, Why};
use crate::source::{ReadError, SharedSource, Spool};
use crate::wire::Fault;
use crate::wire::codec::{Codec, Decoder, Failure, Packing, Refusal, WINDOW_CAP_BYTES, failure};

/// Decoded bytes are handed on in pieces of this size at most, so that they
/// are still near when they are looked at.
const PIECE_BYTES: usize = 256 << 10;

/// What decoders without a large window hold, in bytes.
const DECODER_BYTES: u64 = 4 << 20;

/// How much longer than its packed bytes an ordinary member is, at most.
const ORDINARY_RATIO: u64 = 64;

/// Memory that unpacking so many bytes may hold.
pub(super) fn memory(packing: &Packing, packed: u64, job: &JobContext) -> u64 {
    let window = match packing.codec {
        Codec::Xz
        | Codec::Lzma
        | Codec::Zstd
        | Codec::Lzip
        | Codec::Lzma2(_)
        | Codec::RawLzma { .. }
        | Codec::Ppmd { .. }
        | Codec::PpmdZip { .. } => WINDOW_CAP_BYTES,
        _ => DECODER_BYTES,
    };
    let out = packed.saturating_mul(ORDINARY_RATIO);
    let kept = job.budget.limits().spill_bytes;
    window.min(out).saturating_add(kept.min(out))
}

/// What a packed span came to.
pub(super) struct Unpacked {
    /// The bytes; `None` where they were too many to keep.
    pub source: Option<SharedSource>,
    /// Their measure.
    pub actual: Actual,
}

/// Decode a member. Broken data and limits are gaps, and what was decoded
/// before them is examined; what the stream says and does not hold is found in
/// the parent. `None` where the file may not unpack to anything more.
pub(super) fn unpack(
    child: &Child<'_>,
    parts: &[Part],
    span: Span,
    packing: &Packing,
    wants_crc: bool,
) -> Result<Option<Unpacked>, Fault> {
    let job = child.job();
    if job.budget.is_expanded() {
        child.left_out();
        return Ok(None);
    }
    let source = child.opening.parent.source.as_ref();
    let decode = |must_keep| {
        let mut decoder = packing.decode(source, span.clone(), &job.budget);
        let mut output = Output::new(child, parts, &span, wants_crc);
        output.must_keep = must_keep;
        let ended = output.fill(&mut decoder, packing.codec)?;
        Ok::<_, Fault>((decoder, output, ended))
    };
    let (mut decoder, mut output, mut ended) = decode(!parts.is_empty())?;
    if !output.is_done()? {
        job.budget.refund_expanded(output.seen);
        (decoder, output, ended) = decode(true)?;
    }
    let is_whole = ended.is_ok();
    let codec = packing.codec;
    let judged = judge_stream(source, &span, codec, &decoder, is_whole, &job.budget)?;
    for draft in judged.drafts {
        job.ledger.finding(child.opening.page.entry, draft);
    }
    if let Some(slack) = judged.slack {
        job.ledger.slack(child.opening.page.entry, slack);
    }
    if let Err(ended) = ended {
        output.tell(ended, &span);
    }
    let actual = Actual {
        kept: Kept::Packed(span.end.saturating_sub(decoder.behind())),
        len: output.seen,
        crc32: output.crc.take().map(crc32fast::Hasher::finalize),
        is_whole,
    };
    let source = output.finish()?;
    Ok(Some(Unpacked { source, actual }))
}

/// Why decoding ended before the end of the stream.
enum Ended {
    Stop(Stop),
    Refused(Refusal),
    /// The bytes that came out could not be read back.
    Lost(Fault),
    Panicked(String),
    Broken(Codec),
}

/// Where decoded bytes go: into a spool while it can be read by position, and
/// then through the sweepers as they pass.
struct Output<'a> {
    child: &'a Child<'a>,
    parts: &'a [Part],
    /// Most bytes that the member may become.
    cap: u64,
    /// Bytes that were kept or swept.
    len: u64,
    /// Bytes that came out.
    seen: u64,
    crc: Option<crc32fast::Hasher>,
    /// Whether somebody is known to read the bytes by position.
    must_keep: bool,
    into: Into<'a>,
}

enum Into<'a> {
    Spool(Spool),
    /// Too long to keep.
    Passing(PassingSweep<'a>),
    /// Not kept as long as nobody needs it: its first bytes, and its page.
    Loose(PassingSweep<'a>, SharedSource, Entry),
    /// Swept to its end.
    Swept,
}

impl<'a> Output<'a> {
    fn new(child: &'a Child<'a>, parts: &'a [Part], span: &Span, wants_crc: bool) -> Self {
        let budget = &child.job().budget;
        Output {
            child,
            parts,
            cap: budget.member_cap(span.end.saturating_sub(span.start)),
            len: 0,
            seen: 0,
            crc: wants_crc.then(crc32fast::Hasher::new),
            must_keep: false,
            into: Into::Spool(Spool::new(budget.clone())),
        }
    }

    /// Decode to the end, or to where something ends it. An error ends the
    /// job.
    fn fill(
        &mut self,
        decoder: &mut Decoder<'_>,
        codec: Codec,
    ) -> Result<Result<(), Ended>, Fault> {
        loop {
            self.child.job().budget.check()?;
            let room = match self.room() {
                Ok(room) => room,
                Err(fault) if fault.ends_job() => return Err(fault),
                Err(fault) => return Ok(Err(Ended::Lost(fault))),
            };
            let n = match guarded(|| decoder.read(room)) {
                Ok(Ok(0)) => return Ok(Ok(())),
                Ok(Ok(n)) => n,
                Ok(Err(error)) => match failure(error) {
                    Failure::Source(error) => return Err(error.into()),
                    Failure::Broken => return Ok(Err(Ended::Broken(codec))),
                    Failure::Refused(refusal) => return Ok(Err(Ended::Refused(refusal))),
                },
                Err(panic) => return Ok(Err(Ended::Panicked(panic))),
            };
            if let Err(stop) = self.take(n) {
                return match Fault::from(stop).ends_job() {
                    true => Err(stop.into()),
                    false => Ok(Err(Ended::Stop(stop))),
                };
            }
        }
    }

    /// Room for the next decoded bytes.
    fn room(&mut self) -> Result<&mut [u8], Fault> {
        let limits = self.child.job().budget.limits();
        let spills = |spool: &Spool| spool.len() >= limits.spill_bytes;
        if let Into::Spool(spool) = &mut self.into
            && !self.must_keep
            && spills(spool)
        {
            self.loosen()?;
        }
        if let Into::Spool(spool) = &mut self.into {
            if spool.len() >= limits.positional_bytes {
                self.pass(None)?;
            } else if let Err(error) = spool.room() {
                match error {
                    ReadError::Io(error) => self.pass(Some(&error))?,
                    other => return Err(other.into()),
                }
            }
        }
        let room = match &mut self.into {
            Into::Spool(spool) => spool.room()?,
            Into::Passing(passing) | Into::Loose(passing, ..) => passing.room(),
            Into::Swept => &mut [],
        };
        let n = room.len().min(PIECE_BYTES);
        Ok(room.get_mut(..n).unwrap_or_default())
    }

    /// Account for the next `n` decoded bytes, which lie in the room.
    fn take(&mut self, n: usize) -> Result<(), Stop> {
        let bytes = n as u64;
        self.seen = self.seen.saturating_add(bytes);
        self.child.job().budget.spend_expanded(bytes)?;
        if self.seen > self.cap {
            return Err(Stop::Ratio);
        }
        if let Some(crc) = &mut self.crc {
            let room = match &mut self.into {
                Into::Spool(spool) => spool.room().unwrap_or_default(),
                Into::Passing(passing) | Into::Loose(passing, ..) => passing.room(),
                Into::Swept => &mut [],
            };
            crc.update(room.get(..n).unwrap_or_default());
        }
        match &mut self.into {
            Into::Spool(spool) => spool.take(n),
            Into::Passing(passing) | Into::Loose(passing, ..) => passing.take(n),
            Into::Swept => {}
        }
        self.len = self.seen;
        Ok(())
    }

    /// What is in memory would go to a file now. Do without that, unless the
    /// bytes so far are of a format that is going to look at those behind them.
    fn loosen(&mut self) -> Result<(), Fault> {
        let (child, job) = (self.child, self.child.job());
        self.must_keep = true;
        let fresh = Into::Spool(Spool::new(job.budget.clone()));
        let Into::Spool(spool) = std::mem::replace(&mut self.into, fresh) else {
            return Ok(());
        };
        let head: SharedSource = Arc::new(spool.finish()?);
        let claims = recognise(&child.artifact(Arc::clone(&head)));
        if claims.iter().any(|(format, _)| !reads_ends(*format)) {
            self.into = Into::Spool(Spool::resume(job.budget.clone(), head)?);
            return Ok(());
        }
        let entry = child.entry(0);
        let mut passing = PassingSweep::new(job, entry);
        let mut at = 0;
        while at < head.len() {
            let piece = head.chunk(at..at.saturating_add(PIECE_BYTES as u64))?;
            passing.push(&piece)?;
            at = at.saturating_add(piece.len() as u64);
        }
        self.into = Into::Loose(passing, head, entry);
        Ok(())
    }

    /// End the sweep of bytes that were not kept, and look whether that was
    /// right. Where it was not, nothing of it counts.
    fn is_done(&mut self) -> Result<bool, Fault> {
        let (child, job) = (self.child, self.child.job());
        match std::mem::replace(&mut self.into, Into::Swept) {
            Into::Loose(passing, head, entry) => {
                let ends = Ends::new(head, passing.finish(), self.len);
                let artifact = child.artifact(Arc::clone(&ends) as SharedSource);
                let is_done = inspect_ends(job, &artifact, entry)?
                    && ends.were_enough()
                    && !job.ledger.has_carves(entry);
                if !is_done {
                    job.ledger.scrap(entry);
                }
                Ok(is_done)
            }
            other => {
                self.into = other;
                Ok(true)
            }
        }
    }

    /// Turn from keeping to passing, because there are too many bytes or the
    /// disk fails: what was kept goes first.
    fn pass(&mut self, failed: Option<&std::io::Error>) -> Result<(), Fault> {
        let (child, job) = (self.child, self.child.job());
        let entry = child.entry(0);
        let detail = match failed {
            None => "longer than can be kept unpacked: its bytes are swept, its structure is not \
                     examined"
                .to_owned(),
            Some(error) => format!(
                "the unpacked bytes cannot be kept ({error}): they are swept, their structure is \
                 not examined"
            ),
        };
        let why = failed.map_or(Why::Limit, |_| Why::Unreadable);
        job.ledger.gap(entry, Place::whole(), why, detail);
        child.tell_parts(self.parts);
        let passing = Into::Passing(PassingSweep::new(job, entry));
        let Into::Spool(spool) = std::mem::replace(&mut self.into, passing) else {
            return Ok(());
        };
        if let Into::Passing(passing) = &mut self.into {
            spool.drain(PIECE_BYTES as u64, |piece| passing.push(piece))?;
        }
        Ok(())
    }

    /// A gap where decoding ended, and a finding where that says something
    /// about the file.
    fn tell(&self, ended: Ended, span: &Span) {
        let child = self.child;
        let (why, detail) = match ended {
            Ended::Stop(Stop::Expanded) => return child.left_out(),
            Ended::Stop(stop) => {
                if stop == Stop::Ratio {
                    child.exploded(span, self.cap);
                }
                (stop.into(), stop.to_string())
            }
            Ended::Refused(refusal) => {
                child.refused(span, refusal);
                (refusal.why(), refusal.to_string())
            }
            Ended::Lost(fault) => {
                let detail = format!("the unpacked bytes cannot be kept: {fault}");
                (Why::Unreadable, detail)
            }
            Ended::Panicked(panic) => (Why::Panicked, panic),
            Ended::Broken(codec) => {
                let (title, at) = (codec.title(), self.len);
                let detail = format!(
                    "the {title} data breaks after {at} unpacked bytes; what came before was \
                     examined"
                );
                (Why::Malformed, detail)
            }
        };
        let location = child.opening.parent.location.member(child.name);
        let at = location.at(Place::from(self.len));
        child.job().ledger.gap_at(at, why, detail);
    }

    fn finish(mut self) -> Result<Option<SharedSource>, Fault> {
        if let Into::Spool(spool) = &mut self.into
            && let Err(ReadError::Io(error)) = spool.flush()
        {
            self.pass(Some(&error))?;
        }
        match self.into {
            Into::Passing(passing) => {
                passing.finish();
                Ok(None)
            }
            Into::Spool(spool) => Ok(Some(Arc::new(spool.finish()?))),
            Into::Loose(..) | Into::Swept => Ok(None),
        }
    }
}
