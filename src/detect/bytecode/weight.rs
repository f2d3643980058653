//! How much a callable weighs when code that a file carries reaches it.
//!
//! The tables of [`globals`] grade what a pickle names: there, `os.getcwd` is
//! as foreign as `os.system`. A function may well ask for the working
//! directory, open a file or read an attribute by name. So of what the tables
//! call dangerous, only that weighs which an ordinary function of a model has
//! no use for: commands, evaluated text, native code, the network, other
//! pickles, changes of the system.

use crate::detect::globals::{self, Effect, Judgement, Why};
use crate::report::Severity;

/// What reaching a callable means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Weight {
    /// What it does.
    pub effect: Effect,
    /// How bad it is that code reaches it.
    pub severity: Severity,
    /// Why, in one sentence.
    pub why: Why,
}

/// Longest path that is weighed, in bytes.
pub(super) const PATH_CAP_BYTES: usize = 512;

/// Modules through which other modules are reached: `numpy.os.system`.
const INNER_MODULES: [&str; 14] = [
    "os",
    "posix",
    "nt",
    "subprocess",
    "builtins",
    "__builtin__",
    "importlib",
    "ctypes",
    "socket",
    "shutil",
    "marshal",
    "pickle",
    "runpy",
    "pty",
];

/// Packages that start processes as part of ordinary work.
const ORDINARY_PROCESSES: [&str; 16] = [
    "Cython",
    "IPython",
    "concurrent",
    "distutils",
    "ensurepip",
    "gensim",
    "joblib",
    "loky",
    "multiprocessing",
    "numpy",
    "psutil",
    "pytest",
    "setuptools",
    "sphinx",
    "torch",
    "uuid",
];

/// Names in modules of commands and connections that do nothing themselves.
const ORDINARY_NAMES: [&str; 9] = [
    "CompletedProcess",
    "HTTPStatus",
    "SubprocessError",
    "TimeoutExpired",
    "error",
    "getfqdn",
    "gethostname",
    "list2cmdline",
    "timeout",
];

/// Modules of the network that send nothing.
const ORDINARY_NETWORK: [&str; 24] = [
    "boto3",
    "botocore",
    "comet_ml",
    "grpc",
    "http.cookies",
    "huggingface_hub",
    "keras",
    "neptune",
    "nltk",
    "numpy",
    "requests.adapters",
    "requests.exceptions",
    "select",
    "selectors",
    "sentry_sdk",
    "sklearn",
    "ssl",
    "torch",
    "torchvision",
    "transformers",
    "urllib.error",
    "urllib.parse",
    "urllib3.exceptions",
    "urllib3.util",
];

/// Importers of code by path.
const IMPORTERS: [&str; 10] = [
    "imp.load_compiled",
    "imp.load_dynamic",
    "imp.load_module",
    "imp.load_source",
    "importlib.machinery.ExtensionFileLoader",
    "importlib.machinery.SourceFileLoader",
    "importlib.machinery.SourcelessFileLoader",
    "importlib.util.module_from_spec",
    "importlib.util.spec_from_file_location",
    "zipimport.zipimporter",
];

/// Ways into native code.
const NATIVE: [&str; 14] = [
    "CDLL",
    "LibraryLoader",
    "LoadLibrary",
    "OleDLL",
    "PyDLL",
    "WinDLL",
    "cdll",
    "dlopen",
    "load_library",
    "load_op_library",
    "memmove",
    "oledll",
    "pydll",
    "windll",
];

/// Calls that delete, or change who may do what.
const DESTRUCTIVE: [&str; 8] = [
    "os.chmod",
    "os.chown",
    "os.remove",
    "os.removedirs",
    "os.rmdir",
    "os.symlink",
    "os.unlink",
    "shutil.rmtree",
];

/// Calls that change the process.
const PROCESS: [&str; 8] = [
    "os.dup2",
    "os.kill",
    "os.killpg",
    "os.setgid",
    "os.setuid",
    "sys.addaudithook",
    "sys.setprofile",
    "sys.settrace",
];

/// What reaching the object of this dotted path means; `None` where code may
/// ordinarily do so.
pub fn weigh(path: &str) -> Option<Weight> {
    if path.len() > PATH_CAP_BYTES {
        return None;
    }
    let inner = path.match_indices('.').filter_map(|(dot, _)| {
        let tail = path.get(dot.saturating_add(1)..)?;
        let module = tail.split('.').next()?;
        INNER_MODULES.contains(&module).then_some(tail)
    });
    std::iter::once(path).chain(inner).find_map(weigh_one)
}

fn weigh_one(path: &str) -> Option<Weight> {
    let (module, name) = path.rsplit_once('.')?;
    let judgement = globals::judge(module, name);
    let Judgement::Dangerous {
        effect,
        severity,
        why,
    } = judgement
    else {
        return None;
    };
    let folded = globals::folded(module, name)?;
    let severity = grade(effect, severity, &folded)?;
    Some(Weight {
        effect,
        severity,
        why,
    })
}

