//! An HDF5 file of any bytes is examined to an end, and nothing is said without
//! words or outside of the bytes.

#![no_main]

use libfuzzer_sys::fuzz_target;
use modelaudit_fuzz::examine;

/// Version 2 of the superblock, with the root group behind it.
const FRONT: &[u8] = b"\x89HDF\r\n\x1a\n\x02\x08\x08\0\
    \0\0\0\0\0\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff\0\x10\0\0\0\0\0\0\x30\0\0\0\0\0\0\0\0\0\0\0";

fuzz_target!(|bytes: &[u8]| {
    examine("hdf5", "x.h5", bytes.to_vec());
    // The frame that the fuzzer would have to find.
    examine("hdf5", "x.h5", [FRONT, bytes].concat());
});
