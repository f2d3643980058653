//! Does this program, carried inside of a model, do harm when it runs.
//!
//! TorchScript, the subset of Python that PyTorch serialises and compiles
//! itself, is judged by the dotted names it mentions, wherever they stand,
//! because naming `torch.save` under another name works as well as calling it.
//! The reader of tokens serves Python as well where that cannot be parsed
//! ([`python`](super::python)).

mod chains;
mod lexer;
pub mod operators;
pub mod torchscript;

pub(super) use chains::{Chain, Piece, Pieces};

/// Characters of a source that are shown.
const EXCERPT_CAP_BYTES: usize = 120;

/// The rest of the line from `at` on, as far as it is shown.
fn excerpt(source: &[u8], at: usize) -> String {
    let end = at.saturating_add(EXCERPT_CAP_BYTES).min(source.len());
    let rest = source.get(at..end).unwrap_or_default();
    let line = rest.split(|&b| b == b'\n').next().unwrap_or_default();
    String::from_utf8_lossy(line).into_owned()
}
