//! Numbers of both byte orders and widths, and the table of types.

use super::*;
use crate::source::Memory;

#[test]
fn a_version_tells_the_byte_order() {
    assert_eq!(version([3, 0, 0, 0]), Some((3, false)));
    assert_eq!(version([0, 0, 0, 3]), Some((3, true)));
    assert_eq!(version([0, 0, 0, 0]), None);
    assert_eq!(version([3, 0, 0, 3]), None);
    assert_eq!(version([17, 0, 0, 0]), None);
}

#[test]
fn numbers_are_read_in_the_order_and_width_of_the_file() {
    let source = Memory::new(&b"\x01\x02\x03\x04\x05\x06\x07\x08"[..]);
    let little = || Reader::new(&source, 0, 3, false);
    let big = || Reader::new(&source, 0, 3, true);
    assert_eq!(little().length().unwrap(), 0x0807_0605_0403_0201);
    assert_eq!(big().length().unwrap(), 0x0102_0304_0506_0708);
    assert_eq!(
        Reader::new(&source, 0, 1, true).length().unwrap(),
        0x0102_0304
    );
    assert_eq!(big().whole(2, false).unwrap(), Some(0x0102));
    assert_eq!(little().whole(2, false).unwrap(), Some(0x0201));
    assert!(Reader::new(&source, 4, 3, true).u64().is_err());
    let minus = Memory::new(&b"\xff\xff\xff\xff\xff\xff\xff\xff"[..]);
    let mut reader = Reader::new(&minus, 0, 3, false);
    assert_eq!(reader.whole(4, true).unwrap(), None);
    assert_eq!(reader.whole(4, false).unwrap(), Some(0xffff_ffff));
    assert!(reader.skip(1).is_err());
}

#[test]
fn the_table_is_in_the_order_of_its_numbers() {
    for (at, kind) in TYPES.iter().enumerate() {
        assert_eq!(kind.number as usize, at, "{}", kind.name);
        assert!(kind.block > 0 && kind.bytes > 0);
        assert_eq!(TensorType::of(kind.number), Some(kind));
    }
    assert_eq!(TensorType::of(TYPES.len() as u32), None);
    assert_eq!(TensorType::of(u32::MAX), None);
}

#[test]
fn sizes_are_of_whole_blocks_and_never_wrap() {
    let q4 = TensorType::of(2).unwrap();
    assert_eq!(q4.size(64, Sizes::Today), Some(36));
    assert_eq!(q4.size(64, Sizes::Wide), Some(40));
    assert_eq!(TensorType::of(30).unwrap().size(3, Sizes::Wide), Some(6));
    assert_eq!(
        TensorType::of(0).unwrap().size(u64::MAX, Sizes::Today),
        None
    );
}
