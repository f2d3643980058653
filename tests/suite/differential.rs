//! The reader and the machine against the reference implementation: what
//! `pickletools` reads out of many small streams, and what CPython's unpicklers
//! import and call. `fixtures/pickle/differential.py` wrote both files and
//! says what their lines mean.

use modelaudit::budget::Budget;
use modelaudit::detect::globals::{Effect, Judgement};
use modelaudit::detect::pickle::{Event, Fact, Options, examine};
use modelaudit::report::Severity;
use modelaudit::source::{Memory, Source};
use modelaudit::wire::pickle::{Opcode, Operand, Reader, Reading};

const OPCODES: &str = include_str!("differential/opcodes.txt");
const BEHAVIOUR: &str = include_str!("differential/behaviour.txt");

/// A stream and the lines about it.
fn streams(text: &str) -> Vec<(Vec<u8>, Vec<&str>)> {
    let mut streams: Vec<(Vec<u8>, Vec<&str>)> = Vec::new();
    for line in text.lines() {
        match line.strip_prefix('>') {
            Some(digits) => streams.push((bytes(digits), Vec::new())),
            None => streams.last_mut().unwrap().1.push(line),
        }
    }
    streams
}

fn bytes(digits: &str) -> Vec<u8> {
    let pair = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).unwrap();
    (0..digits.len()).step_by(2).map(pair).collect()
}

fn digits(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// What our reader makes of a stream, in the words of the file.
fn read(stream: &[u8]) -> Vec<String> {
    let source = Memory::new(stream);
    let mut reader = Reader::new(&source, 0..source.len(), Reading::Straight);
    let mut lines = Vec::new();
    loop {
        match reader.step() {
            Ok(Some(step)) => {
                let operand = operand(step.opcode, step.operand, &source);
                lines.push(format!("@{} {}{operand}", step.at, step.opcode.name()));
                if step.opcode == Opcode::Stop {
                    return lines;
                }
            }
            Ok(None) | Err(_) => {
                lines.push("!".to_owned());
                return lines;
            }
        }
    }
}

fn operand(opcode: Opcode, operand: Operand, source: &dyn Source) -> String {
    let fetch = |literal: modelaudit::wire::pickle::Literal| literal.fetch(source, 1000).unwrap();
    match operand {
        Operand::None if matches!(opcode, Opcode::Float | Opcode::BinFloat) => " f".to_owned(),
        Operand::None => String::new(),
        Operand::Int(n) => format!(" i:{n}"),
        Operand::Bool(b) => format!(" i:{}", i32::from(b)),
        Operand::Big(_) => " i:big".to_owned(),
        Operand::Text(literal) => format!(" s:{}", digits(&fetch(literal))),
        Operand::Bytes(literal) => format!(" b:{}", digits(&fetch(literal))),
        Operand::Names(module, name) => {
            let both = [fetch(module), fetch(name)].join(&b' ');
            format!(" s:{}", digits(&both))
        }
    }
}

/// One spelling for what both say in their own way: numbers of more than 64
/// bits.
fn settled(line: &str) -> String {
    match line.split_once(" i:") {
        Some((front, number)) if number.parse::<i64>().is_err() => format!("{front} i:big"),
        _ => line.to_owned(),
    }
}

fn without_operands(lines: &[String]) -> Vec<String> {
    let words = lines
        .iter()
        .map(|line| line.split(' ').take(2).collect::<Vec<_>>());
    words.map(|words| words.join(" ")).collect()
}

#[test]
fn the_reader_reads_what_pickletools_reads() {
    let streams = streams(OPCODES);
    assert!(streams.len() > 400, "{}", streams.len());
    let mut failures = Vec::new();
    for (stream, mut lines) in streams {
        let reason = lines.pop_if(|line| line.starts_with(['+', '-', '*']));
        let theirs: Vec<String> = lines.iter().map(|line| settled(line)).collect();
        let ours = read(&stream);
        let common = ours.iter().zip(&theirs).take_while(|(a, b)| a == b).count();
        let agrees = match reason.map(|reason| &reason[..1]) {
            None => ours == theirs,
            // We go on where they raise, or the other way round, and up to
            // there both agree.
            Some("*") => ours != theirs && without_operands(&ours) == without_operands(&theirs),
            Some("+") => theirs.get(common).is_some_and(|l| l == "!") && ours.len() > theirs.len(),
            _ => ours.get(common).is_some_and(|l| l == "!") && theirs.len() > ours.len(),
        };
        if !agrees {
            failures.push(format!(
                "{stream:02x?} {reason:?}\n  ours   {ours:?}\n  theirs {theirs:?}"
            ));
        }
    }
    assert!(
        failures.is_empty(),
        "{}\n{}",
        failures.len(),
        failures.join("\n")
    );
}

/// Everything is worth telling of.
fn judge(_: &str, _: &str) -> Judgement {
    Judgement::Dangerous {
        effect: Effect::RunsCommand,
        severity: Severity::Critical,
        why: modelaudit::detect::globals::Why::Known("a test says so"),
    }
}

/// What the machine calls, and what it imports and does not call.
fn walk(stream: &[u8]) -> Vec<String> {
    let source = Memory::new(stream);
    let options = Options {
        judge,
        ..Options::default()
    };
    let mut lines = Vec::new();
    let mut sink = |event: &Event| match event.fact {
        Fact::DangerousCall(_) | Fact::CallOfResult => lines.push(format!("={}", event.shown)),
        Fact::DangerousImport(_) => lines.push(format!("i{}", event.shown)),
        _ => {}
    };
    let budget = Budget::unlimited();
    examine(&source, 0..source.len(), &options, &budget, &mut sink);
    lines
}

#[test]
fn the_machine_calls_what_the_unpicklers_call() {
    let streams = streams(BEHAVIOUR);
    assert!(streams.len() > 40);
    let mut failures = Vec::new();
    for (stream, lines) in streams {
        let mut theirs = lines;
        theirs.retain(|line| !line.starts_with('#'));
        let ours = walk(&stream);
        if ours != theirs {
            failures.push(format!(
                "{stream:02x?}\n  ours   {ours:?}\n  theirs {theirs:?}"
            ));
        }
    }
    assert!(
        failures.is_empty(),
        "{}\n{}",
        failures.len(),
        failures.join("\n")
    );
}
