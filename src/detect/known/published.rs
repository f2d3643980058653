//! Files that published reports name with their length and SHA-256.
//!
//! Short on purpose: a malicious model is made anew for every upload, and its
//! digest says nothing about the next one. What the scan knows it knows from
//! looking. Reports that give neither length nor SHA-256 are left out.

use std::borrow::Cow;

use super::KnownFile;

/// The files.
pub static PUBLISHED: &[KnownFile] = &[KnownFile {
    // 275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f
    sha256: [
        0x27, 0x5a, 0x02, 0x1b, 0xbf, 0xb6, 0x48, 0x9e, 0x54, 0xd4, 0x71, 0x89, 0x9f, 0x7d, 0xb9,
        0xd1, 0x66, 0x3f, 0xc6, 0x95, 0xec, 0x2f, 0xe2, 0xa2, 0xc4, 0x53, 0x8a, 0xab, 0xf6, 0x51,
        0xfd, 0x0f,
    ],
    len: Some(68),
    name: Cow::Borrowed(
        "the EICAR test file, which does no harm and shows that lists are looked at",
    ),
    source: Cow::Borrowed("https://www.eicar.org/download-anti-malware-testfile/"),
}];
