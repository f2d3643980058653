use super::*;
use crate::formats::testing::{examine, mangle, recognise};
use crate::formats::{Claim, Format};
use crate::report::Severity;
use crate::wire::tar::sample::{end, member};

const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

fn manifest(layer: &str) -> String {
    format!(
        r#"{{"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": {{"mediaType": "application/vnd.oci.image.config.v1+json",
        "digest": "sha256:{EMPTY}", "size": 0}}, "layers": [{layer}]}}"#
    )
}

fn layer(more: &str, size: u64) -> String {
    format!(
        r#"{{"mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": "sha256:{ABC}",
        "size": {size}{more}}}"#
    )
}

#[test]
fn blobs_are_compared_with_their_names() {
    for folder in ["blobs/sha256/", "m/blobs/sha256/", "models/blobs/sha256-"] {
        let name = format!("{folder}{ABC}");
        assert_eq!(recognise(&Blob, &name, "abc"), Claim::Magic, "{name}");
        assert!(examine(&Blob, &name, "abc").is_clean());
        assert_eq!(examine(&Blob, &name, "abd").rules(), ["oci-wrong-blob"]);
    }
    for name in [
        ABC,
        &format!("x/{ABC}"),
        "blobs/sha256/abc",
        &format!("myblobs/sha256/{ABC}"),
    ] {
        assert_eq!(recognise(&Blob, name, "abc"), Claim::No, "{name}");
    }
    let long = vec![7; (1 << 20) + 1];
    assert!(!examine(&Blob, &format!("blobs/sha256/{ABC}"), long).is_clean());
}

#[test]
fn documents_are_known_and_told_from_other_json() {
    let of = |format: &dyn Format, text: &str| recognise(format, "x", text.as_bytes());
    let image = manifest(&layer("", 3));
    let docker = r#"[{"Config": "a.json", "RepoTags": ["x:1"], "Layers": ["b/layer.tar"]}]"#;
    for text in [
        image.as_str(),
        docker,
        r#"{"rootfs": {"diff_ids": []}, "os": "linux"}"#,
    ] {
        assert_eq!(of(&MANIFEST, text), Claim::Structure, "{text}");
        assert_eq!(of(&MODEL, text), Claim::No);
    }
    let model = image.replace("vnd.oci.image.config", "vnd.cncf.model.config");
    assert_eq!(of(&MODEL, &model), Claim::Structure);
    assert_eq!(of(&MANIFEST, &model), Claim::No);
    for text in [
        "{\"layers\": [1]}",
        "{\"mediaType\": \"image/png\"}",
        "[]",
        "",
    ] {
        assert_eq!(of(&MANIFEST, text), Claim::No, "{text}");
    }
}

#[test]
fn what_leaves_the_layout_is_told() {
    let said = |text: &str| examine(&MANIFEST, "index.json", text);
    assert!(said(&manifest(&layer("", 3))).is_clean());
    let fetched = said(&manifest(&layer(r#", "urls": ["https://192.0.2.1/x"]"#, 3)));
    assert_eq!(fetched.severity("oci-foreign-layer"), Severity::Medium);
    let outside = manifest(&layer("", 3)).replace(ABC, "../../../etc/passwd");
    assert_eq!(said(&outside).severity("oci-path-escape"), Severity::High);
    let config = manifest("").replace(EMPTY, "x/y");
    assert_eq!(said(&config).severity("oci-path-escape"), Severity::High);
    let docker = r#"[{"Config": "../../x.json", "RepoTags": null, "Layers": ["b/layer.tar"]}]"#;
    assert_eq!(said(docker).severity("oci-path-escape"), Severity::High);
    let label = r#"{"rootfs": {"diff_ids": []}, "config": {"Labels": {"digest": "x/y"}}}"#;
    assert!(said(label).is_clean());
    mangle(&MANIFEST, "index.json", manifest(&layer("", 3)).as_bytes());
}

#[test]
fn archives_are_known_and_sizes_compared() {
    let image = |size: u64| {
        let text = manifest(&layer("", size));
        [
            member("oci-layout", b'0', br#"{"imageLayoutVersion": "1.0.0"}"#),
            member("index.json", b'0', text.as_bytes()),
            member(&format!("blobs/sha256/{ABC}"), b'0', b"abc"),
            end(),
        ]
        .concat()
    };
    assert_eq!(recognise(&Image, "x.tar", image(3)), Claim::Structure);
    assert!(examine(&Image, "x.tar", image(3)).is_clean());
    assert_eq!(
        examine(&Image, "x.tar", image(4)).rules(),
        ["oci-wrong-blob"]
    );
    let other = [member("index.json", b'0', b"{}"), end()].concat();
    assert_eq!(recognise(&Image, "x.tar", other), Claim::No);
    let saved = [member("0a/layer.tar", b'0', b""), end()].concat();
    assert_eq!(recognise(&Image, "x.tar", saved), Claim::Structure);
    mangle(&Image, "x.tar", &image(3)[..3000]);
}
