//! The machine: one opcode after the other, with CPython's rules.

use std::collections::HashMap;
use std::sync::Arc;

use super::carried::Carried;
use super::event::{Event, Fact};
use super::heap::Heap;
use super::memo::{Memo, PAGED_ENTRIES};
use super::names::Names;
use super::render::Scene;
use super::stack::Stack;
use super::summary::{Ending, Summary, Trouble};
use super::telling::Repeat;
use super::value::{GlobalId, Kind, Node, Value};
use super::{Options, calls::How};
use crate::budget::Budget;
use crate::report::{Accepted, Span};
use crate::source::Source;
use crate::wire::pickle::opcode::HIGHEST_PROTOCOL;
use crate::wire::pickle::{FrameFault, Literal, Opcode, Operand, Reader};

/// Opcodes between two looks at the budget.
const OPCODES_PER_CHECK: u64 = 1024;

/// The shortest bytes in which a call fits.
const INNER_BYTES: u64 = 10;

/// Byte strings that begin like a pickle and are noted.
const INNER_CAP: usize = 1 << 16;

/// Pickles inside array data that may lie inside each other.
const INLINE_DEPTH: usize = 32;

/// What one stream has of its own.
#[derive(Debug, Default)]
pub(super) struct Level {
    pub(super) stack: Stack,
    pub(super) memo: Memo,
}

/// A walk over one stream.
pub(super) struct Machine<'a, 's> {
    pub(super) source: &'s dyn Source,
    pub(super) reader: Reader<'s>,
    budget: &'a Budget,
    pub(super) heap: Heap,
    pub(super) names: Names,
    pub(super) level: Level,
    outer: Vec<Level>,
    scratch: Vec<Value>,
    /// The instruction at hand.
    pub(super) span: Span,
    pub(super) opcode: Opcode,
    pub(super) summary: Summary,
    /// What extension codes stand for, as far as the stream said so.
    pub(super) extensions: HashMap<i64, Value>,
    /// Modules that the stream replaced by others.
    pub(super) aliases: HashMap<String, String>,
    /// What the stream carries by value.
    pub(super) carried: Vec<Carried>,
    /// Bytes and values of carried code that were read.
    pub(super) code_bytes: u64,
    pub(super) code_values: u64,
    /// Calls inside calls that are being followed.
    pub(super) nesting: u32,
    /// Calls that the opcode at hand has led to.
    pub(super) opcode_calls: u32,
    /// Bytes that computations took and gave.
    pub(super) computed_bytes: usize,
    /// Values that the constant at hand may still be made of.
    pub(super) datum_left: u32,
    /// Bytes that the next event is about and that are not in the stream.
    pub(super) content: Option<Arc<[u8]>>,
    /// A literal that is known to say `storage`.
    pub(super) storage_word: Option<Literal>,
    told_memo: bool,
    /// The class of a distribution that was accepted.
    pub(super) distribution: Option<GlobalId>,
    fuel: u64,
    import_fuel: u64,
    pub(super) arrays: bool,
    /// Whether the stream made one of joblib's array wrappers.
    pub(super) has_wrapper: bool,
    /// Opcodes that the budget has not been told of.
    unspent: u64,
    /// Events so far, told or not.
    pub(super) events: u64,
    pub(super) repeats: HashMap<u64, Repeat>,
    pub(super) sink: &'a mut dyn FnMut(&Event),
}

