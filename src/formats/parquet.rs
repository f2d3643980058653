//! Parquet: columns, and a footer that describes them.
//!
//! The *footer* at the end of the file is one Thrift struct: schema, row
//! groups, and keys with values. Writers that come from Arrow put the Arrow
//! schema there under `ARROW:schema`, in base64, because it says more than
//! Parquet's own: extension types too, and with them the pickles that pyarrow
//! before 14.0.1 loads. That schema becomes a member and is examined as the
//! Arrow message it is. Specification: `parquet-format`, `parquet.thrift` and
//! `Encryption.md`.
//!
//! An attacker hides a pickle two encodings deep in a key, or lets a column
//! point at another file.
//!
//! Not checked: the values of the columns.

use super::arrow::Metadata;
use super::tally::Tally;
use super::text::looks_like_text;
use super::{Artifact, Body, Claim, Content, Context, Format, FormatSpec, Kind, Member, Probe};
use crate::detect::paths;
use crate::report::{Span, Why, escape_text};
use crate::rules::arrow::EXTERNAL_COLUMN;
use crate::source::Source;
use crate::wire::Fault;
use crate::wire::base64;
use crate::wire::thrift::{Event, Reader, Token};

/// The magic number at both ends.
const MAGIC: &[u8] = b"PAR1";

/// The magic number where the footer is encrypted.
const ENCRYPTED_MAGIC: &[u8] = b"PARE";

/// Length and magic number at the end, in bytes.
const TAIL_BYTES: u64 = 8;

/// The key that holds the Arrow schema.
const ARROW_SCHEMA: &[u8] = b"ARROW:schema";

/// Longest Arrow schema that is decoded, in bytes of base64.
const SCHEMA_CAP_BYTES: u64 = 256 << 20;

/// Bytes of a key or a path that are read.
const NAME_CAP_BYTES: u64 = 4096;

/// Fields of the footer, by path: `FileMetaData.key_value_metadata`.
const PAIR: &[i16] = &[5];
const KEY: &[i16] = &[5, 1];
const VALUE: &[i16] = &[5, 2];
/// `FileMetaData.row_groups.columns.file_path`.
const FILE_PATH: &[i16] = &[4, 1, 1];
/// The keys of one column in one row group:
/// `row_groups.columns.meta_data.key_value_metadata`.
const COLUMN_PAIR: &[i16] = &[4, 1, 3, 8];
const COLUMN_KEY: &[i16] = &[4, 1, 3, 8, 1];
const COLUMN_VALUE: &[i16] = &[4, 1, 3, 8, 2];
/// `FileMetaData.schema`.
const SCHEMA: &[i16] = &[2];
/// `FileMetaData.encryption_algorithm`.
const ENCRYPTION: &[i16] = &[8];

/// Parquet file.
pub struct Parquet;

static SPEC: FormatSpec = FormatSpec {
    id: "parquet",
    title: "Parquet file",
    suffixes: &[".parquet"],
    runs_code: false,
    content: Content::Data,
    layer_of: None,
    references: &[
        "https://parquet.apache.org/docs/file-format/",
        "CVE-2023-47248",
    ],
    limitations: &[
        "The values of the columns are searched as they lie there, packed ones in packed form.",
    ],
};

impl Format for Parquet {
    fn spec(&self) -> &'static FormatSpec {
        &SPEC
    }

    fn kind(&self) -> Kind {
        Kind::Columns
    }

    fn recognise(&self, probe: &Probe<'_>) -> Claim {
        let head = probe.head();
        let begins = head.starts_with(MAGIC) || head.starts_with(ENCRYPTED_MAGIC);
        let tail = probe.tail().1;
        let ends = tail.ends_with(MAGIC) || tail.ends_with(ENCRYPTED_MAGIC);
        let named = probe.has_suffix(SPEC.suffixes);
        match begins {
            true if ends && probe.len() >= 12 => Claim::Structure,
            true if named || !looks_like_text(head) => Claim::Magic,
            _ if named => Claim::Name,
            _ => Claim::No,
        }
    }

    fn examine(&self, artifact: &Artifact, cx: &mut Context<'_>) -> Result<(), Fault> {
        let source = artifact.source.as_ref();
        let span = footer(source)?;
        let mut reader = Reader::new(source, span.clone());
        let mut walk = Walk {
            source,
            metadata: Metadata::new(artifact),
            key: Vec::new(),
            value: None,
            paths: Tally::default(),
            has_schema: false,
            is_encrypted: false,
        };
        let ended = walk.all(&mut reader, cx);
        std::mem::take(&mut walk.paths).report(cx);
        ended?;
        if walk.is_encrypted {
            let detail = "columns are encrypted; their values are not seen";
            cx.gap(0..span.start, Why::Encrypted, detail);
        }
        match walk.has_schema {
            true => Ok(()),
            false => Err(Fault::malformed(span.start, "the footer has no schema")),
        }
    }
}

