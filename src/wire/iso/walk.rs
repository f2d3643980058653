//! The walk over the descriptors and through the folders.

use std::collections::BTreeSet;

use super::descriptor::{self, Descriptor, Volume, low};
use super::record::{self, Record};
use super::system_use;
use super::{DESCRIPTORS_AT, File, Item, SECTOR_BYTES, Tree};
use crate::budget::Budget;
use crate::report::Span;
use crate::source::Source;
use crate::wire::Fault;

/// Descriptors that are read.
const DESCRIPTORS_CAP: usize = 256;

/// Records and sectors of folders that are read in all trees.
const RECORDS_CAP: u64 = 1 << 18;

/// Longest path, in bytes.
const PATH_CAP_BYTES: usize = 4096;

/// Descriptors of the file system that stands beside this one on discs.
const BRIDGE: [&[u8]; 2] = [b"NSR02", b"NSR03"];

/// Follow the image in `source`.
pub fn walk(
    source: &dyn Source,
    budget: &Budget,
    told: &mut dyn FnMut(Item) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let mut walk = Walk {
        source,
        budget,
        told,
        records: 0,
    };
    for volume in walk.descriptors()? {
        walk.volume(&volume)?;
    }
    Ok(())
}

/// A folder that is still to be read.
struct Folder {
    span: Span,
    path: Vec<u8>,
}

struct Walk<'a, 'b> {
    source: &'a dyn Source,
    budget: &'b Budget,
    told: &'b mut dyn FnMut(Item) -> Result<(), Fault>,
    records: u64,
}

impl Walk<'_, '_> {
    /// Read the descriptors; those of trees are returned.
    fn descriptors(&mut self) -> Result<Vec<Volume>, Fault> {
        let mut volumes = Vec::new();
        let mut at = DESCRIPTORS_AT;
        let mut has_ended = false;
        for _ in 0..DESCRIPTORS_CAP {
            self.budget.check()?;
            let end = at.saturating_add(SECTOR_BYTES);
            let sector = self.source.chunk(at..end)?;
            let span = at..at.saturating_add(sector.len() as u64);
            let kind = sector.get(1..6).unwrap_or_default();
            match descriptor::parse(&sector) {
                _ if has_ended && matches!(kind, b"BEA01" | b"TEA01") => {}
                _ if has_ended && BRIDGE.contains(&kind) => {
                    (self.told)(Item::Bridge(span.clone()))?
                }
                None | Some(_) if has_ended => break,
                None => {
                    (self.told)(Item::Broken(span, "is no descriptor"))?;
                    return Ok(volumes);
                }
                Some(Descriptor::Volume(volume)) => volumes.push(volume),
                Some(Descriptor::Boot(block)) => self.boot(block)?,
                Some(Descriptor::Other) => {}
                // Descriptors of another file system may follow.
                Some(Descriptor::End) => has_ended = true,
            }
            (self.told)(Item::Structure(span))?;
            at = end;
        }
        Ok(volumes)
    }

    /// Read the catalogue of boot images, as far as its first entry.
    fn boot(&mut self, block: u32) -> Result<(), Fault> {
        let start = u64::from(block).saturating_mul(SECTOR_BYTES);
        let catalogue = self.cut(start, SECTOR_BYTES).0;
        let bytes = self.source.chunk(catalogue.clone())?;
        let entry = bytes.get(32..64).unwrap_or_default().to_vec();
        if catalogue.is_empty() {
            let place = DESCRIPTORS_AT..DESCRIPTORS_AT;
            return (self.told)(Item::Broken(place, "leads to no catalogue of boot images"));
        }
        (self.told)(Item::Structure(catalogue))?;
        let len = match (entry.get(1).map(|media| media & 0x0f), entry.get(6..8)) {
            (Some(1), _) => 1200 << 10,
            (Some(2), _) => 1440 << 10,
            (Some(3), _) => 2880 << 10,
            (_, Some([low, high])) => {
                u64::from(u16::from_le_bytes([*low, *high])).saturating_mul(512)
            }
            _ => 0,
        };
        let start = u64::from(low(&entry, 8).unwrap_or(0)).saturating_mul(SECTOR_BYTES);
        let image = self.cut(start, len).0;
        match image.is_empty() {
            true => Ok(()),
            false => (self.told)(Item::Boot(image)),
        }
    }

    /// A span of this length, cut to the image, and what is missing.
    fn cut(&self, start: u64, len: u64) -> (Span, u64) {
        let end = start.saturating_add(len);
        let source_len = self.source.len();
        let cut = start.min(source_len)..end.min(source_len);
        let kept = cut.end.saturating_sub(cut.start);
        (cut, len.saturating_sub(kept))
    }

