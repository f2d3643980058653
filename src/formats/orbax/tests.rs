//! Metadata that stays where it is, and records that are what they say.

use super::*;
use crate::formats::testing::{self, examine, mangle};
use crate::report::Why;
use crate::wire::codec::crc32c;

const TREE: &str = r#"{"tree_metadata": {"('a', 'b')": {"key_metadata": [
    {"key": "a", "key_type": 2}, {"key": "mlp/~/b", "key_type": 2}],
    "value_metadata": {"value_type": "np.ndarray", "skip_deserialize": false}}},
    "use_zarr3": false, "custom_metadata": {"note": "words"}}"#;

const CHECKPOINT: &str = r#"{"item_handlers": {"state":
    "orbax.checkpoint._src.handlers.standard_checkpoint_handler.StandardCheckpointHandler"},
    "metrics": {}, "init_timestamp_nsecs": 1}"#;

#[test]
fn metadata_is_known_by_name_and_keys() {
    let claim = |name: &str, text: &str| testing::recognise(&Orbax, name, text);
    assert_eq!(claim("x/_METADATA", TREE), Claim::Structure);
    assert_eq!(claim("_CHECKPOINT_METADATA", CHECKPOINT), Claim::Structure);
    assert_eq!(claim("_sharding", "{}"), Claim::Structure);
    let arrays = r#"{"array_metadatas": []}"#;
    assert_eq!(claim("process_0", arrays), Claim::Structure);
    assert_eq!(claim("_metadata", "PAR1"), Claim::No);
    assert_eq!(claim("tree.json", TREE), Claim::No);
}

#[test]
fn names_that_lead_out_are_found_and_others_are_silent() {
    assert!(examine(&Orbax, "_METADATA", TREE).is_clean());
    assert!(examine(&Orbax, "_CHECKPOINT_METADATA", CHECKPOINT).is_clean());
    for (name, text, rule) in [
        (
            "_METADATA",
            TREE.replace("\"a\"", "\"../../a\""),
            "orbax-path-escape",
        ),
        (
            "_METADATA",
            TREE.replace("\"a\"", "\"/etc\""),
            "orbax-path-escape",
        ),
        (
            "_METADATA",
            TREE.replace("words", "__import__('os').system('id')"),
            "msgpack-code-in-text",
        ),
        (
            "_CHECKPOINT_METADATA",
            CHECKPOINT.replace("state", "../state"),
            "orbax-path-escape",
        ),
        (
            "_CHECKPOINT_METADATA",
            CHECKPOINT.replace("orbax.", "elsewhere."),
            "orbax-foreign-handler",
        ),
        (
            "process_0",
            r#"{"array_metadatas": [{"array_metadata": {"param_name": "../x"}}]}"#.to_owned(),
            "orbax-path-escape",
        ),
    ] {
        assert_eq!(examine(&Orbax, name, text).rules(), [rule]);
    }
}

/// A record with a payload.
fn record(magic: [u8; 4], compression: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = magic.to_vec();
    bytes.extend((payload.len() as u64 + 18).to_le_bytes());
    bytes.extend([0, compression]);
    bytes.extend(payload);
    let sum = crc32c(&bytes);
    bytes.extend(sum.to_le_bytes());
    bytes
}

const MANIFEST: [u8; 4] = [0x0c, 0xdb, 0x3a, 0x2a];
const NODE: [u8; 4] = [0x0c, 0xdb, 0x20, 0xde];

