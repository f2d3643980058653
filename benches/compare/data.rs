//! The files that are compared, the same in every run.

use std::fs::{self, File};
use std::io::{self, BufWriter, Seek as _, SeekFrom, Write};
use std::path::{Path, PathBuf};

use crate::kinds;

const MIB: usize = 1 << 20;

/// Shards of the set.
const SHARDS: usize = 8;

/// Small files of the folder.
const TINY_FILES: usize = 10_000;

/// One thing to scan.
pub struct Subject {
    /// What it is, in words.
    pub name: String,
    /// The file or folder.
    pub path: PathBuf,
    /// Files in it, for tools that take files.
    pub files: Vec<PathBuf>,
    /// Bytes of all of them.
    pub bytes: u64,
}

impl Subject {
    fn new(name: impl Into<String>, path: PathBuf) -> io::Result<Subject> {
        let mut files = Vec::new();
        for entry in walkdir::WalkDir::new(&path).sort_by_file_name() {
            let entry = entry.map_err(io::Error::other)?;
            if entry.file_type().is_file() {
                files.push(entry.into_path());
            }
        }
        let lens = files.iter().map(|file| Ok(fs::metadata(file)?.len()));
        let bytes = lens.sum::<io::Result<u64>>()?;
        Ok(Subject {
            name: name.into(),
            path,
            files,
            bytes,
        })
    }
}

/// Make what is missing in `folder`, for a unit of so many MiB: the largest
/// file has four units.
pub fn make(folder: &Path, unit: usize) -> io::Result<Vec<Subject>> {
    let at = |name: &str| folder.join(format!("{unit}-{name}"));
    let once = |path: &Path, make: &dyn Fn(&Path) -> io::Result<()>| -> io::Result<()> {
        if path.exists() {
            return Ok(());
        }
        let part = path.with_extension("part");
        let _ = fs::remove_dir_all(&part);
        make(&part)?;
        fs::rename(&part, path)
    };
    let weights = at("model.safetensors");
    once(&weights, &|path| safetensors(path, 4 * unit))?;
    let archive = at("model.pt");
    once(&archive, &|path| torch(path, unit))?;
    let quantised = at("model.gguf");
    once(&quantised, &|path| gguf(path, unit))?;
    let set = at("set");
    once(&set, &|path| shards(path, unit / 2))?;
    let tiny = at("tiny");
    once(&tiny, &tiny_pickles)?;
    let size = |mebibytes: usize| match mebibytes.is_multiple_of(1024) {
        true => format!("{} GiB", mebibytes >> 10),
        false => format!("{mebibytes} MiB"),
    };
    Ok(vec![
        Subject::new(format!("safetensors, {}", size(4 * unit)), weights)?,
        Subject::new(format!("PyTorch zip, {}", size(unit)), archive)?,
        Subject::new(format!("GGUF, {}", size(unit)), quantised)?,
        Subject::new(format!("{SHARDS} shards of {}", size(unit / 2)), set)?,
        Subject::new(format!("{TINY_FILES} tiny pickles"), tiny)?,
    ])
}

/// Write so many MiB of weights.
fn fill(out: &mut impl Write, kind: &str, mebibytes: usize) -> io::Result<()> {
    let (_, make) = kinds::KINDS
        .iter()
        .find(|(name, _)| *name == kind)
        .ok_or_else(|| io::Error::other(format!("no weights of the kind {kind}")))?;
    // Long enough that no part of a cache holds it.
    let block = make(16 * MIB);
    let mut left = mebibytes * MIB;
    while left > 0 {
        let n = left.min(block.len());
        out.write_all(&block[..n])?;
        left -= n;
    }
    Ok(())
}

fn safetensors(path: &Path, mebibytes: usize) -> io::Result<()> {
    let mut out = BufWriter::new(File::create(path)?);
    let end = mebibytes * MIB;
    let header = format!(
        r#"{{"w":{{"dtype":"BF16","shape":[{}],"data_offsets":[0,{end}]}}}}"#,
        end / 2
    );
    out.write_all(&(header.len() as u64).to_le_bytes())?;
    out.write_all(header.as_bytes())?;
    fill(&mut out, "bf16", mebibytes)?;
    out.flush()
}

