//! Files that hold what an output should be.

use std::fs;
use std::path::Path;

/// Compare `text` with the committed file at `path`, counted from the root of
/// the repository. `MODELAUDIT_BLESS=1` writes the file instead.
pub fn compare(path: &str, text: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if std::env::var_os("MODELAUDIT_BLESS").is_some_and(|value| value == "1") {
        fs::write(&file, text).unwrap_or_else(|e| panic!("{path}: {e}"));
        return;
    }
    let expected = fs::read_to_string(&file).unwrap_or_else(|e| panic!("{path}: {e}"));
    if text == expected {
        return;
    }
    let differs = text.lines().zip(expected.lines()).position(|(a, b)| a != b);
    let line = differs.unwrap_or_else(|| text.lines().count().min(expected.lines().count()));
    panic!(
        "{path} differs from line {}:\n  is       {:?}\n  expected {:?}\n\
         If the new text is right, run the test with MODELAUDIT_BLESS=1.",
        line + 1,
        text.lines().nth(line).unwrap_or("(end)"),
        expected.lines().nth(line).unwrap_or("(end)"),
    );
}
