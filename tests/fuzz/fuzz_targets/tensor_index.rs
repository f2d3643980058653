//! The index of a checkpoint of any bytes is examined to an end, and nothing is said without
//! words or outside of the bytes.

#![no_main]

use libfuzzer_sys::fuzz_target;
use modelaudit::wire::codec::crc32c;
use modelaudit_fuzz::examine;

fuzz_target!(|bytes: &[u8]| {
    examine("tensorflow-checkpoint-index", "x.index", bytes.to_vec());
    // One block of any records, with the frames that the fuzzer would have to find.
    let mut file = framed(bytes);
    let index_at = file.len() as u8;
    let len = bytes.len().min(120) as u8;
    let entry = [0, 1, 2, b'k', 0, len, 0, 0, 0, 0, 1, 0, 0, 0];
    file.extend(framed(&entry));
    let mut footer = vec![0, 0, index_at & 0x7f, entry.len() as u8];
    footer.resize(40, 0);
    file.extend(footer);
    file.extend(0xdb47_7524_8b80_fb57_u64.to_le_bytes());
    examine("tensorflow-checkpoint-index", "x.index", file);
});

/// A block that is not packed, with its checksum.
fn framed(bytes: &[u8]) -> Vec<u8> {
    let mut block = bytes[..bytes.len().min(110)].to_vec();
    block.push(0);
    let sum = crc32c(&block).rotate_right(15).wrapping_add(0xa282_ead8);
    block.extend(sum.to_le_bytes());
    block
}
