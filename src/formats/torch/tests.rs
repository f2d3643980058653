use super::*;
use crate::formats::testing::{self, Said, examine, mangle};
use crate::report::Severity;
use crate::wire::zip_directory::sample::{Piece, Sample};

/// A pickle of a list of storages: class, key, elements.
fn pickle(storages: &[(&str, &str, u32)]) -> Vec<u8> {
    let mut out = b"\x80\x02](".to_vec();
    let text = |out: &mut Vec<u8>, text: &str| {
        out.push(b'X');
        out.extend((text.len() as u32).to_le_bytes());
        out.extend(text.as_bytes());
    };
    for (class, key, elements) in storages {
        out.push(b'(');
        text(&mut out, "storage");
        out.extend(format!("ctorch\n{class}\n").as_bytes());
        text(&mut out, key);
        text(&mut out, "cpu");
        out.push(b'J');
        out.extend(elements.to_le_bytes());
        out.extend(b"tQ");
    }
    out.extend(b"e.");
    out
}

fn content(name: &str) -> Vec<u8> {
    match name.rsplit('/').next().unwrap_or_default() {
        "version" => b"3\n".to_vec(),
        "byteorder" => b"little".to_vec(),
        ".format_version" => b"1".to_vec(),
        ".storage_alignment" => b"64".to_vec(),
        "serialization_id" => b"0123".to_vec(),
        leaf if leaf.ends_with(".pkl") => pickle(&[]),
        _ => b"x".to_vec(),
    }
}

fn archive(names: &[&str]) -> Vec<u8> {
    let pieces: Vec<Piece> = names
        .iter()
        .map(|n| Piece::stored(n, &content(n)))
        .collect();
    Sample::of(&pieces).bytes()
}

fn claim(names: &[&str]) -> Claim {
    testing::recognise(&Torch, "x", archive(names))
}

fn judge(names: &[&str]) -> Vec<(&'static str, Severity)> {
    let said = examine(&Torch, "x", archive(names));
    assert_eq!(said.gaps, []);
    let findings = said.findings.iter().map(|d| (d.rule.id, d.severity));
    findings.collect()
}

/// A model of one pickle and these storages.
fn model(storages: &[(&str, &str, u32)], members: &[(&str, &[u8])]) -> Said {
    let mut pieces = vec![
        Piece::stored("m/data.pkl", &pickle(storages)),
        Piece::stored("m/version", b"3"),
    ];
    pieces.extend(members.iter().map(|(n, d)| Piece::stored(n, d)));
    examine(&Torch, "x", Sample::of(&pieces).bytes())
}

#[test]
fn a_pickle_with_company_is_a_model_and_alone_it_is_none() {
    assert_eq!(claim(&["a/data.pkl", "a/version"]), Claim::Structure);
    assert_eq!(claim(&["a/data/0", "a/data.pkl"]), Claim::Structure);
    assert_eq!(claim(&["data.pkl", "data/0"]), Claim::Structure);
    assert_eq!(claim(&["a/DATA.pkl", "a/version"]), Claim::Structure);
    assert_eq!(claim(&["a/model.json", "a/tensors/0"]), Claim::Structure);
    assert_eq!(claim(&["a/data.pkl"]), Claim::No);
    assert_eq!(claim(&["a/model.json", "a/version"]), Claim::No);
    assert_eq!(claim(&["a/data.pkl", "b/version"]), Claim::No);
    assert_eq!(claim(&["a.npy", "version"]), Claim::No);
    assert_eq!(claim(&["a/b/data.pkl", "a/b/version"]), Claim::No);
}

#[test]
fn a_name_alone_promises_it() {
    let bytes = archive(&["a.npy"]);
    let claim = testing::recognise(&Torch, "dir/Model.PTH", bytes.clone());
    assert_eq!(claim, Claim::Name);
    assert!(!examine(&Torch, "model.pth", bytes).is_clean());
}

