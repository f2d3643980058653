//! Packings as archives describe them: any properties of a codec and any
//! filters behind it, over any bytes. The first eight bytes are the properties,
//! the next four the filters.

#![no_main]

use std::io::Read;

use libfuzzer_sys::fuzz_target;
use modelaudit::budget::Budget;
use modelaudit::source::Memory;
use modelaudit::wire::codec::{Codec, Filter, Machine, Packing};

/// Unpacked bytes after which a stream is left.
const CAP: usize = 1 << 20;

const MACHINES: [Machine; 8] = [
    Machine::X86,
    Machine::Arm,
    Machine::ArmThumb,
    Machine::Arm64,
    Machine::PowerPc,
    Machine::Sparc,
    Machine::Ia64,
    Machine::RiscV,
];

fn codec([kind, a, b, c, d, e, f, g]: [u8; 8]) -> Codec {
    let len = u64::from(u16::from_le_bytes([f, g])) << (kind >> 4);
    match kind % 7 {
        0 => Codec::Copy,
        1 => Codec::Deflate64,
        2 => Codec::RawLzma {
            properties: [a, b, c, d, e],
            len: None,
        },
        3 => Codec::RawLzma {
            properties: [a, b, c, d, e],
            len: Some(len),
        },
        4 => Codec::Lzma2(a),
        5 => Codec::Ppmd {
            order: a,
            // Up to 2 MiB: a model is filled anew with every input.
            memory: u32::from_le_bytes([b, c, d & 0x1f, 0]),
            len,
        },
        6 => Codec::PpmdZip {
            // Models of one and two MiB.
            parameters: u16::from_le_bytes([a & 0x1f, b & 0xf0]),
            len: (c & 1 == 0).then_some(len),
        },
        _ => Codec::Deflate,
    }
}

fn filter(byte: u8) -> Option<Filter> {
    match byte {
        0..=7 => MACHINES.get(usize::from(byte)).map(|m| Filter::Branch(*m)),
        8..=63 => Some(Filter::Delta(u16::from(byte))),
        64 => Some(Filter::Delta(256)),
        _ => None,
    }
}

fn decode(packing: &Packing, bytes: &[u8], piece: usize) -> Vec<u8> {
    let source = Memory::new(bytes);
    let len = bytes.len() as u64;
    let mut decoder = packing.decode(&source, 0..len, &Budget::unlimited());
    let mut out = Vec::new();
    let mut buffer = vec![0; piece];
    while out.len() < CAP {
        match decoder.read(&mut buffer) {
            Ok(0) | Err(_) => break,
            Ok(n) => out.extend_from_slice(&buffer[..n]),
        }
    }
    assert!(decoder.behind() <= len && decoder.packed() <= len);
    assert_eq!(decoder.unpacked(), out.len() as u64);
    out.truncate(CAP);
    out
}

fuzz_target!(|data: &[u8]| {
    let Some((properties, rest)) = data.split_first_chunk::<8>() else {
        return;
    };
    let Some((filters, bytes)) = rest.split_first_chunk::<4>() else {
        return;
    };
    let packing = Packing {
        codec: codec(*properties),
        filters: filters.iter().filter_map(|byte| filter(*byte)).collect(),
    };
    let whole = decode(&packing, bytes, 64 << 10);
    let pieces = decode(&packing, bytes, 61);
    assert!(whole == pieces, "{packing:?}");
});
