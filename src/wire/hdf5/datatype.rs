//! Datatypes: what the bytes of an element are.
//!
//! A datatype nests: compounds have members, arrays and sequences have a base.
//! Here it is flattened to its *leaves*: the runs of an element that are text,
//! bytes, or lead into a heap, each with its offset. Numbers leave nothing.

use super::fields::Fields;
use crate::wire::Fault;

/// Types within types.
const DEPTH_CAP: usize = 32;

/// Types in one type.
const TYPES_CAP: usize = 1 << 14;

/// Leaves that are kept of one element; an array of texts has many.
const LEAVES_CAP: usize = 4096;

/// What kind of type it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Whole numbers.
    Fixed,
    /// Floating-point numbers.
    Float,
    /// Times.
    Time,
    /// Texts of one length.
    String,
    /// Bits.
    Bits,
    /// Bytes of no meaning.
    Opaque,
    /// Several types one behind the other.
    Compound,
    /// References to objects.
    Reference,
    /// Numbers with names.
    Enum,
    /// Texts or sequences of any length, in a heap.
    Variable,
    /// Several of one type.
    Array,
    /// Complex numbers.
    Complex,
}

/// What a leaf is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Leaf {
    /// Text or bytes of this length, where they are.
    Bytes(u64),
    /// A text, or a sequence whose elements have so many bytes, in a heap.
    Heap(u64),
}

/// A datatype.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Datatype {
    /// What kind of type it is.
    pub class: Class,
    /// Bytes of an element.
    pub size: u64,
    /// Whether an element, or all of an element that is an array, is text or
    /// bytes: what may hold another file.
    pub is_bytes: bool,
    pub(super) leaves: Vec<(u64, Leaf)>,
    /// Whether it holds more than the leaves say.
    pub(super) is_cut: bool,
}

impl Datatype {
    /// Whether elements lead into a heap.
    pub fn is_in_heap(&self) -> bool {
        self.leaves
            .iter()
            .any(|(_, leaf)| matches!(leaf, Leaf::Heap(_)))
    }
}

/// A part of a type that is still to be read.
enum Task {
    /// A type at this offset of the element; so deep.
    Type(u64, usize),
    /// So many members of a compound of this version, size and offset.
    Members(u16, u8, u64, u64, usize),
    /// What follows the base of an enumeration.
    Names(u16, u8, u64),
    /// What follows the base of an array: its leaves from this one on stand
    /// there so many times.
    Repeat(usize, u64, u64),
    /// What follows the base of a sequence, whose leaves from this one on are
    /// in a heap.
    Sequence(usize, u64),
}

/// The front of a type.
struct Front {
    version: u8,
    class: Class,
    bits: u32,
    size: u64,
}

struct Reading {
    tasks: Vec<Task>,
    leaves: Vec<(u64, Leaf)>,
    is_cut: bool,
    types: usize,
    /// Bytes of the type that was read last, for what follows it.
    last: u64,
}

/// Read a datatype.
pub(super) fn read(fields: &mut Fields<'_>) -> Result<Datatype, Fault> {
    let mut reading = Reading {
        tasks: Vec::new(),
        leaves: Vec::new(),
        is_cut: false,
        types: 0,
        last: 0,
    };
    let mut peek = fields.clone();
    let outer = front(&mut peek)?;
    let inner = base_is_byte(&outer, &mut peek);
    reading.tasks.push(Task::Type(0, 0));
    while let Some(task) = reading.tasks.pop() {
        reading.task(task, fields)?;
    }
    let is_text = matches!(outer.class, Class::String | Class::Opaque);
    Ok(Datatype {
        class: outer.class,
        size: outer.size,
        is_bytes: is_text || (outer.class == Class::Fixed && outer.size == 1) || inner,
        leaves: reading.leaves,
        is_cut: reading.is_cut,
    })
}

/// Whether it is an array of single bytes.
fn base_is_byte(outer: &Front, fields: &mut Fields<'_>) -> bool {
    if outer.class != Class::Array || array(outer.version, fields).is_err() {
        return false;
    }
    matches!(
        front(fields),
        Ok(Front {
            class: Class::Fixed,
            size: 1,
            ..
        })
    )
}

fn front(fields: &mut Fields<'_>) -> Result<Front, Fault> {
    let at = fields.at();
    let first = fields.u8()?;
    let bits = fields.uint(3)? as u32;
    let size = u64::from(fields.u32()?);
    let class = match first & 15 {
        0 => Class::Fixed,
        1 => Class::Float,
        2 => Class::Time,
        3 => Class::String,
        4 => Class::Bits,
        5 => Class::Opaque,
        6 => Class::Compound,
        7 => Class::Reference,
        8 => Class::Enum,
        9 => Class::Variable,
        10 => Class::Array,
        11 => Class::Complex,
        other => {
            let what = format!("datatypes of class {other} are not known");
            return Err(Fault::unsupported(at, what));
        }
    };
    Ok(Front {
        version: first >> 4,
        class,
        bits,
        size,
    })
}

/// The number of elements of an array type.
fn array(version: u8, fields: &mut Fields<'_>) -> Result<u64, Fault> {
    let rank = fields.u8()?;
    fields.skip(if version < 3 { 3 } else { 0 })?;
    let mut count = 1u64;
    for _ in 0..rank {
        count = count.saturating_mul(u64::from(fields.u32()?));
    }
    fields.skip(if version < 3 {
        usize::from(rank).saturating_mul(4)
    } else {
        0
    })?;
    Ok(count)
}

