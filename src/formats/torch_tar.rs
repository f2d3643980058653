//! The PyTorch file format of 0.1: a tar with `sys_info`, `pickle`, `storages`
//! and `tensors`.
//!
//! `pickle` is the object, whose persistent ids name tensors. `storages` holds
//! the pickle of a count, then for each storage a pickle of its key, place and
//! class, a 64-bit number of elements and the elements, and then the pickle of
//! a list of views. `tensors` holds the pickle of a count, then for each tensor
//! a pickle of its key, storage and class, and numbers that give its shape.
//! `torch.load` still reads it, with no protection at all. Source:
//! `torch/serialization.py`, `legacy_load`.
//!
//! Each of the pickles between the raw bytes is a program, and a hostile number
//! of elements shifts all that follows, so both are followed as the loader does.
//!
//! Not checked: what the elements are, and whether shapes fit their storages.

use super::pickle::{Walk, first_set, report_break, report_trailing};
use super::{Artifact, Claim, Content, Context, Format, FormatSpec, Probe};
use crate::budget::Budget;
use crate::detect::pickle::{Ending, Options, Summary, Value, examine, item_bytes};
use crate::report::Why;
use crate::rules::torch::FOREIGN_MEMBER;
use crate::source::Source;
use crate::wire::Fault;
use crate::wire::cursor::Cursor;
use crate::wire::pickle::{Operand, Reader, Reading};
use crate::wire::tar::{Entry, Item, Kind, Likeness, front, likeness, walk};

/// Members of the layout; the first one is there for people.
const LAYOUT: [&[u8]; 4] = [b"sys_info", b"pickle", b"storages", b"tensors"];

/// Members in which the loader mixes pickles and raw bytes.
const STORAGES: &str = "storages";
const TENSORS: &str = "tensors";

/// Members that are looked at to tell the layout.
const LOOKED_AT: usize = 16;

/// Opcodes of the pickle of a count.
const COUNT_OPCODES: u64 = 8;

/// Longest name of a class that is read, in bytes.
const CLASS_BYTES: usize = 64;

/// Bytes of the numbers of a tensor without dimensions, and of each dimension.
const SHAPE_BYTES: u64 = 16;
const DIMENSION_BYTES: u64 = 16;

/// PyTorch tar file.
pub struct TorchTar;

static SPEC: FormatSpec = FormatSpec {
    id: "torch-tar",
    title: "PyTorch tar file",
    suffixes: &[".pt", ".pth"],
    runs_code: true,
    content: Content::Data,
    layer_of: Some("tar"),
    references: &["https://github.com/pytorch/pytorch/blob/main/torch/serialization.py"],
    limitations: &["What the elements of a storage are is not looked at beyond the sweep."],
};

impl Format for TorchTar {
    fn spec(&self) -> &'static FormatSpec {
        &SPEC
    }

    fn recognise(&self, probe: &Probe<'_>) -> Claim {
        match likeness(probe.head()) == Likeness::Structure && has_layout(probe.source()) {
            true => Claim::Structure,
            false => Claim::No,
        }
    }

    fn examine(&self, artifact: &Artifact, cx: &mut Context<'_>) -> Result<(), Fault> {
        let budget = cx.budget();
        walk(artifact.source.as_ref(), budget, &mut |item| {
            if let Item::Entry(entry) = item {
                foreign(&entry, cx);
            }
            Ok(())
        })
    }
}

/// Whether the first members are those of the layout. Bytes that cannot be
/// read look like bytes that are not there.
fn has_layout(source: &dyn Source) -> bool {
    let first = front(source, &Budget::unlimited(), LOOKED_AT).unwrap_or_default();
    let has = |name: &&[u8]| first.iter().any(|entry| bare(&entry.name) == *name);
    LAYOUT.iter().skip(1).all(has)
}

/// A name without the folder that some writers put in front of all.
fn bare(name: &[u8]) -> &[u8] {
    name.strip_prefix(b"./").unwrap_or(name)
}

fn foreign(entry: &Entry, cx: &mut Context<'_>) {
    if LAYOUT.contains(&bare(&entry.name)) || entry.header.kind == Kind::Folder {
        return;
    }
    let name = crate::report::escape_bytes(&entry.name);
    let at = entry.at..entry.data.end;
    cx.report(FOREIGN_MEMBER.at(at).message(format!(
        "the member `{name}` is not one that PyTorch writes"
    )));
}

/// A member of a PyTorch tar file in which pickles and raw bytes alternate.
pub struct TorchTarPart;

