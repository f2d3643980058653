//! The test suite: one binary, one file per topic.

mod architecture;
mod assemble;
mod binary;
mod cli;
mod detection;
mod differential;
mod docs;
mod exit;
mod formats;
mod golden;
mod hostile;
mod invariance;
mod knowledge;
mod limits;
mod outputs;
mod readme;
mod registry;
mod sample;
mod schema;
mod shards;
mod support;
mod techniques;
