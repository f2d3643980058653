//! modelaudit: a security scanner for machine-learning model files.
//!
//! A file is never loaded or executed. It is *examined* by the formats that
//! recognise it and *swept* byte by byte for foreign content, and both passes
//! are accounted for: a clean verdict is backed by a byte count.
//!
//! # The map
//!
//! A module uses only what stands to its right; `tests/architecture.rs` holds
//! the whole crate to it.
//!
//! `cli > render > engine > formats > detect > wire > source > rules > report > budget`
//!
//! | module | answers |
//! |---|---|
//! | [`cli`] | what did the person ask for, and how do we talk back |
//! | [`render`] | how does a report look as text, JSON, SARIF |
//! | [`engine`] | what happens to which bytes, when, and within which limits |
//! | [`formats`] | is this a pickle, a zip, a safetensors file, and what does it do on load |
//! | [`detect`] | is this name, or this run of bytes, dangerous |
//! | [`wire`] | how are numbers, JSON and archive records laid out |
//! | [`source`] | how are bytes read by position, wherever they lie |
//! | [`rules`] | what do we report, how bad is it, what should one do |
//! | [`report`] | what was found, what was not covered |
//! | [`budget`] | how much may be spent, and when to stop |

pub mod budget;
pub mod cli;
pub mod detect;
pub mod engine;
pub mod formats;
pub mod render;
pub mod report;
pub mod rules;
pub mod source;
pub mod wire;
