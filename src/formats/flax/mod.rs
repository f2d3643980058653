//! Flax: one MessagePack value, a tree of maps with arrays at its leaves.
//!
//! `flax_model.msgpack`, and what `flax.serialization` writes elsewhere.
//! An array is an *extension*: type 1 holds, again in MessagePack, a shape, the
//! name of a dtype and bytes; type 2 a complex number; type 3 a number of
//! NumPy, written like an array. Arrays beyond a gigabyte are maps with the key
//! `__msgpack_chunked_array__` and the pieces in order.
//!
//! Nothing is executed. An attacker writes shapes that are not those of the
//! bytes, an array of Python objects, an extension that some program unpickles,
//! a key twice, counts and nesting that end a reader, and what he likes behind
//! the value or in it as bytes.
//!
//! Not checked here: the numbers in the arrays. Their bytes are swept like all
//! others.

mod array;
mod chunked;
mod tree;

#[cfg(test)]
mod tests;

use tree::Tree;

use super::tally::Tally;
use super::{Artifact, Claim, Content, Context, Format, FormatSpec, Kind, Probe};
use crate::rules::flax as rules;
use crate::source::Source;
use crate::wire::Fault;
use crate::wire::msgpack::{Token, Trouble, Walker};

/// Values that the recogniser looks at to find an array.
const PROBED_VALUES: usize = 64;

/// Flax, and MessagePack under the suffixes it shares.
pub struct Flax;

static SPEC: FormatSpec = FormatSpec {
    id: "flax",
    title: "Flax or MessagePack",
    suffixes: &[".msgpack", ".flax", ".mpk"],
    runs_code: false,
    content: Content::Data,
    layer_of: None,
    references: &[
        "https://github.com/google/flax/blob/main/flax/serialization.py",
        "https://github.com/msgpack/msgpack/blob/master/spec.md",
    ],
    limitations: &[
        "The values of the arrays are not judged, only swept.",
        "Extensions that Flax does not have are reported, and opened where they are a format by \
         themselves.",
    ],
};

impl Format for Flax {
    fn spec(&self) -> &'static FormatSpec {
        &SPEC
    }

    fn kind(&self) -> Kind {
        Kind::Weights
    }

    fn recognise(&self, probe: &Probe<'_>) -> Claim {
        let named = probe.has_suffix(SPEC.suffixes);
        match probe.head() {
            head if named && begins(head) => Claim::Magic,
            _ if named => Claim::Name,
            // A map whose first key is text.
            [0x81..=0x8f, 0xa1..=0xbf | 0xd9, ..]
            | [0xde, _, _, 0xa1..=0xbf | 0xd9, ..]
            | [0xdf, _, _, _, _, 0xa1..=0xbf | 0xd9, ..]
                if has_array(probe.source()) =>
            {
                Claim::Structure
            }
            _ => Claim::No,
        }
    }

    fn examine(&self, artifact: &Artifact, cx: &mut Context<'_>) -> Result<(), Fault> {
        let mut tally = Tally::default();
        let ended = examine(artifact, cx, &mut tally);
        tally.report(cx);
        ended
    }
}

/// Whether bytes under the suffix begin as a tree does. Pickles, HDF5, pictures
/// and `.npy` files begin with markers of maps and arrays as well; none of them
/// has text for a key, or anything but a small number for an element.
fn begins(head: &[u8]) -> bool {
    match head {
        [0x80 | 0x90] | [0xc7..=0xc9 | 0xd4..=0xd8, ..] => true,
        [0x81..=0x8f, key, ..] | [0xde, _, _, key, ..] | [0xdf, _, _, _, _, key, ..] => {
            matches!(*key, 0xa0..=0xbf | 0xd9..=0xdb)
        }
        [0x91..=0x9f, first, ..] | [0xdc, _, _, first, ..] | [0xdd, _, _, _, _, first, ..] => {
            *first >= 0x80
        }
        _ => false,
    }
}

/// Whether an array of Flax is among the first values.
fn has_array(source: &dyn Source) -> bool {
    let mut walker = Walker::new(source, 0..source.len());
    for _ in 0..PROBED_VALUES {
        let Ok(Some(event)) = walker.next_event() else {
            return false;
        };
        if let Token::Extension(1 | 3, body) = event.token {
            // An array of three, the first of them an array.
            let front = walker.bytes(&body, 2).unwrap_or_default();
            return matches!(front.as_slice(), [0x93, 0x90..=0x9f]);
        }
    }
    false
}

fn examine(artifact: &Artifact, cx: &mut Context<'_>, tally: &mut Tally) -> Result<(), Fault> {
    let source = artifact.source.as_ref();
    if !matches!(
        *source.chunk(0..1)?,
        [0x80..=0x9f | 0xdc..=0xdf | 0xc7..=0xc9 | 0xd4..=0xd8]
    ) {
        return Err(Fault::malformed(0, "no map or array begins the file"));
    }
    let mut walker = Walker::new(source, 0..source.len());
    let mut tree = Tree::new(source);
    let ended = walk(&mut walker, &mut tree, cx, tally);
    tree.finish(&walker, cx);
    match ended {
        Ok(()) => behind(walker.position(), source.len(), cx, tally),
        Err(ref fault) => trouble(&walker, fault, source.len(), tally),
    }
    ended
}

fn walk(
    walker: &mut Walker<'_>,
    tree: &mut Tree<'_>,
    cx: &mut Context<'_>,
    tally: &mut Tally,
) -> Result<(), Fault> {
    loop {
        cx.tick()?;
        match walker.next_event()? {
            Some(event) => tree.see(&event, walker, cx, tally)?,
            None => return Ok(()),
        }
    }
}

/// What follows the value is nobody's.
fn behind(end: u64, len: u64, cx: &mut Context<'_>, tally: &mut Tally) {
    cx.accounts();
    if end < len {
        let more = len.saturating_sub(end);
        let message = format!("{more} bytes follow the value, which ends at byte {end}");
        tally.add(rules::TRAILING_DATA.at(end..len).message(message));
        cx.slack(end..len);
    }
}

/// Say what kind of lie ended the walk.
fn trouble(walker: &Walker<'_>, fault: &Fault, len: u64, tally: &mut Tally) {
    let rule = match walker.trouble() {
        Some(Trouble::Length) => &rules::IMPOSSIBLE_LENGTH,
        Some(Trouble::Depth) => &rules::DEEP_NESTING,
        Some(Trouble::Marker | Trouble::Short) => &rules::INVALID_VALUE,
        None => return,
    };
    let at = fault.offset().unwrap_or_default();
    tally.add(rule.at(at..len.max(at)).message(fault.to_string()));
}
