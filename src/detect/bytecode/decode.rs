//! Instructions out of bytes, and whether the bytes make sense in a version.
//!
//! Since 3.6 an instruction is a number and an argument, one byte each, and
//! from 3.11 on cache entries follow some of them; 2.7 has instructions of one
//! and of three bytes. Nothing in the bytes says which version they are of. A
//! listing is *sound* in a version if every number is one of its opcodes, every
//! index lies inside its table and every cache entry is empty: code of one
//! version is seldom sound in another.

use super::opcodes::{Act, opcode};
use crate::wire::marshal::Python;

/// An instruction with its argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Instruction {
    /// What it does.
    pub act: Act,
    /// Its argument, prefixes included.
    pub arg: u32,
    /// Offset of the instruction behind it, caches included.
    pub next: usize,
}

/// How long the tables are that arguments point into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sizes {
    /// Constants.
    pub constants: usize,
    /// Names.
    pub names: usize,
    /// Local variables.
    pub locals: usize,
    /// Variables that functions share.
    pub shared: usize,
}

/// Which table an argument points into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Table {
    /// Constants.
    Constants,
    /// Names.
    Names,
    /// Local variables.
    Locals,
    /// Variables that functions share.
    Shared,
}

/// The table and the index that an argument means.
pub(super) fn index(act: Act, arg: u32, python: Python) -> Option<(Table, usize)> {
    let arg = arg as usize;
    let at_least = |version| python >= version;
    Some(match act {
        Act::Const => (Table::Constants, arg),
        Act::Global if at_least(Python::V311) => (Table::Names, arg >> 1),
        Act::Attribute if at_least(Python::V312) => (Table::Names, arg >> 1),
        Act::SuperAttribute => (Table::Names, arg >> 2),
        Act::Global
        | Act::Attribute
        | Act::Method
        | Act::Name
        | Act::NameFrom
        | Act::StoreName
        | Act::StoreGlobal
        | Act::StoreAnnotation
        | Act::StoreAttribute
        | Act::PopOwner
        | Act::ImportName
        | Act::ImportFrom => (Table::Names, arg),
        Act::Local | Act::StoreLocal => (Table::Locals, arg),
        Act::LocalPair | Act::StorePair | Act::StoreThenLoad => {
            (Table::Locals, (arg >> 4).max(arg & 15))
        }
        Act::Deref | Act::DerefFrom | Act::StoreDeref => (Table::Shared, arg),
        _ => return None,
    })
}

/// The instructions of a run of bytes, one after the other.
pub(super) struct Instructions<'a> {
    bytes: &'a [u8],
    python: Python,
    sizes: Sizes,
    at: usize,
    upper: u32,
    sound: bool,
}

impl<'a> Instructions<'a> {
    /// Read `bytes` as code of this version.
    pub(super) fn new(bytes: &'a [u8], python: Python, sizes: Sizes) -> Self {
        Instructions {
            bytes,
            python,
            sizes,
            at: 0,
            upper: 0,
            sound: true,
        }
    }

    /// Whether everything so far was as this version writes it.
    pub(super) fn is_sound(&self) -> bool {
        self.sound
    }

    fn byte(&mut self) -> Option<u8> {
        let byte = self.bytes.get(self.at).copied();
        if byte.is_some() {
            self.at = self.at.saturating_add(1);
        }
        byte
    }

    /// The argument behind an opcode.
    fn argument(&mut self, number: u8) -> Option<u32> {
        let two = self.python == Python::V27;
        if two && number < 90 {
            return Some(0);
        }
        let low = u32::from(self.byte()?);
        match two {
            true => Some(low | u32::from(self.byte()?) << 8),
            false => Some(low),
        }
    }

    fn skip_caches(&mut self, entries: u8) {
        for _ in 0..entries {
            self.sound &= self.byte() == Some(0) && self.byte() == Some(0);
        }
    }

    fn check(&mut self, act: Act, arg: u32) {
        let Some((table, index)) = index(act, arg, self.python) else {
            return;
        };
        let size = match table {
            Table::Constants => self.sizes.constants,
            Table::Names => self.sizes.names,
            Table::Locals => self.sizes.locals,
            Table::Shared => self.sizes.shared,
        };
        self.sound &= index < size;
    }
}

impl Iterator for Instructions<'_> {
    type Item = Instruction;

    fn next(&mut self) -> Option<Instruction> {
        loop {
            let number = self.byte()?;
            let Some(low) = self.argument(number) else {
                self.sound = false;
                return None;
            };
            let Some(opcode) = opcode(self.python, number) else {
                self.sound = false;
                self.upper = 0;
                continue;
            };
            let shift = if self.python == Python::V27 { 16 } else { 8 };
            let arg = self.upper | low;
            if opcode.act == Act::Extended {
                self.upper = arg << shift;
                continue;
            }
            self.upper = 0;
            self.skip_caches(opcode.caches);
            self.check(opcode.act, arg);
            return Some(Instruction {
                act: opcode.act,
                arg,
                next: self.at,
            });
        }
    }
}
