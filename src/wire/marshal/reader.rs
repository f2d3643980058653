//! Reading values, with a stack of open containers instead of recursion.

use super::tree::{Code, Kind, Layout, Object, ObjectId, Piece, Tree};
use crate::report::Span;
use crate::source::Source;
use crate::wire::{Fault, cursor::Cursor};

/// Containers inside containers; CPython itself refuses deeper ones.
const DEPTH_CAP: usize = 2000;

/// Bytes of one text or bytes value that are kept.
const PIECE_KEPT_BYTES: u64 = 4 << 20;

/// Bytes of all values together that are kept.
const KEPT_CAP_BYTES: u64 = 128 << 20;

/// Digits of 15 bits that an integer of 64 bits can have.
const MAX_DIGITS: u64 = 5;

/// The bit that makes a value one that can be referred to.
const FLAG_REF: u8 = 0x80;

/// Fields of a code object that are values, in front of its first line.
const CODE_VALUES: usize = 8;

/// The layouts, newest first.
pub(super) const LAYOUTS: [Layout; 4] = [Layout::Eleven, Layout::Eight, Layout::Three, Layout::Two];

/// Read the value that begins at `span.start` and ends before `span.end`, with
/// the fields of code objects in the order of `layout`.
pub fn read(source: &dyn Source, span: Span, layout: Layout) -> Result<Tree, Fault> {
    Reader {
        cursor: Cursor::within(source, span.start, span.end),
        layout,
        tree: Tree::default(),
        references: Vec::new(),
        interned: Vec::new(),
        open: Vec::new(),
        kept: 0,
    }
    .run()
}

/// Read the value that fills `span`, in whichever layout it fits; `None` where
/// it fits in none. Only reading as such is a fault.
pub fn read_any(source: &dyn Source, span: Span) -> Result<Option<Tree>, Fault> {
    for layout in LAYOUTS {
        match read(source, span.clone(), layout) {
            Ok(tree) if tree.end == span.end => return Ok(Some(tree)),
            Ok(_) | Err(Fault::Malformed { .. } | Fault::Unsupported { .. }) => {}
            Err(fault) => return Err(fault),
        }
    }
    Ok(None)
}

/// A container that is not complete.
struct Open {
    id: ObjectId,
    items: Vec<ObjectId>,
    shape: Shape,
}

/// What is missing of it.
enum Shape {
    /// This many elements in all.
    Counted(Kind, usize),
    /// Pairs, up to a null in the place of a key.
    Pairs,
    /// A code object; its numbers so far.
    Code(Numbers),
}

/// The fields of a code object that are numbers.
#[derive(Clone, Copy)]
struct Numbers {
    at: u64,
    arguments: u32,
    flags: u32,
    first_line: u32,
}

/// What one type byte began.
enum Begun {
    /// A value that is complete.
    Value(ObjectId),
    /// The end of a dict.
    Null,
    /// A container, now on the stack.
    Container,
}

struct Reader<'a> {
    cursor: Cursor<'a>,
    layout: Layout,
    tree: Tree,
    references: Vec<ObjectId>,
    /// Python 2 counts interned texts apart.
    interned: Vec<ObjectId>,
    open: Vec<Open>,
    kept: u64,
}

