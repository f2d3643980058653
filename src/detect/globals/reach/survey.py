#!/usr/bin/env python3
"""Which callables of a Python library reach a dangerous one.

Writes the data files beside it, one a library, which the knowledge base
compiles in. It reads sources and imports nothing of what it reads.

    pip download --no-deps -d wheels torch numpy ...
    python3 survey.py wheels/torch-*.whl            # one library
    python3 survey.py --all wheels                  # every wheel, in order
    python3 survey.py --name stdlib-3.13 /usr/lib/python3.13

Needs Python 3.11 or newer and its standard library.

How it judges. *Sinks* are the dangerous callables of the tables beside this
folder (the Rust sources are read, so that there is one list), less those that
do harm only by what no library passes them. A call counts if a parameter of
the function flows into the argument that decides: `import_module("numpy")` and
`open(os.devnull)` do not, `import_module(name)` does. Flow is followed through
local names, attributes of `self`, nested functions and decorators, callbacks
handed to a call, `partial`, constructors, the class hierarchy, re-exports and
aliases. It is not followed through globals that change, containers of objects,
or methods of objects whose class is not evident.

What it lists. Functions and methods (`f`); classes by what a pickle can make
them do: `c` called, which runs `__init__` (REDUCE), `n` constructed, which runs
`__new__` alone (NEWOBJ), `s` filled, which runs `__setstate__`, `__setitem__`,
`append` and the like (BUILD, SETITEMS, APPENDS), `p` given attributes by name,
which runs `__setattr__` and the setters of properties (BUILD with slots); and
names that a module borrows (`=`). Classes that merely read a file are left
out. Folders of tests are not read.

Format. First line: library and version. Then the sinks, one a line, `$` and the
number, the effect and the path. Then a section a module, `@module`, sorted;
in it a line a name, sorted: `name kind sink [through]`, `name = path`, or
`class < path`, a class it inherits listed methods from. A path that begins with
a dot lies in the same module; one that ends with a dot ends with the same name. The section `@*` holds methods by name
alone, where nearly every class of the library that has one has a listed one.
"""

import ast
import builtins
import collections
import os
import re
import sys
import zipfile

HERE = os.path.dirname(os.path.abspath(__file__))
TABLES = os.path.dirname(HERE)

# Modules that are judged as a whole because no model names them, while
# libraries call most of what is in them to no harm. Of these only the names
# that the tables list are sinks.
COARSE = {
    "IPython", "asyncio", "asynchat", "asyncore", "atexit", "ctypes", "dask", "dbm",
    "dill", "distutils", "doctest", "faulthandler", "filecmp", "fileinput", "gc",
    "glob", "http", "huggingface_hub", "hydra", "importlib", "inspect", "jsonpickle",
    "keras.saving", "linecache", "locale", "logging.config", "logging.handlers",
    "mailbox", "mlflow.pyfunc", "mmap", "msvcrt", "multiprocessing", "numba",
    "numpy.ctypeslib", "numpy.distutils", "numpy.f2py", "numpy.testing", "os",
    "os.path", "pdb", "pip", "pkg_resources", "psutil", "pytest",
    "resource", "sched", "select", "selectors", "setuptools", "signal", "site",
    "socket", "sqlite3", "ssl", "sys", "tarfile", "tempfile", "threading", "timeit",
    "torch._dynamo", "torch._functorch", "torch._inductor", "torch._ops",
    "torch.classes", "torch.distributed.elastic", "torch.distributed.launch",
    "torch.distributed.launcher", "torch.distributed.rpc", "torch.distributed.run",
    "torch.hub", "torch.multiprocessing", "torch.ops", "torch.package",
    "torch.testing", "torch.utils.bottleneck", "torch.utils.cpp_extension",
    "torch.utils.data.datapipes", "torch.utils.model_dump",
    "transformers.dynamic_module_utils", "transformers.utils.hub",
    "transformers.utils.import_utils", "unittest", "unittest.mock", "urllib",
    "urllib3", "warnings", "webbrowser", "winreg", "wsgiref", "xmlrpc", "xmlrpc.server",
    "zipfile", "tensorflow.io.gfile", "botocore", "boto3", "tornado", "grpc", "aiohttp",
    "_thread", "_signal", "_winapi", "comet_ml", "neptune", "sentry_sdk", "syslog",
    "IPython.utils.process", "llvmlite", "cffi", "_cffi_backend", "cloudpickle",
    "joblib.externals.loky", "loky", "pickle", "marshal", "shutil", "code", "codeop",
    "bdb", "cProfile", "profile", "trace", "venv", "ensurepip", "lib2to3", "idlelib",
    "pydoc", "unittest", "zipapp", "antigravity", "this", "turtle", "turtledemo",
    "jinja2", "mako", "ray", "pyspark", "celery", "Cython", "_pytest", "twisted", "redis",
    "PIL.ImageShow", "trio", "zmq", "gevent", "kombu", "modelscope.hub",
}

# Table entries that a library calls without danger: what they would evaluate
# comes from annotations, from the prompt, or from a Python function in hand.
NOT_SINKS = {
    "builtins.input", "builtins.reload", "builtins.setattr", "builtins.delattr",
    "collections._eval", "collections.eval", "dataclasses._create_fn",
    "importlib.reload", "inspect._signature_fromstr", "jinja2.Template.render",
    "jinja2.environment.Template.render", "logging.basicConfig",
    "os.mkdir", "os.makedirs", "pathlib.Path.mkdir", "pathlib.Path.touch",
    "scipy.stats._distn_infrastructure.rv_generic", "torch._inductor.codecache.compile_file",
    "torch.compile", "torch.cuda.cudart", "torch.fx._symbolic_trace.Tracer.trace",
    "torch.fx.graph_module._deserialize_graph_module", "torch.jit._script.script",
    "torch.jit.compile", "torch.jit.script", "torch.onnx.utils.export",
    "types.CodeType", "types.FunctionType", "types.LambdaType", "typing.ForwardRef",
    "typing.ForwardRef._evaluate", "typing._eval_type", "typing.get_type_hints",
    "typing.evaluate_forward_ref", "sympy.core.sympify.sympify", "sympy.sympify",
    "sympy.lambdify", "sympy.utilities.lambdify.lambdify", "xml.sax.make_parser",
    "torch._dynamo.guards.GuardBuilder.get", "numpy.core._ufunc_reconstruct",
    "os.fork", "os.forkpty", "argparse.FileType", "tensorflow.py_function",
    "numpy.core.memmap.memmap", "csv.DictWriter.writerow", "csv.DictWriter.writerows",
    "io.TextIOWrapper.write", "io.FileIO.write", "os.write", "copyreg.constructor",
    "copyreg.pickle", "logging.FileHandler.emit", "codecs.StreamReaderWriter.write",
    "tensorflow.numpy_function", "tensorflow.py_func", "numpy.ctypeslib.as_ctypes",
    "subprocess.CompletedProcess", "subprocess.list2cmdline", "subprocess.CalledProcessError",
}

