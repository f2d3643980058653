//! Rules about packages that stand beside models or hold them: Python wheels,
//! Core ML packages, Spark ML folders.

use super::Rule;
use crate::report::Severity;

/// The family, in the order of the catalogue.
pub static RULES: &[&Rule] = &[&STARTUP_HOOK, &COREML_PATH, &SPARK_CLASS];

/// A file that Python runs when it starts.
pub static STARTUP_HOOK: Rule = Rule {
    id: "python-startup-hook",
    severity: Severity::High,
    title: "a file runs code whenever Python starts",
    why: "Python executes every line of a `.pth` file that begins with `import`, and imports \
          `sitecustomize` and `usercustomize`, each time it starts in an environment that has \
          them, whatever program is run. Nobody has to import the package.",
    remedy: "Do not install the package unless you know what the lines do.",
    references: &["CWE-506", "https://docs.python.org/3/library/site.html"],
};

/// A path in a Core ML package that leaves it.
pub static COREML_PATH: Rule = Rule {
    id: "coreml-path-escape",
    severity: Severity::High,
    title: "a Core ML package names a file outside of itself",
    why: "Programs join the path to the package's `Data` folder and open the result as a model or \
          as weights. One that leaves the folder makes them read a file that is no part of the \
          package.",
    remedy: "Do not load the package. An ordinary writer does not produce such paths.",
    references: &["CWE-22", "CWE-73"],
};

/// A class that Spark does not have.
pub static SPARK_CLASS: Rule = Rule {
    id: "spark-foreign-class",
    severity: Severity::Low,
    title: "the metadata of a Spark model names a class that Spark does not have",
    why: "Spark, and PySpark by importing the module, load the class that the metadata names and \
          call its reader. A class outside of the known libraries comes from whatever is on the \
          path of whoever loads the model.",
    remedy: "Load the model only where you know the class and the library it is from.",
    references: &["CWE-470", "CWE-502"],
};
