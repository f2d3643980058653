//! From facts to findings.

use super::event::{Carriage, Danger, Event, Fact};
use crate::detect::globals::{Why, does};
use crate::report::Severity;
use crate::rules::{Draft, Rule, bytecode, pickle as rules};
use crate::wire::pickle::FrameFault;

/// The finding that an event is; `None` for events that are only to be
/// followed up.
pub fn draft(event: &Event) -> Option<Draft> {
    let shown = &event.shown;
    let (rule, severity, message) = match event.fact {
        Fact::DangerousCall(danger) => call(danger, shown),
        Fact::DangerousImport(danger) => plain(
            &rules::DANGEROUS_IMPORT,
            format!(
                "the pickle imports `{shown}`, which {}",
                does(danger.effect)
            ),
        ),
        Fact::UnknownCall { known_package } => unknown_call(known_package, shown),
        Fact::UnknownClass { code_like } => unknown_class(code_like, shown),
        Fact::ComputedGlobal => plain(
            &rules::COMPUTED_GLOBAL,
            format!("an import is named by values computed while loading: `{shown}`"),
        ),
        Fact::AttributePath => plain(
            &rules::ATTRIBUTE_PATH,
            format!("the import `{shown}` goes through other objects"),
        ),
        Fact::AttributeAccess { certain } => access(certain, shown),
        Fact::Extension => plain(
            &rules::EXTENSION_CODE,
            format!("the pickle uses {shown} of the extension registry"),
        ),
        Fact::Overwrite => plain(
            &rules::FOREIGN_STATE,
            format!("loading sets state on something the pickle did not make: `{shown}`"),
        ),
        Fact::ForeignWrite => plain(
            &rules::FOREIGN_WRITE,
            format!("loading stores into something the pickle did not make: `{shown}`"),
        ),
        Fact::PlantedHook => plain(
            &rules::PLANTED_METHOD,
            format!("the state of an object plants `{shown}`"),
        ),
        Fact::CallOfResult => plain(
            &rules::CALL_OF_RESULT,
            format!("loading calls what another call returned: `{shown}`"),
        ),
        Fact::PersistentId { misshapen } => persistent(misshapen, shown),
        Fact::Frame(fault) => frame(fault, shown),
        Fact::MemoIndex(index) => plain(
            &rules::MEMO_INDEX,
            format!("the pickle stores under memo index {index}"),
        ),
        Fact::UnsureArray => plain(
            &rules::UNSURE_ARRAY,
            format!("where the bytes of an array end is unsure: {shown}"),
        ),
        Fact::TensorOutside => plain(
            &rules::TENSOR_OUTSIDE_STORAGE,
            format!("a tensor reaches outside its storage: {shown}"),
        ),
        Fact::Carried(carriage, severity) => carried(carriage, severity, shown),
        Fact::Nested(_) | Fact::NestedComputed => return None,
    };
    let message = match event.unsaid {
        0 => message,
        n => format!("{message}; {n} more times, the last time here"),
    };
    let draft = rule
        .at(event.span.clone())
        .opcode(event.opcode)
        .severity(severity)
        .message(message)
        .evidence(shown.clone())
        .trace(event.trace.clone());
    Some(draft)
}

type Parts = (&'static Rule, Severity, String);

fn plain(rule: &'static Rule, message: String) -> Parts {
    (rule, rule.severity, message)
}

fn carried(carriage: Carriage, severity: Severity, shown: &str) -> Parts {
    let rule = match carriage {
        Carriage::Function => &bytecode::FUNCTION_BY_VALUE,
        Carriage::Class => &bytecode::CLASS_BY_VALUE,
        Carriage::Dangerous => &bytecode::DANGEROUS_FUNCTION,
    };
    (rule, severity, shown.to_owned())
}

fn call(danger: Danger, shown: &str) -> Parts {
    let effect = does(danger.effect);
    let message = match danger.why {
        Why::Known(_) => format!("loading calls `{shown}`, which {effect}"),
        Why::Reaches(way) => format!("loading calls `{shown}`, which {effect}: {way}"),
    };
    (&rules::DANGEROUS_CALL, danger.severity, message)
}

fn unknown_call(known_package: bool, shown: &str) -> Parts {
    let package = match known_package {
        true => "a function that is not vetted",
        false => "a function of an unknown package",
    };
    plain(
        &rules::UNKNOWN_CALL,
        format!("loading calls {package}: `{shown}`"),
    )
}

fn unknown_class(code_like: bool, shown: &str) -> Parts {
    let rule = &rules::UNKNOWN_CLASS;
    match code_like {
        true => (
            rule,
            Severity::Medium,
            format!(
                "loading makes an object of an unknown class out of what looks like code: `{shown}`"
            ),
        ),
        false => plain(
            rule,
            format!("loading makes an object of a class from an unknown package: `{shown}`"),
        ),
    }
}

fn access(certain: bool, shown: &str) -> Parts {
    let rule = &rules::ATTRIBUTE_ACCESS;
    let severity = match certain {
        true => rule.severity,
        false => Severity::Medium,
    };
    (
        rule,
        severity,
        format!("loading reads an attribute by name: `{shown}`"),
    )
}

fn persistent(misshapen: bool, shown: &str) -> Parts {
    let rule = &rules::PERSISTENT_ID;
    match misshapen {
        true => (
            rule,
            Severity::High,
            format!("a reference claims to be a torch storage and is not shaped like one: {shown}"),
        ),
        false => plain(
            rule,
            format!("the pickle refers to an object outside of it: {shown}"),
        ),
    }
}

fn frame(fault: FrameFault, shown: &str) -> Parts {
    match fault {
        FrameFault::Crossed => plain(
            &rules::FRAME_CROSSING,
            format!("an instruction crosses the end of its frame: {shown}"),
        ),
        FrameFault::PastEnd => plain(
            &rules::IMPOSSIBLE_FRAME,
            "a frame is longer than what is left of the stream".to_owned(),
        ),
        FrameFault::Nested => plain(
            &rules::IMPOSSIBLE_FRAME,
            "a frame begins inside another one".to_owned(),
        ),
    }
}
