//! Tables, whole and broken.

use super::sample::{Owned, table};
use super::*;
use crate::source::Memory;

fn records() -> Vec<Vec<Owned>> {
    let record = |key: &str, value: &str| (key.into(), value.into());
    vec![
        vec![record("", "header"), record("layer/bias", "b")],
        vec![record("layer/kernel", "k"), record("step", "")],
    ]
}

/// Every record of a table, and how many checksums are wrong.
fn read(bytes: &[u8]) -> Result<(Vec<Owned>, usize), Fault> {
    let source = Memory::borrowed(bytes);
    let table = Table::open(&source)?;
    let mut wrong = usize::from(table.is_wrong);
    let mut out = Vec::new();
    for span in &table.blocks {
        let block = table.block(span)?;
        wrong += usize::from(block.is_wrong);
        let mut records = block.records();
        while let Some((key, value)) = records.next()? {
            out.push((key.to_vec(), value.to_vec()));
        }
    }
    Ok((out, wrong))
}

#[test]
fn records_come_back_in_order_packed_or_not() {
    for is_packed in [false, true] {
        let bytes = table(&records(), is_packed);
        assert_eq!(read(&bytes).unwrap(), (records().concat(), 0));
    }
}

#[test]
fn a_wrong_checksum_is_told_and_the_block_read() {
    let mut bytes = table(&records(), false);
    let at = bytes.windows(6).position(|w| w == b"header").unwrap();
    bytes[at] = b'H';
    let (seen, wrong) = read(&bytes).unwrap();
    assert_eq!((seen[0].1.as_slice(), wrong), (&b"Header"[..], 1));
}

#[test]
fn blocks_that_share_bytes_are_refused() {
    let bytes = table(&records(), false);
    let source = Memory::new(bytes.clone());
    let mut table = Table::open(&source).unwrap();
    assert!(table.order(bytes.len() as u64).is_ok());
    table.blocks.push(table.blocks[0].clone());
    assert!(table.order(bytes.len() as u64).is_err());
}

#[test]
fn every_cut_and_every_change_ends() {
    for is_packed in [false, true] {
        let whole = table(&records(), is_packed);
        for cut in 0..whole.len() {
            assert!(read(&whole[..cut]).is_err());
        }
        for at in 0..whole.len() {
            for mask in [1, 0x20, 0x80, 0xff] {
                let mut changed = whole.clone();
                changed[at] ^= mask;
                // Only the meta block and the padding of the footer may change
                // without a word.
                let _ended = read(&changed);
            }
        }
    }
}
