//! The naming schemes of models that are split over several files.
//!
//! A *family* is one scheme: how its shards are called, how its index is
//! called, and what may be concluded from the numbers. The table is data;
//! nothing else in the program knows these names. Names are all that is judged
//! here: what a shard *is* gets decided by its content, shard by shard.

use std::ops::Range;
use std::path::Path;
use std::sync::LazyLock;

use regex::{Captures, Regex};

/// What the numbers of a family say about shards that are not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Numbering {
    /// Every name states how many there are; the first has this number.
    Counted {
        /// Number of the first shard.
        first: u64,
    },
    /// Numbered without a gap from 0 or 1; how many is not stated.
    Consecutive,
    /// Numbers may be left out, so nothing can be concluded.
    Sparse,
}

/// How the index of a family is called, and what it is.
#[derive(Debug)]
pub struct IndexNames {
    /// Regular expression of the name, with the groups `stem` and `variant`.
    pub pattern: &'static str,
    /// The usual name, with `{stem}` where the stem goes.
    pub usual: &'static str,
    /// Whether it is JSON with a `weight_map`.
    pub is_weight_map: bool,
}

/// One naming scheme.
#[derive(Debug)]
pub struct Family {
    /// Stable id, as in the report.
    pub id: &'static str,
    /// Regular expression of a shard's name, with the groups `stem`, `n`
    /// (which one), `count` (of how many), `part` (a second number) and
    /// `variant`.
    pub pattern: &'static str,
    /// What the numbers say.
    pub numbering: Numbering,
    /// The index, where the family has one.
    pub index: Option<IndexNames>,
    /// Regular expression of other files that belong to a set, with the group
    /// `stem`.
    pub companion: Option<&'static str>,
    /// Whether each tensor lies in one shard only. Families that cut single
    /// tensors into slices repeat all names in all shards.
    pub tensors_once: bool,
    /// Names that belong to the family; tested.
    pub examples: &'static [&'static str],
}

const SAFETENSORS_INDEX: IndexNames = IndexNames {
    pattern: r"^(?<stem>.+)\.safetensors\.index(?:\.(?<variant>[0-9A-Za-z_-]+))?\.json$",
    usual: "{stem}.safetensors.index.json",
    is_weight_map: true,
};

const PYTORCH_INDEX: IndexNames = IndexNames {
    pattern: r"^(?<stem>.+)\.(?:bin|pt|pth)\.index(?:\.(?<variant>[0-9A-Za-z_-]+))?\.json$",
    usual: "{stem}.bin.index.json",
    is_weight_map: true,
};

