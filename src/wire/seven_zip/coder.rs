//! How a folder is packed: its coders, and the chain that they make.
//!
//! A *folder* is one unpacked stream with the coders that make it. Each coder
//! reads some streams and gives others; what is bound to nothing is read from
//! the file, and one output is the folder's. Nearly all folders are a chain: a
//! codec that reads the file and filters behind it.

use super::{Folder, Pack};
use crate::wire::codec::{Codec, Filter, Machine, Packing};

/// One coder of a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coder {
    /// Its method, by the number of 7-Zip's `Methods.txt`.
    pub method: u64,
    /// The beginning of its properties.
    pub properties: Vec<u8>,
    /// Streams that it reads.
    pub inputs: usize,
    /// Streams that it gives.
    pub outputs: usize,
}

/// Why a folder is not unpacked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unfollowed {
    /// A coder that needs a key, in words.
    Encrypted(String),
    /// A method or a chain that is not followed, in words.
    Unsupported(String),
    /// Coders that lead nowhere, in words.
    Malformed(String),
}

/// What a method is to us.
enum Step {
    Codec(Codec),
    Filter(Filter),
}

/// A method that needs a key.
const AES: u64 = 0x06f1_0701;

/// The filter that splits x86 code over four streams.
pub(super) const BCJ2: u64 = 0x0303_011b;

/// Names of the methods that are not followed.
const UNFOLLOWED: [(u64, &str); 8] = [
    (BCJ2, "BCJ2"),
    (0x0002_0302, "Swap2"),
    (0x0002_0304, "Swap4"),
    (0x04f7_1102, "Brotli"),
    (0x04f7_1104, "LZ4"),
    (0x04f7_1105, "LZ5"),
    (0x04f7_1106, "Lizard"),
    (AES, "AES-256"),
];

impl Coder {
    /// The method in words.
    pub fn title(&self) -> String {
        let named = UNFOLLOWED.iter().find(|(id, _)| *id == self.method);
        if let Some((_, name)) = named {
            return (*name).to_owned();
        }
        match (codec_title(self.method), machine(self.method)) {
            (Some(title), _) => title.to_owned(),
            (None, Some(machine)) => format!("the {machine:?} filter"),
            (None, None) if self.method == 3 => "the delta filter".to_owned(),
            (None, None) => format!("the unknown method {:x}", self.method),
        }
    }

    fn is_encrypted(&self) -> bool {
        self.method == AES || (0x06f0_0000..0x06f2_0000).contains(&self.method)
    }

    /// What the coder does, if `len` bytes come out of it.
    fn step(&self, len: u64) -> Result<Step, Unfollowed> {
        let step = match (self.method, self.properties.as_slice()) {
            (0, _) => Step::Codec(Codec::Copy),
            (0x21, &[dictionary]) => Step::Codec(Codec::Lzma2(dictionary)),
            (0x0003_0101, properties) => match properties.try_into() {
                Ok(properties) => Step::Codec(Codec::RawLzma {
                    properties,
                    len: Some(len),
                }),
                Err(_) => return Err(self.bad_properties()),
            },
            // Some writers put two bytes behind them that nobody reads.
            (0x0003_0401, &[order, a, b, c, d, ..]) => Step::Codec(Codec::Ppmd {
                order,
                memory: u32::from_le_bytes([a, b, c, d]),
                len,
            }),
            (0x0004_0108, _) => Step::Codec(Codec::Deflate),
            (0x0004_0109, _) => Step::Codec(Codec::Deflate64),
            (0x0004_0202, _) => Step::Codec(Codec::Bzip2),
            (0x04f7_1101, _) => Step::Codec(Codec::Zstd),
            (3, &[distance]) => Step::Filter(Filter::Delta(u16::from(distance).saturating_add(1))),
            (0x21 | 0x0003_0401 | 3, _) => return Err(self.bad_properties()),
            (method, properties) => match machine(method) {
                // Properties say where the code begins.
                Some(machine) if properties.iter().all(|&b| b == 0) => {
                    Step::Filter(Filter::Branch(machine))
                }
                Some(_) => {
                    let words = format!("{} that begins elsewhere than at 0", self.title());
                    return Err(Unfollowed::Unsupported(words));
                }
                None => return Err(Unfollowed::Unsupported(self.title())),
            },
        };
        Ok(step)
    }

