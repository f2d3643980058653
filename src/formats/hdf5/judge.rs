//! What the objects of a file lead to, name and hold.

use super::outside;
use super::plugins::{DEFLATE, FLETCHER32, SHUFFLE, plugin};
use super::values::Values;
use crate::detect::paths::{self, Escape};
use crate::formats::tally::Tally;
use crate::formats::{Artifact, Body, Context, Member};
use crate::report::{Span, Why, escape_text};
use crate::rules::hdf5 as rules;
use crate::wire::Fault;
use crate::wire::codec::Codec;
use crate::wire::hdf5::{
    Attribute, Chunk, Dataset, Event, Filter, Link, Remark, Remarked, Storage, Target,
};

/// Gaps that one file is told by; the rest is counted.
const GAPS_CAP: u64 = 64;

/// Packed chunks of one file that are unpacked.
const CHUNKS_CAP: u64 = 1 << 14;

/// Characters of a name that are shown.
const SHOWN_CAP_CHARS: usize = 200;

/// Bytes of Fletcher's checksum behind a chunk.
const FLETCHER_BYTES: u64 = 4;

/// Text as it is shown in a sentence.
pub(super) fn shown(text: &str) -> String {
    escape_text(text).chars().take(SHOWN_CAP_CHARS).collect()
}

/// Judges what a walk meets.
pub(super) struct Judge<'c, 'a> {
    len: u64,
    cx: &'c mut Context<'a>,
    tally: Tally,
    values: Values,
    gaps: u64,
    chunks: u64,
}

impl<'c, 'a> Judge<'c, 'a> {
    pub fn new(artifact: &Artifact, cx: &'c mut Context<'a>) -> Self {
        Judge {
            len: artifact.source.len(),
            cx,
            tally: Tally::default(),
            values: Values::new(artifact),
            gaps: 0,
            chunks: 0,
        }
    }

    pub fn see(&mut self, event: Event<'_>) -> Result<(), Fault> {
        self.cx.tick()?;
        match event {
            Event::Link(link) => self.link(&link),
            Event::Attribute(attribute) => self.attribute(&attribute)?,
            Event::Dataset(dataset) => self.dataset(&dataset)?,
            Event::Comment { path, span } => {
                let name = format!("{path}@(comment)");
                self.values.judge(&name, span, self.cx, &mut self.tally)?;
            }
            Event::Remark(remark) => self.remark(remark),
            Event::Unread { path, fault } => {
                let at = fault.offset().unwrap_or(0).min(self.len);
                let detail = format!("`{}`: {fault}", shown(path));
                self.gap(at..at, fault.why(), detail);
            }
        }
        Ok(())
    }

    /// Report what was found.
    pub fn finish(self) -> Result<(), Fault> {
        let Judge {
            len,
            cx,
            tally,
            values,
            gaps,
            chunks,
        } = self;
        tally.report(cx);
        values.finish(cx);
        if gaps > GAPS_CAP {
            let more = gaps.saturating_sub(GAPS_CAP);
            cx.gap(
                0..len,
                Why::Malformed,
                format!("{more} more parts of the file cannot be read"),
            );
        }
        if chunks > CHUNKS_CAP {
            let detail = format!(
                "{chunks} packed chunks; those behind the first {CHUNKS_CAP} are swept as they lie \
                 there"
            );
            cx.gap(0..len, Why::Limit, detail);
        }
        Ok(())
    }

    fn gap(&mut self, at: Span, why: Why, detail: String) {
        self.gaps = self.gaps.saturating_add(1);
        if self.gaps <= GAPS_CAP {
            self.cx.gap(at.start.min(self.len), why, detail);
        }
    }

    fn remark(&mut self, remark: Remark) {
        match remark.what {
            Remarked::Checksum => {
                self.tally
                    .add(rules::WRONG_CHECKSUM.at(remark.at).message(remark.words));
            }
            Remarked::Unknown => self.gap(remark.at, Why::Unsupported, remark.words),
        }
    }

    fn link(&mut self, link: &Link<'_>) {
        let (group, name) = (shown(link.group), shown(link.name));
        let at = link.at.clone();
        self.name(link.name, true, "the link", &at);
        if link.is_repeated {
            let message = format!("`{name}` stands twice in the group `{group}`");
            self.tally
                .add(rules::DUPLICATE_NAME.at(at.clone()).message(message));
        }
        match &link.target {
            Target::External { file, path } => {
                let what = format!(
                    "the link `{name}` in `{group}` leads to `{}` and",
                    shown(path)
                );
                self.tally.add(outside::draft(at, &what, file));
            }
            Target::User(kind) => {
                let message = format!("the link `{name}` in `{group}` is of type {kind}");
                self.tally.add(rules::USER_LINK.at(at).message(message));
            }
            Target::Hard {
                is_group_again: true,
            } => {
                let message = format!("`{name}` in `{group}` is a group that has another name");
                self.tally.add(rules::GROUP_AGAIN.at(at).message(message));
            }
            Target::Hard { .. } | Target::Soft(_) => {}
        }
    }

