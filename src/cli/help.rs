//! The words of the help that stand around the options: the overview, the
//! examples, the environment, and the exit codes.

/// The two forms of a call.
pub const USAGE: &str = "modelaudit [OPTIONS] <PATH>...
       modelaudit rules [ID] [--format text|json|markdown]";

/// What the program is, at the top of the long help.
pub const OVERVIEW: &str = "\
Security scanner for machine-learning model files.

Reads models, never loads or runs them, and says what in them could hurt whoever \
loads them. Every check is run on every byte, whatever the size; what could not be \
checked is named, and then the verdict is not \"clean\".

A PATH is a file, a directory, any one shard of a sharded model or its index JSON \
(the whole set is scanned once), or \"-\" for standard input. A file that is called \
like a command (scan, rules, help) is written ./scan.";

/// The end of the short help.
pub const AFTER_HELP: &str =
    "Exit codes: 0 clean, 1 findings, 2 incomplete or wrong call, 130 interrupted.
More, with examples and environment variables: modelaudit --help";

/// Examples, variables, sizes and exit codes, at the end of the long help.
pub const AFTER_LONG_HELP: &str = "\
Examples:
  modelaudit model.safetensors
      Scan one file and print the report.
  modelaudit pytorch_model-00001-of-00005.bin
      Scan the whole sharded model that this file belongs to.
  modelaudit --format sarif --output results.sarif models/
      Scan a directory in CI; the exit code fails the job.
  modelaudit --fail-on high --allow-partial --timeout 3600 download/
      Fail on high and critical findings only; accept what could not be checked.
  curl -sL https://example.com/model.pkl | modelaudit - --stdin-name model.pkl
      Scan a download before it reaches the disk.
  find models -name '*.bin' -print0 | modelaudit --files-from - --null
      Scan a list of files.
  modelaudit --dry-run checkpoints/
      Say what would be read, and how.

Environment (an option of the same meaning wins; an empty variable counts as unset):
  MODELAUDIT_TIMEOUT        as --timeout
  MODELAUDIT_SHARD_TIMEOUT  as --shard-timeout
  MODELAUDIT_MAX_WORKERS    as --workers
  MODELAUDIT_MMAP_WINDOW    as --mmap-window
  MODELAUDIT_MAX_MEMORY     as --max-memory
  NO_COLOR, CLICOLOR=0, TERM=dumb   no colour with --color auto
  CLICOLOR_FORCE                    colour with --color auto, also in a pipe

Sizes are bytes, or a number with a unit: B, KB, MB, GB, TB, PB (also KiB, MiB, ...). \
All units are binary (1 MB = 1048576 bytes), and fractions such as 1.5GB are fine.

Exit codes:
    0  everything was checked, and nothing reached --fail-on
    1  a finding reached --fail-on, also when the scan is incomplete
    2  no such finding, but something could not be checked, there was nothing to scan, \
or the call was wrong
  130  interrupted; the report of what was done is written";
