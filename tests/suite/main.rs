//! The test suite: one binary, one file per topic.

mod architecture;
mod assemble;
mod binary;
mod cli;
mod exit;
mod formats;
mod hostile;
mod invariance;
mod limits;
mod registry;
mod support;
