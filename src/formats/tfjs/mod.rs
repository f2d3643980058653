//! TensorFlow.js: `model.json`, with the topology of a model and a manifest of
//! its weights.
//!
//! The topology is a Keras configuration (`layers-model`), judged as one, or a
//! graph of TensorFlow in JSON (`graph-model`), which is turned into the bytes
//! that it stands for and judged as a graph. The manifest names the files with
//! weights, and each weight with shape and type; the engine compares what they
//! add up to with the files.
//!
//! An attacker names weights elsewhere, gives shapes that overflow or that the
//! files do not have, and hides in the topology what runs once the model is
//! converted back.
//!
//! Not checked: the numbers in the weights, and what stands in the spec.

mod manifest;
#[cfg(test)]
mod tests;
mod topology;

use self::manifest::Manifest;
use self::topology::Topology;
use super::keras::config::Tree;
use super::tensorflow;
use super::{Artifact, Claim, Content, Context, Format, FormatSpec, Probe};
use crate::report::{Span, Why};
use crate::source::Memory;
use crate::wire::Fault;
use crate::wire::json::{Event, Reader, Token};

/// Longest topology that is turned into a graph, in bytes.
const TOPOLOGY_CAP_BYTES: u64 = 512 << 20;

/// The keys under which graphs stand.
const GRAPHS: &[&str] = &["modelTopology", "modelInitializer"];

/// Keys of which one stands near the beginning.
const KEYS: &[&[u8]] = &[b"\"modelTopology\"", b"\"weightsManifest\""];

/// TensorFlow.js model.
pub struct WebModel;

static SPEC: FormatSpec = FormatSpec {
    id: "tensorflow-js",
    title: "TensorFlow.js model",
    suffixes: &[],
    runs_code: true,
    content: Content::Data,
    layer_of: Some("text"),
    references: &[
        "https://github.com/tensorflow/tfjs/blob/master/tfjs-core/src/io/types.ts",
        "https://www.tensorflow.org/js/guide/save_load",
    ],
    limitations: &[
        "The weights are compared with their files by their length alone.",
        "Findings about the graph name the node and not its place in the text.",
    ],
};

impl Format for WebModel {
    fn spec(&self) -> &'static FormatSpec {
        &SPEC
    }

    fn recognise(&self, probe: &Probe<'_>) -> Claim {
        let head = probe.head();
        let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
        let has = |key: &&[u8]| memchr::memmem::find(head, key).is_some();
        match text.trim_ascii_start() {
            [b'{', ..] if KEYS.iter().any(has) => Claim::Structure,
            // Older converters write the manifest as a file of its own.
            [b'[', ..] if probe.file_name() == "weights_manifest.json" => Claim::Structure,
            _ => Claim::No,
        }
    }

    fn examine(&self, artifact: &Artifact, cx: &mut Context<'_>) -> Result<(), Fault> {
        let source = artifact.source.as_ref();
        let mut reader = Reader::new(source, 0..source.len());
        let mut model = Model::default();
        let ended = loop {
            cx.tick()?;
            match reader.next() {
                Ok(Some(event)) => model.see(&event),
                Ok(None) => break Ok(()),
                Err(fault) => break Err(fault),
            }
        };
        if ended.as_ref().is_err_and(Fault::ends_job) {
            return ended;
        }
        // What stands before a break is judged.
        model.finish(cx)?;
        ended
    }
}

/// The parts of a model.
#[derive(Default)]
struct Model {
    /// The outermost key at hand.
    key: String,
    manifest: Option<Manifest>,
    /// The configuration as it stands in the topology, and one level deeper.
    trees: [Tree; 2],
    inner_key: String,
    graphs: Vec<Topology>,
}

impl Model {
    fn see(&mut self, event: &Event<'_>) {
        match (event.depth, &event.token) {
            (0, Token::ArrayStart) => self.manifest = Some(Manifest::new(0)),
            (1, Token::Key(key)) => {
                key.value.clone_into(&mut self.key);
                self.inner_key.clear();
                return;
            }
            (1, Token::ArrayStart) if self.key == "weightsManifest" => {
                self.manifest = Some(Manifest::new(1));
            }
            (1, Token::ObjectStart) if GRAPHS.contains(&self.key.as_str()) => {
                self.graphs.push(Topology::new(event.span.start));
            }
            _ => {}
        }
        let is_manifest = self.key.is_empty() || self.key == "weightsManifest";
        if let Some(manifest) = self.manifest.as_mut().filter(|_| is_manifest) {
            manifest.see(event);
        }
        if !GRAPHS.contains(&self.key.as_str()) || event.depth == 0 {
            return;
        }
        if let Some(graph) = self.graphs.last_mut() {
            graph.see(event);
        }
        self.configuration(event);
    }

    /// Hand an event of the topology to the judges of Keras configurations.
    fn configuration(&mut self, event: &Event<'_>) {
        let [outer, inner] = &mut self.trees;
        outer.see(&shifted(event, 1));
        if let (2, Token::Key(key)) = (event.depth, &event.token) {
            key.value.clone_into(&mut self.inner_key);
            return;
        }
        if self.inner_key == "model_config" && event.depth >= 2 {
            inner.see(&shifted(event, 2));
        }
    }

    fn finish(self, cx: &mut Context<'_>) -> Result<(), Fault> {
        if let Some(manifest) = self.manifest {
            manifest.finish(cx);
        }
        for tree in self.trees {
            tree.finish(cx)?;
        }
        for graph in self.graphs {
            let span: Span = graph.span();
            if graph.is_cut() {
                let detail = "a text of the graph is longer than is read";
                cx.gap(span.clone(), Why::Limit, detail);
            }
            let Some(bytes) = graph.finish() else {
                continue;
            };
            if bytes.len() as u64 > TOPOLOGY_CAP_BYTES {
                let detail = format!("a graph of {} bytes", bytes.len());
                cx.gap(span, Why::Limit, detail);
                continue;
            }
            tensorflow::examine_graph(&Memory::new(bytes), span, cx)?;
        }
        Ok(())
    }
}

/// The event as it is within the value that stands so many levels in.
fn shifted<'r>(event: &Event<'r>, by: usize) -> Event<'r> {
    Event {
        depth: event.depth.saturating_sub(by),
        ..event.clone()
    }
}