/// Where the footer is.
fn footer(source: &dyn Source) -> Result<Span, Fault> {
    let len = source.len();
    let end = len.saturating_sub(TAIL_BYTES);
    let tail = source.chunk(end..len)?;
    let Some((size, magic)) = tail.split_first_chunk::<4>() else {
        return Err(Fault::malformed(end, "the file ends before its footer"));
    };
    let size = u64::from(u32::from_le_bytes(*size));
    let start = end
        .checked_sub(size)
        .filter(|&start| size > 0 && start >= MAGIC.len() as u64);
    match start {
        Some(start) if magic == MAGIC => Ok(start..end),
        Some(start) if magic == ENCRYPTED_MAGIC => Err(Fault::Encrypted {
            at: start,
            what: "the footer is encrypted".to_owned(),
        }),
        _ => {
            let what = format!("there is no footer of {size} bytes in front of the end");
            Err(Fault::malformed(end, what))
        }
    }
}

/// What was seen of a footer.
struct Walk<'a> {
    source: &'a dyn Source,
    metadata: Metadata<'a>,
    /// The key and the value of the pair that is open, in either order.
    key: Vec<u8>,
    value: Option<Span>,
    /// Paths that lead out: each column of each row group has one.
    paths: Tally,
    has_schema: bool,
    is_encrypted: bool,
}

