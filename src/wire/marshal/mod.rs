//! CPython's marshal format, versions 0 to 5: how `.pyc` files and code
//! strings store code objects.
//!
//! Every value is one type byte and its content; the high bit of the byte puts
//! the value into a numbered list of *references*. A *layout* is the order of
//! the fields of a code object: it depends on the Python that wrote it, and
//! the bytes do not say which that was. A `.pyc` says so in its first two
//! bytes; [`read_any`] tries the layouts in turn.
//!
//! Written after CPython's `Python/marshal.c`. A hostile stream may nest as
//! deep as it likes, claim any length, refer to what does not exist and hold
//! itself: nothing here recurses, allocates what is claimed, or follows a
//! reference while reading. The format has no checksum, so a changed byte is
//! noticed only where it breaks the structure.

mod header;
mod reader;
mod tree;

#[cfg(test)]
mod tests;

pub use header::{Header, Python};
pub use reader::{read, read_any};
pub use tree::{Code, Kind, Layout, Object, ObjectId, Piece, Tree};
