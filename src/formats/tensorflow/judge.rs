//! How bad an operator is, with what it acts on.
//!
//! The act decides first (see [`ops`](super::ops)), then the path, as far as it
//! is a constant: the same operator that every model has to save itself is an
//! attack once the graph says where to.

use super::ops::{Act, Operand, Row};
use super::places::{Place, place};
use crate::report::{Severity, escape_text};
use crate::rules::Rule;
use crate::rules::tensorflow as rules;

/// Characters of a path that are shown.
const SHOWN_CAP_CHARS: usize = 200;

/// What is to be said about an operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::formats) struct Verdict {
    pub(in crate::formats) rule: &'static Rule,
    pub(in crate::formats) severity: Severity,
    /// What it does, to stand behind "the operator".
    pub(in crate::formats) words: String,
    /// The path or address that decided.
    pub(in crate::formats) evidence: String,
}

/// What is known about the names that an operator acts on.
#[derive(Debug, Default)]
pub(in crate::formats) struct Names {
    /// Those that are constants; parts that are not known are `…`.
    pub(in crate::formats) texts: Vec<String>,
    /// Whether they are files that the model brings in its own directory.
    pub(in crate::formats) is_asset: bool,
}

/// The worst that is to be said about an operator that acts on these names.
pub(in crate::formats) fn verdict(row: &'static Row, names: &Names) -> Option<Verdict> {
    let texts: Vec<&String> = names.texts.iter().filter(|text| is_known(text)).collect();
    let told = texts.iter().filter_map(|text| {
        let (rule, severity) = of(row, Some(text), names.is_asset)?;
        Some((rule, severity, text.as_str()))
    });
    let worst = told.reduce(|a, b| if b.1 > a.1 { b } else { a });
    let (rule, severity, text) = match worst {
        Some(worst) => worst,
        None if !texts.is_empty() => return None,
        None => {
            let (rule, severity) = of(row, None, names.is_asset)?;
            (rule, severity, "")
        }
    };
    let shown: String = escape_text(text).chars().take(SHOWN_CAP_CHARS).collect();
    let words = match (text.is_empty(), row.operand) {
        (false, _) => format!("{}; here `{shown}`", row.why),
        (true, _) if row.act == Act::RunsGraph => {
            format!("{}; no constant is such a graph", row.why)
        }
        (true, Operand::Input(_)) => format!("{}, which is no constant", row.why),
        (true, _) => row.why.to_owned(),
    };
    Some(Verdict {
        rule,
        severity,
        words,
        evidence: text.chars().take(SHOWN_CAP_CHARS).collect(),
    })
}

/// Whether a text says more than that nothing is known of it.
fn is_known(text: &str) -> bool {
    text.chars().any(|c| c != '\u{2026}')
}

/// The rule and the grade of an operator that acts on this name, or on one that
/// is not known.
fn of(row: &Row, name: Option<&str>, is_asset: bool) -> Option<(&'static Rule, Severity)> {
    use Severity::{Critical, High, Low, Medium};
    let read = place(name.unwrap_or_default(), false);
    let written = place(name.unwrap_or_default(), true);
    let is_away = |place: Place| matches!(place, Place::Outside(_) | Place::Store);
    Some(match row.act {
        Act::ReadsFile if read == Place::Secret => (&rules::READS_FILE, Critical),
        Act::ReadsFile => (&rules::READS_FILE, High),
        Act::ListsFiles if read == Place::Secret => (&rules::READS_FILE, High),
        Act::ListsFiles => (&rules::READS_FILE, Medium),
        Act::MapsFile if read == Place::Secret => (&rules::READS_FILE, Critical),
        // How TensorFlow's own tool packs constants beside the graph.
        Act::MapsFile if name.is_some_and(|n| n.starts_with("memmapped_package://")) => {
            return None;
        }
        Act::MapsFile => (&rules::READS_FILE, High),
        Act::WritesFile if written == Place::Startup => (&rules::WRITES_FILE, Critical),
        Act::WritesFile => (&rules::WRITES_FILE, High),
        Act::Saves if written == Place::Startup => (&rules::WRITES_FILE, Critical),
        Act::Saves if written == Place::Store => (&rules::OUTSIDE_PATH, Medium),
        Act::Saves if is_away(written) => (&rules::WRITES_FILE, High),
        Act::Keeps if written == Place::Startup => (&rules::WRITES_FILE, Critical),
        Act::Keeps if is_away(written) => (&rules::OUTSIDE_PATH, Medium),
        Act::Saves | Act::Keeps => return None,
        Act::Opens | Act::ReadsTable if read == Place::Secret => (&rules::READS_FILE, High),
        // Where training data and checkpoints lay when the graph was made.
        Act::Opens if is_away(read) => (&rules::OUTSIDE_PATH, Low),
        Act::ReadsTable if is_away(read) && is_asset => (&rules::OUTSIDE_PATH, Low),
        Act::ReadsTable if is_away(read) => (&rules::OUTSIDE_PATH, Medium),
        Act::Opens | Act::ReadsTable => return None,
        // The types of the process itself, or those in the attribute.
        Act::ReadsTypes
            if name.is_none_or(|n| n.starts_with("local://") || n.starts_with("bytes://")) =>
        {
            return None;
        }
        Act::ReadsTypes if read == Place::Secret => (&rules::READS_FILE, High),
        Act::ReadsTypes => (&rules::OUTSIDE_PATH, Medium),
        Act::ReadsQueue => (&rules::READS_FILE, Low),
        Act::CallsPython => (&rules::PYTHON_FUNCTION, Medium),
        Act::Prints => return printed(name),
        Act::Debugs => return debugged(name),
        Act::Calls => (&rules::NETWORK, High),
        Act::SharesWork if row.operand == Operand::Nothing => (&rules::NETWORK, Severity::Info),
        Act::SharesWork => (&rules::NETWORK, Medium),
        Act::Queries if written == Place::Startup => (&rules::WRITES_FILE, Critical),
        Act::Queries => (&rules::READS_FILE, Medium),
        Act::RunsGraph => (&rules::GRAPH_IN_CONSTANT, Medium),
        Act::RunsEngine => (&rules::NATIVE_CODE, Low),
        Act::ChangesProcess => (&rules::PROCESS_STATE, Medium),
    })
}

