//! Lists of what is to be installed with a model: `requirements.txt`,
//! `pyproject.toml`, `setup.cfg`, `pip.conf`.
//!
//! Installing a package runs code. An *index* is where packages are asked for;
//! one more of them is asked for every package, and the highest version wins
//! ("dependency confusion"). The indexes of well-known projects are not told.
//!
//! An attacker names an index of his own, a package by its address, or a build
//! backend among the files.
//!
//! Not checked: what stands in the spec below.

use super::tally::Tally;
use super::text::looks_like_text;
use super::{Artifact, Claim, Content, Context, Format, FormatSpec, Kind, Probe};
use crate::report::{Severity, Span, Why, escape_text};
use crate::rules::packaging as rules;
use crate::wire::Fault;

/// Bytes of a list that are read.
const LIST_CAP_BYTES: u64 = 4 << 20;

/// Characters of a line that are shown.
const SHOWN_CAP_CHARS: usize = 160;

/// Hosts whose packages, wheels and sources are well known.
const HOSTS: &[&str] = &[
    "abetlen.github.io",
    "bitbucket.org",
    "codeberg.org",
    "data.pyg.org",
    "download.openmmlab.com",
    "download.pytorch.org",
    "files.pythonhosted.org",
    "flashinfer.ai",
    "github.com",
    "gitlab.com",
    "huggingface.co",
    "jllllll.github.io",
    "pypi.ngc.nvidia.com",
    "pypi.nvidia.com",
    "pypi.org",
    "pypi.python.org",
    "repo.radeon.com",
    "storage.googleapis.com",
    "test.pypi.org",
    "wheels.vllm.ai",
    "whl.pytorch.org",
    // Mirrors of the index, which universities and clouds keep for a country.
    "mirror.baidu.com",
    "mirrors.aliyun.com",
    "mirrors.cloud.tencent.com",
    "mirrors.tuna.tsinghua.edu.cn",
    "mirrors.ustc.edu.cn",
    "pypi.mirrors.ustc.edu.cn",
    "pypi.tuna.tsinghua.edu.cn",
    "repo.huaweicloud.com",
];

/// Options that name another source of packages.
const OPTIONS: &[&str] = &[
    "--extra-index-url",
    "--find-links",
    "--index-url",
    "--trusted-host",
    "-f",
    "-i",
    "extra-index-url",
    "extra_index_url",
    "find-links",
    "find_links",
    "index-url",
    "index_url",
    "trusted-host",
];

/// Names of lists that are text by their suffix.
pub struct Requirements;

/// Configuration of a package or of its installer.
pub struct ProjectFile;

static REQUIREMENTS: FormatSpec = FormatSpec {
    id: "python-requirements",
    title: "List of Python requirements",
    suffixes: &[],
    runs_code: false,
    content: Content::Data,
    layer_of: Some("text"),
    references: &["https://pip.pypa.io/en/stable/reference/requirements-file-format/"],
    limitations: &["Packages of the ordinary index are not judged."],
};

static PROJECT_FILE: FormatSpec = FormatSpec {
    id: "python-project-file",
    title: "Configuration of a Python package",
    suffixes: &[],
    runs_code: false,
    content: Content::Data,
    layer_of: Some("source-code"),
    references: &["https://packaging.python.org/en/latest/specifications/pyproject-toml/"],
    limitations: &["The file is read line by line; texts over several lines are not joined."],
};

impl Format for Requirements {
    fn spec(&self) -> &'static FormatSpec {
        &REQUIREMENTS
    }

    fn kind(&self) -> Kind {
        Kind::Text
    }

    fn recognise(&self, probe: &Probe<'_>) -> Claim {
        let name = probe.file_name();
        let is_list = (name.starts_with("requirements") || name.starts_with("constraints"))
            && (name.ends_with(".txt") || name.ends_with(".in") || !name.contains('.'))
            || name.ends_with("requirements.txt");
        match is_list && !probe.is_empty() && looks_like_text(probe.head()) {
            true => Claim::Magic,
            false => Claim::No,
        }
    }

    fn examine(&self, artifact: &Artifact, cx: &mut Context<'_>) -> Result<(), Fault> {
        // A TorchServe archive judges its own list: the server installs it.
        let archive = artifact.location.path.to_lowercase();
        if !artifact.location.members.is_empty() && archive.ends_with(".mar") {
            return Ok(());
        }
        read(artifact, cx, |line, span, tally| {
            requirement(line, span, tally)
        })
    }
}