# Effects as the tables name them, worst first, and the letter in the data.
EFFECTS = [
    ("RunsCommand", "C"), ("EvaluatesCode", "E"), ("LoadsNativeCode", "L"),
    ("Deserialises", "D"), ("ImportsModule", "I"), ("ResolvesNames", "N"),
    ("UsesNetwork", "U"), ("TouchesFiles", "W"), ("ChangesInterpreter", "H"),
    ("ReadsFiles", "R"),
]
LETTER = dict(EFFECTS)
RANK = {name: i for i, (name, _) in enumerate(EFFECTS)}

# Sinks of which another argument than the first two decides, or only one.
FIRST_ONLY = ("builtins.eval", "builtins.exec", "builtins.compile", "builtins.__import__",
              "builtins.execfile", "importlib.import_module", "subprocess.", "os.system",
              "os.popen", "pickle.", "runpy.", "torch.load", "torch.hub.load",
              "numpy.load", "numpy.from", "pandas.read", "requests.get", "requests.post", "joblib.load")
OPENERS = {"builtins.open", "builtins.file", "io.open", "io.FileIO", "codecs.open", "gzip.open",
           "gzip.GzipFile", "bz2.open", "bz2.BZ2File", "lzma.open", "lzma.LZMAFile",
           "tarfile.open", "zipfile.ZipFile", "tarfile.TarFile", "tarfile.TarFile.open",
           "pathlib.Path.open", "io.open_code", "tokenize.open", "wave.open", "fsspec.open",
           "dbm.open", "aifc.open", "sunau.open", "tensorflow.io.gfile.GFile"}

# Functions whose result says little about what went in.
BLUNT = {"len", "isinstance", "issubclass", "bool", "int", "float", "id", "hash", "type",
         "callable", "hasattr", "range", "min", "max", "sum", "abs", "round", "ord", "any",
         "all", "super"}
# Calls that take a function or class only to look at it.
LOOKERS = {"isinstance", "issubclass", "super", "hasattr", "type", "getattr", "cast",
           "setattr", "TypeVar", "Union", "Optional", "register", "getsource", "signature"}
MUTATORS = {"append", "extend", "insert", "update", "add", "setdefault", "write", "appendleft"}
# Methods told by their name alone, wherever the object comes from.
TELLING = {"extractall": "tarfile.TarFile.extractall", "exec_module": "importlib.import_module",
           "load_module": "importlib.import_module", "write_text": "pathlib.Path.write_text",
           "write_bytes": "pathlib.Path.write_bytes", "load_library": "torch.ops.load_library",
           "LoadLibrary": "ctypes.CDLL", "read_text": "pathlib.Path.read_text",
           "read_bytes": "pathlib.Path.read_bytes"}
FILLERS = ("__setstate__", "__setitem__", "append", "extend", "add", "__del__", "__hash__",
           "__eq__")
SKIPPED = re.compile(r"(^|/)(tests?|testing_data|_vendor|vendor|third_party|node_modules|"
                     r"test_\w+\.py|\w+_test\.py|conftest\.py|site-packages|idle_test|"
                     r"lib-dynload|__pycache__)(/|$)")
# Functions that are not looked into: nearly all of their library calls them
# with expressions, and a string that is evaluated is only one of their cases.
CUT = {"sympy.core.sympify.sympify"}
# Loaders of YAML that make plain data only; OmegaConf's derives from one.
SAFE_LOADER = re.compile(r"Safe|get_yaml_loader")
# Packages that a library carries a copy of, surveyed on their own.
ELSEWHERE = {("tensorflow", "keras")}
# A method is listed by its name alone if more than so many classes have it, and
# all but one in so many of them have a listed one.
MANY, NEARLY = 10, 4
# Borrowed names that denote constants and exceptions.
PLAIN = re.compile(r"\.([A-Z0-9_]+|\w*(Error|Exception|Warning|Expired))$")


# ---------------------------------------------------------------- the tables

def read_tables():
    """Sinks by path, module sinks, harmless paths and aliases, from Rust."""
    names, modules, harmless = {}, {}, set()
    folders = [TABLES, os.path.join(TABLES, "harmless")]
    for folder in folders:
        for file in sorted(os.listdir(folder)):
            if not file.endswith(".rs"):
                continue
            text = open(os.path.join(folder, file), encoding="utf-8").read()
            single = re.findall(r"^use super::Effect::(\w+);", text, re.M)
            for group in re.split(r"\n    Group \{", text)[1:]:
                judged = re.search(r"judgement: (critical|high|harmless)\(\s*(\w+)?", group)
                listed = re.search(r"names: &\[(.*?)\]", group, re.S)
                whole = re.search(r"modules: &\[(.*?)\]", group, re.S)
                paths = re.findall(r'"([^"]+)"', listed.group(1)) if listed else []
                wholes = re.findall(r'"([^"]+)"', whole.group(1)) if whole else []
                grade, effect = judged.group(1), judged.group(2)
                if grade == "harmless":
                    harmless.update(paths)
                    continue
                if effect is None and single:
                    effect = single[0]
                if grade == "high" and effect == "TouchesFiles":
                    effect = "ReadsFiles"
                elif grade == "high" and effect not in ("Deserialises", "EvaluatesCode"):
                    continue
                if effect == "CallsArgument" or effect not in LETTER:
                    continue
                names.update((p, effect) for p in paths)
                modules.update((m, effect) for m in wholes)
    text = open(os.path.join(TABLES, "path.rs"), encoding="utf-8").read()
    text = text[text.index("static ALIASES"):text.index("\n];")]
    pairs = re.findall(r'\(\s*"([^"]+)",\s*"([^"]+)",?\s*\)', text)
    unknown = {n for n in NOT_SINKS - set(names) - harmless
               if not any(n.startswith(m + ".") for m in modules)}
    if unknown:
        print("not in the tables:", *sorted(unknown), file=sys.stderr)
    for path in NOT_SINKS:
        names.pop(path, None)
    for module in COARSE:
        modules.pop(module, None)
    return names, modules, harmless, dict(pairs)


