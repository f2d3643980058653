//! Where the report goes. The place is opened before the scan, so that a
//! report that cannot be written costs no scan, and filled when it has ended.

use std::fs::File;
use std::io::{self, BufWriter, IsTerminal as _, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use super::inputs::Named;
use crate::report::escape_text;

/// An open place for the report.
#[derive(Debug)]
pub enum Output {
    /// Standard output.
    Stdout,
    /// A file that still holds what it held before.
    File {
        /// The open file.
        file: File,
        /// Its name, for messages.
        name: String,
    },
}

impl Output {
    /// Open the file, or standard output if there is none or it is `-`.
    pub fn open(path: Option<&PathBuf>) -> Result<Output> {
        let Some(path) = path.filter(|path| path.as_os_str() != "-") else {
            return Ok(Output::Stdout);
        };
        let name = escape_text(&path.display().to_string());
        // Not cut yet: if the scan never ends, the old report is still there.
        let file = File::options()
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .with_context(|| {
                format!("cannot write the report to {name}; choose another file with --output")
            })?;
        Ok(Output::File { file, name })
    }

    /// Whether a person looks at it right now.
    pub fn is_terminal(&self) -> bool {
        match self {
            Output::Stdout => io::stdout().is_terminal(),
            Output::File { file, .. } => file.is_terminal(),
        }
    }

    /// Device and inode, where the report goes into a regular file. That file
    /// is ours, and no part of a model in whose directory it may lie.
    pub fn identity(&self) -> Option<(u64, u64)> {
        match self {
            Output::Stdout => identity(io::stdout().as_fd().try_clone_to_owned().ok()?.into()),
            Output::File { file, .. } => identity(file.try_clone().ok()?),
        }
    }

    /// Refuse to write the report over something that is to be scanned.
    pub fn refuse_overwriting(&self, inputs: &[Named]) -> Result<()> {
        let own = self.identity();
        for input in inputs {
            if let Named::Path(path) = input
                && own.is_some()
                && identity_at(path) == own
            {
                let name = escape_text(&path.display().to_string());
                bail!("the report would replace {name}, which is to be scanned");
            }
        }
        Ok(())
    }

    /// Write it. A reader of standard output who has seen enough is no error.
    pub fn write(self, render: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<()> {
        match self {
            Output::Stdout => {
                let written = fill(io::stdout().lock(), render);
                quietly(written).context("cannot write the report to standard output")
            }
            Output::File { file, name } => {
                let written = cut(&file).and_then(|()| fill(file, render));
                quietly(written).with_context(|| format!("cannot write the report to {name}"))
            }
        }
    }
}

fn identity(file: File) -> Option<(u64, u64)> {
    let meta = file.metadata().ok()?;
    meta.is_file().then(|| (meta.dev(), meta.ino()))
}

fn identity_at(path: &Path) -> Option<(u64, u64)> {
    let meta = path.metadata().ok()?;
    Some((meta.dev(), meta.ino()))
}

/// Drop what the file held; pipes and devices hold nothing.
fn cut(file: &File) -> io::Result<()> {
    if file.metadata()?.is_file() {
        file.set_len(0)?;
    }
    Ok(())
}

fn fill(to: impl Write, render: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let mut out = BufWriter::new(to);
    render(&mut out)?;
    out.flush()
}

fn quietly(written: io::Result<()>) -> io::Result<()> {
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_old_report_stays_until_the_new_one_is_written() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("report");
        std::fs::write(&path, "the old and longer report").unwrap();
        let output = Output::open(Some(&path)).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"the old and longer report");
        output.write(|out| out.write_all(b"new")).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"new");
    }

    #[test]
    fn a_report_does_not_replace_what_is_scanned() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("model.pkl");
        std::fs::write(&path, "model").unwrap();
        let output = Output::open(Some(&path)).unwrap();
        let refused = output.refuse_overwriting(&[Named::Path(path.clone())]);
        assert!(refused.unwrap_err().to_string().contains("model.pkl"));
        let other = [Named::Path(dir.path().to_owned()), Named::Stdin("x".into())];
        assert!(output.refuse_overwriting(&other).is_ok());
        assert_eq!(std::fs::read(&path).unwrap(), b"model");
    }

    #[test]
    fn what_cannot_be_written_is_said_before_the_scan() {
        let dir = tempfile::tempdir().unwrap();
        for path in [dir.path().to_owned(), dir.path().join("no/such/dir")] {
            let error = format!("{:#}", Output::open(Some(&path)).unwrap_err());
            assert!(error.contains("--output"), "{error}");
        }
    }

    #[test]
    fn only_a_reader_who_left_is_forgiven() {
        let pipe = io::Error::from(io::ErrorKind::BrokenPipe);
        assert!(quietly(Err(pipe)).is_ok());
        let full = io::Error::from(io::ErrorKind::StorageFull);
        assert!(quietly(Err(full)).is_err());
    }
}
