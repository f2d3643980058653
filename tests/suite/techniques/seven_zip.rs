//! 7-Zip archives.

use super::{Chapter, technique};

/// The chapters, in the order of the page.
pub const CHAPTERS: &[Chapter] = &[Chapter {
    title: "7-Zip archives",
    techniques: &[
        technique(
            "7z-disguise",
            "a pickle in a 7-Zip archive under the name of a PyTorch file, so that scanners of zip \
             archives see noise",
            "ReversingLabs, nullifAI (February 2025)",
        ),
        technique(
            "7z-solid",
            "a payload in the middle of a solid block, which is packed as one stream with others",
            "7zFormat.txt (LZMA SDK), `SubStreamsInfo`",
        ),
        technique(
            "7z-codecs",
            "a payload packed with another codec than the usual one, or behind a filter",
            "7-Zip, `Methods.txt`",
        ),
        technique(
            "7z-method",
            "a method or a chain of methods that scanners cannot unpack",
            "7-Zip, `Methods.txt`",
        ),
        technique(
            "7z-encrypted",
            "encrypted members, or an encrypted header that does not even show names",
            "7zFormat.txt (LZMA SDK), `EncodedHeader`; CWE-311",
        ),
        technique(
            "7z-checksum",
            "a checksum of the start, the header or a member that is wrong, so that scanners stop",
            "CVE-2025-10156 (the same in zip)",
        ),
        technique(
            "7z-cut",
            "an archive without its end, where the header would be",
            "7zFormat.txt (LZMA SDK), `SignatureHeader`",
        ),
        technique(
            "7z-path",
            "a name that leads out of the folder the archive is unpacked to",
            "CVE-2022-44900 (py7zr)",
        ),
        technique(
            "7z-link",
            "a symbolic link, a reparse point of Windows or a device, and members unpacked through \
             it",
            "CVE-2025-11001, CVE-2025-55188 (7-Zip)",
        ),
        technique(
            "7z-anti",
            "an item that deletes a file where the archive is unpacked",
            "7zFormat.txt (LZMA SDK), `kAnti`",
        ),
        technique("7z-duplicate", "two members of one name", "CWE-694"),
        technique(
            "7z-records",
            "a header that gives its files two names each",
            "7zFormat.txt (LZMA SDK), `FilesInfo`; CWE-436",
        ),
        technique(
            "7z-hidden-part",
            "packed content that belongs to no file and is listed by nobody",
            "7zFormat.txt (LZMA SDK), `SubStreamsInfo`",
        ),
        technique(
            "7z-old-header",
            "a header that the archive no longer uses, or that only a recovery finds",
            "7-Zip, recovery of archives; CWE-436",
        ),
        technique(
            "7z-stub",
            "an archive behind a program, a script or any other file",
            "7-Zip, self-extracting archives",
        ),
        technique(
            "7z-slack",
            "a payload behind the archive, between its packed streams, or in the padding of a \
             header",
            "7zFormat.txt (LZMA SDK), `PackInfo`, `kDummy`",
        ),
        technique(
            "7z-overlap",
            "packed streams and records that share bytes",
            "CWE-409",
        ),
        technique(
            "7z-header-bomb",
            "a header that unpacks to gigabytes, is packed many times, or claims more files than \
             there can be",
            "CWE-409, CWE-789",
        ),
    ],
}];