class Tables:
    def __init__(self):
        self.names, self.modules, self.harmless, self.aliases = read_tables()
        self.cache = {}

    def fold(self, path):
        for _ in range(4):
            parts = path.split(".")
            for n in range(len(parts), 0, -1):
                meant = self.aliases.get(".".join(parts[:n]))
                if meant:
                    path = ".".join([meant] + parts[n:])
                    break
            else:
                return path
        return path

    def sink(self, path):
        """The sink that an outside path is, and its effect."""
        if path not in self.cache:
            self.cache[path] = self._sink(self.fold(path))
        return self.cache[path]

    def _sink(self, path):
        if path in self.harmless or path in NOT_SINKS:
            return None
        if path in self.names:
            return path, self.names[path]
        parts = path.split(".")
        for n in range(len(parts) - 1, 0, -1):
            prefix = ".".join(parts[:n])
            if prefix in NOT_SINKS or prefix in self.harmless:
                return None
            if n > 1 and prefix in self.names and n == len(parts) - 1:
                # A method of a dangerous class; its constructor counts itself.
                return None
            if prefix in self.modules:
                return path, self.modules[prefix]
        return None


# ---------------------------------------------------------------- one module

class Function:
    """A function: parameters, and calls as symbols with what flows in."""
    __slots__ = ("qual", "params", "args", "vararg", "kwarg", "kwonly", "cls", "calls",
                 "decorators", "module", "wrapper", "is_static")

    def __init__(self, qual, module, cls):
        self.qual, self.module, self.cls = qual, module, cls
        self.calls, self.decorators = [], []
        self.is_static = False


class Call:
    """`target` is a symbol; `args` the taints by position; `kw` by name."""
    __slots__ = ("target", "receiver", "args", "kw", "star", "mode", "callback")

    def __init__(self, target, receiver, args, kw, star, mode=None, callback=False):
        self.target, self.receiver, self.args, self.kw = target, receiver, args, kw
        self.star, self.mode, self.callback = star, mode, callback


class Class:
    __slots__ = ("qual", "module", "bases", "methods", "setters", "attrs", "decorators", "name")

    def __init__(self, qual, module, name):
        self.qual, self.module, self.name = qual, module, name
        self.bases, self.methods, self.setters, self.attrs = [], {}, [], {}
        self.decorators = []


class Module:
    __slots__ = ("name", "package", "names", "stars", "functions", "classes", "all")

    def __init__(self, name, package):
        self.name, self.package = name, package
        self.names, self.stars, self.functions, self.classes = {}, [], {}, {}
        self.all = None


def dotted(node):
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if isinstance(node, ast.Name):
        parts.append(node.id)
        return ".".join(reversed(parts))
    return None


def parse_module(name, package, source):
    tree = ast.parse(source)
    module = Module(name, package)
    collect(module, tree.body)
    return module


def relative(module, level, name):
    if not level:
        return name or ""
    base = module.name.split(".")
    if not module.package:
        base = base[:-1]
    if level > 1:
        base = base[:len(base) - (level - 1)]
    return ".".join(base + ([name] if name else []))


def bind(module, name, binding):
    bound = module.names.setdefault(name, [])
    if binding not in bound and len(bound) < 4:
        bound.append(binding)


def imports(node, module, put):
    if isinstance(node, ast.Import):
        for alias in node.names:
            if alias.asname:
                put(alias.asname, ("path", alias.name))
            else:
                top = alias.name.split(".")[0]
                put(top, ("path", top))
    else:
        base = relative(module, node.level, node.module)
        for alias in node.names:
            if alias.name == "*":
                module.stars.append(base)
            else:
                put(alias.asname or alias.name, ("path", base + "." + alias.name))


def is_overload(node):
    """Whether a definition is a signature for type checkers only."""
    return any((dotted(mark) or "").rpartition(".")[2] == "overload" for mark in node.decorator_list)


def collect(module, body):
    """Bind the names that module-level statements bind."""
    for node in body:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            imports(node, module, lambda n, b: bind(module, n, b))
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            bind(module, node.name, ("def", module.name + "." + node.name))
            if not is_overload(node):
                function = read_function(module, node, None)
                known = module.functions.get(node.name)
                if known is None or len(known.calls) < len(function.calls):
                    module.functions[node.name] = function
        elif isinstance(node, ast.ClassDef):
            read_class(module, node, module.name)
            bind(module, node.name, ("class", module.name + "." + node.name))
        elif isinstance(node, ast.Assign):
            path = dotted(node.value) if isinstance(node.value, (ast.Name, ast.Attribute)) else None
            if isinstance(node.value, ast.Call):
                maker = dotted(node.value.func)
                first = node.value.args[:1]
                if maker in ("partial", "functools.partial") and first:
                    path = dotted(first[0])
            for target in node.targets:
                if isinstance(target, ast.Name):
                    if path and path != target.id:
                        bind(module, target.id, ("alias", path))
                    elif target.id == "__all__" and isinstance(node.value, (ast.List, ast.Tuple)):
                        module.all = {e.value for e in node.value.elts
                                      if isinstance(e, ast.Constant)}
                    else:
                        bind(module, target.id, ("value",))
        else:
            for field in ("body", "orelse", "finalbody"):
                collect(module, [n for n in getattr(node, field, []) if isinstance(n, ast.stmt)])
            for handler in getattr(node, "handlers", []):
                collect(module, handler.body)


def read_class(module, node, outer):
    qual = outer + "." + node.name
    inside = qual[len(module.name) + 1:]
    cls = Class(qual, module, node.name)
    cls.bases = [b for b in map(dotted, node.bases) if b]
    cls.decorators = [dotted(d.func if isinstance(d, ast.Call) else d) for d in node.decorator_list]
    module.classes[inside] = cls

    def walk(body):
        for item in body:
            if isinstance(item, (ast.FunctionDef, ast.AsyncFunctionDef)):
                if is_overload(item):
                    continue
                function = read_function(module, item, cls)
                for mark in item.decorator_list:
                    if isinstance(mark, ast.Attribute) and mark.attr == "setter":
                        function.qual += ".setter"
                        cls.setters.append(function)
                        break
                else:
                    cls.methods.setdefault(item.name, function)
            elif isinstance(item, ast.ClassDef):
                read_class(module, item, qual)
            elif isinstance(item, ast.Assign) and isinstance(item.value, (ast.Name, ast.Attribute)):
                path = dotted(item.value)
                for target in item.targets:
                    if isinstance(target, ast.Name) and path:
                        cls.attrs[target.id] = path
            elif isinstance(item, (ast.If, ast.Try)):
                walk(item.body)
                walk(item.orelse)
    walk(node.body)