    /// Follow one tree.
    fn volume(&mut self, volume: &Volume) -> Result<(), Fault> {
        (self.told)(Item::Tree(volume.tree))?;
        for table in volume.tables.into_iter().filter(|&block| block != 0) {
            let start = u64::from(table).saturating_mul(volume.block);
            let table = self.cut(start, u64::from(volume.table_len)).0;
            (self.told)(Item::Structure(table))?;
        }
        let Some(root) = record::parse(&volume.root) else {
            let place = DESCRIPTORS_AT..DESCRIPTORS_AT;
            return (self.told)(Item::Broken(place, "has a root that is no record"));
        };
        let (span, missing) = self.data(&root, volume);
        if missing > 0 {
            (self.told)(Item::Broken(
                span.clone(),
                "is a root that is not all there",
            ))?;
        }
        let mut seen = BTreeSet::from([span.start]);
        let mut open = vec![Folder {
            span,
            path: Vec::new(),
        }];
        while let Some(folder) = open.pop() {
            if !self.folder(folder, volume, &mut seen, &mut open)? {
                return (self.told)(Item::Capped("more records than are read"));
            }
        }
        Ok(())
    }

    /// Where the data of a record lie.
    fn data(&self, record: &Record<'_>, volume: &Volume) -> (Span, u64) {
        let block = u64::from(record.block).saturating_add(u64::from(record.attributes));
        self.cut(block.saturating_mul(volume.block), u64::from(record.size))
    }

    /// Read a folder. Returns whether there is room for more.
    fn folder(
        &mut self,
        folder: Folder,
        volume: &Volume,
        seen: &mut BTreeSet<u64>,
        open: &mut Vec<Folder>,
    ) -> Result<bool, Fault> {
        (self.told)(Item::Structure(folder.span.clone()))?;
        let mut sector_at = folder.span.start;
        while sector_at < folder.span.end {
            self.budget.check()?;
            self.records = self.records.saturating_add(1);
            let sector_end = sector_at.saturating_add(SECTOR_BYTES).min(folder.span.end);
            let sector = self.source.chunk(sector_at..sector_end)?.to_vec();
            let mut rest = sector.as_slice();
            // No record crosses the border of a sector; zeros fill it up.
            while rest.first().is_some_and(|&len| len != 0) {
                self.records = self.records.saturating_add(1);
                if self.records > RECORDS_CAP {
                    return Ok(false);
                }
                let at = sector_end.saturating_sub(rest.len() as u64);
                let Some(record) = record::parse(rest) else {
                    (self.told)(Item::Broken(at..sector_end, "is no record of a file"))?;
                    break;
                };
                rest = rest.get(record.len..).unwrap_or_default();
                match record.is_self_or_parent() {
                    // That of the root leads to what says which extensions there are.
                    true => self.areas(&record, volume)?,
                    false => self.record(at, &record, &folder.path, volume, seen, open)?,
                }
            }
            sector_at = sector_end;
        }
        Ok(true)
    }

    /// The areas that the extensions of a record lead to.
    fn areas(&mut self, record: &Record<'_>, volume: &Volume) -> Result<(), Fault> {
        let extras = system_use::read(self.source, record.system_use, volume.block)?;
        extras
            .areas
            .into_iter()
            .try_for_each(|area| (self.told)(Item::Structure(area)))
    }

    fn record(
        &mut self,
        at: u64,
        record: &Record<'_>,
        path: &[u8],
        volume: &Volume,
        seen: &mut BTreeSet<u64>,
        open: &mut Vec<Folder>,
    ) -> Result<(), Fault> {
        let place = at..at.saturating_add(record.len as u64);
        let extras = match volume.tree {
            Tree::Plain => system_use::read(self.source, record.system_use, volume.block)?,
            Tree::Joliet => system_use::Extras::default(),
        };
        if extras.is_broken {
            (self.told)(Item::Broken(
                place.clone(),
                "has extensions that lead nowhere",
            ))?;
        }
        for area in extras.areas {
            (self.told)(Item::Structure(area))?;
        }
        let own = extras.name.unwrap_or_else(|| record.text(volume.tree));
        let name = match path.is_empty() {
            true => own,
            false => [path, &own].join(&b'/'),
        };
        let (data, missing) = self.data(record, volume);
        let is_new = !record.is_folder || seen.insert(data.start);
        if !is_new || name.len() > PATH_CAP_BYTES {
            return (self.told)(Item::Broken(
                place,
                "leads to a folder that was read, or too deep",
            ));
        }
        if record.is_folder {
            open.push(Folder {
                span: data.clone(),
                path: name.clone(),
            });
        }
        (self.told)(Item::File(Box::new(File {
            at: place,
            tree: volume.tree,
            name,
            is_folder: record.is_folder,
            mode: extras.mode,
            target: extras.target,
            data,
            missing,
            is_partial: record.is_partial || extras.is_packed,
        })))
    }
}
