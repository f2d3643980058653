//! The grammar of the command line: which words there are, and what each
//! takes. Values are checked here one by one; how they fit together, and what
//! the environment adds, is the business of [`super::settings`].

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::styling;
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};

use super::help;
use super::values::{self, FailOn};
use crate::report::Severity;
use crate::rules::Rule;

/// What the person asked for.
#[derive(Debug)]
pub enum Command {
    /// Scan models.
    Scan(Box<ScanArgs>),
    /// Show the rule catalogue.
    Rules(RulesArgs),
}

/// The whole command line; without a command, it is a scan.
#[derive(Debug, Parser)]
#[command(
    name = "modelaudit",
    version,
    about = "Security scanner for machine-learning model files",
    long_about = help::OVERVIEW,
    override_usage = help::USAGE,
    after_help = help::AFTER_HELP,
    after_long_help = help::AFTER_LONG_HELP,
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    disable_help_subcommand = true,
)]
struct Line {
    #[command(subcommand)]
    command: Option<Word>,
    #[command(flatten)]
    scan: ScanArgs,
}

/// The words that may stand first.
#[derive(Debug, Subcommand)]
enum Word {
    /// Scan models; the same as giving no command.
    #[command(
        long_about = help::OVERVIEW,
        after_help = help::AFTER_HELP,
        after_long_help = help::AFTER_LONG_HELP
    )]
    Scan(Box<ScanArgs>),
    /// List the rules, or explain one of them.
    Rules(RulesArgs),
}

/// Everything a scan can be told.
#[derive(Debug, Args)]
pub struct ScanArgs {
    #[command(flatten)]
    pub input: InputArgs,
    #[command(flatten)]
    pub output: OutputArgs,
    #[command(flatten)]
    pub verdict: VerdictArgs,
    #[command(flatten)]
    pub reading: ReadingArgs,
    #[command(flatten)]
    pub limits: LimitArgs,
}

/// What to scan.
#[derive(Debug, Args)]
pub struct InputArgs {
    /// Files, directories, a shard or an index of a sharded model; "-" is standard input
    #[arg(value_name = "PATH", required_unless_present = "files_from")]
    pub paths: Vec<PathBuf>,

    /// Also scan the paths listed in FILE, one a line ("-" is standard input)
    #[arg(long, value_name = "FILE", help_heading = "What to scan")]
    pub files_from: Option<PathBuf>,

    /// Paths in --files-from end with a NUL byte instead of a line break
    #[arg(
        long,
        short = '0',
        requires = "files_from",
        help_heading = "What to scan"
    )]
    pub null: bool,

    /// Name of what comes from standard input: shown, and a hint for the format
    #[arg(long, value_name = "NAME", help_heading = "What to scan")]
    pub stdin_name: Option<String>,

    /// Only say what would be read and how; reads no more than headers
    #[arg(long, help_heading = "What to scan")]
    pub dry_run: bool,
}

/// What comes out, and where.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub struct OutputArgs {
    /// Form of the report
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub format: ReportFormat,

    /// Write the report to FILE instead of standard output
    ///
    /// The file is opened before the scan starts, so that a report that cannot
    /// be written costs no scan, and replaced when the scan has ended. "-" is
    /// standard output.
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,

    /// Say less: the verdict only, and nothing while scanning
    #[arg(long, short, action = clap::ArgAction::Count, conflicts_with = "verbose")]
    pub quiet: u8,

    /// Say more: every artifact, and the steps that led to a finding
    #[arg(long, short, action = clap::ArgAction::Count)]
    pub verbose: u8,

    /// Put digests of every file into the report (comma-separated, repeatable)
    ///
    /// blake3 is made of the bytes as they are scanned, on all cores; sha256
    /// reads every file once more, on one.
    #[arg(long, value_name = "KIND", value_enum, value_delimiter = ',')]
    pub digest: Vec<DigestChoice>,

    /// When to use colour
    #[arg(long, value_name = "WHEN", value_enum, default_value_t)]
    pub color: When,

    /// How to show progress on standard error
    ///
    /// auto is bars on a terminal and plain lines elsewhere. Plain lines are
    /// about shard sets and files of 100 MB and more, and at most one per 10 s
    /// about how far the scan is.
    #[arg(long, value_name = "HOW", value_enum, default_value_t)]
    pub progress: ProgressKind,
}

