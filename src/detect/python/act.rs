//! What a call does: the callable weighed together with what it is given.

use ruff_python_ast::{self as ast, Expr, IpyEscapeKind};
use ruff_text_size::TextRange;

use super::call::Named;
use super::connects::connects;
use super::nested;
use super::reach::{Act, Command, Reach, When};
use super::shell;
use super::value::{Made, Origin, Value};
use super::walk::Walk;
use crate::detect::bytecode::{Weight, weigh};
use crate::detect::constants::Datum;
use crate::detect::globals::Effect;
use crate::report::Severity;

/// Things that one source does that are kept.
const REACH_CAP: usize = 1 << 12;

/// Characters of a command or an address that are kept.
const DETAIL_CAP_CHARS: usize = 160;

/// Modules out of which a computed name is suspicious.
const COMMAND_MODULES: &[&str] = &["builtins", "os", "posix", "nt", "subprocess"];

/// Links of a chain of attributes that are looked at.
const CHAIN_CAP: usize = 32;

/// Calls that send what they are given.
const SENDERS: &[&str] = &[
    "post", "put", "request", "urlopen", "send", "sendall", "get",
];

/// Names under which an assigned function is called by the interpreter.
fn is_hook(name: &str) -> bool {
    name.len() > 4 && name.starts_with("__") && name.ends_with("__")
}

