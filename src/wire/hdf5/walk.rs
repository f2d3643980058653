//! The walk: objects one after the other, each once.

use std::collections::{HashMap, HashSet};

use super::attribute;
use super::datatype::{self, Datatype};
use super::event::{Attribute, Dataset, Event, Link, Storage, Target};
use super::fields::Fields;
use super::file::File;
use super::filters::{self, Filter};
use super::group::{self, Entry};
use super::header::{self, Message, kind};
use super::layout::{self, Shape};
use super::link::To;
use super::messages;
use super::superblock::Superblock;
use crate::budget::Budget;
use crate::report::Span;
use crate::source::Source;
use crate::wire::Fault;

/// Bytes of a path that are kept; a longer one loses its middle.
const PATH_CAP_BYTES: usize = 1024;

/// Objects that one file may have.
const OBJECTS_CAP: usize = 1 << 24;

/// What a walk came to.
#[derive(Debug)]
pub struct Walked {
    /// The superblock.
    pub superblock: Superblock,
    /// What no structure accounts for, in order.
    pub unowned: Vec<Span>,
}

/// Takes an event.
pub type See<'s> = &'s mut dyn FnMut(Event<'_>) -> Result<(), Fault>;

/// An object that is to be read.
struct Due {
    address: u64,
    path: String,
}

struct Walk<'a, 's> {
    file: File<'a>,
    see: See<'s>,
    due: Vec<Due>,
    /// Objects that were met, and whether they are groups.
    met: HashMap<u64, bool>,
}

/// Walk the file whose superblock stands at `at`. An error means that there is
/// nothing to follow, or that the job is over; other trouble is told.
pub fn walk(source: &dyn Source, at: u64, budget: &Budget, see: See<'_>) -> Result<Walked, Fault> {
    let mut file = File::new(source, budget, at);
    let superblock = Superblock::read(&mut file)?;
    file.widths = superblock.widths;
    let mut walk = Walk {
        file,
        see,
        due: Vec::new(),
        met: HashMap::new(),
    };
    let extended = walk.extension(&superblock);
    walk.tell_fault("/", extended)?;
    walk.due.push(Due {
        address: superblock.root,
        path: "/".to_owned(),
    });
    while let Some(due) = walk.due.pop() {
        budget.check()?;
        let ended = walk.object(&due);
        walk.tell_fault(&due.path, ended)?;
        if walk.file.is_spent() {
            break;
        }
    }
    Ok(Walked {
        superblock,
        unowned: walk.file.owned.rest(source.len()),
    })
}

impl Walk<'_, '_> {
    /// What the superblock leads to besides the root group.
    fn extension(&mut self, superblock: &Superblock) -> Result<(), Fault> {
        if let Some(driver) = superblock.driver {
            let front = self.file.block(driver, 16)?;
            let mut fields = self.file.fields(&front, driver);
            fields.skip(4)?;
            let len = u64::from(fields.u32()?);
            self.file.own(driver, len.saturating_add(16));
            let name = String::from_utf8_lossy(fields.take(8)?).into_owned();
            let span = self.file.span(driver, 16)?;
            let words = format!("the file is one of several, by its driver `{name}`");
            self.file.unknown(span, words);
        }
        if let Some(extension) = superblock.extension {
            let (messages, fault) = header::read(&mut self.file, extension)?;
            for message in messages.iter().filter(|m| m.kind == kind::SHARED_TABLE) {
                let mut fields = message.fields(&self.file);
                messages::shared_table(&mut self.file, &mut fields)?;
            }
            self.unknown(&messages);
            return fault.map_or(Ok(()), Err);
        }
        Ok(())
    }

    /// Tell remarks, and a fault that ends an object and not the walk.
    fn tell_fault(&mut self, path: &str, ended: Result<(), Fault>) -> Result<(), Fault> {
        for remark in std::mem::take(&mut self.file.remarks) {
            (self.see)(Event::Remark(remark))?;
        }
        match ended {
            Err(
                fault @ (Fault::Malformed { .. }
                | Fault::Unsupported { .. }
                | Fault::Encrypted { .. }),
            ) => (self.see)(Event::Unread { path, fault }),
            ended => ended,
        }
    }

    /// Go on behind trouble with one part of an object.
    fn part(&mut self, path: &str, ended: Result<(), Fault>) -> Result<(), Fault> {
        self.tell_fault(path, ended)
    }

    fn object(&mut self, due: &Due) -> Result<(), Fault> {
        let (messages, fault) = header::read(&mut self.file, due.address)?;
        let is = |wanted: &[u16]| messages.iter().any(|m| wanted.contains(&m.kind));
        let is_group = is(&[kind::LINK, kind::LINK_INFO, kind::SYMBOL_TABLE]);
        self.met.insert(due.address, is_group);
        self.unknown(&messages);
        self.attributes(&due.path, &messages)?;
        if is(&[kind::LAYOUT]) {
            let ended = self.dataset(&due.path, &messages);
            self.part(&due.path, ended)?;
        }
        if is_group {
            self.group(&due.path, &messages)?;
        }
        for message in messages.iter().filter(|m| m.kind == kind::COMMENT) {
            let span = message.span(&self.file);
            (self.see)(Event::Comment {
                path: &due.path,
                span,
            })?;
        }
        fault.map_or(Ok(()), Err)
    }

    fn unknown(&mut self, messages: &[Message]) {
        for message in messages
            .iter()
            .filter(|m| m.kind > kind::LAST || m.kind == 9)
        {
            let words = format!("messages of type {:#x} are not known", message.kind);
            let span = message.span(&self.file);
            self.file.unknown(span, words);
        }
    }

    fn attributes(&mut self, path: &str, messages: &[Message]) -> Result<(), Fault> {
        let mut names = HashSet::new();
        for message in messages {
            let ended = match message.kind {
                kind::ATTRIBUTE => messages::resolve(&mut self.file, message)
                    .and_then(|(at, body)| self.attribute(path, at, &body, &mut names)),
                kind::ATTRIBUTE_INFO => self.dense_attributes(path, message, &mut names),
                _ => Ok(()),
            };
            self.part(path, ended)?;
        }
        Ok(())
    }

    fn dense_attributes(
        &mut self,
        path: &str,
        message: &Message,
        names: &mut HashSet<String>,
    ) -> Result<(), Fault> {
        let dense = messages::dense(&mut message.fields(&self.file), message.kind)?;
        let mut found = Vec::new();
        group::each(&mut self.file, &dense, 0, &mut |_, address, len| {
            found.push((address, len));
            Ok(())
        })?;
        for (address, len) in found {
            let ended = self
                .file
                .block(address, len)
                .and_then(|body| self.attribute(path, address, &body, names));
            self.part(path, ended)?;
        }
        Ok(())
    }

    fn attribute(
        &mut self,
        path: &str,
        address: u64,
        body: &[u8],
        names: &mut HashSet<String>,
    ) -> Result<(), Fault> {
        let body = attribute::read(&mut self.file, address, body)?;
        let texts = attribute::texts(&mut self.file, &body.datatype, body.value.clone(), false);
        let (texts, is_cut, ended) = kept(texts);
        (self.see)(Event::Attribute(Attribute {
            path,
            name: &body.name,
            is_repeated: !names.insert(body.name.clone()),
            datatype: body.datatype,
            elements: body.elements,
            value: body.value,
            texts,
            is_cut,
        }))?;
        ended
    }

    fn dataset(&mut self, path: &str, messages: &[Message]) -> Result<(), Fault> {
        let described = describe(&mut self.file, messages)?;
        let layout = messages.iter().find(|m| m.kind == kind::LAYOUT);
        let outside = messages.iter().find(|m| m.kind == kind::EXTERNAL_FILES);
        let Some(from) = outside.or(layout) else {
            return Ok(());
        };
        let file = &mut self.file;
        let mut fields = from.fields(file);
        let shape = Shape {
            bytes: described.bytes(),
            dimensions: described.dimensions,
        };
        let read = match outside {
            Some(_) => layout::external(file, &mut fields).map(Storage::External),
            None => layout::read(file, &mut fields, &shape),
        };
        let at = from.span(file);
        let (storage, mut ended) = match read {
            Ok(storage) => (storage, Ok(())),
            Err(fault) if fault.ends_job() => return Err(fault),
            Err(fault) => (Storage::None, Err(fault)),
        };
        let (mut texts, mut is_cut) = (Vec::new(), false);
        if ended.is_ok() && described.datatype.is_in_heap() && described.filters.is_empty() {
            let found = heap_texts(file, &described.datatype, &storage);
            (texts, is_cut, ended) = kept(found);
        }
        (self.see)(Event::Dataset(Dataset {
            path,
            at,
            datatype: described.datatype,
            elements: described.elements,
            filters: described.filters,
            storage,
            texts,
            is_cut,
        }))?;
        ended
    }

    fn group(&mut self, path: &str, messages: &[Message]) -> Result<(), Fault> {
        let mut entries = Vec::new();
        for message in messages {
            let ended = group::entries(&mut self.file, message, &mut |entry| entries.push(entry));
            self.part(path, ended)?;
        }
        let mut names = HashSet::new();
        let first = self.due.len();
        for Entry { at, named } in entries {
            let is_repeated = !names.insert(named.name.clone());
            let target = match named.to {
                To::Else(target) => target,
                To::Object(address) => {
                    let known = self.met.get(&address).copied();
                    if known.is_none() {
                        self.met.insert(address, false);
                        self.due.push(Due {
                            address,
                            path: join(path, &named.name),
                        });
                    }
                    Target::Hard {
                        is_group_again: known == Some(true),
                    }
                }
            };
            (self.see)(Event::Link(Link {
                group: path,
                name: &named.name,
                at,
                is_repeated,
                target,
            }))?;
        }
        if self.met.len() > OBJECTS_CAP {
            let what = format!("more than {OBJECTS_CAP} objects");
            return Err(Fault::unsupported(self.file.base, what));
        }
        if let Some(new) = self.due.get_mut(first..) {
            new.reverse();
        }
        Ok(())
    }
}

/// What a dataset is, besides where it is.
struct Described {
    datatype: Datatype,
    elements: Option<u64>,
    dimensions: Vec<u64>,
    filters: Vec<Filter>,
}

impl Described {
    fn bytes(&self) -> Option<u64> {
        self.elements?.checked_mul(self.datatype.size)
    }
}

fn describe(file: &mut File<'_>, messages: &[Message]) -> Result<Described, Fault> {
    let mut body = |wanted: u16| {
        let found = messages.iter().find(|m| m.kind == wanted);
        let body = found.map(|m| messages::resolve(file, m)).transpose()?;
        Ok::<_, Fault>(body.map(|(at, body)| (file.place(at), body)))
    };
    let datatype = body(kind::DATATYPE)?;
    let space = body(kind::DATASPACE)?;
    let filters = body(kind::FILTERS)?;
    let widths = file.widths;
    let Some((at, datatype)) = datatype else {
        return Err(Fault::malformed(file.base, "a dataset has no type"));
    };
    let datatype = datatype::read(&mut Fields::new(&datatype, at, widths))?;
    let (elements, dimensions) = match space {
        Some((at, space)) => messages::dataspace(&mut Fields::new(&space, at, widths))?,
        None => (Some(0), Vec::new()),
    };
    let filters = match filters {
        Some((at, filters)) => filters::read(&mut Fields::new(&filters, at, widths))?,
        None => Vec::new(),
    };
    Ok(Described {
        datatype,
        elements,
        dimensions,
        filters,
    })
}

/// What elements in the file lead to in heaps.
fn heap_texts(
    file: &mut File<'_>,
    datatype: &Datatype,
    storage: &Storage,
) -> Result<(Vec<Span>, bool), Fault> {
    let spans: Vec<Span> = match storage {
        Storage::Run(span) => vec![span.clone()],
        Storage::Chunks { chunks, .. } => chunks.iter().map(|chunk| chunk.span.clone()).collect(),
        _ => Vec::new(),
    };
    let (mut all, mut is_cut) = (Vec::new(), false);
    for span in spans {
        let (texts, cut) = attribute::texts(file, datatype, span, true)?;
        all.extend(texts);
        is_cut |= cut;
        if all.len() >= attribute::TEXTS_CAP {
            return Ok((all, true));
        }
    }
    Ok((all, is_cut))
}

/// What texts came to: those found, whether there are more, and trouble.
fn kept(found: Result<(Vec<Span>, bool), Fault>) -> (Vec<Span>, bool, Result<(), Fault>) {
    match found {
        Ok((texts, is_cut)) => (texts, is_cut, Ok(())),
        Err(fault) => (Vec::new(), false, Err(fault)),
    }
}

/// The path of a name in a group.
fn join(group: &str, name: &str) -> String {
    let path = match group {
        "/" => format!("/{name}"),
        _ => format!("{group}/{name}"),
    };
    if path.len() <= PATH_CAP_BYTES {
        return path;
    }
    let half = PATH_CAP_BYTES / 2;
    let front = path.floor_char_boundary(half);
    let back = path.ceil_char_boundary(path.len().saturating_sub(half));
    let part = |range: Option<&str>| range.unwrap_or_default().to_owned();
    format!("{}…{}", part(path.get(..front)), part(path.get(back..)))
}
