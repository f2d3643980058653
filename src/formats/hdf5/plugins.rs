//! Filters that come as plugins, by their registered numbers.

use crate::report::Severity;

/// The library's own filters.
pub(super) const DEFLATE: u16 = 1;
pub(super) const SHUFFLE: u16 = 2;
pub(super) const FLETCHER32: u16 = 3;

/// The last of the library's own numbers.
const OWN_LAST: u16 = 255;

/// The first number that nobody can register.
const FREE_FROM: u16 = 33000;

/// Registered filters that data is commonly packed with.
/// Source: HDF Group, "Registered Filter Plugins".
const REGISTERED: &[(u16, &str)] = &[
    (305, "LZO"),
    (307, "BZIP2"),
    (32000, "LZF"),
    (32001, "Blosc"),
    (32002, "MAFISC"),
    (32003, "Snappy"),
    (32004, "LZ4"),
    (32006, "APAX"),
    (32008, "Bitshuffle"),
    (32010, "SPDP"),
    (32011, "LPC-Rice"),
    (32012, "CCSDS-123"),
    (32013, "ZFP"),
    (32014, "fpzip"),
    (32015, "Zstandard"),
    (32016, "B3D"),
    (32017, "SZ"),
    (32018, "FCIDECOMP"),
    (32019, "JPEG"),
    (32022, "Granular BitRound"),
    (32023, "SZ3"),
    (32024, "Delta-Rice"),
    (32025, "Blosc"),
    (32026, "Blosc2"),
    (32027, "Vbz"),
    (32028, "FAPEC"),
    (32029, "BitGroom"),
    (32030, "Granular BitRound"),
];

/// What a plugin is called and how odd it is; `None` for the library's own.
pub(super) fn plugin(number: u16) -> Option<(Severity, &'static str)> {
    let known = REGISTERED.iter().find(|(known, _)| *known == number);
    match (number, known) {
        (..=OWN_LAST, _) => None,
        (_, Some((_, name))) => Some((Severity::Info, name)),
        (FREE_FROM.., None) => Some((Severity::Medium, "no registered plugin")),
        (_, None) => Some((Severity::Low, "an uncommon plugin")),
    }
}
