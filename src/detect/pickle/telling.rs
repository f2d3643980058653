//! From facts to events: one for each call, repeats counted, and at the end the
//! dangerous globals that nothing called.

use std::collections::hash_map::Entry;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use super::event::{Event, Fact};
use super::machine::Machine;
use super::render::Scene;
use super::value::{GlobalId, Value};
use crate::detect::globals::Why;

/// Different events of one stream that are told apart. Past them events of one
/// kind are told by the name of their global.
const EVENTS_TOLD_APART: usize = 1 << 15;

/// How often the same event is told where it happens; the rest is counted.
const TOLD_EACH: u64 = 3;

/// How often an event was met.
#[derive(Debug, Default)]
pub(super) struct Repeat {
    count: u64,
    /// The last one, if it was not told.
    last: Option<Box<Event>>,
}

impl Machine<'_, '_> {
    /// Tell of something that was put together elsewhere.
    pub(super) fn tell_event(&mut self, event: &Event) {
        (self.sink)(event);
    }

    /// Tell a fact about the instruction at hand.
    pub(super) fn tell(&mut self, fact: Fact, show: impl FnOnce(Scene<'_>) -> String) {
        self.tell_with(fact, None, &[], show);
    }

    /// Tell a fact about a global.
    pub(super) fn tell_about(
        &mut self,
        fact: Fact,
        global: Option<GlobalId>,
        show: impl FnOnce(Scene<'_>) -> String,
    ) {
        let values: Vec<Value> = global.map(Value::Global).into_iter().collect();
        self.tell_with(fact, global, &values, show);
    }

    /// Tell a fact to which these values led.
    pub(super) fn tell_with(
        &mut self,
        fact: Fact,
        global: Option<GlobalId>,
        values: &[Value],
        show: impl FnOnce(Scene<'_>) -> String,
    ) {
        self.events = self.events.saturating_add(1);
        if let Some(id) = global {
            self.names.tell(id);
        }
        let name = global.and_then(|id| self.names.get(id));
        let apart = self.repeats.len() < EVENTS_TOLD_APART;
        let shown = match (apart, name) {
            (true, _) => show(self.scene()),
            (false, Some(name)) => name.shown(),
            (false, None) => self.opcode.name().to_owned(),
        };
        let site = name.map(|name| name.site);
        if !self.is_news(fact, global, site, &shown) {
            return;
        }
        let event = Event {
            fact,
            span: self.span.clone(),
            opcode: self.summary.opcodes,
            unsaid: 0,
            trace: self.trace(values),
            content: self.content.clone(),
            shown,
            global,
            site,
        };
        (self.sink)(&event);
    }

    /// Whether an event is to be told where it happens: the first ones of each
    /// are, and loaded bytes always.
    fn is_news(
        &mut self,
        fact: Fact,
        global: Option<GlobalId>,
        site: Option<u64>,
        shown: &str,
    ) -> bool {
        if matches!(fact, Fact::Nested(_) | Fact::NestedComputed) {
            return true;
        }
        let mut hasher = DefaultHasher::new();
        (std::mem::discriminant(&fact), shown).hash(&mut hasher);
        let full = self.repeats.len() >= EVENTS_TOLD_APART.saturating_mul(2);
        let entry = match self.repeats.entry(hasher.finish()) {
            Entry::Occupied(entry) => entry.into_mut(),
            // So many different ones that whoever listens caps them.
            Entry::Vacant(_) if full => return true,
            Entry::Vacant(entry) => entry.insert(Repeat::default()),
        };
        entry.count = entry.count.saturating_add(1);
        if entry.count <= TOLD_EACH {
            return true;
        }
        entry.last = Some(Box::new(Event {
            fact,
            span: self.span.clone(),
            opcode: self.summary.opcodes,
            unsaid: entry.count.saturating_sub(TOLD_EACH),
            shown: match entry.last.take() {
                Some(last) => last.shown,
                None => shown.to_owned(),
            },
            trace: Vec::new(),
            content: None,
            global,
            site,
        }));
        false
    }

    /// Tell how often events were met that were not told one by one.
    pub(super) fn tell_repeats(&mut self) {
        let repeats = std::mem::take(&mut self.repeats);
        let mut last: Vec<Event> = repeats
            .into_values()
            .filter_map(|r| r.last)
            .map(|e| *e)
            .collect();
        last.sort_by_key(|event| event.span.start);
        for event in &last {
            (self.sink)(event);
        }
    }

    /// Tell of the dangerous globals that nothing called.
    pub(super) fn tell_imports(&mut self) {
        let waiting: Vec<_> = self
            .names
            .iter()
            .filter(|(_, name)| !name.settled)
            .filter_map(|(id, name)| Some((id, name.danger()?, name.at, name.opcode)))
            // A model may hold a function of its library that can read a file.
            .filter(|(_, danger, ..)| matches!(danger.why, Why::Known(_)))
            .collect();
        for (id, danger, at, number) in waiting {
            self.span = match self.span.start == at {
                true => self.span.clone(),
                false => at..at.saturating_add(1),
            };
            let mut event = Event {
                fact: Fact::DangerousImport(danger),
                span: self.span.clone(),
                opcode: number,
                unsaid: 0,
                shown: String::new(),
                trace: Vec::new(),
                content: None,
                global: Some(id),
                site: None,
            };
            if let Some(name) = self.names.get(id) {
                event.shown = name.shown();
                event
                    .trace
                    .push(format!("byte {at}: imports {}", name.spelled()));
                event.site = Some(name.site);
            }
            (self.sink)(&event);
        }
    }
}