impl Walk<'_> {
    fn all(&mut self, reader: &mut Reader<'_>, cx: &mut Context<'_>) -> Result<(), Fault> {
        while let Some(event) = reader.next()? {
            cx.tick()?;
            self.see(&event, cx)?;
        }
        Ok(())
    }

    fn see(&mut self, event: &Event<'_>, cx: &mut Context<'_>) -> Result<(), Fault> {
        match (event.path, event.token) {
            (SCHEMA, Token::Begin) => self.has_schema = true,
            (ENCRYPTION, Token::Begin) => self.is_encrypted = true,
            (KEY | COLUMN_KEY, Token::Binary) => self.key = self.bytes(&event.span)?,
            (VALUE | COLUMN_VALUE, Token::Binary) => self.value = Some(event.span.clone()),
            (PAIR, Token::End) => self.pair("the footer", cx)?,
            (COLUMN_PAIR, Token::End) => self.pair("a column", cx)?,
            (FILE_PATH, Token::Binary) => self.path(event.span.clone())?,
            _ => {}
        }
        Ok(())
    }

    fn bytes(&self, span: &Span) -> Result<Vec<u8>, Fault> {
        let end = span.end.min(span.start.saturating_add(NAME_CAP_BYTES));
        Ok(self.source.chunk(span.start..end)?.to_vec())
    }

    /// Judge the pair that ends here.
    fn pair(&mut self, owner: &str, cx: &mut Context<'_>) -> Result<(), Fault> {
        let key = std::mem::take(&mut self.key);
        let Some(span) = self.value.take() else {
            return Ok(());
        };
        if key == ARROW_SCHEMA {
            return self.arrow_schema(span, cx);
        }
        let key = String::from_utf8_lossy(&key);
        self.metadata.value(&key, span, owner, cx)
    }

    /// Decode the Arrow schema and hand it on.
    fn arrow_schema(&self, span: Span, cx: &mut Context<'_>) -> Result<(), Fault> {
        let len = span.end.saturating_sub(span.start);
        if len > SCHEMA_CAP_BYTES {
            let detail = format!("an Arrow schema of {len} bytes is not decoded");
            cx.gap(span, Why::Limit, detail);
            return Ok(());
        }
        let text = self.source.chunk(span.clone())?;
        match base64::decode(&text) {
            Some(bytes) => cx.member(Member {
                name: "ARROW:schema.arrow".to_owned(),
                body: Body::Decoded(bytes),
                stated: None,
            })?,
            None => cx.gap(span, Why::Malformed, "the Arrow schema is no base64"),
        }
        Ok(())
    }

    /// The file that a column lies in, where it is not this one.
    fn path(&mut self, span: Span) -> Result<(), Fault> {
        let path = String::from_utf8_lossy(&self.bytes(&span)?).into_owned();
        if let Some(escape) = paths::escape(&path) {
            let message = format!(
                "a column lies in `{}`, which {}",
                escape_text(&path),
                escape.describe()
            );
            let draft = EXTERNAL_COLUMN.at(span).message(message);
            self.paths.add(draft.evidence(path));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::testing::{self, Said, mangle};

    /// A file with this footer, its length and magic numbers around it.
    fn file(footer: &[u8]) -> Vec<u8> {
        let len = (footer.len() as u32).to_le_bytes();
        [MAGIC, b"data", footer, &len, MAGIC].concat()
    }

    fn text(field: u8, text: &[u8]) -> Vec<u8> {
        [&[field, text.len() as u8], text].concat()
    }

    /// A footer with a schema, one column in the file `path`, and one pair.
    fn footer(path: &[u8], key: &[u8], value: &[u8]) -> Vec<u8> {
        let column = [&[0x19, 0x1c][..], &text(0x18, path), &[0, 0]].concat();
        let groups = [&[0x29, 0x1c][..], &column].concat();
        let pair = [
            &[0x19, 0x1c][..],
            &text(0x18, key),
            &text(0x18, value),
            &[0],
        ]
        .concat();
        [&[0x15, 2, 0x19, 0x1c, 0][..], &groups, &pair, &[0]].concat()
    }

    fn examine(footer: &[u8]) -> Said {
        testing::examine(&Parquet, "x.parquet", file(footer))
    }

    #[test]
    fn an_ordinary_footer_is_clean() {
        let bytes = file(&footer(b"part-0.parquet", b"pandas", b"{}"));
        assert_eq!(testing::recognise(&Parquet, "x", bytes), Claim::Structure);
        let said = examine(&footer(b"part-0.parquet", b"pandas", b"{}"));
        assert!(said.is_clean() && said.named.members.is_empty(), "{said:?}");
    }

    #[test]
    fn the_arrow_schema_is_handed_on_decoded() {
        let said = examine(&footer(b"", b"ARROW:schema", b"aGVsbG8="));
        assert!(said.is_clean());
        assert_eq!(said.named.members[0].body, Body::Decoded(b"hello".to_vec()));
        let broken = examine(&footer(b"", b"ARROW:schema", b"\xff\xff"));
        assert_eq!(broken.gaps[0].1, Why::Malformed);
    }

    #[test]
    fn a_value_in_front_of_its_key_is_read_with_it() {
        // Thrift lets fields stand in any order, by their full ids.
        let value = [&[0x08, 4][..], &text(8, b"aGVsbG8=")[1..]].concat();
        let key = [&[0x08, 2][..], &text(12, b"ARROW:schema")[1..]].concat();
        let pair = [&[0x39, 0x1c][..], &value, &key, &[0]].concat();
        let said = examine(&[&[0x15, 2, 0x19, 0x1c, 0][..], &pair, &[0]].concat());
        assert!(said.is_clean(), "{said:?}");
        assert_eq!(said.named.members.len(), 1);
    }

    #[test]
    fn pickles_and_paths_are_found() {
        let pickle = b"\x80\x02cos\nsystem\n(S'id'\ntR.";
        let said = examine(&footer(b"", b"k", pickle));
        assert_eq!(said.rules(), ["arrow-pickled-metadata"]);
        assert_eq!(said.named.members.len(), 1);
        let said = examine(&footer(b"../../etc/passwd", b"k", b"v"));
        assert_eq!(said.rules(), ["parquet-external-column"]);
    }

    #[test]
    fn what_is_encrypted_or_not_there_is_a_gap() {
        let why = |bytes: Vec<u8>| testing::examine(&Parquet, "x.parquet", bytes).gaps[0].1;
        let whole = [ENCRYPTED_MAGIC, b"xxxx", &[4, 0, 0, 0], ENCRYPTED_MAGIC].concat();
        assert_eq!(why(whole), Why::Encrypted);
        assert_eq!(why(file(&[0])), Why::Malformed, "no schema");
        assert_eq!(why(file(&[])), Why::Malformed);
        assert_eq!(why(MAGIC.to_vec()), Why::Malformed);
        let columns = [0x15, 2, 0x19, 0x1c, 0, 0x6c, 0, 0];
        let said = examine(&columns);
        assert_eq!(said.gaps[0].1, Why::Encrypted);
    }

    #[test]
    fn broken_files_end_in_words() {
        mangle(
            &Parquet,
            "x.parquet",
            &file(&footer(b"a/b", b"ARROW:schema", b"aGVsbG8=")),
        );
    }
}
