//! Names: what they are bound to, and what they mean where nothing is.

use ruff_python_ast::{self as ast, Expr};

use super::value::{Made, Value};
use super::walk::{TOP, Walk};

/// Names of one scope that are remembered.
const NAMES_CAP: usize = 1 << 16;

/// Modules of which every name was imported that are remembered.
const STARS_CAP: usize = 64;

/// Functions around one another that are searched for a name.
const SCOPES_CAP: usize = 64;

impl<'a> Walk<'a, '_> {
    pub fn import(&mut self, import: &'a ast::StmtImport) {
        for alias in &import.names {
            let module = alias.name.id.as_str();
            let first = module.split('.').next().unwrap_or(module);
            match &alias.asname {
                Some(name) => self.bind(name.id.as_str(), Value::path(module, Made::Plain)),
                None => self.bind(first, Value::path(first, Made::Plain)),
            }
        }
    }

    pub fn import_from(&mut self, import: &'a ast::StmtImportFrom) {
        let module = import.module.as_ref().map_or("", |name| name.id.as_str());
        for alias in &import.names {
            let name = alias.name.id.as_str();
            let bound = alias.asname.as_ref().map_or(name, |name| name.id.as_str());
            if import.level > 0 {
                // A neighbour in the same package is no module of the library.
                self.bind(bound, Value::Unknown);
            } else if name == "*" {
                if self.stars.len() < STARS_CAP {
                    self.stars.push(module.to_owned());
                }
            } else {
                self.bind(bound, Value::path(&format!("{module}.{name}"), Made::Plain));
            }
        }
    }

    /// Bind a name in the scope at hand.
    pub fn bind(&mut self, name: &str, value: Value) {
        let names = match self.class {
            Some(class) => self.classes.get_mut(class).map(|class| &mut class.names),
            None if self.is_top() => Some(&mut self.globals),
            None => self.units.get_mut(self.unit).map(|unit| &mut unit.locals),
        };
        let Some(names) = names else { return };
        let room = names.len() < NAMES_CAP;
        match names.get_mut(name) {
            // Another branch may have set what is not known here.
            Some(slot) if value == Value::Unknown && matches!(slot, Value::Path(..)) => {}
            Some(slot) => *slot = value,
            None if room => {
                names.insert(name.to_owned(), value);
            }
            None => self.limit("names"),
        }
    }

    /// Whether names of the unit at hand are globals.
    fn is_top(&self) -> bool {
        self.unit <= super::walk::MAIN
    }

    pub fn assign(&mut self, target: &'a Expr, value: Value) {
        match target {
            Expr::Name(name) => {
                self.plant(&value, name.id.as_str(), target);
                self.bind(name.id.as_str(), value);
            }
            Expr::Tuple(ast::ExprTuple { elts, .. }) | Expr::List(ast::ExprList { elts, .. }) => {
                let mut values = match &value {
                    Value::List(items) if items.len() == elts.len() => items.to_vec(),
                    _ => vec![value.origin().map_or(Value::Unknown, Value::From); elts.len()],
                }
                .into_iter();
                for element in elts {
                    self.assign(element, values.next().unwrap_or_default());
                }
            }
            Expr::Starred(starred) => self.assign(&starred.value, Value::Unknown),
            Expr::Attribute(attribute) => {
                let owner = self.expr(&attribute.value);
                let name = attribute.attr.id.as_str();
                self.plant(&value, name, target);
                if let Value::Instance(class) | Value::Class(class) = owner
                    && let Some(class) = self.classes.get_mut(class)
                    && class.names.len() < NAMES_CAP
                {
                    class.names.entry(name.to_owned()).or_insert(value);
                }
            }
            Expr::Subscript(subscript) => {
                self.expr(&subscript.value);
                self.expr(&subscript.slice);
                self.plant(&value, "[]", target);
            }
            _ => {}
        }
    }

    /// What a name means here.
    pub fn lookup(&self, name: &str) -> Value {
        let in_class = self.class.and_then(|class| self.classes.get(class));
        if let Some(value) = in_class.and_then(|class| class.names.get(name)) {
            return value.clone();
        }
        let mut unit = self.unit;
        for _ in 0..SCOPES_CAP {
            let Some(scope) = self.units.get(unit).filter(|_| unit != TOP) else {
                break;
            };
            if let Some(value) = scope.locals.get(name) {
                return value.clone();
            }
            unit = scope.parent;
        }
        if let Some(value) = self.globals.get(name) {
            return value.clone();
        }
        self.outside(name)
    }

    /// What a name means that the source does not bind.
    fn outside(&self, name: &str) -> Value {
        let starred = self.stars.iter().find_map(|module| {
            let path = format!("{module}.{name}");
            crate::detect::bytecode::weigh(&path).map(|_| path)
        });
        match (starred, name) {
            (Some(path), _) => Value::path(&path, Made::Plain),
            (None, "__builtins__") => Value::path("builtins", Made::Built),
            (None, _) => Value::path(&format!("builtins.{name}"), Made::Plain),
        }
    }

    /// The attribute `name` of a value.
    pub fn attribute(&self, owner: &Value, name: &str, made: Made) -> Value {
        match owner {
            Value::Path(path, how) => {
                let how = made.max(*how);
                match (&**path, name) {
                    (_, "__builtins__") => Value::path("builtins", Made::Built),
                    (_, "__globals__") => Value::path("globals()", Made::Built),
                    ("builtins.object" | "builtins.type", _) if name.starts_with("__") => {
                        Value::Unknown
                    }
                    _ => Value::path(&format!("{path}.{name}"), how),
                }
            }
            Value::Instance(class) | Value::Class(class) => {
                let names = self.classes.get(*class).map(|class| &class.names);
                names
                    .and_then(|names| names.get(name))
                    .cloned()
                    .unwrap_or_default()
            }
            Value::From(origin) => Value::From(*origin),
            Value::Const(..) | Value::List(_) => {
                Value::Method(std::rc::Rc::new(owner.clone()), std::rc::Rc::from(name))
            }
            _ => match name {
                "__builtins__" => Value::path("builtins", Made::Built),
                "__globals__" => Value::path("globals()", Made::Built),
                _ => Value::Unknown,
            },
        }
    }
}