NESTED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
EMPTY = frozenset()


def parameters(args):
    names = [a.arg for a in args.posonlyargs + args.args]
    return names, args.vararg and args.vararg.arg, args.kwarg and args.kwarg.arg, \
        [a.arg for a in args.kwonlyargs]


class Flow:
    """What flows where in one function, and the calls in it."""

    def __init__(self, module, function, node):
        self.module, self.function = module, function
        self.taint, self.types, self.local = {}, {}, {}
        self.nested, self.node = {}, node
        self.setting = {}

    def run(self):
        f, args = self.function, self.node.args
        f.args, f.vararg, f.kwarg, f.kwonly = parameters(args)
        f.params = f.args + ([f.vararg] if f.vararg else []) + f.kwonly + ([f.kwarg] if f.kwarg else [])
        for i, name in enumerate(f.params):
            self.taint[name] = frozenset([i])
        fresh = f.cls is not None and self.node.name in ("__init__", "__new__") and f.args
        if fresh:
            self.taint[f.args[0]] = EMPTY
        if f.cls is not None and self.node.name in ("__getattr__", "__getattribute__") and len(f.args) > 1:
            self.taint[f.args[1]] = EMPTY
        f.wrapper = len(f.params)
        self.statements = list(ast.walk(ast.Module(body=self.node.body, type_ignores=[])))
        for node in self.statements:
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                self.nested[node.name] = node
            if isinstance(node, NESTED):
                names, vararg, kwarg, kwonly = parameters(node.args)
                wrapped = frozenset([f.wrapper]) if isinstance(node, ast.FunctionDef) else EMPTY
                for name in names + kwonly + [n for n in (vararg, kwarg) if n]:
                    self.taint[name] = self.taint.get(name, EMPTY) | wrapped
            elif isinstance(node, (ast.Import, ast.ImportFrom)):
                imports(node, self.module,
                        lambda n, b: self.local.setdefault(n, []).append(b))
        for _ in range(4):
            before = {k: len(v) for k, v in self.taint.items()}
            for node in self.statements:
                self.pass_on(node)
            if before == {k: len(v) for k, v in self.taint.items()}:
                break
        for node in self.statements:
            if isinstance(node, ast.Call):
                self.call(node)
        for name, taint in self.setting.items():
            f.calls.append(Call(("set", f.cls, name), taint, [taint], {}, EMPTY))

    def grow(self, target, taint):
        if isinstance(target, ast.Name):
            self.taint[target.id] = self.taint.get(target.id, EMPTY) | taint
        elif isinstance(target, (ast.Tuple, ast.List)):
            for element in target.elts:
                self.grow(element, taint)
        elif isinstance(target, ast.Starred):
            self.grow(target.value, taint)
        elif isinstance(target, (ast.Attribute, ast.Subscript)):
            path = dotted(target)
            if path and path.count(".") == 1 and isinstance(target, ast.Attribute):
                self.taint[path] = self.taint.get(path, EMPTY) | taint
            root = target
            while isinstance(root, (ast.Attribute, ast.Subscript)):
                root = root.value
            if isinstance(root, ast.Name):
                key = root.id
                if self.function.args and key == self.function.args[0] and self.function.cls:
                    # An attribute of `self` is kept apart from the others.
                    if isinstance(target, ast.Attribute):
                        self.taint[key + ".*"] = self.taint.get(key + ".*", EMPTY) | taint
                        return
                    path = dotted(target.value) if isinstance(target, ast.Subscript) else None
                    if path:
                        self.taint[path] = self.taint.get(path, EMPTY) | taint
                        self.taint[key + ".*"] = self.taint.get(key + ".*", EMPTY) | taint
                        return
                self.taint[key] = self.taint.get(key, EMPTY) | taint

    def pass_on(self, node):
        if isinstance(node, ast.Assign):
            taint = self.of(node.value)
            for target in node.targets:
                self.grow(target, taint)
                self.note_type(target, node.value)
                self.note_setter(target, taint)
        elif isinstance(node, ast.AnnAssign) and node.value:
            self.grow(node.target, self.of(node.value))
            self.note_type(node.target, node.value)
        elif isinstance(node, (ast.AugAssign, ast.NamedExpr)):
            self.grow(node.target, self.of(node.value))
        elif isinstance(node, (ast.For, ast.AsyncFor)):
            self.grow(node.target, self.of(node.iter))
        elif isinstance(node, ast.comprehension):
            self.grow(node.target, self.of(node.iter))
        elif isinstance(node, ast.withitem) and node.optional_vars:
            self.grow(node.optional_vars, self.of(node.context_expr))
            self.note_type(node.optional_vars, node.context_expr)
        elif isinstance(node, ast.Call):
            taint = EMPTY
            for argument in node.args:
                taint |= self.of(argument)
            for keyword in node.keywords:
                taint |= self.of(keyword.value)
            if isinstance(node.func, ast.Attribute) and node.func.attr in MUTATORS and taint:
                value = node.func.value
                if isinstance(value, (ast.Name, ast.Attribute, ast.Subscript)):
                    self.grow(value, taint)
            elif isinstance(node.func, ast.Name) and node.func.id in self.nested:
                names, vararg, kwarg, kwonly = parameters(self.nested[node.func.id].args)
                for name in names + kwonly + [n for n in (vararg, kwarg) if n]:
                    self.taint[name] = self.taint.get(name, EMPTY) | taint
            if taint:
                for argument in node.args:
                    inner = self.nested.get(argument.id) if isinstance(argument, ast.Name) else \
                        argument if isinstance(argument, ast.Lambda) else None
                    if inner is not None:
                        for name in parameters(inner.args)[0]:
                            self.taint[name] = self.taint.get(name, EMPTY) | taint

    def note_setter(self, target, taint):
        """An assignment to an attribute of `self` may run a property's setter."""
        function = self.function
        if taint and function.cls and function.args and isinstance(target, ast.Attribute) \
                and isinstance(target.value, ast.Name) and target.value.id == function.args[0]:
            self.setting[target.attr] = self.setting.get(target.attr, EMPTY) | taint

    def note_type(self, target, value):
        path = dotted(target) if isinstance(target, (ast.Name, ast.Attribute)) else None
        made = dotted(value.func) if isinstance(value, ast.Call) else None
        if path and made:
            self.types.setdefault(path, set()).add(made)

    def of(self, node):
        """The parameters that flow into an expression."""
        if node is None or isinstance(node, (ast.Constant, ast.Compare)):
            return EMPTY
        if isinstance(node, ast.Name):
            own = self.taint.get(node.id, EMPTY)
            if self.function.cls and self.function.args and node.id == self.function.args[0]:
                own |= self.taint.get(node.id + ".*", EMPTY)
            return own
        if isinstance(node, ast.Attribute):
            if node.attr in ("__name__", "__class__", "__module__", "__doc__", "__file__", "shape",
                             "dtype", "ndim", "device", "__qualname__", "__dict__"):
                return EMPTY
            path = dotted(node)
            if path and path in self.taint:
                whole = self.taint.get(path.split(".")[0], EMPTY)
                return self.taint[path] | whole
            if path and path.count(".") == 1 and self.function.cls and self.function.args \
                    and path.split(".")[0] == self.function.args[0]:
                return self.taint.get(self.function.args[0], EMPTY)
            return self.of(node.value)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            return EMPTY
        if isinstance(node, ast.Subscript):
            return self.of(node.value)
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Name) and node.func.id in BLUNT:
                return EMPTY
            taint = self.of(node.func.value) if isinstance(node.func, ast.Attribute) else EMPTY
            for argument in node.args:
                taint |= self.of(argument)
            for keyword in node.keywords:
                taint |= self.of(keyword.value)
            return taint
        if isinstance(node, ast.IfExp):
            return self.of(node.body) | self.of(node.orelse)
        if isinstance(node, ast.Lambda):
            return EMPTY
        taint = EMPTY
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                taint |= self.of(child)
            elif isinstance(child, ast.comprehension):
                taint |= self.of(child.iter)
        return taint

    def symbol(self, node):
        """What an expression that is called may denote, as a list of symbols,
        and the taint of the receiver."""
        path = dotted(node)
        first = self.function.args[0] if self.function.args else None
        if path:
            root, _, rest = path.partition(".")
            if root in self.local:
                return [("path", b[1] + ("." + rest if rest else "")) for b in self.local[root]], EMPTY
            if root in self.nested and not rest:
                return [], EMPTY
            if self.function.cls and root == first and not self.function.is_static and rest:
                receiver = self.of(ast.Name(id=root))
                if "." not in rest:
                    return [("self", self.function.cls, rest)], receiver
                owner, _, method = path.rpartition(".")
                made = self.types.get(owner, ())
                receiver = self.of(node.value) if isinstance(node, ast.Attribute) else EMPTY
                return [("made", m, method) for m in made], receiver
            if root in self.types and rest and "." not in rest:
                return [("made", m, rest) for m in self.types[root]], self.of(ast.Name(id=root))
            if root in self.taint and root not in self.module.names:
                receiver = self.of(node.value) if isinstance(node, ast.Attribute) else EMPTY
                return [("any", rest.rpartition(".")[2])] if rest else [], receiver
            receiver = self.of(node.value) if isinstance(node, ast.Attribute) else EMPTY
            return [("name", path)], receiver
        if isinstance(node, ast.Attribute):
            receiver = self.of(node.value)
            if isinstance(node.value, ast.Call):
                made = dotted(node.value.func)
                if made == "super" and self.function.cls:
                    return [("super", self.function.cls, node.attr)], \
                        self.of(ast.Name(id=first)) if first else EMPTY
                if made:
                    return [("made", made, node.attr)], receiver
            return [("any", node.attr)], receiver
        return [], EMPTY

    def call(self, node):
        symbols, receiver = self.symbol(node.func)
        args = [self.of(a.value if isinstance(a, ast.Starred) else a) for a in node.args]
        star = EMPTY
        for i, a in enumerate(node.args):
            if isinstance(a, ast.Starred):
                star |= args[i]
        kw = {}
        for k in node.keywords:
            if k.arg is None:
                star |= self.of(k.value)
            else:
                kw[k.arg] = self.of(k.value)
        for symbol in symbols:
            self.function.calls.append(Call(symbol, receiver, args, kw, star, self.mode(node)))
        union = receiver.union(star, *args, *kw.values())
        last = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if not union or last in LOOKERS:
            return
        for a in node.args + [k.value for k in node.keywords]:
            if isinstance(a, (ast.Name, ast.Attribute)):
                path = dotted(a)
                root = path.split(".")[0] if path else ""
                if not path or (root in self.taint and root not in self.module.names and
                                root != (self.function.args or [None])[0]):
                    continue
                callees, owner = self.symbol(a)
                for symbol in callees:
                    if symbol[0] in ("name", "path", "self"):
                        self.function.calls.append(
                            Call(symbol, owner, [union], {}, union, None, True))

    def mode(self, node):
        """Constants that decide what a call does: the mode of an opener, and
        switches that make a loader safe."""
        found = {}
        for i, a in enumerate(node.args):
            if isinstance(a, ast.Constant):
                found[i] = a.value
        for k in node.keywords:
            if k.arg and isinstance(k.value, ast.Constant):
                found[k.arg] = k.value.value
            elif k.arg:
                value = k.value.func if isinstance(k.value, ast.Call) else k.value
                found[k.arg] = dotted(value) or Ellipsis
        for i, a in enumerate(node.args):
            found.setdefault(i, dotted(a) or Ellipsis)
        return found