/// Every family. No name belongs to two of them.
pub static FAMILIES: &[Family] = &[
    Family {
        id: "huggingface-safetensors",
        pattern: r"^(?:(?<stem>.+)[-_.])?(?<n>[0-9]{1,9})-of-(?<count>[0-9]{1,9})(?:\.(?<variant>[0-9A-Za-z_-]+))?(?i-u:\.safetensors)$",
        numbering: Numbering::Counted { first: 1 },
        index: Some(SAFETENSORS_INDEX),
        companion: None,
        tensors_once: true,
        examples: &[
            "model-00001-of-00003.safetensors",
            "model-00001-of-000163.safetensors",
            "model.fp16-00001-of-00002.safetensors",
            "diffusion_pytorch_model-00002-of-00002.fp16.safetensors",
            "00002-of-00004.safetensors",
        ],
    },
    Family {
        id: "huggingface-pytorch",
        pattern: r"^(?:(?<stem>.+)[-_.])?(?<n>[0-9]{1,9})-of-(?<count>[0-9]{1,9})(?:\.(?<variant>[0-9A-Za-z_-]+))?(?i-u:\.(?:bin|pt|pth|ckpt))$",
        numbering: Numbering::Counted { first: 1 },
        index: Some(PYTORCH_INDEX),
        companion: None,
        tensors_once: true,
        examples: &[
            "pytorch_model-00001-of-00005.bin",
            "pytorch_model.fp16-00001-of-00005.bin",
            "adapter-00001-of-00002.pt",
        ],
    },
    Family {
        id: "huggingface-tensorflow",
        pattern: r"^(?<stem>.+)-(?<n>[0-9]{1,9})-of-(?<count>[0-9]{1,9})(?i-u:\.h5)$",
        numbering: Numbering::Counted { first: 1 },
        index: Some(IndexNames {
            pattern: r"^(?<stem>.+)\.h5\.index\.json$",
            usual: "{stem}.h5.index.json",
            is_weight_map: true,
        }),
        companion: None,
        tensors_once: true,
        examples: &["tf_model-00001-of-00002.h5"],
    },
    Family {
        id: "huggingface-flax",
        pattern: r"^(?<stem>.+)-(?<n>[0-9]{1,9})-of-(?<count>[0-9]{1,9})(?i-u:\.msgpack)$",
        numbering: Numbering::Counted { first: 1 },
        index: Some(IndexNames {
            pattern: r"^(?<stem>.+)\.msgpack\.index\.json$",
            usual: "{stem}.msgpack.index.json",
            is_weight_map: true,
        }),
        companion: None,
        tensors_once: true,
        examples: &["flax_model-00001-of-00002.msgpack"],
    },
    Family {
        id: "gguf",
        pattern: r"^(?<stem>.+)-(?<n>[0-9]{1,9})-of-(?<count>[0-9]{1,9})(?i-u:\.gguf)$",
        numbering: Numbering::Counted { first: 1 },
        index: None,
        companion: None,
        tensors_once: true,
        examples: &["llama-Q4_K_M-00001-of-00009.gguf"],
    },
    Family {
        id: "tensorflow-checkpoint",
        pattern: r"^(?<stem>.+)\.data-(?<n>[0-9]{5})-of-(?<count>[0-9]{5})$",
        numbering: Numbering::Counted { first: 0 },
        index: Some(IndexNames {
            pattern: r"^(?<stem>.+)\.index$",
            usual: "{stem}.index",
            is_weight_map: false,
        }),
        companion: Some(r"^(?<stem>.+)\.meta$"),
        tensors_once: false,
        examples: &[
            "model.ckpt-1.data-00000-of-00001",
            "variables.data-00001-of-00002",
        ],
    },
    Family {
        id: "keras",
        pattern: r"^(?<stem>(?:.*[-_.])?weights)_(?<n>[0-9]{1,9})(?i-u:\.(?:h5|hdf5))$",
        numbering: Numbering::Consecutive,
        index: None,
        companion: None,
        tensors_once: false,
        examples: &["model_weights_1.h5", "weights_2.hdf5"],
    },
    Family {
        id: "keras-sharded",
        pattern: r"^(?<stem>.+)_(?<n>[0-9]{5})\.weights\.h5$",
        numbering: Numbering::Consecutive,
        index: Some(IndexNames {
            pattern: r"^(?<stem>.+)\.weights\.json$",
            usual: "{stem}.weights.json",
            is_weight_map: false,
        }),
        companion: None,
        tensors_once: false,
        examples: &["model_00000.weights.h5"],
    },
    Family {
        id: "pytorch-dcp",
        pattern: r"^__(?<n>[0-9]{1,9})_(?<part>[0-9]{1,9})\.distcp$",
        numbering: Numbering::Sparse,
        index: Some(IndexNames {
            pattern: r"^\.metadata$",
            usual: ".metadata",
            is_weight_map: false,
        }),
        companion: None,
        tensors_once: false,
        examples: &["__0_0.distcp", "__12_3.distcp"],
    },
    Family {
        id: "megatron",
        pattern: r"^(?<stem>mp_rank)_(?<n>[0-9]{1,9})(?:_(?<part>[0-9]{1,9}))?_model_states\.pt$",
        numbering: Numbering::Consecutive,
        index: None,
        companion: None,
        tensors_once: false,
        examples: &[
            "mp_rank_00_model_states.pt",
            "mp_rank_01_003_model_states.pt",
        ],
    },
    Family {
        id: "deepspeed-zero",
        pattern: r"^(?<stem>(?:[a-z0-9]+_)?zero_pp_rank)_(?<n>[0-9]{1,9})_mp_rank_(?<part>[0-9]{1,9})_(?<variant>optim|model)_states\.pt$",
        numbering: Numbering::Consecutive,
        index: None,
        companion: None,
        tensors_once: false,
        examples: &[
            "zero_pp_rank_0_mp_rank_00_optim_states.pt",
            "bf16_zero_pp_rank_7_mp_rank_01_optim_states.pt",
        ],
    },
    Family {
        id: "deepspeed-pipeline",
        pattern: r"^(?<stem>layer)_(?<n>[0-9]{1,9})-model_(?<part>[0-9]{1,9})-model_states\.pt$",
        numbering: Numbering::Sparse,
        index: None,
        companion: None,
        tensors_once: false,
        examples: &["layer_01-model_00-model_states.pt"],
    },
    Family {
        id: "jax-tensors",
        pattern: r"^(?<stem>tensor)(?<n>[0-9]{3,9})_(?<part>[0-9]{1,9})$",
        numbering: Numbering::Consecutive,
        index: None,
        companion: None,
        tensors_once: false,
        examples: &["tensor00017_000"],
    },
    Family {
        id: "consolidated",
        pattern: r"^(?<stem>consolidated)\.(?<n>[0-9]{2})\.(?:pth|pt|safetensors)$",
        numbering: Numbering::Consecutive,
        index: None,
        companion: None,
        tensors_once: false,
        examples: &["consolidated.00.pth"],
    },
    Family {
        id: "numbered-parameters",
        pattern: r"^(?<stem>params_shard)_(?<n>[0-9]{1,9})\.bin$",
        numbering: Numbering::Consecutive,
        index: None,
        companion: None,
        tensors_once: false,
        examples: &["params_shard_0.bin"],
    },
    Family {
        id: "tensorflow-js",
        pattern: r"^(?<stem>group[0-9]{1,9})-shard(?<n>[0-9]{1,9})of(?<count>[0-9]{1,9})(?:\.bin)?$",
        numbering: Numbering::Counted { first: 1 },
        index: None,
        companion: None,
        tensors_once: false,
        examples: &["group1-shard2of4.bin", "group1-shard2of4"],
    },
];

