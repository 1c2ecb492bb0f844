//! A network and a head that stay in memory, and what they say of one photo after another.

use candle_core::{Device, Tensor};
use rayon::{ThreadPool, ThreadPoolBuildError, ThreadPoolBuilder};

use super::map::{Activation, activations, feature};
use crate::dataset::{OpenError, PhotoFile, PhotoReader};
use crate::features::Extractor;
use crate::heatmap::Frame;
use crate::spec::Distort;
use crate::train::HeadFile;

/// A network with its head.
pub struct Looker {
    extractor: Extractor,
    head: HeadFile,
    reader: PhotoReader,
    /// One photo at a time, so that all threads work on it.
    pool: ThreadPool,
}

/// What a head says of one photo, by one pass through the network.
pub struct Look {
    /// The feature of the photo.
    pub feature: Vec<f32>,
    /// Softmax probabilities, in the order of the head's categories.
    pub scores: Vec<f32>,
    /// The part of the photo that the network sees.
    pub frame: Frame,
    /// Of each category; `None`: the network gives its feature without places.
    pub activations: Option<Vec<Activation>>,
}

/// Why a photo cannot be looked at.
#[derive(Debug, thiserror::Error)]
pub enum LookError {
    /// It cannot be read or decoded.
    #[error(transparent)]
    Photo(#[from] OpenError),
    /// The network failed, or does not fit the head.
    #[error("the network failed: {0}")]
    Network(#[from] candle_core::Error),
}

impl Looker {
    /// `extractor` is the network of the head's recipe.
    pub fn new(
        extractor: Extractor,
        head: HeadFile,
        threads: usize,
    ) -> Result<Looker, ThreadPoolBuildError> {
        let reader = PhotoReader::new(extractor.decode_rule, extractor.max_megapixels);
        let pool = ThreadPoolBuilder::new().num_threads(threads).build()?;
        Ok(Looker { extractor, head, reader, pool })
    }

    /// The head.
    pub fn head(&self) -> &HeadFile {
        &self.head
    }

    /// Larger photos are not read.
    pub fn max_megapixels(&self) -> usize {
        self.extractor.max_megapixels
    }

    /// Does something with all threads that there are.
    pub fn on_all_threads<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        self.pool.install(work)
    }

    /// Decodes a photo as the head's run did, and runs the network on it, in the precision of the run:
    /// what is taken apart is the feature that a run of it has.
    pub fn look(&self, photo: &PhotoFile) -> Result<Look, LookError> {
        let decoded = self.reader.read(photo, self.extractor.detail(&Distort::OFF))?;
        let backbone = &self.extractor.backbone;
        let preprocess = &backbone.identity().preprocess;
        let (frame, side) = (preprocess.frame(&decoded.pixels), preprocess.side);
        let planes = self.extractor.picture(&decoded.pixels);
        drop(decoded);
        let picture = Tensor::from_vec(planes, (3, side, side), &Device::Cpu)?;
        let maps = self.on_all_threads(|| backbone.maps(&picture))?;
        let feature = feature(&maps)?;
        let scores = self.head.head.scores(&feature.unsqueeze(0)?)?;
        Ok(Look {
            activations: activations(&self.head.head, &maps)?,
            feature: feature.to_vec1()?,
            scores: scores.squeeze(0)?.to_vec1()?,
            frame,
        })
    }

    /// That there is no map, and why.
    pub fn no_map(&self) -> String {
        let network = self.extractor.backbone.identity();
        let taps =
            network.property("taps").map_or(String::new(), |taps| format!(" ({})", taps.value));
        format!(
            "no map: the feature of {}{taps} has no places, so nobody knows where in the photo it comes from; \
             the built-in networks, FastViT and DINOv2's patch_tokens have places",
            network.backbone
        )
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use image::{Rgb, RgbImage};
    use serde_json::json;

    use super::*;
    use crate::demo;
    use crate::features::Recipe;
    use crate::nets::{NETWORKS, NetworkSettings, Place, Precision};
    use crate::random::Rng;
    use crate::train::Head;

    /// A network of the program with its own weights.
    fn extractor(name: &str, precision: Precision) -> Extractor {
        let backbone = NETWORKS.iter().find(|network| network.name == name).unwrap();
        let network = NetworkSettings { backbone, precision, ..NetworkSettings::default() };
        let place = Place::cpu();
        Recipe::prepare(&network, 100, Path::new(""), &place).unwrap().1
    }

    fn looker(extractor: Extractor, weights: Vec<f32>) -> Looker {
        let d = extractor.backbone.feature_len();
        let categories = weights.len() / d;
        let head = Head {
            weights: Tensor::from_vec(weights, (categories, d), &Device::Cpu).unwrap(),
            bias: Tensor::new(vec![0.7f32; categories], &Device::Cpu).unwrap(),
        };
        let labels = (0..categories).map(|n| n.to_string()).collect();
        let file = HeadFile { labels, head, context: json!({}), likeness: None };
        Looker::new(extractor, file, 2).unwrap()
    }

    fn look(looker: &Looker, photo: &RgbImage) -> Look {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("photo.png");
        photo.save(&path).unwrap();
        looker.look(&PhotoFile::hash(path).unwrap()).unwrap()
    }

    #[test]
    fn the_parts_of_each_networks_logits_add_up_to_those_of_its_features() {
        let networks = [
            ("tiny", Precision::F32),
            ("tiny", Precision::Bf16),
            ("tiny", Precision::Int8),
            ("inception_v3", Precision::Auto),
            ("efficientnet_lite2", Precision::Auto),
        ];
        let photo = demo::draw(1, 4);
        for (name, precision) in networks {
            let extractor = extractor(name, precision);
            let d = extractor.backbone.feature_len();
            let picture = extractor.picture(&photo);
            let feature = extractor.features(&[&picture], 1).unwrap().remove(0);
            let mut rng = Rng::new(8);
            let looker = looker(extractor, (0..2 * d).map(|_| rng.normal() as f32).collect());
            let seen = look(&looker, &photo);
            let length = feature.iter().map(|v| v * v).sum::<f32>().sqrt();
            let off = feature.iter().zip(&seen.feature).map(|(a, b)| (a - b).powi(2)).sum::<f32>();
            assert!(off.sqrt() < 1e-5 * length, "{name} {precision:?}: {}", off.sqrt() / length);
            let feature = Tensor::from_vec(feature, (1, d), &Device::Cpu).unwrap();
            let logits = &looker.head().head.logits(&feature).unwrap().to_vec2::<f32>().unwrap()[0];
            for (part, logit) in seen.activations.unwrap().iter().zip(logits) {
                let off = (part.logit() - f64::from(*logit)).abs();
                assert!(off < 1e-4 * f64::from(length), "{name} {precision:?}: {off}");
            }
        }
    }

    /// A photo that is wider than high, of which the network cuts both ends away.
    fn meadow(object: Option<(u32, u32)>) -> RgbImage {
        RgbImage::from_fn(108, 72, |x, y| match object {
            Some((left, top)) if (left..left + 10).contains(&x) && (top..top + 10).contains(&y) => {
                Rgb([250, 40, 30])
            }
            _ => Rgb([60, 120 + (x % 3) as u8, 60]),
        })
    }

    #[test]
    fn the_strongest_place_is_where_the_object_stands_in_the_photo() {
        for (left, top) in [(72, 8), (30, 50), (72, 50)] {
            let extractor = extractor("tiny", Precision::F32);
            let feature = |photo: &RgbImage| {
                extractor.features(&[&extractor.picture(photo)], 1).unwrap().remove(0)
            };
            // The head knows the object by what it changes in the feature.
            let (with, without) = (feature(&meadow(Some((left, top)))), feature(&meadow(None)));
            let weights = with.iter().zip(&without).map(|(a, b)| a - b).collect();
            let seen = look(&looker(extractor, weights), &meadow(Some((left, top))));
            let places = &seen.activations.as_ref().unwrap()[0].places;
            let cell = places.largest(1)[0];
            let part = seen.frame.of_cell(places, cell.row, cell.column);
            let middle = |from: f64, to: f64, pixels: f64| (from + to) / 2.0 * pixels;
            let x = middle(part.left, part.right, 108.0) - f64::from(left) - 5.0;
            let y = middle(part.top, part.bottom, 72.0) - f64::from(top) - 5.0;
            assert!(x.abs() < 8.0 && y.abs() < 8.0, "{left}, {top}: {x} and {y} pixels beside it");
        }
    }
}
