//! Schemas in streams, files and Feather files, and what hides in them.

use super::*;
use crate::formats::Body;
use crate::formats::testing::{self, Said, mangle};
use crate::report::Severity;
use crate::wire::flatbuffer::sample::{Field, buffer};

const PICKLE: &[u8] = b"\x80\x02cos\nsystem\n(S'id'\ntR.";

fn text(text: &[u8]) -> Field {
    Field::Text(text.to_vec())
}

fn pairs(pairs: &[(&str, &[u8])]) -> Field {
    let pair = |(key, value): &(&str, &[u8])| vec![text(key.as_bytes()), text(value)];
    Field::Tables(pairs.iter().map(pair).collect())
}

/// A column with these pairs and children.
fn column(name: &str, own: &[(&str, &[u8])], children: Vec<Vec<Field>>) -> Vec<Field> {
    let absent = || Field::Absent;
    vec![
        text(name.as_bytes()),
        absent(),
        absent(),
        absent(),
        absent(),
        Field::Tables(children),
        pairs(own),
    ]
}

fn schema(columns: Vec<Vec<Field>>, own: &[(&str, &[u8])]) -> Vec<Field> {
    vec![Field::I16(0), Field::Tables(columns), pairs(own)]
}

/// A framed message of this type, with a body.
fn message(kind: u8, header: Vec<Field>, body: &[u8]) -> Vec<u8> {
    let mut metadata = buffer(&[
        Field::I16(4),
        Field::U8(kind),
        Field::Table(header),
        Field::I64(body.len() as i64),
    ]);
    metadata.resize(metadata.len().next_multiple_of(8), 0);
    let len = (metadata.len() as u32).to_le_bytes();
    [&[0xff; 4][..], &len, &metadata, body].concat()
}

const END: [u8; 8] = [0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0];

fn stream(schema: Vec<Field>) -> Vec<u8> {
    [
        message(1, schema, b""),
        message(3, vec![], b"12345678"),
        END.to_vec(),
    ]
    .concat()
}

fn file(front: Vec<Field>, back: Vec<Field>) -> Vec<u8> {
    let footer = buffer(&[Field::I16(4), Field::Table(back)]);
    let len = (footer.len() as u32).to_le_bytes();
    [MAGIC, &stream(front), &footer, &len, END_MAGIC].concat()
}

fn examine(bytes: &[u8]) -> Said {
    testing::examine(&Arrow, "x.arrow", bytes)
}

fn plain() -> Vec<Field> {
    let uuid: [(&str, &[u8]); 2] = [
        ("ARROW:extension:name", b"arrow.uuid"),
        ("ARROW:extension:metadata", b""),
    ];
    let child = column("item", &[("PARQUET:field_id", b"1")], vec![]);
    let columns = vec![column("a", &uuid, vec![]), column("b", &[], vec![child])];
    schema(columns, &[("pandas", b"{\"index_columns\": []}")])
}

fn hostile() -> Vec<Field> {
    let python: [(&str, &[u8]); 2] = [
        ("ARROW:extension:metadata", PICKLE),
        ("ARROW:extension:name", b"arrow.py_extension_type"),
    ];
    let child = column("deep", &python, vec![]);
    schema(vec![column("b", &[], vec![child])], &[])
}

#[test]
fn ordinary_tables_are_clean_in_every_form() {
    for bytes in [stream(plain()), file(plain(), plain())] {
        assert_eq!(
            testing::recognise(&Arrow, "x", bytes.clone()),
            Claim::Structure
        );
        let said = examine(&bytes);
        assert!(said.is_clean() && said.named.members.is_empty(), "{said:?}");
    }
    let old = stream(plain())[4..].to_vec();
    assert_eq!(
        testing::recognise(&Arrow, "x", old.clone()),
        Claim::Structure
    );
    let first = message(1, plain(), b"")[4..].to_vec();
    assert!(examine(&first).is_clean(), "a stream without its end");
}

#[test]
fn a_pickled_type_is_found_at_any_depth_and_in_either_schema() {
    let said = examine(&stream(hostile()));
    assert_eq!(said.severity("arrow-pickled-type"), Severity::Critical);
    assert_eq!(said.named.members[0].name, "deep.extension.pkl");
    let Body::Stored(span) = said.named.members[0].body.clone() else {
        panic!("stored");
    };
    let bytes = stream(hostile());
    assert_eq!(&bytes[span.start as usize..span.end as usize], PICKLE);
    for bytes in [file(hostile(), plain()), file(plain(), hostile())] {
        assert_eq!(examine(&bytes).rules(), ["arrow-pickled-type"]);
    }
    let twice = [stream(plain()), stream(hostile())].concat();
    assert_eq!(examine(&twice).rules(), ["arrow-pickled-type"]);
}

