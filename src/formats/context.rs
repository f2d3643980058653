//! What an examiner may do: report, name members, note gaps, spend budget.

use std::collections::BTreeMap;

use crate::budget::{Budget, Stop};
use crate::report::{
    Accepted, Companion, Description, Embedding, Module, Place, Promise, Span, Tensor, Why,
};
use crate::rules::{Draft, Rule};
use crate::source::Piece;
use crate::wire::codec::Packing;

/// Calls of [`Context::tick`] between two looks at the clock.
const TICKS_PER_CHECK: u32 = 1024;

/// Distinct callables that one examination lists as accepted.
const ACCEPTED_CAP: usize = 256;

/// Where findings and gaps go the moment they are made, so that nothing is
/// lost if the examination ends badly.
pub trait Sink {
    /// Keep a finding about the artifact at hand.
    fn finding(&self, draft: Draft);
    /// Keep a gap in the artifact at hand.
    fn gap(&self, at: Place, why: Why, detail: String);
}

/// A piece that a container holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its name, as the container spells it.
    pub name: String,
    /// Its bytes.
    pub body: Body,
    /// What the container says about them.
    pub stated: Option<Stated>,
}

/// What a container says about a member's bytes. The engine compares it with
/// them in the pass that reads them, and reports what is not so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stated {
    /// The record that says so, in the container.
    pub at: Span,
    /// CRC-32 of the member, unpacked.
    pub crc32: Option<u32>,
    /// Length of the member, unpacked.
    pub len: Option<u64>,
}

/// One of several members that were packed as one stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Its name, as the container spells it.
    pub name: String,
    /// Where it lies in the unpacked stream.
    pub span: Span,
    /// What the container says about it.
    pub stated: Option<Stated>,
}

/// Where a member's bytes are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// They lie as such in the container and become the member's own: the
    /// container's sweep leaves them to it.
    Stored(Span),
    /// They lie in the container in pieces, with zeros between them that are
    /// stored nowhere. The pieces become the member's own.
    Joined(Vec<Piece>),
    /// They come out of codecs that read this span. The packed bytes stay
    /// the container's.
    Packed(Span, Packing),
    /// Several members come out of codecs that read this span, one behind the
    /// other (a *solid* block). The stream is unpacked once, each part becomes
    /// an artifact of its own, and what belongs to no part is one as well.
    Solid(Span, Packing, Vec<Part>),
    /// They were decoded by the examiner, from text for example.
    Decoded(Vec<u8>),
}

impl Member {
    /// A member about which the container says nothing that can be compared.
    pub fn new(name: impl Into<String>, body: Body) -> Self {
        Member {
            name: name.into(),
            body,
            stated: None,
        }
    }
}

/// The examiner's side of the engine.
pub struct Context<'a> {
    sink: &'a dyn Sink,
    budget: &'a Budget,
    ticks: u32,
    named: Named,
}

/// What an examination named, besides what it reported.
#[derive(Debug, Default)]
pub struct Named {
    /// Members, in the order of the container.
    pub members: Vec<Member>,
    /// Tensors that the artifact declares.
    pub tensors: Vec<Tensor>,
    /// Tensors that all files of the model have together, as the artifact says.
    pub tensor_total: Option<u64>,
    /// What the artifact says about the files beside it.
    pub description: Description,
    /// Spans in which the examination has the last word on a rule of the
    /// sweep.
    pub judged: Vec<(Span, &'static Rule)>,
    /// Spans of text for people, or that nobody evaluates, in an artifact that is
    /// no prose all through.
    pub prose: Vec<Span>,
    /// Callables that loading calls and that are no finding, by their names.
    pub accepted: BTreeMap<String, Accepted>,
    /// How many more of them there are.
    pub accepted_unlisted: u64,
    /// Bytes that belong to nothing the examination knows.
    pub slack: Vec<Span>,
    /// Whether the examination accounts for every byte but the slack.
    pub accounts: bool,
}

impl<'a> Context<'a> {
    /// A context that hands findings to `sink` and spends from `budget`.
    pub fn new(sink: &'a dyn Sink, budget: &'a Budget) -> Self {
        Context {
            sink,
            budget,
            ticks: 0,
            named: Named::default(),
        }
    }