#[test]
fn records_are_checked_and_handed_on() {
    let manifest = record(MANIFEST, 0, b"payload");
    let claim = |name: &str, bytes: &[u8]| testing::recognise(&Ocdbt, name, bytes);
    assert_eq!(claim("d/0123", &manifest), Claim::Magic);
    assert_eq!(claim("d/0123", &manifest[..20]), Claim::No);
    assert_eq!(claim("manifest.ocdbt", &manifest[..20]), Claim::Magic);
    assert_eq!(claim("manifest.ocdbt", b"text"), Claim::Name);
    assert!(examine(&Ocdbt, "manifest.ocdbt", manifest.clone()).is_clean());
    let nodes = [
        record(NODE, 1, b"packed"),
        record(NODE, 1, b"too"),
        b"values".to_vec(),
    ]
    .concat();
    let said = examine(&Ocdbt, "d/0123", nodes);
    assert!(said.is_clean() && said.named.members.len() == 2, "{said:?}");
    let mut broken = manifest.clone();
    broken[15] ^= 1;
    assert_eq!(
        examine(&Ocdbt, "manifest.ocdbt", broken).rules(),
        ["ocdbt-invalid"]
    );
    let more = [manifest.clone(), b"more".to_vec()].concat();
    let said = examine(&Ocdbt, "manifest.ocdbt", more);
    assert_eq!(
        (said.rules(), said.named.slack.len()),
        (vec!["ocdbt-invalid"], 1)
    );
    let strange = record(MANIFEST, 7, b"payload");
    assert_eq!(
        examine(&Ocdbt, "manifest.ocdbt", strange).gaps[0].1,
        Why::Unsupported
    );
}

/// A frame of Zstandard with one raw block.
fn frame(bytes: &[u8]) -> Vec<u8> {
    let block = ((bytes.len() as u32) << 3 | 1).to_le_bytes();
    let mut out = vec![0x28, 0xb5, 0x2f, 0xfd, 0x20, bytes.len() as u8];
    out.extend(&block[..3]);
    out.extend(bytes);
    out
}

/// The index of a shard of one chunk.
fn index(len: usize) -> Vec<u8> {
    let mut bytes = [0u64.to_le_bytes(), (len as u64).to_le_bytes()].concat();
    bytes.extend(crc32c(&bytes).to_le_bytes());
    bytes
}

#[test]
fn values_in_front_of_records_are_members() {
    let (one, two) = (frame(b"first value"), frame(b"second"));
    let node = record(NODE, 1, &frame(b"node"));
    let name = "d/0123456789abcdef0123456789abcdef";
    let names = |said: &testing::Said| -> Vec<String> {
        let members = said.named.members.iter();
        members.map(|member| member.name.clone()).collect()
    };
    for (parts, members) in [
        (
            vec![one.clone(), two.clone(), node.clone()],
            vec!["values-0", "1.ocdbt-node"],
        ),
        (
            vec![
                one.clone(),
                index(one.len()),
                two.clone(),
                index(two.len()),
                node.clone(),
            ],
            vec!["values-0", "values-2", "4.ocdbt-node"],
        ),
        (
            vec![one.clone(), index(one.len()), two.clone(), index(two.len())],
            vec!["values-0", "values-2"],
        ),
    ] {
        let file = parts.concat();
        assert_eq!(testing::recognise(&Ocdbt, name, file.clone()), Claim::Magic);
        let said = examine(&Ocdbt, name, file);
        assert!(said.is_clean() && said.named.accounts, "{said:?}");
        assert_eq!(names(&said), members);
    }
    // Values of another codec: only the records that end the file are known.
    let other = [b"no frame".to_vec(), node.clone(), node.clone()].concat();
    assert_eq!(
        testing::recognise(&Ocdbt, "any", other.clone()),
        Claim::Magic
    );
    let said = examine(&Ocdbt, "any", other);
    assert!(said.is_clean() && !said.named.accounts);
    assert_eq!(names(&said), ["1.ocdbt-node", "2.ocdbt-node"]);
    for (name, file) in [
        (name, one.clone()),
        ("any", [one.clone(), index(one.len())].concat()),
        (name, [one.clone(), b"behind".to_vec()].concat()),
        (
            "any",
            [node, b"behind".to_vec(), b"it".to_vec()].concat()[1..].to_vec(),
        ),
    ] {
        assert_eq!(testing::recognise(&Ocdbt, name, file), Claim::No);
    }
}

#[test]
fn what_is_behind_a_packed_payload_is_nobodys() {
    let inner = frame(b"node");
    let skipped = b"\x50\x2a\x4d\x18\x06\0\0\0hidden".to_vec();
    for behind in [b"more".to_vec(), skipped] {
        let len = behind.len() as u64;
        let file = record(NODE, 1, &[inner.clone(), behind].concat());
        let said = examine(&Ocdbt, "d/x", file);
        assert_eq!(said.rules(), ["ocdbt-invalid"]);
        let end = 14 + inner.len() as u64;
        assert_eq!(said.named.slack, std::slice::from_ref(&(end..end + len)));
        assert_eq!(said.named.judged[0].0, 14..end);
    }
}

