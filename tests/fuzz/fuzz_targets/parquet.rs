//! A Parquet file of any bytes is examined to an end, and nothing is said without
//! words or outside of the bytes.

#![no_main]

use libfuzzer_sys::fuzz_target;
use modelaudit_fuzz::examine;

fuzz_target!(|bytes: &[u8]| {
    examine("parquet", "x.parquet", bytes.to_vec());
    // The frame that the fuzzer would have to find.
    let len = (bytes.len() as u32).to_le_bytes();
    let file = [b"PAR1", bytes, &len, b"PAR1"].concat();
    examine("parquet", "x.parquet", file);
});
