//! Operators: those that the interpreter does not bring, and numbers that name
//! nothing.

use std::collections::BTreeMap;

use super::buffers::{Buffers, text};
use super::tensors::Tensor;
use super::{field, flex};
use crate::formats::Context;
use crate::formats::tally::Tally;
use crate::formats::tensorflow::judge::verdict;
use crate::formats::tensorflow::ops;
use crate::report::{Span, escape_text};
use crate::rules::Draft;
use crate::rules::tflite as rules;
use crate::source::Source;
use crate::wire::Fault;
use crate::wire::flatbuffer::Table;

/// The number that says that an operator has a name instead.
const CUSTOM: u32 = 32;

/// Custom operators that are told one by one.
const CUSTOM_CAP: usize = 64;

/// Longest list of numbers that is read, in bytes.
const NUMBERS_CAP_BYTES: u64 = 4 << 20;

/// Characters of a name that are shown.
const SHOWN_CAP_CHARS: usize = 100;

/// What runs kernels of TensorFlow.
const FLEX: &str = "Flex";

/// The kinds of operators of a model: their names, where they are custom.
pub(super) type Codes = Vec<Option<String>>;

/// What operators refer to.
pub(super) struct Known<'k> {
    pub(super) codes: &'k Codes,
    pub(super) tensors: &'k [Tensor],
    pub(super) buffers: &'k Buffers,
}

/// Custom operators by name: where the first stands, and how many there are.
#[derive(Default)]
pub(super) struct Custom {
    met: BTreeMap<String, (u64, u64)>,
    more: u64,
    flex: BTreeMap<&'static str, Tally>,
}

impl Custom {
    fn add(&mut self, name: &str, at: u64) {
        if let Some((_, count)) = self.met.get_mut(name) {
            *count = count.saturating_add(1);
        } else if self.met.len() < CUSTOM_CAP {
            self.met.insert(name.to_owned(), (at, 1));
        } else {
            self.more = self.more.saturating_add(1);
        }
    }

    /// Report each name once.
    pub(super) fn report(self, cx: &mut Context<'_>) {
        for tally in self.flex.into_values() {
            tally.report(cx);
        }
        for (name, (at, count)) in self.met {
            let name: String = escape_text(&name).chars().take(SHOWN_CAP_CHARS).collect();
            let what = match (name.starts_with(FLEX), count) {
                (true, 1) => "runs a kernel of TensorFlow".to_owned(),
                (true, count) => format!("runs a kernel of TensorFlow, {count} times"),
                (false, 1) => "is not one of the interpreter's own".to_owned(),
                (false, count) => {
                    format!("is not one of the interpreter's own; used {count} times")
                }
            };
            let draft = rules::CUSTOM_OPERATOR.at(at);
            cx.report(
                draft
                    .message(format!("the operator `{name}` {what}"))
                    .within(name),
            );
        }
        if self.more > 0 {
            let message = format!("{} more operators are not the interpreter's own", self.more);
            cx.report(rules::CUSTOM_OPERATOR.at(0).message(message));
        }
    }
}

/// The finding about a number that names nothing.
pub(super) fn invalid(at: u64, message: String) -> Draft {
    rules::INVALID_REFERENCE.at(at).message(message)
}

/// The kinds of operators of a model.
pub(super) fn codes(
    source: &dyn Source,
    model: &Table<'_, '_>,
    cx: &mut Context<'_>,
) -> Result<Codes, Fault> {
    let mut codes = Vec::new();
    let Some(vector) = model.vector(field::OPERATOR_CODES, 4)? else {
        return Ok(codes);
    };
    for index in 0..vector.len() {
        cx.tick()?;
        let code = vector.table(index)?;
        let old = u32::from(code.u8(0, 0)?);
        let is_custom = old.max(code.u32(3, 0)?) == CUSTOM;
        let name = match code.string(1)? {
            Some(span) if is_custom => Some(text(source, &span)?),
            None if is_custom => Some(String::new()),
            _ => None,
        };
        codes.push(name);
    }
    Ok(codes)
}

