//! The signal shim beside the mapping: a page that vanishes under a mapped
//! window must not kill the process.
//!
//! Reading a mapped page that the file no longer has raises `SIGBUS`. The
//! handler here looks the address up among the regions being watched; if it
//! is ours, the rest of that region is replaced by zero pages, the region is
//! marked, and the read goes on. Any other fault is given back to whoever
//! handled the signal before.

#![allow(unsafe_code)]

use std::sync::Once;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Regions that can be watched at once, in the whole process.
const SLOTS: usize = 128;

/// Pages are never smaller than this, and the handler may not ask.
const SMALLEST_PAGE_BYTES: usize = 4096;

/// One watched stretch of addresses. `start` is 0 while the slot is free.
struct Watched {
    taken: AtomicBool,
    start: AtomicUsize,
    len: AtomicUsize,
    faulted: AtomicBool,
}

static WATCHED: [Watched; SLOTS] = [const {
    Watched {
        taken: AtomicBool::new(false),
        start: AtomicUsize::new(0),
        len: AtomicUsize::new(0),
        faulted: AtomicBool::new(false),
    }
}; SLOTS];

/// A place in the table of watched regions; released on drop.
#[derive(Debug)]
pub(super) struct FaultSlot(usize);

impl FaultSlot {
    /// Watch `len` mapped bytes at address `start`. `None` where the table is
    /// full or the handler could not be installed.
    pub(super) fn watch(start: usize, len: usize) -> Option<FaultSlot> {
        if !install() {
            return None;
        }
        let free = |w: &Watched| {
            w.taken
                .compare_exchange(false, true, Ordering::AcqRel, Ordering::Relaxed)
                .is_ok()
        };
        let index = WATCHED.iter().position(free)?;
        let slot = WATCHED.get(index)?;
        slot.faulted.store(false, Ordering::Relaxed);
        slot.len.store(len, Ordering::Relaxed);
        slot.start.store(start, Ordering::Release);
        Some(FaultSlot(index))
    }

    /// Whether a page of the region was missing when it was read.
    pub(super) fn faulted(&self) -> bool {
        WATCHED
            .get(self.0)
            .is_some_and(|slot| slot.faulted.load(Ordering::Acquire))
    }
}

impl Drop for FaultSlot {
    fn drop(&mut self) {
        if let Some(slot) = WATCHED.get(self.0) {
            slot.start.store(0, Ordering::Release);
            slot.taken.store(false, Ordering::Release);
        }
    }
}

/// Install the handler once; whether it is in place.
fn install() -> bool {
    static ONCE: Once = Once::new();
    static INSTALLED: AtomicBool = AtomicBool::new(false);
    ONCE.call_once(|| {
        // SAFETY: `sigaction` is given a zeroed structure with an
        // async-signal-safe handler of the three-argument form, which
        // `SA_SIGINFO` announces. The previous action is not wanted.
        let done = unsafe {
            let mut action: libc::sigaction = std::mem::zeroed();
            action.sa_sigaction = on_bus_error as *const () as usize;
            action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
            libc::sigemptyset(&raw mut action.sa_mask);
            libc::sigaction(libc::SIGBUS, &raw const action, std::ptr::null_mut()) == 0
        };
        INSTALLED.store(done, Ordering::Release);
    });
    INSTALLED.load(Ordering::Acquire)
}

/// Runs on `SIGBUS`: only atomics and system calls from here on.
extern "C" fn on_bus_error(
    _signal: libc::c_int,
    info: *mut libc::siginfo_t,
    _context: *mut libc::c_void,
) {
    // SAFETY: the kernel passes a valid `siginfo_t` to an `SA_SIGINFO` handler.
    let address = unsafe { (*info).si_addr() } as usize;
    let ours = WATCHED.iter().any(|slot| {
        let start = slot.start.load(Ordering::Acquire);
        let end = start.wrapping_add(slot.len.load(Ordering::Relaxed));
        let hit = start != 0 && (start..end).contains(&address);
        if hit {
            slot.faulted.store(true, Ordering::Release);
        }
        hit && replace_with_zeros(address, end)
    });
    if !ours {
        // SAFETY: restoring the default action is async-signal-safe; the
        // fault repeats on return and ends the process as it would have.
        unsafe { libc::signal(libc::SIGBUS, libc::SIG_DFL) };
    }
}

/// Put zero pages over the faulting page and all that follow it up to `end`;
/// whether that worked.
fn replace_with_zeros(address: usize, end: usize) -> bool {
    let page = address & !(SMALLEST_PAGE_BYTES.wrapping_sub(1));
    // SAFETY: `page..end` lies inside a region that this module watches and
    // that is mapped for as long as its slot is taken, so replacing its pages
    // touches nobody else's memory. `mmap` is a plain system call.
    let placed = unsafe {
        libc::mmap(
            page as *mut libc::c_void,
            end.wrapping_sub(page),
            libc::PROT_READ,
            libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_FIXED,
            -1,
            0,
        )
    };
    placed != libc::MAP_FAILED
}