impl<'a, 's> Machine<'a, 's> {
    pub(super) fn new(
        source: &'s dyn Source,
        reader: Reader<'s>,
        options: &Options,
        budget: &'a Budget,
        sink: &'a mut dyn FnMut(&Event),
    ) -> Self {
        let start = reader.position();
        Machine {
            source,
            reader,
            budget,
            heap: Heap::new(options.keep),
            names: Names::new(options.judge),
            level: Level::default(),
            outer: Vec::new(),
            scratch: Vec::new(),
            span: start..start,
            opcode: Opcode::Stop,
            summary: Summary {
                span: start..start,
                protocol: None,
                opcodes: 0,
                imports: 0,
                calls: 0,
                persistent_ids: 0,
                buffers: 0,
                frames: 0,
                arrays: 0,
                object_arrays: 0,
                crosses_frame: false,
                odd_names: 0,
                graded_calls: 0,
                integer: None,
                tensors: Vec::new(),
                inner: Vec::new(),
                storages: Vec::new(),
                list: Vec::new(),
                accepted: Vec::new(),
                limits: Vec::new(),
                ending: Ending::Cut,
            },
            extensions: HashMap::new(),
            aliases: HashMap::new(),
            carried: Vec::new(),
            code_bytes: 0,
            code_values: 0,
            nesting: 0,
            opcode_calls: 0,
            computed_bytes: 0,
            datum_left: 0,
            content: None,
            storage_word: None,
            told_memo: false,
            distribution: None,
            fuel: options.fuel,
            import_fuel: options.imports,
            arrays: options.arrays,
            has_wrapper: false,
            unspent: 0,
            events: 0,
            repeats: HashMap::new(),
            sink,
        }
    }

    /// Walk to the end, whatever that is.
    pub(super) fn run(mut self) -> (Summary, Reader<'s>) {
        let mut ending = loop {
            match self.step() {
                Ok(None) => {}
                Ok(Some(ending)) => break ending,
                Err(trouble) => break trouble.into(),
            }
        };
        if let Err(stop) = self.budget.spend_opcodes(self.unspent) {
            ending = Ending::Fault(stop.into());
        }
        self.summary.span.end = match ending {
            Ending::Cut => self.reader.position(),
            _ => self.span.end,
        };
        self.tell_repeats();
        if let Err(stop) = self.tell_carried() {
            ending = Ending::Fault(stop.into());
        }
        self.tell_imports();
        self.summary.ending = ending;
        self.summary.accepted = self.accepted();
        if self.heap.dropped_active() {
            self.limit("elements of a container");
        }
        (self.summary, self.reader)
    }

    /// What was called and not told.
    fn accepted(&self) -> Vec<Accepted> {
        let quiet = self.names.iter().filter_map(|(_, name)| {
            Some(Accepted {
                callable: name.shown(),
                why: name.accepted()?.to_owned(),
                calls: name.calls,
            })
        });
        quiet.collect()
    }

    fn step(&mut self) -> Result<Option<Ending>, Trouble> {
        if self.unspent >= OPCODES_PER_CHECK {
            self.housekeep()?;
        }
        if self.summary.opcodes >= self.fuel || self.summary.imports > self.import_fuel {
            return Ok(Some(Ending::Fuel));
        }
        // The instruction stays in the reader, and of its operand only the
        // field in use is read: a copy of it waits for its bytes to be stored.
        let Some(now) = self.reader.step()? else {
            return Ok(Some(Ending::Cut));
        };
        let frame = now.frame;
        self.span = now.at..now.end;
        self.opcode = now.opcode;
        self.summary.opcodes = self.summary.opcodes.saturating_add(1);
        self.unspent = self.unspent.saturating_add(1);
        if self.opcode == Opcode::Frame {
            self.summary.frames = self.summary.frames.saturating_add(1);
        }
        if let Some(fault) = frame {
            self.summary.crosses_frame |= fault == FrameFault::Crossed;
            let name = self.opcode.name();
            self.tell(Fact::Frame(fault), |_| {
                format!("{name} at the end of a frame")
            });
        }
        match self.opcode {
            Opcode::Stop => self.stop(),
            _ => self.execute().map(|()| None),
        }
    }

    /// Budget and memory, now and then.
    fn housekeep(&mut self) -> Result<(), Trouble> {
        let spent = std::mem::take(&mut self.unspent);
        self.budget.spend_opcodes(spent)?;
        self.budget.check()?;
        if self.heap.wants_collection() {
            let levels = self.outer.iter().chain([&self.level]);
            let held = levels.flat_map(|l| l.stack.values().chain(l.memo.values()));
            let named = self.summary.tensors.iter().map(|t| t.container);
            let registered = self.extensions.values().copied();
            let origins = self
                .names
                .iter()
                .flat_map(|(_, name)| name.origin.iter().copied());
            let carried = self.carried.iter().flat_map(Carried::values);
            let held = held
                .chain(named)
                .chain(registered)
                .chain(origins)
                .chain(carried);
            self.heap.collect(held);
        }
        Ok(())
    }

