//! Members that are not plain files, by their attributes.

use super::beginning;
use crate::formats::Context;
use crate::formats::archive::{leaves, shown, text};
use crate::report::Severity;
use crate::rules::archive::{SPECIAL_FILE, SYMLINK};
use crate::source::Source;
use crate::wire::Fault;
use crate::wire::zip_directory::{Central, Entry};

/// Longest target of a link that is read, in bytes.
const TARGET_CAP_BYTES: usize = 4096;

/// The bits of a mode that tell the kind of file.
const KIND: u32 = 0o170_000;

/// Systems whose attributes have a mode: Unix and macOS.
const UNIX: [u8; 2] = [3, 19];

/// Systems whose attributes are those of Windows: MS-DOS, NTFS, VFAT.
const WINDOWS: [u8; 3] = [0, 10, 14];

/// The attribute of Windows for links and mount points.
const REPARSE_POINT: u32 = 0x400;

/// Report a member that is a link, a device, a pipe or a socket.
pub(super) fn examine(
    source: &dyn Source,
    entry: &Entry,
    central: &Central,
    cx: &mut Context<'_>,
) -> Result<(), Fault> {
    let [_, system] = central.made_by.to_le_bytes();
    let words = match central.mode().map(|mode| mode & KIND) {
        Some(0o120_000) => return link(source, entry, "a symbolic link", cx),
        Some(0o020_000 | 0o060_000) => "a device",
        // Info-ZIP leaves the mode of a pipe on what it read from one.
        Some(0o010_000) if central.view.unpacked == Some(0) => "a pipe",
        Some(0o140_000) => "a socket",
        _ if WINDOWS.contains(&system) && central.attributes & REPARSE_POINT != 0 => {
            return link(source, entry, "a link of Windows", cx);
        }
        _ => return Ok(()),
    };
    if UNIX.contains(&system) {
        let message = format!("the member `{}` is {words}", shown(entry.name()));
        let draft = SPECIAL_FILE.at(entry.span()).message(message);
        cx.report(draft.within(text(entry.name())));
    }
    Ok(())
}

fn link(
    source: &dyn Source,
    entry: &Entry,
    words: &str,
    cx: &mut Context<'_>,
) -> Result<(), Fault> {
    let target = beginning(source, entry, TARGET_CAP_BYTES, cx.budget())?.unwrap_or_default();
    let (severity, how) = if target.is_empty() {
        (Severity::Medium, "cannot be told where it leads")
    } else if leaves(entry.name(), &target) {
        (Severity::High, "leads out of the folder it is unpacked to")
    } else {
        (SYMLINK.severity, "stays within the archive")
    };
    let message = format!("the member `{}` is {words} that {how}", shown(entry.name()));
    let draft = SYMLINK.at(entry.span()).severity(severity).bytes(&target);
    cx.report(draft.message(message).within(text(entry.name())));
    Ok(())
}
