//! From options and environment to a request: an option wins over its
//! variable, a variable wins over the default.
//!
//! Here wishes that do not fit together are refused. What leaves this file
//! is valid, so that nothing about it can fail once the scan has started.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};

use super::args::{
    DigestChoice, IoKind, OutputArgs, ReadingArgs, ReportFormat, ScanArgs, VerdictArgs, When,
};
use super::values;
use crate::budget::CancelToken;
use crate::detect::known::{self, KnownFiles};
use crate::engine::{DigestKind, Input, Io, Machine, Reading, Request, SHARD_TIMEOUT};
use crate::render::{Format, Style, Verbosity};
use crate::report::{Policy, escape_text};

/// The variables that stand for an option.
pub const TIMEOUT: &str = "MODELAUDIT_TIMEOUT";
/// As `--shard-timeout`.
pub const SHARD_TIMEOUT_VARIABLE: &str = "MODELAUDIT_SHARD_TIMEOUT";
/// As `--workers`.
pub const MAX_WORKERS: &str = "MODELAUDIT_MAX_WORKERS";
/// As `--mmap-window`.
pub const MMAP_WINDOW: &str = "MODELAUDIT_MMAP_WINDOW";
/// As `--max-memory`.
pub const MAX_MEMORY: &str = "MODELAUDIT_MAX_MEMORY";

/// The environment, or what a test puts in its place.
pub struct Variables<'a>(&'a dyn Fn(&str) -> Option<OsString>);

impl<'a> Variables<'a> {
    /// The environment of this process.
    pub fn of_process() -> Variables<'static> {
        Variables(&|name| std::env::var_os(name))
    }

    /// What `lookup` answers.
    #[cfg(test)]
    pub fn from(lookup: &'a dyn Fn(&str) -> Option<OsString>) -> Self {
        Variables(lookup)
    }

    /// A variable that is set and not empty.
    fn get(&self, name: &str) -> Option<OsString> {
        (self.0)(name).filter(|value| !value.is_empty())
    }

    fn is(&self, name: &str, value: &str) -> bool {
        self.get(name).is_some_and(|found| found == value)
    }

    /// The option, else the variable read by the same `read`, else nothing.
    fn or<T>(
        &self,
        option: Option<T>,
        name: &str,
        read: fn(&str) -> Result<T, String>,
    ) -> Result<Option<T>> {
        if option.is_some() {
            return Ok(option);
        }
        let Some(value) = self.get(name) else {
            return Ok(None);
        };
        let shown = escape_text(&value.to_string_lossy());
        value
            .to_str()
            .ok_or_else(|| "is not UTF-8".to_owned())
            .and_then(read)
            .map(Some)
            .map_err(|why| anyhow!("invalid value '{shown}' for the variable {name}: {why}"))
    }

    /// Whether to use colour: the option, then `NO_COLOR`, `CLICOLOR_FORCE`,
    /// `CLICOLOR=0` and `TERM=dumb`, then whether there is a terminal.
    pub fn color(&self, when: When, is_terminal: bool) -> bool {
        match when {
            When::Always => true,
            When::Never => false,
            When::Auto if self.get("NO_COLOR").is_some() => false,
            When::Auto if self.is_forced() => true,
            When::Auto => is_terminal && !self.is("CLICOLOR", "0") && !self.is("TERM", "dumb"),
        }
    }

    fn is_forced(&self) -> bool {
        self.get("CLICOLOR_FORCE").is_some() && !self.is("CLICOLOR_FORCE", "0")
    }
}

/// Everything about a scan but its inputs and the machine it runs on.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Form of the report.
    pub format: Format,
    /// How much of it.
    pub verbosity: Verbosity,
    /// Thresholds and selections.
    pub policy: Policy,
    /// Wishes about how bytes are read.
    pub reading: Reading,
    /// Digests of every file.
    pub digests: Arc<[DigestKind]>,
    /// Files that are known to be malicious.
    pub known: Arc<KnownFiles>,
    /// Files or shards at the same time.
    pub workers: Option<usize>,
    /// Time for everything.
    pub timeout: Option<Duration>,
    /// Time for each shard.
    pub shard_timeout: Duration,
    /// Largest file that is read; 0 is no limit.
    pub max_file_size: u64,
}

