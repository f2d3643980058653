//! One file read in one dialect.

use super::Dialect;
use super::dialects::Vocabulary;
use crate::budget::Stop;
use crate::formats::Context;
use crate::formats::tally::Tally;
use crate::report::{Severity, escape_text};
use crate::rules::Draft;
use crate::rules::gguf as rules;
use crate::source::Source;
use crate::wire::Fault;
use crate::wire::gguf::{Reader, TensorType, bytes_at};

/// Bytes of a word or a name; those of real files have a few dozen.
const NAME_CAP_BYTES: u32 = 64 << 10;

/// Dimensions of a tensor.
const DIMENSIONS_CAP: u32 = 4;

/// Tensors that are kept; files of those days have a few hundred.
const TENSORS_CAP: usize = 1_000_000;

/// How a reading ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// At the end of the file.
    Whole,
    /// With a tensor that ends behind it.
    OutOfFile(Draft),
    /// With something that is no tensor.
    Broken,
}

/// What a reading came to.
pub(super) struct Reading {
    /// The tensors and their sizes in bytes.
    pub(super) tensors: Vec<(String, u64)>,
    /// Where the last tensor ends.
    pub(super) position: u64,
    /// How it ended.
    pub(super) ended: Ended,
    /// What is odd in it.
    pub(super) findings: Tally,
}

/// What ends a reading: the job's limits do for good, everything else only
/// says that this is not the dialect.
enum Miss {
    Stop(Fault),
    Dialect,
}

impl From<Fault> for Miss {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Malformed { .. } | Fault::Unsupported { .. } | Fault::Encrypted { .. } => {
                Miss::Dialect
            }
            fault => Miss::Stop(fault),
        }
    }
}

impl From<Stop> for Miss {
    fn from(stop: Stop) -> Self {
        Miss::Stop(stop.into())
    }
}

impl Reading {
    /// Read the file as one in this dialect, as far as it goes.
    pub(super) fn read(
        source: &dyn Source,
        dialect: Dialect,
        cx: &mut Context<'_>,
    ) -> Result<Reading, Fault> {
        let mut reading = Reading {
            tensors: Vec::new(),
            position: 0,
            ended: Ended::Broken,
            findings: Tally::default(),
        };
        match reading.walk(source, dialect, cx) {
            Err(Miss::Stop(fault)) => Err(fault),
            Ok(()) | Err(Miss::Dialect) => Ok(reading),
        }
    }

    /// Whether it read the whole file.
    pub(super) fn is_whole(&self) -> bool {
        self.ended == Ended::Whole && !self.tensors.is_empty()
    }

    /// Whether the dialect is the file's: at least one tensor was read.
    pub(super) fn fits(&self) -> bool {
        !self.tensors.is_empty() || matches!(self.ended, Ended::OutOfFile(_))
    }

    /// How well it fits, for comparing two.
    pub(super) fn score(&self) -> (bool, usize, bool) {
        let cut = matches!(self.ended, Ended::OutOfFile(_));
        (self.is_whole(), self.tensors.len(), cut)
    }

    fn walk(
        &mut self,
        source: &dyn Source,
        dialect: Dialect,
        cx: &mut Context<'_>,
    ) -> Result<(), Miss> {
        let mut reader = Reader::new(source, dialect.start, 3, false);
        let words = reader.u32()?;
        reader.skip(dialect.numbers.saturating_sub(1).saturating_mul(4))?;
        if dialect.filters {
            let cells = u64::from(reader.u32()?).checked_mul(reader.u32()?.into());
            let bytes = cells.and_then(|cells| cells.checked_mul(4));
            reader.skip(bytes.unwrap_or(u64::MAX))?;
        }
        vocabulary(&mut reader, words, dialect.vocabulary, cx)?;
        self.position = reader.position();
        while reader.remaining() > 0 {
            cx.tick()?;
            self.tensor(&mut reader, source, dialect)?;
            if self.ended != Ended::Broken {
                return Ok(());
            }
            self.position = reader.position();
        }
        self.ended = Ended::Whole;
        Ok(())
    }

    fn tensor(
        &mut self,
        reader: &mut Reader<'_>,
        source: &dyn Source,
        dialect: Dialect,
    ) -> Result<(), Miss> {
        let at = reader.position();
        let (dimensions, length) = (reader.u32()?, reader.u32()?);
        let kind = TensorType::of(reader.u32()?).ok_or(Miss::Dialect)?;
        if !(1..=DIMENSIONS_CAP).contains(&dimensions) || length > NAME_CAP_BYTES {
            return Err(Miss::Dialect);
        }
        let mut elements = Some(1u64);
        for _ in 0..dimensions {
            let dimension = u64::from(reader.u32()?);
            elements = elements.and_then(|product| product.checked_mul(dimension));
        }
        let bytes = bytes_at(source, reader.position(), length.into(), length as usize)?;
        let name = String::from_utf8(bytes).map_err(|_| Miss::Dialect)?;
        reader.skip(length.into())?;
        let behind = reader.position();
        let aligned = behind.checked_next_multiple_of(dialect.alignment);
        reader.skip(aligned.unwrap_or(behind).saturating_sub(behind))?;
        self.judge_name(&name, at);
        let size = elements.and_then(|elements| kind.size(elements, dialect.sizes));
        match size.filter(|&size| size <= reader.remaining()) {
            Some(_) if self.tensors.len() >= TENSORS_CAP => {
                let what = format!("more than {TENSORS_CAP} tensors");
                return Err(Miss::Stop(Fault::unsupported(at, what)));
            }
            Some(size) => {
                reader.skip(size)?;
                self.tensors.push((name, size));
            }
            _ => self.ended = Ended::OutOfFile(out_of_file(&name, at, size, reader.remaining())),
        }
        Ok(())
    }

    fn judge_name(&mut self, name: &str, at: u64) {
        let text = escape_text(name);
        if text != name || name.is_empty() {
            let message = format!("the tensor name `{text}` is empty or holds hidden characters");
            let draft = rules::UNSAFE_NAME.at(at).message(message);
            self.findings.add(draft.within(text));
        }
    }
}

/// A tensor that is larger than what is left of the file.
fn out_of_file(name: &str, at: u64, size: Option<u64>, left: u64) -> Draft {
    let text = escape_text(name);
    match size {
        Some(size) => {
            let message = format!("the tensor `{text}` has {size} bytes and {left} are left");
            rules::OUT_OF_FILE.at(at).message(message)
        }
        None => {
            let message = format!("the tensor `{text}` has more bytes than 64 bits count");
            rules::SHAPE_OVERFLOW.at(at).message(message)
        }
    }
    .severity(Severity::High)
    .within(text)
}

fn vocabulary(
    reader: &mut Reader<'_>,
    words: u32,
    vocabulary: Vocabulary,
    cx: &mut Context<'_>,
) -> Result<(), Miss> {
    let words = match vocabulary {
        Vocabulary::None => 0,
        Vocabulary::Counted => reader.u32()?,
        Vocabulary::Words | Vocabulary::Scored => words,
    };
    for _ in 0..words {
        cx.tick()?;
        let length = reader.u32()?;
        if length > NAME_CAP_BYTES {
            return Err(Miss::Dialect);
        }
        let score = if vocabulary == Vocabulary::Scored {
            4
        } else {
            0
        };
        reader.skip(u64::from(length).saturating_add(score))?;
    }
    Ok(())
}
