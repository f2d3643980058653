//! SentencePiece: the tokenizer of many language models, one Protocol Buffers
//! message with its pieces.
//!
//! Loading it runs nothing, and it names no files that are opened. What is left
//! to an attacker is the room for extensions: fields that no reader knows, in
//! which bytes travel unseen. They are slack, which is examined by what it is.
//! Specification:
//! <https://github.com/google/sentencepiece/blob/master/src/sentencepiece_model.proto>.
//!
//! Not checked here: what the pieces spell, and the rules of normalisation.

use super::{Artifact, Claim, Content, Context, Format, FormatSpec, Probe};
use crate::report::{Span, Why};
use crate::source::Source;
use crate::wire::Fault;
use crate::wire::protobuf::{Field, Reader, Value};

/// Pieces that must be ones for it to be a tokenizer.
const SIGNS: usize = 3;

/// Runs of bytes that no field owns, and that are listed one by one.
const SLACK_CAP: usize = 4096;

/// The number of a piece in the outermost message; those behind it are the
/// specifications of trainer and normaliser, and tests.
const PIECE: u32 = 1;

/// SentencePiece.
pub struct SentencePiece;

static SPEC: FormatSpec = FormatSpec {
    id: "sentencepiece",
    title: "a SentencePiece tokenizer",
    suffixes: &[".model", ".spm"],
    runs_code: false,
    content: Content::Data,
    layer_of: None,
    references: &[
        "https://github.com/google/sentencepiece/blob/master/src/sentencepiece_model.proto",
    ],
    limitations: &["Pieces and rules of normalisation are not judged, only swept."],
};

impl Format for SentencePiece {
    fn spec(&self) -> &'static FormatSpec {
        &SPEC
    }

    fn recognise(&self, probe: &Probe<'_>) -> Claim {
        let begins = matches!(probe.head(), [0x0a, len, 0x0a, ..] if *len < 0x80);
        match begins && begins_with_pieces(probe.source()) {
            true => Claim::Structure,
            // `.model` is a name that many kinds of files have.
            false => Claim::No,
        }
    }

    fn examine(&self, artifact: &Artifact, cx: &mut Context<'_>) -> Result<(), Fault> {
        let source = artifact.source.as_ref();
        let mut walk = Walk {
            reader: Reader::new(source, 0..source.len()),
            cx,
            slack: 0,
        };
        walk.cx.accounts();
        let ended = walk.run();
        if let Err(Fault::Malformed { .. }) = &ended {
            let rest = walk.reader.position()..source.len();
            walk.leave_over(rest);
        }
        ended
    }
}

fn begins_with_pieces(source: &dyn Source) -> bool {
    let mut reader = Reader::new(source, 0..source.len());
    (0..SIGNS).all(|_| {
        let Ok(Some(field)) = reader.next() else {
            return false;
        };
        field.number == PIECE && is_piece(&field, &mut reader).unwrap_or(false)
    })
}

/// Whether a message is a text with a score and perhaps a type.
fn is_piece(field: &Field, reader: &mut Reader<'_>) -> Result<bool, Fault> {
    let Some(span) = field.bytes() else {
        return Ok(false);
    };
    reader.enter(span)?;
    let (mut has_text, mut has_score) = (false, false);
    while let Some(inner) = reader.next()? {
        match (inner.number, &inner.value) {
            (1, Value::Bytes(text)) => {
                let len = text.end.saturating_sub(text.start);
                let bytes = reader.read(text, usize::try_from(len).unwrap_or(0))?;
                has_text = std::str::from_utf8(&bytes).is_ok();
            }
            (2, Value::Fixed32(_)) => has_score = true,
            (3, Value::Varint(0..=16)) => {}
            _ => return Ok(false),
        }
    }
    reader.leave();
    Ok(has_text && has_score)
}

/// Walks one tokenizer.
struct Walk<'a, 'c> {
    reader: Reader<'a>,
    cx: &'a mut Context<'c>,
    slack: usize,
}

