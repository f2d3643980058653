use super::reader::LAYOUTS;
use super::*;
use crate::source::{Memory, Source};
use crate::wire::Fault;

/// A sample that Python itself compiled and listed.
struct Sample {
    name: &'static str,
    bytes: Vec<u8>,
    codes: Vec<serde_json::Value>,
}

const SAMPLES: [&str; 9] = [
    "2.7", "3.6", "3.7", "3.8", "3.9", "3.10", "3.11", "3.12", "3.13",
];

fn samples() -> impl Iterator<Item = Sample> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/bytecode/python-");
    SAMPLES.into_iter().map(move |name| {
        let listing = std::fs::read_to_string(format!("{root}{name}/listing.json")).unwrap();
        let listing: serde_json::Value = serde_json::from_str(&listing).unwrap();
        Sample {
            name,
            bytes: std::fs::read(format!("{root}{name}/sample.pyc")).unwrap(),
            codes: listing["codes"].as_array().unwrap().clone(),
        }
    })
}

fn parse(bytes: &[u8]) -> Result<Tree, Fault> {
    let header = Header::parse(bytes).unwrap();
    let source = Memory::borrowed(bytes);
    read(&source, header.len..source.len(), header.python.layout())
}

/// Code objects in the order in which the listing has them.
fn codes(tree: &Tree, id: ObjectId, out: &mut Vec<Code>) {
    let code = *tree.code(id).unwrap();
    out.push(code);
    for &constant in tree.items(code.constants) {
        if tree.code(constant).is_some() {
            codes(tree, constant, out);
        }
    }
}

fn texts(tree: &Tree, id: ObjectId) -> Vec<String> {
    let items = tree.items(id).iter();
    items
        .map(|&id| tree.text(id).unwrap().into_owned())
        .collect()
}

fn listed(value: &serde_json::Value) -> Vec<String> {
    let names = value.as_array().unwrap().iter();
    names
        .map(|name| name.as_str().unwrap().to_owned())
        .collect()
}

/// A constant as the script writes it.
fn shown(tree: &Tree, id: ObjectId) -> serde_json::Value {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    match tree.get(id).unwrap() {
        Object::None => "None".into(),
        Object::Bool(true) => "True".into(),
        Object::Bool(false) => "False".into(),
        Object::Int(n) => format!("int {n}").into(),
        Object::Bytes(piece) => {
            let hex = piece.bytes.iter().map(|b| format!("{b:02x}"));
            format!("bytes {}", hex.collect::<String>()).into()
        }
        Object::Text(piece) => format!("text {}", text(&piece.bytes)).into(),
        Object::Sequence(kind, items) => {
            let mut all: Vec<_> = items.iter().map(|&id| shown(tree, id)).collect();
            if *kind == Kind::FrozenSet {
                all.sort_by_key(ToString::to_string);
            }
            all.into()
        }
        Object::Code(code) => serde_json::json!({"code": tree.text(code.name).unwrap()}),
        _ => "other".into(),
    }
}

#[test]
fn every_field_is_what_python_says() {
    for sample in samples() {
        let tree = parse(&sample.bytes).unwrap();
        assert_eq!(tree.end, sample.bytes.len() as u64);
        let mut found = Vec::new();
        codes(&tree, tree.root.unwrap(), &mut found);
        assert_eq!(found.len(), sample.codes.len(), "{}", sample.name);
        for (code, wanted) in found.iter().zip(&sample.codes) {
            let name = format!("{} {}", sample.name, wanted["name"]);
            let text = |id| tree.text(id).unwrap().into_owned();
            assert_eq!(text(code.name), wanted["name"], "{name}");
            assert_eq!(text(code.filename), wanted["file"], "{name}");
            assert_eq!(code.first_line, wanted["line"], "{name}");
            assert_eq!(code.arguments, wanted["arguments"], "{name}");
            assert_eq!(code.flags, wanted["flags"], "{name}");
            assert_eq!(texts(&tree, code.names), listed(&wanted["names"]), "{name}");
            let constants: Vec<_> = tree
                .items(code.constants)
                .iter()
                .map(|&id| shown(&tree, id))
                .collect();
            assert_eq!(
                serde_json::Value::from(constants),
                wanted["constants"],
                "{name}"
            );
            let bytes = tree.bytes(code.bytecode).unwrap();
            let sum: u64 = (1u64..).zip(bytes).map(|(i, &b)| i * u64::from(b)).sum();
            assert_eq!(
                serde_json::json!([bytes.len(), sum]),
                wanted["bytecode"],
                "{name}"
            );
            variables(&tree, code, wanted, &name);
        }
    }
}

fn variables(tree: &Tree, code: &Code, wanted: &serde_json::Value, name: &str) {
    let locals = texts(tree, code.locals);
    let own = listed(&wanted["variables"]);
    match (code.cells, code.free) {
        (Some(cells), Some(free)) => {
            assert_eq!(locals, own, "{name}");
            assert_eq!(texts(tree, cells), listed(&wanted["cells"]), "{name}");
            assert_eq!(texts(tree, free), listed(&wanted["free"]), "{name}");
        }
        _ => {
            assert_eq!(locals[..own.len()], own, "{name}");
            for cell in listed(&wanted["cells"])
                .iter()
                .chain(&listed(&wanted["free"]))
            {
                assert!(locals.contains(cell), "{name}");
            }
            let qualname = tree.text(code.qualname.unwrap()).unwrap().into_owned();
            assert_eq!(qualname, wanted["qualname"], "{name}");
        }
    }
}

