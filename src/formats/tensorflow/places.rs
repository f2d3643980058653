//! Paths that matter to whoever owns the machine.
//!
//! A graph that reads `vocab.txt` is a nuisance, one that reads a private key is
//! an attack; the same for writing. The parts of paths below are compared with
//! the path without its case and with slashes of one kind.

use crate::detect::paths::{self, Escape};

/// What is special about a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::formats) enum Place {
    /// It is run, or read as configuration, without being asked.
    Startup,
    /// It holds secrets, or says who may do what.
    Secret,
    /// It leads away from the model in this way.
    Outside(Escape),
    /// It is an address in somebody's object store.
    Store,
    /// It stays beside the model.
    Inside,
}

/// Parts of paths that are run or read by a shell, an interpreter or a service
/// when it starts.
const STARTUP: &[&str] = &[
    ".bash_login",
    ".bash_logout",
    ".bash_profile",
    ".bashrc",
    ".config/autostart/",
    ".config/fish/",
    ".gitconfig",
    ".ipython/profile_",
    ".profile",
    ".ssh/authorized_keys",
    ".ssh/rc",
    ".zprofile",
    ".zshenv",
    ".zshrc",
    "/appdata/roaming/microsoft/windows/start menu/",
    "/cron.",
    "/cron/",
    "/crontab",
    "/etc/environment",
    "/etc/init",
    "/etc/ld.so",
    "/etc/passwd",
    "/etc/profile",
    "/etc/rc",
    "/etc/sudoers",
    "/library/launchagents/",
    "/library/launchdaemons/",
    "/site-packages/",
    "/dist-packages/",
    "/systemd/",
    "/usr/bin/",
    "/usr/lib/",
    "/usr/local/bin/",
    "/windows/system32/",
    ".git/hooks/",
    "sitecustomize.py",
    "usercustomize.py",
];

/// Parts of paths that hold secrets.
const SECRET: &[&str] = &[
    ".aws/",
    ".azure/",
    ".bash_history",
    ".cache/huggingface/token",
    ".config/gcloud/",
    ".docker/config.json",
    ".git-credentials",
    ".gnupg/",
    ".huggingface/token",
    ".kaggle/",
    ".kube/config",
    ".netrc",
    ".npmrc",
    ".pgpass",
    ".pypirc",
    ".ssh/",
    "/etc/gshadow",
    "/etc/passwd",
    "/etc/shadow",
    "/etc/sudoers",
    "/proc/self/",
    "/run/secrets/",
    "/serviceaccount/token",
    "id_ecdsa",
    "id_ed25519",
    "id_rsa",
    "/windows/system32/config/",
];

/// Schemes of object stores, which training programs name all the time.
const STORES: &[&str] = &["gs://", "hdfs://", "s3://", "viewfs://", "az://"];

/// What is special about `path`, which is to be written or else read.
pub(in crate::formats) fn place(path: &str, is_written: bool) -> Place {
    let lower = path.to_lowercase().replace('\\', "/");
    let has = |parts: &[&str]| parts.iter().any(|part| lower.contains(part));
    if is_written && (has(STARTUP) || has(SECRET)) {
        return Place::Startup;
    }
    if !is_written && has(SECRET) {
        return Place::Secret;
    }
    if STORES.iter().any(|scheme| lower.starts_with(scheme)) {
        return Place::Store;
    }
    match paths::escape(path) {
        None | Some(Escape::Backslash) => Place::Inside,
        Some(escape) => Place::Outside(escape),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn special_paths_are_told_from_ordinary_ones() {
        for (path, is_written, wanted) in [
            ("/root/.bashrc", true, Place::Startup),
            ("~/.ssh/authorized_keys", true, Place::Startup),
            ("/etc/cron.d/job", true, Place::Startup),
            ("C:\\Windows\\System32\\x.dll", true, Place::Startup),
            ("/etc/shadow", false, Place::Secret),
            ("~/.ssh/id_rsa", false, Place::Secret),
            ("/proc/self/environ", false, Place::Secret),
            ("/tmp/x", true, Place::Outside(Escape::Absolute)),
            ("../x", false, Place::Outside(Escape::Upward)),
            ("https://example.org/x", false, Place::Outside(Escape::Url)),
            ("gs://bucket/model.ckpt", false, Place::Store),
            ("model.ckpt", true, Place::Inside),
            ("assets/vocab.txt", false, Place::Inside),
            ("\u{2026}_temp/part", true, Place::Inside),
        ] {
            assert_eq!(place(path, is_written), wanted, "{path}");
        }
    }
}
