//! Libraries that a manifest may name because it belongs to them.

/// Libraries whose classes a pipeline is made of.
const LIBRARIES: &[&str] = &["diffusers", "onnxruntime", "optimum", "transformers"];

/// Modules of diffusers that a component may be named by, without the library.
const PIPELINE_MODULES: &[&str] = &[
    "allegro",
    "alt_diffusion",
    "amused",
    "animatediff",
    "audio_diffusion",
    "audioldm",
    "audioldm2",
    "aura_flow",
    "blip_diffusion",
    "chroma",
    "cogvideo",
    "cogview3",
    "cogview4",
    "consisid",
    "consistency_models",
    "controlnet",
    "controlnet_hunyuandit",
    "controlnet_sd3",
    "controlnet_xs",
    "cosmos",
    "deepfloyd_if",
    "deprecated",
    "dit",
    "easyanimate",
    "flux",
    "free_noise_utils",
    "hidream_image",
    "hunyuan_video",
    "hunyuandit",
    "i2vgen_xl",
    "kandinsky",
    "kandinsky2_2",
    "kandinsky3",
    "kolors",
    "latent_consistency_models",
    "latent_diffusion",
    "latte",
    "ledits_pp",
    "ltx",
    "lumina",
    "lumina2",
    "marigold",
    "mochi",
    "musicldm",
    "omnigen",
    "pag",
    "paint_by_example",
    "pia",
    "pipeline_utils",
    "pixart_alpha",
    "qwenimage",
    "repaint",
    "sana",
    "score_sde_ve",
    "semantic_stable_diffusion",
    "shap_e",
    "skyreels_v2",
    "spectrogram_diffusion",
    "stable_audio",
    "stable_cascade",
    "stable_diffusion",
    "stable_diffusion_3",
    "stable_diffusion_attend_and_excite",
    "stable_diffusion_diffedit",
    "stable_diffusion_gligen",
    "stable_diffusion_k_diffusion",
    "stable_diffusion_ldm3d",
    "stable_diffusion_panorama",
    "stable_diffusion_safe",
    "stable_diffusion_sag",
    "stable_diffusion_xl",
    "stable_video_diffusion",
    "stochastic_karras_ve",
    "t2i_adapter",
    "text_to_video_synthesis",
    "unclip",
    "unidiffuser",
    "versatile_diffusion",
    "visualcloze",
    "vq_diffusion",
    "wan",
    "wuerstchen",
];

/// Whether a pipeline component's library is diffusers, transformers or one of
/// their own modules.
pub(super) fn is_pipeline_library(library: &str) -> bool {
    let root = library.split('.').next().unwrap_or_default();
    LIBRARIES.contains(&root) || PIPELINE_MODULES.contains(&library)
}

/// Whether an adapter's base class comes from a library that adapters are made
/// for.
pub(super) fn is_adapter_library(library: &str) -> bool {
    let root = library.split('.').next().unwrap_or_default();
    LIBRARIES.contains(&root) || ["peft", "sentence_transformers", "timm", "torch"].contains(&root)
}
