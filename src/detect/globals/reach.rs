//! What the functions and classes of well-known libraries reach.
//!
//! A list of bad names is never complete; the sources of a library are. For
//! each library that models name, `reach/survey.py` follows calls from every
//! function, method and class to the dangerous callables of the tables, and
//! writes down those that hand one of their own parameters to one of them. The
//! files are compiled in as text and searched where they lie.
//!
//! Not in them: folders of tests, what compiled extensions do, what flows
//! through globals or through objects whose class is not evident. What is not
//! listed stays unknown, never harmless.

mod library;

use std::fmt;

use super::{Effect, Judgement, index, path};
use library::{Library, Place};

/// How often an entry is followed to the one that it stands for. Re-exports
/// need one step, inherited methods two.
const FOLLOW_CAP: usize = 8;

/// Dots in the names of modules that are looked for; no library has that many.
const DEPTH_CAP_DOTS: usize = 12;

/// How a callable reaches a dangerous one. It prints as the rest of a sentence
/// that begins with the callable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Way {
    /// What is done at its end.
    pub effect: Effect,
    /// The dangerous callable.
    pub sink: &'static str,
    /// The module of the callable itself.
    module: &'static str,
    /// The next function on the way: a path, or `.name` in the same module.
    /// Empty where the callable itself calls the sink.
    through: &'static str,
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "it reaches `{}`", self.sink)?;
        match self.through {
            "" => Ok(()),
            near if near.starts_with('.') => write!(f, " through `{}{near}`", self.module),
            far => write!(f, " through `{far}`"),
        }
    }
}

/// The way that the callable of this folded path goes, by an entry of one of
/// these kinds: see `survey.py`.
pub(super) fn way(path: &str, kinds: &[&str]) -> Option<Way> {
    let library = library::of(path.split('.').next().unwrap_or_default())?;
    let mut at = find(library, path, None)?;
    for _ in 0..FOLLOW_CAP {
        let Some((target, member)) = other(&at) else {
            return direct(library, &at, kinds);
        };
        at = match next(library, &at, target, member) {
            Some(next) => next,
            None => return borrowed(&at, target),
        };
    }
    None
}

/// Where a path is listed: under the longest module that lists it, with the
/// class that inherits it, or as a method by its name alone.
fn find<'a>(library: &Library, path: &'a str, member: Option<&'a str>) -> Option<Place<'a>> {
    let dots = path.bytes().filter(|b| *b == b'.').count();
    let deeper = dots.saturating_sub(DEPTH_CAP_DOTS);
    for prefix in path::prefixes(path).skip(deeper.max(1)) {
        let Some((module, lines)) = library.section(prefix) else {
            continue;
        };
        let name = path.get(prefix.len().saturating_add(1)..)?;
        let found = Place::find(module, lines, name, member);
        if found.is_some() {
            return found;
        }
    }
    let (class, method) = match member {
        Some(member) => (path, member),
        None => path.rsplit_once('.')?,
    };
    let (module, lines) = library.section(library::ANY_CLASS)?;
    let class = class.rsplit('.').next().unwrap_or_default();
    super::packages::is_class_spelling(class)
        .then(|| Place::find(module, lines, method, None))
        .flatten()
}

/// What a place that only refers to another one refers to: the path, and the
/// method of it that is meant.
fn other<'a>(at: &Place<'a>) -> Option<(&'static str, Option<&'a str>)> {
    at.entries().find_map(|(kind, rest)| match kind {
        "=" => Some((rest, at.inherited())),
        "<" => Some((rest, at.inherited())).filter(|(_, member)| member.is_some()),
        _ => None,
    })
}

fn next<'a>(
    library: &Library,
    at: &Place<'a>,
    target: &'static str,
    member: Option<&'a str>,
) -> Option<Place<'a>> {
    if let Some(near) = target.strip_prefix('.') {
        return Place::find(at.module, at.lines, near, member);
    }
    match target.strip_suffix('.') {
        Some(module) => {
            let (module, lines) = library.section(module)?;
            Place::find(module, lines, at.name(), member)
        }
        None => find(library, target, member),
    }
}

/// What the entry itself says.
fn direct(library: &Library, at: &Place<'_>, kinds: &[&str]) -> Option<Way> {
    let (_, rest) = at
        .entries()
        .find(|(kind, _)| kinds.contains(kind) && at.inherited().is_none())?;
    let (number, through) = rest.split_once(' ').unwrap_or((rest, ""));
    let (effect, sink) = library.sink(number)?;
    Some(Way {
        effect,
        sink,
        module: at.module,
        through,
    })
}

/// A name under which a module offers a dangerous callable of another library.
fn borrowed(at: &Place<'_>, target: &'static str) -> Option<Way> {
    let judged = path::prefixes(target).find_map(|prefix| match prefix.len() == target.len() {
        true => index::name(prefix),
        false => index::module(prefix),
    });
    match judged {
        Some(Judgement::Dangerous { effect, .. }) => Some(Way {
            effect: *effect,
            sink: target,
            module: at.module,
            through: "",
        }),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