/// A stream is a standard one, a log, or a file.
fn printed(stream: Option<&str>) -> Option<(&'static Rule, Severity)> {
    let path = stream?.strip_prefix("file://")?;
    Some(match place(path, true) {
        Place::Startup => (&rules::WRITES_FILE, Severity::Critical),
        _ => (&rules::WRITES_FILE, Severity::High),
    })
}

/// A debug address is a file, a server, or a callback of the process.
fn debugged(url: Option<&str>) -> Option<(&'static Rule, Severity)> {
    let url = url?;
    if let Some(path) = url.strip_prefix("file://") {
        return Some(match place(path, true) {
            Place::Startup => (&rules::WRITES_FILE, Severity::Critical),
            _ => (&rules::WRITES_FILE, Severity::High),
        });
    }
    (!url.starts_with("memcbk://")).then_some((&rules::NETWORK, Severity::High))
}

#[cfg(test)]
mod tests {
    use super::super::ops::find;
    use super::*;

    fn grade(op: &str, texts: &[&str]) -> Option<(&'static str, Severity)> {
        let names = Names {
            texts: texts.iter().map(|text| (*text).to_owned()).collect(),
            is_asset: false,
        };
        verdict(find(op.as_bytes()).unwrap(), &names).map(|v| (v.rule.id, v.severity))
    }

    #[test]
    fn operators_of_every_model_are_nothing_by_themselves() {
        for op in [
            "SaveV2",
            "RestoreV2",
            "MergeV2Checkpoints",
            "PrintV2",
            "DebugIdentityV2",
        ] {
            assert_eq!(grade(op, &[]), None, "{op}");
            assert_eq!(grade(op, &["\u{2026}"]), None, "{op}");
        }
        for (op, text) in [
            ("SaveV2", "model"),
            ("SaveV2", "\u{2026}_temp_0a1b/part"),
            ("RestoreV2", "model"),
            ("InitializeTableFromTextFileV2", "vocab.txt"),
            ("TFRecordDataset", "train.tfrecord"),
            ("CacheDatasetV2", ""),
            ("PrintV2", "stderr"),
            ("PrintV2", "log(info)"),
            ("ImmutableConst", "memmapped_package://weights"),
        ] {
            assert_eq!(grade(op, &[text]), None, "{op} {text}");
        }
    }

    #[test]
    fn the_path_decides_where_the_act_alone_does_not() {
        use Severity::{Critical, High, Low, Medium};
        for (op, text, rule, severity) in [
            ("SaveV2", "/tmp/x", "tensorflow-write-file", High),
            ("SaveV2", "/root/.bashrc", "tensorflow-write-file", Critical),
            (
                "RestoreV2",
                "/data/model.ckpt",
                "tensorflow-outside-path",
                Low,
            ),
            ("RestoreV2", "/etc/shadow", "tensorflow-read-file", High),
            (
                "InitializeTableFromTextFileV2",
                "/x",
                "tensorflow-outside-path",
                Medium,
            ),
            (
                "TextLineDataset",
                "/etc/passwd",
                "tensorflow-read-file",
                High,
            ),
            ("PrintV2", "file:///tmp/x", "tensorflow-write-file", High),
            (
                "DebugIdentityV2",
                "grpc://192.0.2.1:1",
                "tensorflow-network",
                High,
            ),
            ("WriteFile", "~/.bashrc", "tensorflow-write-file", Critical),
            (
                "ReadFile",
                "~/.ssh/id_rsa",
                "tensorflow-read-file",
                Critical,
            ),
            (
                "ImmutableConst",
                "/etc/hostname",
                "tensorflow-read-file",
                High,
            ),
        ] {
            assert_eq!(grade(op, &[text]), Some((rule, severity)), "{op} {text}");
        }
        assert_eq!(grade("ReadFile", &[]), Some(("tensorflow-read-file", High)));
        assert_eq!(
            grade("ReadFile", &["a", "/etc/shadow", "b"]),
            Some(("tensorflow-read-file", Critical)),
            "the worst of several"
        );
    }
}
