//! Python source, judged on its syntax tree: what it does, and when.
//!
//! Nothing is run. Names are followed through imports, aliases, attributes and
//! the ways around them (`getattr`, `__import__`, `sys.modules`, `globals()`),
//! texts are put together and decoded where they are constants, and what is
//! called is weighed by the knowledge base of callables
//! ([`globals`](super::globals)). A *reach* is one thing that code does;
//! whether it does so when it is imported or when somebody calls a function is
//! told apart, because an ordinary program may well run commands, and an
//! ordinary model has no reason to do so while it is imported.
//!
//! What the parser refuses, since it is too long or nests too deep, is read
//! token by token instead (`tokens`), and a limit says so.
//!
//! An attacker hides the name, or the code in a constant, or nests until the
//! parser gives up. Not seen: values that pass through attributes, containers
//! and arguments of longer functions; which branch is taken.

mod act;
mod call;
mod connects;
mod evaluate;
mod names;
mod nested;
mod parse;
mod prose;
mod reach;
mod settle;
mod shell;
mod tokens;
mod value;
mod walk;

#[cfg(test)]
mod tests;

pub use parse::{Damage, Dialect, SOURCE_CAP_BYTES};
pub use reach::{Act, Command, Program, Reach, When};
pub use value::{Made, Origin};

use std::collections::HashMap;

use crate::budget::{Budget, Stop};
use parse::{Refusal, with_tree};
use walk::{Meter, Walk};

/// What a source does.
pub fn judge(text: &str, dialect: Dialect, budget: &Budget) -> Result<Program, Stop> {
    budget.check()?;
    let walked = with_tree(text, dialect, |body, comments, damage, stack| {
        let mut walk = Walk::new(Meter::new(budget), HashMap::new(), 0, stack);
        walk.module(body);
        let stopped = walk.meter.stopped;
        let mut program = walk.finish();
        program.damage = damage;
        match stopped {
            Some(stop) => Err(stop),
            None => {
                program.prose = prose::prose(text, body, comments, &program);
                Ok(program)
            }
        }
    });
    let mut program = match walked {
        Ok(program) => program?,
        Err(refusal) => {
            let mut program = tokens::program(text, budget)?;
            program.limits.push(match refusal {
                Refusal::Long => "bytes",
                Refusal::Deep => "levels of nesting",
            });
            return Ok(program);
        }
    };
    // What was not understood is read by its tokens as well.
    if program.damage.is_some() {
        let more = tokens::program(text, budget)?;
        program.add(more);
    }
    Ok(program)
}