/// As `torch.save` writes a state dict with one tensor: a zip of stored
/// members with a pickle, the numbers and a version.
fn torch(path: &Path, mebibytes: usize) -> io::Result<()> {
    let count = u32::try_from(mebibytes * MIB / 4).map_err(io::Error::other)?;
    let mut pickle = b"\x80\x02}q\x00X\x01\x00\x00\x00wq\x01ctorch._utils\n_rebuild_tensor_v2\nq\x02((X\x07\x00\x00\x00storageq\x03ctorch\nFloatStorage\nq\x04X\x01\x00\x00\x000q\x05X\x03\x00\x00\x00cpuq\x06J".to_vec();
    pickle.extend(count.to_le_bytes());
    pickle.extend_from_slice(b"tq\x07QK\x00J");
    pickle.extend(count.to_le_bytes());
    pickle.extend_from_slice(
        b"\x85q\x08K\x01\x85q\x09\x89ccollections\nOrderedDict\nq\x0a)Rq\x0btq\x0cRq\x0ds.",
    );
    let stored = zip::write::SimpleFileOptions::default()
        .compression_method(zip::CompressionMethod::Stored)
        .with_alignment(64);
    let mut zip = zip::ZipWriter::new(BufWriter::new(File::create(path)?));
    zip.start_file("model/data.pkl", stored)?;
    zip.write_all(&pickle)?;
    zip.start_file("model/byteorder", stored)?;
    zip.write_all(b"little")?;
    zip.start_file("model/data/0", stored)?;
    fill(&mut zip, "fp32", mebibytes)?;
    zip.start_file("model/version", stored)?;
    zip.write_all(b"3\n")?;
    zip.finish()?.flush()
}

/// One tensor of 4-bit blocks, version 3.
fn gguf(path: &Path, mebibytes: usize) -> io::Result<()> {
    /// Bytes and numbers of a block of the type Q4_0.
    const BLOCK: (u64, u64) = (18, 32);
    let text = |out: &mut Vec<u8>, text: &str| {
        out.extend((text.len() as u64).to_le_bytes());
        out.extend_from_slice(text.as_bytes());
    };
    let blocks = (mebibytes * MIB) as u64 / BLOCK.0;
    let mut head = b"GGUF\x03\x00\x00\x00".to_vec();
    head.extend(1u64.to_le_bytes());
    head.extend(1u64.to_le_bytes());
    text(&mut head, "general.architecture");
    head.extend(8u32.to_le_bytes());
    text(&mut head, "llama");
    text(&mut head, "w");
    head.extend(1u32.to_le_bytes());
    head.extend((blocks * BLOCK.1).to_le_bytes());
    head.extend(2u32.to_le_bytes());
    head.extend(0u64.to_le_bytes());
    head.resize(head.len().next_multiple_of(32), 0);
    let mut out = BufWriter::new(File::create(path)?);
    out.write_all(&head)?;
    fill(&mut out, "int4", mebibytes)?;
    out.flush()?;
    let mut file = out.into_inner().map_err(|error| error.into_error())?;
    let end = head.len() as u64 + blocks * BLOCK.0;
    file.seek(SeekFrom::Start(end))?;
    // Numbers are padded to the alignment, as the library does.
    let padded = head.len() as u64 + (blocks * BLOCK.0).next_multiple_of(32);
    file.set_len(end)?;
    file.set_len(padded)
}

/// A set without an index: its names say that it is one.
fn shards(path: &Path, mebibytes: usize) -> io::Result<()> {
    fs::create_dir_all(path)?;
    for number in 1..=SHARDS {
        let name = format!("model-{number:05}-of-{SHARDS:05}.safetensors");
        let path = path.join(name);
        let mut out = BufWriter::new(File::create(path)?);
        let end = mebibytes * MIB;
        let header = format!(
            r#"{{"w{number}":{{"dtype":"BF16","shape":[{}],"data_offsets":[0,{end}]}}}}"#,
            end / 2
        );
        out.write_all(&(header.len() as u64).to_le_bytes())?;
        out.write_all(header.as_bytes())?;
        fill(&mut out, "bf16", mebibytes)?;
        out.flush()?;
    }
    Ok(())
}

/// Dictionaries of one number.
fn tiny_pickles(path: &Path) -> io::Result<()> {
    for number in 0..TINY_FILES {
        let folder = path.join(format!("{:02}", number / 100));
        fs::create_dir_all(&folder)?;
        let mut pickle =
            b"\x80\x04\x95\x0d\x00\x00\x00\x00\x00\x00\x00}\x94\x8c\x01a\x94J".to_vec();
        pickle.extend((number as u32).to_le_bytes());
        pickle.extend_from_slice(b"s.");
        fs::write(folder.join(format!("{number:05}.pkl")), pickle)?;
    }
    Ok(())
}
