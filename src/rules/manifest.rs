//! Rules about manifests and shard indexes: what they make a loader import,
//! fetch and open.

use super::Rule;
use crate::report::Severity;

/// The family, in the order of the catalogue.
pub static RULES: &[&Rule] = &[
    &PYTHON_TAG,
    &CLASS_TAG,
    &KERNEL_FROM_HUB,
    &INDEX_PATH_ESCAPE,
    &REMOTE_CODE,
    &TRUSTS_REMOTE_CODE,
    &FOREIGN_CALLABLE,
    &INDEX_PICKLE_SHARD,
    &INDEX_INVALID,
    &PATH_ESCAPE,
    &DOWNLOAD_CODE,
    &DUPLICATE_KEY,
];

/// A YAML tag that makes an object.
pub static PYTHON_TAG: Rule = Rule {
    id: "yaml-python-tag",
    severity: Severity::Critical,
    title: "a YAML tag makes the loader import and call Python",
    why: "PyYAML's full and unsafe loaders import what such a tag names and call it with the value \
          behind it. Loading the document is then running its author's code.",
    remedy: "Load YAML with a safe loader only, which refuses such tags, and remove the tag.",
    references: &["CWE-502", "CVE-2020-14343", "CVE-2021-37678"],
};

/// An attention implementation that is fetched from a hub.
pub static KERNEL_FROM_HUB: Rule = Rule {
    id: "manifest-kernel-from-hub",
    severity: Severity::High,
    title: "the manifest makes the loader fetch and run a kernel",
    why: "The value names a repository. Loaders fetch native code and Python from it and run both \
          while the model is built, without asking whether remote code is trusted.",
    remedy: "Set the field to a built-in implementation such as `sdpa`, or review the repository \
             that it names and pin its revision.",
    references: &["CWE-829", "CVE-2026-4372"],
};

/// A module that the loader imports with the model.
pub static REMOTE_CODE: Rule = Rule {
    id: "manifest-remote-code",
    severity: Severity::Medium,
    title: "the manifest makes the loader import Python code",
    why: "The entry names a Python module, in this repository or in another, that is imported when \
          the model is loaded with remote code trusted, and by some programs without being asked. \
          It runs with the rights of whoever loads the model.",
    remedy: "Read the module before loading, pin the revision, or load without trusting remote \
             code. A module in another repository can change under you: copy it beside the model.",
    references: &["CWE-829", "CWE-94", "CVE-2025-66448"],
};

/// A manifest that trusts remote code on the loader's behalf.
pub static TRUSTS_REMOTE_CODE: Rule = Rule {
    id: "manifest-trusts-remote-code",
    severity: Severity::Medium,
    title: "the manifest itself says that remote code is to be trusted",
    why: "Whether code from a repository runs is the decision of whoever loads the model. A \
          manifest that carries the answer is passed on by some loaders, most of all for a model \
          within the model.",
    remedy: "Remove the field and decide at the place where the model is loaded.",
    references: &["CWE-829", "CWE-807", "CVE-2026-5241"],
};

/// A callable or module that a manifest names.
pub static FOREIGN_CALLABLE: Rule = Rule {
    id: "manifest-foreign-callable",
    severity: Severity::Medium,
    title: "the manifest names something to import and call",
    why: "The loader imports what the entry names and calls it, with arguments from the same file \
          where it takes any. With a name outside of the library that the manifest belongs to, \
          that is code execution by configuration.",
    remedy: "Compare the entry with the original model. Load only if you know what it calls.",
    references: &["CWE-94", "CWE-470", "CVE-2025-23304"],
};

/// Code in a description of data.
pub static DOWNLOAD_CODE: Rule = Rule {
    id: "manifest-download-code",
    severity: Severity::Low,
    title: "a description of data holds code that is run to download it",
    why: "Training programs run the text of this field, as Python or as a shell command, where the \
          data that the file describes is not there. Whoever trains with the file runs its code.",
    remedy: "Read the text, or download the data yourself and remove the field.",
    references: &["CWE-94", "https://docs.ultralytics.com/datasets/"],
};

/// A file name in an index that leaves the directory.
pub static INDEX_PATH_ESCAPE: Rule = Rule {
    id: "index-path-escape",
    severity: Severity::High,
    title: "the shard index names a file outside of the model's directory",
    why: "Loaders join the name to the model's directory and open, or download, the result. A name \
          that leaves the directory makes them load, and where shards are pickles run, a file \
          that was not part of the model.",
    remedy: "Do not load the model by this index. Shards lie beside their index.",
    references: &["CWE-22", "CWE-73"],
};

/// A pickle in an index of safetensors.
pub static INDEX_PICKLE_SHARD: Rule = Rule {
    id: "index-pickle-shard",
    severity: Severity::High,
    title: "the index of a safetensors model names a pickle",
    why: "Whoever chooses safetensors does so in order not to run code. A single shard in another \
          format brings the pickle back, in a place where nobody looks for one.",
    remedy: "Do not load the model. Ask its author for shards in one format.",
    references: &["CWE-502", "CWE-434"],
};

/// An index that is not what loaders expect.
pub static INDEX_INVALID: Rule = Rule {
    id: "index-invalid",
    severity: Severity::Low,
    title: "the shard index is not what loaders expect",
    why: "Entries of the wrong type are skipped by some loaders and converted by others, so the \
          shards that are checked need not be those that are loaded.",
    remedy: "Take the index from the original model, or write it anew from the shards.",
    references: &["CWE-20"],
};

/// A path in a manifest that leaves the directory.
pub static PATH_ESCAPE: Rule = Rule {
    id: "manifest-path-escape",
    severity: Severity::Medium,
    title: "the manifest names a file outside of the model's directory",
    why: "Loaders open what the field names. A path that leaves the directory makes them read a \
          file that was not part of the model.",
    remedy: "Put the file beside the manifest and name it without a directory.",
    references: &["CWE-22", "CWE-73"],
};

/// A tag of YAML that names a class of Java or Ruby.
pub static CLASS_TAG: Rule = Rule {
    id: "yaml-class-tag",
    severity: Severity::High,
    title: "a tag in YAML names a class to be made",
    why: "Readers of YAML in Java and Ruby make an object of whatever class a tag names. Servers \
          of models read their workflows so, and a class that loads others from an address gives \
          its author the server.",
    remedy: "Do not hand the file to a server. Configurations of models need no such tag.",
    references: &["CWE-502", "CVE-2022-1471", "CVE-2023-43654"],
};

/// A key that stands twice in an object.
pub static DUPLICATE_KEY: Rule = Rule {
    id: "json-duplicate-key",
    severity: Severity::Medium,
    title: "a key stands twice in a JSON object",
    why: "Parsers do not agree on which one counts. A reviewer reads one value and the loader uses \
          the other.",
    remedy: "Remove one of the two after comparing them with the original model.",
    references: &["CWE-436", "CWE-694"],
};
