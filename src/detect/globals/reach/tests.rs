//! The data against its own form, against what is known from elsewhere, and
//! against the tables.

use super::library::{ANY_CLASS, LIBRARIES, effect};
use super::*;
use std::collections::BTreeSet;

/// All files together; they are compiled into the program.
const TOTAL_CAP_BYTES: usize = 3 << 19;

/// What a pickle does when nothing but the name is known.
const NAMED: &[&str] = &["f", "n", "s"];
const CALLED: &[&str] = &["f", "n", "s", "c"];

/// The standard library of two versions, surveyed as a check.
const STDLIB: [&str; 2] = [
    include_str!("stdlib-3.8.18.txt"),
    include_str!("stdlib-3.13.0.txt"),
];

/// Module, name, kind and rest of every entry.
fn entries(text: &str) -> Vec<(&str, &str, &str, &str)> {
    let mut module = "";
    let mut found = Vec::new();
    for line in text.lines().skip(1) {
        if let Some(name) = line.strip_prefix('@') {
            module = name;
        } else if !line.starts_with('$') {
            let mut parts = line.splitn(3, ' ');
            let mut part = || parts.next().unwrap();
            found.push((module, part(), part(), part()));
        }
    }
    found
}

#[test]
fn every_file_is_sorted_and_names_its_version() {
    let texts = LIBRARIES.iter().map(|library| library.text).chain(STDLIB);
    for text in texts {
        let (head, body) = text.split_once("\n@").unwrap();
        let mut lines = head.lines();
        let (name, version) = lines.next().unwrap().split_once(' ').unwrap();
        assert!(!name.is_empty() && version.starts_with(|c: char| c.is_ascii_digit()));
        for (i, line) in lines.enumerate() {
            let mut parts = line.split(' ');
            assert_eq!(parts.next(), Some(format!("${i}").as_str()), "{name}");
            assert!(effect(parts.next().unwrap()).is_some(), "{name}: {line}");
        }
        let sections: Vec<&str> = body.split("\n@").collect();
        let modules: Vec<&str> = sections.iter().filter_map(|s| s.lines().next()).collect();
        assert!(modules.is_sorted_by(|a, b| a < b), "{name}");
        for section in sections {
            let lines: Vec<&str> = section.lines().skip(1).collect();
            assert!(lines.is_sorted_by(|a, b| a < b), "{name}: {section}");
            assert!(!lines.is_empty(), "{name}: {section}");
        }
        for (module, inside, kind, _) in entries(text) {
            let known = ["f", "c", "n", "s", "p", "=", "<"].contains(&kind);
            assert!(known, "{module}.{inside}: {kind}");
        }
    }
}

#[test]
fn the_list_of_packages_is_sorted_and_covers_the_files() {
    assert!(LIBRARIES.is_sorted_by(|a, b| a.package < b.package));
    let mut seen = BTreeSet::new();
    let mut total = 0;
    for library in &LIBRARIES {
        total += match seen.insert(library.text.as_ptr()) {
            true => library.text.len(),
            false => 0,
        };
        for (module, ..) in entries(library.text) {
            let package = module.split('.').next().unwrap();
            let covers = LIBRARIES
                .iter()
                .any(|l| l.package == package && l.text.as_ptr() == library.text.as_ptr());
            assert!(covers || module == ANY_CLASS, "{module}");
            assert!(module.matches('.').count() < DEPTH_CAP_DOTS, "{module}");
        }
    }
    assert!(total < TOTAL_CAP_BYTES, "{total} bytes");
}

#[test]
fn every_entry_is_found_again() {
    for library in &LIBRARIES {
        for (module, name, kind, rest) in entries(library.text) {
            if module == ANY_CLASS || kind == "=" || kind == "<" {
                continue;
            }
            let path = format!("{module}.{name}");
            if !path.starts_with(library.package) {
                continue;
            }
            let found = way(&path, &[kind]);
            let number = rest.split(' ').next().unwrap();
            let sink = library.sink(number).map(|(_, sink)| sink);
            assert_eq!(found.map(|way| way.sink), sink, "{path} {kind}");
        }
    }
}