    fn execute(&mut self) -> Result<(), Trouble> {
        match self.opcode {
            Opcode::Proto | Opcode::Frame | Opcode::Mark => self.prepare(),
            Opcode::Pop | Opcode::Dup | Opcode::PopMark | Opcode::ReadonlyBuffer => self.shuffle(),
            Opcode::Get | Opcode::BinGet | Opcode::LongBinGet => self.get(),
            Opcode::Put | Opcode::BinPut | Opcode::LongBinPut | Opcode::Memoize => self.put(),
            Opcode::EmptyList
            | Opcode::EmptyTuple
            | Opcode::EmptyDict
            | Opcode::EmptySet
            | Opcode::List
            | Opcode::Tuple
            | Opcode::Tuple1
            | Opcode::Tuple2
            | Opcode::Tuple3
            | Opcode::Dict
            | Opcode::FrozenSet => self.make_container(),
            Opcode::Append
            | Opcode::Appends
            | Opcode::AddItems
            | Opcode::SetItem
            | Opcode::SetItems => self.fill_container(),
            Opcode::Global
            | Opcode::StackGlobal
            | Opcode::Inst
            | Opcode::Ext1
            | Opcode::Ext2
            | Opcode::Ext4 => self.import(self.reader.now().operand),
            Opcode::Reduce | Opcode::Obj | Opcode::NewObj | Opcode::NewObjEx => self.invoke(),
            Opcode::Build => self.build(),
            Opcode::PersId | Opcode::BinPersId => self.persistent(self.reader.now().operand),
            _ => self.constant(),
        }
    }

    fn prepare(&mut self) -> Result<(), Trouble> {
        match (self.opcode, &self.reader.now().operand) {
            (Opcode::Mark, _) => Ok(self.level.stack.mark()?),
            (Opcode::Proto, &Operand::Int(n)) => match u8::try_from(n) {
                Ok(n) if n <= HIGHEST_PROTOCOL => {
                    self.summary.protocol.get_or_insert(n);
                    Ok(())
                }
                _ => Err(Trouble::Refused(format!("protocol {n} does not exist"))),
            },
            _ => Ok(()),
        }
    }

    fn constant(&mut self) -> Result<(), Trouble> {
        let value = match (&self.reader.now().operand, self.opcode) {
            (&Operand::Int(n), _) => Value::Int(n),
            (&Operand::Big(literal), _) => Value::Big(literal),
            (&Operand::Bool(b), _) => Value::Bool(b),
            (&Operand::Text(literal), _) => Value::Text(literal),
            (&Operand::Bytes(literal), _) => {
                self.note_inner(literal);
                Value::Bytes(literal)
            }
            (_, Opcode::NewTrue) => Value::Bool(true),
            (_, Opcode::NewFalse) => Value::Bool(false),
            (_, Opcode::None) => Value::None,
            (_, Opcode::NextBuffer) => {
                self.summary.buffers = self.summary.buffers.saturating_add(1);
                Value::Foreign
            }
            _ => Value::Float,
        };
        Ok(self.level.stack.push(value)?)
    }

    /// Note bytes that begin like a pickle: nobody loads them here, and yet
    /// they may be one.
    fn note_inner(&mut self, literal: Literal) {
        if literal.len() < INNER_BYTES {
            return;
        }
        let mut head = [0u8; 2];
        // Bytes that cannot be read end the walk elsewhere.
        let filled = self.source.fill_at(literal.span().start, &mut head);
        let begins = match head {
            [0x80, protocol] => protocol <= HIGHEST_PROTOCOL,
            [b'c', next] => next.is_ascii_alphabetic() || next == b'_',
            [b'(' | b']' | b'}', next] => Opcode::from_byte(next).is_some(),
            _ => false,
        };
        if !begins || filled.is_err() {
            return;
        }
        if self.summary.inner.len() >= INNER_CAP {
            return self.limit("byte strings that begin like a pickle");
        }
        self.summary.inner.push(literal.span());
    }

