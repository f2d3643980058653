//! Packages that models ordinarily name.
//!
//! The class rule: under a vetted module, a name that is spelled as a class
//! (an upper-case letter first, after at most one underscore, and the same for
//! every name inside it) is harmless to construct. A module is vetted when the
//! constructors and state setters of its classes open no file, load nothing and
//! evaluate nothing on their own. The tables and the surveys are asked first,
//! and take out what the sources show to be dangerous. [`DENIED`] takes out
//! classes of other libraries that modules import and so offer under their own
//! name, and classes of versions that were not surveyed.

/// Modules whose classes are vetted, sorted.
static CLASS_MODULES: &[&str] = &[
    "accelerate.state",
    "accelerate.utils.dataclasses",
    "catboost",
    "diffusers.configuration_utils",
    "diffusers.models",
    "diffusers.schedulers",
    "imblearn",
    "lightgbm",
    "lightning_fabric.utilities",
    "numpy.dtypes",
    "numpy.polynomial",
    "omegaconf",
    "pandas",
    "pandas._libs.tslibs.offsets",
    "peft",
    "pytorch_lightning.callbacks",
    "pytorch_lightning.trainer.states",
    "pytorch_lightning.utilities",
    "scipy.interpolate",
    "scipy.optimize",
    "scipy.sparse",
    "scipy.spatial",
    "sklearn",
    "timm",
    "tokenizers",
    "torch.amp",
    "torch.ao",
    "torch.cuda.amp",
    "torch.distributed._shard",
    "torch.distributed.checkpoint.metadata",
    "torch.distributed.checkpoint.planner",
    "torch.distributed.device_mesh",
    "torch.distributed.fsdp",
    "torch.distributed.tensor",
    "torch.nn",
    "torch.optim",
    "torch.quantization",
    "torch.torch_version",
    "torch.utils.data",
    "torchaudio.models",
    "torchaudio.transforms",
    "torchmetrics",
    "torchvision.models",
    "torchvision.ops",
    "torchvision.transforms",
    "transformers.activations",
    "transformers.configuration_utils",
    "transformers.generation",
    "transformers.integrations.deepspeed",
    "transformers.modeling_outputs",
    "transformers.modeling_utils",
    "transformers.models",
    "transformers.pytorch_utils",
    "transformers.tokenization_utils",
    "transformers.tokenization_utils_base",
    "transformers.tokenization_utils_fast",
    "transformers.trainer_pt_utils",
    "transformers.trainer_utils",
    "transformers.training_args",
    "transformers.training_args_seq2seq",
    "ultralytics.nn",
    "xgboost",
];

/// Packages that models ordinarily name, sorted; their functions and their
/// other classes are not vetted.
static KNOWN: &[&str] = &[
    "PIL",
    "_catboost",
    "accelerate",
    "albumentations",
    "apex",
    "bitsandbytes",
    "catalogue",
    "catboost",
    "confection",
    "cv2",
    "datasets",
    "dateutil",
    "deepspeed",
    "detectron2",
    "diffusers",
    "ema_pytorch",
    "evaluate",
    "fairseq",
    "fastai",
    "fastcore",
    "fasttext",
    "fasttransform",
    "flair",
    "flax",
    "fsspec",
    "gensim",
    "gym",
    "gymnasium",
    "h5py",
    "imblearn",
    "jax",
    "jaxlib",
    "joblib",
    "keras",
    "kornia",
    "lightgbm",
    "lightning",
    "lightning_fabric",
    "lightning_utilities",
    "megatron",
    "mlflow",
    "mmcv",
    "mmdet",
    "mmengine",
    "models",
    "monai",
    "nemo",
    "networkx",
    "nltk",
    "numpy",
    "omegaconf",
    "onnx",
    "onnxruntime",
    "open_clip",
    "optax",
    "optuna",
    "pandas",
    "peft",
    "polars",
    "pyarrow",
    "pyro",
    "pytorch_lightning",
    "pytorch_tabnet",
    "regex",
    "safetensors",
    "scipy",
    "seaborn",
    "segmentation_models_pytorch",
    "sentence_transformers",
    "sentencepiece",
    "shap",
    "skimage",
    "sklearn",
    "sklearn_crfsuite",
    "skorch",
    "slicer",
    "spacy",
    "speechbrain",
    "srsly",
    "stable_baselines3",
    "statsmodels",
    "sympy",
    "tensorflow",
    "thinc",
    "timm",
    "tokenizers",
    "torch",
    "torch_geometric",
    "torchaudio",
    "torchmetrics",
    "torchtext",
    "torchvision",
    "tqdm",
    "transformers",
    "triton",
    "trl",
    "ultralytics",
    "wandb",
    "xformers",
    "xgboost",
];

