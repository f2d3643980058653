use super::super::testing::{artifact, examine, mangle, recognise};
use super::*;
use crate::formats::Body;
use crate::wire::hdf5::sample;

fn fixture(name: &str) -> Vec<u8> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/hdf5");
    std::fs::read(root.join(name).join("model.h5")).unwrap()
}

#[test]
fn a_name_alone_is_a_promise_only_where_no_other_format_has_it() {
    assert_eq!(recognise(&Hdf5, "x.h5", "no such thing"), Claim::Name);
    assert_eq!(recognise(&Hdf5, "x.keras", "no such thing"), Claim::No);
    assert_eq!(examine(&Hdf5, "x.h5", "no such thing").gaps.len(), 1);
}

#[test]
fn a_user_block_is_followed_in_a_file_of_any_size() {
    let far = [&vec![0; 1 << 20][..], sample::NARROW].concat();
    assert_eq!(recognise(&Hdf5, "x.h5", far.clone()), Claim::Structure);
    assert_eq!(recognise(&Hdf5, "x", far), Claim::No);
    let near = [&vec![0; 2048][..], sample::NARROW].concat();
    assert_eq!(recognise(&Hdf5, "x", near), Claim::Structure);
    assert_eq!(
        recognise(&Hdf5, "x", *b"\x89HDF\r\n\x1a\n\x09"),
        Claim::Magic
    );
}

#[test]
fn what_the_library_writes_is_clean() {
    for bytes in [
        sample::TYPES,
        sample::TYPES_NEW,
        sample::INDEXES,
        sample::PAGES,
        sample::DENSE,
        sample::SHARED,
        sample::VIRTUAL,
    ] {
        let said = examine(&Hdf5, "x.h5", bytes);
        assert!(said.is_clean(), "{said:?}");
        assert!(said.named.accounts);
        assert!(said.named.slack.is_empty(), "{:?}", said.named.slack);
    }
}

#[test]
fn packed_chunks_are_members_where_nothing_else_changes_them() {
    let said = examine(&Hdf5, "x.h5", sample::PACKED);
    let of = |name: &str| {
        let front = format!("/{name}[");
        let members = said.named.members.iter();
        members
            .filter(|member| member.name.starts_with(&front))
            .count()
    };
    assert_eq!([of("deflate"), of("summed"), of("bytes")], [4, 4, 2]);
    assert_eq!(
        [of("plain"), of("shuffled"), of("scaled"), of("lzf")],
        [0; 4]
    );
    assert_eq!(said.rules(), ["hdf5-plugin-filter"]);
    let tensors = &said.named.tensors;
    assert!(
        tensors
            .iter()
            .any(|t| t.name == "/rows" && t.bytes == Some(1024))
    );
}

#[test]
fn values_that_are_something_are_members() {
    for (name, member) in [
        ("attribute-opaque", "/layer@state"),
        ("attribute-list", "/layer@states[1]"),
        ("attribute-dense", "/@state"),
        ("dataset-heap", "/layer/state[1]"),
        ("dataset-zip", "/layer/state"),
    ] {
        let said = examine(&Hdf5, "x.h5", fixture(name));
        let members: Vec<_> = said.named.members.iter().collect();
        assert_eq!(members.len(), 1, "{name}");
        assert_eq!(members[0].name, member);
        assert!(matches!(members[0].body, Body::Stored(_)));
    }
}

#[test]
fn plugins_are_graded() {
    use plugins::plugin;
    assert_eq!(plugin(1), None);
    let grade = |number| plugin(number).map(|(severity, _)| severity);
    assert_eq!(grade(32001), Some(Severity::Info));
    assert_eq!(grade(300), Some(Severity::Low));
    assert_eq!(grade(60000), Some(Severity::Medium));
}

#[test]
fn many_values_of_the_same_bytes_are_looked_at_once() {
    let said = examine(&Hdf5, "x.h5", fixture("attribute-heap"));
    assert_eq!(said.rules(), ["hdf5-pickled-value"]);
    let mut cx_free = values::Values::new(&artifact("x", sample::NARROW));
    assert!(cx_free.may_look(&(0..100)));
    assert!(!cx_free.may_look(&(0..100)));
    assert!(!cx_free.may_look(&(200..202)));
}

#[test]
fn mangled_files_end_in_words() {
    mangle(
        &Hdf5,
        "x.h5",
        &sample::NARROW[..3000.min(sample::NARROW.len())],
    );
    let mut cut = fixture("external-link");
    cut.truncate(2600);
    mangle(&Hdf5, "x.h5", &cut);
}
