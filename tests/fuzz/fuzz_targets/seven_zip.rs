//! 7-Zip archives: no bytes make the walk or the examination panic, run away,
//! or name members outside the file.

#![no_main]

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use modelaudit::budget::Budget;
use modelaudit::formats::{self, Artifact, Body, Context, Probe};
use modelaudit::report::Location;
use modelaudit::source::{Memory, Source};
use modelaudit::wire::seven_zip::{START_BYTES, Start, walk};
use modelaudit_fuzz::Nowhere;

/// The input as an archive: packed streams and a header behind them, parted by
/// the first byte, with a start that leads to the header.
fn archive(data: &[u8]) -> Vec<u8> {
    let Some((&cut, rest)) = data.split_first() else {
        return Vec::new();
    };
    let (body, header) = rest.split_at(usize::from(cut).min(rest.len()));
    let mut fields = (body.len() as u64).to_le_bytes().to_vec();
    fields.extend((header.len() as u64).to_le_bytes());
    fields.extend(crc32fast::hash(header).to_le_bytes());
    let mut bytes = b"7z\xbc\xaf\x27\x1c\x00\x04".to_vec();
    bytes.extend(crc32fast::hash(&fields).to_le_bytes());
    bytes.extend(fields);
    [&bytes, body, header].concat()
}

fn examine(bytes: Vec<u8>) {
    let len = bytes.len() as u64;
    let source = Arc::new(Memory::new(bytes));
    let budget = Budget::unlimited();
    if let Ok(Some(start)) = Start::find(source.as_ref()) {
        assert!(start.at + START_BYTES <= len);
        let archive = walk(source.as_ref(), start, &budget).expect("nothing ends the job");
        for span in archive.slack.iter().chain(&archive.overlaps) {
            assert!(span.start < span.end && span.end <= len);
        }
        for header in archive.header.iter().chain(&archive.others) {
            assert!(header.span.start < header.span.end && header.span.end <= len);
            for pack in &header.streams.packs {
                assert!(pack.span.start <= pack.span.end && pack.span.end <= len);
            }
        }
    }
    let artifact = Artifact {
        location: Location::file("fuzzed.7z"),
        name: "fuzzed.7z".into(),
        source: Arc::clone(&source) as _,
        depth: 0,
    };
    let format = formats::find("7z").expect("a registered format");
    format.recognise(&Probe::new(&artifact));
    let mut cx = Context::new(&Nowhere, &budget);
    let _ = format.examine(&artifact, &mut cx);
    for member in cx.finish().members {
        if let Body::Stored(span) | Body::Packed(span, _) | Body::Solid(span, ..) = &member.body {
            assert!(span.start < span.end && span.end <= source.len());
        }
        if let Body::Solid(_, _, parts) = member.body {
            // One behind the other.
            let ends = parts.iter().map(|part| part.span.end);
            let next = parts.iter().skip(1).map(|part| part.span.start);
            assert!(ends.zip(next).all(|(end, next)| end <= next));
        }
    }
}

fuzz_target!(|data: &[u8]| {
    examine(data.to_vec());
    examine(archive(data));
});
