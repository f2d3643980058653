//! Where something is: file, member chain, byte span, and a name inside.

use std::fmt;
use std::ops::Range;

use serde::{Deserialize, Serialize};

/// A run of bytes by position: `start..end` in an artifact.
pub type Span = Range<u64>;

/// A place inside one artifact; the artifact itself is known from context.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// First byte, counted from the start of the artifact.
    pub offset: Option<u64>,
    /// Length in bytes.
    pub length: Option<u64>,
    /// The number of the opcode in its pickle, counted from 1.
    pub opcode: Option<u64>,
    /// A name inside the artifact: a tensor, a JSON key, a layer.
    pub within: Option<String>,
}

impl Place {
    /// The artifact as a whole.
    pub fn whole() -> Self {
        Place::default()
    }

    /// The same place, inside the thing called `name`.
    pub fn within(mut self, name: impl Into<String>) -> Self {
        self.within = Some(name.into());
        self
    }
}

impl From<Span> for Place {
    fn from(span: Span) -> Self {
        Place {
            offset: Some(span.start),
            length: Some(span.end.saturating_sub(span.start)),
            opcode: None,
            within: None,
        }
    }
}

impl From<u64> for Place {
    fn from(offset: u64) -> Self {
        Place {
            offset: Some(offset),
            length: None,
            opcode: None,
            within: None,
        }
    }
}

/// A place in the whole scan.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Location {
    /// The file, as the person named it.
    pub path: String,
    /// Names of nested members, outermost first; empty for the file itself.
    #[serde(default)]
    pub members: Vec<String>,
    /// First byte in the innermost artifact.
    #[serde(default)]
    pub offset: Option<u64>,
    /// Length in bytes.
    #[serde(default)]
    pub length: Option<u64>,
    /// The number of the opcode in its pickle, counted from 1.
    #[serde(default)]
    pub opcode: Option<u64>,
    /// A name inside the artifact: a tensor, a JSON key, a layer.
    #[serde(default)]
    pub within: Option<String>,
}

impl Location {
    /// A whole file.
    pub fn file(path: impl Into<String>) -> Self {
        Location {
            path: path.into(),
            ..Location::default()
        }
    }

    /// The artifact this location lies in, without the place inside it.
    pub fn artifact(&self) -> Location {
        Location {
            path: self.path.clone(),
            members: self.members.clone(),
            ..Location::default()
        }
    }

    /// The given place inside this artifact.
    pub fn at(&self, place: Place) -> Location {
        Location {
            path: self.path.clone(),
            members: self.members.clone(),
            offset: place.offset,
            length: place.length,
            opcode: place.opcode,
            within: place.within.map(|name| super::escape_text(&name)),
        }
    }

    /// The member called `name` of this artifact.
    pub fn member(&self, name: &str) -> Location {
        let mut members = self.members.clone();
        members.push(super::escape_text(name));
        Location {
            path: self.path.clone(),
            members,
            ..Location::default()
        }
    }

    /// The artifact path alone: `model.pt!archive/data.pkl`.
    pub fn artifact_path(&self) -> String {
        let mut out = self.path.clone();
        for member in &self.members {
            out.push('!');
            out.push_str(member);
        }
        out
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.artifact_path())?;
        if let Some(offset) = self.offset {
            write!(f, " byte {offset}")?;
        }
        if let Some(number) = self.opcode {
            write!(f, " (opcode {number})")?;
        }
        if let Some(name) = &self.within {
            write!(f, " in `{name}`")?;
        }
        Ok(())
    }
}
