//! The honest list: formats that are recognised and not examined, one row
//! each.
//!
//! A title stands behind "recognised as". Suffixes that are first of all
//! another format's are listed as shared, so that a gzip called `model.pkl` is
//! no mismatch, and a `model.pkl` that is no gzip is no promise broken.

use super::{Sign, Unexamined, paddle, signs};
use crate::formats::{Content, FormatSpec};

/// What every row begins from.
const ROW: FormatSpec = FormatSpec {
    id: "",
    title: "",
    suffixes: &[],
    runs_code: false,
    content: Content::Data,
    layer_of: None,
    references: &[],
    limitations: &[],
};

pub(in crate::formats) static EXECUTORCH: Unexamined = Unexamined {
    spec: &FormatSpec {
        id: "executorch",
        title: "an ExecuTorch program",
        suffixes: &[".pte"],
        references: &["https://docs.pytorch.org/executorch/stable/pte-file-format.html"],
        limitations: &["Delegates and offsets are not seen."],
        ..ROW
    },
    shared: &[],
    signs: &[Sign::Check(signs::executorch)],
    remark: None,
};

pub(in crate::formats) static CAB: Unexamined = Unexamined {
    spec: &FormatSpec {
        id: "cab",
        title: "a cabinet archive",
        suffixes: &[".cab"],
        references: &["https://learn.microsoft.com/en-us/previous-versions/bb417343(v=msdn.10)"],
        limitations: &["Members are not opened."],
        ..ROW
    },
    shared: &[],
    signs: &[Sign::Magic(0, b"MSCF\0\0\0\0")],
    remark: None,
};

pub(in crate::formats) static SQUASHFS: Unexamined = Unexamined {
    spec: &FormatSpec {
        id: "squashfs",
        title: "a SquashFS image",
        suffixes: &[".squashfs", ".sqsh", ".sfs"],
        references: &["https://docs.kernel.org/filesystems/squashfs.html"],
        limitations: &["Files in the image are not opened."],
        ..ROW
    },
    shared: &[],
    signs: &[Sign::Check(signs::squashfs)],
    remark: None,
};

pub(in crate::formats) static DMG: Unexamined = Unexamined {
    spec: &FormatSpec {
        id: "dmg",
        title: "an Apple disk image",
        suffixes: &[".dmg"],
        references: &["https://newosxbook.com/DMG.html"],
        limitations: &["Files in the image are not opened."],
        ..ROW
    },
    shared: &[],
    signs: &[Sign::Check(signs::dmg)],
    remark: None,
};

pub(in crate::formats) static R_DATA: Unexamined = Unexamined {
    spec: &FormatSpec {
        id: "r-data",
        title: "R's serialised data",
        suffixes: &[".rds", ".rda", ".rdata"],
        runs_code: true,
        references: &[
            "https://cran.r-project.org/doc/manuals/r-release/R-ints.html",
            "CVE-2024-27322",
        ],
        limitations: &["Promises, which run when they are read, are not seen."],
        ..ROW
    },
    shared: &[],
    signs: &[Sign::Check(signs::r_data)],
    remark: None,
};

pub(in crate::formats) static TORCH7: Unexamined = Unexamined {
    spec: &FormatSpec {
        id: "torch7",
        title: "a Torch7 file",
        suffixes: &[".t7"],
        runs_code: true,
        references: &["https://github.com/torch/torch7/blob/master/doc/serialization.md"],
        limitations: &["Serialised Lua functions are not seen."],
        ..ROW
    },
    shared: &[],
    signs: &[Sign::Suffix(signs::torch7)],
    remark: None,
};

pub(in crate::formats) static CNTK: Unexamined = Unexamined {
    spec: &FormatSpec {
        id: "cntk",
        title: "a CNTK model",
        suffixes: &[".dnn", ".cmf"],
        references: &["https://learn.microsoft.com/en-us/cognitive-toolkit/"],
        limitations: &["Operators are not seen."],
        ..ROW
    },
    shared: &[],
    signs: &[Sign::Magic(0, b"B\0C\0N\0\0\0"), Sign::Suffix(signs::any)],
    remark: None,
};

pub(in crate::formats) static PMML: Unexamined = Unexamined {
    spec: &FormatSpec {
        id: "pmml",
        title: "a PMML document",
        suffixes: &[".pmml"],
        layer_of: Some("text"),
        references: &["https://dmg.org/pmml/v4-4-1/GeneralStructure.html"],
        limitations: &["Entities and extensions are not seen."],
        ..ROW
    },
    shared: &[],
    signs: &[Sign::Check(signs::pmml)],
    remark: None,
};

