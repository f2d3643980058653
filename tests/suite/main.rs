//! The test suite: one binary, one file per topic.

mod architecture;
mod assemble;
mod binary;
mod bombs;
mod cli;
mod detection;
mod differential;
mod differential_7z;
mod differential_archives;
mod docs;
mod exit;
mod formats;
mod golden;
mod hostile;
mod invariance;
mod knowledge;
mod limits;
mod names;
mod outputs;
mod readme;
mod registry;
mod sample;
mod schema;
mod shards;
mod support;
mod techniques;