#[test]
fn what_is_known_to_be_dangerous_is_in_the_data() {
    for path in [
        "joblib.numpy_pickle_compat.load_compatibility",
        "numpy.f2py.crackfortran.crackfortran",
        "numpy.f2py.crackfortran.myeval",
        "pandas.io.pickle.read_pickle",
        "pandas.read_clipboard",
        "sklearn.datasets.fetch_20newsgroups",
        "sklearn.datasets.fetch_openml",
        "sklearn.datasets.load_svmlight_file",
        "sklearn.datasets._base.load_files",
        "torch._dynamo.guards.CheckFunctionManager",
        "torch._inductor.codecache.PyCodeCache.load",
        "torch.ao.quantization.fx.graph_module.ObservedGraphModule",
        "torch.distributed.nn.api.remote_module.RemoteModule",
        "torch.fx.GraphModule",
        "torch.fx.graph_module.GraphModule",
        "torch.hub._load_local",
        "torch.hub.load",
        "torch.utils.cpp_extension.load",
        "torch.utils.cpp_extension.load_inline",
        "torch.utils.show_pickle.DumpUnpickler",
        "torchvision.datasets.utils.download_and_extract_archive",
        "transformers.models.bert.modeling_bert.BertModel.from_pretrained",
        "transformers.AutoModel.from_pretrained",
        "gensim.utils.SaveLoad.load",
        "spacy.util.load_model",
        "nltk.data.load",
        "ultralytics.nn.tasks.load_checkpoint",
        "mlflow.sklearn.load_model",
        "skops.io.load",
    ] {
        let known = way(path, CALLED).is_some() || index::name(path).is_some();
        assert!(known, "{path}");
    }
}

#[test]
fn what_models_are_made_of_is_not_in_the_data() {
    for path in [
        "lightgbm.basic.Booster",
        "lightgbm.sklearn.LGBMClassifier",
        "numpy.mean",
        "pandas.core.frame.DataFrame",
        "sklearn.ensemble._forest.RandomForestClassifier",
        "sklearn.feature_extraction.text.TfidfVectorizer",
        "sklearn.linear_model._logistic.LogisticRegression",
        "sklearn.pipeline.Pipeline",
        "spacy.vocab.Vocab",
        "statsmodels.regression.linear_model.OLS",
        "torch.nn.functional.relu",
        "torch.nn.modules.linear.Linear",
        "torch.optim.adam.Adam",
        "torchvision.models.resnet.ResNet",
        "transformers.models.bert.configuration_bert.BertConfig",
        "transformers.models.bert.modeling_bert.BertModel",
        "transformers.training_args.TrainingArguments",
        "ultralytics.nn.modules.conv.Conv",
        "ultralytics.nn.tasks.DetectionModel",
        "xgboost.sklearn.XGBClassifier",
    ] {
        assert_eq!(way(path, NAMED), None, "{path}");
    }
}

#[test]
fn constructing_is_told_from_calling() {
    let path = "joblib.logger.PrintTime";
    assert_eq!(way(path, NAMED), None);
    let called = way(path, CALLED).unwrap();
    assert_eq!(called.effect, Effect::TouchesFiles);
}

#[test]
fn borrowed_and_inherited_names_are_followed() {
    let borrowed = way("sklearn.utils._testing.check_output", CALLED).unwrap();
    assert_eq!(borrowed.sink, "subprocess.check_output");
    let inherited = way(
        "torch.ao.quantization.fx.graph_module.ObservedGraphModule.recompile",
        CALLED,
    );
    assert_eq!(inherited.unwrap().effect, Effect::EvaluatesCode);
    let way = way("sklearn.datasets.fetch_file", CALLED).unwrap();
    assert_eq!(
        way.to_string(),
        "it reaches `urllib.request.urlretrieve` through `sklearn.datasets._base._fetch_remote`"
    );
}

#[test]
fn nothing_is_found_for_names_that_no_library_has() {
    for path in [
        "",
        ".",
        "torch",
        "torch.",
        "numpy..x",
        "*.load",
        "nothing.at.all",
    ] {
        assert_eq!(way(path, CALLED), None, "{path}");
    }
}

/// Vetted functions that hand a parameter on towards a sink which cannot be
/// turned with it: a warning shows the line of source that caused it, the
/// fields of a named tuple must be identifiers, and a time zone is looked for
/// below the folders of time zones only.
const REVIEWED: [&str; 5] = [
    "re _compile",
    "re compile",
    "textwrap dedent",
    "typing NamedTuple",
    "zoneinfo ZoneInfo._unpickle",
];

#[test]
fn nothing_vetted_of_the_standard_library_reaches_a_sink() {
    let mut contradictions = BTreeSet::new();
    for text in STDLIB {
        assert!(entries(text).len() > 500);
        for (module, name, kind, _) in entries(text) {
            let known = ["f", "n", "s"].contains(&kind);
            let vetted = matches!(
                crate::detect::globals::judge(module, name),
                Judgement::Harmless(_)
            );
            if known && vetted {
                contradictions.insert(format!("{module} {name}"));
            }
        }
    }
    assert_eq!(contradictions, BTreeSet::from(REVIEWED.map(str::to_owned)));
}