impl Format for ProjectFile {
    fn spec(&self) -> &'static FormatSpec {
        &PROJECT_FILE
    }

    fn kind(&self) -> Kind {
        Kind::Text
    }

    fn recognise(&self, probe: &Probe<'_>) -> Claim {
        let names = [
            "pyproject.toml",
            "setup.cfg",
            "pip.conf",
            "pip.ini",
            "pipfile",
        ];
        match names.contains(&probe.file_name()) && looks_like_text(probe.head()) {
            true => Claim::Magic,
            false => Claim::No,
        }
    }

    fn examine(&self, artifact: &Artifact, cx: &mut Context<'_>) -> Result<(), Fault> {
        read(artifact, cx, |line, span, tally| {
            let (key, value) = line.split_once('=').unwrap_or((line, ""));
            let (key, value) = (key.trim(), value.trim());
            if key == "backend-path" {
                let message = format!(
                    "the build backend lies at `{}` in the package",
                    shown(value)
                );
                tally.add(rules::BUILD_BACKEND.at(span.clone()).message(message));
            } else if OPTIONS.contains(&key) || key == "url" && line.contains("/simple") {
                index(value, line, span, tally);
            } else if line.contains(" @ ") {
                let text = line.trim_matches(['"', '\'', ',', ' ']);
                requirement(text, span, tally);
            }
        })
    }
}

/// Read a list line by line.
fn read(
    artifact: &Artifact,
    cx: &mut Context<'_>,
    judge: impl Fn(&str, &Span, &mut Tally),
) -> Result<(), Fault> {
    let len = artifact.source.len().min(LIST_CAP_BYTES);
    let chunk = artifact.source.chunk(0..len)?;
    if len < artifact.source.len() {
        let detail = format!("of the list only the first {LIST_CAP_BYTES} bytes are judged");
        cx.gap(len..artifact.source.len(), Why::Limit, detail);
    }
    let mut tally = Tally::default();
    let mut at = 0u64;
    for line in chunk.split(|&b| b == b'\n') {
        cx.tick()?;
        let end = at.saturating_add(line.len() as u64);
        let text = String::from_utf8_lossy(line);
        judge(text.trim(), &(at..end), &mut tally);
        at = end.saturating_add(1);
    }
    chunk.verify()?;
    tally.report(cx);
    Ok(())
}

/// One line of a list of requirements.
pub(super) fn requirement(line: &str, span: &Span, tally: &mut Tally) {
    let line = line.split(" #").next().unwrap_or(line).trim();
    if line.starts_with('#') {
        return;
    }
    let (first, rest) = line.split_once([' ', '=']).unwrap_or((line, ""));
    if OPTIONS.contains(&first) && first.starts_with('-') {
        return index(rest, line, span, tally);
    }
    let Some(address) = address(line) else {
        return;
    };
    let host = host(&address);
    let is_known = HOSTS.contains(&host.as_str());
    // A folder beside the list is judged by itself.
    let severity = match (is_known, line.contains("http://") || is_number(&host)) {
        (true, false) => Severity::Info,
        (_, true) => Severity::Medium,
        (false, false) => Severity::Low,
    };
    let message = format!("a package is installed from `{}`", shown(&address));
    let draft = rules::DIRECT_REQUIREMENT
        .at(span.clone())
        .severity(severity);
    tally.add(draft.message(message).evidence(shown(line)));
}