/// What counts as failure.
#[derive(Debug, Args)]
#[command(next_help_heading = "Verdict")]
pub struct VerdictArgs {
    /// Lowest severity that fails: critical, high, medium, low, info or never
    #[arg(long, value_name = "LEVEL", default_value = "medium", value_parser = values::fail_on)]
    pub fail_on: FailOn,

    /// Do not fail because something could not be checked
    #[arg(long)]
    pub allow_partial: bool,

    /// Report these rules only (comma-separated, repeatable)
    #[arg(long, value_name = "RULE", value_delimiter = ',', value_parser = values::rule)]
    pub select: Vec<&'static Rule>,

    /// Do not report these rules (comma-separated, repeatable)
    #[arg(long, value_name = "RULE", value_delimiter = ',', value_parser = values::rule)]
    pub ignore: Vec<&'static Rule>,

    /// Report files whose SHA-256 stands in FILE (repeatable)
    ///
    /// A line is a SHA-256, the length in bytes where it is known, and words;
    /// what sha256sum prints will do. Files that published reports name are
    /// always looked for.
    #[arg(long, value_name = "FILE")]
    pub known_bad: Vec<PathBuf>,

    /// Give a rule another severity (comma-separated, repeatable)
    #[arg(long, value_name = "RULE=LEVEL", value_delimiter = ',', value_parser = values::regrade)]
    pub severity: Vec<(&'static Rule, Severity)>,
}

/// How bytes are read; never which checks run.
#[derive(Debug, Args)]
#[command(next_help_heading = "Reading (the checks are always the same)")]
pub struct ReadingArgs {
    /// Read every file through memory-mapped windows
    #[arg(long)]
    pub large_models: bool,

    /// Plain reads, mapped windows, or what is fastest where the file lies
    #[arg(long, value_name = "HOW", value_enum, default_value_t)]
    pub io: IoKind,

    /// Bytes mapped at a time, at least 4KB [default: 500MB] [env: MODELAUDIT_MMAP_WINDOW]
    #[arg(long, value_name = "SIZE", allow_hyphen_values = true, value_parser = values::map_window)]
    pub mmap_window: Option<u64>,

    /// Read holes of sparse files instead of trusting the file system
    #[arg(long)]
    pub no_sparse: bool,

    /// Leave in the page cache what the scan brought into it
    #[arg(long)]
    pub keep_cache: bool,
}

/// What the scan may cost.
#[derive(Debug, Args)]
#[command(next_help_heading = "Limits")]
pub struct LimitArgs {
    /// Time for the whole scan in seconds; 0 is no limit [env: MODELAUDIT_TIMEOUT]
    ///
    /// Fractions are fine. Without it: 30 minutes up to 50 GB, 60 minutes up to
    /// 200 GB, 2 hours above. What is found until then is reported; the rest is
    /// named as unchecked.
    #[arg(long, value_name = "SECS", allow_hyphen_values = true, value_parser = values::seconds)]
    pub timeout: Option<Duration>,

    /// Time for each shard in seconds; 0 is no limit [default: 600] [env: MODELAUDIT_SHARD_TIMEOUT]
    #[arg(long, value_name = "SECS", allow_hyphen_values = true, value_parser = values::seconds)]
    pub shard_timeout: Option<Duration>,

    /// Files or shards scanned at the same time, from 1 [env: MODELAUDIT_MAX_WORKERS]
    ///
    /// Without it: 4, and fewer on fewer cores or less memory.
    #[arg(long, value_name = "N", allow_hyphen_values = true, value_parser = values::workers)]
    pub workers: Option<usize>,

