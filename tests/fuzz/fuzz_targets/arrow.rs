//! An Arrow file or stream of any bytes is examined to an end, and nothing is said without
//! words or outside of the bytes.

#![no_main]

use libfuzzer_sys::fuzz_target;
use modelaudit_fuzz::examine;

fuzz_target!(|bytes: &[u8]| {
    examine("arrow", "x.arrow", bytes.to_vec());
    // A message of its own length, and a footer: both frames that the fuzzer
    // would have to find.
    let len = (bytes.len() as u32).to_le_bytes();
    let stream = [&[0xff; 4][..], &len, bytes].concat();
    examine("arrow", "x.arrow", stream.clone());
    let file = [b"ARROW1\0\0", &stream[..], bytes, &len, b"ARROW1"].concat();
    examine("arrow", "x.arrow", file);
});