/// Classes that modules merely import, and classes of old versions whose
/// constructors unpickle a file (vocabularies); sorted.
static DENIED: &[&str] = &[
    "BZ2File",
    "BinaryGzipFile",
    "BinaryZlibFile",
    "BytesIO",
    "CDLL",
    "CanonicalHFIndex",
    "Client",
    "CodeType",
    "CompletedProcess",
    "ContextDecorator",
    "CustomHFIndex",
    "DataSource",
    "DualGraphModule",
    "Environment",
    "ExitStack",
    "Expr",
    "ExtensionFileLoader",
    "FTP",
    "File",
    "FileBaton",
    "FileHandler",
    "FileIO",
    "FileSystemReader",
    "FileSystemWriter",
    "FileWriter",
    "FortranFile",
    "ForwardRef",
    "FunctionType",
    "GzipFile",
    "HTTPConnection",
    "HTTPSConnection",
    "HfApi",
    "InteractiveConsole",
    "InteractiveInterpreter",
    "LZMAFile",
    "LambdaType",
    "Listener",
    "LocalFileOpener",
    "LocalFileSystem",
    "MagicMock",
    "MemorizedFunc",
    "Memory",
    "MemoryMappedFile",
    "MethodType",
    "Mock",
    "ModuleType",
    "NamedTemporaryFile",
    "NativeFile",
    "NotMemorizedFunc",
    "NotMemorizedResult",
    "NpzFile",
    "NumexprFunc",
    "NumpyUnpickler",
    "OSFile",
    "OleDLL",
    "OpenerDirector",
    "PackageImporter",
    "Parallel",
    "Pool",
    "Popen",
    "PrintTime",
    "Process",
    "ProcessPoolExecutor",
    "PyDLL",
    "PyTorchFileReader",
    "PyTorchFileWriter",
    "PyZipFile",
    "Repository",
    "Request",
    "RotatingFileHandler",
    "SMTP",
    "SSLContext",
    "Session",
    "SourceFileLoader",
    "SourcelessFileLoader",
    "SpooledTemporaryFile",
    "StreamHandler",
    "StringIO",
    "SummaryWriter",
    "TarFile",
    "Telnet",
    "TempMemmap",
    "Template",
    "TemporaryDirectory",
    "TemporaryFile",
    "Thread",
    "ThreadPool",
    "ThreadPoolExecutor",
    "Timer",
    "TransfoXLCorpus",
    "TransfoXLTokenizer",
    "URLopener",
    "Unpickler",
    "UnsafeLoader",
    "WinDLL",
    "ZipFile",
];

/// Why a class of a vetted module is harmless.
pub(super) const CLASS_REASON: &str =
    "a class of a vetted module: constructing it stores numbers and settings";

/// Whether this module's classes are vetted.
pub(super) fn has_vetted_classes(module: &str) -> bool {
    CLASS_MODULES.binary_search(&module).is_ok()
}

/// Whether models ordinarily name this top-level package.
pub(super) fn is_known(package: &str) -> bool {
    KNOWN.binary_search(&package).is_ok()
}

/// Whether `name` is spelled as a class and is not a denied one.
pub(super) fn is_own_class(name: &str) -> bool {
    is_class_spelling(name) && DENIED.binary_search(&bare(name)).is_err()
}

/// Whether `name` is spelled as a class that is denied in whichever library.
pub(super) fn is_denied(name: &str) -> bool {
    is_class_spelling(name) && !is_own_class(name)
}

/// Whether `name` is spelled as a class: an upper-case letter first, after at
/// most one underscore, then letters, digits and underscores.
pub(super) fn is_class_spelling(name: &str) -> bool {
    let bare = bare(name);
    bare.starts_with(|c: char| c.is_ascii_uppercase())
        && bare.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

fn bare(name: &str) -> &str {
    name.strip_prefix('_').unwrap_or(name)
}

/// Functions that Cython writes into every extension module to make an empty
/// object of its own classes; the class is checked before the state is set.
pub(super) fn is_cython_constructor(name: &str) -> bool {
    name == "newObj" || name.starts_with("__pyx_unpickle_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_are_sorted_and_unique() {
        for list in [CLASS_MODULES, KNOWN, DENIED] {
            assert!(list.is_sorted_by(|a, b| a < b));
        }
    }

    #[test]
    fn every_vetted_module_lies_in_a_known_package() {
        for module in CLASS_MODULES {
            let package = module.split('.').next().unwrap_or_default();
            assert!(is_known(package), "{package}");
        }
    }

    #[test]
    fn spelling_separates_classes_from_functions() {
        for name in ["Linear", "SVC", "_BinMapper", "CSR_x"] {
            assert!(is_class_spelling(name), "{name}");
        }
        for name in [
            "linear",
            "__init__",
            "_rebuild",
            "Outer.Inner",
            "",
            "_",
            "9Lives",
        ] {
            assert!(!is_class_spelling(name), "{name}");
        }
    }
}
