//! The tree of maps: names, leaves, and what is neither.

use super::super::Context;
use super::super::tally::Tally;
use super::array::{self, Array, Defect};
use super::chunked::{Chunked, MARK};
use crate::detect::{code, paths};
use crate::report::{Severity, Span, Why, escape_text};
use crate::rules::Draft;
use crate::rules::flax as rules;
use crate::source::Source;
use crate::wire::Fault;
use crate::wire::msgpack::{Event, KEYS_CAP, TIMESTAMP, Token, Walker};

/// The longest text that is judged.
const TEXT_CAP_BYTES: usize = 16 << 20;

/// Bytes of a name that are kept.
const NAME_CAP_BYTES: usize = 1024;

/// Characters of a path that are shown.
const PATH_SHOWN_CHARS: usize = 200;

/// What is open around the value at hand.
struct Level {
    /// The last key, or the number of the last element.
    step: String,
    /// Elements so far, where it is an array.
    elements: Option<u64>,
    /// The array in pieces that this map is, or may become.
    chunked: Chunked,
}

/// Follows the walk.
pub(super) struct Tree<'a> {
    source: &'a dyn Source,
    open: Vec<Level>,
    /// Whether an array was met, which makes it a tree of Flax.
    has_arrays: bool,
    /// Extensions with a number of Flax that are nothing like what Flax writes:
    /// the findings where the tree is one of Flax, and where it is another
    /// program's.
    doubtful: [Tally; 2],
}

impl<'a> Tree<'a> {
    pub(super) fn new(source: &'a dyn Source) -> Self {
        Tree {
            source,
            open: Vec::new(),
            has_arrays: false,
            doubtful: Default::default(),
        }
    }

    /// Judge one token.
    pub(super) fn see(
        &mut self,
        event: &Event,
        walker: &Walker<'_>,
        cx: &mut Context<'_>,
        tally: &mut Tally,
    ) -> Result<(), Fault> {
        if event.token == Token::End {
            self.leave(event, tally);
            return Ok(());
        }
        match event.is_key {
            true => self.key(event, walker, tally)?,
            false => self.step(),
        }
        match &event.token {
            Token::Array(_) | Token::Map(_) => self.open.push(Level {
                step: String::new(),
                elements: matches!(event.token, Token::Array(_)).then_some(0),
                chunked: Chunked::default(),
            }),
            Token::Extension(kind, body) => self.extension(*kind, body, event, cx, tally)?,
            Token::Text(span) => self.text(span, walker, cx, tally)?,
            // A value of raw bytes is nobody's array: where it is a format by
            // itself, it is opened.
            Token::Bytes(span) if !event.is_key => cx.slack(span.clone()),
            Token::Integer(number) if !event.is_key => self.number(*number),
            _ => {}
        }
        Ok(())
    }

    /// What is said once, at the end, however the walk ended.
    pub(super) fn finish(self, walker: &Walker<'_>, cx: &mut Context<'_>) {
        if walker.has_unseen_keys() {
            let detail = format!("more than {KEYS_CAP} keys; not all are compared for duplicates");
            cx.gap(0..walker.position(), Why::Limit, detail);
        }
        let [of_flax, of_another] = self.doubtful;
        match self.has_arrays {
            true => of_flax.report(cx),
            false => of_another.report(cx),
        }
    }

    /// The names that lead to the value at hand.
    fn path(&self) -> String {
        let mut path = String::new();
        for level in &self.open {
            if !path.is_empty() {
                path.push('.');
            }
            path.push_str(&level.step);
            if path.len() > NAME_CAP_BYTES {
                break;
            }
        }
        path
    }

    fn shown(&self) -> String {
        let path: String = self.path().chars().take(PATH_SHOWN_CHARS).collect();
        escape_text(&path)
    }

    /// Number the value at hand, where it stands in an array.
    fn step(&mut self) {
        if let Some(level) = self.open.last_mut()
            && let Some(next) = level.elements
        {
            level.step = next.to_string();
            level.elements = Some(next.saturating_add(1));
        }
    }

    fn key(&mut self, event: &Event, walker: &Walker<'_>, tally: &mut Tally) -> Result<(), Fault> {
        let name = match &event.token {
            Token::Text(span) | Token::Bytes(span) => {
                let bytes = walker.bytes(span, NAME_CAP_BYTES)?;
                String::from_utf8_lossy(&bytes).into_owned()
            }
            Token::Integer(number) => number.to_string(),
            _ => "?".to_owned(),
        };
        judge_name(&name, &event.span, tally);
        if let Some(level) = self.open.last_mut() {
            level.chunked.is_one |= name == MARK;
            level.step = name;
        }
        if event.is_repeated {
            let shown = self.shown();
            let message = format!("`{shown}` stands twice in its map");
            let draft = rules::DUPLICATE_KEY.at(event.span.clone()).message(message);
            tally.add(draft.within(shown));
        }
        Ok(())
    }

    fn extension(
        &mut self,
        kind: i8,
        body: &Span,
        event: &Event,
        cx: &mut Context<'_>,
        tally: &mut Tally,
    ) -> Result<(), Fault> {
        let read = match kind {
            1 | 3 => array::read(self.source, body, kind == 3, cx)?,
            2 => match array::is_complex(self.source, body) {
                true => return Ok(()),
                false => Err(Defect::invalid("is no complex number")),
            },
            TIMESTAMP if matches!(body.end.saturating_sub(body.start), 4 | 8 | 12) => return Ok(()),
            _ => {
                tally.add(self.unknown(kind, body, event));
                cx.slack(body.clone());
                return Ok(());
            }
        };
        match read {
            Ok(array) => {
                self.has_arrays = true;
                self.array(kind, array, body, cx, tally);
            }
            Err(defect) => {
                self.no_array(kind, &defect, body, event)?;
                cx.slack(body.clone());
            }
        }
        Ok(())
    }

