//! Rules about Jinja templates: what rendering a conversation does besides.

use super::Rule;
use crate::report::Severity;

/// The family, in the order of the catalogue.
pub static RULES: &[&Rule] = &[
    &ESCAPE,
    &COMPUTED_NAME,
    &IMPORTS,
    &FOREIGN_OBJECT,
    &CONDITIONAL_TEXT,
    &HIDDEN_CHARACTERS,
    &LONG_LOOP,
];

/// A template that reaches for Python's internals.
pub static ESCAPE: Rule = Rule {
    id: "template-sandbox-escape",
    severity: Severity::Critical,
    title: "a template reaches for Python's internals",
    why: "Chat templates are Jinja programs that are rendered for every conversation. Attributes \
          that begin with an underscore lead from any value to the interpreter and from there to \
          the operating system; no chat template has a use for them. A loader without a sandbox \
          runs the code, one with a sandbox is a bug away from it.",
    remedy: "Do not load the model. Take the template from the model's author, or write one that \
             uses the messages only.",
    references: &["CWE-1336", "CVE-2024-34359", "CVE-2026-5760"],
};

/// A template that looks up what it computes.
pub static COMPUTED_NAME: Rule = Rule {
    id: "template-computed-name",
    severity: Severity::Medium,
    title: "a template looks up a name that only rendering tells",
    why: "The name of an attribute is put together while the template is rendered, from texts \
          that whoever wrote it chose. Ordinary templates write the names that they use; this is \
          how an escape from the sandbox is kept out of sight.",
    remedy: "Read the tag. Use a template that writes its names out.",
    references: &["CWE-1336", "CVE-2024-34359"],
};

/// A template that takes in another one.
pub static IMPORTS: Rule = Rule {
    id: "template-imports",
    severity: Severity::Medium,
    title: "a template takes in another one",
    why: "Loaders of chat templates have nothing to take in, so rendering fails. A program that \
          renders the template with access to files reads the file that it names.",
    remedy: "Use a template that stands by itself.",
    references: &["CWE-98", "CWE-1336"],
};

/// A template that uses an object that it should not have.
pub static FOREIGN_OBJECT: Rule = Rule {
    id: "template-foreign-object",
    severity: Severity::Medium,
    title: "a template uses an object that chat templates do not have",
    why: "Modules, Python's builtins and objects of web frameworks are not there when a chat \
          template is rendered. A template that asks for one is broken or waits for a program in \
          which it is there.",
    remedy: "Read the tag. Use a template that uses the messages only.",
    references: &["CWE-1336"],
};

/// A template that says something on a word of the user.
pub static CONDITIONAL_TEXT: Rule = Rule {
    id: "template-conditional-text",
    severity: Severity::Info,
    title: "a template adds text when the user says a certain word",
    why: "The text is added to the conversation where neither the user nor the application sees \
          it, and the model follows it: a poisoned template changes answers about one subject \
          and no others.",
    remedy: "Read what is added and when. Use the template of the model's author.",
    references: &[
        "CWE-912",
        "https://www.pillar.security/blog/llm-backdoors-at-the-inference-level-the-threat-of-poisoned-templates",
    ],
};

/// Characters that hide in a template.
pub static HIDDEN_CHARACTERS: Rule = Rule {
    id: "template-hidden-characters",
    severity: Severity::Low,
    title: "a template holds characters that are not seen",
    why: "Characters without width, those that reorder text, and tags that only machines read \
          make a template look like another one to whoever reviews it; the model reads them.",
    remedy: "Look at the template with a tool that shows such characters.",
    references: &["CWE-451", "CWE-1007", "CVE-2021-42574"],
};

/// A template that takes very long.
pub static LONG_LOOP: Rule = Rule {
    id: "template-long-loop",
    severity: Severity::Low,
    title: "rendering the template takes very long",
    why: "A template is rendered by the server for every request. One that counts to a billion or \
          repeats a text as often keeps it busy or takes all of its memory.",
    remedy: "Use another template. Limit what rendering may take.",
    references: &["CWE-400", "CVE-2025-61620"],
};