    fn bad_properties(&self) -> Unfollowed {
        let words = format!("{} with properties that it does not have", self.title());
        Unfollowed::Malformed(words)
    }
}

fn codec_title(method: u64) -> Option<&'static str> {
    Some(match method {
        0 => "copy",
        0x21 => "LZMA2",
        0x0003_0101 => "LZMA",
        0x0003_0401 => "PPMd",
        0x0004_0108 => "deflate",
        0x0004_0109 => "deflate64",
        0x0004_0202 => "bzip2",
        0x04f7_1101 => "Zstandard",
        _ => return None,
    })
}

/// The machine of a branch filter; most have an old and a new number.
fn machine(method: u64) -> Option<Machine> {
    Some(match method {
        0x04 | 0x0303_0103 => Machine::X86,
        0x05 | 0x0303_0205 => Machine::PowerPc,
        0x06 | 0x0303_0401 => Machine::Ia64,
        0x07 | 0x0303_0501 => Machine::Arm,
        0x08 | 0x0303_0701 => Machine::ArmThumb,
        0x09 | 0x0303_0805 => Machine::Sparc,
        0x0a => Machine::Arm64,
        0x0b => Machine::RiscV,
        _ => return None,
    })
}

impl Folder {
    /// How its bytes are packed, from the file to the unpacked stream.
    pub fn packing(&self) -> Result<Packing, Unfollowed> {
        if let Some(coder) = self.coders.iter().find(|coder| coder.is_encrypted()) {
            return Err(Unfollowed::Encrypted(coder.title()));
        }
        let mut codec = None;
        let mut filters = Vec::new();
        for index in self.chain()? {
            let Some((coder, &len)) = self.coders.get(index).zip(self.sizes.get(index)) else {
                continue;
            };
            match (coder.step(len)?, codec) {
                (Step::Codec(Codec::Copy), Some(_)) => {}
                (Step::Codec(new), None | Some(Codec::Copy)) if filters.is_empty() => {
                    codec = Some(new);
                }
                (Step::Codec(second), first) => {
                    let first = first.unwrap_or(Codec::Copy).title();
                    let words = format!("{first} inside {}", second.title());
                    return Err(Unfollowed::Unsupported(words));
                }
                (Step::Filter(filter), _) => filters.push(filter),
            }
        }
        let codec = codec.unwrap_or(Codec::Copy);
        Ok(Packing { codec, filters })
    }

    /// The packed stream that the chain begins with.
    pub fn first_pack<'a>(&self, packs: &'a [Pack]) -> Option<&'a Pack> {
        packs.get(self.first_pack)
    }

    /// Indices of the coders, that which reads the file first.
    fn chain(&self) -> Result<Vec<usize>, Unfollowed> {
        if let Some(coder) = self.coders.iter().find(|c| c.inputs != 1 || c.outputs != 1) {
            let words = match coder.method {
                BCJ2 => "BCJ2, which reads four streams".to_owned(),
                _ => format!("{} with several streams", coder.title()),
            };
            return Err(Unfollowed::Unsupported(words));
        }
        // With one stream on each side, streams have the numbers of coders.
        let malformed = || Unfollowed::Malformed("coders that are no chain".to_owned());
        let mut next = self.main_output().ok_or_else(malformed)?;
        let mut chain = vec![next];
        while let Some(&(_, giver)) = self.bonds.iter().find(|&&(reader, _)| reader == next) {
            next = giver;
            chain.push(next);
            if chain.len() > self.coders.len() {
                return Err(malformed());
            }
        }
        let is_whole = chain.len() == self.coders.len() && self.inputs == [next];
        chain.reverse();
        is_whole.then_some(chain).ok_or_else(malformed)
    }

    /// The number of the output that nothing reads: the folder's own.
    pub(super) fn main_output(&self) -> Option<usize> {
        let outputs = self
            .coders
            .iter()
            .fold(0usize, |n, c| n.saturating_add(c.outputs));
        let is_bound = |output: &usize| self.bonds.iter().any(|(_, giver)| giver == output);
        (0..outputs).rev().find(|output| !is_bound(output))
    }
}