    /// Memory the scan may use, at least 1MB [env: MODELAUDIT_MAX_MEMORY]
    ///
    /// Without it: half of what is available, control groups included.
    #[arg(long, value_name = "SIZE", allow_hyphen_values = true, value_parser = values::memory)]
    pub max_memory: Option<u64>,

    /// Largest file that is scanned; 0, the default, is no limit
    ///
    /// A file above it is named as unchecked, not skipped in silence.
    #[arg(long, value_name = "SIZE", allow_hyphen_values = true, value_parser = values::size)]
    pub max_file_size: Option<u64>,
}

/// What to show of the rule catalogue.
#[derive(Debug, Args)]
pub struct RulesArgs {
    /// The rule to explain; without it, all are listed
    #[arg(value_name = "ID", value_parser = values::rule)]
    pub rule: Option<&'static Rule>,

    /// Form of the catalogue
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub format: CatalogueFormat,

    /// When to use colour
    #[arg(long, value_name = "WHEN", value_enum, default_value_t)]
    pub color: When,
}

/// Forms of a report.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum ReportFormat {
    /// For people
    #[default]
    Text,
    /// The whole report; see docs/report.schema.json
    Json,
    /// SARIF 2.1.0 for code scanning
    Sarif,
}

/// Forms of the rule catalogue.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum CatalogueFormat {
    /// For people
    #[default]
    Text,
    /// For programs
    Json,
    /// For documentation
    Markdown,
}

/// When something is done that depends on a terminal.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum When {
    /// On a terminal, unless the environment says otherwise
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// Ways to show progress.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum ProgressKind {
    /// Bars on a terminal, plain lines elsewhere
    #[default]
    Auto,
    /// Bars; plain lines where there is no terminal
    Bar,
    /// Plain lines
    Plain,
    /// Nothing
    None,
}

/// Digests of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DigestChoice {
    /// BLAKE3
    Blake3,
    /// SHA-256
    Sha256,
}

/// Ways to read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum IoKind {
    /// What is fastest where the file lies
    #[default]
    Auto,
    /// Plain reads only
    Read,
    /// Memory-mapped windows only
    Mmap,
}

/// Read the command line, program name included.
pub fn parse(argv: Vec<OsString>) -> Result<Command, clap::Error> {
    let mut grammar = Line::command().styles(styles());
    let argv = command_first(argv, &grammar);
    let matches = grammar.try_get_matches_from_mut(argv)?;
    let line = Line::from_arg_matches(&matches)?;
    Ok(match line.command {
        Some(Word::Scan(args)) => Command::Scan(args),
        Some(Word::Rules(args)) => Command::Rules(args),
        None => Command::Scan(Box::new(line.scan)),
    })
}

fn styles() -> styling::Styles {
    styling::Styles::styled()
        .header(styling::AnsiColor::Green.on_default().bold())
        .usage(styling::AnsiColor::Green.on_default().bold())
        .literal(styling::AnsiColor::Cyan.on_default().bold())
        .placeholder(styling::AnsiColor::Cyan.on_default())
}

/// Move a command word to the front, so that options may stand before it.
/// `help` becomes `--help`.
fn command_first(mut argv: Vec<OsString>, grammar: &clap::Command) -> Vec<OsString> {
    let Some(at) = first_operand(&argv, grammar) else {
        return argv;
    };
    match argv[at].to_str() {
        Some("scan" | "rules") => {
            let word = argv.remove(at);
            argv.insert(1, word);
            argv
        }
        Some("help") => {
            argv.remove(at);
            argv.push("--help".into());
            command_first(argv, grammar)
        }
        _ => argv,
    }
}

