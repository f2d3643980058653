//! Running the program as a person or a script would.

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

/// What a run came to.
#[derive(Debug)]
pub struct Run {
    /// The exit code; `None` where a signal ended it.
    pub code: Option<i32>,
    /// All of standard output.
    pub stdout: String,
    /// All of standard error.
    pub stderr: String,
}

impl From<Output> for Run {
    fn from(output: Output) -> Run {
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Run {
            code: output.status.code(),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }
}

/// The program, in an environment without the variables that it reads.
pub fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_modelaudit"));
    command.args(args).stdin(Stdio::null());
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy().into_owned();
        if name.starts_with("MODELAUDIT_") || name.contains("COLOR") || name == "RUST_BACKTRACE" {
            command.env_remove(name);
        }
    }
    command
}

/// Run it to its end.
pub fn run(args: &[&str]) -> Run {
    command(args).output().expect("the binary runs").into()
}

/// Run it with these bytes on standard input.
pub fn run_with_stdin(args: &[&str], input: &[u8]) -> Run {
    let mut child = command(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    let mut pipe = child.stdin.take().expect("a pipe");
    // A program that refuses its call does not read.
    let _ = pipe.write_all(input);
    drop(pipe);
    child.wait_with_output().expect("it ends").into()
}
