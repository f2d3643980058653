//! What kind of place a file lies in, as far as reading it goes.

use std::fs::File;
use std::os::fd::AsFd;

/// The magic numbers by which `statfs` names file systems whose pages come
/// from elsewhere: over a network, out of a hypervisor, or from a process.
/// Source: `linux/magic.h` and the headers of the file systems.
const REMOTE: [u32; 19] = [
    0x0000_6969, // NFS
    0x0000_517b, // SMB
    0xfe53_4d42, // SMB 2 and later
    0xff53_4d42, // CIFS
    0x6573_5546, // FUSE, virtiofs
    0x0102_1997, // 9P
    0x00c3_6400, // Ceph
    0x5346_414f, // AFS
    0x6b41_4653, // kAFS
    0x7375_7245, // Coda
    0x0bd0_0bd0, // Lustre
    0x4750_4653, // GPFS
    0x7461_636f, // OCFS2
    0x0116_1970, // GFS2
    0x1983_0326, // BeeGFS
    0x786f_4256, // folders of VirtualBox
    0xbacb_acbc, // folders of VMware
    0x2003_0528, // OrangeFS
    0x0000_564c, // NCP
];

/// The magic numbers of file systems whose files lie in memory.
const IN_MEMORY: [u32; 3] = [
    0x0102_1994, // tmpfs
    0x8584_58f6, // ramfs
    0x9584_58f6, // hugetlbfs
];

/// Where the bytes of a file come from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Volume {
    /// A disk of this machine, or a file system that is not known.
    #[default]
    Local,
    /// Memory of this machine.
    InMemory,
    /// A network, a hypervisor or another process: a page may take for ever
    /// or never come, so that mapping it is no good idea.
    Remote,
}

impl Volume {
    /// The place of an open file.
    pub fn of(file: &File) -> Volume {
        rustix::fs::fstatfs(file.as_fd()).map_or(Volume::Local, |stat| {
            // The field is signed on some machines and wider on others; the
            // number is 32 bits wide everywhere.
            Volume::with_magic(stat.f_type as u32)
        })
    }

    fn with_magic(magic: u32) -> Volume {
        if REMOTE.contains(&magic) {
            Volume::Remote
        } else if IN_MEMORY.contains(&magic) {
            Volume::InMemory
        } else {
            Volume::Local
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_systems_are_told_by_their_numbers() {
        assert_eq!(Volume::with_magic(0x6969), Volume::Remote);
        assert_eq!(Volume::with_magic(0x6573_5546), Volume::Remote);
        assert_eq!(Volume::with_magic(0x0102_1994), Volume::InMemory);
        // ext4, btrfs, overlayfs, and one that nobody has heard of.
        for magic in [0xef53, 0x9123_683e, 0x794c_7630, 0x1234_5678] {
            assert_eq!(Volume::with_magic(magic), Volume::Local);
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn shared_memory_is_memory() {
        if let Ok(file) = tempfile::tempfile_in("/dev/shm") {
            assert_eq!(Volume::of(&file), Volume::InMemory);
        }
    }
}
