//! The index of a sharded model: JSON that says which tensor lies in which
//! file.
//!
//! `*.index.json` with an object `weight_map` (tensor → file) and, in
//! `metadata`, a `total_size`. Loaders open every file it names, so an attacker
//! writes names that leave the directory, names a pickle among safetensors, or
//! writes a tensor twice. The file may be huge; it is read as a stream, and
//! what [`read`] keeps of it is bounded.
//!
//! Whether the named files exist and hold the named tensors is a question about
//! the whole set, not about this file: see the cross-checks of shard sets.

use super::tally::Tally;
use super::{Artifact, Claim, Content, Context, Format, FormatSpec, Probe};
use crate::budget::Budget;
use crate::detect::paths::{self, Escape};
use crate::report::{Severity, Span, Why, escape_text};
use crate::rules::manifest as rules;
use crate::source::Source;
use crate::wire::Fault;
use crate::wire::json::{Duplicate, Duplicates, NAMES_CAP, Number, Reader, Token};

/// Memory that the entries of one index may take.
const INDEX_CAP_BYTES: usize = 256 << 20;

/// What an entry takes beyond its two names.
const ENTRY_OVERHEAD_BYTES: usize = 96;

/// Repeated keys that are listed by name.
const DUPLICATES_CAP: usize = 1000;

/// Endings of files that are pickles, or archives of them.
const PICKLE_SUFFIXES: &[&str] = &[".bin", ".ckpt", ".pickle", ".pkl", ".pt", ".pth"];

/// Shard index.
pub struct ShardIndex;

static SPEC: FormatSpec = FormatSpec {
    id: "shard-index",
    title: "Shard index",
    suffixes: &[".index.json"],
    runs_code: false,
    content: Content::Data,
    layer_of: Some("text"),
    references: &["https://huggingface.co/docs/transformers/big_models"],
    limitations: &[],
};

impl Format for ShardIndex {
    fn spec(&self) -> &'static FormatSpec {
        &SPEC
    }

    fn recognise(&self, probe: &Probe<'_>) -> Claim {
        let head = probe.head();
        let object = head.trim_ascii_start().starts_with(b"{");
        let has_map = memchr::memmem::find(head, b"\"weight_map\"").is_some();
        match probe.has_suffix(SPEC.suffixes) {
            _ if object && has_map => Claim::Structure,
            true if object => Claim::Magic,
            true => Claim::Name,
            false => Claim::No,
        }
    }

    fn examine(&self, artifact: &Artifact, cx: &mut Context<'_>) -> Result<(), Fault> {
        let mut judge = Judge::new(&artifact.name);
        let ended = walk(artifact.source.as_ref(), &mut |item| {
            cx.tick()?;
            judge.item(item, cx);
            Ok(())
        });
        judge.finish(cx);
        ended
    }
}

/// Whether a shard of this name is a pickle or an archive of pickles.
fn is_pickle_name(file: &str) -> bool {
    let lower = file.to_lowercase();
    PICKLE_SUFFIXES.iter().any(|suffix| lower.ends_with(suffix))
}

/// What a shard index says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Index {
    /// `metadata.total_size`, in bytes.
    pub total_size: Option<u64>,
    /// Tensor name and the file that holds it, in the order of the file,
    /// duplicates included.
    pub entries: Vec<(String, String)>,
    /// Keys that stand twice in their object, up to a thousand of them.
    pub duplicates: Vec<String>,
    /// Keys that stand twice, all of them counted.
    pub duplicate_count: u64,
    /// Entries of `weight_map` that name no file.
    pub invalid_count: u64,
}

/// Read the index that `source` holds. A fault where it is no index, or where
/// its entries would take more than 256 MiB.
pub fn read(source: &dyn Source, budget: &Budget) -> Result<Index, Fault> {
    let mut index = Index::default();
    let mut held = 0usize;
    walk(source, &mut |item| {
        budget.check()?;
        match item {
            Item::Entry { name, file, span } => {
                held = held
                    .saturating_add(name.len())
                    .saturating_add(file.len())
                    .saturating_add(ENTRY_OVERHEAD_BYTES);
                if held > INDEX_CAP_BYTES {
                    let what = format!("a shard index of more than {INDEX_CAP_BYTES} bytes");
                    return Err(Fault::unsupported(span.start, what));
                }
                index.entries.push((name.to_owned(), file.to_owned()));
            }
            Item::TotalSize(size) => index.total_size = Some(size),
            Item::Duplicate { key, .. } => {
                index.duplicate_count = index.duplicate_count.saturating_add(1);
                if index.duplicates.len() < DUPLICATES_CAP {
                    index.duplicates.push(key.chars().take(1000).collect());
                }
            }
            Item::Wrong { .. } => index.invalid_count = index.invalid_count.saturating_add(1),
            Item::CapReached(_) => {}
        }
        Ok(())
    })?;
    Ok(index)
}

