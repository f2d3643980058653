//! Reading a list of known files.
//!
//! A line is a SHA-256 in hexadecimal digits, then, where it is known, the
//! length in bytes, then words that say what the file is. Lines that begin
//! with `#` and empty lines say nothing. What `sha256sum` prints is such a list.

use super::{KnownFile, Sha256Digest};

/// A line that is none of this.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {number} does not begin with the 64 hexadecimal digits of a SHA-256")]
pub struct BadLine {
    /// Its number, from 1.
    pub number: usize,
}

/// The entries of a list that is called `source`.
///
/// # Errors
///
/// A line that does not begin with a SHA-256: a list that is half read would
/// be trusted whole.
pub fn parse(text: &str, source: &str) -> Result<Vec<KnownFile>, BadLine> {
    let mut files = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim_start_matches('\u{feff}').trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let number = index.saturating_add(1);
        files.push(entry(line, source).ok_or(BadLine { number })?);
    }
    Ok(files)
}

fn entry(line: &str, source: &str) -> Option<KnownFile> {
    let is_between = |c: char| c.is_whitespace() || c == ',' || c == ';';
    let (digest, rest) = line.split_once(is_between).unwrap_or((line, ""));
    let rest = rest.trim_start_matches(is_between);
    let (word, words) = rest.split_once(is_between).unwrap_or((rest, ""));
    let (len, name) = match word.parse() {
        Ok(len) => (Some(len), words.trim_start_matches(is_between)),
        // `sha256sum` marks files read as binary by a star.
        Err(_) => (None, rest.trim_start_matches('*')),
    };
    let name = match name.is_empty() {
        true => "a file of the list".to_owned(),
        false => format!("`{name}`"),
    };
    Some(KnownFile {
        sha256: hexadecimal(digest)?,
        len,
        name: name.into(),
        source: source.to_owned().into(),
    })
}

fn hexadecimal(digits: &str) -> Option<Sha256Digest> {
    let mut digest = Sha256Digest::default();
    let pairs = digits.as_bytes().chunks(2);
    if pairs.len() != digest.len() {
        return None;
    }
    for (byte, pair) in digest.iter_mut().zip(pairs) {
        let pair = std::str::from_utf8(pair).ok().filter(|p| p.len() == 2)?;
        // A sign is no digit, whatever the parser of numbers says.
        if !pair.bytes().all(|b| b.is_ascii_hexdigit()) {
            return None;
        }
        *byte = u8::from_str_radix(pair, 16).ok()?;
    }
    Some(digest)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    #[test]
    fn lines_are_digest_length_and_words() {
        let text = format!(
            "\u{feff}# known\n\n{ABC}\n{ABC} 3 three letters\n{}  *a b.bin\r\n{ABC},3,x\n",
            ABC.to_uppercase()
        );
        let files = parse(&text, "list.txt").unwrap();
        let read: Vec<_> = files.iter().map(|f| (f.len, f.name.as_ref())).collect();
        assert_eq!(
            read,
            [
                (None, "a file of the list"),
                (Some(3), "`three letters`"),
                (None, "`a b.bin`"),
                (Some(3), "`x`"),
            ]
        );
        assert!(files.iter().all(|f| f.sha256[..2] == [0xba, 0x78]));
    }

    #[test]
    fn a_line_that_is_no_entry_is_named() {
        for bad in [
            "abc",
            &ABC[1..],
            &format!("{ABC}0"),
            &ABC.replace("ba", "+a"),
            &"é".repeat(32),
        ] {
            let text = format!("{ABC}\n{bad}\n");
            assert_eq!(parse(&text, "l"), Err(BadLine { number: 2 }), "{bad}");
        }
    }
}
