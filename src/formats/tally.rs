//! Many anomalies of one kind, told once.
//!
//! A header can hold a hundred thousand wrong entries. A [`Tally`] keeps one
//! example of each rule, the first of the worst grade, and counts the rest, so
//! that neither the report nor the memory grows with what a file repeats.

use super::Context;
use crate::rules::{Draft, Rule};

/// One rule: its example, and how often it was met.
struct Row {
    example: Draft,
    count: u64,
}

/// What was met so far, by rule.
#[derive(Default)]
pub(super) struct Tally {
    rows: Vec<Row>,
}

impl Tally {
    /// Count a finding; it is reported by [`Tally::report`].
    pub(super) fn add(&mut self, draft: Draft) {
        let known = self
            .rows
            .iter_mut()
            .find(|row| row.example.rule.id == draft.rule.id);
        match known {
            Some(row) => {
                row.count = row.count.saturating_add(1);
                if draft.severity > row.example.severity {
                    row.example = draft;
                }
            }
            None => self.rows.push(Row {
                example: draft,
                count: 1,
            }),
        }
    }

    /// Whether this rule was met.
    pub(super) fn met(&self, rule: &'static Rule) -> bool {
        self.rows.iter().any(|row| row.example.rule.id == rule.id)
    }

    /// Report one finding for each rule that was met.
    pub(super) fn report(self, cx: &mut Context<'_>) {
        for Row { mut example, count } in self.rows {
            if count > 1 {
                let more = count.saturating_sub(1);
                example.message = format!("{} (and {more} more like it)", example.message);
            }
            cx.report(example);
        }
    }
}
