//! Reports as text, JSON and SARIF: pure functions of the report.