#[test]
fn values_in_a_leaf_are_members_under_their_keys() {
    // Files `d/abc` and `d/az`; keys `w/0`, `w/1` and `x`.
    let mut node = vec![0, 2, 3, 5, 1, 0, 0];
    node.extend(b"d/abcz");
    node.extend([3, 2, 0, 3, 1, 1]);
    node.extend(b"w/01x");
    node.extend([4, 2, 9, 0, 0, 1, 1, 7]);
    node.extend(b"abcdef");
    let said = examine(&OcdbtNode, "0.ocdbt-node", node.clone());
    assert!(said.is_clean() && said.named.accounts, "{said:?}");
    let members: Vec<_> = said
        .named
        .members
        .iter()
        .map(|member| (member.name.as_str(), member.body.clone()))
        .collect();
    let end = node.len() as u64;
    let body = |from: u64, to: u64| crate::formats::Body::Stored(end - from..end - to);
    assert_eq!(members, [("w/0", body(6, 2)), ("w/1", body(2, 0))]);

    let broken = |at: usize, byte: u8| {
        let mut node = node.clone();
        node[at] = byte;
        examine(&OcdbtNode, "0.ocdbt-node", node).rules()
    };
    // More files than bytes; a path that shares too much; a key likewise; a kind
    // that does not exist; a file that does not exist; a value too long.
    for (at, byte) in [
        (1, 0x7f),
        (2, 6),
        (14, 4),
        (27, 2),
        (30, 2),
        (26, 0x7f),
        (25, 0x7f),
    ] {
        let expected = if at == 26 {
            vec![]
        } else {
            vec!["ocdbt-invalid"]
        };
        assert_eq!(broken(at, byte), expected, "{at}");
    }
    let longer = [node.clone(), b"behind".to_vec()].concat();
    let said = examine(&OcdbtNode, "0.ocdbt-node", longer);
    assert_eq!(said.rules(), ["ocdbt-invalid"]);
    assert_eq!(said.named.slack, std::slice::from_ref(&(end..end + 6)));
    for at in 0..node.len() {
        let said = examine(&OcdbtNode, "0.ocdbt-node", &node[..at]);
        assert!(!said.is_clean(), "{at}");
    }
    mangle(&OcdbtNode, "0.ocdbt-node", &node);
}

#[test]
fn paths_that_lead_out_are_found_in_every_table() {
    let table = b"\x01\x07\0../d/ab";
    let mut manifest = vec![7; 16];
    manifest.extend(b"\0\x80\x08\x80\x80\x04\x04\x01\x03\0\0\0");
    let inner = b"\x01\0\x01\x01a\0\x05\x01\x01\x05\0";
    for (name, bytes) in [
        ("0.ocdbt-manifest", [&manifest, &table[..]].concat()),
        ("0.ocdbt-versions", [&b"\x04\0"[..], table].concat()),
        (
            "0.ocdbt-node",
            [&inner[..1], table, &inner[2..4], b"\x01", &inner[4..]].concat(),
        ),
    ] {
        let said = examine(&OcdbtNode, name, bytes.clone());
        assert!(
            said.rules().contains(&"orbax-path-escape"),
            "{name}: {said:?}"
        );
        let harmless: Vec<u8> = bytes
            .windows(3)
            .position(|three| three == b"../")
            .map(|at| [&bytes[..at], b"abc", &bytes[at + 3..]].concat())
            .unwrap();
        let said = examine(&OcdbtNode, name, harmless);
        assert!(!said.rules().contains(&"orbax-path-escape"));
        mangle(&OcdbtNode, name, &bytes);
    }
}

#[test]
fn every_cut_and_every_flip_is_noticed() {
    assert_eq!(
        mangle(&Ocdbt, "manifest.ocdbt", &record(MANIFEST, 0, b"payload")),
        0
    );
    mangle(&Orbax, "_METADATA", TREE.as_bytes());
    mangle(&Orbax, "_CHECKPOINT_METADATA", CHECKPOINT.as_bytes());
}
