//! The operators that a program for the lite interpreter names.
//!
//! `bytecode.pkl` holds the program compiled: tuples of instructions, and for
//! each function the list of its operators, as texts `space::name`. The lite
//! interpreter looks them up like any other. Source: `torch/csrc/jit/mobile`.

use std::collections::BTreeSet;

use super::inside::Inner;
use crate::detect::script::operators::{self, Operator};
use crate::formats::Context;
use crate::report::{Why, escape_text};
use crate::rules::torch::{SCRIPT_LIBRARY, SCRIPT_OPERATOR};
use crate::source::SharedSource;
use crate::wire::Fault;
use crate::wire::pickle::{Operand, Reader, Reading};

/// A program that is packed is unpacked up to so many bytes.
const PACKED_CAP_BYTES: u64 = 64 << 20;

/// Longest name of an operator.
const NAME_BYTES: u64 = 256;

/// Operators that are told one by one.
const TOLD_CAP: usize = 4096;

/// Judge every text that is the name of an operator.
pub(super) fn examine(
    source: &SharedSource,
    program: &Inner,
    cx: &mut Context<'_>,
) -> Result<(), Fault> {
    let Some(bytes) = program.open(source, PACKED_CAP_BYTES, cx.budget())? else {
        let detail = format!("the operators in `{}` are not seen", program.shown());
        cx.gap(program.span.clone(), Why::Unsupported, detail);
        return Ok(());
    };
    let bytes = bytes.as_ref();
    let mut reader = Reader::new(bytes, 0..bytes.len(), Reading::Straight);
    let mut told: BTreeSet<String> = BTreeSet::new();
    // What breaks is told by the examination of the pickle itself.
    while let Ok(Some(instruction)) = reader.step() {
        cx.tick()?;
        let Operand::Text(literal) = instruction.operand else {
            continue;
        };
        if literal.len() > NAME_BYTES || told.len() >= TOLD_CAP {
            continue;
        }
        let text = literal.fetch(bytes, NAME_BYTES as usize)?;
        let text = String::from_utf8_lossy(&text);
        if let Some((space, name)) = operator(&text)
            && told.insert(text.to_string())
        {
            report(space, name, instruction.at, program, cx);
        }
    }
    Ok(())
}

/// Namespace and name, if a text is spelled like an operator.
fn operator(text: &str) -> Option<(&str, &str)> {
    let (space, name) = text.split_once("::")?;
    let is_word = |word: &str| {
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.');
        !word.is_empty() && word.chars().all(fits)
    };
    (is_word(space) && is_word(name)).then_some((space, name))
}

fn report(space: &str, name: &str, at: u64, program: &Inner, cx: &mut Context<'_>) {
    let shown = escape_text(name);
    let place = || program.span.clone();
    let draft = match operators::judge(space, name) {
        Operator::Harmless => return,
        Operator::Dangerous { severity, what } => SCRIPT_OPERATOR
            .at(place())
            .severity(severity)
            .message(format!(
                "`{space}::{shown}` in `{}`, byte {at}, {what}",
                program.shown()
            )),
        Operator::Foreign => SCRIPT_LIBRARY.at(place()).message(format!(
            "the program needs a library that registers `{space}::{shown}`"
        )),
    };
    cx.report(draft.within(program.text()));
}