/// Another source of packages.
fn index(value: &str, line: &str, span: &Span, tally: &mut Tally) {
    for one in value
        .split([' ', ','])
        .map(|one| one.trim_matches(['"', '\'', '[', ']', ' ']))
    {
        let host = host(one);
        if host.is_empty() || HOSTS.contains(&host.as_str()) || host.starts_with("${") {
            continue;
        }
        let is_private = ["localhost", "127.0.0.1"].contains(&host.as_str()) || !host.contains('.');
        let severity = if is_private {
            Severity::Low
        } else {
            Severity::Medium
        };
        let message = format!("packages are taken from `{}`", shown(one));
        let draft = rules::FOREIGN_INDEX.at(span.clone()).severity(severity);
        tally.add(draft.message(message).evidence(shown(line)));
    }
}

/// The address that a requirement names.
fn address(line: &str) -> Option<String> {
    let schemes = [
        "http://", "https://", "git+", "hg+", "svn+", "bzr+", "ftp://", "git://",
    ];
    let at = schemes
        .iter()
        .filter_map(|scheme| line.find(scheme))
        .min()?;
    let rest = line.get(at..)?;
    rest.split_ascii_whitespace().next().map(str::to_owned)
}

/// The host of an address, or of a bare name, without a login and a port.
fn host(address: &str) -> String {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    host.split(':')
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase()
}

fn is_number(host: &str) -> bool {
    host.parse::<std::net::Ipv4Addr>().is_ok()
}

fn shown(text: &str) -> String {
    escape_text(text).chars().take(SHOWN_CAP_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Said, examine, mangle, recognise};
    use super::*;

    fn said(text: &str) -> Said {
        examine(&Requirements, "requirements.txt", text)
    }

    #[test]
    fn indexes_are_told_unless_they_are_known() {
        for line in [
            "--extra-index-url http://192.0.2.1/simple",
            "--index-url=https://pypi.example.org/simple\ntorch",
            "-i https://user:pass@pypi.example.org/simple",
            "--trusted-host pypi.example.org",
        ] {
            assert_eq!(
                said(line).severity("packaging-foreign-index"),
                Severity::Medium,
                "{line}"
            );
        }
        for text in [
            "torch>=2.0\nnumpy==1.26 # see https://x\n# -i https://pypi.example.org\n",
            "--extra-index-url https://download.pytorch.org/whl/cu121\ntorch\n",
            "-i https://pypi.tuna.tsinghua.edu.cn/simple\n-r base.txt\n-e .\n",
        ] {
            assert!(said(text).is_clean(), "{text}");
        }
    }

    #[test]
    fn packages_by_address_are_graded_by_their_host() {
        let of = |line: &str| said(line).severity("packaging-direct-requirement");
        assert_eq!(
            of("git+https://github.com/huggingface/transformers"),
            Severity::Info
        );
        assert_eq!(of("x @ https://example.org/x.whl"), Severity::Low);
        assert_eq!(of("http://192.0.2.1/x.tar.gz"), Severity::Medium);
    }

    #[test]
    fn project_files_are_read_line_by_line() {
        let of = |name: &str, text: &str| examine(&ProjectFile, name, text);
        let own = of(
            "pyproject.toml",
            "[build-system]\nrequires = []\nbuild-backend = \"b\"\nbackend-path = [\".\"]\n",
        );
        assert_eq!(own.rules(), ["packaging-own-build-backend"]);
        let pip = of(
            "pip.conf",
            "[global]\nindex-url = http://192.0.2.1/simple\n",
        );
        assert_eq!(pip.rules(), ["packaging-foreign-index"]);
        let plain = "[project]\nname = \"x\"\ndependencies = [\"torch>=2\"]\n[project.urls]\nurl = \"https://example.org\"\n";
        assert!(of("pyproject.toml", plain).is_clean());
        assert_eq!(
            recognise(&ProjectFile, "a/pyproject.toml", plain),
            Claim::Magic
        );
        assert_eq!(
            recognise(&Requirements, "requirements-dev.txt", "x"),
            Claim::Magic
        );
        assert_eq!(recognise(&Requirements, "notes.txt", "x"), Claim::No);
        mangle(
            &Requirements,
            "requirements.txt",
            b"-i http://192.0.2.1/\nx @ git+https://y\n",
        );
    }
}
