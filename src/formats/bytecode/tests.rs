use super::super::testing::{examine, mangle, recognise};
use super::*;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/bytecode/");

fn fixture(path: &str) -> Vec<u8> {
    std::fs::read(format!("{ROOT}{path}")).unwrap()
}

#[test]
fn heads_and_whole_code_objects_are_recognised() {
    let pyc = fixture("system-3.11/helper.pyc");
    assert_eq!(recognise(&Bytecode, "x.bin", pyc.clone()), Claim::Structure);
    assert_eq!(recognise(&Bytecode, "x.bin", &pyc[..16]), Claim::No);
    assert_eq!(recognise(&Bytecode, "x.pyc", &pyc[..16]), Claim::Magic);
    assert_eq!(recognise(&Bytecode, "x.pyc", "text"), Claim::Name);
    assert_eq!(recognise(&Bytecode, "x.pyc", ""), Claim::No);
    let bare = &pyc[16..];
    assert_eq!(recognise(&Bytecode, "x", bare), Claim::Structure);
    assert_eq!(
        recognise(&Bytecode, "x", &bare[..bare.len() - 1]),
        Claim::No
    );
    assert_eq!(recognise(&Bytecode, "x", [bare, b"N"].concat()), Claim::No);
    assert_eq!(recognise(&Bytecode, "x.txt", "code in words"), Claim::No);
    assert_eq!(
        recognise(&Bytecode, "x", "cos\nsystem\n(S'id'\ntR."),
        Claim::No
    );
}

#[test]
fn where_it_lies_and_when_it_runs_decide_the_grade() {
    let grade = |name: &str, path: &str| {
        let said = examine(&Bytecode, name, fixture(path));
        assert!(said.gaps.is_empty(), "{:?}", said.gaps);
        (said.findings[0].rule.id, said.findings[0].severity)
    };
    let plain = "benign-cache/__pycache__/helper.cpython-311.pyc";
    let unchecked = "unchecked-cache/__pycache__/helper.cpython-311.pyc";
    let cache = "__pycache__/helper.cpython-311.pyc";
    assert_eq!(
        grade("helper.pyc", plain),
        ("compiled-python", Severity::Medium)
    );
    assert_eq!(grade(cache, plain), ("compiled-python", Severity::Low));
    assert_eq!(
        grade(cache, unchecked),
        ("compiled-python", Severity::Medium)
    );
    let later = "in-function/helper.pyc";
    assert_eq!(
        grade("helper.pyc", later),
        ("dangerous-bytecode", Severity::High)
    );
    assert_eq!(
        grade(cache, later),
        ("dangerous-bytecode", Severity::Medium)
    );
    let now = "system-3.11/helper.pyc";
    assert_eq!(
        grade(cache, now),
        ("dangerous-bytecode", Severity::Critical)
    );
}

#[test]
fn a_head_without_code_is_a_gap() {
    let head = fixture("system-3.11/helper.pyc")[..16].to_vec();
    for body in [&b""[..], b"N", b"\xe3\0\0", b"text"] {
        let said = examine(&Bytecode, "x.pyc", [&head, body].concat());
        assert!(said.findings.is_empty());
        assert_eq!(said.gaps[0].1, Why::Malformed);
    }
    let said = examine(&Bytecode, "x.pyc", "no code at all");
    assert_eq!(said.gaps[0].1, Why::Malformed);
}

#[test]
fn mangled_files_end_without_a_panic() {
    for path in [
        "system-2.7/helper.pyc",
        "system-3.8/helper.pyc",
        "main-guard/helper.pyc",
        "system-3.13/helper.pyc",
    ] {
        let bytes = fixture(path);
        assert_eq!(mangle(&Bytecode, "x.pyc", &bytes), 0, "{path}");
    }
}

#[test]
fn mangled_pickles_that_carry_code_end_without_a_panic() {
    use super::super::pickle::Pickle;
    for case in ["cloudpickle-closure", "dill-closure", "cloudpickle-class"] {
        let path = format!("../pickle/{case}/model.pkl");
        let whole = examine(&Pickle, "model.pkl", fixture(&path));
        assert_eq!(whole.findings.len(), 1, "{case}");
        assert_eq!(whole.findings[0].severity, Severity::Medium, "{case}");
        let bytes = fixture(&path);
        // Only the empty file has nothing to tell.
        assert!(examine(&Pickle, "model.pkl", "").is_clean());
        assert_eq!(mangle(&Pickle, "model.pkl", &bytes), 1, "{case}");
    }
}