def read_function(module, node, cls):
    outer = cls.qual if cls else module.name
    function = Function(outer + "." + node.name, module, cls)
    function.decorators = [dotted(d.func if isinstance(d, ast.Call) else d) for d in node.decorator_list]
    function.is_static = "staticmethod" in function.decorators
    Flow(module, function, node).run()
    return function


# --------------------------------------------------------------- the library

class Library:
    def __init__(self, name, version, tables):
        self.name, self.version, self.tables = name, version, tables
        self.modules, self.functions, self.classes = {}, {}, {}
        self.failed = 0

    def read(self, files):
        for path, source in files:
            name = path[:-3].replace("/", ".")
            package = name.endswith(".__init__")
            if package:
                name = name[:-9]
            try:
                module = parse_module(name, package, source)
            except (SyntaxError, ValueError, RecursionError):
                self.failed += 1
                continue
            self.modules[name] = module
        for module in self.modules.values():
            for name, function in module.functions.items():
                self.functions[function.qual] = function
            for cls in module.classes.values():
                self.classes[cls.qual] = cls
                for function in list(cls.methods.values()) + cls.setters:
                    self.functions.setdefault(function.qual, function)
        self.cache, self.mros = {}, {}

    # -- names

    def lookup(self, path, depth=0):
        """What an absolute dotted path denotes: functions, classes or outside."""
        if path in self.cache:
            return self.cache[path]
        if depth > 12:
            return []
        self.cache[path] = []
        parts = path.split(".")
        found = []
        for n in range(len(parts), 0, -1):
            prefix = ".".join(parts[:n])
            module = self.modules.get(prefix)
            if module is None:
                continue
            rest = parts[n:]
            if not rest:
                found = [("module", prefix)]
            else:
                found = self.member(module, rest, depth)
            break
        else:
            found = [("out", path)]
        self.cache[path] = found
        return found

    def member(self, module, rest, depth):
        if depth > 12:
            return []
        bindings = module.names.get(rest[0])
        tail = rest[1:]
        found = []
        if not bindings:
            for base in module.stars:
                star = self.modules.get(base)
                if star is not None and star is not module and (star.all is None or rest[0] in star.all):
                    found += self.lookup(".".join([base] + rest), depth + 1)
                    if found:
                        return found
            return found
        for binding in bindings:
            kind = binding[0]
            if kind == "path":
                found += self.lookup(".".join([binding[1]] + tail), depth + 1)
            elif kind == "alias":
                found += self.resolve(module, binding[1] + "".join("." + t for t in tail), depth + 1)
            elif kind == "def" and not tail:
                found.append(("function", binding[1]))
            elif kind == "class":
                found += self.in_class(binding[1], tail)
        return found

    def in_class(self, qual, tail):
        cls = self.classes.get(qual)
        if cls is None:
            return []
        if not tail:
            return [("class", qual)]
        inner = self.classes.get(qual + "." + tail[0])
        if inner is not None:
            return self.in_class(inner.qual, tail[1:])
        if len(tail) == 1:
            return self.method(cls, tail[0])
        return []

    def resolve(self, module, path, depth=0):
        """What a dotted name means inside a module."""
        root, _, rest = path.partition(".")
        if root in module.names:
            return self.member(module, path.split("."), depth)
        if root in module.classes:
            return self.in_class(module.classes[root].qual, rest.split(".") if rest else [])
        found = self.member(module, path.split("."), depth) if module.stars else []
        if found:
            return found
        if not rest and hasattr(builtins, root):
            return [("out", "builtins." + root)]
        return []

    def mro(self, cls, depth=0):
        """The classes of the library a class inherits from, nearest first, and
        the paths of bases outside."""
        if cls.qual in self.mros:
            return self.mros[cls.qual]
        self.mros[cls.qual] = ([cls], [])
        order, out = [cls], []
        if depth < 20:
            for base in cls.bases:
                for kind, what in self.resolve(cls.module, base):
                    if kind == "class" and what != cls.qual:
                        inner, outer = self.mro(self.classes[what], depth + 1)
                        order += [c for c in inner if c not in order]
                        out += outer
                    elif kind == "out":
                        out.append(what)
        self.mros[cls.qual] = (order, out)
        return order, out

    def method(self, cls, name, after=None):
        order, out = self.mro(cls)
        for owner in order:
            if owner is after:
                continue
            if name in owner.methods:
                return [("function", owner.methods[name].qual)]
            if name in owner.attrs:
                return self.resolve(owner.module, owner.attrs[name])
        return [("out", base + "." + name) for base in out]

    def target(self, function, call):
        symbol = call.target
        kind = symbol[0]
        if kind == "name":
            return self.resolve(function.module, symbol[1])
        if kind == "path":
            return self.lookup(symbol[1])
        if kind == "self":
            return self.method(symbol[1], symbol[2])
        if kind == "set":
            for owner in self.mro(symbol[1])[0]:
                for setter in owner.setters:
                    if setter.qual.endswith("." + symbol[2] + ".setter"):
                        return [("function", setter.qual)]
            return []
        if kind == "super":
            return self.method(symbol[1], symbol[2], after=symbol[1])
        if kind == "made":
            found = []
            made = self.resolve(function.module, symbol[1])
            for k, what in made:
                if k == "class":
                    found += self.method(self.classes[what], symbol[2])
                elif k == "out":
                    found.append(("out", what + "." + symbol[2]))
            if found:
                return found
            kind, symbol = "any", ("any", symbol[2])
        if kind == "any" and symbol[1] in TELLING:
            return [("out", TELLING[symbol[1]])]
        return []

    # -- reach

    def bound(self, callee, call, shift):
        """Taint by parameter of the callee."""
        out = collections.defaultdict(frozenset)
        names = callee.params
        index = {n: i for i, n in enumerate(names)}
        positional = len(callee.args)
        for i, taint in enumerate(call.args):
            at = i + shift
            if at < positional:
                out[at] |= taint
            elif callee.vararg:
                out[index[callee.vararg]] |= taint
        for name, taint in call.kw.items():
            if name in index:
                out[index[name]] |= taint
            elif callee.kwarg:
                out[index[callee.kwarg]] |= taint
        if call.star:
            for i in range(shift, len(names)):
                out[i] |= call.star
        if shift:
            out[0] |= call.receiver
        if call.callback:
            for i in range(len(names)):
                out[i] |= call.star
        return out

    def edges(self, function):
        """(callee, call, shift) and (sink, effect, taint) of a function."""
        inner, sinks = [], []
        for call in function.calls:
            for kind, what in self.target(function, call):
                if kind == "function":
                    callee = self.functions.get(what)
                    if callee is None:
                        continue
                    by_class = call.target[0] in ("name", "path") and callee.cls is not None
                    method = callee.cls is not None and not callee.is_static
                    is_class_method = "classmethod" in callee.decorators
                    shift = 1 if method and (is_class_method or not by_class) else 0
                    inner.append((callee, call, shift))
                elif kind == "class":
                    if call.callback:
                        continue
                    cls = self.classes[what]
                    for special in ("__new__", "__init__", "__post_init__"):
                        for k, w in self.method(cls, special):
                            if k == "function" and w in self.functions:
                                inner.append((self.functions[w], call, 1))
                            elif k == "out" and special == "__init__":
                                self.sink_of(w.rpartition(".")[0], call, sinks)
                elif kind == "out":
                    if call.callback and what.rpartition(".")[2][:1].isupper():
                        continue
                    if what.endswith(".__init__"):
                        what = what[:-9]
                    self.sink_of(what, call, sinks)
        for mark in function.decorators:
            for kind, what in self.resolve(function.module, mark) if mark else []:
                if kind == "function" and what in self.functions:
                    inner.append((self.functions[what], None, 0))
        return inner, sinks

    def sink_of(self, path, call, sinks):
        known = self.tables.sink(path)
        if known is None:
            return
        sink, effect = known
        mode = call.mode or {}
        args = call.args
        decisive = args[0] if args else EMPTY
        if sink in OPENERS:
            at = 0 if sink in ("pathlib.Path.open", ) else 1
            given = mode.get("mode", mode.get(at, "r"))
            effect = "TouchesFiles" if not isinstance(given, str) or set(given) & set("wax+") \
                else "ReadsFiles"
            if given is Ellipsis or (isinstance(given, str) and len(given) > 4):
                effect = "ReadsFiles" if not (args[at] if len(args) > at else call.kw.get("mode", EMPTY)) \
                    else "TouchesFiles"
            decisive |= call.kw.get("file", EMPTY) | call.kw.get("name", EMPTY) | call.kw.get("filename", EMPTY)
            if sink.startswith("pathlib."):
                decisive = call.receiver
        elif sink.startswith(FIRST_ONLY):
            for key in ("args", "cmd", "name", "source", "executable", "file", "f", "url"):
                decisive |= call.kw.get(key, EMPTY)
        else:
            decisive = decisive.union(*args[1:2], *call.kw.values())
        if sink.startswith("pathlib.Path"):
            decisive |= call.receiver
        decisive |= call.star
        if sink in ("numpy.load", "numpy.lib.npyio.load", "numpy.lib.format.read_array"):
            given = mode.get("allow_pickle", False)
            effect = "Deserialises" if given is not False else "ReadsFiles"
        if sink in ("torch.load", "torch.serialization.load") and mode.get("weights_only") is True:
            effect = "ReadsFiles"
        if sink.startswith("yaml.load") and SAFE_LOADER.search(str(mode.get("Loader", mode.get(1, "")))):
            return
        if effect == "EvaluatesCode" and sink == "builtins.compile" and mode.get(2) == "ast":
            return
        if decisive:
            sinks.append((sink, effect, decisive))

    def spread(self):
        """For every function, effect and parameter: the shortest way."""
        reach = collections.defaultdict(dict)
        callers = collections.defaultdict(list)
        queue = collections.deque()
        for qual, function in self.functions.items():
            if self.tables.fold(qual) in self.tables.harmless or qual in CUT:
                continue
            inner, sinks = self.edges(function)
            for callee, call, shift in inner:
                callers[callee.qual].append((function, call, shift))
            own = self.tables.fold(qual)
            if own in self.tables.names and own not in NOT_SINKS and function.params:
                sinks.append((own, self.tables.names[own], frozenset(range(len(function.params)))))
            for sink, effect, taint in sinks:
                for parameter in taint:
                    key = (effect, parameter)
                    if key not in reach[qual]:
                        reach[qual][key] = (1, sink, None)
                        queue.append((qual, key))
        while queue:
            qual, key = queue.popleft()
            effect, parameter = key
            depth, sink, _ = reach[qual][key]
            callee = self.functions[qual]
            for caller, call, shift in callers[qual]:
                if call is None:
                    # A decorator: what its wrapper does, it does with all.
                    taint = frozenset(range(len(caller.params))) if parameter == callee.wrapper else EMPTY
                else:
                    taint = self.bound(callee, call, shift).get(parameter, EMPTY)
                for q in taint:
                    if (effect, q) not in reach[caller.qual]:
                        reach[caller.qual][(effect, q)] = (depth + 1, sink, qual)
                        queue.append((caller.qual, (effect, q)))
        self.reach = reach

    def worst(self, qual, skip_reads=False):
        """The worst effect of a function, its shortest way."""
        function = self.functions.get(qual)
        best = None
        for (effect, parameter), (depth, sink, via) in self.reach.get(qual, {}).items():
            if parameter == function.wrapper or (skip_reads and effect == "ReadsFiles"):
                continue
            rank = (RANK[effect], depth, sink, via or "")
            if best is None or rank < best:
                best = rank
        return best

    def of_class(self, cls, names, outside=False):
        best = None
        for name in names:
            for kind, what in self.method(cls, name):
                if kind == "function":
                    way = self.worst(what, True)
                    if way:
                        way = (way[0], way[1] + 1, way[2], what)
                elif kind == "out":
                    base, _, last = what.rpartition(".")
                    known = self.tables.sink(base) if outside and last == "__init__" else None
                    way = (RANK[known[1]], 1, known[0], "") if known and known[1] != "ReadsFiles" else None
                else:
                    way = None
                if way and (best is None or way < best):
                    best = way
        return best

    def of_setters(self, cls):
        best = self.of_class(cls, ("__setattr__",))
        for owner in self.mro(cls)[0]:
            for function in owner.setters:
                way = self.worst(function.qual, True)
                if way and (best is None or way < best):
                    best = way
        return best

    def entries(self):
        """{module: {name: [(kind, effect, sink, via)]}} and aliases."""
        found = collections.defaultdict(lambda: collections.defaultdict(list))
        inherited = {}
        listed = set()

        def put(module, name, kind, way):
            effect = EFFECTS[way[0]][0]
            found[module.name][name].append((kind, effect, way[2], way[3]))
            listed.add(module.name + "." + name)

        for module in self.modules.values():
            for name, function in module.functions.items():
                way = self.worst(function.qual)
                if way and not (name.startswith("__") and name.endswith("__")):
                    put(module, name, "f", way)
            for inside, cls in module.classes.items():
                for name, function in cls.methods.items():
                    if name.startswith("__") and name.endswith("__"):
                        continue
                    way = self.worst(function.qual)
                    if way:
                        put(module, inside + "." + name, "f", way)
                new = self.of_class(cls, ("__new__",))
                called = self.of_class(cls, ("__init__", "__post_init__", "__new__"), True)
                filled = self.of_class(cls, FILLERS)
                assigned = self.of_setters(cls)
                for kind, way in (("c", called), ("n", new), ("s", filled), ("p", assigned)):
                    if way:
                        put(module, inside, kind, way)
        # Methods that classes inherit: by name alone where nearly every class
        # of the library that has one has a listed one.
        having = collections.defaultdict(list)
        for cls in self.classes.values():
            for name in {m for owner in self.mro(cls)[0] for m in owner.methods}:
                for kind, what in self.method(cls, name):
                    having[name].append((cls, what, kind == "function" and what in listed))
        extra = collections.defaultdict(set)
        for name, ways in having.items():
            bad = [(cls, what) for cls, what, is_listed in ways if is_listed]
            if len(bad) > MANY and len(bad) * NEARLY >= len(ways) * (NEARLY - 1):
                inherited[name] = min(what for _, what in bad)
                continue
            for cls, what in bad:
                if name not in cls.methods:
                    extra[cls.qual].add(what.rpartition(".")[0])
        aliases = collections.defaultdict(dict)
        for module in self.modules.values():
            names = set(module.names)
            for base in module.stars:
                star = self.modules.get(base)
                if star is not None:
                    names |= {n for n in (star.all or star.names) if not n.startswith("_")}
            for name in names:
                if name in found.get(module.name, ()):
                    continue
                for kind, what in self.resolve(module, name):
                    own = module.name + "." + name
                    if kind in ("function", "class") and what in listed and what != own:
                        aliases[module.name][name] = what
                    elif kind == "out" and self.tables.sink(what) and not PLAIN.search(what):
                        aliases[module.name][name] = self.tables.sink(what)[0]
        bases = collections.defaultdict(dict)
        for qual, owners in extra.items():
            cls = self.classes[qual]
            near = {what for base in cls.bases for kind, what in self.resolve(cls.module, base)
                    if kind == "class" and (what in extra or what in owners)}
            owners = near or owners
            module = self.classes[qual].module.name
            bases[module][qual[len(module) + 1:]] = owners
        self.home = {}
        for module in self.modules.values():
            for inside in list(module.functions) + list(module.classes):
                self.home[module.name + "." + inside] = module.name
        return found, aliases, inherited, bases


