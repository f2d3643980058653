//! The records of an index: a header, and an entry for each tensor.

use super::layout::{Extent, Layout};
use crate::formats::tally::Tally;
use crate::formats::tensorflow::constant;
use crate::formats::{Artifact, Context};
use crate::report::{Span, escape_bytes};
use crate::rules::tensorflow as rules;
use crate::source::Memory;
use crate::wire::Fault;
use crate::wire::protobuf::{Reader, Value, int32};
use crate::wire::sstable::Table;

/// Bytes of a name that are kept.
const NAME_CAP_BYTES: usize = 120;

/// What the header says.
#[derive(Debug, Clone, Copy)]
struct Header {
    shards: u32,
    is_big_endian: bool,
}

/// An entry, as it stands.
#[derive(Debug, Default)]
struct Entry {
    dtype: u64,
    /// Number of elements; `None` where it overflows.
    elements: Option<u64>,
    shard: i32,
    offset: u64,
    size: u64,
    /// Whether its data stands in entries of slices.
    is_sliced: bool,
}

/// Read the index, judge its entries, and say how long the data files must be.
pub(super) fn examine(
    artifact: &Artifact,
    cx: &mut Context<'_>,
    tally: &mut Tally,
) -> Result<(), Fault> {
    let source = artifact.source.as_ref();
    let table = Table::open(source)?;
    let mut walk = Walk {
        header: None,
        last: None,
        layout: Layout::default(),
        tally,
    };
    if table.is_wrong {
        let place = 0..source.len();
        walk.wrong(
            place,
            "the checksum of its table of blocks is wrong".to_owned(),
        );
    }
    for span in &table.blocks {
        cx.tick()?;
        let block = table.block(span)?;
        if block.is_wrong {
            let message = format!("the checksum of the block at byte {} is wrong", span.start);
            walk.wrong(span.clone(), message);
        }
        let mut records = block.records();
        while let Some((key, value)) = records.next()? {
            cx.tick()?;
            walk.record(key, value, span)?;
        }
    }
    let Walk { header, layout, .. } = walk;
    let Some(header) = header else {
        return Err(Fault::malformed(0, "the index has no header"));
    };
    own(source.len(), &table, cx);
    layout.check(tally, cx, &stem(&artifact.name), header.shards);
    Ok(())
}

/// Say which bytes of the file are not the table's.
fn own(len: u64, table: &Table<'_>, cx: &mut Context<'_>) {
    let mut spans: Vec<Span> = table.blocks.iter().chain(&table.own).cloned().collect();
    spans.sort_unstable_by_key(|span| (span.start, span.end));
    let mut at = 0u64;
    cx.accounts();
    for span in spans {
        let end = span.end.min(len);
        if span.start > at {
            cx.slack(at..span.start.min(len));
        }
        at = at.max(end);
    }
    if at < len {
        cx.slack(at..len);
    }
}

/// The name of the checkpoint: that of the index without its ending.
fn stem(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or(name);
    last.strip_suffix(".index").unwrap_or(last).to_owned()
}

struct Walk<'t> {
    header: Option<Header>,
    /// The last key.
    last: Option<Vec<u8>>,
    layout: Layout,
    tally: &'t mut Tally,
}