#[test]
fn what_pytorch_writes_belongs() {
    let names = [
        "m/data.pkl",
        "m/.format_version",
        "m/.storage_alignment",
        "m/byteorder",
        "m/version",
        "m/.data/serialization_id",
        "m/extra/config.json",
    ];
    assert_eq!(judge(&names), []);
    let old = [
        "m/model.json",
        "m/tensors/0",
        "m/code/net.py",
        "m/attributes.pkl",
        "m/version",
    ];
    assert_eq!(judge(&old), [("torch-script-code", Severity::Info)]);
}

#[test]
fn what_does_not_belong_is_graded_by_what_it_is_and_where_it_lies() {
    let foreign = |name| judge(&["m/data.pkl", "m/version", name]);
    let member = |severity| [("torch-foreign-member", severity)];
    assert_eq!(foreign("m/x.txt"), member(Severity::Low));
    assert_eq!(foreign("m/x.py"), member(Severity::Medium));
    assert_eq!(foreign("m/data/0.so"), member(Severity::Medium));
    assert_eq!(foreign("n/x.txt"), member(Severity::Medium));
    assert_eq!(
        foreign("n/data.pkl"),
        [("torch-several-pickles", Severity::Medium)]
    );
    assert_eq!(
        foreign("m/DATA.PKL"),
        [("torch-several-pickles", Severity::Medium)]
    );
    assert_eq!(
        foreign("m/extra/data.pkl"),
        [("torch-several-pickles", Severity::Medium)]
    );
    assert_eq!(judge(&["m/DATA.PKL", "m/version"]), []);
    let elf = model(&[], &[("m/x", b"\x7fELF\x02\x01\x01")]);
    assert_eq!(elf.severity("torch-foreign-member"), Severity::Medium);
}

#[test]
fn the_folder_of_the_first_member_is_the_models() {
    let names = ["b/version", "b/data.pkl", "a/version", "a/data.pkl"];
    let medium = Severity::Medium;
    assert_eq!(
        judge(&names),
        [
            ("torch-foreign-member", medium),
            ("torch-several-pickles", medium)
        ]
    );
    let artifact = testing::artifact("x", archive(&names));
    let members = Members::read(&Probe::new(&artifact), &Budget::unlimited()).unwrap();
    let layout = Layout::of(&members);
    assert_eq!(layout.model(), Some(&b"b"[..]));
}

#[test]
fn an_archive_inside_of_a_member_is_content() {
    let inner = archive(&["m/data.pkl", "m/version"]);
    let outer = Sample::of(&[
        Piece::stored("e/readme.txt", b"x"),
        Piece::stored("e/model.pt", &inner),
    ]);
    assert_eq!(testing::recognise(&Torch, "x", outer.bytes()), Claim::No);
}

#[test]
fn a_program_is_noted() {
    let names = [
        "m/data.pkl",
        "m/constants.pkl",
        "m/code/__torch__.py",
        "m/code/__torch__.py.debug_pkl",
    ];
    assert_eq!(judge(&names), [("torch-script-code", Severity::Info)]);
}

#[test]
fn storages_that_agree_are_clean() {
    for storages in [
        &[("FloatStorage", "0", 2)][..],
        &[("FloatStorage", "0", 2), ("FloatStorage", "0", 2)],
        &[("ByteStorage", "0", 8), ("LongStorage", "0", 1)],
        &[("FloatStorage", "0", 2), ("FloatStorage", "1", 0)],
        &[("UnheardOfStorage", "0", 1000)],
    ] {
        let said = model(storages, &[("m/data/0", &[0; 8])]);
        assert!(said.is_clean(), "{storages:?}: {said:?}");
    }
    // The last element of a view may be cut.
    assert!(model(&[("FloatStorage", "0", 2)], &[("m/data/0", &[0; 11])]).is_clean());
}

