//! Rules about archives: records that disagree, names that leave the folder,
//! members that hide or explode.

use super::Rule;
use crate::report::Severity;

/// The family, in the order of the catalogue.
pub static RULES: &[&Rule] = &[
    &NAME_MISMATCH,
    &HEADER_MISMATCH,
    &ODD_RECORD,
    &HIDDEN_MEMBER,
    &DUPLICATE_MEMBER,
    &SEVERAL_DIRECTORIES,
    &DIRECTORY_MISMATCH,
    &OVERLAPPING_MEMBERS,
    &PATH_TRAVERSAL,
    &ODD_NAME,
    &SYMLINK,
    &SPECIAL_FILE,
    &ANTI_ITEM,
    &LENDS_RIGHTS,
    &WRONG_CHECKSUM,
    &WRONG_SIZE,
    &FALSE_FLAGS,
    &UNOWNED_BYTES,
    &BOMB,
    &DEEP_NESTING,
];

/// One member, two names.
pub static NAME_MISMATCH: Rule = Rule {
    id: "archive-name-mismatch",
    severity: Severity::High,
    title: "the records of one member give it different names",
    why: "Some programs take a member's name from the central directory, others from the header \
          in front of it or from an extra field. A payload that has an innocent name in one of \
          them is overlooked by a reviewer and found by the loader.",
    remedy: "Do not load the file. No ordinary writer produces it.",
    references: &["CVE-2025-1944", "CWE-436"],
};

/// One member, two descriptions.
pub static HEADER_MISMATCH: Rule = Rule {
    id: "archive-header-mismatch",
    severity: Severity::Medium,
    title: "the records of one member contradict each other",
    why: "Where method, length, encryption or checksum differ between the central directory and \
          the header in front of the member, two programs unpack two different things from the \
          same archive, or one of them refuses and sees nothing.",
    remedy: "Ask for the file again from its origin. If it is the same, do not load it.",
    references: &["CVE-2025-1944", "CWE-436"],
};

/// A record that other readers refuse.
pub static ODD_RECORD: Rule = Rule {
    id: "archive-odd-record",
    severity: Severity::Medium,
    title: "a record has values that no writer gives it",
    why: "Programs that check such values refuse the whole archive or the member, and a scanner \
          that is built on one of them sees nothing. Loaders that do not check open it, or take \
          the other one of two values.",
    remedy: "Ask for the file again from its origin. If it is the same, do not load it.",
    references: &["CWE-436", "CWE-755"],
};

/// A member outside the directory.
pub static HIDDEN_MEMBER: Rule = Rule {
    id: "archive-hidden-member",
    severity: Severity::Medium,
    title: "a member is where programs that list the archive do not look",
    why: "Programs that list the archive by its directory, or up to its end mark, do not show this \
          member; programs that read the file from front to back unpack it.",
    remedy: "Unpack the archive by its directory and pack it anew, or ask where the hidden member \
             comes from.",
    references: &["CWE-436", "CWE-506"],
};

/// Two members, one name.
pub static DUPLICATE_MEMBER: Rule = Rule {
    id: "archive-duplicate-member",
    severity: Severity::High,
    title: "two members have the same name",
    why: "Some loaders take the first member of a name and some the last. What a scanner or a \
          reviewer looked at need not be what is loaded.",
    remedy: "Do not load the file. Ask for one in which every name occurs once.",
    references: &["CWE-694", "CWE-436", "CVE-2023-38831"],
};

/// Two tables of contents.
pub static SEVERAL_DIRECTORIES: Rule = Rule {
    id: "archive-several-directories",
    severity: Severity::High,
    title: "the file leads to several central directories",
    why: "The file is two archives at once: which of them a program opens depends on how it looks \
          for the end record.",
    remedy: "Do not load the file. No ordinary writer produces it.",
    references: &["CWE-436"],
};

/// An end record that lies about its directory.
pub static DIRECTORY_MISMATCH: Rule = Rule {
    id: "archive-directory-mismatch",
    severity: Severity::Medium,
    title: "the end record does not describe the directory that is there",
    why: "Programs that trust the count or the size in the end record see fewer members than \
          programs that read the directory to its end.",
    remedy: "Ask for the file again from its origin. If it is the same, do not load it.",
    references: &["CWE-436", "CWE-130"],
};

/// Members that share bytes.
pub static OVERLAPPING_MEMBERS: Rule = Rule {
    id: "archive-overlapping-members",
    severity: Severity::High,
    title: "members of the archive share bytes",
    why: "One packed body that many members share expands to many times what its size lets one \
          expect; overlapping members also show different content to different programs.",
    remedy: "Do not unpack the file. No ordinary writer produces it.",
    references: &["CWE-409", "CVE-2019-13232"],
};

/// A name that leaves the folder.
pub static PATH_TRAVERSAL: Rule = Rule {
    id: "archive-path-traversal",
    severity: Severity::High,
    title: "a member's name leads out of the folder it is unpacked to",
    why: "A program that unpacks the archive and trusts the name overwrites files elsewhere: start \
          scripts, libraries, keys.",
    remedy: "Do not unpack the file with a tool that follows such names. An ordinary writer does \
             not produce them.",
    references: &["CWE-22", "CWE-23", "CWE-36"],
};

