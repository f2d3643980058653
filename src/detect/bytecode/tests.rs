use super::decode::Instructions;
use super::*;
use crate::report::Severity;
use crate::source::{Memory, Source};
use crate::wire::marshal::{Header, Kind, Layout, Piece, read};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/bytecode/");

fn load(path: &str) -> (Tree, Python) {
    let bytes = std::fs::read(format!("{ROOT}{path}")).unwrap();
    let header = Header::parse(&bytes).unwrap();
    let source = Memory::new(bytes);
    let tree = read(&source, header.len..source.len(), header.python.layout()).unwrap();
    (tree, header.python)
}

/// The verdict with and without knowing the version.
fn verdicts(path: &str) -> [Verdict; 2] {
    let (tree, python) = load(path);
    [Some(python), None].map(|python| {
        let setting = Setting {
            python,
            ..Setting::default()
        };
        judge(&tree, tree.root.unwrap(), &setting, &Budget::unlimited()).unwrap()
    })
}

/// The reaches, with `!` in front of those that happen at once.
fn told(verdict: &Verdict) -> Vec<String> {
    let mark = |r: &Reach| if r.at_once { "!" } else { "" };
    let all = verdict.reaches.iter();
    all.map(|r| format!("{}{}", mark(r), r.path)).collect()
}

#[test]
fn instructions_are_what_python_lists() {
    for version in ["3.6", "3.7", "3.8", "3.9", "3.10", "3.11", "3.12", "3.13"] {
        let (tree, python) = load(&format!("python-{version}/sample.pyc"));
        let listing = std::fs::read_to_string(format!("{ROOT}python-{version}/listing.json"));
        let listing: serde_json::Value = serde_json::from_str(&listing.unwrap()).unwrap();
        let ops: Vec<&str> = listing["ops"]
            .as_array()
            .unwrap()
            .iter()
            .map(|op| op.as_str().unwrap())
            .collect();
        let mut found = Vec::new();
        pre_order(&tree, tree.root.unwrap(), &mut found);
        for (id, wanted) in found.iter().zip(listing["codes"].as_array().unwrap()) {
            let code = tree.code(*id).unwrap();
            let mut read: Instructions<'_> = instructions(&tree, code, python);
            let mut flat = wanted["instructions"]
                .as_array()
                .unwrap()
                .iter()
                .map(|n| n.as_u64().unwrap());
            for instruction in &mut read {
                let op = ops[flat.next().unwrap() as usize];
                let arg = flat.next().unwrap();
                let act = opcodes::act_of(op).unwrap();
                assert_eq!(
                    (instruction.act, u64::from(instruction.arg)),
                    (act, arg),
                    "{version} {op}"
                );
            }
            assert!(
                flat.next().is_none() && read.is_sound(),
                "{version} {}",
                wanted["name"]
            );
        }
    }
}

fn pre_order(tree: &Tree, id: ObjectId, out: &mut Vec<ObjectId>) {
    out.push(id);
    for &constant in tree.items(tree.code(id).unwrap().constants) {
        if tree.code(constant).is_some() {
            pre_order(tree, constant, out);
        }
    }
}

#[test]
fn code_of_one_version_is_sound_in_few_others() {
    for version in ["3.6", "3.8", "3.10", "3.11", "3.12", "3.13"] {
        let (tree, python) = load(&format!("python-{version}/sample.pyc"));
        let mut codes = Vec::new();
        pre_order(&tree, tree.root.unwrap(), &mut codes);
        let mut meter = Meter {
            spent: 0,
            budget: &Budget::unlimited(),
        };
        let found = versions(&tree, &codes, &Setting::default(), &mut meter).unwrap();
        assert!(found.contains(&(python, true)), "{version}: {found:?}");
        if python >= Python::V311 {
            assert_eq!(found.len(), 1, "{version}: {found:?}");
        }
    }
}

#[test]
fn ordinary_modules_reach_nothing() {
    for version in [
        "2.7", "3.6", "3.7", "3.8", "3.9", "3.10", "3.11", "3.12", "3.13",
    ] {
        for verdict in verdicts(&format!("python-{version}/sample.pyc")) {
            assert_eq!(told(&verdict), [""; 0], "{version}");
            assert!(
                verdict.is_sound && verdict.limits.is_empty() && verdict.texts.is_empty(),
                "{version} {verdict:?}"
            );
            assert_eq!(verdict.imports, ["json", "math", "os.path"], "{version}");
        }
    }
    for case in ["benign-cache", "benign-cache-function"] {
        for verdict in verdicts(&format!("{case}/__pycache__/helper.cpython-311.pyc")) {
            assert_eq!(told(&verdict), [""; 0], "{case}");
        }
    }
}

