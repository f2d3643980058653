//! Rules of the pickle family: what a pickle does when it is loaded, and what
//! is wrong with the stream itself.

use super::Rule;
use crate::report::Severity;

/// The family, in the order of the catalogue.
pub static RULES: &[&Rule] = &[
    &DANGEROUS_CALL,
    &DANGEROUS_IMPORT,
    &UNKNOWN_CALL,
    &UNKNOWN_CLASS,
    &COMPUTED_GLOBAL,
    &ATTRIBUTE_PATH,
    &ATTRIBUTE_ACCESS,
    &EXTENSION_CODE,
    &FOREIGN_STATE,
    &FOREIGN_WRITE,
    &PLANTED_METHOD,
    &CALL_OF_RESULT,
    &PERSISTENT_ID,
    &TENSOR_OUTSIDE_STORAGE,
    &FRAME_CROSSING,
    &IMPOSSIBLE_FRAME,
    &UNSURE_ARRAY,
    &MEMO_INDEX,
    &MALFORMED,
    &TRAILING_DATA,
    &STORAGE_MISMATCH,
];

/// What most of the rules advise.
const DO_NOT_LOAD: &str = "Do not load the file with pickle, joblib or `torch.load` without \
    `weights_only=True`. Ask its author for the weights as safetensors.";

/// A call of something that takes over the machine.
pub static DANGEROUS_CALL: Rule = Rule {
    id: "pickle-dangerous-call",
    severity: Severity::Critical,
    title: "loading the pickle calls a dangerous function",
    why: "A pickle is a program. This one calls a function that runs commands, evaluates code or \
          reaches outside the process, with arguments that the file chooses, the moment it is \
          loaded.",
    remedy: DO_NOT_LOAD,
    references: &["CWE-502", "CVE-2025-1716", "CVE-2025-32434"],
};

/// An import of something dangerous that nothing in the stream calls.
pub static DANGEROUS_IMPORT: Rule = Rule {
    id: "pickle-dangerous-import",
    severity: Severity::High,
    title: "the pickle imports a dangerous function",
    why: "The object that comes out of this pickle holds a function that runs commands, evaluates \
          code or reaches outside the process. Nothing in the stream calls it, but whatever uses \
          the object may.",
    remedy: DO_NOT_LOAD,
    references: &["CWE-502"],
};

/// A call of a function nobody vetted.
pub static UNKNOWN_CALL: Rule = Rule {
    id: "pickle-unknown-call",
    severity: Severity::Medium,
    title: "loading the pickle calls a function that is not known to be harmless",
    why: "Rebuilding ordinary objects needs a small set of functions. Any other function that a \
          pickle calls may be a way to run code that is not on anybody's list yet.",
    remedy: "Look at what the function does with these arguments before loading the file, or load \
             only the weights.",
    references: &["CWE-502"],
};

/// A class of a package that models do not ordinarily name.
pub static UNKNOWN_CLASS: Rule = Rule {
    id: "pickle-unknown-class",
    severity: Severity::Low,
    title: "loading the pickle makes an object of a class from an unknown package",
    why: "Loading needs the package that has the class, and runs that class's own code. Models of \
          research projects often need this; a file that should hold weights only does not.",
    remedy: "Make sure that the package is the one you expect and that you trust it.",
    references: &["CWE-502"],
};

/// A global whose name comes out of a computation.
pub static COMPUTED_GLOBAL: Rule = Rule {
    id: "pickle-computed-global",
    severity: Severity::Critical,
    title: "the name of an import is computed while loading",
    why: "Every pickler writes the names of its imports as constants. A name that is computed \
          hides from whoever reads the file what will be imported.",
    remedy: DO_NOT_LOAD,
    references: &["CWE-502", "CWE-506"],
};

/// A global reached through other objects.
pub static ATTRIBUTE_PATH: Rule = Rule {
    id: "pickle-attribute-path",
    severity: Severity::Critical,
    title: "an import goes through other objects to what it wants",
    why: "A dotted or special name reaches any module that a harmless-looking one happens to have \
          imported, so that `pathlib` + `os.system` is `os.system`. No pickler names a module or a \
          special attribute like this.",
    remedy: DO_NOT_LOAD,
    references: &["CWE-502", "CVE-2025-10157"],
};

/// An attribute read by name while loading.
pub static ATTRIBUTE_ACCESS: Rule = Rule {
    id: "pickle-attribute-access",
    severity: Severity::Critical,
    title: "loading the pickle reads an attribute that no pickler asks for",
    why: "Reading special attributes, or attributes of modules, leads from any object to the \
          whole interpreter.",
    remedy: DO_NOT_LOAD,
    references: &["CWE-502"],
};

/// A code of the extension registry.
pub static EXTENSION_CODE: Rule = Rule {
    id: "pickle-extension-code",
    severity: Severity::Critical,
    title: "an import hides behind a number of the extension registry",
    why: "Extension codes stand for imports that only the loading process knows. No library for \
          models writes them; here they hide what is imported.",
    remedy: DO_NOT_LOAD,
    references: &["CWE-502"],
};

/// `BUILD` on something the stream did not make.
pub static FOREIGN_STATE: Rule = Rule {
    id: "pickle-foreign-state",
    severity: Severity::Critical,
    title: "loading the pickle changes a class, a function or a module",
    why: "State is meant for objects that the pickle itself made. Setting it on an import replaces \
          parts of the program that loads the file, and whatever uses them later runs the \
          replacement.",
    remedy: DO_NOT_LOAD,
    references: &["CWE-502", "CWE-915"],
};

