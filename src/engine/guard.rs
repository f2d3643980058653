//! The boundary that keeps a defect of ours from ending the scan.
//!
//! Every call into a format or a sweeper goes through [`guarded`]. A panic
//! there becomes a gap at the artifact at hand, and all other work goes on.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Run `work`; a panic comes back as its message.
pub fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    // Unwind safety: what `work` shares with the outside is the ledger, whose
    // locks are recovered from poisoning and whose state is valid after every
    // single write.
    catch_unwind(AssertUnwindSafe(work)).map_err(|payload| message(payload.as_ref()))
}

fn message(payload: &(dyn Any + Send)) -> String {
    let text = payload
        .downcast_ref::<&str>()
        .map(|s| (*s).to_owned())
        .or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no message".to_owned());
    format!("a check failed inside ({text}); please report this file to the developers")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_comes_back_as_text() {
        assert_eq!(guarded(|| 7), Ok(7));
        assert!(
            guarded(|| panic!("{}", "broken"))
                .unwrap_err()
                .contains("broken")
        );
    }
}
