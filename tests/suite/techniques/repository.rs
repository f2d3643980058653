//! Code and configuration beside the weights.

use super::{Chapter, technique};

/// The chapters, in the order of the page.
pub const CHAPTERS: &[Chapter] = &[
    Chapter {
        title: "Python source",
        techniques: &[
            technique(
                "python-import-command",
                "a command at the top of a file that a loader imports, or in a function called there",
                "MITRE ATT&CK T1059.006",
            ),
            technique(
                "python-loader-method",
                "a command in a method that a loader or a server calls",
                "Hugging Face documentation, custom handlers",
            ),
            technique(
                "python-hidden-name",
                "a function under a name that is built or decoded, reached from any object, or planted as a method",
                "MITRE ATT&CK T1027, CWE-470",
            ),
            technique(
                "python-hidden-code",
                "code in base64, packed, marshalled or inside a text, which is evaluated",
                "MITRE ATT&CK T1027.013",
            ),
            technique(
                "python-fetched-code",
                "code or data that is fetched on import",
                "MITRE ATT&CK T1105",
            ),
            technique(
                "python-remote-shell",
                "a socket in place of a shell's terminal",
                "MITRE ATT&CK T1059.004",
            ),
            technique(
                "python-leak",
                "all variables of the environment sent away",
                "MITRE ATT&CK T1552.007",
            ),
            technique(
                "python-setup",
                "a set-up script that runs commands when it is installed",
                "Ohm et al. 2020, Backstabber's Knife Collection",
            ),
            technique(
                "python-install",
                "packages that are installed on import",
                "CWE-829",
            ),
            technique(
                "python-native",
                "a native library that is loaded on import",
                "CWE-426",
            ),
            technique(
                "python-encoding",
                "an encoding in which a comment is code",
                "PEP 263",
            ),
            technique(
                "python-parser",
                "source that a parser refuses: nested too deep, of another version, broken",
                "CWE-674",
            ),
        ],
    },
    Chapter {
        title: "Notebooks",
        techniques: &[
            technique(
                "notebook-command",
                "a cell that hands a script to a shell",
                "IPython documentation, system shell access",
            ),
            technique(
                "notebook-code",
                "hidden code that is spread over cells",
                "MITRE ATT&CK T1027",
            ),
            technique(
                "notebook-output",
                "a script in the saved output of a cell",
                "CVE-2021-32798",
            ),
        ],
    },
    Chapter {
        title: "What is installed with a model",
        techniques: &[
            technique(
                "packaging-index",
                "another index of packages",
                "Birsan 2021, Dependency Confusion",
            ),
            technique("packaging-address", "a package by its address", "PEP 508"),
            technique(
                "packaging-backend",
                "a build backend among the files",
                "PEP 517",
            ),
        ],
    },
    Chapter {
        title: "Manifests",
        techniques: &[
            technique(
                "manifest-auto-map",
                "code from another repository, for the model or for a model within it",
                "CVE-2025-66448, CVE-2026-22807",
            ),
            technique(
                "manifest-trust",
                "a manifest that trusts remote code for the user",
                "CVE-2026-5241",
            ),
            technique(
                "manifest-custom-code",
                "code that generates, processes or loads, by a field of its own",
                "Hugging Face documentation, custom generation methods",
            ),
            technique(
                "manifest-kernel",
                "a kernel that is fetched and run to compute attention",
                "CVE-2026-4372",
            ),
            technique(
                "manifest-component",
                "a component of a pipeline that is a function of another library",
                "Hugging Face documentation, community pipelines",
            ),
            technique(
                "manifest-target",
                "a field that names a class to be made, and names a command",
                "CVE-2025-23304, CWE-470",
            ),
            technique(
                "manifest-path",
                "a file, a module or a component outside of the model's directory",
                "CWE-22",
            ),
            technique(
                "manifest-twice",
                "a key that stands twice, for two readers",
                "CWE-436, CWE-694",
            ),
        ],
    },
    Chapter {
        title: "Configuration beside the weights",
        techniques: &[
            technique(
                "repository-loader",
                "a model that is loaded by a module of its own",
                "MLflow documentation, `loader_module`",
            ),
            technique(
                "repository-download",
                "a description of data with code that downloads it",
                "Ultralytics documentation, `download`",
            ),
            technique(
                "repository-registry",
                "a pipeline that calls a registered function which unpickles",
                "spaCy documentation, registered functions",
            ),
            technique(
                "repository-backend",
                "a backend that runs Python beside the model",
                "Triton Inference Server, Python backend",
            ),
            technique(
                "repository-class",
                "a class path that names a command",
                "CVE-2025-23304, CWE-470",
            ),
            technique(
                "repository-base-model",
                "a base model on somebody else's machine",
                "CWE-73, MITRE ATT&CK T1187",
            ),
            technique(
                "repository-address",
                "an address of a collector, a bare number, a link that is a script",
                "MITRE ATT&CK T1567",
            ),
        ],
    },
    Chapter {
        title: "Files of one model that do not agree",
        techniques: &[
            technique(
                "repository-twin",
                "a pickle that runs a command beside the same weights without code",
                "Hugging Face documentation, pickle scanning",
            ),
            technique(
                "repository-differ",
                "other weights under the same name, for another loader",
                "CWE-436",
            ),
            technique(
                "repository-config",
                "a configuration of another model than the weights are",
                "CWE-345",
            ),
            technique(
                "repository-module",
                "a module that is imported and not among the files",
                "CWE-829",
            ),
        ],
    },
];
