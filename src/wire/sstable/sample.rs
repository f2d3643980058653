//! Tables for the tests.

use super::{MAGIC, masked};
use crate::wire::codec::crc32c;

/// A key and its value.
pub type Owned = (Vec<u8>, Vec<u8>);

fn varint(mut value: u64, out: &mut Vec<u8>) {
    while value > 0x7f {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// A block of these records, each of which shares what it can with the one
/// before it.
fn block(records: &[Owned]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut last: &[u8] = &[];
    for (key, value) in records {
        let shared = key.iter().zip(last).take_while(|(a, b)| a == b).count();
        varint(shared as u64, &mut out);
        varint((key.len() - shared) as u64, &mut out);
        varint(value.len() as u64, &mut out);
        out.extend(&key[shared..]);
        out.extend(value);
        last = key;
    }
    out.extend([0, 0, 0, 0, 1, 0, 0, 0]);
    out
}

/// Append a block; its place as an entry of an index has it.
fn add(bytes: &[u8], is_packed: bool, out: &mut Vec<u8>) -> Vec<u8> {
    let mut place = Vec::new();
    let start = out.len();
    varint(start as u64, &mut place);
    match is_packed {
        true => {
            let packed = snap::raw::Encoder::new().compress_vec(bytes).unwrap();
            varint(packed.len() as u64, &mut place);
            out.extend(packed);
        }
        false => {
            varint(bytes.len() as u64, &mut place);
            out.extend(bytes);
        }
    }
    out.push(u8::from(is_packed));
    let sum = masked(crc32c(&out[start..]));
    out.extend(sum.to_le_bytes());
    place
}

/// A table of these blocks of records.
pub fn table(blocks: &[Vec<Owned>], is_packed: bool) -> Vec<u8> {
    let mut out = Vec::new();
    let mut index = Vec::new();
    for records in blocks {
        let place = add(&block(records), is_packed, &mut out);
        let key = records.last().map_or(Vec::new(), |record| record.0.clone());
        index.push((key, place));
    }
    let meta = add(&block(&[]), false, &mut out);
    let index = add(&block(&index), is_packed, &mut out);
    let mut footer = [meta, index].concat();
    footer.resize(40, 0);
    out.extend(footer);
    out.extend(MAGIC);
    out
}