/// One thing that an index says.
enum Item<'r> {
    /// A tensor and its file.
    Entry {
        name: &'r str,
        file: &'r str,
        span: Span,
    },
    /// The size of all tensors together.
    TotalSize(u64),
    /// A key that its object already has.
    Duplicate { key: &'r str, span: Span },
    /// Keys are no longer compared.
    CapReached(Span),
    /// Something of the wrong type.
    Wrong { what: String, span: Span },
}

/// The object that a value at the second level stands in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Section {
    WeightMap,
    Metadata,
    Other,
}

/// Hand everything that the index says to `take`, front to back.
fn walk(
    source: &dyn Source,
    take: &mut dyn FnMut(Item<'_>) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let mut reader = Reader::new(source, 0..source.len());
    let mut duplicates = Duplicates::default();
    let mut section = Section::Other;
    let mut mapped = false;
    let mut key = String::new();
    while let Some(event) = reader.next()? {
        let seen = duplicates.see(&event);
        let span = event.span;
        match (event.depth, event.token) {
            (0, Token::ObjectStart | Token::ObjectEnd) => {}
            (0, _) => return Err(Fault::malformed(span.start, "the index is not an object")),
            (1 | 2, Token::Key(text)) => {
                key.clear();
                key.push_str(text.value);
                match seen {
                    Duplicate::No => {}
                    Duplicate::Key => take(Item::Duplicate { key: &key, span })?,
                    Duplicate::CapReached => take(Item::CapReached(span))?,
                }
                if event.depth == 1 {
                    section = section_of(&key);
                    mapped |= section == Section::WeightMap;
                }
            }
            (1, token) => second_level(section, &token, span, take)?,
            (2, Token::String(file)) if section == Section::WeightMap => take(Item::Entry {
                name: &key,
                file: file.value,
                span,
            })?,
            (2, token) => value(section, &key, &token, span, take)?,
            _ => {}
        }
    }
    if !mapped {
        let what = "the index has no `weight_map`".to_owned();
        take(Item::Wrong {
            what,
            span: 0..source.len(),
        })?;
    }
    Ok(())
}

fn section_of(key: &str) -> Section {
    match key {
        "weight_map" => Section::WeightMap,
        "metadata" => Section::Metadata,
        _ => Section::Other,
    }
}

/// A value of the outermost object: the two that matter are objects.
fn second_level(
    section: Section,
    token: &Token<'_>,
    span: Span,
    take: &mut dyn FnMut(Item<'_>) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let fine = matches!(
        token,
        Token::ObjectStart | Token::ObjectEnd | Token::ArrayEnd
    );
    if section == Section::WeightMap && !fine {
        let what = format!("`weight_map` is {}", token.kind());
        return take(Item::Wrong { what, span });
    }
    Ok(())
}

/// A value of `weight_map` that is no file name, or of `metadata`.
fn value(
    section: Section,
    key: &str,
    token: &Token<'_>,
    span: Span,
    take: &mut dyn FnMut(Item<'_>) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let closes = matches!(token, Token::ObjectEnd | Token::ArrayEnd);
    let what = match (section, token) {
        _ if closes => return Ok(()),
        (Section::WeightMap, token) => {
            format!("the file of `{}` is {}", escape_text(key), token.kind())
        }
        (Section::Metadata, Token::Number(number)) if key == "total_size" => match whole(*number) {
            Some(size) => return take(Item::TotalSize(size)),
            None => format!("`total_size` is {}", number.text),
        },
        (Section::Metadata, token) if key == "total_size" => {
            format!("`total_size` is {}", token.kind())
        }
        _ => return Ok(()),
    };
    take(Item::Wrong { what, span })
}

/// A size in bytes; some writers spell it as a float.
fn whole(number: Number<'_>) -> Option<u64> {
    number.as_u64().or_else(|| {
        let (digits, zeros) = number.text.split_once('.')?;
        zeros
            .bytes()
            .all(|b| b == b'0')
            .then(|| digits.parse().ok())?
    })
}

/// Judges an index as it passes.
struct Judge {
    tally: Tally,
    /// Whether the name or an entry says that the model is safetensors.
    safetensors: bool,
    /// The first entry that is a pickle.
    pickle: Option<(String, Span)>,
}

impl Judge {
    fn new(name: &str) -> Self {
        Judge {
            tally: Tally::default(),
            safetensors: name.to_lowercase().ends_with(".safetensors.index.json"),
            pickle: None,
        }
    }

    fn item(&mut self, item: Item<'_>, cx: &mut Context<'_>) {
        match item {
            Item::Entry { name, file, span } => self.entry(name, file, span),
            Item::TotalSize(_) => {}
            Item::Duplicate { key, span } => {
                let message = format!("`{}` stands twice in the index", escape_text(key));
                self.tally
                    .add(rules::DUPLICATE_KEY.at(span).message(message).within(key));
            }
            Item::CapReached(span) => cx.gap(
                span,
                Why::Limit,
                format!("more than {NAMES_CAP} keys; later ones are not compared for duplicates"),
            ),
            Item::Wrong { what, span } => {
                self.tally.add(rules::INDEX_INVALID.at(span).message(what));
            }
        }
    }

    fn entry(&mut self, name: &str, file: &str, span: Span) {
        if let Some(escape) = paths::escape(file) {
            let severity = match escape {
                Escape::Backslash => Severity::Medium,
                _ => Severity::High,
            };
            let message = format!("the file `{}` {}", escape_text(file), escape.describe());
            self.tally.add(
                rules::INDEX_PATH_ESCAPE
                    .at(span.clone())
                    .severity(severity)
                    .message(message)
                    .evidence(file)
                    .within(name),
            );
        }
        if file.is_empty() {
            let message = format!("the file of `{}` has no name", escape_text(name));
            self.tally.add(
                rules::INDEX_INVALID
                    .at(span.clone())
                    .message(message)
                    .within(name),
            );
        }
        self.safetensors |= file.to_lowercase().ends_with(".safetensors");
        if is_pickle_name(file) && self.pickle.is_none() {
            self.pickle = Some((file.to_owned(), span));
        }
    }

    fn finish(mut self, cx: &mut Context<'_>) {
        if let Some((file, span)) = self.pickle.filter(|_| self.safetensors) {
            let message = format!(
                "the index of a safetensors model names `{}`",
                escape_text(&file)
            );
            self.tally.add(
                rules::INDEX_PICKLE_SHARD
                    .at(span)
                    .message(message)
                    .evidence(file),
            );
        }
        self.tally.report(cx);
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Said, mangle};
    use super::*;
    use crate::budget::Stop;
    use crate::source::Memory;

    const GOOD: &str = r#"{"metadata": {"total_size": 24, "x": [1]}, "weight_map": {
        "a.weight": "model-00001-of-00002.safetensors",
        "b.weight": "model-00002-of-00002.safetensors"}}"#;

    fn examine(name: &str, json: &str) -> Said {
        super::super::testing::examine(&ShardIndex, name, json)
    }

    fn with_file(file: &str) -> Said {
        let json = format!(r#"{{"weight_map": {{"a": "{file}"}}}}"#);
        examine("model.safetensors.index.json", &json)
    }

    fn parse(json: &str) -> Result<Index, Fault> {
        read(&Memory::new(json.as_bytes()), &Budget::unlimited())
    }

    #[test]
    fn an_ordinary_index_is_clean_and_read_in_order() {
        assert!(examine("model.safetensors.index.json", GOOD).is_clean());
        let index = parse(GOOD).unwrap();
        assert_eq!(index.total_size, Some(24));
        assert_eq!(index.entries.len(), 2);
        assert_eq!(index.entries[1].0, "b.weight");
        assert_eq!(index.duplicate_count + index.invalid_count, 0);
        let float = GOOD.replace("24", "24.0");
        assert_eq!(parse(&float).unwrap().total_size, Some(24));
        assert!(examine("model.safetensors.index.json", &float).is_clean());
        let bin = GOOD.replace("safetensors", "bin");
        assert!(examine("pytorch_model.bin.index.json", &bin).is_clean());
    }

    #[test]
    fn it_is_recognised_by_its_map_and_by_its_name() {
        let recognise =
            |name: &str, bytes: &str| super::super::testing::recognise(&ShardIndex, name, bytes);
        assert_eq!(recognise("x.index.json", GOOD), Claim::Structure);
        assert_eq!(recognise("x.json", GOOD), Claim::Structure);
        assert_eq!(recognise("x.index.json", "{}"), Claim::Magic);
        assert_eq!(recognise("x.index.json", "\u{1}"), Claim::Name);
        assert_eq!(recognise("config.json", r#"{"weight": "map"}"#), Claim::No);
    }

    #[test]
    fn names_that_leave_the_directory_are_found() {
        for file in [
            "../x.safetensors",
            "/x.safetensors",
            "https://example.org/x.safetensors",
            "C:/x.safetensors",
            "~/x.safetensors",
            "x\\u0000.safetensors",
        ] {
            let said = with_file(file);
            assert_eq!(said.severity("index-path-escape"), Severity::High, "{file}");
        }
        let backslash = with_file("a\\\\x.safetensors");
        assert_eq!(backslash.severity("index-path-escape"), Severity::Medium);
        assert!(with_file("sub/x..y.safetensors").is_clean());
    }

    #[test]
    fn a_pickle_among_safetensors_is_found() {
        assert_eq!(with_file("x.bin").rules(), ["index-pickle-shard"]);
        let mixed = r#"{"weight_map": {"a": "x.safetensors", "b": "y.PT"}}"#;
        assert_eq!(
            examine("m.index.json", mixed).rules(),
            ["index-pickle-shard"]
        );
    }

    #[test]
    fn what_is_twice_or_of_the_wrong_type_is_told() {
        let twice = r#"{"weight_map": {"a": "x", "a": "y"}, "weight_map": {"a": "z"}}"#;
        assert_eq!(
            examine("m.index.json", twice).rules(),
            ["json-duplicate-key"]
        );
        let index = parse(twice).unwrap();
        assert_eq!(index.duplicates, ["a", "weight_map"]);
        assert_eq!(index.entries.len(), 3, "all of them are kept");
        for wrong in [
            r#"{}"#,
            r#"{"weight_map": []}"#,
            r#"{"weight_map": {"a": 1}}"#,
            r#"{"weight_map": {"a": ["x"]}}"#,
            r#"{"weight_map": {"a": ""}}"#,
            r#"{"weight_map": {}, "metadata": {"total_size": "24"}}"#,
            r#"{"weight_map": {}, "metadata": {"total_size": -24}}"#,
            r#"{"weight_map": {}, "metadata": {"total_size": 2.5}}"#,
        ] {
            assert_eq!(
                examine("m.index.json", wrong).rules(),
                ["index-invalid"],
                "{wrong}"
            );
        }
        assert!(parse("[]").is_err());
    }

    #[test]
    fn broken_indexes_end_in_words() {
        let clean = mangle(&ShardIndex, "m.index.json", GOOD.as_bytes());
        assert!(clean > 0, "another letter in a name changes nothing");
    }

    #[test]
    fn a_flood_of_entries_is_told_once() {
        let entries: Vec<_> = (0..20_000).map(|i| format!(r#""t{i}": "../x""#)).collect();
        let json = format!(r#"{{"weight_map": {{{}}}}}"#, entries.join(","));
        let said = examine("m.index.json", &json);
        assert_eq!(said.findings.len(), 1);
        assert!(said.findings[0].message.contains("19999 more"));
        assert_eq!(parse(&json).unwrap().entries.len(), 20_000);
    }

    #[test]
    fn a_passed_deadline_ends_the_reading() {
        let budget = Budget::unlimited().start(Some(std::time::Duration::ZERO), None);
        let ended = read(&Memory::new(GOOD.as_bytes()), &budget);
        assert!(matches!(ended, Err(Fault::Stop(Stop::Deadline))));
    }
}