/// A name that is padded to eight bytes, or not.
fn name(fields: &mut Fields<'_>, is_padded: bool) -> Result<(), Fault> {
    let from = fields.position();
    fields.text();
    match is_padded {
        true => fields.pad(from),
        false => Ok(()),
    }
}

impl Reading {
    fn leaf(&mut self, at: u64, leaf: Leaf) {
        match self.leaves.len() < LEAVES_CAP {
            true => self.leaves.push((at, leaf)),
            false => self.is_cut = true,
        }
    }

    fn task(&mut self, task: Task, fields: &mut Fields<'_>) -> Result<(), Fault> {
        match task {
            Task::Type(at, depth) => self.one(at, depth, fields),
            Task::Members(left, version, size, at, depth) => {
                self.member(left, version, size, at, depth, fields)
            }
            Task::Names(count, version, size) => {
                for _ in 0..count {
                    name(fields, version < 3)?;
                }
                let len = u64::from(count).saturating_mul(size);
                fields.skip(usize::try_from(len).unwrap_or(usize::MAX))
            }
            Task::Repeat(first, size, count) => {
                self.repeat(first, size, count);
                Ok(())
            }
            Task::Sequence(first, at) => {
                let is_nested = self
                    .leaves
                    .iter()
                    .skip(first)
                    .any(|(_, leaf)| matches!(leaf, Leaf::Heap(_)));
                self.is_cut |= is_nested;
                self.leaves.truncate(first);
                self.leaf(at, Leaf::Heap(self.last));
                Ok(())
            }
        }
    }

    /// Read the front of a type and its properties; what is nested waits.
    fn one(&mut self, at: u64, depth: usize, fields: &mut Fields<'_>) -> Result<(), Fault> {
        self.types = self.types.saturating_add(1);
        if depth > DEPTH_CAP || self.types > TYPES_CAP {
            return Err(fields.unsupported("a datatype is nested too deep or has too many parts"));
        }
        let Front {
            version,
            class,
            bits,
            size,
        } = front(fields)?;
        let first = self.leaves.len();
        let below = depth.saturating_add(1);
        match class {
            Class::Fixed | Class::Bits => fields.skip(4)?,
            Class::Float => fields.skip(12)?,
            Class::Time => fields.skip(2)?,
            Class::String => self.leaf(at, Leaf::Bytes(size)),
            Class::Opaque => {
                fields.skip((bits & 0xff) as usize)?;
                self.leaf(at, Leaf::Bytes(size));
            }
            Class::Reference => {}
            Class::Compound => {
                let members = (bits & 0xffff) as u16;
                self.tasks
                    .push(Task::Members(members, version, size, at, depth));
            }
            Class::Enum => {
                let count = (bits & 0xffff) as u16;
                self.tasks.push(Task::Names(count, version, size));
                self.tasks.push(Task::Type(at, below));
            }
            Class::Variable => {
                self.tasks.push(Task::Sequence(first, at));
                self.tasks.push(Task::Type(0, below));
            }
            Class::Array => {
                let count = array(version, fields)?;
                let each = size.checked_div(count).unwrap_or(0);
                self.tasks.push(Task::Repeat(first, each, count));
                self.tasks.push(Task::Type(at, below));
            }
            Class::Complex => self.tasks.push(Task::Type(at, below)),
        }
        self.last = size;
        Ok(())
    }

    /// The next member of a compound.
    fn member(
        &mut self,
        left: u16,
        version: u8,
        size: u64,
        at: u64,
        depth: usize,
        fields: &mut Fields<'_>,
    ) -> Result<(), Fault> {
        let Some(left) = left.checked_sub(1) else {
            self.last = size;
            return Ok(());
        };
        name(fields, version < 3)?;
        let offset = match version {
            0..=2 => u64::from(fields.u32()?),
            _ => {
                let width = size.max(1).ilog2() / 8;
                fields.uint(width.saturating_add(1) as usize)?
            }
        };
        let mut count = 1u64;
        if version == 1 {
            let rank = fields.u8()?;
            fields.skip(11)?;
            for number in 0..4u8 {
                let dimension = u64::from(fields.u32()?);
                count = count.saturating_mul(if number < rank { dimension } else { 1 });
            }
        }
        self.tasks
            .push(Task::Members(left, version, size, at, depth));
        if count > 1 {
            self.tasks.push(Task::Repeat(self.leaves.len(), 0, count));
        }
        self.tasks.push(Task::Type(
            at.saturating_add(offset),
            depth.saturating_add(1),
        ));
        Ok(())
    }

    /// The leaves from `first` on, as often as the array has elements.
    fn repeat(&mut self, first: usize, size: u64, count: u64) {
        let size = if size == 0 { self.last } else { size };
        let each: Vec<_> = self.leaves.get(first..).unwrap_or_default().to_vec();
        self.last = size.saturating_mul(count);
        if each.is_empty() {
            return;
        }
        for number in 1..count {
            let moved = number.saturating_mul(size);
            if self.is_cut {
                return;
            }
            for (at, leaf) in &each {
                self.leaf(at.saturating_add(moved), *leaf);
            }
        }
    }
}
