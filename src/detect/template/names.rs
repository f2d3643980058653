//! Names that lead out of a template, and objects that a template has or
//! should not have.

/// Objects of Jinja's own whose attributes lead out.
pub(super) const OPEN_OBJECTS: &[&str] = &[
    "config",
    "cycler",
    "get_flashed_messages",
    "joiner",
    "lipsum",
    "namespace",
    "request",
    "self",
    "url_for",
];

/// Attributes without an underscore that lead to frames, classes or a format
/// of names.
const LEADING_OUT: &[&str] = &[
    "ag_frame",
    "cr_frame",
    "f_back",
    "f_builtins",
    "f_globals",
    "f_locals",
    "func_globals",
    "gi_code",
    "gi_frame",
    "im_func",
    "mro",
    "tb_frame",
];

/// Functions that loaders of chat templates give them, and Jinja's own.
pub(super) const KNOWN_FUNCTIONS: &[&str] = &[
    "caller",
    "cycler",
    "dict",
    "enumerate",
    "joiner",
    "len",
    "lipsum",
    "loop",
    "namespace",
    "now",
    "raise_exception",
    "range",
    "strftime_now",
    "super",
    "tojson",
    "zip",
];

/// Modules, builtins and objects of web frameworks: what a template is written
/// for that expects to be rendered somewhere else.
pub(super) const FOREIGN_OBJECTS: &[&str] = &[
    "builtins",
    "commands",
    "compile",
    "config",
    "delattr",
    "eval",
    "exec",
    "execfile",
    "get_flashed_messages",
    "getattr",
    "globals",
    "import_module",
    "importlib",
    "input",
    "locals",
    "open",
    "os",
    "platform",
    "popen",
    "posix",
    "pty",
    "request",
    "requests",
    "setattr",
    "shutil",
    "socket",
    "subprocess",
    "sys",
    "system",
    "url_for",
    "urllib",
    "vars",
];

/// Methods whose own name, as a text, has an underscore.
pub(super) const UNDERSCORED_METHODS: &[&str] = &[
    "as_integer_ratio",
    "bit_count",
    "bit_length",
    "format_map",
    "from_bytes",
    "is_integer",
    "to_bytes",
];

/// Whether an attribute of this name leads out.
pub(super) fn is_private(name: &str) -> bool {
    name.starts_with('_') || LEADING_OUT.contains(&name)
}

/// `__name__`, as Python calls its internals.
pub(super) fn is_dunder(name: &str) -> bool {
    name.len() > 4 && name.starts_with("__") && name.ends_with("__")
}

/// Whether a dunder stands in the text as a word.
pub(super) fn holds_dunder(text: &str) -> bool {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .any(|word| is_dunder(word) && word.chars().all(|c| c.is_ascii_lowercase() || c == '_'))
}