    /// Report a finding.
    pub fn report(&mut self, draft: Draft) {
        self.sink.finding(draft);
    }

    /// Note that a place was not fully examined.
    pub fn gap(&mut self, at: impl Into<Place>, why: Why, detail: impl Into<String>) {
        self.sink.gap(at.into(), why, detail.into());
    }

    /// Name a member; the engine opens it once the examination is over.
    pub fn member(&mut self, member: Member) -> Result<(), Stop> {
        self.budget.spend_member()?;
        self.named.members.push(member);
        Ok(())
    }

    /// Name a tensor that the artifact declares, for cross-checks between
    /// files.
    pub fn tensor(&mut self, name: impl Into<String>, bytes: Option<u64>) {
        self.named.tensors.push(Tensor {
            name: name.into(),
            bytes,
        });
    }

    /// Name a file of the same directory that the artifact reads its data from.
    /// The engine tells where it is not there, leads elsewhere or is too short,
    /// and scans it with the artifact.
    pub fn companion(&mut self, companion: Companion) {
        self.named.description.companions.push(companion);
    }

    /// Say how many tensors all files of the model have together, as the
    /// artifact says, for cross-checks between files.
    pub fn tensor_total(&mut self, total: u64) {
        self.named.tensor_total = Some(total);
    }

    /// Say how long files beside the artifact have to be. The engine compares
    /// it with those that are there.
    pub fn promise(&mut self, promise: Promise) {
        self.named.description.promises.push(promise);
    }

    /// Say how large the table of words in the weights beside the artifact is.
    /// The engine compares it with those that are there.
    pub fn embedding(&mut self, embedding: Embedding) {
        self.named.description.embedding = Some(embedding);
    }

    /// Name a Python file of the same directory that a loader of the artifact
    /// imports. The engine tells where it is not there.
    pub fn module(&mut self, module: Module) {
        self.named.description.modules.push(module);
    }

    /// Say that this examination has judged `span` by `rule` itself: what the
    /// sweep finds there by the same rule is the same fact again.
    pub fn judged(&mut self, span: Span, rule: &'static Rule) {
        self.named.judged.push((span, rule));
    }

    /// Say that `span` is text for people, such as a comment, or that nobody
    /// evaluates it, such as the vocabulary of a tokenizer, although the artifact
    /// is code or data. It is swept as prose is.
    pub fn prose(&mut self, span: Span) {
        self.named.prose.push(span);
    }

    /// Say that loading calls something that is no finding, and why. A callable
    /// that was named before is counted there.
    pub fn accept(&mut self, accepted: &Accepted) {
        let named = &mut self.named;
        let room = named.accepted.len() < ACCEPTED_CAP;
        match named.accepted.get_mut(&accepted.callable) {
            Some(one) => one.calls = one.calls.saturating_add(accepted.calls),
            None if room => {
                let callable = accepted.callable.clone();
                named.accepted.insert(callable, accepted.clone());
            }
            None => named.accepted_unlisted = named.accepted_unlisted.saturating_add(1),
        }
    }

    /// Say that this examination accounts for every byte of the artifact but
    /// those it calls slack.
    pub fn accounts(&mut self) {
        self.named.accounts = true;
    }

    /// Say that these bytes belong to nothing the examination knows. Where
    /// their content is recognised, the engine has them examined as a file of
    /// their own.
    pub fn slack(&mut self, span: Span) {
        self.named.accounts = true;
        if !span.is_empty() {
            self.named.slack.push(span);
        }
    }

    /// Look at the clock now and then. Belongs into every loop whose length
    /// the content decides.
    pub fn tick(&mut self) -> Result<(), Stop> {
        self.ticks = self.ticks.wrapping_add(1);
        if self.ticks.is_multiple_of(TICKS_PER_CHECK) {
            self.budget.check()
        } else {
            Ok(())
        }
    }

    /// What the job has left.
    pub fn budget(&self) -> &'a Budget {
        self.budget
    }

    /// What was named so far.
    pub fn finish(self) -> Named {
        self.named
    }
}
