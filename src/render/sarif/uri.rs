//! Paths as URIs.
//!
//! A code scanning service shows a finding at a file of the repository, so the
//! path as named becomes a relative reference: `.` and `..` resolved as far as
//! the words allow, everything outside of RFC 3986's unreserved set encoded.

/// The URI of a file, from its path as a person named it.
pub(super) fn of_file(path: &str) -> String {
    if let Some(rest) = path.strip_prefix("\\\\") {
        return format!("file://{}", encoded(&rest.replace('\\', "/")));
    }
    if is_drive(path) {
        let (drive, rest) = path.split_at(2);
        return format!("file:///{drive}{}", encoded(&rest.replace('\\', "/")));
    }
    match path.strip_prefix('/') {
        Some(rest) => format!("file:///{}", encoded(&resolved(rest, true))),
        None => encoded(&resolved(path, false)),
    }
}

fn is_drive(path: &str) -> bool {
    let mut letters = path.chars();
    letters.next().is_some_and(|c| c.is_ascii_alphabetic())
        && letters.next() == Some(':')
        && matches!(letters.next(), Some('/' | '\\'))
}

/// `path` without `.`, empty parts and `..` behind a part that it undoes.
/// Leading `..` stays in a relative path: where it leads is not in the words.
fn resolved(path: &str, absolute: bool) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            ".." if absolute => {}
            part => parts.push(part),
        }
    }
    match parts.is_empty() {
        true => ".".to_owned(),
        false => parts.join("/"),
    }
}

/// Percent-encoded, slashes kept.
fn encoded(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                out.push(char::from(byte));
            }
            other => out.push_str(&format!("%{other:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_valid_references() {
        for (path, uri) in [
            ("model.pt", "model.pt"),
            ("./a//b/../größe 1.pt", "a/gr%C3%B6%C3%9Fe%201.pt"),
            ("../x.pt", "../x.pt"),
            ("a/../../x.pt", "../x.pt"),
            ("a:b#c?d%e", "a%3Ab%23c%3Fd%25e"),
            ("/data/./m/../x y", "file:///data/x%20y"),
            ("/../etc", "file:///etc"),
            ("C:\\models\\x 1.pt", "file:///C:/models/x%201.pt"),
            ("\\\\host\\share\\x", "file://host/share/x"),
            ("back\\slash", "back%5Cslash"),
            ("-", "-"),
            ("", "."),
            ("a\u{202e}\n", "a%E2%80%AE%0A"),
        ] {
            assert_eq!(of_file(path), uri);
        }
    }
}
