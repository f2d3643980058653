//! The tables against each other, against the published names, and the rules
//! around them.

use super::*;
use std::collections::BTreeMap;

fn is_dangerous(module: &str, name: &str) -> bool {
    matches!(judge(module, name), Judgement::Dangerous { .. })
}

fn is_harmless(module: &str, name: &str) -> bool {
    matches!(judge(module, name), Judgement::Harmless(_))
}

fn effect(module: &str, name: &str) -> Option<Effect> {
    match judge(module, name) {
        Judgement::Dangerous { effect, .. } => Some(effect),
        _ => None,
    }
}

#[test]
fn every_name_is_listed_once_in_folded_spelling() {
    let mut seen = BTreeMap::new();
    for group in index::TOPICS.iter().flat_map(|groups| groups.iter()) {
        for name in group.names {
            assert!(seen.insert(*name, group.source).is_none(), "{name} twice");
            let (module, last) = name.rsplit_once('.').unwrap();
            assert_eq!(path::fold(module, last).as_deref(), Some(*name));
            assert_eq!(judge(module, last), group.judgement, "{name}");
        }
        for module in group.modules {
            let everything = format!("{module}.*");
            assert!(
                seen.insert(everything.leak(), group.source).is_none(),
                "{module} twice"
            );
            assert_eq!(path::fold(module, "x"), Some(format!("{module}.x")));
        }
    }
    assert!(seen.len() > 1500, "{} entries", seen.len());
}

#[test]
fn every_group_says_why_and_from_where() {
    for group in index::TOPICS.iter().flat_map(|groups| groups.iter()) {
        let why = match group.judgement {
            Judgement::Harmless(why)
            | Judgement::Dangerous {
                why: Why::Known(why),
                ..
            } => why,
            Judgement::Dangerous { .. } | Judgement::Unknown { .. } => "",
        };
        assert!(why.len() > 10 && !why.ends_with('.'), "{why}");
        assert!(group.source.len() > 3, "{why}");
        assert!(
            !group.names.is_empty() || !group.modules.is_empty(),
            "{why}"
        );
    }
}

#[test]
fn every_published_dangerous_callable_is_judged_dangerous() {
    let mut missed = Vec::new();
    for line in include_str!("published-dangerous.txt").lines() {
        let Some((module, name)) = line.split_once(' ') else {
            continue;
        };
        let called = judge_use(module, name, Use::Called);
        let missed_here = !matches!(called, Judgement::Dangerous { .. });
        missed.extend(missed_here.then_some(line));
    }
    assert_eq!(missed, Vec::<&str>::new());
}

#[test]
fn what_ordinary_pickles_call_is_harmless() {
    let mut refused = Vec::new();
    for line in include_str!("ordinary.txt").lines() {
        let Some((module, name)) = line.split_once(' ') else {
            continue;
        };
        refused.extend((!is_harmless(module, name)).then_some(line));
    }
    assert_eq!(refused, Vec::<&str>::new());
}

#[test]
fn what_depends_on_its_arguments_says_so() {
    for (module, name, expected) in [
        ("functools", "partial", Effect::CallsArgument),
        ("_functools", "partial", Effect::CallsArgument),
        ("operator", "methodcaller", Effect::CallsArgument),
        ("builtins", "map", Effect::CallsArgument),
        ("__builtin__", "reduce", Effect::CallsArgument),
        ("itertools", "imap", Effect::CallsArgument),
        ("copyreg", "__newobj__", Effect::CallsArgument),
        ("copy_reg", "__newobj_ex__", Effect::CallsArgument),
        (
            "torch._tensor",
            "_rebuild_from_type_v2",
            Effect::CallsArgument,
        ),
        ("dill._dill", "_create_array", Effect::CallsArgument),
        ("builtins", "getattr", Effect::ResolvesNames),
        ("operator", "itemgetter", Effect::ResolvesNames),
        ("torch.storage", "_load_from_bytes", Effect::Deserialises),
    ] {
        assert_eq!(effect(module, name), Some(expected), "{module} {name}");
    }
}

