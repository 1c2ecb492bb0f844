//! The network that `--architecture` and `--tfhub_module` mean, and the weights in `--model_dir`.

use std::path::Path;

/// The networks that retrain.py could be given, by a part of their names, and the nearest of those that
/// are in the program with weights. The first that fits counts.
const NEAREST: &[(&str, &str)] = &[
    ("inception_v3", INCEPTION_V3),
    ("inception", INCEPTION_V3),
    ("mobilenet", EFFICIENTNET),
    ("efficientnet", EFFICIENTNET),
];
const INCEPTION_V3: &str = "inception_v3";
/// The most accurate of them, and the quickest.
const EFFICIENTNET: &str = "efficientnet_lite2";

/// What retrain.py downloaded into `--model_dir`, and what it unpacked there.
const FILES: [&str; 2] = ["inception-2015-12-05.tgz", "classify_image_graph_def.pb"];

/// `network.backbone` for a network of retrain.py, and whether it is the same one. Where none was named
/// it was Inception v3.
pub(super) fn nearest(named: &str) -> (&'static str, bool) {
    let fits = |(part, _): &&(&str, &str)| named.contains(part);
    if named.is_empty() {
        return (INCEPTION_V3, true);
    }
    let (part, network) = NEAREST.iter().find(fits).copied().unwrap_or(("", EFFICIENTNET));
    (network, part == INCEPTION_V3)
}

/// Whether it is the network of retrain.py's own weights.
pub(super) fn is_inception(backbone: &str) -> bool {
    backbone == INCEPTION_V3
}

/// The weights of 2015 in a folder, as retrain.py left them there.
pub(super) fn weights_in(model_dir: &str) -> Option<String> {
    let path = FILES.iter().map(|file| Path::new(model_dir).join(file)).find(|path| path.is_file());
    let path = std::path::absolute(path?).ok()?;
    path.into_os_string().into_string().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nets::NETWORKS;

    #[test]
    fn networks_of_retrain_py_have_a_nearest_one_that_is_in_the_program() {
        for (named, expected) in [
            ("inception_v3", (INCEPTION_V3, true)),
            (
                "https://tfhub.dev/google/imagenet/inception_v3/feature_vector/1",
                (INCEPTION_V3, true),
            ),
            (
                "https://tfhub.dev/google/imagenet/inception_v1/feature_vector/1",
                (INCEPTION_V3, false),
            ),
            ("mobilenet_0.25_128_quantized", (EFFICIENTNET, false)),
            (
                "https://tfhub.dev/google/imagenet/nasnet_large/feature_vector/1",
                (EFFICIENTNET, false),
            ),
        ] {
            assert_eq!(nearest(named), expected, "{named}");
        }
        for (_, network) in NEAREST {
            let listed = NETWORKS.iter().find(|listed| listed.name == *network);
            assert!(listed.is_some_and(|listed| listed.has_weights()), "{network}");
        }
    }

    #[test]
    fn the_weights_of_2015_are_found_where_retrain_py_left_them() {
        let folder = tempfile::tempdir().unwrap();
        let model_dir = folder.path().to_str().unwrap();
        assert_eq!(weights_in(model_dir), None);
        std::fs::write(folder.path().join(FILES[1]), "").unwrap();
        assert_eq!(weights_in(model_dir).unwrap(), format!("{model_dir}/{}", FILES[1]));
    }
}
