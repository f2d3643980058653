//! Zarr 2 and 3: the JSON beside the chunks that says how they are packed.
//!
//! A store is a folder, or a zip, with a file for each chunk and with metadata:
//! `.zarray`, `.zgroup`, `.zattrs` and `.zmetadata` in version 2, `zarr.json` in
//! version 3. The metadata names *codecs*, which a reader looks up in a registry
//! and applies to every chunk. One of them unpickles. Others come from packages
//! that a reader imports for the purpose. Specifications: Zarr v2 and v3,
//! numcodecs.
//!
//! An attacker names the pickle codec, and the chunks, which may be compressed
//! on top, run what they hold. A fill value of a structured dtype goes through
//! the same codec before any chunk is read.
//!
//! Not checked: the chunks, but for what they are by themselves.

use super::manifest::trail::{Step, Trail, shown};
use super::{Artifact, Body, Claim, Content, Context, Format, FormatSpec, Member, Probe};
use crate::report::{Span, escape_text};
use crate::rules::zarr as rules;
use crate::wire::Fault;
use crate::wire::base64;
use crate::wire::json::{Reader, Token};

/// Fill values that are remembered until the codecs are known.
const FILL_VALUES_CAP: usize = 1024;

/// Zarr metadata.
pub struct Zarr;

static SPEC: FormatSpec = FormatSpec {
    id: "zarr",
    title: "Zarr metadata",
    suffixes: &[".zarray", ".zattrs", ".zgroup", ".zmetadata"],
    runs_code: false,
    content: Content::Data,
    layer_of: Some("text"),
    references: &[
        "https://zarr-specs.readthedocs.io/en/latest/v2/v2.0.html",
        "https://zarr-specs.readthedocs.io/en/latest/v3/core/index.html",
        "https://numcodecs.readthedocs.io/en/stable/other/pickles.html",
    ],
    limitations: &["Chunks are examined as files of their own and not unpacked by their codecs."],
};

/// Codecs that turn bytes into bytes or values and import nothing: those of
/// numcodecs and of the v3 registry.
const HARMLESS: &[&str] = &[
    "adler32",
    "astype",
    "base64",
    "bitround",
    "blosc",
    "bytes",
    "bz2",
    "cast_value",
    "categorize",
    "crc32",
    "crc32c",
    "delta",
    "endian",
    "fixedscaleoffset",
    "fletcher32",
    "gzip",
    "jenkins_lookup3",
    "json2",
    "lz4",
    "lzma",
    "msgpack",
    "msgpack2",
    "n5_wrapper",
    "packbits",
    "pcodec",
    "quantize",
    "scale_offset",
    "sharding_indexed",
    "shuffle",
    "transpose",
    "vlen-array",
    "vlen-bytes",
    "vlen-utf8",
    "zfpy",
    "zlib",
    "zstd",
];

impl Format for Zarr {
    fn spec(&self) -> &'static FormatSpec {
        &SPEC
    }

    fn recognise(&self, probe: &Probe<'_>) -> Claim {
        let named = probe.has_suffix(SPEC.suffixes) || probe.file_name() == "zarr.json";
        let head = probe.head();
        let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
        let begins = text.trim_ascii_start().starts_with(b"{") || (named && is_wide(head));
        let keyed = || memchr::memmem::find(head, b"\"zarr_format\"").is_some();
        match begins {
            true if named || keyed() => Claim::Structure,
            _ if named => Claim::Name,
            _ => Claim::No,
        }
    }

    fn examine(&self, artifact: &Artifact, cx: &mut Context<'_>) -> Result<(), Fault> {
        let source = artifact.source.as_ref();
        if artifact.name.to_lowercase().ends_with(".zattrs") {
            // What users put beside an array: no reader looks for codecs there.
            return Ok(());
        }
        let mut reader = Reader::new(source, 0..source.len());
        let mut trail = Trail::default();
        let mut seen = Seen::default();
        let ended = loop {
            cx.tick()?;
            let event = match reader.next() {
                Ok(Some(event)) => event,
                Ok(None) => break Ok(()),
                Err(fault) => break Err(fault),
            };
            trail.see(&event);
            if let Token::String(text) = event.token {
                seen.string(trail.steps(), text.value, event.span, cx);
            }
        };
        seen.finish(cx)?;
        ended
    }
}

