//! Rules about foreign content in the bytes: things that have no business in a
//! model, wherever in the file they lie.

use super::Rule;
use crate::report::Severity;

/// The family, in the order of the catalogue.
pub static RULES: &[&Rule] = &[
    &EXECUTABLE,
    &SCRIPT,
    &REVERSE_SHELL,
    &DROPPER,
    &CODE_EVALUATION,
    &MINER,
    &PICKLE,
    &ARCHIVE,
];

/// A program for an operating system or a virtual machine.
pub static EXECUTABLE: Rule = Rule {
    id: "embedded-executable",
    severity: Severity::High,
    title: "an executable program lies in the bytes",
    why: "A model is numbers. A program hidden among them, or in place of them, is there to be \
          unpacked and started by something that runs later, and no model library will look at it \
          before that.",
    remedy: "Do not load the model. Find out who put the program there; if it is meant to be \
             there, as in a self-running model bundle, get it from its publisher and check the \
             published digest.",
    references: &["CWE-506", "CWE-434", "MITRE ATT&CK T1027.009"],
};

/// A script with an interpreter line, inside binary data.
pub static SCRIPT: Rule = Rule {
    id: "embedded-script",
    severity: Severity::High,
    title: "a script lies in binary data",
    why: "The bytes hold a complete script with its interpreter line. Weights and tables never \
          contain one; a loader or a second file can cut it out and run it.",
    remedy: "Look at the script at the given offset. Do not load the model unless its publisher \
             can say why it is there.",
    references: &["CWE-506", "MITRE ATT&CK T1059"],
};

/// A command that connects a shell to a remote machine.
pub static REVERSE_SHELL: Rule = Rule {
    id: "embedded-reverse-shell",
    severity: Severity::Critical,
    title: "a command that opens a remote shell lies in the bytes",
    why: "The text connects a command shell on the machine that runs it to a network address, \
          which hands that machine to whoever listens there. It has no other use.",
    remedy: "Do not load the file, and treat machines that already did as compromised.",
    references: &["CWE-506", "MITRE ATT&CK T1059.004"],
};

/// A command that downloads or unpacks something and runs it.
pub static DROPPER: Rule = Rule {
    id: "embedded-dropper",
    severity: Severity::High,
    title: "a command that fetches or decodes code and runs it lies in the bytes",
    why: "The text fetches a program or decodes a hidden one and passes it straight to an \
          interpreter. If anything runs this text, somebody else decides what happens next.",
    remedy: "Look at the command at the given offset. In model data it should not be there; in an \
             installation script, check the address it trusts.",
    references: &["CWE-506", "CWE-494", "MITRE ATT&CK T1105"],
};

/// Code in the shape of an exploit: decode and evaluate in one expression.
pub static CODE_EVALUATION: Rule = Rule {
    id: "embedded-code-evaluation",
    severity: Severity::High,
    title: "an expression that decodes and runs hidden code lies in the bytes",
    why: "The expression imports, fetches or decodes something and evaluates it on the spot. \
          Ordinary programs do not write it like this; payloads that must fit in one string do.",
    remedy: "Look at the expression at the given offset and at what evaluates it. Do not load the \
             file before that is clear.",
    references: &["CWE-95", "CWE-506", "MITRE ATT&CK T1027"],
};

/// The address of a mining pool.
pub static MINER: Rule = Rule {
    id: "embedded-miner-configuration",
    severity: Severity::High,
    title: "the address of a cryptocurrency mining pool lies in the bytes",
    why: "The address is of a protocol that only mining programs speak: something in this model, \
          or beside it, is meant to compute for somebody else.",
    remedy: "Do not load the model; look for the program that reads this address.",
    references: &["CWE-506", "MITRE ATT&CK T1496"],
};

/// A pickle with a payload inside other bytes.
pub static PICKLE: Rule = Rule {
    id: "embedded-pickle",
    severity: Severity::Critical,
    title: "a pickle that calls a dangerous function lies inside other bytes",
    why: "The bytes hold a complete program that runs a command or evaluates code once they are \
          given to an unpickler. Weights do not contain this by chance; it is a payload that \
          another part of the model, or a loader that is led to it, sets off.",
    remedy: "Do not use the file. Ask where it comes from and compare its checksum with the \
             published one.",
    references: &["CWE-506", "CWE-502"],
};

/// An archive or a packed stream inside other bytes.
pub static ARCHIVE: Rule = Rule {
    id: "embedded-archive",
    severity: Severity::Medium,
    title: "an archive lies in bytes that are something else",
    why: "Nothing that loads this file looks for an archive inside it, so whoever put it there has \
          another program, or a person, take it out. Programs and documents carry archives by \
          design; among the numbers of a model there is no reason for one. What is in it was \
          examined like any other file.",
    remedy: "Look at what was found in the archive. If it lies in weights, do not use the file \
             until its publisher can say why it is there.",
    references: &["CWE-506", "MITRE ATT&CK T1027.009"],
};
