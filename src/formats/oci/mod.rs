//! Container images, and models packed as such: an OCI image layout as a folder
//! or a tar, what `docker save` writes, ModelPack and Docker model artifacts.
//!
//! A layout has `oci-layout`, `index.json` and `blobs/sha256/…`: documents that
//! name other blobs by digest, and layers, which are tars, compressed or not,
//! or a model's weights. Every blob is a file or a member of its own and is
//! examined by what it is; here it is compared with its name, the documents are
//! judged, and the whole is recognised.
//!
//! An attacker replaces a blob under its old name, has a document name files
//! outside or fetch layers from elsewhere.
//!
//! Not checked: what stands in the specs below. Whiteouts (`.wh.` names) hide
//! files of lower layers from a container; all layers are examined whole.

mod archive;
mod blob;
mod document;
#[cfg(test)]
mod tests;

pub use archive::Image;
pub use blob::Blob;
pub use document::{MANIFEST, MODEL};
