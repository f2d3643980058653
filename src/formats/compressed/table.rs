//! The wrappers, one row each.
//!
//! Suffixes that are first of all those of the content are listed as shared,
//! so that a gzip called `model.pkl` is no mismatch, and a `model.pkl` that is
//! no gzip is no promise broken.

use super::{Wrapper, signs};
use crate::formats::{Content, FormatSpec};
use crate::wire::codec::{Codec, begins_bzip2, begins_lzip, begins_lzma, begins_snappy, begins_xz};

/// What every row begins from.
const ROW: FormatSpec = FormatSpec {
    id: "",
    title: "",
    suffixes: &[],
    runs_code: false,
    content: Content::Data,
    layer_of: None,
    references: &[],
    limitations: &[],
};

pub(in crate::formats) static GZIP: Wrapper = Wrapper {
    spec: &FormatSpec {
        id: "gzip",
        title: "gzip stream",
        suffixes: &[
            ".gz", ".tgz", ".taz", ".joblib", ".nemo", ".pickle", ".pkl", ".rda", ".rdata", ".rds",
        ],
        references: &["https://www.rfc-editor.org/rfc/rfc1952"],
        limitations: &["The comment and the extra field of a header are swept and not read."],
        ..ROW
    },
    codec: Codec::Gzip,
    shared: &[
        ".joblib", ".nemo", ".pickle", ".pkl", ".rda", ".rdata", ".rds",
    ],
    sign: signs::gzip,
    is_weak: false,
};

pub(in crate::formats) static BZIP2: Wrapper = Wrapper {
    spec: &FormatSpec {
        id: "bzip2",
        title: "bzip2 stream",
        suffixes: &[
            ".bz2", ".tbz", ".tbz2", ".joblib", ".pickle", ".pkl", ".rda", ".rdata", ".rds",
        ],
        references: &["https://sourceware.org/bzip2/"],
        limitations: &["Decoding ends behind a block whose checksum is wrong; a gap says so."],
        ..ROW
    },
    codec: Codec::Bzip2,
    shared: &[".joblib", ".pickle", ".pkl", ".rda", ".rdata", ".rds"],
    sign: begins_bzip2,
    is_weak: false,
};

pub(in crate::formats) static XZ: Wrapper = Wrapper {
    spec: &FormatSpec {
        id: "xz",
        title: "xz stream",
        suffixes: &[
            ".xz", ".txz", ".joblib", ".pickle", ".pkl", ".rda", ".rdata", ".rds",
        ],
        references: &["https://tukaani.org/xz/xz-file-format.txt"],
        limitations: &[
            "Of a block with a dictionary above 128 MiB, what lies before the first match \
             that reaches further back is decoded.",
        ],
        ..ROW
    },
    codec: Codec::Xz,
    shared: &[".joblib", ".pickle", ".pkl", ".rda", ".rdata", ".rds"],
    sign: begins_xz,
    is_weak: false,
};

pub(in crate::formats) static LZMA: Wrapper = Wrapper {
    spec: &FormatSpec {
        id: "lzma",
        title: "LZMA stream",
        suffixes: &[".lzma", ".tlz", ".joblib", ".pickle", ".pkl"],
        references: &["https://tukaani.org/xz/"],
        limitations: &[
            "Of a stream with a dictionary above 128 MiB, what lies before the first match \
             that reaches further back is decoded.",
            "Streams with more than 4 bits for the contexts of literals are not decoded.",
        ],
        ..ROW
    },
    codec: Codec::Lzma,
    shared: &[".joblib", ".pickle", ".pkl"],
    sign: begins_lzma,
    is_weak: true,
};

pub(in crate::formats) static ZSTD: Wrapper = Wrapper {
    spec: &FormatSpec {
        id: "zstd",
        title: "Zstandard stream",
        suffixes: &[".zst", ".zstd", ".tzst", ".joblib", ".pickle", ".pkl"],
        references: &["https://www.rfc-editor.org/rfc/rfc8878"],
        limitations: &[
            "Of a frame with a window above 128 MiB, the first 128 MiB are decoded.",
            "Frames with a dictionary and frames of versions before 0.8 are not decoded.",
        ],
        ..ROW
    },
    codec: Codec::Zstd,
    shared: &[".joblib", ".pickle", ".pkl"],
    sign: signs::zstd,
    is_weak: false,
};

pub(in crate::formats) static LZ4: Wrapper = Wrapper {
    spec: &FormatSpec {
        id: "lz4",
        title: "LZ4 stream",
        suffixes: &[".lz4", ".joblib", ".pickle", ".pkl"],
        references: &["https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md"],
        limitations: &["Frames with a dictionary are not decoded."],
        ..ROW
    },
    codec: Codec::Lz4,
    shared: &[".joblib", ".pickle", ".pkl"],
    sign: signs::lz4,
    is_weak: false,
};

pub(in crate::formats) static ZLIB: Wrapper = Wrapper {
    spec: &FormatSpec {
        id: "zlib",
        title: "zlib stream",
        suffixes: &[".z", ".zlib", ".joblib", ".pickle", ".pkl"],
        references: &["https://www.rfc-editor.org/rfc/rfc1950"],
        limitations: &["Streams with a dictionary are not decoded."],
        ..ROW
    },
    codec: Codec::Zlib,
    shared: &[".joblib", ".pickle", ".pkl"],
    sign: signs::zlib,
    is_weak: true,
};

pub(in crate::formats) static LZIP: Wrapper = Wrapper {
    spec: &FormatSpec {
        id: "lzip",
        title: "lzip stream",
        suffixes: &[".lz", ".tlz"],
        references: &["https://www.nongnu.org/lzip/manual/lzip_manual.html"],
        limitations: &[
            "Of a member with a dictionary above 128 MiB, what lies before the first match \
             that reaches further back is decoded.",
        ],
        ..ROW
    },
    codec: Codec::Lzip,
    shared: &[],
    sign: begins_lzip,
    is_weak: false,
};

pub(in crate::formats) static SNAPPY: Wrapper = Wrapper {
    spec: &FormatSpec {
        id: "snappy",
        title: "Snappy stream",
        suffixes: &[".sz", ".snappy"],
        references: &["https://github.com/google/snappy/blob/main/framing_format.txt"],
        limitations: &[
            "Bare Snappy blocks and those of Hadoop have no sign of their own; they are swept \
             as they lie.",
        ],
        ..ROW
    },
    codec: Codec::Snappy,
    shared: &[],
    sign: begins_snappy,
    is_weak: false,
};
