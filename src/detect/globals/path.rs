//! Dotted paths of callables, aliases folded.
//!
//! One callable has many spellings: `nt`, `posix` and `os` are one module, a
//! protocol 2 file says `__builtin__` where a newer one says `builtins`, and
//! NumPy moved `core` to `_core`. A path is the module and the name joined by
//! a dot, with the longest aliased prefix replaced until none is left, so that
//! one table entry serves every spelling.

/// Longest path that can be in a table, in bytes; longer ones are not folded.
pub(super) const PATH_CAP_BYTES: usize = 512;

/// Replacements in a row before folding ends; the table needs two.
const FOLD_CAP: usize = 4;

/// Spellings and what they mean, sorted. Sources: CPython's `_compat_pickle`
/// (both directions), six, and the moves that the libraries document.
static ALIASES: &[(&str, &str)] = &[
    ("BaseHTTPServer", "http.server"),
    ("CGIHTTPServer", "http.server"),
    ("ConfigParser", "configparser"),
    ("Cookie", "http.cookies"),
    ("DocXMLRPCServer", "xmlrpc.server"),
    ("HTMLParser", "html.parser"),
    ("Queue", "queue"),
    ("SimpleHTTPServer", "http.server"),
    ("SimpleXMLRPCServer", "xmlrpc.server"),
    ("SocketServer", "socketserver"),
    ("StringIO", "io"),
    ("UserDict", "collections"),
    ("UserList", "collections"),
    ("UserString", "collections"),
    ("__builtin__", "builtins"),
    ("__builtins__", "builtins"),
    ("_abc", "abc"),
    ("_abcoll", "collections.abc"),
    ("_asyncio", "asyncio"),
    ("_bisect", "bisect"),
    ("_bz2", "bz2"),
    ("_collections", "collections"),
    ("_collections_abc", "collections.abc"),
    ("_contextvars", "contextvars"),
    ("_csv", "csv"),
    ("_ctypes", "ctypes"),
    ("_datetime", "datetime"),
    ("_dbm", "dbm"),
    ("_decimal", "decimal"),
    ("_dummy_thread", "_thread"),
    ("_frozen_importlib", "importlib._bootstrap"),
    (
        "_frozen_importlib_external",
        "importlib._bootstrap_external",
    ),
    ("_functools", "functools"),
    ("_gdbm", "dbm"),
    ("_hashlib", "hashlib"),
    ("_heapq", "heapq"),
    ("_imp", "imp"),
    ("_interpchannels", "_interpreters"),
    ("_interpqueues", "_interpreters"),
    ("_io", "io"),
    ("_json", "json"),
    ("_lzma", "lzma"),
    ("_md5", "hashlib"),
    ("_multiprocessing", "multiprocessing"),
    ("_operator", "operator"),
    ("_pickle", "pickle"),
    ("_pydatetime", "datetime"),
    ("_pydecimal", "decimal"),
    ("_pyio", "io"),
    ("_queue", "queue"),
    ("_random", "random"),
    ("_sha1", "hashlib"),
    ("_socket", "socket"),
    ("_sqlite3", "sqlite3"),
    ("_ssl", "ssl"),
    ("_statistics", "statistics"),
    ("_struct", "struct"),
    ("_tracemalloc", "tracemalloc"),
    ("_types", "types"),
    ("_typing", "typing"),
    ("_uuid", "uuid"),
    ("_weakref", "weakref"),
    ("_winreg", "winreg"),
    ("_xxinterpchannels", "_interpreters"),
    ("_zoneinfo", "zoneinfo"),
    ("_zstd", "compression.zstd"),
    ("annotationlib.ForwardRef", "typing.ForwardRef"),
    ("anydbm", "dbm"),
    ("billiard", "multiprocessing"),
    ("cPickle", "pickle"),
    ("cStringIO", "io"),
    ("ce", "os"),
    ("cloudpickle.cloudpickle", "cloudpickle"),
    ("cloudpickle.cloudpickle_fast", "cloudpickle"),
    ("commands", "subprocess"),
    ("compression.bz2", "bz2"),
    ("compression.gzip", "gzip"),
    ("compression.lzma", "lzma"),
    ("compression.zlib", "zlib"),
    ("cookielib", "http.cookiejar"),
    ("copy_reg", "copyreg"),
    ("dbhash", "dbm"),
    ("dill._dill", "dill"),
    ("dill.dill", "dill"),
    ("dill.session", "dill"),
    ("distributed.protocol.pickle.pickle", "pickle"),
    ("django.utils.six", "six"),
    ("dumbdbm", "dbm"),
    ("dummy_thread", "_thread"),
    ("dummy_threading", "threading"),
    ("exceptions", "builtins"),
    ("future_builtins", "builtins"),
    ("gdbm", "dbm"),
    ("genericpath", "os.path"),
    ("htmlentitydefs", "html.entities"),
    ("httplib", "http.client"),
    ("joblib.externals.cloudpickle", "cloudpickle"),
    ("keras.api", "keras"),
    ("keras.src", "keras"),
    ("lightning.fabric", "lightning_fabric"),
    ("lightning.pytorch", "pytorch_lightning"),
    ("macpath", "os.path"),
    ("markupbase", "_markupbase"),
    ("mlflow.pyfunc.cloudpickle", "cloudpickle"),
    ("multiprocess", "multiprocessing"),
    ("nt", "os"),
    ("ntpath", "os.path"),
    ("numpy._core", "numpy.core"),
    ("numpy.char", "numpy.core.defchararray"),
    ("numpy.core._multiarray_umath", "numpy.core.multiarray"),
    ("numpy.lib._format_impl", "numpy.lib.format"),
    ("numpy.lib._npyio_impl", "numpy.lib.npyio"),
    ("numpy.multiarray", "numpy.core.multiarray"),
    ("numpy.rec", "numpy.core.records"),
    ("os2", "os"),
    ("os2emxpath", "os.path"),
    ("pandas.core.api", "pandas"),
    ("past.builtins", "builtins"),
    ("pathlib._abc", "pathlib"),
    ("pathlib._local", "pathlib"),
    ("pathlib.types", "pathlib"),
    ("pickle5", "pickle"),
    ("pip._vendor.requests", "requests"),
    ("posix", "os"),
    ("posixpath", "os.path"),
    ("pyspark.cloudpickle", "cloudpickle"),
    ("pyspark.serializers.cloudpickle", "cloudpickle"),
    ("ray.cloudpickle", "cloudpickle"),
    ("requests.api", "requests"),
    ("robotparser", "urllib.robotparser"),
    ("setuptools._distutils", "distutils"),
    ("six.moves", "builtins"),
    ("six.moves.builtins", "builtins"),
    ("six.moves.cPickle", "pickle"),
    ("six.moves.configparser", "configparser"),
    ("six.moves.copyreg", "copyreg"),
    ("six.moves.getoutput", "subprocess.getoutput"),
    ("six.moves.http_client", "http.client"),
    ("six.moves.queue", "queue"),
    ("six.moves.reload_module", "importlib.reload"),
    ("six.moves.socketserver", "socketserver"),
    ("six.moves.urllib", "urllib"),
    ("six.moves.urllib_request", "urllib.request"),
    ("six.moves.xmlrpc_client", "xmlrpc.client"),
    ("six.moves.xmlrpc_server", "xmlrpc.server"),
    ("sklearn.externals.cloudpickle", "cloudpickle"),
    ("sklearn.externals.joblib", "joblib"),
    ("sklearn.externals.six", "six"),
    ("sklearn.utils._joblib", "joblib"),
    ("sre", "re"),
    ("srsly.cloudpickle", "cloudpickle"),
    ("tensorflow._api.v2.v2", "tensorflow"),
    ("tensorflow.compat.v1", "tensorflow"),
    ("tensorflow.compat.v2", "tensorflow"),
    ("tensorflow.keras", "keras"),
    ("tensorflow.python.keras", "keras"),
    ("test.test_support", "test.support"),
    ("tf", "tensorflow"),
    ("tf_keras", "keras"),
    ("thread", "_thread"),
    ("torch.tensor.Tensor", "torch._tensor.Tensor"),
    (
        "torch.tensor._rebuild_from_type",
        "torch._tensor._rebuild_from_type",
    ),
    (
        "torch.tensor._rebuild_from_type_v2",
        "torch._tensor._rebuild_from_type_v2",
    ),
    ("urllib2", "urllib.request"),
    ("urlparse", "urllib.parse"),
    ("whichdb", "dbm"),
    ("xmlrpclib", "xmlrpc.client"),
    ("zodbpickle", "pickle"),
    ("zoneinfo._zoneinfo", "zoneinfo"),
];