/// A name that systems understand differently.
pub static ODD_NAME: Rule = Rule {
    id: "archive-odd-name",
    severity: Severity::Low,
    title: "a member's name means different things to different programs",
    why: "Names that are cut at a zero byte, hide characters, use the other system's separator or \
          look like a folder while they hold data let a member pass under another name than the \
          one it is loaded by.",
    remedy: "Look at the member under every spelling of its name before you trust the archive.",
    references: &["CWE-158", "CWE-451"],
};

/// A link as a member.
pub static SYMLINK: Rule = Rule {
    id: "archive-symlink",
    severity: Severity::Low,
    title: "a member is a link to another file",
    why: "An unpacker that creates the link and then writes or reads through it touches files that \
          are not part of the archive. Models have no need for links.",
    remedy: "Unpack the archive with a tool that refuses links, or remove the link.",
    references: &["CWE-59", "CWE-61"],
};

/// A device, a pipe or a socket as a member.
pub static SPECIAL_FILE: Rule = Rule {
    id: "archive-special-file",
    severity: Severity::Medium,
    title: "a member is a device, a pipe or a socket",
    why: "An unpacker with the rights to create it opens a way to the system or hangs on reading \
          it. Models have no need for special files.",
    remedy: "Do not unpack the archive with elevated rights; ask why the member is there.",
    references: &["CWE-67"],
};

/// A member that deletes.
pub static ANTI_ITEM: Rule = Rule {
    id: "archive-anti-item",
    severity: Severity::Low,
    title: "unpacking the archive deletes a file",
    why: "An item without content can tell the unpacker to remove the file or folder of that name. \
          Backup programs write such items; a model has no need to delete anything.",
    remedy: "Unpack the archive into an empty folder.",
    references: &["CWE-73"],
};

/// A program with the set-user-id or set-group-id bit.
pub static LENDS_RIGHTS: Rule = Rule {
    id: "archive-setuid-file",
    severity: Severity::Low,
    title: "a member is a program that runs with the rights of its owner",
    why: "If the archive is unpacked by an administrator and the bits are kept, whoever runs the \
          program acts as its owner. Layers of system images hold a few such programs; models \
          have no need for them.",
    remedy: "Unpack without keeping permissions, or remove the bits from the file.",
    references: &["CWE-250", "CWE-732"],
};

/// A checksum that is not that of the bytes.
pub static WRONG_CHECKSUM: Rule = Rule {
    id: "archive-wrong-checksum",
    severity: Severity::Medium,
    title: "a checksum is not that of the bytes it stands for",
    why: "Either the file was damaged, or it was changed after the archive or the packed stream was \
          written. Some scanners stop at a wrong checksum, while some loaders never look at it.",
    remedy: "Fetch the file again. If the checksum is still wrong, do not load it.",
    references: &["CVE-2025-10156", "CWE-354"],
};

/// A length that is not that of the bytes.
pub static WRONG_SIZE: Rule = Rule {
    id: "archive-wrong-size",
    severity: Severity::Medium,
    title: "a length is not that of the bytes it stands for",
    why: "Programs reserve memory and stop reading by these numbers. A member that holds more than \
          it says shows different content to different programs, or expands without warning.",
    remedy: "Fetch the file again. If the lengths are still wrong, do not load it.",
    references: &["CWE-130", "CWE-409"],
};

/// Flags that make readers refuse plain data.
pub static FALSE_FLAGS: Rule = Rule {
    id: "archive-false-flags",
    severity: Severity::Medium,
    title: "a member is marked as encrypted or patched and is neither",
    why: "Scanners that believe the mark skip the member; loaders that ignore it run what is in \
          it.",
    remedy: "Do not load the file. No ordinary writer produces it.",
    references: &["CVE-2025-1945", "CWE-436"],
};

/// Bytes that belong to nothing.
pub static UNOWNED_BYTES: Rule = Rule {
    id: "archive-unowned-bytes",
    severity: Severity::Low,
    title: "the archive holds bytes that belong to no member and no record",
    why: "Programs do not show these bytes, so they are a place to put things. They were searched \
          like all others.",
    remedy: "If the archive is not a self-extracting or signed one, pack it anew.",
    references: &["CWE-506"],
};

/// A small file that becomes a large one.
pub static BOMB: Rule = Rule {
    id: "archive-bomb",
    severity: Severity::Medium,
    title: "the file asks for far more than its size lets one expect",
    why: "A bomb is a small file that fills the disk or the memory of whoever unpacks it, or keeps \
          a scanner busy until it gives up. Where this scan stopped, a gap says what was not \
          examined.",
    remedy: "Do not unpack the file where space or memory are short. Ask for the content without \
             the archive around it, and scan that.",
    references: &[
        "CWE-409",
        "CWE-400",
        "https://www.usenix.org/conference/woot19/presentation/fifield",
    ],
};

/// Archives in archives in archives.
pub static DEEP_NESTING: Rule = Rule {
    id: "archive-deep-nesting",
    severity: Severity::Medium,
    title: "archives are nested deeper than any model needs",
    why: "Each level multiplies what the whole unpacks to, and scanners stop at some level: a \
          payload below it is found by nobody but the program that unpacks it.",
    remedy: "Unpack the outer levels by hand and scan what is inside, or do not use the file.",
    references: &["CWE-409", "CWE-674"],
};
