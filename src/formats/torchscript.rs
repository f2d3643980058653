//! TorchScript source: what `torch.jit.save` writes under `code/__torch__`.
//!
//! It looks like Python and is compiled by PyTorch's own compiler, which knows
//! no sandbox: operators read and write files, and a method called
//! `__setstate__` runs while the program is loaded. The source is judged by the
//! operators it names; see [`detect::script`](crate::detect::script).
//!
//! An attacker edits the source, which is plain text, and leaves the weights
//! as they are. Not checked: what the program computes.

use std::collections::BTreeSet;

use super::{Artifact, Claim, Content, Context, Format, FormatSpec, Kind, Probe};
use crate::detect::script::torchscript::{self, Fact, Told};
use crate::report::{Why, escape_text};
use crate::rules::Draft;
use crate::rules::torch as rules;
use crate::wire::Fault;

/// Bytes of one source that are read.
const SOURCE_CAP_BYTES: u64 = 64 << 20;

/// Facts of one source that are told one by one; what is named again and
/// again is told once.
const FACTS_CAP: usize = 4096;

/// TorchScript source.
pub struct TorchScript;

static SPEC: FormatSpec = FormatSpec {
    id: "torchscript",
    title: "TorchScript source",
    suffixes: &[],
    runs_code: true,
    content: Content::Data,
    layer_of: None,
    references: &[
        "https://github.com/pytorch/pytorch/blob/main/torch/csrc/jit/docs/serialization.md",
        "https://docs.pytorch.org/docs/stable/jit_language_reference.html",
    ],
    limitations: &[
        "What the program computes is not followed; it is judged by the operators it names.",
        "Of operators of other libraries only the name of the library is told.",
    ],
};

/// Whether a member of this name is source that `torch.jit.load` compiles; it
/// finds members whatever their case.
pub(super) fn is_source_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let Some(stem) = name.strip_suffix(".py") else {
        return false;
    };
    let mut folders = stem.split('/').rev();
    let mut inner = folders.next();
    folders.any(|folder| {
        let is_code = folder == "code" && inner == Some("__torch__");
        inner = Some(folder);
        is_code
    })
}

impl Format for TorchScript {
    fn spec(&self) -> &'static FormatSpec {
        &SPEC
    }

    fn kind(&self) -> Kind {
        Kind::Text
    }

    fn recognise(&self, probe: &Probe<'_>) -> Claim {
        let is_old = || {
            let head = probe.head();
            probe.has_suffix(&[".py"]) && head.starts_with(b"op_version_set") && {
                torchscript::is_likely(head)
            }
        };
        match is_source_name(probe.name()) || is_old() {
            true if !probe.is_empty() => Claim::Structure,
            _ => Claim::No,
        }
    }

    fn examine(&self, artifact: &Artifact, cx: &mut Context<'_>) -> Result<(), Fault> {
        let source = artifact.source.as_ref();
        let len = source.len().min(SOURCE_CAP_BYTES);
        if source.len() > len {
            let detail = format!("of TorchScript source only {SOURCE_CAP_BYTES} bytes are read");
            cx.gap(len..source.len(), Why::Limit, detail);
        }
        let chunk = source.chunk(0..len)?;
        let mut facts = Facts::default();
        let budget = cx.budget();
        torchscript::judge(&chunk, budget, &mut |told| facts.add(told, cx))?;
        chunk.verify()?;
        if facts.seen.len() >= FACTS_CAP {
            let detail = "of the facts about the source only the first are told";
            cx.gap(0..len, Why::Limit, detail);
        }
        Ok(())
    }
}

/// What was told already.
#[derive(Default)]
struct Facts {
    seen: BTreeSet<String>,
}

impl Facts {
    fn add(&mut self, told: Told, cx: &mut Context<'_>) {
        let draft = draft(&told);
        if self.seen.len() >= FACTS_CAP || !self.seen.insert(draft.message.clone()) {
            return;
        }
        let place = told.at as u64..told.end as u64;
        cx.report(Draft {
            place: place.into(),
            ..draft.evidence(told.excerpt)
        });
    }
}

