//! Totals of a report, and what is not about the model: tool, time, memory.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{ArtifactReport, Finding, Gap, Severity};

/// Version of the report's shape.
pub const SCHEMA_VERSION: &str = "1.0";

/// The program that made the report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tool {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
}

impl Tool {
    /// This program.
    pub fn this() -> Self {
        Tool {
            name: "modelaudit".into(),
            version: env!("CARGO_PKG_VERSION").into(),
        }
    }
}

/// Findings by grade.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeverityCounts {
    /// Findings graded critical.
    pub critical: u64,
    /// Findings graded high.
    pub high: u64,
    /// Findings graded medium.
    pub medium: u64,
    /// Findings graded low.
    pub low: u64,
    /// Findings graded info.
    pub info: u64,
}

impl SeverityCounts {
    /// Count the findings, cut lists with the number they stand for.
    pub fn of(findings: &[Finding]) -> Self {
        let mut counts = SeverityCounts::default();
        for finding in findings {
            *counts.slot(finding.severity) += finding.occurrences;
        }
        counts
    }

    /// The count of one grade.
    pub fn get(&self, severity: Severity) -> u64 {
        let mut copy = *self;
        *copy.slot(severity)
    }

    fn slot(&mut self, severity: Severity) -> &mut u64 {
        match severity {
            Severity::Critical => &mut self.critical,
            Severity::High => &mut self.high,
            Severity::Medium => &mut self.medium,
            Severity::Low => &mut self.low,
            Severity::Info => &mut self.info,
        }
    }
}

/// Totals over the whole report.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// Files that were examined.
    pub files: u64,
    /// Artifacts that were examined: files and their members.
    pub artifacts: u64,
    /// Bytes that had to be covered: the length of every artifact without
    /// what its members account for.
    pub bytes_total: u64,
    /// Bytes of them that were covered.
    pub bytes_covered: u64,
    /// Bytes of those that are holes of the file system, known to be zero
    /// without reading them.
    #[serde(default)]
    pub bytes_in_holes: u64,
    /// Number of gaps.
    pub gaps: u64,
    /// Findings left out by `--select` and `--ignore`.
    pub suppressed: u64,
    /// Findings by grade.
    pub findings: SeverityCounts,
}

impl Summary {
    /// The totals of these lists.
    pub fn of(findings: &[Finding], gaps: &[Gap], artifacts: &[ArtifactReport]) -> Self {
        let own = |a: &ArtifactReport| a.coverage.len.saturating_sub(a.coverage.delegated);
        let total = |part: &dyn Fn(&ArtifactReport) -> u64| {
            artifacts
                .iter()
                .fold(0u64, |sum, a| sum.saturating_add(part(a)))
        };
        Summary {
            files: artifacts
                .iter()
                .filter(|a| a.location.members.is_empty())
                .count() as u64,
            artifacts: artifacts.len() as u64,
            bytes_total: total(&own),
            bytes_covered: total(&|a| a.coverage.swept),
            bytes_in_holes: total(&|a| a.coverage.holes),
            gaps: gaps.len() as u64,
            suppressed: 0,
            findings: SeverityCounts::of(findings),
        }
    }
}

/// What differs from run to run and from machine to machine.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Stats {
    /// Wall time of the scan in seconds.
    pub seconds: f64,
    /// Peak resident memory of the process in bytes; 0 where unknown.
    pub peak_memory_bytes: u64,
    /// Files or shards that were scanned at the same time, at most.
    pub workers: usize,
    /// Memory that the scan allowed itself, in bytes.
    pub memory_budget_bytes: u64,
    /// Address space that a mapped file takes at a time, in bytes.
    #[serde(default)]
    pub mmap_window_bytes: u64,
    /// Bytes of the files by what stood between them and their readers:
    /// `whole`, `buffered`, `direct` or `mapped`.
    #[serde(default)]
    pub reading: BTreeMap<String, u64>,
}