# ------------------------------------------------------------------- output

def wheel(path):
    """Name, version and Python sources of a wheel or an unpacked tree."""
    with zipfile.ZipFile(path) as archive:
        name, version = os.path.basename(path).split("-")[:2]
        files = [n for n in archive.namelist()
                 if n.endswith(".py") and ".dist-info/" not in n and ".data/" not in n
                 and not SKIPPED.search(n)]
        return name, version, [(n, archive.read(n)) for n in sorted(files)]


def tree(path, within):
    files = []
    for folder, folders, names in os.walk(path):
        folders.sort()
        for name in sorted(names):
            full = os.path.join(folder, name)
            inside = os.path.relpath(full, within)
            if name.endswith(".py") and not SKIPPED.search(inside):
                files.append((inside, open(full, "rb").read()))
    return files


def survey(name, version, files, tables, out):
    if name.startswith("stdlib"):
        # The standard library is surveyed to check what is vetted.
        tables.harmless = set()
    library = Library(name, version, tables)
    library.read(files)
    library.spread()
    found, aliases, inherited, bases = library.entries()
    fold = tables.fold
    sections = collections.defaultdict(set)
    sinks = collections.Counter()
    rows = []
    for module, names in found.items():
        for inside, ways in names.items():
            path = fold(module + "." + inside)
            if path in tables.harmless or path in tables.names:
                continue
            if module == "__main__" or any(p.startswith("__") for p in module.split(".")):
                continue
            for kind, effect, sink, via in ways:
                key = (LETTER[effect], sink)
                sinks[key] += 1
                rows.append((path, module, inside, kind, key, via))
    numbers = {key: i for i, (key, _) in enumerate(sinks.most_common())}
    for path, module, inside, kind, key, via in rows:
        head = path[:len(path) - len(inside) - 1] if path.endswith("." + inside) else path.rpartition(".")[0]
        inside = path[len(head) + 1:]
        through = ""
        if via:
            via = fold(via)
            through = via[len(head):] if via.startswith(head + ".") else via
            through = " " + through
        sections[head].add(f"{inside} {kind} {numbers[key]}{through}")
    for module, names in aliases.items():
        if any(p.startswith("__") for p in module.split(".")):
            continue
        for inside, target in names.items():
            path = fold(module + "." + inside)
            if path in tables.harmless or path in tables.names or fold(target) == path:
                continue
            if tables._sink(path):
                continue
            head = path[:len(path) - len(inside) - 1] if path.endswith("." + inside) else path.rpartition(".")[0]
            inside = path[len(head) + 1:]
            home = library.home.get(target)
            target = fold(target)
            if home is not None and target == fold(home + ".x")[:-1] + inside:
                # The same name in another module.
                target = target[:-len(inside)]
            sections[head].add(f"{inside} = {target}")
    for module, classes in bases.items():
        for inside, owners in classes.items():
            path = fold(module + "." + inside)
            head = path[:len(path) - len(inside) - 1] if path.endswith("." + inside) else path.rpartition(".")[0]
            for owner in owners:
                home = fold(library.home.get(owner, "") + ".x")[:-2]
                owner = fold(owner)
                short = owner[len(head):] if home == head else owner
                sections[head].add(f"{path[len(head) + 1:]} < {short}")
    for method, qual in inherited.items():
        path = fold(qual)
        sections["*"].add(f"{method} = {path}")
    for head in [h for h in sections if (name, h.split(".")[0]) in ELSEWHERE]:
        del sections[head]
    lines = [f"{name} {version}"]
    for (letter, sink), i in sorted(numbers.items(), key=lambda item: item[1]):
        lines.append(f"${i} {letter} {sink}")
    callables = 0
    for head in sorted(sections):
        lines.append("@" + head)
        for line in sorted(sections[head]):
            callables += 1
            lines.append(line)
    text = "\n".join(lines) + "\n"
    target = os.path.join(out, name + ".txt")
    with open(target, "w", encoding="utf-8") as file:
        file.write(text)
    print(f"{name} {version}: {len(library.modules)} modules, {library.failed} not parsed, "
          f"{len(library.functions)} functions, {callables} lines, {len(text)} bytes", flush=True)


def main(arguments):
    sys.setrecursionlimit(20000)
    out = HERE
    if "--out" in arguments:
        at = arguments.index("--out")
        out = arguments[at + 1]
        del arguments[at:at + 2]
    tables = Tables()
    if arguments[:1] == ["--name"]:
        name, path = arguments[1], arguments[2]
        name, _, version = name.partition("-")
        within = path if name == "stdlib" else os.path.dirname(path.rstrip("/"))
        stem = f"{name}-{version}" if name == "stdlib" else name
        survey(stem, version, tree(path, within), tables, out)
        return
    paths = arguments
    if arguments[:1] == ["--all"]:
        paths = sorted(os.path.join(arguments[1], n) for n in os.listdir(arguments[1])
                       if n.endswith(".whl"))
    for path in paths:
        name, version, files = wheel(path)
        survey(name, version, files, tables, out)


if __name__ == "__main__":
    main(sys.argv[1:])
