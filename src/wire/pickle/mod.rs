//! Pickle opcodes and their operands: the encoding, without a judgement.
//!
//! [`opcode`] is the table of all opcodes of protocols 0 to 5. [`reader`]
//! decodes one instruction at a time with the semantics of CPython's C
//! unpickler, including the corners in which it differs from a disassembler:
//! base-0 numbers, byte strings in any encoding, lengths that lie, and operands
//! that cross the end of their frame. [`literal`] is a string in the stream
//! that has not been read yet.

pub mod literal;
pub mod number;
pub mod opcode;
pub mod reader;

pub use literal::{Coding, Literal};
pub use opcode::{Layout, Opcode};
pub use reader::{FrameFault, Instruction, Operand, Reader, Reading};
