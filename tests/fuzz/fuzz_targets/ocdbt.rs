//! A file of an OCDBT database of any bytes is examined to an end, as are the nodes
//! and manifests in it, and nothing is said without words or outside of the bytes.

#![no_main]

use libfuzzer_sys::fuzz_target;
use modelaudit::wire::codec::crc32c;
use modelaudit_fuzz::examine;

/// Bytes around the payload of a record.
const FRAME_BYTES: usize = 18;

/// Names of members that say what a record was.
const UNPACKED: [&str; 3] = ["0.ocdbt-node", "0.ocdbt-manifest", "0.ocdbt-versions"];

fuzz_target!(|bytes: &[u8]| {
    examine("ocdbt", "manifest.ocdbt", bytes.to_vec());
    for name in UNPACKED {
        examine("ocdbt-node", name, bytes.to_vec());
    }
    // The length and the sum that the fuzzer would have to find.
    let Some((compression, payload)) = bytes.split_first() else {
        return;
    };
    let mut record = b"\x0c\xdb\x20\xde".to_vec();
    record.extend(((payload.len() + FRAME_BYTES) as u64).to_le_bytes());
    record.extend([0, compression & 1]);
    record.extend(payload);
    record.extend(crc32c(&record).to_le_bytes());
    let name = "d/0123456789abcdef0123456789abcdef";
    examine("ocdbt", name, record.clone());
    examine("ocdbt", name, [payload, &record].concat());
});
