//! Compiled Python: `.pyc` files, and code objects marshalled as such.
//!
//! A `.pyc` file is a head that names a version of Python and one marshalled
//! code object, the body of the module. Importing it runs the body; if the head
//! says that nobody is to check its hash, Python prefers it to the source
//! beside it without a look at that. Bytes without a head are recognised only
//! if they are, to the last one, a marshalled code object, as code strings in
//! configurations and pickles are.
//!
//! Not checked: whether the code does what the source beside it says. What is
//! not followed in the instructions is said in
//! [`detect::bytecode`](crate::detect::bytecode).

use super::{Artifact, Claim, Content, Context, Format, FormatSpec, Probe};
use crate::detect::bytecode::{Setting, Verdict, judge};
use crate::report::{Severity, Why};
use crate::rules::{Rule, bytecode as rules};
use crate::source::Source;
use crate::wire::Fault;
use crate::wire::marshal::{Header, ObjectId, Tree, read, read_any};

/// Longest run of bytes that is tried as a code object without a head.
const BARE_CAP_BYTES: u64 = 16 << 20;

/// Most arguments, and deepest stack, of a code object without a head.
const PLAUSIBLE: u32 = 1 << 16;

/// Compiled Python.
pub struct Bytecode;

static SPEC: FormatSpec = FormatSpec {
    id: "python-bytecode",
    title: "compiled Python",
    suffixes: &[".pyc", ".pyo"],
    runs_code: true,
    content: Content::Data,
    layer_of: None,
    references: &[
        "https://github.com/python/cpython/blob/main/Python/marshal.c",
        "https://docs.python.org/3/library/marshal.html",
        "https://peps.python.org/pep-0552/",
        "https://peps.python.org/pep-3147/",
    ],
    limitations: &[
        "Values that pass through containers, attributes and arguments are not followed.",
        "Versions of Python other than 2.7 and 3.6 to 3.14 are not read.",
        "The code is not compared with the source beside it.",
    ],
};

impl Format for Bytecode {
    fn spec(&self) -> &'static FormatSpec {
        &SPEC
    }

    fn recognise(&self, probe: &Probe<'_>) -> Claim {
        let named = probe.has_suffix(SPEC.suffixes);
        match Header::parse(probe.head()) {
            Some(header) if begins_code(probe.head(), header.len) => Claim::Structure,
            Some(_) if named => Claim::Magic,
            _ if is_bare(probe) => Claim::Structure,
            _ if named && !probe.is_empty() => Claim::Name,
            _ => Claim::No,
        }
    }

    fn examine(&self, artifact: &Artifact, cx: &mut Context<'_>) -> Result<(), Fault> {
        let source = artifact.source.as_ref();
        let mut head = [0u8; 16];
        let filled = source.fill_at(0, &mut head)?;
        let header = Header::parse(head.get(..filled).unwrap_or_default());
        let (tree, setting) = match header {
            Some(header) => body(source, header)?,
            None => (bare(source)?, Setting::default()),
        };
        let Some(root) = tree.root.filter(|&id| tree.code(id).is_some()) else {
            let at = header.map_or(0, |header| header.len);
            return Err(Fault::malformed(at, "there is no code object"));
        };
        let verdict = judge(&tree, root, &setting, cx.budget())?;
        let place = Place {
            begin: tree.code(root).map_or(0, |code| code.at),
            in_cache: is_in_cache(artifact),
            header,
        };
        report(&tree, root, &place, &verdict, cx);
        for what in &verdict.limits {
            let detail = format!("not all {what} of the code were followed");
            cx.gap(place.begin..tree.end, Why::Limit, detail);
        }
        Ok(())
    }
}

/// What a finding says about where the code lies.
struct Place {
    begin: u64,
    in_cache: bool,
    header: Option<Header>,
}

/// A code object begins here: its type byte, with or without the reference bit.
fn begins_code(head: &[u8], at: u64) -> bool {
    let at = usize::try_from(at).unwrap_or(usize::MAX);
    matches!(head.get(at), Some(b'c' | 0xe3))
}

