//! How long it takes to examine what stands in front of the numbers:
//! `cargo bench --bench headers`.
//!
//! Makes a safetensors header with 100,000 tensors, a GGUF header with 1,000
//! keys and a vocabulary of 150,000 words, an ONNX graph of 20,000 nodes and a
//! TensorFlow model of 20 MB, and examines each in this process. Where Python
//! has the reference reader (`safetensors`, `gguf`, `onnx`; `PYTHON` names the
//! interpreter), it opens the same file in the same run, and the ratio is
//! printed: times above one are how much longer the reader takes.

mod files;

use std::fs;
use std::hint::black_box;
use std::io::{self, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Instant;

use modelaudit::budget::Budget;
use modelaudit::formats::{self, Artifact, Context, Sink};
use modelaudit::report::{Location, Place, Why};
use modelaudit::rules::Draft;
use modelaudit::source::Memory;

/// Runs of each; the median counts.
const RUNS: usize = 9;

/// One file and its reader in Python.
struct Subject {
    what: &'static str,
    /// The format that examines it, and a name for the file.
    format: &'static str,
    name: &'static str,
    make: fn() -> Vec<u8>,
    /// Python that opens `path` and prints the seconds that took, the import
    /// left out.
    reader: &'static str,
}

const SUBJECTS: [Subject; 4] = [
    Subject {
        what: "safetensors, 100,000 tensors",
        format: "safetensors",
        name: "model.safetensors",
        make: files::safetensors,
        reader: "from safetensors import safe_open as read\nstart = now()\nread(path, 'np')",
    },
    Subject {
        what: "GGUF, 1,000 keys, 150,000 words",
        format: "gguf",
        name: "model.gguf",
        make: files::gguf,
        reader: "from gguf import GGUFReader as read\nstart = now()\nread(path)",
    },
    Subject {
        what: "ONNX, 20,000 nodes",
        format: "onnx",
        name: "model.onnx",
        make: files::onnx,
        reader: "import onnx\nstart = now()\nonnx.load(path, load_external_data=False)",
    },
    Subject {
        what: "TensorFlow model, 20 MB",
        format: "tensorflow-saved-model",
        name: "saved_model.pb",
        make: files::saved_model,
        reader: "from tensorflow.core.protobuf.saved_model_pb2 import SavedModel\nstart = now()\n\
                 SavedModel.FromString(open(path, 'rb').read())",
    },
];

/// Keeps nothing, and counts what would be said.
struct Counting(std::sync::atomic::AtomicUsize);

impl Sink for Counting {
    fn finding(&self, draft: Draft) {
        self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        black_box(draft);
    }

    fn gap(&self, at: Place, why: Why, detail: String) {
        self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        black_box((at, why, detail));
    }
}

fn main() -> io::Result<()> {
    let mut out = io::stdout();
    writeln!(
        out,
        "{:34}{:>9}{:>12}{:>12}{:>8}",
        "", "MB", "examined", "reader", "ratio"
    )?;
    let folder = tempfile::tempdir()?;
    for subject in &SUBJECTS {
        let bytes = (subject.make)();
        let path = folder.path().join(subject.name);
        fs::write(&path, &bytes)?;
        let ours = median(|| Some(examine(subject, &bytes))).unwrap_or_default();
        let reader = median(|| read(subject, &path));
        let milliseconds = |seconds: f64| format!("{:.1} ms", seconds * 1e3);
        writeln!(
            out,
            "{:34}{:>9.1}{:>12}{:>12}{:>8}",
            subject.what,
            bytes.len() as f64 / 1e6,
            milliseconds(ours),
            reader.map_or("-".to_owned(), milliseconds),
            reader.map_or("-".to_owned(), |reader| format!("{:.1}", reader / ours)),
        )?;
    }
    Ok(())
}

fn median(mut run: impl FnMut() -> Option<f64>) -> Option<f64> {
    let mut times = (0..RUNS).map(|_| run()).collect::<Option<Vec<_>>>()?;
    times.sort_by(f64::total_cmp);
    times.get(RUNS / 2).copied()
}

/// Seconds that the examination takes. The files are well formed: it says
/// nothing.
fn examine(subject: &Subject, bytes: &[u8]) -> f64 {
    let artifact = Artifact {
        location: Location::file(subject.name),
        name: subject.name.to_owned(),
        source: Arc::new(Memory::new(bytes.to_vec())),
        depth: 0,
    };
    let format = formats::find(subject.format).unwrap_or_else(|| panic!("{}", subject.format));
    let budget = Budget::unlimited();
    let sink = Counting(0.into());
    let start = Instant::now();
    let mut cx = Context::new(&sink, &budget);
    let ended = format.examine(&artifact, &mut cx);
    let time = start.elapsed().as_secs_f64();
    assert!(ended.is_ok(), "{}: {ended:?}", subject.what);
    assert_eq!(sink.0.into_inner(), 0, "{}", subject.what);
    time
}

/// Seconds that the reader in Python takes.
fn read(subject: &Subject, path: &Path) -> Option<f64> {
    let python = std::env::var("PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let program = format!(
        "import sys\nfrom time import perf_counter as now\npath = sys.argv[1]\n{}\n\
         print(now() - start)",
        subject.reader
    );
    let run = Command::new(python)
        .args(["-c", &program])
        .arg(path)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    String::from_utf8_lossy(&run.stdout).trim().parse().ok()
}