/// Whether bytes begin as JSON in UTF-16 or UTF-32 does, which Python reads too.
pub(super) fn is_wide(head: &[u8]) -> bool {
    matches!(
        head,
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [b'{', 0, ..] | [0, b'{', ..] | [0, 0, 0, b'{', ..]
    )
}

/// What the metadata said so far.
#[derive(Default)]
struct Seen {
    has_pickle: bool,
    fill_values: Vec<Vec<u8>>,
}

impl Seen {
    fn string(&mut self, steps: &[Step], value: &str, at: Span, cx: &mut Context<'_>) {
        let inner = within_array(steps);
        if is_codec(inner) {
            self.codec(steps, value, at, cx);
        } else if matches!(inner, [Step::Key(key)] if key == "fill_value")
            && self.fill_values.len() < FILL_VALUES_CAP
            && let Some(bytes) = lenient(value)
        {
            self.fill_values.push(bytes);
        }
    }

    fn codec(&mut self, steps: &[Step], name: &str, at: Span, cx: &mut Context<'_>) {
        let bare = name.strip_prefix("numcodecs.").unwrap_or(name);
        let at_path = escape_text(&shown(steps));
        if bare == "pickle" {
            self.has_pickle = true;
            let message = format!("`{at_path}` names the codec that unpickles every chunk");
            cx.report(rules::PICKLE_CODEC.at(at).message(message).within(at_path));
        } else if !HARMLESS.contains(&bare) {
            let message = format!(
                "`{at_path}` names the codec `{}`, which is none of numcodecs",
                escape_text(name)
            );
            cx.report(rules::UNKNOWN_CODEC.at(at).message(message).within(at_path));
        }
    }

    /// Hand on what the pickle codec would load with the metadata alone.
    fn finish(self, cx: &mut Context<'_>) -> Result<(), Fault> {
        let pickles = self.fill_values.into_iter().filter(|_| self.has_pickle);
        for bytes in pickles {
            cx.member(Member {
                name: "fill_value.pkl".to_owned(),
                body: Body::Decoded(bytes),
                stated: None,
            })?;
        }
        Ok(())
    }
}

/// Base64 as Python's decoder reads it: what is no digit is passed over.
fn lenient(text: &str) -> Option<Vec<u8>> {
    let is_digit = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/');
    let digits: Vec<u8> = text.bytes().filter(is_digit).collect();
    base64::decode(&digits).filter(|bytes| !bytes.is_empty())
}

/// The steps from the metadata of one array on: consolidated metadata holds
/// that of many.
fn within_array(steps: &[Step]) -> &[Step] {
    let is = |step: &Step, key: &str| matches!(step, Step::Key(k) if k == key);
    match steps {
        [meta, Step::Key(file), rest @ ..] if is(meta, "metadata") && file.ends_with(".zarray") => {
            rest
        }
        [outer, meta, Step::Key(_), rest @ ..]
            if is(outer, "consolidated_metadata") && is(meta, "metadata") =>
        {
            rest
        }
        all => all,
    }
}

/// Whether a string at these steps names a codec: the `id` of a compressor or
/// filter in version 2, the `name` of a codec in version 3, there also within
/// the configuration of a codec that holds others.
fn is_codec(steps: &[Step]) -> bool {
    let Some((Step::Key(first), rest)) = steps.split_first() else {
        return false;
    };
    match (first.as_str(), rest) {
        ("compressor", [Step::Key(id)]) => id == "id",
        ("filters", [Step::Index(_), Step::Key(id)]) => id == "id",
        ("codecs" | "storage_transformers", rest) => is_v3_codec(rest),
        _ => false,
    }
}

