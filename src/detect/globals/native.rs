//! Callables that load native libraries or call into memory.

use super::Effect::LoadsNativeCode;
use super::index::{Group, critical, high};

/// The topic.
pub(super) const GROUPS: &[Group] = &[
    Group {
        judgement: critical(
            LoadsNativeCode,
            "it loads a native library or calls an address",
        ),
        source: "CPython documentation, ctypes, dl; cffi documentation",
        names: &["torch.cuda.memory.CUDAPluggableAllocator"],
        modules: &["_cffi_backend", "cffi", "ctypes", "llvmlite", "numba"],
    },
    Group {
        judgement: critical(
            LoadsNativeCode,
            "it loads a native operator library by its path",
        ),
        source: "documentation of PyTorch, TensorFlow, NumPy, ONNX Runtime",
        names: &[
            "numpy.ctypeslib.as_ctypes",
            "numpy.ctypeslib.load_library",
            "onnxruntime.SessionOptions.register_custom_ops_library",
            "tensorflow.load_library",
            "tensorflow.load_op_library",
            "torch.classes.load_library",
            "torch.ops.load_library",
            "torch.cuda.cudart",
        ],
        modules: &[
            "numpy.ctypeslib",
            "torch._ops",
            "torch.classes",
            "torch.ops",
            "torch.utils.model_dump",
        ],
    },
    Group {
        judgement: high(
            LoadsNativeCode,
            "it maps or shares memory with other processes",
        ),
        source: "CPython documentation, mmap; PyTorch source, torch/multiprocessing",
        names: &[],
        modules: &["_posixshmem", "mmap"],
    },
    Group {
        judgement: high(LoadsNativeCode, "it ends the process by a fault on purpose"),
        source: "CPython source, Modules/faulthandler.c",
        names: &[],
        modules: &["faulthandler"],
    },
    Group {
        judgement: critical(
            LoadsNativeCode,
            "it loads a library by name, or reads and writes raw memory",
        ),
        source: "CPython documentation, ctypes; cffi documentation",
        names: &[
            "_cffi_backend.load_library",
            "cffi.FFI.dlopen",
            "cffi.FFI.verify",
            "ctypes.CDLL",
            "ctypes.LibraryLoader",
            "ctypes.LoadLibrary",
            "ctypes.OleDLL",
            "ctypes.PyDLL",
            "ctypes.WinDLL",
            "ctypes._dlopen",
            "ctypes.cdll.LoadLibrary",
            "ctypes.dlopen",
            "ctypes.memmove",
            "ctypes.memset",
            "ctypes.oledll.LoadLibrary",
            "ctypes.pydll.LoadLibrary",
            "ctypes.windll.LoadLibrary",
            "importlib._bootstrap_external.ExtensionFileLoader",
            "importlib.machinery.ExtensionFileLoader",
            "sqlite3.Connection.load_extension",
        ],
        modules: &[],
    },
];