/// `module.name` with aliases folded; `None` when it is too long for any table.
pub(super) fn fold(module: &str, name: &str) -> Option<String> {
    if module.len().saturating_add(name.len()) >= PATH_CAP_BYTES {
        return None;
    }
    let mut path = format!("{module}.{name}");
    for _ in 0..FOLD_CAP {
        let Some((cut, meant)) = prefixes(&path).find_map(|p| Some((p.len(), alias(p)?))) else {
            break;
        };
        path.replace_range(..cut, meant);
    }
    Some(path)
}

/// The path itself, then each shorter prefix that ends before a dot.
pub(super) fn prefixes(path: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(path), |p| p.rsplit_once('.').map(|(front, _)| front))
}

fn alias(path: &str) -> Option<&'static str> {
    let at = ALIASES
        .binary_search_by(|(from, _)| (*from).cmp(path))
        .ok()?;
    ALIASES.get(at).map(|(_, to)| *to)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_callable_fold_into_one() {
        for (module, name, meant) in [
            ("nt", "system", "os.system"),
            ("__builtin__", "eval", "builtins.eval"),
            ("copy_reg", "_reconstructor", "copyreg._reconstructor"),
            ("cPickle", "loads", "pickle.loads"),
            (
                "numpy._core._multiarray_umath",
                "_reconstruct",
                "numpy.core.multiarray._reconstruct",
            ),
            (
                "sklearn.externals.joblib.numpy_pickle",
                "load",
                "joblib.numpy_pickle.load",
            ),
            (
                "ray.cloudpickle.cloudpickle",
                "subimport",
                "cloudpickle.subimport",
            ),
            ("six.moves", "getoutput", "subprocess.getoutput"),
            ("urllib2", "urlopen", "urllib.request.urlopen"),
            ("torch", "Size", "torch.Size"),
        ] {
            assert_eq!(fold(module, name).as_deref(), Some(meant));
        }
    }

    #[test]
    fn folding_always_ends_and_leaves_no_alias() {
        assert!(ALIASES.is_sorted_by(|a, b| a.0 < b.0));
        for (from, _) in ALIASES {
            let folded = fold(from, "x").unwrap();
            assert!(prefixes(&folded).all(|p| alias(p).is_none()), "{folded}");
        }
    }

    #[test]
    fn a_path_that_no_table_can_hold_is_not_built() {
        assert_eq!(fold("os", &"x".repeat(PATH_CAP_BYTES)), None);
    }
}
