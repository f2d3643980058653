//! Rules about secrets that were published with a model by mistake, or planted
//! in it.

use super::Rule;
use crate::report::Severity;

/// The family, in the order of the catalogue.
pub static RULES: &[&Rule] = &[&PRIVATE_KEY, &ACCESS_TOKEN];

/// A private key in PEM armour.
pub static PRIVATE_KEY: Rule = Rule {
    id: "secret-private-key",
    severity: Severity::High,
    title: "a private key lies in the bytes",
    why: "Whoever has the file has the key: to servers, to signatures, to accounts. A model has no \
          use for one.",
    remedy: "Revoke the key if it is yours, and publish the model again without it.",
    references: &["CWE-312", "CWE-321", "CWE-540"],
};

/// An access token of a known service.
pub static ACCESS_TOKEN: Rule = Rule {
    id: "secret-access-token",
    severity: Severity::High,
    title: "an access token of a service lies in the bytes",
    why: "Whoever has the file can act as the owner of the token at that service. Training scripts \
          leave such tokens in saved arguments, notebooks and logs.",
    remedy: "Revoke the token if it is yours, and publish the model again without it. If the file \
             is somebody else's, tell them.",
    references: &["CWE-312", "CWE-522", "CWE-798"],
};