impl Walk<'_, '_> {
    fn run(&mut self) -> Result<(), Fault> {
        loop {
            self.cx.tick()?;
            match self.reader.next()? {
                Some(field) => self.field(&field)?,
                None if self.reader.leave() => {}
                None => return Ok(()),
            }
        }
    }

    fn field(&mut self, field: &Field) -> Result<(), Fault> {
        let is_inside = self.reader.depth() > 0;
        match (is_inside, field.number, &field.value) {
            (false, PIECE, Value::Bytes(span)) => self.reader.enter(span)?,
            (false, 2..=5, Value::Bytes(_))
            | (true, 1, Value::Bytes(_))
            | (true, 2, Value::Fixed32(_))
            | (true, 3, Value::Varint(_)) => {}
            (_, _, Value::Bytes(span) | Value::Group(span)) => self.leave_over(span.clone()),
            _ => self.leave_over(field.span.clone()),
        }
        Ok(())
    }

    /// Say that bytes belong to nothing.
    fn leave_over(&mut self, span: Span) {
        match self.slack {
            n if n < SLACK_CAP => self.cx.slack(span),
            SLACK_CAP => {
                let detail = format!(
                    "more than {SLACK_CAP} fields are none of the format; the content of others is not looked at as files"
                );
                let rest = span.start..self.reader.end();
                self.cx.gap(rest, Why::Limit, detail);
            }
            _ => {}
        }
        self.slack = self.slack.saturating_add(1);
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{examine, mangle, recognise};
    use super::*;
    use crate::wire::protobuf::sample::Message;

    fn piece(text: &str) -> Message {
        Message::new().bytes(1, text).fixed32(2, 0).varint(3, 2)
    }

    fn tokenizer() -> Message {
        let pieces = ["<unk>", "<s>", "</s>", "▁the"];
        let whole = pieces
            .iter()
            .fold(Message::new(), |m, text| m.message(1, &piece(text)));
        whole
            .message(2, &Message::new().varint(3, 1))
            .message(3, &Message::new().bytes(1, "nmt_nfkc"))
    }

    #[test]
    fn it_is_known_by_its_pieces() {
        let of = |message: Message| recognise(&SentencePiece, "tokenizer.model", message.done());
        assert_eq!(of(tokenizer()), Claim::Structure);
        let two = Message::new()
            .message(1, &piece("a"))
            .message(1, &piece("b"));
        assert_eq!(of(two), Claim::No);
        let other = (0..4).fold(Message::new(), |m, _| {
            m.message(1, &Message::new().bytes(1, "x"))
        });
        assert_eq!(of(other), Claim::No);
        assert_eq!(of(Message::new().raw(b"\n\x05\n\x03abc text")), Claim::No);
    }

    #[test]
    fn ordinary_ones_are_clean_and_extensions_slack() {
        let good = examine(&SentencePiece, "m.model", tokenizer().done());
        assert!(good.is_clean() && good.named.accounts && good.named.slack.is_empty());
        for odd in [
            tokenizer().bytes(200, "payload"),
            tokenizer().message(1, &piece("x").bytes(200, "payload")),
            tokenizer().varint(4, 7),
        ] {
            let said = examine(&SentencePiece, "m.model", odd.done());
            assert!(said.is_clean());
            assert_eq!(said.named.slack.len(), 1);
        }
        let many = (0..5000).fold(tokenizer(), |m, _| m.bytes(300, "x"));
        let said = examine(&SentencePiece, "m.model", many.done());
        assert_eq!((said.named.slack.len(), said.gaps.len()), (4096, 1));
    }

    #[test]
    fn a_cut_one_is_a_gap() {
        let bytes = tokenizer().done();
        let said = examine(&SentencePiece, "m.model", &bytes[..bytes.len() - 3]);
        assert_eq!(said.gaps.len(), 1);
        assert_eq!(said.gaps[0].1, Why::Malformed);
    }

    #[test]
    fn broken_ones_end_in_words() {
        mangle(&SentencePiece, "m.model", tokenizer().as_ref());
    }
}