/// What a file is to its set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// It holds a share of the weights.
    Shard,
    /// It says which shard holds what.
    Index,
    /// It belongs to the set and is neither.
    Companion,
}

/// The place of a shard in its set: its number, and a second number where the
/// family has two.
pub type Number = (u64, u64);

/// What a file name says about the set it belongs to.
#[derive(Debug, Clone)]
pub struct FamilyMatch {
    /// The naming scheme.
    pub family: &'static Family,
    /// What the file is to the set.
    pub role: Role,
    /// The part that all names of the set share; empty where a family has
    /// none.
    pub stem: String,
    /// The word behind the number, such as `fp16`.
    pub variant: Option<String>,
    /// Which shard; (0, 0) for what is no shard.
    pub number: Number,
    /// How many shards the name promises.
    pub count: Option<u64>,
    /// Where in the name the number stands, for naming its neighbours.
    pub digits: Range<usize>,
}

impl FamilyMatch {
    /// Stem and variant as one word: the same for a shard and its index,
    /// wherever each of them puts the variant.
    pub fn full_stem(&self) -> String {
        match &self.variant {
            Some(variant) => format!("{}.{variant}", self.stem),
            None => self.stem.clone(),
        }
    }

    /// Whether the file called `name`, in the same directory, belongs to the
    /// same set: as a shard, as its index, or as a companion.
    pub fn is_sibling(&self, name: &str) -> bool {
        siblings_of(Path::new(name)).is_some_and(|other| {
            std::ptr::eq(self.family, other.family) && self.full_stem() == other.full_stem()
        })
    }
}

/// The expressions of one family, compiled.
struct Compiled {
    family: &'static Family,
    shard: Regex,
    index: Option<Regex>,
    companion: Option<Regex>,
}

static COMPILED: LazyLock<Vec<Compiled>> = LazyLock::new(|| {
    let compile = |pattern: &str| Regex::new(pattern).expect("tested: every pattern compiles");
    FAMILIES
        .iter()
        .map(|family| Compiled {
            family,
            shard: compile(family.pattern),
            index: family.index.as_ref().map(|index| compile(index.pattern)),
            companion: family.companion.map(compile),
        })
        .collect()
});