#[test]
fn the_layout_is_told_from_the_bytes() {
    for sample in samples() {
        let header = Header::parse(&sample.bytes).unwrap();
        assert_eq!(header.python.name(), sample.name);
        let source = Memory::borrowed(&sample.bytes);
        let tree = read_any(&source, header.len..source.len())
            .unwrap()
            .unwrap();
        let code = tree.code(tree.root.unwrap()).unwrap();
        assert_eq!(code.layout, header.python.layout(), "{}", sample.name);
        let fits = LAYOUTS.iter().filter(|&&layout| {
            read(&source, header.len..source.len(), layout)
                .is_ok_and(|tree| tree.end == source.len())
        });
        assert_eq!(fits.count(), 1, "{}", sample.name);
    }
}

#[test]
fn every_beginning_is_refused_and_no_flip_breaks_the_reader() {
    for sample in samples().filter(|s| matches!(s.name, "2.7" | "3.8" | "3.13")) {
        let start = Header::parse(&sample.bytes).unwrap().len as usize;
        for cut in start..sample.bytes.len() {
            assert!(
                parse(&sample.bytes[..cut]).is_err(),
                "{} {cut}",
                sample.name
            );
        }
        let mut refused = 0;
        for at in start..sample.bytes.len() {
            for mask in [0x01, 0x80, 0xff] {
                let mut changed = sample.bytes.clone();
                changed[at] ^= mask;
                match parse(&changed) {
                    Ok(tree) => assert!(tree.end <= changed.len() as u64),
                    Err(_) => refused += 1,
                }
            }
        }
        assert!(refused > 500, "{}", sample.name);
    }
}

fn python3(bytes: &[u8]) -> Result<Tree, Fault> {
    read(
        &Memory::borrowed(bytes),
        0..bytes.len() as u64,
        Layout::Eleven,
    )
}

fn refused(bytes: &[u8]) -> String {
    python3(bytes).unwrap_err().to_string()
}

#[test]
fn depth_is_bounded_where_python_bounds_it() {
    let nested = |depth: usize| [b")\x01".repeat(depth), b"N".to_vec()].concat();
    assert!(python3(&nested(2000)).is_ok());
    assert!(refused(&nested(2001)).contains("deeper"));
    assert!(refused(&nested(1_000_000)).contains("deeper"));
}

#[test]
fn claims_are_compared_with_what_is_there() {
    assert!(refused(b"(\xff\xff\xff\x7fN").contains("do not fit"));
    assert!(refused(b"(\x05\0\0\0NNNN").contains("do not fit"));
    assert!(refused(b"s\xff\xff\xff\xffabc").contains("are left"));
    assert!(refused(b"l\xff\xff\xff\x7f\0\0").contains("are left"));
    assert!(refused(b"r\0\0\0\0").contains("refer"));
    assert!(refused(b"0").contains("null"));
    assert!(refused(b")\x010").contains("null"));
    assert!(refused(b"{N0").contains("null"));
    assert!(refused(b"?").contains("0x3f"));
    assert!(refused(b"").contains("needed"));
}

#[test]
fn one_byte_a_value_is_all_that_memory_takes() {
    let mut bomb = b"(\x00\x00\x40\x00".to_vec();
    bomb.resize(bomb.len() + (1 << 22), b'N');
    assert!(refused(&bomb).contains("more marshalled values"));
}

#[test]
fn values_may_hold_themselves() {
    let tree = python3(b"\xdb\x01\0\0\0r\0\0\0\0").unwrap();
    let root = tree.root.unwrap();
    assert_eq!(tree.items(root), [root]);
}

#[test]
fn scalars_of_every_kind() {
    let tree = python3(
        b"(\x0b\0\0\0NTF.Si\xff\xff\xff\xffI\0\0\0\0\0\0\0\x80l\xfe\xff\xff\xff\x01\0\x02\0\
          f\x031.5x\x011\x012[\0\0\0\0",
    )
    .unwrap();
    let items = tree.items(tree.root.unwrap()).to_vec();
    let got: Vec<_> = items
        .iter()
        .map(|&id| tree.get(id).unwrap().clone())
        .collect();
    assert_eq!(got[5], Object::Int(-1));
    assert_eq!(got[6], Object::Int(i64::MIN));
    assert_eq!(got[7], Object::Int(-(1 + (2 << 15))));
    assert_eq!(got[8..10], [Object::Number, Object::Number]);
    assert_eq!(got[10], Object::Sequence(Kind::List, Vec::new()));
    let tree = python3(b":NNNg12345678").unwrap();
    assert!(
        matches!(tree.get(tree.root.unwrap()), Some(Object::Sequence(Kind::Slice, items)) if items.len() == 3)
    );
    assert_eq!(tree.end, 4);
    let tree = python3(b"{\xe9\0\0\0\0z\x01x0").unwrap();
    assert!(
        matches!(tree.get(tree.root.unwrap()), Some(Object::Sequence(Kind::Dict, items)) if items.len() == 2)
    );
}

#[test]
fn heads_of_every_version() {
    let head = |magic: u16, flags: u8| {
        let mut bytes = magic.to_le_bytes().to_vec();
        bytes.extend([b'\r', b'\n', flags, 0, 0, 0]);
        Header::parse(&bytes)
    };
    assert_eq!(head(62211, 9).unwrap().len, 8);
    assert_eq!(head(3379, 9).unwrap().len, 12);
    assert_eq!(head(3390, 9).unwrap().len, 12);
    assert_eq!(head(3394, 0).unwrap().len, 16);
    assert_eq!(head(3627, 1).unwrap().python, Python::V314);
    assert!(head(3495, 1).unwrap().is_unchecked);
    assert!(!head(3495, 3).unwrap().is_unchecked);
    assert_eq!(head(3495, 9), None);
    assert_eq!(head(3350, 0), None);
    assert_eq!(head(1, 0), None);
    assert_eq!(Header::parse(b"\xa7\x0d\r\n"), None);
}
