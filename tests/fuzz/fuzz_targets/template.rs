//! A template of any text is judged to an end, and a name that stands in it as
//! an attribute is found, whatever stands around it.

#![no_main]

use libfuzzer_sys::fuzz_target;
use modelaudit::detect::template::judge;
use modelaudit::report::Severity;

fuzz_target!(|text: &str| {
    let verdict = judge(text);
    for notice in &verdict.notices {
        assert!(!notice.what.is_empty());
    }
    // What is put in front does not hide what follows a complete template.
    if verdict.unfollowed.is_none() {
        let worse = judge(&format!("{{{{ x.__class__ }}}}{text}"));
        let critical = |n: &modelaudit::detect::template::Notice| n.severity == Severity::Critical;
        assert!(worse.notices.iter().any(critical), "{text:?}");
    }
});