impl Settings {
    /// Put options and environment together.
    pub fn resolve(args: &ScanArgs, variables: &Variables<'_>) -> Result<Settings> {
        let limits = &args.limits;
        if args.input.dry_run && args.output.format == ReportFormat::Sarif {
            bail!(
                "--dry-run finds nothing that --format sarif could hold; use --format text or json"
            );
        }
        let shard_timeout = variables.or(
            limits.shard_timeout,
            SHARD_TIMEOUT_VARIABLE,
            values::seconds,
        )?;
        Ok(Settings {
            format: format(args.output.format),
            verbosity: verbosity(&args.output),
            policy: policy(&args.verdict),
            reading: Reading {
                max_memory: variables.or(limits.max_memory, MAX_MEMORY, values::memory)?,
                ..reading(&args.reading, variables)?
            },
            digests: digests(&args.output.digest),
            known: Arc::new(known_files(&args.verdict.known_bad)?),
            workers: variables.or(limits.workers, MAX_WORKERS, values::workers)?,
            timeout: variables.or(limits.timeout, TIMEOUT, values::seconds)?,
            shard_timeout: shard_timeout.unwrap_or(SHARD_TIMEOUT),
            max_file_size: limits.max_file_size.unwrap_or(0),
        })
    }

    /// The request for these inputs. Time that passed since `started` counts
    /// against an overall timeout, so that waiting for a pipe is not free.
    pub fn request(
        &self,
        inputs: Vec<Input>,
        machine: Machine,
        cancel: CancelToken,
        started: Instant,
    ) -> Request {
        Request {
            policy: self.policy.clone(),
            reading: self.reading.clone(),
            digests: Arc::clone(&self.digests),
            known: Arc::clone(&self.known),
            workers: self.workers,
            timeout: self.timeout.map(|t| t.saturating_sub(started.elapsed())),
            shard_timeout: self.shard_timeout,
            max_file_size: self.max_file_size,
            cancel,
            ..Request::new(inputs, machine)
        }
    }

    /// The look of the output.
    pub fn style(&self, color: bool) -> Style {
        Style {
            color,
            verbosity: self.verbosity,
        }
    }

    /// Whether nothing but errors goes to standard error.
    pub fn is_quiet(&self) -> bool {
        self.verbosity == Verbosity::Quiet
    }
}

/// Each digest once, in the order in which they were asked for.
fn digests(wanted: &[DigestChoice]) -> Arc<[DigestKind]> {
    let mut kinds = Vec::new();
    for choice in wanted {
        let kind = match choice {
            DigestChoice::Blake3 => DigestKind::Blake3,
            DigestChoice::Sha256 => DigestKind::Sha256,
        };
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    kinds.into()
}

/// The published files, and those of the lists.
fn known_files(lists: &[PathBuf]) -> Result<KnownFiles> {
    let mut known = KnownFiles::published();
    for path in lists {
        let shown = escape_text(&path.to_string_lossy());
        let name = path.file_name().unwrap_or(path.as_os_str());
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("--known-bad {shown} cannot be read"))?;
        let files = known::parse(&text, &name.to_string_lossy())
            .map_err(|bad| anyhow!("--known-bad {shown}: {bad}"))?;
        known.extend(files);
    }
    Ok(known)
}

fn format(format: ReportFormat) -> Format {
    match format {
        ReportFormat::Text => Format::Text,
        ReportFormat::Json => Format::Json,
        ReportFormat::Sarif => Format::Sarif,
    }
}

fn verbosity(args: &OutputArgs) -> Verbosity {
    match (args.quiet, args.verbose) {
        (0, 0) => Verbosity::Normal,
        (0, _) => Verbosity::Verbose,
        _ => Verbosity::Quiet,
    }
}

