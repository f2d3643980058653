//! Graphs of any bytes and of any text are examined to an end, and nothing is said without
//! words or outside of the bytes.

#![no_main]

use libfuzzer_sys::fuzz_target;
use modelaudit_fuzz::examine;

fuzz_target!(|bytes: &[u8]| {
    examine("tensorflow-saved-model", "saved_model.pb", bytes.to_vec());
    examine("tensorflow-graph", "model.pb", bytes.to_vec());
    examine("tensorflow-graph-text", "graph.pbtxt", bytes.to_vec());
    examine("keras-metadata", "keras_metadata.pb", bytes.to_vec());
    examine("tensorflow-checkpoint-state", "checkpoint", bytes.to_vec());
    examine("tensorflow-js", "model.json", bytes.to_vec());
});
