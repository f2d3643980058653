//! Private keys in PEM armour.
//!
//! Specs: RFC 7468 (PEM), RFC 5958 (PKCS #8), RFC 8017 (PKCS #1), RFC 5915
//! (EC), the OpenSSH key format. Armour with something else inside, or with an
//! ellipsis as documentation prints it, is no key: the decoded body must start
//! as such a key does and be as long as it says.

use super::super::text::{decode_base64, find, strip_any};
use super::super::{Around, Found, Pattern};
use super::found;
use crate::detect::Reach;
use crate::report::Severity;
use crate::rules::secrets::PRIVATE_KEY;

/// Longest armoured key that is recognised, in bytes: RSA with 16,384 bits.
const ARMOUR_CAP_BYTES: usize = 16_384;

/// Shortest body that can hold a key, decoded: Ed25519 in PKCS #8 has 48.
const BODY_BYTES: usize = 40;

const OPEN: &[u8] = b"-----BEGIN ";

/// Bits: the label `PRIVATE KEY-----` (128) behind one of seven words (-3).
pub(in crate::detect) static PATTERNS: &[Pattern] = &[Pattern {
    name: "private-key",
    anchor: OPEN,
    before: 0,
    after: ARMOUR_CAP_BYTES,
    reach: Reach::Everywhere,
    checked_bits: 125.0,
    verify,
}];

/// Labels, and what kind of key each holds.
static LABELS: &[(&[u8], &str)] = &[
    (b"PRIVATE KEY-----", "PKCS #8"),
    (b"RSA PRIVATE KEY-----", "RSA"),
    (b"EC PRIVATE KEY-----", "elliptic-curve"),
    (b"DSA PRIVATE KEY-----", "DSA"),
    (b"OPENSSH PRIVATE KEY-----", "OpenSSH"),
    (b"ENCRYPTED PRIVATE KEY-----", "encrypted PKCS #8"),
];

fn verify(around: &Around<'_>) -> Option<Found> {
    let rest = around.from(OPEN.len());
    let (label, kind) = LABELS.iter().find(|(label, _)| rest.starts_with(label))?;
    let rest = rest.get(label.len()..)?;
    let end = find(rest, b"-----END ")?;
    let armour = rest.get(..end)?;
    let (kind, severity) = match encrypted_body(armour) {
        Some(true) => ("encrypted", Severity::Medium),
        Some(false) => return None,
        None => (*kind, grade(kind, &body(armour))?),
    };
    let len = OPEN.len().saturating_add(label.len()).saturating_add(end);
    let message = format!("a private key lies in the bytes ({kind}, PEM)");
    Some(found(
        &PRIVATE_KEY,
        severity,
        around,
        around.span(len),
        message,
    ))
}

/// The decoded body. Line ends may be written as `\n` inside JSON.
fn body(armour: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(armour.len());
    let mut rest = armour;
    while let Some((&byte, behind)) = rest.split_first() {
        match strip_any(rest, &[b"\\r", b"\\n"]) {
            Some(behind) => rest = behind,
            None => {
                plain.push(byte);
                rest = behind;
            }
        }
    }
    decode_base64(&plain, |b| b.is_ascii_whitespace())
}

/// The grade of a body that is a key of this kind.
fn grade(kind: &str, body: &[u8]) -> Option<Severity> {
    let is_key = match kind {
        "OpenSSH" => body.starts_with(b"openssh-key-v1\0") && body.len() > 100,
        _ => is_der_sequence(body),
    };
    match (is_key, kind.starts_with("encrypted")) {
        (true, false) => Some(Severity::High),
        (true, true) => Some(Severity::Medium),
        _ => None,
    }
}

/// Whether this is one DER sequence, of the length it states, that starts with
/// an integer (a version) or a sequence (an algorithm).
fn is_der_sequence(body: &[u8]) -> bool {
    let (stated, inside) = match body {
        [0x30, 0x82, high, low, inside @ ..] => (u16::from_be_bytes([*high, *low]), inside),
        [0x30, 0x81, len, inside @ ..] => (u16::from(*len), inside),
        [0x30, len @ 0..=0x7f, inside @ ..] => (u16::from(*len), inside),
        _ => return false,
    };
    body.len() >= BODY_BYTES
        && inside.len() == usize::from(stated)
        && matches!(inside, [0x02, 0x01, 0..=3, ..] | [0x30, ..])
}

/// Whether the body is encrypted as RFC 1421 has it, with headers in front;
/// `None` without such headers, `Some(false)` when too little follows.
fn encrypted_body(armour: &[u8]) -> Option<bool> {
    const HEADER: &[u8] = b"Proc-Type: 4,ENCRYPTED";
    const KEY_INFO: &[u8] = b"DEK-Info: ";
    find(armour, HEADER)?;
    let info = find(armour, KEY_INFO)?;
    let behind = armour.get(info..)?;
    let blank = find(behind, b"\n\n").or_else(|| find(behind, b"\n\r\n"))?;
    Some(body(behind.get(blank..)?).len() >= BODY_BYTES)
}
