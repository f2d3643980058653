//! What the machine has, and what this process uses of it.
//!
//! Memory is what the control group grants, where there is one: a container
//! that may use 4 GB is a machine of 4 GB, however large its host. Page cache
//! counts as available, because the kernel drops it when somebody needs the
//! memory; a scan fills it with model files all the time.

use std::fs;
use std::path::{Path, PathBuf};

use sysinfo::{CGroupLimits, ProcessRefreshKind, ProcessesToUpdate, System};

use crate::engine::{Machine, MemoryProbe};

/// Assumed where the system does not say: small enough to be safe.
const FALLBACK_MEMORY_BYTES: u64 = 2 << 30;

/// Where the kernel tells about this process.
const STATUS: &str = "/proc/self/status";

/// Look at the machine.
pub fn look() -> Machine {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let Some(system) = memory_of_system() else {
        return Machine {
            total_memory: FALLBACK_MEMORY_BYTES,
            available_memory: FALLBACK_MEMORY_BYTES / 2,
            cores,
        };
    };
    let mut machine = Machine {
        total_memory: system.total_memory(),
        available_memory: system.available_memory(),
        cores,
    };
    let droppable = droppable_cache();
    let limits = system.cgroup_limits().into_iter();
    for limits in limits.chain(limits_of_process(system)) {
        narrow(&mut machine, &limits, droppable);
    }
    machine
}

fn memory_of_system() -> Option<System> {
    let mut system = System::new().ok()?;
    system.refresh_memory();
    (system.total_memory() > 0).then_some(system)
}

/// The limits of the control group this process is in, and of all above it.
fn limits_of_process(mut system: System) -> Option<CGroupLimits> {
    let own = sysinfo::get_current_pid().ok()?;
    let nothing = ProcessRefreshKind::nothing().without_tasks();
    system.refresh_processes_specifics(ProcessesToUpdate::Some(&[own]), false, nothing);
    system.process(own)?.cgroup_limits()
}

/// Take in the limits of a control group.
fn narrow(machine: &mut Machine, limits: &CGroupLimits, droppable: u64) {
    if limits.total_memory == 0 {
        return;
    }
    let free = limits.free_memory.saturating_add(droppable);
    machine.total_memory = machine.total_memory.min(limits.total_memory);
    machine.available_memory = machine.available_memory.min(free).min(machine.total_memory);
}

/// Bytes of page cache that count as used in our control group although the
/// kernel drops them on demand; 0 where that is not known.
fn droppable_cache() -> u64 {
    let groups = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    stat_files(&groups)
        .into_iter()
        .find_map(|path| fs::read_to_string(path).ok())
        .map_or(0, |stat| file_pages(&stat))
}

/// Where the statistics of our control group may lie: under its own path, or
/// at the root of what a container sees.
fn stat_files(groups: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for line in groups.lines() {
        let mut parts = line.splitn(3, ':');
        let (Some(_), Some(controllers), Some(path)) = (parts.next(), parts.next(), parts.next())
        else {
            continue;
        };
        let root = if controllers.split(',').any(|name| name == "memory") {
            Path::new("/sys/fs/cgroup/memory")
        } else if controllers.is_empty() {
            Path::new("/sys/fs/cgroup")
        } else {
            continue;
        };
        files.push(root.join(path.trim_start_matches('/')).join("memory.stat"));
        files.push(root.join("memory.stat"));
    }
    files
}

/// File pages by a `memory.stat`. Version 1 has them for the group alone and,
/// as `total_`, with all below it; version 2 has only the latter.
fn file_pages(stat: &str) -> u64 {
    let value = |name: &str| {
        stat.lines()
            .filter_map(|line| line.split_once(' '))
            .find(|(key, _)| *key == name)
            .and_then(|(_, value)| value.trim().parse::<u64>().ok())
    };
    let pages = |kind: &str| {
        value(&format!("total_{kind}"))
            .or_else(|| value(kind))
            .unwrap_or(0)
    };
    pages("inactive_file").saturating_add(pages("active_file"))
}

/// Asks the kernel about this process.
#[derive(Debug, Clone, Copy, Default)]
pub struct OwnMemory;

