//! Values that are used as names.

use super::follow::Follower;
use super::names::{holds_dunder, is_private};
use super::value::Value;
use crate::rules::template as rules;

/// How a name is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Road {
    /// As a key, and as an attribute if there is no such key.
    Key,
    /// As an attribute, or several with dots between.
    Attribute,
}

impl Follower<'_> {
    /// A value is used as a name.
    pub(super) fn road(&mut self, name: &Value, road: Road) {
        for one in name.each() {
            match one {
                Value::Text(text) => self.text_road(text, road),
                Value::Mixed(mixed) => {
                    let start = mixed.start.as_deref().map(str::trim_start);
                    if mixed.dunder {
                        self.escapes("a name that is put together");
                    } else if mixed.double || start.is_some_and(|s| s.starts_with('_')) {
                        self.computed("that begins with an underscore");
                    } else if road == Road::Attribute {
                        self.computed("that is put together");
                    }
                }
                Value::Authored | Value::Object(_) => self.computed("that only rendering tells"),
                Value::Data if road == Road::Attribute => {
                    self.computed("that it takes from its data");
                }
                _ => {}
            }
        }
    }

    fn text_road(&mut self, text: &str, road: Road) {
        let parts = text.split('.').filter(|_| road == Road::Attribute);
        for part in parts.chain([text]) {
            let part = part.trim();
            let named = !part.trim_matches('_').is_empty();
            let inner = part.starts_with("__") && named || holds_dunder(part);
            let frame = is_private(part) && !part.starts_with('_');
            if inner || frame || road == Road::Attribute && is_private(part) {
                self.escapes(part);
                return;
            }
        }
    }

    fn computed(&mut self, what: &str) {
        let severity = rules::COMPUTED_NAME.severity;
        let what = format!("looks up a name {what}");
        self.tell(&rules::COMPUTED_NAME, severity, what);
    }

    /// A format looks a name up.
    pub(super) fn formats(&mut self, name: &str) {
        self.text_road(name, Road::Attribute);
    }

    /// A format that is not known looks up what is not known.
    pub(super) fn formats_unknown(&mut self) {
        self.computed("in a format that is put together");
    }
}
