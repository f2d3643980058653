//! Rules about Python source and notebooks: what they do, and when.

use super::Rule;
use crate::report::Severity;

/// The family, in the order of the catalogue.
pub static RULES: &[&Rule] = &[
    &HIDDEN_CODE,
    &HIDDEN_CALL,
    &REMOTE_SHELL,
    &LEAKS_ENVIRONMENT,
    &RUNS_COMMAND,
    &INSTALLS,
    &CONNECTS,
    &SIDE_EFFECT,
    &ENCODING,
    &OUTPUT_SCRIPT,
    &CAPABLE,
];

/// What to do about code in a model's repository.
const READ_IT: &str = "Read the place before anything imports the file. Load the model without \
    trusting remote code, or from a revision whose code you have read.";

/// Code that is evaluated and cannot be read where it stands.
pub static HIDDEN_CODE: Rule = Rule {
    id: "python-hidden-code",
    severity: Severity::Critical,
    title: "Python evaluates code that was decoded or fetched",
    why: "The source holds, or downloads, more source in a form that nobody can review, and runs \
          it. Programs that have nothing to hide write their code down.",
    remedy: "Do not import the file. Whoever must know what it does can decode the text without \
             running it.",
    references: &[
        "CWE-506",
        "CWE-95",
        "MITRE ATT&CK T1027",
        "MITRE ATT&CK T1059.006",
    ],
};

/// A dangerous function under a disguise.
pub static HIDDEN_CALL: Rule = Rule {
    id: "python-hidden-call",
    severity: Severity::High,
    title: "Python reaches a dangerous function by a way that hides it",
    why: "The name of the function is put together or decoded, or it is reached from an unrelated \
          object, or it is put where the interpreter calls it by itself. That serves to get past \
          reviewers and scanners.",
    remedy: "Do not import the file unless its author can say why it is written like this.",
    references: &["CWE-506", "CWE-470", "MITRE ATT&CK T1027"],
};

/// A shell for another machine.
pub static REMOTE_SHELL: Rule = Rule {
    id: "python-remote-shell",
    severity: Severity::Critical,
    title: "Python connects a shell to another machine",
    why: "The code opens a connection, puts it in the place of the standard streams and starts a \
          program on them. Whoever listens at the other end then works on this machine.",
    remedy: "Do not run the file, and treat machines that already did as compromised.",
    references: &["CWE-506", "MITRE ATT&CK T1059.006"],
};

/// Secrets that are sent away.
pub static LEAKS_ENVIRONMENT: Rule = Rule {
    id: "python-leaks-environment",
    severity: Severity::High,
    title: "Python sends all environment variables to another machine",
    why: "Environment variables hold tokens and passwords. No model needs to send all of them \
          anywhere.",
    remedy: "Do not run the file. Where it ran, replace every secret that was in the environment.",
    references: &["CWE-200", "CWE-506", "MITRE ATT&CK T1552.007"],
};

/// A command at import.
pub static RUNS_COMMAND: Rule = Rule {
    id: "python-runs-command",
    severity: Severity::High,
    title: "Python runs a command when it is imported or loaded",
    why: "Loaders import the Python files of a model, installers run those of a package. A command \
          at the top of such a file, or in a method that loaders call, runs without being asked \
          for, with all rights of the program that loads the model.",
    remedy: READ_IT,
    references: &["CWE-78", "CWE-506", "MITRE ATT&CK T1059.006"],
};

/// Packages that are installed on the side.
pub static INSTALLS: Rule = Rule {
    id: "python-installs-packages",
    severity: Severity::Medium,
    title: "Python installs packages when it is imported",
    why: "Installing a package runs code of its author. Done on the side while a model is loaded, \
          nobody decides which version that is, and a name that is free can be taken by anybody.",
    remedy: "Install what the model needs yourself, from a list with versions, and remove the call.",
    references: &["CWE-829", "CWE-494"],
};

/// The network at import.
pub static CONNECTS: Rule = Rule {
    id: "python-connects",
    severity: Severity::Medium,
    title: "Python connects to another machine when it is imported",
    why: "The file fetches or sends something before anybody has called a function of it. What is \
          fetched may be different tomorrow.",
    remedy: READ_IT,
    references: &["CWE-829", "MITRE ATT&CK T1105"],
};

/// Other things that an import should not do.
pub static SIDE_EFFECT: Rule = Rule {
    id: "python-side-effect",
    severity: Severity::Low,
    title: "Python loads objects or native code, or deletes files, when it is imported",
    why: "Importing a file should define functions and classes. What else it does happens to \
          everybody who imports it, with objects and files that somebody else may have put there.",
    remedy: READ_IT,
    references: &["CWE-502", "CWE-426"],
};

/// An encoding that turns harmless text into code.
pub static ENCODING: Rule = Rule {
    id: "python-unusual-encoding",
    severity: Severity::High,
    title: "Python source says that it is in an encoding that hides code",
    why: "The first lines of a source may name its encoding. In some of them, text that looks like \
          a comment decodes to code, so a reviewer and the interpreter read two different programs.",
    remedy: "Do not import the file. Source code is written in UTF-8.",
    references: &["PEP 263", "CWE-506", "MITRE ATT&CK T1027"],
};

/// A script in what a cell showed.
pub static OUTPUT_SCRIPT: Rule = Rule {
    id: "notebook-output-script",
    severity: Severity::Info,
    title: "the saved output of a notebook holds a script",
    why: "Libraries that draw charts save scripts with a cell's output. A viewer that trusts the \
          notebook runs them when it is opened.",
    remedy: "Nothing has to be done as long as the notebook is not trusted. Clear its outputs if \
             they are not needed.",
    references: &[
        "CWE-79",
        "https://jupyter-server.readthedocs.io/en/latest/operators/security.html",
    ],
};

/// What functions of the file are able to do.
pub static CAPABLE: Rule = Rule {
    id: "python-capable-code",
    severity: Severity::Info,
    title: "functions of the file run commands, code or native code when they are called",
    why: "Ordinary programs do such things, and nothing of it happens until somebody calls the \
          function. It says what the code is able to do.",
    remedy: "Nothing has to be done. Look at the functions if the model should need no such thing.",
    references: &["CWE-78"],
};
