//! The test suite: one binary, one file per topic.

mod assemble;
mod architecture;
mod formats;
mod hostile;
mod invariance;
mod limits;
mod registry;
mod support;
