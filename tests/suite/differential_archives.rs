//! The walkers of archives against other programs: names, lengths and bytes as
//! `bsdtar` and a second reader of each format unpack them.
//! `differential_archives/make.py` wrote the listing and says what its lines
//! mean. And every byte of every archive is a record's, a member's or slack.

use std::sync::Arc;

use modelaudit::budget::Budget;
use modelaudit::formats::{self, Artifact, Body, Context, Member, Sink};
use modelaudit::report::{Location, Place, Why};
use modelaudit::rules::Draft;
use modelaudit::source::Memory;

use crate::support::fixtures;

const LISTING: &str = include_str!("differential_archives/listing.txt");

/// Members that the format itself makes of its tables.
const TABLES: [&str; 2] = ["/", "//"];

struct Nowhere;

impl Sink for Nowhere {
    fn finding(&self, _draft: Draft) {}

    fn gap(&self, _at: Place, _why: Why, _detail: String) {}
}

/// The members that a format names.
fn members(id: &str, bytes: &[u8]) -> Vec<Member> {
    let artifact = Artifact {
        location: Location::file("x"),
        name: "x".to_owned(),
        source: Arc::new(Memory::new(bytes)),
        depth: 0,
    };
    let budget = Budget::unlimited();
    let mut cx = Context::new(&Nowhere, &budget);
    let format = formats::find(id).unwrap();
    format.examine(&artifact, &mut cx).unwrap();
    cx.finish().members
}

/// Name, length and checksum of a member.
fn line(member: &Member, bytes: &[u8]) -> (String, usize, u32) {
    let held = match &member.body {
        Body::Stored(span) => &bytes[span.start as usize..span.end as usize],
        Body::Decoded(bytes) => bytes,
        other => panic!("{other:?}"),
    };
    (member.name.clone(), held.len(), crc32fast::hash(held))
}

/// The archives of the listing: format, path, and the lines of the files.
fn listed() -> Vec<(&'static str, &'static str, Vec<&'static str>)> {
    let mut archives: Vec<(&str, &str, Vec<&str>)> = Vec::new();
    for line in LISTING.lines() {
        match line.strip_prefix("> ") {
            Some(head) => {
                let (format, path) = head.split_once(' ').unwrap();
                archives.push((format, path, Vec::new()));
            }
            None => archives.last_mut().unwrap().2.push(line),
        }
    }
    archives
}

#[test]
fn names_lengths_and_bytes_are_those_of_other_programs() {
    let archives = listed();
    assert!(archives.len() > 20);
    for (format, path, files) in archives {
        let bytes = std::fs::read(fixtures().join(path)).unwrap();
        let mut found: Vec<_> = members(format, &bytes)
            .iter()
            .map(|member| line(member, &bytes))
            .filter(|(name, ..)| format != "ar" || !TABLES.contains(&name.as_str()))
            .collect();
        for file in files {
            let mut fields = file.split('\t');
            let names: Vec<_> = fields.next().unwrap().split('|').collect();
            let len: usize = fields.next().unwrap().parse().unwrap();
            let crc = u32::from_str_radix(fields.next().unwrap(), 16).unwrap();
            let before = found.len();
            // Some forms store what is linked with each name, some once.
            found.retain(|(name, l, c)| {
                !(names.contains(&name.trim_start_matches("./")) && (*l, *c) == (len, crc))
            });
            assert!(found.len() < before, "{path}: {file} is not in {found:?}");
        }
        assert!(found.is_empty(), "{path}: others have no {found:?}");
    }
}
