//! Globals: by their operands, by constants on the stack, by extension code.

use super::calls::How;
use super::event::Fact;
use super::machine::Machine;
use super::summary::Trouble;
use super::value::{GlobalId, Value};
use crate::detect::constants::Datum;
use crate::detect::globals::{Effect, Judgement};
use crate::wire::pickle::{Literal, Opcode, Operand};

/// Bytes of a module or a name that are read; no importable name is longer.
const NAME_CAP_BYTES: usize = 4096;

/// Modules that one stream may give another meaning.
const ALIAS_CAP: usize = 1 << 10;

impl Machine<'_, '_> {
    /// `GLOBAL`, `STACK_GLOBAL`, `INST` and the extension codes.
    pub(super) fn import(&mut self, operand: Operand) -> Result<(), Trouble> {
        let value = match (self.opcode, operand) {
            (Opcode::Inst, Operand::Names(module, name)) => {
                let args = self.marked_arguments()?;
                let callee = self.global((module, name))?;
                self.call(How::Called, callee, args)?
            }
            (_, Operand::Names(module, name)) => self.global((module, name))?,
            (Opcode::StackGlobal, _) => self.stack_global()?,
            (_, Operand::Int(code)) => self.extension(code)?,
            _ => Value::Unknown,
        };
        Ok(self.level.stack.push(value)?)
    }

    fn stack_global(&mut self) -> Result<Value, Trouble> {
        let name = self.level.stack.pop()?;
        let module = self.level.stack.pop()?;
        if let (Value::Text(module), Value::Text(name)) = (module, name) {
            return self.global((module, name));
        }
        if let (Some(Datum::Text(path)), Some(Datum::Text(last))) =
            (self.datum(module, 0), self.datum(name, 0))
        {
            self.summary.imports = self.summary.imports.saturating_add(1);
            let id = self.named(&path, &last, self.span.start)?;
            self.names.originate(id, &[module, name]);
            self.tell_with(Fact::ComputedGlobal, Some(id), &[module, name], |scene| {
                scene.show(Value::Global(id))
            });
            return Ok(Value::Global(id));
        }
        let computed = |v: Value| v.is_active() || v == Value::Made;
        if !computed(module) && !computed(name) {
            return Err(Trouble::Refused("a global is named by no text".to_owned()));
        }
        self.tell_with(Fact::ComputedGlobal, None, &[module, name], |scene| {
            format!("{}, {}", scene.show(module), scene.show(name))
        });
        Ok(Value::Unknown)
    }

    /// The global that these two constants name.
    pub(super) fn global(&mut self, operands: (Literal, Literal)) -> Result<Value, Trouble> {
        self.summary.imports = self.summary.imports.saturating_add(1);
        if let Some(id) = self.names.known(operands) {
            return Ok(Value::Global(id));
        }
        let module = self.name_text(operands.0)?;
        let name = self.name_text(operands.1)?;
        if !is_path(&module) || !is_path(&name) {
            self.summary.odd_names = self.summary.odd_names.saturating_add(1);
        }
        let module = self.aliases.get(&module).cloned().unwrap_or(module);
        let id = self.named(&module, &name, operands.0.span().start)?;
        self.names.remember(operands, id);
        Ok(Value::Global(id))
    }

    /// From now on `module` is another one: the stream put it into the table
    /// of modules.
    pub(super) fn alias_module(&mut self, module: String, meant: String) {
        if self.aliases.len() >= ALIAS_CAP {
            self.limit("replaced modules");
        } else if module != meant {
            self.aliases.insert(module, meant);
            self.names.forget_operands();
        }
    }

    /// A name as text. A carriage return at its end is what is left of a file
    /// that was written in text mode.
    fn name_text(&self, literal: Literal) -> Result<String, Trouble> {
        let bytes = literal
            .fetch(self.source, NAME_CAP_BYTES)
            .map_err(crate::wire::Fault::from)?;
        let text = String::from_utf8_lossy(&bytes);
        Ok(text.strip_suffix('\r').unwrap_or(&text).to_owned())
    }

    /// The global of this name; told if the name alone is suspicious.
    pub(super) fn named(
        &mut self,
        module: &str,
        name: &str,
        site: u64,
    ) -> Result<GlobalId, Trouble> {
        let place = (self.span.start, self.summary.opcodes);
        let Some((id, new)) = self.names.intern(module, name, place, site) else {
            return Err(Trouble::Limit("distinct globals".to_owned()));
        };
        if new {
            self.expect_code(id);
        }
        if new && self.is_path(id) {
            self.names.settle(id);
            self.tell_about(Fact::AttributePath, Some(id), |scene| {
                scene.show(Value::Global(id))
            });
        }
        Ok(id)
    }

    /// Whether a global's name goes through other objects. What an attribute
    /// access made is judged there.
    fn is_path(&self, id: GlobalId) -> bool {
        let named_here = matches!(
            self.opcode,
            Opcode::Global | Opcode::StackGlobal | Opcode::Inst
        );
        let Some(name) = self.names.get(id).filter(|_| named_here) else {
            return false;
        };
        match name.judgement {
            Judgement::Harmless(_) => false,
            // A special name that is known for what it does is told as that.
            Judgement::Dangerous { effect, .. } => {
                name.is_foreign_path()
                    || (name.has_special_part() && effect == Effect::ResolvesNames)
            }
            Judgement::Unknown { .. } => name.is_foreign_path() || name.has_special_part(),
        }
    }

    /// An object of the extension registry: known if this stream put it there.
    fn extension(&mut self, code: i64) -> Result<Value, Trouble> {
        let known = self.extensions.get(&code).copied();
        // A cache that the stream filled itself is asked before this is.
        if code <= 0 && known.is_none() {
            return Err(Trouble::Refused(format!("extension code {code}")));
        }
        let values: Vec<Value> = known.into_iter().collect();
        self.tell_with(Fact::Extension, None, &values, |scene| match known {
            Some(value) => format!("extension code {code} ({})", scene.show(value)),
            None => format!("extension code {code}"),
        });
        Ok(known.unwrap_or(Value::Extension))
    }
}

/// Whether a text is Python names with dots between.
pub(in crate::detect) fn is_path(text: &str) -> bool {
    let is_name = |part: &str| {
        let mut letters = part.chars();
        letters
            .next()
            .is_some_and(|c| c.is_alphabetic() || c == '_')
            && letters.all(|c| c.is_alphanumeric() || c == '_')
    };
    text.split('.').all(is_name)
}