impl MemoryProbe for OwnMemory {
    fn resident(&self) -> Option<u64> {
        resident(&fs::read_to_string(STATUS).ok()?)
    }

    fn peak(&self) -> Option<u64> {
        field(&fs::read_to_string(STATUS).ok()?, "VmHWM")
    }
}

/// Memory that cannot simply be dropped: our own pages and shared memory. The
/// pages of mapped model files are left out, since the kernel takes them back
/// when it wants. Old kernels do not tell them apart.
fn resident(status: &str) -> Option<u64> {
    match (field(status, "RssAnon"), field(status, "RssShmem")) {
        (Some(anonymous), Some(shared)) => anonymous.checked_add(shared),
        _ => field(status, "VmRSS"),
    }
}

/// A line such as `VmHWM:   1234 kB`, in bytes.
fn field(status: &str, name: &str) -> Option<u64> {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kilobytes.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_has_memory_and_cores() {
        let machine = look();
        assert!(machine.cores >= 1);
        assert!(machine.total_memory > 16 << 20, "{machine:?}");
        assert!(
            machine.available_memory <= machine.total_memory,
            "{machine:?}"
        );
    }

    #[test]
    fn a_control_group_narrows_the_machine_and_never_widens_it() {
        let host = Machine {
            total_memory: 64 << 30,
            available_memory: 32 << 30,
            cores: 8,
        };
        let limits = |total_memory, free_memory| CGroupLimits {
            total_memory,
            free_memory,
            free_swap: 0,
            rss: 0,
        };
        let narrowed = |limits: CGroupLimits, droppable| {
            let mut machine = host;
            narrow(&mut machine, &limits, droppable);
            (machine.total_memory >> 30, machine.available_memory >> 30)
        };
        assert_eq!(narrowed(limits(4 << 30, 1 << 30), 0), (4, 1));
        // Page cache of our own reading is available.
        assert_eq!(narrowed(limits(4 << 30, 0), 3 << 30), (4, 3));
        assert_eq!(narrowed(limits(4 << 30, 2 << 30), 9 << 30), (4, 4));
        assert_eq!(narrowed(limits(128 << 30, 100 << 30), 0), (64, 32));
        assert_eq!(narrowed(limits(0, 0), 0), (64, 32));
    }

    #[test]
    fn page_cache_is_found_in_both_versions_of_control_groups() {
        let first = "cache 9\ninactive_file 1\nactive_file 2\ntotal_inactive_file 10\ntotal_active_file 20\n";
        assert_eq!(file_pages(first), 30);
        assert_eq!(
            file_pages("anon 7\nfile 9\ninactive_file 4\nactive_file 5\n"),
            9
        );
        assert_eq!(file_pages("nonsense"), 0);
        let groups = "5:cpu:/a\n4:memory:/job/1\n0::/unified\n";
        assert_eq!(
            stat_files(groups),
            [
                "/sys/fs/cgroup/memory/job/1/memory.stat",
                "/sys/fs/cgroup/memory/memory.stat",
                "/sys/fs/cgroup/unified/memory.stat",
                "/sys/fs/cgroup/memory.stat",
            ]
            .map(PathBuf::from)
        );
    }

    #[test]
    fn mapped_file_pages_are_not_ours() {
        let status = "Name:\tx\nVmHWM:\t  900 kB\nVmRSS:\t  700 kB\nRssAnon:\t  100 kB\n\
                      RssFile:\t  590 kB\nRssShmem:\t   10 kB\n";
        assert_eq!(resident(status), Some(110 << 10));
        assert_eq!(field(status, "VmHWM"), Some(900 << 10));
        assert_eq!(resident("VmRSS:\t  700 kB\n"), Some(700 << 10));
        assert_eq!(resident("Vm"), None);
        assert_eq!(field("VmHWM: many kB", "VmHWM"), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_process_uses_memory() {
        let held = vec![1u8; 64 << 20];
        let resident = OwnMemory.resident().unwrap();
        assert!(resident >= held.len() as u64 && held[9] == 1);
        assert!(OwnMemory.peak().unwrap() >= held.len() as u64);
    }
}
