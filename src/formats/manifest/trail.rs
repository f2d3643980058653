//! The keys that lead to the value at hand.

use crate::wire::json::{Event, Token};

/// Characters of a key that are kept; no key that means something is longer.
const KEY_CAP_CHARS: usize = 200;

/// One step from the outermost value inwards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::formats) enum Step {
    /// Into an object.
    Key(String),
    /// Into an array, to this element.
    Index(usize),
}

/// The steps to the value of the last event.
#[derive(Debug, Default)]
pub(in crate::formats) struct Trail {
    steps: Vec<Step>,
    /// For each open bracket, what the next element of an array is numbered;
    /// `None` for an object.
    open: Vec<Option<usize>>,
}

impl Trail {
    /// Follow an event.
    pub(in crate::formats) fn see(&mut self, event: &Event<'_>) {
        match event.token {
            Token::Key(key) => {
                self.steps.truncate(event.depth.saturating_sub(1));
                let key = key.value.chars().take(KEY_CAP_CHARS).collect();
                self.steps.push(Step::Key(key));
            }
            Token::ObjectEnd | Token::ArrayEnd => {
                self.open.pop();
                self.steps.truncate(event.depth);
            }
            token => {
                self.element(event.depth);
                match token {
                    Token::ObjectStart => self.open.push(None),
                    Token::ArrayStart => self.open.push(Some(0)),
                    _ => {}
                }
            }
        }
    }

    /// Number the value that begins, where it stands in an array.
    fn element(&mut self, depth: usize) {
        if let Some(Some(next)) = self.open.last_mut() {
            self.steps.truncate(depth.saturating_sub(1));
            self.steps.push(Step::Index(*next));
            *next = next.saturating_add(1);
        }
    }

    /// The steps to the value at hand, outermost first.
    pub(in crate::formats) fn steps(&self) -> &[Step] {
        &self.steps
    }
}

/// The last key, whatever arrays stand behind it.
pub(in crate::formats) fn last_key(steps: &[Step]) -> &str {
    keys(steps).next_back().unwrap_or_default()
}

/// The keys alone, outermost first.
pub(in crate::formats) fn keys(steps: &[Step]) -> impl DoubleEndedIterator<Item = &str> {
    steps.iter().filter_map(|step| match step {
        Step::Key(key) => Some(key.as_str()),
        Step::Index(_) => None,
    })
}

/// The steps as people write them: `vision_config.auto_map[0]`.
pub(in crate::formats) fn shown(steps: &[Step]) -> String {
    let mut out = String::new();
    for step in steps {
        match step {
            Step::Key(key) => {
                if !out.is_empty() {
                    out.push('.');
                }
                out.push_str(key);
            }
            Step::Index(index) => out.push_str(&format!("[{index}]")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Memory;
    use crate::wire::json::Reader;

    #[test]
    fn every_value_has_its_path() {
        let text = br#"{"a": 1, "b": [2, [3], {"c": 4, "d": {"e": 5}}, 6], "f": 7}"#;
        let source = Memory::new(&text[..]);
        let mut reader = Reader::new(&source, 0..text.len() as u64);
        let mut trail = Trail::default();
        let mut paths = Vec::new();
        while let Some(event) = reader.next().unwrap() {
            trail.see(&event);
            if let Token::Number(_) = event.token {
                paths.push(shown(trail.steps()));
            }
        }
        let expected = ["a", "b[0]", "b[1][0]", "b[2].c", "b[2].d.e", "b[3]", "f"];
        assert_eq!(paths, expected);
    }
}