#[test]
fn other_places_for_a_pickle_are_found() {
    let own: [(&str, &[u8]); 2] = [
        ("ARROW:extension:name", b"some.type"),
        ("ARROW:extension:metadata", PICKLE),
    ];
    let said = examine(&stream(schema(vec![column("a", &own, vec![])], &[])));
    assert_eq!(said.rules(), ["arrow-pickled-type"]);
    let said = examine(&stream(schema(vec![], &[("model", PICKLE)])));
    assert_eq!(said.rules(), ["arrow-pickled-metadata"]);
    let ray: [(&str, &[u8]); 1] = [("ARROW:extension:name", b"ray.data.arrow_pickled_object")];
    let said = examine(&stream(schema(vec![column("a", &ray, vec![])], &[])));
    assert_eq!(said.rules(), ["arrow-pickled-objects"]);
}

#[test]
fn of_keys_that_stand_twice_every_one_counts() {
    let own: [(&str, &[u8]); 4] = [
        ("ARROW:extension:name", b"arrow.py_extension_type"),
        ("ARROW:extension:metadata", PICKLE),
        ("ARROW:extension:name", b"harmless"),
        ("ARROW:extension:metadata", b""),
    ];
    let said = examine(&stream(schema(vec![column("a", &own, vec![])], &[])));
    assert_eq!(said.rules(), ["arrow-pickled-type"]);
    assert_eq!(said.named.members.len(), 1);
}

#[test]
fn weights_are_no_stream_by_chance() {
    let mut seed = 0x9e37_79b9_7f4a_7c15u64;
    let mut noise = |len: usize| -> Vec<u8> {
        std::iter::repeat_with(|| {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            seed as u8
        })
        .take(len)
        .collect()
    };
    for _ in 0..20_000 {
        // A first number that is a length, and noise behind it.
        let bytes = [&[0x80, 0, 0, 0, 0x10, 0, 0, 0][..], &noise(600)].concat();
        assert_eq!(testing::recognise(&Arrow, "x.bin", bytes), Claim::No);
    }
    let integers: Vec<u8> = (0..256u32).flat_map(u32::to_le_bytes).collect();
    for bytes in [integers, vec![0; 1024], vec![0xff; 1024], vec![1; 1024]] {
        assert_eq!(testing::recognise(&Arrow, "x.bin", bytes), Claim::No);
    }
}

#[test]
fn feather_is_read_by_its_footer() {
    let absent = || Field::Absent;
    let of = |remark: &[u8]| {
        let column = vec![text(b"a"), absent(), absent(), absent(), text(remark)];
        let footer = buffer(&[absent(), absent(), Field::Tables(vec![column])]);
        let len = (footer.len() as u32).to_le_bytes();
        [FEATHER, &[0; 4], &footer, &len, FEATHER].concat()
    };
    assert_eq!(testing::recognise(&Arrow, "x", of(b"")), Claim::Structure);
    assert!(examine(&of(b"text")).is_clean());
    assert_eq!(examine(&of(PICKLE)).rules(), ["arrow-pickled-metadata"]);
}

#[test]
fn what_is_cut_is_a_gap() {
    let whole = file(plain(), plain());
    let cut = examine(&whole[..whole.len() - 1]);
    assert_eq!(cut.gaps[0].1, Why::Malformed);
    let stream = stream(plain());
    let cut = examine(&stream[..stream.len() - END.len() - 1]);
    assert_eq!(cut.gaps[0].1, Why::Malformed);
    let deep = (0..70).fold(vec![], |inner, _| vec![column("c", &[], inner)]);
    let deep = examine(&message(1, schema(deep, &[]), b""));
    assert_eq!(deep.gaps[0].1, Why::Unsupported);
}

#[test]
fn broken_files_end_in_words() {
    mangle(&Arrow, "x.arrow", &stream(hostile()));
    let small = schema(vec![column("a", &[], vec![])], &[]);
    mangle(&Arrow, "x.arrow", &file(small.clone(), small));
}