/// Whether the whole artifact is a code object. Text may begin with the same
/// letter, so the small numbers behind it are looked at first.
fn is_bare(probe: &Probe<'_>) -> bool {
    let head = probe.head();
    let number = |at: usize| {
        head.get(at..)?
            .first_chunk::<4>()
            .map(|b| u32::from_le_bytes(*b))
    };
    let plausible = (0..4).all(|i| {
        number(1usize.saturating_add(4usize.saturating_mul(i))).is_some_and(|n| n < PLAUSIBLE)
    });
    begins_code(head, 0)
        && plausible
        && probe.len() <= BARE_CAP_BYTES
        && matches!(read_any(probe.source(), 0..probe.len()), Ok(Some(_)))
}

fn bare(source: &dyn Source) -> Result<Tree, Fault> {
    let tree = read_any(source, 0..source.len().min(BARE_CAP_BYTES))?;
    tree.ok_or_else(|| Fault::malformed(0, "the bytes are no code object of a known Python"))
}

/// The module of a `.pyc` file. Alphas of a version may still have had the
/// layout of the one before.
fn body(source: &dyn Source, header: Header) -> Result<(Tree, Setting), Fault> {
    let span = header.len..source.len();
    let setting = Setting {
        python: Some(header.python),
        ..Setting::default()
    };
    match read(source, span.clone(), header.python.layout()) {
        Ok(tree) => Ok((tree, setting)),
        Err(fault @ (Fault::Malformed { .. } | Fault::Unsupported { .. })) => {
            match read_any(source, span)? {
                Some(tree) => Ok((tree, Setting::default())),
                None => Err(fault),
            }
        }
        Err(fault) => Err(fault),
    }
}

fn is_in_cache(artifact: &Artifact) -> bool {
    let location = &artifact.location;
    let names = std::iter::once(&location.path).chain(&location.members);
    names
        .flat_map(|name| name.split(['/', '\\']))
        .any(|part| part == "__pycache__")
}

fn report(tree: &Tree, root: ObjectId, place: &Place, verdict: &Verdict, cx: &mut Context<'_>) {
    let (rule, severity) = grade(place, verdict);
    let what = match place.header {
        Some(header) => format!("a module compiled by Python {}", header.python.name()),
        None => "a marshalled code object".to_owned(),
    };
    let file = tree.code(root).and_then(|code| tree.text(code.filename));
    let file: String = file.unwrap_or_default().chars().take(80).collect();
    let file = crate::report::escape_text(&file);
    let message = match (
        rule.id == rules::DANGEROUS_BYTECODE.id,
        verdict.imports.is_empty(),
    ) {
        (true, _) => format!("{what} from `{file}` reaches {}", verdict.paths()),
        (false, true) => format!("{what} from `{file}`"),
        (false, false) => format!("{what} from `{file}` imports {}", verdict.modules()),
    };
    let draft = |rule: &'static Rule| rule.at(place.begin..tree.end).trace(verdict.steps());
    cx.report(
        draft(rule)
            .severity(severity)
            .message(message)
            .evidence(verdict.paths()),
    );
    if !verdict.is_sound {
        cx.report(draft(&rules::UNSOUND_BYTECODE).message(format!(
            "{what} from `{file}` has instructions that no compiler writes"
        )));
    }
}

/// What happens on import is worse than what a function may do one day, and
/// files in `__pycache__` are made by Python for source that is there too.
fn grade(place: &Place, verdict: &Verdict) -> (&'static Rule, Severity) {
    let dangerous = &rules::DANGEROUS_BYTECODE;
    let worst = |at_once: bool| {
        let of = verdict.reaches.iter().filter(|r| r.at_once == at_once);
        of.map(|r| r.weight.severity).max()
    };
    let unchecked = place.header.is_some_and(|header| header.is_unchecked);
    match (worst(true), worst(false)) {
        (Some(severity), _) => (dangerous, severity),
        (None, Some(severity)) => (
            dangerous,
            severity.min(match place.in_cache {
                true => Severity::Medium,
                false => Severity::High,
            }),
        ),
        (None, None) if place.in_cache && !unchecked => (&rules::COMPILED_PYTHON, Severity::Low),
        (None, None) => (&rules::COMPILED_PYTHON, rules::COMPILED_PYTHON.severity),
    }
}

#[cfg(test)]
mod tests;
