//! What archives of all kinds are judged by, so that one trick has one name
//! whatever the container: names that lead elsewhere, links, names that two
//! members share, and bytes that belong to nothing.

mod extent;
mod folders;
mod gaps;
mod links;
mod names;
mod slack;
mod stated;

pub use extent::extent;
pub(super) use folders::Folders;
pub(super) use gaps::Gaps;
pub(super) use links::{Links, report_link};
pub(super) use names::{Twins, is_escaping, leaves, report_escape, report_oddities, shown, text};
pub(super) use slack::{report_unowned, unowned};
pub use stated::{Actual, Kept, judge as judge_stated};
