//! Python packages beside models: wheels and eggs, and the start-up files that
//! they may bring.
//!
//! A wheel is a zip with a `.dist-info` folder, an egg one with `EGG-INFO`.
//! Installing one puts its files where Python looks for them, and some of these
//! run when Python starts: `.pth` files by their lines that begin with `import`,
//! `sitecustomize` and `usercustomize` by their names. All members are examined
//! by what they are.
//!
//! Not checked: what stands in the specs below.

use super::archive::shown;
use super::python;
use super::text::looks_like_text;
use super::{Artifact, Claim, Content, Context, Format, FormatSpec, Probe};
use crate::budget::Budget;
use crate::detect::python::{Dialect, judge};
use crate::report::{Severity, Span, escape_bytes};
use crate::rules::packages::STARTUP_HOOK;
use crate::wire::Fault;
use crate::wire::zip_directory::{Caps, find_central, walk};

/// Longest start-up file whose lines are read, in bytes.
const LINES_CAP_BYTES: u64 = 16 << 20;

/// Bytes of a line that are shown.
const SHOWN_CAP_BYTES: usize = 200;

/// Lines that installers write: setuptools, in two versions, and virtualenv.
const INSTALLERS: &[&[u8]] = &[
    b"import os; var = 'SETUPTOOLS_USE_DISTUTILS'; enabled = os.environ.get(var, 'local') == \
      'local'; enabled and __import__('_distutils_hack').add_shim()",
    b"import os; var = 'SETUPTOOLS_USE_DISTUTILS'; enabled = os.environ.get(var, 'stdlib') == \
      'local'; enabled and __import__('_distutils_hack').add_shim()",
    b"import _virtualenv",
];

/// How the modules of editable installations begin.
pub(super) const FINDER: &str = "__editable___";

/// Modules that Python imports when it starts.
const CUSTOMIZE: &[&[u8]] = &[b"sitecustomize", b"usercustomize"];

/// Python wheel or egg.
pub struct Wheel;

/// Start-up file of Python.
pub struct PathFile;

static WHEEL: FormatSpec = FormatSpec {
    id: "wheel",
    title: "Python package",
    suffixes: &[".whl", ".egg"],
    runs_code: true,
    content: Content::Data,
    layer_of: Some("zip"),
    references: &[
        "https://packaging.python.org/en/latest/specifications/binary-distribution-format/",
    ],
    limitations: &[
        "What the modules of a package do is not examined beyond what their format allows.",
        "Digests in `RECORD` are not compared with the members.",
    ],
};

static PATH_FILE: FormatSpec = FormatSpec {
    id: "python-path-file",
    title: "Start-up file of Python",
    suffixes: &[".pth"],
    runs_code: true,
    content: Content::Data,
    layer_of: Some("text"),
    references: &["https://docs.python.org/3/library/site.html"],
    limitations: &["Modules that the lines import are judged by themselves."],
};

impl Format for Wheel {
    fn spec(&self) -> &'static FormatSpec {
        &WHEEL
    }

    fn recognise(&self, probe: &Probe<'_>) -> Claim {
        let named = probe.has_suffix(WHEEL.suffixes);
        let budget = Budget::unlimited();
        let found = find_central(probe.source(), probe.tail(), &budget, |central| {
            let name = &central.view.name[..];
            let is_mark = name.ends_with(b".dist-info/WHEEL") || name == b"EGG-INFO/PKG-INFO";
            is_mark.then_some(())
        });
        match matches!(found, Ok(Some(()))) {
            true => Claim::Structure,
            false if named => Claim::Name,
            false => Claim::No,
        }
    }

    fn examine(&self, artifact: &Artifact, cx: &mut Context<'_>) -> Result<(), Fault> {
        let directory = walk(artifact.source.as_ref(), Caps::default(), cx.budget())?;
        for entry in &directory.entries {
            cx.tick()?;
            let name = entry.name();
            if is_customize(name) {
                let message = format!("the member `{}` is imported by Python itself", shown(name));
                cx.report(STARTUP_HOOK.at(entry.span()).message(message));
            }
        }
        Ok(())
    }
}

/// Whether a member becomes a module that Python imports when it starts.
fn is_customize(name: &[u8]) -> bool {
    let mut parts: Vec<&[u8]> = name.split(|&b| b == b'/').collect();
    // Files for other places lie in `name.data/purelib` and its kind.
    if let [folder, b"purelib" | b"platlib", ..] = parts.as_slice()
        && folder.ends_with(b".data")
    {
        parts.drain(..2);
    }
    let first = parts.first().copied().unwrap_or_default();
    let module = first.split(|&b| b == b'.').next().unwrap_or_default();
    let is_code = parts.len() > 1
        || first.ends_with(b".py")
        || first.ends_with(b".pyc")
        || first.ends_with(b".so");
    CUSTOMIZE.contains(&module) && is_code
}