#[test]
fn commands_are_found_however_they_are_reached() {
    for (case, wanted) in [
        ("system-2.7", "!os.system"),
        ("system-3.6", "!os.system"),
        ("system-3.8", "!os.popen"),
        ("system-3.10", "!subprocess.Popen"),
        ("system-3.11", "!os.system"),
        ("system-3.12", "!os.system"),
        ("system-3.13", "!exec"),
        ("exec-statement", "!exec"),
        ("in-function", "subprocess.run"),
        ("main-guard", "subprocess.run"),
        ("star-import", "!os.system"),
        ("aliased", "!os.system"),
        ("computed-attribute", "!getattr(os, …)"),
    ] {
        for verdict in verdicts(&format!("{case}/helper.pyc")) {
            assert_eq!(told(&verdict), [wanted], "{case}: {verdict:?}");
            assert!(verdict.is_sound, "{case}");
            assert_eq!(verdict.severity(), Some(Severity::Critical), "{case}");
        }
    }
    for verdict in verdicts("marshal-exec/helper.pyc") {
        assert_eq!(told(&verdict), ["!exec", "!marshal.loads"]);
        assert!(verdict.makes_code);
    }
}

/// A code object of Python 3.11 with these names, constants and instructions.
fn build(names: &[&str], constants: &[&str], bytecode: &[u8]) -> Tree {
    let mut tree = Tree::default();
    let text = |tree: &mut Tree, text: &str| {
        tree.push(Object::Text(Piece::whole(0, text.into())))
            .unwrap()
    };
    let tuple = |tree: &mut Tree, texts: &[&str]| {
        let items = texts.iter().map(|t| text(tree, t)).collect();
        tree.push(Object::Sequence(Kind::Tuple, items)).unwrap()
    };
    let name = text(&mut tree, "f");
    let code = Code {
        layout: Layout::Eleven,
        arguments: 0,
        flags: 3,
        first_line: 7,
        bytecode: tree
            .push(Object::Bytes(Piece::whole(0, bytecode.into())))
            .unwrap(),
        constants: tuple(&mut tree, constants),
        names: tuple(&mut tree, names),
        locals: tuple(&mut tree, &[]),
        cells: None,
        free: None,
        filename: name,
        name,
        qualname: Some(name),
        at: 0,
    };
    tree.root = tree.push(Object::Code(Box::new(code)));
    tree
}

fn verdict(tree: &Tree, globals: &[(&str, &str)]) -> Verdict {
    let setting = Setting {
        python: None,
        globals: globals
            .iter()
            .map(|(a, b)| (a.to_string(), b.to_string()))
            .collect(),
        ..Setting::default()
    };
    judge(tree, tree.root.unwrap(), &setting, &Budget::unlimited()).unwrap()
}

#[test]
fn instructions_that_make_no_sense_leave_the_names() {
    let tree = build(&["os", "system"], &[], b"\xff\x00\xff");
    let said = verdict(&tree, &[]);
    assert!(!said.is_sound);
    assert_eq!(told(&said), ["!os.system"]);
    assert!(said.reaches[0].by_name);
    let tree = build(&["exec"], &[], b"\xff");
    assert_eq!(told(&verdict(&tree, &[])), ["!exec"]);
    // `model.eval` and `re.compile` look the same without instructions.
    let tree = build(&["eval", "compile", "open", "run", "join"], &[], b"\xff");
    assert_eq!(told(&verdict(&tree, &[])), [""; 0]);
}

#[test]
fn globals_that_are_known_are_followed() {
    // RESUME 0; LOAD_GLOBAL sp; LOAD_ATTR run; RETURN_VALUE
    let bytecode = b"\x97\0\x74\0\0\0\0\0\0\0\0\0\0\0\x6a\x01\0\0\0\0\0\0\0\0\x53\0";
    let tree = build(&["sp", "run"], &[], bytecode);
    assert_eq!(told(&verdict(&tree, &[])), [""; 0]);
    assert_eq!(
        told(&verdict(&tree, &[("sp", "subprocess")])),
        ["!subprocess.run"]
    );
    assert_eq!(told(&verdict(&tree, &[("sp", "numpy")])), [""; 0]);
}

#[test]
fn constants_that_are_code_are_told() {
    let tree = build(
        &[],
        &["a text", "__import__('os').system('id')"],
        b"\x97\0\x53\0",
    );
    let said = verdict(&tree, &[]);
    assert_eq!(said.texts.len(), 1);
    assert!(said.steps()[0].contains("Python call"));
}

#[test]
fn shared_parts_are_bounded_and_the_loss_is_told() {
    // 4096 code objects that share 64 KiB of instructions.
    let mut tree = build(&["x"], &[], &b"\x97\0".repeat(1 << 15));
    let one = *tree.code(tree.root.unwrap()).unwrap();
    let items = (0..4096)
        .map(|_| tree.push(Object::Code(Box::new(one))).unwrap())
        .collect();
    let constants = tree.push(Object::Sequence(Kind::Tuple, items)).unwrap();
    tree.root = tree.push(Object::Code(Box::new(Code { constants, ..one })));
    let said = verdict(&tree, &[]);
    assert!(said.limits.contains(&"instructions"), "{:?}", said.limits);
}
