//! Git LFS pointers: a few lines of text that stand where the model should be.
//!
//! See the Git LFS specification, <https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md>.

use crate::source::Source;

/// Longest pointer file; the specification asks for less than 1024 bytes.
const POINTER_CAP_BYTES: u64 = 1024;

/// First line of every pointer.
const VERSION_LINE: &[u8] = b"version https://git-lfs.github.com/spec/v1\n";

/// What to do about a pointer.
pub const ADVICE: &str = "a Git LFS pointer stands here, not the file itself; fetch it with `git lfs pull` and scan again";

/// Whether the source is a pointer to content that is not here.
pub fn is_pointer(source: &dyn Source) -> bool {
    source.len() < POINTER_CAP_BYTES
        && source.chunk(0..source.len()).is_ok_and(|text| {
            text.starts_with(VERSION_LINE)
                && memchr::memmem::find(&text, b"\noid sha256:").is_some()
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Memory;

    #[test]
    fn a_pointer_is_told_from_a_text_about_pointers() {
        let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n";
        assert!(is_pointer(&Memory::new(pointer)));
        assert!(!is_pointer(&Memory::new(&pointer[1..])));
        assert!(!is_pointer(&Memory::new(pointer.repeat(100))));
        assert!(!is_pointer(&Memory::new(
            "version https://git-lfs.github.com/spec/v1\n"
        )));
    }
}