impl<'a> Walk<'a, '_> {
    fn weight(&mut self, path: &str) -> Option<Weight> {
        if let Some(known) = self.weights.get(path) {
            return *known;
        }
        let weight = weigh(path);
        if self.weights.len() < REACH_CAP {
            self.weights.insert(path.into(), weight);
        }
        weight
    }

    /// Whether what comes out of a call comes from the network.
    pub fn fetches(&mut self, path: &str) -> bool {
        let by_library = path.starts_with("huggingface_hub.hf_hub_download");
        let weight = self.weight(path);
        by_library || weight.is_some_and(|weight| weight.effect == Effect::UsesNetwork)
    }

    /// Note what a call of the object of this path does.
    pub fn act(
        &mut self,
        path: &str,
        made: Made,
        args: &[Value],
        named: &Named<'a>,
        range: TextRange,
    ) {
        let Some(weight) = self.weight(path) else {
            return;
        };
        let first = args
            .first()
            .or_else(|| named.first().map(|(_, value)| value));
        let origin = first.and_then(Value::origin);
        let mut detail = first.and_then(Value::as_text).map(|(text, _)| cut(text));
        let act = match weight.effect {
            // Of the installer, only its front door installs.
            Effect::RunsCommand if path.starts_with("pip.") => match path.ends_with(".main") {
                true => Act::Runs(Command::Install),
                false => return,
            },
            Effect::RunsCommand => {
                let (command, text) = shell::command(path, args, named);
                detail = text.map(|text| cut(&text));
                match origin {
                    Some(Origin::Fetched | Origin::Decoded) => Act::Runs(Command::Drops),
                    _ => Act::Runs(command),
                }
            }
            Effect::EvaluatesCode => match self.evaluates(path, first, range) {
                Some(act) => act,
                None => return,
            },
            Effect::Deserialises => Act::Deserialises(origin),
            Effect::UsesNetwork => {
                let last = path.rsplit('.').next().unwrap_or(path);
                let mut all = args.iter().chain(named.iter().map(|(_, value)| value));
                match SENDERS.contains(&last) && all.any(is_environment) {
                    true => Act::Leaks,
                    // Whoever hides the name of a call means it.
                    false if made > Made::Plain || connects(path) => Act::Connects,
                    false => return,
                }
            }
            Effect::LoadsNativeCode => Act::Native,
            Effect::TouchesFiles => Act::Deletes,
            Effect::ImportsModule => Act::Imports,
            Effect::ChangesInterpreter => Act::Changes,
            Effect::ResolvesNames if path.starts_with("socket.") => Act::Connects,
            Effect::ResolvesNames | Effect::CallsArgument | Effect::Unvetted => return,
        };
        self.tell(path, act, detail, made, weight.severity, range);
    }

    /// Text that is evaluated is walked as well; what is left to tell of it.
    fn evaluates(&mut self, path: &str, given: Option<&Value>, range: TextRange) -> Option<Act> {
        if !matches!(
            path,
            "builtins.eval" | "builtins.exec" | "builtins.execfile"
        ) {
            // Compiling is half of it: what is done with the code is told.
            return None;
        }
        let given = given?;
        if let Value::Const(datum, made) = given {
            let text = match &**datum {
                Datum::Text(text) => Some(text.as_str()),
                Datum::Bytes(bytes) => std::str::from_utf8(bytes).ok(),
                _ => None,
            };
            let is_walked = text.is_some_and(|text| nested::walk(self, text, range));
            return match (is_walked, made) {
                (true, Made::Plain | Made::Built) => None,
                _ => Some(Act::Evaluates(given.origin())),
            };
        }
        Some(Act::Evaluates(given.origin()))
    }

    /// Something is read by a computed name.
    pub fn computes(&mut self, path: &str, range: TextRange) {
        let module = path.strip_suffix(".__dict__").unwrap_or(path);
        if COMMAND_MODULES.contains(&module) {
            self.tell(
                module,
                Act::Computes,
                None,
                Made::Built,
                Severity::High,
                range,
            );
        }
    }

    /// A dangerous function is put where the interpreter or somebody else
    /// calls it.
    pub fn plant(&mut self, value: &Value, name: &str, target: &'a Expr) {
        let Value::Path(path, made) = value else {
            return;
        };
        let Some(weight) = self.weight(path) else {
            return;
        };
        let runs = matches!(weight.effect, Effect::RunsCommand | Effect::EvaluatesCode);
        let is_builtin = matches!(target, Expr::Attribute(attribute)
            if matches!(&*attribute.value, Expr::Name(name) if name.id.as_str() == "builtins"));
        if runs && weight.severity == Severity::Critical && (is_hook(name) || is_builtin) {
            let range = ruff_text_size::Ranged::range(target);
            self.tell(
                path,
                Act::Plants,
                Some(name.to_owned()),
                *made,
                weight.severity,
                range,
            );
        }
    }

    /// `().__class__.__base__.__subclasses__()` and its like.
    pub fn climb(&mut self, call: &'a ast::ExprCall) {
        let Expr::Attribute(last) = &*call.func else {
            return;
        };
        if last.attr.id.as_str() != "__subclasses__" {
            return;
        }
        let mut at = &*last.value;
        let (mut bases, mut class) = (false, false);
        for _ in 0..CHAIN_CAP {
            at = match at {
                Expr::Attribute(attribute) => {
                    let name = attribute.attr.id.as_str();
                    bases |= matches!(name, "__base__" | "__bases__" | "__mro__" | "mro");
                    class |= name == "__class__";
                    &attribute.value
                }
                Expr::Subscript(subscript) => &subscript.value,
                Expr::Call(call) => &call.func,
                _ => break,
            };
        }
        if bases && class {
            let path = "object.__subclasses__";
            let range = ruff_text_size::Ranged::range(call);
            self.tell(
                path,
                Act::Escapes,
                None,
                Made::Built,
                Severity::Critical,
                range,
            );
        }
    }

    /// A line of a notebook that begins with a sign.
    pub fn escape_line(&mut self, kind: IpyEscapeKind, text: &str, range: TextRange) {
        let text = match kind {
            IpyEscapeKind::Shell | IpyEscapeKind::ShCap => text,
            IpyEscapeKind::Magic => match text.split_once(' ') {
                Some(("sx" | "system" | "sc", rest)) => rest,
                Some(("pip" | "conda", _)) => text,
                _ => return,
            },
            _ => return,
        };
        let (command, detail) = (shell::of_text(text), Some(cut(text)));
        self.tell(
            "!",
            Act::Runs(command),
            detail,
            Made::Plain,
            Severity::High,
            range,
        );
    }

    /// Keep something that the unit at hand does.
    pub fn tell(
        &mut self,
        path: &str,
        act: Act,
        detail: Option<String>,
        made: Made,
        weight: Severity,
        range: TextRange,
    ) {
        let at = range.start().to_usize();
        // A function that is followed twice may do two things at one place.
        if !self.seen.insert((self.unit, at, format!("{path} {act:?}"))) {
            return;
        }
        if self.told.len() >= REACH_CAP {
            return self.limit("calls");
        }
        let name = self.units.get(self.unit).and_then(|unit| unit.name.clone());
        let reach = Reach {
            path: path.to_owned(),
            act,
            detail,
            made,
            when: When::Called,
            within: name,
            at,
            end: range.end().to_usize(),
            weight,
            unwrapped: self.wrapped,
        };
        self.told.push((self.unit, reach));
    }
}

fn is_environment(value: &Value) -> bool {
    match value {
        Value::Path(path, _) => &**path == "os.environ",
        Value::List(items) => items.iter().any(is_environment),
        _ => false,
    }
}

fn cut(text: &str) -> String {
    text.chars().take(DETAIL_CAP_CHARS).collect()
}
