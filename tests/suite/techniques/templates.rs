//! Jinja templates: ways out, ways to hide them, and other harm.

use super::{Chapter, technique};

/// The chapters, in the order of the page.
pub const CHAPTERS: &[Chapter] = &[Chapter {
    title: "Chat templates",
    techniques: &[
        technique(
            "template-escape",
            "attributes that lead from a value to the interpreter",
            "CVE-2024-34359, CVE-2026-5760",
        ),
        technique(
            "template-escape-hidden",
            "the same name escaped, formatted, sliced, joined, replaced, or carried by variables and macros",
            "CVE-2024-34359; PayloadsAllTheThings, Jinja2 filter bypass",
        ),
        technique(
            "template-computed",
            "a name that only rendering tells",
            "CWE-1336",
        ),
        technique(
            "template-foreign",
            "modules, builtins and other templates",
            "CWE-1336, CWE-98",
        ),
        technique(
            "template-place",
            "a template in every place in which loaders look for one",
            "transformers, chat templates",
        ),
        technique(
            "template-poisoned",
            "text that is added when the user says a certain word",
            "Pillar Security, poisoned templates (2025)",
        ),
        technique(
            "template-invisible",
            "text that only the model sees",
            "CVE-2021-42574, CWE-451",
        ),
        technique(
            "template-endless",
            "loops and texts that keep a server busy",
            "CVE-2025-61620",
        ),
    ],
}];
