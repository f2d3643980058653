//! Members of an archive as a format above zip sees them: by name, with their
//! bytes at hand.
//!
//! The zip examination names every reading of every member; here one is
//! enough, the one of the central directory, because that is what PyTorch's
//! reader takes. Names are compared without regard to case, as it does.

use std::collections::BTreeMap;
use std::io::Read as _;

use crate::budget::{Budget, Stop};
use crate::formats::Probe;
use crate::report::{Span, escape_bytes};
use crate::source::{Memory, Slice, Source};
use crate::wire::Fault;
use crate::wire::codec::{Codec, read_error};
use crate::wire::zip_directory::{
    Central, FLAG_ENCRYPTED, FLAG_MASKED, FLAG_PATCH, FLAG_STRONG, find_central,
};

/// Bytes of a local header without its name and extra field (APPNOTE 4.3.7).
const LOCAL_BYTES: usize = 30;

/// Unpacked bytes are taken in pieces of this size.
const PIECE_BYTES: usize = 64 << 10;

/// Flags that say that the data is not plain.
const VEILING: u16 = FLAG_ENCRYPTED | FLAG_PATCH | FLAG_STRONG | FLAG_MASKED;

/// One member.
#[derive(Debug, Clone)]
pub(in crate::formats) struct Inner {
    /// Its central record.
    pub span: Span,
    /// Bytes it has, by the record.
    pub len: u64,
    central: Central,
}

impl Inner {
    fn new(central: &Central) -> Self {
        let view = &central.view;
        Inner {
            span: central.span.clone(),
            len: view.unpacked.unwrap_or(0),
            central: central.clone(),
        }
    }

    /// Its name.
    pub fn name(&self) -> &[u8] {
        &self.central.view.name
    }

    /// Its name, to be shown.
    pub fn shown(&self) -> String {
        escape_bytes(self.name())
    }

    /// Its name as text, for the place of a finding.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(self.name()).into_owned()
    }

    /// Whether it is a folder without content.
    pub fn is_folder(&self) -> bool {
        self.name().ends_with(b"/") && self.len == 0
    }

    /// Where its packed bytes are.
    fn data(&self, source: &dyn Source) -> Result<Option<Span>, Fault> {
        let mut header = [0u8; LOCAL_BYTES];
        let at = self.central.local_at;
        if source.fill_at(at, &mut header)? < LOCAL_BYTES || !header.starts_with(b"PK\x03\x04") {
            return Ok(None);
        }
        let [.., n0, n1, e0, e1] = header;
        let start = at
            .saturating_add(LOCAL_BYTES as u64)
            .saturating_add(u16::from_le_bytes([n0, n1]).into())
            .saturating_add(u16::from_le_bytes([e0, e1]).into());
        let packed = self.central.view.packed.unwrap_or(0);
        let end = start.saturating_add(packed);
        Ok((end <= source.len()).then_some(start..end))
    }

    /// Its first bytes, at most `cap`, and all of them where it has no more.
    /// `None` where they are not plain.
    pub fn head(
        &self,
        source: &dyn Source,
        cap: usize,
        budget: &Budget,
    ) -> Result<Option<Vec<u8>>, Fault> {
        let view = &self.central.view;
        if view.flags & VEILING != 0 {
            return Ok(None);
        }
        let Some(span) = self.data(source)? else {
            return Ok(None);
        };
        match view.method {
            0 => {
                let have = span.end.saturating_sub(span.start);
                let len = usize::try_from(have).unwrap_or(cap).min(cap);
                let mut out = vec![0; len];
                let filled = source.fill_at(span.start, &mut out)?;
                out.truncate(filled);
                Ok(Some(out))
            }
            8 => inflate(source, span, cap, budget),
            _ => Ok(None),
        }
    }

    /// All of its bytes; `None` where they are not plain or more than
    /// `cap_bytes`. Stored bytes are not copied.
    pub fn open<'a>(
        &self,
        source: &'a crate::source::SharedSource,
        cap_bytes: u64,
        budget: &Budget,
    ) -> Result<Option<Box<dyn Source + 'a>>, Fault> {
        let view = &self.central.view;
        let is_stored = view.method == 0 && view.flags & VEILING == 0;
        if is_stored {
            let span = self.data(source.as_ref())?;
            let slice = |span| Slice::new(std::sync::Arc::clone(source), span);
            return Ok(span.map(|span| Box::new(slice(span)) as Box<dyn Source>));
        }
        let cap = usize::try_from(cap_bytes).unwrap_or(usize::MAX);
        let bytes = self.head(source.as_ref(), cap.saturating_add(1), budget)?;
        let whole = bytes.filter(|bytes| bytes.len() <= cap);
        Ok(whole.map(|bytes| Box::new(Memory::new(bytes)) as Box<dyn Source>))
    }
}