fn draft(told: &Told) -> Draft {
    let inside = match told.function.as_deref() {
        Some("__setstate__") => " in `__setstate__`, which runs while the program is loaded".into(),
        Some(function) => format!(" in `{}`", escape_text(function)),
        None => String::new(),
    };
    let at = || told.at as u64;
    match &told.fact {
        Fact::Operator {
            name,
            severity,
            what,
        } => rules::SCRIPT_OPERATOR
            .at(at())
            .severity(*severity)
            .message(format!("`{}` {what}{inside}", escape_text(name))),
        Fact::OperatorTable(name) => rules::SCRIPT_OPERATOR_TABLE.at(at()).message(format!(
            "the table of operators `{}` is taken as a value{inside}",
            escape_text(name)
        )),
        Fact::Library(name) => rules::SCRIPT_LIBRARY.at(at()).message(format!(
            "the program needs a library that registers `{}`",
            escape_text(name)
        )),
        Fact::Foreign { what, severity } => rules::SCRIPT_FOREIGN_CODE
            .at(at())
            .severity(*severity)
            .message(format!("the source holds {}{inside}", escape_text(what))),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Said, examine, mangle, recognise};
    use super::*;
    use crate::report::Severity;

    const NAME: &str = "m/code/__torch__.py";
    const GOOD: &str = "class M(Module):\n  __parameters__ = []\n  def forward(self, x: Tensor) \
                        -> Tensor:\n    return torch.relu(x)\n";

    fn said(line: &str) -> Said {
        let source = GOOD.replace("    return", &format!("    {line}\n    return"));
        examine(&TorchScript, NAME, source)
    }

    #[test]
    fn it_is_known_by_where_it_stands() {
        for name in [
            NAME,
            "code/__torch__/a/b.py",
            "p/.data/ts_code/code/__torch__/a.py",
            "M/CODE/__Torch__.PY",
        ] {
            assert_eq!(recognise(&TorchScript, name, GOOD), Claim::Structure);
            assert_eq!(recognise(&TorchScript, name, "import os"), Claim::Structure);
        }
        for name in [
            "m/code/a.py",
            "__torch__.py",
            "m/code/__torch__.py.debug_pkl",
        ] {
            assert_eq!(recognise(&TorchScript, name, GOOD), Claim::No, "{name}");
        }
        let old = "op_version_set = 1\nclass M(Module):\n";
        assert_eq!(
            recognise(&TorchScript, "m/code/net.py", old),
            Claim::Structure
        );
    }

    #[test]
    fn an_ordinary_program_is_clean() {
        assert!(examine(&TorchScript, NAME, GOOD).is_clean());
        assert!(said("x = ops.torchvision.nms(x, x, 0.5)").is_clean());
    }

    #[test]
    fn what_it_does_is_graded() {
        let grade = |line, rule| said(line).severity(rule);
        assert_eq!(
            grade("torch.save(x, \"/tmp/x\")", "torch-script-operator"),
            Severity::Critical
        );
        assert_eq!(
            grade("y = torch.from_file(\"/x\")", "torch-script-operator"),
            Severity::High
        );
        assert_eq!(
            grade("t = torch", "torch-script-operator-table"),
            Severity::High
        );
        assert_eq!(
            grade("x = ops.acme.run(x)", "torch-script-library"),
            Severity::Low
        );
        assert_eq!(
            grade("exec(\"x\")", "torch-script-foreign-code"),
            Severity::High
        );
        assert_eq!(
            grade("os.system(\"id\")", "torch-script-foreign-code"),
            Severity::Critical
        );
    }

    #[test]
    fn a_fact_that_repeats_is_told_once() {
        let lines = "torch.save(x, \"a\")\n    ".repeat(5000);
        assert_eq!(said(&lines).findings.len(), 1);
        let many: Vec<String> = (0..5000).map(|i| format!("x = ops.lib{i}.f(x)")).collect();
        let said = said(&many.join("\n    "));
        assert_eq!(said.findings.len(), FACTS_CAP);
        assert_eq!(said.gaps.len(), 1);
    }

    #[test]
    fn broken_source_ends_in_words() {
        let source = GOOD.replace("relu(x)", "save(x, \"a\\n\", '''b''')");
        assert!(mangle(&TorchScript, NAME, source.as_bytes()) > 0);
    }
}