fn policy(args: &VerdictArgs) -> Policy {
    let ids = |rules: &[&crate::rules::Rule]| rules.iter().map(|rule| rule.id.to_owned()).collect();
    Policy {
        fail_on: args.fail_on.0,
        allow_partial: args.allow_partial,
        select: ids(&args.select),
        ignore: ids(&args.ignore),
        severities: args
            .severity
            .iter()
            .map(|(rule, severity)| (rule.id.to_owned(), *severity))
            .collect(),
    }
}

fn reading(args: &ReadingArgs, variables: &Variables<'_>) -> Result<Reading> {
    if args.large_models && args.io == IoKind::Read {
        bail!("--large-models maps every file and --io read maps none; use one of them");
    }
    Ok(Reading {
        large_models: args.large_models,
        io: match args.io {
            IoKind::Auto => Io::Auto,
            IoKind::Read => Io::Read,
            IoKind::Mmap => Io::Mmap,
        },
        map_window: variables.or(args.mmap_window, MMAP_WINDOW, values::map_window)?,
        skip_holes: !args.no_sparse,
        keep_cache: args.keep_cache,
        ..Reading::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::args::{self, Command};
    use crate::cli::values::NO_LIMIT;
    use crate::report::Severity;

    /// The settings for this command line in this environment: `A=1 B=2`.
    fn resolve(words: &str, environment: &str) -> Result<Settings> {
        let argv = std::iter::once("modelaudit")
            .chain(words.split_whitespace())
            .map(OsString::from)
            .collect();
        let Command::Scan(args) = args::parse(argv).expect(words) else {
            panic!("{words} is no scan")
        };
        Settings::resolve(&args, &Variables::from(&|name| lookup(environment, name)))
    }

    fn lookup(environment: &str, name: &str) -> Option<OsString> {
        environment
            .split(' ')
            .filter_map(|pair| pair.split_once('='))
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value.into())
    }

    #[test]
    fn an_option_wins_over_its_variable_and_that_over_the_default() {
        type Case = (
            &'static str,
            &'static str,
            fn(&Settings) -> String,
            [&'static str; 3],
        );
        let table: [Case; 5] = [
            (
                "--timeout 5",
                "MODELAUDIT_TIMEOUT=7.5",
                |s| format!("{:?}", s.timeout),
                ["Some(5s)", "Some(7.5s)", "None"],
            ),
            (
                "--shard-timeout 5",
                "MODELAUDIT_SHARD_TIMEOUT=7",
                |s| format!("{:?}", s.shard_timeout),
                ["5s", "7s", "600s"],
            ),
            (
                "--workers 5",
                "MODELAUDIT_MAX_WORKERS=7",
                |s| format!("{:?}", s.workers),
                ["Some(5)", "Some(7)", "None"],
            ),
            (
                "--mmap-window 5MB",
                "MODELAUDIT_MMAP_WINDOW=7340032",
                |s| format!("{:?}", s.reading.map_window),
                ["Some(5242880)", "Some(7340032)", "None"],
            ),
            (
                "--max-memory 5MB",
                "MODELAUDIT_MAX_MEMORY=7MiB",
                |s| format!("{:?}", s.reading.max_memory),
                ["Some(5242880)", "Some(7340032)", "None"],
            ),
        ];
        for (option, variable, shown, [by_option, by_variable, by_default]) in table {
            let with_option = format!("x {option}");
            let empty = variable.split_once('=').unwrap().0.to_owned() + "=";
            let cases = [
                (with_option.as_str(), "", by_option),
                (with_option.as_str(), variable, by_option),
                ("x", variable, by_variable),
                ("x", empty.as_str(), by_default),
                ("x", "", by_default),
            ];
            for (words, environment, expected) in cases {
                let settings = resolve(words, environment).unwrap();
                assert_eq!(shown(&settings), expected, "{words} / {environment}");
            }
        }
    }

    #[test]
    fn a_wrong_variable_is_named_with_its_value_and_what_it_takes() {
        for (name, wrong, takes) in [
            (TIMEOUT, "soon", "takes seconds"),
            (TIMEOUT, "-1", "takes seconds"),
            (SHARD_TIMEOUT_VARIABLE, "10m", "takes seconds"),
            (MAX_WORKERS, "0", "takes a whole number from 1"),
            (MAX_WORKERS, "2.5", "takes a whole number from 1"),
            (MMAP_WINDOW, "0", "at least 4KB"),
            (MMAP_WINDOW, "500XB", "takes bytes"),
            (MAX_MEMORY, "lots", "takes bytes"),
            (MAX_MEMORY, "20000000TB", "largest size"),
        ] {
            let message = resolve("x", &format!("{name}={wrong}"))
                .unwrap_err()
                .to_string();
            for part in [name, wrong, takes] {
                assert!(message.contains(part), "{message} lacks {part}");
            }
        }
    }

    #[test]
    fn a_variable_that_an_option_overrides_is_not_read() {
        assert!(resolve("x --workers 2", "MODELAUDIT_MAX_WORKERS=none").is_ok());
    }

    #[test]
    fn a_time_limit_of_zero_is_none() {
        let settings = resolve("x --timeout 0 --shard-timeout 0", "").unwrap();
        assert_eq!(settings.timeout, Some(NO_LIMIT));
        assert_eq!(settings.shard_timeout, NO_LIMIT);
    }

    #[test]
    fn wishes_that_contradict_each_other_are_refused() {
        for (words, named) in [
            ("x --large-models --io read", "--io read"),
            ("x --dry-run --format sarif", "--dry-run"),
        ] {
            let message = resolve(words, "").unwrap_err().to_string();
            assert!(message.contains(named), "{message}");
        }
    }

    #[test]
    fn the_policy_is_what_the_options_say() {
        let settings = resolve(
            "x --fail-on never --allow-partial --select content-mismatch \
             --ignore content-polyglot --severity content-mismatch=low,content-mismatch=info \
             --no-sparse --io mmap --max-file-size 1KB -v",
            "",
        )
        .unwrap();
        let policy = &settings.policy;
        assert_eq!(policy.fail_on, None);
        assert!(policy.allow_partial);
        assert!(policy.reports("content-mismatch") && !policy.reports("content-polyglot"));
        assert_eq!(policy.severities["content-mismatch"], Severity::Info);
        assert!(!settings.reading.skip_holes);
        assert_eq!(settings.reading.io, Io::Mmap);
        assert_eq!(settings.max_file_size, 1024);
        assert_eq!(settings.verbosity, Verbosity::Verbose);
        assert!(resolve("x -q", "").unwrap().is_quiet());
        let default = resolve("x", "").unwrap();
        assert_eq!(default.policy, Policy::default());
        assert_eq!(default.reading, Reading::default());
    }

    #[test]
    fn colour_follows_option_then_environment_then_terminal() {
        for (when, environment, is_terminal, expected) in [
            (When::Auto, "", true, true),
            (When::Auto, "", false, false),
            (When::Auto, "NO_COLOR=1", true, false),
            (When::Auto, "NO_COLOR=", true, true),
            (When::Auto, "NO_COLOR=1 CLICOLOR_FORCE=1", true, false),
            (When::Auto, "CLICOLOR_FORCE=1", false, true),
            (When::Auto, "CLICOLOR_FORCE=0", false, false),
            (When::Auto, "CLICOLOR=0", true, false),
            (When::Auto, "CLICOLOR=0 CLICOLOR_FORCE=1", true, true),
            (When::Auto, "TERM=dumb", true, false),
            (When::Always, "NO_COLOR=1 TERM=dumb", false, true),
            (When::Never, "CLICOLOR_FORCE=1", true, false),
        ] {
            let lookup = |name: &str| lookup(environment, name);
            let got = Variables::from(&lookup).color(when, is_terminal);
            assert_eq!(got, expected, "{when:?} {environment} {is_terminal}");
        }
    }
}