impl Format for PathFile {
    fn spec(&self) -> &'static FormatSpec {
        &PATH_FILE
    }

    fn recognise(&self, probe: &Probe<'_>) -> Claim {
        let named = probe.has_suffix(PATH_FILE.suffixes);
        match named && !probe.is_empty() && looks_like_text(probe.head()) {
            true => Claim::Magic,
            false => Claim::No,
        }
    }

    fn examine(&self, artifact: &Artifact, cx: &mut Context<'_>) -> Result<(), Fault> {
        let source = artifact.source.as_ref();
        if source.len() > LINES_CAP_BYTES {
            let what = format!("a start-up file of {} bytes is not read", source.len());
            return Err(Fault::unsupported(0, what));
        }
        let chunk = source.chunk(0..source.len())?;
        let mut at = 0u64;
        for line in chunk.split(|&b| matches!(b, b'\n' | b'\r')) {
            cx.tick()?;
            let end = at.saturating_add(line.len() as u64);
            let text = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
            if text.starts_with(b"import ") || text.starts_with(b"import\t") {
                let shown = text
                    .get(..text.len().min(SHOWN_CAP_BYTES))
                    .unwrap_or_default();
                let message = format!("Python runs `{}` when it starts", escape_bytes(shown));
                let draft = STARTUP_HOOK.at(at..end).message(message).bytes(shown);
                let worst = startup_line(text, at..end, cx)?;
                cx.report(match is_installers(text) && worst <= Severity::Low {
                    true => draft.severity(Severity::Low),
                    false => draft,
                });
            }
            at = end.saturating_add(1);
        }
        chunk.verify()?;
        Ok(())
    }
}

/// What a line does that runs whenever Python starts.
fn startup_line(line: &[u8], span: Span, cx: &mut Context<'_>) -> Result<Severity, Fault> {
    let text = String::from_utf8_lossy(line);
    let program = judge(&text, Dialect::Module, cx.budget())?;
    let text = python::Text {
        text: &text,
        role: python::Role::Startup,
        label: Some(&|_| "the line".to_owned()),
        place: &|_, _| span.clone(),
    };
    Ok(python::report(&program, &text, cx))
}

/// Whether installers write this line, to import a module that they put beside
/// the file: all of it is known. The module is judged by itself, as code that
/// Python runs when it starts.
fn is_installers(line: &[u8]) -> bool {
    let line = line.trim_ascii_end();
    let line = line.strip_suffix(b";").unwrap_or(line);
    INSTALLERS.contains(&line) || is_finder(line)
}

/// `import __editable___NAME_finder; __editable___NAME_finder.install()`: an
/// editable installation of setuptools.
fn is_finder(line: &[u8]) -> bool {
    let Some(rest) = line.strip_prefix(b"import ") else {
        return false;
    };
    let end = rest.iter().position(|&b| b == b';').unwrap_or(rest.len());
    let (module, call) = rest.split_at_checked(end).unwrap_or_default();
    let is_named = module.starts_with(FINDER.as_bytes())
        && module.ends_with(b"_finder")
        && module
            .iter()
            .all(|b| b.is_ascii_alphanumeric() || *b == b'_');
    let call = call.strip_prefix(b"; ").unwrap_or_default();
    is_named && call.strip_prefix(module) == Some(b".install()")
}

#[cfg(test)]
mod tests {
    use super::super::testing::{examine, mangle, recognise};
    use super::*;
    use crate::wire::zip_directory::sample::{Piece, Sample};

    #[test]
    fn lines_that_run_are_told_and_paths_are_not() {
        let said = |text: &str| examine(&PathFile, "x.pth", text);
        let runs = said("import os; os.system('nc 192.0.2.1 1')\n");
        assert_eq!(runs.rules(), ["python-runs-command", "python-startup-hook"]);
        assert_eq!(said("import x; x.y()\n").rules(), ["python-startup-hook"]);
        assert_eq!(said("../src\nimport\tx").findings[0].place.offset, Some(7));
        assert!(said("../src\n# import x\nimportant\n import x\n").is_clean());
        assert_eq!(recognise(&PathFile, "x.pth", "a\n"), Claim::Magic);
        assert_eq!(recognise(&PathFile, "x.pth", "PK\x03\x04"), Claim::No);
        assert_eq!(recognise(&PathFile, "x.txt", "import x"), Claim::No);
        mangle(&PathFile, "x.pth", b"import os\na\n");
    }

    #[test]
    fn lines_of_installers_are_low_and_nothing_like_them_is() {
        let grade = |text: &str| examine(&PathFile, "x.pth", text).severity("python-startup-hook");
        let setuptools = "import os; var = 'SETUPTOOLS_USE_DISTUTILS'; enabled = \
            os.environ.get(var, 'local') == 'local'; enabled and \
            __import__('_distutils_hack').add_shim(); \n";
        let finder = "import __editable___a_1_finder; __editable___a_1_finder.install()";
        for line in [setuptools, finder, "import _virtualenv\n"] {
            assert_eq!(grade(line), Severity::Low, "{line}");
        }
        for line in [
            setuptools.replace("_distutils_hack", "_distutils_hacks"),
            setuptools.replace("add_shim(); ", "add_shim(); import x"),
            finder.replace("install", "evil"),
            finder.replace("; _", "; x(); _"),
            finder.replace("_1_finder.", "_2_finder."),
            "import __editable___a_1_finder".to_owned(),
            "import _virtualenv, x".to_owned(),
        ] {
            assert_eq!(grade(&line), Severity::High, "{line}");
        }
    }

    #[test]
    fn packages_are_known_and_their_hooks_told() {
        let with = |name: &str| {
            Sample::of(&[
                Piece::stored(name, b"x = 1"),
                Piece::stored("m-1.dist-info/WHEEL", b"Wheel-Version: 1.0"),
            ])
            .bytes()
        };
        assert_eq!(recognise(&Wheel, "x", with("m/a.py")), Claim::Structure);
        assert!(examine(&Wheel, "m.whl", with("m/sitecustomize.py")).is_clean());
        for name in [
            "sitecustomize.py",
            "usercustomize/__init__.py",
            "m-1.data/purelib/sitecustomize.pyc",
        ] {
            assert_eq!(
                examine(&Wheel, "m.whl", with(name)).rules(),
                ["python-startup-hook"],
                "{name}"
            );
        }
        mangle(&Wheel, "m.whl", &with("sitecustomize.py"));
    }
}
