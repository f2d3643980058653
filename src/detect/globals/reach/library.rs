//! The data files, and how they are searched: a binary search over sections,
//! then line by line. Where the sections of a library begin is noted when it is
//! first asked for; a look-up allocates nothing.

use std::sync::OnceLock;

use crate::detect::globals::Effect;

/// The section of methods that are known by their name alone.
pub(super) const ANY_CLASS: &str = "*";

/// The data of one library, for one of its top-level packages.
#[derive(Debug)]
pub(in crate::detect::globals) struct Library {
    /// The top-level package, aliases folded.
    pub package: &'static str,
    /// The file: see `survey.py`.
    pub text: &'static str,
    /// Name and lines of each section, in the order of the file, by name.
    sections: OnceLock<Vec<(&'static str, &'static str)>>,
}

macro_rules! libraries {
    ($($package:literal => $file:literal,)*) => {
        /// Every surveyed package, sorted.
        pub(in crate::detect::globals) static LIBRARIES: [Library; [$($package),*].len()] = [$(
            Library {
                package: $package,
                text: include_str!(concat!($file, ".txt")),
                sections: OnceLock::new(),
            },
        )*];
    };
}

libraries! {
    "PIL" => "pillow",
    "accelerate" => "accelerate",
    "catboost" => "catboost",
    "datasets" => "datasets",
    "diffusers" => "diffusers",
    "fastai" => "fastai",
    "fsspec" => "fsspec",
    "gensim" => "gensim",
    "h5py" => "h5py",
    "imblearn" => "imbalanced_learn",
    "joblib" => "joblib",
    "keras" => "keras",
    "lightgbm" => "lightgbm",
    "lightning_fabric" => "lightning",
    "lightning_utilities" => "lightning_utilities",
    "mlflow" => "mlflow_skinny",
    "networkx" => "networkx",
    "nltk" => "nltk",
    "numpy" => "numpy",
    "omegaconf" => "omegaconf",
    "pandas" => "pandas",
    "peft" => "peft",
    "pyarrow" => "pyarrow",
    "pytorch_lightning" => "lightning",
    "scipy" => "scipy",
    "sentence_transformers" => "sentence_transformers",
    "shap" => "shap",
    "sklearn" => "scikit_learn",
    "skops" => "skops",
    "skorch" => "skorch",
    "spacy" => "spacy",
    "statsmodels" => "statsmodels",
    "sympy" => "sympy",
    "tensorflow" => "tensorflow",
    "thinc" => "thinc",
    "timm" => "timm",
    "tokenizers" => "tokenizers",
    "torch" => "torch",
    "torchaudio" => "torchaudio",
    "torchmetrics" => "torchmetrics",
    "torchvision" => "torchvision",
    "tqdm" => "tqdm",
    "transformers" => "transformers",
    "ultralytics" => "ultralytics",
    "xgboost" => "xgboost",
    "yaml" => "pyyaml",
    "zarr" => "zarr",
}

/// The data that cover a top-level package.
pub(super) fn of(package: &str) -> Option<&'static Library> {
    let at = LIBRARIES
        .binary_search_by(|library| library.package.cmp(package))
        .ok()?;
    LIBRARIES.get(at)
}

impl Library {
    /// The name of a module as the data has it, and the lines of its section.
    pub(super) fn section(&self, module: &str) -> Option<(&'static str, &'static str)> {
        let sections = self.sections.get_or_init(|| split(self.text));
        let at = sections
            .binary_search_by(|(name, _)| (*name).cmp(module))
            .ok()?;
        sections.get(at).copied()
    }

    /// The effect and the path of a sink, by its number.
    pub(super) fn sink(&self, number: &str) -> Option<(Effect, &'static str)> {
        let head = self.text.split("\n@").next()?;
        let found = head.lines().find_map(|line| {
            line.strip_prefix('$')?
                .strip_prefix(number)?
                .strip_prefix(' ')
        })?;
        let (letter, path) = found.split_once(' ')?;
        Some((effect(letter)?, path))
    }
}

fn split(text: &'static str) -> Vec<(&'static str, &'static str)> {
    let sections = text.split("\n@").skip(1);
    sections
        .filter_map(|section| section.split_once('\n'))
        .collect()
}

/// The effect that a letter of the data stands for.
pub(super) fn effect(letter: &str) -> Option<Effect> {
    Some(match letter {
        "C" => Effect::RunsCommand,
        "E" => Effect::EvaluatesCode,
        "L" => Effect::LoadsNativeCode,
        "D" => Effect::Deserialises,
        "I" => Effect::ImportsModule,
        "N" => Effect::ResolvesNames,
        "U" => Effect::UsesNetwork,
        "W" | "R" => Effect::TouchesFiles,
        "H" => Effect::ChangesInterpreter,
        _ => return None,
    })
}

/// A name, or a method of it that is inherited, in a section.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    /// The module of the section.
    pub module: &'static str,
    /// The lines of the section.
    pub lines: &'static str,
    name: &'a str,
    member: Option<&'a str>,
    inherited: bool,
}

impl<'a> Place<'a> {
    /// The place of `name`, or of `name.member`, if the section lists it or
    /// what it inherits from.
    pub(super) fn find(
        module: &'static str,
        lines: &'static str,
        name: &'a str,
        member: Option<&'a str>,
    ) -> Option<Self> {
        let place = |name, member, inherited| Place {
            module,
            lines,
            name,
            member,
            inherited,
        };
        let own = place(name, member, false);
        if own.entries().next().is_some() {
            return Some(own);
        }
        let (class, method) = match member {
            Some(member) => (name, member),
            None => name.rsplit_once('.')?,
        };
        let above = place(class, Some(method), true);
        let inherits = above.entries().any(|(kind, _)| kind == "<" || kind == "=");
        inherits.then_some(above)
    }

    /// The function or the class, or its method if that is listed.
    pub(super) fn name(&self) -> &'a str {
        self.name
    }

    /// The method, if what is listed is only the class that inherits it.
    pub(super) fn inherited(&self) -> Option<&'a str> {
        self.member.filter(|_| self.inherited)
    }

    /// Kind and rest of each line about this place.
    pub(super) fn entries(self) -> impl Iterator<Item = (&'static str, &'static str)> {
        self.lines.lines().filter_map(move |line| {
            let mut rest = line.strip_prefix(self.name)?;
            if let Some(member) = self.member.filter(|_| !self.inherited) {
                rest = rest.strip_prefix('.')?.strip_prefix(member)?;
            }
            rest.strip_prefix(' ')?.split_once(' ')
        })
    }
}