/// Items stored in something that is no container of the stream.
pub static FOREIGN_WRITE: Rule = Rule {
    id: "pickle-foreign-write",
    severity: Severity::Critical,
    title: "loading the pickle stores items in something it did not make",
    why: "Storing into the table of modules, a namespace or a tensor changes the program or the \
          memory of the process that loads the file.",
    remedy: DO_NOT_LOAD,
    references: &["CWE-502", "CWE-915", "CVE-2026-24747"],
};

/// A method planted by a state.
pub static PLANTED_METHOD: Rule = Rule {
    id: "pickle-planted-method",
    severity: Severity::Critical,
    title: "the state of an object plants a method that Python calls by itself",
    why: "A name such as `__setstate__` in the state of an object turns the next step of loading, \
          or the first use of the object, into a call that the file chooses.",
    remedy: DO_NOT_LOAD,
    references: &["CWE-502"],
};

/// The result of a call is called.
pub static CALL_OF_RESULT: Rule = Rule {
    id: "pickle-call-of-result",
    severity: Severity::Critical,
    title: "loading the pickle calls what another call returned",
    why: "No pickler writes this. It is how a chain of harmless-looking calls is led to a function \
          that the file never names.",
    remedy: DO_NOT_LOAD,
    references: &["CWE-502"],
};

/// A persistent id that is no torch storage.
pub static PERSISTENT_ID: Rule = Rule {
    id: "pickle-foreign-persistent-id",
    severity: Severity::Low,
    title: "the pickle refers to an object outside of it",
    why: "The loader decides what a persistent id means. torch accepts storages only; any other \
          reference makes an ordinary loader fail or a special one do what the file says.",
    remedy: "Load the file only with the program that wrote it.",
    references: &["CWE-502"],
};

/// A tensor that reaches outside its storage.
pub static TENSOR_OUTSIDE_STORAGE: Rule = Rule {
    id: "pickle-tensor-outside-storage",
    severity: Severity::High,
    title: "a tensor reaches outside its storage",
    why: "Offset, sizes and strides of this tensor touch memory that its storage does not have. A \
          loader that does not check reads or writes foreign memory.",
    remedy: "Do not load the file; torch does not write it.",
    references: &["CWE-125", "CWE-787", "CVE-2026-24747"],
};

/// An operand over the edge of its frame.
pub static FRAME_CROSSING: Rule = Rule {
    id: "pickle-frame-crossing",
    severity: Severity::Critical,
    title: "an instruction crosses the end of its frame",
    why: "Loading from memory and loading from a file read two different programs out of these \
          bytes, so that what a tool sees need not be what the loader runs. No pickler writes \
          this.",
    remedy: DO_NOT_LOAD,
    references: &["CWE-502", "CWE-436"],
};

/// A frame that cannot be.
pub static IMPOSSIBLE_FRAME: Rule = Rule {
    id: "pickle-impossible-frame",
    severity: Severity::Medium,
    title: "a frame is longer than the stream or lies inside another",
    why: "Loaders disagree about such frames: some refuse, some go on. Either the file was cut or \
          it was built to be read differently by different tools.",
    remedy: "Fetch the file again and compare its checksum. If it stays like this, do not load it.",
    references: &["CWE-436"],
};

/// An array of joblib whose length can be read in two ways.
pub static UNSURE_ARRAY: Rule = Rule {
    id: "pickle-unsure-array",
    severity: Severity::High,
    title: "the description of a joblib array is not as joblib writes it",
    why: "joblib lays the bytes of an array between the instructions of the pickle and skips as \
          many as the description says. A description that is built in another way lets joblib \
          run, as instructions, what a scanner takes for numbers.",
    remedy: DO_NOT_LOAD,
    references: &["CWE-436", "CWE-502"],
};

/// A memo index that takes gigabytes.
pub static MEMO_INDEX: Rule = Rule {
    id: "pickle-memo-bomb",
    severity: Severity::Medium,
    title: "a memo index makes the loader allocate gigabytes",
    why: "The unpickler sizes its memo by the largest index. A small file can use up all memory of \
          whoever loads it.",
    remedy: "Do not load the file; no pickler writes such an index.",
    references: &["CWE-789"],
};

/// A stream that breaks.
pub static MALFORMED: Rule = Rule {
    id: "pickle-malformed",
    severity: Severity::Low,
    title: "the pickle breaks before its end",
    why: "A loader runs everything in front of the break before it fails. A stream that breaks \
          behind its imports and calls is a known way to make tools give up that a loader's error \
          comes too late for.",
    remedy: "Fetch the file again and compare its checksum. If it stays like this, do not load it.",
    references: &["CWE-502", "CWE-755"],
};

/// Bytes behind the last pickle.
pub static TRAILING_DATA: Rule = Rule {
    id: "pickle-trailing-data",
    severity: Severity::Low,
    title: "there are bytes behind the pickle that are no pickle",
    why: "A loader stops at the end of the pickle and never sees what follows. It may be padding, \
          another format, or something that is hidden there for another program.",
    remedy: "Ask the author of the file what the bytes are for.",
    references: &["CWE-434"],
};

/// A legacy PyTorch file whose parts do not fit together.
pub static STORAGE_MISMATCH: Rule = Rule {
    id: "torch-storage-mismatch",
    severity: Severity::Medium,
    title: "the storages of a PyTorch file are not the ones its pickle names",
    why: "The pickle, the list of keys and the raw data of an old PyTorch file must agree. Where \
          they do not, loaders read other bytes than the ones that were reviewed.",
    remedy: "Fetch the file again and compare its checksum. If it stays like this, do not load it.",
    references: &["CWE-20", "CWE-125"],
};
