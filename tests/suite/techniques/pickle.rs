//! Pickle and what wraps it.

use super::{Chapter, technique};

/// The chapters, in the order of the page.
pub const CHAPTERS: &[Chapter] = &[
    Chapter {
        title: "Pickle: the virtual machine",
        techniques: &[
            technique(
                "call-reduce",
                "a function called by `REDUCE`, in every protocol",
                "Sour Pickles (Black Hat 2011)",
            ),
            technique(
                "call-alias",
                "a platform or Python 2 alias of a module: `posix`, `nt`, `__builtin__`, `commands`",
                "CPython `_compat_pickle`",
            ),
            technique(
                "call-inst-obj",
                "a call by `INST`, `OBJ`, `NEWOBJ` or `NEWOBJ_EX`",
                "GHSA-mxhj-88fx-4pcv",
            ),
            technique(
                "popped-result",
                "a call whose result is thrown away",
                "GHSA-mxhj-88fx-4pcv",
            ),
            technique(
                "build-setstate",
                "a planted `__setstate__` that a second `BUILD` calls",
                "GHSA-mhc9-48gj-9gp3",
            ),
            technique(
                "build-setattr",
                "`BUILD` sets attributes of a function, a class or a module",
                "CPython `pickle.py`, `load_build`",
            ),
            technique(
                "planted-method",
                "a state plants a special method or a class on an object",
                "CPython data model, special method names",
            ),
            technique(
                "special-name",
                "a global with a double-underscore component: `module.__builtins__`",
                "CPython `pickle.py`, `find_class`",
            ),
            technique(
                "dotted-name",
                "a dotted name walks from an allowed module to another",
                "CVE-2025-10157, GHSA-5j3x-jp52-966f",
            ),
            technique(
                "module-table",
                "an entry of `sys.modules` is replaced, then imported under an allowed name",
                "Pain Pickle (2022)",
            ),
            technique(
                "foreign-write",
                "items are stored in something the stream did not make",
                "CPython `pickle.py`, `load_setitem`",
            ),
            technique(
                "memo-operands",
                "operands of an import come from the memo, in any order of stores",
                "CPython `pickle.py`, `load_stack_global`",
            ),
            technique(
                "escaped-operands",
                "operands of an import are spelled with escapes or other string opcodes",
                "CPython `pickletools`",
            ),
            technique(
                "computed-operands",
                "the name of an import is computed while loading",
                "CPython `pickle.py`, `load_stack_global`",
            ),
            technique(
                "extension-code",
                "a global comes from the extension registry",
                "PEP 307",
            ),
            technique(
                "callable-as-argument",
                "the dangerous callable is only an argument: `map`, `filter`, `starmap`, `partial`, `reduce`, containers around them",
                "CPython documentation, functools, itertools",
            ),
            technique(
                "call-of-result",
                "the result of a call is called",
                "CPython `pickle.py`, `load_reduce`",
            ),
            technique(
                "resolver",
                "a function turns a string into an object: `getattr`, `attrgetter`, `methodcaller`, `resolve_name`, `import_module`, `locate`",
                "GHSA-vvpj-8cmc-gx39",
            ),
            technique(
                "configured-factory",
                "a configuration names the callable: `dictConfig`, `instantiate`, `unsafe_load`",
                "CPython documentation, logging.config",
            ),
            technique(
                "nested-pickle",
                "bytes in the stream are loaded again as a pickle",
                "CPython documentation, pickle; Hide and Seek (arXiv 2508.19774)",
            ),
            technique(
                "code-object",
                "code objects and functions built by value",
                "Hide and Seek (arXiv 2508.19774)",
            ),
            technique(
                "import-effect",
                "an import whose mere execution does something",
                "CPython documentation, the import system",
            ),
            technique(
                "persistent-id",
                "a persistent id that is shaped unlike a torch storage",
                "PyTorch serialization notes",
            ),
            technique(
                "trampoline",
                "a vetted function calls a function it is given: `_rebuild_from_type_v2`, `_reconstructor`",
                "CVE-2025-32434",
            ),
            technique(
                "weights-only",
                "tensors outside their storage, items written into tensors",
                "CVE-2026-24747, CVE-2025-32434",
            ),
            technique(
                "resource-bomb",
                "memo indexes, nesting and repetition that exhaust the loader or the scanner",
                "CPython `_pickle.c`, memo table",
            ),
            technique(
                "gadget",
                "a library function that is as good as `exec`",
                "Hide and Seek (arXiv 2508.19774)",
            ),
        ],
    },
    Chapter {
        title: "Pickle: the stream",
        techniques: &[
            technique(
                "broken-behind",
                "the stream breaks behind the payload",
                "nullifAI (2025), GHSA-9gvj-pp9x-gcfr",
            ),
            technique(
                "no-stop",
                "the stream has no `STOP`",
                "CPython `pickle.py`, `load`",
            ),
            technique(
                "stacked",
                "the payload is in a later pickle of the same file",
                "Sour Pickles (Black Hat 2011)",
            ),
            technique(
                "far-payload",
                "the payload stands behind megabytes or very many opcodes",
                "Hide and Seek (arXiv 2508.19774)",
            ),
            technique(
                "frame-lie",
                "a frame that is longer than the stream, empty, or inside another",
                "PEP 3154",
            ),
            technique(
                "frame-crossing",
                "an operand crosses the end of its frame and is read in two ways",
                "CPython `_pickle.c`, `_Unpickler_ReadImpl`",
            ),
            technique(
                "text-oddity",
                "text operands that readers take differently: base-0 integers, escapes, line endings, non-ASCII",
                "CPython `pickletools`",
            ),
            technique(
                "lying-length",
                "a length prefix that is negative or longer than the stream",
                "CPython `pickletools`",
            ),
            technique(
                "array-as-opcodes",
                "opcodes hide where a joblib array's bytes should be, or the other way round",
                "joblib `numpy_pickle`",
            ),
            technique(
                "disguised-pickle",
                "a pickle under another name or behind another file's beginning",
                "CVE-2025-1889",
            ),
        ],
    },
    Chapter {
        title: "Wrappers and relatives of pickle",
        techniques: &[
            technique(
                "compressed-joblib",
                "a joblib file inside zlib, gzip, bzip2, xz, lzma or lz4",
                "joblib `compressor`",
            ),
            technique(
                "object-array",
                "a NumPy array of objects, in `.npy` or `.npz`",
                "CVE-2019-6446",
            ),
            technique(
                "pandas-pickle",
                "a pickled data frame",
                "pandas documentation, `read_pickle`",
            ),
            technique(
                "torch-legacy",
                "the stacked pickles of PyTorch before 1.6",
                "PyTorch `serialization.py`, `_legacy_load`",
            ),
            technique(
                "torch-tar",
                "the tar layout of PyTorch 0.1",
                "PyTorch `serialization.py`, `legacy_load`",
            ),
            technique(
                "torch-zip",
                "a payload in a PyTorch archive",
                "PyTorch serialization notes",
            ),
            technique(
                "torch-second-pickle",
                "several `data.pkl` in one archive",
                "PyTorch `PyTorchStreamReader`",
            ),
            technique(
                "torch-foreign-member",
                "members that PyTorch does not write",
                "CVE-2025-1889",
            ),
            technique(
                "torch-storage-lie",
                "storages that are missing, unnamed or of another size than the pickle says",
                "CVE-2026-24747",
            ),
            technique(
                "torch-script",
                "TorchScript source that reads or writes files",
                "PyTorch TorchScript language reference",
            ),
            technique(
                "torch-package",
                "a torch package with source, or with modules taken from outside",
                "PyTorch documentation, torch.package",
            ),
            technique(
                "torch-checkpoint-metadata",
                "the `.metadata` of a distributed checkpoint",
                "PyTorch documentation, torch.distributed.checkpoint",
            ),
            technique(
                "torch-archive",
                "a TorchServe `.mar` with its handler",
                "TorchServe documentation, model archiver",
            ),
            technique(
                "cloudpickle-function",
                "a function pickled by value with cloudpickle",
                "cloudpickle documentation",
            ),
            technique(
                "dill-function",
                "a function pickled by value with dill",
                "dill documentation",
            ),
            technique(
                "bytecode",
                "marshalled code and `.pyc` files",
                "CPython `marshal`",
            ),
            technique(
                "skops-type",
                "a skops schema that names an untrusted type, function or method",
                "CVE-2025-54412, CVE-2025-54413",
            ),
            technique(
                "skops-pickle",
                "a pickle under the name of a skops file",
                "CVE-2025-54886",
            ),
            technique(
                "arrow-extension",
                "a pickled extension type in Arrow or Parquet metadata",
                "CVE-2023-47248",
            ),
            technique(
                "zarr-codec",
                "a zarr array whose codec unpickles",
                "numcodecs documentation, Pickle",
            ),
        ],
    },
];