#[test]
fn storages_that_disagree_are_graded() {
    let said = |storages: &[(&str, &str, u32)]| model(storages, &[("m/data/0", &[0; 8])]);
    let larger = said(&[("FloatStorage", "0", 3)]);
    assert_eq!(larger.severity("torch-storage-size"), Severity::High);
    let smaller = said(&[("FloatStorage", "0", 1)]);
    assert_eq!(smaller.severity("torch-storage-size"), Severity::Medium);
    let both = said(&[("FloatStorage", "0", 2), ("FloatStorage", "0", 200)]);
    assert_eq!(both.severity("torch-storage-size"), Severity::Medium);
    let missing = said(&[("FloatStorage", "0", 2), ("FloatStorage", "1", 2)]);
    assert_eq!(missing.rules(), ["torch-storage-missing"]);
    assert_eq!(said(&[]).rules(), ["torch-storage-unnamed"]);
    let cased = model(&[("FloatStorage", "0", 2)], &[("m/DATA/0", &[0; 8])]);
    assert!(cased.is_clean());
}

#[test]
fn nothing_is_unnamed_where_a_pickle_cannot_be_followed() {
    let pieces = [
        Piece::stored("m/data.pkl", b"\x80\x02]"),
        Piece::stored("m/version", b"3"),
        Piece::stored("m/data/0", b"x"),
    ];
    let said = examine(&Torch, "x", Sample::of(&pieces).bytes());
    assert!(said.findings.is_empty(), "{said:?}");
}

#[test]
fn a_packed_pickle_is_compared_as_well() {
    let pieces = [
        Piece::deflated("m/data.pkl", &pickle(&[("FloatStorage", "0", 3)])),
        Piece::stored("m/version", b"3"),
        Piece::stored("m/data/0", &[0; 8]),
    ];
    let said = examine(&Torch, "x", Sample::of(&pieces).bytes());
    assert_eq!(said.severity("torch-storage-size"), Severity::High);
}

#[test]
fn records_say_what_pytorch_writes() {
    let record = |name: &str, bytes: &[u8]| {
        let said = model(&[], &[(name, bytes)]);
        said.rules() == ["torch-odd-record"]
    };
    assert!(record("m/byteorder", b"middle"));
    assert!(!record("m/byteorder", b"big"));
    assert!(record("m/.format_version", b"x"));
    assert!(record("m/.storage_alignment", b"99999999999"));
    assert!(record("m/.data/serialization_id", &[b'1'; 300]));
    for (version, is_odd) in [
        (&b"3\n"[..], false),
        (b"10", false),
        (b"0", true),
        (b"11", true),
        (b"99999999999999999999999", true),
    ] {
        let pieces = [
            Piece::stored("m/data.pkl", &pickle(&[])),
            Piece::stored("m/version", version),
        ];
        let said = examine(&Torch, "x", Sample::of(&pieces).bytes());
        assert_eq!(!said.is_clean(), is_odd, "{version:?}");
    }
}

#[test]
fn bytecode_is_judged_by_its_operators() {
    let program =
        b"\x80\x02(X\x0a\x00\x00\x00aten::saveX\x09\x00\x00\x00aten::addX\x06\x00\x00\x00x::runt.";
    let said = model(&[], &[("m/bytecode.pkl", program)]);
    assert_eq!(
        said.rules(),
        [
            "torch-script-code",
            "torch-script-library",
            "torch-script-operator"
        ]
    );
    assert_eq!(said.severity("torch-script-operator"), Severity::Critical);
}

#[test]
fn broken_archives_end_in_words() {
    let pieces = [
        Piece::stored("m/data.pkl", &pickle(&[("FloatStorage", "0", 2)])),
        Piece::deflated("m/bytecode.pkl", &pickle(&[])),
        Piece::stored("m/version", b"3"),
        Piece::stored("m/data/0", &[0; 8]),
        Piece::stored("m/x.py", b"import os"),
    ];
    mangle(&Torch, "x.pt", &Sample::of(&pieces).bytes());
}
