//! Payloads in noise, windows, margins.

use super::*;
use crate::detect::pass::Pass;
use crate::source::windows;

/// This sweeper by itself.
static ALONE: LazyLock<Pass> = LazyLock::new(|| Pass::new(&[&EmbeddedPickles]));

const PROTOCOL_0: &[u8] = b"cos\nsystem\n(S'id'\ntR.";
const PROTOCOL_2: &[u8] = b"\x80\x02cposix\nsystem\nq\0X\x02\0\0\0idq\x01\x85q\x02Rq\x03.";
const PROTOCOL_4: &[u8] = b"\x80\x04\x95\x1d\0\0\0\0\0\0\0\x8c\x05posix\x94\x8c\x06system\x94\
    \x93\x94\x8c\x02id\x94\x85\x94R\x94.";
const INST: &[u8] = b"(S'id'\nios\nsystem\n.";
const OBJ: &[u8] = b"(cos\nsystem\nS'id'\no.";
const BINUNICODE: &[u8] = b"X\x02\0\0\0osX\x06\0\0\0system\x93(X\x02\0\0\0idtR.";
const THROUGH_MEMO: &[u8] =
    b"\x80\x04\x8c\x02osq\x050\x8c\x06systemq\x060h\x05h\x06\x93\x8c\x02id\x85R.";

const PAYLOADS: [&[u8]; 7] = [
    PROTOCOL_0,
    PROTOCOL_2,
    PROTOCOL_4,
    INST,
    OBJ,
    BINUNICODE,
    THROUGH_MEMO,
];

/// All hits, swept in windows of this many core bytes.
fn sweep(bytes: &[u8], size: u64) -> Vec<Hit> {
    let mut hits = Vec::new();
    let len = bytes.len() as u64;
    for (core, outer) in windows(0..len, len, size, EmbeddedPickles.margins()) {
        let window = Window {
            bytes: &bytes[outer.start as usize..outer.end as usize],
            base: outer.start,
            core: (core.start - outer.start) as usize..(core.end - outer.start) as usize,
        };
        ALONE.run(&window, &mut |sweeper, sightings| {
            sweeper.judge(&window, sightings, &mut |hit| hits.push(hit));
        });
    }
    hits
}

/// Bytes that look like weights: the same in every run.
fn noise(len: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as u8
    };
    (0..len).map(|_| next()).collect()
}

fn planted(payload: &[u8], at: usize) -> Vec<u8> {
    let mut bytes = noise(20_000);
    bytes[at..at + payload.len()].copy_from_slice(payload);
    bytes
}

#[test]
fn every_anchor_is_found_and_long_enough() {
    let bytes = b"cos\n iposix\n \x8c\x02nt X\x06\0\0\0socket";
    let window = Window {
        bytes,
        base: 0,
        core: 0..bytes.len(),
    };
    let mut names = Vec::new();
    ALONE.run(&window, &mut |_, sightings| {
        names.extend(sightings.iter().map(|s| s.at + NAMES[s.literal]));
    });
    names.sort_unstable();
    assert_eq!(names, [1, 6, 15, 23]);
    assert_eq!(NAMES.len(), 4 * MODULES.len());
    assert!(MODULES.iter().all(|m| m.len() >= 2));
}

#[test]
fn a_payload_in_noise_is_found_once_at_its_call() {
    for payload in PAYLOADS {
        let hits = sweep(&planted(payload, 7000), 1 << 20);
        assert_eq!(hits.len(), 1, "{payload:?} {hits:#?}");
        let place = &hits[0].draft.place;
        let call = payload.iter().rposition(|b| b"Rio".contains(b)).unwrap();
        if !std::ptr::eq(payload, INST) {
            assert_eq!(place.offset, Some(7000 + call as u64), "{payload:?}");
        }
        assert!(hits[0].draft.message.contains("system(\"id\")"));
        assert_eq!(hits[0].reach, Reach::NotProse);
    }
}

#[test]
fn windows_do_not_show() {
    for payload in PAYLOADS {
        let bytes = planted(payload, 7000);
        let whole = sweep(&bytes, 1 << 20);
        for size in [7001, 7003, 4096, 997] {
            assert_eq!(sweep(&bytes, size), whole, "{size}");
        }
    }
}

#[test]
fn what_calls_nothing_critical_is_no_hit() {
    for bytes in [
        &b"import os\nos.system('id')\n"[..],
        b"cos\nsystem\nis a way to write it\n",
        b"sin\ncos\nsystem\n0.",
        b"cos\nsystem\n(S'id'\nt0.",
        b"\x80\x04\x8c\x02os\x8c\x06system\x93.",
        b"ccollections\nOrderedDict\n)R.",
        b"cos\nsystem\ntR.",
        b"#define X (PERSON)\nstatic int\nF2PyCapsule_Check(PyObject *ptr);\n(char *tR.",
    ] {
        assert_eq!(sweep(bytes, 1 << 20), [], "{bytes:?}");
    }
    assert_eq!(sweep(&noise(4 << 20), 1 << 20), []);
}

/// A call that ends behind the margin is not told, one that ends at it is, so
/// that the margins are what the verifier needs and no less.
#[test]
fn the_verifier_stays_inside_its_margins() {
    let payload = |argument: usize| {
        let mut bytes = b"cos\nsystem\n(X".to_vec();
        bytes.extend((argument as u32).to_le_bytes());
        bytes.extend(vec![b'a'; argument]);
        bytes.extend(b"tR.");
        bytes
    };
    let fixed = b"cos\nsystem\n(X....tR".len();
    let longest = AFTER_BYTES - fixed;
    assert_eq!(sweep(&payload(longest), 1 << 20).len(), 1);
    assert_eq!(sweep(&payload(longest), 5003).len(), 1);
    assert_eq!(sweep(&payload(longest + 1), 1 << 20), []);

    let late = |before: usize| {
        let mut bytes = b"\x80\x02(U\xc8".to_vec();
        bytes.extend(vec![b'a'; 200]);
        // Pops keep the beginning in doubt until the anchor.
        while bytes.len() < before {
            bytes.push(b'2');
        }
        bytes.extend(b"ios\nsystem\n.");
        bytes
    };
    assert_eq!(sweep(&late(600), 1 << 20).len(), 1);
    assert_eq!(sweep(&late(BEFORE_BYTES + 1), 1 << 20), []);
}

#[test]
fn a_file_full_of_anchors_takes_bounded_work() {
    let bytes = b"cos\nsystem\n".repeat(4000);
    assert_eq!(sweep(&bytes, 1 << 20), []);
    let bytes = PROTOCOL_0.repeat(1000);
    assert_eq!(sweep(&bytes, 1 << 20).len(), 1000);
}
