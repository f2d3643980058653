//! Code inside of a constant that is evaluated: walked like code that stands
//! there, with the names that are known there.

use std::collections::HashMap;

use ruff_text_size::TextRange;

use super::parse::{Dialect, with_tree};
use super::reach::When;
use super::value::Value;
use super::walk::Walk;

/// Sources inside one another that are unwrapped.
const WRAPPED_CAP: u32 = 8;

/// Sources in constants that are walked for one file.
const NESTED_CAP: u32 = 256;

/// Walk `text`, which the code at `range` evaluates; whether it is Python.
pub(super) fn walk(outer: &mut Walk<'_, '_>, text: &str, range: TextRange) -> bool {
    if outer.wrapped >= WRAPPED_CAP || outer.meter.nested >= NESTED_CAP {
        outer.limit("code in constants");
        return false;
    }
    outer.meter.nested = outer.meter.nested.saturating_add(1);
    let is_portable = |value: &Value| {
        matches!(
            value,
            Value::Const(..) | Value::Path(..) | Value::From(_) | Value::List(_)
        )
    };
    let known = outer.globals.iter().filter(|(_, value)| is_portable(value));
    let known: HashMap<String, Value> = known.map(|(n, v)| (n.clone(), v.clone())).collect();
    let (meter, wrapped) = (outer.meter.clone(), outer.wrapped.saturating_add(1));
    let walked = with_tree(
        text.trim_start(),
        Dialect::Module,
        |body, _, damage, stack| {
            if damage.is_some() {
                return None;
            }
            let mut inner = Walk::new(meter, known, wrapped, stack);
            inner.module(body);
            let globals = std::mem::take(&mut inner.globals);
            let last = match std::mem::take(&mut inner.last) {
                value if is_portable(&value) => value,
                _ => Value::Unknown,
            };
            Some((inner.meter.clone(), globals, last, inner.finish()))
        },
    );
    let Ok(Some((meter, globals, last, program))) = walked else {
        return false;
    };
    outer.meter = meter;
    outer.last = last;
    for (name, value) in globals {
        if is_portable(&value) {
            outer.globals.entry(name).or_insert(value);
        }
    }
    for mut reach in program.reaches {
        // Positions inside of a constant mean nothing outside.
        (reach.at, reach.end) = (range.start().to_usize(), range.end().to_usize());
        let unit = match reach.when {
            When::Imported => outer.unit,
            _ => usize::MAX,
        };
        let key = (unit, reach.at, format!("{} {:?}", reach.path, reach.act));
        if outer.seen.insert(key) {
            outer.told.push((unit, reach));
        }
    }
    for what in program.limits {
        outer.limit(what);
    }
    true
}