static PART_SPEC: FormatSpec = FormatSpec {
    id: "torch-tar-part",
    title: "PyTorch tar member",
    suffixes: &[],
    runs_code: true,
    content: Content::Data,
    layer_of: None,
    references: &["https://github.com/pytorch/pytorch/blob/main/torch/serialization.py"],
    limitations: &["Shapes of tensors are not compared with the sizes of their storages."],
};

/// Whether these are the `storages` or `tensors` of such a file: by their name,
/// and by a pickle of a number that another pickle follows.
pub(super) fn is_part(probe: &Probe<'_>) -> bool {
    if ![STORAGES, TENSORS].contains(&probe.file_name()) {
        return false;
    }
    let options = Options {
        fuel: COUNT_OPCODES,
        ..Options::default()
    };
    let source = probe.source();
    let budget = Budget::unlimited();
    let count = examine(source, 0..source.len(), &options, &budget, &mut |_| {});
    let is_count = matches!(count.integer, Some(Value::Int(0..)));
    count.ending.is_stop() && is_count && begins_pickle(source, count.span.end)
}

fn begins_pickle(source: &dyn Source, at: u64) -> bool {
    let mut head = [0; 2];
    let filled = source.fill_at(at, &mut head);
    filled.is_ok_and(|n| n == 2) && matches!(head, [0x80, 0..=5] | [b'(' | b'c' | b']', _])
}

impl Format for TorchTarPart {
    fn spec(&self) -> &'static FormatSpec {
        &PART_SPEC
    }

    fn recognise(&self, probe: &Probe<'_>) -> Claim {
        match is_part(probe) {
            true => Claim::Structure,
            false => Claim::No,
        }
    }

    fn examine(&self, artifact: &Artifact, cx: &mut Context<'_>) -> Result<(), Fault> {
        let source = artifact.source.as_ref();
        let mut part = Part {
            source,
            walk: Walk::new(source, 0..source.len()),
            at: 0,
        };
        let count = match part.pickle(cx)?.integer {
            Some(Value::Int(count)) => count,
            _ => return Err(Fault::malformed(0, "the count in front is no number")),
        };
        let is_storages = Probe::new(artifact).file_name() == STORAGES;
        for _ in 0..count {
            let described = part.pickle(cx)?;
            match is_storages {
                true => part.storage(&described, cx)?,
                false => part.shape()?,
            }
        }
        if is_storages {
            part.pickle(cx)?;
        }
        part.rest(cx)
    }
}

/// A position between the pickles and the raw bytes.
struct Part<'a> {
    source: &'a dyn Source,
    walk: Walk<'a>,
    at: u64,
}

