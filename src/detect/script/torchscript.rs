//! TorchScript as `torch.jit.save` writes it: which operators it names, and
//! what in it no serialiser writes.
//!
//! `torch.x` is the operator `aten::x`, `ops.space.x` is `space::x`, and
//! `__torch__.torch.classes.space.X` is a class in native code. `torch` and
//! `ops` may also be given another name, put in brackets or handed to
//! `getattr`; that works, nobody writes it, and what follows cannot be told.

use super::chains::{Chain, Piece, Pieces};
use super::excerpt;
use super::operators::{self, Operator};
use crate::budget::{Budget, Stop};
use crate::detect::bytecode::weigh;
use crate::report::Severity;

/// Pieces between two looks at the clock.
const PIECES_PER_CHECK: u64 = 4096;

/// What a program does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact {
    /// It names an operator that does more than compute.
    Operator {
        /// `space::name`.
        name: String,
        /// How bad that is.
        severity: Severity,
        /// What it does, to stand behind the name.
        what: &'static str,
    },
    /// It takes the table of operators as a value.
    OperatorTable(String),
    /// It needs operators or classes of a library that is not PyTorch's.
    Library(String),
    /// It is Python that TorchScript has no use for.
    Foreign {
        /// What was found.
        what: String,
        /// How bad that is.
        severity: Severity,
    },
}

/// A fact and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The fact.
    pub fact: Fact,
    /// Position of its first byte in the source.
    pub at: usize,
    /// Position behind its last.
    pub end: usize,
    /// The function it stands in, if any.
    pub function: Option<String>,
    /// The line from there on.
    pub excerpt: String,
}

/// Attributes that lead from an object to the interpreter.
const ESCAPES: &[&str] = &[
    "__base__",
    "__bases__",
    "__builtins__",
    "__class__",
    "__code__",
    "__getattribute__",
    "__globals__",
    "__import__",
    "__loader__",
    "__mro__",
    "__subclasses__",
];

/// Functions of Python that TorchScript does not have.
const BUILTINS: &[&str] = &[
    "__import__",
    "breakpoint",
    "compile",
    "delattr",
    "eval",
    "exec",
    "globals",
    "input",
    "locals",
    "open",
    "setattr",
    "vars",
];

/// Calls across machines, which are spelled as plain functions.
const REMOTE: &[&str] = &["rpc_async", "rpc_remote", "rpc_sync"];

/// Read a program and hand over what it does, front to back.
pub fn judge(source: &[u8], budget: &Budget, tell: &mut dyn FnMut(Told)) -> Result<(), Stop> {
    let mut reader = Program {
        source,
        function: None,
        statement: Statement::Other,
        tell,
    };
    let mut seen = 0u64;
    for piece in Pieces::new(source) {
        seen = seen.wrapping_add(1);
        if seen.is_multiple_of(PIECES_PER_CHECK) {
            budget.check()?;
        }
        reader.piece(&piece);
    }
    Ok(())
}

/// Whether a source looks as if `torch.jit.save` wrote it.
pub fn is_likely(head: &[u8]) -> bool {
    let first = Pieces::new(head).find_map(|piece| match piece {
        Piece::Chain(chain) => Some(chain.dotted()),
        Piece::Token(_) => None,
    });
    let opens = ["class", "def", "op_version_set", "import"];
    first.is_some_and(|word| opens.contains(&word.as_str()))
}

/// The beginning of a statement that decides what the next name means.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Statement {
    Def,
    Import,
    Other,
}

struct Program<'a, 'b> {
    source: &'a [u8],
    function: Option<&'a str>,
    statement: Statement,
    tell: &'b mut dyn FnMut(Told),
}