/// What the name of this file says: that it is a shard, the index or a
/// companion of a set. `None` for every other name.
///
/// For a file that a person named, this tells the discoverer to list the
/// directory and to add every [`FamilyMatch::is_sibling`].
pub fn siblings_of(path: &Path) -> Option<FamilyMatch> {
    let name = path.file_name()?.to_str()?;
    COMPILED.iter().find_map(|compiled| {
        let found = |regex: &Regex, role| {
            let captures = regex.captures(name)?;
            read(compiled.family, role, &captures)
        };
        found(&compiled.shard, Role::Shard)
            .or_else(|| found(compiled.index.as_ref()?, Role::Index))
            .or_else(|| found(compiled.companion.as_ref()?, Role::Companion))
    })
}

fn read(family: &'static Family, role: Role, captures: &Captures<'_>) -> Option<FamilyMatch> {
    let number = |group: &str| captures.name(group)?.as_str().parse::<u64>().ok();
    let text = |group: &str| captures.name(group).map(|m| m.as_str().to_owned());
    let digits = captures.name("n").map_or(0..0, |m| m.range());
    Some(FamilyMatch {
        family,
        role,
        stem: text("stem").unwrap_or_default(),
        variant: text("variant"),
        number: (
            number("n").unwrap_or_default(),
            number("part").unwrap_or_default(),
        ),
        count: number("count"),
        digits,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matched(name: &str) -> FamilyMatch {
        siblings_of(Path::new(name)).unwrap_or_else(|| panic!("{name} belongs to no family"))
    }

    #[test]
    fn every_example_belongs_to_its_family_and_to_no_other() {
        for family in FAMILIES {
            assert!(!family.examples.is_empty(), "{}", family.id);
            for name in family.examples {
                let owners: Vec<_> = COMPILED
                    .iter()
                    .filter(|c| c.shard.is_match(name))
                    .map(|c| c.family.id)
                    .collect();
                assert_eq!(owners, [family.id], "{name}");
                let found = matched(name);
                assert_eq!((found.family.id, found.role), (family.id, Role::Shard));
                let counted = matches!(family.numbering, Numbering::Counted { .. });
                assert_eq!(found.count.is_some(), counted, "{name}");
                let digits: u64 = name[found.digits].parse().unwrap();
                assert_eq!(digits, found.number.0, "{name}");
            }
        }
    }

    #[test]
    fn ids_are_unique_and_usual_index_names_are_recognised() {
        for (at, family) in FAMILIES.iter().enumerate() {
            assert!(FAMILIES.iter().skip(at + 1).all(|f| f.id != family.id));
            if let Some(index) = &family.index {
                let found = matched(&index.usual.replace("{stem}", "some.model-v1"));
                assert_eq!((found.family.id, found.role), (family.id, Role::Index));
            }
        }
    }

    #[test]
    fn ordinary_names_belong_to_no_set() {
        for name in [
            "model.safetensors",
            "pytorch_model.bin",
            "config.json",
            "resnet_50.h5",
            "checkpoint_10.pt",
            "epoch_3_weights.h5",
            "tensorboard.log",
            "tensor_1",
            "ggml-model-q4_0.gguf",
            "chapter-1-of-2.pdf",
            "model-٠٠٠٠١-of-00002.safetensors",
            "model-00000000001-of-00000000002.safetensors",
            "mp_rank_00",
            "metadata",
            "",
        ] {
            assert!(siblings_of(Path::new(name)).is_none(), "{name}");
        }
    }

    #[test]
    fn variants_share_their_stem_with_their_index() {
        for (shard, index) in [
            (
                "model.fp16-00001-of-00002.safetensors",
                "model.safetensors.index.fp16.json",
            ),
            (
                "model-00001-of-00002.fp16.safetensors",
                "model.safetensors.index.fp16.json",
            ),
            (
                "model.fp16-00001-of-00002.safetensors",
                "model.fp16.safetensors.index.json",
            ),
            ("__3_0.distcp", ".metadata"),
            ("model.ckpt-1.data-00000-of-00001", "model.ckpt-1.index"),
            ("model.ckpt-1.data-00000-of-00001", "model.ckpt-1.meta"),
        ] {
            assert!(matched(shard).is_sibling(index), "{shard} {index}");
            assert!(matched(index).is_sibling(shard), "{index} {shard}");
        }
        assert!(
            !matched("model-00001-of-00002.safetensors")
                .is_sibling("model.safetensors.index.fp16.json")
        );
        assert!(
            !matched("model-00001-of-00002.safetensors").is_sibling("model-00002-of-00002.bin")
        );
    }
}