/// The index of the first word that is neither an option nor the value of
/// one. `None` from `--` on: what follows that is a path.
fn first_operand(argv: &[OsString], grammar: &clap::Command) -> Option<usize> {
    let takes_value = |name: &str| {
        let named = |arg: &&clap::Arg| match name.strip_prefix("--") {
            Some(long) => arg.get_long() == Some(long),
            // The last letter of a cluster such as `-qo` decides.
            None => arg.get_short() == name.chars().last(),
        };
        grammar
            .get_arguments()
            .find(named)
            .is_some_and(|arg| arg.get_action().takes_values())
    };
    let mut words = argv.iter().enumerate().skip(1);
    while let Some((at, word)) = words.next() {
        match word.to_str() {
            Some("--") => return None,
            Some(option) if option.len() > 1 && option.starts_with('-') => {
                if takes_value(option) {
                    words.next();
                }
            }
            _ => return Some(at),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(words: &str) -> Vec<OsString> {
        std::iter::once("modelaudit")
            .chain(words.split_whitespace())
            .map(OsString::from)
            .collect()
    }

    fn scan(words: &str) -> ScanArgs {
        match parse(line(words)) {
            Ok(Command::Scan(args)) => *args,
            other => panic!("{words}: {other:?}"),
        }
    }

    #[test]
    fn the_grammar_is_sound() {
        Line::command().debug_assert();
    }

    #[test]
    fn scan_is_the_default_and_options_stand_anywhere() {
        for words in [
            "a b --format json -q --workers 3",
            "--format json a -q --workers 3 b",
            "scan a b --format=json --workers=3 -q",
            "-q --workers 3 --format json scan a b",
            "--workers 3 scan -q a --format json b",
        ] {
            let args = scan(words);
            assert_eq!(args.input.paths, ["a", "b"].map(PathBuf::from), "{words}");
            assert_eq!(args.output.format, ReportFormat::Json, "{words}");
            assert_eq!(args.output.quiet, 1, "{words}");
            assert_eq!(args.limits.workers, Some(3), "{words}");
        }
    }

    #[test]
    fn a_file_may_be_called_like_a_command() {
        for (words, path) in [
            ("./scan", "./scan"),
            ("-- rules", "rules"),
            ("scan scan", "scan"),
            ("scan rules", "rules"),
            ("scan -- -q", "-q"),
        ] {
            assert_eq!(scan(words).input.paths, [PathBuf::from(path)], "{words}");
        }
        let both = scan("a rules").input.paths;
        assert_eq!(both, ["a", "rules"].map(PathBuf::from));
        // The value of an option is no command.
        assert!(parse(line("--output rules")).is_err());
        assert!(parse(line("-o rules")).is_err());
        assert_eq!(scan("-qo rules x").input.paths, [PathBuf::from("x")]);
    }

    #[test]
    fn rules_are_asked_for_by_their_word() {
        for words in [
            "rules content-mismatch --format markdown",
            "--format markdown rules content-mismatch",
        ] {
            let Ok(Command::Rules(args)) = parse(line(words)) else {
                panic!("{words}")
            };
            assert_eq!(args.rule.map(|rule| rule.id), Some("content-mismatch"));
            assert_eq!(args.format, CatalogueFormat::Markdown);
        }
        assert!(matches!(parse(line("rules")), Ok(Command::Rules(_))));
    }

    #[test]
    fn help_is_a_word_too() {
        for words in ["help", "--help", "help rules", "rules --help", "help scan"] {
            let error = parse(line(words)).unwrap_err();
            assert_eq!(error.kind(), clap::error::ErrorKind::DisplayHelp, "{words}");
        }
    }

    #[test]
    fn lists_are_split_at_commas_and_repeat() {
        let args = scan("x --select content-mismatch,content-polyglot --select content-mismatch");
        let ids: Vec<_> = args.verdict.select.iter().map(|rule| rule.id).collect();
        assert_eq!(
            ids,
            ["content-mismatch", "content-polyglot", "content-mismatch"]
        );
        let args = scan("x --severity content-mismatch=low,content-polyglot=info");
        assert_eq!(args.verdict.severity.len(), 2);
    }
}
