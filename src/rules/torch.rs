//! Rules about PyTorch archives and what travels in them.

use super::Rule;
use crate::report::Severity;

/// The family, in the order of the catalogue.
pub static RULES: &[&Rule] = &[
    &SEVERAL_PICKLES,
    &FOREIGN_MEMBER,
    &STORAGE_SIZE,
    &STORAGE_MISSING,
    &STORAGE_UNNAMED,
    &ODD_RECORD,
    &SCRIPT_CODE,
    &SCRIPT_OPERATOR,
    &SCRIPT_OPERATOR_TABLE,
    &SCRIPT_LIBRARY,
    &SCRIPT_FOREIGN_CODE,
    &PACKAGE_CODE,
    &PACKAGE_EXTERN,
    &ARCHIVE_HANDLER,
    &ARCHIVE_PATH,
    &ARCHIVE_REQUIREMENTS,
    &CHECKPOINT_PATH,
    &CHECKPOINT_EXTENT,
];

/// More than one object in an archive for one.
pub static SEVERAL_PICKLES: Rule = Rule {
    id: "torch-several-pickles",
    severity: Severity::Medium,
    title: "the archive holds several `data.pkl`",
    why: "A PyTorch archive has one object. Which of several the loader takes depends on the order \
          of the members, and upper and lower case are the same to it, so a harmless one may stand \
          in front of the one that is loaded.",
    remedy: "Ask for a file that `torch.save` wrote. Judge every one of the pickles as if it were \
             loaded.",
    references: &["CWE-436"],
};

/// A member that PyTorch does not write.
pub static FOREIGN_MEMBER: Rule = Rule {
    id: "torch-foreign-member",
    severity: Severity::Low,
    title: "the archive holds a member that PyTorch does not write",
    why: "PyTorch writes a fixed layout. Anything else was put there by other means and is not \
          needed to load the model, but other code may look for it.",
    remedy: "Ask what the member is for, or save the model again without it.",
    references: &["CWE-506"],
};

/// A storage of another size than the pickle says.
pub static STORAGE_SIZE: Rule = Rule {
    id: "torch-storage-size",
    severity: Severity::High,
    title: "a storage has another size than the pickle says",
    why: "Loaders have taken the number of elements from the pickle and the bytes from the member \
          without comparing them: a tensor then reaches past its memory, which leaks or overwrites \
          what lies there, with `weights_only=True` as well.",
    remedy: "Do not load the file with an old version of PyTorch. Ask for a file that \
             `torch.save` wrote.",
    references: &["CWE-125", "CWE-787", "CVE-2026-24747"],
};

/// A storage that is not there.
pub static STORAGE_MISSING: Rule = Rule {
    id: "torch-storage-missing",
    severity: Severity::Low,
    title: "a storage that the pickle names is not in the archive",
    why: "Loading ends with an error, or another reader takes the bytes from elsewhere: the \
          archive was changed after it was written, or is not whole.",
    remedy: "Fetch the file again and compare its checksum.",
    references: &["CWE-20"],
};

/// A storage that nobody names.
pub static STORAGE_UNNAMED: Rule = Rule {
    id: "torch-storage-unnamed",
    severity: Severity::Low,
    title: "the archive holds a storage that its pickle does not name",
    why: "PyTorch writes only what the pickle names and never reads anything else. Such bytes are \
          no weights; they are cargo for somebody who knows where to look.",
    remedy: "Load the model and save it again, which leaves them out.",
    references: &["CWE-506"],
};

/// A small record that does not say what PyTorch writes.
pub static ODD_RECORD: Rule = Rule {
    id: "torch-odd-record",
    severity: Severity::Low,
    title: "a record of the archive does not say what PyTorch writes",
    why: "PyTorch writes a version, a byte order and an alignment of a few bytes. What says \
          something else makes loaders fail or take the numbers for others, and bytes behind it \
          are read by nobody.",
    remedy: "Ask for a file that `torch.save` wrote.",
    references: &["CWE-20"],
};

/// A program in the archive.
pub static SCRIPT_CODE: Rule = Rule {
    id: "torch-script-code",
    severity: Severity::Info,
    title: "the archive is a TorchScript program",
    why: "`torch.jit.load` compiles the source in `code/` and runs it when the model is called, \
          and its `__setstate__` while it is loaded. What the source does is judged where it \
          stands.",
    remedy: "Load the program only if you trust its origin, or ask for plain weights.",
    references: &["CWE-94"],
};

/// An operator that does more than compute.
pub static SCRIPT_OPERATOR: Rule = Rule {
    id: "torch-script-operator",
    severity: Severity::High,
    title: "the TorchScript program uses an operator that does more than compute",
    why: "TorchScript is no sandbox. The program reaches files, other machines or memory outside \
          of its tensors when the model is called, or while it is loaded, also where `torch.load` \
          hands the archive on to `torch.jit.load`.",
    remedy: "Do not load the program. Ask its author for plain weights, or for a program without \
             the operator.",
    references: &["CWE-94", "CWE-73", "CVE-2025-32434"],
};

