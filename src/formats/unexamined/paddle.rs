//! Paddle programs: recognised by content, and what their operators are called.
//!
//! A program is a Protocol Buffers message of blocks, a block one of variables
//! and operators. The first block has the number 0 and, as its parent, -1; both
//! are required fields, so that every program begins with the same bytes behind
//! the length of the block. An attacker has an operator call a Python function
//! that the process registered, or read and write files by paths in its
//! attributes. They are named in the gap, no more: attributes, variables and
//! the files beside are not examined.
//!
//! Schema: <https://github.com/PaddlePaddle/Paddle/blob/develop/paddle/fluid/framework/framework.proto>.

use std::collections::BTreeSet;

use super::Probe;
use crate::wire::Fault;
use crate::wire::protobuf::{Reader, Value};

/// How the first block begins: its number and that of its parent.
const ROOT: &[u8] = b"\x08\x00\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01";

/// Bytes of a length in front of it, at most.
const LENGTH_BYTES: usize = 10;

/// Fields of all blocks and operators that are looked at for names.
const FIELDS_CAP: usize = 1 << 20;

/// Bytes of the name of an operator that are read.
const NAME_CAP_BYTES: usize = 64;

/// Operators that call Python, run another program, or read and write files.
const ACTING: [&str; 9] = [
    "load",
    "load_combine",
    "print",
    "py_func",
    "py_layer",
    "pyfunc",
    "run_program",
    "save",
    "save_combine",
];

/// A program, by its first block.
pub(super) fn is_program(probe: &Probe<'_>) -> bool {
    let Some((0x0a, rest)) = probe.head().split_first() else {
        return false;
    };
    let more = rest
        .iter()
        .take(LENGTH_BYTES)
        .take_while(|b| **b & 0x80 != 0);
    let length = more.count().saturating_add(1);
    rest.get(length..)
        .is_some_and(|block| block.starts_with(ROOT))
}

/// What the operators are that act on more than tensors.
pub(super) fn operators(probe: &Probe<'_>) -> Option<String> {
    if !is_program(probe) {
        return None;
    }
    let (acting, is_whole) = match acting(probe) {
        Ok(seen) => seen,
        Err(_) => return Some("whose operators cannot be read to the end".to_owned()),
    };
    let names: Vec<String> = acting.iter().map(|name| format!("`{name}`")).collect();
    let more = match is_whole {
        true => "",
        false => ", of which only the first were read",
    };
    Some(match names.as_slice() {
        [] => format!("without operators that are known to call Python or to use files{more}"),
        names => format!("with the operators {}{more}", names.join(", ")),
    })
}

/// The operators among [`ACTING`] that the program has, and whether all were
/// looked at.
fn acting(probe: &Probe<'_>) -> Result<(BTreeSet<&'static str>, bool), Fault> {
    let mut reader = Reader::new(probe.source(), 0..probe.len());
    let mut found = BTreeSet::new();
    for _ in 0..FIELDS_CAP {
        let Some(field) = reader.next()? else {
            match reader.leave() {
                true => continue,
                false => return Ok((found, true)),
            }
        };
        match (reader.depth(), field.number, &field.value) {
            (0, 1, Value::Bytes(block)) => reader.enter(block)?,
            (1, 4, Value::Bytes(operator)) => reader.enter(operator)?,
            (2, 3, Value::Bytes(name)) => {
                let name = reader.peek(name, NAME_CAP_BYTES)?;
                found.extend(ACTING.iter().find(|known| known.as_bytes() == name));
            }
            _ => {}
        }
    }
    Ok((found, false))
}

/// A program with these operators.
#[cfg(test)]
pub(super) fn sample(operators: &[&str]) -> Vec<u8> {
    use crate::wire::protobuf::sample::Message;
    let mut block = Message::new().varint(1, 0).int(2, -1);
    for operator in operators {
        block = block.message(4, &Message::new().bytes(3, operator));
    }
    let version = Message::new().varint(1, 0);
    Message::new()
        .message(1, &block)
        .message(4, &version)
        .done()
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{artifact, examine, mangle};
    use super::super::PADDLE;
    use super::*;

    #[test]
    fn programs_are_known_by_their_first_block_and_their_operators_named() {
        let is = |bytes: Vec<u8>| is_program(&Probe::new(&artifact("__model__", bytes)));
        assert!(is(sample(&["mul"])));
        assert!(is(sample(&["mul"; 100])));
        assert!(!is(vec![0x0a; 40]));
        assert!(!is(vec![0x0a, 0xff, 0xff]));
        let said = |operators: &[&str]| {
            let said = examine(&PADDLE, "__model__", sample(operators));
            said.gaps.into_iter().map(|gap| gap.2).collect::<String>()
        };
        let quiet = said(&["mul", "relu"]);
        assert!(
            quiet.contains("without operators that are known"),
            "{quiet}"
        );
        let acts = said(&["mul", "py_func", "save"]);
        assert!(
            acts.contains("with the operators `py_func`, `save`;"),
            "{acts}"
        );
        let mut cut = sample(&["mul", "py_func"]);
        cut.pop();
        let cut = examine(&PADDLE, "x.pdmodel", cut).gaps;
        assert!(
            cut.iter().any(|gap| gap.2.contains("cannot be read")),
            "{cut:?}"
        );
        mangle(&PADDLE, "__model__", &sample(&["mul", "py_func"]));
    }
}