    /// Judge a name by itself; those of links are parts of paths.
    fn name(&mut self, name: &str, is_part: bool, what: &str, at: &Span) {
        let leaves = paths::escape(name).filter(|escape| match escape {
            // `w:0` is how TensorFlow numbers its variables.
            Escape::Drive => name.contains(":\\") || name.starts_with("\\\\"),
            Escape::Home | Escape::Backslash => false,
            _ => true,
        });
        let why = match leaves {
            Some(escape) if is_part => escape.describe(),
            _ if is_part && (name.contains('/') || name == ".") => "is a path",
            _ if escape_text(name) != name => "holds hidden characters",
            _ => return,
        };
        let message = format!("{what} `{}` {why}", shown(name));
        let draft = rules::UNSAFE_NAME.at(at.clone()).message(message);
        self.tally.add(draft.evidence(name));
    }

    fn attribute(&mut self, attribute: &Attribute<'_>) -> Result<(), Fault> {
        let name = format!("{}@{}", attribute.path, attribute.name);
        self.name(attribute.name, false, "the attribute", &attribute.value);
        if attribute.is_repeated {
            let message = format!("the attribute `{}` stands twice", shown(&name));
            let draft = rules::DUPLICATE_NAME.at(attribute.value.clone());
            self.tally.add(draft.message(message));
        }
        self.dimensions(
            &name,
            attribute.elements,
            attribute.datatype.size,
            &attribute.value,
        );
        let count = attribute.texts.len();
        for (number, span) in attribute.texts.iter().enumerate() {
            self.cx.tick()?;
            let name = match count {
                1 => name.clone(),
                _ => format!("{name}[{number}]"),
            };
            self.values
                .judge(&name, span.clone(), self.cx, &mut self.tally)?;
        }
        // Numbers of one byte are bytes as well.
        if count == 0 && attribute.datatype.is_bytes {
            let span = attribute.value.clone();
            self.values.judge(&name, span, self.cx, &mut self.tally)?;
        }
        if attribute.is_cut {
            let detail = format!("`{}` holds more values than are judged", shown(&name));
            self.gap(attribute.value.clone(), Why::Limit, detail);
        }
        Ok(())
    }

    /// Whether a number of elements is one.
    fn dimensions(&mut self, name: &str, elements: Option<u64>, size: u64, at: &Span) {
        let bytes = elements.and_then(|elements| elements.checked_mul(size));
        if bytes.is_none() {
            let message = format!(
                "the dimensions of `{}` need more than 2^64 bytes",
                shown(name)
            );
            self.tally
                .add(rules::SIZE_MISMATCH.at(at.clone()).message(message));
        }
    }

    fn dataset(&mut self, dataset: &Dataset<'_>) -> Result<(), Fault> {
        let (path, at) = (dataset.path, &dataset.at);
        let bytes = dataset.bytes();
        self.cx.tensor(path, bytes);
        self.dimensions(path, dataset.elements, dataset.datatype.size, at);
        self.filters(dataset);
        match &dataset.storage {
            Storage::None => {}
            Storage::Run(span) => self.run(dataset, span)?,
            Storage::Chunks { chunks, bytes } => {
                if bytes.is_none() && !chunks.is_empty() {
                    let message =
                        format!("the chunks of `{}` need more than 2^64 bytes", shown(path));
                    self.tally
                        .add(rules::SIZE_MISMATCH.at(at.clone()).message(message));
                }
                self.chunks(dataset, chunks)?;
            }
            Storage::External(files) => {
                for file in files {
                    let what = format!("the data of `{}` is stored elsewhere and", shown(path));
                    self.tally
                        .add(outside::draft(at.clone(), &what, &file.file));
                }
            }
            Storage::Virtual(sources) => {
                for source in sources.iter().filter(|source| source.file != ".") {
                    let what = format!("the virtual dataset `{}`", shown(path));
                    self.tally
                        .add(outside::draft(at.clone(), &what, &source.file));
                }
            }
        }
        let count = dataset.texts.len();
        for (number, span) in dataset.texts.iter().enumerate() {
            self.cx.tick()?;
            let name = match count {
                1 => path.to_owned(),
                _ => format!("{path}[{number}]"),
            };
            self.values
                .content(&name, span.clone(), self.cx, &mut self.tally)?;
        }
        if dataset.is_cut {
            let detail = format!("`{}` holds more values than are judged", shown(path));
            self.gap(at.clone(), Why::Limit, detail);
        }
        Ok(())
    }