#[test]
fn a_dotted_name_is_what_it_denotes() {
    for (module, name, expected) in [
        ("pathlib", "os.system", Effect::RunsCommand),
        ("torch", "os.system", Effect::RunsCommand),
        ("tarfile", "os.popen", Effect::RunsCommand),
        (
            "anything",
            "deep.inside.subprocess.Popen",
            Effect::RunsCommand,
        ),
        (
            "collections",
            "_sys.modules.get",
            Effect::ChangesInterpreter,
        ),
        ("torch", "hub.load", Effect::ImportsModule),
        ("subprocess", "Popen.communicate", Effect::RunsCommand),
        ("numpy", "os", Effect::ResolvesNames),
        ("some.package", "_sys", Effect::ResolvesNames),
        ("pathlib", "collections.OrderedDict", Effect::ResolvesNames),
        ("builtins", "dict.get", Effect::Unvetted),
    ] {
        assert_eq!(effect(module, name), Some(expected), "{module} {name}");
    }
    assert!(is_harmless(
        "sklearn.tree._classes",
        "DecisionTreeClassifier.Inner"
    ));
    assert!(is_harmless("torch", "nn.Linear"));
    assert!(!is_harmless("torch.nn", "Linear.forward"));
}

#[test]
fn double_underscores_are_escapes_but_for_what_pickle_writes() {
    for (module, name) in [
        ("numpy", "__builtins__"),
        ("torch.nn", "Linear.__init__.__globals__"),
        ("builtins", "object.__subclasses__"),
        ("x", "y.__class__"),
        ("x.__init__", "y"),
    ] {
        assert_eq!(
            effect(module, name),
            Some(Effect::ResolvesNames),
            "{module} {name}"
        );
    }
    assert!(is_harmless("__builtin__", "set"));
    assert!(is_harmless(
        "__torch__.torch.nn.modules.linear.___torch_mangle_3",
        "Linear"
    ));
    assert!(is_dangerous("__torch__.__builtins__", "Linear"));
    assert!(is_dangerous("__torch__", "forward"));
    assert!(is_harmless("numpy.random._pickle", "__randomstate_ctor"));
    let own = Judgement::Unknown {
        known_package: false,
    };
    assert_eq!(judge("__main__", "Net"), own);
    assert_eq!(judge("utils.models", "Net"), own);
    assert_eq!(judge("test", "Net"), own);
}

#[test]
fn the_standard_library_is_closed() {
    for (module, name) in [
        ("statistics", "_unheard_of"),
        ("_posixsubprocess", "anything"),
        ("json.decoder", "scanstring"),
        ("collections", "namedtuple"),
        ("http", "HTTPStatus"),
    ] {
        assert!(is_dangerous(module, name), "{module} {name}");
    }
}

#[test]
fn functions_of_known_packages_stay_unknown() {
    let known = Judgement::Unknown {
        known_package: true,
    };
    for (module, name) in [
        ("torch.nn.functional", "something_new"),
        ("sklearn.datasets", "load_iris"),
        ("transformers", "AutoModel"),
        ("pandas", "concat"),
    ] {
        assert_eq!(judge(module, name), known, "{module} {name}");
    }
}

#[test]
fn a_borrowed_class_is_not_a_class_of_the_module() {
    for name in ["Popen", "Thread", "ZipFile", "_Unpickler", "Parallel"] {
        assert!(!is_harmless("sklearn.utils.fixes", name), "{name}");
    }
    let module = "torch.ao.quantization.fx.graph_module";
    let called = judge_use(module, "ObservedGraphModule", Use::Called);
    assert!(matches!(called, Judgement::Dangerous { .. }), "{called:?}");
}

#[test]
fn a_name_beyond_all_tables_is_judged_by_rule() {
    let long = format!("os.system{}", ".x".repeat(1000));
    assert!(is_dangerous("pathlib", &long));
    assert!(is_dangerous("os", &long));
    assert_eq!(
        judge("own", &"x".repeat(5000)),
        Judgement::Unknown {
            known_package: false
        }
    );
    for odd in ["", ".", "..", "a..b", "\u{0}", "ö.system"] {
        assert!(!is_harmless(odd, odd), "{odd:?}");
    }
}
