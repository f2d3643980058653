//! A NumPy array of any bytes is examined to an end, and nothing is said without
//! words or outside of the bytes.

#![no_main]

use libfuzzer_sys::fuzz_target;
use modelaudit_fuzz::examine;

fuzz_target!(|bytes: &[u8]| {
    // The first byte stands for the version, the second for a header that
    // fits, so that the fuzzer need not find either.
    let [version, cut, rest @ ..] = bytes else {
        return;
    };
    let header = rest.len().saturating_sub(usize::from(*cut));
    let mut file = b"\x93NUMPY".to_vec();
    match version % 4 {
        1 => {
            file.extend([1, 0]);
            file.extend((header as u16).to_le_bytes());
        }
        version => {
            file.extend([version, 0]);
            file.extend((header as u32).to_le_bytes());
        }
    }
    file.extend(rest);
    examine("npy", "x.npy", file);
});
