//! The head of a `.pyc` file: which Python wrote it, and what it was made of.
//!
//! Two bytes of version, `\r\n`, then by version: nothing (to 2.x and 3.2 a
//! time stamp), time and size (3.3), or flags and either time and size or a
//! hash of the source (PEP 552, 3.7). Version numbers are listed in CPython's
//! `Lib/importlib/_bootstrap_external.py`; alphas use the numbers in between.

use super::Layout;

/// A Python whose bytecode is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Python {
    /// 2.7
    V27,
    /// 3.6
    V36,
    /// 3.7
    V37,
    /// 3.8
    V38,
    /// 3.9
    V39,
    /// 3.10
    V310,
    /// 3.11
    V311,
    /// 3.12
    V312,
    /// 3.13
    V313,
    /// 3.14
    V314,
}

use Python::{V27, V36, V37, V38, V39, V310, V311, V312, V313, V314};

/// First and last version number of each Python, alphas included.
const MAGICS: [(u16, u16, Python); 10] = [
    (62_161, 62_211, V27),
    (3360, 3379, V36),
    (3390, 3399, V37),
    (3400, 3419, V38),
    (3420, 3429, V39),
    (3430, 3449, V310),
    (3450, 3499, V311),
    (3500, 3549, V312),
    (3550, 3599, V313),
    (3600, 3649, V314),
];

impl Python {
    /// The version as one writes it.
    pub fn name(self) -> &'static str {
        match self {
            V27 => "2.7",
            V36 => "3.6",
            V37 => "3.7",
            V38 => "3.8",
            V39 => "3.9",
            V310 => "3.10",
            V311 => "3.11",
            V312 => "3.12",
            V313 => "3.13",
            V314 => "3.14",
        }
    }

    /// The layout of its code objects.
    pub fn layout(self) -> Layout {
        match self {
            V27 => Layout::Two,
            V36 | V37 => Layout::Three,
            V38 | V39 | V310 => Layout::Eight,
            V311 | V312 | V313 | V314 => Layout::Eleven,
        }
    }

    /// Every version with this layout.
    pub fn with_layout(layout: Layout) -> &'static [Python] {
        match layout {
            Layout::Two => &[V27],
            Layout::Three => &[V36, V37],
            Layout::Eight => &[V38, V39, V310],
            Layout::Eleven => &[V311, V312, V313, V314],
        }
    }
}

/// The head of a `.pyc` file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// Which Python wrote it.
    pub python: Python,
    /// Bytes before the code object.
    pub len: u64,
    /// Whether Python runs it without a look at the source: it names a hash
    /// and says that nobody is to check it.
    pub is_unchecked: bool,
}

impl Header {
    /// The head that these first bytes of a file are, if they are one.
    pub fn parse(head: &[u8]) -> Option<Header> {
        let (&[low, high, b'\r', b'\n'], rest) = head.split_first_chunk::<4>()? else {
            return None;
        };
        let magic = u16::from_le_bytes([low, high]);
        let (_, _, python) = *MAGICS
            .iter()
            .find(|(first, last, _)| (*first..=*last).contains(&magic))?;
        let flags = u32::from_le_bytes(*rest.first_chunk::<4>()?);
        let len = match python {
            V27 => 8,
            V36 => 12,
            // PEP 552 came with the third number of 3.7.
            V37 if magic < 3392 => 12,
            _ if flags > 3 => return None,
            _ => 16,
        };
        Some(Header {
            python,
            len,
            is_unchecked: len == 16 && flags & 3 == 1,
        })
    }
}