    fn shuffle(&mut self) -> Result<(), Trouble> {
        let stack = &mut self.level.stack;
        match self.opcode {
            Opcode::Pop => stack.pop_any()?,
            Opcode::PopMark => stack.pop_mark(&mut self.scratch)?,
            Opcode::Dup => {
                let value = stack.top()?;
                self.heap.share(value);
                stack.push(value)?;
            }
            _ => {
                stack.top()?;
            }
        }
        Ok(())
    }

    fn get(&mut self) -> Result<(), Trouble> {
        let index = index(&self.reader.now().operand);
        let value = match self.level.memo.get(index) {
            Some(value) => value,
            None if self.level.memo.dropped() => Value::Unknown,
            None => return Err(Trouble::Refused(format!("the memo has no entry {index}"))),
        };
        self.heap.share(value);
        Ok(self.level.stack.push(value)?)
    }

    fn put(&mut self) -> Result<(), Trouble> {
        let value = self.level.stack.top()?;
        let filled = self.level.memo.len();
        let index = match self.opcode {
            Opcode::Memoize => filled,
            _ => index(&self.reader.now().operand),
        };
        if index >= PAGED_ENTRIES && index / 4 > filled && !self.told_memo {
            self.told_memo = true;
            self.tell(Fact::MemoIndex(index), |_| format!("memo index {index}"));
        }
        let dropped = self.level.memo.dropped();
        self.level.memo.put(index, value);
        if !dropped && self.level.memo.dropped() {
            self.limit("memo entries");
        }
        Ok(())
    }

    fn make_container(&mut self) -> Result<(), Trouble> {
        let kind = match self.opcode {
            Opcode::EmptyList | Opcode::List => Kind::List,
            Opcode::EmptyDict | Opcode::Dict => Kind::Dict,
            Opcode::EmptySet => Kind::Set,
            Opcode::FrozenSet => Kind::FrozenSet,
            _ => Kind::Tuple,
        };
        let stack = &mut self.level.stack;
        match self.opcode {
            Opcode::Tuple1 => stack.pop_many(1, &mut self.scratch)?,
            Opcode::Tuple2 => stack.pop_many(2, &mut self.scratch)?,
            Opcode::Tuple3 => stack.pop_many(3, &mut self.scratch)?,
            Opcode::List | Opcode::Tuple | Opcode::Dict | Opcode::FrozenSet => {
                stack.pop_mark(&mut self.scratch)?;
            }
            _ => self.scratch.clear(),
        }
        if kind == Kind::Dict && !self.scratch.len().is_multiple_of(2) {
            return Err(super::stack::StackError::Odd.into());
        }
        let value = self.heap.make(kind, &self.scratch);
        if kind == Kind::Dict {
            let elements = std::mem::take(&mut self.scratch);
            self.name_tensors(value, &elements);
            self.scratch = elements;
        }
        Ok(self.level.stack.push(value)?)
    }

    fn fill_container(&mut self) -> Result<(), Trouble> {
        let stack = &mut self.level.stack;
        match self.opcode {
            Opcode::Append => stack.pop_many(1, &mut self.scratch)?,
            Opcode::SetItem => stack.pop_many(2, &mut self.scratch)?,
            _ => stack.pop_mark(&mut self.scratch)?,
        }
        let target = self.level.stack.top()?;
        if self.scratch.is_empty() {
            return Ok(());
        }
        let pairs = matches!(self.opcode, Opcode::SetItem | Opcode::SetItems);
        if pairs && !self.scratch.len().is_multiple_of(2) {
            return Err(super::stack::StackError::Odd.into());
        }
        let elements = std::mem::take(&mut self.scratch);
        self.fill(target, &elements, pairs)?;
        self.scratch = elements;
        Ok(())
    }