impl Walk<'_> {
    fn wrong(&mut self, place: Span, message: String) {
        self.tally
            .add(rules::INDEX_INVALID.at(place).message(message));
    }

    fn record(&mut self, key: &[u8], value: &[u8], span: &Span) -> Result<(), Fault> {
        if self.last.as_deref().is_some_and(|last| last >= key) {
            let message = format!("the key `{}` stands again, or out of order", shown(key));
            self.wrong(span.clone(), message);
        }
        self.last = Some(key.to_vec());
        if key.is_empty() {
            let header = header(value)
                .map_err(|_| Fault::malformed(span.start, "a header that cannot be read"))?;
            if header.is_big_endian {
                let what = "a checkpoint with its numbers in the other order";
                return Err(Fault::unsupported(span.start, what));
            }
            self.header = Some(header);
            return Ok(());
        }
        let name = shown(key);
        match entry(value) {
            Ok(entry) => self.entry(&entry, name, span),
            Err(fault) => {
                let message = format!("the entry of `{name}` cannot be read: {fault}");
                self.wrong(span.clone(), message);
            }
        }
        Ok(())
    }

    fn entry(&mut self, entry: &Entry, name: String, span: &Span) {
        let shards = self.header.map_or(0, |header| header.shards);
        let shard = u32::try_from(entry.shard).ok().filter(|n| *n < shards);
        let end = entry.offset.checked_add(entry.size);
        let end = end.filter(|end| *end <= i64::MAX as u64);
        let (Some(shard), Some(end)) = (shard, end) else {
            let message = format!(
                "`{name}` lies in file {} of {shards} at byte {}, {} bytes long",
                entry.shard,
                entry.offset.cast_signed(),
                entry.size.cast_signed()
            );
            self.wrong(span.clone(), message);
            return;
        };
        self.size(entry, &name, span);
        if entry.size > 0 {
            self.layout.add(Extent {
                shard,
                begin: entry.offset,
                end,
                name,
                at: span.start,
            });
        }
    }

    /// Whether the length is elements × bytes.
    fn size(&mut self, entry: &Entry, name: &str, span: &Span) {
        let overflow = || {
            let message = format!("the shape of `{name}` has more elements than 64 bits can count");
            rules::SHAPE_OVERFLOW.at(span.clone()).message(message)
        };
        let Some(elements) = entry.elements else {
            self.tally.add(overflow().within(name));
            return;
        };
        let Some(size) = constant::bytes_of(entry.dtype).filter(|_| !entry.is_sliced) else {
            return;
        };
        match elements.checked_mul(size) {
            None => self.tally.add(overflow().within(name)),
            Some(needs) if needs != entry.size => {
                let message = format!(
                    "`{name}` has {} bytes; its shape and type need {needs}",
                    entry.size
                );
                let draft = rules::INDEX_SIZE.at(span.clone()).message(message);
                self.tally.add(draft.within(name));
            }
            Some(_) => {}
        }
    }
}

/// A key as it is shown: names of slices are not text.
fn shown(key: &[u8]) -> String {
    escape_bytes(key.get(..NAME_CAP_BYTES).unwrap_or(key))
}

fn header(value: &[u8]) -> Result<Header, Fault> {
    let memory = Memory::borrowed(value);
    let mut reader = Reader::new(&memory, 0..value.len() as u64);
    let mut header = Header {
        shards: 0,
        is_big_endian: false,
    };
    while let Some(field) = reader.next()? {
        match (field.number, field.varint()) {
            (1, Some(shards)) => header.shards = u32::try_from(int32(shards)).unwrap_or(0),
            (2, Some(order)) => header.is_big_endian = order == 1,
            _ => {}
        }
    }
    Ok(header)
}

fn entry(value: &[u8]) -> Result<Entry, Fault> {
    let memory = Memory::borrowed(value);
    let mut reader = Reader::new(&memory, 0..value.len() as u64);
    let mut entry = Entry {
        elements: Some(1),
        ..Entry::default()
    };
    while let Some(field) = reader.next()? {
        match (field.number, &field.value) {
            (1, Value::Varint(dtype)) => entry.dtype = *dtype,
            (2, Value::Bytes(shape)) => {
                entry.elements = constant::elements(&mut reader, shape)?;
            }
            (3, Value::Varint(shard)) => entry.shard = int32(*shard),
            (4, Value::Varint(offset)) => entry.offset = *offset,
            (5, Value::Varint(size)) => entry.size = *size,
            (7, _) => entry.is_sliced = true,
            _ => {}
        }
    }
    Ok(entry)
}
