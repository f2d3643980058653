//! Addresses in the values of metadata, told with the key that they stand
//! under.

use super::Context;
use super::tally::Tally;
use crate::detect;
use crate::report::Span;

/// Tell of the addresses in a text that stands in `span`, the value of `key`;
/// `owner` is how a message calls it. The sweep says nothing of them again.
pub(super) fn judge(
    (owner, key): (&str, &str),
    text: &str,
    span: &Span,
    tally: &mut Tally,
    cx: &mut Context<'_>,
) {
    for address in detect::addresses(text) {
        cx.judged(span.clone(), address.rule);
        let draft = address.rule.at(span.clone()).severity(address.severity);
        let message = format!("{owner} holds {}", address.what);
        tally.add(draft.message(message).bytes(&address.evidence).within(key));
    }
}
