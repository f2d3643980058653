//! From marked nodes to findings.

use std::collections::BTreeMap;

use super::judge::{Names, verdict};
use super::node::Node;
use super::operands::Resolver;
use super::ops::{Act, Operand};
use super::walk::{Mark, Walk};
use crate::formats::Context;
use crate::formats::tally::Tally;
use crate::report::{Why, escape_text};
use crate::rules::Draft;
use crate::wire::Fault;

/// Characters of a name that are shown.
const SHOWN_CAP_CHARS: usize = 100;

/// Judge every marked node of a walk, and report one finding for each rule and
/// operator.
pub(super) fn judge(walk: Walk<'_>, cx: &mut Context<'_>) -> Result<(), Fault> {
    let mut by_op: BTreeMap<&'static str, Tally> = BTreeMap::new();
    let mut resolver = Resolver::new(&walk);
    let ended = walk.marks.iter().try_for_each(|mark| {
        cx.tick()?;
        if let Some(draft) = one(&walk, &mut resolver, mark)? {
            by_op.entry(mark.row.op).or_default().add(draft);
        }
        Ok(())
    });
    if resolver.is_tired() {
        let detail = "more nodes lie between operators and what they act on than are followed";
        cx.gap(crate::report::Place::whole(), Why::Limit, detail);
    }
    for tally in by_op.into_values() {
        tally.report(cx);
    }
    walk.tally.report(cx);
    ended
}

fn one(
    walk: &Walk<'_>,
    resolver: &mut Resolver<'_, '_>,
    mark: &Mark,
) -> Result<Option<Draft>, Fault> {
    let node = Node::read(walk.source, &mark.node)?;
    let mut names = Names::default();
    match mark.row.operand {
        // Constants that are graphs were judged as such.
        _ if mark.row.act == Act::RunsGraph && walk.has_inner => return Ok(None),
        _ if mark.row.act == Act::RunsGraph => {}
        Operand::Nothing => {}
        Operand::Attr(key) => names.texts = node.texts(walk.source, key)?,
        Operand::Input(index) => {
            if let Some(input) = node.inputs.get(index) {
                let asset = asset(walk, mark.scope, input);
                // The loader puts a path of its own into an asset's tensor.
                if asset == Some(true) {
                    return Ok(None);
                }
                names.is_asset = asset.is_some();
                names.texts = resolver.texts(mark.scope, input)?;
            }
        }
    }
    let Some(found) = verdict(mark.row, &names) else {
        return Ok(None);
    };
    let shown: String = escape_text(&node.name)
        .chars()
        .take(SHOWN_CAP_CHARS)
        .collect();
    let scope = walk.scopes.get(mark.scope).map_or("", |scope| &scope.title);
    let place = match scope {
        "" => String::new(),
        title => format!(" in {title}"),
    };
    let message = format!("{} `{shown}`{place} {}", mark.row.op, found.words);
    let draft = found
        .rule
        .at(walk.place(&mark.node))
        .severity(found.severity);
    Ok(Some(
        draft
            .message(message)
            .evidence(found.evidence)
            .within(node.name),
    ))
}

/// Whether an input of the outermost graph is an asset, and then whether the
/// loader sets its path.
fn asset(walk: &Walk<'_>, scope: usize, input: &str) -> Option<bool> {
    if walk
        .scopes
        .get(scope)
        .is_none_or(|scope| !scope.title.is_empty())
    {
        return None;
    }
    let tensor = match input.contains(':') {
        true => input.to_owned(),
        false => format!("{input}:0"),
    };
    walk.assets.get(&tensor).copied()
}
