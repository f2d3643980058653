//! An image in a tar: a layout, or what `docker save` writes.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::budget::Budget;
use crate::formats::archive::shown;
use crate::formats::{Artifact, Claim, Content, Context, Format, FormatSpec, Probe};
use crate::report::{Span, Why};
use crate::rules::oci::WRONG_BLOB;
use crate::source::Source;
use crate::wire::Fault;
use crate::wire::tar::{Item, Likeness, front, likeness, walk};

/// Members that are looked at to tell an image from other archives.
const LOOKED_AT: usize = 64;

/// Members whose sizes are compared with those in documents.
const COMPARED_CAP: usize = 1 << 16;

/// Longest document whose sizes are compared, in bytes; registries take no
/// longer ones.
const DOCUMENT_CAP_BYTES: u64 = 4 << 20;

/// Container image in a tar.
pub struct Image;

static SPEC: FormatSpec = FormatSpec {
    id: "oci",
    title: "Container image",
    suffixes: &[],
    runs_code: true,
    content: Content::Data,
    layer_of: Some("tar"),
    references: &[
        "https://github.com/opencontainers/image-spec/blob/main/image-layout.md",
        "https://docs.docker.com/reference/cli/docker/image/save/",
    ],
    limitations: &[
        "Layers are examined one by one: what the files of all of them make together is not.",
        "Sizes are compared for the first 65536 members, and in a tar only.",
    ],
};

impl Format for Image {
    fn spec(&self) -> &'static FormatSpec {
        &SPEC
    }

    fn recognise(&self, probe: &Probe<'_>) -> Claim {
        if likeness(probe.head()) == Likeness::No {
            return Claim::No;
        }
        let budget = Budget::unlimited();
        let first = front(probe.source(), &budget, LOOKED_AT).unwrap_or_default();
        let has = |name: &str| {
            first
                .iter()
                .any(|entry| bare(&entry.name) == name.as_bytes())
        };
        let has_blobs = || {
            first
                .iter()
                .any(|entry| bare(&entry.name).starts_with(b"blobs/sha256/"))
        };
        let is_layer = |name: &[u8]| name.ends_with(b"/layer.tar");
        let has_layers = || first.iter().any(|entry| is_layer(bare(&entry.name)));
        let is_layout = has("oci-layout") || (has("index.json") && has_blobs());
        match is_layout || has_layers() || (has("manifest.json") && has_blobs()) {
            true => Claim::Structure,
            false => Claim::No,
        }
    }

    fn examine(&self, artifact: &Artifact, cx: &mut Context<'_>) -> Result<(), Fault> {
        let source = artifact.source.as_ref();
        let mut blobs = BTreeMap::new();
        walk(source, cx.budget(), &mut |item| {
            if let Item::Entry(entry) = item
                && blobs.len() < COMPARED_CAP
                && entry.header.is_file()
            {
                blobs.insert(bare(&entry.name).to_vec(), entry.data);
            }
            Ok(())
        })?;
        if blobs.len() >= COMPARED_CAP {
            let detail = "the sizes of later members are not compared with those in documents";
            cx.gap(0..source.len(), Why::Limit, detail);
        }
        for (name, span) in &blobs {
            cx.budget().check()?;
            if name.starts_with(b"blobs/") || name.as_slice() == b"index.json" {
                document(source, span, &blobs, cx)?;
            }
        }
        Ok(())
    }
}

fn bare(name: &[u8]) -> &[u8] {
    name.strip_prefix(b"./").unwrap_or(name)
}

/// Compare the sizes in a document with those of the blobs. What is no document
/// is passed over: it is examined as a member.
fn document(
    source: &dyn Source,
    span: &Span,
    blobs: &BTreeMap<Vec<u8>, Span>,
    cx: &mut Context<'_>,
) -> Result<(), Fault> {
    let len = |span: &Span| span.end.saturating_sub(span.start);
    let first = source.chunk(span.start..span.end.min(span.start.saturating_add(1)))?;
    if len(span) > DOCUMENT_CAP_BYTES || !first.starts_with(b"{") {
        return Ok(());
    }
    let chunk = source.chunk(span.clone())?;
    let Ok(document) = serde_json::from_slice::<Value>(&chunk) else {
        return Ok(());
    };
    chunk.verify()?;
    let mut todo = vec![&document];
    while let Some(value) = todo.pop() {
        cx.tick()?;
        todo.extend(value.as_array().into_iter().flatten());
        todo.extend(value.as_object().into_iter().flat_map(|o| o.values()));
        let field = |key: &str| value.get(key);
        let digest = field("digest").and_then(Value::as_str);
        let size = field("size").and_then(Value::as_u64);
        let (Some(digest), Some(size)) = (digest, size) else {
            continue;
        };
        let name = format!("blobs/{}", digest.replacen(':', "/", 1)).into_bytes();
        let Some(blob) = blobs.get(&name).filter(|blob| len(blob) != size) else {
            continue;
        };
        let message = format!(
            "the blob `{}` has {} bytes, and a document says {size}",
            shown(&name),
            len(blob)
        );
        cx.report(WRONG_BLOB.at(span.clone()).message(message));
    }
    Ok(())
}