    /// A dataset in one run.
    fn run(&mut self, dataset: &Dataset<'_>, span: &Span) -> Result<(), Fault> {
        let path = dataset.path;
        let have = span.end.saturating_sub(span.start);
        if let Some(wanted) = dataset.bytes().filter(|&wanted| wanted > have) {
            let message = format!("`{}` needs {wanted} bytes and has {have}", shown(path));
            let draft = rules::SIZE_MISMATCH.at(dataset.at.clone());
            self.tally.add(draft.message(message));
        }
        self.inside(path, &dataset.at, span);
        if dataset.datatype.is_bytes && span.end <= self.len {
            self.values
                .content(path, span.clone(), self.cx, &mut self.tally)?;
        }
        Ok(())
    }

    /// Whether bytes lie in the file.
    fn inside(&mut self, path: &str, at: &Span, span: &Span) -> bool {
        if span.end <= self.len {
            return true;
        }
        let message = format!(
            "`{}` ends at byte {} of a file that has {}",
            shown(path),
            span.end,
            self.len
        );
        self.tally
            .add(rules::OUT_OF_FILE.at(at.clone()).message(message));
        false
    }

    fn filters(&mut self, dataset: &Dataset<'_>) {
        for filter in &dataset.filters {
            if let Some((severity, what)) = plugin(filter.number) {
                let name = match filter.name.is_empty() {
                    true => String::new(),
                    false => format!(" `{}`", shown(&filter.name)),
                };
                let message = format!(
                    "`{}` is packed by filter {}{name}: {what}",
                    shown(dataset.path),
                    filter.number
                );
                let draft = rules::PLUGIN_FILTER.at(dataset.at.clone());
                self.tally.add(draft.severity(severity).message(message));
            }
        }
    }

    /// Name the chunks that can be unpacked or are something as they are.
    fn chunks(&mut self, dataset: &Dataset<'_>, chunks: &[Chunk]) -> Result<(), Fault> {
        for (number, chunk) in chunks.iter().enumerate() {
            self.cx.tick()?;
            if !self.inside(dataset.path, &dataset.at, &chunk.span) {
                continue;
            }
            let name = format!("{}[chunk {number}]", dataset.path);
            match unpacking(dataset, chunk) {
                Unpacking::Plain(span) if dataset.datatype.is_bytes => {
                    self.values.content(&name, span, self.cx, &mut self.tally)?;
                }
                Unpacking::Deflate(span) => {
                    self.chunks = self.chunks.saturating_add(1);
                    if self.chunks <= CHUNKS_CAP {
                        let body = Body::Packed(span, Codec::Zlib.into());
                        self.cx.member(Member::new(name, body))?;
                    }
                }
                Unpacking::Plain(_) | Unpacking::Other => {}
            }
        }
        Ok(())
    }
}

/// How a chunk is packed.
enum Unpacking {
    /// Its bytes are there as they are.
    Plain(Span),
    /// A zlib stream holds them as they are.
    Deflate(Span),
    /// They are changed in another way.
    Other,
}

fn unpacking(dataset: &Dataset<'_>, chunk: &Chunk) -> Unpacking {
    let mut span = chunk.span.clone();
    let is_used = |index: usize| {
        let bit = u32::try_from(index)
            .ok()
            .and_then(|index| 1u32.checked_shl(index));
        bit.is_none_or(|bit| chunk.skipped & bit == 0)
    };
    let mut used: Vec<&Filter> = Vec::new();
    for (index, filter) in dataset.filters.iter().enumerate() {
        // To shuffle single bytes changes nothing.
        let is_idle = filter.number == SHUFFLE && filter.values.first() == Some(&1);
        if is_used(index) && !is_idle {
            used.push(filter);
        }
    }
    while used
        .last()
        .is_some_and(|filter| filter.number == FLETCHER32)
    {
        span.end = span.end.saturating_sub(FLETCHER_BYTES).max(span.start);
        used.pop();
    }
    match used.as_slice() {
        [] => Unpacking::Plain(span),
        [.., last] if last.number == DEFLATE => {
            let rest = used.get(..used.len().saturating_sub(1)).unwrap_or_default();
            match rest.iter().all(|filter| filter.number == FLETCHER32) {
                true => Unpacking::Deflate(span),
                false => Unpacking::Other,
            }
        }
        _ => Unpacking::Other,
    }
}
