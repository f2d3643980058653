//! What the operators of TorchScript do to whoever runs the program.
//!
//! The engine has no list of allowed operators: a program may call whatever is
//! registered, `aten::save` among it, and it runs when the model is called or,
//! in `__setstate__`, while it is loaded. PyTorch's own namespaces are closed,
//! so the few operators of them that reach outside the process or outside a
//! tensor's memory can be listed. Others need a library that somebody must
//! have installed.

use crate::report::Severity;

/// What is known about an operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// It computes.
    Harmless,
    /// It does something else.
    Dangerous {
        /// How bad that is.
        severity: Severity,
        /// What it does, to stand behind its name.
        what: &'static str,
    },
    /// It belongs to a library that is not known.
    Foreign,
}

/// An operator that is dangerous: namespace, name, grade, what it does.
type Row = (&'static str, &'static str, Severity, &'static str);

/// Sources: the schemas that PyTorch registers (`torch._C._jit_get_all_schemas`),
/// `register_prim_ops.cpp`, `inductor_ops.cpp`; the file operators were
/// published with CVE-2025-32434 (Black Hat USA 2025).
static DANGEROUS: &[Row] = &[
    (
        "aten",
        "save",
        Severity::Critical,
        "writes a file of the program's choice",
    ),
    (
        "aten",
        "from_file",
        Severity::High,
        "maps a file of the program's choice into memory, and can create and write it",
    ),
    (
        "inductor",
        "_reinterpret_tensor",
        Severity::High,
        "makes a view outside of the tensor's memory without a check",
    ),
    (
        "inductor",
        "_alloc_from_pool",
        Severity::High,
        "makes a view outside of the tensor's memory without a check",
    ),
    (
        "inductor",
        "resize_storage_bytes_",
        Severity::High,
        "frees memory that tensors still use",
    ),
    (
        "prim",
        "rpc_async",
        Severity::High,
        "calls a function on another machine",
    ),
    (
        "prim",
        "rpc_sync",
        Severity::High,
        "calls a function on another machine",
    ),
    (
        "prim",
        "rpc_remote",
        Severity::High,
        "calls a function on another machine",
    ),
    (
        "prim",
        "PythonOp",
        Severity::High,
        "calls a Python function",
    ),
];

/// Namespaces that PyTorch registers itself, sorted.
static OWN: &[&str] = &[
    "_c10d_functional",
    "_c10d_functional_autograd",
    "_dtensor",
    "_native",
    "_native_aot",
    "_nnapi",
    "_quantized",
    "_test",
    "aten",
    "c10d",
    "coor",
    "cuda",
    "debug_mode_ops",
    "debugprims",
    "dist_autograd",
    "dist_rpc",
    "export",
    "flex_gemm",
    "fsdp",
    "inductor",
    "inductor_prims",
    "metal",
    "metal_prepack",
    "mkl",
    "mkldnn",
    "mkldnn_prepacked",
    "nvprims",
    "onednn",
    "onnx",
    "prepacked",
    "prim",
    "prims",
    "profiler",
    "quantization",
    "quantized",
    "rngprims",
    "rnn",
    "sparse",
    "static_runtime",
    "symm_mem",
    "vulkan",
    "vulkan_prepack",
    "vulkan_quantized",
    "xnnpack",
];

/// Libraries of the same project whose operators compute, sorted.
static SISTERS: &[&str] = &[
    "fbgemm",
    "image",
    "io",
    "torch_ipex",
    "torch_tensorrt",
    "torchao",
    "torchaudio",
    "torchcodec_ns",
    "torchrec",
    "torchtext",
    "torchvision",
];

/// Operators of those that read and write files.
static SISTER_FILES: &[(&str, &str)] = &[
    ("image", "read_file"),
    ("image", "write_file"),
    ("image", "decode_jpegs_cuda_file"),
    ("torchaudio", "sox_io_load_audio_file"),
    ("torchaudio", "sox_io_save_audio_file"),
    ("torchaudio", "sox_io_get_info"),
    ("torchaudio", "sox_effects_apply_effects_file"),
];

/// Judge `namespace::name`, the overload left out.
pub fn judge(namespace: &str, name: &str) -> Operator {
    let name = name.split('.').next().unwrap_or(name);
    let row = DANGEROUS
        .iter()
        .find(|(space, op, ..)| (*space, *op) == (namespace, name));
    if let Some(&(.., severity, what)) = row {
        return Operator::Dangerous { severity, what };
    }
    if SISTER_FILES.contains(&(namespace, name)) {
        return Operator::Dangerous {
            severity: Severity::High,
            what: "reads or writes a file of the program's choice",
        };
    }
    match is_own(namespace) {
        true => Operator::Harmless,
        false => Operator::Foreign,
    }
}

/// Whether PyTorch or one of its sister libraries registers the namespace,
/// for operators and for classes.
pub fn is_own(namespace: &str) -> bool {
    OWN.binary_search(&namespace).is_ok() || SISTERS.binary_search(&namespace).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_are_sorted() {
        assert!(OWN.is_sorted() && SISTERS.is_sorted());
    }

    #[test]
    fn files_and_memory_are_dangerous_and_arithmetic_is_not() {
        let is_dangerous = |space, name| matches!(judge(space, name), Operator::Dangerous { .. });
        assert!(is_dangerous("aten", "save"));
        assert!(is_dangerous("aten", "from_file.out"));
        assert!(is_dangerous("image", "write_file"));
        assert_eq!(judge("aten", "add"), Operator::Harmless);
        assert_eq!(judge("torchvision", "nms"), Operator::Harmless);
        assert_eq!(judge("quantized", "linear"), Operator::Harmless);
        assert_eq!(judge("acme", "save"), Operator::Foreign);
    }
}