impl<'a> Program<'a, '_> {
    fn piece(&mut self, piece: &Piece<'a>) {
        let Piece::Chain(chain) = piece else {
            return;
        };
        match std::mem::replace(&mut self.statement, Statement::Other) {
            Statement::Def => {
                self.function = chain.names.first().copied();
                return;
            }
            Statement::Import => return self.import(chain),
            Statement::Other => {}
        }
        if chain.is_first && chain.is_word("def") {
            self.statement = Statement::Def;
        } else if chain.is_first && (chain.is_word("import") || chain.is_word("from")) {
            self.statement = Statement::Import;
        } else {
            self.name(chain);
        }
    }

    /// Old programs import the modules that they come with.
    fn import(&mut self, chain: &Chain<'_>) {
        if !matches!(chain.names.first(), Some(&"__torch__" | &"code")) {
            let what = format!("an import of `{}`", chain.dotted());
            self.foreign(chain, what, Severity::High);
        }
    }

    fn name(&mut self, chain: &Chain<'_>) {
        if let Some(escape) = chain.names.iter().find(|name| ESCAPES.contains(name)) {
            let what = format!("the attribute `{escape}`, which leads to the interpreter");
            return self.foreign(chain, what, Severity::High);
        }
        if chain.is_member {
            return;
        }
        match chain.names.as_slice() {
            ["torch", rest @ ..] => self.own(chain, rest),
            ["ops", space, name, ..] => self.operator(chain, space, name),
            ["ops", ..] if !chain.is_declared => self.table(chain),
            ["__torch__", "torch", "classes", space, ..] if !operators::is_own(space) => {
                self.tell(chain, Fact::Library((*space).to_owned()));
            }
            [name] if chain.is_called && REMOTE.contains(name) => {
                self.operator(chain, "prim", name);
            }
            [name] if chain.is_called && BUILTINS.contains(name) => {
                let what = format!("a call of Python's `{name}`");
                self.foreign(chain, what, Severity::High);
            }
            [_, _, ..] if chain.is_called => self.python_call(chain),
            _ => {}
        }
    }

    /// `torch` and what follows it.
    fn own(&mut self, chain: &Chain<'_>, rest: &[&str]) {
        if rest.is_empty() && !chain.is_declared {
            return self.table(chain);
        }
        for name in rest {
            if matches!(operators::judge("aten", name), Operator::Dangerous { .. }) {
                return self.operator(chain, "aten", name);
            }
        }
    }

    fn operator(&mut self, chain: &Chain<'_>, space: &str, name: &str) {
        match operators::judge(space, name) {
            Operator::Harmless => {}
            Operator::Foreign => self.tell(chain, Fact::Library(space.to_owned())),
            Operator::Dangerous { severity, what } => {
                let name = format!("{space}::{name}");
                self.tell(
                    chain,
                    Fact::Operator {
                        name,
                        severity,
                        what,
                    },
                );
            }
        }
    }

    fn table(&mut self, chain: &Chain<'_>) {
        self.tell(chain, Fact::OperatorTable(chain.dotted()));
    }

    /// A call that is dangerous in Python: a program that only looks like
    /// TorchScript.
    fn python_call(&mut self, chain: &Chain<'_>) {
        if let Some(weight) = weigh(&chain.dotted()) {
            let what = format!("a call of Python's `{}`", chain.dotted());
            self.foreign(chain, what, weight.severity);
        }
    }

    fn foreign(&mut self, chain: &Chain<'_>, what: String, severity: Severity) {
        self.tell(chain, Fact::Foreign { what, severity });
    }

    fn tell(&mut self, chain: &Chain<'_>, fact: Fact) {
        (self.tell)(Told {
            fact,
            at: chain.at,
            end: chain.end,
            function: self.function.map(str::to_owned),
            excerpt: excerpt(self.source, chain.at),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(source: &str) -> Vec<Told> {
        let mut all = Vec::new();
        judge(source.as_bytes(), &Budget::unlimited(), &mut |t| {
            all.push(t);
        })
        .unwrap();
        all
    }

    fn body(line: &str) -> Vec<Fact> {
        let source = format!("class M(Module):\n  def forward(self, x: Tensor):\n    {line}\n");
        told(&source).into_iter().map(|t| t.fact).collect()
    }

    #[test]
    fn what_pytorch_writes_is_clean() {
        let source = r#"op_version_set = 1
import __torch__.torch.nn.modules.linear
class M(Module):
  __parameters__ = ["weight", ]
  __buffers__ = []
  training : bool
  ops : List[str]
  l : __torch__.torch.nn.modules.linear.Linear
  packed : __torch__.torch.classes.quantized.LinearPackedParamsBase
  in_features : Final[int] = 2
  def forward(self: __torch__.M,
    x: Tensor) -> Tensor:
    print("exec(1) torch.save", torch.size(x))
    d = annotate(Dict[str, int], {})
    torch._set_item(d, "a", 1)
    if torch.__isnot__(x, None):
      y = unchecked_cast(Tensor, x)
    else:
      ops.prim.RaiseException("open('x')")
      y = uninitialized(Tensor)
    _0 = ops.torchvision.nms(x, y, 0.5)
    _1 = ops.quantized.linear(x, self.packed, 1.5e-05, 0)
    _2 = (self.l).save(x, "name", )
    _3 = getattr(self, "0")
    return torch.add((self.l).forward(x, ), CONSTANTS.c0)
  def __setstate__(self: __torch__.M,
    st: Tuple[Tensor, bool]) -> NoneType:
    self.training = (st)[1]
    return None
"#;
        assert_eq!(told(source), []);
    }

    #[test]
    fn files_are_reached_however_it_is_spelled() {
        for line in [
            "torch.save(x, \"/tmp/x\")",
            "torch . save(x, \"/tmp/x\")",
            "(torch\n  .save)(x, \"/tmp/x\")",
            "ops.aten.save(x, \"/tmp/x\")",
            "f = torch.save",
            "y = torch.from_file(\"/etc/passwd\", False, 4)",
            "y = ops.inductor._reinterpret_tensor(x, [9], [1], 0)",
            "y = rpc_sync(\"w\", f, (x,))",
        ] {
            let facts = body(line);
            assert!(
                matches!(facts[..], [Fact::Operator { .. }]),
                "{line}: {facts:?}"
            );
        }
        for line in [
            "g = torch\n    g.save(x, \"/tmp/x\")",
            "(torch).save(x, \"/tmp/x\")",
            "getattr(torch, \"save\")(x, \"/tmp/x\")",
            "(ops.aten).save(x, \"/tmp/x\")",
        ] {
            let facts = body(line);
            assert!(
                matches!(facts[..], [Fact::OperatorTable(_)]),
                "{line}: {facts:?}"
            );
        }
    }

    #[test]
    fn the_function_is_named() {
        let told = told("def __setstate__(self, x):\n  torch.save(x, \"a\")\n");
        assert_eq!(told[0].function.as_deref(), Some("__setstate__"));
        assert_eq!(told[0].excerpt, "torch.save(x, \"a\")");
    }

    #[test]
    fn libraries_are_named() {
        assert_eq!(
            body("y = ops.acme.run(x)"),
            [Fact::Library("acme".to_owned())]
        );
        assert_eq!(
            body("y : __torch__.torch.classes.acme.Thing"),
            [Fact::Library("acme".to_owned())]
        );
    }

    #[test]
    fn python_is_no_torchscript() {
        for line in [
            "exec(x)",
            "os.system(\"id\")",
            "y = x.__class__",
            "(x).__globals__",
            "open(\"/etc/passwd\")",
        ] {
            let facts = body(line);
            assert!(
                matches!(facts[..], [Fact::Foreign { .. }]),
                "{line}: {facts:?}"
            );
        }
        let imported = told("import os\n");
        assert!(matches!(imported[0].fact, Fact::Foreign { .. }));
        assert!(told("import __torch__.a\n").is_empty());
    }
}
