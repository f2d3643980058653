//! What happens to which bytes, when, and within which limits.

mod observe;
mod plan;
mod request;

pub use observe::{Event, MemoryStep, Observer, ShardNumber, Unobserved};
pub use plan::{Backing, Io, Machine, Plan, Reading, TIER_BOUNDS, Tier, TooTight, plan};
pub use request::{Input, MemoryProbe, Request, SHARD_TIMEOUT};

use crate::report::{Report, Survey};

/// Scan everything the request names. Total: trouble with an input becomes a
/// gap in the report, never an error.
pub fn scan(request: &Request, observer: &dyn Observer) -> Report {
    let _ = (request, observer);
    unimplemented!()
}

/// Say what a scan would read, and how, without sweeping a byte.
pub fn survey(request: &Request) -> Survey {
    let _ = request;
    unimplemented!()
}
