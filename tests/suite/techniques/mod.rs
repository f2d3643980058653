//! The attack techniques that fixtures show: slug, title in words, published
//! source; one file for each family. `docs/detection.md` is this table joined with the fixtures.

mod archives;
mod disguises;
mod flax;
mod gguf;
mod hdf5;
mod limits;
mod models;
mod onnx;
mod pickle;
mod repository;
mod seven_zip;
mod streams;
mod tar;
mod templates;
mod tensorflow;
mod weights;
mod zip;

/// One technique.
pub struct Technique {
    /// How fixtures name it.
    pub slug: &'static str,
    /// What it is, in words.
    pub title: &'static str,
    /// Where it was published, or the code that it uses.
    pub source: &'static str,
}

/// A family of techniques.
pub struct Chapter {
    /// Its heading.
    pub title: &'static str,
    /// Its techniques.
    pub techniques: &'static [Technique],
}

const fn technique(slug: &'static str, title: &'static str, source: &'static str) -> Technique {
    Technique {
        slug,
        title,
        source,
    }
}

/// Every chapter.
pub fn chapters() -> impl Iterator<Item = &'static Chapter> {
    let families = [
        pickle::CHAPTERS,
        zip::CHAPTERS,
        tar::CHAPTERS,
        archives::CHAPTERS,
        seven_zip::CHAPTERS,
        streams::CHAPTERS,
        limits::CHAPTERS,
        disguises::CHAPTERS,
        hdf5::CHAPTERS,
        models::CHAPTERS,
        onnx::CHAPTERS,
        gguf::CHAPTERS,
        flax::CHAPTERS,
        templates::CHAPTERS,
        repository::CHAPTERS,
        tensorflow::CHAPTERS,
        weights::CHAPTERS,
    ];
    families.into_iter().flatten()
}
