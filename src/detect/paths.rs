//! Is this name, taken as a path, a way out of the directory it should stay
//! in.
//!
//! An *escape* is a spelling that a loader may follow to a file beside, above
//! or far away from the model: it is judged as text, the same on every
//! machine, and nothing is looked up.

/// How a path leaves the directory it is taken from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Escape {
    /// Begins at the root of the file system.
    Absolute,
    /// Begins with a drive, or with two backslashes and a host.
    Drive,
    /// Has `..` as a component, with either kind of slash.
    Upward,
    /// Begins with `~`, which some loaders expand.
    Home,
    /// Names a protocol: `https://`, `file:`.
    Url,
    /// Holds a NUL, behind which some readers do not look.
    Nul,
    /// Holds a backslash, which is a separator on some systems only.
    Backslash,
}

impl Escape {
    /// What the path does, to stand behind "it".
    pub const fn describe(self) -> &'static str {
        match self {
            Escape::Absolute => "is absolute",
            Escape::Drive => "names a drive or a host",
            Escape::Upward => "goes up with `..`",
            Escape::Home => "names a home directory",
            Escape::Url => "is a URL",
            Escape::Nul => "holds a NUL",
            Escape::Backslash => "holds a backslash",
        }
    }
}

/// How `name` leaves its directory; `None` where it stays.
pub fn escape(name: &str) -> Option<Escape> {
    let bytes = name.as_bytes();
    let is = |escape: Escape, yes: bool| yes.then_some(escape);
    is(Escape::Nul, name.contains('\0'))
        .or_else(|| is(Escape::Url, has_scheme(name)))
        .or_else(|| {
            is(
                Escape::Upward,
                name.split(['/', '\\']).any(|part| part == ".."),
            )
        })
        .or_else(|| is(Escape::Drive, has_drive(bytes)))
        .or_else(|| is(Escape::Absolute, name.starts_with(['/', '\\'])))
        .or_else(|| is(Escape::Home, name.starts_with('~')))
        .or_else(|| is(Escape::Backslash, name.contains('\\')))
}

fn has_drive(name: &[u8]) -> bool {
    matches!(name, [letter, b':', ..] if letter.is_ascii_alphabetic())
        || name.starts_with(b"\\\\")
        || name.starts_with(b"//")
}

/// `scheme://`, and the schemes that work without the slashes.
fn has_scheme(name: &str) -> bool {
    let Some((scheme, rest)) = name.split_once(':') else {
        return false;
    };
    let plausible = scheme.len() > 1
        && scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'));
    let bare = ["file", "data", "javascript"];
    plausible && (rest.starts_with("//") || bare.iter().any(|s| scheme.eq_ignore_ascii_case(s)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ways_out_are_told_apart() {
        for (name, expected) in [
            ("/etc/passwd", Escape::Absolute),
            ("\\share", Escape::Absolute),
            ("C:\\w.bin", Escape::Drive),
            ("\\\\host\\w.bin", Escape::Drive),
            ("//host/w.bin", Escape::Drive),
            ("../w.bin", Escape::Upward),
            ("a/../../w.bin", Escape::Upward),
            ("a\\..\\w.bin", Escape::Upward),
            ("~/w.bin", Escape::Home),
            ("https://example.org/w.bin", Escape::Url),
            ("file:w.bin", Escape::Url),
            ("w.bin\0.safetensors", Escape::Nul),
            ("a\\w.bin", Escape::Backslash),
        ] {
            assert_eq!(escape(name), Some(expected), "{name}");
        }
    }

    #[test]
    fn ordinary_names_stay() {
        for name in [
            "model-00001-of-00002.safetensors",
            "unet/diffusion_pytorch_model.bin",
            "a..b",
            "...",
            ".metadata",
            "模型.bin",
            "layer:0",
            "",
        ] {
            assert_eq!(escape(name), None, "{name}");
        }
    }
}