    /// An extension with a number of Flax that is not what it should be.
    /// Whether it is even meant to be is known at the end.
    fn no_array(
        &mut self,
        kind: i8,
        defect: &Defect,
        body: &Span,
        event: &Event,
    ) -> Result<(), Fault> {
        let mut first = [0; 1];
        let filled = self.source.fill_at(body.start, &mut first)?;
        let is_meant = filled > 0 && !body.is_empty() && matches!(first, [0x92 | 0x93]);
        let of_flax = self.draft(defect, body);
        let of_another = match is_meant {
            true => of_flax.clone(),
            false => self.unknown(kind, body, event),
        };
        let [flax, another] = &mut self.doubtful;
        flax.add(of_flax);
        another.add(of_another);
        Ok(())
    }

    /// An extension that Flax does not have.
    fn unknown(&self, kind: i8, body: &Span, event: &Event) -> Draft {
        let shown = self.shown();
        let len = body.end.saturating_sub(body.start);
        let message = format!("`{shown}` is an extension of type {kind} with {len} bytes");
        let draft = rules::UNKNOWN_EXTENSION.at(event.span.clone());
        draft.message(message).within(shown)
    }

    fn array(
        &mut self,
        kind: i8,
        array: Array,
        body: &Span,
        cx: &mut Context<'_>,
        tally: &mut Tally,
    ) {
        if let Some(defect) = &array.defect {
            self.defect(defect, body, tally);
        }
        array.rest.into_iter().for_each(|span| cx.slack(span));
        cx.slack(array.objects);
        let outer = self.open.iter_mut().rev().nth(1);
        let mut is_piece = false;
        if let Some(level) = outer.filter(|level| level.step == "chunks") {
            // The mark may stand behind the pieces.
            level.chunked.add(array.elements);
            is_piece = level.chunked.is_one;
        }
        if kind == 1 && !is_piece {
            cx.tensor(self.path(), Some(array.bytes));
        }
    }

    fn defect(&self, defect: &Defect, body: &Span, tally: &mut Tally) {
        tally.add(self.draft(defect, body));
    }

    fn draft(&self, defect: &Defect, body: &Span) -> Draft {
        let shown = self.shown();
        let message = format!("`{shown}` {}", defect.what);
        let draft = defect.rule.at(body.clone()).message(message).within(shown);
        match defect.severity {
            Some(severity) => draft.severity(severity),
            None => draft,
        }
    }

    /// A dimension, where this is the shape of an array in pieces.
    fn number(&mut self, number: i128) {
        let outer = self.open.iter_mut().rev().nth(1);
        if let Some(level) = outer.filter(|level| level.step == "shape") {
            level.chunked.dimension(number);
        }
    }

    /// A map or an array ends.
    fn leave(&mut self, event: &Event, tally: &mut Tally) {
        let closed = self.open.pop();
        if let Some(defect) = closed.and_then(|level| level.chunked.judge()) {
            self.defect(&defect, &event.span, tally);
        }
    }

    /// A text, key or value, that should not be code.
    fn text(
        &self,
        span: &Span,
        walker: &Walker<'_>,
        cx: &mut Context<'_>,
        tally: &mut Tally,
    ) -> Result<(), Fault> {
        cx.budget().check()?;
        let bytes = walker.bytes(span, TEXT_CAP_BYTES)?;
        let text = String::from_utf8_lossy(&bytes);
        let last = self.open.last().map_or("", |level| level.step.as_str());
        let called = last.ends_with("_target_").then(|| code::target(&text));
        if let Some(found) = called.flatten().or_else(|| code::code_like(&text)) {
            let shown = self.shown();
            let message = format!("the text `{shown}` holds {}", found.what);
            let draft = rules::CODE_IN_VALUE.at(span.clone()).message(message);
            let draft = draft.severity(found.severity).evidence(found.excerpt);
            tally.add(draft.within(shown));
        }
        let len = span.end.saturating_sub(span.start);
        if len > TEXT_CAP_BYTES as u64 {
            let detail = format!("a text of {len} bytes; {TEXT_CAP_BYTES} are judged");
            cx.gap(span.clone(), Why::Limit, detail);
        }
        Ok(())
    }
}

/// Report a name that hides characters or leaves a directory.
fn judge_name(name: &str, at: &Span, tally: &mut Tally) {
    let shown = escape_text(name);
    let leaves = paths::escape(name).filter(|escape| {
        use paths::Escape::{Absolute, Nul, Upward};
        matches!(escape, Absolute | Nul | Upward)
    });
    let what = match leaves {
        Some(escape) => escape.describe(),
        None if shown != name => "holds hidden characters",
        None => return,
    };
    let shown: String = shown.chars().take(PATH_SHOWN_CHARS).collect();
    let message = format!("the name `{shown}` {what}");
    let draft = rules::UNSAFE_NAME.at(at.clone()).message(message);
    tally.add(draft.severity(Severity::Medium).within(shown));
}