/// The table of operators as a value.
pub static SCRIPT_OPERATOR_TABLE: Rule = Rule {
    id: "torch-script-operator-table",
    severity: Severity::High,
    title: "the TorchScript program gives the table of operators another name",
    why: "Under another name, in brackets or through `getattr`, every operator can be called \
          without being spelled out. The compiler accepts that and no serialiser writes it.",
    remedy: "Do not load the program. Ask for one that `torch.jit.save` wrote.",
    references: &["CWE-94", "CWE-506"],
};

/// Native code that must be there.
pub static SCRIPT_LIBRARY: Rule = Rule {
    id: "torch-script-library",
    severity: Severity::Low,
    title: "the TorchScript program needs operators or classes of a library that is not PyTorch's",
    why: "The program runs only after somebody loaded a native library that registers them; what \
          they do is not part of the file.",
    remedy: "Find out which library it is, and load it only from a source that you trust.",
    references: &["CWE-829"],
};

/// Python where TorchScript stands.
pub static SCRIPT_FOREIGN_CODE: Rule = Rule {
    id: "torch-script-foreign-code",
    severity: Severity::High,
    title: "the TorchScript source holds Python that TorchScript does not have",
    why: "No serialiser writes it and the compiler has no use for it: the file was written by hand, \
          for a reader that runs it as Python.",
    remedy: "Do not load the program, and do not import the source.",
    references: &["CWE-506", "CWE-94"],
};

/// Source in a torch package.
pub static PACKAGE_CODE: Rule = Rule {
    id: "torch-package-code",
    severity: Severity::Medium,
    title: "the torch package brings Python source that runs when it is imported",
    why: "`torch.package.PackageImporter` runs the modules of the archive as Python, with all that \
          Python can do, as soon as an object of one of them is loaded.",
    remedy: "Read the source before you import the package, or ask for plain weights.",
    references: &[
        "CWE-94",
        "https://docs.pytorch.org/docs/stable/package.html",
    ],
};

/// A module that a torch package takes from outside.
pub static PACKAGE_EXTERN: Rule = Rule {
    id: "torch-package-extern",
    severity: Severity::Low,
    title: "the torch package takes a powerful module from the machine that loads it",
    why: "An extern module is the real one, not a copy in the package. Code and pickles in the \
          package reach processes, files or native code through it.",
    remedy: "Find out what the package needs the module for before you import it.",
    references: &[
        "CWE-829",
        "https://docs.pytorch.org/docs/stable/package.html",
    ],
};

/// The handler of a TorchServe archive.
pub static ARCHIVE_HANDLER: Rule = Rule {
    id: "torch-archive-handler",
    severity: Severity::Medium,
    title: "the model archive brings Python code that the server runs",
    why: "TorchServe imports the handler, and with it everything beside it, in its worker as soon \
          as the model is registered, with the rights of the server.",
    remedy: "Read the handler before you register the model, or register it with one of the \
             server's own handlers.",
    references: &[
        "CWE-94",
        "https://github.com/pytorch/serve/blob/master/model-archiver/README.md",
    ],
};

/// A path in a manifest that leaves the archive.
pub static ARCHIVE_PATH: Rule = Rule {
    id: "torch-archive-path",
    severity: Severity::High,
    title: "the manifest of the model archive names a file outside of it",
    why: "The server joins the name to the folder of the model, and such a name leads out of it: a \
          file of the server is loaded as a model or run as a handler.",
    remedy: "Do not register the model. Ask for an archive that `torch-model-archiver` made.",
    references: &["CWE-22", "CVE-2023-48299"],
};

/// Requirements from elsewhere.
pub static ARCHIVE_REQUIREMENTS: Rule = Rule {
    id: "torch-archive-requirements",
    severity: Severity::Medium,
    title: "the requirements of the model archive name another source of packages",
    why: "A server that installs the requirements of its models fetches and runs what that source \
          offers.",
    remedy: "Do not let the server install requirements, or pin them to sources that you trust.",
    references: &["CWE-829", "CWE-494"],
};

/// A path in the metadata of a distributed checkpoint.
pub static CHECKPOINT_PATH: Rule = Rule {
    id: "torch-checkpoint-path",
    severity: Severity::High,
    title: "the metadata of the checkpoint names a file outside of its folder",
    why: "The reader joins the name to the folder of the checkpoint and opens what it finds: any \
          file of the machine, or of the network, is read as tensors.",
    remedy: "Do not load the checkpoint. Ask for one that `torch.distributed.checkpoint` wrote.",
    references: &["CWE-22", "CWE-73"],
};

/// Overlapping or impossible places in a distributed checkpoint.
pub static CHECKPOINT_EXTENT: Rule = Rule {
    id: "torch-checkpoint-extent",
    severity: Severity::Medium,
    title: "the metadata of the checkpoint names places that cannot be",
    why: "Every entry has bytes of its own in a data file. Entries that share bytes, or lie at \
          negative offsets, were not written by PyTorch and read other bytes than were reviewed.",
    remedy: "Do not load the checkpoint. Ask for one that `torch.distributed.checkpoint` wrote.",
    references: &["CWE-20"],
};
