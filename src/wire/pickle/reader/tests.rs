//! Operands, faults, frames.

use super::*;
use crate::source::Memory;

fn read(bytes: &[u8], reading: Reading) -> (Vec<Instruction>, Option<String>) {
    let source = Memory::new(bytes);
    let mut reader = Reader::new(&source, 0..u64::MAX, reading);
    let mut seen = Vec::new();
    loop {
        match reader.step() {
            Ok(Some(&instruction)) => seen.push(instruction),
            Ok(None) => return (seen, None),
            Err(fault) => return (seen, Some(fault.to_string())),
        }
    }
}

fn operands(bytes: &[u8]) -> Vec<Operand> {
    let (seen, fault) = read(bytes, Reading::Straight);
    assert_eq!(fault, None);
    seen.iter().map(|i| i.operand).collect()
}

fn text(bytes: &[u8], operand: Operand) -> Vec<u8> {
    let (Operand::Text(l) | Operand::Bytes(l) | Operand::Big(l)) = operand else {
        panic!("{operand:?} is no literal")
    };
    l.fetch(&Memory::new(bytes), 1000).unwrap()
}

#[test]
fn numbers_in_every_layout() {
    let bytes = b"K\x05M\x01\x02J\xff\xff\xff\xff\x8a\x00\x8a\x01\xff\x8a\x02\x00\x80\
        \x8b\x02\x00\x00\x00\x10\x00I0x10\nI01\nL-7L\nF1.5\nG\0\0\0\0\0\0\0\0";
    let ints = [5, 0x201, -1, 0, -1, -32768, 16, 16];
    let mut wanted: Vec<_> = ints.into_iter().map(Operand::Int).collect();
    wanted.extend([Operand::Bool(true), Operand::Int(-7)]);
    wanted.extend([Operand::None, Operand::None]);
    assert_eq!(operands(bytes), wanted);
}

#[test]
fn long_operands_stay_where_they_are() {
    assert_eq!(text(b"S'a' \r\n", operands(b"S'a' \r\n")[0]), b"a");
    let bytes = b"S'a\\x62\xc3'\nVc\\u0064\nU\x01eT\x01\0\0\0f\x8c\x01gX\x01\0\0\0h\
        \x8d\x01\0\0\0\0\0\0\0iC\x01jB\x01\0\0\0k\x8e\x01\0\0\0\0\0\0\0l\
        \x96\x01\0\0\0\0\0\0\0mPn\n";
    let seen: Vec<Vec<u8>> = operands(bytes).iter().map(|&o| text(bytes, o)).collect();
    let wanted: Vec<&[u8]> = vec![
        b"ab\xc3", b"cd", b"e", b"f", b"g", b"h", b"i", b"j", b"k", b"l", b"m", b"n",
    ];
    assert_eq!(seen, wanted);
}

#[test]
fn what_the_loader_refuses_is_a_fault_with_what_came_before() {
    for (bytes, what) in [
        (&b"N\xff"[..], "0xff is no pickle opcode"),
        (b"NK", "1 bytes are needed"),
        (b"NB\xff\xff\xff\xff", "4294967295 bytes where 0"),
        (b"N\x8b\xff\xff\xff\xffx", "a negative length (-1)"),
        (b"NT\xfe\xff\xff\xffx", "a negative length (-2)"),
        (
            b"N\x8d\xff\xff\xff\xff\xff\xff\xff\xffx",
            "where 1 are left",
        ),
        (b"NIx\n", "no integer"),
        (b"Ng-1\n", "no memo index"),
        (b"NFx\n", "no float"),
        (b"NSx\n", "without quotes"),
        (b"NS'\n", "without quotes"),
        (b"Ncos\nsystem", "does not end"),
    ] {
        let (seen, fault) = read(bytes, Reading::Straight);
        assert_eq!(seen.len(), 1, "{bytes:?}");
        let fault = fault.unwrap_or_default();
        assert!(fault.contains(what), "{fault} / {what}");
    }
}

#[test]
fn a_line_may_be_longer_than_the_buffer() {
    let mut bytes = vec![b'S', b'\''];
    bytes.resize(200_000, b'x');
    bytes.extend_from_slice(b"'\nN");
    let (seen, fault) = read(&bytes, Reading::Straight);
    assert_eq!((seen.len(), fault), (2, None));
}

#[test]
fn frames_that_no_pickler_writes_are_told() {
    let frame = |len: u8, rest: &[u8]| {
        let mut bytes = vec![0x95, len, 0, 0, 0, 0, 0, 0, 0];
        bytes.extend_from_slice(rest);
        let (seen, _) = read(&bytes, Reading::Straight);
        seen.iter().map(|i| i.frame).collect::<Vec<_>>()
    };
    assert_eq!(frame(2, b"N."), [None, None, None]);
    assert_eq!(frame(2, b"K\x01K\x01"), [None, None, None]);
    assert_eq!(frame(1, b"K\x01."), [None, Some(FrameFault::Crossed), None]);
    assert_eq!(frame(9, b"N."), [Some(FrameFault::PastEnd), None, None]);
    let nested = frame(11, b"\x95\x01\0\0\0\0\0\0\0N.");
    assert_eq!(nested[1], Some(FrameFault::Nested));
}

/// The two ways of reading were compared with `pickle.loads` and with
/// `pickle.load` from a `BytesIO`.
#[test]
fn an_operand_over_the_edge_is_read_in_two_ways() {
    let bytes = b"\x95\x02\0\0\0\0\0\0\0B\x07\x01\0\0\0N0N00.";
    let opcodes = |reading| -> Vec<_> {
        let (seen, _) = read(bytes, reading);
        seen.iter().map(|i| i.opcode).collect()
    };
    use Opcode::{BinBytes, Frame, None, Pop, Stop};
    assert!(read(bytes, Reading::Straight).1.is_some());
    assert_eq!(
        opcodes(Reading::Buffered),
        [Frame, BinBytes, Pop, None, Pop, Pop, Stop]
    );
}

#[test]
fn every_cut_and_every_flip_ends_quietly() {
    let bytes = b"\x80\x04\x95\x10\0\0\0\0\0\0\0\x8c\x02os\x94I0x1\nS'a'\ncos\nsystem\n\
        (\x8a\x02ab\x8b\x01\0\0\0aL1L\nF1\nB\x01\0\0\0xp0\ng0\ntR.";
    for reading in [Reading::Straight, Reading::Buffered] {
        for end in 0..bytes.len() {
            read(&bytes[..end], reading);
        }
        for at in 0..bytes.len() {
            for bit in 0..8 {
                let mut flipped = bytes.to_vec();
                flipped[at] ^= 1 << bit;
                read(&flipped, reading);
            }
        }
    }
}
