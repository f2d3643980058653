//! Buffers read by field, and what lies in them.

use super::sample::{Field, buffer};
use super::*;
use crate::source::Memory;

fn sample() -> Vec<u8> {
    let text = |t: &str| Field::Text(t.as_bytes().to_vec());
    buffer(&[
        Field::U8(7),
        Field::Absent,
        Field::I64(-2),
        text("hello"),
        Field::Table(vec![text("inner")]),
        Field::Tables(vec![vec![text("a")], vec![text("b"), Field::I16(-3)]]),
    ])
}

/// Read all of the sample; the texts in it.
fn read(bytes: &[u8]) -> Result<Vec<String>, Fault> {
    let source = Memory::new(bytes);
    let buffer = Buffer::new(&source, 0..bytes.len() as u64);
    let root = buffer.root()?;
    let mut texts = vec![format!(
        "{} {} {} {}",
        root.u8(0, 1)?,
        root.u32(1, 9)?,
        root.i64(2, 0)?,
        root.i16(77, 5)?
    )];
    let mut keep = |span: Option<Span>| {
        let span = span.unwrap_or(0..0);
        let text = &bytes[span.start as usize..span.end as usize];
        texts.push(String::from_utf8_lossy(text).into_owned());
    };
    keep(root.string(3)?);
    if let Some(inner) = root.table(4)? {
        keep(inner.string(0)?);
    }
    if let Some(tables) = root.vector(5, 4)? {
        for index in 0..tables.len() {
            keep(tables.table(index)?.string(0)?);
        }
    }
    Ok(texts)
}

#[test]
fn fields_are_read_by_number_and_defaults_stand_in() {
    assert_eq!(
        read(&sample()).unwrap(),
        ["7 9 -2 5", "hello", "inner", "a", "b"]
    );
}

#[test]
fn offsets_that_lead_out_are_faults() {
    let mut far = sample();
    far[..4].copy_from_slice(&0x7fff_ffffu32.to_le_bytes());
    assert!(read(&far).is_err());
    assert!(read(&[]).is_err());
    let span = Memory::new(sample());
    let past = Buffer::new(&span, 3..u64::MAX);
    assert!(past.root().is_err());
}

#[test]
fn a_circle_ends() {
    // A table whose only field leads to the table itself cannot be made by
    // offsets that lead forward; asking for one table again and again can.
    let bytes = sample();
    let source = Memory::new(bytes.clone());
    let buffer = Buffer::new(&source, 0..bytes.len() as u64);
    let asked = (0..=STEPS_CAP).find_map(|_| buffer.root().err());
    assert!(matches!(asked, Some(Fault::Unsupported { .. })));
}

#[test]
fn every_beginning_and_every_change_ends() {
    let whole = sample();
    for cut in 0..whole.len() {
        let _ended = read(&whole[..cut]);
        for mask in [0x01, 0x10, 0x80, 0xff] {
            let mut changed = whole.clone();
            changed[cut] ^= mask;
            let _ended = read(&changed);
        }
    }
    assert!(read(&whole[..whole.len() / 2]).is_err());
}
