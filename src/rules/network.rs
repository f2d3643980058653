//! Rules about addresses that a model has no business with.

use super::Rule;
use crate::report::Severity;

/// The family, in the order of the catalogue.
pub static RULES: &[&Rule] = &[&COLLECTOR, &SCRIPT_URL, &RAW_ADDRESS, &FILE_URL];

/// Hosts that take stolen data, or lead to a machine without a name.
pub static COLLECTOR: Rule = Rule {
    id: "network-collector-address",
    severity: Severity::Medium,
    title: "an address of a data collector, a tunnel or a hidden service",
    why: "Hosts of this kind show whatever is sent to them to somebody who need not give a name, \
          lead to a private machine, or hand out the secrets of a cloud machine. In models they \
          serve to bring data out, or the next stage of an attack in.",
    remedy: "Find out what uses the address, in this file or beside it, before the model is loaded.",
    references: &["CWE-506", "MITRE ATT&CK T1567", "MITRE ATT&CK T1572"],
};

/// URLs that are scripts themselves.
pub static SCRIPT_URL: Rule = Rule {
    id: "network-script-url",
    severity: Severity::Medium,
    title: "a URL that carries a script",
    why: "A program that shows the text as a link or loads it as a page runs the script, with the \
          rights of the page that shows it.",
    remedy: "Do not show the text as HTML, and look at what the script does.",
    references: &["CWE-79", "RFC 2397"],
};

/// Numbers in place of hosts.
pub static RAW_ADDRESS: Rule = Rule {
    id: "network-raw-address",
    severity: Severity::Low,
    title: "a URL with a number in place of a host",
    why: "Services have names. A bare number is what is left of a development machine, or what \
          malware is written with, and nobody can tell whose it is tomorrow.",
    remedy: "Find out what uses the address before the model is loaded.",
    references: &["MITRE ATT&CK T1071.001"],
};

/// Files of whoever follows the link.
pub static FILE_URL: Rule = Rule {
    id: "network-file-url",
    severity: Severity::Low,
    title: "a link to a file of the machine that follows it",
    why: "Where a model says whence it comes, a `file:` link is what is left of the machine that \
          made it, and a program that follows it reads a file of its own. One that names another \
          machine lets some systems log in there, and show who they are.",
    remedy: "Do not let a program follow the link. Ask for the true origin of the model.",
    references: &["CWE-610", "RFC 8089"],
};
