//! Scripts with an interpreter line inside binary data.
//!
//! A script at the start of an artifact is an ordinary script, and one inside
//! text is a quotation; neither is reported here. What is reported is a line
//! `#!...` with a known interpreter and readable lines behind it, where the
//! bytes in front are not text.

use super::text::{is_text, line, strip_any};
use super::{Around, Family, Found, Pattern};
use crate::detect::Reach;
use crate::rules::embedded::SCRIPT;

/// Longest interpreter line; the Linux kernel cuts it at 256 bytes.
const LINE_CAP_BYTES: usize = 256;

/// Readable bytes that must follow the interpreter line.
const BODY_BYTES: usize = 16;

/// How far in front the end of the binary data may lie.
const BEFORE_BYTES: usize = 256;

/// Bits: the shortest interpreter, `sh` and a newline (24), one of 25 names
/// (-5) at one of about 8 depths of the path (-3), and sixteen bytes of text
/// (16 * 1.4 = 22).
const CHECKED_BITS: f64 = 38.0;

/// The family.
pub(super) static PATTERNS: &[Pattern] = &[
    script("script-bin", b"#!/bin/"),
    script("script-usr", b"#!/usr/"),
    script("script-blank-bin", b"#! /bin/"),
    script("script-blank-usr", b"#! /usr/"),
];

const fn script(name: &'static str, anchor: &'static [u8]) -> Pattern {
    let family = Family {
        before: BEFORE_BYTES,
        after: LINE_CAP_BYTES + BODY_BYTES + 2,
        reach: Reach::NotProse,
    };
    family.pattern(name, anchor, CHECKED_BITS, verify)
}

/// Interpreters that a script may name.
static INTERPRETERS: &[&str] = &[
    "ash",
    "bash",
    "busybox",
    "csh",
    "dash",
    "expect",
    "fish",
    "ksh",
    "lua",
    "mksh",
    "node",
    "nodejs",
    "osascript",
    "perl",
    "php",
    "pwsh",
    "pypy",
    "python",
    "ruby",
    "sh",
    "swift",
    "tclsh",
    "tcsh",
    "wish",
    "zsh",
];

fn verify(around: &Around<'_>) -> Option<Found> {
    if around.is_start() || is_text(around.behind()) {
        return None;
    }
    let first = line(around.ahead());
    let name = interpreter(first)?;
    let rest = around.from(first.len());
    let body = strip_any(rest, &[b"\r\n", b"\n"])?.get(..BODY_BYTES)?;
    if !is_text(body) {
        return None;
    }
    Some(Found {
        rule: &SCRIPT,
        severity: SCRIPT.severity,
        span: around.span(first.len()),
        message: format!("a script for {name} lies in binary data"),
        evidence: around.ahead().to_vec(),
        archive: None,
    })
}

/// The interpreter that a first line names, directly or through `env`.
fn interpreter(first: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(first.get(2..)?).ok()?;
    let mut words = text.split_ascii_whitespace();
    let program = words.next()?.rsplit('/').next()?;
    let name = match program {
        "env" => words.find(|word| !word.starts_with('-') && !word.contains('='))?,
        other => other,
    };
    let stem = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    INTERPRETERS.binary_search(&stem).is_ok().then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interpreters_are_sorted_and_found_through_env_and_versions() {
        assert!(INTERPRETERS.is_sorted_by(|a, b| a < b));
        assert_eq!(interpreter(b"#!/bin/sh"), Some("sh"));
        assert_eq!(
            interpreter(b"#! /usr/local/bin/python3.12 -u"),
            Some("python3.12")
        );
        assert_eq!(interpreter(b"#!/usr/bin/env -S A=1 node --x"), Some("node"));
        assert_eq!(interpreter(b"#!/usr/share/doc"), None);
        assert_eq!(interpreter(b"#!/usr/"), None);
        assert_eq!(interpreter(b"#!"), None);
    }
}
