//! Files that the reference library wrote, for tests: the benign fixtures.

macro_rules! fixture {
    ($name:literal) => {
        include_bytes!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/fixtures/hdf5/",
            $name,
            "/model.h5"
        ))
    };
}

/// Every datatype in the old style.
pub(crate) const TYPES: &[u8] = fixture!("benign-types");
/// Every datatype in the new style.
pub(crate) const TYPES_NEW: &[u8] = fixture!("benign-types-new");
/// Every filter of the library, with trees as indexes.
pub(crate) const PACKED: &[u8] = fixture!("benign-packed");
/// Every index of chunks.
pub(crate) const INDEXES: &[u8] = fixture!("benign-indexes");
/// Indexes of chunks in pages.
pub(crate) const PAGES: &[u8] = fixture!("benign-pages");
/// Links and attributes in heaps.
pub(crate) const DENSE: &[u8] = fixture!("benign-dense");
/// Messages that objects share.
pub(crate) const SHARED: &[u8] = fixture!("benign-shared");
/// Addresses of four bytes.
pub(crate) const NARROW: &[u8] = fixture!("benign-narrow");
/// A group with many members.
pub(crate) const WIDE: &[u8] = fixture!("benign-wide");
/// A dataset that shows another one.
pub(crate) const VIRTUAL: &[u8] = fixture!("benign-virtual");
/// A link to another file.
pub(crate) const EXTERNAL: &[u8] = fixture!("external-link");
/// A group inside itself.
pub(crate) const CIRCLE: &[u8] = fixture!("group-circle");