impl Reader<'_> {
    fn run(mut self) -> Result<Tree, Fault> {
        loop {
            let begun = self.begin()?;
            if let Some(root) = self.deliver(begun)? {
                self.tree.root = Some(root);
                self.tree.end = self.cursor.position();
                return Ok(self.tree);
            }
        }
    }

    /// Put what was read where it belongs, close what it completes; the
    /// outermost value once that is complete.
    fn deliver(&mut self, begun: Begun) -> Result<Option<ObjectId>, Fault> {
        let mut value = match begun {
            Begun::Value(id) => Some(id),
            Begun::Container => None,
            Begun::Null => {
                let at = self.cursor.position();
                let open = self.open.last();
                let ends = open.is_some_and(|o| {
                    matches!(o.shape, Shape::Pairs) && o.items.len().is_multiple_of(2)
                });
                if !ends {
                    return Err(Fault::malformed(at, "a null where a value is wanted"));
                }
                None
            }
        };
        let null = matches!(begun, Begun::Null);
        let mut ended = null;
        loop {
            if let Some(id) = value {
                let Some(open) = self.open.last_mut() else {
                    return Ok(Some(id));
                };
                open.items.push(id);
                self.after_item()?;
            }
            let Some(open) = self.open.last() else {
                return Ok(None);
            };
            if !(ended || self.is_complete(open)) {
                return Ok(None);
            }
            ended = false;
            value = self.close()?;
        }
    }

    fn is_complete(&self, open: &Open) -> bool {
        match open.shape {
            Shape::Counted(_, wanted) => open.items.len() >= wanted,
            Shape::Pairs => false,
            Shape::Code(_) => open.items.len() >= self.code_values(),
        }
    }

    fn code_values(&self) -> usize {
        match self.layout {
            Layout::Eleven => CODE_VALUES.saturating_add(2),
            _ => CODE_VALUES.saturating_add(1),
        }
    }

    /// The first line stands between the values of a code object.
    fn after_item(&mut self) -> Result<(), Fault> {
        if let Some(Open {
            items,
            shape: Shape::Code(numbers),
            ..
        }) = self.open.last_mut()
            && items.len() == CODE_VALUES
        {
            numbers.first_line = self.cursor.u32()?;
        }
        Ok(())
    }

    fn close(&mut self) -> Result<Option<ObjectId>, Fault> {
        let Some(open) = self.open.pop() else {
            return Ok(None);
        };
        let object = match open.shape {
            Shape::Counted(kind, _) => Object::Sequence(kind, open.items),
            Shape::Pairs => Object::Sequence(Kind::Dict, open.items),
            Shape::Code(numbers) => Object::Code(Box::new(self.code(numbers, &open.items)?)),
        };
        self.tree.set(open.id, object);
        Ok(Some(open.id))
    }

    fn code(&self, numbers: Numbers, items: &[ObjectId]) -> Result<Code, Fault> {
        let bad = |what: &str| Fault::malformed(numbers.at, format!("a code object whose {what}"));
        let &[
            bytecode,
            constants,
            names,
            locals,
            a,
            b,
            filename,
            name,
            c,
            ..,
        ] = items
        else {
            return Err(bad("fields are missing"));
        };
        if !matches!(self.tree.get(bytecode), Some(Object::Bytes(_))) {
            return Err(bad("instructions are no bytes"));
        }
        let named = [names, locals].iter().all(|&id| self.is_tuple(id));
        if !named || !self.is_tuple(constants) {
            return Err(bad("names or constants are no tuple"));
        }
        if self.tree.piece(filename).is_none() || self.tree.piece(name).is_none() {
            return Err(bad("name is no text"));
        }
        let eleven = self.layout == Layout::Eleven;
        // In the newest layout the fields are kinds, file, name, qualified
        // name; before, free and shared variables, file, name.
        let (cells, free, filename, name, qualname) = match eleven {
            true => (None, None, b, filename, Some(name)),
            false => (Some(b), Some(a), filename, name, None),
        };
        let fits = match eleven {
            true => {
                matches!(self.tree.get(a), Some(Object::Bytes(_))) && self.tree.piece(b).is_some()
            }
            false => self.is_tuple(a) && self.is_tuple(b),
        };
        if !fits || self.tree.piece(c).is_none() {
            return Err(bad("fields have the wrong types"));
        }
        Ok(Code {
            layout: self.layout,
            arguments: numbers.arguments,
            flags: numbers.flags,
            first_line: numbers.first_line,
            bytecode,
            constants,
            names,
            locals,
            cells,
            free,
            filename,
            name,
            qualname,
            at: numbers.at,
        })
    }

    fn is_tuple(&self, id: ObjectId) -> bool {
        matches!(
            self.tree.get(id),
            Some(Object::Sequence(Kind::Tuple, _) | Object::Pending)
        )
    }

    fn begin(&mut self) -> Result<Begun, Fault> {
        let at = self.cursor.position();
        let byte = self.cursor.u8()?;
        let two = self.layout == Layout::Two;
        let (kind, flagged) = match two {
            true => (byte, false),
            false => (byte & !FLAG_REF, byte & FLAG_REF != 0),
        };
        match kind {
            b'0' => return Ok(Begun::Null),
            b'r' if !two => return self.reference(at),
            b'R' if two => {
                let index = self.cursor.u32()?;
                return look_up(&self.interned, index, at).map(Begun::Value);
            }
            _ => {}
        }
        let object = self.scalar(kind)?;
        let id = self.place(object.unwrap_or(Object::Pending), at)?;
        if flagged {
            self.references.push(id);
        }
        if two && kind == b't' {
            self.interned.push(id);
        }
        if !matches!(self.tree.get(id), Some(Object::Pending)) {
            return Ok(Begun::Value(id));
        }
        self.enter(id, kind, at)
    }

    fn reference(&mut self, at: u64) -> Result<Begun, Fault> {
        let index = self.cursor.u32()?;
        look_up(&self.references, index, at).map(Begun::Value)
    }

    fn place(&mut self, object: Object, at: u64) -> Result<ObjectId, Fault> {
        self.tree
            .push(object)
            .ok_or_else(|| Fault::unsupported(at, "more marshalled values than are followed"))
    }

    /// Open a container.
    fn enter(&mut self, id: ObjectId, kind: u8, at: u64) -> Result<Begun, Fault> {
        if self.open.len() >= DEPTH_CAP {
            return Err(Fault::malformed(
                at,
                "values are nested deeper than Python reads",
            ));
        }
        let shape = match kind {
            b')' => Shape::Counted(Kind::Tuple, usize::from(self.cursor.u8()?)),
            b'(' => Shape::Counted(Kind::Tuple, self.count()?),
            b'[' => Shape::Counted(Kind::List, self.count()?),
            b'<' => Shape::Counted(Kind::Set, self.count()?),
            b'>' => Shape::Counted(Kind::FrozenSet, self.count()?),
            b':' => Shape::Counted(Kind::Slice, 3),
            b'{' => Shape::Pairs,
            b'c' => Shape::Code(self.numbers(at)?),
            other => {
                let what = format!("no marshalled value begins with the byte {other:#04x}");
                return Err(Fault::malformed(at, what));
            }
        };
        self.open.push(Open {
            id,
            items: Vec::new(),
            shape,
        });
        Ok(Begun::Container)
    }

    /// A count of elements, each of which takes a byte at least.
    fn count(&mut self) -> Result<usize, Fault> {
        let at = self.cursor.position();
        let count = u64::from(self.cursor.u32()?);
        match usize::try_from(count) {
            Ok(wanted) if count <= self.cursor.remaining() => Ok(wanted),
            _ => Err(Fault::malformed(
                at,
                format!("a container of {count} values, which do not fit"),
            )),
        }
    }

    fn numbers(&mut self, at: u64) -> Result<Numbers, Fault> {
        let before_flags = match self.layout {
            Layout::Two => 3,
            Layout::Three | Layout::Eleven => 4,
            Layout::Eight => 5,
        };
        let arguments = self.cursor.u32()?;
        for _ in 1..before_flags {
            self.cursor.u32()?;
        }
        Ok(Numbers {
            at,
            arguments,
            flags: self.cursor.u32()?,
            first_line: 0,
        })
    }

    /// A value without parts; `None` where the byte begins a container, or
    /// nothing.
    fn scalar(&mut self, kind: u8) -> Result<Option<Object>, Fault> {
        let cursor = &mut self.cursor;
        Ok(Some(match kind {
            b'N' => Object::None,
            b'F' => Object::Bool(false),
            b'T' => Object::Bool(true),
            b'.' | b'S' => Object::Singleton,
            b'i' => Object::Int(i64::from(i32::from_le_bytes(cursor.array()?))),
            b'I' => Object::Int(i64::from_le_bytes(cursor.array()?)),
            b'l' => self.long()?,
            b'f' => self.decimals(1)?,
            b'x' => self.decimals(2)?,
            b'g' => self.skipped(8)?,
            b'y' => self.skipped(16)?,
            b's' => Object::Bytes(self.long_piece()?),
            // Names are bytes in Python 2.
            b't' if self.layout == Layout::Two => Object::Bytes(self.long_piece()?),
            b't' | b'u' | b'a' | b'A' => Object::Text(self.long_piece()?),
            b'z' | b'Z' => {
                let len = u64::from(cursor.u8()?);
                Object::Text(self.piece(len)?)
            }
            _ => return Ok(None),
        }))
    }

    fn skipped(&mut self, bytes: u64) -> Result<Object, Fault> {
        self.cursor.skip(bytes)?;
        Ok(Object::Number)
    }

    /// Floats as text, one length byte each.
    fn decimals(&mut self, how_many: u32) -> Result<Object, Fault> {
        for _ in 0..how_many {
            let len = self.cursor.u8()?;
            self.cursor.skip(u64::from(len))?;
        }
        Ok(Object::Number)
    }

    /// An integer in digits of 15 bits; the sign of the count is its own.
    fn long(&mut self) -> Result<Object, Fault> {
        let at = self.cursor.position();
        let count = i32::from_le_bytes(self.cursor.array()?);
        let digits = u64::from(count.unsigned_abs());
        if digits > MAX_DIGITS {
            return self.skipped(digits.saturating_mul(2));
        }
        let mut value = 0i128;
        for place in 0..digits {
            let digit = self.cursor.u16()?;
            if digit > 0x7fff {
                return Err(Fault::malformed(at, "a digit of more than 15 bits"));
            }
            let shift = u32::try_from(place.saturating_mul(15)).unwrap_or(0);
            value |= i128::from(digit).checked_shl(shift).unwrap_or(0);
        }
        let signed = if count < 0 {
            value.saturating_neg()
        } else {
            value
        };
        Ok(i64::try_from(signed).map_or(Object::Number, Object::Int))
    }

    fn long_piece(&mut self) -> Result<Piece, Fault> {
        let len = u64::from(self.cursor.u32()?);
        self.piece(len)
    }

    fn piece(&mut self, len: u64) -> Result<Piece, Fault> {
        let at = self.cursor.position();
        let wanted = len.min(PIECE_KEPT_BYTES);
        self.kept = self.kept.saturating_add(wanted);
        if self.kept > KEPT_CAP_BYTES {
            return Err(Fault::unsupported(at, "more marshalled text than is kept"));
        }
        if len > self.cursor.remaining() {
            self.cursor.skip(len)?;
        }
        let cap = usize::try_from(wanted).unwrap_or(usize::MAX);
        let bytes = self.cursor.take(wanted, cap)?;
        self.cursor.skip(len.saturating_sub(wanted))?;
        Ok(Piece { at, len, bytes })
    }
}

fn look_up(list: &[ObjectId], index: u32, at: u64) -> Result<ObjectId, Fault> {
    list.get(index as usize)
        .copied()
        .ok_or_else(|| Fault::malformed(at, format!("there is no value {index} to refer to")))
}
