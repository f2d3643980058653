//! A TensorFlow Lite model of any bytes is examined to an end, and nothing is said without
//! words or outside of the bytes.

#![no_main]

use libfuzzer_sys::fuzz_target;
use modelaudit_fuzz::examine;

fuzz_target!(|bytes: &[u8]| {
    examine("tflite", "x.tflite", bytes.to_vec());
    // The identifier, which the fuzzer would have to find.
    if let Some((root, rest)) = bytes.split_first_chunk::<4>() {
        examine("tflite", "x.tflite", [&root[..], b"TFL3", rest].concat());
    }
});
