//! The classes and functions of Keras itself, by their names.
//!
//! `names.txt` was written by `fixtures/keras/names.py` from Keras 3, and holds
//! what Keras 2 had besides. Layers that run what their configuration holds or
//! names are not in it.

use std::collections::HashSet;
use std::sync::LazyLock;

static NAMES: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| include_str!("names.txt").lines().collect());

/// Packages whose classes are layers and losses and nothing else.
const PACKAGES: &[&str] = &[
    "keras",
    "keras_cv",
    "keras_hub",
    "keras_nlp",
    "tensorflow",
    "tf_keras",
];

/// Objects that stand for values: tuples, tensors, types.
const VALUES: &[&str] = &[
    "CompositeTensor",
    "TensorShape",
    "TypeSpec",
    "__bytes__",
    "__ellipsis__",
    "__keras_tensor__",
    "__numpy__",
    "__slice__",
    "__tensor__",
    "__tuple__",
    "__typespec__",
    "dict",
    "set",
    "tuple",
];

/// Descriptions of the columns of a table: what they hold is judged as objects
/// of their own.
const COLUMNS: &[&str] = &["Cross", "Feature", "FeatureSpace"];

/// Whether Keras has a class of this name.
pub(super) fn is_class(name: &str) -> bool {
    NAMES.contains(format!("class {name}").as_str())
        || VALUES.contains(&name)
        || COLUMNS.contains(&name)
}

/// Whether Keras has a function of this name that models use.
pub(super) fn is_function(name: &str) -> bool {
    NAMES.contains(format!("function {name}").as_str())
        || matches!(
            name,
            "mse" | "mae" | "mape" | "msle" | "MSE" | "MAE" | "MAPE" | "MSLE" | "accuracy"
        )
}

/// Whether a module is one of Keras.
pub(super) fn is_keras(module: &str) -> bool {
    let root = module.split('.').next().unwrap_or_default();
    match root {
        "tensorflow" => module.split('.').any(|part| part == "keras"),
        root => PACKAGES.contains(&root),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_layers_are_known_and_running_ones_are_not() {
        for name in [
            "Dense",
            "Functional",
            "Adam",
            "GlorotUniform",
            "MeanMetricWrapper",
        ] {
            assert!(is_class(name), "{name}");
        }
        for name in ["Lambda", "TFSMLayer", "TorchModuleWrapper", "os", ""] {
            assert!(!is_class(name), "{name}");
        }
        assert!(is_function("relu") && !is_function("get_file") && !is_function("deserialize"));
        assert!(is_keras("keras.src.layers") && is_keras("tensorflow.python.keras.layers"));
        assert!(!is_keras("tensorflow.io") && !is_keras("kerasx") && !is_keras("os"));
    }
}
