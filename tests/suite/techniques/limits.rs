//! Bombs and nesting.

use super::{Chapter, technique};

/// The chapters, in the order of the page.
pub const CHAPTERS: &[Chapter] = &[Chapter {
    title: "Bombs and nesting",
    techniques: &[
        technique(
            "nested-archives",
            "a payload under many archives, deeper than scanners look",
            "GHSA-7q5r-7gvp-wc82",
        ),
        technique(
            "nested-too-deep",
            "archives in archives until a scanner gives up",
            "CWE-674",
        ),
        technique(
            "payload-behind-many",
            "thousands of empty members in front of the payload",
            "CWE-400",
        ),
        technique(
            "overlapping-bomb",
            "members that share one packed body, so that it comes out many times",
            "Fifield, A better zip bomb (WOOT 2019)",
        ),
    ],
}];