fn grade(effect: Effect, severity: Severity, path: &str) -> Option<Severity> {
    let last = path.rsplit('.').next().unwrap_or(path);
    let root = path.split('.').next().unwrap_or(path);
    let high = Some(Severity::High);
    match effect {
        Effect::RunsCommand => {
            let ordinary = ORDINARY_PROCESSES.contains(&root) || says_nothing(last);
            (!ordinary).then_some(severity)
        }
        Effect::EvaluatesCode => match path {
            "builtins.eval" | "builtins.exec" | "builtins.execfile" => Some(severity),
            "builtins.compile" | "types.CodeType" => high,
            _ if matches!(root, "code" | "codeop" | "new") => Some(severity),
            _ => None,
        },
        Effect::ImportsModule if root == "runpy" => Some(severity),
        Effect::ImportsModule => IMPORTERS.contains(&path).then_some(Severity::High),
        Effect::ResolvesNames => match path {
            "pydoc.locate" | "pydoc.resolve" | "pkgutil.resolve_name" => high,
            // The class has the name of its module.
            "socket.socket" => high,
            _ => None,
        },
        Effect::Deserialises => deserialises(root, last),
        Effect::LoadsNativeCode => NATIVE.contains(&last).then_some(severity),
        Effect::TouchesFiles => DESTRUCTIVE.contains(&path).then_some(Severity::High),
        Effect::UsesNetwork => {
            let ordinary = says_nothing(last) || is_within(path, &ORDINARY_NETWORK);
            (!ordinary).then_some(Severity::High)
        }
        Effect::ChangesInterpreter => PROCESS.contains(&path).then_some(Severity::High),
        Effect::CallsArgument | Effect::Unvetted => None,
    }
}

/// Loaders that take bytes; those that take the path of a model are ordinary.
fn deserialises(root: &str, last: &str) -> Option<Severity> {
    let loads = matches!(last, "load" | "loads" | "_loads" | "Unpickler" | "decode");
    match root {
        "marshal" if loads => Some(Severity::Critical),
        "pickle" | "dill" | "cloudpickle" | "jsonpickle" if loads => Some(Severity::High),
        _ => None,
    }
}

/// A constant, an exception, a name: nothing that acts.
fn says_nothing(name: &str) -> bool {
    let constant = name.len() > 2 && !name.chars().any(char::is_lowercase);
    constant
        || name.ends_with("Error")
        || name.ends_with("Exception")
        || name.ends_with("Warning")
        || ORDINARY_NAMES.contains(&name)
}

/// Whether a path is one of these modules or lies in one.
fn is_within(path: &str, modules: &[&str]) -> bool {
    modules.iter().any(|module| {
        path.strip_prefix(module)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_attacks_use_weighs() {
        for path in [
            "os.system",
            "posix.system",
            "nt.popen",
            "os.execvp",
            "subprocess.Popen",
            "subprocess.check_output",
            "pty.spawn",
            "builtins.exec",
            "__builtin__.eval",
            "marshal.loads",
            "runpy.run_path",
            "ctypes.CDLL",
            "ctypes.cdll.LoadLibrary",
            "numpy.os.system",
            "pathlib.os.system",
        ] {
            let weight = weigh(path);
            let critical = weight.is_some_and(|w| w.severity == Severity::Critical);
            assert!(critical, "{path}: {weight:?}");
        }
        for path in [
            "socket.socket",
            "urllib.request.urlopen",
            "requests.post",
            "pickle.loads",
            "shutil.rmtree",
        ] {
            assert_eq!(
                weigh(path).map(|w| w.severity),
                Some(Severity::High),
                "{path}"
            );
        }
    }

    #[test]
    fn what_ordinary_functions_use_does_not() {
        for path in [
            "os.path.join",
            "os.getcwd",
            "os.environ",
            "os.environ.get",
            "os.makedirs",
            "sys.version_info",
            "sys.stdout.write",
            "builtins.open",
            "builtins.getattr",
            "builtins.super",
            "builtins.setattr",
            "builtins.map",
            "builtins.print",
            "functools.partial",
            "copy.deepcopy",
            "numpy.load",
            "numpy.random.rand",
            "numpy.ctypeslib.as_array",
            "torch.load",
            "torch.compile",
            "torch.ops.aten.add",
            "torch.multiprocessing.Pool",
            "multiprocessing.cpu_count",
            "subprocess.PIPE",
            "subprocess.CalledProcessError",
            "urllib.parse.urlparse",
            "socket.gethostname",
            "re.compile",
            "model.eval",
            "importlib.metadata.version",
            "time.sleep",
            "logging.getLogger",
            "threading.Lock",
            "json.loads",
            "pandas.eval",
            "x",
            "",
        ] {
            assert_eq!(weigh(path), None, "{path}");
        }
    }
}
