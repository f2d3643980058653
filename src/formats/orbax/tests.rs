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

#[test]
fn every_cut_and_every_flip_is_noticed() {
    assert_eq!(
        mangle(&Ocdbt, "manifest.ocdbt", &record(MANIFEST, 0, b"payload")),
        0
    );
    mangle(&Orbax, "_METADATA", TREE.as_bytes());
    mangle(&Orbax, "_CHECKPOINT_METADATA", CHECKPOINT.as_bytes());
}