fn is_v3_codec(steps: &[Step]) -> bool {
    let mut rest = steps;
    loop {
        rest = match rest {
            [Step::Index(_)] => return true,
            [Step::Index(_), Step::Key(name)] => return name == "name",
            [
                Step::Index(_),
                Step::Key(outer),
                Step::Key(inner),
                rest @ ..,
            ] if outer == "configuration"
                && matches!(inner.as_str(), "codecs" | "index_codecs") =>
            {
                rest
            }
            _ => return false,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::testing::{self, Said, mangle};

    const V2: &str = r#"{"chunks": [2], "compressor": {"id": "blosc", "cname": "lz4"},
        "dtype": "|O", "fill_value": "gASVAA==", "filters": [{"id": "vlen-utf8"}],
        "order": "C", "shape": [2], "zarr_format": 2}"#;

    const V3: &str = r#"{"shape": [2], "data_type": "float64", "fill_value": 0.0,
        "codecs": [{"name": "sharding_indexed", "configuration": {
            "codecs": [{"name": "bytes"}, "zstd"], "index_codecs": [{"name": "crc32c"}]}}],
        "attributes": {"codecs": [{"name": "h264"}], "compressor": {"id": "x"}},
        "zarr_format": 3, "node_type": "array", "storage_transformers": []}"#;

    fn examine(name: &str, json: &str) -> Said {
        testing::examine(&Zarr, name, json)
    }

    #[test]
    fn it_is_known_by_name_and_by_its_key() {
        let recognise = |name: &str, json: &str| testing::recognise(&Zarr, name, json);
        assert_eq!(recognise(".zarray", V2), Claim::Structure);
        assert_eq!(recognise("x/zarr.json", "{}"), Claim::Structure);
        assert_eq!(recognise("other.json", V3), Claim::Structure);
        assert_eq!(recognise("config.json", "{}"), Claim::No);
        assert_eq!(recognise(".zarray", "\u{1}"), Claim::Name);
        assert_eq!(recognise("zarr.json", "\u{feff}{}"), Claim::Structure);
        let wide: Vec<u8> = "{}".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let claim = testing::recognise(&Zarr, "zarr.json", wide.clone());
        assert_eq!(claim, Claim::Structure);
        assert_eq!(testing::examine(&Zarr, "zarr.json", wide).gaps.len(), 1);
    }

    #[test]
    fn ordinary_codecs_are_silent() {
        let own = r#"{"codecs": [{"name": "h264"}]}"#;
        for (name, json) in [(".zarray", V2), ("zarr.json", V3), ("x/.zattrs", own)] {
            let said = examine(name, json);
            assert!(said.is_clean() && said.named.members.is_empty(), "{said:?}");
        }
    }

    #[test]
    fn the_pickle_codec_is_found_wherever_it_may_stand() {
        let consolidated = format!(r#"{{"metadata": {{"a/.zarray": {V2}, ".zgroup": {{}}}}}}"#);
        let nested = format!(r#"{{"consolidated_metadata": {{"metadata": {{"a": {V3}}}}}}}"#);
        for json in [
            V2.replace("vlen-utf8", "pickle"),
            V2.replace("blosc", "pickle"),
            consolidated.replace("vlen-utf8", "pickle"),
            V3.replace("\"bytes\"", "\"numcodecs.pickle\""),
            V3.replace("\"zstd\"", "\"pickle\""),
            V3.replace("crc32c", "pickle"),
            nested.replace("sharding_indexed", "pickle"),
        ] {
            assert_eq!(
                examine("x.json", &json).rules(),
                ["zarr-pickle-codec"],
                "{json}"
            );
        }
    }

    #[test]
    fn a_fill_value_that_would_be_unpickled_is_handed_on() {
        let said = examine(".zarray", &V2.replace("vlen-utf8", "pickle"));
        let body = Body::Decoded(b"\x80\x04\x95\x00".to_vec());
        assert_eq!(said.named.members[0].body, body);
        let odd = V2.replace("vlen-utf8", "pickle").replace("gASV", "gA!-SV");
        assert_eq!(examine(".zarray", &odd).named.members[0].body, body);
    }

    #[test]
    fn a_codec_of_another_package_is_noted() {
        let said = examine(".zarray", &V2.replace("blosc", "imagecodecs_jpeg"));
        assert_eq!(said.rules(), ["zarr-unknown-codec"]);
    }

    #[test]
    fn broken_metadata_ends_in_words() {
        mangle(&Zarr, ".zarray", V2.as_bytes());
        mangle(&Zarr, "zarr.json", V3.as_bytes());
        assert_eq!(examine(".zarray", "{\"a\": ").gaps.len(), 1);
    }
}
