//! What a Jinja template does beyond turning its data into text.
//!
//! A chat template is a program that every loader renders. In an environment
//! without a sandbox it reaches any Python object through attributes that
//! begin with an underscore (CVE-2024-34359, CVE-2026-5760), and with a
//! sandbox it is one escape away. There are four *roads* to such an attribute:
//! `.name`, a subscript, a filter that takes an attribute's name, and
//! `str.format`. No chat template has a use for one.
//!
//! The template is cut into tokens as Jinja cuts it (`tokens`), written anew
//! in the plainest spelling (`plain`), parsed by minijinja (`parse`; no
//! other file knows its tree), and followed (`follow`, `expressions`): every name, text and
//! list gets the values that it may have anywhere in the template, so that a
//! name put together from pieces is seen as what it is at the end of its road.
//! What only rendering can tell is called computed.
//!
//! Besides, it is told what a template imports, calls and loops over, what it
//! hides from the eye, and what it says on a condition about what the user
//! said ("poisoned templates").
//!
//! Where the structure cannot be followed, because it is nested beyond reason
//! or not Jinja as minijinja knows it, the older judgement by tokens stands
//! (`by_token`), and what that leaves open is named in
//! [`Verdict::unfollowed`].

mod by_token;
mod conditions;
mod expressions;
mod filters;
mod follow;
mod formatting;
mod hidden;
mod methods;
mod names;
mod parse;
mod plain;
mod roads;
mod tokens;
mod tree;
mod value;

#[cfg(test)]
mod families_tests;
#[cfg(test)]
mod tests;

use crate::report::{Severity, escape_text};
use crate::rules::{Rule, template as rules};

/// Characters of a tag that are shown.
const EXCERPT_CAP_CHARS: usize = 160;

/// Characters of a name that are shown.
const NAME_CAP_CHARS: usize = 80;

/// Something that a template does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The rule it meets.
    pub rule: &'static Rule,
    /// How bad it is.
    pub severity: Severity,
    /// What it does, to stand behind "the chat template".
    pub what: String,
    /// The tag that does it.
    pub excerpt: String,
}

/// What there is to say about a template.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verdict {
    /// What it does, the first of each rule and grade.
    pub notices: Vec<Notice>,
    /// What was not followed, to stand behind "it uses".
    pub unfollowed: Option<String>,
}

impl Verdict {
    /// Whether it does nothing but turn data into text.
    pub fn is_clean(&self) -> bool {
        self.notices.is_empty() && self.unfollowed.is_none()
    }

    /// Keep a notice, unless one of its rule and grade is there.
    fn add(&mut self, notice: Notice) {
        let known = self
            .notices
            .iter()
            .any(|kept| kept.rule == notice.rule && kept.severity == notice.severity);
        if !known {
            self.notices.push(notice);
        }
    }
}

/// Judge the text of a template.
pub fn judge(text: &str) -> Verdict {
    let mut verdict = Verdict::default();
    let followed = plain::write(text).and_then(|plain| {
        let tree = parse::parse(&plain.text)?;
        Ok(follow::follow(&tree, &plain))
    });
    match followed {
        Ok(notices) => notices.into_iter().for_each(|n| verdict.add(n)),
        Err(broken) => judge_by_token(text, &broken, &mut verdict),
    }
    hidden::judge(text, &mut verdict);
    verdict
}

/// Why the structure of a template cannot be followed, to stand behind "it
/// uses".
#[derive(Debug, Clone, PartialEq, Eq)]
struct Broken(String);

fn judge_by_token(text: &str, broken: &Broken, verdict: &mut Verdict) {
    match by_token::judge(text) {
        by_token::Judgement::Harmless => {}
        by_token::Judgement::Uncertain(what) => {
            let Broken(why) = broken;
            verdict.unfollowed = Some(format!("{what}, and its structure is not followed: {why}"));
        }
        by_token::Judgement::Hostile { reaches, excerpt } => {
            verdict.add(escape(&reaches, excerpt));
        }
    }
}

/// The notice of a road with such a name at its end.
fn escape(name: &str, excerpt: String) -> Notice {
    Notice {
        rule: &rules::ESCAPE,
        severity: rules::ESCAPE.severity,
        what: format!("reaches for `{}`", shown(name)),
        excerpt,
    }
}

/// A name as it may be shown.
fn shown(name: &str) -> String {
    escape_text(name).chars().take(NAME_CAP_CHARS).collect()
}
