//! Rules about PyTorch archives.

use super::Rule;
use crate::report::Severity;

/// The family, in the order of the catalogue.
pub static RULES: &[&Rule] = &[&SEVERAL_PICKLES, &FOREIGN_MEMBER, &SCRIPT_CODE];

/// More than one object in an archive for one.
pub static SEVERAL_PICKLES: Rule = Rule {
    id: "torch-several-pickles",
    severity: Severity::Medium,
    title: "the archive holds several `data.pkl`",
    why: "A PyTorch archive has one object. Which of several the loader takes depends on the order \
          of the members, so a harmless one may stand in front of the one that is loaded.",
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

/// A program in the archive.
pub static SCRIPT_CODE: Rule = Rule {
    id: "torch-script-code",
    severity: Severity::Info,
    title: "the archive is a TorchScript program",
    why: "`torch.jit.load` compiles the source in `code/` and runs it when the model is called; it \
          can read and write tensors in files. `torch.load` does not run it.",
    remedy: "Load the program only if you trust its origin, or ask for plain weights.",
    references: &["CWE-94"],
};
