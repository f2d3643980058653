//! What happens to which bytes, when, and within which limits.
//!
//! [`scan()`] discovers files, groups shards, plans how each file is read, runs
//! the jobs, and assembles the report. It is total: once the request is valid
//! there is always a report, and trouble with an input is a gap in it.

mod assemble;
mod context;
mod crew;
mod digests;
mod discover;
mod guard;
mod inspect;
mod inventory;
mod job;
mod ledger;
mod lfs;
mod members;
mod memory;
mod names;
mod observe;
mod open;
mod pieces;
mod plan;
mod repository;
mod request;
mod run;
mod scan;
pub mod shards;
mod spans;
mod sum;
mod survey;
mod sweep;

pub use digests::DigestKind;
pub use observe::{Event, MemoryStep, Observer, ShardNumber, Unobserved};
pub use plan::{
    Backing, Io, MAP_WINDOW_BYTES, Machine, Plan, Reading, Standing, TIER_BOUNDS, Tier, TooTight,
    plan,
};
pub use request::{Input, MemoryProbe, Request, SHARD_TIMEOUT};
pub use scan::scan;
pub use survey::survey;
