//! What hostile streams may cost, and that what is left out is said.

use super::*;
use crate::detect::globals::Effect;
use crate::report::Severity;
use crate::source::Memory;

/// Everything outside the built-in types is dangerous.
fn judge(module: &str, name: &str) -> Judgement {
    match module {
        "builtins" | "operator" | "collections" | "functools" => Judgement::Harmless("a test"),
        _ if name.is_empty() => Judgement::Harmless("a module"),
        _ => Judgement::Dangerous {
            effect: Effect::RunsCommand,
            severity: Severity::Critical,
            why: crate::detect::globals::Why::Known("a test says so"),
        },
    }
}

fn run(bytes: &[u8]) -> (Vec<Event>, Summary) {
    let source = Memory::new(bytes);
    let options = Options {
        judge,
        ..Options::default()
    };
    let mut events = Vec::new();
    let budget = Budget::unlimited();
    let mut sink = |event: &Event| events.push(event.clone());
    let summary = examine(&source, 0..source.len(), &options, &budget, &mut sink);
    (events, summary)
}

fn calls(events: &[Event]) -> Vec<&str> {
    let calls = events
        .iter()
        .filter(|e| matches!(e.fact, Fact::DangerousCall(_)));
    calls.map(|e| e.shown.as_str()).collect()
}

#[test]
fn a_call_repeated_without_end_is_counted_and_hides_no_other() {
    let mut bytes = b"cos\nsystem\np0\n(S'a'\ntp1\n00".to_vec();
    for _ in 0..200_000 {
        bytes.extend(b"g0\ng1\nR0");
    }
    bytes.extend(b"g0\n(S'other'\ntR.");
    let (events, summary) = run(&bytes);
    assert!(summary.ending.is_stop());
    let same = "os.system(\"a\")";
    assert_eq!(
        calls(&events),
        [same, same, same, "os.system(\"other\")", same]
    );
    assert_eq!(events.last().unwrap().unsaid, 199_997);
    let message = draft(events.last().unwrap()).unwrap().message;
    assert!(
        message.ends_with("; 199997 more times, the last time here"),
        "{message}"
    );
}

#[test]
fn calls_that_multiply_end_at_a_limit() {
    // Each level maps the one below over eight elements.
    let mut bytes = b"]((K\x01K\x01K\x01K\x01K\x01K\x01K\x01K\x01lp9\n1".to_vec();
    bytes.extend(b"cos\nsystem\np0\n0");
    for _ in 0..12 {
        bytes.extend(b"cfunctools\npartial\n(cbuiltins\nmap\ng0\ng9\ntRp0\n0");
    }
    bytes.extend(b"g0\n)R.");
    let (_, summary) = run(&bytes);
    assert!(!summary.ending.is_break(), "{:?}", summary.ending);
}

#[test]
fn a_callable_that_calls_itself_ends_at_a_limit() {
    let bytes = b"cfunctools\npartial\n(cos\nsystem\ntRp0\n(g0\n)}NtbS'x'\n\x85R.";
    let (_, summary) = run(bytes);
    assert!(
        matches!(summary.ending, Ending::Limit(_)),
        "{:?}",
        summary.ending
    );
}

#[test]
fn computed_constants_are_bounded_and_the_loss_is_told() {
    // A text that doubles at every step.
    let mut bytes = b"S'0123456789abcdef'\np0\n0".to_vec();
    for _ in 0..64 {
        bytes.extend(b"coperator\nadd\n(g0\ng0\ntRp0\n0");
    }
    bytes.extend(b"g0\nS'system'\n\x93.");
    let (events, summary) = run(&bytes);
    assert!(summary.ending.is_stop());
    assert!(matches!(events[0].fact, Fact::ComputedGlobal), "{events:?}");
    // Many of the longest that there may be.
    let mut bytes = b"S'".to_vec();
    bytes.extend(vec![b'x'; 60_000]);
    bytes.extend(b"'\np0\n0");
    for _ in 0..20_000 {
        bytes.extend(b"cbuiltins\nstr.lower\n(g0\ntR0");
    }
    bytes.extend(b"N.");
    let (_, summary) = run(&bytes);
    assert!(summary.ending.is_stop());
    assert!(
        summary.limits.contains(&"computed constants"),
        "{:?}",
        summary.limits
    );
}

#[test]
fn lists_that_multiply_are_no_constants() {
    let mut bytes = b"K\x01p0\n0".to_vec();
    for _ in 0..6 {
        bytes.push(b'(');
        for _ in 0..60 {
            bytes.extend(b"g0\n");
        }
        bytes.extend(b"lp0\n0");
    }
    for _ in 0..2000 {
        bytes.extend(b"cbuiltins\nlen\n(g0\ntR0");
    }
    bytes.extend(b"N.");
    assert!(run(&bytes).1.ending.is_stop());
}

#[test]
fn traces_and_arguments_are_looked_through_to_a_limit() {
    let mut bytes = b"cos\nsystem\n]q\0h\0a(".to_vec();
    for _ in 0..50 {
        bytes.extend(b"cbuiltins\nlist\n(h\0tR");
    }
    bytes.extend(b"cos\nremove\nl\x86R.");
    let (events, summary) = run(&bytes);
    assert!(summary.ending.is_stop(), "{:?}", summary.ending);
    assert_eq!(events.len(), 1, "{events:?}");
    let [event] = events.as_slice() else { return };
    assert!(event.trace.len() <= 18, "{:?}", event.trace);
    assert!(
        event
            .trace
            .iter()
            .any(|step| step.ends_with("imports os.system"))
    );
    assert!(event.trace.last().unwrap().contains("REDUCE (opcode "));
}

#[test]
fn a_million_plain_objects_are_followed_without_a_gap() {
    let mut bytes = b"\x80\x04]\x94(".to_vec();
    for _ in 0..1_200_000u32 {
        bytes.extend(b"}\x94K\x01K\x02s");
    }
    bytes.extend(b"e.");
    let (events, summary) = run(&bytes);
    assert!(events.is_empty() && summary.ending.is_stop());
    assert!(summary.limits.is_empty(), "{:?}", summary.limits);
}

#[test]
fn lengths_and_lines_that_are_not_there_cost_nothing() {
    for head in [
        &b"X\xff\xff\xff\xff"[..],
        b"\x8e\0\0\0\0\0\0\0\x80",
        b"T\xff\xff\xff\x7f",
        b"\x8b\0\0\0\x80",
    ] {
        let mut bytes = b"cos\nsystem\n)R0".to_vec();
        bytes.extend(head);
        let (events, summary) = run(&bytes);
        assert_eq!(calls(&events), ["os.system()"]);
        assert!(summary.ending.is_break());
    }
    let mut blanks = b"S'".to_vec();
    blanks.extend(vec![b' '; 4 << 20]);
    blanks.extend(b"\n.");
    assert!(run(&blanks).1.ending.is_break());
}
