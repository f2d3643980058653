//! The file `checkpoint`: text that names the last checkpoints by path.
//!
//! `tf.train.latest_checkpoint` reads it and hands out the path, so that
//! whoever restores the last checkpoint of a directory opens what it names.

use crate::detect::paths::{self, Escape};
use crate::formats::tally::Tally;
use crate::formats::tensorflow::text::{Token, Tokens};
use crate::formats::{Artifact, Claim, Content, Context, Format, FormatSpec, Probe};
use crate::report::{Severity, escape_text};
use crate::rules::tensorflow as rules;
use crate::wire::Fault;

/// Longest note that is read, in bytes; it has a line for each checkpoint.
const NOTE_CAP_BYTES: u64 = 16 << 20;

/// The fields that hold paths.
const FIELDS: &[&str] = &["model_checkpoint_path", "all_model_checkpoint_paths"];

/// The note about the last checkpoint.
pub struct CheckpointState;

static SPEC: FormatSpec = FormatSpec {
    id: "tensorflow-checkpoint-state",
    title: "TensorFlow checkpoint state",
    suffixes: &[],
    runs_code: false,
    content: Content::Data,
    layer_of: Some("text"),
    references: &[
        "https://github.com/tensorflow/tensorflow/blob/master/tensorflow/python/training/checkpoint_state.proto",
    ],
    limitations: &["Whether the checkpoints are there is not looked up."],
};

impl Format for CheckpointState {
    fn spec(&self) -> &'static FormatSpec {
        &SPEC
    }

    fn recognise(&self, probe: &Probe<'_>) -> Claim {
        let text = probe.head().trim_ascii_start();
        match FIELDS
            .iter()
            .any(|field| text.starts_with(field.as_bytes()))
        {
            true => Claim::Structure,
            false => Claim::No,
        }
    }

    fn examine(&self, artifact: &Artifact, cx: &mut Context<'_>) -> Result<(), Fault> {
        let source = artifact.source.as_ref();
        if source.len() > NOTE_CAP_BYTES {
            let what = format!("a note of {} bytes", source.len());
            return Err(Fault::unsupported(0, what));
        }
        let chunk = source.chunk(0..source.len())?;
        let mut tokens = Tokens::new(&chunk);
        let mut tally = Tally::default();
        let mut is_path = false;
        let ended = loop {
            cx.tick()?;
            match tokens.next() {
                Ok(Some(Token::Word(word))) => is_path = FIELDS.contains(&word),
                Ok(Some(Token::Text(text))) if is_path => {
                    let text = String::from_utf8_lossy(&text).into_owned();
                    judge(&text, tokens.position(), &mut tally);
                }
                Ok(Some(_)) => {}
                Ok(None) => break Ok(()),
                Err(fault) => break Err(fault),
            }
        };
        chunk.verify()?;
        tally.report(cx);
        ended
    }
}

fn judge(path: &str, at: u64, tally: &mut Tally) {
    let severity = match paths::escape(path) {
        None | Some(Escape::Backslash) => return,
        // Older versions write down where the checkpoint lay.
        Some(Escape::Absolute | Escape::Drive | Escape::Home) => Severity::Low,
        Some(_) => Severity::Medium,
    };
    let shown: String = escape_text(path).chars().take(200).collect();
    let message = format!("the last checkpoint is said to be `{shown}`");
    let draft = rules::OUTSIDE_PATH.at(at).severity(severity);
    tally.add(draft.message(message).evidence(shown));
}
