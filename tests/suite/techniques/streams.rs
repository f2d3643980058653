//! Packed streams.

use super::{Chapter, technique};

/// The chapters, in the order of the page.
pub const CHAPTERS: &[Chapter] = &[Chapter {
    title: "Packed streams",
    techniques: &[
        technique(
            "packed-stream",
            "the model is packed, and the loader takes the wrapper off",
            "<https://docs.python.org/3/library/archiving.html>",
        ),
        technique(
            "split-over-streams",
            "the payload is split between streams that stand one behind the other",
            "<https://www.rfc-editor.org/rfc/rfc1952#section-2.2>",
        ),
        technique(
            "wrong-stream-checksum",
            "a checksum or a length is wrong, so that checking readers stop",
            "CWE-354",
        ),
        technique(
            "cut-stream",
            "the stream stops behind the payload",
            "CWE-703",
        ),
        technique(
            "skipped-frame",
            "the payload lies in a frame that every reader passes over",
            "<https://www.rfc-editor.org/rfc/rfc8878#section-3.1.2>",
        ),
        technique(
            "behind-stream",
            "the payload lies behind the end of the stream",
            "CWE-506",
        ),
        technique(
            "huge-window",
            "a window of gigabytes, so that careful readers refuse",
            "CWE-789",
        ),
        technique(
            "undecodable-stream",
            "the stream needs what is not in it, or a kind of data that nobody knows",
            "<https://www.rfc-editor.org/rfc/rfc8878#section-5>",
        ),
    ],
}];