/// Unpack the first `cap` bytes. Broken data gives what came before the break.
fn inflate(
    source: &dyn Source,
    span: Span,
    cap: usize,
    budget: &Budget,
) -> Result<Option<Vec<u8>>, Fault> {
    let mut reader = Codec::Deflate.decode(source, span, budget);
    let mut out = Vec::new();
    let mut piece = vec![0; PIECE_BYTES];
    while out.len() < cap {
        budget.check()?;
        let got = match reader.read(&mut piece) {
            Ok(0) => break,
            Ok(got) => got,
            Err(error) => match read_error(error) {
                Some(error) => return Err(error.into()),
                None => break,
            },
        };
        match budget.spend_expanded(got as u64) {
            Ok(()) => {}
            Err(Stop::Expanded) => return Ok(None),
            Err(stop) => return Err(stop.into()),
        }
        let room = cap.saturating_sub(out.len());
        out.extend_from_slice(piece.get(..got.min(room)).unwrap_or_default());
    }
    Ok(Some(out))
}

/// The members of an archive, in the order of the directory.
#[derive(Debug, Default)]
pub(in crate::formats) struct Members {
    /// All of them.
    pub all: Vec<Inner>,
    by_name: BTreeMap<Vec<u8>, usize>,
}

impl Members {
    /// Read the directory that the probe's tail leads to.
    pub fn read(probe: &Probe<'_>, budget: &Budget) -> Result<Members, Fault> {
        let mut members = Members::default();
        find(probe, budget, |central| {
            let index = members.all.len();
            let name = central.view.name.to_ascii_lowercase();
            members.by_name.entry(name).or_insert(index);
            members.all.push(Inner::new(central));
            None::<()>
        })?;
        Ok(members)
    }

    /// The member of this name, whatever its case.
    pub fn get(&self, name: &[u8]) -> Option<&Inner> {
        let index = self.by_name.get(&name.to_ascii_lowercase())?;
        self.all.get(*index)
    }
}

/// Call `each` with every record of the directory that PyTorch's reader takes,
/// until it answers.
pub(in crate::formats) fn find<T>(
    probe: &Probe<'_>,
    budget: &Budget,
    mut each: impl FnMut(&Central) -> Option<T>,
) -> Result<Option<T>, Fault> {
    let mut last = LastDirectory::default();
    find_central(probe.source(), probe.tail(), budget, |central| {
        match last.admits(central) {
            true => each(central),
            false => None,
        }
    })
}

/// The directory of the last end record, by which PyTorch's reader goes.
/// Archives inside of members have directories too, and theirs are content.
#[derive(Default)]
struct LastDirectory {
    /// From its first record to behind the last that was met.
    span: Option<Span>,
    /// The first member that it names.
    first_member: u64,
    is_over: bool,
}

impl LastDirectory {
    /// Whether a record is of this directory, or of one that is no content.
    fn admits(&mut self, central: &Central) -> bool {
        let at = central.span.start;
        let span = self.span.get_or_insert_with(|| {
            self.first_member = central.local_at;
            at..at
        });
        self.is_over |= at != span.end;
        if self.is_over {
            return !(self.first_member..span.start).contains(&at);
        }
        span.end = central.span.end;
        self.first_member = self.first_member.min(central.local_at);
        true
    }
}

/// `name` within `folder`, whatever its case; the empty folder is the top of
/// the archive.
pub(in crate::formats) fn rest<'a>(folder: &[u8], name: &'a [u8]) -> Option<&'a [u8]> {
    if folder.is_empty() {
        return Some(name);
    }
    let (front, behind) = name.split_at_checked(folder.len())?;
    front
        .eq_ignore_ascii_case(folder)
        .then(|| behind.strip_prefix(b"/"))
        .flatten()
}

/// `name` in `folder`.
pub(in crate::formats) fn join(folder: &[u8], name: &[u8]) -> Vec<u8> {
    match folder {
        [] => name.to_vec(),
        _ => [folder, b"/", name].concat(),
    }
}

/// The last component of a name.
pub(in crate::formats) fn leaf(name: &[u8]) -> &[u8] {
    name.rsplit(|&b| b == b'/').next().unwrap_or(name)
}

/// Whether the name ends like this, whatever its case.
pub(in crate::formats) fn has_suffix(name: &[u8], suffix: &str) -> bool {
    let at = name.len().checked_sub(suffix.len());
    let end = at.and_then(|at| name.get(at..));
    end.is_some_and(|end| end.eq_ignore_ascii_case(suffix.as_bytes()))
}
