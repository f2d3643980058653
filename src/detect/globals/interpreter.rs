//! Callables that change the interpreter, its environment or its modules.

use super::Effect::ChangesInterpreter;
use super::index::{Group, critical, high};

/// The topic.
pub(super) const GROUPS: &[Group] = &[
    Group {
        judgement: critical(
            ChangesInterpreter,
            "it writes or deletes attributes of any object",
        ),
        source: "CPython documentation, builtins",
        names: &["builtins.delattr", "builtins.setattr"],
        modules: &[],
    },
    Group {
        judgement: critical(ChangesInterpreter, "it changes how later pickles are read"),
        source: "CPython documentation, copyreg",
        names: &[
            "copyreg.add_extension",
            "copyreg.clear_extension_cache",
            "copyreg.constructor",
            "copyreg.pickle",
            "copyreg.remove_extension",
        ],
        modules: &[],
    },
    Group {
        judgement: critical(
            ChangesInterpreter,
            "it belongs to the interpreter or the operating system",
        ),
        source: "CPython documentation, os, sys, signal, resource, _thread",
        names: &[],
        modules: &[
            "_signal", "_thread", "_winapi", "msvcrt", "nis", "os", "resource", "signal", "sys",
            "winreg",
        ],
    },
    Group {
        judgement: high(
            ChangesInterpreter,
            "it stops the interpreter or enters a debugger",
        ),
        source: "CPython documentation, site, builtins",
        names: &[
            "builtins.breakpoint",
            "builtins.copyright",
            "builtins.credits",
            "builtins.exit",
            "builtins.help",
            "builtins.license",
            "builtins.quit",
            "builtins.raw_input",
        ],
        modules: &["_sitebuiltins"],
    },
    Group {
        judgement: high(
            ChangesInterpreter,
            "it changes settings that every later computation uses",
        ),
        source: "CPython documentation, warnings, decimal, locale, logging",
        names: &[
            "decimal.setcontext",
            "logging.captureWarnings",
            "logging.disable",
            "omegaconf.OmegaConf.clear_resolver",
            "omegaconf.OmegaConf.clear_resolvers",
            "omegaconf.OmegaConf.legacy_register_resolver",
            "omegaconf.OmegaConf.register_new_resolver",
            "omegaconf.OmegaConf.register_resolver",
            "omegaconf.omegaconf.OmegaConf.clear_resolver",
            "omegaconf.omegaconf.OmegaConf.clear_resolvers",
            "omegaconf.omegaconf.OmegaConf.legacy_register_resolver",
            "omegaconf.omegaconf.OmegaConf.register_new_resolver",
            "omegaconf.omegaconf.OmegaConf.register_resolver",
            "torch.distributed.init_process_group",
            "torch.serialization.add_safe_globals",
            "torch.serialization.clear_safe_globals",
            "torch.serialization.register_package",
            "torch.set_default_device",
        ],
        modules: &["atexit", "locale", "syslog", "warnings"],
    },
];