/// Judge the operators of a graph.
pub(super) fn examine(
    source: &dyn Source,
    graph: &Table<'_, '_>,
    known: &Known<'_>,
    custom: &mut Custom,
    cx: &mut Context<'_>,
    tally: &mut Tally,
) -> Result<(), Fault> {
    let ends = [graph.vector(1, 4)?, graph.vector(2, 4)?];
    for vector in ends.into_iter().flatten() {
        references(source, &vector.span(), known, tally)?;
    }
    let Some(operators) = graph.vector(3, 4)? else {
        return Ok(());
    };
    for index in 0..operators.len() {
        cx.tick()?;
        let operator = operators.table(index)?;
        for number in [1, 2, 8] {
            if let Some(vector) = operator.vector(number, 4)? {
                references(source, &vector.span(), known, tally)?;
            }
        }
        let code = operator.u32(0, 0)?;
        let at = usize::try_from(code).unwrap_or(usize::MAX);
        match known.codes.get(at) {
            None => {
                let count = known.codes.len();
                let message = format!("an operator is of kind {code} of {count}");
                tally.add(invalid(operator.position(), message));
            }
            Some(Some(name)) => {
                one(source, &operator, name, known, custom)?;
                options(source, &operator, tally)?;
            }
            Some(None) => {}
        }
    }
    Ok(())
}

/// The tensors that a list of numbers names; -1 stands for none.
fn references(
    source: &dyn Source,
    span: &Span,
    known: &Known<'_>,
    tally: &mut Tally,
) -> Result<(), Fault> {
    let count = known.tensors.len();
    let is_wrong = |number: &&i32| {
        **number < -1 || usize::try_from(**number).is_ok_and(|number| number >= count)
    };
    if let Some(number) = numbers(source, span)?.iter().find(is_wrong) {
        let message = format!("tensor {number} of {count} is named");
        tally.add(invalid(span.start, message));
    }
    Ok(())
}

/// Options that lie behind the model.
fn options(source: &dyn Source, operator: &Table<'_, '_>, tally: &mut Tally) -> Result<(), Fault> {
    let offset = operator.i64(9, 0)?.cast_unsigned();
    let size = operator.i64(10, 0)?.cast_unsigned();
    let is_inside = offset
        .checked_add(size)
        .is_some_and(|end| end <= source.len());
    if offset > 1 && !is_inside {
        let message = format!(
            "the options of an operator lie at byte {offset}, {size} bytes long, in a file of {}",
            source.len()
        );
        tally.add(rules::OUT_OF_FILE.at(operator.position()).message(message));
    }
    Ok(())
}

/// A custom operator.
fn one(
    source: &dyn Source,
    operator: &Table<'_, '_>,
    name: &str,
    known: &Known<'_>,
    custom: &mut Custom,
) -> Result<(), Fault> {
    custom.add(name, operator.position());
    let Some(op) = name.strip_prefix(FLEX) else {
        return Ok(());
    };
    let options = operator.vector(5, 1)?.map(|options| options.span());
    let node = flex::node(source, options.as_ref())?;
    // The kernel is the one that the node names.
    let names = [Some(op.to_owned()), node.as_ref().map(|(op, _)| op.clone())];
    for op in names.iter().flatten() {
        let Some(row) = ops::find(op.as_bytes()) else {
            continue;
        };
        let inputs = operator.vector(1, 4)?.map(|inputs| inputs.span());
        let acts_on = flex::names(source, row, node.as_ref(), inputs.as_ref(), known)?;
        if let Some(found) = verdict(row, &acts_on) {
            let message = format!("the operator `{}` {}", escape_text(name), found.words);
            let draft = found.rule.at(operator.position()).severity(found.severity);
            let draft = draft.message(message).evidence(found.evidence).within(name);
            custom.flex.entry(row.op).or_default().add(draft);
            return Ok(());
        }
    }
    Ok(())
}

/// Signed numbers of 4 bytes.
pub(super) fn numbers(source: &dyn Source, span: &Span) -> Result<Vec<i32>, Fault> {
    let len = span.end.saturating_sub(span.start);
    if len > NUMBERS_CAP_BYTES {
        let what = format!("a list of {len} bytes of numbers");
        return Err(Fault::unsupported(span.start, what));
    }
    let chunk = source.chunk(span.clone())?;
    let (words, _) = chunk.as_chunks::<4>();
    Ok(words.iter().map(|word| i32::from_le_bytes(*word)).collect())
}