impl Part<'_> {
    /// The pickle that stands here, which must reach its end.
    fn pickle(&mut self, cx: &mut Context<'_>) -> Result<Summary, Fault> {
        cx.budget().check()?;
        if self.at >= self.source.len() {
            return Err(Fault::malformed(self.at, "a pickle is missing"));
        }
        let summary = self.walk.stream(self.at, cx)?;
        self.at = summary.span.end;
        match &summary.ending {
            Ending::Stop => Ok(summary),
            Ending::Limit(what) => {
                let detail = format!("the rest of the member is not followed: too many {what}");
                cx.gap(self.at..self.source.len(), Why::Limit, detail);
                Err(Fault::unsupported(self.at, "what follows cannot be found"))
            }
            ending => {
                report_break(&summary, self.source.len(), cx);
                let what = match ending {
                    Ending::Broken(what) => what.clone(),
                    _ => "the member ends inside a pickle".to_owned(),
                };
                Err(Fault::malformed(self.at, what))
            }
        }
    }

    /// The raw bytes of a storage whose pickle was read: a number of elements,
    /// and the elements.
    fn storage(&mut self, described: &Summary, cx: &mut Context<'_>) -> Result<(), Fault> {
        let item = self.item_bytes(described, cx)?;
        let mut cursor = Cursor::new(self.source, self.at);
        let elements = cursor.u64()?;
        let bytes = item.and_then(|item| item.checked_mul(elements));
        let Some(bytes) = bytes else {
            return Err(Fault::unsupported(self.at, "a storage of an unknown size"));
        };
        cursor.skip(bytes)?;
        self.at = cursor.position();
        Ok(())
    }

    /// Bytes of one element of the class that a pickle names.
    fn item_bytes(&self, described: &Summary, cx: &mut Context<'_>) -> Result<Option<u64>, Fault> {
        let span = described.span.clone();
        let mut reader = Reader::new(self.source, span, Reading::Straight);
        let mut found = None;
        while let Some(instruction) = reader.step()? {
            cx.tick()?;
            let name = match instruction.operand {
                Operand::Names(_, name) | Operand::Text(name) => name,
                _ => continue,
            };
            if name.len() <= CLASS_BYTES as u64 {
                let name = name.fetch(self.source, CLASS_BYTES)?;
                found = std::str::from_utf8(&name)
                    .ok()
                    .and_then(item_bytes)
                    .or(found);
            }
        }
        Ok(found)
    }

    /// The numbers of a tensor: how many dimensions it has, in four bytes of
    /// eight, sizes, strides, and where in its storage it begins.
    fn shape(&mut self) -> Result<(), Fault> {
        let mut cursor = Cursor::new(self.source, self.at);
        let dimensions = i32::from_le_bytes(cursor.array()?);
        let Ok(dimensions) = u64::try_from(dimensions) else {
            return Err(Fault::malformed(self.at, "a negative number of dimensions"));
        };
        let sizes = dimensions.saturating_mul(DIMENSION_BYTES);
        cursor.seek(self.at);
        cursor.skip(SHAPE_BYTES.saturating_add(sizes))?;
        self.at = cursor.position();
        Ok(())
    }

    /// What stands behind all that the loader reads.
    fn rest(mut self, cx: &mut Context<'_>) -> Result<(), Fault> {
        let len = self.source.len();
        while self.at < len && begins_pickle(self.source, self.at) {
            self.pickle(cx)?;
        }
        if first_set(self.source, self.at..len, cx)? < len {
            report_trailing(self.at..len, self.source, cx)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::testing::{examine as examined, mangle, recognise};
    use crate::source::Memory;

    /// A file that `torch.load` reads.
    const BENIGN: &[u8] = include_bytes!("../../fixtures/torch-tar/benign/model.pt");

    fn part(name: &str) -> Vec<u8> {
        let entries = front(&Memory::new(BENIGN), &Budget::unlimited(), 16).unwrap();
        let entry = entries.iter().find(|e| e.name == name.as_bytes()).unwrap();
        BENIGN[entry.data.start as usize..entry.data.end as usize].to_vec()
    }

    #[test]
    fn the_layout_is_recognised_and_nothing_else() {
        assert_eq!(recognise(&TorchTar, "x", BENIGN), Claim::Structure);
        assert_eq!(recognise(&TorchTar, "x.pt", &BENIGN[..2048]), Claim::No);
        for name in [STORAGES, TENSORS] {
            assert_eq!(recognise(&TorchTarPart, name, part(name)), Claim::Structure);
            assert_eq!(recognise(&TorchTarPart, "x", part(name)), Claim::No);
        }
        assert_eq!(recognise(&TorchTarPart, STORAGES, "words"), Claim::No);
        assert_eq!(
            recognise(&TorchTarPart, STORAGES, part("pickle")),
            Claim::No
        );
    }

    #[test]
    fn benign_members_are_clean_to_their_last_byte() {
        for name in [STORAGES, TENSORS] {
            let said = examined(&TorchTarPart, name, part(name));
            assert!(said.is_clean(), "{name}: {said:?}");
            let longer = [part(name), b"more".to_vec()].concat();
            let said = examined(&TorchTarPart, name, longer);
            assert_eq!(said.rules(), ["pickle-trailing-data"], "{name}");
        }
    }

    #[test]
    fn a_pickle_behind_all_that_is_read_is_examined() {
        let more = b"cos\nsystem\n(S'id'\ntR.".to_vec();
        let said = examined(&TorchTarPart, TENSORS, [part(TENSORS), more].concat());
        assert_eq!(said.rules(), ["pickle-dangerous-call"]);
    }

    #[test]
    fn numbers_that_lead_astray_end_in_words() {
        let negative = [b"\x80\x02K\x01.\x80\x02N.".as_slice(), &[0xff; 8]].concat();
        let said = examined(&TorchTarPart, TENSORS, negative);
        assert_eq!(said.gaps[0].1, Why::Malformed);
        let unknown = b"\x80\x02K\x01.\x80\x02N.\x01\0\0\0\0\0\0\0".to_vec();
        let said = examined(&TorchTarPart, STORAGES, unknown);
        assert_eq!(said.gaps[0].1, Why::Unsupported);
        for name in [STORAGES, TENSORS] {
            mangle(&TorchTarPart, name, &part(name));
        }
    }
}
