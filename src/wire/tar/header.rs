//! One header block.

use super::sparse::Parts;

/// Bytes of a block.
const BLOCK: usize = super::BLOCK_BYTES as usize;

/// What kind of member a header announces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A file.
    Regular,
    /// Another name of a member in front of it.
    HardLink,
    /// A symbolic link.
    SymLink,
    /// A character or block device.
    Device,
    /// A folder.
    Folder,
    /// A pipe.
    Pipe,
    /// GNU: a file of which only parts are kept.
    Sparse,
    /// GNU: the label of the archive.
    Label,
    /// GNU: the rest of a file that another volume begins.
    Rest,
    /// Pax records for the next member, or (`true`) for all that follow.
    Pax(bool),
    /// GNU: the name of the next member, or (`true`) the target of its link.
    LongName(bool),
    /// A letter that is not known; readers take it for a file.
    Unknown(u8),
}

/// The fields of a header block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// Name, with its prefix.
    pub name: Vec<u8>,
    /// Its name with what stands where other archives have a prefix, which
    /// only some readers put in front.
    pub prefixed: Option<Vec<u8>>,
    /// Target of a link.
    pub link: Vec<u8>,
    /// What it announces.
    pub kind: Kind,
    /// Bytes that follow, as the field says; `None` where it is no number.
    pub size: Option<u64>,
    /// The checksum that stands in the block.
    pub claimed_sum: Option<u64>,
    /// The checksum that it should be.
    pub sum: u64,
    signed_sum: i64,
    magic: Magic,
    /// Permission bits, where they are a number.
    pub mode: Option<u64>,
    /// The parts of a sparse file that the header itself names.
    pub(super) parts: Parts,
    /// Length of a sparse file.
    pub(super) real: Option<u64>,
    /// Whether more blocks of a sparse map follow the header.
    pub is_extended: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Magic {
    None,
    Ustar,
    Gnu,
}

impl Header {
    /// The fields of a block; `None` for a block of zeros and for one without
    /// a name, which no header is.
    pub fn parse(block: &[u8; BLOCK]) -> Option<Self> {
        let field = |from: usize, len: usize| {
            let end = from.saturating_add(len);
            block.get(from..end).unwrap_or_default()
        };
        let magic = match (field(257, 6), field(257, 8)) {
            (_, b"ustar  \0") => Magic::Gnu,
            (b"ustar\0", _) => Magic::Ustar,
            (b"ustar ", _) => Magic::Gnu,
            _ => Magic::None,
        };
        let mut name = text(field(0, 100)).to_vec();
        let prefix = text(field(345, 155));
        let letter = field(156, 1).first().copied().unwrap_or(0);
        let mut prefixed = None;
        if magic == Magic::Ustar && !prefix.is_empty() {
            name = [prefix, b"/", &name].concat();
        } else if is_name(prefix) && !matches!(letter, b'S' | b'L' | b'K') {
            prefixed = Some([prefix, b"/", &name].concat());
        }
        let kind = kind(letter, &name);
        let (parts, real) = match kind {
            Kind::Sparse => (parts(field(386, 96)), number(field(483, 12))),
            _ => (Parts::new(), None),
        };
        let (sum, signed_sum) = sums(block);
        let is_empty = name.is_empty() && magic == Magic::None;
        (!is_empty).then(|| Header {
            link: text(field(157, 100)).to_vec(),
            size: number(field(124, 12)),
            claimed_sum: number(field(148, 8)),
            is_extended: kind == Kind::Sparse && field(482, 1) != [0],
            mode: number(field(100, 8)),
            prefixed,
            parts,
            real,
            sum,
            signed_sum,
            magic,
            name,
            kind,
        })
    }

    /// Whether the checksum is right. Some writers summed signed bytes.
    pub fn is_sound(&self) -> bool {
        let signed = self.claimed_sum.and_then(|sum| i64::try_from(sum).ok());
        self.claimed_sum == Some(self.sum) || signed == Some(self.signed_sum)
    }

    /// Whether the block says that it is one of a tar archive.
    pub fn has_magic(&self) -> bool {
        self.magic != Magic::None
    }

    /// Whether it may be a header although its checksum is wrong.
    pub fn is_plausible(&self) -> bool {
        self.has_magic() && self.size.is_some()
    }
}

fn kind(letter: u8, name: &[u8]) -> Kind {
    match letter {
        0 if name.ends_with(b"/") => Kind::Folder,
        0 | b'0' | b'7' => Kind::Regular,
        b'1' => Kind::HardLink,
        b'2' => Kind::SymLink,
        b'3' | b'4' => Kind::Device,
        b'5' | b'D' => Kind::Folder,
        b'6' => Kind::Pipe,
        b'S' => Kind::Sparse,
        b'V' => Kind::Label,
        b'M' => Kind::Rest,
        b'x' | b'X' => Kind::Pax(false),
        b'g' => Kind::Pax(true),
        b'L' => Kind::LongName(false),
        b'K' => Kind::LongName(true),
        other => Kind::Unknown(other),
    }
}

/// Whether what stands in the place of a prefix is a name: GNU tar keeps times
/// there, as octal digits or in base 256.
fn is_name(prefix: &[u8]) -> bool {
    let is_time = |b: &u8| matches!(b, b'0'..=b'7' | b' ');
    prefix.first().is_some_and(|&b| b < 0x80) && !prefix.iter().all(is_time)
}

/// The parts of a sparse file in a run of slots: the used ones.
pub(super) fn parts(slots: &[u8]) -> Parts {
    let (slots, _) = slots.as_chunks::<24>();
    let part = |slot: &[u8; 24]| {
        let (at, len) = slot.split_at(12);
        Some((number(at)?, number(len)?)).filter(|_| at.first() != Some(&0))
    };
    slots.iter().map_while(part).collect()
}

/// A text up to its first zero byte.
fn text(field: &[u8]) -> &[u8] {
    let end = memchr::memchr(0, field).unwrap_or(field.len());
    field.get(..end).unwrap_or_default()
}

/// A number: octal digits between blanks, or, behind a byte of 0x80, bytes.
/// `None` where it is neither, is negative, or does not fit.
fn number(field: &[u8]) -> Option<u64> {
    match field.split_first() {
        Some((0x80, rest)) => rest.iter().try_fold(0u64, |value, &byte| {
            value.checked_mul(256)?.checked_add(byte.into())
        }),
        Some((0xff, _)) | None => None,
        Some(_) => {
            let digits = text(field).trim_ascii();
            digits.iter().try_fold(0u64, |value, &byte| match byte {
                b'0'..=b'7' => value
                    .checked_mul(8)?
                    .checked_add(u64::from(byte.saturating_sub(b'0'))),
                _ => None,
            })
        }
    }
}

/// The sum of all bytes, unsigned and signed, with blanks for the checksum.
fn sums(block: &[u8; BLOCK]) -> (u64, i64) {
    let spaces = 8u64.saturating_mul(32);
    let outside = block
        .iter()
        .enumerate()
        .filter(|(index, _)| !(148..156).contains(index));
    outside.fold((spaces, 256), |(sum, signed), (_, &byte)| {
        let as_signed = i64::from(byte as i8);
        (
            sum.saturating_add(byte.into()),
            signed.saturating_add(as_signed),
        )
    })
}
