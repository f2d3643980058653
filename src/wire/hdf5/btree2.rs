//! B-trees of version 2: records of one length, in inner nodes and leaves.

use super::file::File;
use crate::wire::Fault;

/// Levels that a tree may have.
const DEPTH_CAP: u16 = 64;

/// Bytes around the records of a node: signature, version, type, checksum.
const FRAME_BYTES: u64 = 10;

/// Largest node, in bytes.
const NODE_CAP_BYTES: u64 = 16 << 20;

/// What the header of a tree says.
pub(super) struct Tree {
    /// Type of its records.
    pub kind: u8,
    node: u64,
    record: u64,
    depth: u16,
    root: Option<u64>,
    records: u64,
}

/// Takes a record and its address.
pub(super) type See<'s> = &'s mut dyn FnMut(&[u8], u64) -> Result<(), Fault>;

/// A node that is to be read.
struct Node {
    address: u64,
    /// Its records.
    count: u64,
    /// Levels below it.
    depth: u16,
}

/// The widths of the numbers that inner nodes at each depth state of a child.
struct Pointers {
    count: usize,
    /// By the depth of the child.
    total: Vec<usize>,
}

/// Bytes that a number up to this one needs.
fn width(most: u64) -> usize {
    usize::try_from(most.max(1).ilog2() / 8)
        .unwrap_or(0)
        .saturating_add(1)
}

/// Read the header of a tree.
pub(super) fn header(file: &mut File<'_>, address: u64) -> Result<Tree, Fault> {
    file.enter(address)?;
    let len = u64::from(file.widths.offset)
        .saturating_add(u64::from(file.widths.length))
        .saturating_add(22);
    let bytes = file.block(address, len)?;
    file.own(address, len);
    let mut fields = file.fields(&bytes, address);
    fields.signature(b"BTHD")?;
    file.check_sum(&bytes, address, "a tree");
    fields.version(0..=0, "a tree")?;
    let tree = Tree {
        kind: fields.u8()?,
        node: u64::from(fields.u32()?),
        record: u64::from(fields.u16()?),
        depth: fields.u16()?,
        root: {
            fields.skip(2)?;
            fields.address()?
        },
        records: u64::from(fields.u16()?),
    };
    let is_sane = tree.record > 0 && tree.depth <= DEPTH_CAP && tree.node <= NODE_CAP_BYTES;
    match is_sane && tree.node > tree.record.saturating_add(FRAME_BYTES) {
        true => Ok(tree),
        false => Err(fields.malformed("the nodes of a tree cannot be so")),
    }
}

impl Tree {
    /// Hand every record over, with its address, in order of the nodes.
    pub fn walk(&self, file: &mut File<'_>, see: See<'_>) -> Result<(), Fault> {
        let pointers = self.pointers(file);
        let root = self.root.map(|address| Node {
            address,
            count: self.records,
            depth: self.depth,
        });
        let mut nodes: Vec<Node> = root.into_iter().collect();
        while let Some(node) = nodes.pop() {
            let first = nodes.len();
            self.node(file, &node, &pointers, &mut nodes, see)?;
            if let Some(new) = nodes.get_mut(first..) {
                new.reverse();
            }
        }
        Ok(())
    }

    /// The widths, as the library computes them from the size of a node.
    fn pointers(&self, file: &File<'_>) -> Pointers {
        let room = self.node.saturating_sub(FRAME_BYTES);
        let leaf = room.checked_div(self.record).unwrap_or(0);
        let count = width(leaf);
        let mut total = vec![0usize];
        let mut below = leaf;
        for _ in 0..self.depth {
            let known = total.last().copied().unwrap_or(0);
            let pointer = usize::from(file.widths.offset)
                .saturating_add(count)
                .saturating_add(known) as u64;
            let step = self.record.saturating_add(pointer);
            let most = room.saturating_sub(pointer).checked_div(step).unwrap_or(0);
            below = most
                .saturating_add(1)
                .saturating_mul(below)
                .saturating_add(most);
            total.push(width(below));
        }
        Pointers { count, total }
    }

    fn node(
        &self,
        file: &mut File<'_>,
        node: &Node,
        pointers: &Pointers,
        nodes: &mut Vec<Node>,
        see: See<'_>,
    ) -> Result<(), Fault> {
        let address = node.address;
        file.enter(address)?;
        let bytes = file.block(address, self.node)?;
        file.own(address, self.node);
        let mut fields = file.fields(&bytes, address);
        fields.signature(if node.depth == 0 { b"BTLF" } else { b"BTIN" })?;
        fields.skip(2)?;
        let record = usize::try_from(self.record).unwrap_or(usize::MAX);
        for _ in 0..node.count {
            let at = address.saturating_add(fields.position() as u64);
            see(fields.take(record)?, at)?;
        }
        if let Some(depth) = node.depth.checked_sub(1) {
            let total = pointers.total.get(usize::from(depth)).copied().unwrap_or(0);
            for _ in 0..=node.count {
                let address = fields.defined()?;
                let count = fields.uint(pointers.count)?;
                fields.skip(total)?;
                nodes.push(Node {
                    address,
                    count,
                    depth,
                });
            }
        }
        let used = fields.position().saturating_add(4);
        if let Some(summed) = bytes.get(..used) {
            file.check_sum(summed, address, "a node of a tree");
        }
        Ok(())
    }
}