pub(in crate::formats) static OPENVINO: Unexamined = Unexamined {
    spec: &FormatSpec {
        id: "openvino",
        title: "an OpenVINO network",
        layer_of: Some("text"),
        references: &["https://docs.openvino.ai"],
        limitations: &["Extension libraries that it names are not seen."],
        ..ROW
    },
    shared: &[],
    signs: &[Sign::Check(signs::openvino)],
    remark: None,
};

pub(in crate::formats) static ONNX_TEXT: Unexamined = Unexamined {
    spec: &FormatSpec {
        id: "onnx-text",
        title: "an ONNX model as text",
        suffixes: &[".onnxtxt", ".onnxjson"],
        layer_of: Some("text"),
        references: &["https://github.com/onnx/onnx/blob/main/docs/Syntax.md"],
        limitations: &[
            "Operators, and the paths of files that the model reads its tensors from, are not seen.",
        ],
        ..ROW
    },
    shared: &[],
    signs: &[Sign::Check(signs::onnx_text)],
    remark: None,
};

pub(in crate::formats) static CATBOOST: Unexamined = Unexamined {
    spec: &FormatSpec {
        id: "catboost",
        title: "a CatBoost model",
        suffixes: &[".cbm"],
        references: &["https://catboost.ai/docs"],
        limitations: &["Sections are not seen."],
        ..ROW
    },
    shared: &[],
    signs: &[Sign::Magic(0, b"CBM1")],
    remark: None,
};

pub(in crate::formats) static XGBOOST: Unexamined = Unexamined {
    spec: &FormatSpec {
        id: "xgboost",
        title: "an XGBoost model",
        suffixes: &[".ubj", ".xgb", ".bst"],
        references: &["https://xgboost.readthedocs.io/en/stable/tutorials/saving_model.html"],
        limitations: &["Lengths are not seen."],
        ..ROW
    },
    shared: &[],
    signs: &[Sign::Magic(0, b"binf"), Sign::Suffix(signs::ubjson)],
    remark: None,
};

pub(in crate::formats) static PADDLE: Unexamined = Unexamined {
    spec: &FormatSpec {
        id: "paddle",
        title: "a Paddle model",
        suffixes: &[".pdmodel", ".pdiparams", ".pdparams"],
        runs_code: true,
        references: &[
            "https://github.com/PaddlePaddle/Paddle/blob/develop/paddle/fluid/framework/framework.proto",
            "https://www.paddlepaddle.org.cn/documentation/docs/en/guides/index_en.html",
        ],
        limitations: &[
            "Operators that call Python or read and write files are named; their attributes, and the tensors beside, are not seen.",
        ],
        ..ROW
    },
    shared: &[".pdparams"],
    signs: &[Sign::Check(paddle::is_program), Sign::Suffix(signs::any)],
    remark: Some(paddle::operators),
};

pub(in crate::formats) static MXNET: Unexamined = Unexamined {
    spec: &FormatSpec {
        id: "mxnet",
        title: "MXNet parameters",
        suffixes: &[".params"],
        references: &["https://mxnet.apache.org"],
        limitations: &["Counts and shapes are not seen."],
        ..ROW
    },
    shared: &[],
    signs: &[Sign::Magic(0, b"\x12\x01\0\0\0\0\0\0")],
    remark: None,
};

pub(in crate::formats) static RKNN: Unexamined = Unexamined {
    spec: &FormatSpec {
        id: "rknn",
        title: "an RKNN model",
        suffixes: &[".rknn"],
        references: &["https://github.com/airockchip/rknn-toolkit2"],
        limitations: &["Its structure is not public."],
        ..ROW
    },
    shared: &[],
    signs: &[Sign::Magic(0, b"RKNN")],
    remark: None,
};

pub(in crate::formats) static TENSORRT: Unexamined = Unexamined {
    spec: &FormatSpec {
        id: "tensorrt",
        title: "a TensorRT engine",
        suffixes: &[".engine", ".trt"],
        runs_code: true,
        references: &["https://docs.nvidia.com/deeplearning/tensorrt/"],
        limitations: &["Plugins that it loads are not seen."],
        ..ROW
    },
    shared: &[],
    signs: &[
        Sign::Magic(0, b"ptrt"),
        Sign::Magic(0, b"ftrt"),
        Sign::Suffix(signs::any),
    ],
    remark: None,
};

pub(in crate::formats) static FASTTEXT: Unexamined = Unexamined {
    spec: &FormatSpec {
        id: "fasttext",
        title: "a fastText model",
        suffixes: &[".ftz"],
        references: &["https://fasttext.cc"],
        limitations: &["Counts are not seen."],
        ..ROW
    },
    shared: &[],
    signs: &[Sign::Magic(0, b"\xba\x16\x4f\x2f")],
    remark: None,
};