    fn invoke(&mut self) -> Result<(), Trouble> {
        self.opcode_calls = 0;
        let result = match self.opcode {
            Opcode::Obj => {
                self.level.stack.pop_mark(&mut self.scratch)?;
                let Some((&callee, args)) = self.scratch.split_first() else {
                    return Err(super::stack::StackError::Underflow.into());
                };
                let args = self.heap.make(Kind::Tuple, args);
                self.call(How::Called, callee, args)?
            }
            Opcode::NewObjEx => {
                self.level.stack.pop_many(3, &mut self.scratch)?;
                let [callee, args, kwargs] = *self.scratch.as_slice() else {
                    return Err(super::stack::StackError::Underflow.into());
                };
                let args = self.join_arguments(args, kwargs);
                self.call(How::Constructed, callee, args)?
            }
            opcode => {
                self.level.stack.pop_many(2, &mut self.scratch)?;
                let [callee, args] = *self.scratch.as_slice() else {
                    return Err(super::stack::StackError::Underflow.into());
                };
                let how = match opcode {
                    Opcode::NewObj => How::Constructed,
                    _ => How::Called,
                };
                if is_no_iterable(args) {
                    return Err(Trouble::Refused("arguments that are no tuple".to_owned()));
                }
                self.call(how, callee, args)?
            }
        };
        Ok(self.level.stack.push(result)?)
    }

    /// Positional and keyword arguments as one tuple.
    pub(super) fn join_arguments(&mut self, args: Value, kwargs: Value) -> Value {
        let mut all = self.heap.tuple(args).unwrap_or(&[args]).to_vec();
        let empty = self
            .heap
            .container(kwargs)
            .is_some_and(|(_, items)| items.total == 0);
        if !empty {
            all.push(kwargs);
        }
        self.heap.make(Kind::Tuple, &all)
    }

    /// Arguments of `INST`: everything above the mark.
    pub(super) fn marked_arguments(&mut self) -> Result<Value, Trouble> {
        self.level.stack.pop_mark(&mut self.scratch)?;
        Ok(self.heap.make(Kind::Tuple, &self.scratch))
    }

    fn stop(&mut self) -> Result<Option<Ending>, Trouble> {
        let value = self.level.stack.pop()?;
        if let Some(outer) = self.outer.pop() {
            self.level = outer;
            self.level.stack.replace_top(Value::Made);
            return Ok(None);
        }
        match value {
            Value::Int(_) | Value::Big(_) => self.summary.integer = Some(value),
            _ => {}
        }
        if let Some(Node::Container(Kind::List, items)) = self.heap.get(value) {
            self.summary.list.clone_from(&items.kept);
        }
        self.summary.tensors.retain(|t| t.container == value);
        Ok(Some(Ending::Stop))
    }

    /// Go on with a pickle that lies in the stream here; its value replaces
    /// the one on top.
    pub(super) fn enter_inline(&mut self) -> Result<(), Trouble> {
        if self.outer.len() >= INLINE_DEPTH {
            return Err(Trouble::Limit("nested arrays of objects".to_owned()));
        }
        self.summary.object_arrays = self.summary.object_arrays.saturating_add(1);
        self.outer.push(std::mem::take(&mut self.level));
        Ok(())
    }

    /// Where renderings look things up.
    pub(super) fn scene(&self) -> Scene<'_> {
        Scene {
            source: self.source,
            heap: &self.heap,
            names: &self.names,
        }
    }

    /// Note a limit that was reached without ending the walk.
    pub(super) fn limit(&mut self, what: &'static str) {
        if !self.summary.limits.contains(&what) {
            self.summary.limits.push(what);
        }
    }

    /// Events so far.
    pub(super) fn events(&self) -> u64 {
        self.events
    }

    /// What the walk may spend.
    pub(super) fn budget(&self) -> &'a Budget {
        self.budget
    }
}

/// Whether a value can be no arguments. The C unpickler wants a tuple, the one
/// in Python takes whatever can be iterated over.
fn is_no_iterable(args: Value) -> bool {
    matches!(
        args,
        Value::None | Value::Bool(_) | Value::Int(_) | Value::Big(_) | Value::Float
    )
}

fn index(operand: &Operand) -> u64 {
    match *operand {
        Operand::Int(n) => u64::try_from(n).unwrap_or(u64::MAX),
        _ => u64::MAX,
    }
}
