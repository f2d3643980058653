//! What names and stack places are known to mean.

use std::collections::HashMap;
use std::rc::Rc;

use super::Setting;
use crate::wire::marshal::ObjectId;

/// Bindings of one kind that are kept.
const BINDING_CAP: usize = 1 << 16;

/// What is known about a value.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) enum Known {
    /// Nothing.
    #[default]
    Unknown,
    /// The null that calls count with.
    Null,
    /// A constant of the code.
    Const(ObjectId),
    /// The object of this dotted path.
    Path(Rc<str>),
    /// A module whose name was computed.
    Computed,
    /// A function made of this code.
    Function(ObjectId),
    /// `__name__ == "__main__"`.
    IsMain,
}

impl Known {
    /// The object of this path.
    pub(super) fn path(path: &str) -> Known {
        Known::Path(Rc::from(path))
    }
}

/// Names that several code objects share.
#[derive(Debug, Default)]
pub(super) struct Scope {
    globals: HashMap<String, Known>,
    shared: HashMap<String, Known>,
    /// Modules of which every name was imported.
    pub(super) stars: Vec<Rc<str>>,
}

impl Scope {
    /// What is known beforehand.
    pub(super) fn new(setting: &Setting) -> Self {
        let bind = |(name, path): (&String, &String)| (name.clone(), Known::path(path));
        Scope {
            globals: setting.globals.iter().map(bind).collect(),
            shared: setting.variables.iter().map(bind).collect(),
            ..Scope::default()
        }
    }

    /// What a global means, if that was seen.
    pub(super) fn global(&self, name: &str) -> Option<&Known> {
        self.globals.get(name)
    }

    /// What a variable that functions share means.
    pub(super) fn shared(&self, name: &str) -> Known {
        self.shared.get(name).cloned().unwrap_or_default()
    }

    /// Bind a global.
    pub(super) fn bind_global(&mut self, name: &str, value: Known) {
        bind(&mut self.globals, name, value);
    }

    /// Bind a variable that functions share.
    pub(super) fn bind_shared(&mut self, name: &str, value: Known) {
        bind(&mut self.shared, name, value);
    }
}

/// Bind a name; what is known is not replaced by what is not, for another
/// branch may have set it.
pub(super) fn bind(names: &mut HashMap<String, Known>, name: &str, value: Known) {
    let room = names.len() < BINDING_CAP;
    match names.get_mut(name) {
        Some(slot) if value != Known::Unknown => *slot = value,
        Some(slot) if matches!(slot, Known::Const(_) | Known::Null) => *slot = value,
        None if room => {
            names.insert(name.to_owned(), value);
        }
        Some(_) | None => {}
    }
}
